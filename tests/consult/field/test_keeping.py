"""Operations from the field: kept once, merged in any order, and what they come to at the desk."""

from datetime import timedelta

import pytest
from sqlmodel import select

from consult import db, intake, ledger
from consult.field import keeping, looking, notes
from consult.field.keeping import State
from consult.tables.comments import CommentRow
from consult.tables.field import DotVoteRow
from consult.tables.intake import Outcome, RecordOutcomeRow
from consult.tables.rounds import RoundRow
from consult.tables.workshops import AttendanceRow, UtteranceRow, UtteranceState, WorkshopRow
from consult.workshops import meetings
from consult.workshops.meetings import Meeting
from consult.workshops.note_records import records_with_words
from standards.tables import OutlineRow
from tests import factories
from tests.consult.field.device import Device

NOW = factories.NOW


@pytest.fixture
def workshop(engine) -> WorkshopRow:
    with db.transaction() as session:
        round_ = factories.a_round(session, opens=NOW - timedelta(days=5), closes=NOW + timedelta(days=20))
        meeting = Meeting(place="Katoro", held_on=NOW.date(), languages=("sw",))
        return meetings.hold(session, round_, meeting, now=NOW).workshop


@pytest.fixture
def device(workshop) -> Device:
    return Device(workshop.id)


def sent(workshop: WorkshopRow, *written: str, now=NOW) -> list[keeping.Kept]:
    """What became of these operations, stored and derived as the door does it."""
    with db.transaction() as session:
        round_ = session.get_one(RoundRow, workshop.round_id)
        kept = keeping.store(session, round_, session.get_one(WorkshopRow, workshop.id), written, now=now)
    with db.transaction() as session:
        keeping.derive(session, session.get_one(RoundRow, workshop.round_id), workshop.id, now=now)
    return kept


def utterances() -> list[UtteranceRow]:
    with db.reading() as session:
        return list(session.exec(select(UtteranceRow).order_by(UtteranceRow.position)).all())


def a_clause(workshop: WorkshopRow) -> str:
    with db.reading() as session:
        found = select(OutlineRow.clause_id).where(OutlineRow.version_id == workshop.version_id)
        return str(session.exec(found.order_by(OutlineRow.number.desc())).first())


class TestStoring:
    def test_an_operation_is_kept_once_however_often_it_is_sent(self, workshop, device):
        device.notes("Tukipewa moja tutaitunza wenyewe.")

        states = [[one.state for one in sent(workshop, *device.written)] for _ in range(3)]

        assert states == [[State.FRESH], [State.KNOWN], [State.KNOWN]]
        assert [row.words for row in utterances()] == ["Tukipewa moja tutaitunza wenyewe."]

    def test_the_same_id_in_other_words_is_kept_beside_the_first(self, workshop, device):
        entity = device.notes("mbali")
        told = device.written[0]

        kept = sent(workshop, told, told.replace("mbali", "karibu"))

        assert [one.state for one in kept] == [State.FRESH, State.CLASH]
        with db.reading() as session:
            [found] = looking.conflicts(session, session.get_one(WorkshopRow, workshop.id))
            assert (found.entity, found.clash, found.conflicts) == (entity, True, ["words"])

    def test_what_cannot_be_understood_is_set_aside_and_never_lost(self, workshop, device):
        device.sets("note", "note:1", "colour", "red")

        [kept] = sent(workshop, *device.written)

        assert (kept.state, kept.said) == (State.ASIDE, "We know no field colour of a note.")
        with db.reading() as session:
            assert ledger.verify(session).faults == []
            [record] = session.exec(select(RecordOutcomeRow)).all()
            assert (record.outcome, record.reason) == (Outcome.SET_ASIDE, f"from the field: {kept.said}")


