"""Guards: whether what a local text stands on allows an operation, and if not, what is possible instead.

Machines check values, stages, modal verbs, conditions and locks. Whether prose
is as strict as prose is for named people to attest; here is only checked that
they did. What is refused never depends on the day: a text is held against what
lasts, with every derogation above it already run out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from standards.document import Document
from standards.errors import StandardsError
from standards.operations import LISTS, Add, Op, Operation, Overlay
from standards.overlays.checks import CHECKS, LACKING, Held
from standards.overlays.resolve import Resolved, under


@dataclass(frozen=True)
class Refusal:
    """Why an operation cannot stand. `lacking` ones wait for a person's word; all others never can."""

    operation: Operation
    number: str
    message: str
    kind: Literal["refused", "lacking"] = "refused"

    @property
    def sentence(self) -> str:
        """The operation, its clause, and why: one line."""
        return f"{self.operation.op} {self.number}: {self.message}"


class OperationsRefused(StandardsError):
    """Operations that cannot stand; nothing of their overlay was kept."""

    def __init__(self, overlay: str, refusals: list[Refusal]) -> None:
        lines = "\n".join(one.sentence for one in refusals)
        super().__init__(f"{overlay} cannot be kept as it is; nothing was changed.\n{lines}")
        self.refusals = refusals


def refusals(ground: Resolved, overlay: Overlay, after: Resolved | None = None) -> list[Refusal]:
    """Every reason why an overlay cannot stand on this ground, by operation.

    `ground` is the lasting text it stands on (`on` None), `overlay` has its
    targets by id, `after` is the ground under it where that is known already.
    Raises UnknownTarget where a clause is not there.
    """
    after = after or under(ground, overlay)
    found = [*_twice(overlay, after.document)]
    twice = {id(refusal.operation) for refusal in found}
    for one in overlay.operations:
        if id(one) not in twice:
            found += _against(Held(ground, overlay, after, one))
    return found


def refusals_of(ground: Resolved, overlay: Overlay, one: Operation) -> list[Refusal]:
    """The reasons against one operation of an overlay; `overlay` holds it and all the others."""
    after = under(ground, overlay)
    same = [refusal for refusal in _twice(overlay, after.document) if refusal.operation.key == one.key]
    return same or _against(Held(ground, overlay, after, one))


def _twice(overlay: Overlay, document: Document) -> Iterator[Refusal]:
    seen: dict[tuple[UUID, str], Operation] = {}
    for one in overlay.operations:
        if one.op in LISTS:
            continue
        place = (one.clause_id if not isinstance(one, Add) else UUID(int=0), one.field)
        if place in seen:
            what = _FIELD_WORDS.get(one.op) or _in_words(one.field)
            message = (
                f"two operations are on {what}; each field takes one. "
                "Keep one of the two, or put both into one operation."
            )
            yield Refusal(one, document.by_id[one.clause_id].number, message)
        seen.setdefault(place, one)


def _in_words(field: str) -> str:
    for stem, words in _STEMS.items():
        field = field.replace(stem, words)
    return field


_STEMS = {
    "derogation:parameter:": "the derogation of its value ",
    "derogation:": "the derogation of its ",
    "wording:": "its wording in ",
    "parameter:": "its value ",
    "clause:": "the name ",
}
_FIELD_WORDS = {
    Op.ADOPT: "its adoption",
    Op.STRENGTHEN: "its wording",
    Op.RESTAGE: "its stage",
    Op.SCOPE: "whom it applies to",
}


def _against(held: Held) -> list[Refusal]:
    """The reasons against one operation: what never can stand first, else what it lacks."""
    messages = [*held.pin(), *held.policy()] or [*CHECKS[held.one.op](held)]
    found = [Refusal(held.one, held.clause.number, message) for message in messages]
    lacking = LACKING.get(held.one.op)
    if found or lacking is None:
        return found
    return [Refusal(held.one, held.clause.number, message, "lacking") for message in lacking(held)]
