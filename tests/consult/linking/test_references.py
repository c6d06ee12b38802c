"""References: cases anyone can write, in cases/references.jsonl, and what holds for any text.

A case without `numbers` is read against the numbers in NUMBERS.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consult.linking.references import link_references_lines, references

NUMBERS = """
    1 2 3 3.1 3.2 4 4.1 4.2 4.2.1 4.3 4.4 4.5 5 5.1 5.2 6 7 7.1 A A.3 B
""".split()  # noqa: SIM905 - read as a table of contents
CASES = [
    json.loads(line)
    for line in (Path(__file__).parent / "cases/references.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['language']}: {case['text']}")
def test_a_text_refers_to_the_clauses_it_names(case: dict[str, Any]) -> None:
    result = references(case["text"], case["language"], case.get("numbers", NUMBERS))

    assert list(result.references) == case["references"]
    assert list(result.unknown) == case["unknown"]


def test_each_reference_says_where_it_stands() -> None:
    text = "Please see clause 4.2 and 4.3."

    found = references(text, "en", NUMBERS).found

    assert [text[one.start : one.end] for one in found] == ["4.2", "4.3"]
    assert {one.kind for one in found} == {"named"}


def test_lines_give_references_and_unknown_numbers() -> None:
    lines = [{"text": "clauses 4.2 and 9", "language": "en", "numbers": ["4.2"]}, {}]

    assert list(link_references_lines(lines)) == [
        {"references": ["4.2"], "unknown": ["9"]},
        {"references": [], "unknown": []},
    ]


PIECES = st.sampled_from(
    ["clause ", "4.2", "–", " and ", "9", "A", "§", "(b)", " kg", ", ", "Law ", "٣.٢", "²", "\n"]
)


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.text(), st.lists(PIECES, max_size=12).map("".join)))
def test_any_text_is_read_and_only_existing_numbers_come_back(text: str) -> None:
    result = references(text, "en", NUMBERS)

    assert set(result.references) <= set(NUMBERS)
    assert not set(result.unknown) & set(NUMBERS)
    assert len(set(result.references)) == len(result.references)
    assert all(0 <= one.start < one.end <= len(text) for one in result.found)
