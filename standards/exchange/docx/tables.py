"""Tables of a Word file as rows of cells, and as Markdown."""

from collections.abc import Callable, Iterable

from standards.exchange.docx.blocks import Block, Paragraph, Table
from standards.exchange.docx.numbering import Label


def is_layout(table: Table) -> bool:
    """Whether the table only puts a frame around text: a single column."""
    return all(len(row.cells) <= 1 for row in table.rows)


def grid(
    table: Table, write: Callable[[Paragraph], str], labels: dict[int, Label]
) -> tuple[list[list[str]], bool]:
    """Each row's cells as text, all rows equally long, and whether cells were merged.

    A merged cell has its text in its first place and nothing in the others.
    """
    rows: list[list[str]] = []
    merged = False
    for row in table.rows:
        cells: list[str] = []
        for cell in row.cells:
            cells.append(_cell_text(cell.blocks, write, labels))
            cells += [""] * (cell.width - 1)
            merged = merged or cell.width > 1 or cell.continues
        rows.append(cells)
    width = max((len(row) for row in rows), default=0)
    return [row + [""] * (width - len(row)) for row in rows], merged


def pipe_table(rows: list[list[str]]) -> str:
    """The rows as a Markdown table whose first row is the heading."""
    head, *rest = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    lines = [_line(head), _line(["---"] * len(head)), *map(_line, rest)]
    return "\n".join(lines)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell_text(blocks: Iterable[Block], write: Callable[[Paragraph], str], labels: dict[int, Label]) -> str:
    parts: list[str] = []
    for block in blocks:
        if isinstance(block, Paragraph):
            text = " ".join(write(block).replace("\\\n", " ").split())
            label = labels.get(block.index)
            if text and label is not None:
                text = f"{'•' if label.is_bullet else label.text} {text}".strip()
            parts.append(text)
        else:
            parts += [_cell_text(cell.blocks, write, labels) for row in block.rows for cell in row.cells]
    return " ".join(part for part in parts if part)
