"""Moving: looking at a move, carrying over, and settling every operation that waits."""

from datetime import date, timedelta

import pytest
from sqlmodel import select

from consult.errors import Misfilled
from consult.local import deciding, moving
from consult.local.groups import NotInThisGroup
from consult.local.moving import NothingMoved, NotWaiting
from consult.tables.people import Role
from consult.tables.process import AuditRow
from standards.document import Clause
from standards.overlays import chain, drafting, store, versions
from standards.overlays.guards import OperationsRefused
from standards.overlays.rebase import State
from standards.overlays.store import OverlayExists, StandsInTheWay
from standards.tables import OverlayVersionRow, VersionRow
from tests.consult.local.groups_of import (
    DAY,
    LATER,
    a_newer_base,
    a_published_base,
    a_published_text,
    adopt_the_rest,
    agreed,
)
from tests.consult.local.texts import a_local_text, kept, operations
from tests.factories import a_person

THEN = LATER + timedelta(days=1)


@pytest.fixture
def secretary(session):
    return a_person(session, role=Role.SECRETARY)


@pytest.fixture
def published(session):
    """A local text in force on 1.1, and a base that has moved to 2.0."""
    version = a_published_text(session)
    a_newer_base(session, session.get_one(VersionRow, version.base_id))
    return version


@pytest.fixture
def draft(session, published):
    """It carried over as 1.1."""
    return moving.carry(session, published, "rag@2.0", "1.1", by="x", now=THEN)[0]


def waiting(session, draft):
    return {(one.operation.op.value, one.number): one for one in moving.waiting(session, draft)}


class TestLook:
    def test_every_operation_has_its_state_and_nothing_is_kept(self, session, published):
        move = moving.look(session, published, "rag@2.0")

        states = {(one.operation.op.value, one.was.number): one.state for one in move.found.operations}
        assert states["SET", "1.1"] is State.NOW_WEAKER
        assert states["GUIDE", "2.2"] is State.ORPHAN
        assert states["ADOPT", "1.2"] is State.SPLIT_MERGED
        assert (move.was, move.onto) == ("rag@1.1", "rag@2.0")
        assert len(session.exec(select(OverlayVersionRow)).all()) == 1

    def test_a_move_to_where_it_stands_is_refused(self, session, published):
        with pytest.raises(NothingMoved, match=r"tz-gold@1\.0 stands on rag@1\.1 already"):
            moving.look(session, published, "rag@1.1")

    def test_the_newer_texts_are_offered(self, session, published, draft):
        assert moving.later(session, published) == ["rag@2.0"]
        assert moving.later(session, draft) == []


class TestCarry:
    def test_no_operation_is_lost(self, session, published, draft):
        assert sorted(operations(session, draft)) == sorted(operations(session, published))
        assert versions.in_the_way(session, draft)[0].endswith("wait for a person since the base moved.")

    def test_the_day_of_transition_comes_along(self, session, published):
        row, _found = moving.carry(
            session, published, "rag@2.0", "1.1", transition_until="2027-06-30", by="x", now=THEN
        )

        assert row.transition_until == "2027-06-30"

    def test_a_label_is_taken_once(self, session, published):
        with pytest.raises(OverlayExists):
            moving.carry(session, published, "rag@2.0", "1.0", by="x", now=THEN)

    def test_what_waits_is_settled_before_people_are_asked(self, session, draft):
        with pytest.raises(StandsInTheWay, match="Settle them first"):
            deciding.freeze_for_consultation(session, draft, by="x", now=THEN)


