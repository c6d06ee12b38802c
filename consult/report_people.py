"""Who took part in a round, by group, region and gender, as far as it may be shown.

People are counted as in `participation`; cells under five are kept back, and
those that would betray them.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from consult import participation
from consult.participation import Participation
from consult.tables.comments import CommentRow
from consult.tables.intake import Channel
from consult.tables.participants import ParticipantRow
from consult.tables.rounds import RoundRow
from consult.tables.workshops import AttendanceRow, WorkshopRow


@dataclass(frozen=True)
class Row:
    """People of one group, region or gender; `people` is None where it is kept back.

    `labels` are the names by language; a name that is the same in all stands under "".
    No label at all is for those who did not say.
    """

    labels: Mapping[str, str]
    people: int | None
    goal: int | None = None


@dataclass(frozen=True)
class People:
    """Three views of the same people, each with cells kept back on its own."""

    total: int
    groups: tuple[Row, ...]
    regions: tuple[Row, ...]
    genders: tuple[Row, ...]


def of(session: Session, round_: RoundRow, seen: Participation) -> People:
    """Who took part; four statements besides those of `seen`."""
    shown = seen.published()
    groups = tuple(
        Row(
            figure.group.labels if figure.group else {},
            shown.get(figure.group.id if figure.group else None),
            figure.goal,
        )
        for figure in seen.figures
    )
    said = {"region": Counter[str](), "gender": Counter[str]()}
    for region, gender in _each_person(session, round_):
        said["region"][_tidy(region)] += 1
        said["gender"][_tidy(gender)] += 1
    for region, people, women in _attended(session, round_):
        said["region"][_tidy(region)] += people
        said["gender"]["woman"] += women
        said["gender"][""] += people - women
    return People(seen.people, groups, _rows(said["region"]), _rows(said["gender"]))


def _rows(counts: Counter[str]) -> tuple[Row, ...]:
    """The cells, largest first; a free answer that few gave is not even named."""
    counts = Counter({name: people for name, people in counts.items() if people})
    hidden = participation.kept_back(counts)
    shown = sorted((name for name in counts if name and name not in hidden), key=lambda n: (-counts[n], n))
    rows = [Row({"": name}, counts[name]) for name in shown]
    if counts[""] and "" not in hidden:
        rows.append(Row({}, counts[""]))
    if hidden:
        rows.append(Row({"": "…"}, None))
    return tuple(rows)


def _each_person(session: Session, round_: RoundRow) -> list[tuple[str, str]]:
    """Region and gender of everyone who commented, workshops aside; one line a person."""
    rows = session.connection().execute(
        sa.select(  # type: ignore[call-overload]
            CommentRow.id,
            CommentRow.participant_id,
            CommentRow.region,
            ParticipantRow.region.label("joined_in"),  # type: ignore[attr-defined]
            ParticipantRow.gender,
        )
        .outerjoin(ParticipantRow, col(ParticipantRow.id) == CommentRow.participant_id)
        .where(
            col(CommentRow.round_id) == round_.id,
            col(CommentRow.channel) != Channel.WORKSHOP,
            col(CommentRow.erased_at).is_(None),
        )
    )
    found: dict[UUID, tuple[str, str]] = {}
    for row in rows:
        person = row.participant_id or row.id
        region, gender = found.get(person, ("", ""))
        found[person] = (region or row.region or row.joined_in or "", gender or row.gender or "")
    return list(found.values())


def _attended(session: Session, round_: RoundRow) -> list[tuple[str, int, int]]:
    rows = session.connection().execute(
        sa.select(WorkshopRow.region, AttendanceRow.people, AttendanceRow.women)  # type: ignore[call-overload]
        .join(WorkshopRow, col(WorkshopRow.id) == AttendanceRow.workshop_id)
        .where(col(WorkshopRow.round_id) == round_.id)
    )
    return [(region, people, women or 0) for region, people, women in rows]


def _tidy(answer: str) -> str:
    return " ".join(answer.split()).casefold()
