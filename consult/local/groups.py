"""The working group of a local text: seats held for stakeholder groups, and who may write in it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from consult.errors import Misfilled, NotAllowed
from consult.tables.local import SeatRow
from consult.tables.people import Role
from standards.overlays import store
from standards.tables import OverlayRow

LONGEST_NAME = 120


class NotInThisGroup(NotAllowed):
    """Somebody writes in a local text in whose working group they hold no seat."""

    def __init__(self, overlay: OverlayRow) -> None:
        super().__init__(
            f"You hold no seat in the working group of {overlay.title}. "
            "You can read it; the secretary gives seats."
        )
        self.overlay = overlay


def seats_of(session: Session, overlay: OverlayRow) -> list[SeatRow]:
    """The seats held today, in the order in which they were given."""
    query = select(SeatRow).where(SeatRow.overlay_id == overlay.id, col(SeatRow.ended_at).is_(None))
    return list(session.exec(query.order_by(col(SeatRow.since), col(SeatRow.id))).all())


def may_write(session: Session, overlay: OverlayRow, person_id: UUID, role: Role) -> bool:
    """Whether this person may change the local text: a member of its group, a drafter, the secretary."""
    if role is not Role.WORKING_GROUP:
        return role in (Role.SECRETARY, Role.DRAFTER)
    return any(seat.person_id == person_id for seat in seats_of(session, overlay))


def refuse_strangers(session: Session, overlay: OverlayRow, person_id: UUID, role: Role) -> None:
    """Raise NotInThisGroup for somebody who may not change this local text."""
    if not may_write(session, overlay, person_id, role):
        raise NotInThisGroup(overlay)


def give_seat(
    session: Session,
    overlay: OverlayRow,
    group_id: UUID,
    *,
    person_id: UUID | None = None,
    holder: str = "",
    now: datetime,
) -> SeatRow:
    """A seat for a stakeholder group, held by somebody who signs in, or by a named person who does not.

    Raises Misfilled for nobody, for both, and for a second seat of one person.
    """
    # Two who give a seat at one moment wait for each other; the second meets the first seat.
    store.hold(session, overlay)
    _check_holder(seats_of(session, overlay), person_id, holder)
    seat = SeatRow(
        overlay_id=overlay.id, group_id=group_id, person_id=person_id, holder=holder or None, since=now
    )
    session.add(seat)
    session.flush()
    return seat


def _check_holder(held: Sequence[SeatRow], person_id: UUID | None, holder: str) -> None:
    if not person_id and not holder.strip():
        raise Misfilled({"holder": "Choose somebody who signs in here, or write a name."})
    if person_id and holder.strip():
        raise Misfilled({"holder": "A seat has one holder: choose somebody, or write a name, not both."})
    if len(holder) > LONGEST_NAME:
        raise Misfilled({"holder": f"A name has up to {LONGEST_NAME} characters."})
    if holder and any(_alike(seat.holder or "", holder) for seat in held):
        raise Misfilled(
            {
                "holder": f"{holder.strip()} holds a seat here already. If this is another person of that "
                "name, add what tells them apart, such as their village."
            }
        )
    if person_id and any(seat.person_id == person_id for seat in held):
        raise Misfilled({"person": "This person holds a seat here already; a seat speaks for one category."})


def _alike(name: str, other: str) -> bool:
    return " ".join(name.split()).casefold() == " ".join(other.split()).casefold()


def leave_seat(session: Session, seat: SeatRow, *, now: datetime) -> None:
    """End a seat; that it was held stays known."""
    if seat.ended_at is None:
        seat.ended_at = now
        session.add(seat)


def overlays_of(session: Session, person_id: UUID) -> Sequence[UUID]:
    """The overlays in whose groups somebody holds a seat."""
    query = select(SeatRow.overlay_id).where(SeatRow.person_id == person_id, col(SeatRow.ended_at).is_(None))
    return session.exec(query).all()
