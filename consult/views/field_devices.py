"""A device signs in: somebody signed in at the desk takes this telephone or computer to the field.

This is the one address of the field page that a browser's own sign-in opens, so it
asks for the proof that the page itself sent it; all others go by the token given here.
"""

from datetime import UTC, datetime

from flask import Blueprint, Response, g, make_response, request
from flask_wtf.csrf import CSRFError

from consult import db
from consult.errors import BarazaError, NotAllowed
from consult.field import devices
from consult.field.devices import TokenGone
from consult.permissions import Act
from consult.views.field import refused


class NotFromThePage(BarazaError):
    """A form without the proof that our own page sent it, or one that has grown old."""

    def __init__(self) -> None:
        super().__init__("This page has been open for long. Load it anew, then sign in on this device again.")


bp = Blueprint("field_devices", __name__, url_prefix="/field")
bp.register_error_handler(TokenGone, refused)
bp.register_error_handler(NotAllowed, refused)
bp.register_error_handler(CSRFError, lambda _error: refused(NotFromThePage()))


@bp.post("/devices")
def issue() -> Response:
    """Give this device a token of its own."""
    if g.person is None:
        raise TokenGone
    if not g.person.may(Act.RUN_WORKSHOP):
        raise NotAllowed
    told = request.get_json(silent=True)
    label = told.get("label") if isinstance(told, dict) else ""
    with db.transaction() as session:
        device, token = devices.issue(
            session, g.person.id, label if isinstance(label, str) else "", now=datetime.now(UTC)
        )
    response = make_response({"device": str(device.id), "token": token})
    response.headers["Cache-Control"] = "no-store"
    return response
