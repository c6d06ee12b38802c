"""Sending: the job that hands a message over, once, and notes what became of it.

Three steps, and the provider stands between transactions: the message is
claimed (waiting becomes sending), handed over, and its outcome recorded. Who
dies in the middle leaves a message in `sending`; after a while its fate is
called unknown and a person decides. Nothing that may have left is sent again by
itself.

A message of a channel without settings waits in the outbox. When settings
appear the next sweep takes it up.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from consult import audit, db, jobs, messages
from consult import config as configuration
from consult.channels import twilio
from consult.channels.conversing import STOP_CONFIRMATION
from consult.channels.email import EmailGateway
from consult.channels.ports import FateUnknown, Gateway, Outbound, Sent, TryLater
from consult.config import Config
from consult.errors import BarazaError
from consult.jobs import Job
from consult.tables.messages import DeliveryRow, MessageRow, MessageState
from consult.tables.participants import ContactPointRow
from consult.tables.people import PersonRow
from standards.identity import new_id

log = structlog.get_logger()

# Ten tries over some nine hours; then a person is asked.
MOST_ATTEMPTS = 10
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=3)
# A message nobody has tried to send after this long has lost its promise.
LOST_AFTER = timedelta(minutes=10)
# Far longer than any gateway waits for its provider.
STUCK_AFTER = timedelta(minutes=5)
AT_ONCE = 200


class AlreadyDecided(BarazaError):
    """A message that is no longer waiting for a person to decide about it."""

    def __init__(self) -> None:
        super().__init__("This message has moved on since the page was drawn. Look at the outbox again.")


@dataclass(frozen=True)
class Claimed:
    """A message that is ours to hand over."""

    channel: str
    outbound: Outbound


Gateways = Mapping[str, Gateway]
_gateways: Callable[[], Gateways] | None = None
_opened: Gateways | None = None


def use(gateways: Gateways | None) -> None:
    """Send through these from now on, or, with None, through those of the environment's settings."""
    global _opened
    _opened = gateways


def gateways() -> Gateways:
    """The gateways of this process, by channel."""
    global _opened
    if _opened is None:
        _opened = gateways_of(configuration.read())
    return _opened


def gateways_of(config: Config) -> Gateways:
    """A gateway for each channel that has settings."""
    found: dict[str, Gateway] = {}
    if config.twilio is not None and config.twilio.number:
        found["sms"] = twilio.TwilioGateway(config.twilio, config.base_url)
    if config.smtp_url:
        found["email"] = EmailGateway.at(config.smtp_url, config.mail_from, config.base_url)
    return found


@jobs.job(Job.SEND_MESSAGE)
def send(*, message_id: UUID) -> None:
    """Hand a message over, if it still waits and its channel has settings."""
    claimed = _claim(message_id, now=datetime.now(UTC))
    if claimed is None:
        return
    try:
        sent = gateways()[claimed.channel].send(claimed.outbound)
    except TryLater as error:
        note: Callable[..., None] = partial(_put_back, error=str(error))
    except FateUnknown as error:
        note = partial(_record, sent=Sent(MessageState.UNKNOWN, error=str(error)))
    except Exception as error:
        # Whatever broke, it broke after the claim: the message may have left.
        log.error("gateway broke", message=str(message_id), channel=claimed.channel, exc_info=error)
        note = partial(_record, sent=Sent(MessageState.UNKNOWN, error="the gateway broke while sending"))
    else:
        note = partial(_record, sent=sent)
    with db.transaction() as session:
        note(session, message_id, now=datetime.now(UTC))


@jobs.duty(every=10)
def sweep() -> None:
    """Promise anew what waits and is due; call unknown what was being sent when a worker died."""
    take_up(now=datetime.now(UTC))


def take_up(*, now: datetime) -> int:
    """Do what `sweep` does, at a given moment. Returns how many messages were promised anew."""
    channels = list(gateways())
    with db.reading() as session:
        stuck = list(session.exec(_in_state(MessageState.SENDING, before=now - STUCK_AFTER)))
        waiting = list(
            session.exec(
                _in_state(MessageState.WAITING, before=now - FIRST_WAIT).where(
                    col(MessageRow.channel).in_(channels)
                )
            )
        )
    due = [row for row in waiting if row.changed_at + _wait(row.attempts) <= now]
    if not stuck and not due:
        return 0
    with db.transaction() as session:
        for row in stuck:
            _record(
                session,
                row.id,
                sent=Sent(MessageState.UNKNOWN, error="the worker stopped while it was being sent"),
                now=now,
            )
        for row in due:
            # Counting from now, so that the next sweep does not promise it again meanwhile.
            if _move(session, row.id, MessageState.WAITING, MessageState.WAITING, now):
                jobs.enqueue(session, Job.SEND_MESSAGE, message_id=row.id)
    return len(due)


def note_delivery(session: Session, provider_id: str, status: str, error: str, *, now: datetime) -> None:
    """Keep a provider's report once, and move its message on; reports of unknown messages are kept too."""
    connection = session.connection()
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    connection.execute(
        insert(DeliveryRow)
        .values(
            id=new_id(), provider_id=provider_id[:100], status=status[:30], error=error[:60], received_at=now
        )
        .on_conflict_do_nothing(index_elements=["provider_id", "status"])
    )
    message = session.exec(select(MessageRow).where(MessageRow.provider_id == provider_id)).first()
    if message is not None:
        _advance(session, message, now=now)


