"""Writing to everyone who joined a round: drafts, what they would take, and how far they have come."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from sqlmodel import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from consult import db, look, rounds
from consult.channels import segments, steps
from consult.errors import Misfilled
from consult.outgoing import broadcasts, pump
from consult.outgoing.broadcasts import NobodyToWriteTo, Progress, Wanted
from consult.permissions import Act
from consult.tables.messages import Hold, MessageState
from consult.tables.outgoing import BroadcastRow, BroadcastState
from consult.tables.rounds import RoundRow
from consult.views import counting
from consult.views.comment_form import label
from consult.views.guard import requires
from consult.views.outbox import HELD
from consult.views.rounds import listed

bp = Blueprint("broadcasts", __name__, url_prefix="/desk/rounds/<slug>/broadcasts")

Page = str | Response | tuple[str, int]

STATES = {
    BroadcastState.DRAFT: lazy_gettext("Draft"),
    BroadcastState.RUNNING: lazy_gettext("On its way"),
    BroadcastState.STOPPED: lazy_gettext("Stopped"),
    BroadcastState.DONE: lazy_gettext("Done"),
}
# In the order in which messages come to them, each with how its bar is drawn.
STAGES = (
    (MessageState.DELIVERED, lazy_gettext("Arrived"), "solid"),
    (MessageState.SENT, lazy_gettext("Sent, not yet reported as arrived"), "hatch"),
    (MessageState.SENDING, lazy_gettext("Being sent now"), "hatch"),
    (MessageState.PARTIAL, lazy_gettext("Partly arrived"), "hatch"),
    (MessageState.UNKNOWN, lazy_gettext("Nobody knows whether they arrived"), "open"),
    (MessageState.FAILED, lazy_gettext("Could not be delivered"), "open"),
    (MessageState.BLOCKED, lazy_gettext("Not sent: they have left, or may not be texted"), "open"),
)


@bp.get("")
@requires(Act.OPEN_ROUND)
def index(slug: str) -> str:
    """Every broadcast of a round, newest first, with how far each has come."""
    with db.reading() as session:
        round_ = rounds.round_called(session, slug)
        rows = broadcasts.of_round(session, round_.id)
        seen = broadcasts.progress(session, rows)
    return render_template(
        "broadcasts/index.html",
        round=listed(round_, datetime.now(UTC)),
        broadcasts=[
            {
                "id": row.id,
                "title": row.title,
                "state": STATES[row.state],
                "at": row.started_at or row.created_at,
                "people": row.people or seen[row.id].people,
                "settled": seen[row.id].settled,
                "arrived": seen[row.id].states.get(MessageState.DELIVERED, 0),
            }
            for row in rows
        ],
    )


@bp.get("/new")
@requires(Act.OPEN_ROUND)
def new(slug: str) -> str:
    """An empty form."""
    with db.reading() as session:
        return _form(session, rounds.round_called(session, slug), None, Wanted("", {}), [])


@bp.post("/new")
@requires(Act.OPEN_ROUND)
def draft(slug: str) -> Page:
    """Keep a draft."""
    now, wanted = datetime.now(UTC), _typed(request.form)
    with db.reading() as session:
        round_ = rounds.round_called(session, slug)
        if _only_counts():
            return _form(session, round_, None, wanted, [])
    try:
        with db.transaction() as session:
            row = broadcasts.draft(session, round_, wanted, by=g.person.id, now=now)
    except Misfilled as refused:
        with db.reading() as session:
            return _form(session, round_, None, wanted, _errors(refused)), 400
    return redirect(url_for("broadcasts.show", slug=slug, broadcast_id=row.id))


@bp.get("/<uuid:broadcast_id>/edit")
@requires(Act.OPEN_ROUND)
def edit(slug: str, broadcast_id: UUID) -> Page:
    """A draft, to be changed."""
    with db.reading() as session:
        round_, row = _called(session, slug, broadcast_id)
        if row.state is not BroadcastState.DRAFT:
            return redirect(url_for("broadcasts.show", slug=slug, broadcast_id=broadcast_id))
        wanted = Wanted(row.title, row.words, row.groups, row.languages, row.regions)
        return _form(session, round_, row, wanted, [])


@bp.post("/<uuid:broadcast_id>/edit")
@requires(Act.OPEN_ROUND)
def change(slug: str, broadcast_id: UUID) -> Page:
    """Keep a draft as it was changed."""
    wanted = _typed(request.form)
    try:
        with db.transaction() as session:
            round_, row = _called(session, slug, broadcast_id)
            if _only_counts():
                return _form(session, round_, row, wanted, [])
            broadcasts.change(session, row, wanted)
    except Misfilled as refused:
        with db.reading() as session:
            round_, row = _called(session, slug, broadcast_id)
            return _form(session, round_, row, wanted, _errors(refused)), 400
    return redirect(url_for("broadcasts.show", slug=slug, broadcast_id=broadcast_id))


@bp.get("/<uuid:broadcast_id>")
@requires(Act.OPEN_ROUND)
def show(slug: str, broadcast_id: UUID) -> str:
    """What a broadcast says and to whom: a draft with what it would take, any other with how far it is."""
    now = datetime.now(UTC)
    with db.reading() as session:
        round_, row = _called(session, slug, broadcast_id)
        is_draft = row.state is BroadcastState.DRAFT
        estimate = broadcasts.estimate(session, row, now=now) if is_draft else None
        seen = broadcasts.progress(session, [row])[row.id]
        pace, price = pump.pace(session), steps.price_of(session, round_)
        names = {group.key: label(group.labels) for group in rounds.groups(session)}
    taken = estimate.segments if estimate else row.segments
    # What is held for another reason does not leave at the senders' pace.
    leaves = sum(count for held, count in seen.held.items() if held in (Hold.NONE, Hold.STOPPED))
    left = leaves * taken // (seen.people or 1) if not estimate else taken
    return render_template(
        "broadcasts/show.html",
        round=listed(round_, now),
        broadcast=row,
        state=STATES[row.state],
        words=[(code, said, segments.count(said).segments) for code, said in row.words.items()],
        narrowed=_narrowed(row, names),
        estimate=estimate,
        taken=taken,
        cost=price.of(taken) if price else "",
        lasts=_lasting(left / pace) if pace and left else "",
        connected=pace > 0,
        over_budget=seen.held.get(Hold.BUDGET, 0),
        progress=seen,
        rows=_rows(seen, row.people or seen.people),
    )


@bp.post("/<uuid:broadcast_id>/start")
@requires(Act.OPEN_ROUND)
def start(slug: str, broadcast_id: UUID) -> Response:
    """Send a broadcast on its way, or on again."""
    try:
        with db.transaction() as session:
            _called(session, slug, broadcast_id)
            started = broadcasts.start(session, broadcast_id, by=g.person.id, now=datetime.now(UTC))
    except NobodyToWriteTo as refused:
        flash(str(refused), "care")
    else:
        flash(
            _("It is on its way. You can leave this page.") if started else _("It was on its way already."),
            "done",
        )
    return redirect(url_for("broadcasts.show", slug=slug, broadcast_id=broadcast_id))


@bp.post("/<uuid:broadcast_id>/stop")
@requires(Act.OPEN_ROUND)
def stop(slug: str, broadcast_id: UUID) -> Response:
    """Hold what has not left."""
    with db.transaction() as session:
        _called(session, slug, broadcast_id)
        stopped = broadcasts.stop(session, broadcast_id, by=g.person.id, now=datetime.now(UTC))
    if stopped:
        flash(_("Stopped. Nothing more of it leaves until you let it go on."), "done")
    return redirect(url_for("broadcasts.show", slug=slug, broadcast_id=broadcast_id))


@bp.post("/<uuid:broadcast_id>/end")
@requires(Act.OPEN_ROUND)
def end(slug: str, broadcast_id: UUID) -> Response:
    """Let the rest of a stopped broadcast rest for good."""
    with db.transaction() as session:
        _called(session, slug, broadcast_id)
        ended = broadcasts.end(session, broadcast_id, by=g.person.id, now=datetime.now(UTC))
    if ended:
        flash(_("The rest of it will not be sent."), "done")
    return redirect(url_for("broadcasts.show", slug=slug, broadcast_id=broadcast_id))


def _called(session: Session, slug: str, broadcast_id: UUID) -> tuple[RoundRow, BroadcastRow]:
    round_ = rounds.round_called(session, slug)
    return round_, broadcasts.called(session, str(broadcast_id), round_id=round_.id)


# --- what is typed


def _typed(form: MultiDict[str, str]) -> Wanted:
    replaced = form.get("replace", "")
    words = {
        name.removeprefix("words-"): segments.plainer(said) if name == replaced else said
        for name, said in form.items()
        if name.startswith("words-")
    }
    return Wanted(
        form.get("title", "").replace("\0", ""),
        {code: said.replace("\0", "") for code, said in words.items()},
        form.getlist("groups"),
        form.getlist("languages"),
        form.getlist("regions"),
    )


def _only_counts() -> bool:
    return request.form.get("act") == "count" or "replace" in request.form


def _errors(refused: Misfilled) -> list[dict[str, str]]:
    return [{"field": name, "message": _(said)} for name, said in refused.problems.items()]


# --- for the pages


def _form(
    session: Session,
    round_: RoundRow,
    row: BroadcastRow | None,
    wanted: Wanted,
    errors: list[dict[str, str]],
) -> str:
    codes = tuple(dict.fromkeys((*round_.languages, *wanted.words)))
    price = steps.price_of(session, round_)
    return render_template(
        "broadcasts/form.html",
        round=listed(round_, datetime.now(UTC)),
        broadcast_id=row.id if row else None,
        name=wanted.title,
        words={code: wanted.words.get(code, "") for code in codes},
        counted={
            code: counting.counted_alone(f"words-{code}", wanted.words.get(code, ""), code, price)
            for code in codes
        },
        letters=counting.letters(),
        price=price,
        groups=[(group.key, label(group.labels)) for group in rounds.groups(session)],
        languages_offered=[(code, look.language_name(code)) for code in round_.languages],
        regions=[(name, name) for name in broadcasts.regions_of(session, round_.id)],
        chosen={"groups": wanted.groups, "languages": wanted.languages, "regions": wanted.regions},
        errors=errors,
    )


def _narrowed(row: BroadcastRow, names: Mapping[str, str]) -> list[str]:
    """To whom of those who joined it goes, in words; nothing when to all."""
    chosen = (
        [names.get(key, key) for key in row.groups],
        [look.language_name(code) for code in row.languages],
        row.regions,
    )
    return [", ".join(words) for words in chosen if words]


def _rows(seen: Progress, people: int) -> list[dict[str, Any]]:
    """How many messages stand where: {words, people, share, pattern}."""
    waiting = [
        (
            str(HELD[held]),
            count,
            "open",
        )
        for held, count in sorted(seen.held.items(), key=lambda found: found[0] is not Hold.NONE)
    ]
    settled = [(str(words), seen.states.get(state, 0), pattern) for state, words, pattern in STAGES]
    unwritten = max(people - seen.people, 0)
    ahead = [(str(_("Not prepared yet")), unwritten, "open")]
    return [
        {"words": words, "people": count, "pattern": pattern, "share": round(100 * count / (people or 1), 1)}
        for words, count, pattern in (*settled, *waiting, *ahead)
        if count
    ]


def _lasting(seconds: float) -> str:
    """About how long something takes."""
    if seconds < 90:
        return str(_("about a minute"))
    minutes = round(seconds / 60)
    if minutes < 90:
        return str(ngettext("about %(num)s minute", "about %(num)s minutes", minutes))
    return str(ngettext("about %(num)s hour", "about %(num)s hours", round(minutes / 60)))
