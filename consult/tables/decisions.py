"""Rows of what the committee decided and what commenters were told."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from standards.columns import Moment, choice
from standards.identity import new_id


class DispositionOutcome(StrEnum):
    """The committee's decision on a comment."""

    ACCEPTED = "accepted"
    IN_PART = "in-part"
    NOTED = "noted"
    DECLINED = "declined"
    OUT_OF_SCOPE = "out-of-scope"
    NEXT_REVISION = "next-revision"


class DispositionRow(SQLModel, table=True):
    """One decision on one comment, with its reason; the newest is the one that holds.

    `change_*` points to the clause's new text that carries an accepted point;
    `exception` is the written reason why none does.
    """

    __tablename__ = "disposition"
    __table_args__ = (
        sa.Index("ix_disposition_comment", "comment_id", "decided_at"),
        sa.Index("ix_disposition_change", "change_clause_id", "change_version_id"),
        sa.CheckConstraint("length(reason) > 0", "has_reason"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    comment_id: UUID = Field(foreign_key="comment.id")
    outcome: DispositionOutcome = Field(sa_type=choice(DispositionOutcome, "outcome"))
    reason: str
    answer: str = ""
    change_version_id: UUID | None = Field(default=None, foreign_key="version.id")
    change_clause_id: UUID | None = Field(default=None, foreign_key="clause.id")
    exception: str = ""
    decided_by: str = Field(max_length=64)
    decided_at: datetime = Field(sa_type=Moment)


class AnswerRow(SQLModel, table=True):
    """The reason in plain words as it was given to the commenter, once per disposition."""

    __tablename__ = "answer"
    __table_args__ = (sa.UniqueConstraint("disposition_id"), sa.Index("ix_answer_comment", "comment_id"))

    id: UUID = Field(default_factory=new_id, primary_key=True)
    disposition_id: UUID = Field(foreign_key="disposition.id")
    comment_id: UUID = Field(foreign_key="comment.id")
    language: str = Field(max_length=20)
    words: str
    channel: str = Field(max_length=32)
    message_id: UUID | None = Field(default=None, foreign_key="message.id", index=True)
    given_at: datetime = Field(sa_type=Moment)
    satisfied: bool | None = None
    satisfied_at: datetime | None = Field(default=None, sa_type=Moment)
