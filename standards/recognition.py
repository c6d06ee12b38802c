"""Recognition: how far meeting one standard's clause meets another's.

An edge is directed, from our clause to theirs, and is never chained: that A
meets B and B meets C says nothing about A and C. It is pinned to the words of
both clauses as its reviewers read them; when either changes, or its day comes,
it is stale and counts for nothing until it is judged again.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from standards.document import Clause, Document, Level, Modality
from standards.errors import StandardsError


class Verdict(StrEnum):
    """What reviewers found of one clause against another."""

    EQUIVALENT = "equivalent"
    PARTIAL = "partial"
    EXCEEDS = "exceeds"
    NONE = "none"
    UNREVIEWED = "unreviewed"


class Staleness(StrEnum):
    """Why a judgement no longer holds."""

    OUR_CLAUSE_GONE = "our clause is gone"
    THEIR_CLAUSE_GONE = "their clause is gone"
    OUR_CLAUSE_CHANGED = "our clause changed"
    THEIR_CLAUSE_CHANGED = "their clause changed"
    EXPIRED = "expired"


class Standing(StrEnum):
    """Where an edge stands in its review, the most urgent first."""

    STALE = "stale"
    HALF = "half"
    UNREVIEWED = "unreviewed"
    REVIEWED = "reviewed"
    GONE = "gone"


class Extent(StrEnum):
    """How far a clause is met by meeting the other standard."""

    MET = "met"
    PARTLY = "partly"
    NOT = "not"
    UNREVIEWED = "unreviewed"


@dataclass(frozen=True)
class Pin:
    """A clause as it was judged: `version` names it as `rag@2.0`, `hash` is that of its content."""

    version: str
    clause: UUID
    hash: str


@dataclass(frozen=True)
class Edge:
    """How far meeting `ours` meets `theirs`; the requirement and the way it is checked are judged apart."""

    ours: Pin
    theirs: Pin
    requirement: Verdict = Verdict.UNREVIEWED
    assurance: Verdict = Verdict.UNREVIEWED
    gap: str = ""
    evidence: str = ""
    reviewers: tuple[str, ...] = ()
    reviewed_on: date | None = None
    expires_on: date | None = None

    @property
    def pair(self) -> tuple[UUID, UUID]:
        """Both clauses, ours first."""
        return self.ours.clause, self.theirs.clause


@dataclass(frozen=True)
class Side:
    """One standard in a comparison: its name (`rag@2.0`), its text, and the clauses it asks about."""

    name: str
    document: Document
    asked: tuple[UUID, ...]

    @classmethod
    def of(cls, name: str, document: Document, among: Iterable[UUID] | None = None) -> "Side":
        """All that the text asks, or of that only what a profile's checklist holds."""
        wanted = None if among is None else set(among)
        asked = (clause.id for clause in questions(document) if wanted is None or clause.id in wanted)
        return cls(name, document, tuple(asked))


class SameStandardTwice(StandardsError):
    """Texts with the same clauses cannot recognise each other: what changed between them says more."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(
            f"{one} and {other} hold the same clauses: they are versions of one standard, or one is a local "
            "text of the other. Choose another standard; to see these two side by side, compare them."
        )


def questions(document: Document) -> list[Clause]:
    """The clauses that ask something of a producer, in order: one question of a checklist each.

    Those that require or recommend; not notes, guidance and definitions, nor the
    introduction of a chapter whose clauses are asked one by one.
    """
    return [
        clause
        for clause in document
        if clause.text.modality in (Modality.REQUIREMENT, Modality.RECOMMENDATION)
        and clause.text.level not in (Level.GUIDANCE, Level.NOTE, Level.DEFINITION, Level.ANNEX)
        and not (clause.text.level in (Level.SECTION, Level.PRINCIPLE) and document.children.get(clause.id))
    ]


def folded(reviewer: str) -> str:
    """A reviewer's name as compared: case and spaces do not make another person."""
    return " ".join(reviewer.split()).casefold()


def is_reviewed(edge: Edge) -> bool:
    """Whether two different people judged both halves, and said when."""
    people = {folded(name) for name in edge.reviewers} - {""}
    judged = Verdict.UNREVIEWED not in (edge.requirement, edge.assurance)
    return judged and len(people) >= 2 and edge.reviewed_on is not None


def stale_because(edge: Edge, ours: Document, theirs: Document, on: date) -> tuple[Staleness, ...]:
    """Every reason why the edge does not hold for these texts on this day; () while it does.

    An edge holds through its last day. Any change of a clause's content counts,
    its particulars too: how it is checked is one of them.
    """
    found = []
    ends = (
        (edge.ours, ours, Staleness.OUR_CLAUSE_GONE, Staleness.OUR_CLAUSE_CHANGED),
        (edge.theirs, theirs, Staleness.THEIR_CLAUSE_GONE, Staleness.THEIR_CLAUSE_CHANGED),
    )
    for pin, document, gone, changed in ends:
        clause = document.by_id.get(pin.clause)
        if clause is None:
            found.append(gone)
        elif clause.text.hash != pin.hash:
            found.append(changed)
    if edge.expires_on is not None and edge.expires_on < on:
        found.append(Staleness.EXPIRED)
    return tuple(found)


def is_current(edge: Edge, ours: Document, theirs: Document, on: date) -> bool:
    """Whether both clauses still read as they were judged, and the judgement has not expired."""
    return not stale_because(edge, ours, theirs, on)


