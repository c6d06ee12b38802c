"""A comparison prepared for a page: summary, values, marked text, pages."""

from dataclasses import replace

import pytest
from flask import Flask
from flask_babel import Babel

from consult import comparing
from consult.comparing import Side, shown
from standards.diff import compare
from standards.document import Clause, ClauseText, Document, Parameter
from standards.identity import new_id
from standards.lineage import Relation, Step
from standards.numbering import numbered
from tests.factories import a_document


@pytest.fixture(autouse=True)
def _page_in_english():
    app = Flask(__name__)
    Babel(app, locale_selector=lambda: "en")
    with app.test_request_context("/"):
        yield


def a_side(label: str, document: Document) -> Side:
    return Side(label, document, lambda clause: f"/{label}/{clause.number}")


def changed(old: Document, **texts: ClauseText) -> Document:
    """The document with other texts under some numbers, written `n2_1` for 2.1."""
    by_number = {name[1:].replace("_", "."): text for name, text in texts.items()}
    clauses = (replace(c, text=by_number.get(c.number, c.text)) for c in old)
    return numbered(old.with_clauses(tuple(clauses)))


def page_of(old: Document, new: Document, steps=(), **fields):
    return shown(compare(old, new, steps), a_side("1.0", old), a_side("2.0", new), **fields)


class TestShown:
    def test_words_that_went_and_came_are_marked_on_their_sides(self):
        old = a_document({"1": "Retorts. Operators should use a retort."})
        new = changed(old, n1=ClauseText("Retorts", "Operators shall use a retort."))

        change = page_of(old, new).changes[0]

        assert change.before_html == "<p>Operators <del>should</del> use a retort.</p>"
        assert change.after_html == "<p>Operators <del>should</del><ins>shall</ins> use a retort.</p>"
        assert (change.before_label, change.after_label) == ("Version 1.0, clause 1", "Version 2.0, clause 1")

    def test_markup_in_the_text_is_shown_not_obeyed(self):
        old = a_document({"1": "Scope. Plain words."})
        new = changed(old, n1=ClauseText("Scope", "Plain <script>alert(1)</script> words."))

        assert "<script>" not in page_of(old, new).changes[0].after_html

    def test_lists_and_paragraphs_keep_their_lines(self):
        old = a_document({"1": "Records. Keep:\n\n- names\n- **ages**"})
        new = changed(old, n1=ClauseText("Records", "Keep:\n\n- names\n- **ages**\n- pay"))

        assert page_of(old, new).changes[0].after_html == (
            '<p>Keep:</p><p class="item">– names</p><p class="item">– ages</p>'
            '<p class="item"><ins>– pay</ins></p>'
        )

    def test_a_moved_clause_is_one_change_not_two(self):
        old = a_document({"1": "First", "1.1": "Goes. Words.", "2": "Second", "2.1": "Stays. Words."})
        goes, second = old.by_number["1.1"], old.by_number["2"]
        rest = [clause for clause in old if clause.id != goes.id]
        new = numbered(old.with_clauses((*rest, replace(goes, parent=second.id))))

        page = page_of(old, new)

        assert [change.kinds for change in page.changes] == [[("moved", "moved, was 1.1")]]
        assert page.changes[0].after_html == '<p><span class="moved">Words.</span></p>'

    def test_clauses_with_only_a_new_number_are_listed_apart(self):
        old = a_document({"1": "First. Words.", "2": "Second. Words."})
        fresh = Clause(new_id(), ClauseText("Before them", "New words."))
        new = numbered(old.with_clauses((fresh, *old.clauses)))

        page = page_of(old, new)

        assert [change.number for change in page.changes] == ["1"]
        assert [(line["before"], line["after"]) for line in page.renumbered] == [("1", "2"), ("2", "3")]
        assert page.untouched == 0

    def test_values_say_which_way_they_went_and_who_asked(self):
        text = ClauseText(
            "Retorts", "Recover {r}.", parameters=(Parameter(name="r", value=85, stricter="higher"),)
        )
        old = changed(a_document({"1": "Retorts. Words."}), n1=text)
        new = changed(old, n1=replace(text, parameters=(Parameter(name="r", value=90, stricter="higher"),)))
        clause = new.clauses[0]

        page = page_of(old, new, asked={clause.id: 41}, reasons={clause.id: ["Retorts reach it."]})

        assert [(row["before"], row["after"], row["kind"], row["asked"]) for row in page.table] == [
            ("85", "90", "stricter", 41)
        ]
        assert ("stricter", "85 → 90") in page.changes[0].kinds
        assert [reason["words"] for reason in page.changes[0].reasons] == [
            "Retorts reach it.",
            "41 comments asked for it",
        ]

    def test_a_split_names_the_clauses_it_made(self):
        old = a_document({"1": "Washing. Wash far from water."})
        part = Clause(new_id(), ClauseText("Tailings", "Keep tailings behind a wall."))
        new = numbered(old.with_clauses((*old.clauses, part)))
        source = old.clauses[0].id

        page = page_of(old, new, [Step(Relation.SPLIT, (source,), (source, part.id))])

        assert [change.kinds[0] for change in page.changes] == [
            ("split", "split into 1, 2"),
            ("split", "split from 1"),
        ]

    def test_a_new_clause_of_a_heading_alone_shows_its_heading(self):
        old = a_document({"1": "First. Words."})
        new = numbered(old.with_clauses((*old.clauses, Clause(new_id(), ClauseText("Annexes", "")))))

        assert page_of(old, new).changes[0].after_html == "<p><b><ins>Annexes</ins></b></p>"

    def test_nothing_changed_is_one_empty_page(self):
        document = a_document()

        page = page_of(document, document)

        assert (page.changes, page.pages, page.untouched, page.counts) == ([], 1, 4, [])


class TestPages:
    def test_many_changes_stand_on_several_pages_and_the_summary_leads_there(self, monkeypatch):
        monkeypatch.setattr(comparing, "PAGE_CHARACTERS", 3_000)
        old = a_document({f"{n}": f"Rule {n}. Words." for n in range(1, 11)})
        texts = {f"n{n}": ClauseText(f"Rule {n}", "Other words.") for n in range(1, 10)}
        new = changed(old, **texts)
        fresh = Clause(new_id(), ClauseText("Last", "Newest words."))
        new = numbered(new.with_clauses((*new.clauses, fresh)))

        first, last = page_of(old, new), page_of(old, new, page=99)

        assert first.pages == last.page == 3
        assert (first.first, last.first + len(last.changes) - 1) == (1, first.changed)
        counts = {count["kind"]: count for count in first.counts}
        assert counts["new"]["url"] == f"?page=3#change-{fresh.id}"
        assert counts["reworded"]["url"].startswith("#change-")

    def test_each_change_leads_to_its_neighbours(self):
        old = a_document({f"{n}": f"Rule {n}. Words." for n in range(1, 4)})
        new = changed(old, **{f"n{n}": ClauseText(f"Rule {n}", "Other words.") for n in range(1, 4)})

        one, two, three = page_of(old, new).changes

        assert (one.previous, one.next) == ("", two.id)
        assert (two.previous, two.next) == (one.id, three.id)
        assert (three.previous, three.next) == (two.id, "")
