"""Blanking: words are deleted at the provider once they need not lie there any more.

What we sent is blanked when its delivery is settled, or when no report came for
days; what came in, an hour after it entered the ledger and once the provider's
list has been gone through beyond it. A message whose fate nobody knows is left
alone: it is found again by its words. `provider_copy` holds what was asked for
and how it went.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from consult import db, jobs, masking
from consult.carriage import aside, reconciling
from consult.channels.ports import Blanker, Lister
from consult.outgoing import sending
from consult.tables.intake import RecordRow
from consult.tables.messages import MessageRow, MessageState
from consult.tables.outgoing import ProviderCopyRow

log = structlog.get_logger()

SETTLED = (MessageState.DELIVERED, MessageState.FAILED)
# Some networks never report; after this long no provider tries any more.
NO_REPORT_AFTER = timedelta(days=3)
RECEIVED_AFTER = timedelta(hours=1)
MARGIN = timedelta(minutes=30)
AT_ONCE, PAGE = 50, 1000
FIRST_REST, LONGEST_REST = timedelta(minutes=2), timedelta(days=1)


class Noting:
    """Up to when this process has noted what is to be blanked, by transport; it can be lost."""

    def __init__(self) -> None:
        self.sent: dict[str, datetime] = {}
        self.received: dict[str, datetime] = {}


_noting = Noting()


@jobs.duty(every=60)
def blank() -> None:
    """Note what may be blanked by now, and have some of it blanked."""
    aside.do("blanking", lambda: blank_due(now=datetime.now(UTC)))


def blank_due(*, now: datetime, noting: Noting | None = None, most: int = AT_ONCE) -> int:
    """Do the duty at a given moment. Returns how many messages were blanked."""
    able = {name: gateway for name, gateway in sending.gateways().items() if isinstance(gateway, Blanker)}
    if not able:
        return 0
    note(able, now=now, noting=noting or _noting)
    with db.reading() as session:
        due = session.exec(
            select(ProviderCopyRow)
            .where(
                col(ProviderCopyRow.transport).in_(able),
                col(ProviderCopyRow.blanked_at).is_(None),
                sa.or_(col(ProviderCopyRow.next_try_at).is_(None), col(ProviderCopyRow.next_try_at) <= now),
            )
            .order_by(col(ProviderCopyRow.tries))
            .limit(most)
        ).all()
    blanked = 0
    for row in due:
        problem = _blanked(able[row.transport], row.provider_id)
        blanked += not problem
        with db.transaction() as session:
            _note_outcome(session, row.provider_id, problem, now)
        if problem and row.tries == 0:
            log.warning("not blanked", transport=row.transport, provider_id=row.provider_id, problem=problem)
    return blanked


def left(session: Session) -> tuple[int, int]:
    """How many messages are still to be blanked, and how many of them have been refused before."""
    row = (
        session.connection()
        .execute(
            sa.select(
                sa.func.count(),
                sa.func.coalesce(sa.func.sum(sa.case((col(ProviderCopyRow.tries) > 0, 1), else_=0)), 0),
            ).where(col(ProviderCopyRow.blanked_at).is_(None))
        )
        .one()
    )
    return int(row[0]), int(row[1])


def note(able: Iterable[str], *, now: datetime, noting: Noting) -> int:
    """Write down what may be blanked by now. Returns how many were new."""
    count = 0
    for transport in able:
        with db.transaction() as session:
            count += _insert(session, transport, _sent(session, transport, noting.sent.get(transport), now))
            until = _until(session, transport, now)
            if until is not None:
                received = _received(session, transport, noting.received.get(transport), until)
                count += _insert(session, transport, received)
        noting.sent[transport] = now
        if until is not None:
            noting.received[transport] = until
    return count


def _sent(session: Session, transport: str, noted: datetime | None, now: datetime) -> Iterable[str | None]:
    """What we sent and is settled, by the provider's names for it."""
    changed = col(MessageRow.changed_at)
    settled: sa.ColumnElement[bool] = col(MessageRow.state).in_(SETTLED)
    silent = sa.and_(
        col(MessageRow.state).in_([MessageState.SENT, MessageState.PARTIAL]), changed <= now - NO_REPORT_AFTER
    )
    if noted is not None:
        settled = sa.and_(settled, changed >= noted - MARGIN)
        silent = sa.and_(silent, changed >= noted - MARGIN - NO_REPORT_AFTER)
    return session.exec(
        select(MessageRow.provider_id).where(
            MessageRow.transport == transport,
            col(MessageRow.provider_id).is_not(None),
            sa.or_(settled, silent),
        )
    )


def _until(session: Session, transport: str, now: datetime) -> datetime | None:
    """Up to when what came in may be blanked: an hour ago, as far as the provider's list is gone through."""
    if not isinstance(sending.gateways().get(transport), Lister):
        return now - RECEIVED_AFTER
    reconciled = reconciling.reconciled_at(session, transport)
    return min(now - RECEIVED_AFTER, reconciled) if reconciled is not None else None


def _received(session: Session, transport: str, noted: datetime | None, until: datetime) -> Iterable[str]:
    query = select(RecordRow.provider_id).where(RecordRow.source == transport, RecordRow.received_at <= until)
    if noted is not None:
        query = query.where(RecordRow.received_at >= noted - MARGIN)
    return session.exec(query)


def _insert(session: Session, transport: str, names: Iterable[str | None]) -> int:
    """Note messages by the provider's names; a name of ours, for want of theirs, is passed over."""
    connection = session.connection()
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    rows = [
        ProviderCopyRow(provider_id=name, transport=transport).model_dump()
        for name in names
        if name and len(name) < 64
    ]
    count = 0
    for start in range(0, len(rows), PAGE):
        count += connection.execute(
            insert(ProviderCopyRow)
            .values(rows[start : start + PAGE])
            .on_conflict_do_nothing(index_elements=["provider_id"])
        ).rowcount
    return count


def _blanked(gateway: Blanker, provider_id: str) -> str:
    """Have a message blanked. Returns why it was not; nothing where it was."""
    try:
        gateway.blank(provider_id)
    except Exception as error:
        # Whatever broke, the words lie there still: it is tried again and seen.
        return masking.masked(str(error))[:200] or "the gateway broke"
    return ""


def _note_outcome(session: Session, provider_id: str, problem: str, now: datetime) -> None:
    row = session.get_one(ProviderCopyRow, provider_id)
    row.tries, row.error = row.tries + 1, problem
    if problem:
        row.next_try_at = now + min(FIRST_REST * 2 ** min(row.tries - 1, 12), LONGEST_REST)
    else:
        row.blanked_at, row.next_try_at = now, None
    session.add(row)
