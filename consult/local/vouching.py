"""Vouching: the other pairs of eyes on an operation, each under the name it is to be published with.

Two attest a STRENGTHEN, the owner of the base approves a DEROGATE, another
person reviews a TRANSLATE. The audit trail is how we know who attested: the
operation itself holds only the names they chose.
"""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from consult import audit
from consult.errors import BarazaError, Misfilled, NotAllowed
from consult.local.holding import Actor, found, held, hold, told
from consult.permissions import Act, may
from consult.tables.process import AuditRow
from standards.operations import Derogate, Operation, Overlay, Strengthen, Translate
from standards.overlays import store
from standards.tables import OperationRow, OverlayRow, OverlayVersionRow


class OwnOperation(BarazaError):
    """The author of an operation cannot be the other pair of eyes."""

    def __init__(self) -> None:
        super().__init__("You wrote this operation yourself. Somebody else has to look at it.")


class VouchedAlready(BarazaError):
    """The same person, or the same name, counts once."""


def attest(
    session: Session,
    version: OverlayVersionRow,
    operation_id: UUID,
    name: str,
    *,
    by: Actor,
    now: datetime,
) -> OperationRow:
    """Put one's name, as it is to be published, to a STRENGTHEN: it demands at least as much as the base.

    Raises NotInThisGroup, OverlayFrozen, OperationMoved, OwnOperation, VouchedAlready, Misfilled.
    """
    held(session, version, by)
    row = found(session, version, operation_id)
    one = store.operation_in(row)
    if not isinstance(one, Strengthen):
        raise Misfilled({"": "Only a stricter wording is attested."})
    _refuse_own(row, by)
    if one.attested_by and str(by.id) in _attested(session, version, row):
        raise VouchedAlready("You have attested this wording already. Another person has to be the second.")
    name = _named(name)
    if _same(name, one.author) or any(_same(name, other) for other in one.attested_by):
        raise VouchedAlready(
            f"“{name}” stands with this wording already. If you are another person of that name, "
            "add what tells you apart, such as your village or your office."
        )
    return _vouch(
        session, row, one.model_copy(update={"attested_by": (*one.attested_by, name)}), "attest", by, now
    )


def approve(
    session: Session,
    version: OverlayVersionRow,
    operation_id: UUID,
    name: str,
    *,
    by: Actor,
    now: datetime,
) -> OperationRow:
    """Approve a DEROGATE for the owner of the base, whose name is published with the day.

    Raises NotAllowed, OverlayFrozen, OperationMoved, OwnOperation, VouchedAlready, Misfilled.
    """
    if not may(by.role, Act.APPROVE_DEROGATION):
        raise NotAllowed("The owner of the base approves derogations. Ask its secretary.")
    hold(session, version)
    row = found(session, version, operation_id)
    one = store.operation_in(row)
    if not isinstance(one, Derogate):
        raise Misfilled({"": "Only a derogation is approved by the owner of the base."})
    _refuse_own(row, by)
    if one.approved_by:
        raise VouchedAlready(f"This derogation was approved already: {one.approved_by}.")
    approved = f"{_named(name)}, {now.date().isoformat()}"
    return _vouch(session, row, one.model_copy(update={"approved_by": approved}), "approve", by, now)


def review(
    session: Session,
    version: OverlayVersionRow,
    operation_id: UUID,
    name: str,
    *,
    by: Actor,
    now: datetime,
) -> OperationRow:
    """Put one's name to a TRANSLATE that one has read against the base.

    Raises NotInThisGroup, OverlayFrozen, OperationMoved, OwnOperation, VouchedAlready, Misfilled.
    """
    held(session, version, by)
    row = found(session, version, operation_id)
    one = store.operation_in(row)
    if not isinstance(one, Translate):
        raise Misfilled({"": "Only a wording in another language is reviewed."})
    _refuse_own(row, by)
    if one.reviewed_by:
        raise VouchedAlready(f"This wording was reviewed already, by {one.reviewed_by}.")
    name = _named(name)
    if _same(name, one.author):
        raise OwnOperation
    return _vouch(session, row, one.model_copy(update={"reviewed_by": name}), "review", by, now)


def as_signed(session: Session, wanted: Overlay, *, by: Actor) -> tuple[Overlay, int]:
    """The overlay of a file with the names this person may bring along, and how many operations lost theirs.

    Each signs for themselves here: names stay beside an operation that has them in a
    version kept here, and in a file of the owner of the base, who answers for it.
    """
    if may(by.role, Act.APPROVE_DEROGATION):
        return wanted, 0
    known = {
        store.operation_in(row).key
        for overlay in session.exec(select(OverlayRow).where(OverlayRow.slug == wanted.name)).all()
        for version in store.versions_of(session, overlay)
        for row in store.operations_of(session, version)
    }
    kept = tuple(one if one.key in known else unvouched(one) for one in wanted.operations)
    lost = sum(one.key != before.key for one, before in zip(kept, wanted.operations, strict=True))
    return wanted.model_copy(update={"operations": kept}), lost


def unvouched(one: Operation) -> Operation:
    """The operation without what other people said of an earlier form of it."""
    match one:
        case Strengthen():
            return one.model_copy(update={"attested_by": ()})
        case Derogate():
            return one.model_copy(update={"approved_by": ""})
        case Translate():
            return one.model_copy(update={"reviewed_by": ""})
    return one


_BESIDE = frozenset({"target", "after", "rationale", "evidence", "comments", "author", "pins"})
"""What stands beside the demand of an operation, and may change without changing it."""


def asks_the_same(one: Operation, other: Operation) -> bool:
    """Whether two operations ask the same in the same words, whatever the reason they give."""
    said, told = (
        {name: value for name, value in unvouched(each).as_json().items() if name not in _BESIDE}
        for each in (one, other)
    )
    return said == told


# --- what they lean on


def _refuse_own(row: OperationRow, by: Actor) -> None:
    if row.by == str(by.id):
        raise OwnOperation


def _attested(session: Session, version: OverlayVersionRow, row: OperationRow) -> set[str]:
    """The ids of those who attested this very operation, here or in the versions it was copied from."""
    ids = [str(same.id) for same in _copies(session, version, row)]
    query = select(AuditRow.by).where(
        AuditRow.act == "attest", AuditRow.subject == "operation", col(AuditRow.subject_id).in_(ids)
    )
    return set(session.exec(query).all())


def _copies(session: Session, version: OverlayVersionRow, row: OperationRow) -> Iterator[OperationRow]:
    versions = select(OverlayVersionRow.id).where(OverlayVersionRow.overlay_id == version.overlay_id)
    query = select(OperationRow).where(
        OperationRow.clause_id == row.clause_id,
        OperationRow.op == row.op,
        col(OperationRow.overlay_version_id).in_(versions),
    )
    key = unvouched(store.operation_in(row)).key
    for other in session.exec(query).all():
        if unvouched(store.operation_in(other)).key == key:
            yield other


def _vouch(
    session: Session, row: OperationRow, one: Operation, act: str, by: Actor, now: datetime
) -> OperationRow:
    before = told(row)
    row.content = one.as_json()
    session.add(row)
    session.flush()
    audit.record(session, by.id, act, "operation", row.id, before, told(row), now=now)
    return row


def _named(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise Misfilled({"name": "Write your name as it is to be published with the operation."})
    if len(name) > 120:
        raise Misfilled({"name": "A name has up to 120 characters."})
    return name


def _same(name: str, other: str) -> bool:
    return " ".join(name.split()).casefold() == " ".join(other.split()).casefold()
