"""Hearing: how someone who comments on the web is told, at a number or address they gave.

The address lies apart from the words, encrypted. A receipt message is written in
the transaction that makes the comment; while a comment is held nothing leaves,
so that nobody can make us text strangers by the hundred.
"""

from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult import participants
from consult.channels import segments
from consult.comments import Made
from consult.outgoing import messages
from consult.tables.comments import CommentRow
from consult.tables.messages import MessageKind, MessageRow
from consult.tables.participants import ContactKind, ContactPointRow, ParticipantRow
from consult.tables.rounds import GroupRow
from consult.words import N_, speaker, spoken_language

THANKS = N_(
    "Thank you. We have your comment: receipt %(receipt)s. "
    "When the committee has decided, we write to you here."
)
RECEIPTS_A_DAY = 3
SUBJECT = N_("We have your comment %(receipt)s")


class Form(Protocol):
    """A form's fields by name, "" for one that was not sent; and the language it is written in."""

    @property
    def language(self) -> str:
        """A language tag, or ""."""
        ...

    def __getitem__(self, name: str, /) -> str:
        """The words of a field."""
        ...


def address_of(form: Form) -> tuple[ContactKind, str] | None:
    """Where the author wants the answer; None for the receipt page. Raises participants.NoNumber."""
    written = form["contact"].strip()
    if form["answer"] not in set(ContactKind) or not written:
        return None
    kind = ContactKind(form["answer"])
    return kind, participants.as_number(written) if kind is ContactKind.SMS else written.lower()


def contact_of(
    session: Session, form: Form, group: GroupRow | None, *, now: datetime
) -> ContactPointRow | None:
    """The contact point of a form's author, known already or new; None when they gave none."""
    try:
        wanted = address_of(form)
    except participants.NoNumber:
        return None
    if wanted is None:
        return None
    known = participants.look_up(session, *wanted)
    for contact in known:
        owner = session.get_one(ParticipantRow, contact.participant_id)
        # Somebody else may write from the same telephone; another group says so.
        if group is None or owner.group_id in (None, group.id):
            return contact
    person = participants.enrol(
        session,
        now=now,
        group_id=group.id if group else None,
        region=form["region"].replace("\0", "")[:100],
        language=form.language,
    )
    contact = participants.reach(session, person.id, *wanted, now=now)
    if any(other.stopped_at for other in known):
        # STOP was sent from this address: it holds for whoever writes from it.
        contact.stopped_at = now
        session.add(contact)
        session.flush()
    return contact


def send_receipt(
    session: Session,
    round_id: UUID,
    made: Made,
    contact: ContactPointRow,
    language: str,
    *,
    now: datetime,
) -> None:
    """Write the message with the receipt number, in the author's language; nothing after a STOP."""
    if contact.stopped_at is not None or _texted_enough(session, contact, now):
        return
    speak = speaker(spoken_language(language)).gettext
    facts = {"receipt": made.receipt}
    words = speak(THANKS) % facts
    is_text = contact.kind is ContactKind.SMS
    messages.write(
        session,
        kind=MessageKind.RECEIPT,
        channel=contact.kind.value,
        words=words,
        subject="" if is_text else speak(SUBJECT) % facts,
        dedupe=f"receipt:{made.id}",
        language=spoken_language(language),
        contact_point_id=contact.id,
        round_id=round_id,
        segments=segments.count(words).segments if is_text else 0,
        now=now,
    )


def _texted_enough(session: Session, contact: ContactPointRow, now: datetime) -> bool:
    """Whether this number had its receipts for today: anyone can type a stranger's number into a form."""
    if contact.kind is not ContactKind.SMS:
        return False
    sent = session.exec(
        select(sa.func.count())
        .select_from(MessageRow)
        .join(ContactPointRow, col(ContactPointRow.id) == MessageRow.contact_point_id)
        .where(
            ContactPointRow.lookup == contact.lookup,
            MessageRow.kind == MessageKind.RECEIPT,
            col(MessageRow.created_at) > now - timedelta(days=1),
        )
    ).one()
    return sent >= RECEIPTS_A_DAY


def send_receipt_of(session: Session, comment: CommentRow, *, now: datetime) -> None:
    """The receipt message that waited while the comment was held; nothing where none was asked for."""
    contact = participants.contact_of(session, comment.participant_id) if comment.participant_id else None
    if contact is not None:
        made = Made(comment.id, comment.receipt)
        send_receipt(session, comment.round_id, made, contact, comment.language, now=now)
