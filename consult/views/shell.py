"""What surrounds every answer: a request's id, the headers that protect it, its compression."""

import gzip
import time
from uuid import uuid4

import brotli
import structlog
from flask import Flask, Response, g, request

log = structlog.get_logger()

POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "media-src 'self' blob:",
        "font-src 'none'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "manifest-src 'self'",
        "worker-src 'self'",
    )
)
LEAST_COMPRESSED = 1024
_TEXT = ("text/", "application/json", "application/javascript", "application/xml", "image/svg+xml")


def install(app: Flask) -> None:
    """Surround every answer of the application."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.started = time.perf_counter()
    g.request_id = uuid4().hex[:12]
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=g.request_id)


def _end(response: Response) -> Response:
    _protect(response)
    _compress(response)
    # The rule, not the path: addresses may hold a receipt's or a person's secret.
    rule = request.url_rule.rule if request.url_rule else "-"
    elapsed = round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1)
    if request.endpoint != "static":
        log.info("request", method=request.method, rule=rule, status=response.status_code, ms=elapsed)
    return response


def _protect(response: Response) -> None:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    headers["X-Request-Id"] = g.get("request_id", "-")
    if g.get("person") is not None and request.endpoint != "static":
        headers["Cache-Control"] = "no-store"


def _compress(response: Response) -> None:
    """Compress text that is long enough, unless someone did already (a view may keep its page compressed)."""
    if "Content-Encoding" in response.headers or response.is_streamed or response.status_code in (204, 304):
        return
    if not (response.mimetype or "").startswith(_TEXT):
        return
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) < LEAST_COMPRESSED:
        return
    squeezed = compressed(body, request.headers.get("Accept-Encoding", ""))
    response.vary.add("Accept-Encoding")
    if squeezed is None:
        return
    response.headers["Content-Encoding"], body = squeezed
    response.set_data(body)
    etag, weak = response.get_etag()
    if etag is not None and not weak:
        response.set_etag(etag, weak=True)


def compressed(body: bytes, accepted: str) -> tuple[str, bytes] | None:
    """The body in the best encoding that the other side takes, with that encoding's name."""
    names = {part.split(";")[0].strip() for part in accepted.split(",") if "q=0" not in part.replace(" ", "")}
    if "br" in names:
        return "br", brotli.compress(body, quality=4)
    if "gzip" in names:
        return "gzip", gzip.compress(body, 4, mtime=0)
    return None
