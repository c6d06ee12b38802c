"""Objects: photographs and sound, sealed in an object store under keys that only the database holds.

The store is a folder of this machine unless BARAZA_OBJECTS_URL names another
(`s3://…`, `gs://…`, `az://…`). Each object is sealed under a key of its own, in
segments of 64 KiB, so that a stretch of sound can be read without opening the
whole; the key is sealed under the keyring in the object's row. Destroying the key
is how an object is erased: what somebody copied from the store stays closed. The
bytes themselves are taken from the store afterwards by a duty.

The store may be slow or away, so it is never asked inside a writing transaction.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit
from urllib.request import url2pathname
from uuid import UUID

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlmodel import Session, col, select

from consult import db, intake, jobs, keys
from consult.errors import BarazaError
from consult.tables.field import StoredObjectRow
from consult.tables.intake import PayloadKeyRow
from standards.identity import new_id

if TYPE_CHECKING:
    from obstore.store import ObjectStore

log = structlog.get_logger()
R = TypeVar("R")

SEGMENT = 64 * 1024
_TAG = 16


class ObjectsAway(BarazaError):
    """The object store does not answer, or is full."""

    def __init__(self) -> None:
        super().__init__(
            "The store for photographs and sound does not answer just now. "
            "Nothing is lost: what arrived so far is kept. Try again in a minute."
        )


class ObjectGone(BarazaError):
    """An object that was erased, or that the store no longer holds whole."""

    def __init__(self) -> None:
        super().__init__("This photograph or recording was erased, or its file is damaged.")


@dataclass(frozen=True)
class Placed:
    """An object that lies sealed in the store and that no row knows yet."""

    id: UUID
    workshop_id: UUID
    size: int
    key: bytes = field(repr=False)


# --- acts


def place(workshop_id: UUID, content: bytes) -> Placed:
    """Seal bytes into the store; call it outside any transaction. Raises ObjectsAway."""
    placed = Placed(new_id(), workshop_id, len(content), os.urandom(32))
    sealed = _sealed(placed.key, placed.id, content)
    _asked(lambda store: store.put(_path(workshop_id, placed.id), sealed))
    _settle_on_disk(_path(workshop_id, placed.id))
    return placed


def place_file(workshop_id: UUID, file: IO[bytes], size: int) -> Placed:
    """The same for a file of so many bytes, segment by segment: a recording of hours never lies in memory."""
    placed = Placed(new_id(), workshop_id, size, os.urandom(32))
    file.seek(0)
    pieces = (file.read(SEGMENT) for _ in range(_segments(size)))
    sealed = _sealing(placed.key, placed.id, size, pieces)
    _asked(lambda store: store.put(_path(workshop_id, placed.id), sealed))
    _settle_on_disk(_path(workshop_id, placed.id))
    return placed


def keep(
    session: Session, placed: Placed, *, sha256: str, media_type: str, record_id: UUID, now: datetime
) -> StoredObjectRow:
    """Know an object that was placed; `sha256` is over its bytes as they came."""
    row = StoredObjectRow(
        id=placed.id,
        workshop_id=placed.workshop_id,
        sha256=sha256,
        size=placed.size,
        media_type=media_type[:100],
        record_id=record_id,
        sealed_key=keys.ring().seal(placed.key, key_place(placed.id)),
        received_at=now,
    )
    session.add(row)
    session.flush()
    return row


def read(session: Session, object_: StoredObjectRow, start: int = 0, end: int | None = None) -> bytes:
    """The bytes of an object from `start` up to `end`; all without. Raises ObjectGone, ObjectsAway."""
    end = object_.size if end is None else min(end, object_.size)
    # The row in hand may be older than its erasure.
    sealed = session.exec(
        select(StoredObjectRow.sealed_key).where(StoredObjectRow.id == object_.id)
    ).one_or_none()
    if sealed is None:
        raise ObjectGone
    if not 0 <= start < end:
        return b""
    key = keys.ring().open(sealed, key_place(object_.id))
    first, last = start // SEGMENT, (end - 1) // SEGMENT
    step = SEGMENT + _TAG
    till = min((last + 1) * step, object_.size + _segments(object_.size) * _TAG)
    path = _path(object_.workshop_id, object_.id)
    found = bytes(_asked(lambda store: store.get_range(path, start=first * step, end=till)))
    if len(found) != till - first * step:
        raise ObjectGone
    opened = _opened(key, object_.id, object_.size, found, first)
    return opened[start - first * SEGMENT : end - first * SEGMENT]


def destroy(session: Session, object_: StoredObjectRow, *, reason: str, by: str, now: datetime) -> bool:
    """Destroy an object's key, and what the ledger says of it; False when that was done before."""
    if object_.sealed_key is None:
        return False
    object_.sealed_key, object_.erased_at = None, now
    session.add(object_)
    session.flush()
    if session.get(PayloadKeyRow, object_.record_id) is not None:
        intake.erase_payload(session, object_.record_id, reason=reason, by=by, now=now)
    return True


