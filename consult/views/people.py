"""People who may sign in: added, sent a new link, let in or kept out by the secretary."""

from datetime import UTC, datetime
from uuid import UUID

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from pydantic import BaseModel, Field, ValidationError
from sqlmodel import Session
from werkzeug.wrappers import Response

from consult import accounts, db, look
from consult.errors import Misfilled, NotFound
from consult.i18n import DESK_LANGUAGES
from consult.permissions import Act
from consult.tables.people import PersonRow, Role
from consult.views.guard import requires

bp = Blueprint("people", __name__, url_prefix="/desk/people")


class NewPerson(BaseModel):
    """The form for adding someone."""

    email: str = Field(default="", max_length=254)
    name: str = Field(default="", max_length=200)
    role: Role
    language: str = "en"


@bp.get("")
@requires(Act.MANAGE_PEOPLE)
def index() -> str:
    """Everyone who may sign in."""
    return _page({}, [])


@bp.post("")
@requires(Act.MANAGE_PEOPLE)
def add() -> Response | tuple[str, int]:
    """Add someone and send them a link for choosing a password."""
    typed = {name: request.form.get(name, "") for name in ("email", "name", "role", "language")}
    now = datetime.now(UTC)
    try:
        wanted = NewPerson.model_validate(typed)
        with db.transaction() as session:
            person = accounts.add_person(
                session,
                wanted.email,
                role=wanted.role,
                name=wanted.name,
                language=wanted.language if wanted.language in DESK_LANGUAGES else "en",
                by=str(g.person.id),
                now=now,
            )
            accounts.send_link(session, person, base_url=current_app.config["BARAZA"].base_url, now=now)
    except ValidationError:
        return _page(typed, [{"field": "role", "message": _("Choose what this person is here to do.")}]), 400
    except Misfilled as error:
        return _page(typed, [{"field": f, "message": m} for f, m in error.problems.items()]), 400
    except accounts.PersonExists as error:
        return _page(typed, [{"field": "email", "message": str(error)}]), 409
    flash(_("Added. %(link)s", link=_about_the_link()), "done")
    return redirect(url_for("people.index"))


@bp.post("/<uuid:person_id>/link")
@requires(Act.MANAGE_PEOPLE)
def send_link(person_id: UUID) -> Response:
    """Send someone a new link."""
    with db.transaction() as session:
        person = _person(session, person_id)
        accounts.send_link(
            session, person, base_url=current_app.config["BARAZA"].base_url, now=datetime.now(UTC)
        )
    flash(_about_the_link(), "done")
    return redirect(url_for("people.index"))


@bp.post("/<uuid:person_id>/door")
@requires(Act.MANAGE_PEOPLE)
def door(person_id: UUID) -> Response:
    """Keep someone out, or let them in again."""
    with db.transaction() as session:
        person = _person(session, person_id)
        if person.id == g.person.id:
            flash(_("You cannot shut yourself out. Ask another secretary."), "refused")
            return redirect(url_for("people.index"))
        shut = person.disabled_at is None
        accounts.shut_out(session, person, shut, by=str(g.person.id), now=datetime.now(UTC))
    flash(_("They can no longer sign in.") if shut else _("They can sign in again."), "done")
    return redirect(url_for("people.index"))


def _person(session: Session, person_id: UUID) -> PersonRow:
    person = session.get(PersonRow, person_id)
    if person is None:
        raise NotFound(_("There is no such person."))
    return person


def _about_the_link() -> str:
    if current_app.config["BARAZA"].smtp_url:
        return str(_("A link for choosing a password is on its way by e-mail; it works once."))
    return str(_("E-mail is not connected: ask the operator for the link, with `baraza user link`."))


def _page(typed: dict[str, str], errors: list[dict[str, str]]) -> str:
    with db.reading() as session:
        everyone = accounts.everyone(session)
    return render_template(
        "account/people.html",
        people=everyone,
        values=typed,
        errors=errors,
        role_choices=[(role.value, look.ROLES[role.value]) for role in Role],
        own=g.person.id,
    )
