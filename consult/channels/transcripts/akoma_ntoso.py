"""Debates of parliaments in Akoma Ntoso: speech by speaker.

Besides speeches, what the reporter tells in between (narratives, scenes,
decisions) is kept without a speaker. Headings, lists of those present and papers
laid on the table are nobody's words; how much was left out is said by line.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from lxml import etree

from consult.channels.transcripts.values import Problem, UnreadableTranscript, Utterance

SPEECHES: Final = frozenset({"speech", "question", "answer", "speechGroup"})
TOLD: Final = frozenset({"narrative", "scene", "summary"})
_ROOT: Final = re.compile(rb"<(?:[\w.-]+:)?akoma[Nn]toso[\s>]")
_BLOCKS: Final = frozenset({"p", "li", "item", "heading", "num", "block", "tr", "br", "eol"})


def is_debate(content: bytes) -> bool:
    """Whether this XML is Akoma Ntoso."""
    return _ROOT.search(content[:20_000].replace(b"\0", b"")) is not None


def parse_debate(content: bytes, name: str) -> tuple[list[Utterance], list[Problem]]:
    """One utterance per speech, in order. Entities that the file defines are not followed."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        line = f" at line {error.lineno}" if error.lineno else ""
        raise UnreadableTranscript(name, f"this XML breaks off or errs{line}; ask for it again") from error
    people = {
        one.get("eId") or one.get("id") or "": _joined(one.get("showAs") or "")
        for one in root.iter()
        if _called(one) == "TLCPerson"
    }
    problems: list[Problem] = []
    spoken = [
        one for body in root.iter() if _called(body) == "debateBody" for one in _walk(body, people, problems)
    ]
    return _timed(spoken), problems


def _walk(
    element: etree._Element, people: dict[str, str], problems: list[Problem]
) -> Iterator[tuple[Utterance, str, str]]:
    for child in element:
        kind = _called(child)
        if kind in SPEECHES and kind != "speechGroup":
            words = _text(child, but="from")
            yield (
                _utterance(child, _speaker(child, people), words),
                child.get("startTime", ""),
                child.get("endTime", ""),
            )
        elif kind in TOLD:
            yield _utterance(child, None, _text(child)), "", ""
        elif any(_called(one) in SPEECHES | TOLD for one in child.iterdescendants()):
            yield from _walk(child, people, problems)
        elif words := _text(child):
            message = f"nobody's words, left out: {words[:60]}"
            problems.append(Problem(_line(child), message))


def _utterance(element: etree._Element, speaker: str | None, words: str) -> Utterance:
    return Utterance(speaker, None, None, words, _line(element))


def _speaker(speech: etree._Element, people: dict[str, str]) -> str | None:
    """Who speaks: the person referred to, else the words that lead the speech in."""
    named = people.get((speech.get("by") or "").lstrip("#"))
    if named:
        return named
    lead = next((one for one in speech if _called(one) == "from"), None)
    said = _text(lead) if lead is not None else ""
    return said.rstrip(" .:-–—") or (speech.get("by") or "").lstrip("#") or None


def _timed(spoken: list[tuple[Utterance, str, str]]) -> list[Utterance]:
    """The times of day as seconds from the first speech that has one."""
    began = next((moment for _, start, _ in spoken if (moment := _moment(start))), None)
    found = []
    for one, start, end in spoken:
        first, last = (_seconds(_moment(written), began) for written in (start, end))
        found.append(Utterance(one.speaker, first, last, one.text, one.line))
    return found


def _moment(written: str) -> datetime | None:
    try:
        return datetime.fromisoformat(written).replace(tzinfo=None)
    except ValueError:
        return None


def _seconds(moment: datetime | None, began: datetime | None) -> float | None:
    return (moment - began).total_seconds() if moment and began else None


def _text(element: etree._Element, but: str = "") -> str:
    return _joined("".join(_pieces(element, but)))


def _pieces(element: etree._Element, but: str) -> Iterator[str]:
    """The words of an element: what stands in paragraphs of their own is set apart by a space."""
    if isinstance(element, etree._Entity):
        yield element.text or ""
        return
    if not isinstance(element.tag, str):
        return
    apart = _called(element) in _BLOCKS
    yield " " if apart else ""
    yield element.text or ""
    for child in element:
        if not but or _called(child) != but:
            yield from _pieces(child, "")
        yield child.tail or ""
    yield " " if apart else ""


def _line(element: etree._Element) -> int:
    line = element.sourceline
    return line if isinstance(line, int) else 0


def _called(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2] if isinstance(element.tag, str) else ""


def _joined(text: str) -> str:
    return " ".join(text.split())
