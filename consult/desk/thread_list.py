"""The list of conversations by text message: aliases, those with unplaced words first, a page at a time.

A page costs the same few statements whatever the number of conversations.
Someone waits for us when a colleague has written to them or was given their
thread, and they have said something that nobody has read since.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult import accounts
from consult.desk.places import language_word
from consult.tables.comments import CommentRow, Placement, StandingRow
from consult.tables.conversations import ConcernRow, ConcernState, MembershipRow, ThreadRow
from consult.tables.intake import Channel
from consult.tables.participants import ContactKind, ContactPointRow, ParticipantRow
from consult.tables.rounds import RoundRow

PAGE = 20
UNPLACED, WAITING, LEFT, FLAGGED = "unplaced", "waiting", "left", "flagged"
MINE, NOBODY, NONE = "mine", "nobody", "none"
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Asked:
    """What a page of the list was asked for; every field may be empty. `page` counts from one."""

    round: str = ""
    show: str = ""
    language: str = ""
    group: str = ""
    keeper: str = ""
    page: int = 1

    @property
    def narrows(self) -> bool:
        """Whether any filter is set."""
        return bool(self.round or self.show or self.language or self.group or self.keeper)

    def as_query(self, **more: Any) -> dict[str, str]:
        """The filters as the question of an address."""
        fields = {
            "round": self.round,
            "show": self.show,
            "language": self.language,
            "group": self.group,
            "with": self.keeper,
            "page": self.page if self.page > 1 else "",
            **more,
        }
        return {name: str(value) for name, value in fields.items() if value}


@dataclass(frozen=True)
class Reader:
    """Who looks: what they may not read is not shown, and not found by filters."""

    id: UUID
    confidential: bool


@dataclass(frozen=True)
class Line:
    """One alias in the list."""

    alias: str
    unplaced: int
    comments: int
    is_waiting: bool
    has_left: bool
    is_flagged: bool
    keeper: str
    excerpt: str
    language: str
    in_confidence: bool


@dataclass(frozen=True)
class Page:
    """One page of the list, how many conversations fit the filters, and what to filter by."""

    lines: list[Line]
    total: int
    mine: int
    languages: list[tuple[str, str]]
    number: int
    last: int


def page(session: Session, asked: Asked, reader: Reader) -> Page:
    """The page of the list that was asked for; six statements."""
    said, reached = _said(session, asked), _reached()
    columns = _columns(said, reached)
    query = _joined(sa.select(*columns.values(), sa.func.count().over().label("total")), said, reached)
    query = query.where(*_conditions(asked, reader, said, reached, columns)).order_by(
        columns["bucket"], columns["latest"].desc(), columns["alias"]
    )
    number = max(asked.page, 1)
    rows = _window(session, query, number)
    if not rows and number > 1:
        # A page that is no longer there: the last one is.
        first = _window(session, query, 1)
        number = _last(first)
        rows = first if number == 1 else _window(session, query, number)
    ids = [row["id"] for row in rows]
    excerpts = _excerpts(session, ids)
    flagged = flagged_of(session, ids, reader)
    names = accounts.names(session, [str(row["person_id"]) for row in rows if row["person_id"]])
    return Page(
        [_line(row, excerpts.get(row["id"]), row["id"] in flagged, names, reader) for row in rows],
        int(rows[0]["total"]) if rows else 0,
        _mine(session, reader),
        _languages(session),
        number,
        _last(rows),
    )


def _window(session: Session, query: sa.Select[Any], number: int) -> list[dict[str, Any]]:
    found = session.connection().execute(query.limit(PAGE).offset((number - 1) * PAGE))
    return [dict(row) for row in found.mappings()]


def _last(rows: list[dict[str, Any]]) -> int:
    return max(1, -(-int(rows[0]["total"]) // PAGE)) if rows else 1


def flagged_of(session: Session, participant_ids: list[UUID], reader: Reader) -> set[UUID]:
    """Whose words were flagged and are not settled, as far as this reader is one to know."""
    query = select(ConcernRow.participant_id).where(
        col(ConcernRow.participant_id).in_(participant_ids), *open_concerns(reader)
    )
    return {found for found in session.exec(query) if found is not None}


def open_concerns(reader: Reader) -> list[sa.ColumnElement[bool]]:
    """Open concerns: for those who may read what is in confidence, and for the person named."""
    open_ = [col(ConcernRow.state) == ConcernState.OPEN]
    return open_ if reader.confidential else [*open_, col(ConcernRow.person_id) == reader.id]


def _said(session: Session, asked: Asked) -> sa.Subquery:
    """What each participant has said by text message: how much, how much of it unplaced, and when last."""
    comment, standing = CommentRow.__table__.c, StandingRow.__table__.c  # type: ignore[attr-defined]
    query = (
        sa.select(
            comment.participant_id,
            sa.func.sum(sa.case((standing.placement == Placement.QUEUED, 1), else_=0)).label("unplaced"),
            sa.func.count().label("comments"),
            sa.func.max(comment.received_at).label("latest"),
            sa.func.max(sa.case((comment.text != "", comment.received_at))).label("worded"),
        )
        .join(StandingRow, standing.comment_id == comment.id)
        .where(comment.channel == Channel.SMS, comment.participant_id.is_not(None))
        .group_by(comment.participant_id)
    )
    if asked.round:
        query = query.where(comment.round_id == _round_id(asked.round))
    return query.subquery("said")


def _round_id(slug: str) -> sa.ScalarSelect[UUID]:
    row = RoundRow.__table__.c  # type: ignore[attr-defined]
    return sa.select(row.id).where(row.slug == slug).scalar_subquery()


def _reached() -> sa.Subquery:
    """Each participant's telephone: when they wrote last, and whether they have left."""
    contact = ContactPointRow.__table__.c  # type: ignore[attr-defined]
    return (
        sa.select(
            contact.participant_id,
            sa.func.max(contact.last_heard_at).label("heard"),
            sa.func.max(contact.stopped_at).label("stopped"),
        )
        .where(contact.kind == ContactKind.SMS)
        .group_by(contact.participant_id)
        .subquery("reached")
    )


