"""Rows of the running of things: the audit trail and heartbeats."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from standards.columns import Moment, Plain
from standards.identity import new_id


class AuditRow(SQLModel, table=True):
    """Who did what, to what, before and after; append-only, and without personal data."""

    __tablename__ = "audit"
    __table_args__ = (
        sa.Index("ix_audit_subject", "subject", "subject_id", "at"),
        sa.Index("ix_audit_at", "at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    at: datetime = Field(sa_type=Moment)
    by: str = Field(max_length=64)
    act: str = Field(max_length=60)
    subject: str = Field(max_length=40)
    subject_id: str = Field(max_length=64)
    before: dict[str, Any] | None = Field(default=None, sa_type=Plain)
    after: dict[str, Any] | None = Field(default=None, sa_type=Plain)
    reason: str = ""


class HeartbeatRow(SQLModel, table=True):
    """When a worker was last alive."""

    __tablename__ = "heartbeat"

    name: str = Field(primary_key=True, max_length=100)
    at: datetime = Field(sa_type=Moment)
