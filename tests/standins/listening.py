"""Listening on loopback: what every stand-in for a provider does, whatever it answers."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@contextmanager
def listening(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """Have every request answered until the block ends. Gives the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            answer(self)

        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def body_of(handler: BaseHTTPRequestHandler) -> bytes:
    """What was posted."""
    return handler.rfile.read(int(handler.headers.get("Content-Length", "0")))


def reply(handler: BaseHTTPRequestHandler, status: int, said: dict[str, Any] | None) -> None:
    """Answer with JSON, or with nothing."""
    body = json.dumps(said).encode() if said is not None else b""
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    # Whoever asked may have lost patience.
    with suppress(ConnectionError):
        handler.wfile.write(body)
