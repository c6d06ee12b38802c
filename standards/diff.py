"""Diff: what changed between two versions, clause by clause and word by word.

Clauses are compared by their id, never by number: a clause that moved is one
moved clause, and a change of number alone is no change of text.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Literal, NamedTuple, TypeAlias
from uuid import UUID

from rapidfuzz.distance import Indel

from standards.document import Clause, ClauseText, Document, Parameter
from standards.lineage import Relation, Step
from standards.markdown import filled, normalised
from standards.words import is_word, tokens


class Piece(NamedTuple):
    """A stretch of text both sides share, only the old has, or only the new has."""

    kind: Literal["same", "delete", "insert"]
    text: str


class Kind(StrEnum):
    """One way in which a clause changed; a clause may have changed in several."""

    NEW = "new"
    WITHDRAWN = "withdrawn"
    REWORDED = "reworded"
    MOVED = "moved"
    SPLIT = "split"
    MERGED = "merged"
    REPLACED = "replaced"
    RENUMBERED = "renumbered"
    ATTRIBUTES = "attributes"
    PARAMETERS = "parameters"


@dataclass(frozen=True)
class ParameterChange:
    """A named value that changed, came or went, and whether the new one demands more."""

    name: str
    old: Parameter | None
    new: Parameter | None
    direction: Literal["stricter", "looser", "changed", "added", "removed"]


@dataclass(frozen=True)
class AttributeChange:
    """One recorded fact about a clause, before and after; None where nothing was recorded."""

    name: str
    old: object
    new: object


@dataclass(frozen=True)
class Change:
    """What happened to one clause.

    `old` is None for a clause that came, `new` for one that went. `sources`
    and `targets` are the clauses it was made from and went into, where lineage
    was recorded. `was` is the number it had, when that differs.
    """

    old: Clause | None
    new: Clause | None
    kinds: frozenset[Kind]
    heading: tuple[Piece, ...] = ()
    body: tuple[Piece, ...] = ()
    parameters: tuple[ParameterChange, ...] = ()
    attributes: tuple[AttributeChange, ...] = ()
    sources: tuple[Clause, ...] = ()
    targets: tuple[Clause, ...] = ()
    was: str = ""

    @property
    def clause(self) -> Clause:
        """The clause as it stands now, or as it last stood."""
        found = self.new or self.old
        assert found is not None, "a change is of some clause"
        return found


@dataclass(frozen=True)
class Comparison:
    """Every changed clause in the order of the new text, withdrawn ones where they stood.

    Clauses whose number alone changed are in `renumbered_only`, not in `changes`.
    `old` and `new` are the texts compared, for those who show what stayed as well.
    """

    changes: tuple[Change, ...]
    renumbered_only: tuple[Change, ...]
    old: Document | None = field(default=None, compare=False, repr=False)
    new: Document | None = field(default=None, compare=False, repr=False)

    @cached_property
    def counts(self) -> dict[Kind, int]:
        """How many clauses changed in each way, a clause counting once in each of its ways.

        Under `renumbered` stand only clauses whose number alone changed.
        """
        found = {kind: sum(kind in change.kinds for change in self.changes) for kind in Kind}
        found[Kind.RENUMBERED] = len(self.renumbered_only)
        return {kind: count for kind, count in found.items() if count}

    @cached_property
    def by_id(self) -> dict[UUID, Change]:
        """Each change under its clause's id."""
        return {change.clause.id: change for change in (*self.changes, *self.renumbered_only)}


def compare(old: Document, new: Document, lineage: Iterable[Step] = ()) -> Comparison:
    """Compare two versions by clause id, helped by what was recorded of splits and merges."""
    origins = _Origins(old, new, tuple(lineage))
    moved = _moved(old, new, origins.successors)
    found = [_came_or_stayed(old.by_id.get(c.id), c, c.id in moved, origins) for c in new]
    gone: dict[UUID | None, list[Change]] = {}
    before: UUID | None = None
    for clause in old:
        if clause.id not in new.by_id:
            gone.setdefault(before, []).append(_went(clause, origins))
        elif clause.id not in moved:
            before = clause.id
    changes = gone.pop(None, [])
    for clause, change in zip(new, found, strict=True):
        changes += [change, *gone.pop(clause.id, [])]
    alone = frozenset({Kind.RENUMBERED})
    return Comparison(
        tuple(change for change in changes if change.kinds and change.kinds != alone),
        tuple(change for change in changes if change.kinds == alone),
        old,
        new,
    )


