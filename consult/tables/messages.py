"""Rows of what we send. A message is written in the transaction that causes it and leaves once."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from consult.tables.columns import Sealed
from standards.columns import Moment, choice
from standards.identity import new_id


class MessageKind(StrEnum):
    """Why a message is sent."""

    RECEIPT = "receipt"
    REPLY = "reply"
    ANSWER = "answer"
    SIGN_IN = "sign-in"
    NOTICE = "notice"


class MessageState(StrEnum):
    """How far a message has come; a later state is never replaced by an earlier one."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    BLOCKED = "blocked"


class MessageRow(SQLModel, table=True):
    """An outgoing message, its words encrypted; `dedupe` makes a second one of its cause impossible."""

    __tablename__ = "message"
    __table_args__ = (
        sa.Index("ix_message_state", "state", "created_at"),
        sa.Index("ix_message_provider", "provider_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: MessageKind = Field(sa_type=choice(MessageKind, "kind"))
    channel: str = Field(max_length=32)
    contact_point_id: UUID | None = Field(default=None, foreign_key="contact_point.id", index=True)
    person_id: UUID | None = Field(default=None, foreign_key="person.id")
    round_id: UUID | None = Field(default=None, foreign_key="round.id", index=True)
    subject: str = Field(default="", sa_type=Sealed("message.subject"))
    words: str = Field(sa_type=Sealed("message.words"))
    language: str = Field(default="en", max_length=20)
    dedupe: str = Field(max_length=120, unique=True)
    state: MessageState = Field(default=MessageState.WAITING, sa_type=choice(MessageState, "state"))
    provider_id: str | None = Field(default=None, max_length=100)
    segments: int = 0
    attempts: int = 0
    error: str = Field(default="", max_length=300)
    created_at: datetime = Field(sa_type=Moment)
    changed_at: datetime = Field(sa_type=Moment)


class DeliveryRow(SQLModel, table=True):
    """One status report from a provider, kept once however often it is repeated."""

    __tablename__ = "delivery"
    __table_args__ = (sa.UniqueConstraint("provider_id", "status"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    provider_id: str = Field(max_length=100)
    status: str = Field(max_length=30)
    error: str = Field(default="", max_length=60)
    received_at: datetime = Field(sa_type=Moment)
