"""Recognition: what holds, what is stale, what is met, and what one question answers."""

import re
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standards.combining import combined, common_core, highest, strictest
from standards.document import Attributes, Clause, ClauseText, Document, Level, Modality, Parameter
from standards.recognition import (
    Edge,
    Extent,
    Pin,
    SameStandardTwice,
    Side,
    Staleness,
    Standing,
    Verdict,
    coverage,
    is_current,
    is_reviewed,
    questions,
    stale_because,
    standing,
)
from tests.standards.casefile import read_cases

TODAY = date(2026, 3, 2)
NAMES = UUID(int=0)


def id_of(name: str) -> UUID:
    return uuid5(NAMES, name)


def a_clause(name: str, **text) -> Clause:
    words = {"heading": name, "body": f"The group shall do {name}.", "modality": Modality.REQUIREMENT}
    return Clause(id_of(name), ClauseText(**{**words, "level": Level.CRITERION, **text}), number=name[1:])


def a_side(name: str, *clauses: Clause) -> Side:
    return Side.of(name, Document(name, "en", clauses=tuple(clauses)))


def an_edge(sides, one: str, other: str, requirement="equivalent", assurance="equivalent", **fields) -> Edge:
    texts = {c.id: (side.name, c.text.hash) for side in sides for c in side.document}
    pins = [Pin(texts[id_of(end)][0], id_of(end), texts[id_of(end)][1]) for end in (one, other)]
    review = {"reviewers": ("Asha Mrema", "Luis Quispe"), "reviewed_on": TODAY}
    return Edge(*pins, Verdict(requirement), Verdict(assurance), **{**review, **fields})


OURS, THEIRS = a_side("A", a_clause("A1"), a_clause("A2")), a_side("B", a_clause("B1"), a_clause("B2"))
BOTH = (OURS, THEIRS)


class TestReview:
    def test_two_different_people_and_both_verdicts_and_a_day_make_a_review(self):
        assert is_reviewed(an_edge(BOTH, "A1", "B1"))

    @pytest.mark.parametrize(
        "lacking",
        [
            {"reviewers": ("Asha Mrema",)},
            {"reviewers": ("Asha Mrema", " asha  mrema")},
            {"reviewers": ("Asha Mrema", "")},
            {"reviewed_on": None},
            {"requirement": Verdict.UNREVIEWED},
            {"assurance": Verdict.UNREVIEWED},
        ],
    )
    def test_anything_less_is_none(self, lacking):
        assert not is_reviewed(replace(an_edge(BOTH, "A1", "B1"), **lacking))


class TestStaleness:
    def test_an_edge_is_current_while_both_clauses_read_as_they_were_judged(self):
        assert is_current(an_edge(BOTH, "A1", "B1"), OURS.document, THEIRS.document, TODAY)

    @pytest.mark.parametrize(
        ("ours", "theirs", "reason"),
        [
            ("reworded", "as it was", Staleness.OUR_CLAUSE_CHANGED),
            ("as it was", "reworded", Staleness.THEIR_CLAUSE_CHANGED),
            ("checked otherwise", "as it was", Staleness.OUR_CLAUSE_CHANGED),
            ("gone", "as it was", Staleness.OUR_CLAUSE_GONE),
            ("as it was", "gone", Staleness.THEIR_CLAUSE_GONE),
        ],
    )
    def test_a_change_at_either_end_makes_it_stale(self, ours, theirs, reason):
        edge = an_edge(BOTH, "A1", "B1")

        found = stale_because(edge, now_reads("A1", ours), now_reads("B1", theirs), TODAY)

        assert found == (reason,)

    def test_another_clause_may_change_without_harm(self):
        changed = Document("A", "en", clauses=(a_clause("A1"), a_clause("A2", body="Shall be other.")))

        assert is_current(an_edge(BOTH, "A1", "B1"), changed, THEIRS.document, TODAY)

    def test_it_holds_through_its_last_day(self):
        edge = an_edge(BOTH, "A1", "B1", expires_on=TODAY)
        texts = OURS.document, THEIRS.document

        assert is_current(edge, *texts, TODAY)
        assert stale_because(edge, *texts, TODAY + timedelta(days=1)) == (Staleness.EXPIRED,)

    @pytest.mark.parametrize(
        ("fields", "where"),
        [
            ({}, Standing.REVIEWED),
            ({"reviewers": ("Asha",), "reviewed_on": None}, Standing.HALF),
            ({"reviewers": (), "reviewed_on": None}, Standing.UNREVIEWED),
            ({"expires_on": TODAY - timedelta(days=1)}, Standing.STALE),
        ],
    )
    def test_where_an_edge_stands(self, fields, where):
        edge = an_edge(BOTH, "A1", "B1", **fields)

        assert standing(edge, OURS.document, THEIRS.document, TODAY) is where


