"""Keys for personal data: sealing, opening, and looking up without opening.

A sealed value is one byte naming its key, a 12-byte nonce and the AES-256-GCM
ciphertext, bound to the column it stands in (the column's name is the
associated data), so that a value moved to another column does not open. A
look-up value is HMAC-SHA256 under a key of its own, since an unkeyed hash of
a telephone number falls in minutes.

The key file holds lines `id:base64` for sealing keys (the last one seals) and
one line `lookup:base64`. It lies outside the database and in no backup.
"""

import base64
import hashlib
import hmac
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from consult.errors import BarazaError


class KeyMissing(BarazaError):
    """A value was sealed under a key that this installation does not hold."""

    def __init__(self, key_id: int) -> None:
        super().__init__(
            f"Sealing key {key_id} is not in the key file. "
            "Put the key file that belongs to this database back."
        )
        self.key_id = key_id


class KeysUnreadable(BarazaError):
    """The key file cannot be understood."""


@dataclass(frozen=True)
class Keyring:
    """Sealing keys under their ids (1 to 255) and the look-up key; all 32 bytes."""

    sealing: dict[int, bytes]
    lookup_key: bytes

    @property
    def current(self) -> int:
        """The id of the key that seals new values."""
        return max(self.sealing)

    def seal(self, value: bytes, place: str) -> bytes:
        """Encrypt a value for the column named by `place`."""
        return seal_under(self.sealing[self.current], self.current, value, place)

    def open(self, sealed: bytes, place: str) -> bytes:
        """Decrypt. Raises KeyMissing, or KeysUnreadable when the value was tampered with."""
        key = self.sealing.get(sealed[0])
        if key is None:
            raise KeyMissing(sealed[0])
        return open_under(key, sealed, place)

    def lookup(self, value: str, place: str) -> bytes:
        """The keyed hash under which a value can be found; 32 bytes."""
        return hmac.digest(self.lookup_key, f"{place}\0{value}".encode(), hashlib.sha256)

    def with_new_key(self) -> "Keyring":
        """The same ring with one more sealing key, which seals from now on."""
        return Keyring({**self.sealing, self.current + 1: secrets.token_bytes(32)}, self.lookup_key)

    def with_only_current_key(self) -> "Keyring":
        """The ring without its older sealing keys, once nothing is sealed under them."""
        return Keyring({self.current: self.sealing[self.current]}, self.lookup_key)

    def as_text(self) -> str:
        """The key file's content."""
        lines = [f"{id_}:{base64.b64encode(key).decode()}" for id_, key in sorted(self.sealing.items())]
        return "\n".join([*lines, f"lookup:{base64.b64encode(self.lookup_key).decode()}", ""])


def seal_under(key: bytes, key_id: int, value: bytes, place: str) -> bytes:
    """Encrypt under one key: key id, nonce, ciphertext."""
    nonce = os.urandom(12)
    return bytes([key_id]) + nonce + AESGCM(key).encrypt(nonce, value, place.encode())


def open_under(key: bytes, sealed: bytes, place: str) -> bytes:
    """Decrypt what `seal_under` made; raises KeysUnreadable when key or place do not fit."""
    try:
        return AESGCM(key).decrypt(sealed[1:13], sealed[13:], place.encode())
    except InvalidTag as error:
        raise KeysUnreadable(
            f"A sealed value in {place} does not open: wrong key file, or it was altered."
        ) from error


def fresh_keyring() -> Keyring:
    """A new ring with one sealing key and a look-up key."""
    return Keyring({1: secrets.token_bytes(32)}, secrets.token_bytes(32))


def parse_keyring(text: str) -> Keyring:
    """Read a key file's content. Raises KeysUnreadable."""
    sealing: dict[int, bytes] = {}
    lookup: bytes | None = None
    for number, line in enumerate(text.replace(",", "\n").split(), 1):
        name, _, value = line.partition(":")
        try:
            key = base64.b64decode(value, validate=True)
        except ValueError as error:
            raise KeysUnreadable(f"Line {number} of the key file is not `name:base64`.") from error
        if len(key) != 32:
            raise KeysUnreadable(f"Line {number} of the key file holds {len(key)} bytes; a key has 32.")
        if name == "lookup":
            lookup = key
        elif name.isdigit() and 1 <= int(name) <= 255:
            sealing[int(name)] = key
        else:
            raise KeysUnreadable(f"Line {number} of the key file names `{name}`; ids go from 1 to 255.")
    if lookup is None or not sealing:
        raise KeysUnreadable("The key file needs at least one sealing key and the look-up key.")
    return Keyring(sealing, lookup)


def load_or_make(path: Path) -> Keyring:
    """The ring in the key file, which is made with mode 0600 when it is not there."""
    if not path.exists():
        write(path, fresh_keyring())
    return parse_keyring(path.read_text())


def write(path: Path, ring: Keyring) -> None:
    """Put the ring into the key file in one step, readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".new")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, stat.S_IRUSR | stat.S_IWUSR)
    with os.fdopen(handle, "w") as file:
        file.write(ring.as_text())
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


_ring: Keyring | None = None


def use(ring: Keyring) -> None:
    """Make this the ring of the running process; called once at assembly."""
    global _ring
    _ring = ring


def ring() -> Keyring:
    """The ring of the running process. Raises KeysUnreadable before assembly."""
    if _ring is None:
        raise KeysUnreadable("No key file is loaded.")
    return _ring
