"""Overtaken: whether a newer base says by now what an operation says, or asks more than it does."""

from collections.abc import Sequence
from typing import Any

from standards.diff import compared, direction
from standards.document import Clause, ClauseText, Modality, Parameter
from standards.operations import (
    Add,
    Derogate,
    Law,
    Operation,
    Restage,
    Scope,
    Set,
    Strengthen,
    Verify,
    value_words,
)
from standards.overlays.resolve import parameter_called
from standards.overlays.verbs import binds, knows
from standards.provisions import modality_of
from standards.stages import asked_from, named, rank


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


def caught_up(
    one: Operation, was: Clause, now: Clause, others: Sequence[Operation], came: Sequence[Clause]
) -> str:
    """Why the base says by now what an operation says; "" where it does not.

    `others` are the overlay's operations, `came` the clauses that are new in the base.
    """
    text, where = now.text, now
    match one:
        case Set():
            has, had = (parameter_called(side, one.parameter) for side in (text, was.text))
            there = has is not None and _same_measure(has, had) and _equal(has.value, one.value)
        case Strengthen():
            there = compared(text) == compared(_reading(text, one.wording))
        case Restage():
            there = rank(one.stage) == asked_from(text)
        case Verify():
            there = one.verifier in text.attributes.verifiers
        case Law():
            there = one.citation in text.attributes.laws
        case Scope():
            there = _scoped_already(one, text)
        case Derogate():
            over = any(other.field == one.weakens and other.clause_id == one.clause_id for other in others)
            there = not over and _granted_already(one, was.text, text)
        case Add():
            words = one.body.split()
            said = [clause for clause in came if words and clause.text.body.split() == words]
            there, where = bool(said), (said or [now])[0]
        case _:
            there = False
    return f"The base says this itself by now in {where.number or 'this clause'}." if there else ""


def weaker(one: Operation, was: ClauseText, text: ClauseText, language: str) -> str:
    """Why an operation asks less than the base does by now; "" where it does not."""
    if isinstance(one, Set):
        has, had = (parameter_called(side, one.parameter) for side in (text, was))
        if has is None or not _same_measure(has, had) or type(has.value) is str or has.stricter == "none":
            return ""
        if type(one.value) is tuple and type(has.value) is tuple:
            less = _now_leaves(has, one.value)
        else:
            less = direction(has, has.model_copy(update={"value": one.value})) == "looser"
        if less:
            return f"The base asks {value_words(has.value)} by now, and {value_words(one.value)} is weaker."
    if isinstance(one, Strengthen) and knows(language):
        asked_now, said = binds(text, language), modality_of(one.wording, language)
        if _FORCE[said] < _FORCE[asked_now]:
            return f"The base is a {asked_now.value} by now, and these words are not."
    if isinstance(one, Restage):
        wanted, asked = rank(one.stage), asked_from(text)
        if wanted is not None and wanted > asked:
            has_now = named(f"year {asked}") if asked else "entry"
            return f"The base asks this from {has_now} by now, and {named(one.stage)} is later."
    return ""


def _equal(one: object, other: object) -> bool:
    """Whether two values are the same; of sets, whatever their order."""
    both = isinstance(one, tuple) and isinstance(other, tuple)
    return set(one) == set(other) if both else one == other  # type: ignore[call-overload]


def _same_measure(has: Parameter, had: Parameter | None) -> bool:
    return had is None or (has.unit, has.stricter) == (had.unit, had.stricter)


def _now_leaves(has: Parameter, value: tuple[str, ...]) -> bool:
    """Whether a set leaves out what a superset must have, or adds what a subset may not."""
    wanted = set(has.value) if isinstance(has.value, tuple) else set()
    return bool(wanted - set(value)) if has.stricter == "superset" else bool(set(value) - wanted)


_FORCE = {
    Modality.NONE: 0,
    Modality.PERMISSION: 1,
    Modality.RECOMMENDATION: 2,
    Modality.REQUIREMENT: 3,
}


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


def _granted_already(one: Derogate, was: ClauseText, text: ClauseText) -> bool:
    """Whether the base itself asks no more than the derogation does."""
    value: Any = one.value
    if one.weakens == "stage":
        wanted = rank(str(value))
        return wanted is not None and asked_from(text) >= wanted
    if one.weakens == "wording":
        return compared(text) == compared(_reading(text, str(value)))
    has, had = (parameter_called(side, one.weakens.removeprefix("parameter:")) for side in (text, was))
    if has is None or not _same_measure(has, had):
        return False
    return _equal(has.value, value) or direction(has, has.model_copy(update={"value": value})) == "stricter"
