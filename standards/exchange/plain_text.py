"""Bytes as text: which encoding a file is in, and what had to be mended."""

import codecs
import re

from standards.document import Finding
from standards.errors import UnreadableFile

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


def decoded(data: bytes) -> tuple[str, list[Finding]]:
    """The text with `\\n` line ends, and findings on anything guessed or taken out.

    UTF-8 and UTF-16 are recognised; anything else is read as Western European
    text (Windows-1252), which a person is asked to look at. Raises UnreadableFile
    for bytes that are no text at all.
    """
    text, findings = _as_text(data)
    if (controls := len(_CONTROLS.findall(text))) > max(8, len(text) // 50):
        raise UnreadableFile(
            "This file is not text: it holds bytes that no letter is written with. "
            "Please send a Word, Markdown or plain text file."
        )
    if controls:
        text = _CONTROLS.sub("", text)
        told = f"{controls} invisible control characters (such as NUL) were taken out"
        findings.append(Finding("note", told))
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n"), findings


def _as_text(data: bytes) -> tuple[str, list[Finding]]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace").lstrip("\ufeff"), []
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError as problem:
        if (unmarked := _utf16_without_mark(data)) is not None:
            return unmarked, [Finding("guessed", "Read as UTF-16, though the file does not say so")]
        line = data.count(b"\n", 0, problem.start) + 1
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    told = "The file is not in UTF-8; it was read as Western European text. Please check the accented letters"
    return text, [Finding("guessed", told, f"line {line}")]


def _utf16_without_mark(data: bytes) -> str | None:
    zeros = data[:2000].count(0)
    if len(data) % 2 or zeros < len(data[:2000]) // 4:
        return None
    encoding = "utf-16-le" if data[1:2000:2].count(0) > data[:2000:2].count(0) else "utf-16-be"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None
