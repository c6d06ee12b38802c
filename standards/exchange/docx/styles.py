"""What a paragraph or character style says: its name, its heading level, its numbering, its look."""

import re
from dataclasses import dataclass
from typing import Final

from lxml import etree

from standards.exchange.docx.package import W

BOLD: Final = 1
ITALIC: Final = 2
CODE: Final = 4
HIDDEN: Final = 8
RAISED: Final = 16
LOWERED: Final = 32

VAL: Final = W + "val"
_MONOSPACE = re.compile(r"courier|consolas|menlo|monaco|mono\b|monospace|lucida console|typewriter", re.I)
_CODE_STYLE = re.compile(r"\b(?:code|verbatim|preformatted|listing)\b|sourcecode|codechar", re.I)
_HEADING = re.compile(
    r"^(?:heading|titre|überschrift|título|titulo|encabezado|kop|titolo|rubrik|overskrift|nagłówek|заголовок)"
    r"\s*([1-9])$",
    re.I,
)
_TOGGLES = {W + "b": BOLD, W + "i": ITALIC, W + "vanish": HIDDEN}


@dataclass(frozen=True)
class Style:
    """A style with everything it inherits already in it. `outline` is 0 for the topmost heading."""

    id: str
    name: str
    outline: int | None = None
    num_id: str = ""
    num_level: int = 0
    look: int = 0
    is_code: bool = False

    @property
    def is_contents(self) -> bool:
        """Whether it sets lines of a table of contents."""
        return bool(re.match(r"toc(?: ?\d| heading)\b|toc\d|table of (?:figures|contents)", self.name, re.I))


UNSTYLED: Final = Style("", "")


class Styles:
    """The styles of one document, looked up by id; unknown ids look like plain text."""

    def __init__(self, root: etree._Element | None) -> None:
        self._declared: dict[str, etree._Element] = {}
        self._resolved: dict[str, Style] = {"": UNSTYLED}
        self.language = ""
        self.default = UNSTYLED
        if root is None:
            return
        for element in root.iter(W + "style"):
            self._declared.setdefault(element.get(W + "styleId", ""), element)
            if element.get(W + "type") == "paragraph" and element.get(W + "default") in ("1", "true", "on"):
                self.default = self[element.get(W + "styleId", "")]
        language = root.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr/{W}lang")
        if language is not None:
            self.language = language.get(VAL, "")

    def __getitem__(self, style_id: str) -> Style:
        if style_id not in self._resolved:
            self._resolved[style_id] = UNSTYLED  # a style based on itself ends here
            self._resolved[style_id] = self._resolve(style_id)
        return self._resolved[style_id]

    def paragraph(self, style_id: str) -> Style:
        """The style of a paragraph; the default one where it names none or an unknown one."""
        found = self[style_id]
        return found if found.id else self.default

    def _resolve(self, style_id: str) -> Style:
        element = self._declared.get(style_id)
        if element is None:
            return UNSTYLED
        based_on = _value(element, "basedOn")
        above = self._resolved[based_on] if based_on in self._resolved else self._above(based_on)
        name = _value(element, "name") or style_id
        paragraph, run = element.find(W + "pPr"), element.find(W + "rPr")
        num_id, level = numbering_of(paragraph)
        return Style(
            id=style_id,
            name=name,
            outline=_outline(name, paragraph, above),
            num_id=above.num_id if num_id is None else num_id,
            num_level=above.num_level if level is None else level,
            look=above.look if run is None else look_of(run, above.look),
            is_code=above.is_code or bool(_CODE_STYLE.search(name)),
        )

    def _above(self, based_on: str) -> Style:
        depth, seen = based_on, []
        # Chains are resolved from the far end, so that a long one needs no deep recursion.
        while depth and depth not in self._resolved and depth in self._declared and depth not in seen:
            seen.append(depth)
            depth = _value(self._declared[depth], "basedOn")
        for style_id in reversed(seen):
            self._resolved.setdefault(style_id, UNSTYLED)
            self._resolved[style_id] = self._resolve(style_id)
        return self._resolved.get(based_on, UNSTYLED)


def look_of(properties: etree._Element, look: int = 0) -> int:
    """The bits of a run's own properties on top of those it inherits."""
    for child in properties:
        tag = child.tag
        bit = _TOGGLES.get(tag)
        if bit is not None:
            look = look & ~bit if child.get(VAL) in ("0", "false", "off", "none") else look | bit
        elif tag == W + "vertAlign":
            raised = {"superscript": RAISED, "subscript": LOWERED}.get(child.get(VAL, ""), 0)
            look = look & ~(RAISED | LOWERED) | raised
        elif tag == W + "rFonts":
            font = child.get(W + "ascii")
            if font:
                look = look | CODE if _MONOSPACE.search(font) else look & ~CODE
    return look


def numbering_of(properties: etree._Element | None) -> tuple[str | None, int | None]:
    """The list and level that paragraph properties name; None for what they leave open."""
    numbering = None if properties is None else properties.find(W + "numPr")
    if numbering is None:
        return None, None
    num_id, level = _value(numbering, "numId"), _value(numbering, "ilvl")
    return num_id or None, (min(int(level), 8) if level.isdecimal() else None)


def _outline(name: str, paragraph: etree._Element | None, above: Style) -> int | None:
    declared = "" if paragraph is None else _value(paragraph, "outlineLvl")
    if declared.isdecimal():
        return int(declared) if int(declared) < 9 else None
    named = _HEADING.match(name)
    return int(named[1]) - 1 if named else above.outline


def _value(element: etree._Element, tag: str) -> str:
    child = element.find(W + tag)
    return "" if child is None else child.get(VAL, "")
