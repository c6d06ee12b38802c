"""Tagging: what was said at a workshop, utterance by utterance, as comments on clauses.

An utterance, the part of it that matters, or several neighbours together become
a comment; others are skipped. A part taken out of an utterance leaves the rest
of it open, so nothing said is passed over. Undoing empties the comment and opens
the utterance again: a comment is never deleted, its words stay in the
transcript, and its number in the sums is that of an erased one. A comment that
was decided on can no longer be undone, because its decision is kept.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult import comments, intake, rounds, suggestions
from consult.comments import Made, Said
from consult.errors import BarazaError, NotFound
from consult.linking.words import language_of
from consult.links import Tie
from consult.tables.comments import CommentRow, LinkKind, StandingRow
from consult.tables.intake import Outcome, RecordRow
from consult.tables.rounds import RoundRow
from consult.tables.workshops import TranscriptRow, UtteranceRow, UtteranceState, WorkshopRow
from consult.workshops.meetings import came_late, consent_of, group_meant
from consult.workshops.note_records import records_with_words
from consult.workshops.splitting import split_out
from consult.workshops.transcripts import wait_again
from standards.store import UnknownClause
from standards.tables import OutlineRow, VersionRow

MOST_JOINED = 10
MISTAKE = "made by mistake from a transcript"
ALL_SKIPPED = "every utterance of this transcript was skipped"
NOTE_SKIPPED = "this note was skipped"


class AlreadyDecided(BarazaError):
    """The comment has a decision, which is kept."""

    def __init__(self, comment: CommentRow) -> None:
        super().__init__(
            f"The committee has decided on comment {comment.receipt}, so it can no longer be undone. "
            "Its clause can still be changed at the comment itself."
        )
        self.comment = comment


class Wanted(NamedTuple):
    """What somebody chose for an utterance.

    `clause_ids`: None among them means the whole document; none at all leaves the
    comment waiting for a clause. `words` is the part to take, all of it when
    empty; `following` how many of the next utterances belong to it.
    """

    clause_ids: tuple[UUID | None, ...] = ()
    words: str = ""
    following: int = 0
    lone: bool = False
    language: str = ""


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


@dataclass(frozen=True)
class Progress:
    """How far the transcripts of a workshop are done."""

    total: int = 0
    commented: int = 0
    skipped: int = 0
    comments: int = 0

    @property
    def done(self) -> int:
        """Utterances that nobody needs to look at again."""
        return self.commented + self.skipped

    @property
    def left(self) -> int:
        """Utterances still open."""
        return self.total - self.done


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
    """Make an utterance, a part of it, or it and its neighbours a comment.

    An utterance that is a comment already gives that comment back. Raises
    NotFound, NotSaid, TooFine, UnknownClause, TooLong.
    """
    transcript, utterance = _locked(session, workshop, utterance_id)
    record = session.get_one(RecordRow, utterance.record_id or transcript.record_id)
    late = came_late(round_, record.received_at)
    if utterance.comment_id is not None:
        known = session.get_one(CommentRow, utterance.comment_id)
        return Taken(Made(known.id, known.receipt), False, late)
    _check_clauses(session, round_, wanted.clause_ids)
    together = [utterance, *_following(session, transcript, utterance, wanted.following)]
    if len(together) == 1 and wanted.words.strip():
        together = [split_out(session, transcript, utterance, wanted.words)]
    text = _spoken_by(together)
    if len(text) > comments.LONGEST:
        raise comments.TooLong(len(text))
    group = group_meant(rounds.groups(session), _common(one.category for one in together))
    said = Said(
        text=text,
        ties=_ties(session, round_, text, wanted),
        language=wanted.language or language_for(workshop, text),
        group_id=group.id if group else None,
        region=workshop.region,
        public=consent_of(workshop)[1],
        late=late,
    )
    part = comments.next_part(session, record.id)
    made = comments.add_part(session, round_, record, part, said, by=by, now=now)
    for one in together:
        one.state, one.comment_id, one.lone = UtteranceState.COMMENT, made.id, wanted.lone
        session.add(one)
    session.flush()
    for note in _notes_among(together):
        _mark_note(session, workshop.id, note, Outcome.PART, but=record.id, now=now)
    return Taken(made, True, late)


def skip(session: Session, workshop: WorkshopRow, utterance_id: UUID, *, now: datetime) -> bool:
    """Pass over an utterance that says nothing about the text; False when it was done already."""
    transcript, utterance = _locked(session, workshop, utterance_id)
    if utterance.state is not UtteranceState.OPEN:
        return False
    utterance.state = UtteranceState.SKIPPED
    session.add(utterance)
    _settle(session, transcript, [utterance], now)
    return True


def undo(session: Session, workshop: WorkshopRow, utterance_id: UUID, *, by: str, now: datetime) -> bool:
    """Open an utterance again, and take back the comment made of it; False when it was open.

    Raises NotFound, AlreadyDecided.
    """
    transcript, utterance = _locked(session, workshop, utterance_id)
    if utterance.state is UtteranceState.OPEN:
        return False
    together = [utterance]
    if utterance.comment_id is not None:
        comment = session.get_one(CommentRow, utterance.comment_id)
        if session.get_one(StandingRow, comment.id).disposition_id is not None:
            raise AlreadyDecided(comment)
        together = _made_into(session, comment.id)
        if comment.erased_at is None:
            comments.take_back(session, comment, reason=MISTAKE, by=by, now=now)
    for one in together:
        one.state, one.comment_id = UtteranceState.OPEN, None
        session.add(one)
    _settle(session, transcript, together, now)
    return True


def set_lone(session: Session, workshop: WorkshopRow, utterance_id: UUID, lone: bool) -> None:
    """Mark an utterance as a lone voice, or no more; its comment carries the mark too."""
    _, utterance = _locked(session, workshop, utterance_id)
    for one in _made_into(session, utterance.comment_id) if utterance.comment_id else [utterance]:
        one.lone = lone
        session.add(one)
    session.flush()


def set_category(
    session: Session, workshop: WorkshopRow, transcript_id: UUID, speaker: str, category: str
) -> int:
    """Say which category a speaker is of, once for all they say; how many utterances it holds for.

    Comments made before keep the group they were made with.
    """
    transcript = session.get(TranscriptRow, transcript_id)
    if transcript is None or transcript.workshop_id != workshop.id:
        raise NotFound("There is no such transcript at this workshop.")
    group = group_meant(rounds.groups(session), category)
    changed = session.connection().execute(
        sa.update(UtteranceRow)
        .where(col(UtteranceRow.transcript_id) == transcript_id, col(UtteranceRow.speaker) == speaker)
        .values(category=group.key if group else category.strip()[:100])
    )
    return int(changed.rowcount)


# --- questions


def progress(session: Session, workshop: WorkshopRow) -> Progress:
    """How far a workshop's transcripts are done."""
    rows = session.exec(
        select(UtteranceRow.state, sa.func.count(), sa.func.count(sa.distinct(col(UtteranceRow.comment_id))))
        .join(TranscriptRow, col(TranscriptRow.id) == UtteranceRow.transcript_id)
        .where(TranscriptRow.workshop_id == workshop.id)
        .group_by(col(UtteranceRow.state))
    ).all()
    found = {state: (int(count), int(made)) for state, count, made in rows}
    commented, made = found.get(UtteranceState.COMMENT, (0, 0))
    skipped = found.get(UtteranceState.SKIPPED, (0, 0))[0]
    return Progress(sum(count for count, _ in found.values()), commented, skipped, made)


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


