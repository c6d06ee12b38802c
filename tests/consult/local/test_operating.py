"""Operating: keeping, changing, adopting, and the other pairs of eyes."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlmodel import select

from consult.errors import Misfilled, NotAllowed
from consult.local import holding, operating, vouching
from consult.local.groups import NotInThisGroup
from consult.tables.process import AuditRow
from standards.operations import Op
from standards.overlays import chain, drafting, store
from standards.overlays.guards import OperationsRefused
from standards.overlays.store import OverlayFrozen
from standards.tables import OperationRow, Status
from tests.consult.local.texts import a_local_text, a_seat, an_operation, clause_id, operations
from tests.factories import NOW, a_group, a_person

STRICTER = {"op": "STRENGTHEN", "wording": "Nobody shall burn amalgam, in the open or under a roof."}
LATER = {"op": "DEROGATE", "field": "stage", "value": "year 3", "until": "2028-12-31"}
SWAHILI = {"op": "TRANSLATE", "lang": "sw", "wording": "Mtu yeyote asichome amalgamu mahali pa wazi."}


@pytest.fixture
def draft(session):
    return a_local_text(session)


@pytest.fixture
def author(session):
    return a_person(session, role="drafter", name="Asha")


@pytest.fixture
def second(session):
    return a_person(session, role="drafter", name="Baraka")


@pytest.fixture
def owner(session):
    return a_person(session, role="secretary", name="Neema")


def put(session, version, by, number="1.1", replacing=None, seen="", **content):
    base = store.base_of(session, version)[0]
    one = an_operation(base, number, **content)
    return operating.put(session, version, one, replacing=replacing, seen=seen, by=by, now=NOW)


def trail(session):
    return [row.act for row in session.exec(select(AuditRow).order_by(AuditRow.id)).all()]


class TestPut:
    def test_an_operation_is_kept_under_its_author(self, session, draft, author):
        row, lacking = put(session, draft, author)

        assert (row.op, row.field, row.by) == (Op.SET, "parameter:recovery", str(author.id))
        assert lacking == []
        assert trail(session) == ["add-operation"]

    def test_one_that_the_base_does_not_allow_is_refused_and_leaves_no_trace(self, session, draft, author):
        with pytest.raises(OperationsRefused, match="80 is weaker than the base's 90"):
            put(session, draft, author, op="SET", parameter="recovery", value=80)

        assert operations(session, draft) == []

    def test_the_second_to_set_one_field_meets_the_guard(self, session, draft, author, second):
        put(session, draft, author)

        with pytest.raises(OperationsRefused, match="each field takes one"):
            put(session, draft, second, op="SET", parameter="recovery", value=97)

    def test_changing_what_a_colleague_changed_meanwhile_overwrites_nothing(
        self, session, draft, author, second
    ):
        first, _ = put(session, draft, author)
        seen = store.operation_in(first).key
        theirs, _ = put(session, draft, second, replacing=first.id, op="SET", parameter="recovery", value=96)

        with pytest.raises(holding.OperationMoved, match="A colleague changed this operation"):
            put(
                session,
                draft,
                author,
                replacing=first.id,
                seen=seen,
                op="SET",
                parameter="recovery",
                value=97,
            )

        assert [row.id for row in store.operations_of(session, draft)] == [theirs.id]

    def test_a_change_that_somebody_vouched_for_meanwhile_is_seen_too(self, session, draft, author, second):
        row, _ = put(session, draft, author, "1.2", **STRICTER)
        seen = store.operation_in(row).key
        vouching.attest(session, draft, row.id, "Baraka M.", by=second, now=NOW)

        with pytest.raises(holding.OperationMoved):
            put(session, draft, author, "1.2", replacing=row.id, seen=seen, **STRICTER)

    def test_an_adoption_gives_way_to_a_change(self, session, draft, author):
        operating.adopt_many(
            session, draft, [clause_id(session, draft, "1.1")], "It fits.", by=author, now=NOW
        )

        put(session, draft, author)

        assert operations(session, draft) == ["SET parameter:recovery"]

    def test_an_adopted_clause_keeps_its_adoption_when_it_is_explained(self, session, draft, author):
        operating.adopt_many(
            session, draft, [clause_id(session, draft, "1.1")], "It fits.", by=author, now=NOW
        )

        put(session, draft, author, op="GUIDE", text="A closed retort does it.")

        assert operations(session, draft) == ["ADOPT", "GUIDE guidance"]

    def test_nobody_brings_other_peoples_names_along(self, session, draft, author):
        row, lacking = put(session, draft, author, "1.2", **STRICTER, attested_by=["Somebody", "Another"])

        assert "attested_by" not in row.content
        assert lacking

    def test_a_member_without_a_seat_reads_only(self, session, draft):
        stranger = a_person(session, role="working-group")

        with pytest.raises(NotInThisGroup):
            put(session, draft, stranger)

    def test_a_member_with_a_seat_writes(self, session, draft):
        member = a_person(session, role="working-group")
        a_seat(session, draft, member, a_group(session).id)

        row, _ = put(session, draft, member)

        assert row.by == str(member.id)

    def test_a_facilitator_does_not_write(self, session, draft):
        with pytest.raises(NotAllowed):
            put(session, draft, a_person(session, role="facilitator"))

    def test_a_frozen_version_does_not_change(self, session, draft, author):
        draft.content_hash, draft.status = "a" * 64, Status.CONSULTATION
        session.flush()

        with pytest.raises(OverlayFrozen):
            put(session, draft, author)


class TestTakeOut:
    def test_an_operation_goes_and_the_trail_stays(self, session, draft, author):
        row, _ = put(session, draft, author)

        operating.take_out(session, draft, row.id, by=author, now=NOW)

        assert operations(session, draft) == []
        assert trail(session) == ["add-operation", "take-out-operation"]

    def test_what_a_colleague_took_out_already_is_told(self, session, draft, author):
        row, _ = put(session, draft, author)
        operating.take_out(session, draft, row.id, by=author, now=NOW)

        with pytest.raises(holding.OperationMoved):
            operating.take_out(session, draft, row.id, by=author, now=NOW)


class TestAdoptMany:
    def test_many_clauses_are_adopted_for_one_reason(self, session, draft, author):
        ids = [clause_id(session, draft, number) for number in ("1", "2", "2.1")]

        done = operating.adopt_many(session, draft, ids, "They fit here.", by=author, now=NOW)

        assert done == operating.Adopted(adopted=3, left=0)
        assert operations(session, draft) == ["ADOPT"] * 3
        assert [clause.number for clause in store.check(session, draft).undecided] == ["1.1", "1.2", "2.2"]

    def test_what_is_decided_stays_as_it_is(self, session, draft, author):
        put(session, draft, author)
        ids = [clause_id(session, draft, number) for number in ("1.1", "1.2")]

        done = operating.adopt_many(session, draft, ids, "They fit here.", by=author, now=NOW)

        assert done == operating.Adopted(adopted=1, left=1)

    def test_a_clause_on_which_an_operation_waits_is_left_to_a_person(self, session, draft, author):
        row, _ = put(session, draft, author)
        row.waiting = "The base changed the same value."
        session.flush()

        done = operating.adopt_many(
            session, draft, [clause_id(session, draft, "1.1")], "It fits.", by=author, now=NOW
        )

        assert done == operating.Adopted(adopted=0, left=1)

    def test_adoptions_are_pinned_as_a_file_would_pin_them(self, session, draft, author):
        operating.adopt_many(
            session, draft, [clause_id(session, draft, "1.1")], "It fits.", by=author, now=NOW
        )

        assert store.check(session, draft).refusals == ()
        [row] = store.operations_of(session, draft)
        assert row.content["pins"]

    @pytest.mark.parametrize(("reason", "field"), [("", "reason"), ("They fit.", "clauses")])
    def test_a_reason_and_a_clause_are_needed(self, session, draft, author, reason, field):
        ids = [] if field == "clauses" else [clause_id(session, draft, "1")]

        with pytest.raises(Misfilled) as refusal:
            operating.adopt_many(session, draft, ids, reason, by=author, now=NOW)

        assert list(refusal.value.problems) == [field]


class TestAttest:
    def test_a_stricter_wording_waits_until_two_others_attest_it(self, session, draft, author, second, owner):
        row, _ = put(session, draft, author, "1.2", **STRICTER)

        vouching.attest(session, draft, row.id, "Baraka M.", by=second, now=NOW)
        waiting = store.check(session, draft).refusals
        vouching.attest(session, draft, row.id, "Neema, Geita", by=owner, now=NOW)

        assert [one.kind for one in waiting] == ["lacking"]
        assert store.check(session, draft).refusals == ()
        assert row.content["attested_by"] == ["Baraka M.", "Neema, Geita"]

    def test_its_author_does_not_attest_it(self, session, draft, author):
        row, _ = put(session, draft, author, "1.2", **STRICTER)

        with pytest.raises(vouching.OwnOperation):
            vouching.attest(session, draft, row.id, "Asha", by=author, now=NOW)

    def test_nobody_attests_twice_under_two_names(self, session, draft, author, second):
        row, _ = put(session, draft, author, "1.2", **STRICTER)
        vouching.attest(session, draft, row.id, "Baraka", by=second, now=NOW)

        with pytest.raises(vouching.VouchedAlready):
            vouching.attest(session, draft, row.id, "Another name", by=second, now=NOW)

    def test_nor_again_in_a_draft_copied_from_it(self, session, draft, author, second):
        row, _ = put(session, draft, author, "1.2", **STRICTER)
        vouching.attest(session, draft, row.id, "Baraka", by=second, now=NOW)
        draft.content_hash, draft.status = "a" * 64, Status.CONSULTATION
        session.flush()
        copy = drafting.new_draft(session, draft, "1.1", by=str(author.id), now=NOW)
        [copied] = store.operations_of(session, copy)

        with pytest.raises(vouching.VouchedAlready):
            vouching.attest(session, copy, copied.id, "Another name", by=second, now=NOW)

    def test_again_once_the_reason_was_mended_in_a_copy(self, session, draft, author, second):
        row, _ = put(session, draft, author, "1.2", **STRICTER)
        vouching.attest(session, draft, row.id, "Baraka", by=second, now=NOW)
        draft.content_hash, draft.status = "a" * 64, Status.CONSULTATION
        session.flush()
        copy = drafting.new_draft(session, draft, "1.1", by=str(author.id), now=NOW)
        [copied] = store.operations_of(session, copy)
        mended, _ = put(
            session, copy, author, "1.2", replacing=copied.id, rationale="Said twice.", **STRICTER
        )

        again = vouching.attest(session, copy, mended.id, "Baraka", by=second, now=NOW)

        assert again.content["attested_by"] == ["Baraka"]

    def test_its_author_stays_its_author_when_another_mends_its_reason(self, session, draft, author, second):
        row, _ = put(session, draft, author, "1.2", **STRICTER)
        mended, _ = put(session, draft, second, "1.2", replacing=row.id, rationale="Said twice.", **STRICTER)

        with pytest.raises(vouching.OwnOperation):
            vouching.attest(session, draft, mended.id, "Asha", by=author, now=NOW)

    def test_what_another_attested_while_one_waited_is_not_lost(self, session, draft, author, second):
        row, _ = put(session, draft, author, "1.2", **STRICTER)
        signed = row.content | {"attested_by": ["Neema"]}
        table = OperationRow.__table__
        session.connection().execute(sa.update(table).where(table.c.id == row.id).values(content=signed))

        vouching.attest(session, draft, row.id, "Baraka", by=second, now=NOW)

        assert row.content["attested_by"] == ["Neema", "Baraka"]

    def test_one_name_counts_once(self, session, draft, author, second, owner):
        row, _ = put(session, draft, author, "1.2", **STRICTER)
        vouching.attest(session, draft, row.id, "J. Mushi", by=second, now=NOW)

        with pytest.raises(vouching.VouchedAlready, match="add what tells you apart"):
            vouching.attest(session, draft, row.id, " j.  mushi ", by=owner, now=NOW)

    def test_changing_the_wording_drops_what_others_attested(self, session, draft, author, second):
        row, _ = put(session, draft, author, "1.2", **STRICTER)
        vouching.attest(session, draft, row.id, "Baraka", by=second, now=NOW)

        changed, _ = put(
            session,
            draft,
            author,
            "1.2",
            replacing=row.id,
            op="STRENGTHEN",
            wording="Nobody shall burn amalgam anywhere.",
        )
        again = vouching.attest(session, draft, changed.id, "Baraka", by=second, now=NOW)

        assert again.content["attested_by"] == ["Baraka"]

    def test_a_name_is_needed(self, session, draft, author, second):
        row, _ = put(session, draft, author, "1.2", **STRICTER)

        with pytest.raises(Misfilled):
            vouching.attest(session, draft, row.id, "  ", by=second, now=NOW)

    def test_the_trail_says_who_without_the_names(self, session, draft, author, second):
        row, _ = put(session, draft, author, "1.2", **STRICTER)
        vouching.attest(session, draft, row.id, "Baraka", by=second, now=NOW)

        line = session.exec(select(AuditRow).where(AuditRow.act == "attest")).one()

        assert line.by == str(second.id)
        assert "Baraka" not in str([line.before, line.after, line.reason])


class TestApprove:
    def test_a_derogation_holds_once_the_owner_of_the_base_approves(self, session, draft, author, owner):
        row, lacking = put(session, draft, author, "1.2", **LATER)

        vouching.approve(session, draft, row.id, "Neema for the council", by=owner, now=NOW)

        assert lacking
        assert row.content["approved_by"] == f"Neema for the council, {NOW.date().isoformat()}"
        assert [one.in_force for one in chain.register(store.resolved(session, draft, NOW.date()))] == [True]

    def test_one_that_would_be_over_before_it_begins(self, session, draft, author):
        with pytest.raises(Misfilled, match="a day to come"):
            put(session, draft, author, "1.2", **{**LATER, "until": NOW.date().isoformat()})

        assert store.operations_of(session, draft) == []

    def test_one_that_ended_meanwhile_can_still_be_explained(self, session, draft, author):
        row, _ = put(session, draft, author, "1.2", **LATER)

        operating.put(
            session,
            draft,
            store.operation_in(row).model_copy(update={"rationale": "The mill came late."}),
            replacing=row.id,
            by=author,
            now=datetime(2029, 1, 1, tzinfo=UTC),
        )

        assert store.operations_of(session, draft)[0].content["rationale"] == "The mill came late."

    def test_others_do_not_approve_it(self, session, draft, author, second):
        row, _ = put(session, draft, author, "1.2", **LATER)

        with pytest.raises(NotAllowed):
            vouching.approve(session, draft, row.id, "Baraka", by=second, now=NOW)

    def test_an_owner_does_not_approve_their_own(self, session, draft, owner):
        row, _ = put(session, draft, owner, "1.2", **LATER)

        with pytest.raises(vouching.OwnOperation):
            vouching.approve(session, draft, row.id, "Neema", by=owner, now=NOW)

    def test_it_is_approved_once(self, session, draft, author, owner):
        row, _ = put(session, draft, author, "1.2", **LATER)
        vouching.approve(session, draft, row.id, "Neema", by=owner, now=NOW)

        with pytest.raises(vouching.VouchedAlready):
            vouching.approve(session, draft, row.id, "Neema", by=owner, now=NOW)


class TestReview:
    def test_a_translation_waits_for_another_reader(self, session, draft, author, second):
        row, lacking = put(session, draft, author, "1.2", **SWAHILI)

        vouching.review(session, draft, row.id, "Baraka", by=second, now=NOW)

        assert lacking
        assert store.check(session, draft).refusals == ()

    def test_its_translator_does_not_review_it(self, session, draft, author):
        row, _ = put(session, draft, author, "1.2", **SWAHILI)

        with pytest.raises(vouching.OwnOperation):
            vouching.review(session, draft, row.id, "Asha", by=author, now=NOW)

    def test_only_a_translation_is_reviewed(self, session, draft, author, second):
        row, _ = put(session, draft, author)

        with pytest.raises(Misfilled):
            vouching.review(session, draft, row.id, "Baraka", by=second, now=NOW)
