"""Operations from the field: kept once, merged in any order, and what they come to at the desk."""

from datetime import timedelta

import pytest
from sqlmodel import select

from consult import db, intake, ledger
from consult.field import keeping, looking, notes
from consult.field.keeping import State
from consult.tables.comments import CommentRow
from consult.tables.field import DotVoteRow, PhotoRow
from consult.tables.intake import Outcome, RecordOutcomeRow
from consult.tables.rounds import RoundRow
from consult.tables.workshops import AttendanceRow, UtteranceRow, UtteranceState, WorkshopRow
from consult.workshops import attributing, meetings, tagging
from consult.workshops.attributing import Told
from consult.workshops.meetings import Attended, Meeting
from consult.workshops.note_records import records_with_words
from standards.identity import new_id
from standards.tables import OutlineRow
from tests import factories
from tests.consult.field.device import Device

NOW = factories.NOW
LATER = NOW + timedelta(hours=1)


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


class TestTheDeskAndTheField:
    """Somebody worked on a note at the bench; the device speaks again."""

    def test_a_note_skipped_at_the_desk_stays_so_until_its_words_change(self, workshop, device):
        entity = device.notes("Habari za asubuhi.")
        sent(workshop, *device.written)
        [row] = utterances()
        with db.transaction() as session:
            tagging.skip(session, session.get_one(WorkshopRow, workshop.id), row.id, by="desk", now=NOW)

        sent(workshop, device.sets("note", entity, "lone", True), now=LATER)
        [stands] = utterances()
        sent(workshop, device.sets("note", entity, "words", "Habari za maji."), now=LATER)
        [opened] = utterances()

        assert (stands.state, stands.lone) == (UtteranceState.SKIPPED, True)
        assert (opened.state, opened.words) == (UtteranceState.OPEN, "Habari za maji.")
        with db.reading() as session:
            assert ledger.verify(session).faults == []

    def test_what_the_desk_said_stands_unless_the_field_says_otherwise_of_just_that(self, workshop, device):
        entity = device.notes("Maji ni mbali.", category="pit miners", feeling="for", lone=True)
        sent(workshop, *device.written)
        [row] = utterances()
        told = Told(category="traders", feeling="against", marks=("cost",), lone=False)
        with db.transaction() as session:
            here = session.get_one(WorkshopRow, workshop.id)
            attributing.keep_told(session, here, row.id, told, by="desk", now=NOW)

        sent(workshop, device.sets("note", entity, "feeling", "neither"), now=LATER)

        [row] = utterances()
        assert (row.category, row.feeling, row.marks, row.lone) == ("traders", "neither", ["cost"], False)

    def test_what_was_put_right_on_the_workshops_form_stands(self, workshop, device):
        device.sets("attendance", "attendance:elders", "people", 12)
        device.sets("meeting", "meeting", "notes", "Mvua kubwa.")
        sent(workshop, *device.written)
        with db.transaction() as session:
            right = Meeting("Katoro", NOW.date(), notes="Mvua ndogo.", attendance=(Attended("elders", 14),))
            meetings.change(session, session.get_one(WorkshopRow, workshop.id), right)

        again = device.sets("meeting", "meeting", "finished", True)
        sent(workshop, again, device.sets("attendance", "attendance:elders", "women", 5), now=LATER)

        with db.reading() as session:
            assert session.get_one(WorkshopRow, workshop.id).notes == "Mvua ndogo."
            [row] = session.exec(select(AttendanceRow)).all()
            assert (row.people, row.women) == (14, 5)

    def test_a_name_written_down_after_the_words_is_hidden_in_them_all_the_same(self, workshop, device):
        person = "attendee:1"
        device.notes("Amina anajua kisima kilipo.", attendee=person)
        taken = device.notes("Mwulize Amina.", clauses=[a_clause(workshop)])
        device.sets("meeting", "meeting", "finished", True)
        device.sets("photo", "photo:1", "caption", "Karatasi ya Amina")
        sent(workshop, *device.written)

        named = [device.sets("attendee", person, "label", "P1")]
        sent(workshop, *named, device.sets("attendee", person, "name", "Amina Juma"), now=LATER)

        assert [(row.words, row.speaker) for row in utterances()] == [
            ("[name] anajua kisima kilipo.", "P1"),
            ("Mwulize Amina.", ""),
        ]
        with db.reading() as session:
            assert session.exec(select(PhotoRow.caption)).one() == "Karatasi ya [name]"
            # The comment was made before: a person is asked.
            [found] = looking.conflicts(session, session.get_one(WorkshopRow, workshop.id))
            assert (found.entity, found.after_comment) == (taken, True)


class TestWhatNoDeviceOfOursWrites:
    def test_a_correction_of_the_minutes_is_none_of_a_device(self, workshop, device):
        device.notes("Kitu", entity="correction:1")
        device.notes("Kitu", entity=f"correction:{new_id()}")

        assert {one.state for one in sent(workshop, *device.written)} == {State.ASIDE}

    @pytest.mark.parametrize("clock", ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00"])
    def test_a_clock_at_the_end_of_time_is_no_clock(self, workshop, clock):
        device = Device(workshop.id, clock=clock)
        device.notes("Saa mbovu.")

        sent(workshop, *device.written)

        assert [row.said_at for row in utterances()] == [None]


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
