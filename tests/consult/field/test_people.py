"""Who came and what they agreed to, as devices tell it: sealed names, and one result in any order."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from consult import db
from consult.field import keeping, people
from consult.tables.comments import CommentRow, StandingRow
from consult.tables.field import AttendeeRow, ConsentRow
from consult.tables.rounds import RoundRow
from consult.tables.workshops import UtteranceRow, WorkshopRow
from consult.workshops.consents import GIVEN, GROUP, REFUSED, WITHDRAWN
from tests.consult.field.device import Device
from tests.consult.test_consents import ASHA, BARAKA, NOW, a_clause, answers, read, sent
from tests.consult.test_consents import device as device
from tests.consult.test_consents import workshop as workshop
from tests.consult.test_no_numbers import everything_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class TestTheList:
    def test_a_name_lies_sealed_and_a_slip_takes_it_away(self, workshop, device, engine):
        told = {
            "label": "P7",
            "category": "pit miners",
            "name": "Neema Joseph",
            "contact": "neema@example.org",
        }
        for field, value in told.items():
            device.sets("attendee", BARAKA, field, value)
        sent(workshop, *device.written)

        with db.reading() as session:
            row = session.get_one(AttendeeRow, (workshop.id, BARAKA))
            assert (row.label, row.category, row.name) == ("P7", "pit miners", "Neema Joseph")
        assert b"Neema" not in everything_in(engine)

        sent(workshop, device.sets("attendee", BARAKA, "removed", True))
        with db.reading() as session:
            row = session.get_one(AttendeeRow, (workshop.id, BARAKA))
            assert (row.removed, row.name, row.contact) == (True, None, None)

    def test_a_name_on_the_list_is_masked_in_what_others_say(self, workshop, device):
        device.sets("attendee", ASHA, "name", "Asha Mrema")
        device.notes("Kama Asha alivyosema.")

        sent(workshop, *device.written)

        with db.reading() as session:
            assert "Asha" not in session.exec(select(UtteranceRow.words)).one()


class TestAnswers:
    def test_an_answer_tells_how_when_and_in_which_words_it_was_asked(self, workshop, device):
        entity = people.entity_of("notes")
        told = {"answer": GIVEN, "how": "witnessed", "witness": "Mzee Juma", "wording": "1"}
        for field, value in told.items():
            device.sets("consent", entity, field, value)

        sent(workshop, *device.written)

        with db.reading() as session:
            row = session.get_one(ConsentRow, (workshop.id, entity))
            assert (row.answer, row.how, row.wording) == (GIVEN, "witnessed", "1")
            assert row.witness == "Mzee Juma"
            assert row.at is not None

    def test_where_devices_differ_the_stricter_answer_holds(self, workshop, device):
        other = Device(workshop.id)
        answers(other, "quotes", REFUSED)
        answers(device, "quotes", GIVEN)
        device.counter = 100

        sent(workshop, *device.written, *other.written)

        assert read(workshop).answer("quotes") == REFUSED

    @pytest.mark.parametrize("later", [GIVEN, REFUSED])
    def test_who_withdrew_has_withdrawn_whatever_comes_later(self, workshop, device, later):
        answers(device, "quotes", WITHDRAWN)
        answers(device, "quotes", later)

        sent(workshop, *device.written)

        assert read(workshop).answer("quotes") == WITHDRAWN

    def test_a_question_we_do_not_ask_is_passed_over(self, workshop, device):
        device.sets("consent", "consent:group:fingerprints", "answer", GIVEN)

        sent(workshop, *device.written)

        assert read(workshop).answers == {}


def the_result(session: Session) -> dict[str, Any]:
    """What anybody can see of a workshop, whatever the ids."""
    said = session.exec(select(UtteranceRow.entity, UtteranceRow.words)).all()
    public = session.exec(
        select(CommentRow.text, CommentRow.public, StandingRow.hidden).join(StandingRow)
    ).all()
    return {
        "said": sorted(said),
        "public": sorted(text for text, open_, hidden in public if text and open_ and not hidden),
        "consents": sorted(session.exec(select(ConsentRow.entity, ConsentRow.answer)).all()),
    }


class TestAnyOrder:
    @settings(
        max_examples=12,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(data=st.data())
    def test_consents_and_notes_give_one_result_in_any_order(self, workshop, data):
        clause = a_clause(workshop)
        who = st.sampled_from([GROUP, ASHA, BARAKA])
        about = st.sampled_from(["notes", "quotes"])
        said = st.sampled_from([GIVEN, REFUSED, WITHDRAWN])
        answered = data.draw(st.lists(st.tuples(who, about, said), max_size=5))
        device = Device(workshop.id)
        for attendee, asked, answer in answered:
            answers(device, asked, answer, attendee)
        for number, attendee in enumerate(data.draw(st.lists(who, min_size=1, max_size=3))):
            device.notes(f"Jambo la {number}", attendee=attendee, clauses=[clause])
        shuffled = data.draw(st.permutations(device.written))
        cut = data.draw(st.integers(0, len(shuffled)))
        closing = Device(workshop.id)
        closing.counter = 1000
        close = closing.sets("meeting", "meeting", "finished", True)

        results = []
        for batches in ([device.written, [close]], [shuffled[:cut], shuffled[cut:], shuffled[:cut], [close]]):
            with db.transaction() as session:
                for batch in batches:
                    _take(session, workshop, batch)
                results.append(the_result(session))
                session.rollback()

        assert results[0] == results[1]


def _take(session: Session, workshop: WorkshopRow, batch: list[str]) -> None:
    round_ = session.get_one(RoundRow, workshop.round_id)
    keeping.store(session, round_, session.get_one(WorkshopRow, workshop.id), batch, now=NOW)
    keeping.derive(session, round_, workshop.id, now=NOW)
