"""Word's automatic numbers: the label each numbered paragraph shows.

Counters belong to the abstract list, so that two lists made from one continue
each other; a list with a start override begins anew at its first paragraph
(ECMA-376, part 1, 17.9).
"""

import re
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from standards.exchange.docx.package import W
from standards.exchange.docx.styles import VAL, Styles

LEVELS: Final = 9


@dataclass(frozen=True)
class Label:
    """An automatic number as the paragraph shows it; `text` is "" for bullets and empty formats."""

    text: str
    level: int
    is_bullet: bool = False


@dataclass(frozen=True)
class _Level:
    start: int = 1
    format: str = "decimal"
    text: str = ""
    restart_after: int | None = None
    is_legal: bool = False


@dataclass
class _List:
    levels: dict[int, _Level] = field(default_factory=dict)
    counters: list[int | None] = field(default_factory=lambda: [None] * LEVELS)


@dataclass
class _Use:
    """One `w:num`: a list, with the levels and starts it changes for itself."""

    source: _List
    levels: dict[int, _Level]
    starts: dict[int, int]
    begun: set[int] = field(default_factory=set)


class Numbering:
    """The lists of one document, with their counters; ask for labels in reading order."""

    def __init__(self, root: etree._Element | None, styles: Styles) -> None:
        self._uses: dict[str, _Use] = {}
        self._level_of_style: dict[tuple[str, str], int] = {}
        if root is not None:
            self._read(root, styles)

    def place(self, num_id: str, level: int, style_id: str, from_style: bool) -> tuple[str, int] | None:
        """The list and level of a paragraph; None where it is not numbered.

        A list that comes from the style takes the level tied to that style.
        """
        if num_id not in self._uses:
            return None
        return num_id, self._level_of_style.get((num_id, style_id), level) if from_style else level

    def label(self, num_id: str, level: int) -> Label:
        """Count this paragraph and give its label."""
        use = self._uses[num_id]
        counters = use.source.counters
        if level in use.starts and level not in use.begun:
            counters[level] = use.starts[level]
        elif (count := counters[level]) is None:
            counters[level] = self._start(use, level)
        else:
            counters[level] = count + 1
        use.begun.add(level)
        for above in range(level):
            if counters[above] is None:
                counters[above] = self._start(use, above)
        for below in range(level + 1, LEVELS):
            restart = use.levels.get(below, _PLAIN).restart_after
            if restart is None or (restart and level < restart):
                counters[below] = None
        return self._written(use, level)

    def _written(self, use: _Use, level: int) -> Label:
        definition = use.levels.get(level, _PLAIN)
        if definition.format == "bullet":
            return Label("", level, is_bullet=True)

        def shown(found: re.Match[str]) -> str:
            at = int(found[1]) - 1
            count = use.source.counters[at]
            form = "decimal" if definition.is_legal else use.levels.get(at, _PLAIN).format
            return written(self._start(use, at) if count is None else count, form)

        return Label(re.sub(r"%([1-9])", shown, definition.text).strip(), level)

    @staticmethod
    def _start(use: _Use, level: int) -> int:
        return use.starts.get(level, use.levels.get(level, _PLAIN).start)

    def _read(self, root: etree._Element, styles: Styles) -> None:
        lists: dict[str, _List] = {}
        linked: dict[str, str] = {}
        tied: dict[str, dict[str, int]] = {}
        for abstract in root.iterchildren(W + "abstractNum"):
            abstract_id = abstract.get(W + "abstractNumId", "")
            lists[abstract_id] = _List(dict(map(_read_level, abstract.iterchildren(W + "lvl"))))
            tied[abstract_id] = _styles_of(abstract)
            link = abstract.find(W + "numStyleLink")
            if link is not None:
                linked[abstract_id] = styles[link.get(VAL, "")].num_id
        nums = {num.get(W + "numId", ""): num for num in root.iterchildren(W + "num")}
        for num_id, num in nums.items():
            abstract_id = _abstract_of(num)
            if abstract_id in linked and linked[abstract_id] in nums:
                abstract_id = _abstract_of(nums[linked[abstract_id]])
            if abstract_id in lists:
                self._uses[num_id] = _read_use(num, lists[abstract_id])
                for style_id, level in tied[abstract_id].items():
                    self._level_of_style[num_id, style_id] = level


