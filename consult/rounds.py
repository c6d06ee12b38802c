"""Rounds: periods of consultation on one frozen version.

Between rounds nothing is open; a round opens and closes at moments in its own
time zone, or earlier when the secretary closes it by hand.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

import sqlalchemy as sa
from pydantic import BaseModel, Field, field_validator, model_validator
from sqlmodel import Session, select

from consult.errors import BarazaError, NotFound
from consult.tables.comments import Placement, StandingRow
from consult.tables.intake import Channel
from consult.tables.rounds import CodeRow, GoalRow, GroupRow, QuestionRow, RoundRow
from standards import store
from standards.tables import StandardRow, VersionRow
from standards.versions import SLUG, StillADraft

LANGUAGES = ("en", "fr", "es", "pt", "sw")


class RoundStillOpen(BarazaError):
    """A decision was tried while comments may still arrive."""

    def __init__(self, round_: RoundRow) -> None:
        super().__init__(
            f"The round “{round_.title}” is still open. Decide when it has closed, "
            "so that nobody who is still to speak meets a decision already made."
        )
        self.round = round_


class RoundExists(BarazaError):
    """Another round has this slug."""


class Question(BaseModel):
    """A question on a clause (None: on the whole), its words per language."""

    clause_id: UUID | None = None
    words: dict[str, str]


class NewRound(BaseModel):
    """What must be known to open a round."""

    slug: str = Field(min_length=1, max_length=80)
    title: str = Field(min_length=1, max_length=300)
    purpose: str = ""
    summary: str = ""
    languages: tuple[str, ...] = Field(default=("en",), min_length=1)
    channels: tuple[Channel, ...] = Field(
        default=(Channel.WEB, Channel.SMS, Channel.WORKSHOP, Channel.DOCUMENT, Channel.EMAIL), min_length=1
    )
    join_words: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    time_zone: str = "UTC"
    opens_at: datetime
    closes_at: datetime
    questions: tuple[Question, ...] = ()
    goals: dict[str, int] = Field(default_factory=dict)

    @field_validator("slug")
    @classmethod
    def _plain_slug(cls, slug: str) -> str:
        if not SLUG.fullmatch(slug):
            raise ValueError("Use small letters, digits and hyphens, such as gold-2026.")
        return slug

    @field_validator("languages")
    @classmethod
    def _known_languages(cls, languages: tuple[str, ...]) -> tuple[str, ...]:
        for language in languages:
            if not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", language):
                raise ValueError(f"“{language}” is not a language code such as en or sw.")
        return languages

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError(f"There is no time zone {name}. Give one such as Africa/Dar_es_Salaam.")
        return name

    @model_validator(mode="after")
    def _closes_after_opening(self) -> "NewRound":
        zone = ZoneInfo(self.time_zone)
        # Moments without a zone were read off a clock in the round's own zone.
        if self.opens_at.tzinfo is None:
            object.__setattr__(self, "opens_at", self.opens_at.replace(tzinfo=zone))
        if self.closes_at.tzinfo is None:
            object.__setattr__(self, "closes_at", self.closes_at.replace(tzinfo=zone))
        if self.closes_at <= self.opens_at:
            raise ValueError("The round closes before it opens. Give a closing moment after the opening.")
        return self


def open_round(session: Session, version: VersionRow, wanted: NewRound, *, now: datetime) -> RoundRow:
    """Announce a round on a frozen version and deal the clause codes for text messages.

    Raises StillADraft, RoundExists, NotFound for a goal of an unknown group.
    """
    if version.content_hash is None:
        raise StillADraft(version)
    if session.exec(select(RoundRow.id).where(RoundRow.slug == wanted.slug)).first():
        raise RoundExists(f"There is already a round called “{wanted.slug}”. Choose another short name.")
    round_ = RoundRow(
        version_id=version.id,
        created_at=now,
        languages=list(wanted.languages),
        channels=[channel.value for channel in wanted.channels],
        join_words={language: list(words) for language, words in wanted.join_words.items()},
        **wanted.model_dump(
            include={"slug", "title", "purpose", "summary", "time_zone", "opens_at", "closes_at"}
        ),
    )
    session.add(round_)
    session.flush()
    set_questions(session, round_, wanted.questions)
    set_goals(session, round_, wanted.goals)
    _deal_codes(session, round_, version)
    return round_


def _deal_codes(session: Session, round_: RoundRow, version: VersionRow) -> None:
    document = store.load(session, version)
    codes = [
        {"round_id": round_.id, "clause_id": clause.id, "code": code}
        for code, clause in enumerate(document, start=10)
    ]
    if codes:
        session.execute(sa.insert(CodeRow), codes)


def set_questions(session: Session, round_: RoundRow, questions: Sequence[Question]) -> None:
    """Replace the questions of a round."""
    session.execute(sa.delete(QuestionRow).where(QuestionRow.round_id == round_.id))  # type: ignore[arg-type]
    for position, question in enumerate(questions):
        session.add(
            QuestionRow(
                round_id=round_.id, clause_id=question.clause_id, position=position, words=question.words
            )
        )
    session.flush()


def set_goals(session: Session, round_: RoundRow, goals: Mapping[str, int]) -> None:
    """Replace the participation goals of a round; keys are stakeholder groups' keys."""
    session.execute(sa.delete(GoalRow).where(GoalRow.round_id == round_.id))  # type: ignore[arg-type]
    for key, goal in goals.items():
        session.add(GoalRow(round_id=round_.id, group_id=group_called(session, key).id, goal=goal))
    session.flush()


