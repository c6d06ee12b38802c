"""Rows of a consultation round: its questions, codes, goals and groups."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from standards.columns import Moment, Plain
from standards.identity import new_id


class GroupRow(SQLModel, table=True):
    """A stakeholder group; `labels` holds its name per language."""

    __tablename__ = "stakeholder_group"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    key: str = Field(max_length=60, unique=True)
    labels: dict[str, Any] = Field(sa_type=Plain)
    position: int = 0


class RoundRow(SQLModel, table=True):
    """A period of consultation on one frozen version."""

    __tablename__ = "round"
    __table_args__ = (
        sa.CheckConstraint("closes_at > opens_at", "closes_after_opening"),
        sa.Index("ix_round_version", "version_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    slug: str = Field(max_length=80, unique=True)
    version_id: UUID = Field(foreign_key="version.id")
    title: str = Field(max_length=300)
    purpose: str = ""
    summary: str = ""
    languages: list[str] = Field(sa_type=Plain)
    channels: list[str] = Field(sa_type=Plain)
    join_words: dict[str, Any] = Field(default_factory=dict, sa_type=Plain)
    time_zone: str = Field(max_length=60)
    opens_at: datetime = Field(sa_type=Moment)
    closes_at: datetime = Field(sa_type=Moment)
    closed_at: datetime | None = Field(default=None, sa_type=Moment)
    created_at: datetime = Field(sa_type=Moment)


class QuestionRow(SQLModel, table=True):
    """A question asked about one clause, or about the whole when `clause_id` is empty."""

    __tablename__ = "question"
    __table_args__ = (sa.Index("ix_question_round", "round_id", "position"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    round_id: UUID = Field(foreign_key="round.id")
    clause_id: UUID | None = Field(default=None, foreign_key="clause.id")
    position: int = 0
    words: dict[str, Any] = Field(sa_type=Plain)


class CodeRow(SQLModel, table=True):
    """The short number that stands for a clause in text messages, dealt per round from 10 upward."""

    __tablename__ = "clause_code"
    __table_args__ = (sa.UniqueConstraint("round_id", "code"), sa.CheckConstraint("code >= 10", "from_ten"))

    round_id: UUID = Field(foreign_key="round.id", primary_key=True)
    clause_id: UUID = Field(foreign_key="clause.id", primary_key=True)
    code: int


class GoalRow(SQLModel, table=True):
    """How many people of a group should take part in a round."""

    __tablename__ = "participation_goal"

    round_id: UUID = Field(foreign_key="round.id", primary_key=True)
    group_id: UUID = Field(foreign_key="stakeholder_group.id", primary_key=True)
    goal: int
