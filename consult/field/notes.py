"""Notes from the field as utterances, so that they go the way of all that was said at a workshop.

A note lies among the utterances of its workshop like a stretch of a transcript:
the bench shows it, makes it a comment, skips it, undoes. A note that names its
clauses becomes a comment when the meeting is closed or somebody at the desk says
so. A note changed after that is shown to a person; the comment stays as it was.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult import intake, masking
from consult.errors import NotFound
from consult.field import looking
from consult.field.folding import folded
from consult.field.ground import Ground
from consult.field.merging import Entity
from consult.field.operations import Kind
from consult.tables.field import AttendeeRow, EntityRow, PhotoRow
from consult.tables.intake import Outcome
from consult.tables.rounds import RoundRow
from consult.tables.workshops import TranscriptRow, UtteranceRow, UtteranceState, WorkshopRow
from consult.workshops import attributing, settling, tagging, undoing
from consult.workshops.meetings import group_meant
from consult.workshops.note_records import records_with_words
from consult.workshops.tagging import Wanted
from consult.workshops.transcripts import NOTES, STEP
from consult.workshops.voices import names_to_mask

WHOLE = "whole"
"""What a note names instead of a clause's id when it is about the whole document."""
TAKEN_AWAY = "taken away as a mistake in the field"
FLIP_CHART = "Flip chart"
TOLD = ("category", "gender", "language", "feeling", "marks", "lone", "read_back")
"""What the field says of a note besides its words, and the desk may say otherwise."""


def hold(ground: Ground) -> None:
    """Keep the notes from colleagues at the bench until the transaction ends: none is taken meanwhile."""
    ground.session.exec(
        select(TranscriptRow.id)
        .where(TranscriptRow.workshop_id == ground.workshop.id, TranscriptRow.format == NOTES)
        .with_for_update()
    ).all()


def derive(ground: Ground, entity: Entity) -> None:
    """Bring the utterance of a note up to date, unless a comment was made of it already."""
    derive_words(ground, entity, "words")


def derive_words(ground: Ground, entity: Entity, field: str) -> None:
    """Bring the utterance of what stands in this field up to date: a note's words, or a flip chart's."""
    session = ground.session
    if field not in entity.fields:
        return
    rows = _rows_of(session, ground.workshop.id, entity.key)
    words = masked(session, ground.workshop.id, str(entity.get(field, "")))
    if not rows:
        if words.strip() and not entity.is_removed:
            _write(ground, entity, _fresh(ground, entity), field, words)
        else:
            _set_aside(ground, entity)
        return
    if len(rows) == 1 and rows[0].state is not UtteranceState.COMMENT:
        _write(ground, entity, rows[0], field, words)
        return
    for row in rows:
        _tell(ground, entity, row, ("lone", "read_back"))
    said = " ".join(" ".join(row.words for row in rows).split())
    tell_of_change(session, ground, entity, entity.is_removed or said != " ".join(words.split()))


def of_people(ground: Ground, attendees: Collection[str]) -> list[Entity]:
    """The notes and photographs that are to be brought up to date after these people were written down.

    A name may come after the words in which somebody says it, and a label after what they said.
    """
    session, workshop = ground.session, ground.workshop
    if not attendees:
        return []
    rows = session.exec(
        select(UtteranceRow)
        .join(TranscriptRow, col(TranscriptRow.id) == UtteranceRow.transcript_id)
        .where(TranscriptRow.workshop_id == workshop.id, TranscriptRow.format == NOTES)
    ).all()
    photos = session.exec(select(PhotoRow).where(PhotoRow.workshop_id == workshop.id)).all()
    names = _names(session, workshop.id)
    said = [(row.entity, row.words) for row in rows] + [(row.entity, row.caption) for row in photos]
    keys = {entity for entity, words in said if masking.masked(words, names) != words}
    keys |= {row.entity for row in rows if row.attendee in attendees}
    return folded(session, workshop, keys)


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


def masked(session: Session, workshop_id: UUID, words: str) -> str:
    """Words without the names of those on the list and without numbers."""
    return masking.masked(words, _names(session, workshop_id))


def _names(session: Session, workshop_id: UUID) -> tuple[str, ...]:
    rows = session.exec(select(AttendeeRow).where(AttendeeRow.workshop_id == workshop_id)).all()
    return names_to_mask(row.name for row in rows)


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


