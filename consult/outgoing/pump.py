"""The pump: text messages leave in order, at each sender's pace, within their limits.

One pass claims, in one transaction, as many waiting messages as the senders are
free for: replies to somebody who has just written first, then what people wait
for, then the rest. A sender's row says when it is free again, so its pace holds
however many workers pump; the budget, quiet hours, countries and opt-outs are
looked at in the same transaction. Claimed messages are handed over by threads,
because a provider takes its time.
"""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from consult import db, jobs
from consult.channels import segments, transports
from consult.channels.ports import Outbound
from consult.config import Config
from consult.outgoing import doubts, limits, messages, sending
from consult.outgoing.sending import Claimed
from consult.tables.messages import Hold, MessageRow, MessageState, Urgency
from consult.tables.outgoing import AllowanceRow, BroadcastRow, BroadcastState, SenderRow
from consult.tables.participants import ContactPointRow
from consult.tables.rounds import RoundRow

log = structlog.get_logger()

AT_ONCE = 16
"""How many messages one worker hands over at the same time."""
PAUSE, LONGER_PAUSE = 0.05, 0.25
LOOKED_AT = (64, 2000)
"""How far down the queue one pass looks, and then once more, for somebody whose sender is free."""
JUST_WRITTEN = timedelta(minutes=15)
"""A reply within this time is a direct one, and waits for no morning."""
# A sender that was idle may catch up this much, so that the pump's own beat costs no pace.
CATCHING_UP = timedelta(seconds=0.5)


@dataclass
class Free:
    """A sender that may have a turn now."""

    row: SenderRow
    free_at: datetime


class Ground(NamedTuple):
    """What holds for every message of a round."""

    time_zone: str
    allowance: AllowanceRow


@dataclass
class Turns:
    """The senders of some transports and when each is free."""

    senders: dict[str, list[Free]]
    fallback: str
    now: datetime
    changed: set[UUID] = field(default_factory=set)
    grounds: dict[UUID, Ground] = field(default_factory=dict)

    @property
    def are_left(self) -> bool:
        """Whether any sender still has a turn."""
        return any(one.free_at <= self.now for senders in self.senders.values() for one in senders)

    def sender_for(self, contact_id: UUID, transport: str, receiver: str) -> Free | None:
        """The sender for a contact: the one they wrote to, else always the same, by share of the pace."""
        choices = self.senders.get(transport) or self.senders.get(self.fallback, [])
        own = next((one for one in choices if one.row.number == receiver), None)
        if own is not None or not choices:
            return own
        place = contact_id.int % 10_000 / 10_000 * sum(one.row.rate for one in choices)
        for one in choices:
            place -= one.row.rate
            if place < 0:
                return one
        return choices[-1]

    def take(self, free: Free, count: int) -> None:
        """Use a sender's turn for so many segments."""
        began = max(free.free_at, self.now - CATCHING_UP)
        free.free_at = began + timedelta(seconds=count / free.row.rate)
        self.changed.add(free.row.id)


def claim(
    session: Session, transports_wanted: Sequence[str], *, now: datetime, most: int = AT_ONCE
) -> list[Claimed]:
    """Make the next messages of these transports ours, as far as pace and limits allow."""
    turns = _turns(session, transports_wanted, now)
    claimed: list[Claimed] = []
    if not turns.are_left or not most:
        return claimed
    for message_id, contact_id, transport, receiver in _in_order(session, turns, transports_wanted):
        free = turns.sender_for(contact_id, transport, receiver)
        by_hand = transport == transports.BY_HAND
        if not by_hand and (free is None or free.free_at > now):
            continue
        row = _lock(session, message_id)
        found = _claim_one(session, row, None if by_hand else free, turns) if row is not None else None
        if found is not None:
            claimed.append(found)
        if len(claimed) == most or not turns.are_left:
            break
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
        .where(col(SenderRow.transport).in_(wanted), col(SenderRow.active), col(SenderRow.rate) > 0)
        .order_by(SenderRow.transport, SenderRow.number)
        .with_for_update()
    ).all()
    senders: dict[str, list[Free]] = {}
    for row in rows:
        senders.setdefault(row.transport, []).append(Free(row, row.free_at))
    return Turns(senders, sending.fallback(), now)


