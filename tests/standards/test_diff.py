import dataclasses
import itertools
import random
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standards.diff import (
    Change,
    Comparison,
    Kind,
    Piece,
    compare,
    parameter_changes,
    unwrapped,
    word_changes,
)
from standards.document import Clause, ClauseText, Document, Grade, Parameter
from standards.lineage import Relation, Step
from standards.words import tokens
from tests.standards.casefile import read_cases
from tests.standards.trees import documents

SNIPPETS = [
    "a",
    "of",
    "the",
    "mercury",
    "shall",
    " ",
    "  ",
    "\n\n",
    ", ",
    ".",
    "0.05",
    "é",
    "e\u0301",
    "水",
    "银",
]
TEXTS = st.one_of(
    st.lists(st.sampled_from([*SNIPPETS, "ماء", "don't", "\u200d", "🏽"]), max_size=14).map("".join),
    st.text(max_size=40),
)


def redline(pieces: tuple[Piece, ...]) -> str:
    marks = {"same": "{}", "delete": "[-{}-]", "insert": "{{+{}+}}"}
    return "".join(marks[kind].format(text) for kind, text in pieces)


def an_id(name: str) -> UUID:
    return UUID(int=ord(name))


def a_document(lines: str) -> Document:
    """A document from lines of id, number, parent, heading, body and perhaps a parameter."""
    clauses = []
    for line in filter(None, lines.split("\n")):
        name, number, parent, heading, body, *rest = (part.strip() for part in line.split("|"))
        parameters = []
        for words in rest:
            named, unit, stricter = words.split()
            key, value = named.split("=")
            parameters.append(
                Parameter.model_validate(
                    {"name": key, "value": int(value), "unit": unit, "stricter": stricter}
                )
            )
        text = ClauseText(heading, body, parameters=tuple(parameters))
        clauses.append(Clause(an_id(name), text, None if parent == "-" else an_id(parent), number))
    return Document("A standard", "en", clauses=tuple(clauses))


def shown(change: Change) -> str:
    said = [f"{p.name} {p.direction}" for p in change.parameters]
    was = [f"was {change.was}"] if change.was else []
    kinds = " ".join(sorted(change.kinds))
    return " | ".join([f"{chr(change.clause.id.int)} {kinds}", *was, *said, redline(change.body)])


def report(comparison: Comparison) -> str:
    alone = [chr(change.clause.id.int) for change in comparison.renumbered_only]
    return "\n".join([*map(shown, comparison.changes), *([f"renumbered {' '.join(alone)}"] if alone else [])])


def without_spaces(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("old", "new", "expected"), [case[1:] for case in read_cases("diff.md", 3)], ids=lambda part: ""
)
def test_cases(old: str, new: str, expected: str) -> None:
    assert without_spaces(report(compare(a_document(old), a_document(new)))) == expected


class TestTokens:
    @given(TEXTS)
    def test_joined_they_give_back_the_text(self, text: str) -> None:
        assert "".join(tokens(text)) == text

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("At 0.05 mg/l.", ["At", " ", "0.05", " ", "mg", "/", "l", "."]),
            ("1,5 ou 4.2.1", ["1,5", " ", "ou", " ", "4.2.1"]),
            ("cafe\u0301 noir", ["cafe\u0301", " ", "noir"]),
            ("don’t", ["don’t"]),
            ("使用水银", ["使", "用", "水", "银"]),
            ("שָׁלוֹם עולם", ["שָׁלוֹם", " ", "עולם"]),
            ("पानी", ["पानी"]),
        ],
    )
    def test_words_of_any_script(self, text: str, expected: list[str]) -> None:
        assert tokens(text) == expected


