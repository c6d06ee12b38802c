"""Sending: a message leaves once, and what became of it is noted.

Three steps, and the provider stands between transactions: the message is
claimed (waiting becomes sending), handed over, and its outcome recorded. Who
dies in the middle leaves a message in `sending`; after a while its fate is
called unknown, the provider is asked whether it knows the message, and a person
decides about the rest. Nothing that may have left is sent again by itself.

E-mail leaves by a job for each message. Text messages have an order, a pace and
limits that hold between them, so the pump claims them (see `pump`).

A message of a channel without settings waits in the outbox. When settings
appear it is taken up.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from consult import audit, db, jobs, masking
from consult import config as configuration
from consult.channels import transports
from consult.channels.email import EmailGateway
from consult.channels.ports import FateUnknown, Gateway, Outbound, Sent, TryLater
from consult.config import Config
from consult.errors import BarazaError
from consult.jobs import Job
from consult.outgoing import deliveries, limits, messages
from consult.tables.messages import Hold, MessageRow, MessageState
from consult.tables.outgoing import SenderRow
from consult.tables.participants import ContactPointRow
from consult.tables.people import PersonRow

log = structlog.get_logger()

# Ten tries of a letter over some four hours; then a person is asked.
MOST_ATTEMPTS = 10
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=3)
# When a provider takes no text the sender rests, and the same text is tried again when it has rested,
# so that everything leaves in order after an hour in which it was down. A text that is refused
# time after time then lets others go before it; after so many tries a person is asked.
FIRST_REST, LONGEST_REST = timedelta(seconds=2), timedelta(seconds=60)
STEPS_ASIDE_AFTER, STEPS_ASIDE_FOR, MOST_TRIES = 10, timedelta(minutes=5), 60
# A message nobody has tried to send after this long has lost its promise.
LOST_AFTER = timedelta(minutes=10)
# Far longer than any gateway waits for its provider.
STUCK_AFTER = timedelta(minutes=5)
# How long a telephone that fetches what it sends may be without signal or power.
SILENT_FOR = timedelta(hours=24)
AT_ONCE = 200
EMAIL = "email"
BROADCAST_ENDED = "its broadcast was ended"


class AlreadyDecided(BarazaError):
    """A message that is no longer waiting for a person to decide about it."""

    def __init__(self) -> None:
        super().__init__("This message has moved on since the page was drawn. Look at the outbox again.")


@dataclass(frozen=True)
class Claimed:
    """A message that is ours to hand over, and the transport that takes it."""

    id: UUID
    transport: str
    outbound: Outbound


Gateways = Mapping[str, Gateway]
_gateways: Callable[[], Gateways] | None = None
_opened: Gateways | None = None


def use(gateways: Gateways | None) -> None:
    """Send through these from now on, or, with None, through those of the environment's settings."""
    global _opened
    _opened = gateways


def gateways() -> Gateways:
    """The gateways of this process, by transport."""
    global _opened
    if _opened is None:
        _opened = gateways_of(configuration.read())
    return _opened


def gateways_of(config: Config) -> Gateways:
    """A gateway for each transport that has settings, and for e-mail."""
    found: dict[str, Gateway] = dict(transports.gateways_of(config))
    if config.smtp_url:
        found[EMAIL] = EmailGateway.at(config.smtp_url, config.mail_from, config.base_url)
    return found


def fallback() -> str:
    """The transport that writes to people whose own way to us is not connected; "" without any."""
    return next((name for name in transports.KNOWN if name in gateways()), "")


def channels_of(config: Config) -> set[str]:
    """The channels that messages can leave by with these settings."""
    return {EMAIL if name == EMAIL else "sms" for name in gateways_of(config)}


@jobs.job(Job.SEND_MESSAGE)
def send(*, message_id: UUID) -> None:
    """Hand an e-mail over, if it still waits and there are settings for e-mail."""
    claimed = _claim_letter(message_id, now=datetime.now(UTC))
    if claimed is not None:
        hand_over(claimed)


