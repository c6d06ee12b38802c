"""Drafting an overlay: brought in whole or not at all, then operation by operation."""

import threading
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from consult import db
from standards.errors import StandardsError
from standards.overlays import drafting, store, versions
from standards.overlays.chain import ParentCircle, WrongBase, WrongParent
from standards.overlays.guards import OperationsRefused
from standards.overlays.store import OverlayExists, StandsInTheWay, UnknownOverlay
from tests.factories import NOW
from tests.standards.overlays.keeping import (
    ADD,
    ALL_ADOPTED,
    GUIDE,
    LINES,
    ON_IT,
    SET,
    a_base,
    a_file,
    an_operation,
    an_overlay,
    counted,
)


class TestBringIn:
    def test_a_file_is_kept_whole_and_comes_back_as_it_was(self, session: Any) -> None:
        a_base(session)

        row = an_overlay(session, SET, GUIDE, ADD, ON_IT, scope={"country": "TZ"})

        kept = store.load(session, row)
        assert [one.op.value for one in kept.operations] == ["SET", "GUIDE", "ADD", "VERIFY"]
        assert kept.called == "tz-gold@1.0"
        assert kept.scope.country == "TZ"
        again = a_file(*[one.as_json() for one in kept.operations], scope={"country": "TZ"}, label="1.1")
        second = drafting.bring_in(session, again, by="neema", now=NOW)
        assert store.load(session, second).operations == kept.operations

    @pytest.mark.parametrize(
        ("operations", "head", "words"),
        [
            ([{**SET, "value": 80}], {}, "80 is weaker than the base's 90"),
            ([GUIDE, {**SET, "target": "9.9"}], {}, r"there is no clause 9\.9 in rag@2\.0"),
            ([GUIDE], {"base": "rag@9.0"}, r"has no version 9\.0"),
            ([GUIDE], {"base": "gold@2.0"}, "no standard called “gold”"),
            ([GUIDE], {"base_hash": "sha256:" + "0" * 64}, "another text of rag@2.0"),
            ([GUIDE], {"parent": "ea-gold@1.0"}, "no local text called “ea-gold”"),
            ([GUIDE], {"parent": "tz-gold@1.0"}, "go round in a circle"),
            ([GUIDE], {"overlay": "rag"}, "the short name of another text"),
            (
                [{"op": "STRENGTHEN", "target": "1.1", "wording": "All shall decide."}],
                {},
                "nobody has so far",
            ),
            ([ADD, {**ADD, "after": "1.1"}], {}, "two operations are on the name TZ:2.1"),
        ],
    )
    def test_what_is_refused_leaves_nothing_behind(
        self, session: Any, operations: list[Any], head: dict[str, Any], words: str
    ) -> None:
        a_base(session)
        before = counted(session)

        with pytest.raises(StandardsError, match=words):
            an_overlay(session, *operations, **head)

        assert counted(session) == before

    def test_a_draft_base_is_refused(self, session: Any) -> None:
        base = a_base(session)
        base_draft = type(base)(standard_id=base.standard_id, label="3.0", created_at=NOW)
        session.add(base_draft)

        with pytest.raises(StandardsError, match="draft"):
            an_overlay(session, GUIDE, base="rag@3.0")

    def test_another_version_takes_another_label_and_the_same_scope(self, session: Any) -> None:
        a_base(session)
        an_overlay(session, GUIDE, scope={"country": "TZ"})

        with pytest.raises(OverlayExists, match=r"already has a version 1\.0"):
            an_overlay(session, GUIDE, scope={"country": "TZ"})
        with pytest.raises(OverlayExists, match="speaks for another scope"):
            an_overlay(session, GUIDE, label="1.1", scope={"country": "KE"})

    def test_a_parent_on_another_base_is_refused(self, session: Any) -> None:
        base = a_base(session)
        an_overlay(session, GUIDE, overlay="ea-gold")
        a_base(session, "3.0", after=base)

        with pytest.raises(WrongBase, match=r"pinned to rag@2\.0, not to rag@3\.0"):
            an_overlay(session, GUIDE, base="rag@3.0", parent="ea-gold@1.0")

    def test_a_further_version_keeps_its_parent(self, session: Any) -> None:
        a_base(session)
        an_overlay(session, GUIDE, overlay="ea-gold")
        an_overlay(session, GUIDE, overlay="ke-gold")
        an_overlay(session, GUIDE, parent="ea-gold@1.0")

        with pytest.raises(WrongParent, match="stands under ea-gold"):
            an_overlay(session, GUIDE, label="2.0")
        with pytest.raises(WrongParent, match="stands on its base"):
            an_overlay(session, GUIDE, overlay="ea-gold", label="2.0", parent="ke-gold@1.0")

    def test_the_text_of_a_local_text_is_a_parent_and_no_base(self, session: Any) -> None:
        a_base(session)
        versions.freeze(session, an_overlay(session, GUIDE), by="neema", now=NOW)

        with pytest.raises(drafting.BaseIsLocal, match=r"tz-gold@1\.0 is a local text itself"):
            an_overlay(session, GUIDE, overlay="tz-placer", base="tz-gold@1.0")

    def test_unsigned_it_waits_for_other_eyes(self, session: Any) -> None:
        a_base(session)
        wanted = a_file({"op": "STRENGTHEN", "target": "1.1", "wording": "All shall decide."})

        row = drafting.bring_in(session, wanted, unsigned=True, by="neema", now=NOW)

        assert [one.kind for one in store.check(session, row).refusals] == ["lacking"]

    def test_a_circle_of_parents_is_refused_at_the_door(self, session: Any) -> None:
        a_base(session)
        an_overlay(session, GUIDE, overlay="ea-gold")
        an_overlay(session, GUIDE, parent="ea-gold@1.0")

        with pytest.raises(ParentCircle, match="ea-gold → tz-gold → ea-gold"):
            an_overlay(session, GUIDE, overlay="ea-gold", label="2.0", parent="tz-gold@1.0")


