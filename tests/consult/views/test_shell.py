"""What surrounds every page: protection, compression, errors without traces, the guard."""

import gzip
from collections.abc import Callable
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from flask import Flask, request
from flask.testing import FlaskClient

from consult.config import Config
from consult.permissions import Act, may
from consult.tables.people import Role
from consult.views import guard
from standards.errors import StandardsError
from tests.conftest import assembled_anew

LONG = "It was said at length. " * 200


@pytest.fixture
def app(config: Config, engine: sa.Engine) -> Flask:
    """An application of the test's own, since it gets pages to look through."""
    return assembled_anew(config, engine)


@pytest.fixture(autouse=True)
def probes(app: Flask) -> None:
    """A few pages to look through."""

    @app.get("/probe/long")
    def long() -> str:
        return LONG

    @app.get("/probe/broken")
    def broken() -> str:
        raise RuntimeError("the words of someone")

    @app.get("/probe/refused")
    def refused() -> str:
        raise StandardsError("Clause 9 is not there.")

    @app.route("/probe/desk", methods=["GET", "POST"])
    @guard.requires(Act.DECIDE)
    def desk() -> str:
        return request.form.get("reason", "the desk")


class TestProtection:
    def test_every_answer_forbids_foreign_scripts_and_frames(self, client: FlaskClient) -> None:
        answer = client.get("/probe/long")

        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"

    def test_pages_of_someone_signed_in_are_not_stored(self, signed_in: Callable[..., FlaskClient]) -> None:
        assert signed_in("secretary").get("/probe/long").headers["Cache-Control"] == "no-store"


class TestCompression:
    def test_long_text_is_compressed_for_who_takes_it(self, client: FlaskClient) -> None:
        answer = client.get("/probe/long", headers={"Accept-Encoding": "gzip"})

        assert answer.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(answer.data).decode() == LONG
        assert "Accept-Encoding" in answer.headers["Vary"]

    def test_and_not_for_who_does_not(self, client: FlaskClient) -> None:
        answer = client.get("/probe/long", headers={"Accept-Encoding": "gzip;q=0"})

        assert "Content-Encoding" not in answer.headers


class TestErrors:
    def test_a_failure_shows_neither_trace_nor_message(self, app: Flask, client: FlaskClient) -> None:
        app.testing = False

        answer = client.get("/probe/broken")

        assert answer.status_code == 500
        assert b"the words of someone" not in answer.data
        assert b"Traceback" not in answer.data

    def test_a_refusal_is_told_in_its_own_sentence(self, client: FlaskClient) -> None:
        answer = client.get("/probe/refused")

        assert answer.status_code == 409
        assert b"Clause 9 is not there." in answer.data

    @pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/sign-out", 405)])
    def test_what_is_not_there_gets_a_page(self, client: FlaskClient, path: str, status: int) -> None:
        answer = client.get(path)

        assert answer.status_code == status
        assert answer.mimetype == "text/html"


class TestGuard:
    def test_who_may_is_let_in(self, signed_in: Callable[..., FlaskClient]) -> None:
        assert signed_in("secretary").get("/probe/desk").data == b"the desk"

    def test_who_may_not_is_refused(self, signed_in: Callable[..., FlaskClient]) -> None:
        assert signed_in("auditor").get("/probe/desk").status_code == 403

    def test_who_is_not_signed_in_is_sent_to_the_door_and_back(self, client: FlaskClient) -> None:
        answer = client.get("/probe/desk?at=2")

        assert answer.location == "/sign-in?next=/probe/desk?at%3D2"

    def test_what_was_typed_survives_an_expired_sign_in(self, client: FlaskClient) -> None:
        from tests.consult.test_accounts import PASSWORD, _a_known_person

        _a_known_person()
        reason = "Because of <the> miners of Chunya, who said so.\nTwice."

        page = client.post("/probe/desk", data={"reason": reason, "csrf_token": "x"})
        assert page.status_code == 401
        assert b"&lt;the&gt; miners of Chunya" in page.data
        answer = client.post(
            "/sign-in",
            data={
                "email": "asha@example.org",
                "password": PASSWORD,
                "kept_path": "/probe/desk",
                "kept-reason": reason,
            },
        )

        assert answer.status_code == 200
        assert b'action="/probe/desk"' in answer.data
        assert b'name="reason"' in answer.data
        assert b"&lt;the&gt; miners of Chunya" in answer.data

    def test_a_form_without_its_proof_is_refused(
        self, app: Flask, signed_in: Callable[..., FlaskClient]
    ) -> None:
        app.config["WTF_CSRF_ENABLED"] = True

        assert signed_in("secretary").post("/probe/desk", data={"reason": "x"}).status_code == 400


class TestLanguage:
    def test_the_browser_is_answered_in_its_own_language(self, client: FlaskClient) -> None:
        page = client.get("/sign-in", headers={"Accept-Language": "sw,en;q=0.5"})

        assert b'<html lang="sw"' in page.data

    def test_a_choice_is_remembered(self, client: FlaskClient) -> None:
        client.get("/language/fr?next=/sign-in")

        assert b'<html lang="fr"' in client.get("/sign-in").data

    def test_another_language_keeps_what_was_asked_of_the_page(self, client: FlaskClient) -> None:
        page = client.get("/sign-in?lang=sw&past=gold&past=2024+%26+2025")

        back = "/sign-in?past=gold&past=2024+%26+2025"
        assert f'href="/language/fr?next={quote(back)}"' in page.text
        assert client.get(f"/language/fr?next={quote(back)}").location == back

    def test_a_page_kept_for_everyone_leads_back_without_what_one_reader_asked(
        self, client: FlaskClient
    ) -> None:
        page = client.get("/standards?from=our-newsletter&page=1")

        assert f'href="/language/fr?next={quote("/standards?page=1")}"' in page.text

    def test_a_language_that_is_not_spoken(self, client: FlaskClient) -> None:
        assert client.get("/language/xx").status_code == 404


@pytest.mark.parametrize(
    ("role", "act", "allowed"),
    [
        (Role.SECRETARY, Act.PUBLISH, True),
        (Role.SECRETARY, Act.CONFIGURE, False),
        (Role.DRAFTER, Act.EDIT_DRAFT, True),
        (Role.DRAFTER, Act.PUBLISH, False),
        (Role.FACILITATOR, Act.DECIDE, False),
        (Role.AUDITOR, Act.EXPORT, True),
        (Role.AUDITOR, Act.OPEN_ORIGINAL, False),
        (Role.OPERATOR, Act.CONFIGURE, True),
        (Role.OPERATOR, Act.READ_DESK, False),
    ],
)
def test_roles(role: Role, act: Act, allowed: bool) -> None:
    assert may(role, act) is allowed


class TestOperations:
    def test_alive(self, client: FlaskClient) -> None:
        assert client.get("/healthz").status_code == 200

    def test_not_ready_without_a_worker(self, client: FlaskClient) -> None:
        answer = client.get("/readyz")

        assert answer.status_code == 503
        assert "No worker is alive" in answer.text

    @pytest.mark.parametrize("path", ["/readyz", "/metrics"])
    def test_others_than_this_machine_see_nothing(self, client: FlaskClient, path: str) -> None:
        elsewhere = client.get(path, environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
        behind_a_proxy = client.get(path, headers={"X-Forwarded-For": "192.0.2.7"})

        assert elsewhere.status_code == behind_a_proxy.status_code == 404

    def test_metrics_count(self, client: FlaskClient) -> None:
        assert "baraza_records_sealed 0" in client.get("/metrics").text
