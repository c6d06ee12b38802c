"""Counts from the field: who came by category, and votes by dots."""

from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, select

from consult.field.ground import Ground
from consult.field.merging import Entity
from consult.tables.field import DotVoteRow
from consult.tables.workshops import AttendanceRow
from consult.workshops.meetings import group_meant


def attendance(ground: Ground, entity: Entity) -> None:
    """How many people of a category came, as the field counted them."""
    session, workshop = ground.session, ground.workshop
    category = str(entity.get("category") or entity.key.partition(":")[2])[:100]
    group = group_meant(ground.groups, category)
    key = group.key if group else category
    row = session.exec(
        select(AttendanceRow).where(AttendanceRow.workshop_id == workshop.id, AttendanceRow.category == key)
    ).first()
    if entity.is_removed or not category:
        if row is not None:
            session.delete(row)
            session.flush()
        return
    is_new = row is None
    row = row or AttendanceRow(workshop_id=workshop.id, category=key, people=0)
    row.group_id = group.id if group else None
    # What was put right on the workshop's own form stands.
    if is_new or ground.is_fresh(entity.key, "people"):
        row.people = entity.get("people", 0)
    if is_new or ground.is_fresh(entity.key, "women"):
        row.women = entity.get("women")
    row.bands = entity.family("band:")
    session.add(row)
    session.flush()


def vote(ground: Ground, entity: Entity) -> None:
    """A vote by dots: who voted, and the dots on each option by category."""
    session, workshop = ground.session, ground.workshop
    row = session.get(DotVoteRow, (workshop.id, entity.key)) or DotVoteRow(
        workshop_id=workshop.id, entity=entity.key
    )
    cells: dict[str, dict[str, int]] = {}
    for name, dots in sorted(entity.family("cell:").items()):
        option, _, category = name.partition(":")
        cells.setdefault(option, {})[category] = dots
    row.clause_id = ground.clause(entity.get("clause"))
    row.question, row.rule = entity.get("question", ""), entity.get("rule", "")
    row.options, row.dots = entity.get("options", []), entity.get("dots", 1)
    row.people, row.cells, row.removed = entity.family("people:"), cells, entity.is_removed
    session.add(row)
    session.flush()


# --- what does not add up


class Excess(NamedTuple):
    """A count that cannot be: more dots of a category than its people had, or more voters than came."""

    vote: DotVoteRow
    category: str
    found: int
    most: int
    of_people: bool


def placed(vote_: DotVoteRow, category: str | None = None) -> int:
    """The dots placed in a vote, by everyone or by one category."""
    return sum(
        dots
        for by_category in vote_.cells.values()
        for who, dots in by_category.items()
        if category is None or who == category
    )


def excesses(vote_: DotVoteRow, came: dict[str, int]) -> Iterator[Excess]:
    """What cannot be in a vote: nothing is refused or cut, a person looks at it.

    Totals cannot exceed dots × people; nobody votes who did not come, where that was counted.
    """
    for category in sorted({who for cell in vote_.cells.values() for who in cell} | set(vote_.people)):
        people = vote_.people.get(category, came.get(category))
        dots = placed(vote_, category)
        if people is not None and dots > people * vote_.dots:
            yield Excess(vote_, category, dots, people * vote_.dots, of_people=False)
        if category in vote_.people and category in came and vote_.people[category] > came[category]:
            yield Excess(vote_, category, vote_.people[category], came[category], of_people=True)


def votes_of(session: Session, workshop_id: UUID) -> list[DotVoteRow]:
    """The votes of a workshop, in the order of their making."""
    rows = session.exec(select(DotVoteRow).where(DotVoteRow.workshop_id == workshop_id)).all()
    return sorted((row for row in rows if not row.removed), key=lambda row: row.entity)
