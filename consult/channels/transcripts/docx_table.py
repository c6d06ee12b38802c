"""Word transcripts: a table of time, speaker and text, or paragraphs with the speaker in bold."""

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from lxml import etree

from consult.channels.transcripts.cues import parse_srt
from consult.channels.transcripts.plain import parse_plain
from consult.channels.transcripts.speakers import HEADINGS, could_be_name
from consult.channels.transcripts.timing import CLOCK, seconds
from consult.channels.transcripts.values import Problem, UnreadableTranscript, Utterance

W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
LARGEST: Final = 60_000_000
_HEAD_WORDS = """
speaker name text timestamp start end words comment orateur locuteur nom texte temps hablante orador
nombre texto tiempo falante nome tempo msemaji jina maneno muda
"""
_HEADS = HEADINGS | frozenset(_HEAD_WORDS.split())
_SPAN = re.compile(rf"[\[(]?\s*({CLOCK})\s*[\])]?(?:\s*(?:-->|[-–—])\s*({CLOCK}))?")


@dataclass(frozen=True)
class Paragraph:
    """A paragraph's words, and those of them that stand in bold at its start."""

    text: str
    bold: str


def parse_docx(content: bytes, name: str) -> tuple[list[Utterance], list[Problem]]:
    """One utterance per row, or per turn of speech in the paragraphs."""
    body = _body(content, name)
    tables = [_rows(table) for table in body.iter(f"{W}tbl")]
    spoken = [utterance for table in tables for utterance in _from_table(table)]
    apart = (one for one in body.iter(f"{W}p") if next(one.iterancestors(f"{W}tbl"), None) is None)
    beside = [_paragraph(one) for one in apart]
    if spoken and _length(one.text for one in spoken) >= _length(one.text for one in beside):
        return spoken, _left_out(1, "outside the table", (one.text for one in beside))
    if spoken:
        found, problems = _from_paragraphs(beside)
        if found:
            told = (cell for table in tables for row in table for cell in row)
            return found, [*problems, *_left_out(1, "in a table", told)]
        return spoken, _left_out(1, "outside the table", (one.text for one in beside))
    return _from_paragraphs([_paragraph(one) for one in body.iter(f"{W}p")])


def _length(texts: Iterable[str]) -> int:
    return sum(map(len, texts))


def _left_out(line: int, where: str, texts: Iterable[str]) -> list[Problem]:
    words = " ".join(" ".join(texts).split())
    return [Problem(line, f"words {where} were left out: {words[:60]}")] if words else []


def _from_paragraphs(paragraphs: Sequence[Paragraph]) -> tuple[list[Utterance], list[Problem]]:
    lines = [line for paragraph in paragraphs for line in _as_lines(paragraph)]
    if sum("-->" in line for line in lines) > 0:
        return parse_srt(lines, speaker_line=True)
    return parse_plain(lines)


def _body(content: bytes, name: str) -> etree._Element:
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            part = archive.getinfo("word/document.xml")
            if part.file_size > LARGEST:
                raise UnreadableTranscript(
                    name, "this Word file unpacks to more than 60 MB; save the text alone and try again"
                )
            xml = archive.read(part)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
        return etree.fromstring(xml, parser)
    except (
        zipfile.BadZipFile,
        KeyError,
        etree.XMLSyntaxError,
        RuntimeError,
        NotImplementedError,
        OSError,
        EOFError,
        ValueError,
    ) as error:
        raise UnreadableTranscript(
            name, "this is not a Word file that can be opened; save it again as .docx without a password"
        ) from error
    except Exception as error:
        # zipfile lets zlib.error and struct.error through when a member is damaged.
        if type(error).__name__ != "error":
            raise
        raise UnreadableTranscript(name, "this Word file is damaged; save it again as .docx") from error


