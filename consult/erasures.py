"""Erasure: everything of one participant goes, and that it went is recorded.

Words and addresses are destroyed; what remains are empty places, so that both
sums and the chain still hold. What a telephone or an address sent without
becoming a comment (a question, STOP) goes too.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from sqlmodel import Session, col, select

from consult import audit, comments, intake, participants
from consult.errors import NotFound
from consult.tables.comments import CommentRow
from consult.tables.intake import Channel, ErasureRow, Outcome, PayloadKeyRow, RecordOutcomeRow, RecordRow
from consult.tables.messages import MessageRow
from consult.tables.participants import ContactKind, ContactPointRow, ParticipantRow

SENDERS = ("From", "from", "sender", "msisdn", "email", "phone", "contact")
REASON = "erased at the participant's wish"


@dataclass(frozen=True)
class Erased:
    """What went."""

    participants: int = 0
    comments: int = 0
    contact_points: int = 0
    records: int = 0


def by_alias(session: Session, alias: str) -> list[ParticipantRow]:
    """The participant of this alias. Raises NotFound."""
    row = session.exec(select(ParticipantRow).where(ParticipantRow.alias == alias.strip().upper())).first()
    if row is None:
        raise NotFound(f"There is no participant {alias}. An alias looks like P-7Q4KX.")
    return [row]


def by_address(session: Session, written: str) -> list[ParticipantRow]:
    """Everyone who spoke from a number or e-mail address. Raises NotFound, NoNumber."""
    if "@" in written:
        kind, address = ContactKind.EMAIL, written.strip().lower()
    else:
        kind, address = ContactKind.SMS, participants.as_number(written)
    ids = {row.participant_id for row in participants.look_up(session, kind, address)}
    if not ids:
        raise NotFound("Nobody is known here by this number or address.")
    return list(session.exec(select(ParticipantRow).where(col(ParticipantRow.id).in_(ids))).all())


def erase(session: Session, people: Iterable[ParticipantRow], *, by: str, now: datetime) -> Erased:
    """Erase all comments and contact points of these participants; a second time changes nothing."""
    total = Erased()
    for person in people:
        gone = _erase_one(session, person, by, now)
        total = Erased(
            total.participants + 1,
            total.comments + gone.comments,
            total.contact_points + gone.contact_points,
            total.records + gone.records,
        )
    return total


def _erase_one(session: Session, person: ParticipantRow, by: str, now: datetime) -> Erased:
    said = session.exec(
        select(CommentRow).where(CommentRow.participant_id == person.id, col(CommentRow.erased_at).is_(None))
    ).all()
    reached = session.exec(
        select(ContactPointRow).where(
            ContactPointRow.participant_id == person.id, col(ContactPointRow.erased_at).is_(None)
        )
    ).all()
    addresses = {contact.address for contact in reached if contact.address}
    for comment in said:
        comments.erase(session, comment, reason=REASON, by=by, now=now)
    records = _erase_sent(session, addresses, by, now)
    for contact in reached:
        _silence(session, contact)
        participants.forget_address(session, contact, now=now)
    person.group_id, person.region, person.gender, person.producer = None, "", "", ""
    session.add(person)
    session.add(ErasureRow(participant_id=person.id, reason=REASON, by=by, at=now))
    gone = Erased(1, len(said), len(reached), records)
    audit.record(
        session,
        by,
        "erase",
        "participant",
        person.id,
        after={"comments": gone.comments, "contact_points": gone.contact_points, "records": records},
        reason=REASON,
        now=now,
    )
    session.flush()
    return gone


def _silence(session: Session, contact: ContactPointRow) -> None:
    # What we wrote to them may repeat what they said, and says that they spoke.
    for message in session.exec(select(MessageRow).where(MessageRow.contact_point_id == contact.id)):
        message.words, message.subject = "", ""
        session.add(message)


def _erase_sent(session: Session, addresses: set[str], by: str, now: datetime) -> int:
    """Destroy what these addresses sent and no living comment stands on."""
    if not addresses:
        return 0
    living = select(CommentRow.record_id).where(col(CommentRow.erased_at).is_(None))
    rows = session.exec(
        select(RecordRow.id)
        .join(PayloadKeyRow, col(PayloadKeyRow.record_id) == RecordRow.id)
        .where(col(RecordRow.channel).in_([Channel.SMS, Channel.EMAIL]), col(RecordRow.id).not_in(living))
    ).all()
    mine = [id_ for id_ in rows if sender(intake.open_payload(session, id_) or b"") in addresses]
    for record_id in mine:
        intake.erase_payload(session, record_id, reason=REASON, by=by, now=now)
        _set_aside(session, record_id, now)
    return len(mine)


def _set_aside(session: Session, record_id: UUID, now: datetime) -> None:
    """A record that still waited is waiting no more: nothing can be made of it."""
    if session.get(RecordOutcomeRow, record_id) is None:
        intake.mark(session, record_id, Outcome.SET_ASIDE, reason=REASON, now=now)


def sender(payload: bytes) -> str:
    """The address a payload came from; "" where it names none."""
    fields = fields_of(payload)
    return next((fields[name] for name in SENDERS if fields.get(name)), "")


def fields_of(payload: bytes) -> dict[str, str]:
    """The fields of a payload that is JSON or a posted form; {} for anything else."""
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return {}
    found: Any
    try:
        found = json.loads(text)
    except ValueError:
        found = parse_qs(text) if "=" in text.partition("\n")[0] else {}
    if not isinstance(found, dict):
        return {}
    if isinstance(found.get("fields"), dict):
        # A web form lies one level down, beside the moment it was issued.
        found = found["fields"]
    return {str(name): _first(value) for name, value in found.items()}


def _first(value: Any) -> str:
    if isinstance(value, list):
        return str(value[0]) if value else ""
    return value if isinstance(value, str) else ""
