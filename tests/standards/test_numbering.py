from uuid import UUID

import pytest
from hypothesis import given

from standards.document import Clause, ClauseText, Document, Level, Scheme
from standards.numbering import letters, numbered
from tests.standards.trees import documents

SECTION, ANNEX, NOTE, GUIDANCE = Level.SECTION, Level.ANNEX, Level.NOTE, Level.GUIDANCE
PRINCIPLE, CRITERION, DEFINITION = Level.PRINCIPLE, Level.CRITERION, Level.DEFINITION


def a_document(scheme: Scheme, *outline: tuple[int, Level]) -> Document:
    """A document from (depth, level) pairs in reading order."""
    path: list[UUID] = []
    clauses = []
    for at, (depth, level) in enumerate(outline, start=1):
        path = [*path[:depth], UUID(int=at)]
        parent = path[depth - 1] if depth else None
        clauses.append(Clause(path[-1], ClauseText("", "", level, declared_number=f"x{at}"), parent))
    return Document("A standard", "en", scheme, tuple(clauses))


def numbers(document: Document) -> list[str]:
    return [clause.number for clause in numbered(document)]


class TestDecimal:
    def test_sections_nest(self) -> None:
        document = a_document(
            Scheme.DECIMAL, (0, SECTION), (1, SECTION), (2, CRITERION), (1, SECTION), (0, SECTION)
        )

        assert numbers(document) == ["1", "1.1", "1.1.1", "1.2", "2"]

    def test_annexes_have_letters_and_count_apart_from_sections(self) -> None:
        document = a_document(Scheme.DECIMAL, (0, SECTION), (0, ANNEX), (1, SECTION), (0, ANNEX), (1, ANNEX))

        assert numbers(document) == ["1", "A", "A.1", "B", "B.1"]

    def test_guidance_and_notes_count_within_their_clause_and_do_not_move_it(self) -> None:
        document = a_document(
            Scheme.DECIMAL, (0, SECTION), (1, GUIDANCE), (1, SECTION), (2, NOTE), (2, NOTE), (1, SECTION)
        )

        assert numbers(document) == ["1", "1.g1", "1.1", "1.1.n1", "1.1.n2", "1.2"]

    def test_definitions_count_through_the_text(self) -> None:
        document = a_document(Scheme.DECIMAL, (0, SECTION), (1, DEFINITION), (0, SECTION), (1, DEFINITION))

        assert numbers(document) == ["1", "D1", "2", "D2"]


class TestPrinciples:
    def test_only_principles_and_what_is_under_them_are_numbered(self) -> None:
        document = a_document(
            Scheme.PRINCIPLES,
            (0, SECTION),
            (1, PRINCIPLE),
            (2, CRITERION),
            (0, SECTION),
            (1, PRINCIPLE),
            (1, NOTE),
        )

        assert numbers(document) == ["", "1", "1.1", "", "2", "n1"]


class TestDeclared:
    def test_numbers_are_those_the_text_gave_itself(self) -> None:
        assert numbers(a_document(Scheme.DECLARED, (0, SECTION), (1, NOTE))) == ["x1", "x2"]


@given(documents((Scheme.DECIMAL, Scheme.PRINCIPLES)))
def test_no_number_occurs_twice(document: Document) -> None:
    given_numbers = [number for number in numbers(document) if number]

    assert len(given_numbers) == len(set(given_numbers))


@pytest.mark.parametrize(
    ("count", "expected"), [(1, "A"), (26, "Z"), (27, "AA"), (52, "AZ"), (53, "BA"), (703, "AAA")]
)
def test_annex_letters_go_on_after_z(count: int, expected: str) -> None:
    assert letters(count) == expected
