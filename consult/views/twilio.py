"""What the SMS provider calls: a message came in, a message went somewhere.

Both doors prove by signature who calls. A message is answered only once it is
on the disk; nothing is understood here. The door for messages stands before the
application, because what surrounds a page (session, translation, compression,
log line) costs ten times what keeping a message does.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from flask import Blueprint, current_app, request
from flask.sansio.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response

from consult import db, intake
from consult.channels import sms, twilio
from consult.config import Config, Twilio
from consult.intake import Arrival
from consult.outgoing import deliveries
from consult.tables.intake import Channel
from consult.views.door import NOT_KEPT, Answer, Door, Environ, body_of

bp = Blueprint("twilio", __name__)
bp.own_proof = True  # type: ignore[attr-defined]

PATH: Final = "/twilio/sms"
KEPT: Final = Answer(200, twilio.EMPTY_REPLY, "text/xml; charset=utf-8")
NOT_SIGNED: Final = Answer(403, b"This was not signed for this address.\n")


@dataclass(frozen=True)
class Keeper:
    """Keeps messages that the provider signed."""

    base_url: str
    account: Twilio | None

    def keep(self, environ: Environ) -> Answer:
        """Keep a message. Raises StorageFull or StorageBusy where it could not be kept."""
        body, content_type = body_of(environ, twilio.MOST_BYTES), environ.get("CONTENT_TYPE", "")
        fields = _proved(self.account, self.base_url, environ, body, content_type)
        if fields is None:
            return NOT_SIGNED
        arrival = Arrival(
            channel=Channel.SMS,
            source="twilio",
            provider_id=fields.get("MessageSid") or hashlib.sha256(body).hexdigest(),
            payload=body,
            content_type=content_type[:100] or twilio.FORM,
        )
        recorded = intake.accept(arrival, now=datetime.now(UTC))
        sms.wake(recorded.id, fields.get("Body", ""))
        return KEPT


@bp.record_once
def _stand_before(state: BlueprintSetupState) -> None:
    app = state.app
    config: Config = app.config["BARAZA"]
    app.extensions["twilio"] = account = twilio.account_of(config)
    app.wsgi_app = Door(app.wsgi_app, PATH, Keeper(config.base_url, account).keep)  # type: ignore[attr-defined]


@bp.post("/twilio/status")
def note_status() -> Response:
    """Keep a status report; a repeated one changes nothing, and none undoes a later one."""
    body, content_type = request.get_data(cache=False), request.content_type or ""
    config: Config = current_app.config["BARAZA"]
    fields = _proved(current_app.extensions["twilio"], config.base_url, request.environ, body, content_type)
    if fields is None:
        return _said(NOT_SIGNED)
    report = twilio.report(fields, request.args.get(twilio.KEY, ""))
    if report is not None:
        try:
            with db.transaction() as session:
                deliveries.note_delivery(session, report, now=datetime.now(UTC))
        except (db.StorageFull, db.StorageBusy):
            return _said(NOT_KEPT)
    return _said(KEPT)


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


def _said(answer: Answer) -> Response:
    return Response(answer.words, answer.status, content_type=answer.content_type)
