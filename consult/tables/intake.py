"""The ledger: everything received, byte for byte, encrypted, chained.

`record` is append-only (triggers refuse updates and deletions). Each payload is
sealed under a data key of its own in `payload_key`; destroying that key is how
a payload is erased, and only a recorded erasure lets the database do it. The
chain in `seal` covers the hash of the ciphertext, so it still proves afterwards.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from standards.columns import Moment, choice
from standards.identity import new_id


class Channel(StrEnum):
    """How something reached us."""

    WEB = "web"
    SMS = "sms"
    VOICE = "voice"
    WORKSHOP = "workshop"
    DOCUMENT = "document"
    EMAIL = "email"


class Outcome(StrEnum):
    """What became of a record; one without an outcome is waiting."""

    COMMENT = "comment"
    PART = "part"
    COMMAND = "command"
    SET_ASIDE = "set-aside"


class RecordRow(SQLModel, table=True):
    """One thing received, exactly as it came; never changed."""

    __tablename__ = "record"
    __table_args__ = (
        sa.UniqueConstraint("source", "provider_id"),
        sa.Index("ix_record_round_channel", "round_id", "channel"),
        sa.Index("ix_record_received", "received_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    round_id: UUID | None = Field(default=None, foreign_key="round.id")
    channel: Channel = Field(sa_type=choice(Channel, "channel"))
    source: str = Field(max_length=40)
    provider_id: str = Field(max_length=200)
    content_type: str = Field(max_length=100)
    payload: bytes
    payload_hash: bytes
    received_at: datetime = Field(sa_type=Moment)


class PayloadKeyRow(SQLModel, table=True):
    """The data key of one payload, itself sealed under the keyring; gone once erased."""

    __tablename__ = "payload_key"

    record_id: UUID = Field(foreign_key="record.id", primary_key=True)
    sealed_key: bytes


class SealRow(SQLModel, table=True):
    """One link of the chain: place, record, and the hash over the link before and this ciphertext's hash."""

    __tablename__ = "seal"

    place: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    record_id: UUID = Field(foreign_key="record.id", unique=True)
    previous: bytes
    hash: bytes
    sealed_at: datetime = Field(sa_type=Moment)


class RecordOutcomeRow(SQLModel, table=True):
    """What a record became. Derived: it can be replaced when a person decides otherwise."""

    __tablename__ = "record_outcome"
    __table_args__ = (sa.Index("ix_record_outcome_outcome", "outcome"),)

    record_id: UUID = Field(foreign_key="record.id", primary_key=True)
    outcome: Outcome = Field(sa_type=choice(Outcome, "outcome"))
    reason: str = ""
    at: datetime = Field(sa_type=Moment)


class ErasureRow(SQLModel, table=True):
    """That something was erased, when, by whom and why: the only door to losing words.

    With `entity` it says that a consent of a workshop was withdrawn, so that an old
    device, or a backup from before, brings nothing of it back.
    """

    __tablename__ = "erasure"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    record_id: UUID | None = Field(default=None, index=True)
    comment_id: UUID | None = Field(default=None, index=True)
    participant_id: UUID | None = Field(default=None, index=True)
    workshop_id: UUID | None = Field(default=None, index=True)
    entity: str = Field(default="", max_length=120, sa_column_kwargs={"server_default": ""})
    reason: str
    by: str = Field(max_length=64)
    at: datetime = Field(sa_type=Moment)
