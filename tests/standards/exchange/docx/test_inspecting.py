"""Both sides of tracked changes, automatic numbers, and comments."""

import os
from pathlib import Path

import pytest

from standards.exchange.docx import inspect
from tests.standards.exchange.docx.word_file import (
    deleted,
    inserted,
    levels,
    paragraph,
    run,
    table,
    word_file,
)

CORPUS = Path(os.environ.get("BARAZA_CORPORA", "/nowhere"), "docx")
needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="BARAZA_CORPORA does not point to the corpora")


def sides(body: str) -> list[tuple[str | None, str | None]]:
    return [(p["original"], p["accepted"]) for p in inspect(word_file(body))["paragraphs"]]


def cell(properties: str) -> str:
    """A table of one cell with these properties."""
    return f"<w:tbl><w:tr><w:tc><w:tcPr>{properties}</w:tcPr>{paragraph('x')}</w:tc></w:tr></w:tbl>"


NUMBERED = "<w:p><w:pPr><w:numPr><w:numId w:val='1'/><w:ins w:id='1'/></w:numPr></w:pPr></w:p>"


class TestSides:
    def test_inserted_and_deleted_words(self) -> None:
        body = paragraph("The miner ", raw=deleted("should") + inserted("shall") + run(" keep records."))

        assert sides(body) == [("The miner should keep records.", "The miner shall keep records.")]

    def test_a_deleted_paragraph_mark_joins_the_next_paragraph(self) -> None:
        body = paragraph("One ", mark="del") + paragraph("two")

        assert sides(body) == [("One ", None), ("two", "One two")]

    def test_an_inserted_paragraph_is_missing_from_the_original(self) -> None:
        body = paragraph("Kept.") + paragraph(mark="ins", raw=inserted("New.")) + paragraph("End.")

        assert sides(body) == [("Kept.", "Kept."), (None, "New."), ("End.", "End.")]

    def test_rows_deleted_or_inserted_exist_on_one_side(self) -> None:
        removed = table(["a"], properties='<w:trPr><w:del w:id="1" w:author="B"/></w:trPr>')
        added = table(["b"], properties='<w:trPr><w:ins w:id="1" w:author="B"/></w:trPr>')

        assert sides(removed + added) == [("a", None), (None, "b")]

    def test_fields_show_their_result_and_never_their_code(self) -> None:
        begin, separate, end = (
            f'<w:r><w:fldChar w:fldCharType="{step}"/></w:r>' for step in ("begin", "separate", "end")
        )
        code = "<w:r><w:instrText>PAGE</w:instrText></w:r>"
        body = paragraph(raw=begin + code + separate + run("7") + end)

        assert sides(body) == [("7", "7")]

    def test_a_field_that_never_ends_swallows_nothing(self) -> None:
        body = paragraph(raw='<w:r><w:fldChar w:fldCharType="begin"/></w:r>') + paragraph("Still here.")

        assert sides(body)[1] == ("Still here.", "Still here.")

    def test_alternate_content_is_read_once(self) -> None:
        choice = '<mc:Choice Requires="wps"><w:t>once</w:t></mc:Choice>'
        fallback = "<mc:Fallback><w:t>once</w:t></mc:Fallback>"
        body = paragraph(raw=f"<w:r><mc:AlternateContent>{choice}{fallback}</mc:AlternateContent></w:r>")

        assert sides(body) == [("once", "once")]

    def test_a_text_box_follows_the_paragraph_that_holds_it(self) -> None:
        box = f"<w:r><w:pict><w:txbxContent>{paragraph('in the box')}</w:txbxContent></w:pict></w:r>"

        assert [accepted for _, accepted in sides(paragraph("before", raw=box))] == ["before", "in the box"]


class TestChanges:
    def test_each_change_has_kind_author_date_text_and_paragraph(self) -> None:
        found = inspect(word_file(paragraph("A") + paragraph(raw=inserted("new"))))["changes"]

        assert found == [
            {
                "kind": "insert",
                "author": "Amina",
                "date": "2026-01-02T03:04:05Z",
                "text": "new",
                "paragraph": 1,
            }
        ]

    @pytest.mark.parametrize(
        ("body", "kinds"),
        [
            (paragraph(raw="<w:moveFrom w:id='1'><w:r><w:t>x</w:t></w:r></w:moveFrom>"), ["move_from"]),
            (paragraph(raw="<w:moveTo w:id='1'><w:r><w:t>x</w:t></w:r></w:moveTo>"), ["move_to"]),
            (paragraph(raw=run("x", "<w:b/><w:rPrChange w:id='1'><w:rPr/></w:rPrChange>")), ["format"]),
            (table(["x"], properties="<w:trPr><w:ins w:id='1'/></w:trPr>"), ["row_insert"]),
            (table(["x"], properties="<w:trPr><w:del w:id='1'/></w:trPr>"), ["row_delete"]),
            (cell("<w:cellIns w:id='1'/>"), ["cell_insert"]),
            (cell("<w:cellDel w:id='1'/>"), ["cell_delete"]),
            (NUMBERED, ["numbering"]),
        ],
    )  # fmt: skip
    def test_kinds(self, body: str, kinds: list[str]) -> None:
        assert [change["kind"] for change in inspect(word_file(body))["changes"]] == kinds


