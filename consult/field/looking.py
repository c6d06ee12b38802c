"""Looking: what of a workshop a person must look at, and what devices said of it side by side."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from consult.field.folding import folded
from consult.field.merging import Entity
from consult.field.operations import Operation
from consult.tables.field import DeviceRow, EntityRow, OperationRow
from consult.tables.people import PersonRow
from consult.tables.workshops import WorkshopRow


@dataclass(frozen=True)
class Side:
    """One value that stands in a field: which device said it, whose that is, and when it came."""

    value: Any
    device: str
    label: str
    person: str
    received_at: datetime | None
    at: datetime | None


@dataclass(frozen=True)
class Differing:
    """A thing of which devices say different things: for each field the values that stand in it."""

    row: EntityRow
    entity: Entity
    fields: tuple[tuple[str, tuple[Side, ...]], ...]


def conflicts(session: Session, workshop: WorkshopRow) -> list[EntityRow]:
    """The things of a workshop that a person must look at."""
    rows = session.exec(
        select(EntityRow)
        .where(EntityRow.workshop_id == workshop.id)
        .order_by(col(EntityRow.kind), col(EntityRow.entity))
    ).all()
    return [row for row in rows if row.conflicts or row.clash or row.after_comment]


def differences(session: Session, workshop: WorkshopRow) -> list[Differing]:
    """What devices said of the things that a person must look at, side by side.

    What was erased since is left out: nothing of it is left to decide on.
    """
    rows = {row.entity: row for row in conflicts(session, workshop)}
    if not rows:
        return []
    entities = folded(session, workshop, rows)
    devices = _devices(session, [one.device for entity in entities for one in entity.operations])
    received = _received(session, workshop, rows)
    found = []
    for entity in entities:
        fields = []
        for field in sorted({*entity.conflicts, *clashing(entity)}):
            heads = entity.fields[field].heads
            fields.append((field, tuple(_side(head, devices, received) for head in heads)))
        if fields or rows[entity.key].after_comment:
            found.append(Differing(rows[entity.key], entity, tuple(fields)))
    return found


def clashing(entity: Entity) -> list[str]:
    """The fields in which one operation stands in two wordings, until a person has said what holds."""
    standing = [(head.id, field) for field, register in entity.fields.items() for head in register.heads]
    ids = [id_ for id_, _field in standing]
    return sorted({field for id_, field in standing if ids.count(id_) > 1})


def _side(
    head: Operation,
    devices: dict[str, tuple[str, str]],
    received: dict[tuple[UUID, str], datetime],
) -> Side:
    label, person = devices.get(head.device, ("", ""))
    return Side(head.value, head.device, label, person, received.get((head.id, head.hash)), head.at)


def _devices(session: Session, named: Iterable[str]) -> dict[str, tuple[str, str]]:
    """The label of each device, and the name of its person; those not known here are left out."""
    ids = [UUID(one) for one in set(named)]
    rows = session.exec(
        select(DeviceRow.id, DeviceRow.label, PersonRow.name)
        .join(PersonRow, col(PersonRow.id) == DeviceRow.person_id)
        .where(col(DeviceRow.id).in_(ids))
    ).all()
    return {str(id_): (label, name) for id_, label, name in rows}


def _received(
    session: Session, workshop: WorkshopRow, keys: Iterable[str]
) -> dict[tuple[UUID, str], datetime]:
    rows = session.exec(
        select(OperationRow.id, OperationRow.hash, OperationRow.received_at).where(
            OperationRow.workshop_id == workshop.id, col(OperationRow.entity).in_(list(keys))
        )
    ).all()
    return {(id_, hash_): received_at for id_, hash_, received_at in rows}