def resend(session: Session, message_id: UUID, *, by: UUID, now: datetime) -> None:
    """A person sends a failed message, or one of unknown fate, again. Raises AlreadyDecided."""
    row = _undecided(session, message_id)
    audit.record(
        session, by, "resend", "message", row.id, {"state": row.state.value}, {"state": "waiting"}, now=now
    )
    row.state, row.attempts, row.error, row.provider_id, row.changed_at = (
        MessageState.WAITING,
        0,
        "",
        None,
        now,
    )
    session.add(row)
    session.flush()
    jobs.enqueue(session, Job.SEND_MESSAGE, message_id=row.id)


def give_up(session: Session, message_id: UUID, *, by: UUID, now: datetime) -> None:
    """A person decides that a message is not sent (any more). Raises AlreadyDecided."""
    row = _undecided(session, message_id, also=MessageState.WAITING)
    audit.record(
        session, by, "give-up", "message", row.id, {"state": row.state.value}, {"state": "blocked"}, now=now
    )
    row.state, row.error, row.changed_at = MessageState.BLOCKED, "given up by a person", now
    session.add(row)


# Steps


def _claim(message_id: UUID, *, now: datetime) -> Claimed | None:
    """Make a waiting message ours; None when it is not waiting, has no settings, or may not be sent."""
    with db.transaction() as session:
        row = session.get(MessageRow, message_id)
        if row is None or row.state is not MessageState.WAITING or row.channel not in gateways():
            return None
        if not _move(
            session, message_id, MessageState.WAITING, MessageState.SENDING, now, attempts=row.attempts + 1
        ):
            return None
        session.refresh(row)
        address, hindrance = _address_of(session, row)
        if hindrance:
            messages.advance(session, row, MessageState.BLOCKED, now=now, error=hindrance)
            return None
        return Claimed(
            row.channel, Outbound(address, row.words, str(row.id), subject=row.subject, language=row.language)
        )


def _address_of(session: Session, row: MessageRow) -> tuple[str, str]:
    """Where a message goes, or why it may not."""
    if row.person_id is not None:
        person = session.get(PersonRow, row.person_id)
        return (person.email, "") if person is not None else ("", "there is nobody to send it to")
    contact = session.get(ContactPointRow, row.contact_point_id) if row.contact_point_id else None
    if contact is None or contact.address is None:
        return "", "the address was erased"
    if contact.stopped_at is not None and not row.dedupe.startswith(STOP_CONFIRMATION):
        return "", "they have left (STOP)"
    return contact.address, ""


def _record(session: Session, message_id: UUID, *, sent: Sent, now: datetime) -> None:
    row = session.get_one(MessageRow, message_id)
    # Called unknown by a sweep, and now known after all.
    if row.state not in (MessageState.SENDING, MessageState.UNKNOWN):
        return
    messages.advance(session, row, sent.state, now=now, provider_id=sent.provider_id, error=sent.error)
    session.flush()
    if sent.provider_id:
        _advance(session, row, now=now)
    if sent.state is MessageState.BLOCKED and row.contact_point_id is not None:
        # They told the provider, so it did not reach us as a text: they have left all the same.
        contact = session.get_one(ContactPointRow, row.contact_point_id)
        contact.stopped_at = contact.stopped_at or now
        session.add(contact)


def _put_back(session: Session, message_id: UUID, *, error: str, now: datetime) -> None:
    row = session.get_one(MessageRow, message_id)
    if row.state is not MessageState.SENDING:
        return
    tired = row.attempts >= MOST_ATTEMPTS
    row.state = MessageState.FAILED if tired else MessageState.WAITING
    row.error, row.changed_at = error[:300], now
    session.add(row)


def _advance(session: Session, row: MessageRow, *, now: datetime) -> None:
    """Bring a message to the furthest state that its provider's reports tell of, whatever their order."""
    reports = session.exec(select(DeliveryRow).where(DeliveryRow.provider_id == row.provider_id)).all()
    known = [(twilio.STATES[one.status], one) for one in reports if one.status in twilio.STATES]
    if not known:
        return
    state, furthest = max(known, key=lambda found: (messages.RANK[found[0]], found[1].status))
    error = f"the network could not deliver it ({furthest.error})" if furthest.error else ""
    if state is not row.state:
        messages.advance(session, row, state, now=now, error=error)


def _move(
    session: Session, message_id: UUID, before: MessageState, after: MessageState, now: datetime, **also: int
) -> bool:
    """Change a message's state if it is still what we think; False when somebody was first."""
    found = session.connection().execute(
        sa.update(MessageRow)
        .where(col(MessageRow.id) == message_id, col(MessageRow.state) == before)
        .values(state=after, changed_at=now, **also)
    )
    return found.rowcount == 1


def _undecided(session: Session, message_id: UUID, *, also: MessageState | None = None) -> MessageRow:
    row = session.get(MessageRow, message_id, with_for_update=True)
    if row is None or row.state not in (MessageState.UNKNOWN, MessageState.FAILED, also):
        raise AlreadyDecided
    return row


def _in_state(state: MessageState, *, before: datetime) -> SelectOfScalar[MessageRow]:
    return (
        select(MessageRow)
        .where(MessageRow.state == state, col(MessageRow.changed_at) <= before)
        .order_by(col(MessageRow.created_at))
        .limit(AT_ONCE)
    )


def _wait(attempts: int) -> timedelta:
    """How long a message rests after so many tries; before the first, until its promise must be lost."""
    return min(FIRST_WAIT * 2 ** (attempts - 1), LONGEST_WAIT) if attempts else LOST_AFTER