class TestSettle:
    def test_a_derogation_is_offered_only_where_less_is_asked(self, session, draft):
        weaker = waiting(session, draft)["SET", "1.1"]
        offered = weaker.derogable
        weaker.row.state = State.CONFLICT.value

        assert offered == "parameter:recovery"
        assert waiting(session, draft)["SET", "1.1"].derogable == ""

    def test_letting_go_keeps_what_it_was_and_why_in_the_trail(self, session, draft, secretary):
        guide = waiting(session, draft)["GUIDE", "2.2"]

        moving.let_go(session, draft, guide.row.id, "The clause is gone.", by=secretary, now=THEN)

        line = session.exec(select(AuditRow).where(AuditRow.act == "let-go")).one()
        assert (line.reason, line.before["op"], line.before["state"]) == (
            "The clause is gone.",
            "GUIDE",
            "ORPHAN",
        )
        assert ("GUIDE", "2.2") not in waiting(session, draft)

    def test_letting_go_needs_a_reason(self, session, draft, secretary):
        guide = waiting(session, draft)["GUIDE", "2.2"]

        with pytest.raises(Misfilled, match="Say why"):
            moving.let_go(session, draft, guide.row.id, " ", by=secretary, now=THEN)

    def test_what_the_guards_refuse_is_not_kept_and_waits_on(self, session, draft, secretary):
        weaker = waiting(session, draft)["SET", "1.1"]

        with pytest.raises(OperationsRefused, match="95 is weaker than the base's 97"):
            moving.keep(session, draft, weaker.row.id, by=secretary, now=THEN)

    def test_an_operation_moves_to_a_clause_its_own_became(self, session, draft, secretary):
        adopted = waiting(session, draft)["ADOPT", "1.2"]
        roofs: Clause = next(one for one in adopted.targets if one.text.heading == "Roofs")

        row = moving.move_to(session, draft, adopted.row.id, roofs.id, by=secretary, now=THEN)

        assert (row.clause_id, row.waiting) == (roofs.id, "")

    def test_a_derogation_is_asked_for_in_its_place(self, session, draft, secretary):
        weaker = waiting(session, draft)["SET", "1.1"]

        row = moving.ask_to_derogate(
            session, draft, weaker.row.id, date(2028, 12, 31), "Retorts are ordered.", by=secretary, now=THEN
        )

        assert (row.op.value, row.field) == ("DEROGATE", "derogation:parameter:recovery")
        assert any("DEROGATE 1.1" in one for one in versions.in_the_way(session, draft))

    def test_a_derogation_ends_on_a_day_to_come_and_has_a_reason(self, session, draft, secretary):
        weaker = waiting(session, draft)["SET", "1.1"]

        with pytest.raises(Misfilled) as refused:
            moving.ask_to_derogate(
                session, draft, weaker.row.id, date(2026, 1, 1), "", by=secretary, now=THEN
            )

        assert set(refused.value.problems) == {"reason", "until"}

    def test_adopting_the_base_stands_in_its_place(self, session, draft, secretary):
        weaker = waiting(session, draft)["SET", "1.1"]

        row = moving.adopt(session, draft, weaker.row.id, "97 is within reach.", by=secretary, now=THEN)

        assert row.op.value == "ADOPT"
        assert ("SET", "1.1") not in waiting(session, draft)

    def test_what_was_settled_meanwhile_is_told(self, session, draft, secretary):
        guide = waiting(session, draft)["GUIDE", "2.2"]
        moving.let_go(session, draft, guide.row.id, "Gone.", by=secretary, now=THEN)

        with pytest.raises(NotWaiting):
            moving.keep(session, draft, guide.row.id, by=secretary, now=THEN)

    def test_a_stranger_settles_nothing(self, session, draft):
        stranger = a_person(session, role=Role.WORKING_GROUP)
        guide = waiting(session, draft)["GUIDE", "2.2"]

        with pytest.raises(NotInThisGroup):
            moving.let_go(session, draft, guide.row.id, "Gone.", by=stranger, now=THEN)


