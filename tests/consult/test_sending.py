"""Sending: each message leaves once, what may have left is never sent again by itself."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from consult import db, jobs, messages, participants, sending
from consult.channels.email import EmailGateway
from consult.channels.ports import FateUnknown, Outbound, Sent, TryLater
from consult.channels.twilio import TwilioGateway
from consult.config import Misconfigured, Twilio
from consult.tables.messages import MessageKind, MessageRow, MessageState
from consult.tables.participants import ContactKind, ContactPointRow
from tests import factories
from tests.standins import mail_server, twilio_server

ASHA = "+255700000001"


class Recorder:
    """A gateway that keeps what it was handed, and answers as told."""

    def __init__(self, answer: Sent | Exception | None = None) -> None:
        self.sent: list[Outbound] = []
        self.answer = answer or Sent(MessageState.SENT, "SM1")

    def send(self, message: Outbound) -> Sent:
        self.sent.append(message)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    gateway = Recorder()
    sending.use({"sms": gateway})
    yield gateway
    sending.use(None)


def a_message(*, dedupe: str = "reply:1", stopped: bool = False, **fields: Any) -> UUID:
    now = datetime.now(UTC)
    with db.transaction() as session:
        someone = participants.enrol(session, now=now)
        contact = participants.reach(session, someone.id, ContactKind.SMS, ASHA, now=now)
        contact.stopped_at = now if stopped else None
        row = messages.write(
            session,
            kind=MessageKind.REPLY,
            channel="sms",
            words="asante",
            dedupe=dedupe,
            contact_point_id=contact.id,
            now=now,
        )
        for name, value in fields.items():
            setattr(row, name, value)
        session.add(row)
        return row.id


def row(id_: UUID) -> MessageRow:
    with db.reading() as session:
        return session.get_one(MessageRow, id_)


class TestSend:
    def test_a_waiting_message_is_handed_over_once(self, engine, recorder):
        id_ = a_message()

        sending.send(message_id=id_)
        sending.send(message_id=id_)

        assert [one.address for one in recorder.sent] == [ASHA]
        assert (row(id_).state, row(id_).provider_id) == (MessageState.SENT, "SM1")

    def test_many_workers_at_once_hand_it_over_once(self, engine, recorder):
        id_ = a_message()
        workers = [threading.Thread(target=sending.send, kwargs={"message_id": id_}) for _ in range(6)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

        assert len(recorder.sent) == 1

    def test_to_someone_who_left_nothing_is_sent_but_the_confirmation(self, engine, recorder):
        blocked, confirmation = a_message(stopped=True), a_message(dedupe="stop:1", stopped=True)

        sending.send(message_id=blocked)
        sending.send(message_id=confirmation)

        assert row(blocked).state is MessageState.BLOCKED
        assert row(confirmation).state is MessageState.SENT

    def test_a_message_of_unknown_fate_waits_for_a_person(self, engine, recorder):
        recorder.answer = FateUnknown("The connection broke.")
        id_ = a_message()

        sending.send(message_id=id_)
        sending.send(message_id=id_)

        assert row(id_).state is MessageState.UNKNOWN
        assert len(recorder.sent) == 1

    def test_a_gateway_that_breaks_leaves_an_unknown_fate(self, engine, recorder):
        recorder.answer = RuntimeError("a fault of ours")
        id_ = a_message()

        sending.send(message_id=id_)

        assert row(id_).state is MessageState.UNKNOWN

    def test_a_provider_that_asks_us_to_wait_gets_it_again_later(self, engine, recorder):
        recorder.answer = TryLater("Wait.")
        id_ = a_message()
        sending.send(message_id=id_)
        now = datetime.now(UTC)

        assert row(id_).state is MessageState.WAITING
        assert sending.take_up(now=now + timedelta(seconds=10)) == 0
        assert sending.take_up(now=now + timedelta(seconds=40)) == 1
        assert sending.take_up(now=now + timedelta(seconds=41)) == 0

    def test_after_ten_tries_a_person_is_asked(self, engine, recorder):
        recorder.answer = TryLater("Wait.")
        id_ = a_message(attempts=sending.MOST_ATTEMPTS - 1)

        sending.send(message_id=id_)

        assert row(id_).state is MessageState.FAILED

    def test_an_opt_out_at_the_provider_is_a_stop_here(self, engine, recorder):
        recorder.answer = Sent(MessageState.BLOCKED, error="opted out")
        id_ = a_message()

        sending.send(message_id=id_)

        with db.reading() as session:
            assert session.get_one(ContactPointRow, row(id_).contact_point_id).stopped_at is not None


class TestWithoutSettings:
    def test_a_message_stays_in_the_outbox_until_settings_appear(self, engine, monkeypatch):
        sending.use({})
        id_ = a_message()
        sending.send(message_id=id_)
        later = datetime.now(UTC) + timedelta(days=1)

        assert row(id_).state is MessageState.WAITING
        assert sending.take_up(now=later) == 0

        sending.use({"sms": Recorder()})
        assert sending.take_up(now=later) == 1
        sending.use(None)


class TestTakeUp:
    def test_what_a_dead_worker_was_sending_is_of_unknown_fate(self, engine, recorder):
        id_ = a_message(state=MessageState.SENDING)

        sending.take_up(now=datetime.now(UTC) + timedelta(minutes=6))

        assert row(id_).state is MessageState.UNKNOWN


class TestAPersonDecides:
    def test_a_message_of_unknown_fate_can_be_sent_again(self, engine, recorder):
        id_ = a_message(state=MessageState.UNKNOWN)
        with db.transaction() as session:
            person = factories.a_person(session)
            sending.resend(session, id_, by=person.id, now=datetime.now(UTC))

        sending.send(message_id=id_)

        assert len(recorder.sent) == 1

    def test_or_given_up(self, engine, recorder):
        id_ = a_message(state=MessageState.FAILED)
        with db.transaction() as session:
            sending.give_up(session, id_, by=factories.a_person(session).id, now=datetime.now(UTC))

        sending.send(message_id=id_)

        assert (row(id_).state, recorder.sent) == (MessageState.BLOCKED, [])

    def test_what_has_left_is_no_longer_decided_about(self, engine, recorder):
        id_ = a_message(state=MessageState.SENT)

        with db.transaction() as session, pytest.raises(sending.AlreadyDecided):
            sending.resend(session, id_, by=factories.a_person(session).id, now=datetime.now(UTC))


class TestTwilioGateway:
    MESSAGE = Outbound(ASHA, "asante", "key")

    @pytest.fixture
    def provider(self):
        with twilio_server.serving() as provider:
            yield provider

    def gateway(self, provider: twilio_server.Provider, **changed: str) -> TwilioGateway:
        account = Twilio(
            provider.account, (changed.get("token", provider.token),), "+12025550100", provider.url
        )
        return TwilioGateway(account, "https://baraza.example.org", seconds_to_answer=0.3)

    def test_a_message_is_handed_over_with_its_callback(self, provider):
        sent = self.gateway(provider).send(self.MESSAGE)

        assert sent == Sent(MessageState.SENT, provider.accepted[0]["Sid"])
        assert provider.accepted[0]["StatusCallback"] == "https://baraza.example.org/twilio/status"

    @pytest.mark.parametrize("mood", [{"status": 429, "code": 20429}, {"status": 400, "code": 21611}])
    def test_throttled_means_later(self, provider, mood):
        provider.will(**mood)

        with pytest.raises(TryLater):
            self.gateway(provider).send(self.MESSAGE)

    @pytest.mark.parametrize("mood", [{"status": 500}, {"seconds": 1.0}, {"breaks": True}])
    def test_a_broken_conversation_is_an_unknown_fate(self, provider, mood):
        provider.will(**mood)

        with pytest.raises(FateUnknown):
            self.gateway(provider).send(self.MESSAGE)

    def test_refused_is_failed_and_opted_out_is_blocked(self, provider):
        provider.will(status=400, code=21211)
        provider.will(status=400, code=21610)

        states = [self.gateway(provider).send(self.MESSAGE).state for _ in range(2)]

        assert states == [MessageState.FAILED, MessageState.BLOCKED]

    def test_nobody_listening_means_later(self, provider):
        account = Twilio("AC1", ("t",), "+1", "http://127.0.0.1:9")

        with pytest.raises(TryLater):
            TwilioGateway(account, "https://a.org").send(self.MESSAGE)

    def test_a_wrong_secret_means_later_because_an_operator_mends_it(self, provider):
        with pytest.raises(TryLater):
            self.gateway(provider, token="wrong").send(self.MESSAGE)


class TestEmailGateway:
    MESSAGE = Outbound("asha@example.org", "Karibu.\nÇa va ?", "key", subject="Jibu\nlako", language="sw")

    @pytest.fixture
    def server(self):
        with mail_server.serving() as server:
            yield server

    def gateway(self, url: str) -> EmailGateway:
        return EmailGateway.at(url, "", "https://baraza.example.org")

    def test_a_letter_is_handed_over(self, server):
        sent = self.gateway(server.url).send(self.MESSAGE)

        assert sent.state is MessageState.SENT
        assert "Subject: Jibu lako" in server.letters[0]
        assert "From: Baraza <baraza@baraza.example.org>" in server.letters[0]
        assert "Message-ID: <key@baraza.example.org>" in server.letters[0]

    def test_a_refused_address_has_failed(self, server):
        server.at_recipient = "550 nobody here"

        assert self.gateway(server.url).send(self.MESSAGE).state is MessageState.FAILED

    @pytest.mark.parametrize("field", ["at_recipient", "at_end"])
    def test_come_back_later_means_later(self, server, field):
        setattr(server, field, "451 come back")

        with pytest.raises(TryLater):
            self.gateway(server.url).send(self.MESSAGE)

    def test_a_connection_that_breaks_after_the_words_is_an_unknown_fate(self, server):
        server.at_end = ""

        with pytest.raises(FateUnknown):
            self.gateway(server.url).send(self.MESSAGE)

    def test_nobody_listening_means_later(self):
        with pytest.raises(TryLater):
            self.gateway("smtp://127.0.0.1:9").send(self.MESSAGE)

    @pytest.mark.parametrize(
        "url", ["mail.example.org", "http://mail.example.org", "smtp://", "smtp://a:b:c"]
    )
    def test_an_address_that_is_none_is_explained(self, url):
        with pytest.raises(Misconfigured, match="BARAZA_SMTP_URL"):
            self.gateway(url)

    def test_a_password_is_not_shown(self):
        assert "p@ss" not in repr(self.gateway("smtps://name:p%40ss@mail.example.org"))


def test_jobs_know_how_to_send():
    assert jobs._handlers[jobs.Job.SEND_MESSAGE] is sending.send
