"""Restored: text messages that waited in a backup, and may have left between it and its way back.

A restore holds them. The provider is asked for each: what it knows has left and
is recorded so, what it does not know leaves in its turn. Where nobody can be
asked, or the words that would tell were deleted there, a person decides at the
outbox.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlmodel import Session, col, select

from consult import db, jobs
from consult.carriage import aside
from consult.channels import transports
from consult.channels.ports import Blanker, Emptied, Finder, Gateway, Sent, TryLater
from consult.outgoing import limits, sending
from consult.tables.messages import Hold, MessageRow, MessageState
from consult.tables.participants import ContactPointRow

log = structlog.get_logger()

AT_ONCE = 100
# Clocks differ; nothing left before it was written.
MARGIN = timedelta(minutes=5)
WITHOUT_WORDS = "the provider holds a message to them whose words are deleted there, which may be this one"


@jobs.duty(every=10)
def look() -> None:
    """Ask the providers for some of what a restore has held."""
    aside.do("looking for what was restored", lambda: look_through(now=datetime.now(UTC)))


def look_through(*, now: datetime) -> int:
    """Do the duty at a given moment. Returns how many messages had left."""
    able = [name for name, gateway in _connected().items() if isinstance(gateway, Finder)]
    if not able:
        return 0
    way = col(ContactPointRow.transport)
    asked_there: sa.ColumnElement[bool] = way.in_(able)
    if sending.fallback() in able:
        asked_there = way.not_in([*_connected().keys() - able, transports.BY_HAND])
    with db.reading() as session:
        held = session.exec(
            select(MessageRow.id)
            .join(ContactPointRow, col(ContactPointRow.id) == col(MessageRow.contact_point_id))
            .where(
                MessageRow.state == MessageState.WAITING,
                MessageRow.held == Hold.RESTORED,
                col(MessageRow.looked_at).is_(None),
                asked_there,
            )
            .order_by(col(MessageRow.urgency), col(MessageRow.created_at), col(MessageRow.id))
            .limit(AT_ONCE)
        ).all()
    return sum(look_for(id_, now=now) is True for id_ in held)


def look_for(message_id: UUID, *, now: datetime) -> bool | None:
    """Ask the provider whether a message has left since the backup; None where nobody can tell now."""
    with db.reading() as session:
        row = session.get(MessageRow, message_id)
        contact = session.get(ContactPointRow, row.contact_point_id) if row and row.contact_point_id else None
        if row is None or contact is None or not sending.is_restored(row):
            return None
        name = _way(contact)
        gateway = _connected().get(name)
        if not isinstance(gateway, Finder):
            return None
        wanted, since = sending.outbound(session, row), row.created_at - MARGIN
    found, emptied = None, list[str]()
    # Whom nothing may be sent to is asked about nowhere: the pump says why it does not leave.
    if wanted.address:
        try:
            found = gateway.find(wanted, since)
            if isinstance(gateway, Emptied):
                emptied = list(gateway.emptied(wanted.address, since))
        except TryLater:
            return None
        except Exception as error:
            log.error("looking broke", message=str(message_id), exc_info=error)
            return None
        if found is None and isinstance(gateway, Blanker) and not isinstance(gateway, Emptied):
            return None
    with db.transaction() as session:
        return _note(session, message_id, name, found, emptied, now)


def _connected() -> Mapping[str, Gateway]:
    return {name: one for name, one in sending.gateways().items() if name in transports.KNOWN}


def _way(contact: ContactPointRow) -> str:
    """The transport a message to somebody would have left by."""
    if contact.transport in _connected() or contact.transport == transports.BY_HAND:
        return contact.transport
    return sending.fallback()


def _note(
    session: Session, message_id: UUID, transport: str, found: Sent | None, emptied: list[str], now: datetime
) -> bool | None:
    row = session.get_one(MessageRow, message_id, with_for_update=True)
    if not sending.is_restored(row):
        return None
    session.add(row)
    if found is not None and not _known(session, [found.provider_id or ""]):
        if row.round_id is not None and not row.charged:
            row.charged = row.segments if limits.charge(session, row.round_id, row.segments) else 0
        row.held, row.state, row.transport = Hold.NONE, MessageState.UNKNOWN, transport
        session.flush()
        sending.record(session, message_id, sent=found, now=now)
        return True
    if len(_known(session, emptied)) < len(set(emptied)):
        row.looked_at, row.error = now, WITHOUT_WORDS
        return None
    row.held = Hold.NONE
    return False


def _known(session: Session, names: list[str]) -> set[str | None]:
    """Those of the provider's names under which we know a message that has left."""
    return set(session.exec(select(MessageRow.provider_id).where(col(MessageRow.provider_id).in_(names))))
