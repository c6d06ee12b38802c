"""Rows of workshops: who came, what was said, and which utterances became comments."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from consult.tables.columns import Sealed
from standards.columns import Moment, Plain, choice
from standards.identity import new_id


class UtteranceState(StrEnum):
    """What has been done with an utterance."""

    OPEN = "open"
    COMMENT = "comment"
    SKIPPED = "skipped"


class WorkshopRow(SQLModel, table=True):
    """A face-to-face meeting on a round's version."""

    __tablename__ = "workshop"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    round_id: UUID = Field(foreign_key="round.id", index=True)
    place: str = Field(max_length=200)
    region: str = Field(default="", max_length=100)
    held_on: date
    languages: list[str] = Field(sa_type=Plain)
    facilitator_id: UUID | None = Field(default=None, foreign_key="person.id")
    agenda: list[Any] = Field(default_factory=list, sa_type=Plain)
    notes: str = ""
    consent: str = Field(default="", max_length=60)
    created_at: datetime = Field(sa_type=Moment)


class AttendanceRow(SQLModel, table=True):
    """How many people of a category came."""

    __tablename__ = "attendance"
    __table_args__ = (sa.UniqueConstraint("workshop_id", "category"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    workshop_id: UUID = Field(foreign_key="workshop.id")
    category: str = Field(max_length=100)
    group_id: UUID | None = Field(default=None, foreign_key="stakeholder_group.id")
    people: int
    women: int | None = None


class TranscriptRow(SQLModel, table=True):
    """A transcript brought in; the file itself is in the ledger."""

    __tablename__ = "transcript"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    workshop_id: UUID = Field(foreign_key="workshop.id", index=True)
    record_id: UUID = Field(foreign_key="record.id", unique=True)
    name: str = Field(max_length=200)
    format: str = Field(max_length=40)
    problems: list[Any] = Field(default_factory=list, sa_type=Plain)
    created_at: datetime = Field(sa_type=Moment)


class UtteranceRow(SQLModel, table=True):
    """One stretch of speech. The speaker's name is encrypted; `speaker` is what the desk sees."""

    __tablename__ = "utterance"
    __table_args__ = (sa.UniqueConstraint("transcript_id", "position"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    transcript_id: UUID = Field(foreign_key="transcript.id")
    position: int
    speaker: str = Field(default="", max_length=60)
    speaker_name: str | None = Field(default=None, sa_type=Sealed("utterance.speaker_name"))
    category: str = Field(default="", max_length=100)
    start: float | None = None
    end: float | None = None
    words: str
    line: int
    lone: bool = False
    state: UtteranceState = Field(default=UtteranceState.OPEN, sa_type=choice(UtteranceState, "state"))
    comment_id: UUID | None = Field(default=None, foreign_key="comment.id", index=True)
