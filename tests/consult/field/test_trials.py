"""Field trials: the questions of a stage's checklist, and the answers from the field as a pilot."""

from uuid import uuid4

import pytest
from sqlmodel import select

from consult import db, pilots, publications
from consult.field import keeping, looking, people, trials
from consult.pilots.reading import Returned
from consult.pilots.understanding import understand
from consult.tables.comments import Ability
from consult.tables.pilots import Met, PilotFindingRow, PilotRow
from consult.tables.workshops import WorkshopKind, WorkshopRow
from consult.workshops import meetings
from consult.workshops.consents import WITHDRAWN
from consult.workshops.meetings import Meeting
from standards.tables import VersionRow
from tests import factories
from tests.consult.field.device import Device
from tests.consult.field.test_retention import stored
from tests.consult.test_consents import sent

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NOW = factories.NOW
TITLE = "Retorti Katoro"


@pytest.fixture
def workshop(engine) -> WorkshopRow:
    with db.transaction() as session:
        factories.a_group(session, "pit-miners", "Pit miners")
        round_ = factories.a_round(session)
        meeting = Meeting(place="Katoro", held_on=NOW.date(), region="Geita", languages=("sw",))
        row = meetings.hold(session, round_, meeting, now=NOW).workshop
        row.kind = WorkshopKind.TRIAL
        row.trial = {"title": TITLE, "stage": "entry", "producer": "", "mineral": ""}
        session.add(row)
    return row


@pytest.fixture
def clauses(workshop) -> dict[str, str]:
    with db.reading() as session:
        version = session.get_one(VersionRow, workshop.version_id)
        return {number: str(factories.clause_numbered(session, version, number)) for number in ("2.1", "2.2")}


@pytest.fixture
def device(workshop) -> Device:
    return Device(workshop.id)


def says(device: Device, respondent: str, clause: str, **fields: str) -> None:
    for field, value in fields.items():
        device.sets("answer", f"answer:{respondent}:{clause}", field, value)


def findings() -> dict[tuple[str, str], PilotFindingRow]:
    with db.reading() as session:
        return {(row.respondent, str(row.clause_id)): row for row in session.exec(select(PilotFindingRow))}


class TestQuestions:
    def test_what_is_asked_is_the_checklist_of_the_stage_that_is_tried(self, workshop, clauses):
        with db.reading() as session:
            asked = trials.questions(session, session.get_one(WorkshopRow, workshop.id))

        assert [(one["clause"], one["number"]) for one in asked] == [
            (clauses["2.1"], "2.1"),
            (clauses["2.2"], "2.2"),
        ]
        assert asked[0]["heading"] == "No open burning"
        assert "shall not burn amalgam" in asked[0]["text"]

    def test_an_agenda_leaves_only_its_clauses(self, workshop, clauses):
        with db.transaction() as session:
            row = session.get_one(WorkshopRow, workshop.id)
            row.agenda = [clauses["2.2"]]
            assert [one["number"] for one in trials.questions(session, row)] == ["2.2"]

    def test_a_profile_that_asks_nothing_gives_no_questions(self, workshop):
        with db.transaction() as session:
            row = session.get_one(WorkshopRow, workshop.id)
            row.trial = {**row.trial, "producer": "no such producer"}
            assert trials.questions(session, row) == []


