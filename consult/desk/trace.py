"""One comment's whole path: what was said, what it is about, what was decided, answered and changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask_babel import gettext as _
from markupsafe import Markup
from sqlmodel import Session, col, select

from consult import accounts, intake, look, publications, tracing
from consult.desk.clauses import text_url
from consult.desk.places import PAGE, containing, voice
from consult.erasures import fields_of
from consult.errors import NotAllowed, NotFound
from consult.tables.comments import CommentRow, LinkKind, LinkRow, StandingRow, ThemeRow
from consult.tables.decisions import AnswerRow, DispositionRow
from consult.tables.intake import RecordRow
from consult.tables.messages import MessageRow, MessageState
from consult.tables.participants import ParticipantRow
from consult.tables.rounds import RoundRow
from standards import store
from standards.diff import Piece, word_changes
from standards.document import ClauseText, Document
from standards.markdown import plain
from standards.tables import (
    ClauseTextRow,
    LineageRow,
    OutlineRow,
    StandardRow,
    VersionRow,
)

# What people say or propose in a posted form; who sent it is never among these.
WORDS = ("text", "Body", "words", "body", "comment", "quote", "proposal", "cost", "obstacle", "benefit")


class InConfidence(NotAllowed):
    """A comment given in confidence is read by named people only."""

    def __init__(self) -> None:
        super().__init__(
            _("This comment was given in confidence. Only those named to read such may open it.")
        )


@dataclass(frozen=True)
class Subject:
    """A comment with everything it hangs on."""

    comment: CommentRow
    standing: StandingRow
    round: RoundRow
    version: VersionRow
    standard: StandardRow
    alias: str | None
    theme: ThemeRow | None

    @property
    def round_url(self) -> str:
        """The round's address at the desk."""
        return look.at(f"/desk/rounds/{self.round.slug}")


def subject(session: Session, comment_id: UUID, *, confidential: bool) -> Subject:
    """The comment of this id with its round and text; one statement. Raises NotFound, InConfidence."""
    row = session.exec(  # type: ignore[call-overload]
        sa.select(
            CommentRow, StandingRow, RoundRow, VersionRow, StandardRow, col(ParticipantRow.alias), ThemeRow
        )
        .join(StandingRow, col(StandingRow.comment_id) == CommentRow.id)
        .join(RoundRow, col(RoundRow.id) == CommentRow.round_id)
        .join(VersionRow, col(VersionRow.id) == RoundRow.version_id)
        .join(StandardRow, col(StandardRow.id) == VersionRow.standard_id)
        .outerjoin(ParticipantRow, col(ParticipantRow.id) == CommentRow.participant_id)
        .outerjoin(ThemeRow, col(ThemeRow.id) == StandingRow.theme_id)
        .where(col(CommentRow.id) == comment_id)
    ).first()
    if row is None:
        raise NotFound(_("There is no such comment. It may have been typed differently."))
    found = Subject(*row)
    if found.comment.confidential and not confidential:
        raise InConfidence
    return found


@dataclass(frozen=True)
class Decision:
    """A decision on the comment, its answer and how far that came, and the version that carries a change."""

    row: DispositionRow
    answer: AnswerRow | None
    state: MessageState | None
    version: VersionRow | None


@dataclass(frozen=True)
class Wording:
    """The consulted words beside those that carry the change, with what was taken out and put in."""

    number: str
    heading: str
    label: str
    status: str
    url: str
    public_url: str
    voices_url: str
    before: Markup
    after: Markup
    changed: bool
    gone: bool


def decisions(session: Session, comment_id: UUID) -> list[Decision]:
    """Every decision on a comment, the one that holds first; one statement."""
    rows = session.exec(  # type: ignore[call-overload]
        sa.select(DispositionRow, AnswerRow, col(MessageRow.state), VersionRow)
        .outerjoin(AnswerRow, col(AnswerRow.disposition_id) == DispositionRow.id)
        .outerjoin(MessageRow, col(MessageRow.id) == AnswerRow.message_id)
        .outerjoin(VersionRow, col(VersionRow.id) == DispositionRow.change_version_id)
        .where(col(DispositionRow.comment_id) == comment_id)
        .order_by(col(DispositionRow.decided_at).desc(), col(DispositionRow.id).desc())
    )
    return [Decision(*row) for row in rows]


def all_links(session: Session, comment_id: UUID) -> list[LinkRow]:
    """Every link a comment ever had, those that hold first, then the newest."""
    rows = session.exec(
        select(LinkRow).where(LinkRow.comment_id == comment_id).order_by(col(LinkRow.at).desc())
    ).all()
    return sorted(rows, key=lambda row: row.ended_at is not None)