def hand_over(claimed: Claimed, *, now: datetime | None = None) -> None:
    """Give a claimed message to its gateway, and note what became of it; `now` is for clocks of tests."""
    try:
        sent = gateways()[claimed.transport].send(claimed.outbound)
    except TryLater as error:
        note: Callable[..., None] = partial(_put_back, error=str(error))
    except FateUnknown as error:
        note = partial(record, sent=Sent(MessageState.UNKNOWN, error=str(error)))
    except Exception as error:
        # Whatever broke, it broke after the claim: the message may have left.
        log.error("gateway broke", message=str(claimed.id), transport=claimed.transport, exc_info=error)
        note = partial(record, sent=Sent(MessageState.UNKNOWN, error="the gateway broke while sending"))
    else:
        note = partial(record, sent=sent)
    with db.transaction() as session:
        note(session, claimed.id, now=now or datetime.now(UTC))


@jobs.duty(every=10)
def sweep() -> None:
    """Promise letters anew that wait and are due; call unknown what was being sent when a worker died."""
    take_up(now=datetime.now(UTC))


def take_up(*, now: datetime) -> int:
    """Do what `sweep` does, at a given moment. Returns how many letters were promised anew."""
    pulled = col(MessageRow.transport).in_(transports.PULLED)
    with db.reading() as session:
        stuck = [
            *session.exec(_in_state(MessageState.SENDING, before=now - STUCK_AFTER).where(~pulled)),
            *session.exec(_in_state(MessageState.SENDING, before=now - SILENT_FOR).where(pulled)),
        ]
        waiting = (
            list(
                session.exec(
                    _in_state(MessageState.WAITING, before=now - FIRST_WAIT).where(
                        MessageRow.channel == EMAIL
                    )
                )
            )
            if EMAIL in gateways()
            else []
        )
    due = [row for row in waiting if row.changed_at + _wait(row.attempts) <= now]
    if not stuck and not due:
        return 0
    with db.transaction() as session:
        for row in stuck:
            # At the moment it was claimed, for that is when it may have left.
            record(
                session,
                row.id,
                sent=Sent(
                    MessageState.UNKNOWN,
                    error="the relay telephone has told nothing of it"
                    if row.transport in transports.PULLED
                    else "the worker stopped while it was being sent",
                ),
                now=row.changed_at,
            )
        for row in due:
            # Counting from now, so that the next sweep does not promise it again meanwhile.
            if _move(session, row.id, MessageState.WAITING, MessageState.WAITING, now):
                jobs.enqueue(session, Job.SEND_MESSAGE, message_id=row.id)
    return len(due)


def is_restored(row: MessageRow) -> bool:
    """Whether a message waits because it may have left between a backup and its way back."""
    return row.state is MessageState.WAITING and row.held == Hold.RESTORED


def resend(session: Session, message_id: UUID, *, by: UUID, now: datetime) -> None:
    """A person sends again what failed, arrived in part, is of unknown fate, or may have left before a
    restore. Raises AlreadyDecided.
    """
    row = _undecided(session, message_id)
    if row.state is not MessageState.WAITING:
        # What it was charged may have been spent: the next try is charged for itself.
        row.charged = 0
    audit.record(
        session, by, "resend", "message", row.id, {"state": row.state.value}, {"state": "waiting"}, now=now
    )
    row.state, row.held, row.due_at = MessageState.WAITING, Hold.NONE, None
    row.attempts, row.error, row.provider_id, row.changed_at = 0, "", None, now
    row.looked_at = None
    session.add(row)
    session.flush()
    if row.channel == EMAIL:
        jobs.enqueue(session, Job.SEND_MESSAGE, message_id=row.id)


def give_up(session: Session, message_id: UUID, *, by: UUID, now: datetime) -> None:
    """A person decides that a message is not sent (any more). Raises AlreadyDecided."""
    row = _undecided(session, message_id, also=MessageState.WAITING)
    audit.record(
        session, by, "give-up", "message", row.id, {"state": row.state.value}, {"state": "blocked"}, now=now
    )
    if row.state is MessageState.WAITING:
        limits.refund(session, row)
    row.state, row.error, row.changed_at = MessageState.BLOCKED, "given up by a person", now
    session.add(row)


# Steps


def _claim_letter(message_id: UUID, *, now: datetime) -> Claimed | None:
    """Make a waiting letter ours; None when it is not waiting, has no settings, or may not be sent."""
    with db.transaction() as session:
        row = session.get(MessageRow, message_id)
        if row is None or row.channel != EMAIL or EMAIL not in gateways():
            return None
        if not claim(session, row, EMAIL, "", now=now):
            return None
        hindrance = address_of(session, row)[1]
        if hindrance:
            messages.advance(session, row, MessageState.BLOCKED, now=now, error=hindrance)
            return None
        return Claimed(row.id, EMAIL, outbound(session, row))