def now_reads(name: str, how: str) -> Document:
    changed = {
        "as it was": {},
        "reworded": {"body": "The group shall do more."},
        "checked otherwise": {"attributes": Attributes(verification="third party")},
    }
    clauses = () if how == "gone" else (a_clause(name, **changed[how]),)
    return Document("now", "en", clauses=clauses)


class TestQuestions:
    def test_what_binds_is_asked_and_what_explains_is_not(self):
        clauses = (
            a_clause("A1"),
            a_clause("A2", modality=Modality.RECOMMENDATION),
            a_clause("A3", modality=Modality.PERMISSION),
            a_clause("A4", modality=Modality.NONE),
            a_clause("A5", level=Level.NOTE),
            a_clause("A6", level=Level.DEFINITION),
        )

        asked = questions(Document("A", "en", clauses=clauses))

        assert [clause.number for clause in asked] == ["1", "2"]

    def test_the_words_that_introduce_a_chapter_are_not_asked_besides_its_clauses(self):
        chapter, alone = a_clause("A1", level=Level.SECTION), a_clause("A3", level=Level.SECTION)
        below = replace(a_clause("A2"), parent=chapter.id)

        asked = questions(Document("A", "en", clauses=(chapter, below, alone)))

        assert [clause.number for clause in asked] == ["2", "3"]

    def test_a_checklist_of_a_profile_asks_fewer(self):
        assert Side.of("A", OURS.document, [id_of("A2")]).asked == (id_of("A2"),)


class TestCoverage:
    @pytest.mark.parametrize(
        ("requirement", "assurance", "of_theirs", "of_ours"),
        [
            ("equivalent", "equivalent", Extent.MET, Extent.MET),
            ("exceeds", "equivalent", Extent.MET, Extent.PARTLY),
            ("equivalent", "exceeds", Extent.MET, Extent.PARTLY),
            ("equivalent", "partial", Extent.PARTLY, Extent.PARTLY),
            ("partial", "equivalent", Extent.PARTLY, Extent.PARTLY),
            ("none", "none", Extent.NOT, Extent.NOT),
        ],
    )
    def test_a_clause_is_met_by_requirement_and_checking_together(
        self, requirement, assurance, of_theirs, of_ours
    ):
        found = coverage(*BOTH, [an_edge(BOTH, "A1", "B1", requirement, assurance)], TODAY)

        assert (found.theirs[id_of("B1")], found.ours[id_of("A1")]) == (of_theirs, of_ours)

    def test_what_nobody_judged_is_unreviewed_and_counted(self):
        found = coverage(*BOTH, [], TODAY)

        assert found.of_theirs == found.of_ours == {Extent.UNREVIEWED: 2}

    def test_not_waits_for_the_last_open_judgement(self):
        none = an_edge(BOTH, "A1", "B1", "none", "none")
        open_ = an_edge(BOTH, "A2", "B1", "unreviewed", "unreviewed", reviewers=())

        assert coverage(*BOTH, [none, open_], TODAY).theirs[id_of("B1")] is Extent.UNREVIEWED
        assert coverage(*BOTH, [none], TODAY).theirs[id_of("B1")] is Extent.NOT

    def test_the_furthest_of_several_judgements_counts(self):
        edges = [an_edge(BOTH, "A1", "B1", "partial", gap="a map"), an_edge(BOTH, "A2", "B1", "exceeds")]

        assert coverage(*BOTH, edges, TODAY).theirs[id_of("B1")] is Extent.MET

    def test_a_stale_judgement_meets_nothing(self):
        edge = an_edge(BOTH, "A1", "B1", expires_on=TODAY - timedelta(days=1))

        assert coverage(*BOTH, [edge], TODAY).theirs[id_of("B1")] is Extent.UNREVIEWED


