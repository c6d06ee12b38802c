"""The life of an overlay version: frozen, decided, published, carried over; nothing is lost on the way."""

import threading
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from consult import db
from standards import store as texts
from standards.lineage import Relation
from standards.overlays import drafting, store, versions
from standards.overlays.chain import WrongParent
from standards.overlays.store import StandsInTheWay
from standards.tables import LineageRow, LineageState, OverlayRow, OverlayVersionRow, Status
from standards.versions import WrongMoment
from tests.factories import NOW
from tests.standards.overlays.keeping import (
    ADD,
    ALL_ADOPTED,
    GUIDE,
    LINES,
    ON_IT,
    SET,
    a_base,
    an_operation,
    an_overlay,
    document_of,
)
from tests.standards.overlays.texts import an_id


def later(days: int) -> Any:
    return NOW + timedelta(days=days)


class TestFreeze:
    def test_the_text_is_an_ordinary_version_with_its_hash(self, session: Any) -> None:
        a_base(session)
        row = an_overlay(session, SET, ADD, ON_IT)

        text = versions.freeze(session, row, by="neema", now=NOW)

        session.expire_all()
        overlay = session.get_one(OverlayRow, row.overlay_id)
        assert text.standard_id == overlay.text_standard_id
        assert texts.version_called(session, "tz-gold@1.0")[1].id == text.id
        document = document_of(session, text)
        assert document.hash == text.content_hash
        assert [clause.number for clause in document] == ["1", "1.1", "2", "2.1", "TZ:2.1+1", "2.2"]
        assert document.by_number["2.1"].text.parameters[0].value == 95
        assert store.overlay_of_text(session, text) is row
        assert store.load(session, row).hash == row.content_hash

    def test_for_a_decision_every_clause_is_decided(self, session: Any) -> None:
        a_base(session)
        row = an_overlay(session, SET)

        with pytest.raises(StandsInTheWay, match=r"Nobody has decided on 1, 1\.1, 2, 2\.2\."):
            versions.freeze(session, row, decided=True, by="neema", now=NOW)
        assert row.content_hash is None

    def test_what_lacks_a_persons_word_stands_in_the_way_of_a_decision(self, session: Any) -> None:
        a_base(session)
        row = an_overlay(session, *ALL_ADOPTED)
        told = an_operation(op="STRENGTHEN", target="1.1", wording="All shall decide.", attested_by=["Asha"])
        drafting.put(session, row, told, by="neema", now=NOW)

        with pytest.raises(StandsInTheWay, match="one has so far"):
            versions.freeze(session, row, decided=True, by="neema", now=NOW)

    def test_a_parent_that_may_still_change_is_frozen_first(self, session: Any) -> None:
        a_base(session)
        parent = an_overlay(session, *ALL_ADOPTED, overlay="ea-gold")
        child = an_overlay(session, GUIDE, parent="ea-gold@1.0")

        with pytest.raises(StandsInTheWay, match=r"Its parent ea-gold@1\.0 is still a draft"):
            versions.freeze(session, child, by="neema", now=NOW)
        versions.freeze(session, parent, by="neema", now=NOW)
        with pytest.raises(StandsInTheWay, match=r"Its parent ea-gold@1\.0 is not decided"):
            versions.freeze(session, child, decided=True, by="neema", now=NOW)
        versions.mark_decided(session, parent)
        versions.freeze(session, child, decided=True, by="neema", now=NOW)
        assert child.status is Status.DECIDED


