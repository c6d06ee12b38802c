"""Rebase: what becomes of an overlay's operations when the text it stands on moves.

A three-way compare, field by field, of the old ground, the new ground and the
overlay, along the recorded lineage. Only what is clean or rebased carries by
itself; everything else waits for a person. No operation is ever dropped.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any
from uuid import UUID

from standards.diff import compared, direction
from standards.document import Clause, ClauseText
from standards.lineage import Relation, Step
from standards.operations import (
    Add,
    Derogate,
    Law,
    Operation,
    Overlay,
    Restage,
    Scope,
    Set,
    Strengthen,
    Verify,
    added_id,
    value_words,
)
from standards.overlays.guards import refusals_of
from standards.overlays.pins import field_hash
from standards.overlays.resolve import Resolved, parameter_called
from standards.stages import asked_from, named, rank


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


def rebase(old: Resolved, new: Resolved, overlay: Overlay, steps: Iterable[Step]) -> Rebase:
    """What the move from one lasting ground to another makes of an overlay whose targets are ids.

    For a layer with a parent the grounds are its parent's old and new text.
    """
    move = _Move(old, new, overlay, tuple(steps))
    place = {clause.id: at for at, clause in enumerate(old.document)}
    ordered = sorted(
        overlay.operations, key=lambda one: (place.get(one.clause_id, len(place)), one.op, one.key)
    )
    moved = tuple(move.moved(one) for one in ordered)
    decided = {one.clause_id for one in overlay.operations}
    return Rebase(
        moved,
        tuple(clause for clause in new.document if clause.id not in decided and not new.of(clause.id).placed),
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

    def __init__(self, old: Resolved, new: Resolved, overlay: Overlay, steps: tuple[Step, ...]) -> None:
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
        was, now = self.old.document.by_id[one.clause_id], self.new.document.by_id.get(one.clause_id)
        targets, relation = successors(self.steps, was.id, self.new.document.by_id)
        held: dict[State, str] = {}
        if now is None and not targets:
            held[State.ORPHAN] = f"The base has withdrawn {was.title}."
        elif relation is not None and (now is None or targets):
            names = " and ".join(self.new.document.by_id[id_].number or "a clause" for id_ in targets)
            held[State.SPLIT_MERGED] = f"{was.number} {_BECAME[relation]} {names}."
        if now is not None:
            held |= dict(self._compared(one, was, now))
        first = next(state for state in State if state in held)
        return Moved(
            operation=one,
            state=first,
            was=was,
            now=now,
            message=held[first],
            targets=tuple(self.new.document.by_id[id_] for id_ in targets),
            also=tuple(state for state in State if state in held and state is not first),
        )

    def _follows(self, one: Operation, own: Add) -> Moved:
        """An operation on a clause of the overlay's own goes where that clause goes."""
        with_it = self.moved(own)
        if with_it.state in CARRIES:
            return Moved(one, State.CLEAN, with_it.was, with_it.now, "Its clause is this local text's own.")
        return Moved(
            one, with_it.state, with_it.was, with_it.now, f"Its clause {own.id} waits.", with_it.targets
        )

    def _compared(self, one: Operation, was: Clause, now: Clause) -> Iterator[tuple[State, str]]:
        """The states that hold of an operation whose clause is still there."""
        moved = was.text.hash != now.text.hash
        if (moved or isinstance(one, Add)) and (told := self._redundant(one, was, now)):
            yield State.REDUNDANT, told
        if told := _weaker(one, now.text):
            yield State.NOW_WEAKER, told
        if told := self._conflict(one, was, now):
            yield State.CONFLICT, told
        if moved:
            yield State.REBASED, f"The base changed {what_changed(was.text, now.text)} and left this alone."
        yield State.CLEAN, "The base did not change here."

    def _conflict(self, one: Operation, was: Clause, now: Clause) -> str:
        before, after = field_hash(was.text, one.field), field_hash(now.text, one.field)
        if before != after:
            return f"The base changed {what_changed(was.text, now.text)}, which this operation touches too."
        fresh = one.model_copy(update={"pins": {}})
        there = tuple(
            fresh if other is one else other.model_copy(update={"pins": {}})
            for other in self.overlay.operations
            if other.clause_id in self.new.document.by_id or other.clause_id in self.anchors
        )
        if isinstance(one, Add) or was.text.attributes.policy is not now.text.attributes.policy:
            overlay = self.overlay.model_copy(update={"operations": _standing(there, self)})
            for refusal in refusals_of(self.new, overlay, fresh):
                if refusal.kind == "refused":
                    return refusal.message[:1].upper() + refusal.message[1:]
        return ""

    def _redundant(self, one: Operation, was: Clause, now: Clause) -> str:
        """Why the base asks this by now; "" where it does not."""
        text = now.text
        match one:
            case Set():
                has = parameter_called(text, one.parameter)
                caught_up = has is not None and has.value == one.value
            case Strengthen():
                caught_up = compared(text) == compared(_reading(text, one.wording))
            case Restage():
                caught_up = rank(one.stage) == asked_from(text)
            case Verify():
                caught_up = one.verifier in text.attributes.verifiers
            case Law():
                caught_up = one.citation in text.attributes.laws
            case Scope():
                caught_up = _scoped_already(one, text)
            case Derogate():
                caught_up = _granted_already(one, text)
            case Add():
                words = one.body.split()
                caught_up = any(words and clause.text.body.split() == words for clause in self.came)
            case _:
                caught_up = False
        return f"The base says this itself by now in {now.number or 'this clause'}." if caught_up else ""


