"""A standard as a Word file, read back by our own reader."""

import re
import zipfile
from datetime import UTC, datetime
from io import BytesIO
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from standards.document import Clause, ClauseText, Document, Level, Scheme
from standards.exchange.docx import inspect, read
from standards.exchange.docx.package import W, open_package
from standards.exchange.docx.writing import write
from standards.markdown import filled, normalised
from standards.numbering import numbered
from tests.factories import a_document
from tests.standards.exchange.docx.demonstration import standard

FROZEN = datetime(2026, 3, 2, tzinfo=UTC)


def written(document: Document, **particulars) -> bytes:
    return write(document, **{"title": document.title, "label": "2.0", "status": "draft"} | particulars)


def a_clause(body: str, *, heading: str = "Capture", level: Level = Level.CRITERION) -> Document:
    text = ClauseText(heading=heading, body=body, level=level)
    return numbered(Document("Gold", "en", Scheme.DECIMAL, (Clause(UUID(int=1), text),)))


def read_back(document: Document) -> list[tuple[str, str, str]]:
    return [
        (clause.text.declared_number, clause.text.heading, clause.text.body)
        for clause in read(written(document), "gold.docx").clauses
    ]


def as_read(clause: Clause) -> tuple[str, str, str]:
    """What the reader keeps of a clause: it names footnotes by their order and spaces as plain ones."""
    body = filled(clause.text, normalised(clause.text.body)).replace("\N{NO-BREAK SPACE}", " ")
    return clause.number, clause.text.heading, body


def parts_of(data: bytes) -> dict[str, etree._Element]:
    archive = zipfile.ZipFile(BytesIO(data))
    return {name: etree.fromstring(archive.read(name)) for name in archive.namelist()}


class TestTheDemonstrationsStandard:
    def test_comes_back_clause_by_clause(self):
        document = standard("2.0")

        back = read(written(document), "gold.docx")

        names = [(clause.text.declared_number, clause.text.heading) for clause in back.clauses]
        assert names == [(clause.number, clause.text.heading) for clause in document]
        assert [found for found in back.findings if found.kind != "note"] == []

    def test_has_the_same_words_in_every_body(self):
        document = standard("2.0")

        back = read(written(document), "gold.docx")

        for was, now in zip(document, back.clauses, strict=True):
            assert _words(as_read(was)[2]) == _words(now.text.body)

    def test_says_its_title_version_and_status_on_the_first_page(self):
        data = written(standard("2.0"), status="consultation", lead="For buyers.", frozen_on=FROZEN)

        first = [paragraph["accepted"] for paragraph in inspect(data)["paragraphs"][:4]]

        assert first == [
            "Responsible Artisanal Gold",
            "Version 2.0",
            "Consultation draft · 2 March 2026",
            "For buyers.",
        ]

    def test_gives_the_same_bytes_twice(self):
        assert written(standard("2.0"), frozen_on=FROZEN) == written(standard("2.0"), frozen_on=FROZEN)


