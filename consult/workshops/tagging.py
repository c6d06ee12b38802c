"""Tagging: what was said at a workshop, utterance by utterance, as comments on clauses.

An utterance, the part of it that matters, or several neighbours together become
a comment; others are skipped. A part taken out of an utterance leaves the rest
of it open, so nothing said is passed over. All of it can be undone, see `acts`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, col, select

from consult import comments, rounds, suggestions
from consult.comments import Made, Said
from consult.errors import BarazaError
from consult.linking.words import language_of
from consult.links import Tie
from consult.tables.comments import CommentRow, LinkKind
from consult.tables.intake import Outcome, RecordRow
from consult.tables.rounds import RoundRow
from consult.tables.workshops import TranscriptRow, UtteranceRow, UtteranceState, WorkshopRow
from consult.workshops import acts, consents
from consult.workshops.acts import Kind
from consult.workshops.attributing import MARKS, Told, tell
from consult.workshops.meetings import came_late, group_meant
from consult.workshops.settling import mark_note, notes_among, settle
from consult.workshops.splitting import NotSaid, holding, place_of, split_out
from consult.workshops.utterances import common, locked, spoken_by, together
from standards.store import UnknownClause
from standards.tables import OutlineRow, VersionRow


class NobodyNamed(BarazaError):
    """What is to be skipped for somebody has no speaker."""

    def __init__(self) -> None:
        super().__init__("Nobody is named for this utterance, so only this one can be skipped.")


class Wanted(NamedTuple):
    """What somebody chose for an utterance.

    `clause_ids`: None among them means the whole document; none at all leaves the
    comment waiting for a clause. `words` is the part to take, all of it when
    empty; `rest` the words from where that part begins, where it was said twice.
    `told` is what is known of it besides; `named` the words that name the cost,
    the obstacle or the proposal it is marked with, all of it where they are missing.
    """

    clause_ids: tuple[UUID | None, ...] = ()
    words: str = ""
    lone: bool | None = None
    language: str = ""
    rest: str = ""
    told: Told = Told()
    named: Mapping[str, str] = {}


class Taken(NamedTuple):
    """The comment of an utterance; `fresh` is False when it had one already."""

    made: Made
    fresh: bool
    late: bool


@dataclass(frozen=True)
class Origin:
    """Where a comment was said: the workshop, and the utterance with its second of tape."""

    workshop: WorkshopRow
    utterance: UtteranceRow


# --- acts


def make_comment(
    session: Session,
    round_: RoundRow,
    workshop: WorkshopRow,
    utterance_id: UUID,
    wanted: Wanted,
    *,
    by: str,
    now: datetime,
) -> Taken:
    """Make an utterance with those joined to it, or a part of it, a comment.

    An utterance that is a comment already gives that comment back. Raises
    NotFound, NotSaid, TooFine, UnknownClause, TooLong.
    """
    transcript, utterance = locked(session, workshop, utterance_id)
    record = session.get_one(RecordRow, utterance.record_id or transcript.record_id)
    late = came_late(round_, record.received_at)
    if utterance.comment_id is not None:
        known = session.get_one(CommentRow, utterance.comment_id)
        return Taken(Made(known.id, known.receipt), False, late)
    _check_clauses(session, round_, wanted.clause_ids)
    rows = changed = together(session, utterance)
    before = acts.standing(rows)
    if wanted.words.strip():
        cut = split_out(session, transcript, holding(rows, wanted.words), wanted.words, wanted.rest)
        rows, changed = [cut.taken], [*rows, *cut.pieces]
    tell(session, rows, wanted.told._replace(lone=wanted.told.lone if wanted.lone is None else wanted.lone))
    record = session.get_one(RecordRow, rows[0].record_id or transcript.record_id)
    made = _make(session, round_, workshop, record, rows, wanted, by=by, now=now, late=late)
    for one in rows:
        one.state, one.comment_id = UtteranceState.COMMENT, made.id
        session.add(one)
    session.flush()
    for note in notes_among(rows):
        mark_note(session, transcript, note, Outcome.PART, but=record.id, now=now)
    acts.keep(session, workshop, rows[0].id, Kind.COMMENT, before, changed, by=by, now=now)
    return Taken(made, True, late)


def skip(session: Session, workshop: WorkshopRow, utterance_id: UUID, *, by: str, now: datetime) -> bool:
    """Pass over an utterance that says nothing about the text; False when it was done already."""
    transcript, utterance = locked(session, workshop, utterance_id)
    if utterance.state is not UtteranceState.OPEN:
        return False
    rows = together(session, utterance)
    before = acts.standing(rows)
    for one in rows:
        one.state = UtteranceState.SKIPPED
        session.add(one)
    settle(session, transcript, rows, now)
    acts.keep(session, workshop, utterance.id, Kind.SKIP, before, rows, by=by, now=now)
    return True


def skip_speaker(
    session: Session, workshop: WorkshopRow, utterance_id: UUID, *, by: str, now: datetime
) -> int:
    """Pass over all that is still open of what one speaker says; how many utterances. Raises NobodyNamed."""
    transcript, utterance = locked(session, workshop, utterance_id)
    if not utterance.speaker:
        raise NobodyNamed
    places = acts.set_many(
        session, transcript, utterance.speaker, "state", UtteranceState.SKIPPED, only=UtteranceState.OPEN
    )
    acts.keep_many(
        session, workshop, utterance.id, Kind.SKIP_ALL, transcript, "state", "skipped", places, by=by, now=now
    )
    changed = [place for found in places.values() for place in found]
    settle(session, transcript, acts.at_places(session, transcript, changed), now)
    return len(changed)


# --- questions


def origin_of(session: Session, comment_id: UUID) -> Origin | None:
    """Where a comment was said; None for one that came by another channel."""
    row = session.exec(
        select(WorkshopRow, UtteranceRow)
        .join(TranscriptRow, col(TranscriptRow.workshop_id) == WorkshopRow.id)
        .join(UtteranceRow, col(UtteranceRow.transcript_id) == TranscriptRow.id)
        .where(UtteranceRow.comment_id == comment_id)
        .order_by(col(UtteranceRow.position))
        .limit(1)
    ).first()
    return Origin(*row) if row else None


def lone_among(session: Session, comment_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these comments that nobody else at their workshop said."""
    found = session.exec(
        select(UtteranceRow.comment_id).where(
            col(UtteranceRow.comment_id).in_(list(comment_ids)), col(UtteranceRow.lone).is_(True)
        )
    ).all()
    return {id_ for id_ in found if id_ is not None}