class _Origins:
    """Recorded lineage, asked from either end."""

    def __init__(self, old: Document, new: Document, steps: Sequence[Step]) -> None:
        self.old, self.new = old, new
        self.before: dict[UUID, list[Step]] = {}
        self.after: dict[UUID, list[Step]] = {}
        for step in steps:
            for id_ in step.targets:
                self.before.setdefault(id_, []).append(step)
            for id_ in step.sources:
                self.after.setdefault(id_, []).append(step)

    @cached_property
    def successors(self) -> dict[UUID, UUID]:
        """For each clause that went into others: the first of them, which its children now stand under."""
        found = {}
        for id_, steps in self.after.items():
            targets = [t for step in steps for t in step.targets if t in self.new.by_id]
            if targets and id_ not in self.new.by_id:
                found[id_] = targets[0]
        return found

    def sources(self, id_: UUID) -> tuple[Clause, ...]:
        """The old clauses a clause was made from, itself left out."""
        ids = dict.fromkeys(s for step in self.before.get(id_, ()) for s in step.sources if s != id_)
        return tuple(self.old.by_id[s] for s in ids if s in self.old.by_id)

    def targets(self, id_: UUID) -> tuple[Clause, ...]:
        """The new clauses a clause went into, itself left out."""
        ids = dict.fromkeys(t for step in self.after.get(id_, ()) for t in step.targets if t != id_)
        return tuple(self.new.by_id[t] for t in ids if t in self.new.by_id)

    def kinds(self, id_: UUID) -> set[Kind]:
        """Split, merged or replaced, where that was recorded of the clause on either side."""
        steps = (*self.before.get(id_, ()), *self.after.get(id_, ()))
        return {_RECORDED[step.relation] for step in steps if step.relation in _RECORDED}


_RECORDED = {
    Relation.SPLIT: Kind.SPLIT,
    Relation.MERGED: Kind.MERGED,
    Relation.REPLACED: Kind.REPLACED,
}


def _came_or_stayed(old: Clause | None, new: Clause, moved: bool, origins: _Origins) -> Change:
    sources, targets = origins.sources(new.id), origins.targets(new.id)
    kinds = origins.kinds(new.id)
    if old is None:
        return Change(
            old=None,
            new=new,
            kinds=frozenset(kinds or {Kind.NEW}),
            heading=word_changes("", new.text.heading),
            body=word_changes("", compared(new.text)),
            sources=sources,
            targets=targets,
        )
    parameters = parameter_changes(old.text.parameters, new.text.parameters)
    attributes = attribute_changes(old.text, new.text)
    marks = {
        Kind.REWORDED: _reworded(old.text, new.text),
        Kind.MOVED: moved,
        Kind.RENUMBERED: old.number != new.number,
        Kind.PARAMETERS: bool(parameters),
        Kind.ATTRIBUTES: bool(attributes),
    }
    return Change(
        old=old,
        new=new,
        kinds=frozenset(kinds | {kind for kind, is_so in marks.items() if is_so}),
        heading=word_changes(old.text.heading, new.text.heading),
        body=word_changes(compared(old.text), compared(new.text)),
        parameters=parameters,
        attributes=attributes,
        sources=sources,
        targets=targets,
        was=old.number if old.number != new.number else "",
    )


def _went(old: Clause, origins: _Origins) -> Change:
    return Change(
        old=old,
        new=None,
        kinds=frozenset(origins.kinds(old.id) or {Kind.WITHDRAWN}),
        heading=word_changes(old.text.heading, ""),
        body=word_changes(compared(old.text), ""),
        targets=origins.targets(old.id),
        was=old.number,
    )


def _reworded(old: ClauseText, new: ClauseText) -> bool:
    """Whether words changed beyond those that a parameter's new value explains."""
    if " ".join(old.heading.split()) != " ".join(new.heading.split()):
        return True
    if compared(old) == compared(new):
        return False
    # Where a name occurs twice, the last one fills: here the value it had before.
    as_before = replace(new, parameters=(*new.parameters, *old.parameters))
    return compared(old) != compared(as_before)


