"""Messages that leave: written in the transaction that causes them, sent once by a job.

A message is a row of ours before anything is sent. `dedupe` names its cause, so
that the same cause never gives a second message. Without settings for its
channel a message stays in the outbox, where the secretary sees it.
"""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, select

from consult import jobs
from consult.tables.messages import MessageKind, MessageRow, MessageState

# A later state is never replaced by an earlier one, in whatever order reports arrive.
RANK = {
    MessageState.WAITING: 0,
    MessageState.SENDING: 1,
    MessageState.UNKNOWN: 2,
    MessageState.SENT: 3,
    MessageState.BLOCKED: 4,
    MessageState.FAILED: 4,
    MessageState.DELIVERED: 5,
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
) -> MessageRow:
    """Write a message and queue its sending; the one already written for this cause when there is one."""
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
        created_at=now,
        changed_at=now,
    )
    session.add(row)
    session.flush()
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
    row.state, row.changed_at, row.error = state, now, error[:300]
    row.provider_id = provider_id or row.provider_id
    session.add(row)
    return True


def outbox(session: Session, *, limit: int = 200) -> list[MessageRow]:
    """Messages that have not left or whose fate a person must look at, oldest first."""
    rows = session.exec(
        select(MessageRow)
        .where(
            MessageRow.state.in_(  # type: ignore[attr-defined]
                [MessageState.WAITING, MessageState.SENDING, MessageState.UNKNOWN, MessageState.FAILED]
            )
        )
        .order_by(MessageRow.created_at, MessageRow.id)  # type: ignore[arg-type]
        .limit(limit)
    ).all()
    return list(rows)


def counts(session: Session) -> dict[MessageState, int]:
    """How many messages stand in each state."""
    rows = session.connection().execute(
        sa.select(MessageRow.state, sa.func.count()).group_by(MessageRow.state)  # type: ignore[call-overload]
    )
    found = dict.fromkeys(MessageState, 0)
    found.update((state, count) for state, count in rows)
    return found
