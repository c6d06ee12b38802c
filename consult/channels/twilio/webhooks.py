"""What the provider posts to us: messages that came in, and statuses of those we sent."""

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from consult.channels.bodies import FORM, MOST_FIELDS, is_form
from consult.channels.ports import Inbound, Report
from consult.tables.messages import MessageState

EMPTY_REPLY: Final = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
KEY: Final = "message"
"""The name under which our id for a message stands in the address of its status callback."""

OPTED_OUT: Final = 21610
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


def inbound(payload: bytes, content_type: str = FORM) -> Inbound:
    """The message in the body of a webhook; what is missing is empty."""
    form = fields_of(payload, content_type)
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
    code = fields.get("ErrorCode", "")
    # They told the provider, which then took the message but did not pass it on.
    state = MessageState.BLOCKED if code == str(OPTED_OUT) else STATES.get(status)
    return Report(provider_id, status, state, code, key=key)


def fields_of(body: bytes, content_type: str) -> dict[str, str]:
    """The fields of a body, the first of each name; none where it cannot be read."""
    return dict(reversed(pairs_of(body) or [])) if is_form(content_type) else _said(body)


def pairs_of(body: bytes) -> list[tuple[str, str]] | None:
    """The fields of a form, in order; None where it cannot be read."""
    try:
        return parse_qsl(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="replace"
        )
    except ValueError:
        return None


def _said(body: bytes) -> dict[str, str]:
    """The fields of a body in JSON; none where it holds no object."""
    try:
        said: Any = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return {name: str(value) for name, value in said.items()} if isinstance(said, dict) else {}