def _write(ground: Ground, entity: Entity, row: UtteranceRow, field: str, words: str) -> None:
    row.words = attributing.as_corrected(ground.session, row.id, words)
    _tell(ground, entity, row, TOLD)
    row.attendee = str(entity.get("attendee", ""))
    row.speaker = _speaker(ground.session, ground.workshop.id, row.attendee)
    if entity.kind is Kind.PHOTO:
        row.speaker = FLIP_CHART
    named = entity.get("clauses") or [entity.get("clause", "")]
    row.clauses = [one for one in named if one == WHOLE or ground.clause(one)]
    ms = entity.get("ms")
    row.start = ms / 1000 if ms is not None else None
    row.recording = str(entity.get("recording", ""))
    row.said_at = entity.fields[field].heads[-1].at
    says_nothing = entity.is_removed or not words.strip()
    if says_nothing:
        row.state = UtteranceState.SKIPPED
    elif ground.is_fresh(entity.key, field) or ground.is_fresh(entity.key, "removed"):
        row.state = UtteranceState.OPEN
    ground.session.add(row)
    ground.session.flush()
    if says_nothing:
        _set_aside(ground, entity)
    elif row.state is UtteranceState.OPEN:
        settling.let_wait(ground.session, ground.workshop.id, row)


def _tell(ground: Ground, entity: Entity, row: UtteranceRow, names: Iterable[str]) -> None:
    """Write what the field says of a note; what the desk said stands unless the field spoke of it since."""
    is_new = sa.inspect(row).transient
    for name in names:
        if is_new or ground.is_fresh(entity.key, name):
            setattr(row, name, _said(ground, entity, name))
    ground.session.add(row)


def _said(ground: Ground, entity: Entity, name: str) -> Any:
    if name in ("lone", "read_back"):
        return bool(entity.get(name, False))
    if name == "marks":
        return list(entity.get("marks", []))
    written = str(entity.get(name, ""))
    group = group_meant(ground.groups, written) if name == "category" else None
    return group.key if group else written[: 100 if name == "category" else 20]


def _speaker(session: Session, workshop_id: UUID, attendee: str) -> str:
    found = session.get(AttendeeRow, (workshop_id, attendee)) if attendee else None
    return found.label if found else ""


def _set_aside(ground: Ground, entity: Entity) -> None:
    for record_id in records_with_words(ground.session, ground.workshop.id, entity.key):
        intake.mark(ground.session, record_id, Outcome.SET_ASIDE, reason=TAKEN_AWAY, now=ground.now)


# --- notes that were changed after they had become comments


def make_anew(ground: Ground, entity: Entity, *, by: str) -> list[UUID]:
    """Take back the comments of a note that was changed since, and make one of it as it stands now.

    The ids of the comments made: none where the note was taken away or names no clause.
    Raises AlreadyDecided.
    """
    session, workshop = ground.session, ground.workshop
    field = "typed" if entity.kind is Kind.PHOTO else "words"
    rows = _rows_of(session, workshop.id, entity.key)
    for row in rows:
        if row.comment_id is not None:
            undoing.undo(session, workshop, row.id, by=by, now=ground.now)
    rows = _rows_of(session, workshop.id, entity.key)
    for row in rows[1:]:
        # A piece that was taken out of the note: all of the note now stands in the first.
        row.words, row.state = "", UtteranceState.SKIPPED
        session.add(row)
    if rows:
        _write(ground, entity, rows[0], field, masked(session, workshop.id, str(entity.get(field, ""))))
    leave(session, workshop, entity.key)
    return [
        _take(session, ground.round_, workshop, row, by=by, now=ground.now)
        for row in rows[:1]
        if row.clauses and row.state is UtteranceState.OPEN
    ]


def leave(session: Session, workshop: WorkshopRow, entity: str) -> None:
    """Let the comments of a note stand as they are, until it is changed again. Raises NotFound."""
    row = session.get(EntityRow, (workshop.id, entity))
    if row is None:
        raise NotFound("There is no such note at this workshop. Look at the list again.")
    row.after_comment = False
    session.add(row)
    session.flush()


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


def take(
    session: Session,
    round_: RoundRow,
    workshop: WorkshopRow,
    *,
    by: str,
    most: int | None = None,
    now: datetime,
) -> list[UUID]:
    """Make comments of the notes that name their clauses, `most` at once; the ids of the comments made."""
    return [_take(session, round_, workshop, row, by=by, now=now) for row in ready(session, workshop)[:most]]


def _take(
    session: Session, round_: RoundRow, workshop: WorkshopRow, row: UtteranceRow, *, by: str, now: datetime
) -> UUID:
    clauses = tuple(dict.fromkeys(_clause(one) for one in row.clauses))
    wanted = Wanted(clauses, lone=row.lone, language=row.language)
    return tagging.make_comment(session, round_, workshop, row.id, wanted, by=by, now=now).made.id


def _clause(written: str) -> UUID | None:
    return None if written == WHOLE else UUID(written)
