"""A stand-in for the SMS provider's REST interface, on loopback.

It keeps what it was handed, answers as told (accept, refuse with a code,
throttle, fail, answer slowly, or break the connection after accepting), and
reports statuses to the callback address, signed, repeated and in any order.
"""

import base64
import json
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from consult.channels import twilio


@dataclass
class Mood:
    """How the next message is answered: an HTTP status, an error code, a delay, or a broken connection."""

    status: int = 201
    code: int | None = None
    seconds: float = 0.0
    breaks: bool = False
    accepts: bool = True


@dataclass
class Provider:
    """The provider's state: what it accepted, and how it will answer next."""

    account: str
    token: str
    url: str = ""
    accepted: list[dict[str, str]] = field(default_factory=list)
    moods: deque[Mood] = field(default_factory=deque)

    def will(self, **mood: Any) -> None:
        """Answer the next message this way."""
        self.moods.append(Mood(**mood))

    def report(self, sid: str, statuses: Iterable[str], *, to: str = "", base_url: str = "") -> list[int]:
        """Report statuses of a message to its callback; `to` reroutes it, `base_url` is what is signed."""
        message = next(one for one in self.accepted if one["Sid"] == sid)
        answers = []
        for status in statuses:
            form = [("MessageSid", sid), ("MessageStatus", status), ("AccountSid", self.account)]
            address = urlsplit(message["StatusCallback"])
            origin = base_url or f"{address.scheme}://{address.netloc}"
            signature = twilio.sign(self.token, origin, address.path, form)
            answer = requests.post(
                to or message["StatusCallback"], form, headers={twilio.SIGNATURE: signature}, timeout=10
            )
            answers.append(answer.status_code)
        return answers

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Take a message as the provider would."""
        length = int(handler.headers.get("Content-Length", "0"))
        fields = dict(parse_qsl(handler.rfile.read(length).decode(), keep_blank_values=True))
        mood = self.moods.popleft() if self.moods else Mood()
        time.sleep(mood.seconds)
        expected = base64.b64encode(f"{self.account}:{self.token}".encode()).decode()
        if handler.headers.get("Authorization") != f"Basic {expected}":
            mood = Mood(status=401, code=20003)
        elif handler.path != f"/2010-04-01/Accounts/{self.account}/Messages.json":
            mood = Mood(status=404, code=20404)
        elif not fields.get("Body") or not fields.get("From"):
            mood = Mood(status=400, code=21602 if not fields.get("Body") else 21603)
        sid = f"SM{len(self.accepted):032x}"
        if mood.status == 201 and mood.accepts:
            self.accepted.append({**fields, "Sid": sid})
        if mood.breaks:
            handler.connection.close()
            return
        if mood.status == 201:
            _reply(handler, 201, {"sid": sid, "status": "queued"})
        else:
            _reply(handler, mood.status, {"code": mood.code, "message": "refused", "status": mood.status})


@contextmanager
def serving(account: str = "AC" + "0" * 32, token: str = "secret") -> Iterator[Provider]:
    """A provider that listens until the block ends."""
    provider = Provider(account, token)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            provider.answer(self)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()


def _reply(handler: BaseHTTPRequestHandler, status: int, said: dict[str, Any]) -> None:
    body = json.dumps(said).encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