# --- the combined list, by cases


def told(case: str) -> tuple[Side, ...]:
    clauses: dict[str, list[Clause]] = {}
    for line in case.splitlines():
        found = re.fullmatch(r"([A-Z]\d)(?: (\w+)=(\d+) (\w+))?(?: / (.+))?", line)
        assert found, line
        name, parameter, value, stricter, checked = found.groups()
        text = {"attributes": Attributes(verification=checked or "")}
        if parameter:
            text["parameters"] = (Parameter(name=parameter, value=int(value), stricter=stricter),)
        clauses.setdefault(name[0], []).append(a_clause(name, **text))
    return tuple(a_side(name, *found) for name, found in clauses.items())


def judged(sides, case: str) -> list[Edge]:
    edges = []
    for line in case.splitlines():
        found = re.fullmatch(r"(\w\d) > (\w\d) (\w+)(?:, (\w+))?(?:: (.+))?", line)
        assert found, line
        one, other, requirement, assurance, gap = found.groups()
        edges.append(an_edge(sides, one, other, requirement, assurance or "equivalent", gap=gap or ""))
    return edges


def shown(found) -> str:
    lines = []
    for item in found.items:
        words = [member.clause.text.heading for member in item.members]
        words += [f"= {h.parameter.name} {h.parameter.value} of {' '.join(h.sides)}" for h in item.parameters]
        words += [f"= {way}" for way in item.assurance]
        words += [f"left {member.side} {member.gap}" for member in item.left]
        lines.append(" ".join(words))
    return "\n".join([*lines, f"saved {found.saved}"])


@pytest.mark.parametrize(
    ("title", "clauses", "edges", "expected"),
    read_cases("recognition.md", 3),
    ids=lambda part: part if "\n" not in part else "",
)
def test_combined_list(title, clauses, edges, expected):
    sides = told(clauses)

    assert shown(combined(sides, judged(sides, edges), TODAY)) == expected


class TestStrictest:
    def test_of_sets_the_one_that_holds_all_others_is_asked_for(self):
        small = Parameter(name="papers", value=("lease",), stricter="superset")
        large = Parameter(name="papers", value=("map", "lease"), stricter="superset")

        assert [h.parameter.value for h in strictest([("A", small), ("B", large)])] == [("map", "lease")]

    def test_sets_of_which_neither_holds_the_other_are_both_asked_for(self):
        one = Parameter(name="papers", value=("lease",), stricter="superset")
        other = Parameter(name="papers", value=("map",), stricter="superset")

        assert len(strictest([("A", one), ("B", other)])) == 2

    def test_other_units_cannot_be_compared(self):
        days = Parameter(name="term", value=14, unit="days", stricter="lower")
        weeks = Parameter(name="term", value=2, unit="weeks", stricter="lower")

        assert len(strictest([("A", days), ("B", weeks)])) == 2

    def test_a_way_of_checking_in_other_words_stands_beside_the_ranked_one(self):
        ways = ["first party", "Minutes compared with what members say", "third party", "first party"]

        assert highest(ways) == ("third party", "Minutes compared with what members say")


