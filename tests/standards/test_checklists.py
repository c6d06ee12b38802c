"""Checklists: which clauses they ask, in which words, and the names their answers come back under."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standards.checklists import (
    Field,
    NothingToAsk,
    UnknownLanguage,
    Wording,
    field_name,
    group_name,
    language_name,
    named_field,
)
from standards.document import Attributes, Document, Verifier
from standards.profiles import Asked
from tests.standards.exchange.checklist_cases import a_checklist
from tests.standards.profile_cases import the_text

CLAUSE = UUID(int=0xAB)


class TestNames:
    def test_a_question_is_named_after_its_clause(self) -> None:
        assert group_name(CLAUSE) == "c_000000000000000000000000000000ab"
        assert field_name(CLAUSE, Field.MET) == "c_000000000000000000000000000000ab_met"

    @given(st.uuids(), st.sampled_from(Field))
    def test_a_name_leads_back_to_its_clause_and_question(self, clause_id: UUID, field: Field) -> None:
        name = field_name(clause_id, field)

        assert named_field(name) == (clause_id, field)
        assert named_field(f"{group_name(clause_id)}/{name}") == (clause_id, field)

    @pytest.mark.parametrize(
        "name", ["", "met", "c_met", "c_12_met", f"c_{CLAUSE.hex}", f"c_{CLAUSE.hex}_age"]
    )
    def test_other_names_lead_nowhere(self, name: str) -> None:
        assert named_field(name) is None


class TestChecklist:
    def test_it_asks_what_must_be_met_now_and_what_is_recommended_now(self) -> None:
        made = a_checklist(asked=Asked(producer="cooperative", mineral="gold", stage="entry"))

        asked = {item.number: item.is_advice for item in made.items}

        assert asked == {"1.1": False, "1.2": False, "2.1": False, "2.3": True, "3.2": False, "3.3": False,
                         "3.4": False}  # fmt: skip

    def test_it_asks_in_the_words_of_the_stage_with_values_filled_in(self) -> None:
        made = a_checklist()
        question = {item.number: made.wording(item, "en").words for item in made.items}

        assert question["1.2"] == "A list names everyone at work."
        assert question["2.1"] == "A retort keeps 90\N{NO-BREAK SPACE}% of the mercury."

    def test_a_current_translation_is_asked_and_where_there_is_none_the_hint_says_so(self) -> None:
        clauses = {clause.number: clause for clause in the_text()}
        wordings = {clauses["2.1"].id: {"sw": Wording("Retoti", "Retoti inashika {recovery} ya zebaki.")}}

        made = a_checklist("sw", "en", wordings=wordings)
        items = {item.number: item for item in made.items}

        assert made.wording(items["2.1"], "sw").words == "Retoti inashika 90\N{NO-BREAK SPACE}% ya zebaki."
        assert made.hints(items["2.1"], "sw") == ()
        assert made.hints(items["1.1"], "sw")[0] == "these are the words in Kiingereza"

    def test_a_translation_of_the_whole_clause_is_not_asked_where_its_stage_words_it_otherwise(self) -> None:
        clauses = {clause.number: clause for clause in the_text()}
        wordings = {clauses["1.2"].id: {"sw": Wording("", "Orodha ina kila mtu.")}}

        made = a_checklist("sw", wordings=wordings, asked=Asked(stage="entry"))
        item = next(item for item in made.items if item.number == "1.2")

        assert made.wording(item, "sw").words == "Leaders name every team."

    def test_its_hints_say_what_to_look_for_and_what_a_group_must_reach(self) -> None:
        told = Attributes(
            verifiers=(Verifier(type="document", text="The list"),),
            group_threshold=80,
            sampling_unit="members",
            points=2,
            responsible="leaders",
        )
        made = a_checklist(document=only_one(told))

        assert made.hints(made.items[0], "en") == (
            "at least 80 % of members",
            "look_for en: The list (document en)",
            "responsible en: leaders",
            "points 2",
        )

    def test_a_profile_that_asks_nothing_has_no_checklist_and_says_why(self) -> None:
        with pytest.raises(NothingToAsk, match="the first clauses begin at the stage “year 3”"):
            a_checklist(document=only_one(Attributes(stage="year 3")))


def test_languages_by_name() -> None:
    assert language_name("sw") == "Swahili"
    assert language_name("pt-BR") == "Portuguese"
    assert language_name("en", "sw") == "Kiingereza"
    assert language_name("sw", "zz") == "Swahili"
    with pytest.raises(UnknownLanguage, match="“qqx” is no language we know"):
        language_name("qqx")


def only_one(attributes: Attributes) -> Document:
    """A text of one requirement with these attributes."""
    clause = next(clause for clause in the_text() if clause.number == "1.1")
    text = replace(clause.text, attributes=attributes)
    return Document("One", "en", clauses=(replace(clause, id=uuid4(), parent=None, text=text),))
