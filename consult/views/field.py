"""What the page in the field speaks with: packs out, operations in, photographs and sound piece by piece.

A device names itself by its token, so these addresses need no proof of where a form
came from. What arrives is stored in one transaction and understood in a second:
a failure to understand never refuses what was stored.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any, ParamSpec
from uuid import UUID

import structlog
from flask import Blueprint, Response, make_response, request
from flask_babel import gettext as _
from sqlalchemy.exc import DataError, OperationalError
from sqlmodel import Session
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from consult import db, workshops
from consult.db import StorageBusy, StorageFull
from consult.errors import NotAllowed, NotFound
from consult.field import devices, keeping, packs, uploads
from consult.field.devices import Holder, TokenGone
from consult.field.uploads import Arrived, Misnamed, NotWhole, Piece, PieceDamaged, TooLarge
from consult.objects import ObjectsAway
from consult.tables.rounds import RoundRow
from consult.tables.workshops import WorkshopRow
from consult.throttle import TooSoon
from standards.errors import StandardsError

bp = Blueprint("field", __name__, url_prefix="/field")
bp.own_proof = True  # type: ignore[attr-defined]
log = structlog.get_logger()
P = ParamSpec("P")

MOST_OPERATIONS = 100
MOST_BYTES = 12 * 1024 * 1024
"""Bytes of one delivery of operations: a hundred of the longest."""
WAIT = "30"
"""Seconds after which a device tries again when the database or the store was away."""
STATUSES: tuple[tuple[type[StandardsError], int], ...] = (
    (TokenGone, 401),
    (NotAllowed, 403),
    (NotFound, 404),
    (NotWhole, 409),
    (TooLarge, 413),
    (Misnamed, 422),
    (PieceDamaged, 422),
    (TooSoon, 429),
    (StorageFull, 503),
    (StorageBusy, 503),
    (ObjectsAway, 503),
)


def by_token(view: Callable[P, Response]) -> Callable[P, Response]:
    """Let in only a device whose token holds."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Response:
        with db.reading() as session:
            _holder(session)
        return view(*args, **kwargs)

    return guarded


@bp.get("/packs")
@by_token
def every() -> Response:
    """The workshops this device may take along."""
    now = datetime.now(UTC)
    with db.reading() as session:
        person = _holder(session).person
        found = workshops.workshops_of(session, person.id, person.role)
    listed = [packs.listed(workshop, round_, now=now) for workshop, round_ in found]
    return _answer({"workshops": listed, "now": now.isoformat()})


@bp.get("/workshops/<uuid:workshop_id>/pack")
@by_token
def pack(workshop_id: UUID) -> Response:
    """All that one workshop needs without a network."""
    with db.reading() as session:
        workshop, round_ = _in_hand(session, workshop_id)
        found = packs.pack(session, workshop, round_, now=datetime.now(UTC))
    response = _answer(found)
    lasting = {name: value for name, value in found.items() if name != "made_at"}
    response.set_etag(hashlib.sha256(json.dumps(lasting, sort_keys=True).encode()).hexdigest()[:32])
    response.headers["Cache-Control"] = "private, no-cache"
    return response.make_conditional(request)  # type: ignore[return-value]


@bp.post("/workshops/<uuid:workshop_id>/operations")
@by_token
def operations(workshop_id: UUID) -> Response:
    """Keep what a device did, and tell it what others did since."""
    now = datetime.now(UTC)
    sent = _sent()
    with db.transaction() as session:
        holder = _holder(session)
        workshop, round_ = _in_hand(session, workshop_id)
        kept = keeping.store(session, round_, workshop, sent["operations"], now=now)
        devices.seen(session, holder.device, unsent=sent["unsent"], storage=sent["storage"], now=now)
    if kept:
        _derive(workshop_id, round_.id, now)
    with db.reading() as session:
        told = keeping.since(session, workshop, sent["since"], but=str(holder.device.id), now=now)
    return _answer(
        {
            "kept": [{"hash": one.hash, "state": one.state.value, "said": one.said} for one in kept],
            "others": told.operations,
            "cursor": told.cursor,
            "late": workshops.came_late(round_, now),
            "more": told.more,
        }
    )


def _derive(workshop_id: UUID, round_id: UUID, now: datetime) -> None:
    try:
        keeping.bring_up_to_date(round_id, workshop_id, now=now)
    except Exception as error:
        # It is stored; a duty derives it when what stood in the way is gone.
        log.error("operations could not be derived", workshop=str(workshop_id), exc_info=error)


