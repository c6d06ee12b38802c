"""Rows of comments: the words (immutable), their standing (derived), their links and themes."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from consult.tables.columns import Sealed
from consult.tables.intake import Channel
from standards.columns import Moment, Plain, choice
from standards.identity import new_id


class Ability(StrEnum):
    """Whether the commenter's group can do what a clause asks."""

    CAN = "can"
    WITH_HELP = "with_help"
    CANNOT = "cannot"


class Placement(StrEnum):
    """Where a comment stands: the right-hand side of the second sum."""

    LINKED = "linked"
    GENERAL = "general"
    QUEUED = "queued"
    ERASED = "erased"


class LinkKind(StrEnum):
    """Who tied a comment to a clause, and how sure that is."""

    EXPLICIT = "explicit"
    ASKED = "asked"
    SUGGESTED = "suggested"
    CONFIRMED = "confirmed"


class CommentRow(SQLModel, table=True):
    """What someone said, in their words and language; only a recorded erasure changes it.

    `text` is the working text: number-like strings and names are masked. The
    original lies in the record's payload.
    """

    __tablename__ = "comment"
    __table_args__ = (
        sa.UniqueConstraint("record_id", "part"),
        sa.Index("ix_comment_round_received", "round_id", "received_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    round_id: UUID = Field(foreign_key="round.id")
    record_id: UUID = Field(foreign_key="record.id")
    part: int = 0
    participant_id: UUID | None = Field(default=None, foreign_key="participant.id", index=True)
    channel: Channel = Field(sa_type=choice(Channel, "channel"))
    language: str = Field(default="", max_length=20)
    text: str
    quote: str = ""
    proposal: str = ""
    ability: Ability | None = Field(default=None, sa_type=choice(Ability, "ability"))
    cost: str = ""
    obstacle: str = ""
    benefit: str = ""
    author: str | None = Field(default=None, sa_type=Sealed("comment.author"))
    group_id: UUID | None = Field(default=None, foreign_key="stakeholder_group.id")
    region: str = Field(default="", max_length=100)
    asked_clause_id: UUID | None = Field(default=None, foreign_key="clause.id")
    public: bool = False
    confidential: bool = False
    late: bool = False
    receipt: str = Field(max_length=20, unique=True)
    secret_hash: str | None = None
    external_id: str = Field(default="", max_length=200)
    received_at: datetime = Field(sa_type=Moment)
    erased_at: datetime | None = Field(default=None, sa_type=Moment)


class StandingRow(SQLModel, table=True):
    """Where a comment stands in the work; derived from its links, theme and dispositions.

    `timing` is what a person decided of a late one: that it counts as `in-time`, or stays
    `late`; empty until then.
    """

    __tablename__ = "standing"
    __table_args__ = (
        sa.Index("ix_standing_queue", "round_id", "placement", "comment_id"),
        sa.Index("ix_standing_round_channel", "round_id", "channel", "placement"),
        sa.Index("ix_standing_theme", "theme_id"),
        sa.Index("ix_standing_decided", "round_id", "disposition_id"),
    )

    comment_id: UUID = Field(foreign_key="comment.id", primary_key=True)
    round_id: UUID = Field(foreign_key="round.id")
    channel: Channel = Field(sa_type=choice(Channel, "channel"))
    placement: Placement = Field(default=Placement.QUEUED, sa_type=choice(Placement, "placement"))
    held: str = Field(default="", max_length=60)
    hidden: str = Field(default="", max_length=500)
    theme_id: UUID | None = Field(default=None, foreign_key="theme.id")
    disposition_id: UUID | None = Field(default=None, foreign_key="disposition.id")
    outcome: str | None = Field(default=None, max_length=32)
    timing: str = Field(default="", max_length=10, sa_column_kwargs={"server_default": ""})


class LinkRow(SQLModel, table=True):
    """The tie from a comment to a clause of a version; `clause_id` empty means the whole document.

    On a local text `part` says whether it speaks of the `base` or the `local` part.
    A link that no longer holds is ended, never removed.
    """

    __tablename__ = "link"
    __table_args__ = (
        sa.Index("ix_link_comment", "comment_id"),
        sa.Index("ix_link_clause", "clause_id", "version_id", "ended_at"),
        sa.Index(
            "uq_link_live",
            "comment_id",
            "clause_id",
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    comment_id: UUID = Field(foreign_key="comment.id")
    version_id: UUID = Field(foreign_key="version.id")
    clause_id: UUID | None = Field(default=None, foreign_key="clause.id")
    kind: LinkKind = Field(sa_type=choice(LinkKind, "kind"))
    quote: str = ""
    part: str = Field(default="", max_length=10, sa_column_kwargs={"server_default": ""})
    span_start: int | None = None
    span_end: int | None = None
    score: float | None = None
    why: list[Any] = Field(default_factory=list, sa_type=Plain)
    by: str = Field(default="", max_length=64)
    at: datetime = Field(sa_type=Moment)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)
    ended_by: str = Field(default="", max_length=64)


class ThemeRow(SQLModel, table=True):
    """A reversible grouping of comments that say the same thing."""

    __tablename__ = "theme"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    round_id: UUID = Field(foreign_key="round.id", index=True)
    clause_id: UUID | None = Field(default=None, foreign_key="clause.id")
    title: str = Field(max_length=300)
    created_at: datetime = Field(sa_type=Moment)


class TallyRow(SQLModel, table=True):
    """How many comments a clause of a version has, by channel; kept in the commit that links a comment."""

    __tablename__ = "tally"

    version_id: UUID = Field(foreign_key="version.id", primary_key=True)
    clause_id: UUID = Field(foreign_key="clause.id", primary_key=True)
    channel: Channel = Field(primary_key=True, sa_type=choice(Channel, "channel"))
    comments: int
