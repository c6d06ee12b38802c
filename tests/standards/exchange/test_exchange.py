import io
import json
import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given

from standards.document import Clause, Document, ImportedClause, Level, Modality, Scheme
from standards.errors import UnreadableFile
from standards.exchange import check_nothing_lost, html, json_text, jsonl, markdown_export, read_file
from standards.exchange.trees import counted
from standards.numbering import numbered
from tests.standards.trees import documents

CASES = Path(__file__).parents[1] / "cases" / "import_markdown.md"


def cases() -> Iterator[tuple[str, str, str]]:
    written = re.findall(r"^([^\n]+)\n\.\n(.*?)\n\.\n(.*?)\n\.$", CASES.read_text(), re.DOTALL | re.MULTILINE)
    yield from written


def outline(clauses: tuple[ImportedClause, ...], scheme: Scheme) -> str:
    depths: dict[str | None, int] = {None: -1}
    lines = []
    for clause, number in zip(clauses, counted(clauses, scheme), strict=True):
        depths[clause.key] = depths[clause.parent] + 1
        text, extra = clause.text, clause.text.attributes.extra
        line = f"{text.level.value} {number} {text.heading} | " + text.body.replace("\n", "⏎")
        columns = f" [{', '.join(f'{name}={value}' for name, value in extra.items())}]" if extra else ""
        lines.append(("  " * depths[clause.key] + line + columns).rstrip())
    return "\n".join(lines)


@pytest.mark.parametrize(("written", "expected"), [pytest.param(*case[1:], id=case[0]) for case in cases()])
def test_markdown_as_clauses(written: str, expected: str) -> None:
    imported = read_file(written.encode(), "case.md")

    assert outline(imported.clauses, imported.scheme) == expected
    assert check_nothing_lost(imported) == []


class TestNothingLost:
    def test_missing_words_are_named_with_their_line(self) -> None:
        imported = read_file(b"## Water\n\nKeep the river clean.\n", "a.md")
        kept = [clause for clause in imported.clauses if clause.text.heading != "Water"]

        lost = check_nothing_lost(
            type(imported)("", "en", imported.scheme, tuple(kept), (), imported.source_text)
        )

        assert [(finding.kind, finding.where) for finding in lost] == [("lost", "line 1"), ("lost", "line 2")]
        assert "keep the river clean" in lost[1].message


