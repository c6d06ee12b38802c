"""Uploads: a file between being read for a look and being saved as a version.

The importer shows what it understood before anything is saved, so the file
waits in `imports/` of the data directory, under a random name that only the
person who sent it is told, readable by the process alone. It is dropped when
it was saved, and after a day in any case. Nothing of it is in the database
until somebody says yes; several machines need a data directory they share.
"""

import json
import os
import re
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from consult.errors import NotFound

KEPT_SECONDS = 24 * 60 * 60


@dataclass(frozen=True)
class Upload:
    """A file somebody sent, under the name it had at home."""

    name: str
    data: bytes


class UploadGone(NotFound):
    """The file waited too long, was saved already, or belongs to someone else."""

    def __init__(self) -> None:
        super().__init__(
            "This file is no longer here: it was saved already, or it waited for more than a day. "
            "Choose it again to bring it in."
        )


def keep(folder: Path, person: UUID, name: str, data: bytes) -> str:
    """Hold a file for a day; returns the random word it is found by. Older ones are dropped on the way."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _drop_old(folder)
    word = secrets.token_urlsafe(24)
    head = json.dumps({"name": name, "person": str(person)}).encode()
    handle = os.open(folder / word, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(head + b"\n" + data)
    return word


def find(folder: Path, person: UUID, word: str) -> Upload:
    """The file this person sent. Raises UploadGone."""
    path = _path(folder, word)
    try:
        if time.time() - path.stat().st_mtime > KEPT_SECONDS:
            raise UploadGone
        head, _, data = path.read_bytes().partition(b"\n")
    except FileNotFoundError:
        raise UploadGone from None
    known = json.loads(head)
    if known["person"] != str(person):
        raise UploadGone
    return Upload(known["name"], data)


def drop(folder: Path, word: str) -> None:
    """Forget a file, whether it is still there or not."""
    _path(folder, word).unlink(missing_ok=True)


def _path(folder: Path, word: str) -> Path:
    if not re.fullmatch(r"[A-Za-z0-9_-]{32}", word):
        raise UploadGone
    return folder / word


def _drop_old(folder: Path) -> None:
    oldest = time.time() - KEPT_SECONDS
    for path in folder.iterdir():
        if path.is_file() and path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
