"""Operations: what a device in the field says was done, one field of one thing at a time.

An operation is a line of JSON that its device wrote once and never changes:

    {"id": UUID, "device": UUID, "counter": n, "workshop": UUID, "kind": …, "entity": …,
     "field": …, "value": …, "over": [ids of the operations it replaces], "at": the device's clock}

It is known by its id and by the SHA-256 of its bytes. `counter` is a Lamport
clock (Lamport 1978): one more than the highest its device had seen. The device's
clock may be wrong by years and decides nothing.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from consult.errors import BarazaError

LONGEST = 100_000
"""Characters of one operation; a note is far below."""
MOST_WORDS = 20_000
CORRECTION = "correction:"
"""What the entity of a correction of the minutes begins with; its id follows. No device writes one."""


class Kind(StrEnum):
    """What an operation is about."""

    MEETING = "meeting"
    NOTE = "note"
    ATTENDANCE = "attendance"
    ATTENDEE = "attendee"
    CONSENT = "consent"
    VOTE = "vote"
    PHOTO = "photo"
    RECORDING = "recording"
    RESPONDENT = "respondent"
    ANSWER = "answer"


class NotUnderstood(BarazaError):
    """Bytes from a device that are no operation we know; they are kept, and a person looks."""


@dataclass(frozen=True)
class Operation:
    """One operation as it was read; `hash` is the SHA-256 (hex) of its bytes."""

    id: UUID
    hash: str
    device: str
    counter: int
    workshop: UUID
    kind: Kind
    entity: str
    field: str
    value: Any
    over: frozenset[UUID] = frozenset()
    at: datetime | None = None

    @property
    def has_words(self) -> bool:
        """Whether somebody's voice is in it, so that its record becomes a comment."""
        return (self.kind, self.field) in WORDS


WORDS = frozenset({(Kind.NOTE, "words"), (Kind.PHOTO, "typed")})
"""The fields that hold what people said or wrote."""

Check = Callable[[Any], bool]


def _text(longest: int) -> Check:
    return lambda value: isinstance(value, str) and len(value) <= longest


def _one_of(*words: str) -> Check:
    return lambda value: value in words


def _texts(most: int, longest: int) -> Check:
    one = _text(longest)
    return lambda value: isinstance(value, list) and len(value) <= most and all(one(item) for item in value)


