"""Lost: messages of unknown fate, and the provider who may know more of them than we do."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from sqlmodel import Session, col, select

from consult import db, jobs
from consult.carriage import aside
from consult.channels.ports import Finder, Sent, TryLater
from consult.outgoing import sending
from consult.tables.messages import MessageRow, MessageState

log = structlog.get_logger()

# A provider may still be writing down what it took when the connection broke.
LOOK_AFTER = timedelta(minutes=2)


@jobs.duty(every=10)
def look() -> None:
    """Ask the providers for what nobody knows the fate of."""
    aside.do("looking for what was lost", lambda: look_for_lost(now=datetime.now(UTC)))


def look_for_lost(*, now: datetime) -> int:
    """Ask the provider for messages of unknown fate, once each. Returns how many it knew."""
    able = _finders()
    if not able:
        return 0
    with db.reading() as session:
        lost = session.exec(
            select(MessageRow.id)
            .where(
                MessageRow.state == MessageState.UNKNOWN,
                col(MessageRow.looked_at).is_(None),
                col(MessageRow.transport).in_(able),
                col(MessageRow.changed_at) <= now - LOOK_AFTER,
            )
            .order_by(col(MessageRow.changed_at))
            .limit(sending.AT_ONCE)
        ).all()
    return sum(look_for(id_, now=now) is True for id_ in lost)


def look_for(message_id: UUID, *, now: datetime) -> bool | None:
    """Ask the provider whether a message of unknown fate left; None where it cannot be asked now.

    What it knows of the message is noted with it, and so is that it knows nothing.
    """
    with db.reading() as session:
        row = session.get(MessageRow, message_id)
        finder = _finders().get(row.transport) if row is not None else None
        if row is None or row.state is not MessageState.UNKNOWN or finder is None:
            return None
        wanted, since = sending.outbound(session, row), row.changed_at - sending.STUCK_AFTER
    try:
        found = finder.find(wanted, since)
    except TryLater:
        return None
    except Exception as error:
        log.error("looking broke", message=str(message_id), exc_info=error)
        return None
    with db.transaction() as session:
        return _note_looking(session, message_id, found, now)


def _finders() -> dict[str, Finder]:
    return {name: gateway for name, gateway in sending.gateways().items() if isinstance(gateway, Finder)}


def _note_looking(session: Session, message_id: UUID, found: Sent | None, now: datetime) -> bool | None:
    row = session.get_one(MessageRow, message_id, with_for_update=True)
    if row.state is not MessageState.UNKNOWN:
        return None
    row.looked_at = now
    session.add(row)
    others = select(MessageRow.id).where(
        MessageRow.provider_id == (found.provider_id if found else ""), MessageRow.id != row.id
    )
    if found is not None and session.exec(others).first() is None:
        sending.record(session, message_id, sent=found, now=now)
        return True
    # The same words to the same number, sent for another reason, are not this message.
    row.error = f"{row.error.partition(';')[0]}; the provider knows no such message"[:300]
    return False
