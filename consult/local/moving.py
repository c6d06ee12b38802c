"""Moving: what a newer base, or a newer text of its parent, makes of a local text, and settling what waits.

Looking keeps nothing. Carried over, the local text is a draft in which whatever
did not carry by itself waits; until somebody has settled each of them, nothing
is approved. Every act is in the audit trail with its reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, col, select

from consult import audit
from consult.errors import BarazaError, Misfilled
from consult.local import deciding, groups, operating
from consult.local.holding import Actor
from standards.document import Clause
from standards.errors import StandardsError
from standards.operations import Add, Adopt, Derogate, Operation, Restage, Set, Strengthen, added_id
from standards.overlays import drafting, store, versions
from standards.overlays.guards import OperationsRefused
from standards.overlays.rebase import CARRIES, Moved, Rebase, State
from standards.tables import OperationRow, OverlayRow, OverlayVersionRow, VersionRow


class NothingMoved(BarazaError):
    """A local text is to be carried onto what it stands on already."""

    def __init__(self, name: str, onto: str) -> None:
        super().__init__(f"{name} stands on {onto} already. Choose a newer version to carry it onto.")


class NotWaiting(BarazaError):
    """An operation was settled that does not wait (any more)."""

    def __init__(self) -> None:
        super().__init__("This operation does not wait any more; somebody has settled it meanwhile.")


@dataclass(frozen=True)
class Move:
    """A look at a move: which version, onto which base and parent, and what it makes of each operation."""

    version: OverlayVersionRow
    base: VersionRow
    parent: OverlayVersionRow | None
    onto: str
    was: str
    found: Rebase


@dataclass(frozen=True)
class Waiting:
    """An operation that waits in a draft, how it fared in the move, and what can be done with it."""

    row: OperationRow
    operation: Operation
    moved: Moved | None
    state: State | None
    number: str
    message: str
    may_keep: bool
    may_adopt: bool
    derogable: str
    targets: tuple[Clause, ...]


# --- looking and carrying over


def look(session: Session, version: OverlayVersionRow, onto: str) -> Move:
    """What the move onto `standard@label`, or onto a version of its parent, makes of an overlay version.

    Raises NothingMoved, and what `versions.ground_called` and `rebase_onto` do.
    """
    base, named = versions.ground_called(session, version, onto)
    parent = named or versions.parent_on(session, version, base)
    if base.id == version.base_id and (parent.id if parent else None) == version.parent_id:
        raise NothingMoved(store.overlay_name(session, version), onto)
    return Move(
        version=version,
        base=base,
        parent=parent,
        onto=onto,
        was=_stood_on(session, version, by_parent=named is not None),
        found=versions.rebase_onto(session, version, base, parent),
    )


def carry(
    session: Session,
    version: OverlayVersionRow,
    onto: str,
    label: str,
    *,
    transition_until: str = "",
    by: str,
    now: datetime,
) -> tuple[OverlayVersionRow, Rebase]:
    """Keep the move as a draft of this label: what carries is carried, everything else waits in it.

    Raises what `look` does, OverlayExists, Misfilled for a label or a day that is none.
    """
    move = look(session, version, onto)
    draft, found = versions.carry_over(session, version, move.base, label, parent=move.parent, by=by, now=now)
    deciding.set_transition(session, draft, transition_until, by=by, now=now)
    after = {"from": store.overlay_name(session, version), "onto": onto, "label": label}
    audit.record(session, by, "rebase", "overlay", draft.id, after=after, now=now)
    return draft, found


def later(session: Session, version: OverlayVersionRow) -> list[str]:
    """The names an overlay version may be carried onto: newer texts of its base, then of its parent."""
    base = session.get_one(VersionRow, version.base_id)
    query = select(VersionRow).where(
        VersionRow.standard_id == base.standard_id,
        col(VersionRow.content_hash).is_not(None),
        col(VersionRow.created_at) > base.created_at,
    )
    found = session.exec(query.order_by(col(VersionRow.created_at).desc())).all()
    names = [store.name_of(session, row) for row in found]
    if version.parent_id is not None:
        parent = session.get_one(OverlayVersionRow, version.parent_id)
        above = session.get_one(OverlayRow, parent.overlay_id)
        names += [
            store.overlay_name(session, row)
            for row in store.versions_of(session, above)
            if row.created_at > parent.created_at
        ]
    return names


# --- what waits in a draft


def waiting(session: Session, version: OverlayVersionRow) -> list[Waiting]:
    """The operations of a draft that wait, in the order of precedence of their states, then of the text."""
    rows = [row for row in store.operations_of(session, version) if row.waiting]
    if not rows:
        return []
    moved = _moves(session, version)
    ground = store.ground_of(session, version).document
    own = _own(session, version)
    places = {clause.id: at for at, clause in enumerate(ground)}
    found = [_waiting(row, moved.get(store.operation_in(row).key), ground.by_id, own) for row in rows]
    order = {state: at for at, state in enumerate(State)}
    return sorted(
        found,
        key=lambda one: (
            order[one.state] if one.state else len(order),
            places.get(one.row.clause_id, len(places)),
            one.operation.key,
        ),
    )


def let_go(
    session: Session, version: OverlayVersionRow, operation_id: UUID, reason: str, *, by: Actor, now: datetime
) -> Operation:
    """Let a waiting operation go; its reason and what it was stay in the audit trail.

    Raises NotInThisGroup, OverlayFrozen, NotWaiting, Misfilled, StandsInTheWay.
    """
    row = _held(session, version, operation_id, by)
    if not reason.strip():
        raise Misfilled({"reason": "Say why it is let go: the next who reads the trail will ask."})
    one = store.operation_in(row)
    before = {"op": one.op.value, "field": one.field, "key": one.key, "state": row.state}
    drafting.settle(session, version, operation_id, None, by=str(by.id), now=now)
    audit.record(
        session, by.id, "let-go", "operation", operation_id, before, reason=reason.strip()[:2000], now=now
    )
    return one


def keep(
    session: Session, version: OverlayVersionRow, operation_id: UUID, *, by: Actor, now: datetime
) -> OperationRow:
    """Keep a waiting operation as it is, pinned to the base as it reads now.

    What others attested of it was said of the older base, and is asked for anew.
    Raises what `let_go` does, and UnknownTarget, OperationsRefused.
    """
    row = _held(session, version, operation_id, by)
    return _settled(session, version, row, store.operation_in(row), by, now)


def move_to(
    session: Session,
    version: OverlayVersionRow,
    operation_id: UUID,
    clause_id: UUID,
    *,
    by: Actor,
    now: datetime,
) -> OperationRow:
    """Move a waiting operation to another clause, such as a successor of its own. Raises what `keep` does."""
    row = _held(session, version, operation_id, by)
    one = store.operation_in(row)
    return _settled(session, version, row, one.model_copy(update={"target": str(clause_id)}), by, now)


def adopt(
    session: Session,
    version: OverlayVersionRow,
    operation_id: UUID,
    reason: str,
    *,
    by: Actor,
    now: datetime,
) -> OperationRow:
    """Adopt the base's clause in place of a waiting operation. Raises what `keep` does."""
    row = _held(session, version, operation_id, by)
    if not reason.strip():
        raise Misfilled({"reason": "Say why the clause stands as the base has it now."})
    one = store.operation_in(row)
    adopted = Adopt(target=_clause_of(one), rationale=reason.strip(), comments=one.comments)
    return _settled(session, version, row, adopted, by, now)


