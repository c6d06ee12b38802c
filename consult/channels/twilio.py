"""Twilio: the only module that knows this provider.

The signed address is rebuilt from the configured public base and the raw path
and query, never from what a proxy or a caller claims. A check that cannot be
made fails. The signature is the provider's published one (HMAC-SHA1, or SHA256
where the request says so, over the address and the sorted fields), computed
here because the library's own validator costs 25 times as much; the tests hold
both against each other.

Sending has no idempotency key: after a broken connection nobody knows whether
the message left, and a person looks before it is sent again.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import requests
from urllib3.exceptions import NameResolutionError, NewConnectionError

from consult.channels.ports import FateUnknown, Inbound, Outbound, Report, Sent, TryLater
from consult.config import Config, Twilio
from consult.tables.messages import MessageState

EMPTY_REPLY: Final = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
FORM: Final = "application/x-www-form-urlencoded"
SIGNATURE: Final = "X-Twilio-Signature"
SIGNATURE_SETTINGS: Final = "X-Twilio-Webhooks-Signature-Settings"
# Real webhooks have some thirty fields of at most 1,600 characters.
MOST_FIELDS, MOST_BYTES = 500, 512 * 1024
SECONDS_TO_CONNECT, SECONDS_TO_ANSWER = 5, 20
KEY: Final = "message"
"""The name under which our id for a message stands in the address of its status callback."""
# A number from the range kept free for fiction, so that nobody is ever texted from the screen.
DEMONSTRATION_NUMBER: Final = "+12025550100"

_HASHES: Final = {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}
_PORTS: Final = {"https": ":443", "http": ":80"}

STATES: Final = {
    "accepted": MessageState.SENT,
    "scheduled": MessageState.SENT,
    "queued": MessageState.SENT,
    "sending": MessageState.SENT,
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "undelivered": MessageState.FAILED,
    "failed": MessageState.FAILED,
    "canceled": MessageState.FAILED,
}
OPTED_OUT: Final = 21610
# Throttled, not signed in, and the two ways to say that the queue is full.
MAY_BE_RETRIED: Final = frozenset({20429, 20003, 21611, 30001})


def account_of(config: Config) -> Twilio | None:
    """The account whose webhooks are accepted: the one of the settings, or our own to demonstrate with."""
    if config.twilio is not None or not config.demonstration:
        return config.twilio
    secret = _demonstration_secret(config.data_dir / "keys" / "telephone.secret")
    return Twilio(account="demonstration", tokens=(secret,), number=DEMONSTRATION_NUMBER, api_base="")


def proved(
    account: Twilio,
    base_url: str,
    path_and_query: str,
    body: bytes,
    content_type: str,
    signature: str | None,
    settings: str = "",
) -> dict[str, str] | None:
    """The fields of a request that was signed with one of the account's secrets, else None.

    The signature covers exactly this address and body. A body that is no form is
    bound by its hash in the signed query; without that it is refused.
    """
    algorithm = _HASHES.get(_algorithm(settings) if settings else "HMAC_SHA1")
    if not signature or algorithm is None or len(body) > MOST_BYTES:
        return None
    pairs = _pairs(body) if _is_form(content_type) else [] if _is_bound(path_and_query, body) else None
    if pairs is None:
        return None
    signed = "".join([name + value for name, value in sorted(set(pairs))])
    given = signature.encode("latin-1", "replace")
    # Every candidate is tried, so that the time taken does not tell which one was near.
    fits = [
        hmac.compare_digest(_signature(token, address + signed, algorithm), given)
        for token in account.tokens
        for address in _addresses(base_url, path_and_query)
    ]
    if not any(fits):
        return None
    return dict(reversed(pairs)) if pairs else _said(body)


def sign(
    token: str, base_url: str, path_and_query: str, form: Iterable[tuple[str, str]], algorithm: str = "sha1"
) -> str:
    """The signature the provider would give a form: used by the telephone on the screen."""
    signed = "".join(name + value for name, value in sorted(set(form)))
    return _signature(token, base_url + path_and_query + signed, algorithm).decode()


def as_body(form: Sequence[tuple[str, str]]) -> bytes:
    """A form as the provider posts it."""
    return urlencode(form).encode()


def inbound(payload: bytes, content_type: str = FORM) -> Inbound:
    """The message in the body of a webhook; what is missing is empty."""
    form = dict(reversed(_pairs(payload) or [])) if _is_form(content_type) else _said(payload)
    media = form.get("NumMedia", "0")
    return Inbound(
        sender=form.get("From", "").strip(),
        receiver=form.get("To", "").strip(),
        words=form.get("Body", ""),
        provider_id=form.get("MessageSid", ""),
        media=int(media) if media.isascii() and media.isdigit() and len(media) < 4 else 0,
        command=form.get("OptOutType", "").upper(),
    )


def report(fields: Mapping[str, str], key: str = "") -> Report | None:
    """What a status callback tells; `key` is our id from its address. None where it tells nothing."""
    status = (fields.get("MessageStatus", "") or fields.get("SmsStatus", "")).lower()
    provider_id = fields.get("MessageSid", "")
    if not provider_id or not status:
        return None
    return Report(provider_id, status, STATES.get(status), fields.get("ErrorCode", ""), key=key)


class TwilioGateway:
    """Sends text messages through the provider's REST interface."""

    def __init__(
        self, account: Twilio, base_url: str, *, seconds_to_answer: float = SECONDS_TO_ANSWER
    ) -> None:
        self.account, self.base_url = account, base_url
        self.timeout = (SECONDS_TO_CONNECT, seconds_to_answer)

    def send(self, message: Outbound) -> Sent:
        """Hand a message over. Raises TryLater, FateUnknown."""
        try:
            answer = requests.post(
                f"{self.account.api_base}/2010-04-01/Accounts/{self.account.account}/Messages.json",
                auth=(self.account.account, self.account.tokens[0]),
                data={
                    "To": message.address,
                    **self._from(message.sender),
                    "Body": message.words,
                    # Our own id: a report finds its message though we died before noting theirs.
                    "StatusCallback": f"{self.base_url}/twilio/status?{urlencode({KEY: message.key})}",
                },
                timeout=self.timeout,
            )
        except (
            requests.ConnectTimeout,
            requests.exceptions.SSLError,
            requests.exceptions.ProxyError,
        ) as error:
            raise TryLater("The provider could not be reached.") from error
        except requests.RequestException as error:
            if _never_connected(error):
                raise TryLater("The provider could not be reached.") from error
            # The connection broke after the request may have been read: it may have been accepted.
            raise FateUnknown(
                "The connection to the provider broke while the message was handed over."
            ) from error
        return _understood(answer)

    def _from(self, sender: str) -> dict[str, str]:
        sender = sender or self.account.senders[0]
        return {"MessagingServiceSid" if sender.startswith("MG") else "From": sender}