class TestNotes:
    def test_a_note_becomes_an_utterance_with_all_that_was_said_of_it(self, workshop, device):
        clause = a_clause(workshop)
        device.notes(
            "Mvua ikinyesha hakuna atakayebeba mbali.",
            category="pit miners",
            clauses=[clause],
            marks=["obstacle"],
            feeling="against",
            lone=True,
            read_back=True,
            language="sw",
            gender="woman",
        )

        sent(workshop, *device.written)

        [row] = utterances()
        assert (row.category, row.clauses, row.marks) == ("pit miners", [clause], ["obstacle"])
        assert (row.feeling, row.lone, row.read_back, row.gender) == ("against", True, True, "woman")

    def test_notes_on_clauses_become_comments_when_the_meeting_is_closed(self, workshop, device):
        device.notes("Juu ya ibara.", clauses=[a_clause(workshop)])
        open_ = device.notes("Bila ibara.")
        device.sets("meeting", "meeting", "finished", True)

        sent(workshop, *device.written)

        assert [row.state for row in utterances()] == [UtteranceState.COMMENT, UtteranceState.OPEN]
        with db.reading() as session:
            assert [row.text for row in session.exec(select(CommentRow))] == ["Juu ya ibara."]
            [record] = records_with_words(session, workshop.id, open_)
            assert intake.outcome_of(session, record) is None

    def test_many_notes_become_comments_in_several_transactions(self, workshop, device):
        clause = a_clause(workshop)
        for place in range(keeping.TAKEN_AT_ONCE + 3):
            device.notes(f"Neno la {place}.", clauses=[clause])
        device.sets("meeting", "meeting", "finished", True)

        sent(workshop, *device.written)
        keeping.bring_up_to_date(workshop.round_id, workshop.id, now=NOW)

        assert {row.state for row in utterances()} == {UtteranceState.COMMENT}
        with db.reading() as session:
            assert session.get_one(WorkshopRow, workshop.id).stale_since is None
            assert ledger.verify(session).faults == []

    def test_a_note_changed_after_it_became_a_comment_waits_for_a_person(self, workshop, device):
        entity = device.notes("Ishirini.", clauses=[a_clause(workshop)])
        device.sets("meeting", "meeting", "finished", True)
        sent(workshop, *device.written)

        sent(workshop, device.sets("note", entity, "words", "Thelathini."))

        with db.reading() as session:
            [found] = looking.conflicts(session, session.get_one(WorkshopRow, workshop.id))
            assert found.after_comment
            assert [row.text for row in session.exec(select(CommentRow))] == ["Ishirini."]

    def test_a_note_taken_away_is_set_aside_with_every_wording(self, workshop, device):
        entity = device.notes("Makosa")
        device.sets("note", entity, "words", "Makosa tena")
        device.sets("note", entity, "removed", True)

        sent(workshop, *device.written)

        with db.reading() as session:
            outcomes = [
                intake.outcome_of(session, one) for one in records_with_words(session, workshop.id, entity)
            ]
            assert outcomes == [Outcome.SET_ASIDE, Outcome.SET_ASIDE]
            assert notes.ready(session, session.get_one(WorkshopRow, workshop.id)) == []


class TestTwoDevices:
    def test_what_two_devices_counted_differently_stands_side_by_side(self, workshop, device):
        other = Device(workshop.id)
        device.sets("attendance", "attendance:miners", "people", 12)
        other.sets("attendance", "attendance:miners", "people", 13)

        sent(workshop, *device.written, *other.written)

        with db.transaction() as session:
            row = session.get_one(WorkshopRow, workshop.id)
            [found] = looking.conflicts(session, row)
            assert found.conflicts == ["people"]
            [entity] = keeping.folded(session, row, [found.entity])
            round_ = session.get_one(RoundRow, workshop.round_id)
            keeping.settle(session, round_, row, entity, "people", 13, now=NOW)
            assert looking.conflicts(session, row) == []
            assert session.exec(select(AttendanceRow.people)).one() == 13

    def test_dots_of_one_vote_come_together(self, workshop, device):
        other = Device(workshop.id)
        for field, value in (("question", "Ngapi?"), ("options", ["40", "15"]), ("dots", 3)):
            device.sets("vote", "vote:1", field, value)
        device.sets("vote", "vote:1", "cell:0:women", 2)
        other.sets("vote", "vote:1", "cell:1:men", 12)

        sent(workshop, *other.written)
        sent(workshop, *device.written)

        with db.reading() as session:
            row = session.exec(select(DotVoteRow)).one()
            assert (row.options, row.cells) == (["40", "15"], {"0": {"women": 2}, "1": {"men": 12}})