def ask_to_derogate(
    session: Session,
    version: OverlayVersionRow,
    operation_id: UUID,
    until: date,
    reason: str,
    *,
    by: Actor,
    now: datetime,
) -> OperationRow:
    """Ask the owner of the base for a derogation to what a waiting operation asks, until a day.

    Raises what `keep` does, Misfilled for a day that is past.
    """
    row = _held(session, version, operation_id, by)
    one = store.operation_in(row)
    field, value = _derogable(one)
    problems = {}
    if not field:
        problems[""] = "A derogation is for a value, a stage or a wording; this operation asks for none."
    if not reason.strip():
        problems["reason"] = "Say why what the base asks is out of reach for a time."
    if until <= now.date():
        problems["until"] = "A derogation ends on a day to come."
    if problems:
        raise Misfilled(problems)
    asked = Derogate(
        target=one.target,
        weakens=field,
        value=value,
        until=until,
        rationale=reason.strip(),
        evidence=one.evidence,
        comments=one.comments,
    )
    return _settled(session, version, row, asked, by, now)


# --- what they lean on


def _held(session: Session, version: OverlayVersionRow, operation_id: UUID, by: Actor) -> OperationRow:
    """A waiting operation of a draft that this person may write in, kept from others meanwhile."""
    overlay = session.get_one(OverlayRow, version.overlay_id)
    groups.refuse_strangers(session, overlay, by.id, by.role)
    store.hold_draft(session, version)
    # Read anew: while this one waited for its turn somebody may have settled it.
    row = session.get(OperationRow, operation_id, populate_existing=True)
    if row is None or row.overlay_version_id != version.id or not row.waiting:
        raise NotWaiting
    return row


