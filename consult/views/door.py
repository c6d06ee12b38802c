"""A door that stands before the application: it keeps what is posted, or says that it was not kept.

What surrounds a page (session, translation, compression, log line) costs ten
times what keeping a message does, and none of it may see a secret that stands
in an address. Something is answered with 200 only once it is on the disk.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

import structlog

from consult import db

log = structlog.get_logger()

PLAIN: Final = "text/plain; charset=utf-8"
REASONS: Final = {
    200: "OK",
    400: "Bad Request",
    403: "Forbidden",
    405: "Method Not Allowed",
    413: "Content Too Large",
    503: "Service Unavailable",
}
Environ = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What is said to whoever posted."""

    status: int
    words: bytes
    content_type: str = PLAIN


NOT_KEPT: Final = Answer(503, b"Not kept; send it again.\n")
ONLY_POSTS: Final = Answer(405, b"Only posting is of use here.\n")
TOO_LARGE: Final = Answer(413, b"Not kept: this is larger than any message.\n")


class Door:
    """Takes what is posted below a path out of the stream of requests, and lets everything else through.

    A path that ends in a slash stands for all below it, for any method: nothing
    of such an address goes further in.
    """

    def __init__(
        self,
        inside: Callable[..., Iterable[bytes]],
        path: str,
        keep: Callable[[Environ], Answer],
    ) -> None:
        self.inside, self.path, self.keep = inside, path, keep

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """A WSGI application around another."""
        if not self._is_for_us(environ.get("PATH_INFO", ""), environ["REQUEST_METHOD"]):
            return self.inside(environ, start_response)
        answer = self._answer(environ)
        if answer.status != 200:
            log.warning("not taken", door=self.path, status=answer.status)
        start_response(
            f"{answer.status} {REASONS[answer.status]}",
            [
                ("Content-Type", answer.content_type),
                ("Content-Length", str(len(answer.words))),
                ("X-Content-Type-Options", "nosniff"),
                ("Cache-Control", "no-store"),
                *([("Retry-After", "5")] if answer.status == 503 else []),
                *([("Allow", "POST")] if answer.status == 405 else []),
            ],
        )
        return [answer.words]

    def _is_for_us(self, path: str, method: str) -> bool:
        if self.path.endswith("/"):
            return path.startswith(self.path)
        return path == self.path and method == "POST"

    def _answer(self, environ: Environ) -> Answer:
        if environ["REQUEST_METHOD"] != "POST":
            return ONLY_POSTS
        try:
            return self.keep(environ)
        except (db.StorageFull, db.StorageBusy):
            return NOT_KEPT
        except Exception as error:
            # Nobody may take it for kept: whoever posted sends it again, and an operator reads of it.
            log.error("door broke", door=self.path, exc_info=error)
            return NOT_KEPT


def body_of(environ: Environ, most: int) -> bytes:
    """The posted bytes; of more than `most`, one byte beyond it and no further."""
    length = environ.get("CONTENT_LENGTH", "")
    if length.isascii() and length.isdigit():
        body: bytes = environ["wsgi.input"].read(min(int(length), most + 1))
        return body
    if environ.get("wsgi.input_terminated"):
        whole: bytes = environ["wsgi.input"].read(most + 1)
        return whole
    return b""
