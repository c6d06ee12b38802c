"""Rebase: what a move of the base makes of each operation; the cases are a file."""

from pathlib import Path

import pytest

from standards.document import Document
from standards.lineage import Relation, Step
from standards.operations import ORDER
from standards.overlays.guards import refusals
from standards.overlays.rebase import CARRIES, Rebase, rebase
from tests.standards.casefile import read_cases
from tests.standards.overlays.texts import a_text, an_id, ground_under, layers

CASES = read_cases("rebase.md", 3, Path(__file__).parent / "cases")
LINES = CASES[0][1]
OLD = a_text(LINES)
RECORDED = {"split": Relation.SPLIT, "merged": Relation.MERGED, "replaced": Relation.REPLACED}


def moved_text(changes: str) -> tuple[Document, list[Step]]:
    """The new base and what was recorded on the way."""
    lines = {line.split("|")[3].strip(): line for line in LINES.splitlines()}
    steps = []
    for line in changes.splitlines():
        word, _, rest = line.partition(" ")
        if word == "gone":
            del lines[rest]
        elif word in RECORDED:
            sources, targets = (
                tuple(an_id(one.strip()) for one in side.split(",")) for side in rest.split(":")
            )
            steps.append(Step(RECORDED[word], sources, targets))
        elif line.count("|") > 3:
            lines[line.split("|")[3].strip()] = line
    return a_text("\n".join(sorted(lines.values()))), steps


def moved(operations: str, changes: str) -> tuple[Rebase, bool]:
    """The rebase of a case; and whether what carries stands on the new ground."""
    *above, last = layers(operations, OLD)
    new, steps = moved_text(changes)
    local = changes[changes.index("overlay ") :] if "overlay " in changes else ""
    ground = ground_under(new, layers(local, new) if local else above)
    found = rebase(ground_under(OLD, above), ground, last, steps)
    fresh = tuple(one.model_copy(update={"pins": {}}) for one in found.carried)
    carried = last.model_copy(update={"operations": fresh})
    return found, not [one for one in refusals(ground, carried) if one.kind == "refused"]


def as_lines(found: Rebase) -> str:
    """The state of each operation, in the order of effect, and the new undecided clauses."""
    rows = sorted(found.operations, key=lambda one: (ORDER[one.operation.op], one.was.number))
    lines = []
    for one in rows:
        also = f" also {', '.join(one.also)}" if one.also else ""
        to = f" to {', '.join(clause.number for clause in one.targets)}" if one.targets else ""
        lines.append(f"{one.operation.op} {one.was.number} {one.state}{also}{to}: {one.message}")
    news = [clause.number for clause in found.undecided if clause.id not in OLD.by_id]
    return "\n".join([*lines, *(f"UNDECIDED {number}" for number in news)])


@pytest.mark.parametrize(
    ("title", "operations", "changes", "expected"), CASES[1:], ids=[c[0] for c in CASES[1:]]
)
def test_what_the_move_makes_of_each_operation(
    title: str, operations: str, changes: str, expected: str
) -> None:
    found, _stands = moved(operations, changes)

    assert as_lines(found) == expected


@pytest.mark.parametrize(
    ("title", "operations", "changes", "expected"), CASES[1:], ids=[c[0] for c in CASES[1:]]
)
def test_nothing_is_lost_and_what_carries_stands(
    title: str, operations: str, changes: str, expected: str
) -> None:
    *_, last = layers(operations, OLD)

    found, stands = moved(operations, changes)

    assert sorted(one.operation.key for one in found.operations) == sorted(one.key for one in last.operations)
    assert len(found.carried) + len(found.waiting) == len(last.operations)
    assert all(one.state not in CARRIES for one in found.waiting)
    assert stands
