"""Laying a text out for reading: chapters, contents with counts, addresses, particulars."""

from collections.abc import Mapping
from uuid import UUID

import pytest
from flask import Flask
from flask_babel import Babel
from hypothesis import given, settings
from hypothesis import strategies as st

from consult import reading
from consult.particulars import facts, kind_words, parameter_shown
from consult.reading import Book, Tally, first_words, in_scrolling_regions, named
from standards.document import (
    Attributes,
    Clause,
    ClauseText,
    Document,
    Grade,
    Level,
    Modality,
    Parameter,
    Policy,
    StageVariant,
)
from standards.identity import new_id
from standards.numbering import numbered
from tests.factories import a_document

BASE = "/standards/gold/1.0"


@pytest.fixture(autouse=True)
def _page_in_english():
    app = Flask(__name__)
    Babel(app, locale_selector=lambda: "en")
    with app.test_request_context("/"):
        yield


def a_book(clauses: Mapping[str, str] | None = None, **fields: str) -> Book:
    return Book(a_document(clauses) if clauses else a_document(), BASE, **fields)


def a_long_text(chapters: int, clauses_each: int) -> Document:
    clauses = {}
    for chapter in range(1, chapters + 1):
        clauses[f"{chapter}"] = f"Chapter {chapter}"
        for clause in range(1, clauses_each + 1):
            clauses[f"{chapter}.{clause}"] = f"Heading. Words of clause {clause}."
    return a_document(clauses)


def a_tree(parents: list[int]) -> Document:
    """One clause per entry, under the clause that the entry counts back to; 0 is a root."""
    clauses: list[Clause] = []
    children: dict[UUID | None, list[Clause]] = {}
    for back in parents:
        parent = clauses[-back].id if 0 < back <= len(clauses) else None
        clause = Clause(new_id(), ClauseText(heading=f"Clause {len(clauses)}", body="Words."), parent=parent)
        clauses.append(clause)
        children.setdefault(parent, []).append(clause)
    ordered: list[Clause] = []

    def visit(parent: UUID | None) -> None:
        for clause in children.get(parent, []):
            ordered.append(clause)
            visit(clause.id)

    visit(None)
    return numbered(Document(title="A tree", language="en", clauses=tuple(ordered)))


class TestChapters:
    def test_a_short_standard_stands_on_one_page(self):
        assert not a_book().is_long
        assert [len(chapter.clauses) for chapter in a_book().chapters] == [4]

    def test_a_standard_without_clauses_has_no_pages(self):
        empty = Book(Document(title="Empty", language="en"), BASE)

        assert empty.chapters == ()
        assert empty.contents({}) == []

    def test_a_long_standard_is_read_by_its_top_level_clauses(self):
        book = Book(a_long_text(chapters=3, clauses_each=40), BASE)

        assert [(c.number, c.heading) for c in book.chapters] == [
            ("1", "Chapter 1"),
            ("2", "Chapter 2"),
            ("3", "Chapter 3"),
        ]
        assert book.chapter_url(book.chapters[1]) == f"{BASE}?chapter=2"

    def test_few_but_heavy_clauses_are_read_by_chapter_too(self, monkeypatch):
        monkeypatch.setattr(reading, "PAGE_CHARACTERS", 2_000)

        assert Book(a_long_text(chapters=2, clauses_each=4), BASE).is_long

    def test_a_chapter_too_heavy_for_one_page_goes_on_over_several(self):
        book = Book(a_long_text(chapters=2, clauses_each=200), BASE)

        headings = [chapter.heading for chapter in book.chapters]
        assert headings[:3] == ["Chapter 1", "Chapter 1 (1.80 – 1.159)", "Chapter 1 (1.160 – 1.200)"]

    def test_top_level_clauses_without_parts_share_a_page(self):
        book = Book(a_document({f"{n}": f"Rule {n}. Words." for n in range(1, 101)}), BASE)

        assert [chapter.heading for chapter in book.chapters] == [
            "1 Rule 1 – 80 Rule 80",
            "81 Rule 81 – 100 Rule 100",
        ]

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.integers(min_value=0, max_value=6), min_size=1, max_size=120))
    def test_every_clause_stands_on_exactly_one_page_in_order(self, parents):
        limit, reading.PAGE_CLAUSES = reading.PAGE_CLAUSES, 7
        try:
            book = Book(a_tree(parents), BASE)

            laid = [clause for chapter in book.chapters for clause in chapter.clauses]
        finally:
            reading.PAGE_CLAUSES = limit
        assert laid == list(book.document)
        assert all(1 <= len(chapter.clauses) <= 7 for chapter in book.chapters)


class TestAddresses:
    def test_a_clause_is_called_by_its_number(self):
        book = a_book()

        assert book.url(book.document.by_number["2.1"]) == f"{BASE}/clauses/2.1"

    @pytest.mark.parametrize("number", ["", "7/2", "2.1"], ids=["none", "with a slash", "someone else's"])
    def test_a_clause_is_called_by_its_id_where_its_number_will_not_do(self, number):
        clauses = a_document().clauses
        last = Clause(new_id(), ClauseText("Last", "Words."), number=number)
        document = Document(title="", language="en", clauses=(*clauses, last))

        assert named(document, last) == str(last.id)

    def test_the_place_of_a_clause_in_a_long_standard_is_on_its_chapter(self):
        book = Book(a_long_text(chapters=3, clauses_each=40), BASE)

        assert book.place(book.document.by_number["2.7"]) == f"{BASE}?chapter=2#c-2.7"

    def test_clauses_take_comments_only_while_a_round_is_open_and_where_there_are_words(self):
        book = a_book(comment="/consultations/gold/comment")

        addresses = {c.number: book.clause(c, {}, {}).comment_url for c in book.document}

        assert addresses["2.1"] == "/consultations/gold/comment?clause=2.1"
        assert addresses["2"] is None
        closed = Book(book.document, BASE)
        assert all(closed.clause(c, {}, {}).comment_url is None for c in book.document)


