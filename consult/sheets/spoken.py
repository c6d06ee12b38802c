"""What is known of a comment that was said at a workshop: who, and how, as far as it may leave the desk.

A category, and a gender within it, is told only where five or more such people came.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlmodel import Session, col, select

from consult.participation import SMALLEST
from consult.sheets.columns import Column
from consult.tables.comments import CommentRow, StandingRow
from consult.tables.rounds import RoundRow
from consult.tables.workshops import AttendanceRow, TranscriptRow, UtteranceRow, WorkshopRow
from consult.workshops.consents import HIDDEN

COLUMNS = (
    Column.SPEAKER,
    Column.GENDER,
    Column.QUOTABLE,
    Column.READ_BACK,
    Column.LONE,
    Column.FEELING,
)
YES, NO = "yes", "no"


class Spoken:
    """The comments of a round that were said at workshops; `read` looks up a page of them."""

    def __init__(self, session: Session, round_: RoundRow) -> None:
        self._session = session
        self._came = _came(session, round_)
        self._of: dict[UUID, dict[Column, str]] = {}

    def read(self, ids: Iterable[UUID]) -> None:
        """Look up these comments, of one page."""
        self._of = {}
        wanted = list(ids)
        for start in range(0, len(wanted), 500):
            rows = self._session.exec(
                select(UtteranceRow, TranscriptRow.workshop_id, CommentRow.public, StandingRow.hidden)
                .join(TranscriptRow, col(TranscriptRow.id) == UtteranceRow.transcript_id)
                .join(CommentRow, col(CommentRow.id) == UtteranceRow.comment_id)
                .join(StandingRow, col(StandingRow.comment_id) == CommentRow.id)
                .where(col(UtteranceRow.comment_id).in_(wanted[start : start + 500]))
                .order_by(col(UtteranceRow.position).desc())
            ).all()
            for row, workshop_id, public, hidden in rows:
                if row.comment_id is not None:
                    # The first of those that were joined speaks for them, and comes last here.
                    self._of[row.comment_id] = self._told(row, workshop_id, public and hidden != HIDDEN)

    def of(self, comment_id: UUID) -> Mapping[Column, str]:
        """The columns of a comment; none where it came by another channel."""
        return self._of.get(comment_id, {})

    def _told(self, row: UtteranceRow, workshop_id: UUID, quotable: bool) -> dict[Column, str]:
        people, women = self._came.get((workshop_id, row.category), (0, None))
        alike = {"woman": women or 0, "man": people - women if women is not None else 0}.get(row.gender, 0)
        return {
            Column.SPEAKER: row.category if people >= SMALLEST else "",
            Column.GENDER: row.gender if alike >= SMALLEST else "",
            Column.QUOTABLE: YES if quotable else NO,
            Column.READ_BACK: YES if row.read_back else NO,
            Column.LONE: YES if row.lone else NO,
            Column.FEELING: row.feeling,
        }


def _came(session: Session, round_: RoundRow) -> dict[tuple[UUID, str], tuple[int, int | None]]:
    """How many people, and women among them, of each category came to each workshop of a round."""
    rows = session.exec(
        select(AttendanceRow)
        .join(WorkshopRow, col(WorkshopRow.id) == AttendanceRow.workshop_id)
        .where(WorkshopRow.round_id == round_.id)
    ).all()
    return {(row.workshop_id, row.category): (row.people, row.women) for row in rows}
