"""A clause's body as it flows on paper: lines of runs, list items, tables and footnotes.

Word and PDF are written from these values, so that both show what the reading
view shows. Parameters are filled in; HTML in a body is text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from markdown_it.token import Token

from standards.document import ClauseText
from standards.exchange.marks import UNMARKED, Marks
from standards.markdown import filled_parts, parsed

BOLD: Final = 1
ITALIC: Final = 2
CODE: Final = 4
STRUCK: Final = 8
LOCAL: Final = 16
"""Words that a marking calls local."""

Kind = Literal["text", "subheading", "quote", "code", "item", "term", "meaning", "rule"]


class Run(NamedTuple):
    """Text of one look; a newline breaks the line. `note` names a footnote called here instead of text."""

    text: str
    look: int = 0
    link: str = ""
    note: str = ""


class Mark(NamedTuple):
    """What stands before a list item. `serial` tells the lists of one body apart."""

    kind: Literal["bullet", "decimal", "bracket", "letter"]
    serial: int
    start: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    """One paragraph. Inside lists `depth` counts from 0; an item's further paragraphs have no mark."""

    kind: Kind
    runs: tuple[Run, ...]
    depth: int = 0
    mark: Mark | None = None

    @property
    def text(self) -> str:
        """The words alone."""
        return "".join([run.text for run in self.runs])


@dataclass(frozen=True, slots=True)
class Grid:
    """A table whose first row is its heading; `align` is "", "center" or "right" for each column."""

    rows: tuple[tuple[Line, ...], ...]
    align: tuple[str, ...]


Block = Line | Grid


@dataclass(frozen=True)
class Flow:
    """The blocks of a body in order, and its footnotes by name."""

    blocks: tuple[Block, ...]
    notes: dict[str, tuple[Line, ...]] = field(default_factory=dict)


EMPTY: Final = Flow(())
_SPECIAL = re.compile(
    r"[\\`*_\[\]<>&!#|~^]|  \n|\n\t|^ *(?:[-+=:]|\d+[.)]|[a-z]\)|    )|https?:", re.MULTILINE
)


def flow_of(text: ClauseText, marks: Marks = UNMARKED) -> Flow:
    """The body of a clause as blocks, marked; a body without words gives none."""
    body = text.body.strip()
    if not body:
        return EMPTY
    fill = _Filling(text, marks)
    if not _SPECIAL.search(body):
        # Plain paragraphs, as most clauses have: nothing for a parser to find.
        found = (" ".join(part.split()) for part in re.split(r"\n\s*\n", body))
        return Flow(tuple(Line("text", tuple(_joined(list(fill(words))))) for words in found))
    tokens, lettered = parsed(text)
    return _Reader(fill, lettered).read(tokens)


class _Filling:
    """Fills the values of a clause into its words, and marks what is local."""

    def __init__(self, text: ClauseText, marks: Marks) -> None:
        self._values = {parameter.name: parameter.shown for parameter in text.parameters}
        self._local = marks.values
        self.look = LOCAL if marks.whole or marks.body else 0

    def __call__(self, words: str, look: int = 0, link: str = "") -> Iterator[Run]:
        """The words as runs of this look."""
        look |= self.look
        for part, name in filled_parts(words, self._values):
            yield Run(part, look | LOCAL if name in self._local else look, link)


