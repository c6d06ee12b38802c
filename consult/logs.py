"""Logs: one JSON object a line, without personal data.

Whatever looks like a telephone number or an e-mail address is blotted out, and
so is every field that could hold someone's words, wherever it was logged from.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

WITHHELD = frozenset(
    (
        *(
            "address",
            "author",
            "body",
            "comment",
            "cookie",
            "email",
            "form",
            "from",
            "ip",
            "name",
            "password",
        ),
        *("payload", "phone", "proposal", "query", "quote", "remote_addr", "secret", "text", "to", "token"),
        *("url", "user_agent", "words"),
    )
)
BLOT = "[withheld]"
_EMAIL = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+\.[^\s@<>\"']+")
# Ids, dates and times stay; then seven digits and more are a number, with what people put between
# them and however an address or a library wrote them; so is a long run of digits spelled in hexadecimal.
_KEPT_OR_NUMBER = re.compile(
    r"(?P<kept>(?<![\w-])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|(?:[A-Z]{2})?(?=[0-9a-f]*[a-f])(?!(?:2b)?(?:3\d){7})[0-9a-f]{12,40}"
    r"|\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?)(?![\w-]))"
    r"|(?:2b)?(?:3\d){7,}"
    r"|(?:%2[Bb]|\+)?\d(?:[\s().\-_/]{0,2}\d){6,}"
)


def set_up(*, stream: Any = None, level: int = logging.INFO) -> None:
    """Write the process's logs to standard error as JSON lines."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _with_short_failure,
            scrub,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_Bridge()], force=True)


def scrub(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The event with personal data blotted out."""
    for name, value in list(event.items()):
        if name in WITHHELD:
            event[name] = BLOT
        elif isinstance(value, str) and name not in ("timestamp", "level"):
            event[name] = scrubbed(value)
    return event


def scrubbed(words: str) -> str:
    """The words without e-mail addresses and number-like strings."""
    words = _EMAIL.sub(BLOT, words)
    return _KEPT_OR_NUMBER.sub(lambda found: found["kept"] or BLOT, words)


def _with_short_failure(
    logger: Any, method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Where and what kind an error was; never its message, which may quote what someone wrote."""
    failure = event.pop("exc_info", None)
    failure = sys.exc_info()[1] if failure is True else failure
    failure = failure[1] if isinstance(failure, tuple) else failure
    if isinstance(failure, BaseException):
        event["failure"] = type(failure).__name__
        event["trace"] = list(_places(failure))[-12:]
    return event


def _places(failure: BaseException) -> Any:
    trace = failure.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        yield f"{'/'.join(code.co_filename.split('/')[-2:])} {code.co_name} {trace.tb_lineno}"
        trace = trace.tb_next


class _Bridge(logging.Handler):
    """Libraries' own warnings, scrubbed like ours."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().warning(
            record.getMessage()[:500], logger=record.name, exc_info=record.exc_info or None
        )
