"""What other transports call: a provider that signs nothing, and a relay telephone of ours.

The provider's addresses end in a secret, `/hooks/at/<secret>` for messages and
`/hooks/at/<secret>/reports` for what became of ours; the telephone names its
secret in a header. Both doors stand before the application, so that no secret
reaches a log line or an error page, and answer 200 only for what is durable.
"""

import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from flask import Blueprint
from flask.sansio.blueprints import BlueprintSetupState

from consult import db, intake, keys
from consult.carriage import relaying
from consult.channels import at, relay, sms
from consult.channels.bodies import FORM, JSON, form_of
from consult.config import At, Config, Relay
from consult.intake import Arrival
from consult.outgoing import deliveries
from consult.tables.intake import Channel
from consult.views.door import TOO_LARGE, Answer, Door, Environ, body_of

bp = Blueprint("hooks", __name__)

AT_PATH: Final = "/hooks/at/"
RELAY_PATH: Final = "/hooks/relay"
MOST_BYTES: Final = 64 * 1024
KEPT: Final = Answer(200, b"Kept.\n")
NOT_PROVED: Final = Answer(403, b"This does not name our secret.\n")


@bp.record_once
def _stand_before(state: BlueprintSetupState) -> None:
    app = state.app
    config: Config = app.config["BARAZA"]
    for path, keep in ((AT_PATH, AtKeeper(config.at).keep), (RELAY_PATH, RelayKeeper(config.relay).keep)):
        app.wsgi_app = Door(app.wsgi_app, path, keep)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class AtKeeper:
    """Keeps what the provider posts to an address that ends in our secret."""

    account: At | None

    def keep(self, environ: Environ) -> Answer:
        """Keep a message, or note a report. Raises StorageFull, StorageBusy."""
        given, _, rest = environ["PATH_INFO"].removeprefix(AT_PATH).partition("/")
        if rest not in ("", "reports") or not _is_ours(given, self.account.secrets if self.account else ()):
            return NOT_PROVED
        body = body_of(environ, MOST_BYTES)
        if len(body) > MOST_BYTES:
            return TOO_LARGE
        return self._note(body) if rest == "reports" else self._accept(body)

    def _accept(self, body: bytes) -> Answer:
        heard = at.inbound(body)
        # Leaving has no name of its own, and must hold again after they came back.
        name = uuid4().hex if heard.command else heard.provider_id or _name_for(body)
        arrival = Arrival(Channel.SMS, "at", name[:200], body, FORM)
        recorded = intake.accept(arrival, now=datetime.now(UTC))
        sms.wake(recorded.id, heard.command or heard.words)
        return KEPT

    def _note(self, body: bytes) -> Answer:
        report = at.report(form_of(body))
        if report is not None:
            with db.transaction() as session:
                deliveries.note_delivery(session, report, now=datetime.now(UTC))
        return KEPT


@dataclass(frozen=True)
class RelayKeeper:
    """Keeps what our telephone brings, and gives it what it may send."""

    settings: Relay | None

    def keep(self, environ: Environ) -> Answer:
        """One exchange. Raises StorageFull, StorageBusy."""
        given = environ.get("HTTP_AUTHORIZATION", "")
        secret = given[7:].strip() if given[:7].lower() == "bearer " else ""
        if not _is_ours(secret, self.settings.secrets if self.settings else ()):
            return NOT_PROVED
        body = body_of(environ, relay.MOST_BYTES)
        if len(body) > relay.MOST_BYTES:
            return TOO_LARGE
        now = datetime.now(UTC)
        try:
            brought = relay.exchange_of(body)
        except relay.NotUnderstood as refused:
            relaying.keep_unread(body, environ.get("CONTENT_TYPE", "") or JSON, now=now)
            return Answer(400, f"{refused}\n".encode())
        given_back = relaying.exchange(brought, now=now)
        said = json.dumps({"kept": given_back.kept, "send": given_back.send})
        return Answer(200, said.encode(), JSON)


def _is_ours(given: str, secrets: Sequence[str]) -> bool:
    """Whether this is one of our secrets; every one is tried, so that time tells nothing."""
    said = given.encode("utf-8", "surrogateescape")
    fits = [hmac.compare_digest(said, secret.encode()) for secret in secrets]
    return any(fits)


def _name_for(body: bytes) -> str:
    """A name for a message that has none: the same for the same bytes, and telling nothing about them."""
    return keys.ring().lookup(body.hex(), "at.message").hex()