class TestPut:
    def test_an_operation_is_held_against_all_the_others(self, session: Any) -> None:
        a_base(session)
        row = an_overlay(session, SET)

        with pytest.raises(OperationsRefused, match="two operations are on its value recovery"):
            drafting.put(session, row, an_operation(**SET), by="neema", now=NOW)

    def test_what_waits_for_a_person_is_kept_and_told(self, session: Any) -> None:
        a_base(session)
        row = an_overlay(session)
        told = an_operation(op="STRENGTHEN", target="1.1", wording="All shall decide.")

        _kept, lacking = drafting.put(session, row, told, by="neema", now=NOW)

        assert [one.kind for one in lacking] == ["lacking"]

    def test_an_operation_takes_the_place_of_another(self, session: Any) -> None:
        a_base(session)
        row = an_overlay(session, SET)
        (old,) = store.operations_of(session, row)

        drafting.put(
            session, row, an_operation(**{**SET, "value": 97}), replacing=old.id, by="neema", now=NOW
        )

        (one,) = store.load(session, row).operations
        assert one.as_json()["value"] == 97

    def test_operations_on_an_added_clause_stand_whatever_else_is_put_on_it(self, session: Any) -> None:
        a_base(session)
        row = an_overlay(session, ADD, ON_IT)
        (added,) = [one for one in store.operations_of(session, row) if one.op == "ADD"]

        drafting.put(session, row, an_operation(**{**ON_IT, "text": "The log."}), by="neema", now=NOW)
        reworded = an_operation(**{**ADD, "body": "Lids shall be shut at night."})
        drafting.put(session, row, reworded, replacing=added.id, by="neema", now=NOW)

        assert store.check(session, row).refusals == ()
        assert len(store.load(session, row).operations) == 3

    def test_of_two_who_write_on_one_field_at_once_one_is_refused(self, engine: sa.Engine) -> None:
        with db.transaction() as session:
            a_base(session)
            row_id = an_overlay(session, GUIDE).id
        together, said = threading.Barrier(2), []

        def write(value: int) -> None:
            together.wait()
            try:
                with db.transaction() as session:
                    row = session.get_one(store.OverlayVersionRow, row_id)
                    drafting.put(session, row, an_operation(**{**SET, "value": value}), by="x", now=NOW)
                said.append("kept")
            except OperationsRefused:
                said.append("refused")

        writers = [threading.Thread(target=write, args=(value,)) for value in (95, 96)]
        for one in writers:
            one.start()
        for one in writers:
            one.join()

        assert sorted(said) == ["kept", "refused"]


class TestTakeOut:
    def test_an_added_clause_stays_while_there_are_operations_on_it(self, session: Any) -> None:
        a_base(session)
        row = an_overlay(session, ADD, ON_IT)
        kept = {one.op.value: one.id for one in store.operations_of(session, row)}

        with pytest.raises(StandsInTheWay, match="has an operation of its own"):
            drafting.take_out(session, row, kept["ADD"])
        drafting.take_out(session, row, kept["VERIFY"])
        drafting.take_out(session, row, kept["ADD"])

        assert store.load(session, row).operations == ()

    def test_what_somebody_took_out_already_is_told(self, session: Any) -> None:
        a_base(session)
        row = an_overlay(session, SET)
        (one,) = store.operations_of(session, row)
        drafting.take_out(session, row, one.id)

        with pytest.raises(UnknownOverlay, match="somebody has taken it out meanwhile"):
            drafting.take_out(session, row, one.id)


class TestNewDraft:
    def test_what_waits_goes_on_waiting(self, session: Any) -> None:
        base = a_base(session)
        row = an_overlay(session, SET, *ALL_ADOPTED[:2])
        newer = a_base(session, "3.0", LINES.replace("= 90", "= 97"), after=base)
        moved, _found = versions.carry_over(session, row, newer, "1.1", by="neema", now=NOW)
        versions.freeze(session, moved, by="neema", now=NOW)

        later = NOW + timedelta(days=1)
        draft = drafting.new_draft(session, moved, "1.2", by="neema", now=later)

        waiting = [one for one in store.operations_of(session, draft) if one.waiting]
        assert [(one.op.value, one.state) for one in waiting] == [("SET", "NOW-WEAKER")]
        assert "SET" not in [one.op.value for one in store.load(session, draft).operations]
