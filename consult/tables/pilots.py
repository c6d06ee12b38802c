"""Rows of pilots: field trials of a version's clauses, and what was found clause by clause."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from consult.tables.comments import Ability
from standards.columns import Moment, choice
from standards.identity import new_id


class Met(StrEnum):
    """Whether a clause was met at a site."""

    MET = "met"
    PARTLY = "partly"
    NOT_MET = "not-met"
    NOT_APPLICABLE = "not-applicable"


class PilotRow(SQLModel, table=True):
    """One field trial: which version was tried, where (a district at most), with which producers.

    `file_hash` is the SHA-256 of the answers as they came back, so that the same
    file brought twice changes nothing.
    """

    __tablename__ = "pilot"
    __table_args__ = (sa.UniqueConstraint("version_id", "file_hash"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version_id: UUID = Field(foreign_key="version.id", index=True)
    title: str = Field(max_length=300)
    region: str = Field(default="", max_length=100)
    producer: str = Field(default="", max_length=60)
    stage: str = Field(default="", max_length=40)
    mineral: str = Field(default="", max_length=60)
    held_on: str = Field(default="", max_length=10)
    file_hash: str = Field(max_length=64)
    respondents: int = 0
    by: str = Field(max_length=64)
    at: datetime = Field(sa_type=Moment)


class PilotFindingRow(SQLModel, table=True):
    """What one respondent of a pilot said about one clause.

    `photo` is the entity of a photograph from the field that shows it.
    """

    __tablename__ = "pilot_finding"
    __table_args__ = (sa.Index("ix_pilot_finding_clause", "clause_id"),)

    pilot_id: UUID = Field(foreign_key="pilot.id", primary_key=True)
    respondent: str = Field(primary_key=True, max_length=80)
    clause_id: UUID = Field(foreign_key="clause.id", primary_key=True)
    met: Met = Field(sa_type=choice(Met, "met"))
    producer: str = Field(default="", max_length=60)
    group_id: UUID | None = Field(default=None, foreign_key="stakeholder_group.id")
    ability: Ability | None = Field(default=None, sa_type=choice(Ability, "ability"))
    evidence: str = ""
    cost: str = ""
    obstacle: str = ""
    benefit: str = ""
    note: str = ""
    photo: str = Field(default="", max_length=120, sa_column_kwargs={"server_default": ""})
