"""Holding: who writes in a local text, with the version kept from others until the transaction ends."""

from collections.abc import Sequence
from typing import Any, Protocol
from uuid import UUID

from sqlmodel import Session

from consult.errors import BarazaError, NotAllowed, NotFound
from consult.local import groups
from consult.permissions import Act, may
from consult.tables.people import Role
from standards.operations import Op
from standards.overlays import store
from standards.tables import OperationRow, OverlayRow, OverlayVersionRow


class Actor(Protocol):
    """Whoever is signed in: an id and a role."""

    @property
    def id(self) -> UUID: ...

    @property
    def role(self) -> Role: ...


class OperationMoved(BarazaError):
    """A colleague changed or took out the operation that somebody had before them."""

    def __init__(self) -> None:
        super().__init__(
            "A colleague changed this operation, or took it out, while you were writing. "
            "What stands now is shown beside; your words are kept in the form. Nothing was overwritten."
        )


def held(session: Session, version: OverlayVersionRow, by: Actor) -> OverlayRow:
    """The overlay of a draft that this person may write in, kept from others until the transaction ends."""
    overlay = session.get_one(OverlayRow, version.overlay_id)
    if not may(by.role, Act.INTERPRET):
        raise NotAllowed
    groups.refuse_strangers(session, overlay, by.id, by.role)
    hold(session, version)
    return overlay


def hold(session: Session, version: OverlayVersionRow) -> None:
    """Keep a draft from others until the transaction ends: the second of two meets the guard."""
    store.hold_draft(session, version)


def found(session: Session, version: OverlayVersionRow, operation_id: UUID) -> OperationRow:
    """An operation of a version as it is now. Raises OperationMoved."""
    # Read anew: while this one waited for its turn a colleague may have changed it.
    row = session.get(OperationRow, operation_id, populate_existing=True)
    if row is None or row.overlay_version_id != version.id:
        raise OperationMoved
    return row


def operation_called(session: Session, version: OverlayVersionRow, written: str) -> OperationRow:
    """The operation of a version that an address names by its id. Raises NotFound."""
    try:
        return found(session, version, UUID(written))
    except (ValueError, OperationMoved):
        raise NotFound("This operation is no longer in this local text; somebody took it out.") from None


def told(row: OperationRow) -> dict[str, Any]:
    """An operation for the audit trail: what and where, none of its words and names."""
    vouched: Sequence[str] = row.content.get("attested_by", ())
    return {
        "version": str(row.overlay_version_id),
        "clause": str(row.clause_id),
        "op": row.op.value,
        "field": row.field,
        "key": store.operation_in(row).key,
        **({"attestations": len(vouched)} if row.op is Op.STRENGTHEN else {}),
    }