class TestCommonCore:
    def test_every_pair_must_have_been_judged(self):
        sides = told("A1\nA2\nB1\nB2\nC1\nC2")
        chain = "A1 > B1 equivalent\nB1 > C1 equivalent"
        whole = "A2 > B2 equivalent\nB2 > C2 equivalent\nC2 > A2 equivalent"

        core = common_core(sides, judged(sides, f"{chain}\n{whole}"), TODAY)

        assert [[clause.text.heading for clause in row] for row in core] == [["A2", "B2", "C2"]]

    def test_exceeding_is_not_having_in_common(self):
        sides = told("A1\nB1")

        assert common_core(sides, judged(sides, "A1 > B1 exceeds"), TODAY) == ()

    def test_one_standard_has_nothing_in_common_with_nobody(self):
        assert common_core(told("A1"), [], TODAY) == ()


def test_two_versions_of_one_standard_are_refused_kindly():
    later = replace(OURS, name="A@2")

    with pytest.raises(SameStandardTwice, match="A and A@2 hold the same clauses"):
        combined([OURS, later], [], TODAY)


# --- properties

THREE = told("\n".join(f"{side}{n}" for side in "ABC" for n in range(1, 4)))
PAIRS = [(f"{x}{n}", f"{y}{m}") for x in "ABC" for y in "ABC" if x != y for n in "123" for m in "123"]
some_edges = st.lists(
    st.builds(
        lambda ends, requirement, stale: an_edge(
            THREE, *ends, requirement, expires_on=TODAY - timedelta(days=1) if stale else None
        ),
        st.sampled_from(PAIRS),
        st.sampled_from(["equivalent", "exceeds", "partial", "none"]),
        st.booleans(),
    ),
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(some_edges, st.randoms(use_true_random=False))
def test_the_order_of_edges_does_not_matter(edges, random):
    mixed = random.sample(edges, len(edges))

    assert combined(THREE, edges, TODAY) == combined(THREE, mixed, TODAY)
    assert common_core(THREE, edges, TODAY) == common_core(THREE, mixed, TODAY)
    assert coverage(THREE[0], THREE[1], edges, TODAY) == coverage(THREE[0], THREE[1], mixed, TODAY)


@settings(max_examples=60, deadline=None)
@given(some_edges)
def test_saved_is_the_sum_of_the_lists_less_the_combined_one_and_nothing_is_lost(edges):
    found = combined(THREE, edges, TODAY)
    placed = [member.clause.id for item in found.items for member in item.members]

    assert found.saved == sum(len(side.asked) for side in THREE) - len(found.items)
    assert sorted(placed) == sorted(id_ for side in THREE for id_ in side.asked)


@settings(max_examples=60, deadline=None)
@given(some_edges)
def test_nothing_is_inferred_by_way_of_a_third(edges):
    direct = {frozenset(e.pair) for e in edges if e.expires_on is None and e.requirement in _ENOUGH}
    home = {id_: side.name for side in THREE for id_ in side.asked}

    groups = [[m.clause.id for m in item.members] for item in combined(THREE, edges, TODAY).items]
    groups += [[clause.id for clause in row] for row in common_core(THREE, edges, TODAY)]

    for group in groups:
        for one in group:
            for other in group:
                assert home[one] == home[other] or frozenset((one, other)) in direct


_ENOUGH = (Verdict.EQUIVALENT, Verdict.EXCEEDS)


@settings(max_examples=40, deadline=None)
@given(some_edges, st.sampled_from([id_ for side in THREE for id_ in side.asked]))
def test_a_clause_that_changes_takes_no_part_until_it_is_judged_again(edges, changed):
    sides = [
        Side.of(
            side.name,
            side.document.with_clauses(
                tuple(
                    replace(c, text=replace(c.text, body="Shall differ.")) if c.id == changed else c
                    for c in side.document
                )
            ),
        )
        for side in THREE
    ]

    item = next(i for i in combined(sides, edges, TODAY).items if changed in {m.clause.id for m in i.members})

    assert len(item.members) == 1
