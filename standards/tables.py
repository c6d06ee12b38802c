"""Rows of the document core.

Clause texts are immutable and named by their hash. An outline says which text
each clause of a version has and where it stands. Triggers (see the first
migration) refuse every change to a frozen version's outline, to any clause
text, to the record of edits, and to a frozen version's own label and hash.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from standards.columns import Moment, Plain, choice, save_in_order
from standards.document import Grade, Level, Modality, Scheme
from standards.identity import new_id
from standards.lineage import Relation
from standards.operations import Op
from standards.recognition import Verdict


class Status(StrEnum):
    """Where a version stands in its life; only a draft changes."""

    DRAFT = "draft"
    CONSULTATION = "consultation"
    DECIDED = "decided"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class EditKind(StrEnum):
    """What an editor did to a clause."""

    IMPORT = "import"
    ADD = "add"
    EDIT = "edit"
    MOVE = "move"
    SPLIT = "split"
    MERGE = "merge"
    WITHDRAW = "withdraw"
    RESTORE = "restore"


class LineageState(StrEnum):
    """Whether a step of lineage was recorded as it happened, or found afterwards."""

    RECORDED = "recorded"
    SUGGESTED = "suggested"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


class Wording(StrEnum):
    """Which wording of a clause a translation gives."""

    FULL = "full"
    PLAIN = "plain"
    SMS = "sms"


class StandardRow(SQLModel, table=True):
    """A standard across all its versions."""

    __tablename__ = "standard"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    slug: str = Field(max_length=80, unique=True)
    title: str = Field(max_length=300)
    lead: str = Field(default="", max_length=1000)
    language: str = Field(max_length=20)
    scheme: Scheme = Field(sa_type=choice(Scheme, "scheme"))
    owner: str = Field(default="", max_length=300)
    created_at: datetime = Field(sa_type=Moment)


class VersionRow(SQLModel, table=True):
    """One text of a standard; once `content_hash` is set its content never changes."""

    __tablename__ = "version"
    __table_args__ = (sa.UniqueConstraint("standard_id", "label"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    standard_id: UUID = Field(foreign_key="standard.id", index=True)
    label: str = Field(max_length=40)
    status: Status = Field(default=Status.DRAFT, sa_type=choice(Status, "status"))
    based_on_id: UUID | None = Field(default=None, foreign_key="version.id")
    content_hash: str | None = Field(default=None, max_length=64)
    change_note: str = Field(default="")
    created_at: datetime = Field(sa_type=Moment)
    frozen_at: datetime | None = Field(default=None, sa_type=Moment)
    published_at: datetime | None = Field(default=None, sa_type=Moment)


class ClauseRow(SQLModel, table=True):
    """The permanent identity of a clause."""

    __tablename__ = "clause"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    standard_id: UUID = Field(foreign_key="standard.id", index=True)
    anchor: str = Field(default="", max_length=200)
    created_at: datetime = Field(sa_type=Moment)


class ClauseTextRow(SQLModel, table=True):
    """Immutable content of a clause, under the hash of that content."""

    __tablename__ = "clause_text"

    hash: str = Field(primary_key=True, max_length=64)
    heading: str
    body: str
    level: Level = Field(sa_type=choice(Level, "level"))
    modality: Modality = Field(sa_type=choice(Modality, "modality"))
    grade: Grade = Field(sa_type=choice(Grade, "grade"))
    declared_number: str = Field(default="", max_length=60)
    attributes: dict[str, Any] = Field(default_factory=dict, sa_type=Plain)
    parameters: list[dict[str, Any]] = Field(default_factory=list, sa_type=Plain)


class ClauseHtmlRow(SQLModel, table=True):
    """The safe HTML of a clause text by one version of the renderer; can always be made again."""

    __tablename__ = "clause_html"

    text_hash: str = Field(foreign_key="clause_text.hash", primary_key=True, max_length=64)
    renderer: str = Field(primary_key=True, max_length=40)
    html: str


class OutlineRow(SQLModel, table=True):
    """That a clause stands in a version: with which text, under which parent, in which place."""

    __tablename__ = "outline"

    version_id: UUID = Field(foreign_key="version.id", primary_key=True)
    clause_id: UUID = Field(foreign_key="clause.id", primary_key=True)
    text_hash: str = Field(foreign_key="clause_text.hash", max_length=64)
    parent_id: UUID | None = Field(default=None, foreign_key="clause.id")
    position: int
    number: str = Field(default="", max_length=60)


class EditRow(SQLModel, table=True):
    """What was done to a clause in a draft: who, when, why; the clause's history."""

    __tablename__ = "edit"
    __table_args__ = (
        sa.Index("ix_edit_clause", "clause_id", "at"),
        sa.Index("ix_edit_version", "version_id", "at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version_id: UUID = Field(foreign_key="version.id")
    clause_id: UUID = Field(foreign_key="clause.id")
    kind: EditKind = Field(sa_type=choice(EditKind, "kind"))
    before_hash: str | None = Field(default=None, foreign_key="clause_text.hash", max_length=64)
    after_hash: str | None = Field(default=None, foreign_key="clause_text.hash", max_length=64)
    parent_id: UUID | None = None
    position: int | None = None
    reason: str = ""
    by: str = Field(max_length=64)
    at: datetime = Field(sa_type=Moment)


class LineageRow(SQLModel, table=True):
    """What became of a clause between a version and the draft made from it."""

    __tablename__ = "lineage"
    __table_args__ = (sa.Index("ix_lineage_versions", "from_version_id", "to_version_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    from_version_id: UUID = Field(foreign_key="version.id")
    to_version_id: UUID = Field(foreign_key="version.id")
    relation: Relation = Field(sa_type=choice(Relation, "relation"))
    from_clause_id: UUID | None = Field(default=None, foreign_key="clause.id", index=True)
    to_clause_id: UUID | None = Field(default=None, foreign_key="clause.id", index=True)
    state: LineageState = Field(sa_type=choice(LineageState, "state"))
    score: float | None = None
    reason: str = ""
    by: str = Field(default="", max_length=64)
    at: datetime = Field(sa_type=Moment)


class TranslationRow(SQLModel, table=True):
    """A wording of a clause in a language, pinned to the source it was made from."""

    __tablename__ = "translation"
    __table_args__ = (sa.UniqueConstraint("clause_id", "language", "wording"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    clause_id: UUID = Field(foreign_key="clause.id")
    language: str = Field(max_length=20)
    wording: Wording = Field(sa_type=choice(Wording, "wording"))
    heading: str = ""
    words: str
    source_hash: str = Field(foreign_key="clause_text.hash", max_length=64)
    by: str = Field(default="", max_length=64)
    at: datetime = Field(sa_type=Moment)


class OverlayRow(SQLModel, table=True):
    """A local interpretation across all its versions; its own text is a standard too, `text_standard_id`.

    `scope` says for which country, region, mineral and producer types it speaks;
    `regions` are the districts by which comments on the base are told to be local.
    """

    __tablename__ = "overlay"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    slug: str = Field(max_length=80, unique=True)
    title: str = Field(max_length=300)
    standard_id: UUID = Field(foreign_key="standard.id", index=True)
    text_standard_id: UUID = Field(foreign_key="standard.id", unique=True)
    parent_id: UUID | None = Field(default=None, foreign_key="overlay.id")
    scope: dict[str, Any] = Field(default_factory=dict, sa_type=Plain)
    regions: list[str] = Field(default_factory=list, sa_type=Plain)
    created_at: datetime = Field(sa_type=Moment)


class OverlayVersionRow(SQLModel, table=True):
    """One state of an overlay on a pinned base; once `content_hash` is set its operations never change.

    `text_id` is the resolved text as a frozen version, on which rounds are held.
    """

    __tablename__ = "overlay_version"
    __table_args__ = (sa.UniqueConstraint("overlay_id", "label"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    overlay_id: UUID = Field(foreign_key="overlay.id", index=True)
    label: str = Field(max_length=40)
    status: Status = Field(default=Status.DRAFT, sa_type=choice(Status, "status"))
    base_id: UUID = Field(foreign_key="version.id", index=True)
    parent_id: UUID | None = Field(default=None, foreign_key="overlay_version.id")
    based_on_id: UUID | None = Field(default=None, foreign_key="overlay_version.id")
    text_id: UUID | None = Field(default=None, foreign_key="version.id")
    content_hash: str | None = Field(default=None, max_length=64)
    transition_until: str = Field(default="", max_length=10)
    created_at: datetime = Field(sa_type=Moment)
    frozen_at: datetime | None = Field(default=None, sa_type=Moment)
    published_at: datetime | None = Field(default=None, sa_type=Moment)


class OperationRow(SQLModel, table=True):
    """One operation of an overlay version: `content` is its whole form as in the file.

    `state` is what the last move of the base made of it; while `waiting` holds
    a sentence, the operation waits for a person and blocks publication.
    """

    __tablename__ = "operation"
    __table_args__ = (sa.Index("ix_operation_place", "overlay_version_id", "clause_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    overlay_version_id: UUID = Field(foreign_key="overlay_version.id")
    clause_id: UUID = Field(foreign_key="clause.id")
    op: Op = Field(sa_type=choice(Op, "op"))
    field: str = Field(default="", max_length=100)
    content: dict[str, Any] = Field(sa_type=Plain)
    state: str = Field(default="", max_length=20)
    waiting: str = ""
    by: str = Field(max_length=64)
    at: datetime = Field(sa_type=Moment)


class CrosswalkRow(SQLModel, table=True):
    """How far meeting our pinned clause meets a pinned clause of another standard: one directed edge.

    The requirement and its assurance are judged apart. The hashes are those of
    both clauses' texts when the edge was judged.
    """

    __tablename__ = "crosswalk"
    __table_args__ = (
        sa.UniqueConstraint(
            "from_version_id", "from_clause_id", "to_version_id", "to_clause_id", name="uq_crosswalk_edge"
        ),
        sa.Index("ix_crosswalk_to", "to_version_id", "to_clause_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    from_version_id: UUID = Field(foreign_key="version.id")
    from_clause_id: UUID = Field(foreign_key="clause.id")
    from_hash: str = Field(max_length=64)
    to_version_id: UUID = Field(foreign_key="version.id")
    to_clause_id: UUID = Field(foreign_key="clause.id")
    to_hash: str = Field(max_length=64)
    requirement: Verdict = Field(default=Verdict.UNREVIEWED, sa_type=choice(Verdict, "requirement"))
    assurance: Verdict = Field(default=Verdict.UNREVIEWED, sa_type=choice(Verdict, "assurance"))
    gap: str = ""
    evidence: str = ""
    score: float | None = None
    reviewers: list[str] = Field(default_factory=list, sa_type=Plain)
    reviewed_on: str = Field(default="", max_length=10)
    expires_on: str = Field(default="", max_length=10)
    by: str = Field(max_length=64)
    at: datetime = Field(sa_type=Moment)


save_in_order()
