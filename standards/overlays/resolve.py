"""Resolve: what a base reads like under the operations of local texts, and where every span comes from.

Pure and deterministic: a base, layers of operations in their chain, and a day
go in; the order in which operations were written makes no difference. Whether
an operation is allowed is for `guards`; a target that is not there is an error
here as everywhere.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from standards.document import Clause, ClauseText, Document, Level, Parameter, Policy, canonical
from standards.operations import (
    ORDER,
    Add,
    Derogate,
    Guide,
    Law,
    Op,
    Operation,
    Overlay,
    Restage,
    Scope,
    Set,
    Strengthen,
    Translate,
    UnknownTarget,
    Verify,
    added_id,
    in_order,
    natural,
)
from standards.stages import asked_earlier, named


class Placed(NamedTuple):
    """An operation and the layer it belongs to, `tz-gold@1.0`."""

    layer: str
    operation: Operation


@dataclass(frozen=True)
class Local:
    """What local texts do to one clause, in the order of effect.

    `given` says which operation a field has its value from; under "" stands
    the ADD of a clause that is a local text's own.
    """

    placed: tuple[Placed, ...] = ()
    given: Mapping[str, Placed] = field(default_factory=dict)

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """The conditions under which the clause does not apply, of all layers."""
        return tuple(one.operation for one in self.placed if isinstance(one.operation, Scope))

    @property
    def laws(self) -> tuple[Law, ...]:
        """The local laws beside the clause."""
        return tuple(one.operation for one in self.placed if isinstance(one.operation, Law))

    @property
    def guidance(self) -> tuple[Guide, ...]:
        """The local explanations of the clause."""
        return tuple(one.operation for one in self.placed if isinstance(one.operation, Guide))

    @property
    def wordings(self) -> Mapping[str, Translate]:
        """The clause in other languages, the innermost layer's where several give one."""
        return {
            one.operation.lang: one.operation for one in self.placed if isinstance(one.operation, Translate)
        }

    def derogations(self, on: date | None = None) -> tuple[Derogate, ...]:
        """The derogations of the clause; those in force on a day where one is given."""
        found = (one.operation for one in self.placed if isinstance(one.operation, Derogate))
        return tuple(one for one in found if on is None or one.in_force(on))


NOTHING = Local()


@dataclass(frozen=True)
class Resolved:
    """A text under its layers. `on` is the day; None gives the text that lasts, without derogations.

    `local` holds only the clauses that an operation touches.
    """

    document: Document
    base: str
    layers: tuple[str, ...] = ()
    on: date | None = None
    local: Mapping[UUID, Local] = field(default_factory=dict)

    def of(self, clause_id: UUID) -> Local:
        """What local texts do to a clause; nothing, for most."""
        return self.local.get(clause_id, NOTHING)

    def uncertifiable(self, clause: Clause) -> bool:
        """Whether a law forbids what a locked clause demands: it cannot be certified here."""
        locked = clause.text.attributes.policy is Policy.LOCKED
        return locked and any(law.forbids for law in self.of(clause.id).laws)

    @cached_property
    def hash(self) -> str:
        """SHA-256 over the text and every local part; the order of operations is no part."""
        digest = hashlib.sha256(canonical([self.base, *self.layers]))
        for clause in self.document:
            local = self.local.get(clause.id)
            place = [str(clause.id), str(clause.parent or ""), clause.number, clause.text.hash]
            digest.update(canonical(place))
            if local is not None:
                digest.update(canonical([[one.layer, one.operation.as_json()] for one in local.placed]))
        return digest.hexdigest()


def of_base(document: Document, name: str) -> Resolved:
    """A base by itself, under no layer; `name` is `rag@2.0`."""
    return Resolved(document, name)


def under(ground: Resolved, overlay: Overlay, on: date | None = None) -> Resolved:
    """The ground under one more layer, whose operations name clauses by id.

    Raises UnknownTarget for an operation whose clause is not there.
    """
    work = _Work(ground, overlay.called)
    ordered = in_order(overlay.operations)
    for one in ordered:
        if ORDER[one.op] < ORDER[Op.ADD]:
            work.touch(one, on)
    work.add(overlay)
    for one in ordered:
        if ORDER[one.op] > ORDER[Op.ADD]:
            work.touch(one, on)
    return Resolved(
        document=ground.document.with_clauses(tuple(work.clauses[id_] for id_ in work.order)),
        base=ground.base,
        layers=(*ground.layers, overlay.called),
        on=on,
        local=work.local,
    )


def all_placed(resolved: Resolved) -> Iterable[tuple[Clause, Placed]]:
    """Every operation with the clause it is about, in reading order."""
    for clause in resolved.document:
        for one in resolved.of(clause.id).placed:
            yield clause, one


# --- putting a layer on