class TestNumbers:
    def test_levels_count_and_restart_below_a_higher_one(self) -> None:
        body = "".join(paragraph("x", num=(1, level)) for level in (0, 1, 1, 0, 1))

        found = inspect(word_file(body, numbering=levels("%1", "%1.%2")))["paragraphs"]

        assert [p["number"] for p in found] == ["1", "1.1", "1.2", "2", "2.1"]

    def test_letters_and_romans(self) -> None:
        body = "".join(paragraph("x", num=(1, level)) for level in (0, 0, 1, 1))
        numbering = levels("%1)", "(%2)", formats=("lowerLetter", "lowerRoman"))

        found = inspect(word_file(body, numbering=numbering))["paragraphs"]

        assert [p["number"] for p in found] == ["a)", "b)", "(i)", "(ii)"]

    def test_a_list_with_its_own_start_begins_anew(self) -> None:
        body = "".join(paragraph("x", num=(num, 0)) for num in (1, 1, 2, 2))

        found = inspect(word_file(body, numbering=levels("%1.")))["paragraphs"]

        assert [p["number"] for p in found] == ["1.", "2.", "1.", "2."]

    def test_bullets_have_no_number(self) -> None:
        numbering = levels("•", formats=("bullet",))

        found = inspect(word_file(paragraph("x", num=(1, 0)), numbering=numbering))["paragraphs"]

        assert found[0]["number"] is None

    def test_a_deleted_paragraph_does_not_move_the_count(self) -> None:
        gone = paragraph(num=(1, 0), mark="del", raw=deleted("gone"))
        body = paragraph("a", num=(1, 0)) + gone + paragraph("b", num=(1, 0))

        found = inspect(word_file(body, numbering=levels("%1.")))["paragraphs"]

        assert [(p["accepted"], p["number"]) for p in found] == [("a", "1."), (None, "2."), ("b", "2.")]


class TestComments:
    def test_a_reply_names_its_parent_and_a_settled_one_is_resolved(self) -> None:
        starts = '<w:commentRangeStart w:id="0"/><w:commentRangeStart w:id="1"/>'
        ends = '<w:commentRangeEnd w:id="0"/><w:commentRangeEnd w:id="1"/>'
        body = paragraph("On ", raw=starts + run("mercury") + ends)
        comments = "".join(
            f'<w:comment w:id="{n}" w:author="Juma"><w:p w14:paraId="P{n}">{run(text)}</w:p></w:comment>'
            for n, text in enumerate(("Why?", "Because."))
        )
        threads = '<w15:commentEx w15:paraId="P0" w15:done="1"/>'
        threads += '<w15:commentEx w15:paraId="P1" w15:paraIdParent="P0"/>'
        data = word_file(body, comments=comments, commentsExtended=threads)

        found = inspect(data)["comments"]

        assert [(c["text"], c["anchor"], c["parent"], c["resolved"]) for c in found] == [
            ("Why?", "mercury", None, True),
            ("Because.", "mercury", "0", False),
        ]


def pairs() -> list[tuple[Path, str]]:
    found = []
    for path in sorted((CORPUS / "openxml-powertools").glob("RP*.docx")):
        for ending, side in (("-Accepted", "accepted"), ("-Rejected", "original")):
            if path.with_name(path.stem + ending + ".docx").exists():
                found.append((path, side))
    return found


@needs_corpus
@pytest.mark.parametrize(("path", "side"), pairs(), ids=lambda value: getattr(value, "stem", value))
def test_a_side_reads_as_word_leaves_it_after_accepting_or_rejecting_all(path: Path, side: str) -> None:
    ending = "-Accepted" if side == "accepted" else "-Rejected"
    settled = inspect(path.with_name(path.stem + ending + ".docx").read_bytes(), path.name)["paragraphs"]

    found = inspect(path.read_bytes(), path.name)["paragraphs"]

    assert [p[side] for p in found if p[side] is not None] == [p["accepted"] for p in settled]
