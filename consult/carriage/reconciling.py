"""Reconciling: what a provider received while nobody listened is fetched from its list.

Every message in the list that the ledger does not hold goes in as its webhook
would have put it there, under the provider's own name for it; a webhook that
comes later adds nothing. Each time looks back beyond the last, because clocks
differ and a list may lag.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from sqlmodel import Session, col, select

from consult import db, intake, jobs
from consult.carriage import aside
from consult.channels import sms, transports
from consult.channels.ports import Kept, Lister, TryLater
from consult.intake import Arrival
from consult.outgoing import sending
from consult.tables.intake import Channel, RecordRow
from consult.tables.process import HeartbeatRow

log = structlog.get_logger()

OVERLAP = timedelta(hours=1)
# A number may have been used for something else before: the first time looks back no further.
FIRST_LOOK = timedelta(hours=1)
AT_ONCE = 200


@dataclass(frozen=True)
class Reconciled:
    """What came of looking through one provider's list; `problem` says why it could not be read whole."""

    transport: str
    listed: int
    fresh: int
    problem: str = ""


@jobs.duty(every=300)
def reconcile() -> None:
    """Fetch what every provider that keeps a list received and we did not."""
    aside.do("reconciling", lambda: catch_up(now=datetime.now(UTC)))


def catch_up(*, now: datetime, since: datetime | None = None) -> list[Reconciled]:
    """Go through the lists of all providers, from `since` or from where the last time ended."""
    found = []
    for name, gateway in sending.gateways().items():
        if isinstance(gateway, Lister):
            found.append(_go_through(name, gateway, since or _since(name, now), now))
    for one in found:
        if one.problem:
            log.warning("not reconciled", transport=one.transport, problem=one.problem)
        elif one.fresh:
            log.info("reconciled", transport=one.transport, listed=one.listed, fresh=one.fresh)
    return found


def reconciled_at(session: Session, transport: str) -> datetime | None:
    """Up to which moment a provider's list has been gone through; None before the first time."""
    row = session.get(HeartbeatRow, _name(transport))
    return row.at if row is not None else None


def _since(transport: str, now: datetime) -> datetime:
    with db.reading() as session:
        last = reconciled_at(session, transport)
    return last - OVERLAP if last is not None else now - FIRST_LOOK


def _go_through(transport: str, gateway: Lister, since: datetime, now: datetime) -> Reconciled:
    listed, problem = list[Kept](), ""
    try:
        for kept in gateway.received(since):
            listed.append(kept)
    except TryLater as error:
        problem = str(error)
    missed = [
        one
        for start in range(0, len(listed), AT_ONCE)
        for one in _not_here(transport, listed[start : start + AT_ONCE])
    ]
    fresh = _take_in(transport, missed, now)
    if problem:
        # What was listed is taken in; the next time begins at the same moment.
        return Reconciled(transport, len(listed), fresh, problem)
    with db.transaction() as session:
        last = reconciled_at(session, transport)
        session.merge(HeartbeatRow(name=_name(transport), at=max(last or now, now)))
    return Reconciled(transport, len(listed), fresh)


def _not_here(transport: str, kept: Sequence[Kept]) -> list[Kept]:
    """Those that the ledger does not hold."""
    with db.reading() as session:
        here = set(
            session.exec(
                select(RecordRow.provider_id).where(
                    RecordRow.source == transport,
                    col(RecordRow.provider_id).in_([one.provider_id for one in kept]),
                )
            )
        )
    return [one for one in kept if one.provider_id not in here]


def _take_in(transport: str, missed: Sequence[Kept], now: datetime) -> int:
    """Put messages into the ledger. Returns how many were new: a webhook may have come meanwhile."""
    fresh = 0
    # A list begins with the newest; people are answered in the order they wrote.
    for one in reversed(missed):
        arrival = Arrival(Channel.SMS, transport, one.provider_id, one.payload, one.content_type)
        recorded = intake.accept(arrival, now=now + timedelta(microseconds=fresh))
        fresh += recorded.fresh
        if recorded.fresh:
            sms.wake(recorded.id, transports.READERS[transport](one.payload, one.content_type).words)
    return fresh


def _name(transport: str) -> str:
    return f"reconciled {transport}"