class TestWordChanges:
    @settings(max_examples=300)
    @given(TEXTS, TEXTS)
    def test_what_stayed_and_went_is_the_old_and_what_stayed_and_came_the_new(
        self, old: str, new: str
    ) -> None:
        pieces = word_changes(old, new)

        assert "".join(piece.text for piece in pieces if piece.kind != "insert") == old
        assert "".join(piece.text for piece in pieces if piece.kind != "delete") == new

    @given(TEXTS, TEXTS)
    def test_no_piece_is_empty_and_no_two_neighbours_alike(self, old: str, new: str) -> None:
        pieces = word_changes(old, new)

        assert all(piece.text for piece in pieces)
        assert all(one.kind != other.kind for one, other in itertools.pairwise(pieces))

    @pytest.mark.parametrize(
        ("old", "new", "expected"),
        [
            ("red of sand", "blue of clay", "[-red of sand-]{+blue of clay+}"),
            ("red house sand", "blue house clay", "[-red-]{+blue+} house [-sand-]{+clay+}"),
            ("at 0.05 mg", "at 0.01 mg", "at [-0.05-]{+0.01+} mg"),
            ("one two", "one, two", "one{+,+} two"),
            ("keep it", "keep it dry", "keep it{+ dry+}"),
        ],
    )
    def test_a_person_can_read_it(self, old: str, new: str, expected: str) -> None:
        assert redline(word_changes(old, new)) == expected


class TestCompare:
    @given(documents())
    def test_a_text_against_itself_has_no_changes(self, document: Document) -> None:
        assert compare(document, document) == Comparison((), ())

    @given(documents())
    def test_new_numbers_alone_are_no_change_of_text(self, document: Document) -> None:
        renumbered = document.with_clauses(
            tuple(dataclasses.replace(clause, number=f"X.{n}") for n, clause in enumerate(document))
        )

        comparison = compare(document, renumbered)

        assert comparison.changes == ()
        assert len(comparison.renumbered_only) == len(document)

    @given(documents(), st.randoms(use_true_random=False))
    def test_whatever_is_moved_and_reworded_nothing_is_new_or_withdrawn(
        self, document: Document, draw: random.Random
    ) -> None:
        edited = shuffled(document, draw)

        comparison = compare(document, edited)

        assert not {Kind.NEW, Kind.WITHDRAWN} & set(comparison.counts)

    @given(documents(), st.randoms(use_true_random=False))
    def test_withdrawing_clauses_and_looking_back_finds_them_new(
        self, document: Document, draw: random.Random
    ) -> None:
        gone = {clause.id for clause in document if draw.random() < 0.3}
        left = document.with_clauses(
            tuple(
                dataclasses.replace(c, parent=None if c.parent in gone else c.parent)
                for c in document
                if c.id not in gone
            )
        )

        there, back = compare(document, left), compare(left, document)

        assert there.counts.get(Kind.WITHDRAWN, 0) == back.counts.get(Kind.NEW, 0) == len(gone)

    @given(st.lists(st.integers(1, 25), unique=True, min_size=2, max_size=25), st.data())
    def test_moving_one_clause_among_its_siblings_marks_at_most_one(
        self, ids: list[int], data: st.DataObject
    ) -> None:
        clauses = [Clause(UUID(int=n), ClauseText("", f"clause {n}")) for n in ids]
        other = list(clauses)
        other.insert(
            data.draw(st.integers(0, len(ids) - 1)), other.pop(data.draw(st.integers(0, len(ids) - 1)))
        )

        comparison = compare(
            Document("", "en", clauses=tuple(clauses)), Document("", "en", clauses=tuple(other))
        )

        assert comparison.counts.get(Kind.MOVED, 0) == (clauses != other)

    def test_a_recorded_split_names_both_ends_and_is_not_new(self) -> None:
        old = a_document("a | 1 | - | Water | Keep water clean. Keep waste dry.")
        new = a_document("a | 1 | - | Water | Keep water clean.\nb | 2 | - | Waste | Keep waste dry.")
        step = Step(Relation.SPLIT, (an_id("a"),), (an_id("a"), an_id("b")))

        first, second = compare(old, new, [step]).changes

        assert first.kinds == {Kind.SPLIT, Kind.REWORDED}
        assert first.targets == (new.by_id[an_id("b")],)
        assert second.kinds == {Kind.SPLIT}
        assert second.sources == (old.by_id[an_id("a")],)

    def test_a_recorded_merge_is_not_a_withdrawal(self) -> None:
        old = a_document("a | 1 | - | Water | Keep water clean.\nb | 2 | - | Waste | Keep waste dry.")
        new = a_document("a | 1 | - | Water | Keep water clean and waste dry.")
        step = Step(Relation.MERGED, (an_id("a"), an_id("b")), (an_id("a"),))

        kept, gone = compare(old, new, [step]).changes

        assert kept.kinds == {Kind.MERGED, Kind.REWORDED}
        assert gone.kinds == {Kind.MERGED}
        assert gone.targets == (new.by_id[an_id("a")],)

    def test_children_of_a_replaced_section_did_not_move(self) -> None:
        old = a_document("a | 1 | - | Water | .\nc | 1.1 | a | Wells | Cover wells.")
        new = a_document("b | 1 | - | Clean water | .\nc | 1.1 | b | Wells | Cover wells.")

        comparison = compare(old, new, [Step(Relation.REPLACED, (an_id("a"),), (an_id("b"),))])

        assert an_id("c") not in comparison.by_id

    def test_a_grade_is_an_attribute_with_its_two_values(self) -> None:
        old = a_document("a | 1 | - | Water | Keep water clean.")
        new = old.with_clauses(
            tuple(dataclasses.replace(c, text=dataclasses.replace(c.text, grade=Grade.OPTIONAL)) for c in old)
        )

        (change,) = compare(old, new).changes

        assert change.kinds == {Kind.ATTRIBUTES}
        assert [(a.name, a.old, a.new) for a in change.attributes] == [("grade", "core", "optional")]


