"""The working list of a local text: every clause with what was decided on it, and what is still open.

Read with the same number of statements however long the text is.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from consult import look
from consult.errors import NotFound
from consult.local import words
from consult.local.words import Told
from consult.reading import first_words
from standards.document import Clause, Policy
from standards.operations import Add, Operation, Overlay, added_id
from standards.overlays import chain, store
from standards.overlays.checks import LACKING, Held
from standards.overlays.resolve import Resolved, under
from standards.tables import OperationRow, OverlayRow, OverlayVersionRow, StandardRow, VersionRow

STATES = ("undecided", "decided", "waiting", "commented")
"""What the working list can be narrowed to."""


@dataclass(frozen=True)
class Kept:
    """An operation of this version with its row: what it is, who kept it, and what it waits for."""

    row: OperationRow
    operation: Operation
    about: UUID
    lacking: Sequence[str] = ()

    @property
    def waits(self) -> bool:
        """Whether it waits for a person: since the base moved, or for another pair of eyes."""
        return bool(self.row.waiting or self.lacking)


@dataclass(frozen=True)
class Place:
    """A version of a local text with the text it stands on (`ground`) and the one it gives (`after`)."""

    overlay: OverlayRow
    version: OverlayVersionRow
    base: VersionRow
    work: StandardRow
    kept: Overlay
    ground: Resolved
    after: Resolved
    operations: Sequence[Kept]

    @property
    def url(self) -> str:
        """Its working list."""
        return look.at(f"/desk/local/{self.overlay.slug}/{self.version.label}")

    @property
    def is_draft(self) -> bool:
        """Whether operations can still be kept in it."""
        return self.version.content_hash is None

    @cached_property
    def on(self) -> Mapping[UUID, list[Kept]]:
        """This version's operations by the clause they are about; an ADD is about the clause it makes."""
        found: dict[UUID, list[Kept]] = defaultdict(list)
        for one in self.operations:
            found[one.about].append(one)
        return found

    @cached_property
    def undecided(self) -> Sequence[Clause]:
        """The clauses that no layer has an operation on, in reading order."""
        return chain.undecided(self.after)

    @cached_property
    def counts(self) -> "Counts":
        """How far the work has come."""
        total = len(self.after.document)
        moved = sum(bool(one.row.waiting) for one in self.operations)
        eyes = sum(bool(one.lacking) for one in self.operations)
        return Counts(total, len(self.undecided), moved, eyes)

    def clause_url(self, clause: Clause) -> str:
        """The working screen of a clause."""
        return f"{self.url}/clauses/{clause.id}"

    def text_of(self, clause_id: UUID) -> Clause | None:
        """A clause as it reads before this version's operations; an own clause as it was added."""
        return self.ground.document.by_id.get(clause_id) or self.after.document.by_id.get(clause_id)


class Counts(NamedTuple):
    """How many clauses there are and are undecided; operations that wait since the move, and for eyes."""

    clauses: int
    undecided: int
    moved: int
    eyes: int

    @property
    def decided(self) -> int:
        """Clauses with a decision."""
        return self.clauses - self.undecided


def place(session: Session, slug: str, label: str) -> Place:
    """The version of a local text that an address names. Raises NotFound."""
    try:
        overlay, version = store.version_called(session, f"{slug}@{label}")
    except store.UnknownOverlay as unknown:
        raise NotFound(str(unknown)) from unknown
    kept, ground = store.load(session, version), store.ground_of(session, version)
    after = under(ground, kept)
    base = session.get_one(VersionRow, version.base_id)
    work = session.get_one(StandardRow, base.standard_id)
    rows = store.operations_of(session, version)
    operations = [_kept(row, overlay.slug, kept, ground, after) for row in rows]
    return Place(overlay, version, base, work, kept, ground, after, operations)


def _kept(row: OperationRow, slug: str, overlay: Overlay, ground: Resolved, after: Resolved) -> Kept:
    one = store.operation_in(row)
    about = added_id(slug, one.id) if isinstance(one, Add) else row.clause_id
    lacking: list[str] = []
    if not row.waiting and one.op in LACKING:
        lacking = [*LACKING[one.op](Held(ground, overlay, after, one))]
    return Kept(row, one, about, [f"{words.verb(one.op)}: {sentence}" for sentence in lacking])


# --- the list


@dataclass(frozen=True)
class Line:
    """A clause in the working list; `state` is undecided, decided or waiting."""

    id: UUID
    number: str
    heading: str
    depth: int
    policy: str
    locked: bool
    url: str
    state: str
    told: Sequence[Told]
    inherited: Sequence[tuple[str, Told]]
    comments: int
    is_part: bool
    own: bool


def lines(place: Place, comments: Mapping[UUID, int], show: str = "") -> list[Line]:
    """Every clause in reading order, or those of one state; depths count only the clauses shown."""
    undecided = {clause.id for clause in place.undecided}
    depths: dict[UUID, int] = {}
    found = []
    for clause in place.after.document:
        state = _state(place, clause, undecided)
        shown = show in _facets(state, clause.id in undecided, comments.get(clause.id, 0))
        above = depths.get(clause.parent, 0) if clause.parent else 0
        # What is not shown takes no step inwards: those under it stand where it would.
        depths[clause.id] = above + 1 if shown else above
        if shown:
            found.append(_line(place, clause, state, above, comments.get(clause.id, 0)))
    return found


def _state(place: Place, clause: Clause, undecided: set[UUID]) -> str:
    if any(one.waits for one in place.on.get(clause.id, ())):
        return "waiting"
    return "undecided" if clause.id in undecided else "decided"


def _facets(state: str, undecided: bool, comments: int) -> set[str]:
    """Under which of `STATES` a clause is found; under "" always. One that waits may be undecided too."""
    found = {"", "undecided" if undecided else "decided"}
    return found | ({"waiting"} if state == "waiting" else set()) | ({"commented"} if comments else set())


def _line(place: Place, clause: Clause, state: str, depth: int, comments: int) -> Line:
    clause_before = place.text_of(clause.id)
    before = clause_before.text if clause_before else None
    policy = clause.text.attributes.policy
    return Line(
        id=clause.id,
        number=clause.number,
        heading=clause.text.heading or first_words(clause.text.body),
        depth=depth,
        policy=words.base_allows(policy),
        locked=policy is Policy.LOCKED,
        url=place.clause_url(clause),
        state=state,
        told=[words.told(one.operation, before) for one in place.on.get(clause.id, ())],
        inherited=inherited(place, clause),
        comments=comments,
        is_part=clause.parent is None,
        own=clause.id not in place.ground.document.by_id,
    )


def inherited(place: Place, clause: Clause) -> list[tuple[str, Told]]:
    """What the layers above did to a clause: the layer's name, and the operation in words."""
    return [(one.layer, words.told(one.operation, None)) for one in place.ground.of(clause.id).placed]


def next_undecided(place: Place, after: Clause | None = None) -> Clause | None:
    """The undecided clause that follows this one, from the start again at the end; None without any."""
    if not place.undecided:
        return None
    at = {clause.id: i for i, clause in enumerate(place.after.document)}
    here = at.get(after.id, -1) if after else -1
    others = [clause for clause in place.undecided if after is None or clause.id != after.id]
    return next((clause for clause in others if at[clause.id] > here), others[0] if others else None)


def part_of(place: Place, clause_id: UUID) -> list[UUID]:
    """A clause with everything under it."""
    clause = place.after.document.by_id.get(clause_id)
    return [one.id for one in place.after.document.subtree(clause)] if clause else []
