"""Conversations by SMS: who said what under which alias, those with unplaced words first."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, render_template
from flask_babel import gettext as _
from sqlmodel import Session, col, select

from consult import db, links
from consult.errors import NotFound
from consult.permissions import Act
from consult.tables.comments import CommentRow, Placement, StandingRow
from consult.tables.intake import Channel
from consult.tables.messages import MessageRow
from consult.tables.participants import ContactPointRow, ParticipantRow
from consult.tables.rounds import RoundRow
from consult.views.guard import requires
from standards.tables import OutlineRow

bp = Blueprint("conversations", __name__, url_prefix="/desk/conversations")

SHOWN = 100


@dataclass(frozen=True)
class Thread:
    """One alias in the list."""

    alias: str
    unplaced: int
    comments: int
    stopped: bool
    excerpt: str
    language: str


@dataclass(frozen=True)
class Text:
    """One text of a conversation: theirs, or ours with how far it came."""

    words: str
    ours: bool
    language: str
    at: datetime
    placement: str = ""
    clauses: str = ""
    receipt: str = ""
    ability: str = ""
    segments: int = 0
    state: str = ""


@bp.get("")
@requires(Act.EXPORT)
def index() -> str:
    """The latest conversations, those with unplaced words first."""
    with db.reading() as session:
        threads, total = _threads(session), _total(session)
    return render_template("conversations/index.html", threads=threads, total=total, chosen=None, texts=[])


@bp.get("/<alias>")
@requires(Act.EXPORT)
def show(alias: str) -> str:
    """One conversation beside the list."""
    with db.reading() as session:
        participant = session.exec(select(ParticipantRow).where(ParticipantRow.alias == alias)).first()
        if participant is None:
            raise NotFound(_("There is no conversation with %(alias)s.", alias=alias[:20]))
        threads, total = _threads(session), _total(session)
        texts = _texts(session, participant.id)
    return render_template(
        "conversations/index.html", threads=threads, total=total, chosen=participant, texts=texts
    )


def _threads(session: Session) -> list[Thread]:
    """Aliases with what of theirs is unplaced, the latest words of each; three queries for any number."""
    unplaced = sa.func.sum(sa.case((col(StandingRow.placement) == Placement.QUEUED, 1), else_=0))
    latest = sa.func.max(CommentRow.received_at)
    rows = session.connection().execute(
        sa.select(CommentRow.participant_id, unplaced, sa.func.count(), latest)  # type: ignore[call-overload]
        .join(StandingRow, col(StandingRow.comment_id) == CommentRow.id)
        .where(col(CommentRow.channel) == Channel.SMS, col(CommentRow.participant_id).is_not(None))
        .group_by(CommentRow.participant_id)
        .order_by((unplaced > 0).desc(), latest.desc())
        .limit(SHOWN)
    )
    found = [(id_, int(queued), int(count)) for id_, queued, count, _latest in rows]
    ids = [id_ for id_, *_rest in found]
    people = {
        row.id: row for row in session.exec(select(ParticipantRow).where(col(ParticipantRow.id).in_(ids)))
    }
    left = set(
        session.exec(
            select(ContactPointRow.participant_id).where(
                col(ContactPointRow.participant_id).in_(ids), col(ContactPointRow.stopped_at).is_not(None)
            )
        )
    )
    excerpts: dict[UUID | None, CommentRow] = {}
    for row in session.exec(
        select(CommentRow)
        .where(col(CommentRow.participant_id).in_(ids), CommentRow.channel == Channel.SMS)
        .order_by(col(CommentRow.received_at))
    ):
        if row.text or row.participant_id not in excerpts:
            excerpts[row.participant_id] = row
    return [
        Thread(
            people[id_].alias,
            queued,
            count,
            id_ in left,
            "" if excerpts[id_].confidential else excerpts[id_].text[:120],
            excerpts[id_].language,
        )
        for id_, queued, count in found
        if id_ in people
    ]


def _total(session: Session) -> int:
    return session.exec(
        select(sa.func.count(sa.distinct(col(CommentRow.participant_id)))).where(
            CommentRow.channel == Channel.SMS
        )
    ).one()


def _texts(session: Session, participant_id: UUID) -> list[Text]:
    """Comments and our messages in order; commands such as STOP hold no words and are not shown."""
    comments = list(
        session.exec(
            select(CommentRow).where(
                CommentRow.participant_id == participant_id, CommentRow.channel == Channel.SMS
            )
        )
    )
    tied = links.links_of(session, [row.id for row in comments])
    versions = dict(session.exec(select(RoundRow.id, RoundRow.version_id)).all())
    found = []
    for row in comments:
        numbers = [
            session.get(OutlineRow, (versions[row.round_id], link.clause_id))
            for link in tied.get(row.id, [])
            if link.clause_id is not None
        ]
        found.append(
            Text(
                words=_("(confidential: named people read it under Comments)")
                if row.confidential
                else row.text,
                ours=False,
                language=row.language,
                at=row.received_at,
                placement=session.get_one(StandingRow, row.id).placement.value,
                clauses=", ".join(outline.number for outline in numbers if outline is not None),
                receipt=row.receipt,
                ability=row.ability.value if row.ability else "",
            )
        )
    contacts = select(ContactPointRow.id).where(ContactPointRow.participant_id == participant_id)
    for message in session.exec(
        select(MessageRow).where(
            col(MessageRow.contact_point_id).in_(contacts),
            MessageRow.channel == Channel.SMS.value,
        )
    ):
        found.append(
            Text(
                words=message.words,
                ours=True,
                language=message.language,
                at=message.created_at,
                segments=message.segments,
                state=message.state.value,
            )
        )
    return sorted(found, key=lambda text: (text.at, text.ours))