def language_for(workshop: WorkshopRow, words: str) -> str:
    """The language somebody most likely spoke, among those of the workshop."""
    guessed = language_of(words)
    spoken = workshop.languages or [""]
    return guessed if guessed in spoken else str(spoken[0])


def clock(seconds: float | None) -> str:
    """A place on the tape: `40:31`, `1:02:05`; empty where nothing was timed."""
    if seconds is None:
        return ""
    hours, rest = divmod(int(seconds), 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


# --- how it is done


def _make(
    session: Session,
    round_: RoundRow,
    workshop: WorkshopRow,
    record: RecordRow,
    rows: Sequence[UtteranceRow],
    wanted: Wanted,
    *,
    by: str,
    now: datetime,
    late: bool,
) -> Made:
    """The comment of these utterances."""
    text = spoken_by(rows)
    if len(text) > comments.LONGEST:
        raise comments.TooLong(len(text))
    group = group_meant(rounds.groups(session), common(one.category for one in rows))
    agreed = consents.state(session, workshop)
    named = _named(rows, text, wanted.named)
    said = Said(
        text=text,
        ties=_ties(session, round_, text, wanted),
        language=wanted.language or common(one.language for one in rows) or language_for(workshop, text),
        group_id=group.id if group else None,
        region=workshop.region,
        public=all(agreed.may_quote(one.attendee) for one in rows),
        late=late,
        cost=named.get("cost", ""),
        obstacle=named.get("obstacle", ""),
        proposal=named.get("proposal", ""),
    )
    part = comments.next_part(session, record.id)
    return comments.add_part(session, round_, record, part, said, by=by, now=now)


def _named(rows: Sequence[UtteranceRow], text: str, named: Mapping[str, str]) -> dict[str, str]:
    """The words that name a cost, an obstacle or a proposal, where it is marked so."""
    marked = {mark for one in rows for mark in one.marks}
    return {mark: _passage(named.get(mark, ""), text) for mark in MARKS if mark in marked}


def _passage(words: str, text: str) -> str:
    if not words.strip():
        return text
    try:
        first, last = place_of(words, text)
    except NotSaid:
        # It was marked in a part that is no longer taken.
        return text
    return text[first:last]


def _check_clauses(session: Session, round_: RoundRow, clause_ids: Sequence[UUID | None]) -> None:
    for clause_id in clause_ids:
        if clause_id is not None and session.get(OutlineRow, (round_.version_id, clause_id)) is None:
            label = session.get_one(VersionRow, round_.version_id).label
            raise UnknownClause(str(clause_id), f"version {label}")


def _ties(session: Session, round_: RoundRow, text: str, wanted: Wanted) -> tuple[Tie, ...]:
    """The clauses chosen; what the suggestions said of them is kept beside the choice."""
    chosen = dict.fromkeys(wanted.clause_ids)
    if not chosen:
        return ()
    scored = suggestions.index_of(session, round_).suggest(text, k=10, lang=wanted.language or None).clauses
    known = {UUID(one.id): one for one in scored}
    return tuple(
        Tie(clause_id, LinkKind.CONFIRMED, score=known[clause_id].score, why=known[clause_id].why)
        if clause_id in known
        else Tie(clause_id, LinkKind.CONFIRMED)
        for clause_id in chosen
    )