class _Reader:
    """Reads the tokens of one body."""

    def __init__(self, fill: _Filling, lettered: frozenset[int]) -> None:
        self._fill = fill
        self._lettered = lettered
        self._lists: list[Mark] = []
        self._fresh: Mark | None = None
        self._serial = 0
        self._quotes = 0
        self._kind: Kind = "text"
        self._notes: dict[str, tuple[Line, ...]] = {}
        self._blocks: list[Block] = []

    def read(self, tokens: list[Token]) -> Flow:
        """All blocks, footnotes aside."""
        at = 0
        while at < len(tokens):
            at = self._block(tokens, at) + 1
        return Flow(tuple(self._blocks), self._notes)

    def _block(self, tokens: list[Token], at: int) -> int:
        """Read what begins at a token; gives the place of the last token read."""
        token = tokens[at]
        match token.type:
            case "inline":
                self._add(tuple(self._runs(token.children or [])))
            case "bullet_list_open" | "ordered_list_open":
                self._lists.append(self._mark(token))
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
            case "list_item_open":
                self._fresh = self._lists[-1]
            case "blockquote_open":
                self._quotes += 1
            case "blockquote_close":
                self._quotes -= 1
            case "heading_open":
                self._kind = "subheading"
            case "dt_open":
                self._kind = "term"
            case "dd_open":
                self._kind = "meaning"
            case "heading_close" | "dt_close" | "dd_close":
                self._kind = "text"
            case "fence" | "code_block":
                self._blocks.append(Line("code", (Run(token.content.rstrip("\n"), CODE),)))
            case "hr":
                self._blocks.append(Line("rule", ()))
            case "table_open":
                return self._table(tokens, at)
            case "footnote_open":
                return self._note(tokens, at)
        return at

    def _add(self, runs: tuple[Run, ...]) -> None:
        if self._lists:
            mark, self._fresh = self._fresh, None
            self._blocks.append(Line("item", runs, min(len(self._lists) - 1, 8), mark))
        elif any(run.text.strip() or run.note for run in runs):
            kind = "quote" if self._quotes and self._kind == "text" else self._kind
            self._blocks.append(Line(kind, runs))

    def _mark(self, token: Token) -> Mark:
        self._serial += 1
        if token.type == "bullet_list_open":
            return Mark("bullet", self._serial)
        start = int(token.attrGet("start") or 1)
        if token.map and token.map[0] in self._lettered:
            return Mark("letter", self._serial, start)
        return Mark("bracket" if token.markup == ")" else "decimal", self._serial, start)

    def _table(self, tokens: list[Token], at: int) -> int:
        rows: list[tuple[Line, ...]] = []
        cells: list[Line] = []
        align: list[str] = []
        while tokens[at].type != "table_close":
            token = tokens[at]
            if token.type == "tr_open":
                cells = []
            elif token.type == "tr_close":
                rows.append(tuple(cells))
            elif token.type == "th_open":
                align.append(str(token.attrGet("class") or "").replace("left", ""))
            elif token.type == "inline":
                cells.append(Line("text", tuple(self._runs(token.children or []))))
            at += 1
        self._blocks.append(Grid(tuple(rows), tuple(align)))
        return at

    def _note(self, tokens: list[Token], at: int) -> int:
        name = _name(tokens[at])
        outside, self._blocks = self._blocks, []
        at += 1
        while tokens[at].type != "footnote_close":
            at = self._block(tokens, at) + 1
        self._notes[name] = tuple(block for block in self._blocks if isinstance(block, Line))
        self._blocks = outside
        return at

    def _runs(self, tokens: list[Token]) -> Iterator[Run]:
        found: list[Run] = []
        look, links = self._fill.look, [""]
        for token in tokens:
            match token.type:
                case "strong_open" | "em_open" | "s_open":
                    look |= _LOOKS[token.tag]
                case "strong_close" | "em_close" | "s_close":
                    look &= ~_LOOKS[token.tag]
                case "link_open":
                    links.append(_address(str(token.attrGet("href") or "")))
                case "link_close":
                    links.pop()
                case "code_inline":
                    found.append(Run(token.content, look | CODE, links[-1]))
                case "image":
                    address = _address(str(token.attrGet("src") or ""))
                    found.append(Run(token.content or address, look, links[-1] or address))
                case "softbreak":
                    found.append(Run(" ", look, links[-1]))
                case "hardbreak":
                    found.append(Run("\n", look, links[-1]))
                case "footnote_ref":
                    found.append(Run("", look, "", _name(token)))
                case _:
                    if token.content:
                        found.extend(self._fill(token.content, look, links[-1]))
        return iter(_joined(found))


_LOOKS = {"strong": BOLD, "em": ITALIC, "s": STRUCK}
_ADDRESS = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)


def _address(address: str) -> str:
    return address if _ADDRESS.match(address) else ""


def _name(token: Token) -> str:
    return str(token.meta.get("label") or token.meta["id"])


def _joined(runs: list[Run]) -> list[Run]:
    """Neighbours of one look as one run."""
    found: list[Run] = []
    for run in runs:
        if found and not run.note and not found[-1].note and found[-1][1:3] == run[1:3]:
            found[-1] = found[-1]._replace(text=found[-1].text + run.text)
        elif run.text or run.note:
            found.append(run)
    return found
