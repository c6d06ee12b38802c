"""A Word draft arrives as clauses, and no word of it is lost."""

import csv
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from standards.document import Imported, Level, Modality, Scheme
from standards.exchange.docx import read
from tests.standards.exchange.docx.word_file import (
    deleted,
    inserted,
    levels,
    paragraph,
    run,
    table,
    word_file,
)

CORPUS = Path(os.environ.get("BARAZA_CORPORA", "/nowhere"))
needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="BARAZA_CORPORA does not point to the corpora")


def imported(body: str, **parts: str) -> Imported:
    return read(word_file(body, extra=None, **parts), "draft.docx")


def outline(found: Imported) -> list[tuple[str, str, str]]:
    return [(c.text.declared_number, c.text.heading, c.text.body) for c in found.clauses]


class TestHeadings:
    def test_headings_make_a_tree_in_any_language_of_style(self) -> None:
        found = imported(
            paragraph("Scope", style="Titre1") + paragraph("Where", style="Titre2") + paragraph("Here.")
        )

        assert [(c.text.heading, c.parent, c.text.body) for c in found.clauses] == [
            ("Scope", None, ""), ("Where", "c1", "Here."),
        ]  # fmt: skip
        assert found.scheme is Scheme.DECIMAL

    def test_typed_numbers_are_declared(self) -> None:
        body = (
            paragraph("4 Mercury", style="Titre1")
            + paragraph("4.1 Retorts shall be used.")
            + paragraph("Always.")
        )

        found = imported(body)

        assert outline(found) == [("4", "Mercury", ""), ("4.1", "", "Retorts shall be used.\n\nAlways.")]
        assert found.clauses[1].text.modality is Modality.REQUIREMENT
        assert found.scheme is Scheme.DECLARED

    def test_a_quantity_is_no_number(self) -> None:
        assert outline(imported(paragraph("2.5 kg of ore is a load."))) == [
            ("", "", "2.5 kg of ore is a load.")
        ]

    def test_automatic_numbers_are_declared_on_headings_and_paragraphs(self) -> None:
        body = paragraph("Water", style="Titre1", num=(1, 0)) + paragraph("It shall be clean.", num=(1, 1))

        found = imported(body, numbering=levels("%1", "%1.%2"))

        assert outline(found) == [("1", "Water", ""), ("1.1", "", "It shall be clean.")]

    def test_annexes_articles_and_principles(self) -> None:
        body = "".join(
            paragraph(text, style="Titre1")
            for text in ("Annex A Forms", "Article 5 – Duties", "Principle 1: Legality")
        )

        found = imported(body)

        assert [(c.text.declared_number, c.text.heading, c.text.level) for c in found.clauses] == [
            ("Annex A", "Forms", Level.ANNEX),
            ("Article 5", "Duties", Level.SECTION),
            ("Principle 1", "Legality", Level.PRINCIPLE),
        ]

    def test_the_title_comes_from_its_style(self) -> None:
        found = imported(paragraph("Gold Standard", style="Title") + paragraph("Scope", style="Titre1"))

        assert (found.title, outline(found)) == ("Gold Standard", [("", "Scope", "")])


class TestTables:
    def test_each_row_of_a_requirement_table_is_a_clause(self) -> None:
        found = imported(paragraph("Water", style="Titre1") + table(
            ["#", "Description", "L1"], ["1.1", "Water shall be tested.", "x"],
            ["1.2", "It may be reused.", ""],
        ))  # fmt: skip

        rows = found.clauses[1:]
        assert [(c.text.declared_number, c.text.body, c.text.level) for c in rows] == [
            ("1.1", "Water shall be tested.", Level.CRITERION),
            ("1.2", "It may be reused.", Level.CRITERION),
        ]
        assert [dict(c.text.attributes.extra) for c in rows] == [{"L1": "x"}, {}]

    def test_other_tables_stay_tables(self) -> None:
        found = imported(table(["Site", "Grams"], ["Geita", "a|b"]))

        assert found.clauses[0].text.body == "| Site | Grams |\n| --- | --- |\n| Geita | a\\|b |"


