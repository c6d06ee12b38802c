"""Looking: what of a workshop a person must look at."""

from sqlmodel import Session, col, select

from consult.tables.field import EntityRow
from consult.tables.workshops import WorkshopRow


def conflicts(session: Session, workshop: WorkshopRow) -> list[EntityRow]:
    """The things of a workshop that a person must look at."""
    rows = session.exec(
        select(EntityRow)
        .where(EntityRow.workshop_id == workshop.id)
        .order_by(col(EntityRow.kind), col(EntityRow.entity))
    ).all()
    return [row for row in rows if row.conflicts or row.clash or row.after_comment]
