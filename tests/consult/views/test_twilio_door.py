"""The provider's webhooks: signed or refused, durable or 503, and once however often repeated."""

import io
import threading
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlmodel import select

from consult import create_app, db, intake, participants
from consult.channels import twilio
from consult.channels.ports import Report
from consult.config import Config, Twilio
from consult.outgoing import deliveries, messages
from consult.tables.intake import RecordRow
from consult.tables.messages import DeliveryRow, MessageKind, MessageState
from consult.tables.participants import ContactKind, ContactPointRow

BASE = "https://baraza.example.org"
FORM = [
    ("MessageSid", "SM1"),
    ("From", "+255700000001"),
    ("To", "+12025550100"),
    ("Body", "12 habari"),
    ("ToZip", ""),
]


CLAIMS = [
    ("X-Forwarded-Host", "evil.example"),
    ("X-Forwarded-Host", "evil.example, baraza.example.org"),
    ("X-Forwarded-Proto", "http"),
    ("X-Forwarded-Proto", "https,http"),
    ("X-Forwarded-Port", "8443"),
    ("X-Forwarded-Prefix", "/evil"),
    ("X-Forwarded-For", "203.0.113.9, 198.51.100.7"),
    ("Host", "evil.example"),
    ("Host", "baraza.example.org:8443"),
    ("Host", ""),
    ("Forwarded", "for=203.0.113.9;host=evil.example;proto=http"),
    ("X-Original-URL", "/evil"),
]


@pytest.fixture
def app(config: Config, engine: sa.Engine) -> Flask:
    account = Twilio("AC1", ("secret", "older"), "+12025550100", "http://127.0.0.1:1")
    return create_app(replace(config, twilio=account, base_url=BASE), engine=engine)


def post(app: Flask, form: list[tuple[str, str]] = FORM, path: str = "/twilio/sms", **options: Any) -> Any:
    signature = options.pop("signature", twilio.sign("secret", BASE, path, form))
    headers = {twilio.SIGNATURE: signature} if signature is not None else {}
    return app.test_client().post(
        path,
        data=twilio.as_body(form),
        content_type=twilio.FORM,
        headers=headers | options.pop("headers", {}),
        **options,
    )


def kept() -> list[RecordRow]:
    with db.reading() as session:
        return list(session.exec(select(RecordRow)))


class TestReceiving:
    def test_a_signed_message_is_kept_byte_for_byte_and_answered_with_nothing_to_say(self, app):
        answer = post(app)

        assert (answer.status_code, answer.mimetype) == (200, "text/xml")
        assert b"<Response/>" in answer.data
        (record,) = kept()
        with db.reading() as session:
            assert intake.open_payload(session, record.id) == twilio.as_body(FORM)

    @pytest.mark.parametrize("signature", [None, "", "forged", "é"])
    def test_a_forged_or_missing_signature_is_refused_and_keeps_nothing(self, app, signature):
        assert post(app, signature=signature).status_code == 403
        assert kept() == []

    def test_what_a_proxy_claims_never_matters(self, app):
        claims = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "Host": "evil.example"}
        forged = twilio.sign("secret", "http://evil.example", "/twilio/sms", FORM)

        assert post(app, headers=claims).status_code == 200
        assert post(app, headers=claims, signature=forged).status_code == 403

    @pytest.mark.parametrize("proxies", [0, 1, 2])
    @pytest.mark.parametrize("path", ["/twilio/sms", "/twilio/status"])
    def test_no_header_of_a_proxy_changes_the_verdict(self, config, engine, proxies, path):
        account = Twilio("AC1", ("secret",), "+12025550100", "http://127.0.0.1:1")
        behind = create_app(
            replace(config, twilio=account, base_url=BASE, trusted_proxies=proxies), engine=engine
        )
        forged = twilio.sign("secret", "https://evil.example", path, FORM)
        verdicts = {
            (name, value): (
                post(behind, path=path, headers={name: value}).status_code,
                post(behind, path=path, headers={name: value}, signature=forged).status_code,
                post(behind, path=path, headers={name: value}, signature=None).status_code,
            )
            for name, value in CLAIMS
        }

        assert len(verdicts) == 12
        assert set(verdicts.values()) == {(200, 403, 403)}

    def test_the_query_is_part_of_what_is_signed(self, app):
        path = "/twilio/sms?from=a%20b"

        assert post(app, path=path).status_code == 200
        assert (
            post(app, path=path, signature=twilio.sign("secret", BASE, "/twilio/sms", FORM)).status_code
            == 403
        )

    def test_the_older_secret_is_still_accepted(self, app):
        assert post(app, signature=twilio.sign("older", BASE, "/twilio/sms", FORM)).status_code == 200

    def test_a_body_in_json_without_its_hash_is_refused(self, app):
        signature = twilio.sign("secret", BASE, "/twilio/sms", [])

        answer = app.test_client().post(
            "/twilio/sms", json={"Body": "forged"}, headers={twilio.SIGNATURE: signature}
        )

        assert answer.status_code == 403

    def test_without_an_account_nothing_is_accepted(self, config, engine):
        bare = create_app(config, engine=engine)

        assert post(bare, signature=twilio.sign("", config.base_url, "/twilio/sms", FORM)).status_code == 403

    @pytest.mark.parametrize("refusal", [db.StorageFull, db.StorageBusy])
    def test_what_could_not_be_kept_is_to_be_sent_again(self, app, monkeypatch, refusal):
        def refuse(*_: Any, **__: Any) -> None:
            raise refusal

        monkeypatch.setattr(intake, "accept", refuse)

        assert post(app).status_code == 503

    def test_only_posts_are_taken(self, app):
        assert app.test_client().get("/twilio/sms").status_code in (404, 405)

    def test_the_same_message_a_hundred_times_at_once_is_kept_once(self, app):
        statuses = deliver(app, times=96, threads=16)

        assert statuses == [200] * 96
        assert len(kept()) == 1

    @pytest.mark.soak
    def test_the_same_message_a_thousand_times_at_once_is_kept_once(self, app):
        assert deliver(app, times=1000, threads=50) == [200] * 1000
        assert len(kept()) == 1