def close(session: Session, round_: RoundRow, *, now: datetime) -> None:
    """Close a round by hand, before its time. Closing twice changes nothing."""
    if round_.closed_at is None and is_open(round_, now):
        round_.closed_at = now
        session.add(round_)


def is_open(round_: RoundRow, now: datetime) -> bool:
    """Whether comments are taken at this moment."""
    return round_.closed_at is None and round_.opens_at <= now < round_.closes_at


def has_closed(round_: RoundRow, now: datetime) -> bool:
    """Whether no more comments will come."""
    return round_.closed_at is not None or now >= round_.closes_at


def round_called(session: Session, slug: str) -> RoundRow:
    """The round of this slug. Raises NotFound."""
    row = session.exec(select(RoundRow).where(RoundRow.slug == slug)).first()
    if row is None:
        raise NotFound(f"There is no round called “{slug}”.")
    return row


def open_rounds(session: Session, now: datetime) -> list[RoundRow]:
    """Rounds that take comments at this moment, the one that closes first at the front."""
    rows = session.exec(
        select(RoundRow)
        .where(RoundRow.opens_at <= now, RoundRow.closes_at > now, RoundRow.closed_at.is_(None))  # type: ignore[union-attr]
        .order_by(RoundRow.closes_at, RoundRow.id)  # type: ignore[arg-type]
    ).all()
    return list(rows)


def rounds_on(session: Session, version: VersionRow) -> list[RoundRow]:
    """All rounds held on a version, oldest first."""
    return list(
        session.exec(
            select(RoundRow).where(RoundRow.version_id == version.id).order_by(RoundRow.opens_at)  # type: ignore[arg-type]
        ).all()
    )


def version_of(session: Session, round_: RoundRow) -> tuple[StandardRow, VersionRow]:
    """The standard and version a round is about."""
    version = session.get_one(VersionRow, round_.version_id)
    return session.get_one(StandardRow, version.standard_id), version


def questions_of(session: Session, round_: RoundRow) -> list[QuestionRow]:
    """The questions of a round, in order."""
    return list(
        session.exec(
            select(QuestionRow).where(QuestionRow.round_id == round_.id).order_by(QuestionRow.position)  # type: ignore[arg-type]
        ).all()
    )


def codes_of(session: Session, round_: RoundRow) -> dict[UUID, int]:
    """The text-message code of each clause."""
    rows = session.exec(select(CodeRow).where(CodeRow.round_id == round_.id)).all()
    return {row.clause_id: row.code for row in rows}


def groups(session: Session) -> list[GroupRow]:
    """All stakeholder groups, in order."""
    return list(session.exec(select(GroupRow).order_by(GroupRow.position, GroupRow.key)).all())  # type: ignore[arg-type]


def group_called(session: Session, key: str) -> GroupRow:
    """The stakeholder group of this key. Raises NotFound."""
    row = session.exec(select(GroupRow).where(GroupRow.key == key)).first()
    if row is None:
        raise NotFound(f"There is no stakeholder group “{key}”.")
    return row


def keep_group(session: Session, key: str, labels: Mapping[str, str], position: int = 0) -> GroupRow:
    """Add a stakeholder group, or give it other labels."""
    row = session.exec(select(GroupRow).where(GroupRow.key == key)).first() or GroupRow(key=key, labels={})
    row.labels, row.position = dict(labels), position
    session.add(row)
    session.flush()
    return row


def goals_of(session: Session, round_: RoundRow) -> dict[UUID, int]:
    """How many people of each group (by id) should take part."""
    rows = session.exec(select(GoalRow).where(GoalRow.round_id == round_.id)).all()
    return {row.group_id: row.goal for row in rows}


def placements(session: Session, round_: RoundRow) -> dict[Placement, int]:
    """How many comments stand where: the second sum of this round."""
    rows = session.connection().execute(
        sa.select(StandingRow.placement, sa.func.count())  # type: ignore[call-overload]
        .where(StandingRow.round_id == round_.id)
        .group_by(StandingRow.placement)
    )
    found = dict.fromkeys(Placement, 0)
    found.update((placement, count) for placement, count in rows)
    return found
