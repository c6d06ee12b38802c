"""The pump: text messages leave in order, at each sender's pace, within their limits.

One pass claims, in one transaction, as many waiting messages as the senders are
free for: replies to somebody who has just written first, then what people wait
for, then the rest. A sender's row says when it is free again, so its pace holds
however many workers pump; the budget, quiet hours, countries and opt-outs are
looked at in the same transaction. Claimed messages are handed over by threads,
because a provider takes its time.
"""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from consult import db, doubts, limits, messages, sending
from consult.channels import segments, transports
from consult.channels.ports import Outbound
from consult.config import Config
from consult.sending import Claimed
from consult.tables.messages import Hold, MessageRow, MessageState, Urgency
from consult.tables.outgoing import SenderRow
from consult.tables.participants import ContactPointRow
from consult.tables.rounds import RoundRow

log = structlog.get_logger()

AT_ONCE = 16
"""How many messages one worker hands over at the same time."""
PAUSE, LONGER_PAUSE = 0.05, 0.25
# A sender that was idle may catch up this much, so that the pump's own beat costs no pace.
CATCHING_UP = timedelta(seconds=0.5)


@dataclass
class Free:
    """A sender that has a turn now."""

    row: SenderRow
    free_at: datetime


@dataclass
class Turns:
    """The senders of some transports and when each is free."""

    senders: dict[str, list[Free]]
    fallback: str
    now: datetime
    changed: set[UUID] = field(default_factory=set)

    def sender_for(self, contact: ContactPointRow | None) -> tuple[str, Free | None]:
        """The transport and sender for a contact: the ones they wrote to, else always the same."""
        if contact is not None and contact.transport == transports.BY_HAND:
            return transports.BY_HAND, None
        known = contact is not None and contact.transport in self.senders
        transport = contact.transport if contact is not None and known else self.fallback
        choices = self.senders.get(transport, [])
        if not choices:
            return transport, None
        own = [one for one in choices if contact is not None and one.row.number == contact.receiver]
        place = contact.id.int % len(choices) if contact is not None else 0
        return transport, own[0] if own else choices[place]

    def take(self, free: Free, count: int) -> bool:
        """Use a sender's turn for so many segments; False while it is not free."""
        if free.free_at > self.now:
            return False
        began = max(free.free_at, self.now - CATCHING_UP)
        free.free_at = began + timedelta(seconds=count / free.row.rate)
        self.changed.add(free.row.id)
        return True


def claim(
    session: Session, transports_wanted: Sequence[str], *, now: datetime, most: int = AT_ONCE
) -> list[Claimed]:
    """Make the next messages of these transports ours, as far as pace and limits allow."""
    turns = _turns(session, transports_wanted, now)
    claimed: list[Claimed] = []
    for row in session.exec(
        _due(now, transports_wanted).limit(most * 4).with_for_update(skip_locked=True, of=MessageRow)
    ):
        if len(claimed) == most or not any(
            one.free_at <= now for senders in turns.senders.values() for one in senders
        ):
            break
        found = _claim_one(session, row, turns, now)
        if found is not None:
            claimed.append(found)
    for senders in turns.senders.values():
        for free in senders:
            if free.row.id in turns.changed:
                free.row.free_at = free.free_at
                session.add(free.row)
    session.flush()
    return claimed


def _turns(session: Session, wanted: Sequence[str], now: datetime) -> Turns:
    """The senders of these transports, locked so that two workers never use the same turn."""
    rows = session.exec(
        select(SenderRow)
        .where(col(SenderRow.transport).in_(wanted), col(SenderRow.active))
        .order_by(SenderRow.transport, SenderRow.number)
        .with_for_update()
    ).all()
    senders: dict[str, list[Free]] = {}
    for row in rows:
        senders.setdefault(row.transport, []).append(Free(row, row.free_at))
    return Turns(senders, _fallback(), now)


def _due(now: datetime, wanted: Sequence[str]) -> SelectOfScalar[MessageRow]:
    """What these transports may send now, first things first.

    A contact whose own transport is not connected here is written to by the first that is.
    """
    elsewhere = [name for name in sending.gateways() if name in transports.KNOWN and name not in wanted]
    theirs = (
        col(ContactPointRow.transport).not_in(elsewhere)
        if _fallback() in wanted
        else col(ContactPointRow.transport).in_(wanted)
    )
    return (
        select(MessageRow)
        .join(ContactPointRow, col(ContactPointRow.id) == MessageRow.contact_point_id)
        .where(
            MessageRow.channel == "sms",
            MessageRow.state == MessageState.WAITING,
            MessageRow.held == Hold.NONE,
            sa.or_(col(MessageRow.due_at).is_(None), col(MessageRow.due_at) <= now),
            theirs,
        )
        .order_by(col(MessageRow.urgency), col(MessageRow.created_at), col(MessageRow.id))
    )


