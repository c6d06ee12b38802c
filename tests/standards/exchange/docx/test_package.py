"""What a Word file must not be, and what its sender is told."""

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standards.errors import UnreadableFile
from standards.exchange.docx import inspect, package, read
from tests.standards.exchange.docx.word_file import paragraph, table, word_file


def zipped(**files: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return target.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"%PDF-1.7 ...", "seems to be a PDF"),
        (b"{\\rtf1\\ansi", "rich text"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"just words", "not a Word document"),
        (OLE, "old Word format"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        (b"PK\x03\x04 broken off", "is damaged"),
        (zipped(**{"mimetype": b"x", "content.xml": b"<a/>"}), "OpenDocument"),
        (zipped(**{"photo.jpg": b"x"}), "archive of other files"),
        (word_file("", content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"),  # noqa: E501
         "spreadsheet"),
        (word_file("<w:p>"), "broken off or garbled"),
    ],
)  # fmt: skip
def test_what_is_no_word_file_is_refused_with_its_name_and_a_way_out(data: bytes, said: str) -> None:
    with pytest.raises(UnreadableFile, match=said) as refusal:
        read(data, "draft.docx")

    assert "draft.docx" in str(refusal.value)


def test_a_file_larger_than_we_take_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "LARGEST_FILE", 100)

    with pytest.raises(package.TooLarge):
        read(word_file(paragraph("text")), "draft.docx")


def test_a_zip_bomb_is_refused_by_what_it_declares() -> None:
    bomb = word_file("", extra={"word/media/bomb.xml": bytes(9 * 1024 * 1024)})

    with pytest.raises(package.TooLarge, match="made to harm"):
        read(bomb, "draft.docx")


def test_entities_are_refused() -> None:
    data = zipped(**{"[Content_Types].xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'})

    with pytest.raises(UnreadableFile, match="entities"):
        read(data, "draft.docx")


def test_macros_are_never_read_and_a_finding_says_so() -> None:
    data = word_file(paragraph("The text."), extra={"word/vbaProject.bin": b"Sub AutoOpen()"})

    imported = read(data, "draft.docm")

    assert imported.clauses[0].text.body == "The text."
    assert any("macros" in finding.message for finding in imported.findings)


SOUND = word_file(paragraph("1 Scope", style="Titre1") + table(["#", "Text"], ["1.1", "It shall."]))


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.binary(max_size=200).map(lambda tail: b"PK\x03\x04" + tail)))
def test_no_bytes_raise_anything_but_an_unreadable_file(data: bytes) -> None:
    with pytest.raises(UnreadableFile):
        inspect(data, "noise.docx")


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(SOUND) - 1), st.integers(0, 255), st.booleans())
def test_a_truncated_or_altered_file_is_read_or_refused(at: int, byte: int, is_cut: bool) -> None:
    data = SOUND[:at] if is_cut else SOUND[:at] + bytes([byte]) + SOUND[at + 1 :]

    told = ""
    try:
        read(data, "draft.docx")
    except UnreadableFile as refusal:
        told = str(refusal)

    assert told.endswith("try again.") or (not told and not is_cut)