@jobs.duty(every=60)
def take_away_destroyed() -> None:
    """Once a minute: take from the store the bytes of objects whose keys were destroyed."""
    with db.reading() as reading:
        rows = reading.exec(
            select(StoredObjectRow)
            .where(col(StoredObjectRow.erased_at).is_not(None), col(StoredObjectRow.gone_at).is_(None))
            .limit(100)
        ).all()
    for row in rows:
        try:
            take_away(row.workshop_id, row.id)
        except ObjectsAway:
            log.warning("an object could not be taken from the store", object=str(row.id))
            continue
        with db.transaction() as session:
            kept = session.get_one(StoredObjectRow, row.id)
            kept.gone_at = datetime.now(UTC)
            session.add(kept)


def take_away(workshop_id: UUID, id_: UUID) -> None:
    """Take the bytes of an object from the store; none there is as well. Raises ObjectsAway."""
    _asked(lambda store: store.delete(_path(workshop_id, id_)), missing=None)


def file_of(workshop_id: UUID, id_: UUID) -> Path | None:
    """Where the sealed bytes of an object lie on this machine; None where the store is elsewhere."""
    folder = place_of_objects().folder
    return folder / _path(workshop_id, id_) if folder else None


def put_back(workshop_id: UUID, id_: UUID, sealed: IO[bytes]) -> None:
    """Put sealed bytes from a backup back into the store. Raises ObjectsAway."""
    pieces = iter(lambda: sealed.read(SEGMENT), b"")
    _asked(lambda store: store.put(_path(workshop_id, id_), pieces))
    _settle_on_disk(_path(workshop_id, id_))


def key_place(id_: UUID) -> str:
    """What an object's sealed key is bound to."""
    return f"stored_object.{id_}"


# --- the store


@dataclass(frozen=True)
class Objects:
    """Where objects lie: `folder` when they lie on this machine."""

    url: str

    @property
    def folder(self) -> Path | None:
        """The folder of this machine, if it is one."""
        parts = urlsplit(self.url)
        return Path(url2pathname(parts.path)) if parts.scheme == "file" else None

    @property
    def kind(self) -> str:
        """The kind of store, without where it is: `file`, `s3`, `gs`."""
        return urlsplit(self.url).scheme

    @cached_property
    def store(self) -> "ObjectStore":
        """The store itself, opened when first needed. Raises ObjectsAway."""
        from obstore.store import LocalStore, from_url

        try:
            if self.folder is None:
                return from_url(self.url)
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            return LocalStore(self.folder)
        except _failures() as error:
            log.error("the object store cannot be opened", kind=self.kind, failure=type(error).__name__)
            raise ObjectsAway from error


_objects: Objects | None = None


def use(url: str) -> None:
    """Keep objects there from now on; called once at assembly."""
    global _objects
    if _objects is None or _objects.url != url:
        _objects = Objects(url)


def place_of_objects() -> Objects:
    """Where objects lie. Raises ObjectsAway before assembly."""
    if _objects is None:
        raise ObjectsAway
    return _objects


def examine() -> None:
    """Write, read and delete a few bytes, to see that the store works. Raises ObjectsAway."""
    path = f"examined/{new_id()}"
    _asked(lambda store: store.put(path, b"baraza"))
    _asked(lambda store: store.get_range(path, start=0, end=6))
    _asked(lambda store: store.delete(path))


_RAISE: Any = object()


def _asked(act: "Callable[[ObjectStore], R]", *, missing: Any = _RAISE) -> R:
    """What the store answers; its failures as ours, since its own words quote addresses."""
    try:
        return act(place_of_objects().store)
    except FileNotFoundError as error:
        if missing is _RAISE:
            raise ObjectGone from error
        return missing  # type: ignore[no-any-return]
    except _failures() as error:
        log.warning("the object store failed", failure=type(error).__name__)
        raise ObjectsAway from error


def _failures() -> tuple[type[Exception], ...]:
    from obstore.exceptions import BaseError

    return (BaseError, OSError, ValueError)


def _settle_on_disk(path: str) -> None:
    """A folder of this machine must hold the file even when the power goes at this moment."""
    folder = place_of_objects().folder
    if folder is None:
        return
    for one in (folder / path, (folder / path).parent):
        handle = os.open(one, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _path(workshop_id: UUID, id_: UUID) -> str:
    return f"{workshop_id}/{id_}"


# --- sealing


def _sealed(key: bytes, id_: UUID, content: bytes) -> bytes:
    pieces = (content[n * SEGMENT : (n + 1) * SEGMENT] for n in range(_segments(len(content))))
    return b"".join(_sealing(key, id_, len(content), pieces))


def _sealing(key: bytes, id_: UUID, size: int, pieces: Iterable[bytes]) -> Iterator[bytes]:
    # Each key seals one object, so that the place of a segment is nonce enough.
    cipher, last = AESGCM(key), _segments(size) - 1
    for n, piece in enumerate(pieces):
        yield cipher.encrypt(n.to_bytes(12, "big"), piece, _bound(id_, n == last))


def _opened(key: bytes, id_: UUID, size: int, sealed: bytes, first: int) -> bytes:
    cipher, last, step = AESGCM(key), _segments(size) - 1, SEGMENT + _TAG
    try:
        return b"".join(
            cipher.decrypt(n.to_bytes(12, "big"), sealed[start : start + step], _bound(id_, n == last))
            for n, start in enumerate(range(0, len(sealed), step), first)
        )
    except InvalidTag as error:
        raise ObjectGone from error


def _bound(id_: UUID, is_last: bool) -> bytes:
    return id_.bytes + (b"last" if is_last else b"more")


def _segments(size: int) -> int:
    return max(1, -(-size // SEGMENT))
