"""The feasibility of a version as a table: figures by clause and group, and nobody's words."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import IO
from uuid import UUID

from flask_babel import gettext as _

from consult import feasibility
from consult.feasibility import ABILITIES, Cell, ClauseFeasibility, Hidden
from consult.sheets.cells import write_csv

KINDS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
WIDTHS = (9, 34, 28, 9, 9, 9, 12, 11, 9, 9, 9, 14, 34)


def write(
    rows: Iterable[ClauseFeasibility],
    words: Callable[[UUID | str | None], str],
    hidden: Callable[[ClauseFeasibility], Hidden],
    kind: str,
    title: str,
    made_at: datetime,
    into: IO[bytes],
) -> None:
    """Write the figures; `kind` is one of KINDS. Figures that `hidden` names of a clause stay empty."""
    lines = [_headings(), *_lines(rows, words, hidden)]
    if kind == "csv":
        write_csv(([str(value) for value in line] for line in lines), into)
    else:
        _xlsx(lines, title, made_at, into)


def _headings() -> list[str | float]:
    return [
        _("Clause"),
        _("Heading"),
        _("Group"),
        _("Can"),
        _("With help"),
        _("Cannot"),
        _("Share that cannot, in per cent"),
        _("From comments"),
        _("Pilots: met"),
        _("Partly"),
        _("Not met"),
        _("Does not apply"),
        _("Named cost: least, middle, most"),
    ]


def _lines(
    rows: Iterable[ClauseFeasibility],
    words: Callable[[UUID | str | None], str],
    hidden: Callable[[ClauseFeasibility], Hidden],
) -> Iterator[list[str | float]]:
    for row in rows:
        if row.clause is None:
            continue
        kept_back = hidden(row)
        place = [row.clause.number, row.clause.text.heading]
        yield [*place, _("Everyone"), *_figures(row.together, kept_back)]
        for cell in row.cells:
            if cell.whole or cell.pilots.answers:
                yield [*place, words(cell.key), *_figures(cell, kept_back)]


def _figures(cell: Cell, kept_back: Hidden) -> list[str | float]:
    """A line's figures; what is kept back is empty, and so is all that would give it away."""
    figures: list[str | float] = [
        "" if (cell, kind) in kept_back else figure
        for kind, figure in zip(ABILITIES, cell.figures, strict=True)
    ]
    if "" in figures:
        return [*figures, *[""] * 7]
    tally = cell.pilots
    tried = [tally.met, tally.partly, tally.not_met, tally.not_applicable] if tally.answers else [""] * 4
    share = round(cell.shut_out, 1) if cell.whole else ""
    named = "; ".join(
        f"{cost.least:g}, {cost.middle:g}, {cost.most:g} {cost.unit} ({cost.named})"
        for cost in feasibility.costs(cell.answers)
    )
    return [*figures, share, cell.comments, *tried, named]


def _xlsx(lines: Iterable[list[str | float]], title: str, made_at: datetime, into: IO[bytes]) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(into, {"strings_to_formulas": False, "strings_to_urls": False})
    # The same text and answers give the same bytes.
    book.set_properties({"title": title, "created": made_at.replace(tzinfo=None)})
    sheet = book.add_worksheet(_("Feasibility")[:31])
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    body = book.add_format({"text_wrap": True, "valign": "top"})
    for place, width in enumerate(WIDTHS):
        sheet.set_column(place, place, width)
    for at, line in enumerate(lines):
        for place, value in enumerate(line):
            look = body if at else head
            if isinstance(value, str):
                sheet.write_string(at, place, value, look)
            else:
                sheet.write_number(at, place, value, look)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    book.close()
