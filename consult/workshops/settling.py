"""Settling: what became of the records behind utterances, kept in step with what is made of these.

The file of a transcript is one record: a comment from its first comment on, set
aside when every utterance was skipped, waiting otherwise. A note from the field
has records of its own, one for each wording.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, select

from consult import comments, intake
from consult.tables.intake import Outcome
from consult.tables.workshops import TranscriptRow, UtteranceRow, UtteranceState
from consult.workshops.note_records import records_with_words
from consult.workshops.transcripts import wait_again

ALL_SKIPPED = "every utterance of this transcript was skipped"
NOTE_SKIPPED = "this note was skipped"


def settle(
    session: Session, transcript: TranscriptRow, changed: Sequence[UtteranceRow], now: datetime
) -> None:
    """Say what became of the records of these utterances, of which something was made or undone."""
    session.flush()
    if transcript.record_id is None:
        for note in notes_among(changed):
            if note.state is UtteranceState.OPEN:
                let_wait(session, transcript.workshop_id, note)
            elif not _is_said_elsewhere(session, note):
                mark_note(session, transcript, note, Outcome.SET_ASIDE, reason=NOTE_SKIPPED, now=now)
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


def let_wait(session: Session, workshop_id: UUID, note: UtteranceRow) -> None:
    """Let the records of a note wait, as nothing is made of its words yet; those of a comment stay."""
    if note.record_id is not None and comments.next_part(session, note.record_id) == 0:
        for record_id in records_with_words(session, workshop_id, note.entity):
            wait_again(session, record_id)


def notes_among(utterances: Iterable[UtteranceRow]) -> list[UtteranceRow]:
    """Those of these utterances that are notes from the field."""
    return [one for one in utterances if one.entity and one.record_id is not None]


def mark_note(
    session: Session,
    transcript: TranscriptRow,
    note: UtteranceRow,
    outcome: Outcome,
    *,
    reason: str = "",
    but: UUID | None = None,
    now: datetime,
) -> None:
    """Say what became of all records with the words of a note, but of one that is a comment."""
    for record_id in records_with_words(session, transcript.workshop_id, note.entity):
        if record_id != but and comments.next_part(session, record_id) == 0:
            intake.mark(session, record_id, outcome, reason=reason, now=now)


def _is_said_elsewhere(session: Session, note: UtteranceRow) -> bool:
    """Whether another piece of the same note is a comment, or still open."""
    other = select(UtteranceRow.id).where(
        UtteranceRow.transcript_id == note.transcript_id,
        UtteranceRow.entity == note.entity,
        UtteranceRow.state != UtteranceState.SKIPPED,
    )
    return session.exec(other.limit(1)).first() is not None
