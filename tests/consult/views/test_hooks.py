"""The doors for a provider that signs nothing and for our relay: proved or refused, durable or 503."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlmodel import select

from consult import create_app, db, intake, logs, participants
from consult.channels import sms
from consult.config import At, Config, Relay
from consult.outgoing import messages, pump, sending
from consult.tables.intake import Channel, RecordRow
from consult.tables.messages import DeliveryRow, MessageKind, MessageRow, MessageState
from consult.tables.participants import ContactKind, ContactPointRow
from tests.standins.relay_phone import NUMBER, Phone

SECRET, OLDER = "a-secret-of-ours-0123456789", "an-older-secret-0123456789"
ASHA = "+255700000001"
AT = f"/hooks/at/{SECRET}"
FORM = {"from": ASHA, "to": "20880", "text": "12 habari", "id": "b9ed", "date": "2026-03-02 09:00:00"}


@pytest.fixture
def app(config: Config, engine: sa.Engine) -> Any:
    config = replace(
        config,
        at=At("baraza", "key", (SECRET, OLDER)),
        relay=Relay((SECRET, OLDER), NUMBER),
        sms_rate=1000.0,
    )
    sending.use(sending.gateways_of(config))
    with db.transaction() as session:
        pump.list_senders(session, config, now=datetime.now(UTC) - timedelta(hours=1))
    yield create_app(config, engine=engine)
    sending.use(None)


def rows(table: Any) -> list[Any]:
    with db.reading() as session:
        return list(session.exec(select(table)))


def refuse(*_: Any, **__: Any) -> None:
    raise db.StorageFull


class TestAt:
    def test_a_message_is_kept_byte_for_byte(self, app):
        answer = app.test_client().post(AT, data=FORM)

        assert answer.status_code == 200
        (record,) = rows(RecordRow)
        assert (record.source, record.provider_id, record.channel) == ("at", "b9ed", Channel.SMS)
        with db.reading() as session:
            assert b"12+habari" in (intake.open_payload(session, record.id) or b"")

    def test_the_older_secret_is_still_accepted(self, app):
        assert app.test_client().post(f"/hooks/at/{OLDER}", data=FORM).status_code == 200

    @pytest.mark.parametrize(
        "path",
        [
            "",
            "x",
            SECRET[:-1],
            SECRET + "x",
            SECRET.upper(),
            "%00",
            "é",
            f"{SECRET}/other",
            f"{SECRET}/",
            f"/{SECRET}",
        ],
    )
    def test_another_address_is_refused_and_keeps_nothing(self, app, path):
        status = app.test_client().post(f"/hooks/at/{path}", data=FORM).status_code

        assert status == (200 if path == f"{SECRET}/" else 403)
        assert len(rows(RecordRow)) == (status == 200)

    def test_without_an_account_nothing_is_accepted(self, config, engine):
        assert create_app(config, engine=engine).test_client().post(AT, data=FORM).status_code == 403

    def test_a_repeated_message_is_one_and_one_without_a_name_too(self, app):
        client = app.test_client()
        for _ in range(3):
            client.post(AT, data=FORM)
            client.post(AT, data={**FORM, "id": ""})

        assert len(rows(RecordRow)) == 2

    def test_looking_at_the_address_goes_no_further(self, app):
        answer = app.test_client().get(AT)

        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")

    def test_what_could_not_be_kept_is_to_be_sent_again(self, app, monkeypatch):
        monkeypatch.setattr(intake, "accept", refuse)

        answer = app.test_client().post(AT, data=FORM)

        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")

    def test_what_breaks_on_our_side_is_to_be_sent_again_too(self, app, monkeypatch):
        monkeypatch.setattr(intake, "accept", lambda *_, **__: 1 / 0)

        assert app.test_client().post(AT, data=FORM).status_code == 503

    def test_the_secret_reaches_no_log_line(self, app, monkeypatch):
        stream = io.StringIO()
        logs.set_up(stream=stream)
        client = app.test_client()
        client.post(AT, data=FORM)
        client.get(AT)
        client.post(f"{AT}/other", data=FORM)
        monkeypatch.setattr(intake, "accept", lambda *_, **__: 1 / 0)
        client.post(AT, data=FORM)

        assert stream.getvalue().count("not taken") == 3
        assert SECRET not in stream.getvalue()

    def test_more_than_any_message_is_refused(self, app):
        assert app.test_client().post(AT, data={"text": "x" * 70_000}).status_code == 413

    def test_a_report_moves_its_message_on_and_is_kept_once(self, app):
        id_ = sent_by("at", "ATXid_1")
        for _ in range(3):
            report = {"id": "ATXid_1", "status": "Success", "phoneNumber": ASHA}
            assert app.test_client().post(f"{AT}/reports", data=report).status_code == 200

        assert state_of(id_) is MessageState.DELIVERED
        assert len(rows(DeliveryRow)) == 1

    @pytest.mark.parametrize("form", [{}, {"id": "x"}, {"id": "nobody", "status": "Success"}])
    def test_a_report_on_nothing_of_ours_is_calm(self, app, form):
        assert app.test_client().post(f"{AT}/reports", data=form).status_code == 200


def sent_by(transport: str, provider_id: str) -> Any:
    with db.transaction() as session:
        row = messages.write(
            session, kind=MessageKind.REPLY, channel="sms", words="a", dedupe="a", now=datetime.now(UTC)
        )
        row.state, row.transport, row.provider_id = MessageState.SENT, transport, provider_id
        return row.id


def state_of(id_: Any) -> MessageState:
    with db.reading() as session:
        return session.get_one(MessageRow, id_).state


def phone_for(app: Flask, secret: str = SECRET) -> Phone:
    def exchange(said: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {secret}"}
        answer = app.test_client().post("/hooks/relay", data=json.dumps(said), headers=headers)
        return answer.status_code, json.loads(answer.data) if answer.status_code == 200 else {}

    return Phone(exchange)


def an_answer(words: str = "asante", *, stopped: bool = False, dedupe: str = "") -> Any:
    """A message that waits for somebody who wrote to the relay telephone."""
    now = datetime.now(UTC) - timedelta(minutes=1)
    with db.transaction() as session:
        someone = participants.enrol(session, now=now)
        contact = participants.reach(session, someone.id, ContactKind.SMS, ASHA, now=now)
        contact.transport, contact.receiver = "relay", NUMBER
        contact.stopped_at = now if stopped else None
        return messages.write(
            session,
            kind=MessageKind.REPLY,
            channel="sms",
            words=words,
            dedupe=dedupe or words,
            contact_point_id=contact.id,
            now=now,
        ).id


class TestRelay:
    @pytest.mark.parametrize("secret", [SECRET, OLDER])
    def test_what_it_brings_is_kept_one_record_each_and_may_be_forgotten_there(self, app, secret):
        phone = phone_for(app, secret)
        phone.receive("habari", ASHA)
        phone.receive("", ASHA)
        phone.receive("aGFiYXJp", "M-PESA", encoding="base64")

        assert phone.meet() == 200
        assert phone.unsent == []
        assert {row.source for row in rows(RecordRow)} == {"relay"}
        assert len(rows(RecordRow)) == 3

    @pytest.mark.parametrize(
        "headers", [{}, {"Authorization": "Bearer"}, {"Authorization": "Bearer x"}, {"Authorization": SECRET}]
    )
    def test_without_the_secret_nothing_is_taken_or_given(self, app, headers):
        answer = app.test_client().post("/hooks/relay", json={"messages": [{}]}, headers=headers)

        assert answer.status_code == 403
        assert rows(RecordRow) == []

    def test_an_answer_lost_on_the_way_costs_neither_a_message_nor_a_second_one(self, app):
        phone = phone_for(app)
        an_answer()
        phone.receive("habari", ASHA)

        phone.meet(loses_the_answer=True)
        phone.meet()
        phone.meet()

        assert len(rows(RecordRow)) == 1
        assert [one["text"] for one in phone.sent] == ["asante"]
        assert rows(MessageRow)[0].state is MessageState.SENT

    def test_a_telephone_that_counts_from_one_again_loses_nothing(self, app):
        before, after = phone_for(app), phone_for(app)
        before.receive("one", ASHA)
        after.receive("two", ASHA)
        before.meet()
        after.meet()

        assert len(rows(RecordRow)) == 2

    def test_it_holds_no_more_than_it_wants(self, app):
        for place in range(5):
            an_answer(f"m{place}")
        phone = phone_for(app)
        phone.has_signal = False

        for _ in range(3):
            phone.meet(want=2)

        assert len(phone.held) == 2

    def test_messages_keep_their_order(self, app):
        for place in range(6):
            an_answer(f"m{place}")
        phone = phone_for(app)

        phone.meet(want=6)

        assert [one["text"] for one in phone.sent] == [f"m{place}" for place in range(6)]

    def test_whoever_left_meanwhile_is_not_given_again(self, app):
        an_answer()
        phone = phone_for(app)
        phone.meet(loses_the_answer=True)
        with db.transaction() as session:
            contact = session.exec(select(ContactPointRow)).one()
            contact.stopped_at = datetime.now(UTC)

        phone.meet()

        assert phone.sent == []

    def test_one_failed_part_makes_it_partial(self, app):
        an_answer()
        phone = phone_for(app)
        phone.meet()
        (name,) = phone.held
        phone.reports = [
            {"message": name, "status": "delivered", "part": 1, "parts": 2},
            {"message": name, "status": "failed", "part": 2, "parts": 2},
        ]
        phone.meet()

        assert rows(MessageRow)[0].state is MessageState.PARTIAL

    def test_a_failed_message_that_a_person_sends_again_has_a_name_of_its_own(self, app):
        id_ = an_answer()
        phone = phone_for(app)
        phone.has_signal = False
        phone.meet()
        phone.reports = [{"message": str(id_), "status": "failed", "error": "no credit"}]
        phone.meet()
        with db.transaction() as session:
            sending.resend(session, id_, by=id_, now=datetime.now(UTC))
        phone.has_signal = True
        phone.held.clear()

        phone.meet()
        phone.meet()

        assert [one["text"] for one in phone.sent] == ["asante"]
        assert phone.sent[0]["message"] != str(id_)
        assert state_of(id_) is MessageState.SENT

    def test_a_report_on_another_transports_message_changes_nothing(self, app):
        other = sent_by("twilio", "SM9")
        phone = phone_for(app)
        phone.reports = [{"message": str(other), "status": "failed"}]

        phone.meet()

        assert state_of(other) is MessageState.SENT

    def test_after_a_day_of_silence_nobody_knows_whether_it_left(self, app):
        id_ = an_answer()
        phone_for(app).meet(loses_the_answer=True)
        now = datetime.now(UTC)

        sending.take_up(now=now + timedelta(hours=23))
        before = state_of(id_)
        sending.take_up(now=now + timedelta(hours=25))

        assert (before, state_of(id_)) == (MessageState.SENDING, MessageState.UNKNOWN)

    def test_what_cannot_be_read_is_kept_whole_and_said(self, app):
        for _ in range(2):
            headers = {"Authorization": f"Bearer {SECRET}"}
            answer = app.test_client().post("/hooks/relay", data=b"\xff{oops", headers=headers)
            assert answer.status_code == 400
            assert "kept as it came" in answer.text

        (record,) = rows(RecordRow)
        sms.read_waiting(reading=sms.Reading())
        with db.reading() as session:
            assert intake.waiting(session) == []
            assert intake.open_payload(session, record.id) == b"\xff{oops"

    def test_nothing_is_forgotten_there_that_was_not_kept_here(self, app, monkeypatch):
        phone = phone_for(app)
        phone.receive("habari", ASHA)
        monkeypatch.setattr(intake, "record_all", refuse)

        assert phone.meet() == 503
        assert len(phone.unsent) == 1

    def test_a_body_without_a_length_is_read_to_its_end(self, app):
        said: list[str] = []
        body = json.dumps({"messages": [{"id": "1", "from": ASHA, "text": "a"}]}).encode()
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/hooks/relay",
            "HTTP_AUTHORIZATION": f"Bearer {SECRET}",
            "wsgi.input": io.BytesIO(body),
            "wsgi.input_terminated": True,
        }
        list(app.wsgi_app(environ, lambda line, headers: said.append(line)))  # type: ignore[arg-type,return-value]

        assert said == ["200 OK"]
        assert len(rows(RecordRow)) == 1

    @pytest.mark.parametrize("odd", ["\0", "a\ud800b", "x" * 1600, "💎" * 700, " "])
    def test_odd_words_names_and_senders_are_read_to_an_outcome(self, app, odd):
        phone = phone_for(app)
        phone.receive(odd, ASHA, reference=odd, part=1, parts=1)
        phone.receive("a", odd)
        phone.unsent.append({"id": odd, "from": ASHA, "to": odd, "text": odd})
        phone.reports = [{"message": odd, "status": odd, "error": odd}]

        assert phone.meet() == 200

        sms.read_waiting(now=datetime.now(UTC) + timedelta(minutes=5), reading=sms.Reading())
        with db.reading() as session:
            assert intake.waiting(session) == []
