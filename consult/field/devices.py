"""Devices: telephones and computers that somebody takes to the field, each with a token of its own.

A sign-in runs out within a day, and a workshop three days from the road must
still be able to send. A token is given when somebody has signed in on the device,
kept here as its SHA-256 alone, and holds until it is taken back or its person may
no longer hold workshops.
"""

import hashlib
import secrets
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, col, select

from consult import audit
from consult.errors import BarazaError, NotFound
from consult.permissions import Act, may
from consult.tables.field import DeviceRow
from consult.tables.people import PersonRow, Role

STORAGE = ("kept", "may-go")
"""What a browser says of our storage: it keeps it, or may clear it when space is short."""
MOST_UNSENT = 1_000_000


class TokenGone(BarazaError):
    """A token that is not known, was taken back, or whose person may hold workshops no longer."""

    def __init__(self) -> None:
        super().__init__(
            "This device is not signed in any more. What you wrote is still on it: "
            "sign in again, and it will be sent."
        )


class Holder(NamedTuple):
    """A device whose token holds, and who took it along."""

    device: DeviceRow
    person: PersonRow


def issue(session: Session, person_id: UUID, label: str, *, now: datetime) -> tuple[DeviceRow, str]:
    """A new device of somebody, and its token, which nobody can read here again."""
    token = secrets.token_urlsafe(32)
    said = label.replace("\0", "").encode("utf-8", "ignore").decode()
    plain = " ".join(said.split())[:100]
    device = DeviceRow(person_id=person_id, label=plain, token_hash=_hash_of(token), created_at=now)
    session.add(device)
    session.flush()
    audit.record(session, person_id, "issue-token", "device", device.id, now=now)
    return device, token


def holder(session: Session, token: str) -> Holder:
    """The device with this token, and its person. Raises TokenGone."""
    found = session.exec(
        select(DeviceRow, PersonRow)
        .join(PersonRow, col(PersonRow.id) == DeviceRow.person_id)
        .where(DeviceRow.token_hash == _hash_of(token))
    ).first()
    if found is None:
        raise TokenGone
    device, person = found
    if device.revoked_at or person.disabled_at or not may(person.role, Act.RUN_WORKSHOP):
        raise TokenGone
    return Holder(device, person)


def seen(session: Session, device: DeviceRow, *, unsent: int, storage: str, now: datetime) -> None:
    """Note that a device was in touch, what it still holds, and what its browser says of the storage."""
    device.seen_at, device.unsent = now, max(0, min(unsent, MOST_UNSENT))
    device.storage = storage if storage in STORAGE else device.storage
    session.add(device)


def revoke(session: Session, device: DeviceRow, *, by: UUID, now: datetime) -> bool:
    """Take a token back, once and for all; False when it was taken back before."""
    if device.revoked_at is not None:
        return False
    device.revoked_at = now
    session.add(device)
    audit.record(session, by, "take-back-token", "device", device.id, now=now)
    return True


def known_to(session: Session, person_id: UUID, role: Role) -> list[Holder]:
    """The devices somebody may see, the latest in touch first: a facilitator sees their own."""
    query = select(DeviceRow, PersonRow).join(PersonRow, col(PersonRow.id) == DeviceRow.person_id)
    if role is Role.FACILITATOR:
        query = query.where(DeviceRow.person_id == person_id)
    rows = [Holder(device, person) for device, person in session.exec(query).all()]
    return sorted(rows, key=lambda one: one.device.seen_at or one.device.created_at, reverse=True)


def device_for(session: Session, id_: UUID, person_id: UUID, role: Role) -> DeviceRow:
    """A device, for who may see it. Raises NotFound."""
    row = session.get(DeviceRow, id_)
    if row is None or (role is Role.FACILITATOR and row.person_id != person_id):
        raise NotFound("There is no such device among yours. Open the list of devices again.")
    return row


def _hash_of(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