def _locked(
    session: Session, workshop: WorkshopRow, utterance_id: UUID
) -> tuple[TranscriptRow, UtteranceRow]:
    """An utterance with its transcript, kept from others until the transaction ends."""
    place = session.exec(select(UtteranceRow.transcript_id).where(UtteranceRow.id == utterance_id)).first()
    # The lock is on the transcript: two people tagging one file must not take the same part of it.
    transcript = session.get(TranscriptRow, place, with_for_update=True) if place else None
    if transcript is None or transcript.workshop_id != workshop.id:
        raise NotFound("There is no such utterance at this workshop.")
    return transcript, session.get_one(UtteranceRow, utterance_id, populate_existing=True)


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


def _following(
    session: Session, transcript: TranscriptRow, utterance: UtteranceRow, count: int
) -> list[UtteranceRow]:
    """The next utterances that are still open, up to `count` and never past one that is done."""
    rows = session.exec(
        select(UtteranceRow)
        .where(UtteranceRow.transcript_id == transcript.id, UtteranceRow.position > utterance.position)
        .order_by(col(UtteranceRow.position))
        .limit(max(0, min(count, MOST_JOINED)))
    ).all()
    found = []
    for row in rows:
        if row.state is not UtteranceState.OPEN:
            break
        found.append(row)
    return found


