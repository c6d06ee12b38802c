"""What the SMS provider calls: a message came in, a message went somewhere.

Both doors prove by signature who calls. A message is answered only once it is
on the disk; nothing is understood here. The door for messages stands before the
application, because what surrounds a page (session, translation, compression,
log line) costs ten times what keeping a message does.
"""

import hashlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

import structlog
from flask import Blueprint, current_app, request
from flask.sansio.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response

from consult import db, intake, sending
from consult.channels import sms, twilio
from consult.config import Config, Twilio
from consult.intake import Arrival
from consult.tables.intake import Channel

bp = Blueprint("twilio", __name__)
bp.own_proof = True  # type: ignore[attr-defined]
log = structlog.get_logger()

PATH: Final = "/twilio/sms"
ANSWERS: Final = {
    200: ("200 OK", "text/xml; charset=utf-8", twilio.EMPTY_REPLY),
    403: ("403 Forbidden", "text/plain; charset=utf-8", b"This was not signed for this address.\n"),
    503: ("503 Service Unavailable", "text/plain; charset=utf-8", b"Not kept; send it again.\n"),
}
Environ = dict[str, Any]


class Door:
    """Takes posted messages out of the stream of requests, and lets everything else through."""

    def __init__(
        self, inside: Callable[..., Iterable[bytes]], config: Config, account: Twilio | None
    ) -> None:
        self.inside, self.base_url, self.account = inside, config.base_url, account

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """A WSGI application around another."""
        if environ.get("PATH_INFO") != PATH or environ["REQUEST_METHOD"] != "POST":
            return self.inside(environ, start_response)
        status = self.keep(environ)
        line, content_type, words = ANSWERS[status]
        if status != 200:
            log.warning("text not taken", status=status)
        start_response(
            line,
            [
                ("Content-Type", content_type),
                ("Content-Length", str(len(words))),
                ("X-Content-Type-Options", "nosniff"),
                *([("Retry-After", "5")] if status == 503 else []),
            ],
        )
        return [words]

    def keep(self, environ: Environ) -> int:
        """Keep a message: 200 once durable, 403 unless it was signed, 503 where it could not be kept."""
        body, content_type = _body(environ), environ.get("CONTENT_TYPE", "")
        fields = _proved(self.account, self.base_url, environ, body, content_type)
        if fields is None:
            return 403
        arrival = Arrival(
            channel=Channel.SMS,
            source="twilio",
            provider_id=fields.get("MessageSid") or hashlib.sha256(body).hexdigest(),
            payload=body,
            content_type=content_type[:100] or twilio.FORM,
        )
        try:
            recorded = intake.accept(arrival, now=datetime.now(UTC))
        except (db.StorageFull, db.StorageBusy):
            return 503
        sms.wake(recorded.id, fields.get("Body", ""))
        return 200


@bp.record_once
def _stand_before(state: BlueprintSetupState) -> None:
    app = state.app
    config: Config = app.config["BARAZA"]
    app.extensions["twilio"] = account = twilio.account_of(config)
    app.wsgi_app = Door(app.wsgi_app, config, account)  # type: ignore[attr-defined]


@bp.post("/twilio/status")
def note_status() -> Response:
    """Keep a status report; a repeated one changes nothing, and none undoes a later one."""
    body, content_type = request.get_data(cache=False), request.content_type or ""
    config: Config = current_app.config["BARAZA"]
    fields = _proved(current_app.extensions["twilio"], config.base_url, request.environ, body, content_type)
    if fields is None:
        return _answer(403)
    report = twilio.report(fields, request.args.get(twilio.KEY, ""))
    if report is not None:
        try:
            with db.transaction() as session:
                sending.note_delivery(session, report, now=datetime.now(UTC))
        except (db.StorageFull, db.StorageBusy):
            return _answer(503)
    return _answer(200)


def _proved(
    account: Twilio | None, base_url: str, environ: Environ, body: bytes, content_type: str
) -> dict[str, str] | None:
    """The fields of a request that the provider signed; None for any other, or without an account."""
    if account is None:
        return None
    return twilio.proved(
        account,
        base_url,
        _path_and_query(environ),
        body,
        content_type,
        environ.get("HTTP_X_TWILIO_SIGNATURE"),
        environ.get("HTTP_X_TWILIO_WEBHOOKS_SIGNATURE_SETTINGS", ""),
    )


def _path_and_query(environ: Environ) -> str:
    """The path and query as they stood on the request line, before anything was decoded."""
    raw: str = environ.get("RAW_URI") or environ.get("REQUEST_URI") or ""
    if raw.startswith("/"):
        return raw
    path = (environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")).encode("latin-1", "replace")
    query = environ.get("QUERY_STRING", "")
    return quote(path) + (f"?{query}" if query else "")


def _body(environ: Environ) -> bytes:
    """The posted bytes; more than any message has are read no further, and then fit no signature."""
    length = environ.get("CONTENT_LENGTH", "")
    if length.isascii() and length.isdigit():
        body: bytes = environ["wsgi.input"].read(min(int(length), twilio.MOST_BYTES + 1))
        return body
    if environ.get("wsgi.input_terminated"):
        whole: bytes = environ["wsgi.input"].read(twilio.MOST_BYTES + 1)
        return whole
    return b""


def _answer(status: int) -> Response:
    _, content_type, words = ANSWERS[status]
    return Response(words, status, content_type=content_type)