class TestParameterChanges:
    @pytest.mark.parametrize(
        ("old", "new", "stricter", "expected"),
        [
            (90, 97, "higher", "stricter"),
            (97, 90, "higher", "looser"),
            (8, 6, "lower", "stricter"),
            (8, 6, "none", "changed"),
            (("gold", "tin"), ("gold",), "subset", "stricter"),
            (("gold",), ("gold", "tin"), "superset", "stricter"),
            (("gold", "tin"), ("gold", "zinc"), "subset", "changed"),
            ("monthly", "weekly", "higher", "changed"),
        ],
    )
    def test_the_parameter_says_which_way_demands_more(
        self, old: object, new: object, stricter: str, expected: str
    ) -> None:
        before, after = (
            Parameter.model_validate({"name": "limit", "value": value, "stricter": stricter})
            for value in (old, new)
        )

        (change,) = parameter_changes([before], [after])

        assert change.direction == expected


class TestUnwrapped:
    @pytest.mark.parametrize(
        ("written", "expected"),
        [
            ("a line\nthat wraps", "a line that wraps"),
            ("one\n\n\n\ntwo ", "one\n\ntwo"),
            ("- one\n- two", "- one\n- two"),
            ("| a | b |\n|---|---|", "| a | b |\n|---|---|"),
            ("```\nkeep  this\n```", "```\nkeep  this\n```"),
            ("hard  \nbreak", "hard\\\nbreak"),
        ],
    )
    def test_only_space_that_changes_nothing_goes(self, written: str, expected: str) -> None:
        assert unwrapped(written) == expected


def shuffled(document: Document, draw: random.Random) -> Document:
    """The same clauses in another tree, some of them reworded."""
    clauses = list(document)
    draw.shuffle(clauses)
    path: list[UUID] = []
    edited = []
    for clause in clauses:
        path = path[: draw.randint(0, len(path))]
        words = f"{clause.text.body} more" if draw.random() < 0.4 else clause.text.body
        text = dataclasses.replace(clause.text, body=words)
        edited.append(dataclasses.replace(clause, text=text, parent=path[-1] if path else None))
        path.append(clause.id)
    return document.with_clauses(tuple(edited))
