"""Signing in and out, and setting a password from a mailed link."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult import accounts, db, throttle
from consult.errors import Misfilled
from consult.tables.people import PersonRow, Role
from consult.views import guard

bp = Blueprint("account", __name__)
Page = str | Response | tuple[str, int]


@bp.get("/sign-in")
def sign_in() -> Page:
    """The sign-in page."""
    return _sign_in_page({"email": "", "next": request.args.get("next", "")}, [])


@bp.post("/sign-in")
def enter() -> Page:
    """Sign in, and go on to where the person was going; a form that came along is shown to be sent."""
    email, wanted = request.form.get("email", ""), request.form.get("next", "")
    try:
        person = _proved(email, request.form.get("password", ""))
    except (accounts.WrongPassword, throttle.TooSoon) as error:
        status = 429 if isinstance(error, throttle.TooSoon) else 400
        return _sign_in_page(
            {"email": email, "next": wanted}, [{"field": "password", "message": str(error)}]
        ), status
    guard.sign_in(person.id, person.session_stamp)
    kept = guard.kept_form(request.form)
    if kept is not None:
        path, fields = kept
        return render_template("account/send_kept.html", path=path, fields=fields)
    start = "/desk/workshops" if person.role is Role.FACILITATOR else "/desk"
    return redirect(request.script_root + wanted if guard.is_own_path(wanted) else start)


@bp.post("/sign-out")
def leave() -> Response:
    """Sign out at this browser."""
    guard.sign_out()
    return redirect("/")


@bp.route("/forgotten", methods=["GET", "POST"])
def forgotten() -> Page:
    """Ask for a link; the answer is the same whether or not the address is known."""
    email = request.form.get("email", "")
    if request.method == "POST":
        now = datetime.now(UTC)
        with db.transaction() as session:
            often = throttle.count(session, f"link {email.strip().lower()}", now=now)
            person = accounts.find(session, email)
            if person is not None and person.disabled_at is None and often <= 3:
                accounts.send_link(session, person, base_url=_base_url(), now=now)
    return render_template(
        "account/forgotten.html", values={"email": email}, errors=[], sent=request.method == "POST"
    )


@bp.route("/password/<secret>", methods=["GET", "POST"])
def password(secret: str) -> Page:
    """Set a password from a mailed link. Opening the page spends nothing: mail scanners open links too."""
    now = datetime.now(UTC)
    errors: list[dict[str, str]] = []
    chosen = request.form.get("password", "")
    try:
        if request.method == "POST" and chosen == request.form.get("again", ""):
            with db.transaction() as session:
                accounts.use_link(session, secret, chosen, now=now)
            guard.sign_out()
            flash(_("The password is set. Sign in with it."), "done")
            return redirect(url_for("account.sign_in"))
        with db.reading() as session:
            _token, person = accounts.whose_link(session, secret, now=now)
    except accounts.LinkSpent:
        return render_template("account/set_password.html", expired=True, errors=[]), 410
    except Misfilled as error:
        errors = [{"field": field, "message": words} for field, words in error.problems.items()]
        with db.reading() as session:
            _token, person = accounts.whose_link(session, secret, now=now)
    if request.method == "POST" and not errors:
        errors = [{"field": "again", "message": _("The two passwords differ. Type the same one twice.")}]
    page = render_template(
        "account/set_password.html",
        person={"name": person.name, "email": person.email, "role": person.role.value},
        first=person.password_hash is None,
        errors=errors,
        least=accounts.LEAST,
    )
    return page, 400 if errors else 200


def _proved(email: str, password: str) -> PersonRow:
    # A failure is counted, so it is committed before it is told.
    refusal: accounts.WrongPassword | None = None
    address, now = request.remote_addr or "", datetime.now(UTC)
    with db.reading() as session:
        tried = accounts.fits(session, email, password, address=address, now=now)
    with db.transaction() as session:
        try:
            return accounts.sign_in(session, email, password, address=address, now=now, tried=tried)
        except accounts.WrongPassword as error:
            refusal = error
    raise refusal


def _sign_in_page(values: dict[str, str], errors: list[dict[str, Any]]) -> str:
    kept = guard.kept_form(request.form)
    fields = [(name, value) for name, value in request.form.items(multi=True) if name.startswith("kept")]
    return render_template(
        "account/sign_in.html",
        values=values,
        errors=errors,
        kept=_("What you typed comes along: sign in, then send it.") if kept else "",
        kept_fields=fields if kept else [],
    )


def _base_url() -> str:
    base_url: str = current_app.config["BARAZA"].base_url
    return base_url