_PLAIN = _Level()


def written(number: int, form: str) -> str:
    """A count in one of Word's number formats; those we do not know are written in digits."""
    match form:
        case "none":
            return ""
        case "lowerLetter" | "upperLetter":
            letters = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 % 30 + 1) if number > 0 else "0"
            return letters.upper() if form == "upperLetter" else letters
        case "lowerRoman" | "upperRoman":
            roman = _roman(number)
            return roman if form == "upperRoman" else roman.lower()
        case "decimalZero":
            return f"{number:02d}"
        case "ordinal":
            tail = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
            return f"{number}{tail}"
        case "cardinalText" | "ordinalText" if 0 < number <= 20:
            return (_CARDINALS if form == "cardinalText" else _ORDINALS)[number - 1]
        case "russianLower" | "russianUpper" if 0 < number <= 29:
            letter = "абвгдежзиклмнопрстуфхцчшщыэюя"[number - 1]
            return letter.upper() if form == "russianUpper" else letter
    return str(number)


_CARDINALS = (
    "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven",
    "Twelve", "Thirteen", "Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen",
    "Twenty",
)  # fmt: skip
_ORDINALS = (
    "First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth",
    "Eleventh", "Twelfth", "Thirteenth", "Fourteenth", "Fifteenth", "Sixteenth", "Seventeenth",
    "Eighteenth", "Nineteenth", "Twentieth",
)  # fmt: skip
_ROMAN = ((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"),
          (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))  # fmt: skip


def _roman(number: int) -> str:
    if not 0 < number < 4000:
        return str(number)
    found = ""
    for value, letters in _ROMAN:
        times, number = divmod(number, value)
        found += letters * times
    return found


def _read_level(element: etree._Element) -> tuple[int, _Level]:
    restart = _number(element, "lvlRestart")
    level = _Level(
        start=_number(element, "start", 1) or 0,
        format=_value(element, "numFmt") or "decimal",
        text=_value(element, "lvlText"),
        restart_after=restart,
        is_legal=_is_on(element.find(W + "isLgl")),
    )
    return _as_level(element.get(W + "ilvl", "")), level


def _read_use(num: etree._Element, source: _List) -> _Use:
    levels, starts = dict(source.levels), {}
    for override in num.iterchildren(W + "lvlOverride"):
        at = _as_level(override.get(W + "ilvl", ""))
        own = override.find(W + "lvl")
        if own is not None:
            levels[at] = _read_level(own)[1]
        start = _number(override, "startOverride")
        if start is not None:
            starts[at] = start
    return _Use(source, levels, starts)


def _styles_of(abstract: etree._Element) -> dict[str, int]:
    found = {}
    for level in abstract.iterchildren(W + "lvl"):
        style = _value(level, "pStyle")
        if style:
            found[style] = _as_level(level.get(W + "ilvl", ""))
    return found


def _abstract_of(num: etree._Element) -> str:
    return _value(num, "abstractNumId")


def _as_level(text: str) -> int:
    return min(int(text), LEVELS - 1) if text.isdecimal() else 0


def _number(element: etree._Element, tag: str, default: int | None = None) -> int | None:
    text = _value(element, tag)
    return int(text[:9]) if text.isdecimal() and text.isascii() else default


def _value(element: etree._Element, tag: str) -> str:
    child = element.find(W + tag)
    return "" if child is None else child.get(VAL, "")


def _is_on(element: etree._Element | None) -> bool:
    return element is not None and element.get(VAL) not in ("0", "false", "off")