def _settled(
    session: Session,
    version: OverlayVersionRow,
    row: OperationRow,
    one: Operation,
    by: Actor,
    now: datetime,
) -> OperationRow:
    """Keep this in the place of a waiting operation, and with a clause of our own what stands on it."""
    kept, _lacking = operating.put(session, version, one, replacing=row.id, by=by, now=now)
    if isinstance(one, Add):
        _with_it(session, version, one, by, now)
    return kept


def _with_it(session: Session, version: OverlayVersionRow, add: Add, by: Actor, now: datetime) -> None:
    """The operations on a clause of our own go where it goes; one that is refused there waits on."""
    own = added_id(session.get_one(OverlayRow, version.overlay_id).slug, add.id)
    for row in store.operations_of(session, version):
        if not row.waiting or row.clause_id != own:
            continue
        try:
            _settled(session, version, row, store.operation_in(row), by, now)
        except OperationsRefused:
            continue


def _moves(session: Session, version: OverlayVersionRow) -> dict[str, Moved]:
    """How each operation fared in the move that made this draft, by its key."""
    if version.based_on_id is None:
        return {}
    older = session.get_one(OverlayVersionRow, version.based_on_id)
    base = session.get_one(VersionRow, version.base_id)
    parent = session.get_one(OverlayVersionRow, version.parent_id) if version.parent_id else None
    try:
        found = versions.rebase_onto(session, older, base, parent)
    except StandardsError:
        # The older version may have moved into a state that cannot be compared; the rows keep what was said.
        return {}
    return {one.operation.key: one for one in found.operations}


def _waiting(row: OperationRow, moved: Moved | None, there: dict[UUID, Clause], own: set[UUID]) -> Waiting:
    one = store.operation_in(row)
    state = State(row.state) if row.state in set(State) else None
    clause = there.get(row.clause_id)
    stands = clause is not None or row.clause_id in own
    return Waiting(
        row=row,
        operation=one,
        moved=moved,
        state=state,
        number=moved.was.number if moved else (clause.number if clause else ""),
        message=row.waiting,
        may_keep=stands and state is not State.NOW_WEAKER,
        may_adopt=clause is not None and not isinstance(one, Add),
        derogable=_derogable(one)[0] if clause is not None and _asks_less(one, state) else "",
        targets=moved.targets if moved else (),
    )


def _own(session: Session, version: OverlayVersionRow) -> set[UUID]:
    """The clauses of the overlay's own that stand in the draft by now."""
    overlay = store.load(session, version)
    return {added_id(overlay.name, one.id) for one in overlay.operations if isinstance(one, Add)}


def _asks_less(one: Operation, state: State | None) -> bool:
    """Whether a derogation could be what it needs: not where it asks what the base does, or more."""
    if isinstance(one, Set | Restage):
        return state is State.NOW_WEAKER
    return state is not State.REDUNDANT


def _derogable(one: Operation) -> tuple[str, int | float | str | tuple[str, ...]]:
    """The field that a derogation would weaken to what an operation asks, and the value; "" where none."""
    match one:
        case Set():
            return f"parameter:{one.parameter}", one.value
        case Restage():
            return "stage", one.stage
        case Strengthen():
            return "wording", one.wording
        case Derogate():
            return one.weakens, one.value
    return "", ""


def _clause_of(one: Operation) -> str:
    if isinstance(one, Add):
        raise Misfilled({"": "A clause of your own cannot be adopted: keep it, move it, or let it go."})
    return one.target


def _stood_on(session: Session, version: OverlayVersionRow, *, by_parent: bool) -> str:
    if by_parent and version.parent_id is not None:
        return store.overlay_name(session, session.get_one(OverlayVersionRow, version.parent_id))
    return store.name_of(session, session.get_one(VersionRow, version.base_id))


def carried(found: Rebase) -> Sequence[Moved]:
    """The operations that carry by themselves."""
    return [one for one in found.operations if one.state in CARRIES]
