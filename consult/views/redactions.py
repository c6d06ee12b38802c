"""Names in public words, at the desk: what is hidden from comments before everyone may read them."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup, escape
from werkzeug.wrappers import Response

from consult import db, look, redactions, rounds
from consult.errors import Misfilled
from consult.likely_names import SHOWN, Kind, Stretch
from consult.permissions import Act
from consult.redactions import Case, Found
from consult.tables.rounds import RoundRow
from consult.views.guard import requires
from consult.views.rounds import listed

bp = Blueprint("redactions", __name__, url_prefix="/desk")

Page = str | Response | tuple[str, int]


@bp.get("/rounds/<slug>/names")
@requires(Act.MODERATE)
def index(slug: str) -> str:
    """Comments whose words wait, with what is suggested, and what was decided."""
    return _page(slug, [])


@bp.post("/rounds/<slug>/names/<uuid:comment_id>")
@requires(Act.MODERATE)
def decide(slug: str, comment_id: UUID) -> Page:
    """Hide what was ticked or written, and let the rest be public; or take that back."""
    form, now = request.form, datetime.now(UTC)
    try:
        with db.transaction() as session:
            round_ = rounds.round_called(session, slug)
            if form.get("act") == "back":
                redactions.take_back(session, round_, comment_id, by=g.person.id, now=now)
            else:
                redactions.decide(
                    session,
                    round_,
                    comment_id,
                    form.getlist("hide"),
                    _more(form.get("more", ""), form.get("kind", "")),
                    seen=form.get("seen", ""),
                    by=g.person.id,
                    now=now,
                )
    except Misfilled as error:
        problems = [{"field": field, "message": words} for field, words in error.problems.items()]
        return _page(slug, problems, comment_id), 400
    back = form.get("act") == "back"
    flash(
        _("It waits again.") if back else _("These words may be read by everyone as they stand now."), "done"
    )
    return redirect(url_for("redactions.index", slug=slug))


def _more(written: str, kind: str) -> list[tuple[str, Kind]]:
    """Further words to hide, one a line."""
    chosen: Kind = next((one for one in redactions.KINDS if one == kind), "name")
    return [(line.strip(), chosen) for line in written.splitlines() if line.strip()]


def _page(slug: str, errors: list[dict[str, str]], typed_for: UUID | None = None) -> str:
    now = datetime.now(UTC)
    with db.reading() as session:
        round_ = rounds.round_called(session, slug)
        waiting = redactions.waiting(session, round_)
        decided = redactions.decided(session, round_)
    return render_template(
        "rounds/names.html",
        round=listed(round_, now),
        waiting=[_case(case, round_, typed_for) for case in waiting],
        decided=[_case(case, round_, typed_for) for case in decided],
        kinds=[
            ("name", _("a name")),
            ("place", _("a place")),
            ("number", _("a number")),
            ("words", _("something else")),
        ],
        errors=errors,
        most=redactions.MOST,
    )


def _case(case: Case, round_: RoundRow, typed_for: UUID | None) -> dict[str, Any]:
    comment = case.comment
    typed = request.form if comment.id == typed_for else None
    return {
        "id": comment.id,
        "channel": comment.channel.value,
        "language": comment.language,
        "receipt": comment.receipt,
        "when": look.written_moment(comment.received_at, round_.time_zone, look.spoken()),
        "seen": redactions.hash_of(comment),
        "outdated": case.outdated,
        "fields": [
            {
                "name": field,
                "marked": _marked(words, [one for one in case.suggested if one.field == field]),
                "shown": _as_public(words, [one for one in case.hidden if one.field == field]),
            }
            for field in redactions.FIELDS
            if (words := getattr(comment, field))
        ],
        "suggested": [
            {
                "value": f"{one.field}:{one.stretch.start}:{one.stretch.end}",
                "words": one.words,
                "shown": SHOWN[one.stretch.kind],
                "ticked": typed is None
                or f"{one.field}:{one.stretch.start}:{one.stretch.end}" in typed.getlist("hide"),
            }
            for one in case.suggested
        ],
        "more": typed.get("more", "") if typed else "",
        "kind": typed.get("kind", "name") if typed else "name",
    }


def _marked(words: str, found: list[Found]) -> Markup:
    return _laid(
        words, [one.stretch for one in found], lambda text, _kind: Markup("<mark>{}</mark>").format(text)
    )


def _as_public(words: str, found: list[Found]) -> Markup:
    return _laid(
        words, [one.stretch for one in found], lambda _text, kind: Markup("<b>{}</b>").format(SHOWN[kind])
    )


def _laid(words: str, stretches: list[Stretch], draw: Any) -> Markup:
    kept, place = [], 0
    for one in stretches:
        kept += [escape(words[place : one.start]), draw(words[one.start : one.end], one.kind)]
        place = one.end
    return Markup("").join([*kept, escape(words[place:])])