@bp.get("/workshops/<uuid:workshop_id>/objects/<sha256>")
@by_token
def how_far(workshop_id: UUID, sha256: str) -> Response:
    """How much of a photograph or a stretch of sound has arrived."""
    with db.reading() as session:
        workshop, _round = _in_hand(session, workshop_id)
    return _told(uploads.finish(workshop.id, sha256, now=datetime.now(UTC)))


@bp.put("/workshops/<uuid:workshop_id>/objects/<sha256>/<int:start>")
@by_token
def take(workshop_id: UUID, sha256: str, start: int) -> Response:
    """Keep one piece of an object; with the last one it is put into the store."""
    now = datetime.now(UTC)
    content = _body(uploads.LARGEST_PIECE)
    size = request.args.get("size", 0, type=int)
    piece = Piece(sha256, start, size, request.args.get("type", ""), content)
    with db.transaction() as session:
        workshop, _round = _in_hand(session, workshop_id)
        found = uploads.take(session, workshop, piece, request.headers.get("X-Checksum", ""), now=now)
    if not found.whole and found.has >= size:
        found = uploads.finish(workshop.id, sha256, now=now)
    return _told(found)


# --- what is read


def _holder(session: Session) -> Holder:
    kind, _space, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise TokenGone
    return devices.holder(session, token.strip())


def _in_hand(session: Session, workshop_id: UUID) -> tuple[WorkshopRow, RoundRow]:
    """The workshop of an address, if it is for the person of this device. Raises TokenGone, NotFound."""
    person = _holder(session).person
    return workshops.workshop_for(session, workshop_id, person.id, person.role)


def _body(most: int) -> bytes:
    """What was sent, up to so many bytes. Raises TooLarge."""
    if (request.content_length or 0) > most:
        raise _too_large()
    # A body of unstated length is read no further than it may be long.
    content = request.stream.read(most + 1)
    if len(content) > most:
        raise _too_large()
    return content


def _too_large() -> TooLarge:
    return TooLarge(_("This is more than can be taken at once. Send it in smaller pieces."))


def _sent() -> dict[str, Any]:
    """A delivery of operations. Raises TooLarge, Misnamed."""
    try:
        told = json.loads(_body(MOST_BYTES))
        written = told["operations"]
        found = {
            "operations": written,
            "since": told.get("since") or "",
            "unsent": told.get("unsent") or 0,
            "storage": told.get("storage") or "",
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Misnamed(_("This did not arrive whole. Nothing of it was kept; send it again.")) from error
    kinds = {"operations": list, "since": str, "unsent": int, "storage": str}
    fits = all(isinstance(found[name], kind) for name, kind in kinds.items())
    if not fits or not all(isinstance(one, str) for one in written):
        raise Misnamed(_("This is not what a device sends. Load the page anew, then send it again."))
    if len(written) > MOST_OPERATIONS:
        raise TooLarge(_("Send at most %(n)s operations at once.", n=MOST_OPERATIONS))
    return found


# --- what is answered


def _told(found: Arrived) -> Response:
    return _answer({"has": found.has, "whole": found.whole})


def _answer(body: dict[str, Any], status: int = 200) -> Response:
    response = make_response(body, status)
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.errorhandler(StandardsError)
def refused(error: StandardsError) -> Response:
    """A refusal in its own sentence; one with no status of its own is a conflict (409)."""
    status = next((status for kind, status in STATUSES if isinstance(error, kind)), 409)
    body: dict[str, Any] = {"error": str(error)}
    response = _answer(body | ({"has": 0} if isinstance(error, NotWhole) else {}), status)
    if status == 503:
        response.headers["Retry-After"] = WAIT
    if isinstance(error, TooSoon):
        response.headers["Retry-After"] = str(error.seconds)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


@bp.errorhandler(HTTPException)
def answered(error: HTTPException) -> Response:
    """What the web server itself refuses, as a sentence."""
    if isinstance(error, RequestEntityTooLarge):
        return refused(_too_large())
    return _answer({"error": _("This address does not take that. Load the page anew.")}, error.code or 400)


@bp.errorhandler(OperationalError)
@bp.errorhandler(DataError)
@bp.errorhandler(Exception)
def broke(error: Exception) -> Response:
    """Something that stands in the way here: what the device holds stays there until it is taken."""
    log.error("request failed", exc_info=error)
    said = _(
        "Something went wrong here, not with you. What you wrote is still on the device; try again later."
    )
    response = _answer({"error": said}, 503)
    response.headers["Retry-After"] = WAIT
    return response
