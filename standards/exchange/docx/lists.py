"""Automatic numbers for Word: the multilevel list of the clauses, and the lists in their bodies.

A clause is numbered automatically where counting gives the number it has, so
that Word goes on numbering as the committee edits; otherwise its number is
written out.
"""

import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from standards.document import Scheme
from standards.exchange.docx.parts import escaped
from standards.numbering import letters

HANG: Final = 851
"""Twentieths of a point between the margin, where numbers hang, and the text."""
STEP: Final = 425
_MAIN, _ANNEX, _DEFINITION, _BULLET, _DECIMAL, _BRACKET, _LETTER = range(1, 8)
_BODY_LISTS: Final = {"bullet": _BULLET, "decimal": _DECIMAL, "bracket": _BRACKET, "letter": _LETTER}
_WITHIN: Final = re.compile(r"(.*[gn](?:\d+\.)*)(\d+)")


class Place(NamedTuple):
    """A list and a level in it."""

    list: int
    level: int


@dataclass
class Lists:
    """The lists of one document, collected while it is written."""

    scheme: Scheme
    _nums: list[str] = field(default_factory=list)
    _abstracts: list[str] = field(default_factory=list)
    _asides: dict[str, int] = field(default_factory=dict)
    _bullets: int = 0

    def __post_init__(self) -> None:
        for abstract in (_MAIN, _ANNEX, _DEFINITION):
            self._use(abstract)

    def numbers(self) -> "Numbers":
        """Counting from the beginning: once for each text in the document."""
        return Numbers(self)

    def begin(self, kind: str, level: int, start: int) -> int:
        """A new list in a clause's body, which counts from `start`; bullets share one."""
        if kind == "bullet":
            self._bullets = self._bullets or self._use(_BULLET)
            return self._bullets
        return self._use(_BODY_LISTS[kind], level, start)

    def aside(self, stem: str) -> int:
        """The list of notes or guidance within a clause, or of what stands below one: `4.2.g`."""
        if stem not in self._asides:
            abstract = _LETTER + 1 + len(self._abstracts)
            self._abstracts.append(_abstract(abstract, [_level(0, "decimal", f"{escaped(stem)}%1", "")]))
            self._asides[stem] = self._use(abstract)
        return self._asides[stem]

    def xml(self) -> str:
        """The numbering part."""
        return _NUMBERING.format("".join([*_fixed(self.scheme), *self._abstracts]), "".join(self._nums))

    def _use(self, abstract: int, level: int | None = None, start: int = 1) -> int:
        override = "" if level is None else (
            f'<w:lvlOverride w:ilvl="{level}"><w:startOverride w:val="{start}"/></w:lvlOverride>'
        )  # fmt: skip
        number = len(self._nums) + 1
        self._nums.append(
            f'<w:num w:numId="{number}"><w:abstractNumId w:val="{abstract}"/>{override}</w:num>'
        )
        return number


class Numbers:
    """Counts as Word will, to know where an automatic number comes out right."""

    def __init__(self, lists: Lists) -> None:
        self._lists = lists
        self._counters: dict[int, list[int]] = {}

    def place(self, number: str) -> Place | None:
        """Where this number comes out by counting; None where it must be written out."""
        if not number or self._lists.scheme is Scheme.DECLARED:
            return None
        aside = _WITHIN.fullmatch(number)
        if aside:
            return self._counted(self._lists.aside(aside[1]), [int(aside[2])])
        if re.fullmatch(r"D\d+", number):
            return self._counted(_DEFINITION, [int(number[1:])])
        first, *others = number.split(".")
        if len(others) > 8 or not all(part.isdecimal() for part in others):
            return None
        if first.isdecimal():
            return self._counted(_MAIN, [int(first), *map(int, others)])
        if re.fullmatch(r"[A-Z]", first):
            return self._counted(_ANNEX, [ord(first) - ord(letters(1)) + 1, *map(int, others)])
        return None

    def _counted(self, list_: int, wanted: list[int]) -> Place | None:
        counters = self._counters.get(list_, [])
        level = len(wanted) - 1
        so_far = [*counters, *[1] * len(wanted)][:level]
        following = [*so_far, (counters[level] if level < len(counters) else 0) + 1]
        if following != wanted:
            return None
        self._counters[list_] = wanted
        return Place(list_, level)


_NUMBERING = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<w:numbering xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">{}{}</w:numbering>'
)


def _fixed(scheme: Scheme) -> list[str]:
    dotted = [".".join(f"%{at + 1}" for at in range(level + 1)) for level in range(9)]
    return [
        _abstract(
            _MAIN,
            [
                _level(at, "decimal", dotted[at], f"Heading{at + 1}" if scheme is Scheme.DECIMAL else "")
                for at in range(9)
            ],
        ),
        _abstract(
            _ANNEX, [_level(at, "decimal" if at else "upperLetter", dotted[at], "") for at in range(9)]
        ),
        _abstract(_DEFINITION, [_level(0, "decimal", "D%1", "")]),
        _abstract(_BULLET, [_item(at, "bullet", "•–▪"[at % 3]) for at in range(9)]),
        _abstract(_DECIMAL, [_item(at, "decimal", f"%{at + 1}.") for at in range(9)]),
        _abstract(_BRACKET, [_item(at, "decimal", f"%{at + 1})") for at in range(9)]),
        _abstract(_LETTER, [_item(at, "lowerLetter", f"%{at + 1})") for at in range(9)]),
    ]


def _abstract(id_: int, levels: list[str]) -> str:
    kind = "multilevel" if len(levels) > 1 else "singleLevel"
    return (
        f'<w:abstractNum w:abstractNumId="{id_}"><w:multiLevelType w:val="{kind}"/>{"".join(levels)}'
        "</w:abstractNum>"
    )


def _level(at: int, form: str, text: str, style: str) -> str:
    tied = f'<w:pStyle w:val="{style}"/>' if style else ""
    return (
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>{tied}'
        f'<w:lvlText w:val="{text}"/>'
        f'<w:lvlJc w:val="left"/><w:pPr><w:tabs><w:tab w:val="num" w:pos="{HANG}"/></w:tabs>'
        f'<w:ind w:left="{HANG}" w:hanging="{HANG}"/></w:pPr></w:lvl>'
    )


def _item(at: int, form: str, text: str) -> str:
    return (
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/>'
        f'<w:lvlJc w:val="left"/><w:pPr><w:ind w:left="{HANG + STEP * (at + 1)}" w:hanging="{STEP}"/></w:pPr>'
        "</w:lvl>"
    )
