"""Forgetting: addresses go thirty days after the last answer was given; words stay.

We ask people for a number or an e-mail only to answer them, and tell them that
it is deleted thirty days after. A message that still waits, or whose fate is
unknown, keeps its address until a person has settled it.

The original of a text holds the number that sent it. Once nobody can be reached
at that number any more, the originals that hold it are destroyed: their words
stay in the comments, with numbers masked (decision 18).
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult import db, erasures, intake, jobs, keys, participants
from consult.outgoing import doubts
from consult.tables.comments import CommentRow, Placement, StandingRow
from consult.tables.decisions import AnswerRow
from consult.tables.intake import Channel, PayloadKeyRow, RecordOutcomeRow, RecordRow
from consult.tables.messages import MessageRow, MessageState
from consult.tables.participants import ContactPointRow

KEPT_FOR = timedelta(days=30)
BY = "forgetting"
REASON = "the number or address it came from was forgotten"
BATCH = 300
LOOK_AGAIN_EVERY = timedelta(days=1)
LEAST_DIGITS = 7
"""Digits from which what somebody wrote may be a whole number, though its country is missing."""
UNSETTLED = (MessageState.WAITING, MessageState.SENDING, MessageState.UNKNOWN)


def forget_answered(session: Session, *, now: datetime) -> int:
    """Erase the addresses of those who were answered long enough ago; returns how many.

    Someone with a comment still to be answered is kept, and so is someone who
    has an address but has not commented yet.
    """
    contacts = ContactPointRow.__table__.c  # type: ignore[attr-defined]
    said, standing = CommentRow.__table__.c, StandingRow.__table__.c  # type: ignore[attr-defined]
    answers, messages = AnswerRow.__table__.c, MessageRow.__table__.c  # type: ignore[attr-defined]
    answered = (
        sa.select(answers.comment_id)
        .join(CommentRow, said.id == answers.comment_id)
        .where(answers.comment_id == said.id)
        .group_by(answers.comment_id)
        .having(sa.func.max(answers.given_at) < now - KEPT_FOR)
    )
    unanswered = (
        sa.select(said.participant_id)
        .join(StandingRow, standing.comment_id == said.id)
        .where(
            said.participant_id == contacts.participant_id,
            standing.placement != Placement.ERASED,
            said.id.not_in(answered),
        )
    )
    spoke = sa.select(said.id).where(said.participant_id == contacts.participant_id)
    unsettled = sa.select(messages.id).where(
        messages.contact_point_id == contacts.id, messages.state.in_(UNSETTLED)
    )
    forgotten = session.connection().execute(
        sa.update(ContactPointRow)
        .where(
            contacts.erased_at.is_(None),
            sa.exists(spoke),
            ~sa.exists(unanswered),
            ~sa.exists(unsettled),
        )
        .values(address=None, lookup=None, erased_at=now)
    )
    return forgotten.rowcount


def destroy_originals(
    session: Session, *, now: datetime, after: UUID | None = None
) -> tuple[int, UUID | None]:
    """Destroy originals whose sender can be reached no more, a batch at a time.

    Returns how many, and the record to go on after; None when there are no more.
    What still waits to be read, what came within thirty days, and what came from
    no address of a person (a short code, a firm's name) is kept.
    """
    query = (
        select(RecordRow)
        .join(PayloadKeyRow, col(PayloadKeyRow.record_id) == RecordRow.id)
        .join(RecordOutcomeRow, col(RecordOutcomeRow.record_id) == RecordRow.id)
        .where(
            col(RecordRow.channel).in_([Channel.SMS, Channel.EMAIL, Channel.WEB]),
            col(RecordRow.received_at) < now - KEPT_FOR,
        )
        .order_by(col(RecordRow.id))
        .limit(BATCH)
    )
    rows = session.exec(query.where(col(RecordRow.id) > after) if after else query).all()
    senders = {row.id: _lookups(row, intake.open_payload(session, row.id) or b"") for row in rows}
    wanted = {one for found in senders.values() for one in found}
    reached = set(
        session.exec(
            select(ContactPointRow.lookup).where(
                col(ContactPointRow.lookup).in_(wanted), col(ContactPointRow.erased_at).is_(None)
            )
        )
    )
    gone = [id_ for id_, found in senders.items() if found and not reached & found]
    for record_id in gone:
        intake.erase_payload(session, record_id, reason=REASON, by=BY, now=now)
    return len(gone), rows[-1].id if len(rows) == BATCH else None


def _lookups(record: RecordRow, payload: bytes) -> set[bytes]:
    """Under what the sender of a record would be found; nothing where no person's address is named."""
    written = erasures.sender_in(record, payload)
    if not written:
        return set()
    try:
        kind, address = erasures.as_address(written)
    except participants.NoNumber:
        # Nobody can be looked up, or reached, at a number without its country: nothing keeps it alive.
        return {b""} if sum(one.isdigit() for one in written) >= LEAST_DIGITS else set()
    return {keys.ring().lookup(address, f"contact.{kind.value}")}


_looked_at: datetime | None = None


@jobs.duty(every=3600)
def forget() -> None:
    """Once an hour; originals are looked through when somebody was forgotten, and once a day."""
    global _looked_at
    now = datetime.now(UTC)
    with db.transaction() as session:
        doubts.give_up_waiting(session, now=now)
        forgotten = forget_answered(session, now=now)
    if forgotten or _looked_at is None or now - _looked_at > LOOK_AGAIN_EVERY:
        _looked_at, after = now, None
        while True:
            with db.transaction() as session:
                _gone, after = destroy_originals(session, now=now, after=after)
            if after is None:
                break
