"""A stand-in for the SMS provider's REST interface, on loopback.

It keeps what it was handed and what people sent to its numbers; lists both page
by page with the provider's filters; blanks words; answers as told (accept,
refuse with a code, throttle, fail, answer slowly, or break the connection after
accepting); and posts messages and statuses to webhooks, signed, repeated and in
any order.
"""

import base64
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests

from consult.channels import twilio
from tests.standins.listening import body_of, listening, reply

OURS = "+12025550100"
FINAL = ("delivered", "undelivered", "failed", "canceled", "received", "read")


@dataclass
class Mood:
    """How the next request is answered: an HTTP status, an error code, a delay, or a broken connection."""

    status: int = 201
    code: int | None = None
    seconds: float = 0.0
    breaks: bool = False
    accepts: bool = True


@dataclass
class Resource:
    """One message as the provider keeps it."""

    sid: str
    sender: str
    receiver: str
    body: str
    direction: str
    status: str
    at: datetime
    fields: dict[str, str] = field(default_factory=dict)

    def shown(self, account: str) -> dict[str, Any]:
        """The message as the provider lists it."""
        return {
            "sid": self.sid,
            "account_sid": account,
            "messaging_service_sid": self.fields.get("MessagingServiceSid"),
            "from": self.sender,
            "to": self.receiver,
            "body": self.body,
            "direction": self.direction,
            "status": self.status,
            "num_segments": "1",
            "num_media": self.fields.get("NumMedia", "0"),
            "date_created": format_datetime(self.at),
            "date_sent": format_datetime(self.at),
            "date_updated": format_datetime(self.at),
            "error_code": None,
            "error_message": None,
            "api_version": "2010-04-01",
            "price": None,
            "price_unit": "USD",
            "uri": f"/2010-04-01/Accounts/{account}/Messages/{self.sid}.json",
            "subresource_uris": {},
        }

    def posted(self, account: str) -> list[tuple[str, str]]:
        """An incoming message as its webhook posts it."""
        return [
            ("MessageSid", self.sid),
            ("SmsSid", self.sid),
            ("AccountSid", account),
            ("From", self.sender),
            ("To", self.receiver),
            ("Body", self.body),
            ("NumSegments", "1"),
            ("NumMedia", self.fields.get("NumMedia", "0")),
            *([("OptOutType", self.fields["OptOutType"])] if "OptOutType" in self.fields else []),
        ]


