"""The demonstration's local texts: Tanzania, a placer module below it, Colombia; and a base that moved."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from consult.local import groups, notices
from consult.tables.comments import CommentRow
from consult.tables.local import OverlayDecisionRow
from consult.tables.people import PersonRow, Role
from standards.operations import Adopt, Overlay
from standards.overlays import drafting, file, store, versions
from standards.tables import OverlayRow, OverlayVersionRow, VersionRow

BY = "demonstration"
DECIDED, PUBLISHED, MOVED, FROZEN = -480, -470, -50, -14
TITLES = {
    "tz-gold": ("Responsible Artisanal Gold in Tanzania", ["Geita", "Mara", "Kahama", "Chunya", "Mwanza"]),
    "tz-placer": ("Placer gold in Tanzania", ["Mara", "Chunya"]),
    "co-oro": ("Responsible Artisanal Gold in Colombia", ["Segovia", "Remedios", "Quibdó"]),
}
SEATS = {
    "tz-gold": ("pit-miners", "women-processing", "cooperative-leaders", "mill-owners"),
    "tz-placer": ("pit-miners", "women-processing"),
    "co-oro": ("women-miners", "cooperative-leaders", "buyers-traders"),
}
VOTES = {"for": 1, "against": 0, "abstained": 0}


def on_the_first(
    session: Session, said: Mapping[str, CommentRow], seats: Mapping[str, UUID], *, now: datetime
) -> None:
    """Tanzania's text and its placer module on 1.1: brought in, decided clause by clause, published."""
    for name in ("tz-gold", "tz-placer"):
        decided = now + timedelta(days=DECIDED)
        row = _bring_in(session, name, said, decided, now)
        _seat(session, name, seats, decided)
        _adopt_the_rest(session, row, "Adopted as it stands at the Mwanza workshop.", decided)
        versions.freeze(session, row, decided=True, by=BY, now=decided)
        _decide(session, row, SEATS[name], decided)
        versions.publish(session, row, now=now + timedelta(days=PUBLISHED))


def on_the_second(
    session: Session, base: VersionRow, seats: Mapping[str, UUID], *, now: datetime
) -> VersionRow:
    """Tanzania carried over to 2.0 as a draft in work; Colombia's text, frozen for its consultation."""
    notices.tell(session, base, now=now + timedelta(days=MOVED))
    overlay = store.overlay_called(session, "tz-gold")
    published = store.versions_of(session, overlay)[0]
    versions.carry_over(session, published, base, "1.1", by=BY, now=now + timedelta(days=MOVED))
    frozen = now + timedelta(days=FROZEN)
    row = _bring_in(session, "co-oro", {}, frozen, now)
    _seat(session, "co-oro", seats, frozen)
    _adopt_the_rest(session, row, "Adopted as it stands in Segovia.", frozen, except_in=("3", "7"))
    return versions.freeze(session, row, by=BY, now=frozen)


def read(name: str) -> Any:
    """A data file of the demonstration."""
    return json.loads((files(__package__) / name).read_text(encoding="utf-8"))


def _bring_in(
    session: Session, name: str, said: Mapping[str, CommentRow], when: datetime, now: datetime
) -> OverlayVersionRow:
    told = read(f"{name}.json")
    for one in told["operations"]:
        one["comments"] = [said[key].receipt for key in one.get("comments", ())]
        if str(one.get("until", "")).startswith("@"):
            one["until"] = (now + timedelta(days=int(one["until"][1:]))).date().isoformat()
    overlay: Overlay = file.read(told, f"{name}.json")
    row = drafting.bring_in(session, overlay, by=BY, now=when)
    local = session.get_one(OverlayRow, row.overlay_id)
    drafting.entitle(session, local, TITLES[name][0], regions=TITLES[name][1])
    return row


def _adopt_the_rest(
    session: Session, row: OverlayVersionRow, why: str, when: datetime, except_in: Sequence[str] = ()
) -> None:
    left = store.check(session, row).undecided
    adopted = [
        Adopt(target=str(clause.id), rationale=why)
        for clause in left
        if not except_in or not clause.number.startswith(tuple(except_in))
    ]
    drafting.put_many(session, row, adopted, by=BY, now=when)


def _seat(session: Session, name: str, seats: Mapping[str, UUID], when: datetime) -> None:
    """The first seat is the demonstration's working-group member's; the others are held by people named."""
    member = next(
        person for person in session.exec(select(PersonRow)).all() if person.role is Role.WORKING_GROUP
    )
    overlay = store.overlay_called(session, name)
    for at, key in enumerate(SEATS[name]):
        person_id = member.id if at == 0 else None
        groups.give_seat(
            session,
            overlay,
            seats[key],
            person_id=person_id,
            holder="" if person_id else f"Seat holder {at}",
            now=when,
        )


def _decide(session: Session, row: OverlayVersionRow, keys: Sequence[str], when: datetime) -> None:
    session.add(
        OverlayDecisionRow(
            overlay_version_id=row.id,
            votes={key: dict(VOTES) for key in keys},
            passed=True,
            note="Decided by show of hands at the third workshop.",
            decided_on=when.date().isoformat(),
            by=BY,
            at=when,
        )
    )
    session.flush()