class TestAClause:
    def test_is_numbered_by_word_where_counting_gives_its_number(self):
        data = written(a_document({"1": "Scope", "2": "Mercury", "2.1": "Retorts. Operators shall."}))

        paragraphs = [p for p in inspect(data)["paragraphs"] if p["style"].startswith("heading")]

        assert [(p["number"], p["accepted"]) for p in paragraphs] == [
            ("1", "Scope"),
            ("2", "Mercury"),
            ("2.1", "Retorts"),
        ]

    def test_has_its_number_written_out_where_the_standard_declared_it(self):
        text = ClauseText(heading="Retorts", body="Shall be used.", declared_number="7.4")
        document = numbered(Document("Gold", "en", Scheme.DECLARED, (Clause(UUID(int=1), text),)))

        paragraph = next(
            p for p in inspect(written(document))["paragraphs"] if p["style"].startswith("heading")
        )

        assert (paragraph["number"], paragraph["accepted"]) == (None, "7.4\tRetorts")

    def test_keeps_emphasis_links_code_and_broken_lines(self):
        body = "It **shall** be *closed*, see [the sheet](https://example.org/a), `mass`\\\nand more."

        assert read_back(a_clause(body)) == [("1", "Capture", body)]

    def test_keeps_lists_within_lists(self):
        body = "Choose:\n\n1. a retort\n   - of steel\n   - of glass\n2. a hood"

        assert read_back(a_clause(body)) == [("1", "Capture", body)]

    def test_begins_each_list_anew(self):
        body = "One:\n\n1. a\n2. b\n\nTwo:\n\n1. c\n2. d"

        assert read_back(a_clause(body)) == [("1", "Capture", body)]

    def test_keeps_tables_and_code(self):
        body = "| Day | Gold |\n| --- | --- |\n| Monday | 3 g |\n\n```\na = 1\n\nb = 2\n```\n\n> Said so."

        assert read_back(a_clause(body)) == [("1", "Capture", body)]

    def test_has_its_footnotes_at_the_foot_of_the_page(self):
        data = written(a_clause("Weigh it.[^w]\n\n[^w]: On a *balance*, [so](https://example.org)."))

        notes = parts_of(data)["word/footnotes.xml"]

        assert "".join(notes[2].itertext()).strip() == "On a balance, so."
        assert parts_of(data)["word/_rels/footnotes.xml.rels"][0].get("Target") == "https://example.org"

    def test_shows_its_parameters_with_their_values(self):
        paragraphs = [p["accepted"] for p in inspect(written(standard("2.0")))["paragraphs"]]

        assert any("at least 90\N{NO-BREAK SPACE}% of the mercury" in (text or "") for text in paragraphs)

    def test_may_hold_characters_that_xml_cannot(self):
        assert read_back(a_clause("Be\x00fore <b>&amp; \x0bafter"))[0][2].startswith("Be")


class TestTheFile:
    def test_is_well_formed_with_ids_that_occur_once_and_targets_that_exist(self):
        data = written(standard("2.0"))

        parts = parts_of(data)

        for part, kind in (("document", "bookmarkStart"), ("footnotes", "footnote")):
            ids = [element.get(W + "id") for element in parts[f"word/{part}.xml"].iter(W + kind)]
            assert len(ids) == len(set(ids)) > 0
        lists = {num.get(W + "numId") for num in parts["word/numbering.xml"].iter(W + "num")}
        used = {el.get(W + "val") for el in parts["word/document.xml"].iter(W + "numId")}
        assert used <= lists | {"0"}
        package = open_package(data, "gold.docx")
        inside = [tie for tie in package.relationships().values() if not tie.external]
        assert all(tie.target in zipfile.ZipFile(BytesIO(data)).namelist() for tie in inside)

    def test_runs_from_right_to_left_where_the_language_does(self):
        text = ClauseText(heading="الزئبق", body="لا يُحرق.")
        document = numbered(Document("الذهب", "ar", Scheme.DECIMAL, (Clause(UUID(int=1), text),)))

        parts = parts_of(written(document))

        assert parts["word/document.xml"].find(f".//{W}sectPr/{W}bidi") is not None
        assert parts["word/styles.xml"].find(f".//{W}lang").get(W + "bidi") == "ar"


WORDS = st.text("abcdefgé ", min_size=1, max_size=20).map(lambda t: " ".join(t.split())).filter(bool)
BODIES = st.lists(WORDS.map(lambda words: f"The {words}."), max_size=3).map("\n\n".join)


@st.composite
def documents(draw) -> Document:
    """Small standards whose clauses all have a heading."""
    clauses: list[Clause] = []
    for at in range(draw(st.integers(1, 8))):
        last = clauses[-1:]
        above = {None: 0} | {c.id: 0 for c in last} | {c.parent: 0 for c in last}
        parent = draw(st.sampled_from(sorted(above, key=str)))
        level = draw(st.sampled_from([Level.CRITERION, Level.SECTION, Level.GUIDANCE, Level.ANNEX]))
        text = ClauseText(heading=draw(WORDS), body=draw(BODIES), level=level)
        clauses.append(Clause(UUID(int=at + 1), text, parent))
    scheme = draw(st.sampled_from([Scheme.DECIMAL, Scheme.PRINCIPLES]))
    return numbered(Document("Gold of the title", "en", scheme, tuple(clauses)))


@given(documents())
@settings(max_examples=60, deadline=None)
def test_whatever_is_written_is_read_back(document: Document) -> None:
    assert read_back(document) == [as_read(clause) for clause in document]


def _words(body: str) -> list[str]:
    """The words without Markdown's signs and footnotes' names."""
    return re.findall(r"\w+", re.sub(r"\[\^[^\]]*\]", "", body))