class TestContents:
    def test_a_line_swells_by_the_comments_on_a_clause_and_all_under_it(self):
        book = a_book()
        tallies = {
            book.document.by_number["2.1"].id: Tally(comments=60, spoken=45),
            book.document.by_number["2.2"].id: Tally(comments=40, spoken=0),
        }

        lines = {line.number: line for line in book.contents(tallies)}

        assert (lines["2"].total, lines["2"].spoken, lines["2"].written) == (100, 45, 55)
        assert (lines["2"].spoken_share, lines["2"].written_share) == (45, 55)
        assert (lines["2.1"].spoken_share, lines["2.1"].written_share) == (45, 15)
        assert lines["1"].total == 0

    def test_fewer_than_five_of_a_kind_are_not_told_apart(self):
        book = a_book()
        tallies = {book.document.by_number["2.1"].id: Tally(comments=12, spoken=9)}

        line = next(line for line in book.contents(tallies) if line.number == "2.1")

        assert (line.total, line.spoken, line.written, line.untold_share) == (12, 0, 0, 100)

    def test_a_long_standard_lists_its_chapters_and_the_current_one_in_full(self):
        book = Book(a_long_text(chapters=3, clauses_each=40), BASE)

        lines = book.contents({}, book.chapters[1])

        assert [line.number for line in lines if line.principle] == ["1", "2", "3"]
        assert [line.number for line in lines if line.current] == ["2"]
        within = [line for line in lines if not line.principle]
        assert len(within) == 40
        assert within[0].url == f"{BASE}?chapter=2#c-2.1"

    def test_a_clause_without_heading_is_listed_by_its_first_words(self):
        document = a_document({"1": "First. Words.", "2": ". No operator shall burn amalgam."})

        assert Book(document, BASE).contents({})[1].heading == "No operator shall burn amalgam."

    def test_notes_have_no_line(self):
        document = a_document({"1": "First. Words."})
        note = Clause(new_id(), ClauseText("", "A remark.", level=Level.NOTE), parent=document.clauses[0].id)

        book = Book(document.with_clauses((*document.clauses, note)), BASE)

        assert [line.number for line in book.contents({})] == ["1"]


class TestClause:
    def test_counts_stand_beside_a_clause_and_are_absent_where_nobody_spoke(self):
        book = a_book()
        first, second = book.document.by_number["2.1"], book.document.by_number["2.2"]

        tallies = {first.id: Tally(11, 6)}

        assert (book.clause(first, {}, tallies).count, book.clause(first, {}, tallies).spoken) == (11, 6)
        assert book.clause(second, {}, tallies).count is None

    def test_stage_wordings_show_the_values_of_parameters(self):
        stages = (StageVariant(stage="Year 1", wording="Recover {recovery}."),)
        text = ClauseText(
            "Retorts",
            "Recover.",
            attributes=Attributes(stages=stages),
            parameters=(Parameter(name="recovery", value=90, unit="%"),),
        )
        document = Document(title="", language="en", clauses=(Clause(new_id(), text, number="1"),))

        shown = Book(document, BASE).clause(document.clauses[0], {}, {})

        assert shown.stages[0]["wording"] == "Recover 90\N{NO-BREAK SPACE}%."
        assert shown.stages[0]["stage"] == "year-1"

    def test_tables_scroll_in_a_box_the_keyboard_reaches(self):
        html = in_scrolling_regions("<p>Before</p><table><tbody></tbody></table>")

        assert html == (
            '<p>Before</p><div class="scrolls" role="group" tabindex="0" aria-label="Table">'
            "<table><tbody></tbody></table></div>"
        )

    def test_first_words_are_cut_between_words(self):
        words = first_words(
            "The group **shall** keep a list of everyone who works on the site and of their pay."
        )

        assert words == "The group shall keep a list of everyone who works on the site …"


class TestParticulars:
    def test_how_a_clause_binds_weighs_and_from_when(self):
        attributes = Attributes(stage="year-1")

        binding = ClauseText("", "", modality=Modality.REQUIREMENT, grade=Grade.CORE, attributes=attributes)

        assert kind_words(binding) == "Requirement · core · from year 1"
        assert kind_words(ClauseText("", "")) == ""

    def test_only_what_was_recorded_is_told(self):
        recovery = Parameter(name="recovery", label="mercury recovered", value=90, unit="%", minimum=85)
        text = ClauseText("", "", attributes=Attributes(topic="mercury", points=0), parameters=(recovery,))

        assert facts(text) == [
            ("Value: mercury recovered", "90\N{NO-BREAK SPACE}% (at least 85)"),
            ("Topic", "mercury"),
            ("Points", "0"),
        ]

    @pytest.mark.parametrize(
        ("policy", "stricter", "rule"),
        [
            (Policy.OPEN, "higher", ""),
            (Policy.LOCKED, "higher", "A local text leaves this value as it is: height."),
            (Policy.STRENGTHEN, "higher", "A local text may set this higher, never lower: height."),
            (Policy.STRENGTHEN, "subset", "A local text may shorten this list, never lengthen it: height."),
            (Policy.PARAMETERS, "none", "A local text may set this value: height."),
        ],
    )
    def test_what_a_local_text_may_do_to_a_value(self, policy, stricter, rule):
        parameter = Parameter(
            name="height", value=("a", "b") if stricter == "subset" else 2, stricter=stricter
        )

        assert parameter_shown(parameter, policy)["rule"] == rule
