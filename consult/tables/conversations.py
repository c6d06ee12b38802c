"""Rows of conversations by text message: what is asked in which words, pieces of one thought, and care."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from standards.columns import Moment, Plain, choice
from standards.identity import new_id


class ScriptState(StrEnum):
    """Where a version of a conversation stands; only a draft changes."""

    DRAFT = "draft"
    RUNNING = "running"
    RETIRED = "retired"


class ScriptRow(SQLModel, table=True):
    """One version of a round's conversation: join words, questions and wording, per language.

    Once it has run it never changes; whoever began under it ends under it. One runs at a time.
    """

    __tablename__ = "script"
    __table_args__ = (
        sa.UniqueConstraint("round_id", "number"),
        sa.Index(
            "ix_script_running",
            "round_id",
            unique=True,
            sqlite_where=sa.text("state = 'running'"),
            postgresql_where=sa.text("state = 'running'"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    round_id: UUID = Field(foreign_key="round.id")
    number: int
    state: ScriptState = Field(default=ScriptState.DRAFT, sa_type=choice(ScriptState, "state"))
    join_words: dict[str, Any] = Field(default_factory=dict, sa_type=Plain)
    questions: list[Any] = Field(default_factory=list, sa_type=Plain)
    wording: dict[str, Any] = Field(default_factory=dict, sa_type=Plain)
    created_at: datetime = Field(sa_type=Moment)
    created_by: UUID | None = Field(default=None, foreign_key="person.id")
    started_at: datetime | None = Field(default=None, sa_type=Moment)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)


class MembershipRow(SQLModel, table=True):
    """Someone's way through a round's conversation: under which version, and when they came how far."""

    __tablename__ = "membership"
    __table_args__ = (sa.Index("ix_membership_round", "round_id", "joined_at"),)

    participant_id: UUID = Field(foreign_key="participant.id", primary_key=True)
    round_id: UUID = Field(foreign_key="round.id", primary_key=True)
    script_id: UUID | None = Field(default=None, foreign_key="script.id")
    joined_at: datetime | None = Field(default=None, sa_type=Moment)
    language_at: datetime | None = Field(default=None, sa_type=Moment)
    answered_at: datetime | None = Field(default=None, sa_type=Moment)
    worded_at: datetime | None = Field(default=None, sa_type=Moment)
    answers: int = 0


class PartRow(SQLModel, table=True):
    """One of the provider's parts of a longer message, until and after the others have come.

    `whole` is the record that came first of the same text.
    """

    __tablename__ = "message_part"
    __table_args__ = (sa.Index("ix_message_part_reference", "contact_point_id", "reference"),)

    record_id: UUID = Field(foreign_key="record.id", primary_key=True)
    contact_point_id: UUID = Field(foreign_key="contact_point.id")
    reference: str = Field(max_length=60)
    part: int
    parts: int
    whole: UUID = Field(foreign_key="record.id", index=True)
    comment_id: UUID | None = Field(default=None, foreign_key="comment.id", index=True)
    received_at: datetime = Field(sa_type=Moment)


class JoiningRow(SQLModel, table=True):
    """A record joined to a comment as one more piece of the same thought, or parted from it again.

    `text` is the comment's whole working text from then on; a comment's words
    change to no other. Append-only: the newest row of a record holds.
    """

    __tablename__ = "joining"
    __table_args__ = (sa.Index("ix_joining_comment", "comment_id", "at"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    comment_id: UUID = Field(foreign_key="comment.id")
    record_id: UUID = Field(foreign_key="record.id", index=True)
    place: int
    joined: bool
    words: str
    text: str
    by: str = Field(default="", max_length=64)
    at: datetime = Field(sa_type=Moment)


class ThreadRow(SQLModel, table=True):
    """Who looks after a conversation, and up to when a person has read it."""

    __tablename__ = "thread"

    participant_id: UUID = Field(foreign_key="participant.id", primary_key=True)
    person_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    note: str = Field(default="", max_length=1000)
    read_at: datetime | None = Field(default=None, sa_type=Moment)
    changed_at: datetime = Field(sa_type=Moment)


class WordingRow(SQLModel, table=True):
    """A wording the committee has approved for answers by text message, per language."""

    __tablename__ = "approved_wording"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    title: str = Field(max_length=120)
    words: dict[str, Any] = Field(sa_type=Plain)
    approved_by: UUID | None = Field(default=None, foreign_key="person.id")
    approved_at: datetime = Field(sa_type=Moment)
    retired_at: datetime | None = Field(default=None, sa_type=Moment)


class ConcernState(StrEnum):
    """What a person has made of a flagged message."""

    OPEN = "open"
    HANDLED = "handled"
    MISTAKEN = "mistaken"


class ConcernRow(SQLModel, table=True):
    """A message that may tell of danger, violence or a child at risk, before a named person."""

    __tablename__ = "concern"
    __table_args__ = (sa.UniqueConstraint("record_id", "kind"), sa.Index("ix_concern_state", "state"))

    id: UUID = Field(default_factory=new_id, primary_key=True)
    record_id: UUID = Field(foreign_key="record.id")
    participant_id: UUID | None = Field(default=None, foreign_key="participant.id", index=True)
    round_id: UUID | None = Field(default=None, foreign_key="round.id")
    kind: str = Field(max_length=40)
    words: list[Any] = Field(default_factory=list, sa_type=Plain)
    person_id: UUID | None = Field(default=None, foreign_key="person.id")
    state: ConcernState = Field(default=ConcernState.OPEN, sa_type=choice(ConcernState, "state"))
    note: str = ""
    raised_at: datetime = Field(sa_type=Moment)
    settled_at: datetime | None = Field(default=None, sa_type=Moment)
    settled_by: str = Field(default="", max_length=64)


class CareRow(SQLModel, table=True):
    """Who is told of concerns of a round, and the local procedure in writing."""

    __tablename__ = "care"

    round_id: UUID = Field(foreign_key="round.id", primary_key=True)
    person_id: UUID | None = Field(default=None, foreign_key="person.id")
    procedure: str = ""
    changed_at: datetime = Field(sa_type=Moment)


class RedactionRow(SQLModel, table=True):
    """What a person decided to hide from a comment before it is public: stretches of its text."""

    __tablename__ = "redaction"

    comment_id: UUID = Field(foreign_key="comment.id", primary_key=True)
    spans: list[Any] = Field(default_factory=list, sa_type=Plain)
    text_hash: str = Field(max_length=64)
    by: str = Field(max_length=64)
    at: datetime = Field(sa_type=Moment)
