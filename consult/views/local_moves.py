"""Moves of a local text at the desk: what a newer base makes of it, carrying it over, settling what waits."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlmodel import Session
from werkzeug.wrappers import Response

from consult import db
from consult.drafting.clause_form import Flaw, clean
from consult.errors import Misfilled, NotFound
from consult.local import groups, moving, notices, working
from consult.permissions import Act
from consult.views import local_states
from consult.views.drafting.lifecycle import next_label, plain_label
from consult.views.guard import requires
from consult.views.local_process import day_of, flaws_of
from standards.errors import StandardsError
from standards.tables import OverlayVersionRow

bp = Blueprint("local_moves", __name__, url_prefix="/desk/local")

Answer = str | Response | tuple[str, int]


@bp.get("/<slug>/<label>/move")
@requires(Act.READ_DESK)
def move_form(slug: str, label: str) -> Answer:
    """What a move makes of each operation; and in a draft that was carried over, what still waits."""
    try:
        return _move_page(slug, label, [])
    except NotFound:
        raise
    except StandardsError as refusal:
        if not request.args.get("onto"):
            raise
        return _move_page(slug, label, [Flaw("onto", str(refusal))], onto=""), 409


@bp.post("/<slug>/<label>/move")
@requires(Act.INTERPRET)
def move(slug: str, label: str) -> Answer:
    """Keep the move as a draft."""
    onto, wanted = request.form.get("onto", ""), request.form.get("new_label", "").strip()
    until, now = request.form.get("transition_until", "").strip(), datetime.now(UTC)
    try:
        with db.transaction() as session:
            here = working.place(session, slug, label)
            groups.refuse_strangers(session, here.overlay, g.person.id, g.person.role)
            draft, found = moving.carry(
                session,
                here.version,
                onto,
                plain_label(wanted),
                transition_until=until,
                by=str(g.person.id),
                now=now,
            )
            notices.mark_seen(session, here.overlay, by=str(g.person.id), now=now)
    except groups.NotInThisGroup:
        raise
    except Misfilled as refusal:
        return _move_page(slug, label, flaws_of(refusal), onto=onto), 400
    except StandardsError as refusal:
        return _move_page(slug, label, [Flaw("new_label", str(refusal))], onto=onto), 400
    many = len(found.waiting)
    flash(
        ngettext(
            "Carried over. One operation waits for you.",
            "Carried over. %(num)s operations wait for you.",
            many,
        )
        if many
        else _("Carried over. Every operation carried by itself."),
        "done",
    )
    return redirect(url_for("local_moves.move_form", slug=slug, label=draft.label))


@bp.get("/<slug>/<label>/settle")
@requires(Act.READ_DESK)
def settle_form(slug: str, label: str) -> Response:
    """Where a page that was refused leads back to, such as after a change of language."""
    return redirect(url_for("local_moves.move_form", slug=slug, label=label))


@bp.post("/<slug>/<label>/settle")
@requires(Act.INTERPRET)
def settle(slug: str, label: str) -> Answer:
    """Settle one operation that waits."""
    wanted = request.form.get("act", "")
    operation = _id(request.form.get("operation", ""))
    act = _SETTLED.get(wanted)
    if act is None or operation is None:
        raise Misfilled({"": _("Choose what to do with this operation.")})
    try:
        with db.transaction() as session:
            act(session, working.place(session, slug, label).version, operation, datetime.now(UTC))
    except groups.NotInThisGroup:
        raise
    except Misfilled as refusal:
        return _move_page(slug, label, flaws_of(refusal), about=operation), 400
    except StandardsError as refusal:
        return _move_page(slug, label, [Flaw("", str(refusal))], about=operation), 409
    flash(_("That is settled."), "done")
    return redirect(url_for("local_moves.move_form", slug=slug, label=label))


def _move_page(
    slug: str, label: str, flaws: list[Flaw], *, onto: str | None = None, about: UUID | None = None
) -> str:
    onto = request.args.get("onto", "") if onto is None else onto
    with db.reading() as session:
        here = working.place(session, slug, label)
        found = moving.look(session, here.version, onto) if onto else None
        may_write = g.person.may(Act.INTERPRET) and groups.may_write(
            session, here.overlay, g.person.id, g.person.role
        )
        held = moving.waiting(session, here.version)
        later = moving.later(session, here.version)
    return render_template(
        "local/move.html",
        place=here,
        onto=onto,
        move=found,
        rows=local_states.rows(found.found) if found else [],
        waiting=[local_states.waiting(here, one) for one in held],
        later=later,
        new_label=request.form.get("new_label") or next_label(label),
        may_write=may_write,
        values=request.form,
        about=about,
        errors=flaws,
    )


def _reason() -> str:
    return clean(request.form.get("reason", ""))


def _keep(session: Session, version: OverlayVersionRow, operation: UUID, now: datetime) -> None:
    moving.keep(session, version, operation, by=g.person, now=now)


def _let_go(session: Session, version: OverlayVersionRow, operation: UUID, now: datetime) -> None:
    moving.let_go(session, version, operation, _reason(), by=g.person, now=now)


def _adopt(session: Session, version: OverlayVersionRow, operation: UUID, now: datetime) -> None:
    moving.adopt(session, version, operation, _reason(), by=g.person, now=now)


def _move_to(session: Session, version: OverlayVersionRow, operation: UUID, now: datetime) -> None:
    target = _id(request.form.get("target", ""))
    if target is None:
        raise Misfilled({"target": _("Choose the clause it moves to.")})
    moving.move_to(session, version, operation, target, by=g.person, now=now)


def _derogate(session: Session, version: OverlayVersionRow, operation: UUID, now: datetime) -> None:
    until = day_of(request.form.get("until", ""), "until")
    moving.ask_to_derogate(session, version, operation, until, _reason(), by=g.person, now=now)


_SETTLED: dict[str, Callable[[Session, OverlayVersionRow, UUID, datetime], None]] = {
    "keep": _keep,
    "let-go": _let_go,
    "adopt": _adopt,
    "move": _move_to,
    "derogate": _derogate,
}


def _id(written: str) -> UUID | None:
    try:
        return UUID(written)
    except ValueError:
        return None