def standing(edge: Edge, ours: Document, theirs: Document, on: date) -> Standing:
    """Where the edge stands for these texts on this day."""
    reasons = stale_because(edge, ours, theirs, on)
    if {Staleness.OUR_CLAUSE_GONE, Staleness.THEIR_CLAUSE_GONE} & set(reasons):
        return Standing.GONE
    if not edge.reviewers:
        return Standing.UNREVIEWED
    if reasons:
        return Standing.STALE
    return Standing.REVIEWED if is_reviewed(edge) else Standing.HALF


def refuse_one_standard_twice(sides: Sequence[Side]) -> None:
    """Let no clause stand on two sides. Raises SameStandardTwice."""
    homes: dict[UUID, str] = {}
    for side in sides:
        for clause in side.document:
            if clause.id in homes:
                raise SameStandardTwice(homes[clause.id], side.name)
            homes[clause.id] = side.name


class Holding:
    """The edges that hold among some standards on a day: reviewed, current, one for each directed pair."""

    def __init__(self, sides: Sequence[Side], edges: Iterable[Edge], on: date) -> None:
        refuse_one_standard_twice(sides)
        self.edges: dict[tuple[UUID, UUID], Edge] = {}
        for edge in sorted(edges, key=_latest_last):
            ours, theirs = _home(edge.ours, sides), _home(edge.theirs, sides)
            if ours is None or theirs is None or ours is theirs or not is_reviewed(edge):
                continue
            if is_current(edge, ours.document, theirs.document, on):
                self.edges[edge.pair] = edge

    def meets(self, one: UUID, other: UUID) -> bool:
        """Whether whoever meets `one` meets what `other` requires, by a direct judgement."""
        if direct := self.edges.get((one, other)):
            return direct.requirement in (Verdict.EQUIVALENT, Verdict.EXCEEDS)
        return self.is_equivalent(one, other)

    def is_equivalent(self, one: UUID, other: UUID) -> bool:
        """Whether both require the same, read from either end; never against a judgement of its own."""
        both = [self.edges.get((one, other)), self.edges.get((other, one))]
        found = [edge.requirement for edge in both if edge is not None]
        return bool(found) and all(verdict is Verdict.EQUIVALENT for verdict in found)

    def between(self, one: UUID, other: UUID) -> Edge | None:
        """The judgement from one to the other, else the one from the other end."""
        return self.edges.get((one, other)) or self.edges.get((other, one))


@dataclass(frozen=True)
class Coverage:
    """How far each asked clause is met: theirs by meeting ours, and ours by meeting theirs."""

    theirs: Mapping[UUID, Extent]
    ours: Mapping[UUID, Extent]

    @property
    def of_theirs(self) -> Counter[Extent]:
        """How many of theirs we meet, partly, not; and how many nobody has judged."""
        return Counter(self.theirs.values())

    @property
    def of_ours(self) -> Counter[Extent]:
        """How many of ours they meet, partly, not; and how many nobody has judged."""
        return Counter(self.ours.values())


def coverage(ours: Side, theirs: Side, edges: Iterable[Edge], on: date) -> Coverage:
    """What each standard has of the other, by direct judgements that hold on this day.

    A clause is met only when both its requirement and its way of being checked
    are equivalent or exceeded. Of several judgements the furthest counts; while
    one is open, `not` waits for it. A clause without any is unreviewed.
    """
    known = tuple(edges)
    holding = Holding((ours, theirs), known, on)
    found: dict[UUID, set[Extent]] = {}
    for edge in known:
        for one, other in (edge.pair, edge.pair[::-1]):
            found.setdefault(other, set()).add(_extent(holding, one, other))
    return Coverage(
        theirs={id_: _furthest(found.get(id_, set())) for id_ in theirs.asked},
        ours={id_: _furthest(found.get(id_, set())) for id_ in ours.asked},
    )


_ENOUGH = (Verdict.EQUIVALENT, Verdict.EXCEEDS)


def _extent(holding: Holding, one: UUID, other: UUID) -> Extent:
    """How far meeting `one` meets `other`.

    Read against its direction only *equivalent* says that all is met: that ours
    exceeds theirs means that theirs has a part of ours.
    """
    forward = holding.edges.get((one, other))
    edge = forward or holding.edges.get((other, one))
    if edge is None:
        return Extent.UNREVIEWED
    if edge.requirement is Verdict.NONE:
        return Extent.NOT
    enough = _ENOUGH if forward else (Verdict.EQUIVALENT,)
    return Extent.MET if edge.requirement in enough and edge.assurance in enough else Extent.PARTLY


def _furthest(extents: set[Extent]) -> Extent:
    order = (Extent.MET, Extent.PARTLY, Extent.UNREVIEWED, Extent.NOT)
    return next((extent for extent in order if extent in extents), Extent.UNREVIEWED)


def _home(pin: Pin, sides: Sequence[Side]) -> Side | None:
    return next((side for side in sides if pin.clause in side.document.by_id), None)


def _latest_last(edge: Edge) -> tuple[object, ...]:
    """An order of edges that depends on nothing but themselves."""
    return (
        edge.reviewed_on or date.min,
        edge.ours.version,
        edge.theirs.version,
        edge.requirement,
        edge.assurance,
        edge.gap,
    )
