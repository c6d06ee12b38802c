"""A stand-in for a provider that speaks as Africa's Talking does, on loopback.

It takes messages, says what became of them in its own codes, and posts what came
in and its delivery reports to addresses of ours that end in a secret.
"""

import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from itertools import count
from typing import Any
from urllib.parse import parse_qsl

import requests

from tests.standins.listening import body_of, listening, reply

STATUSES = {
    100: "Processed",
    101: "Success",
    102: "Queued",
    402: "InvalidSenderId",
    403: "InvalidPhoneNumber",
    405: "InsufficientBalance",
    406: "UserInBlacklist",
    407: "CouldNotRoute",
    500: "InternalServerError",
    501: "GatewayError",
    502: "RejectedByGateway",
}


@dataclass
class Mood:
    """How the next message is answered: an HTTP status, a code of theirs, a delay, or a broken connection."""

    status: int = 201
    code: int = 101
    word: str = ""
    seconds: float = 0.0
    breaks: bool = False


@dataclass
class Provider:
    """The provider's state: what it took, and how it will answer next."""

    username: str
    api_key: str
    url: str = ""
    accepted: list[dict[str, str]] = field(default_factory=list)
    moods: deque[Mood] = field(default_factory=deque)
    serial: Iterator[int] = field(default_factory=lambda: count(1))

    def will(self, **mood: Any) -> None:
        """Answer the next message this way."""
        self.moods.append(Mood(**mood))

    def receive(self, words: str, sender: str, *, to: str = "20880") -> dict[str, str]:
        """Somebody texts its short code: the form it will post."""
        return {
            "date": "2026-03-02 09:00:00",
            "from": sender,
            "id": f"b9ed-{next(self.serial):08x}",
            "linkId": "SampleLinkId123",
            "text": words,
            "to": to,
            "networkCode": "64004",
        }

    def post(self, form: dict[str, str], *, to: str) -> int:
        """Post a form to an address of ours."""
        return requests.post(to, form, timeout=10).status_code

    def report(self, name: str, statuses: Iterable[str], *, to: str) -> list[int]:
        """Report statuses of a message."""
        base = {"id": name, "phoneNumber": "+255700000001", "networkCode": "64004", "retryCount": "0"}
        reasons = {"Failed": "DeliveryFailure", "Rejected": "UserInactive"}
        return [
            self.post({**base, "status": one, "failureReason": reasons.get(one, "")}, to=to)
            for one in statuses
        ]

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Take a message as the provider would."""
        fields = dict(parse_qsl(body_of(handler).decode(), keep_blank_values=True))
        mood = self.moods.popleft() if self.moods else Mood()
        time.sleep(mood.seconds)
        if handler.path != "/version1/messaging":
            reply(handler, 404, None)
        elif handler.headers.get("apiKey") != self.api_key or fields.get("username") != self.username:
            reply(handler, 401, None)
        elif mood.status != 201:
            reply(handler, mood.status, None)
        elif mood.word:
            reply(handler, 201, {"SMSMessageData": {"Message": mood.word, "Recipients": []}})
        else:
            self._take(handler, fields, mood)

    def _take(self, handler: BaseHTTPRequestHandler, fields: dict[str, str], mood: Mood) -> None:
        name = f"ATXid_{next(self.serial):032x}" if mood.code < 400 else "None"
        if mood.code < 400:
            self.accepted.append({**fields, "name": name})
        if mood.breaks:
            handler.connection.close()
            return
        recipient = {
            "statusCode": mood.code,
            "number": fields["to"],
            "status": STATUSES[mood.code],
            "cost": "TZS 22.0000",
            "messageId": name,
        }
        said = {"Message": "Sent to 1/1 Total Cost: TZS 22.0000", "Recipients": [recipient]}
        reply(handler, 201, {"SMSMessageData": said})


@contextmanager
def serving(username: str = "baraza", api_key: str = "key") -> Iterator[Provider]:
    """A provider that listens until the block ends."""
    provider = Provider(username, api_key)
    with listening(provider.answer) as url:
        provider.url = url
        yield provider
