"""Two versions as one Word file: rejecting every change gives the old, accepting every change the new."""

import difflib
import json
import os
import shutil
import subprocess
import zipfile
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from standards.diff import compare
from standards.document import Clause, ClauseText, Document, Scheme, in_reading_order
from standards.exchange.docx import inspect
from standards.exchange.docx.package import W
from standards.exchange.docx.redline import write
from standards.exchange.docx.writing import write as write_whole
from standards.numbering import numbered
from tests.standards import trees
from tests.standards.exchange.docx.demonstration import standard

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SETTLE = Path(__file__).parent / "settle_changes.py"


def redline(old: Document, new: Document) -> bytes:
    return write(
        compare(old, new), title=new.title, old_label="1.1", new_label="2.0", author="The committee", now=NOW
    )


def a_document(*bodies: str, heading: str = "Heading", order: tuple[int, ...] = ()) -> Document:
    clauses = [
        Clause(UUID(int=at), ClauseText(heading=f"{heading} {at}", body=body))
        for at, body in enumerate(bodies, start=1)
    ]
    clauses = [clauses[at] for at in order] if order else clauses
    return numbered(Document("Gold", "en", Scheme.DECIMAL, tuple(clauses)))


def texts_of(data: bytes, side: str) -> list[str]:
    """The paragraphs of one side that hold words, title page and contents left out."""
    paragraphs = inspect(data)["paragraphs"]
    front = ("Title", "Subtitle", "Lead")
    return [
        p[side]
        for p in paragraphs
        if p[side] and p["style"] not in front and not (p["style"] or "").lower().startswith("toc")
    ]


def whole(document: Document) -> list[str]:
    return texts_of(write_whole(document, title=document.title, label="1", status=""), "accepted")


def marked(data: bytes) -> Counter[tuple[str, str]]:
    return Counter((change["kind"], change["text"]) for change in inspect(data)["changes"])


class TestBothSides:
    def test_of_the_demonstrations_two_versions(self):
        old, new = standard("1.1"), standard("2.0")

        data = redline(old, new)

        assert texts_of(data, "original") == whole(old)
        assert texts_of(data, "accepted") == whole(new)

    @given(trees.documents(), st.data())
    @settings(max_examples=60, deadline=None)
    def test_of_any_two_versions(self, old: Document, data: st.DataObject):
        new = numbered(_another(old, data))
        old = numbered(old)

        made = redline(old, new)

        assert texts_of(made, "original") == whole(old)
        assert texts_of(made, "accepted") == whole(new)


def _another(old: Document, data: st.DataObject) -> Document:
    """The next version: clauses reworded, withdrawn, new, and in another order."""
    extra = data.draw(trees.documents(schemes=(old.scheme,)))
    shift = {clause.id: UUID(int=clause.id.int + 100) for clause in extra}
    came = [
        replace(c, id=shift[c.id], parent=shift[c.parent] if c.parent else None) for c in extra.clauses[:3]
    ]
    gone = data.draw(st.sets(st.sampled_from([clause.id for clause in old])))
    kept = [clause for clause in old if clause.id not in gone]
    kept_ids = {clause.id for clause in kept}
    kept = [c if c.parent in kept_ids else replace(c, parent=None) for c in kept]
    for at in data.draw(st.sets(st.integers(0, 11))):
        if at < len(kept):
            kept[at] = replace(kept[at], text=data.draw(trees.texts))
    clauses = {clause.id: clause for clause in (*kept, *came)}
    places = data.draw(st.permutations(list(clauses)))
    return old.with_clauses(in_reading_order(clauses, {id_: at for at, id_ in enumerate(places)}))


class TestAReworded:
    def test_clause_has_its_words_marked_one_by_one(self):
        data = redline(a_document("Keep it for five years."), a_document("Keep it for two years."))

        changes = marked(data)

        assert changes["delete", "five"] == 1
        assert changes["insert", "two"] == 1

    def test_emphasis_is_a_change_too(self):
        data = redline(a_document("It shall hold."), a_document("It **shall** hold."))

        assert marked(data)["insert", "shall"] == 1

    def test_list_gains_and_loses_whole_items(self):
        old, new = a_document("For:\n\n1. gold\n2. sand\n3. clay"), a_document("For:\n\n1. gold\n2. clay")

        data = redline(old, new)

        assert marked(data)["delete", "sand"] == 1
        assert texts_of(data, "accepted") == ["Heading 1", "For:", "gold", "clay"]

    def test_table_gains_and_loses_whole_rows(self):
        head = "| Day | Gold |\n|---|---|\n"
        data = redline(
            a_document(f"{head}| Monday | 3 g |\n| Friday | 2 g |"),
            a_document(f"{head}| Monday | 4 g |\n| Saturday, by lamplight | none at all |"),
        )

        kinds = Counter(change["kind"] for change in inspect(data)["changes"])

        assert kinds["row_insert"] == kinds["row_delete"] == 1
        assert marked(data)["delete", "3"] == 1

    def test_footnote_is_changed_in_its_own_words(self):
        old = a_document("Weigh it.[^w]\n\n[^w]: On a balance.")
        new = a_document("Weigh it.[^w]\n\n[^w]: On a good balance.")

        notes = etree.fromstring(
            zipfile.ZipFile(BytesIO(redline(old, new))).read("word/footnotes.xml")
        )  # fmt: skip

        assert ["".join(ins.itertext()).strip() for ins in notes.iter(W + "ins")] == ["good"]


