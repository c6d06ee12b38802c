"""Combining: one checklist for several standards, and what they have in common.

Only direct judgements that hold are used, and every pair within an item has
its own. An item is led by a clause that meets all the others in it, so that one
question answers for all; what is left for each scheme stands beside it. The
saving is the producer's: `Combined.saved` counts the questions not asked twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Final
from uuid import UUID

from standards.diff import direction
from standards.document import Clause, ClauseText, Parameter
from standards.recognition import Edge, Holding, Side, Verdict

ASSURANCE: Final = ("first party", "second party", "participatory guarantee", "third party")
"""Ways of checking, by how far whoever checks stands from whoever is checked.

Peers and neighbours who check together (participatory guarantee) stand further off
than the buyer or the group's own staff, and nearer than an independent body.
"""


@dataclass(frozen=True)
class Member:
    """A clause within an item: what is left for its scheme when the question has been answered.

    `assurance` is how far the leading clause's way of checking meets this one's;
    None for the leading clause itself.
    """

    side: str
    clause: Clause
    gap: str = ""
    assurance: Verdict | None = None

    @property
    def is_left(self) -> bool:
        """Whether its scheme still wants something."""
        return bool(self.gap) or self.assurance in (Verdict.PARTIAL, Verdict.NONE)


@dataclass(frozen=True)
class Held:
    """A value that an item asks for, and the standards that ask for it."""

    parameter: Parameter
    sides: tuple[str, ...]


@dataclass(frozen=True)
class Item:
    """One question of a combined checklist; its first member leads and gives it its words."""

    members: tuple[Member, ...]

    @property
    def lead(self) -> Member:
        """The clause whose words are asked."""
        return self.members[0]

    @cached_property
    def parameters(self) -> tuple[Held, ...]:
        """The strictest of each value; those that cannot be compared are all there."""
        return strictest((member.side, p) for member in self.members for p in member.clause.text.parameters)

    @cached_property
    def assurance(self) -> tuple[str, ...]:
        """The highest way of checking that is asked for, and any told in words of their own."""
        return highest(member.clause.text.attributes.verification for member in self.members)

    @property
    def text(self) -> ClauseText:
        """The leading clause's text with the strictest value where there is one for all."""
        by_name: dict[str, list[Parameter]] = {}
        for held in self.parameters:
            by_name.setdefault(held.parameter.name, []).append(held.parameter)
        own = self.lead.clause.text
        values = (by_name[p.name][0] if len(by_name[p.name]) == 1 else p for p in own.parameters)
        return replace(own, parameters=tuple(values))

    @property
    def left(self) -> tuple[Member, ...]:
        """The members whose schemes still want something."""
        return tuple(member for member in self.members if member.is_left)


@dataclass(frozen=True)
class Combined:
    """A checklist for several standards; `asked` is how many questions they ask one by one."""

    sides: tuple[str, ...]
    items: tuple[Item, ...]
    asked: int

    @property
    def saved(self) -> int:
        """How many questions a producer need not answer again."""
        return self.asked - len(self.items)


def combined(sides: Sequence[Side], edges: Iterable[Edge], on: date) -> Combined:
    """The checklists of several standards as one, in the order of the standards and of their texts.

    The largest items are made first; between equals, the one whose leading clause
    stands first. The order of the edges changes nothing.
    """
    holding = Holding(sides, edges, on)
    order = {(at, id_): place for place, (at, id_) in enumerate(_nodes(sides))}
    side_of = {id_: at for at, id_ in order}
    place = {id_: order[at, id_] for at, id_ in order}
    reach = _reach(holding, side_of, place)
    items: list[tuple[UUID, ...]] = []
    free = set(side_of)
    groups = {lead: _group(lead, reach, free, holding, side_of) for lead in reach}
    while groups := {lead: group for lead, group in groups.items() if group}:
        best = min(groups.values(), key=lambda group: (-len(group), place[group[0]]))
        items.append(best)
        free.difference_update(best)
        # Whoever is not in a group has no part in how it was made.
        for lead, group in groups.items():
            if not free.issuperset(group):
                groups[lead] = _group(lead, reach, free, holding, side_of)
    items += [(id_,) for id_ in free]
    items.sort(key=lambda group: place[group[0]])
    return Combined(
        sides=tuple(side.name for side in sides),
        items=tuple(_item(group, sides, side_of, holding) for group in items),
        asked=len(side_of),
    )


