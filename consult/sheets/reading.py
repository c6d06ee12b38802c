"""Reading comment tables: XLSX, CSV, Word tables and JSON lines, as rows with what was odd about them."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from consult.sheets.cells import (
    UnreadableSheet,
    csv_lines,
    decoded,
    holds_workbook,
    refuse_unopenable,
    workbook,
)
from consult.sheets.columns import Column, NoCommentColumn, recognised

MOST_ROWS = 100_000


@dataclass(frozen=True)
class Row:
    """One row: its place in the file (counted as a person would) and its cells by column."""

    place: int
    cells: dict[Column, str]
    asked: str = ""

    def __getitem__(self, column: Column) -> str:
        return self.cells.get(column, "")


@dataclass(frozen=True)
class Sheet:
    """The rows that hold a comment, and remarks by row for a person to read."""

    rows: tuple[Row, ...]
    remarks: tuple[str, ...] = field(default=())


def read(data: bytes, name: str) -> Sheet:
    """The comments of a file. Raises UnreadableSheet or NoCommentColumn, naming what to do."""
    refuse_unopenable(data, name)
    if data.startswith(b"PK"):
        return _read_workbook(data, name) if holds_workbook(data, name) else _read_docx(data, name)
    text = decoded(data, name, "XLSX, CSV, Word tables and JSON lines")
    if text.lstrip("\ufeff \r\n\t")[:1] == "{":
        return _read_lines(text, name)
    return _rows(csv_lines(text, name), name, [])


def _read_workbook(data: bytes, name: str) -> Sheet:
    sheets = workbook(data, name)
    for sheet in sheets:
        try:
            return _rows(sheet.cells, name, list(sheet.remarks))
        except NoCommentColumn:
            continue
    raise NoCommentColumn(name, next(iter(sheets[0].cells), []))


def _read_docx(data: bytes, name: str) -> Sheet:
    from standards.exchange.docx.blocks import ACCEPTED, Paragraph, Table, all_paragraphs
    from standards.exchange.docx.importing import accepted
    from standards.exchange.docx.source import open_source

    headings: list[str] = []
    remarks: list[str] = []
    found: list[Row] = []
    for block in accepted(open_source(data, name).body.blocks):
        if not isinstance(block, Table):
            continue
        cells: list[list[str]] = []
        for row in block.rows:
            line: list[str] = []
            for cell in row.cells:
                words = "\n".join(
                    paragraph.text(ACCEPTED).strip()
                    for paragraph in all_paragraphs(cell.blocks)
                    if isinstance(paragraph, Paragraph)
                ).strip()
                above = (
                    cells[-1][len(line)] if cell.continues and cells and len(cells[-1]) > len(line) else None
                )
                line.append(above if above is not None else words)
                line.extend([line[-1]] * (cell.width - 1))
            cells.append(line)
        try:
            sheet = _rows(cells, name, remarks)
        except NoCommentColumn:
            headings.extend(cells[0] if cells else [])
            continue
        found.extend(sheet.rows)
    if not found:
        raise NoCommentColumn(name, headings)
    return Sheet(tuple(found), tuple(remarks))


def _rows(lines: Sequence[Sequence[str]], name: str, remarks: list[str]) -> Sheet:
    """The rows below the first line that names a column for comments."""
    for at, line in enumerate(lines[:40]):
        columns = recognised(line)
        if Column.COMMENT in columns.values():
            return _gathered(lines[at + 1 :], at + 2, columns, remarks)
    raise NoCommentColumn(name, list(lines[0]) if lines else [])


def _gathered(
    lines: Iterable[Sequence[str]], first: int, columns: dict[int, Column], remarks: list[str]
) -> Sheet:
    found: list[Row] = []
    seen: dict[tuple[str, ...], int] = {}
    for place, line in enumerate(lines, first):
        cells = {
            column: line[at].strip() for at, column in columns.items() if at < len(line) and line[at].strip()
        }
        if not any(cells.get(column) for column in (Column.COMMENT, Column.CHANGE, Column.QUOTE)):
            if cells:
                remarks.append(f"Row {place} holds no comment and was passed over.")
            continue
        key = tuple(
            cells.get(column, "") for column in (Column.MEMBER, Column.CLAUSE, Column.COMMENT, Column.CHANGE)
        )
        if key in seen:
            remarks.append(f"Row {place} says the same as row {seen[key]}; both are kept.")
        seen.setdefault(key, place)
        found.append(Row(place, cells))
        if len(found) > MOST_ROWS:
            raise UnreadableSheet(f"The table has more than {MOST_ROWS:,} rows. Split it into several files.")
    return Sheet(tuple(found), tuple(remarks))


def _read_lines(text: str, name: str) -> Sheet:
    found: list[Row] = []
    problems: list[str] = []
    for place, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            given = json.loads(line)
        except ValueError:
            problems.append(f"line {place}: this is not JSON.")
            continue
        if not isinstance(given, dict) or not str(given.get("comment") or "").strip():
            problems.append(f"line {place}: “comment” is missing or empty.")
            continue
        cells = {
            column: str(given[field]).strip()
            for field, column in _FIELDS.items()
            if given.get(field) not in (None, "")
        }
        found.append(Row(place, cells, asked=str(given.get("asked") or "")))
    if problems:
        more = f" and {len(problems) - 20} more" if len(problems) > 20 else ""
        raise UnreadableSheet(f"{name}: {' '.join(problems[:20])}{more} Nothing was taken.")
    return Sheet(tuple(found))


_FIELDS = {
    "comment_id": Column.RECEIPT,
    "comment": Column.COMMENT,
    "lang": Column.LANGUAGE,
    "quote": Column.QUOTE,
    "clause": Column.CLAUSE,
    "proposal": Column.CHANGE,
    "author": Column.MEMBER,
    "group": Column.GROUP,
    "region": Column.REGION,
}