def _count(most: int) -> Check:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _count_or_none(most: int) -> Check:
    counted = _count(most)
    return lambda value: value is None or counted(value)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _hash(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")


def _stretch(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == {"sha256", "ms"}
        and _hash(value["sha256"])
        and _count(10**9)(value["ms"])
    )


_SHORT, _LINE, _LONG = _text(120), _text(300), _text(MOST_WORDS)
_PEOPLE = _count(100_000)
# A name that ends in a colon stands for a family of fields: `cell:` for `cell:0:women`.
FIELDS: Mapping[Kind, Mapping[str, Check]] = {
    Kind.MEETING: {
        "finished": _flag,
        "notes": _LONG,
        "audio_kept": _one_of("verified", "outcome", "archived"),
    },
    Kind.NOTE: {
        "words": _LONG,
        "category": _SHORT,
        "gender": _SHORT,
        "attendee": _SHORT,
        "clauses": _texts(50, 40),
        "marks": _texts(10, 20),
        "feeling": _one_of("", "for", "against", "neither"),
        "language": _text(20),
        "lone": _flag,
        "read_back": _flag,
        "recording": _SHORT,
        "ms": _count_or_none(10**9),
        "removed": _flag,
    },
    Kind.ATTENDANCE: {
        "category": _SHORT,
        "people": _PEOPLE,
        "women": _count_or_none(100_000),
        "band:": _PEOPLE,
        "removed": _flag,
    },
    Kind.ATTENDEE: {
        "label": _text(40),
        "category": _SHORT,
        "gender": _text(20),
        "age_band": _text(20),
        "name": _LINE,
        "contact": _LINE,
        "removed": _flag,
    },
    Kind.CONSENT: {
        "about": _one_of("notes", "quotes", "photo", "audio", "contact"),
        "attendee": _SHORT,
        "answer": _one_of("given", "refused", "withdrawn"),
        "how": _one_of("", "spoken", "written", "witnessed"),
        "witness": _LINE,
        "wording": _text(20),
    },
    Kind.VOTE: {
        "clause": _text(40),
        "question": _LINE,
        "rule": _LINE,
        "options": _texts(20, 200),
        "dots": _count(100),
        "people:": _PEOPLE,
        "cell:": _PEOPLE,
        "removed": _flag,
    },
    Kind.PHOTO: {
        "sha256": _hash,
        "clause": _text(40),
        "caption": _LINE,
        "typed": _LONG,
        "language": _text(20),
        "removed": _flag,
    },
    Kind.RECORDING: {
        "title": _text(200),
        "media_type": _text(100),
        "part:": _stretch,
        "removed": _flag,
    },
    Kind.RESPONDENT: {"producer": _text(60), "group": _SHORT, "held_on": _text(10), "removed": _flag},
    Kind.ANSWER: {
        "respondent": _SHORT,
        "clause": _text(40),
        "met": _one_of("", "met", "partly", "not-met", "not-applicable"),
        "ability": _one_of("", "can", "with_help", "cannot"),
        "evidence": _LONG,
        "cost": _LONG,
        "obstacle": _LONG,
        "benefit": _LONG,
        "note": _LONG,
        "photo": _SHORT,
    },
}


def digest(written: str) -> str:
    """The SHA-256 of an operation's bytes, in hexadecimal."""
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()


def read(written: str) -> Operation:
    """The operation that a device wrote. Raises NotUnderstood."""
    if len(written) > LONGEST:
        raise NotUnderstood("It is longer than any operation.")
    try:
        told = json.loads(written)
        # An escaped half of a character would be refused by the database when it is too late.
        json.dumps(told, ensure_ascii=False).encode("utf-8")
        written.encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise NotUnderstood("It is not whole.") from error
    if not isinstance(told, dict):
        raise NotUnderstood("It is not an operation.")
    try:
        kind, entity, field = Kind(told["kind"]), told["entity"], told["field"]
        found = Operation(
            id=UUID(told["id"]),
            hash=digest(written),
            device=str(UUID(told["device"])),
            counter=told["counter"],
            workshop=UUID(told["workshop"]),
            kind=kind,
            entity=entity,
            field=field,
            value=told["value"],
            over=frozenset(UUID(id_) for id_ in told.get("over") or ()),
            at=_moment(told.get("at")),
        )
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise NotUnderstood("It lacks something, or names a kind we do not know.") from error
    if not (_SHORT(entity) and entity.isprintable()) or not _count(2**62)(found.counter):
        raise NotUnderstood("It does not say plainly what it is about.")
    if entity.startswith(CORRECTION):
        raise NotUnderstood("It is about something that is written down at the desk alone.")
    if "\0" in written or "\\u0000" in written:
        raise NotUnderstood("It holds a character that no text has.")
    check = _check_for(kind, field)
    if check is None:
        raise NotUnderstood(f"We know no field {str(field)[:40]} of a {kind.value}.")
    if not check(found.value):
        raise NotUnderstood(f"The {str(field)[:40]} of this {kind.value} is not what it can be.")
    return found


def _check_for(kind: Kind, field: Any) -> Check | None:
    if not _SHORT(field):
        return None
    known = FIELDS[kind]
    family = field.partition(":")[0] + ":"
    return known.get(family) if ":" in field and len(field) > len(family) else known.get(field)


def _moment(written: Any) -> datetime | None:
    """The device's clock as it said it; None where it cannot be read or shown. It decides nothing."""
    try:
        found = datetime.fromisoformat(str(written))
        moment = found.astimezone(UTC) if found.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
    # At either end of time no other zone could show it.
    return moment if moment and MINYEAR < moment.year < MAXYEAR else None
