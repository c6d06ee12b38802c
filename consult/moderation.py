"""Moderation: comments that wait for a person to look at them before others read them.

A held comment is kept, counted and decided like any other. A person releases
it, or keeps it from public pages with a reason; both can be taken back, and both
stand in the audit trail. Its author reads the reason at the receipt.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from consult import audit, comments, hearing
from consult.errors import Misfilled
from consult.tables.comments import CommentRow, StandingRow
from consult.tables.intake import Outcome, RecordOutcomeRow, RecordRow
from consult.tables.rounds import RoundRow

MOST = 200
"""Comments shown at once."""


@dataclass(frozen=True)
class Case:
    """A comment that waits or was hidden, with the reason."""

    comment: CommentRow
    standing: StandingRow


def held(session: Session, round_: RoundRow) -> list[Case]:
    """The comments that wait to be looked at, oldest first."""
    return _cases(session, round_, col(StandingRow.held) != "")


def hidden(session: Session, round_: RoundRow) -> list[Case]:
    """The comments that were kept from public pages, oldest first."""
    return _cases(session, round_, col(StandingRow.hidden) != "")


def _cases(session: Session, round_: RoundRow, which: object) -> list[Case]:
    rows = session.exec(
        select(CommentRow, StandingRow)
        .join(StandingRow, col(StandingRow.comment_id) == CommentRow.id)
        .where(StandingRow.round_id == round_.id, which)  # type: ignore[arg-type]
        .order_by(col(CommentRow.received_at), col(CommentRow.id))
        .limit(MOST)
    ).all()
    return [Case(comment, standing) for comment, standing in rows]


def set_aside(session: Session, round_: RoundRow) -> list[tuple[RecordRow, RecordOutcomeRow]]:
    """What was received for a round and became no comment, with the reason, newest first."""
    rows = session.exec(
        select(RecordRow, RecordOutcomeRow)
        .join(RecordOutcomeRow, col(RecordOutcomeRow.record_id) == RecordRow.id)
        .where(RecordRow.round_id == round_.id, RecordOutcomeRow.outcome == Outcome.SET_ASIDE)
        .order_by(col(RecordRow.received_at).desc(), col(RecordRow.id).desc())
        .limit(MOST)
    ).all()
    return [(record, outcome) for record, outcome in rows]


def release(
    session: Session, round_: RoundRow, comment_ids: Sequence[UUID], *, by: UUID, now: datetime
) -> int:
    """Let comments take part as any other; their authors get the receipt that waited. Gives how many."""
    chosen = _chosen(session, round_, comment_ids)
    for case in chosen:
        before = {"held": case.standing.held, "hidden": case.standing.hidden}
        comments.release(session, case.comment.id)
        comments.hide(session, case.comment.id, "")
        hearing.send_receipt_of(session, case.comment, now=now)
        after = {"held": "", "hidden": ""}
        audit.record(session, by, "release-comment", "comment", case.comment.id, before, after, now=now)
    return len(chosen)


def keep_hidden(
    session: Session, round_: RoundRow, comment_ids: Sequence[UUID], reason: str, *, by: UUID, now: datetime
) -> int:
    """Keep comments from public pages, with the reason their authors will read. Gives how many."""
    reason = reason.strip()
    if not reason:
        raise Misfilled({"reason": "Say why, in a sentence that the author may read."})
    chosen = _chosen(session, round_, comment_ids)
    for case in chosen:
        before = {"held": case.standing.held, "hidden": case.standing.hidden}
        comments.release(session, case.comment.id)
        comments.hide(session, case.comment.id, reason)
        after = {"held": "", "hidden": "yes"}
        audit.record(session, by, "hide-comment", "comment", case.comment.id, before, after, reason, now=now)
    return len(chosen)


def _chosen(session: Session, round_: RoundRow, comment_ids: Sequence[UUID]) -> list[Case]:
    """The comments of these ids in this round. Raises Misfilled when none was ticked."""
    if not comment_ids:
        raise Misfilled({"comment": "Tick the comments you mean."})
    return _cases(session, round_, col(CommentRow.id).in_(list(comment_ids)))