class _Work:
    """A layer being put on: the ground's clauses and local parts, changed one operation at a time."""

    def __init__(self, ground: Resolved, layer: str) -> None:
        self.layer, self.ground = layer, ground
        self.clauses = dict(ground.document.by_id)
        self.order = [clause.id for clause in ground.document]
        self.local = dict(ground.local)

    def touch(self, one: Operation, on: date | None) -> None:
        """Let one operation take effect on its clause."""
        clause = self.clauses.get(one.clause_id)
        if clause is None:
            raise UnknownTarget([(one.op, one.target)], self.ground.base)
        placed, was = Placed(self.layer, one), self.local.get(clause.id, NOTHING)
        given = was.given
        if not isinstance(one, Derogate) or (on is not None and one.in_force(on)):
            text = changed(clause.text, one)
            if text is not clause.text:
                self.clauses[clause.id] = replace(clause, text=text)
                given = {**given, effective_field(one): placed}
        self.local[clause.id] = Local((*was.placed, placed), given)

    def add(self, overlay: Overlay) -> None:
        """Put the layer's own clauses in, each behind its anchor and what was added there before."""
        waiting = [one for one in overlay.operations if isinstance(one, Add)]
        waiting.sort(key=lambda one: (natural(one.id), one.key))
        while waiting:
            ready = [one for one in waiting if one.clause_id in self.clauses]
            if not ready:
                raise UnknownTarget([(one.op, one.target) for one in waiting], self.ground.base)
            for one in ready:
                self._add(overlay, one)
            waiting = [one for one in waiting if one not in ready]

    def _add(self, overlay: Overlay, one: Add) -> None:
        anchor = self._beside(one)
        below = _depth(one.level) > _depth(anchor.text.level)
        parent = anchor.id if below else anchor.parent
        id_ = added_id(overlay.name, one.id)
        if id_ in self.clauses:
            # Named twice: the guards refuse the second; here the first one stands.
            return
        text = ClauseText(
            one.heading, one.body, one.level, one.modality, one.grade, "", one.attributes, one.parameters
        )
        place = self._end_of(anchor.id)
        while not below and place < len(self.order) and self._was_added_after(self.order[place], anchor.id):
            place = self._end_of(self.order[place])
        self.clauses[id_] = Clause(id_, text, parent, number=one.id, anchor=one.id)
        self.order.insert(place, id_)
        placed = Placed(self.layer, one)
        self.local[id_] = Local((placed,), {"": placed})

    def _end_of(self, id_: UUID) -> int:
        """Where the clause and all that stands under it ends."""
        at = self.order.index(id_) + 1
        inside = {id_}
        while at < len(self.order) and self.clauses[self.order[at]].parent in inside:
            inside.add(self.order[at])
            at += 1
        return at

    def _beside(self, one: Add) -> Clause:
        """The clause it stands under or behind: its anchor, or the one above that is no deeper."""
        beside = self.clauses[one.clause_id]
        while beside.parent is not None and _depth(beside.text.level) > _depth(one.level):
            beside = self.clauses[beside.parent]
        return beside

    def _was_added_after(self, id_: UUID, anchor: UUID) -> bool:
        by = self.local.get(id_, NOTHING).given.get("")
        same_parent = self.clauses[id_].parent == self.clauses[anchor].parent
        return (
            by is not None
            and same_parent
            and isinstance(by.operation, Add)
            and self._beside(by.operation).id == anchor
        )


def changed(text: ClauseText, one: Operation) -> ClauseText:
    """The clause's content after one operation; the very same value where it changes no content."""
    attributes = text.attributes
    match one:
        case Set():
            return with_parameter(text, one.parameter, one.value)
        case Strengthen():
            return replace(text, body=one.wording)
        case Restage():
            return replace(text, attributes=asked_earlier(text, one.stage))
        case Derogate(weakens="stage"):
            return replace(text, attributes=attributes.model_copy(update={"stage": named(str(one.value))}))
        case Derogate(weakens="wording"):
            return replace(text, body=str(one.value))
        case Derogate():
            return with_parameter(text, one.weakens.removeprefix("parameter:"), one.value)
        case Law():
            return replace(
                text, attributes=attributes.model_copy(update={"laws": (*attributes.laws, one.citation)})
            )
        case Verify():
            verifiers = (*attributes.verifiers, one.verifier)
            return replace(text, attributes=attributes.model_copy(update={"verifiers": verifiers}))
    return text


def effective_field(one: Operation) -> str:
    """The field of the clause that an operation gives its value: a derogation gives the field it weakens."""
    return one.weakens if isinstance(one, Derogate) else one.field


def parameter_called(text: ClauseText, name: str) -> Parameter | None:
    """The parameter of this name, if the clause has one."""
    return next((parameter for parameter in text.parameters if parameter.name == name), None)


def with_parameter(text: ClauseText, name: str, value: int | float | str | tuple[str, ...]) -> ClauseText:
    """The content with another value for one parameter."""
    return replace(
        text,
        parameters=tuple(
            parameter.model_copy(update={"value": value}) if parameter.name == name else parameter
            for parameter in text.parameters
        ),
    )


def _depth(level: Level) -> int:
    """How deep a level stands among levels; guidance and notes stand under what they explain."""
    if level in (Level.NOTE, Level.GUIDANCE):
        return 3
    return {Level.CRITERION: 1, Level.DEFINITION: 1, Level.INDICATOR: 2}.get(level, 0)
