"""A bad line between a telephone and the server: it loses requests, loses answers, or is not there at all.

What is lost on the way there never reaches the server; what is lost on the way
back the server has done. Which of the two happened the telephone cannot tell.
"""

import http.client
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from urllib.parse import urlsplit

BLANK = "/field/blank"
"""A page without anything on it, for tests of the engine behind the screens."""
_OWN = {"connection", "transfer-encoding", "keep-alive", "content-length", "accept-encoding", "host"}


@dataclass
class Line:
    """A line to `server`; `loses` is the share of requests to the field's doors that do not come back."""

    server: str
    loses: float = 0.0
    is_up: bool = True
    random: Random = field(default_factory=lambda: Random(5))
    happened: Counter[str] = field(default_factory=Counter)
    changes: Callable[[str, bytes], bytes] | None = None
    address: str = ""

    def fate(self, path: str) -> str:
        """What becomes of a request: `whole`, `lost there`, `lost back` or `cut back`."""
        if not self.is_up:
            return "no line"
        if "/field/workshops/" not in path or self.random.random() >= self.loses:
            return "whole"
        return self.random.choice(("lost there", "lost back", "cut back"))


@contextmanager
def a_line(server: str) -> Iterator[Line]:
    """A line to a server, on an address of its own on loopback."""
    line = Line(server)

    class Handler(_Handler):
        pass

    Handler.line = line
    proxy = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    proxy.daemon_threads = True
    line.address = f"http://127.0.0.1:{proxy.server_port}"
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield line
    finally:
        proxy.shutdown()
        proxy.server_close()


class _Handler(BaseHTTPRequestHandler):
    line: Line
    protocol_version = "HTTP/1.0"

    def do_GET(self) -> None:
        if self.path.startswith(BLANK) and self.line.is_up:
            self._answer(200, [("Content-Type", "text/html")], b"<!doctype html><title>blank</title>")
            return
        self._carry()

    do_POST = do_PUT = do_HEAD = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _carry(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fate = self.line.fate(self.path)
        self.line.happened[fate] += 1
        if fate in ("no line", "lost there"):
            self._hang_up()
            return
        status, headers, answer = self._asked(body)
        if fate == "lost back":
            self._hang_up()
        elif fate == "cut back":
            self._answer(status, headers, answer, cut=len(answer) // 2)
        else:
            self._answer(status, headers, answer)

    def _asked(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        parts = urlsplit(self.line.server)
        there = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        kept = {name: value for name, value in self.headers.items() if name.lower() not in _OWN}
        there.request(self.command, self.path, body or None, {**kept, "Host": self.headers["Host"]})
        answer = there.getresponse()
        told = answer.read()
        there.close()
        headers = [(name, value) for name, value in answer.getheaders() if name.lower() not in _OWN]
        if self.line.changes is not None:
            told = self.line.changes(self.path, told)
        return answer.status, headers, told

    def _answer(self, status: int, headers: list[tuple[str, str]], told: bytes, *, cut: int = -1) -> None:
        with suppress(OSError):
            self.send_response_only(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(told[:cut] if cut >= 0 else told)
                self.wfile.flush()
        if cut >= 0:
            self._hang_up()

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
