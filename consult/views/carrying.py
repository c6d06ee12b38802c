"""Messages that a facilitator carries: in from paper or a table, and back out as answers to read aloud."""

import io
from datetime import UTC, datetime, timedelta

from flask import Blueprint, flash, g, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult import db, rounds
from consult.carriage import carrying
from consult.carriage.carrying import Brought
from consult.channels import carried
from consult.channels.carried import Refused
from consult.errors import BarazaError
from consult.permissions import Act
from consult.sheets.cells import write_csv
from consult.views.guard import requires

bp = Blueprint("carrying", __name__, url_prefix="/desk/rounds/<slug>/texts")

NOTHING = {"who": "", "words": "", "when": ""}
# Whoever lost the list of answers takes it again within this.
AGAIN = timedelta(days=30)


@bp.get("")
@requires(Act.RUN_WORKSHOP)
def show(slug: str) -> str:
    """The forms for a table and for one message, and how many answers wait to be carried back."""
    return _page(slug)


@bp.post("/table")
@requires(Act.RUN_WORKSHOP)
def bring_table(slug: str) -> str | tuple[str, int]:
    """Bring in a table of messages; a second time adds only what is new."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _page(slug, errors=_one("file", _("Choose the file that holds the messages."))), 400
    now = datetime.now(UTC)
    try:
        with db.transaction() as session:
            round_ = rounds.round_called(session, slug)
            slips, refused = carried.slips_in(file.read(), file.filename, zone=round_.time_zone, now=now)
            found = carrying.bring(session, round_, slips, refused, by=g.person.id, now=now)
    except BarazaError as problem:
        return _page(slug, errors=_one("file", str(problem))), 400
    return _page(slug, brought=found)


@bp.post("/message")
@requires(Act.RUN_WORKSHOP)
def bring_message(slug: str) -> Response | tuple[str, int]:
    """Bring in one message that was typed from paper; a second time changes nothing."""
    values = {name: request.form.get(name, "").strip() for name in NOTHING}
    now = datetime.now(UTC)
    try:
        with db.transaction() as session:
            round_ = rounds.round_called(session, slug)
            slip = carried.slip_of(1, **values, zone=round_.time_zone, now=now)
            found = (
                Brought(0, 0, (slip,))
                if isinstance(slip, Refused)
                else carrying.bring(session, round_, [slip], by=g.person.id, now=now)
            )
    except BarazaError as problem:
        return _page(slug, values=values, errors=_one("", str(problem))), 400
    if found.refused:
        return _page(slug, values=values, errors=_one(found.refused[0].cell, found.refused[0].why)), 400
    if found.fresh:
        flash(_("The message is kept. What we answer stands below in a moment."), "done")
    else:
        flash(_("This message was here already, so nothing has changed."), "care")
    return redirect(url_for("carrying.show", slug=slug))


@bp.post("/answers")
@requires(Act.RUN_WORKSHOP)
def take_answers(slug: str) -> Response:
    """The answers to carry back, as a table; each comes once unless it is asked for again."""
    now = datetime.now(UTC)
    also_since = now - AGAIN if request.form.get("again") else None
    with db.transaction() as session:
        round_ = rounds.round_called(session, slug)
        told = carrying.take(session, round_, by=g.person.id, now=now, also_since=also_since)
    if not told:
        flash(_("No answer waits to be carried back."), "care")
        return redirect(url_for("carrying.show", slug=slug))
    table = io.BytesIO()
    write_csv([carrying.HEADINGS, *told], table)
    table.seek(0)
    return send_file(
        table, mimetype="text/csv", as_attachment=True, download_name=f"{slug}-answers-{now:%Y-%m-%d}.csv"
    )


def _one(field: str, message: str) -> list[dict[str, str]]:
    return [{"field": field, "message": message}]


def _page(
    slug: str,
    *,
    brought: Brought | None = None,
    values: dict[str, str] = NOTHING,
    errors: list[dict[str, str]] | None = None,
) -> str:
    with db.reading() as session:
        round_ = rounds.round_called(session, slug)
        waiting = carrying.waiting(session, round_)
    return render_template(
        "rounds/texts.html",
        round=round_,
        brought=brought,
        values=values,
        errors=errors or [],
        waiting=waiting,
        is_open=rounds.is_open(round_, datetime.now(UTC)),
    )
