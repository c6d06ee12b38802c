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
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from consult import audit, db, jobs, limits, messages
from consult import config as configuration
from consult.channels import transports
from consult.channels.email import EmailGateway
from consult.channels.ports import FateUnknown, Finder, Gateway, Outbound, Report, Sent, TryLater
from consult.config import Config
from consult.errors import BarazaError
from consult.jobs import Job
from consult.tables.messages import DeliveryRow, Hold, MessageRow, MessageState
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
EMAIL = "email"


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


def channels_of(config: Config) -> set[str]:
    """The channels that messages can leave by with these settings."""
    return {EMAIL if name == EMAIL else "sms" for name in gateways_of(config)}


@jobs.job(Job.SEND_MESSAGE)
def send(*, message_id: UUID) -> None:
    """Hand an e-mail over, if it still waits and there are settings for e-mail."""
    claimed = _claim_letter(message_id, now=datetime.now(UTC))
    if claimed is not None:
        hand_over(claimed)


def hand_over(claimed: Claimed) -> None:
    """Give a claimed message to its gateway, and note what became of it."""
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
        note(session, claimed.id, now=datetime.now(UTC))


@jobs.duty(every=10)
def sweep() -> None:
    """Promise letters anew that wait and are due; call unknown what was being sent when a worker died."""
    now = datetime.now(UTC)
    take_up(now=now)
    look_for_lost(now=now)


def take_up(*, now: datetime) -> int:
    """Do the first part of `sweep` at a given moment. Returns how many letters were promised anew."""
    with db.reading() as session:
        stuck = list(
            session.exec(
                _in_state(MessageState.SENDING, before=now - STUCK_AFTER).where(
                    col(MessageRow.transport).not_in(transports.PULLED)
                )
            )
        )
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
            record(
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


def look_for_lost(*, now: datetime) -> int:
    """Ask the provider for messages of unknown fate, once each. Returns how many it knew."""
    able = {name: gateway for name, gateway in gateways().items() if isinstance(gateway, Finder)}
    if not able:
        return 0
    with db.reading() as session:
        rows = session.exec(
            select(MessageRow)
            .where(
                MessageRow.state == MessageState.UNKNOWN,
                col(MessageRow.looked_at).is_(None),
                col(MessageRow.transport).in_(able),
            )
            .limit(AT_ONCE)
        ).all()
        lost = [(row.id, row.transport, row.changed_at, _outbound(session, row)) for row in rows]
    known = 0
    for id_, transport, since, outbound in lost:
        try:
            found = able[transport].find(outbound, since - STUCK_AFTER)
        except TryLater:
            continue
        known += found is not None
        with db.transaction() as session:
            _note_looking(session, id_, found, now)
    return known


def note_delivery(session: Session, report: Report, *, now: datetime) -> None:
    """Keep a provider's report once, and move its message on; reports of unknown messages are kept too."""
    connection = session.connection()
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    connection.execute(
        insert(DeliveryRow)
        .values(
            id=new_id(),
            provider_id=report.provider_id[:100],
            status=report.status[:30],
            state=report.state,
            part=report.part,
            parts=report.parts,
            error=report.error[:60],
            received_at=now,
        )
        .on_conflict_do_nothing(index_elements=["provider_id", "status", "part"])
    )
    message = session.exec(select(MessageRow).where(MessageRow.provider_id == report.provider_id)).first()
    if message is None and report.key:
        message = _named(session, report)
    if message is not None:
        _advance(session, message, now=now)


def resend(session: Session, message_id: UUID, *, by: UUID, now: datetime) -> None:
    """A person sends a failed message, or one of unknown fate, again. Raises AlreadyDecided."""
    row = _undecided(session, message_id)
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
        return Claimed(row.id, EMAIL, _outbound(session, row))


def claim(session: Session, row: MessageRow, transport: str, sender: str, *, now: datetime) -> bool:
    """Make a waiting message ours to hand over; False when somebody was first."""
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


def _outbound(session: Session, row: MessageRow) -> Outbound:
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
    row = session.get_one(MessageRow, message_id)
    # Called unknown by a sweep, and now known after all.
    if row.state not in (MessageState.SENDING, MessageState.UNKNOWN):
        return
    messages.advance(session, row, sent.state, now=now, provider_id=sent.provider_id, error=sent.error)
    session.flush()
    if sent.provider_id:
        _advance(session, row, now=now)
    if sent.state in (MessageState.BLOCKED, MessageState.FAILED):
        limits.refund(session, row)
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
    row.error, row.changed_at, row.due_at = error[:300], now, now + _wait(row.attempts)
    session.add(row)
    if tired:
        limits.refund(session, row)


def _note_looking(session: Session, message_id: UUID, found: Sent | None, now: datetime) -> None:
    row = session.get_one(MessageRow, message_id, with_for_update=True)
    if row.state is not MessageState.UNKNOWN:
        return
    if found is not None:
        record(session, message_id, sent=found, now=now)
        return
    row.looked_at, row.error = now, f"{row.error}; the provider knows no such message"[:300]
    session.add(row)


def _named(session: Session, report: Report) -> MessageRow | None:
    """The message a report names by our own id, though we never heard the provider's."""
    try:
        row = session.get(MessageRow, UUID(report.key), with_for_update=True)
    except ValueError:
        return None
    if row is None or row.provider_id is not None:
        return None
    row.provider_id = report.provider_id[:100]
    session.add(row)
    session.flush()
    return row


def _advance(session: Session, row: MessageRow, *, now: datetime) -> None:
    """Bring a message to the furthest state that its provider's reports tell of, whatever their order."""
    reports = session.exec(select(DeliveryRow).where(DeliveryRow.provider_id == row.provider_id)).all()
    told = [(one.state, one) for one in reports if one.state is not None]
    furthest = _furthest([pair for pair in told if pair[1].part == 0])
    in_parts = messages.of_parts(
        [(report.part, report.parts, state) for state, report in told if report.part > 0]
    )
    states = [found for found in (furthest[0] if furthest else None, in_parts) if found is not None]
    if not states:
        return
    state = max(states, key=messages.RANK.__getitem__)
    report = furthest[1].error if furthest else ""
    error = f"the network could not deliver it ({report})" if report else ""
    if in_parts is MessageState.PARTIAL and state is in_parts:
        error = "some of its parts did not arrive"
    if state is not row.state:
        messages.advance(session, row, state, now=now, error=error)


def _furthest(
    told: list[tuple[MessageState, DeliveryRow]],
) -> tuple[MessageState, DeliveryRow] | None:
    return max(told, key=lambda found: (messages.RANK[found[0]], found[1].status), default=None)


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
