"""Uploads: photographs and sound on their way from a device, piece by piece over a bad line.

Each piece is sealed in the database as it arrives and checked against a sum of
its own. When all are there and the whole has the SHA-256 that it was announced
with, it is looked at, sealed into the object store, and entered in the ledger;
only then do its pieces go. A photograph loses the place where it was taken on the
way, whatever the device did before.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import IO, Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from consult import db, intake, jobs, keys, objects
from consult.errors import BarazaError
from consult.field import images
from consult.objects import ObjectsAway
from consult.tables.field import ChunkRow, PhotoRow, StoredObjectRow
from consult.tables.intake import Channel, Outcome
from consult.tables.workshops import WorkshopRow
from consult.workshops import withdrawn

log = structlog.get_logger()

SOURCE = "field-object"
LIES_APART = "kept apart as a sealed object"
LARGEST_PIECE = 256 * 1024
LARGEST = 25 * 1024 * 1024
"""Bytes of one object: a photograph, or one stretch of sound."""
MOST_WAITING = 500 * 1024 * 1024
"""Bytes that may wait in pieces for one workshop."""
ABANDONED_AFTER = timedelta(days=30)
FINISHED_BY_DUTY_AFTER = timedelta(minutes=2)
UNKNOWN_TYPE = "application/octet-stream"


class PieceDamaged(BarazaError):
    """A piece that is not what its sum says."""

    def __init__(self) -> None:
        super().__init__("This piece was damaged on its way. It was not kept; send it again.")


class TooLarge(BarazaError):
    """More than one object, or one piece of it, may have."""


class NotWhole(BarazaError):
    """All pieces are there, and together they are something else than was announced."""

    def __init__(self) -> None:
        super().__init__(
            "The pieces do not fit together, so they were thrown away here. Send it from the beginning."
        )


class Misnamed(BarazaError):
    """An announcement that cannot be: its hash, place or size."""


@dataclass(frozen=True)
class Arrived:
    """How far an object has come: so many bytes from its beginning without a gap."""

    has: int
    whole: bool


@dataclass(frozen=True)
class Piece:
    """A piece of an object as it was sent: where it begins, its bytes, and of what it is a piece."""

    sha256: str
    start: int
    size: int
    media_type: str
    content: bytes


# --- acts


def arrived(session: Session, workshop_id: UUID, sha256: str) -> Arrived:
    """How far an object has come. An erased one counts as whole: it is not wanted again."""
    stored = _stored(session, workshop_id, sha256)
    if stored is not None:
        return Arrived(stored.size, True)
    return Arrived(_contiguous(_places(session, workshop_id, sha256)), False)


def take(session: Session, workshop: WorkshopRow, piece: Piece, checksum: str, *, now: datetime) -> Arrived:
    """Keep a piece; one that is here already, or that leaves a gap, changes nothing.

    Where other pieces named another size of the whole, they are thrown away and it begins anew.

    Raises Misnamed, TooLarge, PieceDamaged.
    """
    _check(piece)
    if hashlib.sha256(piece.content).hexdigest() != checksum.strip().lower():
        raise PieceDamaged
    if any(one.size != piece.size for one in _places(session, workshop.id, piece.sha256)):
        # Who announced it before was mistaken of its size, and could never have finished it.
        _throw_away(session, workshop.id, piece.sha256)
    before = arrived(session, workshop.id, piece.sha256)
    if before.whole or piece.start != before.has or not piece.content:
        return before
    waiting = session.exec(
        select(sa.func.coalesce(sa.func.sum(ChunkRow.length), 0)).where(ChunkRow.workshop_id == workshop.id)
    ).one()
    if int(waiting) + len(piece.content) > MOST_WAITING:
        raise TooLarge(
            "Too many unfinished photographs and recordings of this workshop wait here. "
            "Let those that have begun be sent first; nothing is lost on the device."
        )
    connection = session.connection()
    insert = (sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert)(ChunkRow)
    connection.execute(
        insert.on_conflict_do_nothing(),
        {
            "workshop_id": workshop.id,
            "sha256": piece.sha256,
            "start": piece.start,
            "length": len(piece.content),
            "size": piece.size,
            "media_type": _media_type(piece.media_type),
            "sealed": keys.ring().seal(piece.content, chunk_place(workshop.id, piece.sha256, piece.start)),
            "received_at": now,
        },
    )
    return arrived(session, workshop.id, piece.sha256)


def finish(workshop_id: UUID, sha256: str, *, now: datetime) -> Arrived:
    """Put an object into the store when all its pieces are there; call it outside any transaction.

    Raises Misnamed; NotWhole when its pieces make something else; ObjectsAway while the store
    does not answer: its pieces stay until it does.
    """
    _check_name(sha256)
    with db.reading() as session:
        found = arrived(session, workshop_id, sha256)
        chunks = _places(session, workshop_id, sha256)
        if found.whole or not chunks or found.has < chunks[0].size:
            return found
        content = _put_together(session, workshop_id, sha256, found.has)
    if hashlib.sha256(content).hexdigest() != sha256:
        with db.transaction() as session:
            _throw_away(session, workshop_id, sha256)
        raise NotWhole
    with db.reading() as session:
        workshop = session.get_one(WorkshopRow, workshop_id)
    return _store(workshop, sha256, content, chunks[0].media_type, now)


def keep_whole(workshop_id: UUID, sha256: str, content: bytes, media_type: str, *, now: datetime) -> Arrived:
    """Put an object that came in one piece, from a backup file, into the store; outside any transaction.

    Raises Misnamed, TooLarge, NotWhole, ObjectsAway.
    """
    _check(Piece(sha256, 0, len(content), media_type, b""))
    if hashlib.sha256(content).hexdigest() != sha256:
        raise NotWhole
    with db.reading() as session:
        found = arrived(session, workshop_id, sha256)
        workshop = session.get_one(WorkshopRow, workshop_id)
    return found if found.whole else _store(workshop, sha256, content, _media_type(media_type), now)


def keep_file(workshop_id: UUID, file: IO[bytes], media_type: str, *, now: datetime) -> str:
    """Put a recording that somebody brought as a file into the store; its SHA-256. Outside any transaction.

    It never lies in memory as a whole, so only the desk's own limit holds for it. Raises ObjectsAway.
    """
    file.seek(0)
    digest = hashlib.sha256()
    while piece := file.read(LARGEST_PIECE):
        digest.update(piece)
    sha256, size = digest.hexdigest(), file.tell()
    with db.reading() as session:
        known = arrived(session, workshop_id, sha256).whole
        workshop = session.get_one(WorkshopRow, workshop_id)
    if not known:
        placed = objects.place_file(workshop_id, file, size)
        _enter(workshop, placed, sha256, _media_type(media_type), {"size": size}, now)
    return sha256


@jobs.duty(every=300)
def finish_or_sweep() -> None:
    """Every five minutes: finish objects that are all there, and drop pieces nobody sent on for a month."""
    now = datetime.now(UTC)
    with db.reading() as reading:
        waiting = reading.exec(
            select(
                ChunkRow.workshop_id,
                ChunkRow.sha256,
                sa.func.sum(ChunkRow.length) >= sa.func.max(ChunkRow.size),
                sa.func.max(ChunkRow.received_at, type_=ChunkRow.__table__.c.received_at.type),  # type: ignore[attr-defined]
            ).group_by(col(ChunkRow.workshop_id), col(ChunkRow.sha256))
        ).all()
    for workshop_id, sha256, complete, last in waiting:
        if complete and last < now - FINISHED_BY_DUTY_AFTER:
            try:
                finish(workshop_id, sha256, now=now)
            except (NotWhole, ObjectsAway) as refusal:
                log.warning(
                    "an object waits in pieces", workshop=str(workshop_id), why=type(refusal).__name__
                )
        elif not complete and last < now - ABANDONED_AFTER:
            with db.transaction() as session:
                _throw_away(session, workshop_id, sha256)
            log.info("pieces were dropped that nobody sent on", workshop=str(workshop_id))


def chunk_place(workshop_id: UUID, sha256: str, start: int) -> str:
    """What a sealed piece is bound to."""
    return f"object_chunk.{workshop_id}.{sha256}.{start}"


# --- how it is done


def _check(piece: Piece) -> None:
    _check_name(piece.sha256)
    if piece.size < 1 or not 0 <= piece.start <= piece.size - len(piece.content):
        raise Misnamed("This piece does not fit into the size it names. Send it from the beginning.")
    if piece.size > LARGEST:
        raise TooLarge(
            f"This has {piece.size / 1024**2:.0f} MB; one photograph or stretch of sound may have "
            f"{LARGEST // 1024**2}. It stays on the device: save it from there with the backup file."
        )
    if len(piece.content) > LARGEST_PIECE:
        raise TooLarge(f"Send pieces of {LARGEST_PIECE // 1024} kB at most.")


def _check_name(sha256: str) -> None:
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise Misnamed("This is not named by its SHA-256. Load the page anew and send it again.")


def _media_type(written: str) -> str:
    plain = written.strip().lower()
    known = re.fullmatch(r"(image|audio|video)/[a-z0-9.+-]{1,60}(; ?[a-z0-9=.,\"-]{1,30})?", plain)
    return plain if known else UNKNOWN_TYPE


def _stored(session: Session, workshop_id: UUID, sha256: str) -> StoredObjectRow | None:
    return session.exec(
        select(StoredObjectRow).where(
            StoredObjectRow.workshop_id == workshop_id, StoredObjectRow.sha256 == sha256
        )
    ).first()


def _of(workshop_id: UUID, sha256: str) -> tuple[sa.ColumnElement[bool], ...]:
    return col(ChunkRow.workshop_id) == workshop_id, col(ChunkRow.sha256) == sha256


@dataclass(frozen=True)
class _Place:
    start: int
    length: int
    size: int
    media_type: str


def _places(session: Session, workshop_id: UUID, sha256: str) -> list[_Place]:
    rows = session.exec(
        select(ChunkRow.start, ChunkRow.length, ChunkRow.size, ChunkRow.media_type)
        .where(*_of(workshop_id, sha256))
        .order_by(col(ChunkRow.start))
    ).all()
    return [_Place(*row) for row in rows]


def _contiguous(places: list[_Place]) -> int:
    has = 0
    for one in places:
        if one.start != has:
            break
        has += one.length
    return has


def _put_together(session: Session, workshop_id: UUID, sha256: str, has: int) -> bytes:
    rows = session.exec(
        select(ChunkRow).where(*_of(workshop_id, sha256), ChunkRow.start < has).order_by(col(ChunkRow.start))
    ).all()
    ring = keys.ring()
    return b"".join(ring.open(row.sealed, chunk_place(workshop_id, sha256, row.start)) for row in rows)


def _throw_away(session: Session, workshop_id: UUID, sha256: str) -> None:
    session.execute(sa.delete(ChunkRow).where(*_of(workshop_id, sha256)))


def _store(workshop: WorkshopRow, sha256: str, content: bytes, media_type: str, now: datetime) -> Arrived:
    if media_type.startswith("image/"):
        looked = images.without_place(content)
        shown, media_type = (looked.content, looked.media_type) if looked else (content, UNKNOWN_TYPE)
    else:
        shown = content
    placed = objects.place(workshop.id, shown)
    about: dict[str, Any] = {"size": len(content)}
    if shown is not content:
        about["kept_sha256"] = hashlib.sha256(shown).hexdigest()
    return _enter(workshop, placed, sha256, media_type, about, now)


def _enter(
    workshop: WorkshopRow,
    placed: objects.Placed,
    sha256: str,
    media_type: str,
    more: dict[str, Any],
    now: datetime,
) -> Arrived:
    """Enter an object that lies in the store into the ledger, by its hash; its pieces go."""
    about = {"workshop": str(workshop.id), "sha256": sha256, "media_type": media_type, **more}
    arrival = intake.Arrival(
        Channel.WORKSHOP,
        SOURCE,
        f"{workshop.id}:{sha256}",
        json.dumps(about, sort_keys=True).encode(),
        round_id=workshop.round_id,
    )
    try:
        with db.transaction() as session:
            recorded = intake.record(session, arrival, now=now)
            if recorded.fresh:
                intake.mark(session, recorded.id, Outcome.SET_ASIDE, reason=LIES_APART, now=now)
            row = objects.keep(
                session, placed, sha256=sha256, media_type=media_type, record_id=recorded.id, now=now
            )
            withdrawn.receive(session, workshop, row, now=now)
            _throw_away(session, workshop.id, sha256)
            session.execute(
                sa.update(PhotoRow)
                .where(col(PhotoRow.workshop_id) == workshop.id, col(PhotoRow.sha256) == sha256)
                .values(object_id=row.id)
            )
    except IntegrityError:
        # Another tab finished the same object at the same moment.
        objects.take_away(workshop.id, placed.id)
        with db.reading() as session:
            return arrived(session, workshop.id, sha256)
    return Arrived(row.size, True)
