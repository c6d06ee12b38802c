"""The five worked examples, as they are told to a newcomer."""

from datetime import date
from pathlib import Path

import pytest

from standards.lineage import Relation, Step
from standards.markdown import filled
from standards.operations import condition_words
from standards.overlays import chain
from standards.overlays.guards import refusals
from standards.overlays.rebase import rebase
from standards.overlays.resolve import Resolved, of_base
from tests.standards.casefile import read_cases
from tests.standards.overlays.texts import BASE, a_text, an_id, layers

CASES = read_cases("examples.md", 2, Path(__file__).parent / "cases")
LINES = CASES[0][1]
GOLD = a_text(LINES)


def told_by(operations: str) -> str:
    """What becomes of the operations of an example."""
    if "\n--\n" in operations:
        return moved(*operations.split("\n--\n"))
    first, _, rest = operations.partition("\n")
    day, operations = (
        (date.fromisoformat(first), rest) if first[:2] == "20" else (date(2027, 1, 1), operations)
    )
    (overlay,) = layers(operations, GOLD)
    refused = refusals(of_base(GOLD, BASE), overlay)
    if refused:
        return f"refused: {refused[0].message}"
    return as_lines(chain.resolved(GOLD, BASE, [overlay], day))


def as_lines(found: Resolved) -> str:
    """The touched clauses as they read, with their conditions, stages, and the register."""
    lines = []
    for clause in found.document:
        local = found.of(clause.id)
        if local.placed:
            lines.append(f"{clause.number} {filled(clause.text, clause.text.body)}")
            lines += [f"{clause.number} applies {condition_words(scope)}" for scope in local.scopes]
            if clause.text.attributes.stage:
                lines.append(f"{clause.number} asked from {clause.text.attributes.stage}")
    for one in chain.register(found):
        op, state = one.operation, "in force" if one.in_force else "over"
        lines.append(f"register: {one.clause.number} {op.weakens} {op.value} until {op.until}, {state}")
    return "\n".join(lines)


def moved(operations: str, changes: str) -> str:
    """The states after the base moved."""
    (overlay,) = layers(operations, GOLD)
    lines = {line.split("|")[3].strip(): line for line in LINES.splitlines()}
    steps = []
    for line in changes.splitlines():
        if line.startswith("gone "):
            del lines[line.removeprefix("gone ")]
        elif line.startswith("split "):
            source, targets = line.removeprefix("split ").split(": ")
            steps.append(
                Step(Relation.SPLIT, (an_id(source),), tuple(an_id(one) for one in targets.split(", ")))
            )
        else:
            lines[line.split("|")[3].strip()] = line
    new = a_text("\n".join(sorted(lines.values())))
    found = rebase(of_base(GOLD, BASE), of_base(new, BASE), overlay, steps)
    told = []
    for one in found.operations:
        to = f" to {', '.join(clause.number for clause in one.targets)}" if one.targets else ""
        told.append(f"{one.operation.op} {one.was.number} {one.state}{to}")
    came = [clause for clause in found.undecided if clause.id not in GOLD.by_id and not one.targets]
    return "\n".join([*told, *(f"UNDECIDED {clause.number}" for clause in came)])


@pytest.mark.parametrize(("title", "operations", "expected"), CASES[1:], ids=[case[0] for case in CASES[1:]])
def test_worked_example(title: str, operations: str, expected: str) -> None:
    told = told_by(operations).replace("\N{NO-BREAK SPACE}", " ")

    assert told.startswith(expected) if expected.startswith("refused") else told == expected
