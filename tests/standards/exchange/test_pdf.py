"""A standard as PDF."""

import re
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given, settings

from standards.document import Clause, ClauseText, Document, Scheme
from standards.exchange.pdf import write
from standards.numbering import numbered
from tests.standards import trees
from tests.standards.exchange.docx.demonstration import standard

FROZEN = datetime(2026, 3, 2, tzinfo=UTC)


def written(document: Document) -> bytes:
    return write(document, title=document.title, label="2.0", status="consultation", frozen_on=FROZEN)


def a_document(body: str, *, heading: str = "Capture", language: str = "en") -> Document:
    return numbered(
        Document("Gold", language, Scheme.DECIMAL, (Clause(UUID(int=1), ClauseText(heading, body)),))
    )


def test_the_demonstrations_standard_is_tagged_for_screen_readers():
    data = written(standard("2.0"))

    assert data.startswith(b"%PDF-1.7")
    assert b"/MarkInfo" in data
    assert re.search(rb"pdfuaid:part>1<", data)


def test_the_same_version_gives_the_same_bytes():
    assert written(standard("1.1")) == written(standard("1.1"))


@pytest.mark.parametrize(
    "body",
    [
        "Typst reads #read(\"/etc/passwd\") and $x$ and *stars* and = signs and `#panic()`.",
        "```\n#panic()\n\nmore\n```",
        "| a | b |\n|---|--:|\n| #x | [1] |\n\n1. one\n\n   more\n   - two",
        "Weigh it.[^w] Again.[^w]\n\n[^w]: On a *balance*.\n\n    And twice.",
        "Term\n: What it means\n\n---\n\n> Said",
    ],
)  # fmt: skip
def test_no_text_is_read_as_a_command(body: str):
    assert written(a_document(body)).startswith(b"%PDF")


@pytest.mark.parametrize("language", ["ar", "sw", "xx-unheard", ""])
def test_any_language_is_written(language: str):
    assert written(a_document("الزئبق لا يُحرق.", language=language)).startswith(b"%PDF")


def test_a_character_without_a_font_leaves_a_gap_and_not_an_error():
    assert written(a_document("A letter nobody draws: \U000e0fff.")).startswith(b"%PDF")


def test_clauses_without_a_heading_skip_no_level_of_headings():
    clauses = (
        Clause(UUID(int=1), ClauseText("Mercury", "")),
        Clause(UUID(int=2), ClauseText("", "No heading."), UUID(int=1)),
        Clause(UUID(int=3), ClauseText("Retorts", ""), UUID(int=2)),
    )

    assert b"pdfuaid" in written(numbered(Document("Gold", "en", Scheme.DECIMAL, clauses)))


@given(trees.documents())
@settings(max_examples=15, deadline=None)
def test_whatever_a_standard_holds_is_written(document: Document) -> None:
    assert written(numbered(document)).startswith(b"%PDF")