def claim(session: Session, row: MessageRow, transport: str, sender: str, *, now: datetime) -> bool:
    """Make a waiting message ours to hand over; False when somebody was first."""
    # What was noted on it (what it is charged) would be lost when it is read anew below.
    session.flush()
    if not _move(
        session,
        row.id,
        MessageState.WAITING,
        MessageState.SENDING,
        now,
        attempts=row.attempts + 1,
        transport=transport,
        sender=sender,
    ):
        return False
    session.refresh(row)
    return True


def outbound(session: Session, row: MessageRow) -> Outbound:
    """A message as its gateway takes it; its address is "" where nothing may be sent."""
    return Outbound(
        address_of(session, row)[0],
        row.words,
        str(row.id),
        subject=row.subject,
        language=row.language,
        sender=row.sender,
    )


def address_of(session: Session, row: MessageRow) -> tuple[str, str]:
    """Where a message goes, or why it may not."""
    if row.person_id is not None:
        person = session.get(PersonRow, row.person_id)
        return (person.email, "") if person is not None else ("", "there is nobody to send it to")
    contact = session.get(ContactPointRow, row.contact_point_id) if row.contact_point_id else None
    if contact is None or contact.address is None:
        return "", "the address was erased"
    if contact.stopped_at is not None and not row.dedupe.startswith(messages.STOP_CONFIRMATION):
        return "", "they have left (STOP)"
    return contact.address, ""


def record(session: Session, message_id: UUID, *, sent: Sent, now: datetime) -> None:
    """Note what became of a message that was handed over."""
    row = session.get_one(MessageRow, message_id, with_for_update=True)
    # Called unknown by a sweep, and now known after all.
    if row.state not in (MessageState.SENDING, MessageState.UNKNOWN):
        return
    messages.advance(session, row, sent.state, now=now, provider_id=sent.provider_id, error=sent.error)
    session.flush()
    if sent.provider_id:
        deliveries.advance(session, row, now=now)
    # What has a name at the provider was taken there, and may cost.
    if sent.state in (MessageState.BLOCKED, MessageState.FAILED) and not sent.provider_id:
        limits.refund(session, row)
    if sent.state is MessageState.BLOCKED:
        deliveries.note_leaving(session, row, now=now)


def _put_back(session: Session, message_id: UUID, *, error: str, now: datetime) -> None:
    """Let a message wait for another try, and the sender that could not send it rest."""
    row = session.get_one(MessageRow, message_id, with_for_update=True)
    if row.state is not MessageState.SENDING:
        return
    by_text = row.channel != EMAIL
    tired = row.attempts >= (MOST_TRIES if by_text else MOST_ATTEMPTS)
    # Its broadcast was ended while it was being handed over.
    ended = row.held == Hold.STOPPED
    row.state = MessageState.FAILED if tired else MessageState.WAITING
    row.error, row.changed_at = masking.masked(error)[:300], now
    if ended:
        row.state, row.error = MessageState.BLOCKED, BROADCAST_ENDED
    row.due_at = None if by_text else now + _wait(row.attempts)
    if by_text and row.attempts >= STEPS_ASIDE_AFTER:
        row.due_at = now + STEPS_ASIDE_FOR
    session.add(row)
    session.flush()
    if tired or ended:
        limits.refund(session, row)
    if by_text:
        _rest(session, row, now + min(FIRST_REST * 2 ** min(row.attempts - 1, 10), LONGEST_REST))


def _rest(session: Session, row: MessageRow, until: datetime) -> None:
    """Keep the sender of a message from sending until then."""
    session.connection().execute(
        sa.update(SenderRow)
        .where(
            col(SenderRow.transport) == row.transport,
            col(SenderRow.number) == row.sender,
            col(SenderRow.free_at) < until,
        )
        .values(free_at=until)
    )


def _move(
    session: Session,
    message_id: UUID,
    before: MessageState,
    after: MessageState,
    now: datetime,
    **also: int | str,
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
    decided_by_a_person = (MessageState.UNKNOWN, MessageState.FAILED, MessageState.PARTIAL, also)
    if row is None or (row.state not in decided_by_a_person and not is_restored(row)):
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