class TestWhatIsNoRewording:
    def test_a_change_of_automatic_numbers_alone_is_not_marked(self):
        before = a_document("One.", "Two.")
        after = numbered(
            before.with_clauses(
                (Clause(UUID(int=9), ClauseText(heading="New", body="Zero.")), *before.clauses)
            )
        )

        changes = marked(redline(before, after))

        assert {text.strip() for _, text in changes} <= {"New", "Zero.", "1.1", "2.0", ""}

    def test_a_moved_clause_is_a_move(self):
        data = redline(
            a_document("One.", "Two.", "Three."), a_document("One.", "Two.", "Three.", order=(2, 0, 1))
        )

        changes = inspect(data)["changes"]

        assert [c["text"] for c in changes if c["kind"] == "move_from"] == ["Heading 3", "Three."]
        assert [c["text"] for c in changes if c["kind"] == "move_to"] == ["Heading 3", "Three."]

    def test_both_ends_of_a_move_bear_one_name(self):
        data = redline(a_document("One.", "Two."), a_document("One.", "Two.", order=(1, 0)))

        document = etree.fromstring(zipfile.ZipFile(BytesIO(data)).read("word/document.xml"))

        away = [el.get(W + "name") for el in document.iter(W + "moveFromRangeStart")]
        back = [el.get(W + "name") for el in document.iter(W + "moveToRangeStart")]
        assert away == back
        assert len(away) == 1


def test_every_change_is_signed_and_has_an_id_of_its_own():
    data = redline(standard("1.1"), standard("2.0"))

    document = etree.fromstring(zipfile.ZipFile(BytesIO(data)).read("word/document.xml"))

    kinds = ("ins", "del", "moveFrom", "moveTo", "moveFromRangeStart", "moveToRangeStart")
    changes = [element for kind in kinds for element in document.iter(W + kind)]
    ids = [element.get(W + "id") for element in changes]
    assert len(ids) == len(set(ids)) > 100
    assert {element.get(W + "author") for element in changes} == {"The committee"}


def test_the_same_comparison_gives_the_same_bytes():
    assert redline(standard("1.1"), standard("2.0")) == redline(standard("1.1"), standard("2.0"))


def _python_of_libreoffice() -> str:
    """A Python that can speak to LibreOffice; "" where there is none."""
    for python in ("/usr/bin/python3", "python3"):
        asked = [python, "-c", "import uno"]
        if shutil.which(python) and subprocess.run(asked, capture_output=True, check=False).returncode == 0:
            return python
    return ""


@pytest.mark.parametrize(
    ("act", "version"), [("RejectAllTrackedChanges", "1.1"), ("AcceptAllTrackedChanges", "2.0")]
)
def test_libreoffice_settles_the_changes_as_we_mean_them(act: str, version: str, tmp_path: Path) -> None:
    python = _python_of_libreoffice() if shutil.which("soffice") else ""
    if not python:
        pytest.skip(
            "LibreOffice with its Python is not installed: apt-get install libreoffice-writer python3-uno"
        )
    file = tmp_path / "redline.docx"
    file.write_bytes(redline(standard("1.1"), standard("2.0")))
    pipe = f"settle{os.getpid()}"
    office = subprocess.Popen(
        ["soffice", f"-env:UserInstallation=file://{tmp_path}/office", "--headless", "--norestore",
         f"--accept=pipe,name={pipe};urp"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        done = subprocess.run(
            [python, str(SETTLE), pipe, str(file), act],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
    finally:
        office.terminate()
        office.wait(30)

    settled = json.loads(done.stdout)
    found = [text for text in settled["texts"] if text.strip()][2:]
    expected = whole(standard(version))
    assert settled["left"] == 0
    assert found == expected, "\n".join(difflib.unified_diff(expected, found, lineterm="", n=0))