def _standing(operations: tuple[Operation, ...], move: _Move) -> tuple[Operation, ...]:
    """The operations whose clause will be there: an own clause only while its anchor is."""
    there = set(move.new.document.by_id)
    while True:
        more = {id_ for id_, add in move.anchors.items() if add.clause_id in there} - there
        if not more:
            break
        there |= more
    return tuple(one for one in operations if one.clause_id in there)


def _weaker(one: Operation, text: ClauseText) -> str:
    if isinstance(one, Set):
        has = parameter_called(text, one.parameter)
        if has is None or has.stricter == "none" or type(has.value) is str:
            return ""
        if direction(has, has.model_copy(update={"value": one.value})) == "looser":
            return f"The base asks {value_words(has.value)} by now, and {value_words(one.value)} is weaker."
    if isinstance(one, Restage):
        wanted, asked = rank(one.stage), asked_from(text)
        if wanted is not None and wanted > asked:
            has_now = named(f"year {asked}") if asked else "entry"
            return f"The base asks this from {has_now} by now, and {named(one.stage)} is later."
    return ""


def _reading(text: ClauseText, body: str) -> ClauseText:
    return ClauseText(text.heading, body, parameters=text.parameters)


def _scoped_already(one: Scope, text: ClauseText) -> bool:
    told = {"producer": set(text.attributes.producers), "mineral": set(text.attributes.minerals)}
    facts = one.unless or one.only
    if not set(facts) <= set(told) or not all(told[fact] for fact in facts):
        return False
    if one.unless:
        return len(facts) == 1 and all(told[fact].isdisjoint(values) for fact, values in facts.items())
    return all(told[fact] <= set(values) for fact, values in facts.items())


def _granted_already(one: Derogate, text: ClauseText) -> bool:
    """Whether the base itself asks no more than the derogation does."""
    value: Any = one.value
    if one.weakens == "stage":
        wanted = rank(str(value))
        return wanted is not None and asked_from(text) >= wanted
    if one.weakens == "wording":
        return compared(text) == compared(_reading(text, str(value)))
    has = parameter_called(text, one.weakens.removeprefix("parameter:"))
    if has is None:
        return False
    return has.value == value or direction(has, has.model_copy(update={"value": value})) == "stricter"


def what_changed(old: ClauseText, new: ClauseText) -> str:
    """What differs between two texts of a clause, in a few words: `the wording and recovery (90 → 97)`."""
    found = []
    if old.heading != new.heading:
        found.append("the heading")
    if old.body != new.body:
        found.append("the wording")
    before = {parameter.name: parameter for parameter in old.parameters}
    for parameter in new.parameters:
        was = before.pop(parameter.name, None)
        if was is None:
            found.append(f"{parameter.name} (new)")
        elif was != parameter:
            values = f" ({value_words(was.value)} → {value_words(parameter.value)})"
            found.append(parameter.name + (values if was.value != parameter.value else ""))
    found += [f"{name} (gone)" for name in before]
    facts, fresh = old.attributes.as_json(), new.attributes.as_json()
    found += [
        f"its {name.replace('_', ' ')}"
        for name in dict.fromkeys((*facts, *fresh))
        if facts.get(name) != fresh.get(name)
    ]
    if (old.level, old.modality, old.grade) != (new.level, new.modality, new.grade):
        found.append("how it binds")
    return " and ".join([", ".join(found[:-1]), found[-1]] if len(found) > 1 else found) or "nothing"


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
