"""The guard at the desk's door: who is signed in, and whether they may.

A sign-in that has run out never costs words: a form sent with it is shown
again after signing in, with everything that was typed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from flask import Flask, g, make_response, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response

from consult import accounts, db
from consult.permissions import Act, may
from consult.tables.people import Role

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class SignedIn:
    """The person at this browser."""

    id: UUID
    name: str
    role: Role
    language: str

    def may(self, act: Act) -> bool:
        """Whether their role includes the act."""
        return may(self.role, act)


PLACES = (
    ("standards", lazy_gettext("Standards"), "/desk", Act.READ_DESK),
    ("local", lazy_gettext("Local texts"), "/desk/local", Act.READ_DESK),
    ("rounds", lazy_gettext("Rounds"), "/desk/rounds", Act.READ_DESK),
    ("comments", lazy_gettext("Comments"), "/desk/comments", Act.EXPORT),
    ("conversations", lazy_gettext("Conversations"), "/desk/conversations", Act.EXPORT),
    ("workshops", lazy_gettext("Workshops"), "/desk/workshops", Act.READ_DESK),
    ("outbox", lazy_gettext("Outbox"), "/desk/outbox", Act.SEE_OUTBOX),
    ("audit", lazy_gettext("Audit trail"), "/desk/audit", Act.SEE_AUDIT),
    ("people", lazy_gettext("People"), "/desk/people", Act.MANAGE_PEOPLE),
)


def install(app: Flask) -> None:
    """Know before each request who is signed in, and tell the templates."""
    app.before_request(_know_the_person)
    app.context_processor(_about_the_person)


def requires(act: Act) -> Callable[[Callable[P, R]], Callable[P, R | Response]]:
    """Let in only those whose role includes the act; others are asked to sign in, or refused."""

    def guarded(view: Callable[P, R]) -> Callable[P, R | Response]:
        @wraps(view)
        def guard(*args: P.args, **kwargs: P.kwargs) -> R | Response:
            if g.person is None:
                return ask_to_sign_in()
            if not g.person.may(act):
                raise Forbidden
            return view(*args, **kwargs)

        return guard

    return guarded


def sign_in(person_id: UUID, stamp: str) -> None:
    """Remember at this browser who signed in."""
    session.clear()
    session.permanent = True
    session["person"], session["stamp"] = str(person_id), stamp


def sign_out() -> None:
    """Forget at this browser who signed in."""
    session.clear()


def ask_to_sign_in() -> Response:
    """The way to the sign-in page; a form that was being sent comes along with it."""
    if request.method in ("GET", "HEAD"):
        return redirect(url_for("account.sign_in", next=request.full_path.rstrip("?")))
    fields = [(name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"]
    page = render_template(
        "account/sign_in.html",
        values={"email": "", "next": ""},
        errors=[],
        kept=_("Your sign-in had run out. What you typed comes along: sign in, then send it."),
        kept_fields=[("kept_path", request.path), *(("kept-" + name, value) for name, value in fields)],
    )
    return make_response(page, 401)


def kept_form(form: MultiDict[str, str]) -> tuple[str, list[tuple[str, str]]] | None:
    """The address and fields of a form that came along through signing in; None without one."""
    path = form.get("kept_path", "")
    if not is_own_path(path):
        return None
    fields = [
        (name.removeprefix("kept-"), value)
        for name, value in form.items(multi=True)
        if name.startswith("kept-")
    ]
    return path, fields


def is_own_path(path: str) -> bool:
    """Whether a path leads within this site: a redirect never leads away from it."""
    # Browsers leave out tabs and line ends, and read a backslash as a slash.
    return path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()


def _know_the_person() -> None:
    g.person = None
    if "person" not in session or request.endpoint == "static":
        return
    with db.reading() as reading:
        person = accounts.signed_in(reading, session["person"], session.get("stamp", ""))
    if person is None:
        session.clear()
        return
    g.person = SignedIn(person.id, person.name, person.role, person.language)


def _about_the_person() -> dict[str, Any]:
    person: SignedIn | None = g.get("person")
    links = [
        {"key": key, "word": word, "url": request.script_root + path}
        for key, word, path, act in PLACES
        if person is not None and person.may(act)
    ]
    return {"signed_in": person is not None, "person": person, "desk_links": links, "ledger": None}