def _columns(said: sa.Subquery, reached: sa.Subquery) -> dict[str, sa.ColumnElement[Any]]:
    person, thread = ParticipantRow.__table__.c, ThreadRow.__table__.c  # type: ignore[attr-defined]
    unplaced = sa.func.coalesce(said.c.unplaced, 0)
    waits = sa.and_(
        thread.participant_id.is_not(None),
        sa.or_(
            said.c.worded > sa.func.coalesce(thread.read_at, sa.literal(_NEVER, thread.read_at.type)),
            sa.and_(thread.person_id.is_not(None), thread.read_at.is_(None)),
        ),
    )
    is_waiting = sa.case((waits, 1), else_=0)
    return {
        "id": person.id,
        "alias": person.alias,
        "language": person.language,
        "person_id": thread.person_id,
        "unplaced": unplaced.label("unplaced"),
        "comments": sa.func.coalesce(said.c.comments, 0).label("comments"),
        "waiting": is_waiting.label("waiting"),
        "stopped": reached.c.stopped,
        "latest": sa.func.coalesce(reached.c.heard, said.c.latest, person.created_at).label("latest"),
        "bucket": sa.case((unplaced > 0, 0), (waits, 1), else_=2).label("bucket"),
    }


def _joined(query: sa.Select[Any], said: sa.Subquery, reached: sa.Subquery) -> sa.Select[Any]:
    person, thread = ParticipantRow.__table__, ThreadRow.__table__  # type: ignore[attr-defined]
    return (
        query.select_from(person)
        .outerjoin(said, said.c.participant_id == person.c.id)
        .outerjoin(reached, reached.c.participant_id == person.c.id)
        .outerjoin(thread, thread.c.participant_id == person.c.id)
    )