def _paragraph(element: etree._Element) -> Paragraph:
    text, bold = "", ""
    leading = True
    for run in element.iter(f"{W}r"):
        words = "".join(_words(run))
        leading = leading and (_is_bold(run) or not words.strip())
        if leading:
            bold += words
        text += words
    return Paragraph(text, bold)


def _words(run: etree._Element) -> Iterator[str]:
    for child in run:
        if child.tag == f"{W}t":
            yield child.text or ""
        elif child.tag == f"{W}tab":
            yield "\t"
        elif child.tag in {f"{W}br", f"{W}cr"}:
            yield "\n"


def _is_bold(run: etree._Element) -> bool:
    mark = run.find(f"{W}rPr/{W}b")
    return mark is not None and mark.get(f"{W}val", "true") not in {"0", "false", "off", "none"}


def _as_lines(paragraph: Paragraph) -> list[str]:
    """The paragraph as lines of a plain transcript, a bold speaker given the colon it went without."""
    bold = paragraph.bold.strip()
    clean = bold.rstrip(":").strip()
    has_own_mark = ":" in paragraph.text[: len(paragraph.bold) + 2] or "\n" in bold
    if bold and bold != paragraph.text.strip() and not has_own_mark and could_be_name(clean):
        rest = paragraph.text[len(paragraph.bold) :].strip()
        if _SPAN.fullmatch(rest.partition("\n")[0]):
            # Teams writes name, time and words into one paragraph.
            return [f"{clean}  {rest.partition(chr(10))[0]}", *rest.split("\n")[1:]]
        return f"{clean}: {rest}".split("\n")
    if (
        bold
        and bold == paragraph.text.strip()
        and could_be_name(clean)
        and len(clean.split()) <= 5
        and ":" not in bold
    ):
        return [f"{clean}:"]
    return paragraph.text.split("\n")


def _rows(table: etree._Element) -> list[list[str]]:
    return [
        [
            " ".join(" ".join(_paragraph(p).text for p in cell.iter(f"{W}p")).split())
            for cell in row.findall(f"{W}tc")
        ]
        for row in table.iter(f"{W}tr")
    ]


def _from_table(rows: Sequence[Sequence[str]]) -> list[Utterance]:
    """A table's rows as utterances: the column of times, the longest as text, another as speaker."""
    width = max((len(row) for row in rows), default=0)
    if width < 2:
        return []
    padded = [[*row, *[""] * (width - len(row))] for row in rows]
    has_head = all(not cell or _folded_head(cell) for cell in padded[0])
    body = padded[1:] if has_head else padded
    if not body:
        return []
    columns = range(width)
    times = [at for at in columns if _mostly(_SPAN.fullmatch(row[at]) is not None for row in body if row[at])]
    rest = [at for at in columns if at not in times and any(row[at] for row in body)]
    if not rest:
        return []
    words = max(rest, key=lambda at: sum(len(row[at]) for row in body))
    named = next(
        (
            at
            for at in rest
            if at != words and _mostly(could_be_name(row[at].rstrip(":")) for row in body if row[at])
        ),
        None,
    )
    if named is None and not times:
        return []
    first = 2 if has_head else 1
    return [
        _row(row, number, times, named, words) for number, row in enumerate(body, start=first) if any(row)
    ]


def _row(row: Sequence[str], number: int, times: Sequence[int], named: int | None, words: int) -> Utterance:
    clocks = [
        clock
        for at in times
        for found in [_SPAN.fullmatch(row[at])]
        if found
        for clock in found.groups()
        if clock
    ]
    speaker = row[named].rstrip(": ") if named is not None else ""
    start = seconds(clocks[0]) if clocks else None
    end = seconds(clocks[1]) if len(clocks) > 1 else None
    return Utterance(speaker or None, start, end, row[words], number)


def _folded_head(cell: str) -> bool:
    return any(word.strip(":").casefold() in _HEADS for word in cell.split())


def _mostly(answers: Iterator[bool]) -> bool:
    found = list(answers)
    return bool(found) and sum(found) * 2 > len(found)
