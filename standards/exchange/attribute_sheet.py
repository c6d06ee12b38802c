"""The attribute sheet: one row a clause with everything recorded besides its words, out and back.

A row names its clause by id, or by number in a sheet of one's own. Only what a
row says otherwise than the text it was taken from is a change: the column `as of`
names that text, so that a sheet filled in for two weeks undoes nobody's work.
Nothing here writes anywhere; a sheet is understood, or its troubles are told.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from uuid import UUID

from standards.document import Clause, ClauseText, Document
from standards.errors import StandardsError
from standards.exchange.attribute_cells import COLUMNS, CellRefused, Known, given, known_in, writable, written

ID, NUMBER, HEADING, AS_OF = "id", "number", "heading", "as of"
HEADINGS = (ID, NUMBER, HEADING, *(column.replace("_", " ") for column in COLUMNS), AS_OF)
"""The headings of the sheet, left to right."""

Began = Callable[[str], ClauseText | None]


@dataclass(frozen=True)
class FieldChange:
    """One attribute that changes, in the words of a cell."""

    column: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    """A clause that changes: as it stands, the content it would get, and what differs."""

    clause: Clause
    text: ClauseText

    @property
    def fields(self) -> tuple[FieldChange, ...]:
        """The attributes that differ, in the order of the sheet."""
        pairs = (
            (column, written(self.clause.text, column), written(self.text, column)) for column in COLUMNS
        )
        return tuple(FieldChange(*pair) for pair in pairs if pair[1] != pair[2])


@dataclass(frozen=True)
class Trouble:
    """A cell that cannot be taken: its row as a person counts it, its column, what it says, and why not."""

    row: int
    column: str
    value: str
    message: str

    def __str__(self) -> str:
        return f"Row {self.row}, {self.column}: {self.message}"


@dataclass(frozen=True)
class Understood:
    """What a sheet would change; while it has troubles, nothing of it is to be applied."""

    changes: tuple[Change, ...]
    troubles: tuple[Trouble, ...] = ()
    remarks: tuple[str, ...] = ()


class NoClauseColumn(StandardsError):
    """A table whose rows name no clauses."""

    def __init__(self) -> None:
        super().__init__(
            "This table has no column “id” or “number” that says which clause each row is about. "
            "Take the sheet from this page, change its cells and send it back."
        )


def lines_of(document: Document) -> Iterator[list[str]]:
    """The sheet of a document: its headings, then one line a clause in reading order."""
    yield list(HEADINGS)
    for clause in document:
        cells = [written(clause.text, column) for column in COLUMNS]
        yield [str(clause.id), clause.number, _named(clause.text), *cells, clause.text.hash]


def _named(text: ClauseText) -> str:
    """A clause's heading in one line, to know the row by."""
    return writable(" ".join((text.heading or text.body[:80]).split()))


def read(document: Document, lines: Sequence[Sequence[str]], began: Began) -> Understood:
    """What a sheet says otherwise than the document. Raises NoClauseColumn.

    `began` gives the text that a content hash names, or None where there is none.
    """
    at, places = _headings(lines)
    troubles = _troubles_of_headings(at, lines[at], places)
    reading = _Reading(document, began, known_in(document), troubles)
    for row, line in enumerate(lines[at + 1 :], at + 2):
        cells = {name: line[place].strip() for name, place in places.items() if place < len(line)}
        if any(cells.values()):
            reading.take(row, cells)
    return Understood(tuple(reading.changes), tuple(reading.troubles), tuple(reading.remarks))


def _headings(lines: Sequence[Sequence[str]]) -> tuple[int, dict[str, int]]:
    """Which line holds the headings, and where each known one stands; the first counts."""
    for at, line in enumerate(lines[:20]):
        places: dict[str, int] = {}
        for place, heading in enumerate(line):
            if (name := _folded(heading)) in HEADINGS:
                places.setdefault(name, place)
        if ID in places or (NUMBER in places and len(places) > 1):
            return at, places
    raise NoClauseColumn


def _folded(heading: str) -> str:
    return " ".join(heading.replace("_", " ").casefold().split())


