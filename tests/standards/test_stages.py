"""Stages: what a clause asks when, and what becomes of its variants when it is asked earlier."""

from standards.document import Attributes, ClauseText, StageVariant
from standards.stages import asked_earlier, asked_from, named, rank, stages_of


def a_text(stage: str, *variants: str) -> ClauseText:
    stages = tuple(StageVariant(stage=one, wording=f"Words at {one}.") for one in variants)
    return ClauseText("Mercury", "No mercury.", attributes=Attributes(stage=stage, stages=stages))


def test_a_stage_has_one_name_however_it_is_written() -> None:
    assert [named(one) for one in ("Entry", "", "Year-1", "year 3", "someday")] == [
        *("entry", "entry", "year 1", "year 3", "someday")
    ]
    assert rank("someday") is None


def test_a_clause_without_a_stage_is_asked_from_its_first_variant() -> None:
    assert asked_from(a_text("", "year 1", "year 3")) == 0
    assert asked_from(a_text("year 1", "entry")) == 1
    assert stages_of([a_text("year 3", "year 1")]) == ["entry", "year 1", "year 3"]


def test_asked_earlier_the_weaker_words_in_between_are_asked_no_more() -> None:
    text = a_text("year 1", "entry", "year 1", "year 3")

    earlier = asked_earlier(text, "entry")

    assert earlier.stage == "entry"
    assert [(one.stage, one.wording) for one in earlier.stages] == [
        ("entry", "Words at year 1."),
        ("year 3", "Words at year 3."),
    ]


def test_asked_earlier_its_own_words_hold_where_no_variant_stood_at_its_stage() -> None:
    earlier = asked_earlier(a_text("year 1", "entry"), "entry")

    assert earlier.stages == ()