def _understood(answer: requests.Response) -> Sent:
    try:
        said = answer.json()
    except ValueError:
        said = {}
    said = said if isinstance(said, dict) else {}
    if answer.status_code in (200, 201):
        if not said.get("sid"):
            raise FateUnknown("The provider took the message but gave it no name.")
        return Sent(STATES.get(str(said.get("status")), MessageState.SENT), str(said["sid"])[:100])
    code = said.get("code")
    if answer.status_code == 429 or code in MAY_BE_RETRIED:
        raise TryLater(f"The provider asks us to wait ({code or answer.status_code}).")
    if answer.status_code >= 500:
        raise FateUnknown(f"The provider failed ({answer.status_code}) while taking the message.")
    if code == OPTED_OUT:
        return Sent(MessageState.BLOCKED, error="this number has opted out at the provider")
    return Sent(MessageState.FAILED, error=f"the provider refused it ({code or answer.status_code})")


def _never_connected(error: requests.RequestException) -> bool:
    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", cause), NewConnectionError | NameResolutionError)


# Signatures


def _algorithm(settings: str) -> str:
    """The algorithm the settings header names; without one, the provider's first."""
    for part in settings.split(","):
        name, _, value = part.partition("=")
        if name.strip() == "algorithm" and value.strip():
            return value.strip().upper()
    return "HMAC_SHA1"


def _signature(token: str, words: str, algorithm: str) -> bytes:
    return base64.b64encode(hmac.digest(token.encode(), words.encode("utf-8", "surrogatepass"), algorithm))


@lru_cache(maxsize=64)
def _addresses(base_url: str, path_and_query: str) -> tuple[str, ...]:
    """The address as configured, and with the port the provider sometimes adds or leaves out."""
    scheme, _, rest = base_url.partition("://")
    host, slash, prefix = rest.partition("/")
    port = _PORTS.get(scheme, "")
    other = host.removesuffix(port) if port and host.endswith(port) else host
    if other == host and ":" not in host.rpartition("]")[2]:
        other = host + port
    first = base_url + path_and_query
    return (first,) if other == host else (first, f"{scheme}://{other}{slash}{prefix}{path_and_query}")


def _is_form(content_type: str) -> bool:
    return not content_type or content_type.partition(";")[0].strip().lower() == FORM


def _pairs(body: bytes) -> list[tuple[str, str]] | None:
    """The fields of a form, in order; None where it cannot be read."""
    try:
        return parse_qsl(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="replace"
        )
    except ValueError:
        return None


def _is_bound(path_and_query: str, body: bytes) -> bool:
    """Whether the signed query holds the hash of the body."""
    given = parse_qs(urlsplit(path_and_query).query).get("bodySHA256", [""])[0]
    return hmac.compare_digest(hashlib.sha256(body).hexdigest().encode(), given.lower().encode())


def _said(body: bytes) -> dict[str, str]:
    """The fields of a body in JSON; none where it holds no object."""
    try:
        said: Any = json.loads(body)
    except ValueError:
        return {}
    return {name: str(value) for name, value in said.items()} if isinstance(said, dict) else {}


def _demonstration_secret(path: Path) -> str:
    """A signing secret of this installation's own, made once and readable by its owner alone."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        beside.touch(mode=0o600)
        beside.write_text(secrets.token_hex(32))
        beside.replace(path)
    return path.read_text().strip()
