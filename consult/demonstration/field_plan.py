"""The demonstration's plans: how the workshop in Katoro was planned, and the one that comes next week."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, select

from consult.tables.rounds import RoundRow
from consult.tables.workshops import WorkshopRow
from consult.workshops import meetings, planning
from consult.workshops.planning import Item, Plan, Vote

RETORTS = Vote(
    {"sw": "Retoti moja kwa kila watu wangapi?", "en": "One retort for how many people?"},
    ("10", "15", "25"),
    dots=2,
)
MINUTES = {"retort": 15, "heating-place": 10, "rock-dust": 10, "counted-pay": 10, "price": 10}
FIRST_SEATS = {"women-processing": 12, "pit-miners": 10, "women-miners": 4, "neighbours-landholders": 4}
NEXT_SEATS = {"women-miners": 8, "cooperative-leaders": 4, "mill-owners": 4, "public-authorities": 3}


def load(session: Session, round_: RoundRow, clauses: dict[str, UUID], *, by: UUID, now: datetime) -> None:
    """Give the workshop that was held its plan, and plan another."""
    held = session.exec(
        select(WorkshopRow).where(WorkshopRow.round_id == round_.id, WorkshopRow.place == "Katoro")
    ).one()
    minutes = {clauses[key]: count for key, count in MINUTES.items()}
    _plan(session, round_, held, minutes, FIRST_SEATS, RETORTS, clauses["retort"])
    coming = meetings.hold(
        session,
        round_,
        meetings.Meeting(
            place="Nyarugusu",
            held_on=(now + timedelta(days=7)).date(),
            region="Geita",
            languages=("sw", "en"),
            facilitator_id=by,
        ),
        now=now,
    ).workshop
    chosen = {clauses[key]: 25 for key in ("retort", "hazardous", "free-work")}
    _plan(session, round_, coming, chosen, NEXT_SEATS, RETORTS, clauses["retort"])


def _plan(
    session: Session,
    round_: RoundRow,
    workshop: WorkshopRow,
    minutes: dict[UUID, int],
    seats: dict[str, int],
    vote: Vote,
    voted: UUID,
) -> None:
    bare = Plan(tuple(Item(id_, minutes=count) for id_, count in minutes.items()), seats, "14:00", 120)
    planning.keep(session, workshop, bare)
    agenda = tuple(
        Item(
            one.item.clause_id,
            one.item.minutes,
            {code: one.prompt(code) for code in workshop.languages},
            vote if one.item.clause_id == voted else None,
        )
        for one in planning.lay_out(session, round_, workshop).agenda
    )
    planning.keep(session, workshop, Plan(agenda, seats, "14:00", 120))
