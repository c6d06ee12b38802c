"""Rebase: what becomes of an overlay's operations when the text it stands on moves.

A three-way compare, field by field, of the old ground, the new ground and the
overlay, along the recorded lineage. Only what is clean or rebased carries by
itself; everything else waits for a person. No operation is ever dropped.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from rapidfuzz.distance import Indel

from standards.document import Clause
from standards.lineage import Relation, Step
from standards.operations import (
    Add,
    Derogate,
    Operation,
    Overlay,
    UnknownTarget,
    added_id,
)
from standards.overlays.guards import Refusal, refusals
from standards.overlays.overtaken import caught_up, weaker, what_changed
from standards.overlays.pins import field_hash
from standards.overlays.resolve import Resolved, parameter_called


class State(StrEnum):
    """What the move makes of an operation, in the order of precedence; UNDECIDED is for clauses."""

    ORPHAN = "ORPHAN"
    SPLIT_MERGED = "SPLIT/MERGED"
    REDUNDANT = "REDUNDANT"
    NOW_WEAKER = "NOW-WEAKER"
    CONFLICT = "CONFLICT"
    REBASED = "REBASED"
    CLEAN = "CLEAN"
    UNDECIDED = "UNDECIDED"


CARRIES = frozenset({State.CLEAN, State.REBASED})


@dataclass(frozen=True)
class Moved:
    """One operation after the move.

    `was` and `now` are its clause on either side, `now` None where it is gone;
    `targets` the clauses it may be moved to, `also` further states that hold.
    """

    operation: Operation
    state: State
    was: Clause
    now: Clause | None
    message: str
    targets: tuple[Clause, ...] = ()
    also: tuple[State, ...] = ()


@dataclass(frozen=True)
class Rebase:
    """Every operation with its state, in the order of the old text; and the clauses nobody has decided."""

    operations: tuple[Moved, ...]
    undecided: tuple[Clause, ...]

    @cached_property
    def counts(self) -> dict[State, int]:
        """How many operations, or undecided clauses, are in each state."""
        found = Counter(one.state for one in self.operations)
        found[State.UNDECIDED] = len(self.undecided)
        return {state: found[state] for state in State}

    @property
    def carried(self) -> tuple[Operation, ...]:
        """The operations that carry by themselves."""
        return tuple(one.operation for one in self.operations if one.state in CARRIES)

    @property
    def waiting(self) -> tuple[Moved, ...]:
        """The operations that wait for a person."""
        return tuple(one for one in self.operations if one.state not in CARRIES)


class Earlier(NamedTuple):
    """Operations that wait since an earlier move, by key, with the ground they were made for."""

    keys: frozenset[str]
    ground: Resolved
    steps: tuple[Step, ...]


def rebase(
    old: Resolved,
    new: Resolved,
    overlay: Overlay,
    steps: Iterable[Step],
    waiting: Sequence[Earlier] = (),
) -> Rebase:
    """What the move from one lasting ground to another makes of an overlay whose targets are ids.

    For a layer with a parent the grounds are its parent's old and new text. What
    waits is compared with the ground it was made for: a second move settles nothing.
    Raises UnknownTarget for an operation on a clause that is not in the old ground.
    """
    elsewhere: dict[str, _Move] = {}
    move = _Move(old, new, overlay, tuple(steps), elsewhere)
    for earlier in waiting:
        since = _Move(earlier.ground, new, overlay, earlier.steps, elsewhere)
        elsewhere.update(dict.fromkeys(earlier.keys, since))
    place = {clause.id: at for at, clause in enumerate(old.document)}
    keyed = [(place.get(one.clause_id, len(place)), one.op, one.key, one) for one in overlay.operations]
    ordered = sorted(keyed, key=lambda four: four[:3])
    moved = [elsewhere.get(key, move).moved(one) for _place, _op, key, one in ordered]
    return Rebase(tuple(move.held(moved)), undecided(new, overlay))


def undecided(new: Resolved, overlay: Overlay) -> tuple[Clause, ...]:
    """The clauses of a ground that neither an operation, waiting or not, nor a layer above decides."""
    decided = {one.clause_id for one in overlay.operations if not isinstance(one, Add)}
    return tuple(
        clause for clause in new.document if clause.id not in decided and not new.of(clause.id).placed
    )


def successors(
    steps: Sequence[Step], clause_id: UUID, there: Iterable[UUID]
) -> tuple[list[UUID], Relation | None]:
    """The clauses one went into along the lineage, and how; ([], None) where nothing is recorded."""
    present = set(there)
    found: list[UUID] = []
    relation: Relation | None = None
    waiting, seen = [clause_id], {clause_id}
    while waiting:
        id_ = waiting.pop(0)
        for step in steps:
            if id_ not in step.sources or step.relation not in _GOES_INTO:
                continue
            relation = relation or step.relation
            for target in step.targets:
                if target in present and target not in found:
                    found.append(target)
                if target not in seen:
                    seen.add(target)
                    waiting.append(target)
    return found, relation


_GOES_INTO = (Relation.SPLIT, Relation.MERGED, Relation.REPLACED)
_BECAME = {
    Relation.SPLIT: "was split into",
    Relation.MERGED: "was merged into",
    Relation.REPLACED: "was replaced by",
}


class _Move:
    """One move of the ground under one overlay."""

    def __init__(
        self,
        old: Resolved,
        new: Resolved,
        overlay: Overlay,
        steps: tuple[Step, ...],
        elsewhere: Mapping[str, "_Move"],
    ) -> None:
        self.elsewhere = elsewhere
        self.old, self.new, self.overlay, self.steps = old, new, overlay, steps
        self.anchors = {
            added_id(overlay.name, one.id): one for one in overlay.operations if isinstance(one, Add)
        }
        self.came = [clause for clause in new.document if clause.id not in old.document.by_id]

    def moved(self, one: Operation) -> Moved:
        """The operation with the first state that names it."""
        own = self.anchors.get(one.clause_id)
        if own is not None and one is not own:
            return self._follows(one, own)
        if one.clause_id not in self.old.document.by_id:
            raise UnknownTarget([(one.op, one.target)], self.old.base)
        was, now = self.old.document.by_id[one.clause_id], self.new.document.by_id.get(one.clause_id)
        targets, relation = successors(self.steps, was.id, self.new.document.by_id)
        held: dict[State, str] = {}
        if now is None and not targets:
            held[State.ORPHAN] = f"The base has withdrawn {was.title}."
        elif relation is not None and (now is None or targets):
            names = " and ".join(self.new.document.by_id[id_].number or "a clause" for id_ in targets)
            told = f"{was.number} {_BECAME[relation]} {names}."
            if targets == [was.id]:
                told = f"Another clause was merged into {was.number}."
            held[State.SPLIT_MERGED] = told
        if now is not None:
            held |= dict(self._compared(one, was, now))
        first = next(state for state in State if state in held)
        return Moved(
            operation=one,
            state=first,
            was=was,
            now=now,
            message=held[first],
            targets=_proper_first(one, was, [self.new.document.by_id[id_] for id_ in targets]),
            also=tuple(state for state in State if state in held and state not in (first, State.CLEAN)),
        )

    def held(self, moved: list[Moved]) -> list[Moved]:
        """The operations after what carries was held against the new ground: what cannot stand there waits.

        Again and again, because what waits may be what another operation stands on.
        """
        while True:
            carried = tuple(
                one.operation.model_copy(update={"pins": {}}) for one in moved if one.state in CARRIES
            )
            overlay = self.overlay.model_copy(update={"operations": carried})
            refused = {
                id(refusal.operation): refusal
                for refusal in refusals(self.new, overlay)
                if refusal.kind == "refused"
            }
            if not refused:
                return moved
            which = iter(carried)
            moved = [
                one if one.state not in CARRIES else self._waits(one, refused.get(id(next(which))))
                for one in moved
            ]
            moved = [self._with_its_clause(one, moved) for one in moved]

    def _waits(self, one: Moved, refusal: Refusal | None) -> Moved:
        if refusal is None:
            return one
        message = refusal.message[:1].upper() + refusal.message[1:]
        return replace(one, state=State.CONFLICT, message=message, also=tuple({one.state} - {State.CLEAN}))

    def _with_its_clause(self, one: Moved, moved: list[Moved]) -> Moved:
        """The operation, waiting where the added clause it is on waits."""
        own = self.anchors.get(one.operation.clause_id)
        if own is None or one.state not in CARRIES:
            return one
        with_it = next(other for other in moved if other.operation is own)
        if with_it.state in CARRIES:
            return one
        return replace(one, state=with_it.state, message=f"Its clause {own.id} waits.")

    def _follows(self, one: Operation, own: Add) -> Moved:
        """An operation on a clause of the overlay's own goes where that clause goes."""
        with_it = self.elsewhere.get(own.key, self).moved(own)
        if with_it.state in CARRIES:
            return Moved(one, State.CLEAN, with_it.was, with_it.now, "Its clause is this local text's own.")
        return Moved(
            one, with_it.state, with_it.was, with_it.now, f"Its clause {own.id} waits.", with_it.targets
        )

    def _compared(self, one: Operation, was: Clause, now: Clause) -> Iterator[tuple[State, str]]:
        """The states that hold of an operation whose clause is still there."""
        moved = was.text.hash != now.text.hash
        if (moved or isinstance(one, Add)) and (
            told := caught_up(one, was, now, self.overlay.operations, self.came)
        ):
            yield State.REDUNDANT, told
        if moved and (told := weaker(one, was.text, now.text, self.new.document.language)):
            yield State.NOW_WEAKER, told
        if told := self._conflict(one, was, now):
            yield State.CONFLICT, told
        elif moved:
            yield State.REBASED, f"The base changed {what_changed(was.text, now.text)} and left this alone."
        else:
            yield State.CLEAN, "The base did not change here."

    def _conflict(self, one: Operation, was: Clause, now: Clause) -> str:
        before, after = field_hash(was.text, one.field), field_hash(now.text, one.field)
        if before != after:
            return f"The base changed {what_changed(was.text, now.text)}, which this operation touches too."
        return ""


