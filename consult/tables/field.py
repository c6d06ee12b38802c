"""Rows of the work in the field: devices, their operations, and what was photographed and recorded.

An operation lies in the ledger as its device wrote it; a row here says only
whose it is and what it is about, and could be made again from the ledger.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from consult.tables.columns import Sealed
from standards.columns import Moment, Plain
from standards.identity import new_id


class DeviceRow(SQLModel, table=True):
    """A telephone or computer that somebody takes to the field; its token is kept as a hash.

    `storage` is what its browser said of our storage: `kept`, `may-go` or nothing yet;
    `unsent` how many operations it said it still holds.
    """

    __tablename__ = "field_device"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    label: str = Field(default="", max_length=100)
    token_hash: str = Field(max_length=64, unique=True)
    storage: str = Field(default="", max_length=20)
    unsent: int = 0
    created_at: datetime = Field(sa_type=Moment)
    seen_at: datetime | None = Field(default=None, sa_type=Moment)
    revoked_at: datetime | None = Field(default=None, sa_type=Moment)


class OperationRow(SQLModel, table=True):
    """One operation: who did what to which field of which entity; its value lies in the ledger.

    The id is the device's; the hash is SHA-256 over the operation's bytes. Two
    rows of one id and different hashes are a clash that a person looks at.
    `understood` is what we could not read, empty when all is well.
    """

    __tablename__ = "field_operation"
    __table_args__ = (
        sa.Index("ix_field_operation_entity", "workshop_id", "entity"),
        sa.Index("ix_field_operation_received", "workshop_id", "received_at"),
    )

    id: UUID = Field(primary_key=True)
    hash: str = Field(primary_key=True, max_length=64)
    record_id: UUID = Field(foreign_key="record.id", unique=True)
    workshop_id: UUID = Field(foreign_key="workshop.id")
    device: str = Field(max_length=64)
    counter: int
    kind: str = Field(max_length=20)
    entity: str = Field(max_length=120)
    field: str = Field(max_length=120)
    at: datetime | None = Field(default=None, sa_type=Moment)
    received_at: datetime = Field(sa_type=Moment)
    late: bool = False


class EntityRow(SQLModel, table=True):
    """What the operations on one thing come to, as far as the desk must look: derived.

    `conflicts` are fields of which devices say different things; `clash` that one
    operation came in two wordings; `after_comment` that a note was changed after it
    had become a comment.
    """

    __tablename__ = "field_entity"

    workshop_id: UUID = Field(foreign_key="workshop.id", primary_key=True)
    entity: str = Field(primary_key=True, max_length=120)
    kind: str = Field(max_length=20)
    conflicts: list[Any] = Field(default_factory=list, sa_type=Plain)
    clash: bool = False
    after_comment: bool = False
    removed: bool = False
    changed_at: datetime = Field(sa_type=Moment)


class StoredObjectRow(SQLModel, table=True):
    """A photograph or a stretch of sound, sealed in the object store; the ledger holds its hash.

    `sha256` is over the bytes as they came, `size` counts those that are kept; without
    `sealed_key` the object was destroyed, and `gone_at` is when the store let go of it.
    """

    __tablename__ = "stored_object"
    __table_args__ = (sa.UniqueConstraint("workshop_id", "sha256"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    workshop_id: UUID = Field(foreign_key="workshop.id")
    sha256: str = Field(max_length=64)
    size: int
    media_type: str = Field(max_length=100)
    record_id: UUID = Field(foreign_key="record.id", index=True)
    sealed_key: bytes | None = None
    received_at: datetime = Field(sa_type=Moment)
    erased_at: datetime | None = Field(default=None, sa_type=Moment)
    gone_at: datetime | None = Field(default=None, sa_type=Moment)


class ChunkRow(SQLModel, table=True):
    """A piece of an object on its way to us; gone once the object is whole. `size` is that of the whole."""

    __tablename__ = "object_chunk"

    workshop_id: UUID = Field(foreign_key="workshop.id", primary_key=True)
    sha256: str = Field(primary_key=True, max_length=64)
    start: int = Field(primary_key=True)
    length: int
    size: int
    media_type: str = Field(default="", max_length=100)
    sealed: bytes
    received_at: datetime = Field(sa_type=Moment)


class PhotoRow(SQLModel, table=True):
    """A photograph of a flip chart, without any place in it; `typed` is what stands on it, masked."""

    __tablename__ = "photo"

    workshop_id: UUID = Field(foreign_key="workshop.id", primary_key=True)
    entity: str = Field(primary_key=True, max_length=120)
    sha256: str = Field(default="", max_length=64)
    object_id: UUID | None = Field(default=None, foreign_key="stored_object.id")
    clause_id: UUID | None = Field(default=None, foreign_key="clause.id")
    caption: str = ""
    typed: str = ""
    at: datetime | None = Field(default=None, sa_type=Moment)
    removed: bool = False


class RecordingRow(SQLModel, table=True):
    """A recording of a workshop: its stretches in order, and how long it is kept.

    `parts` are [{"sha256", "ms"}]: the SHA-256 of each stretch and its length in
    milliseconds (0 unknown). `kept` is `verified` (until a person has checked the
    transcript), `outcome` (until the answers are given) or `archived`.
    """

    __tablename__ = "recording"

    workshop_id: UUID = Field(foreign_key="workshop.id", primary_key=True)
    entity: str = Field(primary_key=True, max_length=120)
    title: str = Field(default="", max_length=200)
    parts: list[Any] = Field(default_factory=list, sa_type=Plain)
    media_type: str = Field(default="", max_length=100)
    seconds: float = 0
    began_at: datetime | None = Field(default=None, sa_type=Moment)
    kept: str = Field(default="verified", max_length=20)
    verified_at: datetime | None = Field(default=None, sa_type=Moment)
    erased_at: datetime | None = Field(default=None, sa_type=Moment)
    erased_why: str = Field(default="", max_length=200)
    removed: bool = False


class DotVoteRow(SQLModel, table=True):
    """A vote by dots: `people` by category who voted, `cells` dots by option and category. Derived.

    `options` are words, in order; `cells` is {option's place: {category: dots}}.
    """

    __tablename__ = "dot_vote"

    workshop_id: UUID = Field(foreign_key="workshop.id", primary_key=True)
    entity: str = Field(primary_key=True, max_length=120)
    clause_id: UUID | None = Field(default=None, foreign_key="clause.id")
    question: str = ""
    rule: str = ""
    options: list[Any] = Field(default_factory=list, sa_type=Plain)
    dots: int = 1
    people: dict[str, Any] = Field(default_factory=dict, sa_type=Plain)
    cells: dict[str, Any] = Field(default_factory=dict, sa_type=Plain)
    removed: bool = False


class AttendeeRow(SQLModel, table=True):
    """Somebody who came and is on the list: by a label (`P3`); a name only where they gave it for that."""

    __tablename__ = "attendee"

    workshop_id: UUID = Field(foreign_key="workshop.id", primary_key=True)
    entity: str = Field(primary_key=True, max_length=120)
    label: str = Field(default="", max_length=40)
    category: str = Field(default="", max_length=100)
    gender: str = Field(default="", max_length=20)
    age_band: str = Field(default="", max_length=20)
    name: str | None = Field(default=None, sa_type=Sealed("attendee.name"))
    contact: str | None = Field(default=None, sa_type=Sealed("attendee.contact"))
    removed: bool = False


class ConsentRow(SQLModel, table=True):
    """What somebody, or the group (`attendee` empty), agreed to: notes, quotes, photo, audio or contact.

    `answer` is `given`, `refused` or `withdrawn`; `how` is `spoken`, `written` or
    `witnessed`; `wording` the version of the words they were asked in. Derived from
    operations; each change is in the ledger.
    """

    __tablename__ = "workshop_consent"

    workshop_id: UUID = Field(foreign_key="workshop.id", primary_key=True)
    entity: str = Field(primary_key=True, max_length=120)
    attendee: str = Field(default="", max_length=120)
    about: str = Field(max_length=20)
    answer: str = Field(max_length=20)
    how: str = Field(default="", max_length=20)
    witness: str | None = Field(default=None, sa_type=Sealed("workshop_consent.witness"))
    wording: str = Field(default="", max_length=20)
    at: datetime | None = Field(default=None, sa_type=Moment)
    withdrawn_at: datetime | None = Field(default=None, sa_type=Moment)
