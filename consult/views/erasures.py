"""Erasing at the desk: everything of one participant, found by alias or by a number that is kept nowhere.

A number is typed into a form and posted; it stands in no address, no log and no
page that is drawn afterwards. What would go is shown first, by alias, and erased
only when that page is confirmed.
"""

from datetime import UTC, datetime

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlmodel import Session
from werkzeug.wrappers import Response

from consult import db, erasures
from consult.errors import NotFound
from consult.participants import NoNumber
from consult.permissions import Act
from consult.tables.participants import ParticipantRow
from consult.views.guard import requires

bp = Blueprint("erasures", __name__, url_prefix="/desk/erasures")

Page = str | Response | tuple[str, int]
MOST = 20


@bp.get("")
@requires(Act.ERASE)
def index() -> str:
    """Whose words and number are to go."""
    return _ask(request.args.get("alias", "")[:12])


@bp.post("/look")
@requires(Act.ERASE)
def look() -> Page:
    """What would go, before anything does."""
    alias, number = request.form.get("alias", "").strip(), request.form.get("number", "").strip()
    try:
        with db.reading() as session:
            people = _meant(session, alias, number)
            return _confirm(session, people)
    except (NotFound, NoNumber) as error:
        return _ask(alias, field="number" if number else "alias", message=str(error)), 400


@bp.post("")
@requires(Act.ERASE)
def erase() -> Page:
    """Erase what was shown and confirmed."""
    aliases = request.form.getlist("alias")[:MOST]
    with db.transaction() as session:
        people = [person for alias in aliases for person in erasures.by_alias(session, alias)]
        if not people:
            raise NotFound(_("Nobody was chosen. Look again for whom you mean."))
        if "sure" not in request.form:
            unsure = _("Tick the box first: what is erased cannot be brought back by anybody.")
            return _confirm(session, people, unsure), 400
        gone = erasures.erase(session, people, by=str(g.person.id), now=datetime.now(UTC))
    flash(
        ngettext(
            "%(num)s comment is erased, and what else was theirs. It is recorded that it happened.",
            "%(num)s comments are erased, and what else was theirs. It is recorded that it happened.",
            gone.comments,
        ),
        "done",
    )
    return redirect(url_for("erasures.index"))


def _meant(session: Session, alias: str, number: str) -> list[ParticipantRow]:
    if number:
        return erasures.by_address(session, number)[:MOST]
    if not alias:
        raise NotFound(_("Give an alias, or the number or address they spoke from."))
    return erasures.by_alias(session, alias)


def _ask(alias: str, *, field: str = "", message: str = "") -> str:
    # The number is not drawn again: it would stand in the page, and in the browser's history.
    errors = [{"field": field, "message": message}] if message else []
    return render_template("erasures/index.html", alias=alias, errors=errors)


def _confirm(session: Session, people: list[ParticipantRow], message: str = "") -> str:
    going = erasures.what_would_go(session, people)
    return render_template(
        "erasures/confirm.html",
        aliases=[person.alias for person in people],
        going=going,
        errors=[{"field": "sure", "message": message}] if message else [],
    )
