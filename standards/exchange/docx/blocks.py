"""The paragraphs and tables of a Word file, with both sides of every tracked change."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from standards.exchange.docx.styles import HIDDEN

ORIGINAL: Final = 1
ACCEPTED: Final = 2
BOTH: Final = 3


class Span(NamedTuple):
    """Text of one look. `mark` names what stands here instead of text, such as ("footnote", "3")."""

    text: str
    sides: int = BOTH
    look: int = 0
    link: str = ""
    mark: tuple[str, str] | None = None


@dataclass(slots=True)
class Paragraph:
    """A paragraph; `mark` says on which sides its end stands, `sides` on which it can exist at all.

    `moved` says on which sides its end is missing only because it was moved.
    """

    index: int
    sides: int
    mark: int = BOTH
    moved: int = 0
    style: str = ""
    num_id: str | None = None
    num_level: int | None = None
    outline: int | None = None
    in_contents: bool = False
    spans: list[Span] = field(default_factory=list)
    boxes: list["Block"] = field(default_factory=list)

    def text(self, side: int) -> str:
        """The words of this paragraph alone on one side."""
        return "".join([span.text for span in self.spans if span.sides & side])


@dataclass(slots=True)
class Cell:
    """A table cell; `continues` is true below the first of vertically merged cells."""

    sides: int
    width: int = 1
    continues: bool = False
    blocks: list["Block"] = field(default_factory=list)


@dataclass(slots=True)
class Row:
    """A table row and whether Word repeats it on every page."""

    sides: int
    is_header: bool = False
    cells: list[Cell] = field(default_factory=list)


@dataclass(slots=True)
class Table:
    """A table in place."""

    rows: list[Row] = field(default_factory=list)
    in_contents: bool = False


Block = Paragraph | Table


class Change(NamedTuple):
    """One recorded change; `paragraph` is None in footnotes and endnotes."""

    kind: str
    author: str
    date: str
    text: str
    paragraph: int | None


def is_hidden(span: Span) -> bool:
    """Whether the span is text that Word does not show."""
    return bool(span.look & HIDDEN)


def cells_of(table: Table) -> Iterator[Cell]:
    """Every cell of a table, row by row."""
    return (cell for row in table.rows for cell in row.cells)


def paragraphs_of(row: Row) -> Iterator[Paragraph]:
    """Every paragraph of a row, nested tables included."""
    for cell in row.cells:
        yield from all_paragraphs(cell.blocks)


def all_paragraphs(blocks: Iterable[Block]) -> Iterator[Paragraph]:
    """Every paragraph in reading order, those in tables included."""
    for block in blocks:
        if isinstance(block, Paragraph):
            yield block
        else:
            for row in block.rows:
                yield from paragraphs_of(row)
