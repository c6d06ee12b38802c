"""Where the words of a note from the field lie in the ledger: each wording is a record of its own."""

from uuid import UUID

from sqlmodel import Session, col, select

from consult.tables.field import OperationRow


def records_with_words(session: Session, workshop_id: UUID, entity: str) -> list[UUID]:
    """The records that hold the words of a note or photograph, the first first."""
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
