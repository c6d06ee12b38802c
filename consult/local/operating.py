"""Operating: what a working group does to its local text, operation by operation.

An operation is kept by its author (`OperationRow.by`); changing it drops what
others said of it, see `vouching`. Every act is in the audit trail.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, select

from consult import audit
from consult.errors import Misfilled
from consult.local.holding import Actor, OperationMoved, found, held, told
from consult.local.vouching import asks_the_same, unvouched
from standards.operations import Adopt, Derogate, Op, Operation
from standards.overlays import drafting, store
from standards.overlays.chain import undecided
from standards.overlays.guards import Refusal
from standards.overlays.resolve import under
from standards.tables import OperationRow, OverlayRow, OverlayVersionRow

CHANGES_THE_CLAUSE = frozenset({Op.SET, Op.STRENGTHEN, Op.SCOPE, Op.RESTAGE, Op.DEROGATE})
"""Operations after which a clause no longer stands as the base has it."""


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
    overlay = held(session, version, by)
    was = found(session, version, replacing) if replacing else None
    if was is not None and seen and store.operation_in(was).key != seen:
        raise OperationMoved
    _refuse_one_that_is_over(one, store.operation_in(was) if was is not None else None, now)
    before = told(was) if was is not None else None
    fresh = unvouched(one)
    # Who only mends its reason, or settles it after a move, is not its author.
    author = was.by if was is not None and asks_the_same(store.operation_in(was), one) else str(by.id)
    row, lacking = drafting.put(session, version, fresh, replacing=replacing, by=author, now=now)
    if fresh.op in CHANGES_THE_CLAUSE:
        _give_way(session, version, overlay, row, by, now)
    act = "change-operation" if was is not None else "add-operation"
    audit.record(session, by.id, act, "operation", row.id, before, told(row), one.rationale[:500], now=now)
    return row, lacking


def take_out(
    session: Session, version: OverlayVersionRow, operation_id: UUID, *, by: Actor, now: datetime
) -> Operation:
    """Take an operation out of a draft.

    Raises NotInThisGroup, OverlayFrozen, OperationMoved, StandsInTheWay.
    """
    held(session, version, by)
    row = found(session, version, operation_id)
    before = told(row)
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
    held(session, version, by)
    wanted = set(clause_ids)
    if not wanted:
        raise Misfilled({"clauses": "Tick the clauses that stand as they are, or adopt a whole part."})
    if not rationale.strip():
        raise Misfilled({"reason": "Say why these clauses stand as they are: one sentence for all of them."})
    ground, kept = store.ground_of(session, version), store.load(session, version)
    waiting = {row.clause_id for row in store.operations_of(session, version) if row.waiting}
    left = [clause.id for clause in undecided(under(ground, kept)) if clause.id in wanted]
    open_ = [id_ for id_ in left if id_ not in waiting]
    new = [Adopt(target=str(id_), rationale=rationale) for id_ in open_]
    drafting.put_many(session, version, new, by=str(by.id), now=now)
    after = {"clauses": [str(id_) for id_ in open_]}
    audit.record(session, by.id, "adopt", "overlay", version.id, after=after, reason=rationale[:500], now=now)
    return Adopted(len(new), len(wanted) - len(new))


# --- what they lean on


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
        audit.record(session, by.id, "take-out-operation", "operation", row.id, told(row), now=now)
        session.delete(row)
    session.flush()


def _refuse_one_that_is_over(one: Operation, was: Operation | None, now: datetime) -> None:
    """Only one that was kept earlier may have ended meanwhile."""
    kept_before = isinstance(was, Derogate) and isinstance(one, Derogate) and was.until == one.until
    if isinstance(one, Derogate) and not kept_before and one.until <= now.date():
        raise Misfilled({"until": "A derogation ends on a day to come."})
