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


class WorkshopKind(StrEnum):
    """What people met for."""

    MEETING = "meeting"
    TRIAL = "trial"


class WorkshopRow(SQLModel, table=True):
    """A face-to-face meeting, or a field trial at a site, on a round's version.

    `prompts` holds per clause of the agenda {"minutes": n, "words": {language: prompt}}
    and, where dots are to be placed, "vote": {"question": {language: words}, "options":
    [words], "dots": n}. It begins at `begins` (`14:00`, "" unsaid) and people stay for
    `minutes` (0 unsaid); `seats` how many people of each category should come; `trial` what a field trial
    tries: {"title", "producer", "stage", "mineral"}. `audio_kept` says until when
    recordings are kept, see `RecordingRow.kept`. `stale_since` is set while operations
    have come of which nothing was derived yet.
    """

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
    kind: WorkshopKind = Field(
        default=WorkshopKind.MEETING,
        sa_type=choice(WorkshopKind, "kind"),
        sa_column_kwargs={"server_default": "meeting"},
    )
    version_id: UUID | None = Field(default=None, foreign_key="version.id")
    prompts: dict[str, Any] = Field(
        default_factory=dict, sa_type=Plain, sa_column_kwargs={"server_default": "{}"}
    )
    seats: dict[str, Any] = Field(
        default_factory=dict, sa_type=Plain, sa_column_kwargs={"server_default": "{}"}
    )
    trial: dict[str, Any] = Field(
        default_factory=dict, sa_type=Plain, sa_column_kwargs={"server_default": "{}"}
    )
    audio_kept: str = Field(
        default="verified", max_length=20, sa_column_kwargs={"server_default": "verified"}
    )
    begins: str = Field(default="", max_length=5, sa_column_kwargs={"server_default": ""})
    minutes: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    finished_at: datetime | None = Field(default=None, sa_type=Moment)
    stale_since: datetime | None = Field(default=None, sa_type=Moment)


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
    bands: dict[str, Any] = Field(
        default_factory=dict, sa_type=Plain, sa_column_kwargs={"server_default": "{}"}
    )
    """Counts by age band, where somebody counted: {"under-18", "18-35", "36-60", "over-60"}."""


class TranscriptRow(SQLModel, table=True):
    """A transcript brought in, or the notes of a workshop; the file itself is in the ledger.

    Notes from the field have no file (`record_id` is empty): each note has records of its own.
    `recording` is the entity of the recording it was written down from, which began
    `shift` seconds before the transcript's clock.
    """

    __tablename__ = "transcript"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    workshop_id: UUID = Field(foreign_key="workshop.id", index=True)
    record_id: UUID | None = Field(default=None, foreign_key="record.id", unique=True)
    name: str = Field(max_length=200)
    format: str = Field(max_length=40)
    problems: list[Any] = Field(default_factory=list, sa_type=Plain)
    created_at: datetime = Field(sa_type=Moment)
    recording: str = Field(default="", max_length=120, sa_column_kwargs={"server_default": ""})
    shift: float = Field(default=0, sa_column_kwargs={"server_default": "0"})


