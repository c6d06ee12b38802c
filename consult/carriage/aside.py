"""Aside: what a duty does in a thread of its own, because it talks with somebody far away.

Duties are done one after the other; one that waits for a provider must not keep
texts from being read meanwhile.
"""

import threading
from collections.abc import Callable

import structlog

log = structlog.get_logger()

_running: dict[str, threading.Thread] = {}


def do(name: str, deed: Callable[[], object]) -> bool:
    """Do something aside, unless its last time still goes on: then False."""
    last = _running.get(name)
    if last is not None and last.is_alive():
        return False
    thread = threading.Thread(target=_carefully, args=(name, deed), name=name, daemon=True)
    _running[name] = thread
    thread.start()
    return True


def _carefully(name: str, deed: Callable[[], object]) -> None:
    try:
        deed()
    except Exception as error:
        # Its duty comes round again.
        log.error("duty failed", duty=name, exc_info=error)
