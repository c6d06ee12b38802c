"""Countries: what several local texts do with one clause of their base, and with all of its clauses.

Every local text is shown on the version it stands on; where that is not the one
at hand it is said, and its words are held against its own base, so that nobody
takes what the base changed for what a country did.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from consult.local import published
from consult.local.published import Stands
from standards.diff import direction
from standards.document import Clause, Document, Parameter
from standards.exchange import local_register
from standards.exchange.local_marks import LocalText, note, notes
from standards.exchange.local_register import Line
from standards.exchange.local_words import LocalWords
from standards.exchange.marks import Note
from standards.exchange.workbooks import workbook
from standards.operations import Derogate
from standards.overlays.resolve import parameter_called


@dataclass(frozen=True)
class Country:
    """One local text on a day, and whether it stands on another version than the one at hand."""

    stands: Stands
    text: LocalText
    elsewhere: bool

    def clause(self, clause_id: UUID) -> Clause | None:
        """A clause as it reads there; None where its base has none of this id."""
        return self.text.resolved.document.by_id.get(clause_id)

    def ground(self, clause_id: UUID) -> Clause | None:
        """The clause in the base it stands on."""
        return self.text.base.by_id.get(clause_id)

    def notes(self, clause_id: UUID, words: LocalWords) -> list[Note]:
        """What it does with a clause."""
        clause = self.clause(clause_id)
        return list(notes(self.text, clause, words)) if clause else []

    def register(self, clause_id: UUID, words: LocalWords) -> list[Line]:
        """Its derogations of a clause, those that ran out among them."""
        return [line for line in local_register.lines(self.text, words) if line.clause.id == clause_id]


def countries(session: Session, stands: Sequence[Stands], base_id: UUID, on: date) -> list[Country]:
    """Local texts as they read on a day, held beside one version of their base."""
    return [
        Country(one, published.on_day(session, one.version, on), one.base.id != base_id) for one in stands
    ]


class Valued(NamedTuple):
    """A value of a clause in one country, and which way it goes from the base at hand."""

    shown: str
    way: str


def values(clause: Clause, parameter: Parameter, among: Sequence[Country]) -> list[Valued]:
    """One parameter in every country, in their order; "–" where the clause has none of this name there."""
    found = []
    for country in among:
        there = country.clause(clause.id)
        own = parameter_called(there.text, parameter.name) if there else None
        way = direction(parameter, own) if own and own.value != parameter.value else ""
        found.append(Valued(own.shown if own else "–", "" if way == "changed" else way))
    return found


# --- the whole standard


@dataclass(frozen=True)
class Row:
    """A clause and what each country does with it, in their order; `own` names the one whose own it is."""

    clause: Clause
    cells: tuple[tuple[str, ...], ...]
    own: str = ""


def matrix(document: Document, among: Sequence[Country], words: LocalWords) -> list[Row]:
    """Every clause of a base with what each country does, and each country's own clauses where they stand."""
    added: dict[UUID | None, list[tuple[Country, Clause]]] = {}
    for country in among:
        last: UUID | None = None
        for clause in country.text.resolved.document:
            if country.ground(clause.id) is None:
                added.setdefault(last, []).append((country, clause))
            elif clause.id in document.by_id:
                last = clause.id
    rows = [_own(country, clause, among, words) for country, clause in added.get(None, ())]
    for clause in document:
        rows.append(Row(clause, tuple(_cell(country, clause.id, words) for country in among)))
        rows += [_own(country, own, among, words) for country, own in added.get(clause.id, ())]
    return rows


def as_workbook(rows: Sequence[Row], among: Sequence[Country], heads: tuple[str, str], title: str) -> bytes:
    """The matrix as XLSX; the same texts on the same day give the same bytes."""
    with workbook(title) as book:
        sheet = book.add(heads[0][:31])
        sheet.widths((10, 34, *[38] * len(among)))
        sheet.line(0, (*heads, *(country.stands.name for country in among)), bold=True, bottom=1)
        for at, row in enumerate(rows, start=1):
            cells = ("\n".join(cell) for cell in row.cells)
            sheet.line(at, (row.clause.number, row.clause.text.heading, *cells))
        sheet.freeze(1)
        sheet.for_paper((0, 0), title)
    return book.bytes


def _own(country: Country, clause: Clause, among: Sequence[Country], words: LocalWords) -> Row:
    cells = tuple(_cell(one, clause.id, words) if one is country else () for one in among)
    return Row(clause, cells, country.stands.name)


def _cell(country: Country, clause_id: UUID, words: LocalWords) -> tuple[str, ...]:
    return tuple(_lines(country, clause_id, words))


def _lines(country: Country, clause_id: UUID, words: LocalWords) -> Iterator[str]:
    """What a country does with a clause, a line for each operation; adoptions are told, as a decision."""
    clause = country.clause(clause_id)
    if clause is None:
        yield words.absent
        return
    if country.text.resolved.uncertifiable(clause):
        yield words.uncertifiable
    for placed in country.text.resolved.of(clause_id).placed:
        one = placed.operation
        if isinstance(one, Derogate) and local_register.standing(one, country.text.on) == "run-out":
            continue
        told = note(country.text, clause, placed, words)
        yield f"{told.act}: {told.told}" if told.told else told.act
