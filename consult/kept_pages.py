"""Kept pages: public pages made and compressed once, then given out until something changes.

A page is kept for people who are not signed in. While no commit has happened in
this process, and for at most `FRESH` seconds, it is given out without a question
to the database; after that its stamp (what the page was made from) is asked for,
and only a changed stamp makes the page anew. Another process's commit is
therefore seen after `FRESH` seconds at the latest.
"""

import gzip
import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import wraps
from itertools import count
from typing import Any, Concatenate, NamedTuple, ParamSpec

import brotli
import sqlalchemy as sa
from flask import Response, current_app, g, make_response, request, session
from sqlalchemy import event
from sqlalchemy.orm import Session as OrmSession
from sqlmodel import Session

from consult import db, look

FRESH = 3.0
"""Seconds."""
MOST_BYTES = 48_000_000
"""All kept pages of a process together."""
SHOWN_BY = ("chapter", "page")
"""The questions in an address that make another page; all others are ignored."""

P = ParamSpec("P")


class Page(NamedTuple):
    """A page not yet made: what it depends on, and how to make it."""

    stamp: Hashable
    make: Callable[[], str]
    status: int = 200


@dataclass
class _Kept:
    stamp: Hashable
    status: int
    body: bytes
    tag: str
    made_at: datetime
    commits: int
    asked_at: float
    encoded: dict[str, bytes] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return len(self.body) + sum(len(body) for body in self.encoded.values())


class Shelf:
    """The kept pages of one application; the least recently used give way."""

    def __init__(self) -> None:
        self._pages: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._lock = threading.Lock()
        self._bytes = 0

    def get(self, key: Hashable) -> _Kept | None:
        """The page kept under this key."""
        with self._lock:
            page = self._pages.get(key)
            if page is not None:
                self._pages.move_to_end(key)
            return page

    def keep(self, key: Hashable, page: _Kept) -> None:
        """Keep a page, in place of what was there."""
        with self._lock:
            before = self._pages.pop(key, None)
            self._bytes += page.size - (before.size if before else 0)
            self._pages[key] = page
            while self._bytes > MOST_BYTES and len(self._pages) > 1:
                _, oldest = self._pages.popitem(last=False)
                self._bytes -= oldest.size

    def encoded(self, page: _Kept, encoding: str) -> bytes:
        """The page compressed, once for each way of compressing."""
        found = page.encoded.get(encoding)
        if found is None:
            found = page.body
            if encoding == "br":
                found = brotli.compress(page.body, quality=5)
            elif encoding == "gzip":
                found = gzip.compress(page.body, 6, mtime=0)
            with self._lock:
                if encoding not in page.encoded:
                    page.encoded[encoding] = found
                    self._bytes += len(found)
        return found


def kept(
    view: Callable[Concatenate[Session, P], Page],
) -> Callable[P, Response]:
    """Give a view a reading session, and keep the page it describes.

    Someone signed in, or with a message waiting, gets a page made for them alone.
    """

    @wraps(view)
    def give(*args: P.args, **kwargs: P.kwargs) -> Response:
        if not _is_for_everyone():
            with db.reading() as session_:
                page = view(session_, *args, **kwargs)
                response = make_response(page.make(), page.status)
            response.headers["Cache-Control"] = "private, no-cache"
            return response
        g.shown_by = SHOWN_BY
        shelf: Shelf = current_app.extensions.setdefault("kept_pages", Shelf())
        key = (
            request.script_root,
            request.path,
            *(request.args.get(name, "")[:100] for name in SHOWN_BY),
            look.spoken(),
        )
        found = shelf.get(key)
        now, commits = time.monotonic(), _commits.so_far
        if found is None or found.commits != commits or now - found.asked_at > FRESH:
            with db.reading() as session_:
                wanted = view(session_, *args, **kwargs)
                if found is not None and found.stamp == wanted.stamp:
                    found.commits, found.asked_at = commits, now
                else:
                    found = _made(wanted, commits, now)
                    shelf.keep(key, found)
        return _response(shelf, found)

    return give


def _is_for_everyone() -> bool:
    return g.get("person") is None and "_flashes" not in session


def _made(page: Page, commits: int, now: float) -> _Kept:
    body = page.make().encode()
    tag = hashlib.blake2b(body, digest_size=12).hexdigest()
    return _Kept(page.stamp, page.status, body, tag, datetime.now(UTC), commits, now)


def _response(shelf: Shelf, page: _Kept) -> Response:
    encoding = accepted_encoding()
    body = shelf.encoded(page, encoding) if encoding else page.body
    response = Response(body, page.status, mimetype="text/html")
    headers = response.headers
    if encoding:
        headers["Content-Encoding"] = encoding
    headers["Vary"] = "Accept-Encoding, Accept-Language, Cookie"
    headers["Cache-Control"] = "no-cache"
    response.set_etag(f"{page.tag}-{encoding or 'plain'}")
    response.last_modified = page.made_at
    response.make_conditional(request)
    return response


def accepted_encoding() -> str:
    """How this browser wants a page packed: `br`, `gzip`, or "" for not at all."""
    accepted = request.headers.get("Accept-Encoding", "")
    if not accepted:
        return ""
    for encoding in ("br", "gzip"):
        if encoding in accepted and request.accept_encodings.quality(encoding) > 0:
            return encoding
    return ""


class _Commits:
    """How many commits this process has made, counted when each is done."""

    def __init__(self) -> None:
        self._serial = count(1)
        self.so_far = 0

    def another(self, *_: Any) -> None:
        """Count one more."""
        self.so_far = next(self._serial)


_commits = _Commits()
event.listen(OrmSession, "after_commit", _commits.another)
event.listen(sa.Engine, "commit", _commits.another)
