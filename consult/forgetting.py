"""Forgetting: addresses go thirty days after the last answer was given; words stay.

We ask people for a number or an e-mail only to answer them, and tell them that
it is deleted thirty days after. A message that still waits, or whose fate is
unknown, keeps its address until a person has settled it.
"""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session

from consult import db, doubts, jobs
from consult.tables.comments import CommentRow, Placement, StandingRow
from consult.tables.decisions import AnswerRow
from consult.tables.messages import MessageRow, MessageState
from consult.tables.participants import ContactPointRow

KEPT_FOR = timedelta(days=30)
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


@jobs.duty(every=3600)
def forget() -> None:
    """Once an hour."""
    with db.transaction() as session:
        doubts.give_up_waiting(session, now=datetime.now(UTC))
        forget_answered(session, now=datetime.now(UTC))
