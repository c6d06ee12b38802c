"""The shelf: every standard with its versions, and the beginning of a new one."""

from datetime import UTC, datetime
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from pydantic import ValidationError
from sqlmodel import col, select
from werkzeug.wrappers import Response

from consult import audit, db
from consult.drafting.clause_form import Flaw
from consult.permissions import Act
from consult.views.drafting.door import Place, bp
from consult.views.guard import ask_to_sign_in, requires
from standards import versions
from standards.document import Scheme
from standards.errors import StandardsError
from standards.tables import OverlayRow, StandardRow, VersionRow
from standards.versions import NewStandard

LANGUAGES = ("en", "fr", "es", "pt", "sw", "de", "ar")


@bp.get("")
def desk() -> Response | str:
    """Where signing in leads: to the standards, or to a word on where this person's work is done."""
    if g.person is None:
        return ask_to_sign_in()
    if g.person.may(Act.READ_DESK):
        return redirect(url_for("drafting.shelf"))
    return render_template("drafting/no_desk.html")


@bp.get("/standards/")
@requires(Act.READ_DESK)
def shelf() -> str:
    """Every standard with its versions, newest first."""
    with db.reading() as session:
        standards = session.exec(select(StandardRow).order_by(col(StandardRow.title))).all()
        rows = session.exec(
            select(VersionRow).order_by(col(VersionRow.created_at).desc(), col(VersionRow.id).desc())
        ).all()
        local = {row.text_standard_id: row.slug for row in session.exec(select(OverlayRow)).all()}
    shown: list[dict[str, Any]] = [
        {
            "standard": standard,
            "local": local.get(standard.id, ""),
            "versions": [
                {"row": row, "place": Place(standard, row)} for row in rows if row.standard_id == standard.id
            ],
        }
        for standard in standards
    ]
    return render_template("drafting/shelf.html", standards=shown)


@bp.get("/standards/new")
@requires(Act.IMPORT)
def new_standard() -> str:
    """The form for a standard that begins with an empty page."""
    return _form({"label": "0.1", "language": "en", "scheme": Scheme.DECIMAL.value}, [])


@bp.post("/standards/new")
@requires(Act.IMPORT)
def begin() -> Response | tuple[str, int]:
    """Begin a standard, to be written clause by clause."""
    values = {
        name: request.form.get(name, "").strip() for name in ("title", "slug", "label", "owner", "lead")
    }
    sent = {**values, "language": request.form.get("language", ""), "scheme": request.form.get("scheme", "")}
    wanted, flaws = checked(sent)
    if sent["language"] not in LANGUAGES:
        flaws.append(Flaw("language", _("Choose one from the list.")))
    if sent["scheme"] not in (Scheme.DECIMAL, Scheme.PRINCIPLES):
        flaws.append(Flaw("scheme", _("Choose one from the list.")))
    if wanted is None or flaws:
        return _form(sent, flaws), 400
    now = datetime.now(UTC)
    try:
        with db.transaction() as session:
            refuse_taken(session, wanted.slug)
            version = versions.begin(
                session,
                wanted,
                language=sent["language"],
                scheme=Scheme(sent["scheme"]),
                by=str(g.person.id),
                now=now,
            )
            audit.record(session, g.person.id, "begin-standard", "version", version.id, now=now)
    except SlugTaken as taken:
        return _form(sent, [Flaw("slug", str(taken))]), 400
    flash(_("The standard is begun. Write its first clause."), "done")
    return redirect(url_for("drafting.new_clause", slug=wanted.slug, label=wanted.label))


class SlugTaken(StandardsError):
    """A short name can stand for one standard only."""


def refuse_taken(session: Any, slug: str) -> None:
    """Raise SlugTaken when a standard of this short name is there already."""
    if session.exec(select(StandardRow.id).where(StandardRow.slug == slug)).first() is not None:
        raise SlugTaken(
            _("There is a standard called “%(slug)s” already. Choose another short name.", slug=slug)
        )


def checked(sent: dict[str, str]) -> tuple[NewStandard | None, list[Flaw]]:
    """What names the new version, or what needs another look."""
    sentences = {
        "slug": _("Give a short name for addresses: small letters, digits and hyphens, such as gold-2."),
        "label": _("Give the version a label of letters, digits, full stops and hyphens, such as 2.0."),
        "title": _("A title has up to 300 characters."),
        "owner": _("The owner's name has up to 300 characters."),
        "lead": _("This sentence has up to 1,000 characters. Shorten it."),
    }
    fields = {name: sent[name] for name in NewStandard.model_fields if name in sent}
    try:
        return NewStandard.model_validate(fields), []
    except ValidationError as problem:
        wrong = dict.fromkeys(str(error["loc"][0]) for error in problem.errors())
        return None, [Flaw(name, sentences[name]) for name in wrong]


def _form(values: dict[str, str], flaws: list[Flaw]) -> str:
    return render_template("drafting/new_standard.html", values=values, errors=flaws, tongues=LANGUAGES)
