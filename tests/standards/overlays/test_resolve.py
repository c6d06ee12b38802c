"""Resolve: what a text reads like under its layers on a day, span by span; the cases are a file."""

import random
from datetime import date
from pathlib import Path

import pytest

from standards.overlays import chain, file, provenance
from standards.overlays.guards import refusals
from standards.overlays.resolve import Resolved, of_base
from tests.standards.casefile import read_cases
from tests.standards.overlays.texts import BASE, a_text, layers

CASES = read_cases("resolve.md", 3, Path(__file__).parent / "cases")
TEXT = a_text(CASES[0][1])


def as_lines(resolved: Resolved) -> str:
    """The spans of the touched clauses, one a line, in reading order."""
    found = []
    before = "the beginning"
    for clause in resolved.document:
        local = resolved.of(clause.id)
        if local.placed:
            found.append(f"{clause.number}, after {before}" if "" in local.given else clause.number)
            found += [
                f"  {piece.field} «{piece.text}» {' '.join(piece.source[:2])}".rstrip()
                for piece in provenance.pieces(resolved, clause)
            ]
            if resolved.uncertifiable(clause):
                found.append("  cannot be certified here")
        above = next((one.number for one in resolved.document if one.id == clause.parent), "")
        before = f"{clause.number} under {above}" if above else clause.number
    return "\n".join(found)


@pytest.mark.parametrize(("title", "day", "operations", "expected"), CASES[1:], ids=[c[0] for c in CASES[1:]])
def test_the_text_and_where_each_span_comes_from(
    title: str, day: str, operations: str, expected: str
) -> None:
    found = chain.resolved(TEXT, BASE, layers(operations, TEXT), date.fromisoformat(day))

    assert as_lines(found) == expected


@pytest.mark.parametrize(("title", "day", "operations", "expected"), CASES[1:], ids=[c[0] for c in CASES[1:]])
def test_the_order_of_operations_makes_no_difference(
    title: str, day: str, operations: str, expected: str
) -> None:
    on, draw = date.fromisoformat(day), random.Random(1)
    inward = layers(operations, TEXT)
    shuffled = [
        one.model_copy(update={"operations": tuple(draw.sample(one.operations, len(one.operations)))})
        for one in inward
    ]

    one, other = chain.resolved(TEXT, BASE, inward, on), chain.resolved(TEXT, BASE, shuffled, on)

    assert provenance.as_json(one) == provenance.as_json(other)
    assert [layer.hash for layer in inward] == [layer.hash for layer in shuffled]


def test_the_register_names_every_derogation_and_whether_it_still_holds() -> None:
    lines = (
        '{"op": "DEROGATE", "target": "2.1", "field": "stage", "value": "year 5", "until": "2028-12-31",'
        ' "approved_by": "Owner"}\n'
        '{"op": "DEROGATE", "target": "2.1", "field": "parameter:recovery", "value": 80,'
        ' "until": "2027-12-31", "approved_by": "Owner"}'
    )

    found = chain.register(chain.resolved(TEXT, BASE, layers(lines, TEXT), date(2028, 1, 1)))

    told = [(one.clause.number, one.layer, one.operation.weakens, one.in_force) for one in found]
    assert told == [
        ("2.1", "tz-gold@1.0", "parameter:recovery", False),
        ("2.1", "tz-gold@1.0", "stage", True),
    ]


class TestAChain:
    def test_a_base_that_moved_under_its_hash_is_refused(self) -> None:
        other = a_text(CASES[0][1].replace("democratically", "quickly"))

        with pytest.raises(chain.WrongBase, match=r"pinned to another text of rag@2.0"):
            chain.ground_of(other, BASE, layers("", TEXT))

    def test_a_base_of_another_name_is_refused(self) -> None:
        with pytest.raises(chain.WrongBase, match=r"pinned to rag@2.0, not to rag@3.0"):
            chain.ground_of(TEXT, "rag@3.0", layers("", TEXT))

    def test_a_parent_that_is_not_there_is_refused(self) -> None:
        _ea, tz = layers("overlay ea-gold\noverlay tz-gold", TEXT)

        with pytest.raises(
            chain.WrongParent, match=r"names ea-gold@1.0 as its parent, and here it stands on"
        ):
            chain.ground_of(TEXT, BASE, [tz])

    def test_layers_in_the_wrong_order_are_refused(self) -> None:
        ea, tz = layers("overlay ea-gold\noverlay tz-gold", TEXT)

        with pytest.raises(chain.WrongParent):
            chain.ground_of(TEXT, BASE, [tz, ea])

    def test_a_circle_of_parents_is_refused(self) -> None:
        ea, tz = layers("overlay ea-gold\noverlay tz-gold", TEXT)
        again = ea.model_copy(update={"parent": tz.called, "label": "2.0"})

        with pytest.raises(chain.ParentCircle, match="ea-gold → tz-gold → ea-gold"):
            chain.ground_of(TEXT, BASE, [ea, tz, again])

    def test_a_layer_that_could_never_stand_stops_the_whole_chain(self) -> None:
        lines = '{"op": "SET", "target": "2.1", "parameter": "recovery", "value": 80}'

        with pytest.raises(chain.OperationsRefused, match="80 is weaker than the base's 90"):
            chain.resolved(TEXT, BASE, layers(lines, TEXT), date(2027, 1, 1))

    def test_a_clause_is_decided_by_any_layer_and_an_addition_behind_it_decides_nothing(self) -> None:
        above, last = layers(
            'overlay ea-gold\n{"op": "ADOPT", "target": "1.1"}\noverlay tz-gold\n'
            '{"op": "ADD", "after": "1.2", "id": "TZ:1.2+1", "level": "note", "body": "A book can do."}',
            TEXT,
        )

        checked = chain.check(chain.ground_of(TEXT, BASE, [above]), last)

        assert [clause.number for clause in checked.undecided] == ["1", "1.2", "1.2.1", "2", "2.1", "2.2"]
        assert not checked.may_be_approved


def test_additions_that_bear_one_name_are_refused_and_keep_nobody_waiting() -> None:
    base = a_text("1 | principle | none open | Mercury |\n1.1 | criterion | shall open | Retorts | Use one.")

    def adding(serial: int, heading: str) -> dict[str, object]:
        return {
            "op": "ADD", "after": "1.1", "id": f"TZ:1.1+{serial}", "level": "criterion",
            "modality": "requirement", "heading": heading, "body": "More shall be kept.", "rationale": "Why.",
        }  # fmt: skip

    told = [adding(1, "A"), adding(1, "B"), adding(2, "C"), adding(2, "D"), adding(3, "E")]
    head = {"overlay": "tz", "label": "1", "base": BASE, "base_hash": base.hash, "parent": None}
    ground = of_base(base, BASE)
    overlay = file.bound(file.read({**head, "operations": told}, "tz"), base, BASE)

    assert {one.operation.id for one in refusals(ground, overlay)} == {"TZ:1.1+1", "TZ:1.1+2"}
