"""Rows about those who sign in."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from consult.tables.columns import Sealed
from standards.columns import Moment, choice
from standards.identity import new_id


class Role(StrEnum):
    """What a person is here to do; `permissions` says what each may."""

    SECRETARY = "secretary"
    DRAFTER = "drafter"
    WORKING_GROUP = "working-group"
    FACILITATOR = "facilitator"
    AUDITOR = "auditor"
    OPERATOR = "operator"


class TokenPurpose(StrEnum):
    """What a mailed link lets its holder do, once."""

    SET_UP = "set-up"
    RESET = "reset"


class PersonRow(SQLModel, table=True):
    """Someone who may sign in. Name and e-mail are encrypted; the e-mail is found by its keyed hash."""

    __tablename__ = "person"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    email_lookup: bytes = Field(unique=True)
    email: str = Field(sa_type=Sealed("person.email"))
    name: str = Field(sa_type=Sealed("person.name"))
    role: Role = Field(sa_type=choice(Role, "role"))
    language: str = Field(default="en", max_length=20)
    password_hash: str | None = None
    session_stamp: str = Field(max_length=32)
    created_at: datetime = Field(sa_type=Moment)
    disabled_at: datetime | None = Field(default=None, sa_type=Moment)


class TokenRow(SQLModel, table=True):
    """A link that was mailed: only its hash is kept, it works once and not for long."""

    __tablename__ = "token"

    hash: bytes = Field(primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    purpose: TokenPurpose = Field(sa_type=choice(TokenPurpose, "purpose"))
    expires_at: datetime = Field(sa_type=Moment)
    used_at: datetime | None = Field(default=None, sa_type=Moment)


class AttemptRow(SQLModel, table=True):
    """How often something was tried in a stretch of time, under a keyed, daily-salted hash of who tried."""

    __tablename__ = "attempt"
    __table_args__ = (sa.Index("ix_attempt_since", "since"),)

    key: bytes = Field(primary_key=True)
    since: datetime = Field(primary_key=True, sa_type=Moment)
    times: int


class KeptTextRow(SQLModel, table=True):
    """What a drafter has typed into a clause and not finished: kept until it is saved or let go."""

    __tablename__ = "kept_text"

    version_id: UUID = Field(foreign_key="version.id", primary_key=True)
    clause_id: UUID = Field(foreign_key="clause.id", primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", primary_key=True)
    base_hash: str = Field(max_length=64)
    heading: str
    body: str
    kept_at: datetime = Field(sa_type=Moment)
