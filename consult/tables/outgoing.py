"""Rows that keep sending within its limits: senders, allowances, broadcasts, the provider's copies."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from standards.columns import Moment, Plain, choice
from standards.identity import new_id


class SenderRow(SQLModel, table=True):
    """One of our own numbers at a transport; it is free again at `free_at`, whichever worker asks."""

    __tablename__ = "sender"
    __table_args__ = (sa.UniqueConstraint("transport", "number"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    transport: str = Field(max_length=20)
    number: str = Field(max_length=40)
    rate: float
    free_at: datetime = Field(sa_type=Moment)
    active: bool = True


class AllowanceRow(SQLModel, table=True):
    """What a round may spend on text messages, when bulk rests, and where they may go.

    `limit` and `spent` are segments; `countries` are ISO 3166 codes, none meaning
    every country; the hours are the participant's own, as `20:00`.
    """

    __tablename__ = "allowance"

    round_id: UUID = Field(foreign_key="round.id", primary_key=True)
    limit: int | None = None
    spent: int = 0
    price: str = Field(default="", max_length=20)
    currency: str = Field(default="", max_length=3)
    quiet_from: str = Field(default="20:00", max_length=5)
    quiet_until: str = Field(default="08:00", max_length=5)
    countries: list[str] = Field(default_factory=list, sa_type=Plain)
    changed_at: datetime = Field(sa_type=Moment)


class BroadcastState(StrEnum):
    """How far a broadcast has come."""

    DRAFT = "draft"
    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"


class BroadcastRow(SQLModel, table=True):
    """One message to all who joined a round, or to some of them; its messages name it."""

    __tablename__ = "broadcast"
    __table_args__ = (sa.Index("ix_broadcast_round", "round_id", "created_at"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    round_id: UUID = Field(foreign_key="round.id")
    title: str = Field(max_length=200)
    words: dict[str, Any] = Field(sa_type=Plain)
    groups: list[str] = Field(default_factory=list, sa_type=Plain)
    languages: list[str] = Field(default_factory=list, sa_type=Plain)
    regions: list[str] = Field(default_factory=list, sa_type=Plain)
    state: BroadcastState = Field(default=BroadcastState.DRAFT, sa_type=choice(BroadcastState, "state"))
    people: int = 0
    segments: int = 0
    created_at: datetime = Field(sa_type=Moment)
    created_by: UUID | None = Field(default=None, foreign_key="person.id")
    started_at: datetime | None = Field(default=None, sa_type=Moment)
    prepared_at: datetime | None = Field(default=None, sa_type=Moment)
    finished_at: datetime | None = Field(default=None, sa_type=Moment)


class ProviderCopyRow(SQLModel, table=True):
    """A provider's copy of a message in or out, and whether its words were blanked there."""

    __tablename__ = "provider_copy"
    __table_args__ = (sa.Index("ix_provider_copy_due", "blanked_at", "next_try_at"),)

    provider_id: str = Field(max_length=100, primary_key=True)
    transport: str = Field(max_length=20)
    blanked_at: datetime | None = Field(default=None, sa_type=Moment)
    tries: int = 0
    error: str = Field(default="", max_length=200)
    next_try_at: datetime | None = Field(default=None, sa_type=Moment)
