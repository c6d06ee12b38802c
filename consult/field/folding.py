"""Folding what lies in the ledger: the operations of a workshop, opened and put together, thing by thing."""

from collections.abc import Iterable

from sqlmodel import Session, col, select

from consult import intake
from consult.field.merging import Entity, fold
from consult.field.operations import read
from consult.tables.field import OperationRow
from consult.tables.workshops import WorkshopRow


def folded(session: Session, workshop: WorkshopRow, keys: Iterable[str] | None = None) -> list[Entity]:
    """What the operations of a workshop come to, of these entities or of all; what was erased is left out."""
    query = select(OperationRow.record_id).where(OperationRow.workshop_id == workshop.id)
    if keys is not None:
        query = query.where(col(OperationRow.entity).in_(list(keys)))
    payloads = intake.open_payloads(session, session.exec(query).all())
    return list(fold(read(payload.decode()) for payload in payloads.values()).values())
