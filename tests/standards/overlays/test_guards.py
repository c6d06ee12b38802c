"""Guards: every operation on every policy, and every refusal in its words; the cases are files."""

import json
from pathlib import Path

import pytest

from standards.overlays.guards import refusals, refusals_of
from tests.standards.casefile import read_cases
from tests.standards.overlays.texts import a_text, ground_under, layers

HERE = Path(__file__).parent / "cases"
CASES = read_cases("guards.md", 2, HERE)
BASE = a_text(CASES[0][1])
POLICIES = ("locked", "parameters", "strengthen", "open")


def the_table() -> tuple[list[tuple[str, str, str]], dict[str, str]]:
    """Operation, policy and verdict of each cell; and the sentences by policy, or by operation."""
    lines = (HERE / "policies.md").read_text(encoding="utf-8").splitlines()
    rows = [line.strip("|").split("|") for line in lines if line.startswith("| {")]
    cells = [
        (row[0].strip(), policy, said.strip())
        for row in rows
        for policy, said in zip(POLICIES, row[1:], strict=True)
    ]
    told = dict(line.removeprefix("- ").split(": ", 1) for line in lines if line.startswith("- "))
    return cells, told


CELLS, SENTENCES = the_table()


@pytest.mark.parametrize(("title", "operations", "expected"), CASES[1:], ids=[case[0] for case in CASES[1:]])
def test_what_is_accepted_and_what_is_refused(title: str, operations: str, expected: str) -> None:
    *above, last = layers(operations, BASE)

    found = refusals(ground_under(BASE, above), last)

    lines = [("lacking " if one.kind == "lacking" else "") + one.sentence for one in found]
    assert ("\n".join(lines) or "accepted") == expected


@pytest.mark.parametrize(("operation", "policy", "said"), CELLS)
def test_what_each_policy_takes(operation: str, policy: str, said: str) -> None:
    told = json.loads(operation)
    base = a_text(
        f"1 | criterion | shall {policy} | Retorts | A retort shall recover {{recovery}}. "
        "| recovery = 90 % higher 50..99; stage: year 1"
    )
    (overlay,) = layers(json.dumps({"after" if told["op"] == "ADD" else "target": "1", **told}), base)

    found = [one.message for one in refusals(ground_under(base, []), overlay)]

    refusal = SENTENCES.get(told["op"]) if policy != "locked" else None
    assert found == ([] if said == "yes" else [refusal or SENTENCES[policy]])


def test_one_operation_is_judged_as_it_is_among_all() -> None:
    for _title, operations, _expected in CASES[1:]:
        *above, last = layers(operations, BASE)
        ground = ground_under(BASE, above)

        whole = {one.sentence for one in refusals(ground, last)}
        alone = {one.sentence for each in last.operations for one in refusals_of(ground, last, each)}

        assert alone == whole


def test_of_a_standard_in_a_language_we_do_not_know_the_verbs_are_left_to_people() -> None:
    base = a_text("1 | criterion | shall open | Retorte | Retorte igomba kugira umupfundikizo.", "rw")
    lines = [
        {"op": "STRENGTHEN", "target": "1", "wording": "Buri retorte igomba.", "attested_by": ["A", "B"]},
        {"op": "GUIDE", "target": "1", "text": "May may may."},
        {"op": "ADD", "after": "1", "id": "RW:1+1", "level": "criterion", "modality": "requirement",
         "heading": "Umupfundikizo", "body": "Igomba kugira."},
    ]  # fmt: skip
    (overlay,) = layers("\n".join(json.dumps(line) for line in lines), base)

    assert refusals(ground_under(base, []), overlay) == []
