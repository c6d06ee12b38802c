"""Rows of the working groups behind local interpretations: their seats and their decisions."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from consult.tables.columns import Sealed
from standards.columns import Moment, Plain
from standards.identity import new_id


class SeatRow(SQLModel, table=True):
    """A seat in an overlay's working group, held for a stakeholder group; a seat is left, never removed."""

    __tablename__ = "seat"
    __table_args__ = (sa.Index("ix_seat_overlay", "overlay_id", "ended_at"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    overlay_id: UUID = Field(foreign_key="overlay.id")
    group_id: UUID = Field(foreign_key="stakeholder_group.id")
    person_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    holder: str | None = Field(default=None, sa_type=Sealed("seat.holder"))
    since: datetime = Field(sa_type=Moment)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)


class OverlayDecisionRow(SQLModel, table=True):
    """How a working group decided on an overlay version: votes by stakeholder group, never changed after.

    `votes` is `{group key: {"for": n, "against": n, "abstained": n}}`.
    """

    __tablename__ = "overlay_decision"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    overlay_version_id: UUID = Field(foreign_key="overlay_version.id", index=True)
    votes: dict[str, Any] = Field(sa_type=Plain)
    passed: bool
    note: str = ""
    decided_on: str = Field(max_length=10)
    by: str = Field(max_length=64)
    at: datetime = Field(sa_type=Moment)


class OverlayNoticeRow(SQLModel, table=True):
    """That an overlay's owners were told its base, or its parent, has a newer text."""

    __tablename__ = "overlay_notice"
    __table_args__ = (sa.UniqueConstraint("overlay_id", "version_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    overlay_id: UUID = Field(foreign_key="overlay.id")
    version_id: UUID = Field(foreign_key="version.id")
    at: datetime = Field(sa_type=Moment)
    seen_at: datetime | None = Field(default=None, sa_type=Moment)
    seen_by: str = Field(default="", max_length=64)
