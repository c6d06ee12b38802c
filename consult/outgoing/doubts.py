"""Doubts about who holds a telephone: an outcome is told only to somebody who asks for it.

A number may be shared by several aliases, or may have gone to somebody else after
half a year of silence. Then a neutral text says that there is a result, names no
topic, and asks for a 1; until it comes the outcome waits at the receipt.
"""

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult.channels import replies, segments
from consult.outgoing import limits, messages
from consult.tables.decisions import AnswerRow
from consult.tables.messages import Hold, MessageKind, MessageRow, MessageState, Urgency
from consult.tables.participants import ContactKind, ContactPointRow, ParticipantRow
from consult.words import spoken_language

SILENT_FOR = timedelta(days=180)
WAITS_FOR = timedelta(days=30)
"""How long an outcome waits for the 1 before it stays at the receipt for good."""
ASKING = "ask:"
"""How the cause of a text begins that asks whether they wish to hear a result."""
# What has been read, or may have been.
LEFT = (
    MessageState.SENDING,
    MessageState.UNKNOWN,
    MessageState.SENT,
    MessageState.PARTIAL,
    MessageState.DELIVERED,
)


def last_heard(contact: ContactPointRow) -> datetime:
    """When somebody last wrote from this number as this alias, as far as we know."""
    return contact.last_heard_at or contact.joined_at or contact.created_at


def is_silent(contact: ContactPointRow, now: datetime) -> bool:
    """Whether so long nothing came that somebody else may hold the number."""
    return now - last_heard(contact) > SILENT_FOR


def holds_back(session: Session, row: MessageRow, contact: ContactPointRow, *, now: datetime) -> bool:
    """Hold an outcome that may reach the wrong person, and ask for a 1 instead; False for any other."""
    if row.kind is not MessageKind.ANSWER or contact.kind is not ContactKind.SMS:
        return False
    shared = _is_shared(session, contact)
    if not shared and not is_silent(contact, now):
        return False
    asked_already = session.exec(
        select(MessageRow.id).where(
            MessageRow.contact_point_id == contact.id,
            MessageRow.state == MessageState.WAITING,
            MessageRow.held == Hold.UNTIL_ASKED,
        )
    ).first()
    row.held, row.changed_at = Hold.UNTIL_ASKED, now
    session.add(row)
    session.flush()
    if asked_already is None:
        _ask(session, row, contact, shared, now)
    return True


def asked_about(session: Session, contacts: list[ContactPointRow]) -> ContactPointRow | None:
    """Whose result we last asked this number about, while it still waits; None where nothing does.

    Only a question that has left stands open, and only until we have asked this
    number something else: a 1 is the answer to what was asked last.
    """
    waiting = _waiting_of(session, contacts)
    asked = session.exec(
        select(MessageRow.contact_point_id, MessageRow.changed_at)
        .where(
            col(MessageRow.contact_point_id).in_(waiting),
            col(MessageRow.dedupe).startswith(ASKING),
            col(MessageRow.state).in_(LEFT),
        )
        .order_by(col(MessageRow.changed_at).desc(), col(MessageRow.id).desc())
    ).first()
    if asked is None or asked[0] is None:
        return None
    speaking = contacts[0]
    later = speaking.last_asked_at if speaking.last_asked else None
    # Somebody who has begun to speak since then is somebody else.
    since = (later, _last_told(session, contacts), speaking.created_at)
    if any(moment is not None and moment > asked[1] for moment in since):
        return None
    return waiting[asked[0]]


def _waiting_of(session: Session, contacts: list[ContactPointRow]) -> dict[UUID | None, ContactPointRow]:
    """Those of a number whose result waits until somebody asks for it."""
    of_number: dict[UUID | None, ContactPointRow] = {contact.id: contact for contact in contacts}
    found = session.exec(
        select(MessageRow.contact_point_id).where(
            col(MessageRow.contact_point_id).in_(of_number),
            MessageRow.state == MessageState.WAITING,
            MessageRow.held == Hold.UNTIL_ASKED,
        )
    )
    return {id_: of_number[id_] for id_ in found}


def _last_told(session: Session, contacts: list[ContactPointRow]) -> datetime | None:
    """When this number was last told a result of which nobody has yet said whether it satisfies."""
    return session.exec(
        select(sa.func.max(MessageRow.changed_at))
        .join(AnswerRow, col(AnswerRow.message_id) == MessageRow.id)
        .where(
            col(MessageRow.contact_point_id).in_([contact.id for contact in contacts]),
            col(MessageRow.state).in_(LEFT),
            col(AnswerRow.satisfied).is_(None),
        )
    ).one()


def tell(session: Session, contact: ContactPointRow) -> int:
    """Let go of the results that waited for somebody to ask. Returns how many."""
    waiting = session.exec(
        select(MessageRow)
        .where(
            MessageRow.contact_point_id == contact.id,
            MessageRow.state == MessageState.WAITING,
            MessageRow.held == Hold.UNTIL_ASKED,
        )
        .with_for_update()
    ).all()
    for row in waiting:
        # They have just asked for it, so it is a reply: it waits for no morning and no further question.
        row.held, row.urgency, row.due_at = Hold.NONE, Urgency.REPLY, None
        session.add(row)
    session.flush()
    return len(waiting)


def give_up_waiting(session: Session, *, now: datetime) -> int:
    """End the wait for those who never asked: their outcome stays at the receipt. Returns how many."""
    rows = session.exec(
        select(MessageRow)
        .where(
            MessageRow.state == MessageState.WAITING,
            MessageRow.held == Hold.UNTIL_ASKED,
            col(MessageRow.changed_at) < now - WAITS_FOR,
        )
        # Somebody may be asking for one of them at this moment.
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        limits.refund(session, row)
        messages.advance(
            session, row, MessageState.BLOCKED, now=now, error="nobody asked for it: it waits at the receipt"
        )
    return len(rows)


def _is_shared(session: Session, contact: ContactPointRow) -> bool:
    others = select(ContactPointRow.id).where(
        ContactPointRow.lookup == contact.lookup,
        col(ContactPointRow.erased_at).is_(None),
        ContactPointRow.participant_id != contact.participant_id,
    )
    return contact.lookup is not None and session.exec(others).first() is not None


def _ask(session: Session, row: MessageRow, contact: ContactPointRow, shared: bool, now: datetime) -> UUID:
    participant = session.get_one(ParticipantRow, contact.participant_id)
    language = spoken_language(participant.language or row.language)
    words = (
        replies.say(language, replies.RESULT_FOR, alias=participant.alias)
        if shared
        else replies.say(language, replies.RESULT)
    )
    return messages.write(
        session,
        kind=MessageKind.NOTICE,
        channel=ContactKind.SMS.value,
        words=words,
        dedupe=f"{ASKING}{row.id}",
        language=language,
        contact_point_id=contact.id,
        round_id=row.round_id,
        segments=segments.count(words).segments,
        urgency=Urgency.ANSWER,
        now=now,
    ).id
