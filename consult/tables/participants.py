"""Rows about those who comment. Who they are and how to reach them lie apart."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from consult.tables.columns import Sealed
from standards.columns import Moment, choice
from standards.identity import new_id


class ContactKind(StrEnum):
    """What a contact point is."""

    SMS = "sms"
    EMAIL = "email"


class ParticipantRow(SQLModel, table=True):
    """Someone who commented, under a random alias such as P-7Q4K."""

    __tablename__ = "participant"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    alias: str = Field(max_length=12, unique=True)
    group_id: UUID | None = Field(default=None, foreign_key="stakeholder_group.id")
    region: str = Field(default="", max_length=100)
    gender: str = Field(default="", max_length=60)
    producer: str = Field(default="", max_length=60)
    language: str = Field(default="", max_length=20)
    created_at: datetime = Field(sa_type=Moment)


class ContactPointRow(SQLModel, table=True):
    """Where a participant can be reached: encrypted, found by a keyed hash, erasable without touching words.

    One number may carry several participants (a shared phone); the newest that
    is not closed is the one speaking. `transport` and `receiver` are the way they
    wrote to us last; `thought_*` is the comment that their next words may still
    belong to.
    """

    __tablename__ = "contact_point"
    __table_args__ = (sa.Index("ix_contact_point_lookup", "lookup", "created_at"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    participant_id: UUID = Field(foreign_key="participant.id", index=True)
    kind: ContactKind = Field(sa_type=choice(ContactKind, "kind"))
    lookup: bytes | None = None
    address: str | None = Field(default=None, sa_type=Sealed("contact_point.address"))
    created_at: datetime = Field(sa_type=Moment)
    joined_at: datetime | None = Field(default=None, sa_type=Moment)
    stopped_at: datetime | None = Field(default=None, sa_type=Moment)
    erased_at: datetime | None = Field(default=None, sa_type=Moment)
    last_asked: str | None = Field(default=None, max_length=40)
    last_asked_clause_id: UUID | None = Field(default=None, foreign_key="clause.id")
    last_asked_at: datetime | None = Field(default=None, sa_type=Moment)
    transport: str = Field(default="", max_length=20, sa_column_kwargs={"server_default": ""})
    receiver: str = Field(default="", max_length=40, sa_column_kwargs={"server_default": ""})
    last_heard_at: datetime | None = Field(default=None, sa_type=Moment)
    thought_id: UUID | None = Field(default=None, foreign_key="comment.id")
    thought_at: datetime | None = Field(default=None, sa_type=Moment)
    thought_hash: str = Field(default="", max_length=64, sa_column_kwargs={"server_default": ""})
