"""The provider's REST interface: sending, finding what may have left, listing what came in, blanking.

Sending has no idempotency key: after a broken connection nobody knows whether
the message left, so it is looked for before a person sends it again.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlencode

import requests

from consult.channels import posting
from consult.channels.bodies import FORM, as_form
from consult.channels.ports import FateUnknown, Kept, Outbound, Sent, TryLater
from consult.channels.twilio.webhooks import KEY, OPTED_OUT, STATES
from consult.config import Twilio
from consult.tables.messages import MessageState

NOT_THERE: Final = 20404
# Throttled, not signed in, and the two ways to say that the queue is full.
MAY_BE_RETRIED: Final = frozenset({20429, 20003, 21611, 30001})
# The most that the provider gives at once.
PAGE: Final = 1000
# What a webhook calls the fields that the list of messages calls so.
_AS_POSTED: Final = {
    "MessageSid": "sid",
    "SmsSid": "sid",
    "AccountSid": "account_sid",
    "MessagingServiceSid": "messaging_service_sid",
    "From": "from",
    "To": "to",
    "Body": "body",
    "NumSegments": "num_segments",
    "NumMedia": "num_media",
}


class TwilioGateway:
    """Sends text messages through the provider's REST interface."""

    def __init__(
        self, account: Twilio, base_url: str, *, seconds_to_answer: float = posting.SECONDS_TO_ANSWER
    ) -> None:
        self.account, self.base_url, self.seconds_to_answer = account, base_url, seconds_to_answer
        self._path = f"/2010-04-01/Accounts/{account.account}/Messages"

    def send(self, message: Outbound) -> Sent:
        """Hand a message over. Raises TryLater, FateUnknown."""
        answer = posting.hand_over(
            f"{self.account.api_base}{self._path}.json",
            auth=self._signed_in,
            data={
                "To": message.address,
                **self._from(message.sender),
                "Body": message.words,
                # Our own id: a report finds its message though we died before noting theirs.
                "StatusCallback": f"{self.base_url}/twilio/status?{urlencode({KEY: message.key})}",
            },
            seconds_to_answer=self.seconds_to_answer,
        )
        return _understood(answer)

    def find(self, message: Outbound, since: datetime) -> Sent | None:
        """The newest message to this address in these words since then; None without one. Raises TryLater."""
        wanted = _comparable(message.words)
        for found in self._listed(since, To=message.address):
            if str(found.get("direction", "")).startswith("outbound") and wanted == _comparable(
                str(found.get("body") or "")
            ):
                return _sent(found)
        return None

    def emptied(self, address: str, since: datetime) -> Iterator[str]:
        """The names of what we sent to this address since then and is blank there. Raises TryLater."""
        for found in self._listed(since, To=address):
            if str(found.get("direction", "")).startswith("outbound") and not found.get("body"):
                yield str(found["sid"])

    def received(self, since: datetime) -> Iterator[Kept]:
        """Every message that came in since then, as its webhook would have posted it. Raises TryLater."""
        for sender in self.account.senders:
            pool = sender.startswith("MG")
            # The provider's own pool has numbers we do not know: its messages name the pool.
            for found in self._listed(since, **({} if pool else {"To": sender})):
                if found.get("direction") == "inbound" and (
                    not pool or found.get("messaging_service_sid") == sender
                ):
                    yield _as_posted(found)

    def blank(self, provider_id: str) -> None:
        """Have the words of a message deleted at the provider; nothing where it is gone. Raises TryLater."""
        answer = self._ask("POST", f"{self._path}/{provider_id}.json", data={"Body": ""})
        code = posting.object_in(answer).get("code")
        if answer.status_code not in (200, 204) and code != NOT_THERE and answer.status_code != 404:
            raise TryLater(f"The provider did not delete the words ({code or answer.status_code}).")

    @property
    def _signed_in(self) -> tuple[str, str]:
        return self.account.account, self.account.tokens[0]

    def _from(self, sender: str) -> dict[str, str]:
        sender = sender or self.account.senders[0]
        return {"MessagingServiceSid" if sender.startswith("MG") else "From": sender}

    def _listed(self, since: datetime, **filters: str) -> Iterator[Mapping[str, Any]]:
        """The provider's messages since then, newest first, page after page. Raises TryLater."""
        # The filter is called `DateSent>`: with the equals sign after it, it reads as it means.
        moment = f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        path = f"{self._path}.json?{urlencode({**filters, 'DateSent>': moment, 'PageSize': PAGE})}"
        while path:
            answer = self._ask("GET", path)
            said = posting.object_in(answer)
            if answer.status_code != 200:
                raise TryLater(f"The provider gave no list ({said.get('code') or answer.status_code}).")
            found = said.get("messages")
            for one in found if isinstance(found, list) else ():
                # The provider may take only the day of the filter.
                if isinstance(one, dict) and one.get("sid") and not _is_before(one, since):
                    yield one
            following = said.get("next_page_uri")
            # Only ever a path: our secret goes to no other address.
            path = following if isinstance(following, str) and following.startswith("/2010-04-01/") else ""

    def _ask(self, method: str, path: str, **given: Any) -> requests.Response:
        return posting.ask(
            method,
            f"{self.account.api_base}{path}",
            auth=self._signed_in,
            allow_redirects=False,
            seconds_to_answer=self.seconds_to_answer,
            **given,
        )


def _understood(answer: requests.Response) -> Sent:
    said = posting.object_in(answer)
    if answer.status_code in (200, 201):
        if not said.get("sid"):
            raise FateUnknown("The provider took the message but gave it no name.")
        return _sent(said)
    code = said.get("code")
    if answer.status_code == 429 or code in MAY_BE_RETRIED:
        raise TryLater(f"The provider asks us to wait ({code or answer.status_code}).")
    if answer.status_code >= 500:
        raise FateUnknown(f"The provider failed ({answer.status_code}) while taking the message.")
    if code == OPTED_OUT:
        return Sent(MessageState.BLOCKED, error="this number has opted out at the provider")
    return Sent(MessageState.FAILED, error=f"the provider refused it ({code or answer.status_code})")


def _sent(said: Mapping[str, Any]) -> Sent:
    return Sent(STATES.get(str(said.get("status")), MessageState.SENT), str(said["sid"])[:100])


def _is_before(found: Mapping[str, Any], since: datetime) -> bool:
    """Whether a message is certainly older; the provider counts whole seconds."""
    written = found.get("date_sent") or found.get("date_created")
    try:
        moment = parsedate_to_datetime(str(written))
    except ValueError:
        return False
    return moment.tzinfo is not None and moment < since.replace(microsecond=0)


def _comparable(words: str) -> str:
    """Words without what a provider may tidy: spaces at the ends, kinds of line ends."""
    return "\n".join(line.rstrip() for line in words.strip().splitlines())


def _as_posted(found: Mapping[str, Any]) -> Kept:
    form = [(name, str(found[key])) for name, key in _AS_POSTED.items() if found.get(key) is not None]
    return Kept(str(found["sid"]), as_form(form), FORM)
