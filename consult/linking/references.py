"""References: the clauses a person named by number, and the numbers that do not exist.

A number counts when a clause word stands before it ("clause 4.2", "kifungu cha
4.2", "§4.2"), or when it is dotted or lettered, exists, and is not evidently a
quantity, a date, a version, or a clause of another document.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from consult.linking import phrases

Kind = Literal["named", "bare"]

_NUMBER = re.compile(
    r"(?<![\w.:$€£+%@-])(?<![A-Za-z]/)(?:[A-Za-z]{1,6}[_-]?\d+(?:[._-]\d+)*|\d+(?:\.\d+)*"
    r"|[A-Z](?:\.\d+)+|[A-Z](?!\w|['’.]\w))"
    r"(?!:\d|,\d{3}(?!\d)|@)"
)
_RANGED = re.compile(r"(?<=\d)\s?[-–—‐‑]\s?(?=\d|[A-Z])")
_LETTER = re.compile(r"\s?\(([a-z]|[ivx]{1,4}|\d{1,2})\)|\s?([a-h])\)|([a-h])(?!\w)")
_SWAHILI = re.compile(r"\b(?:[kv]ifungu|ibara|sehemu|kanuni|[kv]ipengele|namba|kwa|hii|hivi)\b", re.I)
_BEFORE = 70
_AFTER = 60
_PLAIN_CAPITALS = re.compile(
    r"(?:^|[.!?:;\n]\s*|[\"“«(*-]\s*)[^\W\d_]+\s+$|\b(?:See|In|On|At|Under|Per|And|Or|To|From|Voir"
    r"|Ver|Ona|I)\s+$"
)
_NAME_BEFORE = re.compile(r"(?<!\w)(?:[A-Z]{2,}\w*|[A-Z]\w*[A-Z]\w*|[A-Z][a-z]\w+)[\s-]+$")
_ACRONYM_BEFORE = re.compile(r"(?<!\w)(?:[A-Z]{2,}[a-z]?|[A-Z]\w*[A-Z]\w*)[\s-]+$")


@dataclass(frozen=True)
class Reference:
    """One number as written, between two character positions of the text."""

    number: str
    start: int
    end: int
    kind: Kind


@dataclass(frozen=True)
class References:
    """What a text refers to: clause numbers in order, numbers that do not exist, and where they stand."""

    references: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    found: tuple[Reference, ...] = ()


@dataclass(frozen=True)
class _Mark:
    """A number-like piece of text, and how it is joined to the one before it."""

    written: str
    start: int
    end: int
    letter: str | None
    joined: Literal["", "list", "range"] = ""


def references(text: str, language: str, numbers: Sequence[str]) -> References:
    """The clauses the text names, of those numbered so, ranges expanded; never raises on any text.

    `language` settles what the five languages write alike; any of them is understood.
    """
    known = _known(tuple(numbers))
    found: list[Reference] = []
    unknown: list[str] = []
    for group in _groups(text, language):
        kind = _kind(text, group, known)
        if kind is None:
            continue
        _read(text, group, kind, known, found, unknown)
    return References(
        tuple(dict.fromkeys(r.number for r in found)), tuple(dict.fromkeys(unknown)), tuple(found)
    )


def link_references_lines(lines: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, list[str]]]:
    """For each `{"text", "language", "numbers"}`, the references and the unknown numbers."""
    for line in lines:
        result = references(
            str(line.get("text") or ""),
            str(line.get("language") or "en"),
            [str(number) for number in line.get("numbers") or ()],
        )
        yield {"references": list(result.references), "unknown": list(result.unknown)}


class _Known:
    """The numbers that exist, found however they are written."""

    def __init__(self, numbers: Sequence[str]) -> None:
        self.numbers = [number for number in numbers if number.strip()]
        self.place = {number: at for at, number in reversed(list(enumerate(self.numbers)))}
        self._written: dict[str, str] = {}
        for number in self.numbers:
            self._written.setdefault(_plain(number), number)
        for number in self.numbers:
            last = number.split()[-1]
            self._written.setdefault(_plain(last), number)
        self._bare: dict[str, set[str]] = {}
        for number in self.numbers:
            self._bare.setdefault(re.sub(r"^[a-z]+", "", _plain(number)), set()).add(number)

    def find(self, mark: _Mark) -> str | None:
        """The clause number a mark means, its lettered item first; None when there is none."""
        plain = _plain(mark.written)
        if mark.letter:
            for joined in (f"{plain}({mark.letter})", f"{plain}.{mark.letter}", plain + mark.letter):
                if joined in self._written:
                    return self._written[joined]
        if plain in self._written:
            return self._written[plain]
        stripped = re.sub(r"^(?:v|c|cl|clause|s|sec|sect|r|req|a|art|p|para)(?=\d)", "", plain)
        if stripped != plain:
            lower_v = mark.written.startswith("v")
            return None if lower_v or "." not in stripped else self._written.get(stripped)
        lettered = self._bare.get(plain, set())
        return next(iter(lettered)) if len(lettered) == 1 and "." in plain else None

    def between(self, first: str, last: str) -> list[str]:
        """Every number from the one to the other in the order of the document."""
        start, end = sorted((self.place[first], self.place[last]))
        return self.numbers[start : end + 1]

    def within(self, first: str, last: str) -> list[str]:
        """The numbers that sort between two of which one does not exist."""
        low, high = _sortable(first), _sortable(last)
        if not low or not high or low[0] > high[0] or high[0] - low[0] > 50:
            return []
        return [number for number in self.numbers if (key := _sortable(number)) and low <= key <= high]


@lru_cache(maxsize=16)
def _known(numbers: tuple[str, ...]) -> _Known:
    # One round asks for the same numbers ten thousand times.
    return _Known(numbers)


def _plain(number: str) -> str:
    return re.sub(r"[\s_-]", "", number.casefold()).strip(".")


def _sortable(number: str) -> tuple[int, ...]:
    if not re.fullmatch(r"\d{1,6}(?:\.\d{1,6})*\.?", number):
        return ()
    return tuple(int(part) for part in number.strip(".").split("."))


def _groups(text: str, language: str) -> list[list[_Mark]]:
    """The number-like pieces, those joined by commas, *and* or *to* together."""
    groups: list[list[_Mark]] = []
    swahili = language == "sw" or _SWAHILI.search(text) is not None
    spaced = _RANGED.sub(lambda m: "–".center(len(m.group())) if len(m.group()) > 1 else "–", text)
    for match in _NUMBER.finditer(spaced):
        written, end = match.group(), match.end()
        letter = _LETTER.match(spaced, end) if written[-1].isdigit() else None
        item = next((part for part in letter.groups() if part), None) if letter else None
        mark = _Mark(written, match.start(), letter.end() if letter else end, item)
        joined = _joined(spaced, groups[-1][-1].end, mark.start, swahili) if groups else ""
        if joined:
            groups[-1].append(_Mark(written, mark.start, mark.end, item, joined))
        else:
            groups.append([mark])
    return groups


def _joined(text: str, end: int, start: int, swahili: bool) -> Literal["", "list", "range"]:
    between = text[end:start]
    if not between.strip() or len(between) > 30:
        return ""
    # *au* is "to the" in French and "or" in Swahili.
    if between.strip().lower() == "au" and swahili:
        return "list"
    if phrases.RANGE.fullmatch(between):
        return "range"
    return "list" if phrases.LIST.fullmatch(between) else ""


def _kind(text: str, group: list[_Mark], known: _Known) -> Kind | None:
    """Whether a clause word names the group, or its numbers stand bare; None for something else."""
    start, end = group[0].start, group[-1].end
    before, after = text[max(0, start - _BEFORE) : start], text[end : end + _AFTER]
    head = phrases.PLURAL.search(before) or phrases.SINGULAR.search(before)
    ahead = before[: head.start()] if head else before
    if _of_another_text(ahead, after) or phrases.OF_A_CLAUSE_AFTER.match(after):
        return None
    if head:
        lone = re.fullmatch("[A-Z]", group[0].written)
        if lone and not phrases.ANNEX.search(before) and known.find(group[0]) is None:
            return None
        return "named"
    if phrases.NOT_A_CLAUSE_BEFORE.search(before) or phrases.UNIT_AFTER.match(after):
        return None
    name = _ACRONYM_BEFORE.search(before) or (
        _NAME_BEFORE.search(before) and not _PLAIN_CAPITALS.search(before)
    )
    return None if name else "bare"


def _of_another_text(ahead: str, after: str) -> bool:
    """Whether the words around say that the clause stands in another document."""
    if phrases.OTHER_TEXT_AFTER.match(after):
        return True
    named = phrases.OTHER_TEXT_BEFORE.search(ahead)
    # "Under the law, clause 4.2 …" speaks of ours; "Law 1333, article 5" does not.
    return named is not None and (
        "," not in named.group() or any(c.isdigit() or c.isupper() for c in named.group())
    )


def _read(
    text: str, group: list[_Mark], kind: Kind, known: _Known, found: list[Reference], unknown: list[str]
) -> None:
    """Add what each mark of a group means; a range brings everything between its ends."""
    before = text[max(0, group[0].start - _BEFORE) : group[0].start]
    many = kind == "named" and phrases.PLURAL.search(before) is not None
    previous: _Mark | None = None
    for mark in group:
        number = known.find(mark)
        if not _counts(text, mark, kind, first=previous is None, many=many, number=number):
            previous = previous or mark
            continue
        if mark.joined == "range" and previous is not None:
            number = (
                number if _follows(known, previous, number) else _short_end(known, previous, mark) or number
            )
            start = known.find(previous)
            if start is not None and number is not None:
                spread = known.between(start, number)
            else:
                spread = known.within(previous.written, mark.written)
            found.extend(Reference(each, previous.start, mark.end, kind) for each in spread)
        if number is not None:
            found.append(Reference(number, mark.start, mark.end, kind))
        elif kind == "named":
            unknown.append(mark.written)
        previous = mark


def _counts(text: str, mark: _Mark, kind: Kind, *, first: bool, many: bool, number: str | None) -> bool:
    """Whether one mark of a group is a clause number rather than a quantity beside it."""
    if phrases.UNIT_AFTER.match(text[mark.end : mark.end + _AFTER]) and not (kind == "named" and first):
        return False
    if kind == "named":
        lone = re.fullmatch(r"\d+|[A-Z]", mark.written)
        # "clause 4.2 and 5 miners" counts miners; "clause 4 and 5." names two clauses.
        after = text[mark.end : mark.end + 2].strip(" .,;:)")
        alone = phrases.LIST.match(text, mark.end) is not None or not after.isalpha()
        return first or many or mark.joined == "range" or not lone or (number is not None and alone)
    if re.fullmatch(r"\d+|[A-Z]", mark.written):
        return False
    return number is not None


def _follows(known: _Known, previous: _Mark, number: str | None) -> bool:
    start = known.find(previous)
    return start is not None and number is not None and known.place[start] <= known.place[number]


def _short_end(known: _Known, previous: _Mark, mark: _Mark) -> str | None:
    """The end of a range written short: 3.1.2–4 ends at 3.1.4."""
    if "." in mark.written or "." not in previous.written:
        return None
    stem = previous.written.rsplit(".", 1)[0]
    return known.find(_Mark(f"{stem}.{mark.written}", mark.start, mark.end, None))
