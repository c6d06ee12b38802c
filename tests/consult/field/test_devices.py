"""Devices at the desk: who may see them, how they fare, and taking a token back."""

import pytest
from sqlmodel import select

from consult import db
from consult.tables.field import DeviceRow
from consult.tables.process import AuditRow
from tests.consult.field.telephone import Telephone
from tests.consult.field.test_api import a_workshop

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def telephone(engine, signed_in) -> Telephone:
    return Telephone.signed_in_by(signed_in("secretary"), a_workshop().id)


class TestTheList:
    def test_it_tells_how_each_device_fares(self, telephone, signed_in):
        telephone.sends(unsent=7, storage="may-go")

        page = signed_in("secretary").get("/desk/devices").text

        assert "Neema&#39;s telephone" in page
        assert "may clear it when space is short" in page
        assert telephone.token not in page

    def test_a_facilitator_sees_their_own_devices_alone(self, telephone, signed_in):
        assert "Neema&#39;s telephone" not in signed_in("facilitator").get("/desk/devices").text

    def test_without_devices_it_says_how_to_have_one(self, engine, signed_in):
        assert "No device yet" in signed_in("secretary").get("/desk/devices").text


class TestTakingBack:
    def test_the_device_sends_no_more(self, telephone, signed_in):
        secretary = signed_in("secretary")

        for _ in range(2):
            assert secretary.post(f"/desk/devices/{telephone.device}").status_code == 302

        assert telephone.post([]).status_code == 401
        assert "taken back" in secretary.get("/desk/devices").text
        with db.reading() as session:
            assert session.exec(select(DeviceRow)).one().revoked_at is not None
            acts = [row.act for row in session.exec(select(AuditRow)) if row.subject == "device"]
        assert acts == ["issue-token", "take-back-token"]

    def test_nobody_takes_back_what_is_not_theirs(self, telephone, signed_in):
        assert signed_in("facilitator").post(f"/desk/devices/{telephone.device}").status_code == 404
        assert telephone.post([]).status_code == 200
