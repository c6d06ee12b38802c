"""A telephone of ours as relay: it posts what it received, and takes away what it is to send.

One exchange is one JSON object each way. The telephone keeps what it was given
by our name for it, and is given it again until it has reported; so a broken
connection costs neither a message nor a second one.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import phonenumbers

from consult import keys, logs
from consult.channels.bodies import JSON, decoded, object_of, plain, unpacked, whole
from consult.channels.ports import Inbound, Kept, Outbound, Report, Sent, TryLater
from consult.errors import BarazaError
from consult.tables.messages import MessageState

STATES: Final = {
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "failed": MessageState.FAILED,
}
MOST_WANTED: Final = 50
"""How many messages a telephone may hold at once."""
MOST_BROUGHT: Final = 500
"""How many messages, and how many reports, one exchange may bring."""
MOST_BYTES: Final = 2 * 1024 * 1024


class NotUnderstood(BarazaError):
    """An exchange that is no JSON object of the agreed shape; its bytes are kept all the same."""

    def __init__(self, why: str) -> None:
        super().__init__(f"This was kept as it came, but {why}. Look at the relay's settings.")


@dataclass(frozen=True)
class Exchange:
    """What a telephone brings: messages, reports on what it sent, and how many more it wants."""

    messages: tuple["Brought", ...]
    reports: tuple[Report, ...]
    want: int


@dataclass(frozen=True)
class Brought:
    """One message: the telephone's own name for it, as it goes into the ledger, and as it is read."""

    id: Any
    kept: Kept
    heard: Inbound


def exchange_of(body: bytes) -> Exchange:
    """Read what a telephone brings. Raises NotUnderstood."""
    said = object_of(body)
    if said is None:
        raise NotUnderstood("it is no JSON object")
    brought, reports = said.get("messages") or [], said.get("reports") or []
    if not isinstance(brought, list) or not isinstance(reports, list):
        raise NotUnderstood("“messages” and “reports” are lists")
    if max(len(brought), len(reports)) > MOST_BROUGHT:
        raise NotUnderstood(f"it brings more than {MOST_BROUGHT} messages or reports at once")
    want = said.get("want")
    return Exchange(
        tuple(_brought(one) for one in brought),
        tuple(found for one in reports if isinstance(one, dict) and (found := _report(one))),
        max(0, min(want, MOST_WANTED)) if isinstance(want, int) else 0,
    )


def inbound(payload: bytes, content_type: str = JSON) -> Inbound:
    """The message in a record; what is missing or of another kind is empty."""
    said = object_of(payload) or {}
    words = _words(said.get("text"))
    receiver = plain(_words(said.get("to")))
    part, parts = _count(said.get("part")), _count(said.get("parts"))
    is_part = 1 <= part <= parts
    return Inbound(
        sender=_in_full(plain(_words(said.get("from"))), receiver),
        receiver=receiver,
        words=unpacked(words) if _words(said.get("encoding")).lower() == "base64" else words,
        provider_id=plain(_words(said.get("id"))),
        media=_count(said.get("media")),
        reference=plain(_words(said.get("reference"))) if is_part else "",
        part=part if is_part else 1,
        parts=parts if is_part else 1,
    )


def name_for(payload: bytes) -> str:
    """A name for what has none of its own: the same for the same bytes, and telling nothing about them."""
    return keys.ring().lookup(decoded(payload), "relay.message").hex()


class RelayGateway:
    """The relay among the gateways: it fetches what it sends, so nothing is handed to it."""

    def send(self, message: Outbound) -> Sent:
        """Refuse. Raises TryLater."""
        raise TryLater("The relay telephone fetches its messages itself.")


def _brought(one: Any) -> Brought:
    payload = json.dumps(one, sort_keys=True).encode()
    heard = inbound(payload)
    # A telephone that was set up anew counts from one again: only the same words under the same
    # name are the same message. So all of it together is its name here.
    return Brought(
        one.get("id") if isinstance(one, dict) else None, Kept(name_for(payload), payload, JSON), heard
    )


def _report(one: Mapping[str, Any]) -> Report | None:
    name, status = plain(_words(one.get("message"))), plain(_words(one.get("status"))).lower()
    if not name or not status:
        return None
    part, parts = _count(one.get("part")), _count(one.get("parts"))
    return Report(
        name,
        status,
        STATES.get(status),
        # A telephone may name the number in its reason; a number never lies in the open here.
        logs.scrubbed(plain(_words(one.get("error")))),
        part=part if part <= parts else 0,
        parts=parts if part <= parts else 0,
    )


def _in_full(sender: str, receiver: str) -> str:
    """A number with its country; some networks leave out their own, which is that of our telephone."""
    if sender.startswith("+") or not 7 <= sum(one.isdigit() for one in sender) <= 15:
        return sender
    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(receiver, None))
        number = phonenumbers.parse(sender, region)
    except phonenumbers.NumberParseException:
        return sender
    if not phonenumbers.is_valid_number(number):
        return sender
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _words(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return ""
    return whole(value) if isinstance(value, str) else str(value) if isinstance(value, int) else ""


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 255 else 0
