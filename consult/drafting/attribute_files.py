"""The attribute sheet as a file: XLSX with lists to choose from, or CSV, and read from either."""

from collections.abc import Sequence
from datetime import datetime
from typing import IO, Any

from consult.errors import BarazaError
from consult.sheets.cells import CELL, plain, spreadsheet, write_csv
from standards.document import Document
from standards.exchange.attribute_cells import CHOICES, COLUMNS, OFFERED
from standards.exchange.attribute_sheet import (
    AS_OF,
    ID,
    NUMBER,
    Began,
    NoClauseColumn,
    Understood,
    lines_of,
    read,
)

KINDS = ("xlsx", "csv")
_WIDE = frozenset({"heading", "stages", "verifiers", "laws", "parameters", "responsible", "extra"})


class TooLongForACell(BarazaError):
    """A cell that a workbook would cut off; a sheet that lost words would lose them in the text too."""

    def __init__(self, number: str, column: str) -> None:
        super().__init__(
            f"“{column}” of clause {number} has more than {CELL:,} characters, and a cell of a workbook "
            "holds no more. Take the sheet as CSV."
        )


def write(document: Document, kind: str, created: datetime, into: IO[bytes]) -> None:
    """Write the sheet; the same document gives the same bytes. Raises TooLongForACell for XLSX."""
    lines = list(lines_of(document))
    if kind == "csv":
        write_csv(lines, into)
    else:
        _refuse_long(lines)
        _write_workbook(lines, document.title, created, into)


def understood(document: Document, data: bytes, name: str, began: Began) -> Understood:
    """What a file says otherwise than the document. Raises UnreadableSheet, NoClauseColumn."""
    for sheet in spreadsheet(data, name):
        try:
            return read(document, [[plain(cell) for cell in line] for line in sheet.cells], began)
        except NoClauseColumn:
            continue
    raise NoClauseColumn


def _refuse_long(lines: Sequence[Sequence[str]]) -> None:
    for line in lines[1:]:
        for heading, cell in zip(lines[0], line, strict=True):
            if len(cell) > CELL:
                raise TooLongForACell(line[1], heading)


def _write_workbook(lines: list[list[str]], title: str, created: datetime, into: IO[bytes]) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(into, {"strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": title, "created": created.replace(tzinfo=None)})
    sheet = book.add_worksheet("Attributes")
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    body = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
    for place, heading in enumerate(lines[0]):
        width = 9 if heading in (ID, NUMBER, AS_OF) else 34 if heading in _WIDE else 16
        sheet.set_column(place, place, width, body)
        sheet.write_string(0, place, heading, head)
        choices = {**CHOICES, **OFFERED}.get(heading)
        if choices and len(lines) > 1 and heading != "producers":
            # A list to choose from; what it does not hold is told when the sheet comes back.
            offer = {"validate": "list", "source": list(choices), "error_type": "information"}
            sheet.data_validation(1, place, len(lines) - 1, place, offer)
    name = book.add_format({"valign": "top", "num_format": "@"})
    for row, line in enumerate(lines[1:], 1):
        for place, cell in enumerate(line):
            # The names that only machines read stay on one line, so that rows stay low.
            sheet.write_string(row, place, cell, name if lines[0][place] in (ID, AS_OF) else body)
    sheet.freeze_panes(1, 3)
    sheet.autofilter(0, 0, max(len(lines) - 1, 1), len(lines[0]) - 1)
    sheet.set_landscape()
    sheet.repeat_rows(0)
    sheet.repeat_columns(0, 2)
    _write_values(book.add_worksheet("Values"), head, body)
    book.close()


_HINTS = {
    "stages": "one a line: year 1: what is asked | what shows it",
    "verifiers": "one a line: document: the list of members (or observation, interview, measurement)",
    "minerals": "gold; silver",
    "laws": "one a line",
    "verification": "first party, second party, third party, participatory guarantee, or words of your own",
    "group_threshold": "per cent, 0 to 100",
    "points": "a whole number",
    "effective": "2027-01-31",
    "transition_until": "2027-01-31",
    "parameters": "one a line: share = 90 | unit: % | from: 80 | to: 100 | stricter: higher",
    "extra": "one a line: name: value",
}


def _write_values(sheet: Any, head: Any, body: Any) -> None:
    sheet.set_column(0, 0, 20)
    sheet.set_column(1, 1, 100)
    sheet.write_string(0, 0, "Column", head)
    sheet.write_string(0, 1, "What may stand in a cell", head)
    for row, column in enumerate(COLUMNS, 1):
        choices = CHOICES.get(column) or OFFERED.get(column)
        told = ", ".join(choices) if choices else _HINTS.get(column, "words")
        sheet.write_string(row, 0, column.replace("_", " "), body)
        sheet.write_string(row, 1, told, body)
