"""Checklists as XLSForms: taken by pyxform without a word, with the logic of the questions."""

import io
from dataclasses import replace
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from lxml import etree
from pyxform.xls2xform import convert

from standards.checklists import Field, Head, Pin, Wording, field_name, group_name
from standards.document import Document, Modality
from standards.exchange.checklist_xlsform import write
from standards.profiles import Asked
from tests.standards.exchange.checklist_cases import a_checklist
from tests.standards.profile_cases import the_text
from tests.standards.trees import documents

XF = {"x": "http://www.w3.org/2002/xforms"}
CLAUSES = {clause.number: clause.id for clause in the_text()}


def form(data: bytes) -> Any:
    """The form as devices read it; pyxform must not have warned of anything."""
    warnings: list[str] = []
    result = convert(io.BytesIO(data), validate=False, warnings=warnings)
    assert warnings == []
    return etree.fromstring(result.xform.encode())


def rows(data: bytes, sheet: str) -> list[dict[str, Any]]:
    """The rows of a sheet by heading."""
    lines = list(openpyxl.load_workbook(io.BytesIO(data))[sheet].iter_rows(values_only=True))
    return [dict(zip(map(str, lines[0]), line, strict=True)) for line in lines[1:]]


def binding(found: Any, name: str) -> Any:
    """What the form says of a question."""
    return found.xpath(f"//x:bind[substring-after(@nodeset, '{name}')='' and contains(@nodeset, '{name}')]",
                       namespaces=XF)[-1]  # fmt: skip


class TestWrite:
    def test_every_clause_is_a_group_with_its_questions(self) -> None:
        found = form(write(a_checklist()))

        for number in ("1.1", "1.2", "2.1"):
            group = found.xpath(f"//x:group[contains(@ref, '{group_name(CLAUSES[number])}')]", namespaces=XF)
            assert len(group) == 1
            asked = [
                node.get("ref").rsplit("/")[-1] for node in group[0] if node.get("ref", "").startswith("/")
            ]
            questions = [name for name in asked if name.startswith("c_")]
            assert set(questions) == {field_name(CLAUSES[number], field) for field in Field}

    def test_questions_are_skipped_where_the_answer_leaves_no_room_for_them(self) -> None:
        found = form(write(a_checklist()))
        clause = CLAUSES["1.1"]

        obstacle = binding(found, field_name(clause, Field.OBSTACLE)).get("relevant")
        cost = binding(found, field_name(clause, Field.COST)).get("relevant")

        assert "= 'partly' or" in obstacle
        assert "= 'not-met'" in obstacle
        assert "= 'met'" not in obstacle
        assert "!= 'not-applicable'" in cost
        assert binding(found, field_name(clause, Field.MET)).get("relevant") is None

    def test_who_answers_is_asked_once_and_the_text_is_named(self) -> None:
        found = form(write(a_checklist()))

        names = {bind.get("nodeset").rsplit("/")[-1] for bind in found.iter("{*}bind")}

        assert {head.value for head in Head} | {pin.value for pin in Pin} <= names
        assert binding(found, Pin.STANDARD.value).get("calculate") == "'small'"
        assert binding(found, Pin.STAGE.value).get("calculate") == "'year 1'"

    def test_it_speaks_several_languages_and_opens_in_the_first(self) -> None:
        wordings = {CLAUSES["2.1"]: {"sw": Wording("", "Retoti inashika zebaki.")}}
        data = write(a_checklist("sw", "en", wordings=wordings))
        found = form(data)

        languages = [node.get("lang") for node in found.iter("{*}translation")]
        said = found.xpath("//x:translation[@lang='Swahili (sw)']//x:value/text()", namespaces=XF)

        assert set(languages) == {"Swahili (sw)", "English (en)"}
        assert rows(data, "settings")[0]["default_language"] == "Swahili (sw)"
        assert "Retoti inashika zebaki." in said
        assert any("these are the words in Kiingereza" in words for words in said)

    def test_groups_are_chosen_by_name_where_there_are_any(self) -> None:
        data = write(a_checklist("en", groups={"pit-miners": {"en": "Pit miners"}}))
        form(data)

        assert {"list_name": "group", "name": "pit-miners", "label::English (en)": "Pit miners"} in rows(
            data, "choices"
        )

    def test_words_that_look_like_a_reference_or_a_formula_stay_words(self) -> None:
        odd = the_text()
        clauses = tuple(
            replace(c, text=replace(c.text, body="=1+1 ${c_x} <b>&")) if c.number == "1.1" else c for c in odd
        )
        data = write(a_checklist(document=odd.with_clauses(clauses)))
        form(data)

        cells = [
            cell for line in openpyxl.load_workbook(io.BytesIO(data))["survey"].iter_rows() for cell in line
        ]

        assert not [cell for cell in cells if cell.data_type == "f"]
        assert any(str(cell.value).startswith("=1+1 $ {c_x}") for cell in cells)

    def test_the_same_checklist_gives_the_same_bytes(self) -> None:
        assert write(a_checklist("en", "sw")) == write(a_checklist("en", "sw"))

    def test_another_wording_is_another_version_of_the_form(self) -> None:
        entry = write(a_checklist(asked=Asked(stage="entry")))
        later = write(a_checklist(asked=Asked(stage="year 1")))

        assert rows(entry, "settings")[0]["version"] != rows(later, "settings")[0]["version"]


@settings(max_examples=15, deadline=None)
@given(documents())
def test_any_text_makes_a_form_without_warnings(document: Document) -> None:
    binding_ = tuple(
        replace(clause, text=replace(clause.text, modality=Modality.REQUIREMENT)) for clause in document
    )

    found = form(write(a_checklist("en", "sw", document=document.with_clauses(binding_), asked=Asked())))

    groups = found.xpath("//x:group[starts-with(substring-after(@ref, 'c_'), '0')]", namespaces=XF)
    assert len(groups) == len(document)


@pytest.mark.parametrize("label", ["1.0", "2.0 d'essai", 'the "new" one'])
def test_any_label_is_named_in_the_form(label: str) -> None:
    made = replace(a_checklist(), version=label)

    calculated = binding(form(write(made)), Pin.VERSION.value).get("calculate")

    assert calculated[0] == calculated[-1]
    assert calculated[1:-1] == label
