"""Operating: what a working group does to its local text, and the other pairs of eyes on it.

An operation is kept by its author (`OperationRow.by`) and then, where it needs
them, vouched for by others: two attest a STRENGTHEN, the owner of the base
approves a DEROGATE, another person reviews a TRANSLATE. Changing an operation
drops what others said of it. Every act is in the audit trail, which is also how
we know who attested: the file itself holds only the names they chose.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlmodel import Session, col, select

from consult import audit
from consult.errors import BarazaError, Misfilled, NotAllowed, NotFound
from consult.local import groups
from consult.permissions import Act, may
from consult.tables.people import Role
from consult.tables.process import AuditRow
from standards.operations import Adopt, Derogate, Op, Operation, Overlay, Strengthen, Translate
from standards.overlays import drafting, store
from standards.overlays.chain import undecided
from standards.overlays.guards import Refusal
from standards.overlays.pins import pinned
from standards.overlays.resolve import under
from standards.tables import OperationRow, OverlayRow, OverlayVersionRow

CHANGES_THE_CLAUSE = frozenset({Op.SET, Op.STRENGTHEN, Op.SCOPE, Op.RESTAGE, Op.DEROGATE})
"""Operations after which a clause no longer stands as the base has it."""


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


class OwnOperation(BarazaError):
    """The author of an operation cannot be the other pair of eyes."""

    def __init__(self) -> None:
        super().__init__("You wrote this operation yourself. Somebody else has to look at it.")


class VouchedAlready(BarazaError):
    """The same person, or the same name, counts once."""


@dataclass(frozen=True)
class Adopted:
    """How many clauses were adopted, and how many of those named were left as they are."""

    adopted: int
    left: int


# --- keeping and taking out


def put(
    session: Session,
    version: OverlayVersionRow,
    one: Operation,
    *,
    replacing: UUID | None = None,
    seen: str = "",
    by: Actor,
    now: datetime,
) -> tuple[OperationRow, list[Refusal]]:
    """Keep an operation in a draft, or change the one that `replacing` names; returns what it still lacks.

    `seen` is the key of the operation as it was when the writer began: where it
    is another by now, nothing is overwritten. An adoption gives way to an
    operation that changes its clause. Raises NotInThisGroup, OverlayFrozen,
    OperationMoved, Misfilled for a derogation that would be over before it begins,
    UnknownTarget, OperationsRefused.
    """
    overlay = _held(session, version, by)
    was = _found(session, version, replacing) if replacing else None
    if was is not None and seen and store.operation_in(was).key != seen:
        raise OperationMoved
    _refuse_one_that_is_over(one, store.operation_in(was) if was is not None else None, now)
    before = _told(was) if was is not None else None
    fresh = _unvouched(one)
    # Who only mends its reason, or settles it after a move, is not its author.
    author = was.by if was is not None and _asks_the_same(store.operation_in(was), one) else str(by.id)
    row, lacking = drafting.put(session, version, fresh, replacing=replacing, by=author, now=now)
    if fresh.op in CHANGES_THE_CLAUSE:
        _give_way(session, version, overlay, row, by, now)
    act = "change-operation" if was is not None else "add-operation"
    audit.record(session, by.id, act, "operation", row.id, before, _told(row), one.rationale[:500], now=now)
    return row, lacking


def take_out(
    session: Session, version: OverlayVersionRow, operation_id: UUID, *, by: Actor, now: datetime
) -> Operation:
    """Take an operation out of a draft.

    Raises NotInThisGroup, OverlayFrozen, OperationMoved, StandsInTheWay.
    """
    _held(session, version, by)
    row = _found(session, version, operation_id)
    before = _told(row)
    one = drafting.take_out(session, version, operation_id)
    audit.record(session, by.id, "take-out-operation", "operation", operation_id, before, now=now)
    return one


def adopt_many(
    session: Session,
    version: OverlayVersionRow,
    clause_ids: Iterable[UUID],
    rationale: str,
    *,
    by: Actor,
    now: datetime,
) -> Adopted:
    """Adopt clauses as they stand, for one reason.

    Those decided already, and those on which an operation waits, are left as they are.

    Raises NotInThisGroup, OverlayFrozen, and Misfilled without a reason or a clause.
    """
    overlay = _held(session, version, by)
    wanted = set(clause_ids)
    if not wanted:
        raise Misfilled({"clauses": "Tick the clauses that stand as they are, or adopt a whole part."})
    if not rationale.strip():
        raise Misfilled({"reason": "Say why these clauses stand as they are: one sentence for all of them."})
    ground, kept = store.ground_of(session, version), store.load(session, version)
    waiting = {row.clause_id for row in store.operations_of(session, version) if row.waiting}
    found = [clause.id for clause in undecided(under(ground, kept)) if clause.id in wanted]
    open_ = [id_ for id_ in found if id_ not in waiting]
    new = tuple(Adopt(target=str(id_), rationale=rationale) for id_ in open_)
    held = pinned(kept.model_copy(update={"operations": new}), ground)
    for one in held.operations:
        store.keep(session, version, overlay.slug, one, by=str(by.id), now=now)
    session.flush()
    after = {"clauses": [str(id_) for id_ in open_]}
    audit.record(session, by.id, "adopt", "overlay", version.id, after=after, reason=rationale[:500], now=now)
    return Adopted(len(new), len(wanted) - len(new))


# --- the other pairs of eyes


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
    _held(session, version, by)
    row = _found(session, version, operation_id)
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
    _hold(session, version)
    row = _found(session, version, operation_id)
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
    _held(session, version, by)
    row = _found(session, version, operation_id)
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
    kept = tuple(one if one.key in known else _unvouched(one) for one in wanted.operations)
    lost = sum(one.key != before.key for one, before in zip(kept, wanted.operations, strict=True))
    return wanted.model_copy(update={"operations": kept}), lost


# --- what they lean on


def _held(session: Session, version: OverlayVersionRow, by: Actor) -> OverlayRow:
    """The overlay of a draft that this person may write in, kept from others until the transaction ends."""
    overlay = session.get_one(OverlayRow, version.overlay_id)
    if not may(by.role, Act.INTERPRET):
        raise NotAllowed
    groups.refuse_strangers(session, overlay, by.id, by.role)
    _hold(session, version)
    return overlay


def _hold(session: Session, version: OverlayVersionRow) -> None:
    # Two people adding to one field wait for each other; the second meets the guard.
    store.hold_draft(session, version)


def _found(session: Session, version: OverlayVersionRow, operation_id: UUID) -> OperationRow:
    # Read anew: while this one waited for its turn a colleague may have changed it.
    row = session.get(OperationRow, operation_id, populate_existing=True)
    if row is None or row.overlay_version_id != version.id:
        raise OperationMoved
    return row


def _give_way(
    session: Session,
    version: OverlayVersionRow,
    overlay: OverlayRow,
    kept: OperationRow,
    by: Actor,
    now: datetime,
) -> None:
    """Take the adoption of a clause out now that something changes the clause."""
    adoptions = select(OperationRow).where(
        OperationRow.overlay_version_id == version.id,
        OperationRow.clause_id == kept.clause_id,
        OperationRow.op == Op.ADOPT,
    )
    for row in session.exec(adoptions).all():
        audit.record(session, by.id, "take-out-operation", "operation", row.id, _told(row), now=now)
        session.delete(row)
    session.flush()


def _unvouched(one: Operation) -> Operation:
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


def _refuse_one_that_is_over(one: Operation, was: Operation | None, now: datetime) -> None:
    """Only one that was kept earlier may have ended meanwhile."""
    kept_before = isinstance(was, Derogate) and isinstance(one, Derogate) and was.until == one.until
    if isinstance(one, Derogate) and not kept_before and one.until <= now.date():
        raise Misfilled({"until": "A derogation ends on a day to come."})


def _asks_the_same(one: Operation, other: Operation) -> bool:
    """Whether two operations ask the same in the same words, whatever the reason they give."""
    said, told = (
        {name: value for name, value in _unvouched(each).as_json().items() if name not in _BESIDE}
        for each in (one, other)
    )
    return said == told


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
    key = _unvouched(store.operation_in(row)).key
    for other in session.exec(query).all():
        if _unvouched(store.operation_in(other)).key == key:
            yield other


def _vouch(
    session: Session, row: OperationRow, one: Operation, act: str, by: Actor, now: datetime
) -> OperationRow:
    before = _told(row)
    row.content = one.as_json()
    session.add(row)
    session.flush()
    audit.record(session, by.id, act, "operation", row.id, before, _told(row), now=now)
    return row


def _told(row: OperationRow) -> dict[str, Any]:
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


def _named(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise Misfilled({"name": "Write your name as it is to be published with the operation."})
    if len(name) > 120:
        raise Misfilled({"name": "A name has up to 120 characters."})
    return name


def _same(name: str, other: str) -> bool:
    return " ".join(name.split()).casefold() == " ".join(other.split()).casefold()


def operation_called(session: Session, version: OverlayVersionRow, written: str) -> OperationRow:
    """The operation of a version that an address names by its id. Raises NotFound."""
    try:
        return _found(session, version, UUID(written))
    except (ValueError, OperationMoved):
        raise NotFound("This operation is no longer in this local text; somebody took it out.") from None