def _proper_first(one: Operation, was: Clause, targets: list[Clause]) -> tuple[Clause, ...]:
    """The clauses it may go to: first those that have its value, then those whose words are most alike."""
    name = one.weakens if isinstance(one, Derogate) else one.field
    name = name.removeprefix("parameter:") if name.startswith("parameter:") else ""

    def fit(clause: Clause) -> tuple[bool, float]:
        has = bool(name) and parameter_called(clause.text, name) is not None
        return has, Indel.normalized_similarity(was.text.body.split(), clause.text.body.split())

    return tuple(sorted(targets, key=fit, reverse=True))


def as_json(found: Rebase) -> dict[str, Any]:
    """The rebase for a machine: counts by state, operations, and undecided clauses by number."""
    return {
        "counts": {state.value: count for state, count in found.counts.items()},
        "operations": [
            {
                "state": one.state.value,
                "carries": one.state in CARRIES,
                "op": one.operation.op.value,
                "target": one.was.number,
                "clause": str(one.was.id),
                "field": one.operation.field,
                "key": one.operation.key,
                "message": one.message,
                "targets": [clause.number or str(clause.id) for clause in one.targets],
                "also": [state.value for state in one.also],
                "operation": one.operation.as_json(),
            }
            for one in found.operations
        ],
        "undecided": [
            {"clause": str(clause.id), "number": clause.number, "heading": clause.text.heading}
            for clause in found.undecided
        ],
    }