@dataclass
class Provider:
    """The provider's state: every message it keeps, and how it will answer next."""

    account: str
    token: str
    url: str = ""
    page: int = 1000
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    messages: list[Resource] = field(default_factory=list)
    moods: deque[Mood] = field(default_factory=deque)
    asked: list[str] = field(default_factory=list)
    serial: Iterator[int] = field(default_factory=count)

    @property
    def accepted(self) -> list[dict[str, str]]:
        """What it was handed, oldest first."""
        return [{**one.fields, "Sid": one.sid} for one in self.messages if one.direction == "outbound-api"]

    def will(self, **mood: Any) -> None:
        """Answer the next request this way."""
        self.moods.append(Mood(**mood))

    def receive(self, words: str, sender: str, *, to: str = OURS, **fields: str) -> Resource:
        """Somebody texts one of its numbers."""
        one = Resource(self._sid(), sender, to, words, "inbound", "received", self.clock(), fields)
        self.messages.append(one)
        return one

    def deliver(self, one: Resource, *, to: str, base_url: str, path: str = "/twilio/sms") -> int:
        """Post a message to its webhook, which answers at `to` and is known as `base_url`."""
        form = one.posted(self.account)
        signature = twilio.sign(self.token, base_url, path, form)
        headers = {twilio.SIGNATURE: signature, "Content-Type": twilio.FORM}
        return requests.post(to, twilio.as_body(form), headers=headers, timeout=10).status_code

    def report(self, sid: str, statuses: Iterable[str], *, to: str = "", base_url: str = "") -> list[int]:
        """Report statuses of a message to its callback; `to` reroutes it, `base_url` is what is signed."""
        message = next(one for one in self.accepted if one["Sid"] == sid)
        answers = []
        for status in statuses:
            form = [("MessageSid", sid), ("MessageStatus", status), ("AccountSid", self.account)]
            address = urlsplit(message["StatusCallback"])
            origin = base_url or f"{address.scheme}://{address.netloc}"
            path = f"{address.path}?{address.query}" if address.query else address.path
            signature = twilio.sign(self.token, origin, path, form)
            answer = requests.post(
                (to + path) if to else message["StatusCallback"],
                form,
                headers={twilio.SIGNATURE: signature},
                timeout=10,
            )
            answers.append(answer.status_code)
        return answers

    def settle(self, sid: str, status: str) -> None:
        """Let a message come to this status."""
        self._called(sid).status = status

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer as the provider would."""
        fields = dict(parse_qsl(body_of(handler).decode(), keep_blank_values=True))
        mood = self.moods.popleft() if self.moods else Mood()
        self.asked.append(f"{handler.command} {handler.path}")
        time.sleep(mood.seconds)
        expected = base64.b64encode(f"{self.account}:{self.token}".encode()).decode()
        if handler.headers.get("Authorization") != f"Basic {expected}":
            mood = Mood(status=401, code=20003)
        if mood.status != 201:
            _refuse(handler, mood.status, mood.code)
            return
        base = f"/2010-04-01/Accounts/{self.account}/Messages"
        address = urlsplit(handler.path)
        if address.path == f"{base}.json" and handler.command == "POST":
            self._take(handler, fields, mood)
        elif address.path == f"{base}.json":
            self._list(handler, dict(parse_qsl(address.query)))
        elif address.path.startswith(f"{base}/") and handler.command == "POST":
            self._change(handler, address.path.removeprefix(f"{base}/").removesuffix(".json"), fields)
        else:
            _refuse(handler, 404, 20404)

    def _take(self, handler: BaseHTTPRequestHandler, fields: dict[str, str], mood: Mood) -> None:
        sender = fields.get("From") or fields.get("MessagingServiceSid", "")
        if not fields.get("Body") or not sender:
            _refuse(handler, 400, 21602 if not fields.get("Body") else 21603)
            return
        one = Resource(
            self._sid(), sender, fields["To"], fields["Body"], "outbound-api", "queued", self.clock(), fields
        )
        if mood.accepts:
            self.messages.append(one)
        if mood.breaks:
            handler.connection.close()
            return
        reply(handler, 201, one.shown(self.account))

    def _list(self, handler: BaseHTTPRequestHandler, query: dict[str, str]) -> None:
        """Newest first, in pages whose next is named by a token as the provider does."""
        since = query.get("DateSent>")
        found = [
            one
            for one in reversed(self.messages)
            if query.get("To") in (None, one.receiver)
            and query.get("From") in (None, one.sender)
            and (since is None or one.at >= datetime.fromisoformat(since.replace("Z", "+00:00")))
        ]
        size = min(int(query.get("PageSize", "50")), self.page)
        begin = int(query.get("PageToken", "PA0")[2:])
        end = begin + size
        base = f"/2010-04-01/Accounts/{self.account}/Messages.json"
        following = f"{base}?{urlencode({**query, 'PageToken': f'PA{end}'})}" if end < len(found) else None
        shown = [one.shown(self.account) for one in found[begin:end]]
        reply(handler, 200, {"messages": shown, "page_size": size, "next_page_uri": following})

    def _change(self, handler: BaseHTTPRequestHandler, sid: str, fields: dict[str, str]) -> None:
        one = next((one for one in self.messages if one.sid == sid), None)
        if one is None:
            _refuse(handler, 404, 20404)
        elif one.status not in FINAL:
            _refuse(handler, 400, 20009)
        elif fields.get("Body") != "":
            _refuse(handler, 400, 21201)
        else:
            one.body = ""
            reply(handler, 200, one.shown(self.account))

    def _called(self, sid: str) -> Resource:
        return next(one for one in self.messages if one.sid == sid)

    def _sid(self) -> str:
        return f"SM{next(self.serial):032x}"


@contextmanager
def serving(account: str = "AC" + "0" * 32, token: str = "secret") -> Iterator[Provider]:
    """A provider that listens until the block ends."""
    provider = Provider(account, token)
    with listening(provider.answer) as url:
        provider.url = url
        yield provider


def _refuse(handler: BaseHTTPRequestHandler, status: int, code: int | None) -> None:
    reply(handler, status, {"code": code, "message": "refused", "more_info": "", "status": status})
