"""Approved wordings at the desk: the list, and a form per wording with its words in each language."""

from datetime import UTC, datetime
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult import accounts, db
from consult.channels import segments
from consult.conversations import wordings
from consult.errors import Misfilled
from consult.permissions import Act
from consult.views import counting
from consult.views.guard import requires
from consult.words import LANGUAGES

bp = Blueprint("wordings", __name__, url_prefix="/desk/conversations/wordings")

# Who answers chooses from them; what the committee stands behind is the secretary's to approve.
CHOOSE, APPROVE = Act.LINK, Act.RESOLVE_MESSAGE


@bp.get("")
@requires(CHOOSE)
def index() -> str:
    """Every wording that holds, and the latest that no longer do."""
    with db.reading() as session:
        current, retired = wordings.current(session), wordings.retired(session)
        names = accounts.names(session, [str(row.approved_by) for row in (*current, *retired)])
    return render_template(
        "conversations/wordings.html",
        current=current,
        retired=retired,
        names=names,
        count=segments.count,
        may_approve=g.person.may(APPROVE),
        languages_we_speak=LANGUAGES,
    )


@bp.get("/new")
@requires(APPROVE)
def new() -> str:
    """An empty form."""
    return _form(None, "", {}, [])


@bp.post("/new")
@requires(APPROVE)
def add() -> Response | tuple[str, int]:
    """Approve a wording."""
    title, words = _typed()
    if _only_counts():
        return _form(None, title, _plainer(words), []), 200
    try:
        with db.transaction() as session:
            wordings.approve(session, title, words, by=g.person.id, now=datetime.now(UTC))
    except Misfilled as refused:
        return _form(None, title, words, _errors(refused)), 400
    flash(_("Approved. It can be chosen in every conversation now."), "done")
    return redirect(url_for("wordings.index"))


@bp.get("/<uuid:wording_id>")
@requires(APPROVE)
def show(wording_id: UUID) -> str:
    """A wording, to be put in other words."""
    with db.reading() as session:
        row = wordings.called(session, wording_id)
    return _form(wording_id, row.title, row.words, [])


@bp.post("/<uuid:wording_id>")
@requires(APPROVE)
def change(wording_id: UUID) -> Response | tuple[str, int]:
    """Approve other words in its place, or retire it."""
    title, words = _typed()
    act, now = request.form.get("act"), datetime.now(UTC)
    if _only_counts():
        return _form(wording_id, title, _plainer(words), []), 200
    try:
        with db.transaction() as session:
            if act == "retire":
                wordings.retire(session, wording_id, by=g.person.id, now=now)
            else:
                wordings.change(session, wording_id, title, words, by=g.person.id, now=now)
    except Misfilled as refused:
        return _form(wording_id, title, words, _errors(refused)), 400
    except wordings.AlreadyRetired as refused:
        return _form(wording_id, title, words, [{"field": "", "message": str(refused)}]), 409
    flash(
        _("Retired. It is offered no more; what was sent with it stays.")
        if act == "retire"
        else _("Approved in its new words; the old ones are kept below."),
        "done",
    )
    return redirect(url_for("wordings.index"))


def _typed() -> tuple[str, dict[str, str]]:
    words = {code: request.form.get(f"words-{code}", "").replace("\r\n", "\n") for code in LANGUAGES}
    return request.form.get("title", ""), words


def _only_counts() -> bool:
    """Whether the words are only to be counted, or made plainer."""
    return request.form.get("act") == "count" or "replace" in request.form


def _plainer(words: dict[str, str]) -> dict[str, str]:
    """The words, those of the field that was asked for with plain characters."""
    field = request.form.get("replace", "")
    return {
        code: segments.plainer(said) if field == f"words-{code}" else said for code, said in words.items()
    }


def _errors(refused: Misfilled) -> list[dict[str, str]]:
    return [{"field": name, "message": said} for name, said in refused.problems.items()]


def _form(wording_id: UUID | None, title: str, words: dict[str, str], errors: list[dict[str, str]]) -> str:
    return render_template(
        "conversations/wording.html",
        wording_id=wording_id,
        name=title,
        words=words,
        errors=errors,
        counted={
            code: counting.counted_alone(f"words-{code}", words.get(code, ""), code, None)
            for code in LANGUAGES
        },
        letters=counting.letters(),
    )
