"""The process of a local text at the desk: what its group has to hear of, its seats, and its decision."""

import re
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session, select
from werkzeug.wrappers import Response

from consult import audit, db, rounds
from consult.drafting.clause_form import Flaw, clean
from consult.errors import Misfilled, NotFound
from consult.local import deciding, groups, notices, working
from consult.local.deciding import Category, Votes
from consult.permissions import Act
from consult.tables.local import SeatRow
from consult.tables.people import PersonRow, Role
from consult.views.comment_form import label as group_label
from consult.views.guard import requires
from standards.overlays import store
from standards.overlays.store import StandsInTheWay
from standards.tables import OverlayRow, OverlayVersionRow

bp = Blueprint("local_process", __name__, url_prefix="/desk/local")

LONGEST_NOTE = 10_000
COUNT = re.compile(r"[0-9]{0,4}")
Answer = str | Response | tuple[str, int]


@bp.app_context_processor
def _told() -> dict[str, Any]:
    """`local_notices(overlay)` for the pages of local texts: what its group has to hear of."""
    return {"local_notices": local_notices}


def local_notices(overlay: OverlayRow | None = None) -> dict[str, Any]:
    """The notices nobody has seen and the derogations that end soon, as `local/_notices.html` draws them."""
    with db.reading() as session:
        overlays = [overlay] if overlay else list(session.exec(select(OverlayRow)).all())
        ids = [one.id for one in overlays]
        return {
            "notices": notices.unseen(session, ids),
            "endings": notices.ending(session, overlays, datetime.now(UTC).date()),
            "mine": _own(session),
        }


def _own(session: Session) -> set[UUID]:
    """The overlays in whose groups the person at this browser may act."""
    if g.person.role in (Role.SECRETARY, Role.DRAFTER):
        return {row.id for row in session.exec(select(OverlayRow)).all()}
    return set(groups.overlays_of(session, g.person.id))


@bp.post("/<slug>/seen")
@requires(Act.INTERPRET)
def seen(slug: str) -> Response:
    """Somebody of the group has seen what was told."""
    with db.transaction() as session:
        overlay = _overlay(session, slug)
        groups.refuse_strangers(session, overlay, g.person.id, g.person.role)
        notices.mark_seen(session, overlay, by=str(g.person.id), now=datetime.now(UTC))
    return redirect(url_for("local_texts.newest", slug=slug))


# --- the working group


@bp.get("/<slug>/group")
@requires(Act.READ_DESK)
def group(slug: str) -> str:
    """Who holds a seat for which stakeholder category, and which categories have none."""
    return _group_page(slug, [])


@bp.post("/<slug>/group")
@requires(Act.MANAGE_PEOPLE)
def give_seat(slug: str) -> Answer:
    """Give a seat to somebody who signs in, or to a named person."""
    holder, now = " ".join(clean(request.form.get("holder", "")).split()), datetime.now(UTC)
    try:
        with db.transaction() as session:
            overlay = _overlay(session, slug)
            held_for = rounds.group_called(session, request.form.get("group", ""))
            person = _person(session, request.form.get("person", ""))
            seat = groups.give_seat(
                session, overlay, held_for.id, person_id=person.id if person else None, holder=holder, now=now
            )
            after = {"overlay": slug, "group": held_for.key}
            audit.record(session, g.person.id, "give-seat", "seat", seat.id, after=after, now=now)
    except Misfilled as refusal:
        return _group_page(slug, flaws_of(refusal)), 400
    except NotFound:
        return _group_page(slug, [Flaw("group", _("Choose the category the seat is held for."))]), 400
    flash(_("The seat is given."), "done")
    return redirect(url_for("local_process.group", slug=slug))


@bp.post("/<slug>/group/<uuid:seat_id>/leave")
@requires(Act.MANAGE_PEOPLE)
def leave_seat(slug: str, seat_id: UUID) -> Response:
    """End a seat; that it was held stays known."""
    now = datetime.now(UTC)
    with db.transaction() as session:
        overlay, seat = _overlay(session, slug), session.get(SeatRow, seat_id)
        if seat is None or seat.overlay_id != overlay.id:
            raise NotFound(_("This working group has no such seat."))
        groups.leave_seat(session, seat, now=now)
        audit.record(session, g.person.id, "leave-seat", "seat", seat.id, now=now)
    flash(_("The seat is left. It can be given to somebody else."), "done")
    return redirect(url_for("local_process.group", slug=slug))


