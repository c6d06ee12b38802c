"""The limits of a round's text messages: its budget, quiet hours, countries, and what a segment costs."""

from datetime import UTC, datetime

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult import db, rounds
from consult.channels import steps
from consult.errors import Misfilled
from consult.outgoing import limits, pump
from consult.permissions import Act
from consult.tables.messages import Hold
from consult.tables.outgoing import AllowanceRow
from consult.views.guard import requires
from consult.views.rounds import listed

bp = Blueprint("text_limits", __name__, url_prefix="/desk/rounds/<slug>/text-limits")

FIELDS = ("limit", "quiet_from", "quiet_until", "countries", "price", "currency")


@bp.get("")
@requires(Act.OPEN_ROUND)
def show(slug: str) -> str:
    """The limits as they stand, and what has been spent."""
    return _page(slug, None, [])


@bp.post("")
@requires(Act.OPEN_ROUND)
def change(slug: str) -> Response | tuple[str, int]:
    """Set the limits; what waited for them leaves."""
    typed = {name: request.form.get(name, "").replace("\0", "").strip() for name in FIELDS}
    try:
        with db.transaction() as session:
            round_ = rounds.round_called(session, slug)
            limits.change(session, round_.id, **typed, by=g.person.id, now=datetime.now(UTC))
    except Misfilled as refused:
        errors = [{"field": name, "message": _(said)} for name, said in refused.problems.items()]
        return _page(slug, typed, errors), 400
    flash(_("The limits hold from now on."), "done")
    return redirect(url_for("text_limits.show", slug=slug))


def _page(slug: str, typed: dict[str, str] | None, errors: list[dict[str, str]]) -> str:
    now = datetime.now(UTC)
    with db.reading() as session:
        round_ = rounds.round_called(session, slug)
        # Looking makes no row: without one the usual limits hold.
        row = session.get(AllowanceRow, round_.id) or AllowanceRow(round_id=round_.id, changed_at=now)
        held = limits.held(session, round_.id, Hold.BUDGET)
        price, pace = steps.price_of(session, round_), pump.pace(session)
    kept = {
        "limit": "" if row.limit is None else str(row.limit),
        "quiet_from": row.quiet_from,
        "quiet_until": row.quiet_until,
        "countries": " ".join(row.countries),
        "price": row.price,
        "currency": row.currency,
    }
    return render_template(
        "text_limits/show.html",
        round=listed(round_, now),
        values=kept if typed is None else typed,
        errors=errors,
        spent=row.spent,
        limit=row.limit,
        cost=price.of(row.spent) if price else "",
        held=held,
        pace=pace,
    )
