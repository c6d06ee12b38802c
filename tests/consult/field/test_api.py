"""The addresses the field page speaks with: signing a device in, packs, operations, and refusals in words."""

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlmodel import select

from consult import accounts, db, workshops
from consult.field import deriving
from consult.field.operations import Kind
from consult.tables.field import DeviceRow, OperationRow
from consult.tables.people import PersonRow, Role
from consult.tables.workshops import UtteranceRow, WorkshopRow
from consult.workshops.meetings import Meeting
from tests import factories
from tests.consult.field.device import Device
from tests.consult.field.telephone import Telephone

on_one_engine = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def workshop(engine) -> WorkshopRow:
    return a_workshop()


def a_workshop(*, closed: bool = False, **fields) -> WorkshopRow:
    now = datetime.now(UTC)
    with db.transaction() as session:
        ends = now - timedelta(hours=1) if closed else now + timedelta(days=20)
        round_ = factories.a_round(session, opens=now - timedelta(days=5), closes=ends)
        meeting = Meeting(place="Katoro", held_on=now.date(), languages=("sw", "en"), **fields)
        return workshops.hold(session, round_, meeting, now=now).workshop


@pytest.fixture
def telephone(signed_in, workshop) -> Telephone:
    """A telephone on which a secretary has signed in."""
    return Telephone.signed_in_by(signed_in("secretary"), workshop.id)


@on_one_engine
class TestSigningIn:
    def test_a_device_gets_a_token_that_only_its_hash_is_kept_of(self, telephone):
        with db.reading() as session:
            device = session.exec(select(DeviceRow)).one()

        assert (str(device.id), device.label) == (telephone.device, "Neema's telephone")
        assert telephone.token not in repr(device)

    def test_a_label_that_is_no_text_does_no_harm(self, signed_in):
        client = signed_in("secretary")
        for label in (None, 7, "\ud800 x\0", "long " * 100):
            assert client.post("/field/devices", json={"label": label}).status_code == 200

    def test_who_is_not_signed_in_gets_none(self, client):
        answer = client.post("/field/devices", json={"label": "x"})

        assert answer.status_code == 401
        assert "sign in again" in answer.json["error"]

    def test_who_may_not_hold_workshops_gets_none(self, signed_in):
        answer = signed_in("drafter").post("/field/devices", json={"label": "x"})

        assert answer.status_code == 403
        assert "Ask the secretary" in answer.json["error"]

    def test_only_our_own_page_may_ask(self, app, signed_in):
        client = signed_in("secretary")
        app.config["WTF_CSRF_ENABLED"] = True

        answer = client.post("/field/devices", json={"label": "x"})

        assert answer.status_code == 409
        assert "Load it anew" in answer.json["error"]

    def test_no_proof_is_asked_of_a_device_with_a_token(self, app, telephone):
        app.config["WTF_CSRF_ENABLED"] = True

        assert telephone.sends(telephone.writes.sets("meeting", "meeting", "finished", True))["kept"]

    @pytest.mark.parametrize("token", ["", "nobody's", "\udcff"])
    def test_a_token_nobody_has_is_refused_in_words(self, telephone, token):
        telephone.token = token

        answer = telephone.get("/field/packs")

        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert "still on it" in answer.json["error"]

    def test_who_was_shut_out_sends_no_more(self, telephone):
        with db.transaction() as session:
            person = session.exec(select(PersonRow)).one()
            accounts.shut_out(session, person, True, by="test", now=datetime.now(UTC))

        assert telephone.get("/field/packs").status_code == 401


class TestPacks:
    def test_the_list_names_the_workshops_of_this_person(self, telephone, workshop):
        [listed] = telephone.get("/field/packs").json["workshops"]

        assert (listed["id"], listed["place"], listed["language"]) == (str(workshop.id), "Katoro", "sw")
        assert (listed["kind"], listed["closed"]) == ("meeting", False)

    def test_a_facilitator_reaches_their_own_workshops_alone(self, signed_in, workshop):
        telephone = Telephone.signed_in_by(signed_in(Role.FACILITATOR), workshop.id)

        assert telephone.get("/field/packs").json["workshops"] == []
        for path in ("pack", "objects/" + "0" * 64):
            answer = telephone.get(f"/field/workshops/{workshop.id}/{path}")
            assert (answer.status_code, "error" in answer.json) == (404, True)
        assert telephone.post([]).status_code == 404

    def test_a_pack_holds_all_that_a_workshop_needs(self, telephone, workshop):
        pack = telephone.get(f"/field/workshops/{workshop.id}/pack").json

        assert pack["workshop"]["languages"] == ["sw", "en"]
        assert {one["number"] for one in pack["clauses"]} == set(factories.CLAUSES)
        assert all(one["code"] for one in pack["clauses"])
        assert set(pack["consents"]["words"]["sw"]) >= {"notes", "quotes", "photo", "audio", "contact"}
        assert (pack["trial"], pack["people"]) == (None, [])

    def test_a_pack_is_fetched_again_only_when_something_changed(self, telephone, workshop):
        address = f"/field/workshops/{workshop.id}/pack"
        known = {"If-None-Match": telephone.get(address).headers["ETag"]}

        assert telephone.get(address, **known).status_code == 304
        telephone.sends(telephone.writes.sets("meeting", "meeting", "finished", True))
        assert telephone.get(address, **known).status_code == 200