def _conditions(
    asked: Asked,
    reader: Reader,
    said: sa.Subquery,
    reached: sa.Subquery,
    columns: Mapping[str, sa.ColumnElement[Any]],
) -> list[sa.ColumnElement[bool]]:
    person, thread = ParticipantRow.__table__.c, ThreadRow.__table__.c  # type: ignore[attr-defined]
    has_said = said.c.participant_id.is_not(None)
    found: list[sa.ColumnElement[bool]] = [sa.or_(has_said, reached.c.participant_id.is_not(None))]
    if asked.round:
        entered = sa.select(MembershipRow.participant_id).where(  # type: ignore[call-overload]
            col(MembershipRow.round_id) == _round_id(asked.round)
        )
        found.append(sa.or_(has_said, person.id.in_(entered)))
    if asked.show == UNPLACED:
        found.append(columns["bucket"] == 0)
    elif asked.show == WAITING:
        found.append(columns["waiting"] == 1)
    elif asked.show == LEFT:
        found.append(reached.c.stopped.is_not(None))
    elif asked.show == FLAGGED:
        found.append(person.id.in_(sa.select(ConcernRow.participant_id).where(*open_concerns(reader))))  # type: ignore[call-overload]
    if asked.language:
        found.append(person.language == ("" if asked.language == NONE else asked.language))
    if asked.group:
        found.append(
            person.group_id.is_(None) if asked.group == NONE else person.group_id == _id(asked.group)
        )
    if asked.keeper == NOBODY:
        found.append(thread.person_id.is_(None))
    elif asked.keeper:
        found.append(thread.person_id == (reader.id if asked.keeper == MINE else _id(asked.keeper)))
    return found


def _id(written: str) -> UUID:
    try:
        return UUID(written)
    except ValueError:
        return UUID(int=0)


def _excerpts(session: Session, ids: list[UUID]) -> dict[UUID | None, CommentRow]:
    """The words to show of each: the latest unplaced ones, else the latest at all."""
    comment, standing = CommentRow.__table__.c, StandingRow.__table__.c  # type: ignore[attr-defined]
    place = (
        sa.func.row_number()
        .over(
            partition_by=comment.participant_id,
            order_by=(
                sa.case((standing.placement == Placement.QUEUED, 0), else_=1),
                sa.case((comment.text != "", 0), else_=1),
                comment.received_at.desc(),
                comment.id.desc(),
            ),
        )
        .label("place")
    )
    ranked = (
        sa.select(comment.id, place)
        .join(StandingRow, standing.comment_id == comment.id)
        .where(comment.participant_id.in_(ids), comment.channel == Channel.SMS)
        .subquery()
    )
    rows = session.exec(
        select(CommentRow).join(ranked, ranked.c.id == CommentRow.id).where(ranked.c.place == 1)
    )
    return {row.participant_id: row for row in rows}


def _line(
    row: Mapping[str, Any],
    said: CommentRow | None,
    is_flagged: bool,
    names: Mapping[str, str],
    reader: Reader,
) -> Line:
    hidden = said is not None and said.confidential and not reader.confidential
    return Line(
        alias=row["alias"],
        unplaced=int(row["unplaced"]),
        comments=int(row["comments"]),
        is_waiting=bool(row["waiting"]),
        has_left=row["stopped"] is not None,
        is_flagged=is_flagged,
        keeper=names.get(str(row["person_id"]), "") if row["person_id"] else "",
        excerpt="" if said is None or hidden else " ".join(said.text.split())[:120],
        language=(said.language if said else "") or row["language"],
        in_confidence=hidden,
    )


def _mine(session: Session, reader: Reader) -> int:
    """How many conversations were handed to this reader and are not read yet."""
    query = (
        select(sa.func.count())
        .select_from(ThreadRow)
        .where(ThreadRow.person_id == reader.id, col(ThreadRow.read_at).is_(None))
    )
    return int(session.exec(query).one())


def _languages(session: Session) -> list[tuple[str, str]]:
    """The languages that people who text have chosen, to filter by; "none" for those who have not."""
    contact = select(ContactPointRow.participant_id).where(ContactPointRow.kind == ContactKind.SMS)
    found = session.exec(
        select(ParticipantRow.language).where(col(ParticipantRow.id).in_(contact)).distinct()
    ).all()
    return [(code or NONE, language_word(code)) for code in sorted(found, key=lambda code: (not code, code))]