def _spoken_by(together: Sequence[UtteranceRow]) -> str:
    if len({one.speaker for one in together}) == 1:
        return " ".join(one.words for one in together)
    return "\n".join(f"{one.speaker or '–'}: {one.words}" for one in together)


def _common(values: Iterable[str]) -> str:
    """What they all are; nothing when they differ."""
    counts = Counter(values)
    return next(iter(counts)) if len(counts) == 1 else ""


def _made_into(session: Session, comment_id: UUID) -> list[UtteranceRow]:
    return list(session.exec(select(UtteranceRow).where(UtteranceRow.comment_id == comment_id)).all())


def _settle(
    session: Session, transcript: TranscriptRow, changed: Sequence[UtteranceRow], now: datetime
) -> None:
    """Keep what became of the file in step with its utterances: comment, set aside, or waiting."""
    session.flush()
    if transcript.record_id is None:
        for note in _notes_among(changed):
            if note.state is UtteranceState.OPEN:
                let_wait(session, transcript.workshop_id, note)
            elif not _is_said_elsewhere(session, note):
                _mark_note(
                    session, transcript.workshop_id, note, Outcome.SET_ASIDE, reason=NOTE_SKIPPED, now=now
                )
        return
    if comments.next_part(session, transcript.record_id) > 0:
        return
    still_open = session.exec(
        select(UtteranceRow.id)
        .where(UtteranceRow.transcript_id == transcript.id, UtteranceRow.state == UtteranceState.OPEN)
        .limit(1)
    ).first()
    if still_open is None:
        intake.mark(session, transcript.record_id, Outcome.SET_ASIDE, reason=ALL_SKIPPED, now=now)
    else:
        wait_again(session, transcript.record_id)


# --- notes from the field, which have records of their own


def let_wait(session: Session, workshop_id: UUID, note: UtteranceRow) -> None:
    """Let the records of a note wait, as nothing is made of its words yet; those of a comment stay."""
    if note.record_id is not None and comments.next_part(session, note.record_id) == 0:
        for record_id in records_with_words(session, workshop_id, note.entity):
            wait_again(session, record_id)


def _notes_among(utterances: Iterable[UtteranceRow]) -> list[UtteranceRow]:
    return [one for one in utterances if one.entity and one.record_id is not None]


def _is_said_elsewhere(session: Session, note: UtteranceRow) -> bool:
    """Whether another piece of the same note is a comment, or still open."""
    other = select(UtteranceRow.id).where(
        UtteranceRow.transcript_id == note.transcript_id,
        UtteranceRow.entity == note.entity,
        UtteranceRow.state != UtteranceState.SKIPPED,
    )
    return session.exec(other.limit(1)).first() is not None


def _mark_note(
    session: Session,
    workshop_id: UUID,
    note: UtteranceRow,
    outcome: Outcome,
    *,
    reason: str = "",
    but: UUID | None = None,
    now: datetime,
) -> None:
    """Say what became of all records with the words of a note, but of one that is a comment."""
    for record_id in records_with_words(session, workshop_id, note.entity):
        if record_id != but and comments.next_part(session, record_id) == 0:
            intake.mark(session, record_id, outcome, reason=reason, now=now)
