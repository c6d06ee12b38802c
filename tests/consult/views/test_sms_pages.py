"""The pages of text messages: the telephone of a demonstration, conversations, the outbox."""

from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlmodel import select

from consult import db, keys, messages, participants, rounds
from consult.channels import telephone
from consult.cli.parsers import sms as sms_group
from consult.tables.messages import MessageKind, MessageRow, MessageState
from consult.tables.participants import ContactKind, ParticipantRow
from tests import factories

SECRET_LINK = "https://baraza.example.org/password/abcdef"


@pytest.fixture
def an_open_round(engine):
    now = datetime.now(UTC)
    with db.transaction() as session:
        version = factories.a_version(session, status="consultation")
        wanted = rounds.NewRound(
            slug="gold",
            title="Gold",
            join_words={"en": ("gold",)},
            opens_at=now - timedelta(days=1),
            closes_at=now + timedelta(days=1),
        )
        rounds.open_round(session, version, wanted, now=now)


@pytest.fixture
def texted(demonstration_app, an_open_round):
    """Somebody who joined, commented on a clause, and said something that fits nowhere."""
    browser = demonstration_app.test_client()
    for words in ("gold", "12 we wait until night", "the price is not told to us"):
        browser.post("/telephone", data={"who": "1", "words": words})
    return browser


@pytest.fixture
def failed(engine):
    now = datetime.now(UTC)
    with db.transaction() as session:
        someone = participants.enrol(session, now=now)
        contact = participants.reach(session, someone.id, ContactKind.SMS, "+255700000009", now=now)
        row = messages.write(
            session,
            kind=MessageKind.REPLY,
            channel="sms",
            words="asante sana",
            dedupe="a",
            contact_point_id=contact.id,
            now=now,
        )
        row.state = MessageState.UNKNOWN
        return row.id


class TestTheTelephone:
    def test_a_text_is_answered_on_the_screen(self, texted):
        page = texted.get("/telephone").text

        assert "we wait until night" in page
        assert "Your receipt" in page
        assert "GOLD" in page

    def test_each_telephone_has_a_screen_of_its_own(self, texted):
        assert "we wait until night" not in texted.get("/telephone?who=2").text

    def test_it_is_only_in_a_demonstration(self, client):
        assert client.get("/telephone").status_code == 404
        assert client.post("/telephone", data={"words": "gold"}).status_code == 404

    def test_it_is_only_for_who_sits_at_the_machine(self, demonstration_app):
        browser = demonstration_app.test_client()

        assert browser.get("/telephone", environ_base={"REMOTE_ADDR": "192.0.2.1"}).status_code == 404

    @pytest.mark.parametrize("words", ["", "\0", "😀" * 2000, "<script>alert(1)</script>"])
    @pytest.mark.parametrize("who", ["", "0", "99", "x", "-1"])
    def test_whatever_is_typed_is_taken(self, demonstration_app, an_open_round, words, who):
        browser = demonstration_app.test_client()

        page = browser.post("/telephone", data={"who": who, "words": words}, follow_redirects=True)

        assert page.status_code == 200
        assert "<script>alert" not in page.text


class TestSimulate:
    @pytest.fixture(autouse=True)
    def installation(self, monkeypatch, config, database_url, an_open_round):
        ring = ",".join(keys.ring().as_text().split())
        for name, value in {
            "BARAZA_DATABASE_URL": database_url,
            "BARAZA_PII_KEYS": ring,
            "BARAZA_DATA_DIR": str(config.data_dir),
        }.items():
            monkeypatch.setenv(name, value)

    def test_texts_are_answered_in_the_terminal_with_their_cost(self):
        said = CliRunner().invoke(sms_group, ["simulate", "gold", "12 we wait until night"]).output

        assert "> gold" in said
        assert "Your receipt" in said
        assert "segment, GSM-7" in said

    def test_a_line_is_a_text(self):
        said = CliRunner().invoke(sms_group, ["simulate"], input="gold\n\nSTOP\n").output

        assert said.count("\n> ") + said.startswith("> ") == 2

    def test_it_refuses_where_somebody_could_be_texted(self, monkeypatch):
        monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC1")
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", "secret")

        refused = CliRunner().invoke(sms_group, ["simulate", "gold"])

        assert isinstance(refused.exception, telephone.NoTelephone)

    def test_a_number_without_its_country_is_refused(self):
        refused = CliRunner().invoke(sms_group, ["simulate", "--from", "0700", "gold"])

        assert "with its country" in str(refused.exception)


class TestConversations:
    def test_the_list_shows_aliases_and_never_a_number(self, texted, signed_in):
        with db.reading() as session:
            alias = session.exec(select(ParticipantRow.alias)).one()

        secretary = signed_in("secretary")
        pages = [secretary.get(path).text for path in ("/desk/conversations", f"/desk/conversations/{alias}")]

        for page in pages:
            assert alias in page
            assert "1 unplaced" in page
            assert telephone.NUMBERS[0][-6:] not in page
        assert "on 2.1" in pages[1]

    def test_an_unknown_alias_is_not_found(self, signed_in):
        assert signed_in("secretary").get("/desk/conversations/P-XXXXX").status_code == 404

    def test_only_the_desk_reads_them(self, client, signed_in):
        assert client.get("/desk/conversations").status_code == 302
        assert signed_in("operator").get("/desk/conversations").status_code == 403


class TestTheOutbox:
    def test_unknown_fates_are_shown_without_numbers(self, failed, signed_in):
        page = signed_in("secretary").get("/desk/outbox").text

        assert "Nobody knows" in page
        assert "asante sana" in page
        assert "700000009" not in page

    def test_a_link_to_sign_in_is_never_shown(self, engine, signed_in):
        with db.transaction() as session:
            messages.write(
                session,
                kind=MessageKind.SIGN_IN,
                channel="email",
                words=SECRET_LINK,
                dedupe="s",
                person_id=factories.a_person(session).id,
                now=datetime.now(UTC),
            )

        assert SECRET_LINK not in signed_in("secretary").get("/desk/outbox").text

    @pytest.mark.parametrize(
        ("act", "state"), [("resend", MessageState.WAITING), ("give-up", MessageState.BLOCKED)]
    )
    def test_a_person_decides_once(self, failed, signed_in, act, state):
        secretary = signed_in("secretary")

        secretary.post(f"/desk/outbox/{failed}/{act}")
        again = secretary.post(f"/desk/outbox/{failed}/resend", follow_redirects=True)

        assert "moved on" in again.text
        with db.reading() as session:
            assert session.get_one(MessageRow, failed).state is state

    def test_others_may_not(self, failed, signed_in):
        assert signed_in("drafter").post(f"/desk/outbox/{failed}/resend").status_code == 403