def deliver(app: Flask, *, times: int, threads: int) -> list[int]:
    """Deliver one message so often, from so many threads at once. Returns the statuses."""
    signature = twilio.sign("secret", BASE, "/twilio/sms", FORM)
    body = twilio.as_body(FORM)
    statuses: list[int] = []
    begin = threading.Barrier(threads)

    def repeat() -> None:
        begin.wait()
        for _ in range(times // threads):
            environ = {
                "REQUEST_METHOD": "POST",
                "PATH_INFO": "/twilio/sms",
                "REQUEST_URI": "/twilio/sms",
                "CONTENT_TYPE": twilio.FORM,
                "CONTENT_LENGTH": str(len(body)),
                "HTTP_X_TWILIO_SIGNATURE": signature,
                "wsgi.input": io.BytesIO(body),
            }
            list(app.wsgi_app(environ, lambda line, headers: statuses.append(int(line[:3]))))  # type: ignore[arg-type,return-value]

    workers = [threading.Thread(target=repeat) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return statuses


class TestStatuses:
    @pytest.fixture
    def sent(self, engine, now):
        with db.transaction() as session:
            row = messages.write(
                session, kind=MessageKind.REPLY, channel="sms", words="asante", dedupe="a", now=now
            )
            row.state, row.provider_id = MessageState.SENT, "SM9"
            return row.id

    def state(self, id_: Any) -> MessageState:
        with db.reading() as session:
            return session.get_one(messages.MessageRow, id_).state

    def test_a_signed_report_moves_the_message_on(self, app, sent):
        form = [("MessageSid", "SM9"), ("MessageStatus", "delivered")]

        assert post(app, form, "/twilio/status").status_code == 200
        assert self.state(sent) is MessageState.DELIVERED

    def test_an_unsigned_report_is_refused(self, app, sent):
        form = [("MessageSid", "SM9"), ("MessageStatus", "failed")]

        assert post(app, form, "/twilio/status", signature="forged").status_code == 403
        assert self.state(sent) is MessageState.SENT

    def test_an_opt_out_at_the_provider_stops_the_telephone_here(self, app, sent, now):
        with db.transaction() as session:
            someone = participants.enrol(session, now=now)
            contact = participants.reach(session, someone.id, ContactKind.SMS, "+255700000001", now=now)
            session.get_one(messages.MessageRow, sent).contact_point_id = contact.id
        form = [("MessageSid", "SM9"), ("MessageStatus", "failed"), ("ErrorCode", "21610")]

        post(app, form, "/twilio/status")

        assert self.state(sent) is MessageState.BLOCKED
        with db.reading() as session:
            assert session.get_one(ContactPointRow, contact.id).stopped_at is not None

    def test_a_repeated_report_is_kept_once(self, app, sent):
        form = [("MessageSid", "SM9"), ("MessageStatus", "delivered")]
        for _ in range(3):
            post(app, form, "/twilio/status")

        with db.reading() as session:
            assert len(session.exec(select(DeliveryRow)).all()) == 1

    @pytest.mark.parametrize("last", ["delivered", "undelivered"])
    def test_every_order_of_five_reports_ends_alike(self, engine, now, last):
        ends = set()
        orders = list(permutations(["queued", "sending", "sent", "failed", last]))
        with db.transaction() as session:
            for place, order in enumerate(orders):
                row = messages.write(
                    session, kind=MessageKind.REPLY, channel="email", words="a", dedupe=f"{place}", now=now
                )
                row.state, row.provider_id = MessageState.SENT, f"SM{place}"
                session.flush()
                for status in order:
                    report = Report(f"SM{place}", status, twilio.STATES[status])
                    deliveries.note_delivery(session, report, now=now)
                ends.add(row.state)

        assert len(orders) == 120
        assert ends == {MessageState.DELIVERED if last == "delivered" else MessageState.FAILED}
