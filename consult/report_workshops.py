"""The workshops of a round as its report tells them: who came, apart from what was said, and how they voted.

Forty people may come and four speak, so that attendance, comments and dots are
three figures which are never added up. Cells under five are kept back, and those
that would betray them. How many lone voices there were is always told.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult import masking, participation, rounds
from consult.participation import SMALLEST, Participation
from consult.report_people import Row
from consult.tables.comments import CommentRow
from consult.tables.field import DotVoteRow
from consult.tables.intake import Channel
from consult.tables.rounds import RoundRow
from consult.tables.workshops import TranscriptRow, UtteranceRow, WorkshopRow
from consult.workshops import meetings


@dataclass(frozen=True)
class Vote:
    """A vote by its totals: dots by option, without who placed them."""

    question: str
    clause_id: UUID | None
    options: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Meeting:
    """A workshop as it may be told; a figure is None where it is kept back.

    `comments` is what was said there and counts, `lone` how many of these nobody else said.
    """

    place: str
    held_on: date
    people: int | None
    comments: int | None = None
    lone: int | None = None
    votes: tuple[Vote, ...] = ()


@dataclass(frozen=True)
class Workshops:
    """The workshops of a round, and how many people of each group came to them altogether."""

    meetings: tuple[Meeting, ...]
    groups: tuple[Row, ...]
    comments: int
    lone: int


def of(session: Session, round_: RoundRow, seen: Participation) -> Workshops:
    """What happened face to face; five statements, whatever the number of workshops."""
    rows = session.exec(
        select(WorkshopRow)
        .where(WorkshopRow.round_id == round_.id, participation.took_place())
        .order_by(col(WorkshopRow.held_on), col(WorkshopRow.place))
    ).all()
    ids = [row.id for row in rows]
    came = meetings.people_at(session, ids)
    said = _said(session, ids)
    votes = _votes(session, ids)
    is_told = Channel.WORKSHOP in seen.published_channels()
    return Workshops(
        meetings=tuple(
            _meeting(row, came.get(row.id, 0), said.get(row.id, {}), votes.get(row.id, []), is_told=is_told)
            for row in rows
        ),
        groups=_groups(session, round_, seen),
        comments=sum(len(marked) for marked in said.values()),
        lone=sum(sum(marked.values()) for marked in said.values()),
    )


def lone_in(session: Session, round_: RoundRow) -> set[UUID]:
    """The comments of a round that nobody else at their workshop said; one statement."""
    found = session.exec(
        select(UtteranceRow.comment_id)
        .join(CommentRow, col(CommentRow.id) == UtteranceRow.comment_id)
        .where(CommentRow.round_id == round_.id, col(UtteranceRow.lone).is_(True))
        .distinct()
    ).all()
    return {id_ for id_ in found if id_ is not None}


def _meeting(
    row: WorkshopRow, people: int, said: Mapping[UUID, bool], votes: Sequence[Vote], *, is_told: bool
) -> Meeting:
    if people < SMALLEST:
        return Meeting(row.place, row.held_on, None)
    if not is_told:
        return Meeting(row.place, row.held_on, people, votes=tuple(votes))
    return Meeting(row.place, row.held_on, people, len(said), sum(said.values()), tuple(votes))


def _said(session: Session, workshop_ids: Iterable[UUID]) -> dict[UUID, dict[UUID, bool]]:
    """By workshop, the comments that were made of what was said there and whether each is a lone voice."""
    rows = session.connection().execute(
        sa.select(TranscriptRow.workshop_id, UtteranceRow.comment_id, UtteranceRow.lone)  # type: ignore[call-overload]
        .join(TranscriptRow, col(TranscriptRow.id) == UtteranceRow.transcript_id)
        .join(CommentRow, col(CommentRow.id) == UtteranceRow.comment_id)
        .where(
            col(TranscriptRow.workshop_id).in_(list(workshop_ids)),
            col(CommentRow.erased_at).is_(None),
        )
    )
    found: dict[UUID, dict[UUID, bool]] = {}
    for workshop_id, comment_id, lone in rows:
        marked = found.setdefault(workshop_id, {})
        marked[comment_id] = marked.get(comment_id, False) or bool(lone)
    return found


def _votes(session: Session, workshop_ids: Iterable[UUID]) -> dict[UUID, list[Vote]]:
    rows = session.exec(
        select(DotVoteRow)
        .where(col(DotVoteRow.workshop_id).in_(list(workshop_ids)), col(DotVoteRow.removed).is_(False))
        .order_by(col(DotVoteRow.workshop_id), col(DotVoteRow.entity))
    ).all()
    found: dict[UUID, list[Vote]] = {}
    for row in rows:
        options = tuple(
            (masking.masked(str(option)), sum(row.cells.get(str(at), {}).values()))
            for at, option in enumerate(row.options)
        )
        found.setdefault(row.workshop_id, []).append(
            Vote(masking.masked(row.question), row.clause_id, options)
        )
    return found


def _groups(session: Session, round_: RoundRow, seen: Participation) -> tuple[Row, ...]:
    """How many of each group came, the largest first, without the cells that are kept back."""
    came = {id_: people for id_, people in meetings.attendance_by_group(session, round_).items() if people}
    altogether = {figure.group.id: figure.people for figure in seen.figures if figure.group}
    hidden = participation.kept_back(came)
    # Those who came, taken from all who took part, must not leave a few either.
    hidden |= {id_ for id_, people in came.items() if 0 < altogether.get(id_, people) - people < SMALLEST}
    others = sorted((id_ for id_ in came if id_ not in hidden), key=lambda id_: (came[id_], str(id_)))
    while len(hidden) == 1 and others:
        hidden.add(others.pop(0))
    named = {group.id: group.labels for group in rounds.groups(session)}
    order = sorted(came, key=lambda id_: (id_ in hidden, -came[id_], str(id_)))
    return tuple(Row(named.get(id_, {}), None if id_ in hidden else came[id_]) for id_ in order)
