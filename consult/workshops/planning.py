"""Planning: what a meeting will talk about, how long and in which words, and whom it should bring.

The clauses are those of the workshop's version. Whom to invite is read off the
round's goals: who took part so far, who is expected at other workshops, who is
still missing.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from consult import participation, rounds
from consult.tables.rounds import GroupRow, RoundRow
from consult.tables.workshops import AttendanceRow, WorkshopRow
from consult.workshops.clause_words import ClauseWords, text_of, words_of
from consult.workshops.meetings import agenda_of, group_meant
from standards.document import Document

ORDINARY_MINUTES = 20
"""What a clause takes where nobody has said otherwise."""
AROUND_MINUTES = 20
"""What the welcome, the consents and the reading back take beside the clauses."""
MOST_MINUTES = 600
MOST_CLAUSES = 100
MOST_SEATS = 500
MOST_OPTIONS = 20
MOST_DOTS = 100


@dataclass(frozen=True)
class Vote:
    """A vote by dots that is planned; the question per language, the options in order."""

    question: Mapping[str, str]
    options: tuple[str, ...]
    dots: int = 1

    def as_json(self) -> dict[str, Any]:
        """As it is kept and as a device reads it."""
        return {"question": dict(self.question), "options": list(self.options), "dots": self.dots}


@dataclass(frozen=True)
class Item:
    """A clause on the agenda, with what is asked about it per language."""

    clause_id: UUID
    minutes: int = ORDINARY_MINUTES
    words: Mapping[str, str] = field(default_factory=dict)
    vote: Vote | None = None


@dataclass(frozen=True)
class Plan:
    """What a meeting is to be: `begins` as 14:00 or "", `minutes` it lasts or 0, seats by category."""

    items: tuple[Item, ...] = ()
    seats: Mapping[str, int] = field(default_factory=dict)
    begins: str = ""
    minutes: int = 0

    @property
    def talking(self) -> int:
        """The minutes of all clauses together."""
        return sum(item.minutes for item in self.items)

    @property
    def left(self) -> int:
        """The minutes that stay for everything else; below nought where the clauses do not fit."""
        return self.minutes - self.talking

    @property
    def is_tight(self) -> bool:
        """Whether the clauses leave too little for the welcome, the consents and the reading back."""
        return self.minutes > 0 and self.left < AROUND_MINUTES

    @property
    def mark(self) -> str:
        """What tells one state of a plan from another, so that two people do not overwrite each other."""
        told = (
            [(str(one.clause_id), one.minutes, sorted(one.words.items())) for one in self.items],
            [one.vote.as_json() if one.vote else None for one in self.items],
            (sorted(self.seats.items()), self.begins, self.minutes),
        )
        return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()[:16]

    def times(self) -> list[str]:
        """When each clause comes, as 14:10; empty where nobody said when the meeting begins."""
        if not self.begins:
            return []
        at = datetime.strptime(self.begins, "%H:%M") + timedelta(minutes=self.opening)
        found = []
        for item in self.items:
            found.append(at.strftime("%H:%M"))
            at += timedelta(minutes=item.minutes)
        return found

    @property
    def opening(self) -> int:
        """The minutes before the first clause: half of what the clauses leave, at most 15."""
        return min(max(self.left, 0) // 2, 15) if self.minutes else AROUND_MINUTES // 2


def plan_of(workshop: WorkshopRow) -> Plan:
    """The plan of a workshop as it was kept."""
    prompts: Mapping[str, Any] = workshop.prompts or {}
    return Plan(
        items=tuple(_item(id_, prompts.get(str(id_)) or {}) for id_ in agenda_of(workshop)),
        seats={str(key): int(people) for key, people in (workshop.seats or {}).items()},
        begins=workshop.begins,
        minutes=workshop.minutes,
    )


def _item(clause_id: UUID, told: Mapping[str, Any]) -> Item:
    vote = told.get("vote")
    return Item(
        clause_id,
        minutes=int(told.get("minutes") or ORDINARY_MINUTES),
        words={str(code): str(words) for code, words in (told.get("words") or {}).items()},
        vote=Vote(dict(vote["question"]), tuple(vote["options"]), int(vote["dots"])) if vote else None,
    )


def keep(session: Session, workshop: WorkshopRow, plan: Plan) -> None:
    """Keep a plan in place of the one before."""
    workshop.agenda = [str(item.clause_id) for item in plan.items]
    workshop.prompts = {
        str(item.clause_id): {"minutes": item.minutes, "words": dict(item.words)}
        | ({"vote": item.vote.as_json()} if item.vote else {})
        for item in plan.items
    }
    workshop.seats = {key: people for key, people in plan.seats.items() if people}
    workshop.begins, workshop.minutes = plan.begins, plan.minutes
    session.add(workshop)
    session.flush()


# --- the plan with its words


@dataclass(frozen=True)
class Planned:
    """An item of the agenda with its clause's words."""

    item: Item
    of: ClauseWords

    def prompt(self, language: str) -> str:
        """What is asked in a language: as somebody wrote it, else ready made."""
        return self.item.words.get(language) or self.of.prompt(language)