def _moved(old: Document, new: Document, successors: Mapping[UUID, UUID]) -> AbstractSet[UUID]:
    """Clauses under another parent, or elsewhere among the siblings both versions share.

    Of siblings that changed order, the fewest are called moved: those outside
    a longest run that kept its order.
    """
    moved: set[UUID] = set()
    place = {clause.id: index for index, clause in enumerate(old)}
    for parent, siblings in new.children.items():
        stayed = []
        for clause in siblings:
            if clause.id in place:
                was = old.by_id[clause.id].parent
                if was == parent or (was is not None and successors.get(was) == parent):
                    stayed.append(clause.id)
                else:
                    moved.add(clause.id)
        kept = longest_increasing([place[id_] for id_ in stayed])
        moved.update(id_ for index, id_ in enumerate(stayed) if index not in kept)
    return moved


def longest_increasing(numbers: Sequence[int]) -> set[int]:
    """The indexes of one longest increasing subsequence, by patience sorting."""
    tops: list[int] = []
    piles: list[int] = []
    before: list[int | None] = []
    for index, number in enumerate(numbers):
        pile = bisect_left(tops, number)
        before.append(piles[pile - 1] if pile else None)
        tops[pile : pile + 1] = [number]
        piles[pile : pile + 1] = [index]
    kept: set[int] = set()
    at = piles[-1] if piles else None
    while at is not None:
        kept.add(at)
        at = before[at]
    return kept


def parameter_changes(old: Iterable[Parameter], new: Iterable[Parameter]) -> tuple[ParameterChange, ...]:
    """The named values that differ, in the order of the new text, those gone at the end."""
    before = {parameter.name: parameter for parameter in old}
    changes = []
    for parameter in new:
        was = before.pop(parameter.name, None)
        if was is None:
            changes.append(ParameterChange(parameter.name, None, parameter, "added"))
        elif was != parameter:
            changes.append(ParameterChange(parameter.name, was, parameter, direction(was, parameter)))
    changes += [ParameterChange(name, was, None, "removed") for name, was in before.items()]
    return tuple(changes)


def direction(old: Parameter, new: Parameter) -> Literal["stricter", "looser", "changed"]:
    """Which way a value went, where the parameter says which way demands more."""
    if old.unit != new.unit or old.stricter != new.stricter or old.value == new.value:
        return "changed"
    match (old.value, new.value):
        case (tuple() as was, tuple() as now) if new.stricter in ("subset", "superset"):
            if set(now) < set(was):
                return "stricter" if new.stricter == "subset" else "looser"
            if set(now) > set(was):
                return "stricter" if new.stricter == "superset" else "looser"
        case (int() | float() as low, int() | float() as high) if new.stricter in ("higher", "lower"):
            return "stricter" if (high > low) == (new.stricter == "higher") else "looser"
    return "changed"