class TestText:
    def test_lists_nest(self) -> None:
        numbering = levels("%1.", "%2)", formats=("decimal", "lowerLetter"))
        body = paragraph("one", num=(1, 0)) + paragraph("deep", num=(1, 1)) + paragraph("two", num=(1, 0))

        found = imported(body, numbering=numbering)

        assert found.clauses[0].text.body == "1. one\n   - a) deep\n2. two"

    def test_bold_italics_links_and_code_are_kept(self) -> None:
        body = paragraph(raw=run("must", "<w:b/>") + run(" not", "<w:i/>") + run(" use ")
                         + f'<w:hyperlink r:id="web">{run("this")}</w:hyperlink> '
                         + run("x", '<w:rFonts w:ascii="Consolas"/>'))  # fmt: skip

        assert imported(body).clauses[0].text.body == "**must** *not* use [this](https://example.org/a)`x`"

    @pytest.mark.parametrize(
        ("text", "written"),
        [
            ("a*b", "a\\*b"),
            ("# no heading", "\\# no heading"),
            ("1. no list", "1\\. no list"),
            ("&lt;script>", "\\<script>"),
            ("snake_case", "snake_case"),
            ("[DELETED]", "[DELETED]"),
            ("[a](b)", "\\[a](b)"),
        ],
    )
    def test_what_markdown_would_read_otherwise_is_escaped(self, text: str, written: str) -> None:
        assert imported(paragraph(text)).clauses[0].text.body == written

    def test_footnotes_stand_in_the_clause_that_refers_to_them(self) -> None:
        body = paragraph("Gold.", raw='<w:r><w:footnoteReference w:id="2"/></w:r>') + paragraph(
            "Next", style="Titre1"
        )
        notes = f'<w:footnote w:id="2">{paragraph("Or silver.")}</w:footnote>'

        found = imported(body, footnotes=notes)

        assert found.clauses[0].text.body == "Gold.[^1]\n\n[^1]: Or silver."

    def test_notes_and_definitions_have_their_level(self) -> None:
        body = (
            paragraph("3 Terms and definitions", style="Titre1")
            + paragraph("3.1 tailings", style="Titre2")
            + paragraph("what is left")
            + paragraph("NOTE 1 Also called waste.")
        )

        levels_ = [(c.text.level, c.text.heading, c.text.body) for c in imported(body).clauses]

        assert levels_[1:] == [
            (Level.DEFINITION, "tailings", "what is left"),
            (Level.NOTE, "NOTE 1", "Also called waste."),
        ]

    def test_terms_with_their_meaning_are_definitions(self) -> None:
        body = (
            paragraph("Glossary", style="Titre1")
            + paragraph("mercury: a metal")
            + paragraph("gold – another")
        )

        assert [
            (c.text.level, c.text.heading, c.text.body, c.parent) for c in imported(body).clauses[1:]
        ] == [
            (Level.DEFINITION, "mercury", "a metal", "c1"),
            (Level.DEFINITION, "gold", "another", "c1"),
        ]

    def test_a_note_followed_by_more_text_stays_in_place(self) -> None:
        body = paragraph("One", style="Titre1") + paragraph("NOTE Small.") + paragraph("More text.")

        assert outline(imported(body)) == [("", "One", "NOTE: Small.\n\nMore text.")]

    def test_tracked_changes_are_read_as_accepted_and_named(self) -> None:
        found = imported(paragraph("It ", raw=deleted("may") + inserted("shall")))

        assert found.clauses[0].text.body == "It shall"
        assert any("2 tracked changes" in finding.message for finding in found.findings)


def kept_words(found: Imported) -> Counter[str]:
    texts = [found.title, *(finding.message for finding in found.findings)]
    for clause in found.clauses:
        text = clause.text
        texts += [text.declared_number, text.heading, text.body.replace("\\", "")]
        texts += [*text.attributes.extra, *text.attributes.extra.values()]
    return Counter(re.findall(r"\w+", " ".join(texts)))


@needs_corpus
@pytest.mark.parametrize("path", sorted((CORPUS / "docx").glob("*/*.docx")), ids=lambda path: path.stem)
def test_every_word_of_the_source_is_in_a_clause_or_a_finding(path: Path) -> None:
    found = read(path.read_bytes(), path.name)

    kept = kept_words(found)

    assert [word for word in re.findall(r"\w+", found.source_text) if word not in kept] == []


@needs_corpus
def test_all_requirements_of_a_real_standard_arrive_with_their_ids() -> None:
    with (CORPUS / "standards/asvs/asvs-4.0.3-en.csv").open(encoding="utf-8") as lines:
        published = {
            row["req_id"].removeprefix("V"): words(row["req_description"]) for row in csv.DictReader(lines)
        }

    found = read((CORPUS / "docx/asvs/asvs-4.0.3-en.docx").read_bytes(), "asvs.docx")

    rows = {c.text.declared_number: c.text for c in found.clauses if c.text.declared_number in published}
    assert {number: words(text.body) for number, text in rows.items()} == published
    assert {text.level for text in rows.values()} == {Level.CRITERION}


def words(markdown: str) -> list[str]:
    return re.findall(r"[^\W_]+", re.sub(r"\]\([^)]*\)", "", markdown))
