"""Exchanges with a relay telephone: what it brings is kept first, then it is given what it may send.

What it brought and what it reports become durable together; what it is given is
claimed afterwards, at the pace and within the limits of every other sender. It
is given a message again until it reports on it, and keeps it under our name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from consult import db, intake
from consult.channels import relay, sms
from consult.channels.relay import Brought, Exchange
from consult.intake import Arrival
from consult.outgoing import deliveries, pump, sending
from consult.tables.intake import Channel
from consult.tables.messages import DeliveryRow, MessageRow, MessageState

TRANSPORT = "relay"


@dataclass(frozen=True)
class Given:
    """What a telephone hears: which messages it may forget, and what it is to send."""

    kept: list[Any]
    send: list[dict[str, str]]


def exchange(brought: Exchange, *, now: datetime) -> Given:
    """Keep what a telephone brings, and give it what it may send. Raises StorageFull, StorageBusy."""
    with db.transaction() as session:
        recorded = intake.record_all(session, [*_arrivals(brought.messages, now)])
        for report in brought.reports:
            deliveries.note_delivery(session, report, now=now)
    for record, one in zip(recorded, brought.messages, strict=True):
        if record.fresh:
            sms.wake(record.id, one.heard.words)
    with db.transaction() as session:
        given = _given(session, brought.want, now=now)
    return Given([one.id for one in brought.messages], given)


def keep_unread(body: bytes, content_type: str, *, now: datetime) -> None:
    """Keep an exchange that nobody can read, for a person to look at. Raises StorageFull, StorageBusy."""
    intake.accept(Arrival(Channel.SMS, TRANSPORT, relay.name_for(body), body, content_type[:100]), now=now)


def _arrivals(brought: Sequence[Brought], now: datetime) -> list[tuple[Arrival, datetime]]:
    """One record for each message, a moment apart, so that they are read in the order they came in."""
    return [
        (
            Arrival(Channel.SMS, TRANSPORT, one.kept.provider_id, one.kept.payload, one.kept.content_type),
            now + timedelta(microseconds=place),
        )
        for place, one in enumerate(brought)
    ]


def _given(session: Session, want: int, *, now: datetime) -> list[dict[str, str]]:
    """What the telephone holds or should hold: given before without a report, then newly claimed."""
    held = session.exec(
        select(MessageRow)
        .where(MessageRow.transport == TRANSPORT, MessageRow.state == MessageState.SENDING)
        .order_by(col(MessageRow.changed_at), col(MessageRow.id))
        .limit(want)
    ).all()
    again = [
        _as_given(row.provider_id, address, row.words)
        for row in held
        if row.provider_id and (address := sending.address_of(session, row)[0])
    ]
    if len(held) >= want:
        return again
    fresh = pump.claim(session, [TRANSPORT], now=now, most=want - len(held))
    for one in fresh:
        row = session.get_one(MessageRow, one.id)
        row.provider_id = _name(session, row)
        session.add(row)
        again.append(_as_given(row.provider_id, one.outbound.address, one.outbound.words))
    return again


def _as_given(name: str, address: str, words: str) -> dict[str, str]:
    return {"message": name, "to": address, "text": words}


def _name(session: Session, row: MessageRow) -> str:
    """Our id, or, where the telephone has failed with it and a person sends it again, a name of its own."""
    name, count = str(row.id), 1
    while session.exec(select(DeliveryRow.id).where(DeliveryRow.provider_id == name)).first() is not None:
        count += 1
        name = f"{row.id}-{count}"
    return name
