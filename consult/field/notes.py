"""Notes from the field as utterances, so that they go the way of all that was said at a workshop.

A note lies among the utterances of its workshop like a stretch of a transcript:
the bench shows it, makes it a comment, skips it, undoes. A note that names its
clauses becomes a comment when the meeting is closed or somebody at the desk says
so. A note changed after that is shown to a person; the comment stays as it was.
"""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult import intake, masking
from consult.field import looking
from consult.field.ground import Ground
from consult.field.merging import Entity
from consult.tables.field import AttendeeRow, EntityRow
from consult.tables.intake import Outcome
from consult.tables.rounds import RoundRow
from consult.tables.workshops import TranscriptRow, UtteranceRow, UtteranceState, WorkshopRow
from consult.workshops import tagging
from consult.workshops.meetings import group_meant
from consult.workshops.note_records import records_with_words
from consult.workshops.tagging import Wanted
from consult.workshops.transcripts import NOTES, STEP
from consult.workshops.voices import names_to_mask

WHOLE = "whole"
"""What a note names instead of a clause's id when it is about the whole document."""
TAKEN_AWAY = "taken away as a mistake in the field"
FLIP_CHART = "Flip chart"


def derive(ground: Ground, entity: Entity) -> None:
    """Bring the utterance of a note up to date, unless a comment was made of it already."""
    session = ground.session
    if "words" not in entity.fields:
        return
    rows = _rows_of(session, ground.workshop.id, entity.key)
    words = _masked(session, ground.workshop.id, str(entity.get("words", "")))
    if not rows:
        if words.strip() and not entity.is_removed:
            _write(ground, entity, _fresh(ground, entity), words)
        else:
            _set_aside(ground, entity)
        return
    if len(rows) == 1 and rows[0].state is not UtteranceState.COMMENT:
        _write(ground, entity, rows[0], words)
        return
    for row in rows:
        row.lone, row.read_back = entity.get("lone", False), entity.get("read_back", False)
        session.add(row)
    said = " ".join(" ".join(row.words for row in rows).split())
    tell_of_change(session, ground, entity, entity.is_removed or said != " ".join(words.split()))


def tell_of_change(session: Session, ground: Ground, entity: Entity, changed: bool) -> None:
    """Note that something was changed in the field after it had become a comment."""
    row = session.get(EntityRow, (ground.workshop.id, entity.key))
    if row is None:
        row = EntityRow(
            workshop_id=ground.workshop.id, entity=entity.key, kind=entity.kind.value, changed_at=ground.now
        )
    row.after_comment = changed
    session.add(row)
    session.flush()


def _rows_of(session: Session, workshop_id: UUID, entity: str) -> list[UtteranceRow]:
    return list(
        session.exec(
            select(UtteranceRow)
            .join(TranscriptRow, col(TranscriptRow.id) == UtteranceRow.transcript_id)
            .where(TranscriptRow.workshop_id == workshop_id, UtteranceRow.entity == entity)
            .order_by(col(UtteranceRow.position))
        ).all()
    )


def _masked(session: Session, workshop_id: UUID, words: str) -> str:
    rows = session.exec(select(AttendeeRow).where(AttendeeRow.workshop_id == workshop_id)).all()
    return masking.masked(words, names_to_mask(row.name for row in rows))


def _fresh(ground: Ground, entity: Entity) -> UtteranceRow:
    transcript = notes_of(ground.session, ground.workshop, now=ground.now)
    last = ground.session.exec(
        select(sa.func.max(UtteranceRow.position)).where(UtteranceRow.transcript_id == transcript.id)
    ).one()
    place = int(last or 0) // STEP + 1
    records = records_with_words(ground.session, ground.workshop.id, entity.key)
    return UtteranceRow(
        transcript_id=transcript.id,
        position=place * STEP,
        line=place,
        words="",
        entity=entity.key,
        record_id=records[0],
    )


def notes_of(session: Session, workshop: WorkshopRow, *, now: datetime) -> TranscriptRow:
    """The place among a workshop's transcripts where its notes lie; made when there is none."""
    found = session.exec(
        select(TranscriptRow).where(TranscriptRow.workshop_id == workshop.id, TranscriptRow.format == NOTES)
    ).first()
    if found is None:
        found = TranscriptRow(workshop_id=workshop.id, name=NOTES, format=NOTES, created_at=now)
        session.add(found)
        session.flush()
    return found


def _write(ground: Ground, entity: Entity, row: UtteranceRow, words: str) -> None:
    group = group_meant(ground.groups, str(entity.get("category", "")))
    row.words = words
    row.category = group.key if group else str(entity.get("category", ""))[:100]
    row.gender, row.attendee = str(entity.get("gender", ""))[:20], str(entity.get("attendee", ""))
    row.speaker = _speaker(ground.session, ground.workshop.id, row.attendee)
    row.language, row.feeling = str(entity.get("language", "")), str(entity.get("feeling", ""))
    row.marks = list(entity.get("marks", []))
    row.clauses = [one for one in entity.get("clauses", []) if one == WHOLE or ground.clause(one)]
    row.lone, row.read_back = entity.get("lone", False), entity.get("read_back", False)
    ms = entity.get("ms")
    row.start = ms / 1000 if ms is not None else None
    first = entity.fields["words"].heads[-1].at
    row.said_at = first if first and first.year > 1 else None
    row.state = UtteranceState.SKIPPED if entity.is_removed else UtteranceState.OPEN
    ground.session.add(row)
    ground.session.flush()
    if entity.is_removed:
        _set_aside(ground, entity)
    else:
        tagging.let_wait(ground.session, ground.workshop.id, row)


def _speaker(session: Session, workshop_id: UUID, attendee: str) -> str:
    found = session.get(AttendeeRow, (workshop_id, attendee)) if attendee else None
    return found.label if found else ""


def _set_aside(ground: Ground, entity: Entity) -> None:
    for record_id in records_with_words(ground.session, ground.workshop.id, entity.key):
        intake.mark(ground.session, record_id, Outcome.SET_ASIDE, reason=TAKEN_AWAY, now=ground.now)


# --- notes that become comments


def ready(session: Session, workshop: WorkshopRow) -> list[UtteranceRow]:
    """The notes that name their clauses and are no comment yet; none of which devices differ."""
    rows = session.exec(
        select(UtteranceRow)
        .join(TranscriptRow, col(TranscriptRow.id) == UtteranceRow.transcript_id)
        .where(
            TranscriptRow.workshop_id == workshop.id,
            TranscriptRow.format == NOTES,
            UtteranceRow.state == UtteranceState.OPEN,
        )
        .order_by(col(UtteranceRow.position))
    ).all()
    doubtful = {row.entity for row in looking.conflicts(session, workshop)}
    return [row for row in rows if row.clauses and row.entity not in doubtful]


def take(session: Session, round_: RoundRow, workshop: WorkshopRow, *, by: str, now: datetime) -> list[UUID]:
    """Make comments of the notes that name their clauses; the ids of the comments made."""
    made = []
    for row in ready(session, workshop):
        clauses = tuple(dict.fromkeys(_clause(one) for one in row.clauses))
        wanted = Wanted(clauses, lone=row.lone, language=row.language)
        made.append(tagging.make_comment(session, round_, workshop, row.id, wanted, by=by, now=now).made.id)
    return made


def _clause(written: str) -> UUID | None:
    return None if written == WHOLE else UUID(written)
