"""The same conversations over every transport: a provider's webhook, another's, a relay telephone, paper."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlmodel import select

from consult import create_app, db, rounds
from consult.carriage import carrying
from consult.channels import carried, segments, sms, transports, twilio
from consult.config import At, Config, Relay, Twilio
from consult.outgoing import pump, sending
from consult.tables.comments import Ability, CommentRow, LinkKind, LinkRow, Placement, StandingRow
from consult.tables.intake import Channel, Outcome, RecordOutcomeRow, RecordRow
from consult.tables.messages import MessageRow, MessageState
from consult.tables.participants import ContactPointRow, ParticipantRow
from tests import factories
from tests.standins import at_server, relay_phone, twilio_server

ASHA, BARAKA = "+255700000001", "+255700000002"
BASE = "https://baraza.example.org"
SECRET = "a-secret-of-ours-0123456789"
SLUG = "gold-2026"
ODD = ("💎💎💎", "x" * 1600, "1\u00ad.", "‮قانون", "{{7*7}}", "'; DROP TABLE comment; --", "=1+1", ".")


class Clock(datetime):
    """The clock of the doors, which tests move on."""

    at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    @classmethod
    def now(cls, tz: Any = None) -> datetime:
        return cls.at


class Way:
    """A transport with its far end: people text into it, and it brings them what we answer."""

    source = ""
    reports_delivery = True

    def __init__(self, app: Flask) -> None:
        self.app, self.client, self.reading = app, app.test_client(), sms.Reading()
        self.heard_until = 0

    def text(self, words: str, sender: str = ASHA, *, after: float = 300) -> list[str]:
        """Somebody texts. Returns what they hear back."""
        Clock.at += timedelta(seconds=after)
        self.bring(words, sender)
        self.read()
        return self.hear()

    def read(self) -> None:
        sms.read_waiting(now=Clock.at, reading=self.reading)

    def hear(self) -> list[str]:
        """What has come to people since the last time."""
        self.carry_out()
        heard = self.delivered()
        new, self.heard_until = heard[self.heard_until :], len(heard)
        return new

    def bring(self, words: str, sender: str = ASHA, *, times: int = 1) -> None:
        raise NotImplementedError

    def carry_out(self) -> None:
        """Have what waits handed over, as a worker does."""
        with db.transaction() as session:
            claimed = pump.claim(session, [self.source], now=Clock.at, most=50)
        for one in claimed:
            sending.hand_over(one, now=Clock.at)

    def delivered(self) -> list[str]:
        raise NotImplementedError

    def report_all_delivered(self) -> None:
        """Let every report come that will."""


class ByTwilio(Way):
    source = "twilio"

    def __init__(self, app: Flask, provider: twilio_server.Provider) -> None:
        super().__init__(app)
        self.provider = provider

    def bring(self, words: str, sender: str = ASHA, *, times: int = 1) -> None:
        form = self.provider.receive(words, sender).posted(self.provider.account)
        for _ in range(times):
            self.post("/twilio/sms", form)

    def post(self, path: str, form: list[tuple[str, str]]) -> None:
        headers = {twilio.SIGNATURE: twilio.sign(self.provider.token, BASE, path, form)}
        answer = self.client.post(path, data=twilio.as_body(form), content_type=twilio.FORM, headers=headers)
        assert answer.status_code == 200

    def delivered(self) -> list[str]:
        return [one["Body"] for one in self.provider.accepted]

    def report_all_delivered(self) -> None:
        for one in self.provider.accepted:
            path = one["StatusCallback"].removeprefix(BASE)
            self.post(path, [("MessageSid", one["Sid"]), ("MessageStatus", "delivered")])


class ByAt(Way):
    source = "at"

    def __init__(self, app: Flask, provider: at_server.Provider) -> None:
        super().__init__(app)
        self.provider = provider

    def bring(self, words: str, sender: str = ASHA, *, times: int = 1) -> None:
        form = self.provider.receive(words, sender)
        for _ in range(times):
            assert self.client.post(f"/hooks/at/{SECRET}", data=form).status_code == 200

    def delivered(self) -> list[str]:
        return [one["message"] for one in self.provider.accepted]

    def report_all_delivered(self) -> None:
        for one in self.provider.accepted:
            form = {"id": one["name"], "status": "Success", "phoneNumber": one["to"]}
            assert self.client.post(f"/hooks/at/{SECRET}/reports", data=form).status_code == 200


class ByRelay(Way):
    source = "relay"

    def __init__(self, app: Flask) -> None:
        super().__init__(app)
        self.phone = relay_phone.Phone(self.exchange)

    def exchange(self, said: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        answer = self.client.post("/hooks/relay", json=said, headers={"Authorization": f"Bearer {SECRET}"})
        return answer.status_code, answer.get_json(silent=True) or {}

    def bring(self, words: str, sender: str = ASHA, *, times: int = 1) -> None:
        self.phone.receive(words, sender)
        for place in range(times):
            assert self.phone.meet(want=0, loses_the_answer=place < times - 1) == 200

    def carry_out(self) -> None:
        self.phone.meet(want=50)

    def delivered(self) -> list[str]:
        return [one["text"] for one in self.phone.sent]

    def report_all_delivered(self) -> None:
        self.phone.reports += [{"message": one["message"], "status": "delivered"} for one in self.phone.sent]
        self.phone.meet(want=0)


class ByHand(Way):
    source = transports.BY_HAND
    reports_delivery = False

    def __init__(self, app: Flask) -> None:
        super().__init__(app)
        self.told: list[str] = []

    def bring(self, words: str, sender: str = ASHA, *, times: int = 1) -> None:
        table = f"from,text,when\n{sender},{json.dumps(words)},{Clock.at:%Y-%m-%d %H:%M:%S}\n"
        for _ in range(times):
            with db.transaction() as session:
                round_ = rounds.round_called(session, SLUG)
                slips, refused = carried.slips_in(table.encode(), "t.csv", zone="UTC", now=Clock.at)
                assert refused == []
                carrying.bring(session, round_, slips, by="test", now=Clock.at)

    def carry_out(self) -> None:
        with db.transaction() as session:
            round_ = rounds.round_called(session, SLUG)
            self.told += [words for _, _, words, _ in carrying.take(session, round_, by="test", now=Clock.at)]

    def delivered(self) -> list[str]:
        return self.told


@pytest.fixture
def clauses(engine: sa.Engine) -> dict[str, UUID]:
    """A round in two languages with a question on 2.2; its clauses by number."""
    Clock.at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    with db.transaction() as session:
        version = factories.a_version(session, status="consultation")
        found = {number: factories.clause_numbered(session, version, number) for number in factories.CLAUSES}
        words = {
            "en": "One retort for 40 people. Can your group do that?",
            "sw": "Retort moja kwa watu 40. Mnaweza?",
        }
        wanted = rounds.NewRound(
            slug=SLUG,
            title="Round one",
            languages=("en", "sw"),
            join_words={"en": ("gold",), "sw": ("dhahabu",)},
            opens_at=Clock.at - timedelta(days=1),
            closes_at=Clock.at + timedelta(days=30),
            questions=(rounds.Question(clause_id=found["2.2"], words=words),),
        )
        rounds.open_round(session, version, wanted, now=Clock.at)
    return found


def assembled(config: Config, engine: sa.Engine, **connected: Any) -> Flask:
    """The application with these transports connected, whose senders are known to the pump."""
    config = replace(config, base_url=BASE, sms_rate=1000.0, **connected)
    sending.use(sending.gateways_of(config))
    with db.transaction() as session:
        pump.list_senders(session, config, now=Clock.at - timedelta(hours=1))
    return create_app(config, engine=engine)


def by_twilio(config: Config, engine: sa.Engine, closing: ExitStack) -> Way:
    provider = closing.enter_context(twilio_server.serving())
    account = Twilio(provider.account, (provider.token,), twilio_server.OURS, provider.url)
    return ByTwilio(assembled(config, engine, twilio=account), provider)


def by_at(config: Config, engine: sa.Engine, closing: ExitStack) -> Way:
    provider = closing.enter_context(at_server.serving())
    account = At(provider.username, provider.api_key, (SECRET,), "20880", provider.url)
    return ByAt(assembled(config, engine, at=account), provider)


def by_relay(config: Config, engine: sa.Engine, closing: ExitStack) -> Way:
    return ByRelay(assembled(config, engine, relay=Relay((SECRET,), relay_phone.NUMBER)))


def by_hand(config: Config, engine: sa.Engine, closing: ExitStack) -> Way:
    return ByHand(assembled(config, engine))


@pytest.fixture(params=[by_twilio, by_at, by_relay, by_hand], ids=lambda way: way.__name__)
def way(
    request: pytest.FixtureRequest,
    config: Config,
    engine: sa.Engine,
    clauses: dict[str, UUID],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Way]:
    monkeypatch.setattr("consult.views.twilio.datetime", Clock)
    monkeypatch.setattr("consult.views.hooks.datetime", Clock)
    opened: Callable[..., Way] = request.param
    with ExitStack() as closing:
        closing.callback(sending.use, None)
        yield opened(config, engine, closing)


def all_of(table: Any) -> list[Any]:
    with db.reading() as session:
        return list(session.exec(select(table)))


class TestTheSameConversationOverEveryTransport:
    def test_joining_is_answered_with_an_alias_and_the_languages(self, way):
        (welcome,) = way.text("Gold")

        assert all_of(ParticipantRow)[0].alias in welcome
        assert "1 English 2 Kiswahili" in welcome
        assert segments.count(welcome).segments == 1

    def test_a_language_a_question_an_answer_with_words_and_a_receipt(self, way, clauses):
        way.text("gold")
        (question,) = way.text("2")
        receipt = way.text("2 retort ni ghali sana")[0]

        assert "Retort moja kwa watu 40" in question
        (comment,) = all_of(CommentRow)
        assert (comment.text, comment.ability, comment.asked_clause_id) == (
            "retort ni ghali sana",
            Ability.WITH_HELP,
            clauses["2.2"],
        )
        assert comment.channel is Channel.SMS
        assert comment.receipt in receipt

    def test_a_receipt_tells_how_it_stands(self, way):
        way.text("gold")
        way.text("1")
        way.text("3 we have no money for it")
        (comment,) = all_of(CommentRow)

        (answer,) = way.text(comment.receipt)

        assert comment.receipt in answer
        assert "money" not in answer

    def test_words_that_fit_nowhere_are_kept_for_a_person(self, way):
        way.text("the river is red since Monday")

        (comment,) = all_of(CommentRow)
        with db.reading() as session:
            assert session.get_one(StandingRow, comment.id).placement is Placement.QUEUED

    def test_a_clause_code_places_a_comment(self, way, clauses):
        way.text("gold")
        way.text("1")
        listed = way.text("LIST")[0]
        code = next(word for word in listed.split() if word.isdigit())

        way.text(f"{code} burning happens at night")

        (link,) = [one for one in all_of(LinkRow) if one.kind is LinkKind.EXPLICIT]
        assert link.clause_id in clauses.values()

    def test_stop_is_confirmed_once_and_silences_everything_until_start(self, way):
        way.text("gold")

        confirmed = way.text("STOP")

        assert len(confirmed) == 1
        assert way.text("STOP") == []
        assert way.text("the mine is dangerous") == []
        assert len(way.text("START")) == 1

    def test_two_people_on_two_telephones_have_two_conversations(self, way):
        first, second = way.text("gold", ASHA)[0], way.text("gold", BARAKA)[0]

        aliases = {row.alias for row in all_of(ParticipantRow)}
        assert len(aliases) == 2
        assert all(sum(alias in welcome for welcome in (first, second)) == 1 for alias in aliases)

    def test_answers_go_the_way_they_came(self, way):
        way.text("gold")
        way.hear()

        (contact,) = all_of(ContactPointRow)
        (message,) = all_of(MessageRow)
        assert contact.transport == message.transport == way.source
        assert message.state is MessageState.SENT

    def test_a_message_brought_many_times_is_one(self, way):
        way.bring("the river is red since Monday", times=5)
        way.read()

        assert len(all_of(RecordRow)) == len(all_of(CommentRow)) == 1
        assert len(way.hear()) == 1

    def test_odd_words_are_recorded_and_calm(self, way):
        for place, words in enumerate(ODD):
            way.text(words, f"+2557000001{place:02d}")

        calm = {Outcome.COMMENT, Outcome.COMMAND, Outcome.SET_ASIDE}
        outcomes = [row.outcome for row in all_of(RecordOutcomeRow)]
        assert len(outcomes) == len(ODD)
        assert set(outcomes) <= calm

    def test_reports_of_delivery_find_their_message(self, way):
        way.text("gold")

        way.report_all_delivered()

        known = MessageState.DELIVERED if way.reports_delivery else MessageState.SENT
        assert [row.state for row in all_of(MessageRow)] == [known]

    def test_a_dump_holds_no_number(self, way, engine):
        way.text("gold")
        way.text("1")
        way.report_all_delivered()

        with engine.connect() as connection:
            tables = sa.inspect(connection).get_table_names()
            dump = "\n".join(
                repr(row)
                for table in tables
                for row in connection.execute(sa.text(f'SELECT * FROM "{table}"'))
            )
        assert "record" in tables
        assert not [form for form in ("255700000001", "0700000001", "700 000 001") if form in dump]


class TestWhatProvidersHear:
    """A person who left at a provider has left, whichever way we hear of it."""

    @pytest.mark.parametrize("way", [by_at], indirect=True, ids=["by_at"])
    def test_an_opt_out_that_at_tells_us_is_a_stop_that_is_not_confirmed(self, way):
        way.text("gold")
        form = {"senderId": "20880", "phoneNumber": ASHA}

        assert way.client.post(f"/hooks/at/{SECRET}", data=form).status_code == 200
        way.read()

        (contact,) = all_of(ContactPointRow)
        assert contact.stopped_at is not None
        assert way.hear() == []


@pytest.mark.parametrize(
    ("connected", "number"),
    [
        ({}, ""),
        ({"twilio": Twilio("AC1", ("t",), "MG1,+1202,+1203", "")}, "+1202"),
        (
            {"twilio": Twilio("AC1", ("t",), "MG1", ""), "at": At("u", "k", (SECRET,), "BARAZA,20880")},
            "20880",
        ),
        ({"at": At("u", "k", (SECRET,)), "relay": Relay((SECRET,), "+255750000000")}, "+255750000000"),
    ],
)
def test_people_are_told_a_number_that_can_be_texted(config, connected, number):
    assert transports.number_to_text(replace(config, **connected)) == number
    assert replace(config, **connected).texts_people == bool(connected)


def test_every_source_has_a_reader_and_every_known_transport_a_gateway(config):
    connected = replace(
        config,
        twilio=Twilio("AC1", ("t",), "+1202,+1203", "http://127.0.0.1:9"),
        at=At("u", "k", (SECRET,)),
        relay=Relay((SECRET,), "+255750000000"),
    )

    assert set(transports.READERS) == {*transports.KNOWN, transports.BY_HAND}
    assert tuple(transports.gateways_of(connected)) == transports.KNOWN
    assert [(name, number) for name, number, _ in transports.senders_of(connected)] == [
        ("twilio", "+1202"),
        ("twilio", "+1203"),
        ("at", ""),
        ("relay", "+255750000000"),
    ]
