"""What tests of leaving text messages share: a provider that records, senders, telephones, and a clock."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from consult import db, participants
from consult.channels.ports import Outbound, Sent, TryLater
from consult.outgoing import limits, messages, pump, sending
from consult.tables.conversations import MembershipRow
from consult.tables.messages import MessageKind, MessageRow, MessageState, Urgency
from consult.tables.outgoing import AllowanceRow, SenderRow
from consult.tables.participants import ContactKind, ContactPointRow
from consult.tables.rounds import RoundRow
from tests import factories

NOON = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""Twelve in Dar es Salaam: nobody sleeps."""
SENDER = "+12025550100"
_serial = count(1)


class Provider:
    """A gateway that keeps what it was handed and when, and answers as told."""

    def __init__(self) -> None:
        self.sent: list[Outbound] = []
        self.at: list[datetime] = []
        self.known: dict[str, Sent] = {}
        self.answer: Callable[[Outbound], Sent] = lambda message: Sent(
            MessageState.SENT, f"SM{len(self.sent)}-{message.key}"
        )
        self.now = NOON
        self._lock = threading.Lock()

    def send(self, message: Outbound) -> Sent:
        with self._lock:
            self.sent.append(message)
            self.at.append(self.now)
        try:
            return self.answer(message)
        except TryLater:
            with self._lock:
                place = next(i for i, one in enumerate(self.sent) if one is message)
                del self.sent[place], self.at[place]
            raise

    def find(self, message: Outbound, since: datetime) -> Sent | None:
        return self.known.get(message.key)

    @property
    def numbers(self) -> list[str]:
        """To whom, in order."""
        return [one.address for one in self.sent]

    @property
    def words(self) -> list[str]:
        """What, in order."""
        return [one.words for one in self.sent]


@contextmanager
def connected(rates: Sequence[float] = (1000.0,), transport: str = "twilio") -> Iterator[Provider]:
    """A provider that text messages leave by, through senders of these paces."""
    provider = Provider()
    sending.use({transport: provider})
    with db.transaction() as session:
        for place, rate in enumerate(rates):
            session.add(
                SenderRow(
                    transport=transport,
                    number=f"+1202555{100 + place:04d}",
                    rate=rate,
                    free_at=NOON - timedelta(days=400),
                )
            )
    try:
        yield provider
    finally:
        sending.use(None)


def number(place: int | None = None) -> str:
    """A fictional number in Tanzania."""
    return f"+25571{next(_serial) if place is None else place:07d}"


def a_round(**fields: Any) -> RoundRow:
    """An open round in two languages, on Tanzanian time."""
    with db.transaction() as session:
        wanted = {"time_zone": "Africa/Dar_es_Salaam", "opens": NOON - timedelta(days=5)} | fields
        return factories.a_round(session, closes=NOON + timedelta(days=400), **wanted)


def limited(round_: RoundRow, **values: Any) -> None:
    """Give a round these limits."""
    with db.transaction() as session:
        row = limits.of_round(session, round_.id, now=NOON)
        for name, value in values.items():
            setattr(row, name, value)
        session.add(row)


def spent(round_: RoundRow) -> int:
    """The segments a round has spent."""
    with db.reading() as session:
        return session.get_one(AllowanceRow, round_.id).spent


def a_telephone(
    address: str = "",
    *,
    round_: RoundRow | None = None,
    joined: datetime | None = NOON,
    heard: datetime | None = None,
    contact: dict[str, Any] | None = None,
    **facts: Any,
) -> UUID:
    """Somebody at a number, who joined the round where one is given. Returns their contact point."""
    with db.transaction() as session:
        someone = participants.enrol(session, now=NOON, **facts)
        row = participants.reach(session, someone.id, ContactKind.SMS, address or number(), now=NOON)
        row.joined_at, row.last_heard_at = joined, heard or joined
        for name, value in (contact or {}).items():
            setattr(row, name, value)
        session.add(row)
        if round_ is not None:
            session.add(MembershipRow(participant_id=someone.id, round_id=round_.id, joined_at=joined))
        return row.id


def a_text(
    contact: UUID | None = None,
    words: str = "asante",
    *,
    round_: RoundRow | None = None,
    urgency: Urgency = Urgency.REPLY,
    at: datetime = NOON,
    kind: MessageKind = MessageKind.REPLY,
    dedupe: str = "",
    **fields: Any,
) -> UUID:
    """A message that waits to leave. Returns its id."""
    contact = contact or a_telephone()
    with db.transaction() as session:
        row = messages.write(
            session,
            kind=kind,
            channel="sms",
            words=words,
            dedupe=dedupe or f"reply:{next(_serial)}",
            contact_point_id=contact,
            round_id=round_.id if round_ else None,
            urgency=urgency,
            now=at,
        )
        for name, value in fields.items():
            setattr(row, name, value)
        session.add(row)
        return row.id


def pumped(
    provider: Provider, now: datetime = NOON, *, transport: str = "twilio", most: int = pump.AT_ONCE
) -> int:
    """One pass: claim what may leave at this moment, and hand it over. Returns how many were claimed."""
    provider.now = now
    with db.transaction() as session:
        claimed = pump.claim(session, [transport], now=now, most=most)
    for one in claimed:
        sending.hand_over(one, now=now)
    return len(claimed)


def pumped_for(provider: Provider, seconds: float, *, since: datetime = NOON, step: float = 0.05) -> datetime:
    """Passes over a stretch of time, as a worker makes them. Returns when it ended."""
    now = since
    while now < since + timedelta(seconds=seconds):
        pumped(provider, now)
        now += timedelta(seconds=step)
    return now


def message(id_: UUID) -> MessageRow:
    """A message as it stands."""
    with db.reading() as session:
        return session.get_one(MessageRow, id_)


def all_messages() -> list[MessageRow]:
    """Every message, oldest first."""
    with db.reading() as session:
        return list(session.exec(select(MessageRow).order_by(col(MessageRow.created_at), col(MessageRow.id))))


def stop(contact: UUID, now: datetime = NOON) -> None:
    """They have sent STOP."""
    with db.transaction() as session:
        row = session.get_one(ContactPointRow, contact)
        row.stopped_at = now
        session.add(row)
