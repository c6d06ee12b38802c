"""Lateness: what came after its round had closed, and what a person decides of it.

A late comment is taken like any other and marked; that mark is never changed. A
person may say that it counts as in time all the same, for instance because it was
said while the round was open and a telephone was without a network; the reason
stands in the audit trail.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Session, col, select

from consult import audit
from consult.errors import BarazaError
from consult.tables.comments import CommentRow, StandingRow
from consult.tables.workshops import TranscriptRow, UtteranceRow, WorkshopRow


class Timing(StrEnum):
    """What a person decided of a late comment."""

    UNDECIDED = ""
    IN_TIME = "in-time"
    LATE = "late"


class ReasonMissing(BarazaError):
    """A decision on lateness without its reason."""

    def __init__(self) -> None:
        super().__init__(
            "Write why it counts as in time, or why it stays late; whoever reads the record asks that."
        )


def counts_late(comment: CommentRow, standing: StandingRow) -> bool:
    """Whether a comment counts as late."""
    return comment.late and standing.timing != Timing.IN_TIME


def decide(
    session: Session, comment_ids: Iterable[UUID], timing: Timing, *, reason: str, by: UUID, now: datetime
) -> int:
    """Say whether late comments count as in time; how many it holds for. Raises ReasonMissing."""
    plain = " ".join(reason.replace("\0", "").split())[:500]
    if not plain:
        raise ReasonMissing
    rows = session.exec(
        select(CommentRow, StandingRow)
        .join(StandingRow, col(StandingRow.comment_id) == CommentRow.id)
        .where(col(CommentRow.id).in_(list(comment_ids)), col(CommentRow.late).is_(True))
    ).all()
    for comment, standing in rows:
        before, standing.timing = standing.timing, timing.value
        session.add(standing)
        audit.record(
            session,
            by,
            "decide-timing",
            "comment",
            comment.id,
            {"timing": before},
            {"timing": timing.value},
            plain,
            now=now,
        )
    session.flush()
    return len(rows)


def undecided_at(session: Session, workshop: WorkshopRow) -> list[UUID]:
    """The late comments of a workshop of which nobody has decided yet whether they count."""
    rows = session.exec(
        select(CommentRow.id)
        .join(StandingRow, col(StandingRow.comment_id) == CommentRow.id)
        .join(UtteranceRow, col(UtteranceRow.comment_id) == CommentRow.id)
        .join(TranscriptRow, col(TranscriptRow.id) == UtteranceRow.transcript_id)
        .where(
            TranscriptRow.workshop_id == workshop.id,
            col(CommentRow.late).is_(True),
            col(CommentRow.erased_at).is_(None),
            StandingRow.timing == Timing.UNDECIDED.value,
        )
        .distinct()
    ).all()
    return list(rows)