@dataclass(frozen=True)
class Laid:
    """A plan laid out on its text; `gone` are clauses of the agenda that the text does not have."""

    plan: Plan
    document: Document
    agenda: tuple[Planned, ...]
    gone: tuple[UUID, ...]


def lay_out(session: Session, round_: RoundRow, workshop: WorkshopRow) -> Laid:
    """The plan of a workshop on the version it was planned on."""
    plan, document = plan_of(workshop), text_of(session, workshop, round_)
    clauses = [document.by_id[one.clause_id] for one in plan.items if one.clause_id in document.by_id]
    words = words_of(session, round_, clauses)
    return Laid(
        plan,
        document,
        tuple(Planned(one, words[one.clause_id]) for one in plan.items if one.clause_id in words),
        tuple(one.clause_id for one in plan.items if one.clause_id not in words),
    )


# --- whom to bring


@dataclass(frozen=True)
class Seat:
    """A stakeholder group against its goal: who took part, who is expected elsewhere, who is to come here."""

    group: GroupRow
    goal: int | None
    people: int
    elsewhere: int
    here: int

    @property
    def missing(self) -> int:
        """How many are still wanted before this workshop; 0 where there is no goal."""
        return max((self.goal or 0) - self.people - self.elsewhere, 0)

    @property
    def still(self) -> int:
        """How many stay wanted with the seats of this workshop."""
        return max(self.missing - self.here, 0)


def seating(session: Session, round_: RoundRow, workshop: WorkshopRow, *, today: date) -> list[Seat]:
    """Every stakeholder group, in order, with what is still missing of its goal."""
    goals = rounds.goals_of(session, round_)
    figures = participation.of(session, round_).figures
    people = {figure.group.id: figure.people for figure in figures if figure.group}
    here, groups = plan_of(workshop).seats, rounds.groups(session)
    elsewhere: dict[UUID, int] = {}
    for other in still_to_come(session, round_, today):
        if other.id == workshop.id:
            continue
        for key, seats in plan_of(other).seats.items():
            if (group := group_meant(groups, key)) is not None:
                elsewhere[group.id] = elsewhere.get(group.id, 0) + seats
    own = _counted_here(session, workshop)
    return [
        Seat(
            group,
            goals.get(group.id),
            # Whoever came to this very workshop sits on its seats, not beside them.
            people.get(group.id, 0) - own.get(group.id, 0),
            elsewhere.get(group.id, 0),
            here.get(group.key, 0),
        )
        for group in groups
    ]


def still_to_come(session: Session, round_: RoundRow, today: date) -> Iterable[WorkshopRow]:
    """The workshops of a round that are planned, and neither held nor past."""
    return session.exec(
        select(WorkshopRow).where(
            WorkshopRow.round_id == round_.id,
            WorkshopRow.held_on >= today,
            ~participation.took_place(),
        )
    ).all()


def _counted_here(session: Session, workshop: WorkshopRow) -> dict[UUID, int]:
    rows = session.exec(select(AttendanceRow).where(AttendanceRow.workshop_id == workshop.id)).all()
    return {row.group_id: row.people for row in rows if row.group_id is not None}
