"""Participants and their contact points: who speaks lies apart from how to reach them."""

import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

import phonenumbers
from sqlmodel import Session, select

from consult import keys
from consult.errors import BarazaError
from consult.tables.participants import ContactKind, ContactPointRow, ParticipantRow

# No 0 O 1 I L, so that an alias can be read aloud.
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


class NoNumber(BarazaError):
    """Something that is no telephone number in full."""


def as_number(written: str) -> str:
    """A telephone number in E.164. Raises NoNumber when the country or digits are missing."""
    try:
        number = phonenumbers.parse(written, None)
    except phonenumbers.NumberParseException as error:
        raise NoNumber("Give the number with its country, such as +255 …") from error
    if not phonenumbers.is_possible_number(number):
        raise NoNumber("This number has too few or too many digits. Give it with its country, such as +255 …")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def enrol(session: Session, *, now: datetime, **facts: Any) -> ParticipantRow:
    """A new participant under a fresh random alias; `facts` fill group_id, region, language and the like."""
    while True:
        alias = "P-" + "".join(secrets.choice(_LETTERS) for _ in range(5))
        if session.exec(select(ParticipantRow.id).where(ParticipantRow.alias == alias)).first() is None:
            break
    row = ParticipantRow(alias=alias, created_at=now, **facts)
    session.add(row)
    session.flush()
    return row


def look_up(session: Session, kind: ContactKind, address: str) -> list[ContactPointRow]:
    """The contact points at an address, newest first; one number may carry several participants."""
    value = keys.ring().lookup(address, f"contact.{kind.value}")
    return list(
        session.exec(
            select(ContactPointRow)
            .where(ContactPointRow.lookup == value, ContactPointRow.erased_at.is_(None))  # type: ignore[union-attr]
            .order_by(ContactPointRow.created_at.desc(), ContactPointRow.id.desc())  # type: ignore[attr-defined]
        ).all()
    )


def reach(
    session: Session, participant_id: UUID, kind: ContactKind, address: str, *, now: datetime
) -> ContactPointRow:
    """Note where a participant can be reached."""
    row = ContactPointRow(
        participant_id=participant_id,
        kind=kind,
        lookup=keys.ring().lookup(address, f"contact.{kind.value}"),
        address=address,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def contact_of(session: Session, participant_id: UUID) -> ContactPointRow | None:
    """Where a participant can be reached now; None without an address, or after they left."""
    return session.exec(
        select(ContactPointRow)
        .where(
            ContactPointRow.participant_id == participant_id,
            ContactPointRow.erased_at.is_(None),  # type: ignore[union-attr]
        )
        .order_by(ContactPointRow.created_at.desc())  # type: ignore[attr-defined]
    ).first()


def forget_address(session: Session, contact: ContactPointRow, *, now: datetime) -> None:
    """Erase an address; what was said stays."""
    contact.address = None
    contact.lookup = None
    contact.erased_at = now
    session.add(contact)