def _group_page(slug: str, flaws: list[Flaw]) -> str:
    with db.reading() as session:
        overlay = _overlay(session, slug)
        newest = store.versions_of(session, overlay)[0]
        found = deciding.categories(session, overlay)
        people = session.exec(select(PersonRow)).all()
    shown_by_name = g.person.may(Act.INTERPRET)
    named = {person.id: person.name for person in people} if shown_by_name else {}
    return render_template(
        "local/group.html",
        overlay=overlay,
        newest=newest,
        categories=[_category(one, named, shown_by_name) for one in found],
        offered=[(one.group.key, group_label(one.group.labels)) for one in found],
        without=[group_label(one.group.labels) for one in found if not one.seats],
        may_give=g.person.may(Act.MANAGE_PEOPLE),
        people=[(str(p.id), p.name) for p in people if p.disabled_at is None and p.role in _SEATED],
        values=request.form,
        errors=flaws,
    )


_SEATED = (Role.WORKING_GROUP, Role.DRAFTER, Role.SECRETARY, Role.FACILITATOR)


def _category(one: Category, named: dict[UUID, str], by_name: bool) -> dict[str, Any]:
    return {
        "key": one.group.key,
        "word": group_label(one.group.labels),
        "seats": [
            {
                "id": seat.id,
                "holder": _holder(seat, named) if by_name else _("A named person"),
                "signs_in": seat.person_id is not None,
                "since": seat.since,
            }
            for seat in one.seats
        ],
    }


def _holder(seat: SeatRow, named: dict[UUID, str]) -> str:
    return (named.get(seat.person_id, "") if seat.person_id else "") or seat.holder or _("A named person")


def _person(session: Session, written: str) -> PersonRow | None:
    if not written:
        return None
    try:
        return session.get(PersonRow, UUID(written))
    except ValueError:
        return None


# --- the decision


@bp.get("/<slug>/<label>/decide")
@requires(Act.READ_DESK)
def decide_form(slug: str, label: str) -> str:
    """What stands in the way of a decision, the votes, and what was recorded."""
    return _decide_page(slug, label, [])


@bp.post("/<slug>/<label>/decide")
@requires(Act.FREEZE)
def decide(slug: str, label: str) -> Answer:
    """Record how the working group voted."""
    now = datetime.now(UTC)
    try:
        with db.transaction() as session:
            version = working.place(session, slug, label).version
            votes = _votes(session)
            if version.content_hash is None:
                until = request.form.get("transition_until", "").strip()
                deciding.set_transition(session, version, until, by=str(g.person.id), now=now)
            decision = deciding.decide(
                session,
                version,
                votes,
                decided_on=day_of(request.form.get("decided_on", ""), "decided_on"),
                note=clean(request.form.get("note", ""))[:LONGEST_NOTE],
                by=str(g.person.id),
                now=now,
            )
    except Misfilled as refusal:
        return _decide_page(slug, label, flaws_of(refusal)), 400
    except StandsInTheWay:
        return _decide_page(slug, label, []), 409
    if decision.passed:
        flash(_("The decision is recorded: every category agreed."), "done")
    else:
        flash(
            _("The decision is recorded. It did not pass; the text stays as it was put to the vote."), "care"
        )
    return redirect(url_for("local_process.decide_form", slug=slug, label=label))


@bp.post("/<slug>/<label>/freeze")
@requires(Act.FREEZE)
def freeze(slug: str, label: str) -> Answer:
    """Fix a draft so that a round can be held on it."""
    try:
        with db.transaction() as session:
            version = working.place(session, slug, label).version
            deciding.freeze_for_consultation(session, version, by=str(g.person.id), now=datetime.now(UTC))
    except StandsInTheWay as refusal:
        return _decide_page(slug, label, [Flaw("", sentence) for sentence in refusal.sentences]), 409
    flash(_("Version %(label)s is frozen. A round can be opened on it now.", label=label), "done")
    return redirect(url_for("local_process.decide_form", slug=slug, label=label))