def _fallback() -> str:
    return next((name for name in transports.KNOWN if name in sending.gateways()), "")


def _claim_one(session: Session, row: MessageRow, turns: Turns, now: datetime) -> Claimed | None:
    contact = session.get(ContactPointRow, row.contact_point_id) if row.contact_point_id else None
    address, hindrance = sending.address_of(session, row)
    if hindrance:
        limits.refund(session, row)
        messages.advance(session, row, MessageState.BLOCKED, now=now, error=hindrance)
        return None
    assert contact is not None
    transport, sender = turns.sender_for(contact)
    if transport == transports.BY_HAND:
        row.held = Hold.BY_HAND
        session.add(row)
        return None
    if sender is None or sender.free_at > now or not _is_allowed(session, row, contact, address, now):
        return None
    turns.take(sender, row.segments)
    if not sending.claim(session, row, transport, sender.row.number, now=now):
        return None
    return Claimed(
        row.id,
        transport,
        Outbound(address, row.words, str(row.id), language=row.language, sender=sender.row.number),
    )


def _is_allowed(
    session: Session, row: MessageRow, contact: ContactPointRow, address: str, now: datetime
) -> bool:
    """Whether a message may leave now; where not, it says until when, or why it never may."""
    if row.urgency != Urgency.REPLY and doubts.holds_back(session, row, contact, now=now):
        return False
    row.segments = row.segments or segments.count(row.words).segments
    round_ = session.get(RoundRow, row.round_id) if row.round_id else None
    if round_ is None:
        return True
    allowance = limits.of_round(session, round_.id, now=now)
    if not limits.may_text(allowance, address):
        limits.refund(session, row)
        messages.advance(
            session, row, MessageState.BLOCKED, now=now, error="its country is not on the round's list"
        )
        return False
    if row.urgency != Urgency.REPLY:
        until = limits.quiet_until(allowance, address, round_.time_zone, now)
        if until is not None:
            row.due_at = until
            session.add(row)
            return False
    if not row.charged:
        if not limits.charge(session, round_.id, row.segments):
            row.held = Hold.BUDGET
            session.add(row)
            return False
        row.charged = row.segments
        session.add(row)
    return True


def list_senders(session: Session, config: Config, *, now: datetime) -> None:
    """Bring the list of senders to what the settings name, each at its pace."""
    named = {(transport, number): rate for transport, number, rate in transports.senders_of(config)}
    for row in session.exec(select(SenderRow)):
        rate = named.pop((row.transport, row.number), None)
        row.active, row.rate = rate is not None, rate or row.rate
        session.add(row)
    for (transport, number), rate in named.items():
        session.add(SenderRow(transport=transport, number=number, rate=rate, free_at=now))
    session.flush()


class Pump:
    """Pumps in a thread of its own from `start` to `stop`."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._hands = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="handing-over")
        self._busy: set[Future[None]] = set()

    def start(self) -> None:
        """Begin to pump."""
        self._thread = threading.Thread(target=self._run, name="pump", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Claim no more, and let what was claimed be handed over."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
        self._hands.shutdown(wait=True)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                moved = self.once()
            except Exception as error:
                # The next beat tries again; a broken pump must not end the worker.
                log.error("pump failed", exc_info=error)
                moved = 0
            self._stopping.wait(PAUSE if moved else LONGER_PAUSE)

    def once(self) -> int:
        """Claim what can leave now and have it handed over. Returns how many."""
        self._busy = {future for future in self._busy if not future.done()}
        room = AT_ONCE - len(self._busy)
        pushed = [name for name in sending.gateways() if name in transports.KNOWN]
        pushed = [name for name in pushed if name not in transports.PULLED]
        now = datetime.now(UTC)
        if not room or not pushed:
            return 0
        with db.reading() as session:
            if session.exec(_due(now, pushed).limit(1)).first() is None:
                return 0
        with db.transaction() as session:
            claimed = claim(session, pushed, now=now, most=room)
        self._busy |= {self._hands.submit(sending.hand_over, one) for one in claimed}
        return len(claimed)
