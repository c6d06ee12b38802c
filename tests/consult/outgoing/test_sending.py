"""Sending: each message leaves once, what may have left is never sent again by itself."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from consult import db, jobs
from consult.channels.email import EmailGateway
from consult.channels.ports import FateUnknown, Outbound, Report, Sent, TryLater
from consult.config import Misconfigured
from consult.outgoing import deliveries, lost, messages, sending
from consult.tables.messages import DeliveryRow, MessageKind, MessageRow, MessageState
from tests import factories
from tests.consult import leaving
from tests.consult.leaving import NOON, Provider, a_telephone, a_text, pumped
from tests.standins import mail_server

MINUTE = timedelta(minutes=1)


class Post:
    """A gateway for letters that keeps what it was handed, and answers as told."""

    def __init__(self, answer: Sent | Exception | None = None) -> None:
        self.sent: list[Outbound] = []
        self.answer = answer or Sent(MessageState.SENT, "<key@baraza.example.org>")

    def send(self, message: Outbound) -> Sent:
        self.sent.append(message)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def post(engine: Any) -> Iterator[Post]:
    gateway = Post()
    sending.use({"email": gateway})
    yield gateway
    sending.use(None)


@pytest.fixture
def provider(engine: Any) -> Iterator[Provider]:
    with leaving.connected() as provider:
        yield provider


def a_letter(*, dedupe: str = "notice:1", **fields: Any) -> UUID:
    with db.transaction() as session:
        person = factories.a_person(session, email=f"{dedupe}@example.org".replace(":", "-"))
        row = messages.write(
            session,
            kind=MessageKind.NOTICE,
            channel="email",
            words="Karibu.",
            dedupe=dedupe,
            person_id=person.id,
            now=datetime.now(UTC),
        )
        for name, value in fields.items():
            setattr(row, name, value)
        session.add(row)
        return row.id


def row(id_: UUID) -> MessageRow:
    return leaving.message(id_)


class TestALetter:
    def test_a_waiting_letter_is_handed_over_once(self, post):
        id_ = a_letter()

        sending.send(message_id=id_)
        sending.send(message_id=id_)

        assert [one.address for one in post.sent] == ["notice-1@example.org"]
        assert row(id_).state is MessageState.SENT

    def test_many_workers_at_once_hand_it_over_once(self, post):
        id_ = a_letter()
        workers = [threading.Thread(target=sending.send, kwargs={"message_id": id_}) for _ in range(6)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

        assert len(post.sent) == 1

    def test_a_text_never_leaves_by_this_job(self, post):
        id_ = a_text()

        sending.send(message_id=id_)

        assert (row(id_).state, post.sent) == (MessageState.WAITING, [])

    def test_a_server_that_asks_us_to_wait_gets_it_again_later(self, post):
        post.answer = TryLater("Wait.")
        id_ = a_letter()
        sending.send(message_id=id_)
        now = datetime.now(UTC)

        assert row(id_).state is MessageState.WAITING
        assert sending.take_up(now=now + timedelta(seconds=10)) == 0
        assert sending.take_up(now=now + timedelta(seconds=40)) == 1
        assert sending.take_up(now=now + timedelta(seconds=41)) == 0

    def test_after_ten_tries_a_person_is_asked(self, post):
        post.answer = TryLater("Wait.")
        id_ = a_letter(attempts=sending.MOST_ATTEMPTS - 1)

        sending.send(message_id=id_)

        assert row(id_).state is MessageState.FAILED

    def test_it_stays_in_the_outbox_until_settings_appear(self, engine):
        sending.use({})
        id_ = a_letter()
        sending.send(message_id=id_)
        later = datetime.now(UTC) + timedelta(days=1)

        assert row(id_).state is MessageState.WAITING
        assert sending.take_up(now=later) == 0

        sending.use({"email": Post()})
        assert sending.take_up(now=later) == 1
        sending.use(None)


class TestAnUnknownFate:
    @pytest.mark.parametrize("error", [FateUnknown("The connection broke."), RuntimeError("a fault of ours")])
    def test_what_may_have_left_waits_for_a_person(self, provider, error):
        provider.answer = _raising(error)
        id_ = a_text()

        pumped(provider)
        pumped(provider, NOON + timedelta(days=1))

        assert row(id_).state is MessageState.UNKNOWN
        assert len(provider.sent) == 1

    def test_so_does_what_a_dead_worker_was_sending(self, provider):
        id_ = a_text(state=MessageState.SENDING, transport="twilio")

        sending.take_up(now=NOON + 6 * MINUTE)

        assert row(id_).state is MessageState.UNKNOWN
        assert row(id_).changed_at == NOON

    def test_the_provider_is_asked_once_it_has_had_time_to_write_it_down(self, provider):
        id_ = a_text(state=MessageState.UNKNOWN, transport="twilio")
        provider.known[str(id_)] = Sent(MessageState.SENT, "SM1")

        assert lost.look_for_lost(now=NOON + MINUTE) == 0
        assert lost.look_for_lost(now=NOON + 3 * MINUTE) == 1
        assert (row(id_).state, row(id_).provider_id) == (MessageState.SENT, "SM1")

    def test_where_the_provider_knows_nothing_that_is_said_and_a_person_decides(self, provider):
        id_ = a_text(state=MessageState.UNKNOWN, transport="twilio", error="The connection broke.")

        lost.look_for_lost(now=NOON + 3 * MINUTE)
        lost.look_for_lost(now=NOON + 9 * MINUTE)

        assert row(id_).state is MessageState.UNKNOWN
        assert row(id_).looked_at == NOON + 3 * MINUTE
        assert row(id_).error == "The connection broke.; the provider knows no such message"

    def test_a_provider_that_cannot_be_asked_is_asked_again(self, provider, monkeypatch):
        id_ = a_text(state=MessageState.UNKNOWN, transport="twilio")
        monkeypatch.setattr(provider, "find", _raising(TryLater("Down.")))

        lost.look_for_lost(now=NOON + 3 * MINUTE)

        assert row(id_).looked_at is None

    def test_the_same_words_sent_for_another_reason_are_not_this_message(self, provider):
        a_text(state=MessageState.SENT, transport="twilio", provider_id="SM1")
        id_ = a_text(state=MessageState.UNKNOWN, transport="twilio")
        provider.known[str(id_)] = Sent(MessageState.SENT, "SM1")

        lost.look_for_lost(now=NOON + 3 * MINUTE)

        assert row(id_).state is MessageState.UNKNOWN

    @pytest.mark.parametrize("state", [MessageState.SENDING, MessageState.UNKNOWN])
    def test_a_report_that_bears_our_own_id_finds_its_message(self, provider, state):
        id_ = a_text(state=state, transport="twilio")

        _report("SM9", "delivered", MessageState.DELIVERED, key=str(id_))

        assert (row(id_).state, row(id_).provider_id) == (MessageState.DELIVERED, "SM9")

    @pytest.mark.parametrize("key", ["", "nobody", str(UUID(int=7))])
    def test_a_report_of_a_message_nobody_knows_is_kept(self, provider, key):
        _report("SM9", "delivered", MessageState.DELIVERED, key=key)

        with db.reading() as session:
            assert session.exec(select(DeliveryRow.provider_id)).all() == ["SM9"]


class TestAPersonDecides:
    def test_a_message_of_unknown_fate_can_be_sent_again(self, provider):
        id_ = a_text(state=MessageState.UNKNOWN)
        _resend(id_)

        pumped(provider)

        assert len(provider.sent) == 1

    def test_or_given_up(self, provider):
        id_ = a_text(state=MessageState.FAILED)
        with db.transaction() as session:
            sending.give_up(session, id_, by=factories.a_person(session).id, now=NOON)

        pumped(provider)

        assert (row(id_).state, provider.sent) == (MessageState.BLOCKED, [])

    def test_what_has_left_is_no_longer_decided_about(self, provider):
        id_ = a_text(state=MessageState.SENT)

        with pytest.raises(sending.AlreadyDecided):
            _resend(id_)

    def test_an_old_failure_told_again_does_not_end_the_new_try(self, provider):
        id_ = a_text(state=MessageState.FAILED, provider_id="SM1")
        _report("SM1", "failed", MessageState.FAILED, key=str(id_))
        _resend(id_, NOON + MINUTE)

        _report("SM1", "failed", MessageState.FAILED, key=str(id_), now=NOON + 2 * MINUTE)
        pumped(provider, NOON + 3 * MINUTE)

        assert row(id_).state is MessageState.SENT


class TestReports:
    PARTS = (
        ("sent", MessageState.SENT, 1),
        ("delivered", MessageState.DELIVERED, 1),
        ("sent", MessageState.SENT, 2),
        ("failed", MessageState.FAILED, 2),
        ("delivered", MessageState.DELIVERED, 3),
    )

    @pytest.mark.parametrize("before", [False, True], ids=["after we know its name", "before"])
    def test_every_order_of_reports_on_parts_ends_as_partly_arrived(self, provider, before):
        found = set()
        for place, order in enumerate(permutations(self.PARTS)):
            id_ = a_text(state=MessageState.SENDING, transport="twilio", dedupe=f"order:{place}")
            name = f"SM{place}"
            handed_over = Sent(MessageState.SENT, name)
            with db.transaction() as session:
                if not before:
                    sending.record(session, id_, sent=handed_over, now=NOON)
                for status, state, part in order:
                    deliveries.note_delivery(
                        session, Report(name, status, state, part=part, parts=3), now=NOON
                    )
                if before:
                    sending.record(session, id_, sent=handed_over, now=NOON)
            found.add((row(id_).state, row(id_).error))

        assert found == {(MessageState.PARTIAL, "some of its parts did not arrive")}

    def test_every_order_ends_the_same_where_a_failed_part_arrives_after_all(self, provider):
        told = [
            ("failed", MessageState.FAILED, 1),
            ("failed", MessageState.FAILED, 2),
            ("delivered", MessageState.DELIVERED, 2),
        ]
        found = set()
        for place, order in enumerate(permutations(told)):
            id_ = a_text(state=MessageState.SENT, provider_id=f"SM{place}", dedupe=f"order:{place}")
            for status, state, part in order:
                _report(f"SM{place}", status, state, part=part, parts=2)
            found.add(row(id_).state)

        assert found == {MessageState.PARTIAL}

    @pytest.mark.parametrize("repeats", [1, 3])
    def test_all_parts_arrived_is_arrived_and_all_failed_is_failed(self, provider, repeats):
        arrived = a_text(state=MessageState.SENT, provider_id="SM1")
        failed = a_text(state=MessageState.SENT, provider_id="SM2")
        for part in (2, 1) * repeats:
            _report("SM1", "delivered", MessageState.DELIVERED, part=part, parts=2)
            _report("SM2", "failed", MessageState.FAILED, part=part, parts=2)

        assert [row(id_).state for id_ in (arrived, failed)] == [MessageState.DELIVERED, MessageState.FAILED]

    def test_two_reports_at_the_same_moment_end_with_the_further_one(self, provider):
        ids = [a_text(state=MessageState.SENT, provider_id=f"SM{place}") for place in range(10)]
        told = [("sent", MessageState.SENT), ("delivered", MessageState.DELIVERED)]
        for place in range(10):
            callbacks = [
                threading.Thread(target=_report, args=(f"SM{place}", status, state)) for status, state in told
            ]
            for callback in callbacks:
                callback.start()
            for callback in callbacks:
                callback.join()

        assert {row(id_).state for id_ in ids} == {MessageState.DELIVERED}

    def test_a_report_of_an_opt_out_stops_the_telephone(self, provider):
        contact = a_telephone()
        a_text(contact, state=MessageState.SENT, provider_id="SM1")
        waiting = a_text(contact)

        _report("SM1", "failed", MessageState.BLOCKED)
        pumped(provider)

        assert row(waiting).state is MessageState.BLOCKED


def _raising(error: Exception) -> Any:
    def answer(*_: Any) -> Sent:
        raise error

    return answer


def _resend(id_: UUID, now: datetime = NOON) -> None:
    with db.transaction() as session:
        sending.resend(session, id_, by=factories.a_person(session).id, now=now)


def _report(name: str, status: str, state: MessageState, *, now: datetime = NOON, **also: Any) -> None:
    with db.transaction() as session:
        deliveries.note_delivery(session, Report(name, status, state, **also), now=now)


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
