"""Workbooks (XLSX) whose cells are words and nothing else: no formula, no link, no clock.

The same lines give the same bytes.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

import xlsxwriter

CELL: Final = 32_767
"""How many characters a cell holds."""
WRITTEN: Final = datetime(1980, 1, 1)
"""The moment every workbook says it was made."""


class Sheet:
    """One sheet being written; places are counted from 0."""

    def __init__(self, sheet: Any, book: "Workbook") -> None:
        self._sheet, self._book, self._looks = sheet, book, book.looks

    def line(self, row: int, cells: Iterable[str], **look: Any) -> None:
        """Write a row's cells from the left; empty ones stay empty."""
        for column, words in enumerate(cells):
            if words:
                self.cell(row, column, words, **look)

    def cell(self, row: int, column: int, words: str, **look: Any) -> None:
        """Write words, never a formula; an empty cell keeps its look."""
        found = self._looks.get(look)
        if words:
            self._sheet.write_string(row, column, words[:CELL], found)
        else:
            self._sheet.write_blank(row, column, None, found)

    def across(self, row: int, first: int, last: int, words: str, **look: Any) -> None:
        """Write words over several columns."""
        self._sheet.merge_range(row, first, row, last, "", self._looks.get(look))
        self.cell(row, first, words, **look)

    def choose(self, rows: tuple[int, int], column: int, values: Sequence[str], complaint: str) -> None:
        """Let the cells of a column, from one row to another, be chosen from a list."""
        rule = {"validate": "list", "source": self._book.listed(values), "error_message": complaint[:255]}
        self._sheet.data_validation(rows[0], column, rows[1], column, rule)

    def widths(self, widths: Sequence[int]) -> None:
        """How wide each column is, in characters; 0 hides it."""
        for column, width in enumerate(widths):
            self._sheet.set_column(column, column, width or None, None, {} if width else {"hidden": True})

    def hide(self, row: int) -> None:
        """Keep a row for programs alone."""
        self._sheet.set_row(row, None, None, {"hidden": True})

    def tall(self, row: int, height: float) -> None:
        """How high a row is, in points."""
        self._sheet.set_row(row, height)

    def freeze(self, rows: int) -> None:
        """Keep the first rows in sight."""
        self._sheet.freeze_panes(rows, 0)

    def for_paper(self, repeated: tuple[int, int], footer: str) -> None:
        """Landscape A4, as wide as the page, these rows on top of every page."""
        self._sheet.set_paper(9)
        self._sheet.set_landscape()
        self._sheet.fit_to_pages(1, 0)
        self._sheet.set_margins(0.4, 0.4, 0.6, 0.6)
        self._sheet.repeat_rows(*repeated)
        # An ampersand begins a code in a footer.
        self._sheet.set_footer(f"&L{footer.replace('&', '&&')[:200]}&R&P / &N")

    def protect(self) -> None:
        """Let only cells with the look `locked=False` be written in; rows and columns may be sized."""
        self._sheet.protect("", {"format_columns": True, "format_rows": True, "select_locked_cells": True})


class Workbook:
    """A workbook being written; `bytes` is there once it is closed."""

    def __init__(self, book: Any, into: io.BytesIO) -> None:
        self._book, self._into = book, into
        self.looks = _Looks(book)
        self._lists: dict[tuple[str, ...], str] = {}
        self._listing: Any = None

    def add(self, name: str) -> Sheet:
        """A further sheet."""
        return Sheet(self._book.add_worksheet(name), self)

    def listed(self, values: Sequence[str]) -> str:
        """Where values to choose from stand: a hidden sheet, for a rule itself holds only 255 characters."""
        key = tuple(values)
        if key not in self._lists:
            if self._listing is None:
                self._listing = self._book.add_worksheet("lists")
                self._listing.hide()
            column = len(self._lists)
            for row, value in enumerate(values):
                self._listing.write_string(row, column, value)
            letter = chr(ord("A") + column)
            self._lists[key] = f"=lists!${letter}$1:${letter}${len(values)}"
        return self._lists[key]

    @property
    def bytes(self) -> bytes:
        """The whole file."""
        return self._into.getvalue()


class _Looks:
    """The looks of cells, each made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Any] = {}

    def get(self, look: dict[str, Any]) -> Any:
        key = tuple(sorted(look.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format({"text_wrap": True, "valign": "top", **look})
        return self._made[key]


@contextmanager
def workbook(title: str) -> Iterator[Workbook]:
    """A workbook to write in, closed at the end."""
    into = io.BytesIO()
    book = xlsxwriter.Workbook(
        into, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    book.set_properties({"title": title[:255], "created": WRITTEN})
    yield Workbook(book, into)
    book.close()