def links_shown(
    found: Subject, document: Document, rows: Iterable[LinkRow], by: dict[str, str]
) -> list[dict[str, Any]]:
    """The links as the page tells them: where to, why, how sure, by whom, when, until when."""
    shown = []
    for row in rows:
        clause = document.by_id.get(row.clause_id) if row.clause_id else None
        words = f"{clause.number} {clause.text.heading}".strip() if clause else _("The whole document")
        shown.append(
            {
                "kind": "whole" if row.clause_id is None else row.kind.value,
                "words": words,
                "url": f"{found.round_url}/clauses/{row.clause_id or 'whole'}?comment={found.comment.id}",
                "score": row.score,
                "why": [str(word) for word in row.why],
                "quote": row.quote,
                "by": by.get(row.by, row.by),
                "at": row.at,
                "ended_at": row.ended_at,
                "ended_by": by.get(row.ended_by, row.ended_by),
            }
        )
    return shown


def wording(session: Session, found: Subject, links: Sequence[LinkRow], decision: Decision) -> Wording | None:
    """From the words that were commented on to those that carry the change; None where none was promised."""
    clause_id, version = decision.row.change_clause_id, decision.version
    if clause_id is None or version is None:
        return None
    document = publications.text(session, found.version)
    linked = [row.clause_id for row in links if row.clause_id and row.kind is not LinkKind.SUGGESTED]
    origin = clause_id if clause_id in document.by_id else next(iter(linked), None)
    old = document.by_id.get(origin) if origin else None
    number, text = _there(session, version, clause_id)
    slug = found.standard.slug
    public = look.at(f"/standards/{slug}/{version.label}/clauses/{number or clause_id}")
    pieces = word_changes(plain(old.text) if old else "", plain(text) if text else "")
    is_read = version.content_hash is not None
    return Wording(
        number=number or (old.number if old else ""),
        heading=(text or (old.text if old else ClauseText("", ""))).heading,
        label=version.label,
        status=version.status.value,
        url=text_url(slug, version, clause_id),
        public_url=public if is_read and text else "",
        voices_url=behind_url(slug, version.label, clause_id),
        before=_marked(pieces, ("same", "delete")),
        after=_marked(pieces, ("same", "delete", "insert")),
        changed=any(piece.kind != "same" for piece in pieces),
        gone=text is None,
    )


def _there(session: Session, version: VersionRow, clause_id: UUID) -> tuple[str, ClauseText | None]:
    """The clause in that version, or the first one it went into."""
    row = session.exec(
        select(OutlineRow.number, ClauseTextRow)
        .join(ClauseTextRow, col(ClauseTextRow.hash) == OutlineRow.text_hash)
        .where(OutlineRow.version_id == version.id, OutlineRow.clause_id == clause_id)
    ).first()
    if row is not None:
        return row[0], store.text_from_row(row[1].model_dump())
    heir = session.exec(
        select(LineageRow.to_clause_id).where(
            LineageRow.to_version_id == version.id,
            LineageRow.from_clause_id == clause_id,
            col(LineageRow.to_clause_id).is_not(None),
            LineageRow.to_clause_id != clause_id,
        )
    ).first()
    return _there(session, version, heir) if heir else ("", None)


_TAGS = {"same": Markup("{}"), "delete": Markup("<del>{}</del>"), "insert": Markup("<ins>{}</ins>")}


def _marked(pieces: Sequence[Piece], kinds: Sequence[str]) -> Markup:
    words = Markup("").join(
        _TAGS[piece.kind].format(piece.text) for piece in pieces if piece.kind in kinds and piece.text
    )
    return Markup("<p>{}</p>").format(words) if words else Markup("")


def behind_url(slug: str, label: str, clause: object) -> str:
    """Where the voices behind a clause's wording are read."""
    return look.at(f"/desk/comments/behind/{slug}/{label}/{clause}")


# --- the path in steps


def steps(
    found: Subject,
    record: datetime,
    links: Sequence[dict[str, Any]],
    decided: Sequence[Decision],
    change: Wording | None,
) -> list[dict[str, Any]]:
    """A comment's way through the process, each station done or still to come."""
    zone, language = found.round.time_zone, look.spoken()
    live = [link for link in links if link["ended_at"] is None and link["kind"] != "suggested"]
    newest = decided[0] if decided else None
    answer = newest.answer if newest else None
    return [
        {
            "done": True,
            "words": _("Received"),
            "detail": look.written_moment(record, zone, language),
            "url": "",
        },
        {
            "done": bool(live),
            "words": _("Linked"),
            "detail": "; ".join(link["words"] for link in live),
            "url": live[0]["url"] if live else "",
        },
        {
            "done": newest is not None,
            "words": _("Decided"),
            "detail": str(look.sign("disposition", newest.row.outcome.value).word) if newest else "",
            "url": "#decisions" if newest else "",
        },
        {
            "done": answer is not None,
            "words": _("Answered"),
            "detail": _delivery(newest) if newest else "",
            "url": "#decisions" if newest else "",
        },
        {
            "done": change is not None and bool(change.public_url),
            "words": _("In the text"),
            "detail": _("%(number)s in version %(label)s", number=change.number, label=change.label)
            if change
            else (newest.row.exception if newest else ""),
            "url": (change.public_url or change.url) if change else "",
        },
    ]


