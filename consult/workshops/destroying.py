"""Destroying photographs and recordings of a workshop; that they were there stays told.

A stored object goes by its key, so that a copy of the store goes with it. A
recording keeps its stretches and their lengths: the time codes of what was said
go on meaning something.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult import objects
from consult.tables.field import ChunkRow, PhotoRow, RecordingRow, StoredObjectRow
from consult.tables.workshops import WorkshopRow


def photographs(session: Session, workshop: WorkshopRow, *, why: str, by: UUID | str, now: datetime) -> int:
    """Destroy every photograph of a workshop; how many went. What was typed of them stays."""
    named = session.exec(select(PhotoRow.sha256).where(PhotoRow.workshop_id == workshop.id)).all()
    return _destroy(session, workshop, named, "image/%", why=why, by=by, now=now)


def recordings(session: Session, workshop: WorkshopRow, *, why: str, by: UUID | str, now: datetime) -> int:
    """Destroy every recording of a workshop; how many stretches went."""
    rows = session.exec(select(RecordingRow).where(RecordingRow.workshop_id == workshop.id)).all()
    gone = sum(recording(session, workshop, row, why=why, by=by, now=now) for row in rows)
    # A stretch may have come before the recording that names it.
    return gone + _destroy(session, workshop, (), "audio/%", why=why, by=by, now=now)


def recording(
    session: Session, workshop: WorkshopRow, row: RecordingRow, *, why: str, by: UUID | str, now: datetime
) -> int:
    """Destroy one recording, and say on it when and why; how many stretches went."""
    named = [str(part["sha256"]) for part in row.parts]
    gone = _destroy(session, workshop, named, "", why=why, by=by, now=now)
    if row.erased_at is None:
        row.erased_at, row.erased_why = now, why
        session.add(row)
    return gone


def _destroy(
    session: Session,
    workshop: WorkshopRow,
    named: Iterable[str],
    kind: str,
    *,
    why: str,
    by: UUID | str,
    now: datetime,
) -> int:
    """Destroy the objects of these hashes, and all of a kind (`image/%`); also what is still on its way."""
    hashes = [one for one in named if one]
    meant: sa.ColumnElement[bool] = col(StoredObjectRow.sha256).in_(hashes)
    if kind:
        meant = sa.or_(meant, col(StoredObjectRow.media_type).like(kind))
    rows = session.exec(
        select(StoredObjectRow).where(StoredObjectRow.workshop_id == workshop.id, meant)
    ).all()
    gone = sum(objects.destroy(session, row, reason=why, by=str(by), now=now) for row in rows)
    session.execute(
        sa.delete(ChunkRow).where(col(ChunkRow.workshop_id) == workshop.id, col(ChunkRow.sha256).in_(hashes))
    )
    session.flush()
    return gone