def common_core(sides: Sequence[Side], edges: Iterable[Edge], on: date) -> tuple[tuple[Clause, ...], ...]:
    """What all the standards require alike: one clause of each, every pair of them judged equivalent.

    In the order of the first standard's text; () for fewer than two standards.
    """
    holding = Holding(sides, edges, on)
    if len(sides) < 2:
        return ()
    alike: dict[UUID, set[UUID]] = {}
    for one, other in holding.edges:
        alike.setdefault(one, set()).add(other)
        alike.setdefault(other, set()).add(one)
    found: list[tuple[UUID, ...]] = [(id_,) for id_ in sides[0].asked]
    for side in sides[1:]:
        place = {id_: at for at, id_ in enumerate(side.asked)}
        found = [
            (*group, id_)
            for group in found
            for id_ in sorted(alike.get(group[0], set()) & place.keys(), key=place.__getitem__)
            if all(holding.is_equivalent(one, id_) for one in group)
        ]
    by_id = {clause.id: clause for side in sides for clause in side.document}
    return tuple(tuple(by_id[id_] for id_ in group) for group in found)


def strictest(values: Iterable[tuple[str, Parameter]]) -> tuple[Held, ...]:
    """Of values with one name, those that no other is stricter than; equal ones stand once."""
    named: dict[str, list[tuple[str, Parameter]]] = {}
    for side, parameter in values:
        named.setdefault(parameter.name, []).append((side, parameter))
    found: list[Held] = []
    for same in named.values():
        kept: list[Held] = []
        for side, parameter in same:
            if any(direction(parameter, other) == "stricter" for _, other in same):
                continue
            at = next((at for at, held in enumerate(kept) if _equal(held.parameter, parameter)), None)
            if at is None:
                kept.append(Held(parameter, (side,)))
            elif side not in kept[at].sides:
                kept[at] = Held(kept[at].parameter, (*kept[at].sides, side))
        found.extend(kept)
    return tuple(found)


def highest(ways: Iterable[str]) -> tuple[str, ...]:
    """The highest of the ways of checking that `ASSURANCE` ranks, then those in other words, each once."""
    told = list(dict.fromkeys(way.strip() for way in ways if way.strip()))
    ranked = [way for way in told if way.casefold() in ASSURANCE]
    best = max(ranked, key=lambda way: ASSURANCE.index(way.casefold()), default=None)
    return (*((best,) if best else ()), *(way for way in told if way not in ranked))


# --- items


def _nodes(sides: Sequence[Side]) -> list[tuple[int, UUID]]:
    return [(at, id_) for at, side in enumerate(sides) for id_ in side.asked]


def _reach(
    holding: Holding, side_of: Mapping[UUID, int], place: Mapping[UUID, int]
) -> dict[UUID, tuple[UUID, ...]]:
    """The clauses of other standards that each clause meets, in order; those that meet none left out."""
    found: dict[UUID, set[UUID]] = {}
    for pair in holding.edges:
        for one, other in (pair, pair[::-1]):
            if one in side_of and other in side_of and holding.meets(one, other):
                found.setdefault(one, set()).add(other)
    return {
        one: tuple(sorted(found[one], key=place.__getitem__)) for one in sorted(found, key=place.__getitem__)
    }


def _group(
    lead: UUID,
    reach: Mapping[UUID, tuple[UUID, ...]],
    free: set[UUID],
    holding: Holding,
    side_of: Mapping[UUID, int],
) -> tuple[UUID, ...]:
    """What one question can answer: clauses the lead meets, each pair of two standards judged directly.

    Several clauses of one standard may be answered by the same question; nothing
    is said of them among themselves. () where the lead is taken or answers for itself alone.
    """
    if lead not in free:
        return ()
    group = [lead]
    for other in reach[lead]:
        if other not in free:
            continue
        if all(
            side_of[one] == side_of[other] or holding.meets(one, other) or holding.meets(other, one)
            for one in group
        ):
            group.append(other)
    return tuple(group) if len(group) > 1 else ()


def _item(
    group: tuple[UUID, ...], sides: Sequence[Side], side_of: Mapping[UUID, int], holding: Holding
) -> Item:
    lead = group[0]
    members = []
    for id_ in group:
        side = sides[side_of[id_]]
        edge = None if id_ == lead else holding.between(lead, id_)
        members.append(Member(side.name, side.document.by_id[id_], *_what_is_left(edge, lead)))
    return Item(tuple(members))


def _what_is_left(edge: Edge | None, lead: UUID) -> tuple[str, Verdict | None]:
    """The gap and the verdict on checking, as the lead meets the other end of the edge.

    A gap is told from its own end only. Checking that exceeds the other's is,
    read backwards, met in part.
    """
    if edge is None:
        return "", None
    if edge.ours.clause == lead:
        return edge.gap, edge.assurance
    return "", Verdict.PARTIAL if edge.assurance is Verdict.EXCEEDS else edge.assurance


def _equal(one: Parameter, other: Parameter) -> bool:
    """Whether two values ask the same; a set has no order."""
    if (one.unit, one.stricter) != (other.unit, other.stricter):
        return False
    if isinstance(one.value, tuple) and isinstance(other.value, tuple):
        return set(one.value) == set(other.value)
    return one.value == other.value
