"""A checklist as a spreadsheet: one row a clause, choices to choose from, fit to print on A4.

Programs find a row's clause in the hidden column `clause`, and what a column
holds in the hidden row of names; who answered stands above, each beside its
name. The same checklist gives the same bytes.
"""

from typing import Final

from standards.checklists import CLAUSE, Able, Answer, Checklist, Field, Head, Item, language_name
from standards.exchange.workbooks import Sheet, workbook

LEADING: Final = ("number", "heading", CLAUSE)
_WIDTHS: Final = {Field.MET: 12, Field.ABILITY: 12}
_LEAST: Final = 60.0
"""Points of height that leave room to write."""
_HEAD: Final = {"bold": True, "bottom": 1, "bg_color": "#EFE9DD"}
_OPEN: Final = {"locked": False, "border": 1}


def write(checklist: Checklist) -> bytes:
    """The checklist as XLSX; every language's wording stands in a column of its own."""
    words, count = checklist.first, len(checklist.items)
    columns = [*LEADING, *(f"question:{code}" for code in checklist.languages), "look_for", *Field]
    with workbook(checklist.title) as book:
        sheet = book.add("Checklist")
        top = _above(sheet, checklist)
        sheet.line(top, columns)
        sheet.hide(top)
        shown = [
            "",
            words.clause,
            "",
            words.about_clauses,
            *(language_name(code) for code in checklist.languages[1:]),
            words.look_for,
            *(words.fields[field] for field in Field),
        ]
        sheet.tall(top + 1, 30)
        for column, heading in enumerate(shown):
            sheet.cell(top + 1, column, heading, **_HEAD)
        for row, item in enumerate(checklist.items, start=top + 2):
            _row(sheet, row, checklist, item)
        rows = (top + 2, top + 1 + count)
        for field, choices in ((Field.MET, _met(checklist)), (Field.ABILITY, _able(checklist))):
            sheet.choose(rows, columns.index(field), choices, f"{words.fields[field]} {' / '.join(choices)}")
        sheet.widths([7, 16, 0, *(36 for _ in checklist.languages), 28, *(_WIDTHS.get(f, 16) for f in Field)])
        sheet.for_paper((top + 1, top + 1), f"{checklist.title} {checklist.version}")
        sheet.protect()
    return book.bytes


def _above(sheet: Sheet, checklist: Checklist) -> int:
    """The lines above the table; gives the row of its names."""
    words = checklist.first
    sheet.cell(
        0,
        0,
        f"{words.title}: {checklist.title} {checklist.version}",
        bold=True,
        font_size=14,
        text_wrap=False,
    )
    about = " · ".join(f"{word}: {value}" for word, value in checklist.about(checklist.languages[0]))
    sheet.cell(1, 0, about, text_wrap=False)
    sheet.cell(2, 0, words.how_to, text_wrap=False)
    row = 3
    for pin, value in checklist.pins().items():
        sheet.line(row, ("", "", pin.value, value))
        sheet.hide(row)
        row += 1
    for head in Head:
        sheet.tall(row, 30)
        sheet.cell(row, 1, words.heads[head], bold=True)
        sheet.cell(row, 2, head.value)
        chosen = words.producers.get(checklist.asked.producer, "") if head is Head.PRODUCER else ""
        sheet.cell(row, 3, chosen, **_OPEN)
        if head is Head.PRODUCER:
            sheet.choose((row, row), 3, list(words.producers.values()), words.heads[head])
        row += 1
    return row + 1


def _row(sheet: Sheet, row: int, checklist: Checklist, item: Item) -> None:
    first = checklist.languages[0]
    wording = checklist.wording(item, first)
    beside = checklist.beside(item)
    questions = [wording.words, *(beside.get(code, "") for code in checklist.languages[1:])]
    hints = "\n".join(checklist.hints(item, first))
    for column, cell in enumerate((item.number, wording.heading, item.clause_id.hex, *questions, hints)):
        sheet.cell(row, column, cell, bottom=4)
    for at, _field in enumerate(Field):
        sheet.cell(row, 4 + len(questions) + at, "", **_OPEN)
    lines = max(
        [_lines(question, 38) for question in questions] + [_lines(hints, 34), _lines(wording.heading, 20)]
    )
    sheet.tall(row, min(max(_LEAST, 15.0 * lines + 4), 400.0))


def _lines(words: str, width: int) -> int:
    """About how many lines words take in a column."""
    return sum(1 + len(line) // width for line in words.split("\n"))


def _met(checklist: Checklist) -> list[str]:
    return [checklist.first.answers[answer] for answer in Answer]


def _able(checklist: Checklist) -> list[str]:
    return [checklist.first.able[able] for able in Able]
