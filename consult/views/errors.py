"""Errors as pages: what happened, what is safe, what to do next; never a trace."""

import structlog
from flask import Blueprint, g, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from consult.db import StorageBusy, StorageFull
from consult.errors import Misfilled, NotAllowed, NotFound
from consult.objects import ObjectsAway
from consult.throttle import TooSoon
from consult.views import guard
from standards.errors import StandardsError
from standards.store import UnknownClause, UnknownStandard, UnknownVersion

bp = Blueprint("errors", __name__)
log = structlog.get_logger()

STATUSES: tuple[tuple[type[StandardsError], int], ...] = (
    (NotFound, 404),
    (UnknownStandard, 404),
    (UnknownVersion, 404),
    (UnknownClause, 404),
    (NotAllowed, 403),
    (TooSoon, 429),
    (StorageFull, 503),
    (StorageBusy, 503),
    (ObjectsAway, 503),
    (Misfilled, 400),
)
PAGES = frozenset({400, 403, 404, 405, 413, 429, 500, 503})


@bp.app_errorhandler(StandardsError)
def refused(error: StandardsError) -> Response:
    """A refusal is told in its own sentence; one with no status of its own is a conflict (409)."""
    status = next((status for kind, status in STATUSES if isinstance(error, kind)), 409)
    return page(status, str(error))


@bp.app_errorhandler(CSRFError)
def unproved(error: CSRFError) -> Response:
    """A form without its proof: sign in again and send it, or load the page again."""
    return page(400) if g.get("person") is not None else guard.ask_to_sign_in()


@bp.app_errorhandler(HTTPException)
def answered(error: HTTPException) -> Response:
    """The page of a status; what is no error (a redirect) goes through."""
    if error.code is None or error.code < 400:
        return error.get_response()
    response = page(error.code)
    if error.code == 405:
        response.headers.extend(error.get_headers())
        response.headers["Content-Type"] = "text/html; charset=utf-8"
    return response


@bp.app_errorhandler(OperationalError)
def unreachable(error: OperationalError) -> Response:
    """The database did not answer a reading page."""
    log.error("database", exc_info=error)
    return page(503)


@bp.app_errorhandler(DataError)
def unstorable(error: DataError) -> Response:
    """A value that no database takes, such as a NUL byte in an address."""
    log.warning("value refused", exc_info=error)
    return page(400)


@bp.app_errorhandler(Exception)
def broke(error: Exception) -> Response:
    """Something we did not foresee: logged without its words, told without a trace."""
    log.error("request failed", exc_info=error)
    return page(500)


def page(status: int, message: str = "") -> Response:
    """The error page of a status, or one JSON sentence where a program asked."""
    if request.path.startswith("/api/"):
        return make_response({"error": message or _name(status)}, status)
    # Whatever went wrong may be the database: an error page asks it nothing.
    g.ledger_told = True
    name = f"errors/{status}.html" if status in PAGES else "errors/400.html"
    return make_response(render_template(name, message=message), status)


def _name(status: int) -> str:
    from werkzeug.http import HTTP_STATUS_CODES

    return HTTP_STATUS_CODES.get(status, "Error")
