"""The clause form: fields from a content and back, and what is asked to be written anew."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consult.drafting import clause_form
from standards.document import (
    Attributes,
    ClauseText,
    Grade,
    Level,
    Modality,
    Parameter,
    StageVariant,
    Verifier,
)

FULL = ClauseText(
    heading="Capturing the vapour",
    body="Groups shall recover {share}.\n\n- first\n- second",
    level=Level.CRITERION,
    modality=Modality.REQUIREMENT,
    grade=Grade.IMPROVEMENT,
    declared_number="4.1",
    attributes=Attributes(
        topic="mercury",
        points=5,
        group_threshold=80,
        stages=(StageVariant(stage="entry", wording="Begin.", evidence="A plan"),),
        verifiers=(Verifier(type="interview", text="Five members"),),
        laws=("Minamata, article 7", "Mining Act, section 9"),
        producers=("cooperative", "association"),
        extra={"CWE": "79", "L1": "✓"},
    ),
    parameters=(
        Parameter(name="share", value=90, unit="%", minimum=80, maximum=100, stricter="higher"),
        Parameter(name="tools", value=("retort", "hood"), stricter="subset"),
        Parameter(name="place", value="outside"),
        Parameter(name="depth", value=1.5, unit="m"),
    ),
)
EMPTY = ClauseText("", "")


def as_sent(text: ClauseText) -> dict[str, str]:
    """What a browser sends when nothing was touched; it writes line ends its own way."""
    sent = {}
    for name, value in clause_form.fields_of(text).items():
        if isinstance(value, str):
            sent[name] = value.replace("\n", "\r\n")
            continue
        for at, row in enumerate(value):
            sent |= {f"{name}-{at}-{column}": str(field) for column, field in row.items()}
    return sent


_words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=40)


class TestRead:
    def test_a_form_left_alone_gives_the_content_it_was_filled_from(self):
        assert clause_form.read(as_sent(FULL), FULL).text == FULL

    @settings(max_examples=40)
    @given(
        heading=_words,
        body=st.lists(_words, max_size=4).map("\n".join),
        topic=_words,
        value=st.one_of(st.integers(-(10**9), 10**9), _words.filter(str.strip)),
    )
    def test_any_content_survives_the_form_untouched(self, heading, body, topic, value):
        text = ClauseText(
            heading=heading,
            body=body if (heading + body).strip() else "x",
            attributes=Attributes(topic=topic),
            parameters=(Parameter(name="n", value=value),),
        )

        assert clause_form.read(as_sent(text), text).text == text

    def test_fields_the_form_does_not_hold_stay_as_they_were(self):
        read = clause_form.read({"heading": "Vapour"}, FULL)

        assert read.text is not None
        assert read.text.heading == "Vapour"
        assert read.text.parameters == FULL.parameters
        assert read.text.attributes == FULL.attributes

    def test_a_new_row_becomes_a_value(self):
        row = {"name": "term", "value": "24", "unit": "months", "stricter": "lower"}
        sent = {"body": "Within {term}."} | {f"parameters-0-{name}": value for name, value in row.items()}

        read = clause_form.read(sent, EMPTY)

        assert read.text is not None
        assert read.text.parameters == (Parameter(name="term", value=24, unit="months", stricter="lower"),)

    def test_an_emptied_row_takes_its_value_away(self):
        sent = {"parameters-0-name": "", "parameters-0-value": "", "parameters-0-stricter": "higher"}

        read = clause_form.read(sent, FULL)

        assert read.text is not None
        assert read.text.parameters == ()

    def test_characters_nobody_can_see_are_left_out(self):
        read = clause_form.read({"body": "Retorts\x00 first\x07."}, EMPTY)

        assert read.text is not None
        assert read.text.body == "Retorts first."

    @pytest.mark.parametrize(
        ("sent", "field"),
        [
            ({"heading": "", "body": " "}, "body"),
            ({"heading": "x" * 501}, "heading"),
            ({"body": "x" * 200_001}, "body"),
            ({"body": "x", "level": "chapter"}, "level"),
            ({"body": "x", "points": "many"}, "points"),
            ({"body": "x", "group_threshold": "101"}, "group_threshold"),
            ({"body": "x", "extra": "no colon here"}, "extra"),
            ({"body": "x", "parameters-0-name": "Two words", "parameters-0-value": "1"}, "parameters-0-name"),
            ({"body": "x", "parameters-0-name": "share", "parameters-0-value": ""}, "parameters-0-value"),
            (
                {
                    "body": "x",
                    "parameters-0-name": "a",
                    "parameters-0-value": "1",
                    "parameters-0-minimum": "low",
                },
                "parameters-0-minimum",
            ),
            ({"body": "x", "stages-0-stage": "", "stages-0-wording": "Begin."}, "stages-0-stage"),
            ({"body": "x", "verifiers-0-text": "", "verifiers-0-type": "guess"}, None),
            ({"body": "x", "verifiers-0-text": "Ask", "verifiers-0-type": "guess"}, "verifiers-0-type"),
        ],
    )
    def test_a_flaw_is_told_at_its_field_and_everything_typed_is_kept(self, sent, field):
        read = clause_form.read(sent, EMPTY)

        assert [flaw.field for flaw in read.flaws] == ([field] if field else [])
        assert (read.text is None) == bool(field)
        assert read.values["body"] == sent.get("body", "")

    def test_two_values_of_one_name_are_refused(self):
        sent = {"body": "x"}
        for at in (0, 1):
            sent |= {f"parameters-{at}-name": "share", f"parameters-{at}-value": str(at)}

        assert [flaw.field for flaw in clause_form.read(sent, EMPTY).flaws] == ["parameters-1-name"]


class TestParticulars:
    """Values that no list knows stay as they are; new ones are chosen from a list."""

    OWN = ClauseText(
        "Retorts",
        "Keep one.",
        attributes=Attributes(
            stage="when ready",
            custody="in a locked box",
            producers=("tributers", "cooperative"),
            effective="next spring",
            laws=("Mining Act; section 9",),
        ),
    )

    def test_a_form_left_alone_keeps_values_no_list_knows(self):
        assert clause_form.read(as_sent(self.OWN), self.OWN).text == self.OWN

    def test_such_a_value_is_offered_beside_the_known_ones(self):
        choices = clause_form.choices_of(clause_form.fields_of(self.OWN))

        assert ("when ready", "when ready") in choices["stage"]
        assert ("in a locked box", "in a locked box") in choices["custody"]

    def test_a_stage_is_offered_once_whatever_its_spelling(self):
        values = [value for value, _word in clause_form.stage_choices("year-1")]

        assert values == ["entry", "year-1", "year 2", "year 3"]

    def test_kinds_of_producers_keep_their_order_when_one_is_ticked(self):
        sent = as_sent(self.OWN) | {
            "producers-shown": "1",
            "producers": "tributers",
            "producers-cooperative": "on",
            "producers-contract": "on",
        }

        text = clause_form.read(sent, self.OWN).text

        assert text is not None
        assert text.attributes.producers == ("tributers", "cooperative", "contract")

    def test_no_kind_ticked_is_for_all(self):
        sent = as_sent(self.OWN) | {"producers-shown": "1", "producers": ""}

        text = clause_form.read(sent, self.OWN).text

        assert text is not None
        assert text.attributes.producers == ()

    def test_a_new_day_is_written_as_one(self):
        flaws = clause_form.read(as_sent(self.OWN) | {"effective": "31/01/2027"}, self.OWN).flaws

        assert [flaw.field for flaw in flaws] == ["effective"]