def attribute_changes(old: ClauseText, new: ClauseText) -> tuple[AttributeChange, ...]:
    """What differs in level, modality, grade and attributes; an imported number is none of these."""
    before, after = _facts(old), _facts(new)
    names = dict.fromkeys((*before, *after))
    return tuple(
        AttributeChange(name, before.get(name), after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    )


def _facts(text: ClauseText) -> dict[str, object]:
    first = {"level": text.level.value, "modality": text.modality.value, "grade": text.grade.value}
    return {**first, **text.attributes.as_json()}


def compared(text: ClauseText) -> str:
    """The body as it is compared: parameters filled in, white space that changes nothing taken out."""
    return unwrapped(normalised(filled(text, text.body)))


_BLOCK = re.compile(r"\s*(?:[-+*>|#]|\d+[.)]\s|\[\^|:)|\s{4}|\t")


def unwrapped(markdown: str) -> str:
    """Markdown without wrapped lines and runs of spaces, which a reader does not see.

    Lines that merely wrap are joined and runs of spaces become one; blank
    lines, hard breaks, lists, tables and fenced code keep their lines.
    """
    lines: list[str] = []
    fence = ""
    for line in markdown.strip().splitlines():
        mark = re.match(r"\s*(```+|~~~+)", line)
        if fence or mark:
            lines.append(line)
            if mark and (not fence or mark[1].startswith(fence)):
                fence = "" if fence else mark[1]
            continue
        indent = line[: len(line) - len(line.lstrip())]
        text = indent + " ".join(line.split())
        text += "\\" if line.endswith("  ") and text.strip() else ""
        wraps = lines and lines[-1].strip() and text.strip() and not lines[-1].endswith(("\\", "```", "~~~"))
        if wraps and not _BLOCK.match(text) and not re.match(r"\s*[|#]", lines[-1]):
            lines[-1] += " " + text.strip()
        elif text.strip() or (lines and lines[-1]):
            lines.append(text if text.strip() else "")
    return "\n".join(lines)


def word_changes(old: str, new: str) -> tuple[Piece, ...]:
    """The words that stayed, went and came, in reading order; what went stands before what came.

    Same and deleted pieces joined give `old`, same and inserted give `new`.
    A lone space or short word between two changes counts as changed with
    them, so that the result reads as a person would have marked it.
    """
    if old == new:
        return (Piece("same", old),) if old else ()
    if not old or not new:
        return (Piece("delete", old) if old else Piece("insert", new),)
    stretches: list[_Stretch] = []
    befores, afters = old.split(" "), new.split(" ")
    at_old = at_new = 0
    # First whole words between spaces, which is quick and settles most of a
    # clause; then the finer tokens of the few stretches that differ.
    for i, j, size in Indel.editops(befores, afters).as_matching_blocks():
        _refine(_between(befores, at_old, i), _between(afters, at_new, j), stretches)
        if size:
            text = " ".join(befores[i : i + size])
            _add(text, text, stretches)
        at_old, at_new = i + size, j + size
    return _pieces(_readable(stretches))


# A stretch of both texts: what the old reads there, and what the new.
_Stretch: TypeAlias = tuple[str, str]


def _between(words: Sequence[str], start: int, end: int) -> str:
    """The text from the end of word `start - 1` to the start of word `end`, with its spaces."""
    before = " " if start and end > start else ""
    after = " " if end < len(words) and (start or end) else ""
    return f"{before}{' '.join(words[start:end])}{after}"


def _refine(old: str, new: str, stretches: list[_Stretch]) -> None:
    """Add the differing stretch `old`, `new`, cut into tokens."""
    befores, afters = tokens(old), tokens(new)
    at_old = at_new = 0
    for i, j, size in Indel.editops(befores, afters).as_matching_blocks():
        _add("".join(befores[at_old:i]), "".join(afters[at_new:j]), stretches)
        text = "".join(befores[i : i + size])
        _add(text, text, stretches)
        at_old, at_new = i + size, j + size


def _add(old: str, new: str, stretches: list[_Stretch]) -> None:
    """Add a stretch; beside one of its own sort, the two become one."""
    if not old and not new:
        return
    if stretches and (stretches[-1][0] == stretches[-1][1]) == (old == new):
        before = stretches.pop()
        old, new = before[0] + old, before[1] + new
    stretches.append((old, new))


def _readable(stretches: Sequence[_Stretch]) -> list[_Stretch]:
    """The stretches with tiny islands of sameness drowned in the changes around them."""
    found: list[_Stretch] = []
    for stretch in stretches:
        if len(found) > 1 and stretch[0] != stretch[1] and _is_island(found[-2], found[-1][0], stretch):
            (island, _), (old, new) = found.pop(), found.pop()
            stretch = (old + island + stretch[0], new + island + stretch[1])
        found.append(stretch)
    return found


SHORT_WORD = 3  # letters: "of", "the", "de", "na"; longer words are worth seeing unchanged


def _is_island(before: _Stretch, shared: str, after: _Stretch) -> bool:
    """Whether the shared text between two changes is too small to help a reader."""
    word = shared.strip(" ")
    if len(word) > SHORT_WORD or (word and not word.isalpha()):
        return False
    deletes, inserts = before[0] + after[0], before[1] + after[1]
    both = is_word(before[0] + before[1]) and is_word(after[0] + after[1])
    return both and is_word(deletes) and is_word(inserts)


def _pieces(stretches: Iterable[_Stretch]) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    for old, new in stretches:
        if old == new:
            pieces.append(Piece("same", old))
            continue
        if old:
            pieces.append(Piece("delete", old))
        if new:
            pieces.append(Piece("insert", new))
    return tuple(pieces)
