"""Participation: who has taken part in a round, against the goals, and what of it may be shown.

People are counted, not comments: one participant counts once however often they
wrote, a comment without a participant counts as one person, and a workshop counts
those who attended it in place of the comments that came out of it.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult import rounds
from consult.tables.comments import CommentRow, StandingRow
from consult.tables.intake import Channel
from consult.tables.participants import ParticipantRow
from consult.tables.rounds import GroupRow, RoundRow
from consult.tables.workshops import AttendanceRow, TranscriptRow, WorkshopRow

SMALLEST = 5
"""Fewer people than this could be known by their neighbours."""

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Figure:
    """How many people of a group took part; `group` None gathers those who did not say."""

    group: GroupRow | None
    people: int
    goal: int | None

    @property
    def is_met(self) -> bool:
        """Whether the goal was reached; True without a goal."""
        return self.goal is None or self.people >= self.goal


@dataclass(frozen=True)
class Participation:
    """The figures of a round as they are; `kept_back` says which may not be published."""

    figures: tuple[Figure, ...]
    channels: Mapping[Channel, int]
    workshops: int

    @property
    def people(self) -> int:
        """Everyone who took part."""
        return sum(figure.people for figure in self.figures)

    @property
    def comments(self) -> int:
        """Everything that was said."""
        return sum(self.channels.values())

    def published(self) -> dict[UUID | None, int]:
        """People by group, without the cells that are kept back."""
        counts = {figure.group.id if figure.group else None: figure.people for figure in self.figures}
        hidden = kept_back(counts)
        return {key: count for key, count in counts.items() if key not in hidden}

    def published_channels(self) -> dict[Channel, int]:
        """Comments by channel, without the cells that are kept back."""
        used = {channel: count for channel, count in self.channels.items() if count}
        hidden = kept_back(used)
        return {channel: count for channel, count in used.items() if channel not in hidden}


def of(session: Session, round_: RoundRow) -> Participation:
    """Who has taken part so far; five statements, whatever the number of comments."""
    people = _people_by_group(session, round_)
    goals = rounds.goals_of(session, round_)
    named = rounds.groups(session)
    figures = [
        Figure(group, people.get(group.id, 0), goals.get(group.id))
        for group in named
        if group.id in goals or people.get(group.id)
    ]
    if people.get(None):
        figures.append(Figure(None, people[None], None))
    workshops = session.exec(
        select(sa.func.count())
        .select_from(WorkshopRow)
        .where(col(WorkshopRow.round_id) == round_.id, took_place())
    ).one()
    return Participation(tuple(figures), _by_channel(session, round_), int(workshops))


def took_place() -> sa.ColumnElement[bool]:
    """The condition that a workshop was held: somebody was counted, something written, or it was closed."""
    counted = sa.exists().where(col(AttendanceRow.workshop_id) == WorkshopRow.id)
    written = sa.exists().where(col(TranscriptRow.workshop_id) == WorkshopRow.id)
    return sa.or_(counted, written, col(WorkshopRow.finished_at).is_not(None))


def kept_back(counts: Mapping[K, int]) -> set[K]:
    """The cells that must not be shown beside their total.

    Every cell under five; and while what is hidden could be worked out from the
    total (one cell alone, or fewer than five people altogether), the smallest of
    the others too.
    """
    hidden = {key for key, count in counts.items() if count < SMALLEST}
    others = sorted((key for key in counts if key not in hidden), key=lambda key: (counts[key], str(key)))
    while hidden and others and (len(hidden) == 1 or sum(counts[key] for key in hidden) < SMALLEST):
        hidden.add(others.pop(0))
    return hidden


def _people_by_group(session: Session, round_: RoundRow) -> dict[UUID | None, int]:
    """People by the group they named on the comment, or once for all on joining."""
    group = sa.func.coalesce(CommentRow.group_id, ParticipantRow.group_id)
    person = sa.func.coalesce(CommentRow.participant_id, CommentRow.id)
    rows = session.connection().execute(
        sa.select(group, sa.func.count(sa.distinct(person)))
        .select_from(CommentRow)
        .join(StandingRow, col(StandingRow.comment_id) == CommentRow.id)
        .outerjoin(ParticipantRow, col(ParticipantRow.id) == CommentRow.participant_id)
        .where(
            col(CommentRow.round_id) == round_.id,
            col(CommentRow.channel) != Channel.WORKSHOP,
            col(CommentRow.erased_at).is_(None),
            # What looks like a robot's counts once somebody has let it in.
            col(StandingRow.held) == "",
        )
        .group_by(group)
    )
    found: dict[UUID | None, int] = {_as_id(key): int(count) for key, count in rows}
    attended = session.connection().execute(
        sa.select(AttendanceRow.group_id, sa.func.sum(AttendanceRow.people))  # type: ignore[call-overload]
        .join(WorkshopRow, col(WorkshopRow.id) == AttendanceRow.workshop_id)
        .where(col(WorkshopRow.round_id) == round_.id)
        .group_by(AttendanceRow.group_id)
    )
    for key, count in attended:
        found[key] = found.get(key, 0) + int(count or 0)
    return found


def _as_id(value: object) -> UUID | None:
    # A function over two columns gives the engine's own form of an id back.
    if value is None or isinstance(value, UUID):
        return value
    return UUID(str(value))


def _by_channel(session: Session, round_: RoundRow) -> dict[Channel, int]:
    rows = session.connection().execute(
        sa.select(StandingRow.channel, sa.func.count())  # type: ignore[call-overload]
        .where(col(StandingRow.round_id) == round_.id)
        .group_by(StandingRow.channel)
    )
    return {channel: int(count) for channel, count in rows}