class UtteranceRow(SQLModel, table=True):
    """One stretch of speech. The speaker's name is encrypted; `speaker` is what the desk sees.

    A note from the field has `entity` (its id on the device) and `record_id` (where
    its words came first); `clauses` are the clauses named there, `said_at` the
    device's clock. `feeling` is `for`, `against` or `neither`; `marks` are among
    `cost`, `obstacle`, `proposal`; `read_back` says that the group heard the note and
    agreed. `attendee` is the entity of who said it, where that was noted; `recording`
    that of the recording that ran, of which `start` is then a second. `joined`
    says that it goes on from the utterance before it: both are worked on as one.
    """

    __tablename__ = "utterance"
    __table_args__ = (
        sa.UniqueConstraint("transcript_id", "position"),
        sa.Index("ix_utterance_state", "transcript_id", "state", "position"),
    )

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
    record_id: UUID | None = Field(default=None, foreign_key="record.id")
    entity: str = Field(default="", max_length=120, index=True, sa_column_kwargs={"server_default": ""})
    attendee: str = Field(default="", max_length=120, sa_column_kwargs={"server_default": ""})
    gender: str = Field(default="", max_length=20, sa_column_kwargs={"server_default": ""})
    language: str = Field(default="", max_length=20, sa_column_kwargs={"server_default": ""})
    feeling: str = Field(default="", max_length=20, sa_column_kwargs={"server_default": ""})
    marks: list[Any] = Field(default_factory=list, sa_type=Plain, sa_column_kwargs={"server_default": "[]"})
    clauses: list[Any] = Field(default_factory=list, sa_type=Plain, sa_column_kwargs={"server_default": "[]"})
    read_back: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    said_at: datetime | None = Field(default=None, sa_type=Moment)
    recording: str = Field(default="", max_length=120, sa_column_kwargs={"server_default": ""})
    joined: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})


class BenchActRow(SQLModel, table=True):
    """One act at the tagging bench, with what was before, so that it can be undone.

    `before` holds the utterances as they stood; it is emptied when a comment of
    theirs is erased.
    """

    __tablename__ = "bench_act"
    __table_args__ = (sa.Index("ix_bench_act_workshop", "workshop_id", "at"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    workshop_id: UUID = Field(foreign_key="workshop.id")
    utterance_id: UUID
    kind: str = Field(max_length=20)
    before: list[Any] = Field(default_factory=list, sa_type=Plain)
    by: str = Field(max_length=64)
    at: datetime = Field(sa_type=Moment)
    undone_at: datetime | None = Field(default=None, sa_type=Moment)


class UtteranceCorrectionRow(SQLModel, table=True):
    """Words of an utterance as they stood before somebody corrected them; the file stays as it came."""

    __tablename__ = "utterance_correction"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    utterance_id: UUID = Field(foreign_key="utterance.id", index=True)
    before: str
    after: str
    by: str = Field(max_length=64)
    at: datetime = Field(sa_type=Moment)


class BenchPlaceRow(SQLModel, table=True):
    """Where somebody works in the transcripts of a workshop, so that a colleague sees it."""

    __tablename__ = "bench_place"

    workshop_id: UUID = Field(foreign_key="workshop.id", primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", primary_key=True)
    utterance_id: UUID
    at: datetime = Field(sa_type=Moment)


class MinutesRow(SQLModel, table=True):
    """The minutes of a workshop as they were shown once; a later state is another row.

    `content` is the snapshot that pages and documents are made from. `shown` says
    how people heard it: `read-back` or `sent`, empty while it is only written.
    """

    __tablename__ = "minutes"
    __table_args__ = (sa.UniqueConstraint("workshop_id", "number"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    workshop_id: UUID = Field(foreign_key="workshop.id")
    number: int
    language: str = Field(max_length=20)
    content: dict[str, Any] = Field(sa_type=Plain)
    made_at: datetime = Field(sa_type=Moment)
    made_by: str = Field(max_length=64)
    shown: str = Field(default="", max_length=20)
    shown_at: datetime | None = Field(default=None, sa_type=Moment)
    shown_to: str = Field(default="", max_length=300)


class MinutesCorrectionRow(SQLModel, table=True):
    """What somebody who was there says of the minutes; the words lie in the ledger too.

    `utterance_id` is the utterance that it became, so that it goes the way of all voices.
    """

    __tablename__ = "minutes_correction"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    minutes_id: UUID = Field(foreign_key="minutes.id", index=True)
    record_id: UUID = Field(foreign_key="record.id", unique=True)
    utterance_id: UUID | None = Field(default=None, foreign_key="utterance.id")
    category: str = Field(default="", max_length=100)
    clause_id: UUID | None = Field(default=None, foreign_key="clause.id")
    about: str = Field(default="", max_length=120)
    words: str
    by: str = Field(max_length=64)
    at: datetime = Field(sa_type=Moment)