class TestOperations:
    def test_what_was_sent_is_kept_and_understood(self, telephone):
        telephone.writes.notes("Tutaitunza wenyewe.", language="sw")

        answer = telephone.sends(*telephone.writes.written)

        assert [one["state"] for one in answer["kept"]] == ["fresh", "fresh"]
        assert (answer["late"], answer["more"], answer["others"]) == (False, False, [])
        with db.reading() as session:
            assert session.exec(select(UtteranceRow.words)).all() == ["Tutaitunza wenyewe."]

    def test_a_device_says_how_it_fares(self, telephone):
        telephone.sends(unsent=7, storage="may-go")

        with db.reading() as session:
            device = session.exec(select(DeviceRow)).one()
            assert (device.unsent, device.storage, device.seen_at is None) == (7, "may-go", False)

    def test_a_device_hears_what_others_did_but_no_names(self, telephone, workshop, signed_in):
        other = Telephone.signed_in_by(signed_in("secretary"), workshop.id)
        said = other.writes.sets("note", "note:1", "words", "Mbali.")
        other.sends(said, other.writes.sets("attendee", "attendee:1", "name", "Neema Paul"))

        assert telephone.sends()["others"] == [said]
        assert other.sends()["others"] == []

    def test_a_long_absence_is_caught_up_page_by_page(self, telephone, workshop, signed_in):
        other = Telephone.signed_in_by(signed_in("secretary"), workshop.id)
        for start in range(0, 250, 50):
            other.sends(*[other.writes.sets("note", f"note:{start + n}", "lone", True) for n in range(50)])

        first = telephone.sends()
        second = telephone.sends(since=first["cursor"])

        assert (len(first["others"]), first["more"], second["more"]) == (200, True, False)
        assert set(first["others"]) | set(second["others"]) == set(other.writes.written)

    def test_a_cursor_that_is_none_tells_everything_again(self, telephone, workshop, signed_in):
        other = Telephone.signed_in_by(signed_in("secretary"), workshop.id)
        other.sends(other.writes.sets("note", "note:1", "lone", True))

        for cursor in ("tomorrow", "9999-12-31T23:59:59-12:00 x", "2026-01-01"):
            assert len(telephone.sends(since=cursor)["others"]) == 1

    def test_what_was_stored_is_not_refused_when_it_cannot_be_derived(self, telephone, monkeypatch):
        def fails(ground, entity):
            raise RuntimeError("no way")

        with monkeypatch.context() as broken:
            broken.setitem(deriving.BY_KIND, Kind.NOTE, fails)
            answer = telephone.sends(telephone.writes.sets("note", "note:1", "words", "Mbali."))

        assert answer["kept"][0]["state"] == "fresh"
        telephone.sends(telephone.writes.sets("note", "note:1", "lone", True))
        with db.reading() as session:
            assert session.exec(select(UtteranceRow.words)).one() == "Mbali."

    def test_a_round_that_has_closed_takes_it_and_says_that_it_is_late(self, signed_in):
        telephone = Telephone.signed_in_by(signed_in("secretary"), a_workshop(closed=True).id)

        answer = telephone.sends(telephone.writes.sets("note", "note:1", "words", "Mbali."))

        assert (answer["late"], answer["kept"][0]["state"]) == (True, "fresh")
        with db.reading() as session:
            assert session.exec(select(OperationRow.late)).one() is True

    def test_what_no_device_writes_is_kept_aside_and_harms_nobody(self, telephone, workshop):
        odd = Device(workshop.id)
        told = json.loads(odd.sets("note", "note:1", "words", "x"))
        written = [
            "{",
            "[" * 50_000,
            "\ud800",
            json.dumps(told | {"id": str(uuid4()), "field": "\ud800"}),
            json.dumps(told | {"id": str(uuid4()), "value": "\ud800"}),
            json.dumps(told | {"id": str(uuid4()), "workshop": str(uuid4())}),
        ]
        clock = json.dumps(told | {"id": str(uuid4()), "at": "9999-12-31T23:59:59-12:00"})

        answer = telephone.sends(*written, clock)

        assert [one["state"] for one in answer["kept"]] == ["aside"] * len(written) + ["fresh"]
        assert all(one["said"] for one in answer["kept"][:-1])


@on_one_engine
class TestRefusals:
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"[]",
            b'{"operations": "x"}',
            b'{"operations": [1]}',
            b'{"operations": [], "unsent": "7"}',
        ],
    )
    def test_what_is_no_delivery_is_refused_whole(self, telephone, workshop, body):
        answer = telephone.client.post(
            f"/field/workshops/{workshop.id}/operations", data=body, headers=telephone.headers
        )

        assert answer.status_code == 422
        assert "again" in answer.json["error"]

    def test_more_than_a_hundred_at_once_are_too_many(self, telephone):
        answer = telephone.post(["x"] * 101)

        assert (answer.status_code, answer.json["error"]) == (413, "Send at most 100 operations at once.")

    def test_a_workshop_that_is_gone_is_told(self, telephone):
        telephone.workshop_id = uuid4()

        assert telephone.post([]).status_code == 404

    def test_a_database_that_does_not_answer_asks_to_wait(self, telephone, monkeypatch):
        def busy(*args, **kwargs):
            raise db.StorageBusy

        monkeypatch.setattr("consult.field.keeping.store", busy)
        answer = telephone.post(["x"])

        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")

    def test_another_way_of_asking_is_answered_in_words(self, telephone):
        answer = telephone.client.put("/field/packs", headers=telephone.headers)

        assert answer.status_code == 405