def _troubles_of_headings(at: int, line: Sequence[str], places: Mapping[str, int]) -> list[Trouble]:
    found = []
    for place, heading in enumerate(line):
        name = _folded(heading)
        if name and name not in HEADINGS:
            near = get_close_matches(name, HEADINGS, 1)
            meant = f" Did you mean “{near[0]}”?" if near else ""
            told = f"There is no column of this name.{meant} Possible: {', '.join(HEADINGS)}."
            found.append(Trouble(at + 1, heading, heading, told))
        elif name and places[name] != place:
            found.append(
                Trouble(at + 1, heading, heading, "This column is there twice. Keep one of the two.")
            )
    return found


class _Reading:
    """The rows taken so far, and what came of them."""

    def __init__(self, document: Document, began: Began, known: Known, troubles: list[Trouble]) -> None:
        self.document, self.began, self.known = document, began, known
        self.changes: list[Change] = []
        self.troubles = troubles
        self.remarks: list[str] = []
        self.rows: dict[UUID, int] = {}

    def take(self, row: int, cells: Mapping[str, str]) -> None:
        clause = self._clause(row, cells)
        if clause is None:
            return
        base = clause.text
        if as_of := cells.get(AS_OF, ""):
            found = self.began(as_of)
            if found is None:
                told = "No text of this name is kept. Empty the cell to compare with the draft as it stands."
                self.troubles.append(Trouble(row, AS_OF, as_of, told))
                return
            base = found
        self._note_heading(row, clause, base, cells.get(HEADING))
        text = clause.text
        for column in COLUMNS:
            cell = cells.get(column.replace("_", " "))
            if cell is not None:
                text = self._field(row, column, cell, base, text)
        if text != clause.text:
            self.changes.append(Change(clause, text))

    def _clause(self, row: int, cells: Mapping[str, str]) -> Clause | None:
        named, number = cells.get(ID, ""), cells.get(NUMBER, "")
        clause = self._by_id(named) if named else self.document.by_number.get(number)
        if clause is None:
            column, value = (ID, named) if named else (NUMBER, number)
            told = (
                f"No clause of this text is called “{value}”; it may have been withdrawn. Take the row out."
                if value
                else "This row names no clause. Write its id or its number, or empty the row."
            )
            self.troubles.append(Trouble(row, column, value, told))
        elif clause.id in self.rows:
            told = f"This clause stands in row {self.rows[clause.id]} already. Keep one of the two rows."
            self.troubles.append(Trouble(row, ID if named else NUMBER, named or number, told))
            return None
        else:
            self.rows[clause.id] = row
        return clause

    def _by_id(self, named: str) -> Clause | None:
        try:
            return self.document.by_id.get(UUID(named))
        except ValueError:
            return None

    def _note_heading(self, row: int, clause: Clause, base: ClauseText, heading: str | None) -> None:
        if heading and " ".join(heading.split()) not in {_named(clause.text), _named(base)}:
            self.remarks.append(f"Row {row}: a heading is changed beside its clause, not in the sheet.")

    def _field(self, row: int, column: str, cell: str, base: ClauseText, text: ClauseText) -> ClauseText:
        """The text with what the cell changes; the text as it is where the cell says nothing new."""
        heading = column.replace("_", " ")
        try:
            wanted = given(base, column, cell, self.known)
        except CellRefused as refusal:
            self.troubles.append(Trouble(row, heading, cell, str(refusal)))
            return text
        now, then, new = (written(one, column) for one in (text, base, wanted))
        if new in (then, now):
            return text
        if now != then:
            told = (
                f"A colleague made this “{now}” after the sheet was taken, and the sheet says “{new}”. "
                "Write what shall hold; to keep theirs, write theirs."
            )
            self.troubles.append(Trouble(row, heading, cell, told))
            return text
        return with_column(text, wanted, column)


def with_column(text: ClauseText, other: ClauseText, column: str) -> ClauseText:
    """A clause with one column as another has it."""
    if hasattr(text, column):
        return replace(text, **{column: getattr(other, column)})
    told = text.attributes.model_copy(update={column: getattr(other.attributes, column)})
    return replace(text, attributes=told)
