"""Choosing the language of the pages; remembered in a cookie that holds nothing else."""

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from consult import i18n
from consult.errors import NotFound
from consult.views.guard import is_own_path

bp = Blueprint("language", __name__)


@bp.get("/language/<code>")
def choose(code: str) -> Response:
    """Remember the language and go back to the page."""
    if code not in i18n.LANGUAGES:
        raise NotFound(f"These pages do not speak “{code}”.")
    wanted = request.args.get("next", "/")
    response = redirect(request.script_root + (wanted if is_own_path(wanted) else "/"))
    return i18n.remember(response, code)
