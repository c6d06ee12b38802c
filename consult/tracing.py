"""Tracing back: from a wording to the voices behind it.

The way forward, from one comment to its wording, is drawn by `desk/trace.py`.
"""

from uuid import UUID

from sqlmodel import Session, select

from consult.tables.comments import CommentRow, StandingRow
from consult.tables.decisions import DispositionRow
from standards.tables import VersionRow


def voices_behind(
    session: Session, version: VersionRow, clause_id: UUID
) -> list[tuple[CommentRow, DispositionRow]]:
    """The comments whose acceptance this version's wording of a clause carries, oldest first."""
    rows = session.exec(
        select(CommentRow, DispositionRow)
        .join(DispositionRow, DispositionRow.comment_id == CommentRow.id)  # type: ignore[arg-type]
        .join(StandingRow, StandingRow.disposition_id == DispositionRow.id)  # type: ignore[arg-type]
        .where(
            DispositionRow.change_version_id == version.id,
            DispositionRow.change_clause_id == clause_id,
        )
        .order_by(CommentRow.received_at, CommentRow.id)  # type: ignore[arg-type]
    ).all()
    return [(comment, disposition) for comment, disposition in rows]
