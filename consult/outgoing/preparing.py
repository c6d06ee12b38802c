"""Preparing: the messages of a broadcast that was started, written piece by piece, each once.

A worker may stop anywhere: every piece is a transaction of its own that looks
first what is written already. A broadcast that is stopped is prepared no further.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from consult import db, jobs
from consult.channels import segments
from consult.outgoing import broadcasts, recipients
from consult.outgoing.recipients import Recipient
from consult.tables.messages import MessageKind, MessageRow, MessageState, Urgency
from consult.tables.outgoing import BroadcastRow, BroadcastState
from consult.tables.participants import ContactKind
from consult.tables.rounds import RoundRow
from standards.identity import new_id

PIECE, PIECES_AT_ONCE = 500, 4
STOPPED_FOR: Final = timedelta(days=30)
"""A broadcast that was stopped this long ago is ended, so that the addresses of its people can go."""


@jobs.duty(every=1)
def go_on() -> None:
    """Prepare what was started, and note what has come to its end."""
    now = datetime.now(UTC)
    for broadcast_id in _in_state(BroadcastState.RUNNING, col(BroadcastRow.prepared_at).is_(None)):
        prepare(broadcast_id, now=now, pieces=PIECES_AT_ONCE)
    for broadcast_id in _in_state(BroadcastState.RUNNING, col(BroadcastRow.prepared_at).is_not(None)):
        with db.transaction() as session:
            settle(session, broadcast_id, now=now)
    for broadcast_id in _in_state(BroadcastState.STOPPED, col(BroadcastRow.finished_at) < now - STOPPED_FOR):
        with db.transaction() as session:
            broadcasts.end(session, broadcast_id, by="worker", now=now)


def prepare(broadcast_id: UUID, *, now: datetime, pieces: int | None = None) -> int:
    """Write the messages of a running broadcast that are still missing, in pieces of 500.

    Every piece is a transaction of its own that looks first what is written, so
    that it can be broken off anywhere and taken up again. Returns how many were written.
    """
    with db.reading() as session:
        row = session.get_one(BroadcastRow, broadcast_id)
        round_ = session.get_one(RoundRow, row.round_id)
        people, _left = recipients.joined(session, row, round_, row.started_at or now)
        already = recipients.written(session, broadcast_id, None)
    missing = [one for one in people if one.lookup not in already]
    written, done = 0, 0
    for place in range(0, len(missing), PIECE):
        if done == pieces:
            return written
        with db.transaction() as session:
            more = write(session, broadcast_id, missing[place : place + PIECE], now)
        if more is None:
            return written
        written, done = written + more, done + 1
    with db.transaction() as session:
        row = broadcasts.locked(session, broadcast_id)
        if row.state is BroadcastState.RUNNING:
            seen = broadcasts.progress(session, [row])[row.id]
            row.prepared_at, row.people, row.segments = now, seen.people, seen.segments
            session.add(row)
    return written


def settle(session: Session, broadcast_id: UUID, *, now: datetime) -> bool:
    """Note that a prepared broadcast is done, when nothing of it waits or is being sent any more."""
    on_their_way = session.exec(
        select(MessageRow.id).where(
            MessageRow.broadcast_id == broadcast_id, col(MessageRow.state).in_(broadcasts.ON_THEIR_WAY)
        )
    )
    if on_their_way.first() is not None:
        return False
    row = broadcasts.locked(session, broadcast_id)
    if row.state is BroadcastState.RUNNING:
        row.state, row.finished_at = BroadcastState.DONE, now
        session.add(row)
    return True


def _in_state(state: BroadcastState, also: sa.ColumnElement[bool]) -> list[UUID]:
    with db.reading() as session:
        return list(session.exec(select(BroadcastRow.id).where(BroadcastRow.state == state, also)))


def write(session: Session, broadcast_id: UUID, people: Sequence[Recipient], now: datetime) -> int | None:
    """Write the messages of one piece, once; None when the broadcast runs no more."""
    row = broadcasts.locked(session, broadcast_id)
    if row.state is not BroadcastState.RUNNING:
        return None
    already = recipients.written(session, broadcast_id, [one.lookup for one in people])
    each = {code: segments.count(said).segments for code, said in row.words.items()}
    fresh: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "kind": MessageKind.BROADCAST,
            "channel": ContactKind.SMS.value,
            "contact_point_id": one.contact_id,
            "round_id": row.round_id,
            "broadcast_id": row.id,
            "subject": "",
            "words": row.words[one.gets],
            "language": one.gets,
            "dedupe": f"broadcast:{row.id}:{one.contact_id}",
            "state": MessageState.WAITING,
            "segments": each[one.gets],
            "urgency": Urgency.BULK,
            "attempts": 0,
            "error": "",
            "created_at": now,
            "changed_at": now,
        }
        for one in people
        if one.lookup not in already
    ]
    if fresh:
        connection = session.connection()
        insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        connection.execute(insert(MessageRow).on_conflict_do_nothing(index_elements=["dedupe"]), fresh)
    return len(fresh)
