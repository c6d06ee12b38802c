"""Signing in, and what protects it."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import Session, select

from consult import accounts, db, throttle
from consult.errors import Misfilled
from consult.tables.messages import MessageRow
from consult.tables.people import AttemptRow, Role, TokenRow
from tests import factories

PASSWORD = "four words will do"


class TestAddPerson:
    def test_an_address_is_added_once_whatever_its_capitals(self, session: Session, now: datetime) -> None:
        accounts.add_person(session, "asha@example.org", role=Role.DRAFTER, by="test", now=now)

        with pytest.raises(accounts.PersonExists):
            accounts.add_person(session, "Asha@Example.org", role=Role.DRAFTER, by="test", now=now)

    @pytest.mark.parametrize("email", ["", "asha", "asha@", "@example.org", "a b@example.org", "a@b"])
    def test_what_is_no_address_is_refused(self, session: Session, now: datetime, email: str) -> None:
        with pytest.raises(Misfilled, match="no e-mail address"):
            accounts.add_person(session, email, role=Role.DRAFTER, by="test", now=now)

    def test_neither_name_nor_address_lies_open_in_the_database(self, session: Session) -> None:
        factories.a_person(session, email="asha@example.org", name="Asha Mrema")

        row = session.connection().exec_driver_sql("SELECT email, name FROM person").one()

        assert b"asha" not in bytes(row[0])
        assert b"Asha" not in bytes(row[1])


class TestSignIn:
    def test_with_the_right_password(self, session: Session, now: datetime) -> None:
        person = factories.a_person(session, email="asha@example.org", password=PASSWORD)

        found = accounts.sign_in(session, "ASHA@example.org ", PASSWORD, address="192.0.2.1", now=now)

        assert found.id == person.id

    def test_an_unknown_address_and_a_wrong_password_are_told_in_the_same_words(
        self, session: Session, now: datetime
    ) -> None:
        factories.a_person(session, email="asha@example.org", password=PASSWORD)

        with pytest.raises(accounts.WrongPassword) as wrong:
            accounts.sign_in(session, "asha@example.org", "another", address="192.0.2.1", now=now)
        with pytest.raises(accounts.WrongPassword) as unknown:
            accounts.sign_in(session, "nobody@example.org", PASSWORD, address="192.0.2.1", now=now)

        assert str(wrong.value) == str(unknown.value)

    def test_after_five_failures_one_has_to_wait_but_not_for_ever(
        self, session: Session, now: datetime
    ) -> None:
        factories.a_person(session, email="asha@example.org", password=PASSWORD)
        for second in range(5):
            with pytest.raises(accounts.WrongPassword):
                accounts.sign_in(
                    session,
                    "asha@example.org",
                    "no",
                    address="192.0.2.1",
                    now=now + timedelta(seconds=second),
                )

        with pytest.raises(throttle.TooSoon):
            accounts.sign_in(
                session, "asha@example.org", PASSWORD, address="192.0.2.9", now=now + timedelta(seconds=5)
            )
        later = now + timedelta(seconds=20)
        assert accounts.sign_in(session, "asha@example.org", PASSWORD, address="192.0.2.9", now=later)

    def test_nobodys_address_is_stored(self, session: Session, now: datetime) -> None:
        with pytest.raises(accounts.WrongPassword):
            accounts.sign_in(session, "asha@example.org", "no", address="192.0.2.1", now=now)

        stored = b"".join(row.key for row in session.exec(select(AttemptRow)))
        assert b"192.0.2.1" not in stored
        assert b"asha" not in stored

    def test_a_disabled_person_does_not_get_in(self, session: Session, now: datetime) -> None:
        factories.a_person(session, email="asha@example.org", password=PASSWORD, disabled_at=now)

        with pytest.raises(accounts.WrongPassword):
            accounts.sign_in(session, "asha@example.org", PASSWORD, address="192.0.2.1", now=now)


class TestLinks:
    def test_a_link_goes_out_as_a_message_and_works_once(self, session: Session, now: datetime) -> None:
        person = factories.a_person(session)
        link = accounts.send_link(session, person, base_url="https://baraza.example", now=now)
        secret = link.rpartition("/")[2]

        accounts.use_link(session, secret, PASSWORD, now=now + timedelta(hours=47))

        assert link in session.exec(select(MessageRow)).one().words
        with pytest.raises(accounts.LinkSpent):
            accounts.use_link(session, secret, PASSWORD, now=now + timedelta(hours=47))

    def test_a_link_for_a_new_password_is_too_old_after_an_hour(
        self, session: Session, now: datetime
    ) -> None:
        person = factories.a_person(session, password=PASSWORD)
        secret = accounts.send_link(session, person, base_url="", now=now).rpartition("/")[2]

        with pytest.raises(accounts.LinkSpent):
            accounts.whose_link(session, secret, now=now + timedelta(minutes=61))

    def test_only_the_hash_of_a_link_is_kept(self, session: Session, now: datetime) -> None:
        person = factories.a_person(session)

        secret = accounts.send_link(session, person, base_url="", now=now).rpartition("/")[2]

        assert secret.encode() not in session.exec(select(TokenRow)).one().hash

    def test_a_short_password_is_refused(self, session: Session, now: datetime) -> None:
        person = factories.a_person(session)
        secret = accounts.send_link(session, person, base_url="", now=now).rpartition("/")[2]

        with pytest.raises(Misfilled, match="at least 12"):
            accounts.use_link(session, secret, "short", now=now)


class TestInTheBrowser:
    def test_signing_in_leads_to_where_one_was_going(self, client: FlaskClient) -> None:
        _a_known_person()

        answer = client.post(
            "/sign-in", data={"email": "asha@example.org", "password": PASSWORD, "next": "/desk/rounds"}
        )

        assert answer.status_code == 302
        assert answer.location == "/desk/rounds"

    @pytest.mark.parametrize("elsewhere", ["https://example.com/", "//example.com", "/\\example.com"])
    def test_signing_in_never_leads_away_from_this_site(self, client: FlaskClient, elsewhere: str) -> None:
        _a_known_person()

        answer = client.post(
            "/sign-in", data={"email": "asha@example.org", "password": PASSWORD, "next": elsewhere}
        )

        assert answer.location == "/desk"

    def test_a_new_password_ends_the_other_sign_ins(
        self, app: Flask, signed_in: Callable[..., FlaskClient], now: datetime
    ) -> None:
        elsewhere = signed_in("secretary", email="asha@example.org")
        with db.transaction() as session:
            person = accounts.find(session, "asha@example.org")
            assert person is not None
            accounts.set_password(session, person, PASSWORD, by="test", now=now)

        elsewhere.get("/sign-in")

        with elsewhere.session_transaction() as cookie:
            assert "person" not in cookie

    def test_asking_for_a_link_says_the_same_for_known_and_unknown_addresses(
        self, client: FlaskClient
    ) -> None:
        _a_known_person()

        known = client.post("/forgotten", data={"email": "asha@example.org"})
        unknown = client.post("/forgotten", data={"email": "nobody@example.org"})

        assert known.status_code == unknown.status_code == 200
        assert known.data == unknown.data

    def test_opening_a_link_spends_nothing(self, client: FlaskClient, now: datetime) -> None:
        from datetime import UTC

        with db.transaction() as session:
            person = factories.a_person(session, email="asha@example.org")
            link = accounts.send_link(session, person, base_url="", now=datetime.now(UTC))

        assert client.get(link).status_code == 200
        assert client.get(link).status_code == 200
        answer = client.post(link, data={"password": PASSWORD, "again": PASSWORD})

        assert answer.status_code == 302
        assert client.get(link).status_code == 410


def _a_known_person() -> None:
    with db.transaction() as session:
        factories.a_person(session, email="asha@example.org", password=PASSWORD)
