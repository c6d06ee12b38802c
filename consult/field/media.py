"""Photographs and recordings from the field: what a workshop has of them, and what may be shown.

A device writes what a photograph or recording is before its bytes arrive, or
after: both find each other by the SHA-256. What somebody typed from a flip chart
goes the way of a note.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from consult import objects
from consult.errors import NotFound
from consult.field import notes
from consult.field.ground import Ground
from consult.field.merging import Entity
from consult.tables.field import PhotoRow, RecordingRow, StoredObjectRow

PART = "part:"
LAST = datetime.max.replace(tzinfo=UTC)


def photo(ground: Ground, entity: Entity) -> None:
    """A photograph, and the utterance of what somebody typed from it."""
    session, workshop = ground.session, ground.workshop
    row = session.get(PhotoRow, (workshop.id, entity.key)) or PhotoRow(
        workshop_id=workshop.id, entity=entity.key
    )
    row.sha256 = entity.get("sha256", "")
    row.object_id = session.exec(
        select(StoredObjectRow.id).where(
            StoredObjectRow.workshop_id == workshop.id, StoredObjectRow.sha256 == row.sha256
        )
    ).first()
    row.clause_id = ground.clause(entity.get("clause"))
    row.caption = notes.masked(session, workshop.id, entity.get("caption", ""))
    row.typed = notes.masked(session, workshop.id, entity.get("typed", ""))
    row.at = entity.fields["sha256"].heads[-1].at if "sha256" in entity.fields else None
    row.removed = entity.is_removed
    session.add(row)
    session.flush()
    notes.derive_words(ground, entity, "typed")


def recording(ground: Ground, entity: Entity) -> None:
    """A recording: its stretches in the order of their places."""
    session, workshop = ground.session, ground.workshop
    row = session.get(RecordingRow, (workshop.id, entity.key)) or RecordingRow(
        workshop_id=workshop.id, entity=entity.key, kept=workshop.audio_kept
    )
    found = entity.family(PART)
    first = min(found, default=None, key=_place)
    row.title, row.media_type = entity.get("title", ""), entity.get("media_type", "")
    row.parts = [found[name] for name in sorted(found, key=_place)]
    row.seconds = sum(part["ms"] for part in row.parts) / 1000
    if first is not None:
        # The device writes a stretch down when it ends.
        ended, length = entity.fields[PART + first].heads[-1].at, timedelta(milliseconds=found[first]["ms"])
        row.began_at = ended - length if ended else None
    row.removed = entity.is_removed
    session.add(row)
    session.flush()


def _place(name: str) -> tuple[int, str]:
    return (int(name) if name.isdecimal() else 10**9, name)


def recordings_of(session: Session, workshop_id: UUID) -> list[RecordingRow]:
    """The recordings of a workshop that nobody took away, in the order they began."""
    rows = session.exec(
        select(RecordingRow).where(
            RecordingRow.workshop_id == workshop_id, col(RecordingRow.removed).is_(False)
        )
    ).all()
    return sorted(rows, key=lambda row: (row.began_at or LAST, row.entity))


def image_of(session: Session, workshop_id: UUID, entity: str) -> tuple[bytes, str]:
    """A photograph's bytes and type, if it is an image that may be shown.

    Raises NotFound, ObjectGone, ObjectsAway.
    """
    row = session.get(PhotoRow, (workshop_id, entity))
    stored = session.get(StoredObjectRow, row.object_id) if row and row.object_id else None
    if stored is None:
        raise NotFound("This photograph has not arrived yet. It comes when its device is in touch again.")
    if not stored.media_type.startswith("image/"):
        raise NotFound("This file is kept, but it is no photograph, so it is not shown.")
    return objects.read(session, stored), stored.media_type


def stretches(session: Session, row: RecordingRow) -> list[tuple[StoredObjectRow | None, Any]]:
    """The stretches of a recording in order: the object, None while it has not arrived, and its part."""
    hashes = [part["sha256"] for part in row.parts]
    stored = session.exec(
        select(StoredObjectRow).where(
            StoredObjectRow.workshop_id == row.workshop_id, col(StoredObjectRow.sha256).in_(hashes)
        )
    ).all()
    known = {one.sha256: one for one in stored}
    return [(known.get(part["sha256"]), part) for part in row.parts]
