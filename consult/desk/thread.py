"""One conversation by text message: every text, theirs and ours, with what became of it.

What may repeat words given in confidence is kept from who may not read those.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from consult import accounts, links, rounds, suggestions
from consult.channels.pieces import Piece
from consult.conversations import threads
from consult.desk import thread_events
from consult.desk.places import RoundPlace, round_place
from consult.desk.queue import offered
from consult.desk.thread_events import Event
from consult.desk.thread_list import Reader, open_concerns
from consult.outgoing import messages
from consult.tables.comments import CommentRow, LinkKind, LinkRow, Placement, StandingRow
from consult.tables.conversations import ConcernRow, JoiningRow, ThreadRow
from consult.tables.decisions import AnswerRow
from consult.tables.intake import Channel
from consult.tables.messages import Hold, MessageRow, MessageState, Urgency
from consult.tables.participants import ContactKind, ContactPointRow, ParticipantRow
from consult.tables.rounds import RoundRow
from standards.tables import OutlineRow

SHOWN = 100
"""How many texts a page shows, the latest."""
SUGGESTED = 10
"""For how many unplaced texts of a page clauses are suggested."""


@dataclass(frozen=True)
class Tied:
    """A link as a conversation shows it: to which clause, and how it came about."""

    number: str
    how: str
    is_sure: bool


@dataclass(frozen=True)
class Theirs:
    """A comment they texted, and what became of it."""

    id: UUID
    at: datetime
    words: str
    language: str
    placement: str
    ability: str
    asked: str
    ties: tuple[Tied, ...]
    receipt: str
    pieces: tuple[Piece, ...]
    may_part: bool
    in_confidence: bool
    concern: UUID | None
    round_slug: str
    suggestions: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Ours:
    """A message of ours, and how far it came."""

    id: UUID
    at: datetime
    words: str
    language: str
    kind: str
    on: str
    segments: int
    state: str
    why: str
    due_at: datetime | None
    changed_at: datetime
    error: str
    in_confidence: bool


@dataclass(frozen=True)
class Thread:
    """A conversation, oldest text first."""

    participant: ParticipantRow
    contact: ContactPointRow | None
    round: RoundRow | None
    entries: list[Theirs | Ours | Event]
    earlier: datetime | None
    note: str
    keeper_id: UUID | None
    keeper: str
    concerns: tuple[UUID, ...]
    places: Mapping[str, RoundPlace]

    @property
    def has_left(self) -> bool:
        """Whether they sent STOP."""
        return self.contact is not None and self.contact.stopped_at is not None

    @property
    def can_be_answered(self) -> bool:
        """Whether a text would reach them."""
        return self.contact is not None and self.contact.address is not None and not self.has_left


def read(
    session: Session,
    participant: ParticipantRow,
    reader: Reader,
    *,
    before: datetime | None = None,
    now: datetime,
) -> Thread:
    """The latest texts of a conversation, or those before a moment; the same statements for any length."""
    contacts = list(
        session.exec(
            select(ContactPointRow)
            .where(ContactPointRow.participant_id == participant.id, ContactPointRow.kind == ContactKind.SMS)
            .order_by(col(ContactPointRow.created_at).desc(), col(ContactPointRow.id).desc())
        )
    )
    rows = _comments(session, participant.id, before)
    sent = _messages(session, [contact.id for contact in contacts], before)
    events = thread_events.of(session, sent)
    concerns = _concerns(session, participant.id, reader)
    found: list[Theirs | Ours | Event] = [
        *_theirs(session, rows, concerns, reader),
        *_ours(session, sent, any(row.confidential for row, _ in rows), reader),
        *events,
        *thread_events.marks(contacts, events, before),
    ]
    found.sort(key=lambda entry: (entry.at, isinstance(entry, Ours)))
    more = len(found) > SHOWN
    shown = found[-SHOWN:]
    shown, places = _with_suggestions(session, shown, now)
    keeping = session.get(ThreadRow, participant.id)
    keeper_id = keeping.person_id if keeping else None
    names = accounts.names(session, [str(keeper_id)]) if keeper_id else {}
    return Thread(
        participant=participant,
        contact=contacts[0] if contacts else None,
        round=threads.round_of(session, participant.id),
        entries=shown,
        earlier=shown[0].at if more else None,
        note=keeping.note if keeping else "",
        keeper_id=keeper_id,
        keeper=names.get(str(keeper_id), ""),
        concerns=tuple(concerns.values()),
        places=places,
    )


# Theirs


def _comments(
    session: Session, participant_id: UUID, before: datetime | None
) -> list[tuple[CommentRow, StandingRow]]:
    query = (
        select(CommentRow, StandingRow)
        .join(StandingRow, col(StandingRow.comment_id) == CommentRow.id)
        .where(CommentRow.participant_id == participant_id, CommentRow.channel == Channel.SMS)
        .order_by(col(CommentRow.received_at).desc(), col(CommentRow.id).desc())
        .limit(SHOWN + 1)
    )
    if before is not None:
        query = query.where(col(CommentRow.received_at) < before)
    return list(session.exec(query))[::-1]


def _theirs(
    session: Session,
    rows: Sequence[tuple[CommentRow, StandingRow]],
    concerns: Mapping[UUID, UUID],
    reader: Reader,
) -> Iterable[Theirs]:
    ids = [comment.id for comment, _ in rows]
    tied = links.links_of(session, ids)
    round_ids = {comment.round_id for comment, _ in rows}
    in_rounds = {
        round_.id: round_ for round_ in session.exec(select(RoundRow).where(col(RoundRow.id).in_(round_ids)))
    }
    numbers = _numbers(session, rows, tied, in_rounds)
    pieces = _pieces(session, ids)
    for comment, standing in rows:
        round_ = in_rounds[comment.round_id]
        hidden = comment.confidential and not reader.confidential
        records = [comment.record_id, *(piece.record_id for piece in pieces.get(comment.id, ()))]
        asked = (
            numbers.get((round_.version_id, comment.asked_clause_id), "") if comment.asked_clause_id else ""
        )
        yield Theirs(
            id=comment.id,
            at=comment.received_at,
            words="" if hidden else comment.text,
            language=comment.language,
            placement=standing.placement.value,
            ability=comment.ability.value if comment.ability else "",
            asked=asked,
            ties=tuple(
                Tied(
                    numbers.get((round_.version_id, link.clause_id), "") if link.clause_id else "",
                    link.kind.value,
                    link.kind is not LinkKind.SUGGESTED,
                )
                for link in tied.get(comment.id, [])
            ),
            receipt=comment.receipt,
            pieces=() if hidden else tuple(pieces.get(comment.id, ())),
            may_part=standing.disposition_id is None and comment.id in pieces and not hidden,
            in_confidence=hidden,
            concern=next((concerns[record_id] for record_id in records if record_id in concerns), None),
            round_slug=round_.slug,
        )


def _numbers(
    session: Session,
    rows: Sequence[tuple[CommentRow, StandingRow]],
    tied: Mapping[UUID, list[LinkRow]],
    in_rounds: Mapping[UUID, RoundRow],
) -> dict[tuple[UUID, UUID | None], str]:
    """The numbers of every clause these comments were asked about or are tied to, by version and clause."""
    clauses = {comment.asked_clause_id for comment, _ in rows}
    clauses |= {link.clause_id for several in tied.values() for link in several}
    outlines = session.exec(
        select(OutlineRow).where(
            col(OutlineRow.version_id).in_({round_.version_id for round_ in in_rounds.values()}),
            col(OutlineRow.clause_id).in_({clause for clause in clauses if clause}),
        )
    )
    return {(row.version_id, row.clause_id): row.number for row in outlines}


def _pieces(session: Session, comment_ids: Sequence[UUID]) -> dict[UUID, list[Piece]]:
    """The pieces of every comment that is made of more than one, in order."""
    rows = session.exec(
        select(JoiningRow)
        .where(col(JoiningRow.comment_id).in_(comment_ids))
        .order_by(col(JoiningRow.at), col(JoiningRow.id))
    )
    newest: dict[UUID, dict[UUID, JoiningRow]] = {}
    for row in rows:
        newest.setdefault(row.comment_id, {})[row.record_id] = row
    found = {
        comment_id: sorted(
            (Piece(row.record_id, row.place, row.words) for row in of_record.values() if row.joined),
            key=lambda piece: piece.place,
        )
        for comment_id, of_record in newest.items()
    }
    return {comment_id: several for comment_id, several in found.items() if len(several) > 1}


def _concerns(session: Session, participant_id: UUID, reader: Reader) -> dict[UUID, UUID]:
    """What was flagged and is not settled, by record, as far as this reader is one to know."""
    query = select(ConcernRow.record_id, ConcernRow.id).where(
        ConcernRow.participant_id == participant_id, *open_concerns(reader)
    )
    return dict(session.exec(query).all())


def _with_suggestions(
    session: Session, entries: list[Theirs | Ours | Event], now: datetime
) -> tuple[list[Theirs | Ours | Event], dict[str, RoundPlace]]:
    """The entries, the latest unplaced ones with clauses they may be about; and the rounds of those."""
    waiting = [
        entry
        for entry in entries
        if isinstance(entry, Theirs) and entry.placement == Placement.QUEUED and not entry.in_confidence
    ]
    places = {slug: round_place(session, slug, now) for slug in {entry.round_slug for entry in waiting}}
    listed: dict[UUID, list[dict[str, Any]]] = {}
    for slug, place in places.items():
        ids = [entry.id for entry in waiting[-SUGGESTED:] if entry.round_slug == slug]
        rows = session.exec(select(CommentRow).where(col(CommentRow.id).in_(ids))).all()
        suggested = suggestions.suggest(session, place.round, rows)
        listed |= {id_: offered(place, found) for id_, found in suggested.items()}
    filled = [
        replace(entry, suggestions=listed[entry.id])
        if isinstance(entry, Theirs) and entry.id in listed
        else entry
        for entry in entries
    ]
    return filled, places


# Ours


def _messages(session: Session, contact_ids: Sequence[UUID], before: datetime | None) -> list[MessageRow]:
    query = (
        select(MessageRow)
        .where(col(MessageRow.contact_point_id).in_(contact_ids), MessageRow.channel == Channel.SMS.value)
        .order_by(col(MessageRow.created_at).desc(), col(MessageRow.id).desc())
        .limit(SHOWN + 1)
    )
    if before is not None:
        query = query.where(col(MessageRow.created_at) < before)
    return list(session.exec(query))[::-1]


def _ours(session: Session, rows: Sequence[MessageRow], confidential: bool, reader: Reader) -> Iterable[Ours]:
    """Our messages; what may repeat words given in confidence is kept from who may not read those."""
    answers = dict(
        session.exec(
            select(AnswerRow.message_id, CommentRow.confidential)
            .join(CommentRow, col(CommentRow.id) == AnswerRow.comment_id)
            .where(col(AnswerRow.message_id).in_([row.id for row in rows]))
        ).all()
    )
    codes = _codes(session, {row.round_id for row in rows if row.round_id})
    for row in rows:
        by_person = row.dedupe.startswith(threads.BY_PERSON)
        hidden = not reader.confidential and (answers.get(row.id) or (by_person and confidential))
        yield Ours(
            id=row.id,
            at=row.created_at,
            words="" if hidden else row.words,
            language=row.language,
            kind=_kind(row),
            on=_on(row, codes),
            segments=row.segments,
            state=row.state.value,
            why=_why(row),
            due_at=row.due_at,
            changed_at=row.changed_at,
            error=row.error,
            in_confidence=bool(hidden),
        )


def _codes(session: Session, round_ids: set[UUID]) -> dict[UUID, dict[str, str]]:
    """The clause number behind each code, by round."""
    found: dict[UUID, dict[str, str]] = {}
    for round_ in session.exec(select(RoundRow).where(col(RoundRow.id).in_(round_ids))).all():
        codes = rounds.codes_of(session, round_)
        outlines = session.exec(
            select(OutlineRow).where(
                OutlineRow.version_id == round_.version_id, col(OutlineRow.clause_id).in_(codes)
            )
        )
        found[round_.id] = {str(codes[row.clause_id]): row.number for row in outlines}
    return found


def _kind(row: MessageRow) -> str:
    """What a message is, in one word: the cause says more than the kind."""
    cause = row.dedupe.partition(":")[0]
    if row.dedupe.startswith(threads.BY_PERSON):
        return "person"
    if row.dedupe.startswith(messages.STOP_CONFIRMATION):
        return "farewell"
    return {"question": "question", "welcome": "welcome", "ask": "asked"}.get(cause, row.kind.value)


def _on(row: MessageRow, codes: Mapping[UUID, Mapping[str, str]]) -> str:
    """The clause a question is on; our questions begin with its code."""
    code = re.match(r"(\d+):", row.words)
    if not code or not row.dedupe.startswith("question:") or row.round_id is None:
        return ""
    return codes.get(row.round_id, {}).get(code[1], "")


def _why(row: MessageRow) -> str:
    """Why a message waits, in one word."""
    if row.state is not MessageState.WAITING:
        return ""
    if row.held != Hold.NONE:
        return row.held
    if row.due_at is None:
        return ""
    if row.attempts:
        return "again"
    return "quiet" if row.urgency != Urgency.REPLY else ""