class TestPublish:
    def test_a_newer_one_supersedes_the_older_with_its_text(self, session: Any) -> None:
        a_base(session)
        first = an_overlay(session, *ALL_ADOPTED)
        versions.freeze(session, first, decided=True, by="neema", now=NOW)
        versions.publish(session, first, now=NOW)
        second = drafting.new_draft(session, first, "1.1", by="neema", now=later(1))
        versions.freeze(session, second, decided=True, by="neema", now=later(2))

        replaced = versions.publish(session, second, now=later(3))

        assert replaced == [first]
        assert (first.status, second.status) == (Status.SUPERSEDED, Status.PUBLISHED)
        for row in (first, second):
            assert session.get_one(texts.VersionRow, row.text_id).status is row.status

    def test_of_two_published_at_once_one_stands(self, engine: sa.Engine) -> None:
        with db.transaction() as session:
            a_base(session)
            first = an_overlay(session, *ALL_ADOPTED)
            versions.freeze(session, first, decided=True, by="neema", now=NOW)
            second = drafting.new_draft(session, first, "1.1", by="neema", now=later(1))
            versions.freeze(session, second, decided=True, by="neema", now=later(2))
            ids, overlay_id = (first.id, second.id), first.overlay_id
        together = threading.Barrier(2)

        def publish(id_: Any) -> None:
            with db.transaction() as session:
                row = session.get_one(OverlayVersionRow, id_)
                # What the other makes of it is not in hand.
                versions.versions_of(session, session.get_one(OverlayRow, overlay_id))
                together.wait(20) if engine.dialect.name != "sqlite" else None
                versions.publish(session, row, now=later(3))

        writers = [threading.Thread(target=publish, args=(id_,)) for id_ in ids]
        for one in writers:
            one.start()
        for one in writers:
            one.join()

        with db.reading() as session:
            stand = [session.get_one(OverlayVersionRow, id_).status for id_ in ids]
        assert sorted(stand) == [Status.PUBLISHED, Status.SUPERSEDED]

    def test_what_is_not_decided_is_not_published(self, session: Any) -> None:
        a_base(session)
        row = an_overlay(session, *ALL_ADOPTED)

        with pytest.raises(WrongMoment, match="is draft"):
            versions.publish(session, row, now=NOW)


MOVED = LINES.replace("= 90", "= 97").replace(
    "2.2 |", "2.3 | criterion | shall open | Storage | Steel shall be used.\n2.2 |"
)
WITHOUT_RETORTS = "\n".join(line for line in LINES.splitlines() if "Retorts" not in line)


