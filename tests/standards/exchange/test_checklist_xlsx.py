"""Checklists as spreadsheets: a row a clause, choices to choose from, nothing that runs."""

import io
from dataclasses import replace
from typing import Any

import openpyxl

from standards.checklists import CLAUSE, Field, Head, Pin, Wording
from standards.exchange.checklist_xlsx import write
from tests.standards.exchange.checklist_cases import a_checklist
from tests.standards.profile_cases import the_text

CLAUSES = {clause.number: clause.id for clause in the_text()}


def sheet(data: bytes) -> Any:
    """The sheet that people fill in."""
    return openpyxl.load_workbook(io.BytesIO(data))["Checklist"]


def names(found: Any) -> tuple[int, dict[str, int]]:
    """The row of names, and each name's column."""
    for line in found.iter_rows():
        words = {str(cell.value): cell.column for cell in line if cell.value}
        if CLAUSE in words and Field.MET.value in words:
            return line[0].row, words
    raise AssertionError("no row of names")


class TestWrite:
    def test_each_clause_is_a_row_under_the_names_of_the_questions(self) -> None:
        found = sheet(write(a_checklist()))

        top, columns = names(found)
        ids = [found.cell(row, columns[CLAUSE]).value for row in range(top + 2, found.max_row + 1)]

        assert {field.value for field in Field} <= columns.keys()
        assert ids[:3] == [CLAUSES["1.1"].hex, CLAUSES["1.2"].hex, CLAUSES["2.1"].hex]
        assert found.column_dimensions["C"].hidden
        assert found.row_dimensions[top].hidden

    def test_who_answered_and_which_text_was_asked_about_stand_beside_their_names(self) -> None:
        found = sheet(write(a_checklist()))

        beside = {str(line[2].value): line[3].value for line in found.iter_rows() if line[2].value}

        assert beside[Pin.STANDARD] == "small"
        assert beside[Pin.VERSION] == "1.0"
        assert beside[Pin.STAGE] == "year 1"
        assert beside[Head.PRODUCER] == "cooperative en"
        assert {head.value for head in Head} <= beside.keys()

    def test_answers_are_chosen_from_lists_and_only_answers_can_be_written(self) -> None:
        found = sheet(write(a_checklist()))
        top, columns = names(found)

        rules = {str(rule.sqref).split(":")[0] for rule in found.data_validations.dataValidation}
        met = found.cell(top + 2, columns["met"])

        assert met.coordinate in rules
        assert found.protection.sheet
        assert not met.protection.locked
        assert found.cell(top + 2, columns[CLAUSE]).protection.locked

    def test_it_prints_on_landscape_a4_with_its_heading_on_every_page(self) -> None:
        found = sheet(write(a_checklist()))

        assert (found.page_setup.paperSize, found.page_setup.orientation) == (9, "landscape")
        assert found.print_title_rows

    def test_each_language_has_a_column_empty_where_nobody_translated(self) -> None:
        wordings = {CLAUSES["2.1"]: {"sw": Wording("", "Retoti inashika zebaki.")}}
        found = sheet(write(a_checklist("en", "sw", wordings=wordings)))
        top, columns = names(found)

        said = [found.cell(row, columns["question:sw"]).value for row in range(top + 2, top + 5)]

        assert said == [None, None, "Retoti inashika zebaki."]

    def test_words_that_look_like_a_formula_stay_words(self) -> None:
        clauses = tuple(
            replace(c, text=replace(c.text, heading="+cmd", body='=HYPERLINK("x")')) for c in the_text()
        )
        found = sheet(write(a_checklist(document=the_text().with_clauses(clauses))))

        assert not [cell for line in found.iter_rows() for cell in line if cell.data_type == "f"]

    def test_the_same_checklist_gives_the_same_bytes(self) -> None:
        assert write(a_checklist()) == write(a_checklist())
