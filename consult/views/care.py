"""Concerns at the desk: texts that may tell of danger, who is named for them, and what was done.

Those who moderate see every concern; somebody who is named for a round sees those
that were put to them, whatever else they may do here.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response

from consult import accounts, db, look, rounds
from consult.channels.danger import Kind
from consult.conversations import care
from consult.conversations.care import Concern
from consult.errors import Misfilled
from consult.permissions import Act
from consult.tables.conversations import ConcernState
from consult.tables.rounds import RoundRow
from consult.views.guard import requires

bp = Blueprint("care", __name__, url_prefix="/desk")

Page = str | Response | tuple[str, int]
KINDS = {
    Kind.DANGER.value: lazy_gettext("May tell of danger to life"),
    Kind.VIOLENCE.value: lazy_gettext("May tell of violence"),
    Kind.CHILD.value: lazy_gettext("May tell of a child at risk"),
}
STATES = {
    ConcernState.OPEN: lazy_gettext("open"),
    ConcernState.HANDLED: lazy_gettext("handled"),
    ConcernState.MISTAKEN: lazy_gettext("mistaken"),
}


@bp.get("/concerns")
@requires(Act.READ_DESK)
def index() -> str:
    """The concerns, open ones first."""
    with db.reading() as session:
        found = care.listed(session, person_id=None if _sees_all() else g.person.id)
        names = accounts.names(session, [str(one.row.person_id) for one in found if one.row.person_id])
        concerns = [_shown(one, names) for one in found]
    return render_template(
        "care/index.html",
        waiting=[one for one in concerns if one["is_open"]],
        settled=[one for one in concerns if not one["is_open"]],
    )


@bp.get("/concerns/<uuid:concern_id>")
@requires(Act.READ_DESK)
def show(concern_id: UUID) -> str:
    """One concern: the text among those around it, and the procedure beside it."""
    return _page(concern_id, [])


@bp.post("/concerns/<uuid:concern_id>")
@requires(Act.READ_DESK)
def settle(concern_id: UUID) -> Page:
    """Note that it was handled, was mistaken, or is open after all."""
    note = request.form.get("note", "")
    try:
        state = ConcernState(request.form.get("act", ""))
    except ValueError:
        return _page(concern_id, [{"field": "", "message": _("Press one of the buttons.")}], note), 400
    try:
        with db.transaction() as session:
            _may_see(care.shown(session, concern_id))
            care.settle(session, concern_id, state, note, by=g.person.id, now=datetime.now(UTC))
    except Misfilled as error:
        return _page(concern_id, _problems(error), note), 400
    flash(_("It is written down."), "done")
    return redirect(url_for("care.index"))


@bp.get("/rounds/<slug>/concerns")
@requires(Act.MODERATE)
def of_round(slug: str) -> str:
    """Who is told of this round's concerns, and the local procedure."""
    return _round_page(slug, [])


@bp.post("/rounds/<slug>/concerns")
@requires(Act.MODERATE)
def name(slug: str) -> Page:
    """Name who is told, and write down what they do."""
    try:
        with db.transaction() as session:
            care.name(
                session,
                rounds.round_called(session, slug),
                _person(request.form.get("person", "")),
                request.form.get("procedure", ""),
                by=g.person.id,
                now=datetime.now(UTC),
            )
    except Misfilled as error:
        return _round_page(slug, _problems(error)), 400
    flash(_("From now on concerns of this round go this way."), "done")
    return redirect(url_for("care.of_round", slug=slug))


# --- the pages


def _page(concern_id: UUID, errors: list[dict[str, str]], note: str = "") -> str:
    with db.reading() as session:
        found = care.shown(session, concern_id)
        _may_see(found)
        concern = _shown(found, accounts.names(session, [str(found.row.person_id), found.row.settled_by]))
    return render_template(
        "care/show.html",
        concern=concern,
        texts=found.thread,
        zone=concern["zone"],
        errors=errors,
        note=note or found.row.note,
        may_converse=g.person.may(Act.EXPORT) and found.alias,
        may_name=g.person.may(Act.MODERATE) and found.round is not None,
    )


def _shown(concern: Concern, names: dict[str, str]) -> dict[str, Any]:
    row, zone = concern.row, concern.round.time_zone if concern.round else "UTC"
    return {
        "id": row.id,
        "kind": str(KINDS[row.kind]),
        "words": row.words,
        "alias": concern.alias,
        "round": concern.round,
        "procedure": concern.procedure,
        "person": names.get(str(row.person_id), ""),
        "state": str(STATES[row.state]),
        "is_open": row.state is ConcernState.OPEN,
        "note": row.note,
        "settled_by": names.get(row.settled_by, ""),
        "raised": look.written_moment(row.raised_at, zone, look.spoken()),
        "settled": look.written_moment(row.settled_at, zone, look.spoken()) if row.settled_at else "",
        "zone": zone,
    }


def _round_page(slug: str, errors: list[dict[str, str]]) -> str:
    now = datetime.now(UTC)
    with db.reading() as session:
        round_ = rounds.round_called(session, slug)
        row = care.of_round(session, round_, now=now)
        people = [(str(person.id), person.name) for person in care.may_be_named(session)]
    typed = request.form if errors else {}
    return render_template(
        "care/round.html",
        round=_heading(round_),
        people=people,
        person=typed.get("person", str(row.person_id or "")),
        procedure=typed.get("procedure", row.procedure),
        errors=errors,
    )


def _heading(round_: RoundRow) -> dict[str, str]:
    return {
        "title": round_.title,
        "slug": round_.slug,
        "language": round_.languages[0] if round_.languages else "en",
        "url": look.at(f"/desk/rounds/{round_.slug}"),
    }


# --- who may


def _sees_all() -> bool:
    return bool(g.person.may(Act.MODERATE))


def _may_see(concern: Concern) -> None:
    if not _sees_all() and concern.row.person_id != g.person.id:
        raise Forbidden


def _person(written: str) -> UUID | None:
    if not written:
        return None
    try:
        return UUID(written)
    except ValueError:
        raise Misfilled({"person": _("Choose somebody from the list.")}) from None


def _problems(error: Misfilled) -> list[dict[str, str]]:
    return [{"field": field, "message": words} for field, words in error.problems.items()]


@bp.app_context_processor
def _open_concerns() -> dict[str, Any]:
    """`open_concerns()`: how many wait for whoever is signed in; asked only by the pages that say so."""

    def count() -> int:
        person = g.get("person")
        if person is None:
            return 0
        with db.reading() as session:
            return care.open_count(session, person_id=None if person.may(Act.MODERATE) else person.id)

    return {"open_concerns": count}
