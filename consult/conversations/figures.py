"""Where people stop: how far those who joined a round's conversation have come, and what it costs.

People are counted once, by their language and group. What leaves the desk, or is
read by somebody who may not read what was given in confidence, shows no cell
that would tell of fewer than five people: neither of those who took a step, nor
of those who did not.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import IO, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult import rounds
from consult.channels import steps
from consult.channels.steps import Price
from consult.participation import kept_back
from consult.sheets.cells import write_csv
from consult.tables.comments import CommentRow
from consult.tables.conversations import MembershipRow
from consult.tables.intake import Channel
from consult.tables.messages import MessageRow, MessageState
from consult.tables.outgoing import AllowanceRow
from consult.tables.participants import ContactKind, ContactPointRow, ParticipantRow
from consult.tables.rounds import GroupRow, RoundRow

STEPS = ("joined", "language", "answered", "worded", "left")
"""The steps in order; `left` is no step on the way but its end."""
EVERYONE = "everyone"

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Steps:
    """How many people came to each step; None where that is kept back."""

    joined: int | None = 0
    language: int | None = 0
    answered: int | None = 0
    worded: int | None = 0
    left: int | None = 0

    def share(self, step: str) -> float:
        """How many of a hundred who joined came to a step; 0 where either is kept back."""
        count = getattr(self, step)
        return 100 * count / self.joined if count and self.joined else 0.0


@dataclass(frozen=True)
class Cost:
    """What a round's text messages have cost so far, in segments and, where priced, in money."""

    spent: int
    limit: int | None
    comments: int
    people: int
    price: Price | None

    @property
    def share(self) -> float:
        """How much of a hundred of the limit is spent; 0 without one."""
        return 100 * self.spent / self.limit if self.limit else 0.0

    @property
    def for_each_comment(self) -> float | None:
        """Segments for each comment; None before the first."""
        return self.spent / self.comments if self.comments else None

    @property
    def for_each_person(self) -> float | None:
        """Segments for each person who joined; None before the first."""
        return self.spent / self.people if self.people else None

    @property
    def currency(self) -> str:
        """The currency of the price; "" without one."""
        return self.price.currency if self.price else ""

    def money(self, segments: float | None) -> Decimal | None:
        """What so many segments cost; None without a price."""
        if self.price is None or segments is None:
            return None
        return (self.price.amount * Decimal(str(segments))).quantize(Decimal("0.01"))


@dataclass(frozen=True)
class Figures:
    """A round's conversations in figures; `by_language` and `by_group` hold the same people twice."""

    everyone: Steps
    by_language: Mapping[str, Steps]
    by_group: Mapping[UUID | None, Steps]
    groups: Mapping[UUID, GroupRow]
    without_joining: int | None
    stops_after: int | None
    unknown: int
    cost: Cost
    is_published: bool = False

    def published(self) -> "Figures":
        """The same figures without the cells that may not be shown."""
        alone = self.without_joining
        everyone = _published({EVERYONE: self.everyone})[EVERYONE]
        return replace(
            self,
            everyone=everyone,
            by_language=_published(self.by_language),
            by_group=_published(self.by_group),
            without_joining=None if alone is None or kept_back({"": alone}) else alone,
            stops_after=None if everyone.joined is None else self.stops_after,
            # Segments for each of fewer than five people would tell how many they are.
            cost=replace(self.cost, people=0) if everyone.joined is None else self.cost,
            is_published=True,
        )


def of(session: Session, round_: RoundRow) -> Figures:
    """The figures of a round; seven statements, whatever the number of conversations."""
    rows = _counted(session, round_)
    joined = [row for row in rows if row.has_joined]
    return Figures(
        everyone=_steps(joined),
        by_language=_by(joined, lambda row: row.language),
        by_group=_by(joined, lambda row: row.group_id),
        groups={group.id: group for group in rounds.groups(session)},
        without_joining=sum(row.people for row in rows if not row.has_joined),
        stops_after=_stops_after(session, round_),
        unknown=_unknown(session, round_),
        cost=cost_of(session, round_),
    )


def cost_of(session: Session, round_: RoundRow) -> Cost:
    """What a round's text messages have cost so far; three statements."""
    allowance = session.get(AllowanceRow, round_.id)
    comments = session.exec(
        select(sa.func.count())
        .select_from(CommentRow)
        .where(CommentRow.round_id == round_.id, CommentRow.channel == Channel.SMS)
    ).one()
    people = session.exec(
        select(sa.func.count())
        .select_from(MembershipRow)
        .where(MembershipRow.round_id == round_.id, col(MembershipRow.joined_at).is_not(None))
    ).one()
    return Cost(
        spent=allowance.spent if allowance else 0,
        limit=allowance.limit if allowance else None,
        comments=int(comments),
        people=int(people),
        price=steps.price_of(session, round_),
    )


def write(figures: Figures, round_: RoundRow, into: IO[bytes], *, language: str) -> int:
    """Write the figures that may be shown as CSV, a figure a line; returns how many lines."""
    return write_csv(_lines(figures.published(), round_, language), into)


# Counting


@dataclass(frozen=True)
class _Counted:
    """So many people of one language and group, and how many of them came to each step."""

    language: str
    group_id: UUID | None
    has_joined: bool
    people: int
    language_chosen: int
    answered: int
    worded: int
    left: int


