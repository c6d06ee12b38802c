"""Applicability: for whom a clause holds, by what the base records and what local texts scope.

A producer's situation is a set of facts. A fact nobody told is open: a clause is
then taken to apply, so that nobody is told less than they must meet.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, product

from pydantic import Field

from standards.document import Attributes, Value
from standards.operations import Facts, LocalScope, Scope
from standards.stages import Producer

OTHER = "\N{HORIZONTAL ELLIPSIS}"
"""Stands for any value of a fact that no condition names."""


class Situation(Value):
    """Who asks what they must meet; an empty field is not told."""

    producer: str = ""
    mineral: str = ""
    region: str = ""
    size: str = ""
    custody: str = ""
    laws: tuple[str, ...] = Field(default=())

    def facts(self) -> Mapping[str, tuple[str, ...]]:
        """What is known, in the words of conditions."""
        known = {"producer": self.producer, "mineral": self.mineral, "region": self.region}
        told = {name: (value.casefold(),) for name, value in known.items() if value}
        return {**told, "law": tuple(law.casefold() for law in self.laws)} if self.laws else told


def applies(attributes: Attributes, scopes: Iterable[Scope], situation: Situation) -> bool:
    """Whether the clause holds in this situation; where something is not told, it does."""
    asked = (
        (attributes.producers, situation.producer),
        (attributes.minerals, situation.mineral),
        ((attributes.size,) if attributes.size else (), situation.size),
        ((attributes.custody,) if attributes.custody else (), situation.custody),
    )
    if any(wanted and told and not _among(told, wanted) for wanted, told in asked):
        return False
    return not any(excludes(scope, situation.facts()) for scope in scopes)


def excludes(scope: Scope, facts: Facts) -> bool:
    """Whether a local scope takes the clause away where these facts are known."""
    if scope.unless:
        return all(name in facts and _meets(facts[name], values) for name, values in scope.unless.items())
    return any(name in facts and not _meets(facts[name], values) for name, values in scope.only.items())


def leaves_someone(attributes: Attributes, scopes: Sequence[Scope], within: LocalScope) -> bool:
    """Whether the clause still applies to anybody for whom the local text speaks.

    Tries every combination of the values that are named, and of one that is not.
    """
    named: dict[str, set[str]] = {"producer": set(), "mineral": set(), "region": set(), "law": set()}
    for scope in scopes:
        for fact, values in (scope.unless or scope.only).items():
            named[fact].update(value.casefold() for value in values)
    producers = {value.casefold() for value in (within.producer or attributes.producers or tuple(Producer))}
    bound = {mineral.casefold() for mineral in attributes.minerals}
    minerals = {within.mineral.casefold()} if within.mineral else bound or named["mineral"] | {OTHER}
    whole_country = {within.country.casefold(), *(("everywhere",))} - {""}
    regions = {within.region.casefold()} if within.region else (named["region"] - whole_country) | {OTHER}
    # Several laws may hold at once; as many as there are conditions that want one are enough.
    wanting = sum("law" in scope.only for scope in scopes)
    laws = [some for size in range(wanting + 1) for some in combinations(sorted(named["law"]), size)]
    for producer, mineral, region, law in product(sorted(producers), sorted(minerals), sorted(regions), laws):
        facts = {
            "producer": (producer,),
            "mineral": (mineral,),
            "region": (region, *whole_country),
            "law": (*law, OTHER),
        }
        if attributes.producers and not _among(producer, attributes.producers):
            continue
        if attributes.minerals and not _among(mineral, attributes.minerals):
            continue
        if not any(excludes(scope, facts) for scope in scopes):
            return True
    return False


def _meets(known: Sequence[str], wanted: Sequence[str]) -> bool:
    return any(_among(value, wanted) for value in known)


def _among(value: str, wanted: Sequence[str]) -> bool:
    return value.casefold() in {one.casefold() for one in wanted}
