"""The queue of a round: comments waiting for a clause, placed by keyboard or by plain buttons."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlmodel import Session
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response

from consult import audit, comments, db, links, look, themes
from consult.desk import places
from consult.desk import queue as desk
from consult.desk.places import RoundPlace
from consult.errors import BarazaError
from consult.permissions import Act
from consult.tables.comments import CommentRow, StandingRow
from consult.views.guard import requires
from standards.store import UnknownClause

bp = Blueprint("queue", __name__, url_prefix="/desk/rounds")

# Those who may take comments out of the system may read them here; a facilitator
# sees the rounds but only the voices of their own workshops.
READ = Act.EXPORT


class ClauseMissing(BarazaError):
    """A link was asked for without a clause."""

    def __init__(self) -> None:
        super().__init__(_("Which clause? Give its number, such as 4.2, then press again."))


class ReasonForHidingMissing(BarazaError):
    """Something is kept from the public only with a reason."""

    def __init__(self) -> None:
        super().__init__(_("Say why these are kept from public pages. The reason stands in the record."))


@bp.get("/<slug>/queue")
@requires(READ)
def show(slug: str) -> str:
    """One page of the queue."""
    asked = _asked()
    with db.reading() as reading:
        place = places.round_place(reading, slug, datetime.now(UTC))
        page = desk.page(
            reading,
            place,
            asked,
            confidential=g.person.may(Act.READ_CONFIDENTIAL),
            language=look.spoken(),
        )
    return _render(place, page, asked, [])


@bp.post("/<slug>/queue")
@requires(Act.LINK)
def act(slug: str) -> Response | tuple[str, int]:
    """One act on one comment or on those picked; what was typed is shown again when it is refused."""
    asked, now = _asked(), datetime.now(UTC)
    try:
        with db.transaction() as writing:
            place = places.round_place(writing, slug, now)
            _perform(writing, place, now)
    except (BarazaError, UnknownClause) as refusal:
        return _refused(slug, asked, str(refusal))
    return redirect(_address(slug, asked, at=request.form.get("next", "")))


def _asked() -> desk.Asked:
    query = request.args
    return desk.Asked(
        words=query.get("q", "")[:200].strip(),
        channel=query.get("channel", ""),
        language=query.get("language", ""),
        group=query.get("group", ""),
        reason=query.get("why", ""),
        after=_id(query.get("after", "")),
        before=_id(query.get("before", "")),
    )


def _id(written: str) -> UUID | None:
    try:
        return UUID(written)
    except ValueError:
        return None


def _address(slug: str, asked: desk.Asked, **more: Any) -> str:
    cursor = {"after": asked.after, "before": asked.before, **more}
    query: dict[str, Any] = asked.as_query(**cursor)
    return url_for("queue.show", slug=slug, **query)


def _refused(slug: str, asked: desk.Asked, sentence: str) -> tuple[str, int]:
    with db.reading() as reading:
        place = places.round_place(reading, slug, datetime.now(UTC))
        page = desk.page(
            reading,
            place,
            asked,
            confidential=g.person.may(Act.READ_CONFIDENTIAL),
            language=look.spoken(),
        )
    return _render(place, page, asked, [{"field": "", "message": sentence}]), 400


def _render(place: RoundPlace, page: desk.Page, asked: desk.Asked, errors: list[dict[str, str]]) -> str:
    slug = place.round.slug
    ids = [waiting.id for waiting in page.comments]
    wanted = request.args.get("at", "")
    undo = session.get("undo") or {}
    g.ledger_told = True
    return render_template(
        "queue/show.html",
        ledger=place.ledger,
        place=place,
        page=page,
        asked=asked,
        errors=errors,
        current=wanted if wanted in ids else (ids[0] if ids else ""),
        next_of=dict(zip(ids, [*ids[1:], ""], strict=False)),
        numbers=places.numbers(place.document),
        undo=undo if undo.get("round") == slug else None,
        picked=request.form.getlist("picked"),
        typed=request.form,
        action=_address(slug, asked),
        all_url=_address(slug, desk.Asked()),
        next_url=_address(slug, asked, after=page.after, before=None) if page.after else "",
        previous_url=_address(slug, asked, before=page.before, after=None) if page.before else "",
        may_act=g.person.may(Act.LINK),
        may_hide=g.person.may(Act.MODERATE),
        size=places.PAGE,
    )


# --- acts


def _perform(writing: Session, place: RoundPlace, now: datetime) -> None:
    form = request.form
    if written := form.get("link"):
        comment_id, _colon, clause_id = written.partition(":")
        _place_all(writing, place, [(_known(comment_id), _known(clause_id))], now)
    elif written := form.get("choose"):
        clause = _clause(place, form.get("to", ""))
        _place_all(writing, place, [(_known(written), clause)], now)
    elif written := form.get("whole"):
        _place_all(writing, place, [(_known(written), None)], now)
    elif form.get("act") == "undo":
        _undo(writing, place, now)
    elif form.get("act") == "sure":
        pairs = [written.partition(":") for written in form.getlist("sure")]
        _place_all(writing, place, [(_known(a), _known(b)) for a, _colon, b in pairs], now)
    else:
        _perform_on_picked(writing, place, now)


def _perform_on_picked(writing: Session, place: RoundPlace, now: datetime) -> None:
    form = request.form
    picked = [_known(written) for written in form.getlist("picked")]
    if not picked:
        raise themes.NothingPicked
    match form.get("act"):
        case "whole":
            _place_all(writing, place, [(id_, None) for id_ in picked], now)
        case "theme":
            _make_theme(writing, place, picked, now)
        case "hide":
            _hide(writing, place, picked, now)
        case "filled" if form.get("title", "").strip():
            _make_theme(writing, place, picked, now)
        case "filled" if form.get("reason", "").strip():
            _hide(writing, place, picked, now)
        case _:
            clause = _clause(place, form.get("to", ""))
            _place_all(writing, place, [(id_, clause) for id_ in picked], now)


def _known(written: str) -> UUID:
    found = _id(written)
    if found is None:
        raise BarazaError(_("This page is of another moment. Load it again; nothing was changed."))
    return found


def _clause(place: RoundPlace, written: str) -> UUID:
    if not written.strip():
        raise ClauseMissing
    return desk.clause_meant(place.document, written)


def _place_all(
    writing: Session, place: RoundPlace, wanted: list[tuple[UUID, UUID | None]], now: datetime
) -> None:
    """Link comments that still wait; those a colleague placed meanwhile stay where they were put."""
    standings = {row.comment_id: row for row in _seen(writing, place, [id_ for id_, _clause in wanted])}
    placed: list[UUID] = []
    for comment_id, clause_id in wanted:
        standing = standings.get(comment_id)
        if standing is None or not desk.settle(writing, place, standing, clause_id, by=g.person.id, now=now):
            continue
        placed.append(comment_id)
    _say_placed(place, wanted, placed)


def _say_placed(place: RoundPlace, wanted: list[tuple[UUID, UUID | None]], placed: list[UUID]) -> None:
    targets = {clause_id for id_, clause_id in wanted if id_ in placed}
    if len(targets) == 1:
        target = next(iter(targets))
        where = places.called(place.document.by_id[target]) if target else _("the whole document")
        words = ngettext(
            "Linked one comment to %(where)s.",
            "Linked %(num)s comments to %(where)s.",
            len(placed),
            where=where,
        )
    else:
        words = ngettext("Linked one comment.", "Linked %(num)s comments.", len(placed))
    late = len(wanted) - len(placed)
    if late:
        flash(
            ngettext(
                "A colleague had placed one of them meanwhile; it stays where they put it.",
                "Colleagues had placed %(num)s of them meanwhile; they stay where they were put.",
                late,
            ),
            "info",
        )
    if placed:
        _remember(place, "link", placed, words)


def _seen(writing: Session, place: RoundPlace, ids: list[UUID]) -> list[StandingRow]:
    """The standings of these comments of this round. Raises Forbidden for one given in confidence."""
    standings = [row for row in places.lock(writing, ids) if row.round_id == place.round.id]
    if not g.person.may(Act.READ_CONFIDENTIAL):
        for row in standings:
            if writing.get_one(CommentRow, row.comment_id).confidential:
                raise Forbidden
    return standings


def _make_theme(writing: Session, place: RoundPlace, picked: list[UUID], now: datetime) -> None:
    ids = [row.comment_id for row in _seen(writing, place, picked)]
    theme = themes.make(writing, place.round, request.form.get("title", ""), ids, now=now)
    audit.record(
        writing,
        g.person.id,
        "make-theme",
        "theme",
        theme.id,
        after={"comments": [str(i) for i in ids]},
        now=now,
    )
    words = ngettext(
        "Made the theme “%(title)s” of one comment.",
        "Made the theme “%(title)s” of %(num)s comments.",
        len(ids),
        title=theme.title,
    )
    _remember(place, "theme", [theme.id], words)


def _hide(writing: Session, place: RoundPlace, picked: list[UUID], now: datetime) -> None:
    if not g.person.may(Act.MODERATE):
        raise Forbidden
    reason = " ".join(request.form.get("reason", "").split())
    if not reason:
        raise ReasonForHidingMissing
    ids = [row.comment_id for row in _seen(writing, place, picked)]
    for id_ in ids:
        comments.hide(writing, id_, reason)
        audit.record(
            writing, g.person.id, "hide", "comment", id_, {"hidden": False}, {"hidden": True}, reason, now=now
        )
    words = ngettext(
        "Kept one comment from public pages; it still counts and waits here.",
        "Kept %(num)s comments from public pages; they still count and wait here.",
        len(ids),
    )
    _remember(place, "hide", ids, words)


def _remember(place: RoundPlace, kind: str, ids: list[UUID], words: str) -> None:
    session["undo"] = {
        "round": place.round.slug,
        "kind": kind,
        "ids": [str(id_) for id_ in ids],
        "words": words,
    }


def _undo(writing: Session, place: RoundPlace, now: datetime) -> None:
    """Take back the last act, as far as nobody has built on it."""
    undo = session.pop("undo", None) or {}
    if undo.get("round") != place.round.slug:
        raise BarazaError(_("There is nothing left to undo here."))
    ids = [UUID(written) for written in undo["ids"]]
    done = {"link": _unlink, "theme": _untheme, "hide": _unhide}[undo["kind"]](writing, place, ids, now)
    flash(
        ngettext("Undone for one.", "Undone for %(num)s.", done)
        if done
        else _("Nothing was undone: a colleague has gone on from there."),
        "done" if done else "info",
    )


def _unlink(writing: Session, place: RoundPlace, ids: list[UUID], now: datetime) -> int:
    done = 0
    for standing in _seen(writing, place, ids):
        live = links.live_links(writing, standing.comment_id)
        mine = bool(live) and all(row.by == str(g.person.id) for row in live)
        if not mine or standing.disposition_id is not None:
            continue
        links.unplace(writing, standing.comment_id, by=str(g.person.id), now=now)
        audit.record(
            writing,
            g.person.id,
            "undo-link",
            "comment",
            standing.comment_id,
            after={"placement": "queued"},
            now=now,
        )
        done += 1
    return done


def _untheme(writing: Session, place: RoundPlace, ids: list[UUID], now: datetime) -> int:
    theme = themes.theme_called(writing, place.round, str(ids[0]))
    gone = themes.take_apart(writing, theme)
    audit.record(writing, g.person.id, "take-theme-apart", "theme", ids[0], {"comments": len(gone)}, now=now)
    return 1


def _unhide(writing: Session, place: RoundPlace, ids: list[UUID], now: datetime) -> int:
    standings = _seen(writing, place, ids)
    for standing in standings:
        comments.hide(writing, standing.comment_id, "")
        audit.record(
            writing,
            g.person.id,
            "show",
            "comment",
            standing.comment_id,
            {"hidden": True},
            {"hidden": False},
            now=now,
        )
    return len(standings)
