"""Backup files of field pages, brought in at the desk: what a telephone held that cannot send any more.

The file is written by the page, see decision 22: one line of JSON, then segments
sealed under a key made from a passphrase. It is read to its end and every hash in
it checked before anything of it is kept, so a damaged file brings nothing at all.
What stays on devices, such as names nobody gave away, is passed over unread.
"""

import base64
import hashlib
import json
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any
from uuid import UUID

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from consult import audit, db, workshops
from consult.errors import BarazaError, NotFound
from consult.field import keeping, uploads
from consult.field.keeping import State
from consult.field.operations import digest
from consult.tables.people import Role
from consult.tables.rounds import RoundRow
from consult.tables.workshops import WorkshopRow

log = structlog.get_logger()

FORMAT = 1
LONGEST_LINE = 4096
LARGEST_SEGMENT = 1024 * 1024 + 16
LARGEST_HEAD = 64 * 1024
LARGEST_OPERATION = 1024 * 1024
MOST_ITERATIONS = 5_000_000
MOST_OPERATIONS = 200_000
AT_ONCE = 500
"""Operations kept in one transaction."""


class NoBackupFile(BarazaError):
    """A file that no field page wrote, or that was cut or damaged."""


class WrongPassphrase(BarazaError):
    """A passphrase that does not open the file, or a file damaged at its very beginning."""

    def __init__(self) -> None:
        super().__init__(
            "This passphrase does not open the file. Check each letter and each space; "
            "it is the one chosen on the telephone when the file was saved. "
            "If it is right, the file was damaged on its way."
        )


@dataclass
class Brought:
    """What a backup file brought."""

    fresh: int = 0
    known: int = 0
    aside: int = 0
    objects: int = 0
    objects_known: int = 0
    elsewhere: int = 0
    """Operations and objects of workshops that are not here, or not this person's."""
    workshops: set[UUID] = field(default_factory=set)


@dataclass
class _Held:
    """A file that was read to its end: its operations, and its objects in a temporary file, by workshop."""

    operations: dict[UUID, list[str]] = field(default_factory=dict)
    objects: list[tuple[UUID, str, str, int, int]] = field(default_factory=list)


def bring_in(file: IO[bytes], passphrase: str, *, by: UUID, role: Role, now: datetime) -> Brought:
    """Keep what a backup file holds for the workshops of this person; the same file twice changes nothing.

    Call it outside any transaction. Raises NoBackupFile, WrongPassphrase, ObjectsAway.
    """
    brought = Brought()
    with tempfile.TemporaryFile() as beside:
        held = _read(file, passphrase, beside)
        reachable = _reachable({*held.operations, *(one[0] for one in held.objects)}, by, role)
        for workshop_id, written in held.operations.items():
            if workshop_id in reachable:
                _keep(workshop_id, reachable[workshop_id], written, brought, now)
            else:
                brought.elsewhere += len(written)
        for workshop_id, sha256, media_type, place, size in held.objects:
            if workshop_id not in reachable:
                brought.elsewhere += 1
                continue
            beside.seek(place)
            _keep_object(workshop_id, sha256, beside.read(size), media_type, brought, now)
    with db.transaction() as session:
        for workshop_id in sorted(brought.workshops, key=str):
            after = {"fresh": brought.fresh, "objects": brought.objects}
            audit.record(session, by, "bring-in-backup", "workshop", workshop_id, after=after, now=now)
    return brought


def _reachable(ids: Iterable[UUID], by: UUID, role: Role) -> dict[UUID, UUID]:
    """The rounds of those workshops that are here and this person's, by workshop."""
    found = {}
    with db.reading() as session:
        for id_ in ids:
            with suppress(NotFound):
                workshop, round_ = workshops.workshop_for(session, id_, by, role)
                found[workshop.id] = round_.id
    return found


def _keep(workshop_id: UUID, round_id: UUID, written: list[str], brought: Brought, now: datetime) -> None:
    for start in range(0, len(written), AT_ONCE):
        with db.transaction() as session:
            workshop = session.get_one(WorkshopRow, workshop_id)
            round_ = session.get_one(RoundRow, round_id)
            kept = keeping.store(session, round_, workshop, written[start : start + AT_ONCE], now=now)
        for one in kept:
            brought.fresh += one.state in (State.FRESH, State.CLASH)
            brought.known += one.state is State.KNOWN
            brought.aside += one.state is State.ASIDE
    brought.workshops.add(workshop_id)
    try:
        keeping.bring_up_to_date(round_id, workshop_id, now=now)
    except Exception as error:
        # It is stored; a duty derives it when what stood in the way is gone.
        log.error("operations could not be derived", workshop=str(workshop_id), exc_info=error)


def _keep_object(
    workshop_id: UUID, sha256: str, content: bytes, media_type: str, brought: Brought, now: datetime
) -> None:
    with db.reading() as session:
        known = uploads.arrived(session, workshop_id, sha256).whole
    if not known:
        uploads.keep_whole(workshop_id, sha256, content, media_type, now=now)
    brought.objects += not known
    brought.objects_known += known
    brought.workshops.add(workshop_id)


# --- reading