class TestAnswers:
    def test_answers_become_the_pilot_of_this_title_on_this_version(self, workshop, device, clauses):
        one, photo = str(uuid4()), f"photo:{uuid4()}"
        who = {"producer": "cooperative", "group": "pit-miners", "held_on": "2026-03-01"}
        for field, value in who.items():
            device.sets("respondent", f"respondent:{one}", field, value)
        says(device, one, clauses["2.1"], met="partly", ability="with_help", cost="Sh 45,000", photo=photo)
        says(device, one, clauses["2.2"], met="met", evidence="Nipigie 0712 345 678")

        sent(workshop, *device.written)

        found = findings()[one, clauses["2.1"]]
        assert (found.met, found.ability, found.cost) == (Met.PARTLY, Ability.WITH_HELP, "Sh 45,000")
        assert (found.producer, found.photo) == ("cooperative", photo)
        assert found.group_id is not None
        assert "345" not in findings()[one, clauses["2.2"]].evidence
        with db.reading() as session:
            [pilot] = session.exec(select(PilotRow)).all()
            assert (pilot.title, pilot.region, pilot.stage) == (TITLE, "Geita", "entry")
            assert (pilot.respondents, pilot.held_on, pilot.version_id) == (
                1,
                "2026-03-01",
                workshop.version_id,
            )

    def test_the_same_respondent_again_changes_the_finding(self, workshop, device, clauses):
        one = str(uuid4())
        says(device, one, clauses["2.1"], met="not-met", obstacle="Ghali")
        sent(workshop, *device.written)

        says(device, one, clauses["2.1"], met="met", obstacle="")
        sent(workshop, *device.written)

        [found] = findings().values()
        assert (found.met, found.obstacle) == (Met.MET, "")

    def test_a_respondent_taken_away_leaves_the_pilot(self, workshop, device, clauses):
        one, two = str(uuid4()), str(uuid4())
        says(device, one, clauses["2.1"], met="met")
        says(device, two, clauses["2.1"], met="not-met")
        sent(workshop, *device.written)

        sent(workshop, device.sets("respondent", f"respondent:{one}", "removed", True))

        assert [key for key, _ in findings()] == [two]
        with db.reading() as session:
            assert session.exec(select(PilotRow.respondents)).one() == 1

    def test_words_without_an_answer_wait_and_spoil_no_other(self, workshop, device, clauses):
        one = str(uuid4())
        says(device, one, clauses["2.1"], cost="Ghali sana")
        says(device, one, clauses["2.2"], met="met")
        sent(workshop, *device.written)
        assert [clause for _, clause in findings()] == [clauses["2.2"]]

        says(device, one, clauses["2.1"], met="not-met")
        sent(workshop, *device.written)

        assert findings()[one, clauses["2.1"]].cost == "Ghali sana"

    def test_where_devices_differ_a_person_looks(self, workshop, device, clauses):
        one, other = str(uuid4()), Device(workshop.id)
        says(device, one, clauses["2.1"], met="met")
        says(other, one, clauses["2.1"], met="not-met")

        sent(workshop, *device.written, *other.written)

        with db.reading() as session:
            [row] = looking.conflicts(session, session.get_one(WorkshopRow, workshop.id))
            assert row.conflicts == ["met"]
        assert len(findings()) == 1

    def test_a_pilot_brought_in_under_this_title_takes_the_answers_too(self, workshop, device, clauses):
        with db.transaction() as session:
            version = session.get_one(VersionRow, workshop.version_id)
            told = pilots.Pilot(TITLE, "Geita")
            nobody = understand(Returned("x", ()), publications.text(session, version), ())
            kept = pilots.note(session, version, told, nobody, called="a file", by="test", now=NOW).id
        says(device, str(uuid4()), clauses["2.1"], met="met")

        sent(workshop, *device.written)

        with db.reading() as session:
            assert [row.id for row in session.exec(select(PilotRow))] == [kept]

    def test_words_withdrawn_by_the_group_go_and_the_count_stays(self, workshop, device, clauses):
        says(device, str(uuid4()), clauses["2.1"], met="not-met", obstacle="Mwenye shimo anakataa")
        sent(workshop, *device.written)

        sent(workshop, device.sets("consent", people.entity_of("notes"), "answer", WITHDRAWN))

        [found] = findings().values()
        assert (found.met, found.obstacle) == (Met.NOT_MET, "")
        with db.reading() as session:
            left = keeping.folded(session, session.get_one(WorkshopRow, workshop.id))
            assert "obstacle" not in {field for one in left for field in one.fields}


class TestShown:
    def test_the_pilots_page_leads_to_the_photograph_that_shows_it(
        self, workshop, device, clauses, signed_in
    ):
        client = signed_in()
        photo, picture = f"photo:{uuid4()}", "c" * 64
        stored(workshop, picture, "image/jpeg")
        device.sets("photo", photo, "sha256", picture)
        says(device, str(uuid4()), clauses["2.1"], met="met", evidence="Retorti ipo", photo=photo)
        sent(workshop, *device.written)
        with db.reading() as session:
            pilot = session.exec(select(PilotRow.id)).one()

        page = client.get(f"/desk/pilots/{pilot}").text

        address = f"/desk/workshops/{workshop.id}/photographs/{photo}"
        assert TITLE in page
        assert "Retorti ipo" in page
        assert f'href="{address}"' in page
        assert client.get(address).status_code == 200
        sent(workshop, device.sets("consent", people.entity_of("photo"), "answer", WITHDRAWN))
        assert address not in client.get(f"/desk/pilots/{pilot}").text