_Place = tuple[UUID, UUID, str, str]


def _in_order(session: Session, turns: Turns, wanted: Sequence[str]) -> Iterator[_Place]:
    """What may leave now, first things first, without opening it: message, contact, their way to us.

    Those whose own sender is busy are passed over, so that a slow sender keeps
    nobody else waiting.
    """
    seen: set[UUID] = set()
    for most in LOOKED_AT:
        busy = [
            sa.and_(col(ContactPointRow.transport) == name, col(ContactPointRow.receiver) == one.row.number)
            for name, senders in turns.senders.items()
            for one in senders
            if one.free_at > turns.now
        ]
        session.flush()
        page = session.connection().execute(
            _due(turns.now, wanted)
            .where(*(sa.not_(one) for one in busy))
            .limit(most)
            .with_only_columns(
                col(MessageRow.id),
                col(ContactPointRow.id),
                col(ContactPointRow.transport),
                col(ContactPointRow.receiver),
            )
        )
        places = [(one[0], one[1], one[2], one[3]) for one in page]
        yield from (place for place in places if place[0] not in seen)
        if len(places) < most:
            return
        seen.update(place[0] for place in places)


def _due(now: datetime, wanted: Sequence[str]) -> sa.Select[UUID]:
    """What these transports may send now, first things first.

    A contact whose own transport is not connected here is written to by the first that is.
    """
    elsewhere = [name for name in sending.gateways() if name in transports.KNOWN and name not in wanted]
    theirs = (
        col(ContactPointRow.transport).not_in(elsewhere)
        if sending.fallback() in wanted
        else col(ContactPointRow.transport).in_(wanted)
    )
    return (
        sa.select(col(MessageRow.id))
        .join(ContactPointRow, col(ContactPointRow.id) == col(MessageRow.contact_point_id))
        .where(
            col(MessageRow.channel) == "sms",
            col(MessageRow.state) == MessageState.WAITING,
            col(MessageRow.held) == Hold.NONE,
            sa.or_(col(MessageRow.due_at).is_(None), col(MessageRow.due_at) <= now),
            theirs,
        )
        .order_by(col(MessageRow.urgency), col(MessageRow.created_at), col(MessageRow.id))
    )


def _lock(session: Session, message_id: UUID) -> MessageRow | None:
    """A message that still waits, ours alone until the transaction ends; None where another has it."""
    return session.exec(
        select(MessageRow)
        .where(
            MessageRow.id == message_id,
            MessageRow.state == MessageState.WAITING,
            MessageRow.held == Hold.NONE,
        )
        .with_for_update(skip_locked=True),
        execution_options={"populate_existing": True},
    ).first()


def _claim_one(session: Session, row: MessageRow, free: Free | None, turns: Turns) -> Claimed | None:
    """Make a message ours to be sent by this sender; without one it waits for somebody to carry it."""
    now = turns.now
    contact = session.get_one(ContactPointRow, row.contact_point_id)
    address, hindrance = sending.address_of(session, row)
    if hindrance:
        _end(session, row, hindrance, now)
    elif _is_stopped(session, row):
        _hold(session, row, Hold.STOPPED)
    elif free is None:
        _hold(session, row, Hold.BY_HAND)
    elif _is_allowed(session, row, contact, address, turns):
        sender = free.row
        turns.take(free, row.segments)
        if sending.claim(session, row, sender.transport, sender.number, now=now):
            return Claimed(
                row.id,
                sender.transport,
                Outbound(address, row.words, str(row.id), language=row.language, sender=sender.number),
            )
    return None


def _is_stopped(session: Session, row: MessageRow) -> bool:
    """Whether its broadcast was stopped while it was being written or came back to be sent again."""
    broadcast = session.get(BroadcastRow, row.broadcast_id) if row.broadcast_id else None
    return broadcast is not None and broadcast.state is BroadcastState.STOPPED


