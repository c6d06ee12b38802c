"""The plan of a workshop: its clauses with minutes and prompts, its votes, the seats that fill the gaps."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session
from werkzeug.wrappers import Response

from consult import audit, db, look, publications, rounds
from consult.desk import places
from consult.errors import Misfilled
from consult.permissions import Act
from consult.tables.rounds import RoundRow
from consult.tables.workshops import WorkshopRow
from consult.views.guard import requires
from consult.views.workshops import plan_form
from consult.views.workshops.door import around, bp, in_hand
from consult.views.workshops.plan_form import Line, Typed
from consult.workshops import planning
from consult.workshops.clause_words import ClauseWords, words_of
from consult.workshops.planning import Laid, Seat

Page = str | Response | tuple[str, int]


@bp.get("/workshops/<uuid:workshop_id>/plan")
@requires(Act.RUN_WORKSHOP)
def plan(workshop_id: UUID) -> str:
    """The plan as it was kept, ready to be changed."""
    with db.reading() as session:
        workshop, round_ = in_hand(session, workshop_id)
        laid = planning.lay_out(session, round_, workshop)
        prompts = {
            one.item.clause_id: {code: one.prompt(code) for code in workshop.languages} for one in laid.agenda
        }
        return _page(session, workshop, round_, laid, plan_form.written(laid.plan, prompts), {})


@bp.post("/workshops/<uuid:workshop_id>/plan")
@requires(Act.RUN_WORKSHOP)
def keep_plan(workshop_id: UUID) -> Page:
    """Keep what was typed, with the clauses that were chosen besides."""
    now = datetime.now(UTC)
    with db.transaction() as session:
        workshop, round_ = in_hand(session, workshop_id)
        session.refresh(workshop, with_for_update=True)
        laid = planning.lay_out(session, round_, workshop)
        sent = _typed(session, workshop)
        if request.form.get("act") == "fill":
            sent = plan_form.filled(sent, _seats(session, workshop, round_, now))
        if request.form.get("mark") != laid.plan.mark:
            refused = _(
                "This plan was changed meanwhile. What you typed stands here and is not kept yet: "
                "look at it again, and press once more to keep it as it stands here."
            )
            return _page(session, workshop, round_, laid, sent, {"": refused}), 409
        try:
            wanted = plan_form.plan(sent, laid.document, laid.plan)
        except Misfilled as refusal:
            return _page(session, workshop, round_, laid, sent, refusal.problems), 400
        added = [one for one in wanted.items if one.clause_id not in {line.clause_id for line in sent.lines}]
        planning.keep(session, workshop, wanted)
        after = {"clauses": len(wanted.items), "seats": sum(wanted.seats.values())}
        audit.record(session, g.person.id, "plan", "workshop", workshop.id, after=after, now=now)
    flash(_("The plan is kept."), "done")
    at = f"clause-{added[0].clause_id}" if added else None
    return redirect(url_for("workshops.plan", workshop_id=workshop_id, _anchor=at))


def _typed(session: Session, workshop: WorkshopRow) -> Typed:
    keys = [group.key for group in rounds.groups(session)]
    return plan_form.typed(request.form, workshop.languages, keys)


def _seats(session: Session, workshop: WorkshopRow, round_: RoundRow, now: datetime) -> list[Seat]:
    return planning.seating(session, round_, workshop, today=today_there(round_, now))


def today_there(round_: RoundRow, now: datetime) -> date:
    """The day it is where a round is held."""
    return now.astimezone(ZoneInfo(round_.time_zone)).date()


# --- drawing


def _page(
    session: Session,
    workshop: WorkshopRow,
    round_: RoundRow,
    laid: Laid,
    sent: Typed,
    problems: dict[str, str],
) -> str:
    now = datetime.now(UTC)
    document = laid.document
    shown = [document.by_id[line.clause_id] for line in sent.lines if line.clause_id in document.by_id]
    words = words_of(session, round_, shown)
    seats = _seats(session, workshop, round_, now)
    return render_template(
        "workshops/plan.html",
        **around(session, workshop, round_, now),
        plan=laid.plan,
        around_minutes=planning.AROUND_MINUTES,
        sent=sent,
        lines=[_line(line, words.get(line.clause_id)) for line in sent.lines],
        choice=_choice(session, round_, laid, sent),
        seats=[_seat(seat, sent) for seat in seats],
        total=_total(seats),
        languages=workshop.languages,
        text_language=document.language,
        ready=bool(laid.agenda),
        errors=[{"field": field, "message": message} for field, message in problems.items()],
    )


def _line(line: Line, words: ClauseWords | None) -> dict[str, Any]:
    """A clause as the form draws it; one that the text does not have is told as such."""
    return {
        "id": line.clause_id,
        "number": words.clause.number if words else "",
        "heading": places.called(words.clause) if words else "",
        "code": words.code if words else None,
        "typed": line,
        "ready": {code: words.prompt(code) for code in line.words} if words else {},
    }


def _choice(session: Session, round_: RoundRow, laid: Laid, sent: Typed) -> list[dict[str, Any]]:
    """Every clause that can be named and is not on the agenda, with what was said about it so far."""
    tallies = publications.tallies(session, rounds.version_of(session, round_)[1])
    taken = {line.clause_id for line in sent.lines}
    return [
        {
            "id": str(clause.id),
            "number": clause.number,
            "heading": clause.text.heading or clause.text.body[:60],
            "comments": tallies[clause.id].comments if clause.id in tallies else 0,
            "chosen": str(clause.id) in sent.chosen,
        }
        for clause in laid.document
        if clause.number and clause.id not in taken
    ]


def _seat(seat: Seat, sent: Typed) -> dict[str, Any]:
    return {
        "key": seat.group.key,
        "word": places.label(seat.group, look.spoken()),
        "seat": seat,
        "typed": sent.seats.get(seat.group.key, ""),
    }


def _total(seats: list[Seat]) -> dict[str, int]:
    return {
        "people": sum(seat.people for seat in seats),
        "elsewhere": sum(seat.elsewhere for seat in seats),
        "missing": sum(seat.missing for seat in seats),
        "here": sum(seat.here for seat in seats),
        "still": sum(seat.still for seat in seats),
    }
