"""Attributes of many clauses at once: what would change, and that all change or none."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from consult.drafting import attributes
from consult.drafting.attributes import ChangedMeanwhile, Misread, Wish
from standards import drafting, store
from standards.document import Attributes, Clause, ClauseText, Document, Policy, Verifier
from standards.drafting import Hand
from standards.exchange.attribute_sheet import Change
from standards.tables import EditRow, Status
from standards.versions import NotADraft
from tests.factories import NOW, a_document, a_version

HAND = Hand(by="someone", now=NOW, reason="Decided by the committee")


def document(**told: object) -> Document:
    """Four clauses, all with the same particulars."""
    plain = a_document()
    return plain.with_clauses(
        tuple(
            replace(clause, text=replace(clause.text, attributes=Attributes.model_validate(told)))
            for clause in plain
        )
    )


def numbers(text: Document, ids: set[object]) -> list[str]:
    return [clause.number for clause in text if clause.id in ids]


class TestChoosing:
    def test_all_under_a_clause_is_the_clause_and_what_stands_below_it(self):
        text = a_document()

        assert numbers(text, attributes.under(text, text.by_number["2"].id)) == ["2", "2.1", "2.2"]

    def test_alike_means_every_thing_named(self):
        text = document(topic="mercury")

        assert len(attributes.alike(text, topic="mercury")) == 4
        assert attributes.alike(text, topic="mercury", level="indicator") == set()


class TestPlanned:
    def planned(self, text: Document, *wishes: Wish) -> list[Change]:
        return attributes.planned(text, list(text), wishes)

    def test_only_clauses_that_differ_would_change(self):
        text = document(policy="locked")
        text = text.with_clauses(
            (replace(text.clauses[0], text=ClauseText("Scope", "Words.")), *text.clauses[1:])
        )

        (change,) = self.planned(text, Wish("policy", "locked"))

        assert change.clause.number == "1"
        assert [(f.column, f.before, f.after) for f in change.fields] == [("policy", "open", "locked")]

    @pytest.mark.parametrize(
        ("how", "cell", "after"),
        [
            ("set", "contract", ("contract",)),
            ("add", "contract; cooperative", ("tributers", "cooperative", "contract")),
            ("remove", "tributers", ("cooperative",)),
            ("set", "", ()),
        ],
    )
    def test_a_list_is_set_added_to_or_shortened(self, how, cell, after):
        changes = self.planned(document(producers=("tributers", "cooperative")), Wish("producers", cell, how))

        assert {change.text.attributes.producers for change in changes} == {after}

    def test_ways_of_finding_out_are_added_to_those_there(self):
        there = Verifier(type="document", text="The list")

        changes = self.planned(document(verifiers=(there,)), Wish("verifiers", "interview: members", "add"))

        assert changes[0].text.attributes.verifiers == (there, Verifier(type="interview", text="members"))

    @pytest.mark.parametrize(
        ("column", "cell"), [("policy", "lockd"), ("policy", ""), ("effective", "spring"), ("points", "many")]
    )
    def test_a_wish_that_cannot_be_read_names_its_attribute(self, column, cell):
        with pytest.raises(Misread) as refusal:
            self.planned(document(), Wish(column, cell))

        assert refusal.value.column == column

    @settings(max_examples=30)
    @given(
        st.lists(st.sampled_from(["gold", "silver", "tin"]), unique=True),
        st.lists(st.sampled_from(["gold", "silver", "tin"]), unique=True, min_size=1),
    )
    def test_what_was_added_is_gone_when_it_is_taken_out(self, before, added):
        text = document(minerals=tuple(before))
        wish = Wish("minerals", "; ".join(added), "add")

        grown = [change.text for change in self.planned(text, wish)] or [text.clauses[0].text]
        shrunk = attributes.planned(
            text, [Clause(text.clauses[0].id, grown[0])], [replace(wish, how="remove")]
        )

        assert set(shrunk[0].text.attributes.minerals) == set(before) - set(added)

    def test_the_seal_names_these_changes_and_no_others(self):
        text = document()

        one, other = (self.planned(text, Wish("policy", policy)) for policy in ("locked", "strengthen"))

        assert attributes.seal(one) == attributes.seal(self.planned(text, Wish("policy", "locked")))
        assert len({attributes.seal(changes) for changes in (one, other, one[1:])}) == 3


class TestApply:
    @pytest.fixture
    def version(self, session: Session):
        return a_version(session)

    def changes(self, session, version):
        text = store.load(session, version)
        return attributes.planned(text, list(text), [Wish("policy", "locked")])

    def test_every_clause_changes_with_a_line_in_its_history(self, session, version):
        noted: list[Change] = []

        count = attributes.apply(session, version, self.changes(session, version), HAND, noted.append)

        assert count == len(noted) == 4
        assert {clause.text.attributes.policy for clause in store.load(session, version)} == {Policy.LOCKED}
        assert session.exec(select(EditRow.reason)).all() == [HAND.reason] * 4

    def test_a_second_time_changes_nothing(self, session, version):
        changes = self.changes(session, version)
        attributes.apply(session, version, changes, HAND, lambda _change: None)

        assert self.changes(session, version) == []
        assert attributes.apply(session, version, changes, HAND, lambda _change: None) == 0

    def test_every_clause_changed_meanwhile_is_named(self, session, version):
        changes = self.changes(session, version)
        for change in changes[:2]:
            theirs = replace(change.clause.text, heading="Theirs")
            drafting.edit(session, version, change.clause.id, change.clause.text.hash, theirs, HAND)
        drafting.withdraw(session, version, changes[3].clause.id, HAND)

        with pytest.raises(ChangedMeanwhile) as refusal:
            attributes.apply(session, version, changes, HAND, lambda _change: None)

        assert [clause.number for clause in refusal.value.clauses] == ["1", "2", "2.2"]

    def test_a_frozen_version_is_refused(self, session, version):
        changes = self.changes(session, version)
        version.status = Status.CONSULTATION
        session.add(version)
        session.flush()

        with pytest.raises(NotADraft):
            attributes.apply(session, version, changes, HAND, lambda _change: None)

    def test_clauses_are_taken_as_they_were_seen(self, session, version):
        before = store.load(session, version)
        scope = before.by_number["1"]
        theirs = replace(scope.text, heading="Theirs")
        drafting.edit(session, version, scope.id, scope.text.hash, theirs, HAND)

        (seen,) = attributes.as_seen(session, store.load(session, version), {scope.id: scope.text.hash})

        assert seen.text == scope.text