def _delivery(decision: Decision) -> str:
    """How far an answer came."""
    answer = decision.answer
    if answer is None:
        return str(_("Not yet"))
    if decision.state is None:
        return str(_("Stands at the receipt"))
    channel = look.sign("channel", answer.channel).word if answer.channel in look.CHANNELS else answer.channel
    return f"{channel}: {state_words()[decision.state]}"


def state_words() -> dict[MessageState, str]:
    """What each state of a message means to the desk."""
    return {
        MessageState.WAITING: _("waits in the outbox"),
        MessageState.SENDING: _("is being sent"),
        MessageState.SENT: _("sent"),
        MessageState.DELIVERED: _("delivered"),
        MessageState.PARTIAL: _("only a part of it arrived"),
        MessageState.FAILED: _("could not be delivered"),
        MessageState.UNKNOWN: _("its fate is not known; a person looks at it"),
        MessageState.BLOCKED: _("not sent: they have left, or it was given up"),
    }


def deciders(session: Session, links: Sequence[LinkRow], decided: Sequence[Decision]) -> dict[str, str]:
    """The names of everyone who acted on a comment; one statement."""
    hands = [row.by for row in links] + [row.ended_by for row in links]
    return accounts.names(session, [*hands, *(decision.row.decided_by for decision in decided)])


# --- the original


@dataclass(frozen=True)
class Original:
    """The words as they came, without who sent them; `words` is empty for a file or an erased payload."""

    words: Sequence[tuple[str, str]]
    content_type: str
    size: int
    erased: bool


def original(session: Session, comment: CommentRow) -> Original:
    """Open the payload of a comment's record: only what was said in it, never its sender."""
    record = session.get_one(RecordRow, comment.record_id)
    payload = intake.open_payload(session, comment.record_id)
    if payload is None:
        return Original((), record.content_type, len(record.payload), True)
    fields = fields_of(payload)
    words = [(name, fields[name]) for name in WORDS if fields.get(name)]
    return Original(words, record.content_type, len(payload), False)


# --- lists of comments


def behind(
    session: Session, version: VersionRow, clause_id: UUID, *, confidential: bool
) -> tuple[list[tuple[CommentRow, DispositionRow]], int]:
    """The comments that a version's wording of a clause carries, and how many more may not be read here."""
    rows = tracing.voices_behind(session, version, clause_id)
    shown = [row for row in rows if confidential or not row[0].confidential]
    return shown, len(rows) - len(shown)


@dataclass(frozen=True)
class Sought:
    """What the list of all comments was asked for."""

    words: str = ""
    round: str = ""
    after: UUID | None = None


def listed(
    session: Session, sought: Sought, groups: dict[UUID, str], *, confidential: bool, language: str
) -> tuple[list[dict[str, Any]], UUID | None]:
    """A page of comments, the newest first, found by words, receipt number or alias; one statement."""
    query = (
        sa.select(CommentRow, StandingRow, RoundRow, col(ParticipantRow.alias))
        .join(StandingRow, col(StandingRow.comment_id) == CommentRow.id)
        .join(RoundRow, col(RoundRow.id) == CommentRow.round_id)
        .outerjoin(ParticipantRow, col(ParticipantRow.id) == CommentRow.participant_id)
        .where(col(CommentRow.erased_at).is_(None))
        .order_by(col(CommentRow.id).desc())
        .limit(PAGE + 1)
    )
    if not confidential:
        query = query.where(col(CommentRow.confidential).is_(False))
    if sought.round:
        query = query.where(col(RoundRow.slug) == sought.round)
    if sought.words:
        named = sought.words.replace("\0", "").strip().upper()
        query = query.where(
            sa.or_(
                sa.and_(sa.true(), *containing(sought.words)),
                col(CommentRow.receipt) == named,
                col(ParticipantRow.alias) == named,
            )
        )
    if sought.after:
        query = query.where(col(CommentRow.id) < sought.after)
    rows = list(session.exec(query))  # type: ignore[call-overload]
    more, rows = len(rows) > PAGE, rows[:PAGE]
    shown = []
    for comment, standing, round_, alias in rows:
        one = voice(comment, alias, groups, round_.time_zone, language)
        one["disposition"] = standing.outcome or ""
        one["on"] = round_.title
        shown.append(one)
    return shown, rows[-1][0].id if more else None