def _counted(session: Session, round_: RoundRow) -> list[_Counted]:
    member, person = MembershipRow.__table__.c, ParticipantRow.__table__.c  # type: ignore[attr-defined]
    left = (
        sa.select(ContactPointRow.participant_id)  # type: ignore[call-overload]
        .where(
            col(ContactPointRow.kind) == ContactKind.SMS,
            col(ContactPointRow.stopped_at).is_not(None),
        )
        .distinct()
        .subquery()
    )
    has_joined = member.joined_at.is_not(None)
    reached = [
        sa.func.sum(sa.case((came, 1), else_=0))
        for came in (
            member.language_at.is_not(None),
            # Whoever spoke in their own words has answered, with a digit or without.
            sa.or_(member.answered_at.is_not(None), member.worded_at.is_not(None)),
            member.worded_at.is_not(None),
            left.c.participant_id.is_not(None),
        )
    ]
    rows = session.connection().execute(
        sa.select(person.language, person.group_id, has_joined, sa.func.count(), *reached)
        .select_from(MembershipRow)
        .join(ParticipantRow, person.id == member.participant_id)
        .outerjoin(left, left.c.participant_id == member.participant_id)
        .where(member.round_id == round_.id)
        .group_by(person.language, person.group_id, has_joined)
    )
    return [
        _Counted(language, group, bool(joined), *(int(count) for count in counts))
        for language, group, joined, *counts in rows
    ]


def _by(rows: Iterable[_Counted], key: Callable[[_Counted], K]) -> dict[K, Steps]:
    gathered: dict[K, list[_Counted]] = {}
    for row in rows:
        gathered.setdefault(key(row), []).append(row)
    found = {value: _steps(several) for value, several in gathered.items()}
    return dict(sorted(found.items(), key=lambda pair: (-(pair[1].joined or 0), str(pair[0]))))


def _steps(rows: Sequence[_Counted]) -> Steps:
    return Steps(
        joined=sum(row.people for row in rows),
        language=sum(row.language_chosen for row in rows),
        answered=sum(row.answered for row in rows),
        worded=sum(row.worded for row in rows),
        left=sum(row.left for row in rows),
    )


def _stops_after(session: Session, round_: RoundRow) -> int | None:
    """After how many answers most people stopped who did not answer everything; None where nobody did."""
    member = MembershipRow.__table__.c  # type: ignore[attr-defined]
    in_words_alone = sa.and_(member.answers == 0, member.worded_at.is_not(None))
    given = sa.case((in_words_alone, 1), else_=member.answers)
    rows = session.connection().execute(
        sa.select(given, sa.func.count())
        .where(member.round_id == round_.id, member.joined_at.is_not(None))
        .group_by(given)
    )
    people = {int(answers): int(count) for answers, count in rows}
    stopped = {answers: count for answers, count in people.items() if answers < max(people, default=0)}
    return max(stopped, key=lambda answers: (stopped[answers], -answers)) if stopped else None


def _unknown(session: Session, round_: RoundRow) -> int:
    query = (
        select(sa.func.count())
        .select_from(MessageRow)
        .where(
            MessageRow.round_id == round_.id,
            MessageRow.channel == Channel.SMS.value,
            MessageRow.state == MessageState.UNKNOWN,
        )
    )
    return int(session.exec(query).one())


# Showing


def _published(rows: Mapping[K, Steps]) -> dict[K, Steps]:
    """Each row without what would tell of fewer than five people, who took a step or who did not."""
    hidden: dict[str, set[K]] = {}
    for step in STEPS:
        counts: dict[K, int] = {}
        for key, row in rows.items():
            count, joined = getattr(row, step) or 0, row.joined or 0
            others = joined - count
            counts[key] = min(count, others) if others > 0 else count
        hidden[step] = kept_back(counts)
    return {
        key: Steps(
            **{
                step: None if key in hidden[step] or key in hidden["joined"] else getattr(row, step)
                for step in (one.name for one in fields(Steps))
            }
        )
        for key, row in rows.items()
    }


def _lines(figures: Figures, round_: RoundRow, language: str) -> Iterable[Sequence[str]]:
    yield ("round", "by", "of", "figure", "value")
    named = {
        str(id_): str(group.labels.get(language) or group.labels.get("en") or group.key)
        for id_, group in figures.groups.items()
    }
    tables: list[tuple[str, Mapping[str, Steps]]] = [
        ("", {EVERYONE: figures.everyone}),
        ("language", dict(figures.by_language)),
        ("group", {str(key or ""): row for key, row in figures.by_group.items()}),
    ]
    for by, rows in tables:
        for key, row in rows.items():
            of_ = named.get(key, key) if by == "group" else key
            for step in STEPS:
                yield (round_.slug, by, of_ or "not said", step, _shown(getattr(row, step)))
    cost = figures.cost
    costs = {
        "segments sent": str(cost.spent),
        "segments allowed": "" if cost.limit is None else str(cost.limit),
        "segments for each comment": _rounded(cost.for_each_comment),
        "segments for each person": _rounded(cost.for_each_person),
        f"money spent {cost.currency}".strip(): str(cost.money(cost.spent) or ""),
        f"money for each comment {cost.currency}".strip(): str(cost.money(cost.for_each_comment) or ""),
        "messages of unknown fate": str(figures.unknown),
    }
    for figure, value in costs.items():
        yield (round_.slug, "", EVERYONE, figure, value)


def _shown(count: int | None) -> str:
    return "withheld" if count is None else str(count)


def _rounded(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"
