"""Checklists as pages: every clause with boxes to tick and room to write."""

import io

import docx

from standards.checklists import Wording
from standards.exchange.checklist_docx import BOX, write
from tests.standards.exchange.checklist_cases import a_checklist
from tests.standards.profile_cases import the_text


class TestWrite:
    def test_each_clause_has_its_question_its_boxes_and_room_to_write(self) -> None:
        made = a_checklist()

        opened = docx.Document(io.BytesIO(write(made)))

        about, *tables = opened.tables
        assert len(about.rows) == 4
        assert len(tables) == len(made.items)
        assert all(table.rows[0].cells[1].text.count(BOX) == 4 for table in tables)
        assert all(table.rows[2].cells[1].text.count(BOX) == 3 for table in tables)
        assert "A list names everyone at work." in [paragraph.text for paragraph in opened.paragraphs]

    def test_chapters_head_their_clauses(self) -> None:
        opened = docx.Document(io.BytesIO(write(a_checklist())))

        chapters = [p.text for p in opened.paragraphs if p.style is not None and p.style.name == "Heading 1"]

        assert chapters[1:] == ["1 Organisation", "2 Mercury", "3 Trade"]

    def test_every_page_says_for_whom_it_is(self) -> None:
        opened = docx.Document(io.BytesIO(write(a_checklist())))

        assert opened.sections[0].header.paragraphs[0].text == (
            "Small mines 1.0 · cooperative en · stage_name en · gold"
        )

    def test_a_second_language_stands_beneath_where_there_is_a_translation(self) -> None:
        retort = next(clause.id for clause in the_text() if clause.number == "2.1")
        data = write(
            a_checklist("en", "sw", wordings={retort: {"sw": Wording("", "Retoti inashika zebaki.")}})
        )

        said = [paragraph.text for paragraph in docx.Document(io.BytesIO(data)).paragraphs]

        assert said.index("Retoti inashika zebaki.") > said.index(
            "A retort keeps 90\N{NO-BREAK SPACE}% of the mercury."
        )

    def test_what_nobody_translated_stands_there_once(self) -> None:
        data = write(a_checklist("sw", "en"))

        said = [paragraph.text for paragraph in docx.Document(io.BytesIO(data)).paragraphs]

        assert said.count("A list names everyone at work.") == 1

    def test_the_same_checklist_gives_the_same_bytes(self) -> None:
        assert write(a_checklist()) == write(a_checklist())
