"""Messages that leave: written in the transaction that causes them, sent once.

A message is a row of ours before anything is sent. `dedupe` names its cause, so
that the same cause never gives a second message. Without settings for its
channel a message stays in the outbox, where the secretary sees it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult import jobs, masking
from consult.tables.messages import Hold, MessageKind, MessageRow, MessageState, Urgency

STOP_CONFIRMATION = "stop:"
"""How the cause of the one message begins that may go to somebody who has just left."""

# A later state is never replaced by an earlier one, in whatever order reports arrive.
RANK = {
    MessageState.WAITING: 0,
    MessageState.SENDING: 1,
    MessageState.UNKNOWN: 2,
    MessageState.SENT: 3,
    MessageState.PARTIAL: 4,
    MessageState.BLOCKED: 5,
    MessageState.FAILED: 5,
    MessageState.DELIVERED: 6,
}


def write(
    session: Session,
    *,
    kind: MessageKind,
    channel: str,
    words: str,
    dedupe: str,
    now: datetime,
    language: str = "en",
    subject: str = "",
    contact_point_id: UUID | None = None,
    person_id: UUID | None = None,
    round_id: UUID | None = None,
    segments: int = 0,
    urgency: Urgency = Urgency.REPLY,
) -> MessageRow:
    """Write a message that leaves in its turn; the one already written for this cause if there is one."""
    already = session.exec(select(MessageRow).where(MessageRow.dedupe == dedupe)).first()
    if already is not None:
        return already
    row = MessageRow(
        kind=kind,
        channel=channel,
        words=words,
        subject=subject,
        dedupe=dedupe,
        language=language,
        contact_point_id=contact_point_id,
        person_id=person_id,
        round_id=round_id,
        segments=segments,
        urgency=urgency,
        created_at=now,
        changed_at=now,
    )
    session.add(row)
    session.flush()
    if channel == "email":
        jobs.enqueue(session, jobs.Job.SEND_MESSAGE, message_id=row.id)
    return row


def advance(
    session: Session,
    row: MessageRow,
    state: MessageState,
    *,
    now: datetime,
    provider_id: str | None = None,
    error: str = "",
) -> bool:
    """Move a message on; False when it has already come further."""
    if RANK[state] < RANK[row.state] or (RANK[state] == RANK[row.state] and state is not row.state):
        return False
    # A provider's words may quote the number they are about.
    row.state, row.changed_at, row.error = state, now, masking.masked(error)[:300]
    row.provider_id = provider_id or row.provider_id
    session.add(row)
    return True


def of_parts(reports: Sequence[tuple[int, int, MessageState]]) -> MessageState | None:
    """What reports on parts say of the whole: (part, of how many, its state), in any order; None without any.

    All parts delivered is delivered, all failed is failed; one that failed among
    others makes it partial.
    """
    furthest: dict[int, MessageState] = {}
    for part, _, state in reports:
        known = furthest.get(part, state)
        furthest[part] = max(known, state, key=RANK.__getitem__)
    if not furthest:
        return None
    parts = max(len(furthest), *(parts for _, parts, _ in reports))
    failed = sum(state is MessageState.FAILED for state in furthest.values())
    if failed:
        return MessageState.FAILED if failed == parts else MessageState.PARTIAL
    delivered = sum(state is MessageState.DELIVERED for state in furthest.values())
    return MessageState.DELIVERED if delivered == parts else MessageState.SENT


UNSETTLED: Final = (
    MessageState.UNKNOWN,
    MessageState.FAILED,
    MessageState.PARTIAL,
    MessageState.WAITING,
    MessageState.SENDING,
)
"""States of what has not left, or whose fate a person must look at; what needs a person first."""


def outbox(session: Session, *, limit: int = 200) -> list[MessageRow]:
    """Messages that have not left or whose fate a person must look at, oldest first."""
    return list(
        session.exec(
            select(MessageRow)
            .where(col(MessageRow.state).in_(UNSETTLED))
            .order_by(col(MessageRow.created_at), col(MessageRow.id))
            .limit(limit)
        ).all()
    )


def standing(session: Session, state: MessageState, *, limit: int) -> list[MessageRow]:
    """Messages in one state, oldest first; those of a broadcast that wait their turn stand with it.

    What was restored waits for no turn but, it may be, for a person.
    """
    wanted = select(MessageRow).where(MessageRow.state == state)
    if state in (MessageState.WAITING, MessageState.SENDING):
        alone = col(MessageRow.broadcast_id).is_(None)
        wanted = wanted.where(sa.or_(alone, col(MessageRow.held) == Hold.RESTORED))
    return list(
        session.exec(wanted.order_by(col(MessageRow.created_at), col(MessageRow.id)).limit(limit)).all()
    )


def counts(session: Session) -> dict[MessageState, int]:
    """How many messages stand in each state."""
    rows = session.connection().execute(
        sa.select(col(MessageRow.state), sa.func.count()).group_by(col(MessageRow.state))
    )
    found = dict.fromkeys(MessageState, 0)
    found.update((state, count) for state, count in rows)
    return found
