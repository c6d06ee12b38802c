"""Profiles: against lists made by hand, and what holds of every profile."""

from dataclasses import replace
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standards.document import Attributes, Document, Modality, StageVariant
from standards.profiles import Asked, Profile, Standing, UnknownValue, minerals_of, profile
from standards.stages import Producer
from tests.standards.profile_cases import asked_in, questions, the_text, under_local
from tests.standards.trees import documents


def told(found: Profile, expected: str) -> str:
    """The profile in the lines of the cases; of wordings only those that the case names."""
    lines = []

    def numbers(standing: Standing) -> str:
        return " ".join(asking.clause.number for asking in found.standing(standing))

    lines.append(f"now {numbers(Standing.NOW)}")
    for asking in found.now:
        line = f"{asking.clause.number} asks {asking.wording}".replace("\N{NO-BREAK SPACE}", " ")
        if f"{asking.clause.number} asks " in expected:
            lines.append(line)
    if found.advice:
        lines.append(f"advice {numbers(Standing.ADVICE)}")
    if found.not_applying:
        pairs = [f"{one.clause.number} {one.reason.fact}" for one in found.not_applying if one.reason]
        lines.append(f"not {', '.join(pairs)}")
    if found.standing(Standing.LATER):
        lines.append(f"later {numbers(Standing.LATER)}")
    for coming in found.coming:
        new = [f"+{asking.clause.number}" for asking, _ in coming.new]
        tighter = [f"^{asking.clause.number}" for asking, _ in coming.tighter]
        lines.append(f"{coming.day or coming.stage}: {' '.join(new + tighter)}")
    lines += [f"points {one.group} {one.available} of {one.asks}" for one in found.thresholds]
    barred = [one.clause.number for one in found.now if one.uncertifiable]
    return "\n".join([*lines, *([f"uncertifiable {' '.join(barred)}"] if barred else [])])


@pytest.mark.parametrize(("title", "who", "expected"), questions())
def test_a_profile_says_what_was_written_out_by_hand(title: str, who: str, expected: str) -> None:
    asked = asked_in(who)
    resolved = under_local(the_text(), who, asked.on)

    found = profile(resolved.document, asked, local=resolved.local)

    assert told(found, expected) == expected, title


class TestProfile:
    def test_evidence_is_that_of_the_variant_in_force_and_then_the_clauses_own(self) -> None:
        asking = next(a for a in profile(the_text(), Asked(stage="entry")).now if a.clause.number == "1.2")

        assert [prompt.text for prompt in asking.evidence] == ["seen: entry"]

    def test_a_stage_may_be_written_in_any_way(self) -> None:
        assert profile(the_text(), Asked(stage="Year-1")).asked.stage == "year 1"

    @pytest.mark.parametrize(
        ("asked", "words"),
        [
            (Asked(stage="soon"), "There is no stage “soon” here. Possible: entry, year 1, year 3"),
            (Asked(producer="club"), "There is no producer “club” here. Possible: communal-land"),
            (Asked(mineral="glod"), "There is no mineral “glod” here. Possible: gold, other."),
            (Asked(custody="mixed"), "There is no custody “mixed” here. Possible: book-and-claim"),
        ],
    )
    def test_what_the_text_cannot_know_is_refused_with_what_is_possible(
        self, asked: Asked, words: str
    ) -> None:
        with pytest.raises(UnknownValue) as refused:
            profile(the_text(), asked)

        assert str(refused.value).startswith(words)

    def test_the_minerals_a_text_tells_apart(self) -> None:
        assert minerals_of(the_text()) == ("gold",)

    def test_a_profile_that_excludes_everything_says_why(self) -> None:
        only = replace_all(the_text(), Attributes(producers=("cooperative",)))

        found = profile(only, Asked(producer="contract"))

        assert not found.now
        assert "No clause of this text applies to you" in found.nothing
        assert "it turns on producer" in found.nothing

    def test_a_profile_in_which_all_comes_later_says_when(self) -> None:
        found = profile(replace_all(the_text(), Attributes(stage="year 2")), Asked())

        assert found.nothing == "Nothing must be met yet: the first clauses begin at the stage “year 2”."

    def test_a_text_without_requirements_says_so(self) -> None:
        found = profile(Document("Empty", "en"), Asked())

        assert "holds no requirement" in found.nothing

    def test_a_threshold_that_is_no_number_is_remarked_and_not_guessed(self) -> None:
        odd = Attributes(threshold_group="site", extra={"threshold": "most of them"}, points=1)

        found = profile(replace_all(the_text(), odd), Asked())

        assert found.thresholds[0].asks is None
        assert "“most of them” is no threshold" in found.remarks[0]

    def test_a_threshold_above_what_can_be_earned_is_told(self) -> None:
        high = Attributes(threshold_group="site", extra={"threshold": "500"}, points=1)

        assert profile(replace_all(the_text(), high), Asked()).thresholds[0].is_out_of_reach


STAGES = ("", "entry", "year 1", "year 2", "year 3")
told_of = st.builds(
    Attributes,
    stage=st.sampled_from(STAGES),
    stages=st.lists(
        st.builds(StageVariant, stage=st.sampled_from(STAGES[1:]), wording=st.sampled_from("abc")), max_size=3
    ).map(tuple),
    producers=st.sampled_from([(), ("cooperative",), ("contract", "cooperative")]),
    minerals=st.sampled_from([(), ("gold",)]),
)


@st.composite
def staged(draw: st.DrawFn) -> Document:
    """A tree whose clauses bind at stages and for producers of every kind."""
    document = draw(documents())
    clauses = [
        replace(
            clause,
            text=replace(clause.text, attributes=draw(told_of), modality=draw(st.sampled_from(Modality))),
        )
        for clause in document
    ]
    return document.with_clauses(tuple(clauses))


@settings(max_examples=60, deadline=None)
@given(staged(), st.sampled_from(STAGES[1:]), st.sampled_from(["", *Producer]))
def test_every_clause_stands_in_exactly_one_place(document: Document, stage: str, producer: str) -> None:
    found = profile(document, Asked(stage=stage, producer=producer))

    stood = [asking.clause.id for standing in Standing for asking in found.standing(standing)]

    assert sorted(stood) == sorted(clause.id for clause in document)
    assert all((asking.reason is not None) == (asking in found.not_applying) for asking in found.askings)


@settings(max_examples=60, deadline=None)
@given(staged(), st.sampled_from(["", *Producer]))
def test_what_is_asked_at_a_stage_is_asked_or_reworded_at_every_later_one(
    document: Document, producer: str
) -> None:
    profiles = [profile(document, Asked(stage=stage, producer=producer)) for stage in STAGES[1:]]

    for before, after in pairwise(profiles):
        asked_then: dict[UUID, str] = {one.clause.id: one.wording for one in before.now}
        asked_now = {one.clause.id: one.wording for one in after.now}
        announced = {
            (asking.clause.id, step.wording)
            for coming in before.coming
            if coming.stage == after.asked.stage
            for asking, step in (*coming.new, *coming.tighter)
        }
        assert asked_then.keys() <= asked_now.keys()
        changed = {(id_, words) for id_, words in asked_now.items() if asked_then.get(id_) != words}
        assert changed == announced


def replace_all(document: Document, attributes: Attributes) -> Document:
    """The document with every clause's attributes replaced."""
    return document.with_clauses(
        tuple(replace(clause, text=replace(clause.text, attributes=attributes)) for clause in document)
    )