def a_zip(*names: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name in names:
            archive.writestr(name, "")
    return written.getvalue()


class TestRefusals:
    @pytest.mark.parametrize(
        ("data", "name", "said"),
        [
            (b"", "a.md", "is empty"),
            (b"  \n", "a.md", "is empty"),
            (b"%PDF-1.7", "a.docx", "a PDF"),
            (b"\xd0\xcf\x11\xe0\xa1", "a.docx", "locked with a password"),
            (a_zip("xl/workbook.xml"), "a.docx", "a spreadsheet"),
            (a_zip("notes.txt"), "a.zip", "an archive"),
            (b"PK\x03\x04 cut off", "a.docx", "damaged"),
            (b"<!DOCTYPE html><p>x", "a.md", "a web page"),
            (b'<?xml version="1.0"?><akomaNtoso/>', "a.xml", "Akoma Ntoso"),
            (b"a,b\n1,2", "a.csv", "CSV"),
            (b"\x00\x01\x02\x03\x04" * 20, "a.md", "not text"),
            (b'{"catalog": {}}', "a.json", "OSCAL"),
            (b'{"clauses": [{"id": "x"}]}', "a.json", "clause 1: “body”"),
            (b'{"clauses": [', "a.json", "not whole JSON"),
        ],
    )
    def test_what_cannot_be_read_is_named(self, data: bytes, name: str, said: str) -> None:
        with pytest.raises(UnreadableFile, match=re.escape(said)):
            read_file(data, name)


class TestEncodings:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
    def test_unicode_is_recognised(self, encoding: str) -> None:
        imported = read_file("## Eau minérale\n\nPropre.".encode(encoding), "a.md")

        assert imported.clauses[0].text.heading == "Eau minérale"

    def test_other_text_is_read_as_western_european_and_told(self) -> None:
        imported = read_file("## Eau minérale".encode("latin-1"), "a.md")

        assert imported.clauses[0].text.heading == "Eau minérale"
        assert [finding.kind for finding in imported.findings] == ["guessed"]

    def test_nul_bytes_are_taken_out_and_told(self) -> None:
        imported = read_file(b"## Wa\x00ter", "a.md")

        assert imported.clauses[0].text.heading == "Water"
        assert "NUL" in imported.findings[0].message


def a_line(**fields: object) -> str:
    return json.dumps({"id": "a", "number": "1", "title": "T", "text": "x", **fields})


class TestClauseLines:
    def test_parents_are_found_by_id_number_or_title(self) -> None:
        lines = [
            a_line(id="a", number="1", title="One"),
            a_line(id="b", number="1.1", title="By title", parents=["One"]),
            a_line(id="c", number="1.2", title="By number", parents=["1"]),
            a_line(id="d", number="1.2.1", title="By id", parents=["a", "c"]),
        ]

        imported = read_file("\n".join(lines).encode(), "clauses.jsonl")

        assert [(clause.anchor, clause.parent) for clause in imported.clauses] == [
            ("a", None),
            ("b", "a"),
            ("c", "a"),
            ("d", "c"),
        ]
        assert imported.scheme is Scheme.DECIMAL

    def test_a_title_shared_by_clauses_is_their_section(self) -> None:
        lines = [
            a_line(id=number, number=number, title="V1.1 Life", parents=["V1 All"]) for number in ("7", "9")
        ]

        imported = read_file("\n".join(lines).encode(), "clauses.jsonl")

        assert [clause.text.heading for clause in imported.clauses] == ["All", "Life", "", ""]
        assert check_nothing_lost(imported) == []

    def test_every_broken_line_is_named_and_nothing_taken(self) -> None:
        lines = [a_line(), "{broken", '{"id": "b"}', "[]", a_line(id=""), a_line()]

        with pytest.raises(jsonl.BrokenLines) as refusal:
            read_file("\n".join(lines).encode(), "clauses.jsonl")

        assert [problem.split(":")[0] for problem in refusal.value.problems] == [
            f"line {n}" for n in range(2, 7)
        ]
        assert "already that of line 1" in str(refusal.value)

    def test_what_was_written_is_read_again_under_the_same_ids(self) -> None:
        document = _as_document(b"## Water {#water}\n\nClean.\n\n### Wells\n\nDeep.", "a.md")

        again = read_file(jsonl.export(document), "a.jsonl")

        assert [(c.anchor, c.parent, c.text.heading, c.text.body) for c in again.clauses] == [
            ("water", None, "Water", "Clean."),
            (str(UUID(int=2)), "water", "Wells", "Deep."),
        ]

    def test_a_circle_is_refused(self) -> None:
        lines = [a_line(id="a", parents=["b"], title=""), a_line(id="b", number="2", parents=["a"], title="")]

        with pytest.raises(UnreadableFile, match="under itself"):
            read_file("\n".join(lines).encode(), "clauses.jsonl")


class TestOurJson:
    @given(documents())
    def test_reading_what_was_written_gives_the_same_clauses(self, document: Document) -> None:
        document = numbered(document)

        written = json_text.export(document, standard="gold", label="1", status="draft", hash="h")
        imported = read_file(written, "gold.json")

        assert [(clause.anchor, clause.parent, clause.text) for clause in imported.clauses] == [
            (str(clause.id), str(clause.parent) if clause.parent else None, clause.text)
            for clause in document
        ]
        assert counted(imported.clauses, imported.scheme) == [clause.number for clause in document]

    def test_the_shape_is_the_one_other_programs_lean_on(self) -> None:
        document = _as_document(b"## Water\n\nThe operator shall measure.", "a.md")

        version = json.loads(json_text.export(document, standard="s", label="1", status="draft", hash="h"))

        assert list(version) == ["standard", "label", "status", "hash", "language", "clauses"]
        assert list(version["clauses"][0]) == [
            *("id", "number", "parent", "level", "modality", "grade"),
            *("heading", "body", "attributes", "parameters"),
        ]
        assert version["clauses"][0]["modality"] == Modality.REQUIREMENT


def _as_document(data: bytes, name: str) -> Document:
    imported = read_file(data, name)
    ids = {clause.key: UUID(int=at) for at, clause in enumerate(imported.clauses, start=1)}
    tree = [Clause(ids[c.key], c.text, ids.get(c.parent or ""), anchor=c.anchor) for c in imported.clauses]
    return numbered(Document(imported.title, imported.language, imported.scheme, tuple(tree)))


class TestPages:
    def test_a_page_stands_alone(self) -> None:
        document = _as_document(
            b"## Water & <wells>\n\nShall.[^1]\n\n[^1]: Yes.\n\n### Deep\n\nMay.[^1]", "a.md"
        )

        page = html.export(document, label="2", status="draft").decode()

        assert "Water &amp; &lt;wells&gt;" in page
        assert not re.search(r"<(?:script|link|img)|\ssrc=", page)
        ids = re.findall(r'\sid="([^"]+)"', page)
        assert len(ids) == len(set(ids))

    def test_markdown_comes_back_as_the_same_outline(self) -> None:
        document = _as_document(b"## Water\n\nMay.[^1]\n\n[^1]: Yes.\n\n### Deep\n\nShall.", "a.md")

        again = read_file(markdown_export.export(document, label="2"), "a.md")

        assert [(c.text.heading, c.text.level) for c in again.clauses] == [
            ("Water", Level.SECTION),
            ("Deep", Level.SECTION),
        ]


def real_files() -> list[Path]:
    corpora = os.environ.get("BARAZA_CORPORA")
    if not corpora:
        return []
    root = Path(corpora)
    return sorted([*root.glob("standards/*/*.md"), *root.glob("**/*clauses*.jsonl")])


@pytest.mark.skipif(not real_files(), reason="BARAZA_CORPORA does not name a folder of real standards")
@pytest.mark.parametrize("path", [pytest.param(path, id=path.name) for path in real_files()])
def test_no_word_of_a_real_standard_is_lost(path: Path) -> None:
    imported = read_file(path.read_bytes(), path.name)

    assert imported.clauses
    assert check_nothing_lost(imported) == []
