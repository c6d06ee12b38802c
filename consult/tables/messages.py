"""Rows of what we send. A message is written in the transaction that causes it and leaves once."""

from datetime import datetime
from enum import IntEnum, StrEnum
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
    BROADCAST = "broadcast"


class MessageState(StrEnum):
    """How far a message has come; a later state is never replaced by an earlier one."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    PARTIAL = "partial"
    FAILED = "failed"
    UNKNOWN = "unknown"
    BLOCKED = "blocked"


class Urgency(IntEnum):
    """Who goes first: what answers somebody who has just written, then what they wait for, then the rest."""

    REPLY = 0
    ANSWER = 1
    BULK = 2


class Hold(StrEnum):
    """Why a waiting message does not leave though its time has come."""

    NONE = ""
    BUDGET = "budget"
    UNTIL_ASKED = "until-asked"
    STOPPED = "stopped"
    BY_HAND = "by-hand"
    RESTORED = "restored"


class MessageRow(SQLModel, table=True):
    """An outgoing message, its words encrypted; `dedupe` makes a second one of its cause impossible."""

    __tablename__ = "message"
    __table_args__ = (
        sa.Index("ix_message_state", "state", "created_at"),
        sa.Index("ix_message_provider", "provider_id"),
        sa.Index("ix_message_next", "channel", "state", "held", "urgency", "created_at"),
        sa.Index("ix_message_broadcast", "broadcast_id", "state"),
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
    urgency: int = Field(default=Urgency.REPLY, sa_column_kwargs={"server_default": "0"})
    held: str = Field(default=Hold.NONE, max_length=20, sa_column_kwargs={"server_default": ""})
    due_at: datetime | None = Field(default=None, sa_type=Moment)
    transport: str = Field(default="", max_length=20, sa_column_kwargs={"server_default": ""})
    sender: str = Field(default="", max_length=40, sa_column_kwargs={"server_default": ""})
    charged: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    looked_at: datetime | None = Field(default=None, sa_type=Moment)
    broadcast_id: UUID | None = Field(default=None, foreign_key="broadcast.id")
    created_at: datetime = Field(sa_type=Moment)
    changed_at: datetime = Field(sa_type=Moment)


class DeliveryRow(SQLModel, table=True):
    """One report from a provider on a message, or on one part of it, kept once however often repeated."""

    __tablename__ = "delivery"
    __table_args__ = (sa.UniqueConstraint("provider_id", "status", "part"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    provider_id: str = Field(max_length=100)
    status: str = Field(max_length=30)
    state: MessageState | None = Field(default=None, sa_type=choice(MessageState, "state"))
    part: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    parts: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    error: str = Field(default="", max_length=60)
    received_at: datetime = Field(sa_type=Moment)