def _is_allowed(
    session: Session, row: MessageRow, contact: ContactPointRow, address: str, turns: Turns
) -> bool:
    """Whether a message may leave now; where not, it says until when, or why it never may."""
    now = turns.now
    if row.urgency != Urgency.REPLY and doubts.holds_back(session, row, contact, now=now):
        return False
    row.segments = row.segments or segments.count(row.words).segments
    if row.round_id is None:
        return True
    time_zone, allowance = _ground(session, row.round_id, turns)
    if not limits.may_text(allowance, address):
        _end(session, row, "its country is not on the round's list", now)
        return False
    if not _is_direct(session, row, contact, now):
        until = limits.quiet_until(allowance, address, time_zone, now)
        if until is not None:
            row.due_at = until
            session.add(row)
            return False
    if not row.charged:
        if not limits.charge(session, row.round_id, row.segments):
            _hold(session, row, Hold.BUDGET)
            return False
        row.charged = row.segments
        session.add(row)
    return True


def _ground(session: Session, round_id: UUID, turns: Turns) -> Ground:
    """A round's clocks and limits, read once in a pass; what is spent is never read here."""
    if round_id not in turns.grounds:
        allowance = limits.of_round(session, round_id, now=turns.now)
        turns.grounds[round_id] = Ground(session.get_one(RoundRow, round_id).time_zone, allowance)
    return turns.grounds[round_id]


def _is_direct(session: Session, row: MessageRow, contact: ContactPointRow, now: datetime) -> bool:
    """Whether a message answers somebody who has only just written, whatever the hour is where they are."""
    if row.urgency != Urgency.REPLY:
        return False
    heard = session.exec(
        select(sa.func.max(ContactPointRow.last_heard_at)).where(
            sa.or_(
                col(ContactPointRow.id) == contact.id,
                sa.and_(
                    col(ContactPointRow.lookup) == contact.lookup, col(ContactPointRow.lookup).is_not(None)
                ),
            )
        )
    ).one()
    return heard is not None and now - heard <= JUST_WRITTEN


def _hold(session: Session, row: MessageRow, held: Hold) -> None:
    row.held = held
    session.add(row)


def _end(session: Session, row: MessageRow, why: str, now: datetime) -> None:
    """It never leaves, so what it was to cost is given back."""
    limits.refund(session, row)
    messages.advance(session, row, MessageState.BLOCKED, now=now, error=why)


def list_senders(session: Session, config: Config, *, now: datetime) -> None:
    """Bring the list of senders to what the settings name, each at its pace."""
    named = {(transport, number): rate for transport, number, rate in transports.senders_of(config)}
    for row in session.exec(select(SenderRow).with_for_update()):
        rate = named.pop((row.transport, row.number), None)
        row.active, row.rate = rate is not None, rate or row.rate
        session.add(row)
    connection = session.connection()
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    for (transport, number), rate in named.items():
        fresh = SenderRow(transport=transport, number=number, rate=rate, free_at=now)
        # Another worker that starts now may have listed it a moment ago.
        connection.execute(insert(SenderRow).values(**fresh.model_dump()).on_conflict_do_nothing())
    session.flush()


def pace(session: Session) -> float:
    """The segments a second that all our senders together may send; 0 without any."""
    found = session.exec(select(sa.func.sum(SenderRow.rate)).where(col(SenderRow.active))).one()
    return float(found or 0)


@jobs.duty(every=60)
def let_go_where_room() -> None:
    """Once a minute: what the budget held leaves when something that never left was given back."""
    with db.transaction() as session:
        limits.let_go_where_room(session)


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
        # The table of telephone prefixes takes a while to load, and no transaction should wait for it.
        limits.zones_of("+255700000000")
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
            if session.connection().execute(_due(now, pushed).limit(1)).first() is None:
                return 0
        with db.transaction() as session:
            claimed = claim(session, pushed, now=now, most=room)
        self._busy |= {self._hands.submit(_hand_over, one) for one in claimed}
        return len(claimed)


def _hand_over(claimed: Claimed) -> None:
    try:
        sending.hand_over(claimed)
    except Exception as error:
        # It stays in `sending`; a sweep calls its fate unknown and looks for it.
        log.error("outcome not noted", message=str(claimed.id), exc_info=error)
