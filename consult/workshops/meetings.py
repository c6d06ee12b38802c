"""Meetings: a workshop as it is planned and written down, and how many people of each category came.

Attendance is counted apart from what was said: forty people may come and four
speak. A category is a stakeholder group's key, or a word of the facilitator's own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult import rounds
from consult.errors import Misfilled, NotFound
from consult.tables.people import Role
from consult.tables.rounds import GroupRow, RoundRow
from consult.tables.workshops import AttendanceRow, WorkshopKind, WorkshopRow
from standards.identity import new_id

MOST_PEOPLE = 2000


class Consent(StrEnum):
    """Whether those who came agreed that their words are written down, and how they said so."""

    UNRECORDED = ""
    SPOKEN = "spoken"
    WRITTEN = "written"
    REFUSED = "refused"


class AudioKept(StrEnum):
    """Until when recordings of a workshop are kept."""

    VERIFIED = "verified"
    OUTCOME = "outcome"
    ARCHIVED = "archived"


class Attended(NamedTuple):
    """How many people of a category came; `women` is None where nobody counted."""

    category: str
    people: int
    women: int | None = None


@dataclass(frozen=True)
class Meeting:
    """What is known of a workshop; `quotable` when those who spoke agreed to be quoted in public.

    The first of the languages is shown first in the field. `trial` is for a field trial alone,
    see `WorkshopRow`.
    """

    place: str
    held_on: date
    region: str = ""
    languages: tuple[str, ...] = ("en",)
    facilitator_id: UUID | None = None
    agenda: tuple[UUID, ...] = ()
    notes: str = ""
    consent: Consent = Consent.UNRECORDED
    quotable: bool = False
    attendance: tuple[Attended, ...] = ()
    kind: WorkshopKind = WorkshopKind.MEETING
    trial: Mapping[str, str] = field(default_factory=dict)
    audio_kept: AudioKept = AudioKept.VERIFIED


class Held(NamedTuple):
    """A workshop; `fresh` is False when it was there before."""

    workshop: WorkshopRow
    fresh: bool


def hold(
    session: Session, round_: RoundRow, meeting: Meeting, *, id_: UUID | None = None, now: datetime
) -> Held:
    """Keep a workshop of a round. The same id a second time (a double click) changes nothing.

    Raises Misfilled when the attendance does not add up.
    """
    check_attendance(meeting.attendance)
    if id_ is not None and (known := session.get(WorkshopRow, id_)) is not None:
        return Held(known, False)
    row = WorkshopRow(
        id=id_ or new_id(),
        round_id=round_.id,
        version_id=round_.version_id,
        place=meeting.place,
        held_on=meeting.held_on,
        languages=list(meeting.languages),
        created_at=now,
    )
    _write(session, row, meeting)
    return Held(row, True)


def change(session: Session, workshop: WorkshopRow, meeting: Meeting) -> None:
    """Put a workshop right, its attendance too. Raises Misfilled."""
    check_attendance(meeting.attendance)
    _write(session, workshop, meeting)


def _write(session: Session, row: WorkshopRow, meeting: Meeting) -> None:
    row.place, row.region, row.held_on = meeting.place[:200], meeting.region[:100], meeting.held_on
    row.languages = list(meeting.languages)
    row.facilitator_id = meeting.facilitator_id
    row.agenda = [str(clause_id) for clause_id in meeting.agenda]
    row.notes = meeting.notes
    row.consent = f"{meeting.consent.value}{' public' if meeting.quotable else ''}"
    row.kind, row.trial = meeting.kind, dict(meeting.trial)
    row.audio_kept = meeting.audio_kept.value
    session.add(row)
    session.flush()
    _write_attendance(session, row, meeting.attendance)


def _write_attendance(session: Session, workshop: WorkshopRow, attendance: Sequence[Attended]) -> None:
    """Put down who came; a category that was there keeps its age bands, which the desk does not ask for."""
    named = rounds.groups(session)
    before = {row.category: row for row in attendance_of(session, workshop)}
    for attended in attendance:
        group = group_meant(named, attended.category)
        category = group.key if group else attended.category[:100]
        row = before.pop(category, None) or AttendanceRow(
            workshop_id=workshop.id, category=category, people=0
        )
        row.group_id = group.id if group else None
        row.people, row.women = attended.people, attended.women
        session.add(row)
    for gone in before.values():
        session.delete(gone)
    session.flush()


def consent_of(workshop: WorkshopRow) -> tuple[Consent, bool]:
    """How those who came agreed, and whether their words may be quoted in public."""
    how, _, public = workshop.consent.partition(" ")
    return (Consent(how) if how in set(Consent) else Consent.UNRECORDED), public == "public"


def agenda_of(workshop: WorkshopRow) -> list[UUID]:
    """The clauses on a workshop's agenda, in order."""
    return [UUID(clause_id) for clause_id in workshop.agenda]


def group_meant(groups: Iterable[GroupRow], category: str) -> GroupRow | None:
    """The stakeholder group of this key, or of this name in any language."""
    wanted = category.strip().casefold()
    for group in groups:
        if wanted == group.key.casefold() or wanted in {
            str(label).casefold() for label in group.labels.values()
        }:
            return group
    return None


