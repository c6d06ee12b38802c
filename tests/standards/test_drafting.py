"""Drafting: each act with its history and its lineage."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from standards import drafting, store, versions
from standards.document import Document
from standards.lineage import Relation
from standards.tables import EditKind
from tests.factories import a_version


@pytest.fixture
def draft(session, now):
    return versions.new_draft(session, a_version(session, status="published"), "1.1", now=now)


@pytest.fixture
def hand(now):
    return drafting.Hand("drafter", now, "because 12 comments asked")


def loaded(session, version) -> Document:
    session.flush()
    return store.load(session, version)


def numbered(session, version, number):
    return loaded(session, version).by_number[number]


class TestEdit:
    def test_an_edit_is_kept_with_author_time_and_reason(self, session, draft, hand):
        clause = numbered(session, draft, "2.1")
        text = drafting.with_words(clause.text, "No open burning", "Nobody shall burn amalgam.")

        drafting.edit(session, draft, clause.id, clause.text.hash, text, hand)

        newest = drafting.history(session, clause.id)[0]
        assert numbered(session, draft, "2.1").text.body == "Nobody shall burn amalgam."
        assert (newest.edit.kind, newest.edit.by, newest.edit.reason) == (
            EditKind.EDIT,
            "drafter",
            hand.reason,
        )
        assert newest.before == clause.text

    def test_saving_the_same_text_writes_nothing(self, session, draft, hand):
        clause = numbered(session, draft, "2.1")

        assert not drafting.edit(session, draft, clause.id, clause.text.hash, clause.text, hand)
        assert drafting.history(session, clause.id) == []

    def test_a_colleague_is_not_overwritten_and_both_texts_are_merged(self, session, draft, hand):
        clause = numbered(session, draft, "2.1")
        theirs = drafting.with_words(
            clause.text, clause.text.heading, "Operators shall never burn amalgam in the open."
        )
        mine = drafting.with_words(
            clause.text, clause.text.heading, "Operators shall not burn amalgam in the open air."
        )
        drafting.edit(session, draft, clause.id, clause.text.hash, theirs, hand)

        with pytest.raises(drafting.EditedMeanwhile) as met:
            drafting.edit(session, draft, clause.id, clause.text.hash, mine, hand)

        assert met.value.body.text == "Operators shall never burn amalgam in the open air."
        assert numbered(session, draft, "2.1").text == theirs

    def test_an_earlier_text_can_be_restored(self, session, draft, hand):
        clause = numbered(session, draft, "2.1")
        drafting.edit(
            session, draft, clause.id, clause.text.hash, drafting.with_words(clause.text, "x", "y"), hand
        )

        drafting.restore(session, draft, clause.id, clause.text.hash, hand)

        assert numbered(session, draft, "2.1").text == clause.text


class TestTree:
    def test_a_clause_is_added_where_it_was_asked_for(self, session, draft, hand):
        mercury, retorts = numbered(session, draft, "2"), numbered(session, draft, "2.2")

        drafting.add(
            session,
            draft,
            drafting.with_words(retorts.text, "Hoods", "…"),
            hand,
            parent=mercury.id,
            position=1,
        )

        document = loaded(session, draft)
        assert document.by_number["2.2"].text.heading == "Hoods"
        assert document.by_number["2.3"].id == retorts.id

    def test_a_clause_moves_with_all_that_stands_under_it(self, session, draft, hand):
        mercury = numbered(session, draft, "2")

        drafting.move(session, draft, mercury.id, hand, parent=None, position=0)

        document = loaded(session, draft)
        assert document.by_number["1"].id == mercury.id
        assert document.by_number["1.1"].text.heading == "No open burning"

    def test_a_clause_cannot_stand_under_itself(self, session, draft, hand):
        mercury, burning = numbered(session, draft, "2"), numbered(session, draft, "2.1")

        for under in (mercury, burning):
            with pytest.raises(drafting.UnderItself, match="cannot stand under itself"):
                drafting.move(session, draft, mercury.id, hand, parent=under.id, position=0)

    def test_splitting_keeps_the_identity_in_the_first_part_and_records_lineage(self, session, draft, hand):
        clause = numbered(session, draft, "2.1")
        parts = [
            drafting.with_words(clause.text, "A", "first"),
            drafting.with_words(clause.text, "B", "second"),
        ]

        ids = drafting.split(session, draft, clause.id, clause.text.hash, parts, hand)

        document = loaded(session, draft)
        assert [document.by_number[n].id for n in ("2.1", "2.2")] == ids
        assert ids[0] == clause.id
        assert steps(session, draft) == [(Relation.SPLIT, (clause.id,), tuple(ids))]

    def test_a_split_needs_words_on_both_sides(self, session, draft, hand):
        clause = numbered(session, draft, "2.1")
        parts = [clause.text, drafting.with_words(clause.text, " ", "")]

        with pytest.raises(drafting.EmptyPart):
            drafting.split(session, draft, clause.id, clause.text.hash, parts, hand)

    def test_joining_takes_over_what_stood_under_the_other_and_records_lineage(self, session, draft, hand):
        scope, mercury = numbered(session, draft, "1"), numbered(session, draft, "2")

        drafting.join(session, draft, scope.id, mercury.id, scope.text, hand)

        document = loaded(session, draft)
        assert mercury.id not in document.by_id
        assert document.by_number["1.1"].text.heading == "No open burning"
        assert steps(session, draft) == [(Relation.MERGED, (scope.id, mercury.id), (scope.id,))]

    def test_withdrawing_takes_out_what_stands_under_it_and_can_be_undone(self, session, draft, hand):
        mercury = numbered(session, draft, "2")

        gone = drafting.withdraw(session, draft, mercury.id, hand)
        drafting.restore(session, draft, mercury.id, mercury.text.hash, hand)

        document = loaded(session, draft)
        assert len(gone) == 3
        assert mercury.id in document.by_id
        assert {step[0] for step in steps(session, draft)} == {Relation.WITHDRAWN}
        assert mercury.id not in {step[1][0] for step in steps(session, draft)}


def steps(session, draft):
    session.flush()
    older = session.get(type(draft), draft.based_on_id)
    return [
        (step.relation, step.sources, step.targets) for step in store.steps_between(session, older, draft)
    ]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 3), st.integers(0, 4)), max_size=6))
def test_moves_never_lose_or_double_a_clause(session, now, moves):
    draft = versions.new_draft(session, a_version(session, status="published"), "1.1", now=now)
    before = {clause.id for clause in loaded(session, draft)}
    ids = sorted(before)

    for which, under, position in moves:
        parent = None if under < 0 else ids[under]
        try:
            drafting.move(
                session, draft, ids[which], drafting.Hand("x", now), parent=parent, position=position
            )
        except drafting.UnderItself:
            continue

    document = loaded(session, draft)
    assert {clause.id for clause in document} == before
    numbers = [clause.number for clause in document]
    assert len(set(numbers)) == len(numbers)