class TestAClauseOfItsOwn:
    """An added clause whose anchor has gone waits, and what stands on it waits with it."""

    @pytest.fixture
    def draft(self, session):
        base = a_published_base(session)
        version = a_local_text(session, base)
        kept(
            session,
            version,
            "2.2",
            op="ADD",
            id="TZ:2.2+1",
            level="criterion",
            modality="requirement",
            heading="Board",
            body="The group shall keep a board.",
        )
        own = store.load(session, version)
        kept_on = drafting.put(session, version, _guide_on(own, "TZ:2.2+1"), by="x", now=LATER)
        assert kept_on[1] == []
        a_newer_base(session, base)
        return moving.carry(session, version, "rag@2.0", "1.1", by="x", now=THEN)[0]

    def test_moved_to_another_place_it_takes_its_own_operations_along(self, session, draft, secretary):
        add = waiting(session, draft)["ADD", "2.2"]
        age = store.base_of(session, draft)[0].by_number["2.1"]

        moving.move_to(session, draft, add.row.id, age.id, by=secretary, now=THEN)

        assert waiting(session, draft) == {}
        assert operations(session, draft) == ["ADD clause:TZ:2.2+1", "GUIDE guidance"]

    def test_let_go_before_what_stands_on_it_is_refused(self, session, draft, secretary):
        add = waiting(session, draft)["ADD", "2.2"]

        with pytest.raises(StandsInTheWay, match="has an operation of its own"):
            moving.let_go(session, draft, add.row.id, "No board.", by=secretary, now=THEN)

    def test_a_further_move_settles_nothing(self, session, draft):
        third = a_newer_base_again(session)

        again, _found = moving.carry(session, draft, third, "1.2", by="x", now=THEN)

        assert set(waiting(session, again)) == set(waiting(session, draft))


def _guide_on(overlay, name):
    from standards.operations import Guide

    assert overlay.operations
    return Guide(target=name, rationale="r", text="In the shade.")


def a_newer_base_again(session):
    from consult.drafting import publishing
    from standards import store as texts
    from standards import versions as base_versions

    second = texts.version_called(session, "rag@2.0")[1]
    third = base_versions.new_draft(session, second, "3.0", now=THEN)
    publishing.freeze(session, third, decided=False, by="x", now=THEN)
    return "rag@3.0"


class TestAParentThatMoves:
    @pytest.fixture
    def family(self, session):
        """A national text in force, a module under it, and a draft of the national text that asks more."""
        parent = a_published_text(session)
        base = session.get_one(VersionRow, parent.base_id)
        child = a_local_text(session, base, slug="tz-placer", parent=parent)
        kept(session, child, "1.1", op="SET", parameter="recovery", value=96)
        newer = drafting.new_draft(session, parent, "1.1", by="x", now=LATER)
        row = next(row for row in store.operations_of(session, newer) if row.op.value == "SET")
        value = store.operation_in(row).model_copy(update={"value": 98})
        drafting.put(session, newer, value, replacing=row.id, by="x", now=LATER)
        deciding.decide(session, newer, agreed(session), decided_on=DAY, by="x", now=LATER)
        return newer, child

    def test_a_child_is_carried_onto_the_parents_newer_text_on_the_same_base(self, session, family):
        newer, child = family

        draft, found = moving.carry(session, child, "tz-gold@1.1", "0.2", by="x", now=THEN)

        assert (draft.parent_id, draft.base_id) == (newer.id, child.base_id)
        (moved,) = found.operations
        assert moved.state is State.NOW_WEAKER

    def test_only_onto_what_it_stands_on(self, session, family):
        _newer, child = family
        base = session.get_one(VersionRow, child.base_id)
        a_local_text(session, base, slug="co-oro")

        with pytest.raises(chain.WrongParent, match="co-oro is not what tz-placer stands on"):
            moving.look(session, child, "co-oro@1.0")

    def test_onto_a_newer_base_only_after_its_parent(self, session, family):
        _newer, child = family
        a_newer_base(session, session.get_one(VersionRow, child.base_id))

        with pytest.raises(chain.WrongParent, match="Carry the parent over first"):
            moving.look(session, child, "rag@2.0")


def test_a_local_text_goes_on_from_move_to_publication(session, published, draft, secretary):
    for one in moving.waiting(session, draft):
        if one.operation.op.value == "SET":
            moving.adopt(session, draft, one.row.id, "97 it is.", by=secretary, now=THEN)
        elif one.targets:
            moving.move_to(session, draft, one.row.id, one.targets[0].id, by=secretary, now=THEN)
        elif one.may_keep:
            moving.keep(session, draft, one.row.id, by=secretary, now=THEN)
        else:
            moving.let_go(session, draft, one.row.id, "Gone.", by=secretary, now=THEN)
    adopt_the_rest(session, draft)

    deciding.decide(session, draft, agreed(session), decided_on=DAY, by="x", now=THEN)
    replaced = deciding.publish(session, draft, by="x", now=THEN)

    assert replaced == [published]
