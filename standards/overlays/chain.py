"""Overlays: a chain of local texts on a pinned base, checked and resolved for a day.

A chain runs from the most general layer to the most local one, each naming the
one before as its parent (region, country, mineral). Every layer is held against
the text that lasts above it; derogations come in only for the day asked about.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from standards.document import Clause, Document
from standards.errors import StandardsError
from standards.lint import Remark, lint
from standards.operations import Derogate, Law, Overlay, Set, Strengthen, Verify
from standards.overlays.guards import OperationsRefused, Refusal, refusals
from standards.overlays.resolve import Resolved, all_placed, of_base, parameter_called, under


class WrongBase(StandardsError):
    """An overlay is pinned to a base that is not the one at hand."""

    def __init__(self, overlay: Overlay, name: str) -> None:
        if overlay.base == name:
            what = f"{overlay.called} is pinned to another text of {name} than the one that is here"
        else:
            what = f"{overlay.called} is pinned to {overlay.base}, not to {name}"
        super().__init__(
            f"{what}. Bring in the base it was made for, or carry it over with a rebase. Nothing was changed."
        )
        self.overlay = overlay


class WrongParent(StandardsError):
    """The layers of a chain do not stand on one another."""


class ParentCircle(WrongParent):
    """A chain of parents comes back to where it began."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            f"The parents of {names[0]} go round in a circle: {' → '.join(names)}. "
            "A chain ends in an overlay without a parent."
        )


@dataclass(frozen=True)
class Derogated:
    """A line of the register of derogations: which clause, which weakening, of which layer."""

    clause: Clause
    layer: str
    operation: Derogate
    in_force: bool


@dataclass(frozen=True)
class Checked:
    """What stands in an overlay's way: refusals, clauses nobody decided, and what merits a look."""

    resolved: Resolved
    refusals: tuple[Refusal, ...]
    undecided: tuple[Clause, ...]
    remarks: tuple[Remark, ...]

    @property
    def may_be_approved(self) -> bool:
        """Whether nothing is refused or lacking, and every clause of the base is decided."""
        return not self.refusals and not self.undecided


def ground_of(base: Document, name: str, parents: Sequence[Overlay]) -> Resolved:
    """The lasting text under a chain of parents: what a further layer is held against.

    Raises WrongBase, WrongParent, ParentCircle, UnknownTarget, OperationsRefused.
    """
    _check_chain(base, name, parents)
    ground = of_base(base, name)
    for overlay in parents:
        after = under(ground, overlay)
        refused = [one for one in refusals(ground, overlay, after) if one.kind == "refused"]
        if refused:
            raise OperationsRefused(overlay.called, refused)
        ground = after
    return ground


def resolved(base: Document, name: str, layers: Sequence[Overlay], on: date) -> Resolved:
    """The text under all layers as it is in force on a day. Raises what `ground_of` does."""
    lasting = ground_of(base, name, layers)
    lasting = replace(lasting, on=on)
    if not any(one.in_force for one in register(lasting)):
        return lasting
    in_force = of_base(base, name)
    for overlay in layers:
        in_force = under(in_force, overlay, on)
    return in_force


def check(ground: Resolved, overlay: Overlay) -> Checked:
    """Everything to be said about an overlay before it is approved; nothing is raised but UnknownTarget."""
    after = under(ground, overlay)
    return Checked(
        resolved=after,
        refusals=tuple(refusals(ground, overlay, after)),
        undecided=tuple(undecided(after)),
        remarks=(
            *_says_nothing(ground, overlay),
            *_translated_before(after, overlay),
            *_new_remarks(ground, after),
        ),
    )


def undecided(resolved: Resolved) -> list[Clause]:
    """The clauses that no layer has an operation on, in reading order."""
    return [clause for clause in resolved.document if not resolved.of(clause.id).placed]


def register(resolved: Resolved) -> list[Derogated]:
    """Every derogation with its end, in reading order; those that have run out stay in it."""
    on = resolved.on
    return [
        Derogated(clause, one.layer, one.operation, on is None or one.operation.in_force(on))
        for clause, one in all_placed(resolved)
        if isinstance(one.operation, Derogate)
    ]


def _check_chain(base: Document, name: str, layers: Sequence[Overlay]) -> None:
    names = [overlay.name for overlay in layers]
    for at, overlay in enumerate(layers):
        if overlay.name in names[:at]:
            raise ParentCircle([*names[names.index(overlay.name) : at], overlay.name][::-1])
        if overlay.base != name or overlay.base_hash != base.hash:
            raise WrongBase(overlay, name)
        above = layers[at - 1].called if at else ""
        if overlay.parent != above:
            told = f"names {overlay.parent} as its parent" if overlay.parent else "names no parent"
            stands = f"stands on {above}" if above else f"stands on {name} itself"
            raise WrongParent(f"{overlay.called} {told}, and here it {stands}. Name its parent as it is.")


def _says_nothing(ground: Resolved, overlay: Overlay) -> Iterator[Remark]:
    """Operations that ask only what is asked already."""
    for one in overlay.operations:
        clause = ground.document.by_id.get(one.clause_id)
        if clause is None:
            continue
        told, text = "", clause.text
        if isinstance(one, Set):
            parameter = parameter_called(text, one.parameter)
            if parameter is not None and parameter.value == one.value:
                told = f"SET {clause.number} gives {one.parameter} the value it has"
        elif isinstance(one, Verify) and one.verifier in text.attributes.verifiers:
            told = f"VERIFY {clause.number} adds a verifier the base has"
        elif isinstance(one, Law) and one.citation in text.attributes.laws:
            told = f"LAW {clause.number} links a law the base links"
        if told:
            yield Remark("says-nothing", clause.id, clause.number, told)


def _translated_before(after: Resolved, overlay: Overlay) -> Iterator[Remark]:
    """Wordings in other languages of clauses whose own wording this overlay strengthens."""
    for one in overlay.operations:
        if isinstance(one, Strengthen):
            clause = after.document.by_id[one.clause_id]
            for language in after.of(clause.id).wordings:
                told = f"The wording of {clause.number} in “{language}” may not say what STRENGTHEN adds"
                yield Remark("translation-older", clause.id, clause.number, told)


def _new_remarks(ground: Resolved, after: Resolved) -> Iterator[Remark]:
    """What a careful reader would stumble over in the resolved text and not in what it stands on."""
    before = {(remark.rule, remark.clause_id) for remark in _linted(ground)}
    return (remark for remark in _linted(after) if (remark.rule, remark.clause_id) not in before)


def _linted(resolved: Resolved) -> Iterable[Remark]:
    return lint(resolved.document)
