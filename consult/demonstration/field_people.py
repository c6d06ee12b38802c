"""The people of the demonstration's workshop and what they agreed to, and a field trial that is planned."""

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from sqlmodel import Session, col, select

from consult.field import keeping, people
from consult.field.operations import Kind
from consult.tables.rounds import RoundRow
from consult.tables.workshops import WorkshopKind, WorkshopRow
from consult.workshops import meetings
from consult.workshops.consent_words import VERSION
from consult.workshops.consents import GIVEN, GROUP, WITHDRAWN

LISTED = (
    ("P1", "women-processing", "Neema Lucas", ""),
    ("P2", "pit-miners", "Daudi Magesa", "daudi@example.org"),
)
OF_GROUP = ("notes", "quotes", "photo")


def load(session: Session, round_: RoundRow, clauses: dict[str, UUID], *, by: UUID, now: datetime) -> None:
    """List two who came, with what the group and they themselves answered, and plan the trial."""
    held = select(WorkshopRow).where(WorkshopRow.round_id == round_.id).order_by(col(WorkshopRow.held_on))
    workshop = session.exec(held.limit(1)).one()
    told = now - timedelta(days=18)
    listed = []
    for label, category, name, contact in LISTED:
        entity = f"attendee:{uuid5(workshop.id, label)}"
        listed.append(entity)
        fields = {"label": label, "category": category, "name": name}
        fields |= {"contact": contact} if contact else {}
        keeping.put(session, round_, workshop, Kind.ATTENDEE, entity, fields, now=told)
    answered = [(about, GROUP, GIVEN, "witnessed") for about in OF_GROUP]
    answered += [
        ("contact", listed[1], GIVEN, "spoken"),
        ("quotes", listed[1], WITHDRAWN, "spoken"),
    ]
    for about, who, answer, how in answered:
        fields = {"about": about, "attendee": who, "answer": answer, "how": how, "wording": VERSION}
        keeping.put(session, round_, workshop, Kind.CONSENT, people.entity_of(about, who), fields, now=told)
    _trial(session, round_, clauses, by, now)


def _trial(session: Session, round_: RoundRow, clauses: dict[str, UUID], by: UUID, now: datetime) -> None:
    meeting = meetings.Meeting(
        place="Lwamgasa",
        held_on=(now + timedelta(days=12)).date(),
        region="Geita",
        languages=("sw", "en"),
        facilitator_id=by,
        agenda=tuple(clauses[key] for key in ("retort", "heating-place")),
        kind=WorkshopKind.TRIAL,
        trial={
            "title": "Retorts at the washing place, Lwamgasa",
            "stage": "year 1",
            "producer": "cooperative",
        },
    )
    meetings.hold(session, round_, meeting, now=now)