@bp.post("/<slug>/<label>/publish")
@requires(Act.PUBLISH)
def publish(slug: str, label: str) -> Answer:
    """Make the decided local text the one in force."""
    try:
        with db.transaction() as session:
            version = working.place(session, slug, label).version
            deciding.publish(session, version, by=str(g.person.id), now=datetime.now(UTC))
    except StandsInTheWay as refusal:
        return _decide_page(slug, label, [Flaw("", sentence) for sentence in refusal.sentences]), 409
    flash(_("Version %(label)s is published.", label=label), "done")
    return redirect(url_for("local_process.decide_form", slug=slug, label=label))


def _votes(session: Session) -> dict[UUID, Votes]:
    """The votes as they were typed, by category. Raises Misfilled for what is no number."""
    found, problems = {}, {}
    for row in rounds.groups(session):
        typed = [
            request.form.get(f"{what}-{row.key}", "").strip() for what in ("for", "against", "abstained")
        ]
        if not all(COUNT.fullmatch(one) for one in typed):
            problems[f"for-{row.key}"] = _("Give numbers of votes, such as 3, or nothing.")
            continue
        found[row.id] = Votes(*(int(one or 0) for one in typed))
    if problems:
        raise Misfilled(problems)
    return found


def _decide_page(slug: str, label: str, flaws: list[Flaw]) -> str:
    now = datetime.now(UTC)
    with db.reading() as session:
        here = working.place(session, slug, label)
        version = here.version
        text = deciding.text_of(session, version)
        held = rounds.rounds_on(session, text) if text else []
        passed = deciding.has_passed(session, version)
        stands = (deciding.before_publishing if passed else deciding.in_the_way)(session, version, now)
        found = deciding.categories(session, here.overlay)
        use = deciding.in_use(session, here.overlay, now.date())
        bases = {row.id: store.base_of(session, row)[1] for row in _used(use)}
        decisions = deciding.decisions_on(session, version)
    words = {one.group.key: group_label(one.group.labels) for one in found}
    return render_template(
        "local/decide.html",
        place=here,
        name=f"{slug}@{label}",
        stands=stands,
        rounds=[{"title": row.title, "slug": row.slug, "is_open": rounds.is_open(row, now)} for row in held],
        own_text=version.text_id is not None,
        decisions=[_decision(row, words) for row in decisions],
        passed=passed,
        open_to_a_vote=version.status in deciding.OPEN_TO_A_VOTE and not passed,
        seated=[
            (one.group.key, words[one.group.key], len(one.seats), one.quorum) for one in found if one.seats
        ],
        use=use,
        bases=bases,
        today=now.date().isoformat(),
        may_decide=g.person.may(Act.FREEZE),
        may_publish=g.person.may(Act.PUBLISH),
        may_open=g.person.may(Act.OPEN_ROUND),
        values=request.form,
        errors=flaws,
    )


def _used(use: deciding.InUse | None) -> list[OverlayVersionRow]:
    return [row for row in (use.version, use.before) if row is not None] if use else []


def _decision(row: Any, words: dict[str, str]) -> dict[str, Any]:
    return {
        "passed": row.passed,
        "on": date.fromisoformat(row.decided_on),
        "note": row.note,
        "votes": [
            (words.get(key, key), given.get("for", 0), given.get("against", 0), given.get("abstained", 0))
            for key, given in row.votes.items()
        ],
    }


# --- what they share


def _overlay(session: Session, slug: str) -> OverlayRow:
    try:
        return store.overlay_called(session, slug)
    except store.UnknownOverlay as unknown:
        raise NotFound(str(unknown)) from unknown


def flaws_of(refusal: Misfilled) -> list[Flaw]:
    return [Flaw(field, sentence) for field, sentence in refusal.problems.items()]


def day_of(written: str, field: str) -> date:
    try:
        return date.fromisoformat(written.strip())
    except ValueError:
        raise Misfilled({field: _("Write the day as 2026-11-30.")}) from None