# --- attendance


def counted(category: str, people: str, women: str = "") -> Attended:
    """Attendance as somebody typed it. Raises Misfilled under the field's name, `people` or `women`."""
    found = Attended(category.strip(), _count("people", category, people), None)
    if women.strip():
        found = found._replace(women=_count("women", category, women))
    check_attendance([found])
    return found


def _count(field: str, category: str, typed: str) -> int:
    digits = typed.strip()
    if digits.startswith(("-", "−")):
        raise Misfilled({field: f"{category}: a count cannot be below nought. Write how many people came."})
    if not digits.isdecimal():
        raise Misfilled(
            {field: f"{category}: “{digits[:20]}” is not a count. Write it in digits, such as 12."}
        )
    return int(digits[:9])


def check_attendance(attendance: Sequence[Attended]) -> None:
    """Refuse counts that cannot be. Raises Misfilled."""
    seen: set[str] = set()
    for one in attendance:
        if one.people < 0 or (one.women or 0) < 0:
            raise Misfilled(
                {"people": f"{one.category}: a count cannot be below nought. Write how many came."}
            )
        if one.people > MOST_PEOPLE:
            raise Misfilled(
                {
                    "people": f"{one.category}: {one.people:,} people is more than one workshop holds "
                    f"(at most {MOST_PEOPLE:,}). Look at the figure again."
                }
            )
        if one.women is not None and one.women > one.people:
            raise Misfilled(
                {
                    "women": f"{one.category}: {one.women} women among {one.people} people cannot be. "
                    "The women are counted among the people."
                }
            )
        if one.category.casefold() in seen:
            raise Misfilled({"category": f"{one.category} is counted twice. Put both counts into one line."})
        seen.add(one.category.casefold())


def attendance_of(session: Session, workshop: WorkshopRow) -> list[AttendanceRow]:
    """Who came, by category, the largest first."""
    rows = session.exec(select(AttendanceRow).where(AttendanceRow.workshop_id == workshop.id)).all()
    return sorted(rows, key=lambda row: (-row.people, row.category))


def attendance_by_group(session: Session, round_: RoundRow) -> dict[UUID, int]:
    """How many people of each stakeholder group (by id) came to the workshops of a round."""
    rows = session.connection().execute(
        sa.select(AttendanceRow.group_id, sa.func.sum(AttendanceRow.people))  # type: ignore[call-overload]
        .join(WorkshopRow, col(WorkshopRow.id) == AttendanceRow.workshop_id)
        .where(col(WorkshopRow.round_id) == round_.id, col(AttendanceRow.group_id).is_not(None))
        .group_by(AttendanceRow.group_id)
    )
    return {group_id: int(people) for group_id, people in rows}


def people_at(session: Session, workshop_ids: Iterable[UUID]) -> Mapping[UUID, int]:
    """How many people came to each of these workshops."""
    rows = session.connection().execute(
        sa.select(AttendanceRow.workshop_id, sa.func.sum(AttendanceRow.people))  # type: ignore[call-overload]
        .where(col(AttendanceRow.workshop_id).in_(list(workshop_ids)))
        .group_by(AttendanceRow.workshop_id)
    )
    return {workshop_id: int(people) for workshop_id, people in rows}


# --- finding


def workshop_for(session: Session, id_: UUID, person_id: UUID, role: Role) -> tuple[WorkshopRow, RoundRow]:
    """A workshop with its round, for who may see it: a facilitator sees their own. Raises NotFound."""
    row = session.get(WorkshopRow, id_)
    if row is None or (role is Role.FACILITATOR and row.facilitator_id != person_id):
        raise NotFound("There is no such workshop among yours. Open it from the list of workshops.")
    return row, session.get_one(RoundRow, row.round_id)


def workshops_of(
    session: Session, person_id: UUID, role: Role, round_: RoundRow | None = None
) -> list[tuple[WorkshopRow, RoundRow]]:
    """The workshops somebody may see, the latest first; of one round where it is given."""
    query = select(WorkshopRow, RoundRow).join(RoundRow, col(RoundRow.id) == WorkshopRow.round_id)
    if role is Role.FACILITATOR:
        query = query.where(WorkshopRow.facilitator_id == person_id)
    if round_ is not None:
        query = query.where(WorkshopRow.round_id == round_.id)
    rows = session.exec(query.order_by(col(WorkshopRow.held_on).desc(), col(WorkshopRow.id).desc())).all()
    return [(workshop, found) for workshop, found in rows]


def workshop_at(session: Session, round_: RoundRow, place: str, held_on: date) -> WorkshopRow | None:
    """The workshop held at a place on a day, if it is known already."""
    rows = session.exec(
        select(WorkshopRow).where(WorkshopRow.round_id == round_.id, WorkshopRow.held_on == held_on)
    ).all()
    return next((row for row in rows if row.place.casefold() == place.strip().casefold()), None)


def came_late(round_: RoundRow, received_at: datetime) -> bool:
    """Whether something reached us after the round had closed."""
    closed = min(filter(None, (round_.closed_at, round_.closes_at)))
    return received_at >= closed
