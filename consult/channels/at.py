"""A provider that speaks as Africa's Talking does: forms in, forms out, and nothing signed.

Because it signs nothing, a secret of ours stands at the end of the addresses it
posts to. It names each message when it takes it, and reports by that name.
"""

from collections.abc import Mapping
from typing import Any, Final

import requests

from consult.channels import posting
from consult.channels.bodies import FORM, form_of, plain
from consult.channels.ports import FateUnknown, Inbound, Outbound, Report, Sent, TryLater
from consult.config import At
from consult.tables.messages import MessageState

STATES: Final = {
    "sent": MessageState.SENT,
    "submitted": MessageState.SENT,
    "buffered": MessageState.SENT,
    "success": MessageState.DELIVERED,
    "rejected": MessageState.FAILED,
    "failed": MessageState.FAILED,
    "absentsubscriber": MessageState.FAILED,
    "expired": MessageState.FAILED,
}
"""What the provider's words in a report mean; capitals do not matter."""

TAKEN: Final = frozenset({100, 101, 102})
# No credit: an operator pays, and it can go then.
MAY_BE_RETRIED: Final = frozenset({405})
# It broke on their side after they had read the message.
NOBODY_KNOWS: Final = frozenset({500, 501})
BLACKLISTED: Final = 406


def inbound(payload: bytes, content_type: str = FORM) -> Inbound:
    """The message in the body of a webhook, or the leaving that they told the provider; what is missing is
    empty."""
    form = form_of(payload)
    if "from" not in form and form.get("phoneNumber"):
        return Inbound(plain(form["phoneNumber"]), plain(form.get("senderId", "")), "", "", command="STOP")
    return Inbound(
        sender=plain(form.get("from", "")),
        receiver=plain(form.get("to", "")),
        words=form.get("text", ""),
        provider_id=plain(form.get("id", "")),
    )


def report(fields: Mapping[str, str]) -> Report | None:
    """What a delivery report tells; None where it tells nothing."""
    provider_id, status = plain(fields.get("id", "")), plain(fields.get("status", ""))
    if not provider_id or not status:
        return None
    state = STATES.get(status.lower().replace(" ", ""))
    reason = fields.get("failureReason", "")
    return Report(provider_id, status, state, _word(reason) if reason else "")


class AtGateway:
    """Sends text messages through the provider's REST interface."""

    def __init__(self, account: At, *, seconds_to_answer: float = posting.SECONDS_TO_ANSWER) -> None:
        self.account, self.seconds_to_answer = account, seconds_to_answer

    def send(self, message: Outbound) -> Sent:
        """Hand a message over. Raises TryLater, FateUnknown."""
        sender = message.sender or self.account.senders[0]
        answer = posting.hand_over(
            f"{self.account.api_base}/version1/messaging",
            headers={"apiKey": self.account.api_key, "Accept": "application/json"},
            data={
                "username": self.account.username,
                "to": message.address,
                "message": message.words,
                **({"from": sender} if sender else {}),
            },
            # Our key goes to no other address.
            allow_redirects=False,
            seconds_to_answer=self.seconds_to_answer,
        )
        return _understood(answer)


def _understood(answer: requests.Response) -> Sent:
    if answer.status_code in (401, 403, 429):
        raise TryLater(f"The provider did not let us in ({answer.status_code}).")
    if answer.status_code >= 500:
        raise FateUnknown(f"The provider failed ({answer.status_code}) while taking the message.")
    if answer.status_code not in (200, 201):
        return Sent(MessageState.FAILED, error=f"the provider refused it ({answer.status_code})")
    said = posting.object_in(answer).get("SMSMessageData")
    if not isinstance(said, dict):
        raise FateUnknown("The provider answered in words we do not know.")
    recipients = said.get("Recipients")
    if not isinstance(recipients, list) or not recipients or not isinstance(recipients[0], dict):
        # It says why in one word, such as InvalidSenderId, and has taken nothing.
        return Sent(MessageState.FAILED, error=f"the provider refused it ({_word(said.get('Message'))})")
    return _fate(recipients[0])


def _fate(recipient: Mapping[str, Any]) -> Sent:
    code, name = recipient.get("statusCode"), str(recipient.get("messageId") or "")
    status = _word(recipient.get("status"))
    if code in TAKEN:
        if not name or name == "None":
            raise FateUnknown("The provider took the message but gave it no name.")
        return Sent(MessageState.SENT, name[:100])
    if code in MAY_BE_RETRIED:
        raise TryLater(f"The provider asks us to wait ({status}).")
    if code in NOBODY_KNOWS:
        raise FateUnknown(f"The provider failed ({status}) while taking the message.")
    if code == BLACKLISTED:
        return Sent(MessageState.BLOCKED, error="this number has opted out at the provider")
    return Sent(MessageState.FAILED, error=f"the provider refused it ({status})")


def _word(said: object) -> str:
    """The provider's one word for something; nothing where it says more, which could name a number."""
    word = str(said or "").strip()
    return word if word.isalnum() and not word.isdigit() and len(word) <= 40 else "without a reason"