class TestCarryOver:
    def test_everything_arrives_and_what_does_not_carry_waits(self, session: Any) -> None:
        base = a_base(session)
        row = an_overlay(session, SET, GUIDE, ADD, ON_IT, {"op": "ADOPT", "target": "2.2"})
        newer = a_base(session, "3.0", MOVED, after=base)

        draft, found = versions.carry_over(session, row, newer, "1.1", by="juma", now=later(1))

        kept = store.operations_of(session, draft)
        assert sorted(one.op.value for one in kept) == ["ADD", "ADOPT", "GUIDE", "SET", "VERIFY"]
        assert [(one.op.value, one.state) for one in kept if one.waiting] == [("SET", "NOW-WEAKER")]
        assert {one.by for one in kept} == {"neema"}
        assert "2.3" in [clause.number for clause in found.undecided]
        assert store.check(session, draft).refusals == ()
        assert "One operation waits for a person since the base moved." in versions.in_the_way(session, draft)

    def test_a_second_move_settles_nothing_by_itself(self, session: Any) -> None:
        base = a_base(session)
        row = an_overlay(session, SET, ADD, ON_IT)
        newer = a_base(session, "3.0", MOVED, after=base)
        draft, _ = versions.carry_over(session, row, newer, "1.1", by="juma", now=later(1))
        newest = a_base(session, "4.0", MOVED, after=newer)

        again, found = versions.carry_over(session, draft, newest, "1.2", by="juma", now=later(2))

        waiting = [one for one in store.operations_of(session, again) if one.waiting]
        assert [(one.op.value, one.state) for one in waiting] == [("SET", "NOW-WEAKER")]
        assert len(found.operations) == 3

    def test_what_waits_on_a_clause_that_is_gone_goes_on_waiting_or_comes_back(self, session: Any) -> None:
        base = a_base(session)
        row = an_overlay(session, SET, ADD, ON_IT)
        newer = a_base(session, "3.0", WITHOUT_RETORTS, after=base)
        gone, _ = versions.carry_over(session, row, newer, "1.1", by="juma", now=later(1))
        newest = a_base(session, "4.0", WITHOUT_RETORTS, after=newer)
        still, _ = versions.carry_over(session, gone, newest, "1.2", by="juma", now=later(2))
        back = a_base(session, "5.0", LINES, after=newest)

        there, _ = versions.carry_over(session, still, back, "1.3", by="juma", now=later(3))

        states = [
            sorted((one.op.value, one.state) for one in store.operations_of(session, each))
            for each in (gone, still, there)
        ]
        orphans = [("ADD", "ORPHAN"), ("SET", "ORPHAN"), ("VERIFY", "ORPHAN")]
        assert states[0] == states[1] == orphans
        assert states[2] == [("ADD", "CLEAN"), ("SET", "CLEAN"), ("VERIFY", "CLEAN")]

    def test_a_split_is_followed_also_a_move_later(self, session: Any) -> None:
        base = a_base(session)
        row = an_overlay(session, SET)
        parts = WITHOUT_RETORTS + (
            "\n2.3 | criterion | shall open | Lids | Each shall have a lid."
            "\n2.4 | criterion | shall open | Recovery | Each shall keep {recovery}. | recovery = 90 % higher"
        )
        newer = a_base(session, "3.0", parts, after=base)
        for target in ("Lids", "Recovery"):
            session.add(
                LineageRow(
                    from_version_id=base.id, to_version_id=newer.id, from_clause_id=an_id("Retorts"),
                    to_clause_id=an_id(target), relation=Relation.SPLIT, state=LineageState.RECORDED,
                    by="neema", at=NOW,
                )
            )  # fmt: skip
        session.flush()
        draft, _ = versions.carry_over(session, row, newer, "1.1", by="juma", now=later(1))
        newest = a_base(session, "4.0", parts, after=newer)

        found = versions.rebase_onto(session, draft, newest)

        (one,) = found.operations
        assert one.state == "SPLIT/MERGED"
        assert [clause.number for clause in one.targets] == ["2.4", "2.3"]

    def test_a_person_settles_what_waits(self, session: Any) -> None:
        base = a_base(session)
        row = an_overlay(session, SET)
        newer = a_base(session, "3.0", MOVED, after=base)
        draft, _ = versions.carry_over(session, row, newer, "1.1", by="juma", now=later(1))
        (waiting,) = store.operations_of(session, draft)

        stricter = an_operation(**{**SET, "value": 98})
        drafting.settle(session, draft, waiting.id, stricter, by="juma", now=later(2))

        (kept,) = store.operations_of(session, draft)
        assert (kept.waiting, store.load(session, draft).operations[0].as_json()["value"]) == ("", 98)

    def test_a_child_moves_after_its_parent(self, session: Any) -> None:
        base = a_base(session)
        parent = an_overlay(session, ADD, overlay="ea-gold")
        child = an_overlay(session, SET, {**ON_IT, "text": "The log."}, parent="ea-gold@1.0")
        newer = a_base(session, "3.0", MOVED, after=base)

        with pytest.raises(WrongParent, match="Carry the parent over first"):
            versions.rebase_onto(session, child, newer)
        versions.carry_over(session, parent, newer, "1.1", by="juma", now=later(1))
        draft, _ = versions.carry_over(session, child, newer, "1.1", by="juma", now=later(2))

        states = {one.op.value: one.state for one in store.operations_of(session, draft)}
        assert states == {"SET": "NOW-WEAKER", "VERIFY": "CLEAN"}
        assert store.load(session, draft).parent == "ea-gold@1.1"

    def test_a_child_follows_its_parent_on_the_same_base(self, session: Any) -> None:
        base = a_base(session)
        parent = an_overlay(session, overlay="ea-gold")
        child = an_overlay(session, SET, parent="ea-gold@1.0")
        versions.freeze(session, parent, by="neema", now=NOW)
        newer = drafting.new_draft(session, parent, "1.1", by="neema", now=later(1))
        drafting.put(session, newer, an_operation(**{**SET, "value": 97}), by="neema", now=later(1))

        found = versions.rebase_onto(session, child, base)

        assert [one.state.value for one in found.operations] == ["NOW-WEAKER"]

    def test_another_standards_version_is_refused(self, session: Any) -> None:
        from tests import factories

        a_base(session)
        row = an_overlay(session, SET)
        other = factories.a_version(session, status=Status.CONSULTATION)

        with pytest.raises(WrongParent, match="is a version of another standard"):
            versions.rebase_onto(session, row, other)
