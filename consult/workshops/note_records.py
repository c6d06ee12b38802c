"""Where the words of a note lie in the ledger: each wording from the field is a record of its own."""

from uuid import UUID

from sqlmodel import Session, col, select

from consult.field.operations import CORRECTION
from consult.tables.comments import CommentRow
from consult.tables.field import OperationRow
from consult.tables.workshops import MinutesCorrectionRow, TranscriptRow, UtteranceRow


def records_with_words(session: Session, workshop_id: UUID, entity: str) -> list[UUID]:
    """The records that hold the words of a note, photograph or correction, the first first."""
    if entity.startswith(CORRECTION):
        said = select(MinutesCorrectionRow.record_id).where(
            MinutesCorrectionRow.id == UUID(entity.removeprefix(CORRECTION))
        )
        return list(session.exec(said).all())
    rows = session.exec(
        select(OperationRow.record_id)
        .where(
            OperationRow.workshop_id == workshop_id,
            OperationRow.entity == entity,
            col(OperationRow.field).in_(("words", "typed")),
        )
        .order_by(col(OperationRow.counter), col(OperationRow.received_at), col(OperationRow.id))
    ).all()
    return list(rows)


def records_behind(session: Session, comment_id: UUID) -> list[UUID]:
    """The records with the words of the notes a comment was made of, in every wording.

    Those of a note of which another piece is a comment too are left out: that comment stands on them.
    """
    found: list[UUID] = []
    mine = session.exec(
        select(UtteranceRow.transcript_id, UtteranceRow.entity, TranscriptRow.workshop_id)
        .join(TranscriptRow, col(TranscriptRow.id) == UtteranceRow.transcript_id)
        .where(UtteranceRow.comment_id == comment_id, UtteranceRow.entity != "")
        .distinct()
    ).all()
    for transcript_id, entity, workshop_id in mine:
        living = (
            select(CommentRow.id)
            .join(UtteranceRow, col(UtteranceRow.comment_id) == CommentRow.id)
            .where(
                UtteranceRow.transcript_id == transcript_id,
                UtteranceRow.entity == entity,
                CommentRow.id != comment_id,
                col(CommentRow.erased_at).is_(None),
            )
        )
        if session.exec(living.limit(1)).first() is None:
            found += records_with_words(session, workshop_id, entity)
    return found
