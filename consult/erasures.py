"""Erasure: everything of one participant goes, and that it went is recorded.

Words and addresses are destroyed; what remains are empty places, so that both
sums and the chain still hold. What a telephone or an address sent without
becoming a comment (a question, STOP) goes too, and so does what we wrote to them,
what was noted of them at the desk, and how far they came in a conversation.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult import audit, comments, intake, participants
from consult.channels import transports
from consult.conversations import care
from consult.errors import NotFound
from consult.tables.comments import CommentRow
from consult.tables.conversations import ConcernRow, MembershipRow, PartRow, ThreadRow
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
    messages: int = 0
    concerns: int = 0

    def __add__(self, other: "Erased") -> "Erased":
        """What went from both."""
        return Erased(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


def by_alias(session: Session, alias: str) -> list[ParticipantRow]:
    """The participant of this alias. Raises NotFound."""
    row = session.exec(select(ParticipantRow).where(ParticipantRow.alias == alias.strip().upper())).first()
    if row is None:
        raise NotFound(f"There is no participant {alias}. An alias looks like P-7Q4KX.")
    return [row]


def by_address(session: Session, written: str) -> list[ParticipantRow]:
    """Everyone who spoke from a number or e-mail address. Raises NotFound, NoNumber."""
    kind, address = as_address(written)
    ids = {row.participant_id for row in participants.look_up(session, kind, address)}
    if not ids:
        raise NotFound("Nobody is known here by this number or address.")
    rows = session.exec(select(ParticipantRow).where(col(ParticipantRow.id).in_(ids)))
    return sorted(rows, key=lambda row: row.alias)


def as_address(written: str) -> tuple[ContactKind, str]:
    """What somebody wrote as the address it is. Raises NoNumber."""
    if "@" in written:
        return ContactKind.EMAIL, written.strip().lower()
    return ContactKind.SMS, participants.as_number(written)


def what_would_go(session: Session, people: Iterable[ParticipantRow]) -> Erased:
    """What an erasure of these participants would take, as far as it is tied to them by name.

    Texts that became no comment are found only while their number is at hand: not counted here.
    """
    total = Erased()
    for person in people:
        messages = select(sa.func.count()).select_from(MessageRow).where(_to(person), MessageRow.words != "")
        concerns = select(sa.func.count()).select_from(ConcernRow)
        total += Erased(
            participants=1,
            comments=len(_said(session, person)),
            contact_points=sum(contact.erased_at is None for contact in _contacts(session, person)),
            messages=session.exec(messages).one(),
            concerns=session.exec(concerns.where(ConcernRow.participant_id == person.id)).one(),
        )
    return total


def erase(session: Session, people: Iterable[ParticipantRow], *, by: str, now: datetime) -> Erased:
    """Erase everything of these participants; a second time changes nothing."""
    total = Erased()
    for person in people:
        total += _erase_one(session, person, by, now)
    return total


def _erase_one(session: Session, person: ParticipantRow, by: str, now: datetime) -> Erased:
    said, contacts = _said(session, person), _contacts(session, person)
    living = [contact for contact in contacts if contact.erased_at is None]
    addresses = {contact.address for contact in living if contact.address}
    for comment in said:
        comments.erase(session, comment, reason=REASON, by=by, now=now)
    parts = _forget_parts(session, contacts)
    records = _erase_sent(session, addresses, parts, by, now)
    silenced = _silence(session, person)
    for contact in contacts:
        contact.thought_id, contact.thought_hash = None, ""
        session.add(contact)
    for contact in living:
        participants.forget_address(session, contact, now=now)
    concerns = care.forget(session, [person.id], [*records, *(comment.record_id for comment in said)])
    _forget_way(session, person)
    person.group_id, person.region, person.gender, person.producer = None, "", "", ""
    session.add(person)
    session.add(ErasureRow(participant_id=person.id, reason=REASON, by=by, at=now))
    gone = Erased(1, len(said), len(living), len(records), silenced, concerns)
    audit.record(
        session,
        by,
        "erase",
        "participant",
        person.id,
        after={"comments": gone.comments, "contact_points": gone.contact_points, "records": gone.records},
        reason=REASON,
        now=now,
    )
    session.flush()
    return gone


def _said(session: Session, person: ParticipantRow) -> list[CommentRow]:
    living = (CommentRow.participant_id == person.id, col(CommentRow.erased_at).is_(None))
    return list(session.exec(select(CommentRow).where(*living)))


def _contacts(session: Session, person: ParticipantRow) -> list[ContactPointRow]:
    return list(session.exec(select(ContactPointRow).where(ContactPointRow.participant_id == person.id)))


def _to(person: ParticipantRow) -> sa.ColumnElement[bool]:
    contacts = select(ContactPointRow.id).where(ContactPointRow.participant_id == person.id)
    return col(MessageRow.contact_point_id).in_(contacts)


def _silence(session: Session, person: ParticipantRow) -> int:
    # What we wrote to them may repeat what they said, and says that they spoke.
    count = 0
    for message in session.exec(select(MessageRow).where(_to(person))):
        count += message.words != ""
        message.words, message.subject = "", ""
        session.add(message)
    return count


def _forget_parts(session: Session, contacts: list[ContactPointRow]) -> set[UUID]:
    """Part from each other the pieces of longer texts these addresses sent; gives their records."""
    rows = session.exec(
        select(PartRow).where(col(PartRow.contact_point_id).in_([contact.id for contact in contacts]))
    ).all()
    for row in rows:
        session.delete(row)
    session.flush()
    return {row.record_id for row in rows}


def _forget_way(session: Session, person: ParticipantRow) -> None:
    """Forget how far they came in conversations, and what was noted of them."""
    session.execute(sa.delete(MembershipRow).where(col(MembershipRow.participant_id) == person.id))
    session.execute(sa.delete(ThreadRow).where(col(ThreadRow.participant_id) == person.id))


def _erase_sent(
    session: Session, addresses: set[str], parts: set[UUID], by: str, now: datetime
) -> list[UUID]:
    """Destroy what these addresses sent and no living comment stands on."""
    if not addresses and not parts:
        return []
    living = select(CommentRow.record_id).where(col(CommentRow.erased_at).is_(None))
    rows = session.exec(
        select(RecordRow)
        .join(PayloadKeyRow, col(PayloadKeyRow.record_id) == RecordRow.id)
        .where(col(RecordRow.channel).in_([Channel.SMS, Channel.EMAIL]), col(RecordRow.id).not_in(living))
    ).all()
    mine = [
        row.id
        for row in rows
        if row.id in parts or sender_in(row, intake.open_payload(session, row.id) or b"") in addresses
    ]
    for record_id in mine:
        intake.erase_payload(session, record_id, reason=REASON, by=by, now=now)
        _set_aside(session, record_id, now)
    return mine


def sender_in(record: RecordRow, payload: bytes) -> str:
    """The address a record came from, as it is looked up; "" where it names none."""
    reader = transports.READERS.get(record.source)
    written = reader(payload, record.content_type).sender if reader else sender(payload)
    if not written:
        return ""
    try:
        return as_address(written)[1]
    except participants.NoNumber:
        return written


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
