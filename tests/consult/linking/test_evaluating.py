"""Evaluating, and the lines of JSON that clauses, comments and gold are read from."""

import json

import pytest

from consult.linking.evaluating import evaluate, suggest_lines
from consult.linking.lines import UnreadableLine, read_clauses, read_comments, read_gold

CLAUSES = [
    '{"id": "m", "number": "4.1", "title": "Mercury", "text": "Mercury is stored in sealed containers."}',
    "",
    '{"id": "w", "number": "4.2", "title": "Water", "text": "Waste water stays out of rivers."}',
]


class TestReading:
    def test_missing_optional_fields_and_blank_lines_are_taken(self) -> None:
        [first, second] = read_clauses(['{"id": "a"}', "  ", '{"id": 2, "number": 4.2}'])

        assert (first.title, second.id, second.number) == ("", "2", "4.2")

    @pytest.mark.parametrize(
        ("line", "problem"),
        [
            ("{", "not JSON"),
            ("[]", "not an object"),
            ('{"title": "x"}', '"id"'),
            ('{"id": "m", "text": []}', '"text"'),
        ],
    )
    def test_a_line_that_cannot_be_read_is_named(self, line: str, problem: str) -> None:
        with pytest.raises(UnreadableLine, match=rf"^line 2: .*{problem}"):
            read_clauses(['{"id": "x"}', line])

    def test_a_clause_given_twice_is_refused(self) -> None:
        with pytest.raises(UnreadableLine, match=r"line 2: .* already given in line 1"):
            read_clauses(['{"id": "x"}', '{"id": "x"}'])

    def test_gold_without_clauses_is_refused(self) -> None:
        with pytest.raises(UnreadableLine, match=r'line 1: .*"clauses"'):
            read_gold(['{"comment_id": "1", "comment": "x"}'])

    def test_an_empty_comment_is_a_comment(self) -> None:
        assert read_comments(['{"comment_id": "1"}'])[0].comment == ""


class TestSuggestLines:
    def test_each_comment_gives_its_suggestion(self) -> None:
        comments = [
            '{"comment_id": "1", "comment": "waste water in rivers"}',
            '{"comment_id": "2", "comment": ""}',
        ]

        first, second = suggest_lines(CLAUSES, comments, k=9)

        assert set(first) == {"comment_id", "clauses", "decision"}
        assert [one["id"] for one in first["clauses"]] == ["w", "m"]
        assert (len(second["clauses"]), second["decision"]) == (2, "none")
        assert json.loads(json.dumps(first)) == first


class TestEvaluate:
    def test_the_figures_are_shares_of_the_comments(self) -> None:
        gold = [
            '{"comment_id": "1", "comment": "clause 4.2 please", "clauses": ["w"]}',
            '{"comment_id": "2", "comment": "waste water in rivers", "clauses": ["m"]}',
        ]
        ticks = iter([10.0, 10.5])

        found = evaluate(read_clauses(CLAUSES), read_gold(gold), clock=lambda: next(ticks))

        assert (found.comments, found.recall_at_1, found.recall_at_3, found.mrr) == (2, 0.5, 1.0, 0.75)
        assert (found.decided, found.precision, found.ms) == (0.5, 1.0, 250.0)

    def test_no_comments_give_zeros(self) -> None:
        found = evaluate(read_clauses(CLAUSES), [])

        assert (found.comments, found.recall_at_1, found.precision) == (0, 0.0, None)