def _read(file: IO[bytes], passphrase: str, beside: IO[bytes]) -> _Held:
    """All that a file holds; its objects are put `beside`. Raises NoBackupFile, WrongPassphrase."""
    stream = _Stream(_opened(file, passphrase))
    held, count = _Held(), 0
    while (told := stream.take(4, may_end=True)) is not None:
        length = int.from_bytes(told, "big")
        head = _json(stream.taken(length) if length <= LARGEST_HEAD else b"")
        size = head.get("size")
        if not isinstance(size, int) or size < 0:
            raise _damaged()
        match head.get("type"):
            case "operation":
                count += 1
                content = stream.taken(size) if size <= LARGEST_OPERATION else b""
                if count > MOST_OPERATIONS:
                    raise NoBackupFile("This file holds more than any telephone wrote. Nothing was kept.")
                _add_operation(held, content, head)
            case "object":
                _add_object(held, stream, head, size, beside)
            case _:
                stream.skip(size)
    return held


def _add_operation(held: _Held, content: bytes, head: dict[str, Any]) -> None:
    try:
        written = content.decode()
    except UnicodeDecodeError as error:
        raise _damaged() from error
    named = head.get("sha256")
    if not content or (named is not None and named != digest(written)):
        raise _damaged()
    workshop_id = _id(head.get("workshop")) or _id(_loose(written).get("workshop"))
    if workshop_id is None:
        raise _damaged()
    held.operations.setdefault(workshop_id, []).append(written)


def _add_object(held: _Held, stream: "_Stream", head: dict[str, Any], size: int, beside: IO[bytes]) -> None:
    workshop_id, sha256 = _id(head.get("workshop")), str(head.get("sha256"))
    if workshop_id is None or size > uploads.LARGEST:
        raise _damaged()
    content = stream.taken(size)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise _damaged()
    held.objects.append((workshop_id, sha256, str(head.get("media_type") or ""), beside.tell(), size))
    beside.write(content)


def _opened(file: IO[bytes], passphrase: str) -> Iterator[bytes]:
    """The plaintext of each segment, in order. Raises NoBackupFile, WrongPassphrase."""
    key, prefix = _key(file.readline(LONGEST_LINE), passphrase)
    cipher, number = AESGCM(key), 0
    told = file.read(4)
    while told:
        length = int.from_bytes(told, "big")
        sealed = file.read(length) if len(told) == 4 and length <= LARGEST_SEGMENT else b""
        told = file.read(4)
        nonce = prefix + number.to_bytes(4, "big")
        try:
            yield cipher.decrypt(nonce, sealed, b"more" if told else b"last")
        except (InvalidTag, ValueError) as error:
            if number == 0 and told:
                raise WrongPassphrase from error
            raise (_cut() if _is(cipher, nonce, sealed, b"more") else _first(number)) from error
        number += 1
    if not number:
        raise _cut()


def _is(cipher: AESGCM, nonce: bytes, sealed: bytes, bound: bytes) -> bool:
    """Whether a segment opens when it is taken for another than the last."""
    try:
        cipher.decrypt(nonce, sealed, bound)
    except (InvalidTag, ValueError):
        return False
    return True


def _key(line: bytes, passphrase: str) -> tuple[bytes, bytes]:
    told = _loose(line.decode("utf-8", "replace"))
    if told.get("baraza") != "field-backup" or not line.endswith(b"\n"):
        raise NoBackupFile(
            "This is no backup file of a field page. Choose the file that the telephone saved; "
            "its name ends in .baraza."
        )
    if told.get("format") != FORMAT or told.get("kdf") != "PBKDF2-SHA256":
        raise NoBackupFile("This backup file was written by a newer field page. Bring this site up to date.")
    iterations, salt, prefix = told.get("iterations"), _bytes(told, "salt"), _bytes(told, "prefix")
    if not isinstance(iterations, int) or not 1 <= iterations <= MOST_ITERATIONS or len(prefix) != 8:
        raise _damaged()
    said = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass")
    return hashlib.pbkdf2_hmac("sha256", said, salt, iterations, 32), prefix


class _Stream:
    """The joined plaintexts of segments, taken piece by piece."""

    def __init__(self, segments: Iterator[bytes]) -> None:
        self._segments, self._rest = segments, b""

    def take(self, size: int, *, may_end: bool = False) -> bytes | None:
        """The next so many bytes; None at the end, where that may be. Raises NoBackupFile."""
        pieces, has = [self._rest], len(self._rest)
        while has < size:
            piece = next(self._segments, None)
            if piece is None:
                if may_end and not has:
                    return None
                raise _damaged()
            pieces.append(piece)
            has += len(piece)
        joined = b"".join(pieces)
        self._rest = joined[size:]
        return joined[:size]

    def taken(self, size: int) -> bytes:
        """The next so many bytes. Raises NoBackupFile."""
        return self.take(size) or b""

    def skip(self, size: int) -> None:
        """Pass over so many bytes. Raises NoBackupFile."""
        while size:
            step = min(size, LARGEST_SEGMENT)
            self.take(step)
            size -= step


def _json(content: bytes) -> dict[str, Any]:
    told = _loose(content.decode("utf-8", "replace"))
    if not told:
        raise _damaged()
    return told


def _loose(written: str) -> dict[str, Any]:
    try:
        told = json.loads(written)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _bytes(told: dict[str, Any], name: str) -> bytes:
    try:
        return base64.b64decode(str(told.get(name)), validate=True)
    except ValueError:
        return b""


def _id(written: object) -> UUID | None:
    try:
        return UUID(str(written))
    except ValueError:
        return None


def _first(number: int) -> BarazaError:
    return WrongPassphrase() if number == 0 else _damaged()


def _damaged() -> NoBackupFile:
    return NoBackupFile(
        "This file is damaged, so nothing of it was kept. The telephone still holds everything: "
        "save the file again, or send it from there."
    )


def _cut() -> NoBackupFile:
    return NoBackupFile(
        "This file was cut short, so nothing of it was kept. Copy it again from the card, "
        "and wait until that is done."
    )
