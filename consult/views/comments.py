"""A comment at the desk: its whole path, its original words, and the voices behind a wording."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response

from consult import audit, comments, db, lateness, ledger_line, links, look, publications, workshops
from consult.desk import places, trace
from consult.desk.clauses import text_url
from consult.desk.queue import clause_meant
from consult.errors import BarazaError, NotFound
from consult.permissions import Act
from consult.tables.comments import Placement
from consult.tables.intake import Channel
from consult.tables.people import Role
from consult.views.guard import requires
from consult.views.queue import READ, ClauseMissing, ReasonForHidingMissing
from consult.workshops import recordings
from standards import store
from standards.store import UnknownClause

bp = Blueprint("comments", __name__, url_prefix="/desk/comments")


@bp.get("")
@requires(READ)
def every() -> str:
    """All comments, the newest first, found by words, receipt number or alias."""
    query = request.args
    sought = trace.Sought(
        words=query.get("q", "")[:200].strip(),
        round=query.get("round", ""),
        after=_id(query.get("after", "")),
    )
    with db.reading() as reading:
        groups = places.group_words(reading, look.spoken())
        shown, after = trace.listed(
            reading,
            sought,
            groups,
            confidential=g.person.may(Act.READ_CONFIDENTIAL),
            language=look.spoken(),
        )
        rounds = places.rounds_to_choose(reading)
    more = url_for("comments.every", q=sought.words, round=sought.round, after=after) if after else ""
    return render_template("comments/list.html", comments=shown, sought=sought, rounds=rounds, next_url=more)


def _id(written: str) -> UUID | None:
    try:
        return UUID(written)
    except ValueError:
        return None


@bp.get("/<uuid:comment_id>")
@requires(READ)
def show(comment_id: UUID) -> str:
    """One comment with its whole path."""
    return _page(comment_id, [])


@bp.post("/<uuid:comment_id>")
@requires(Act.LINK)
def act(comment_id: UUID) -> Response | tuple[str, int]:
    """Link the comment elsewhere, put it back into the queue, hide it or show it again."""
    try:
        with db.transaction() as writing:
            found = trace.subject(writing, comment_id, confidential=g.person.may(Act.READ_CONFIDENTIAL))
            _perform(writing, found, datetime.now(UTC))
    except (NotFound, trace.InConfidence):
        raise
    except (BarazaError, UnknownClause) as refusal:
        return _page(comment_id, [{"field": "", "message": str(refusal)}]), 400
    return redirect(url_for("comments.show", comment_id=comment_id))


@bp.post("/<uuid:comment_id>/original")
@requires(Act.OPEN_ORIGINAL)
def open_original(comment_id: UUID) -> str:
    """The words as they came, without their sender; that they were opened is on record."""
    with db.transaction() as writing:
        found = trace.subject(writing, comment_id, confidential=g.person.may(Act.READ_CONFIDENTIAL))
        original = trace.original(writing, found.comment)
        audit.record(writing, g.person.id, "open-original", "comment", comment_id, now=datetime.now(UTC))
    return render_template("comments/original.html", subject=found, original=original)


@bp.get("/behind/<slug>/<label>/<path:named>")
@requires(READ)
def behind(slug: str, label: str, named: str) -> str:
    """The voices behind the wording of a clause in a version."""
    confidential = g.person.may(Act.READ_CONFIDENTIAL)
    with db.reading() as reading:
        try:
            standard, version = store.version_called(reading, f"{slug}@{label}")
            document = publications.text(reading, version)
            clause = store.clause_in(document, named, _("version %(label)s", label=label))
        except (store.UnknownStandard, store.UnknownVersion, UnknownClause) as unknown:
            raise NotFound(str(unknown)) from unknown
        rows, unseen = trace.behind(reading, version, clause.id, confidential=confidential)
        groups = places.group_words(reading, look.spoken())
    shown = []
    for comment, disposition in rows:
        one = places.voice(comment, None, groups, "UTC", look.spoken())
        shown.append(one | {"disposition": disposition.outcome.value, "reason": disposition.reason})
    return render_template(
        "comments/behind.html",
        standard=standard,
        version=version,
        clause=clause,
        comments=shown,
        unseen=unseen,
        text_url=text_url(slug, version, clause.id),
    )


# --- the page


def _spoken_at(session: Session, found: trace.Subject) -> workshops.Origin | None:
    if found.comment.channel is not Channel.WORKSHOP:
        return None
    return workshops.origin_of(session, found.comment.id)


def _may_listen(origin: workshops.Origin | None) -> bool:
    """Whether this person sees the workshop where it was said; a facilitator sees their own."""
    if origin is None or not g.person.may(Act.RUN_WORKSHOP):
        return False
    return g.person.role is not Role.FACILITATOR or origin.workshop.facilitator_id == g.person.id


def _page(comment_id: UUID, errors: list[dict[str, str]]) -> str:
    language = look.spoken()
    with db.reading() as reading:
        found = trace.subject(reading, comment_id, confidential=g.person.may(Act.READ_CONFIDENTIAL))
        document = publications.text(reading, found.version)
        links_kept = trace.all_links(reading, comment_id)
        decided = trace.decisions(reading, comment_id)
        change = trace.wording(reading, found, links_kept, decided[0]) if decided else None
        by = trace.deciders(reading, links_kept, decided)
        groups = places.group_words(reading, language)
        ledger = ledger_line.line(reading, found.round, datetime.now(UTC))
        spoken_at = _spoken_at(reading, found)
        may_listen = _may_listen(spoken_at)
        kept_at = recordings.kept_at(reading, spoken_at.utterance) if spoken_at and may_listen else None
    g.ledger_told = True
    shown_links = trace.links_shown(found, document, links_kept, by)
    voice = places.voice(found.comment, found.alias, groups, found.round.time_zone, language)
    return render_template(
        "comments/show.html",
        ledger=ledger,
        subject=found,
        voice=voice,
        origin=spoken_at,
        clock=workshops.clock,
        may_listen=may_listen,
        kept_at=kept_at,
        links=shown_links,
        decisions=decided,
        states=trace.state_words(),
        by=by,
        change=change,
        path=trace.steps(found, found.comment.received_at, shown_links, decided, change),
        decide_url=_decide_url(found, shown_links),
        numbers=places.numbers(document),
        errors=errors,
        typed=request.form,
        zone=found.round.time_zone,
        may_link=g.person.may(Act.LINK) and found.standing.placement is not Placement.ERASED,
        may_decide=g.person.may(Act.DECIDE) and found.standing.placement is not Placement.ERASED,
        may_hide=g.person.may(Act.MODERATE),
        may_open=g.person.may(Act.OPEN_ORIGINAL) and found.standing.placement is not Placement.ERASED,
        author=found.comment.author if g.person.may(Act.OPEN_ORIGINAL) else None,
    )


def _decide_url(found: trace.Subject, shown: list[dict[str, Any]]) -> str:
    live = [link for link in shown if link["ended_at"] is None and link["kind"] != "suggested"]
    return f"{live[0]['url']}#decide" if live else ""


# --- acts


def _perform(writing: Session, found: trace.Subject, now: datetime) -> None:
    g.placed_before = found.standing.placement.value
    match request.form.get("act"):
        case "link":
            _link(writing, found, now)
        case "unplace":
            links.unplace(writing, found.comment.id, by=str(g.person.id), now=now)
            _noted(writing, found, "unplace", {"placement": "queued"}, now)
            flash(_("The comment waits in the queue again."), "done")
        case "in-time" | "late" as wanted:
            _time(writing, found, lateness.Timing(wanted), now)
        case "hide" | "show" as wanted:
            _hide(writing, found, wanted, now)
        case _:
            raise BarazaError(_("Nothing was asked for. Press one of the buttons."))


def _link(writing: Session, found: trace.Subject, now: datetime) -> None:
    written = request.form.get("to", "").strip()
    whole = "whole" in request.form
    if not written and not whole:
        raise ClauseMissing
    document = publications.text(writing, found.version)
    wanted = [clause_meant(document, one) for one in written.split(",") if one.strip()]
    links.confirm(
        writing, found.comment.id, [*wanted, *([None] if whole else [])], by=str(g.person.id), now=now
    )
    _noted(writing, found, "link", {"clauses": [str(id_) for id_ in wanted], "whole": whole}, now)
    flash(_("The links are as you said. Earlier ones are kept in the history."), "done")


def _hide(writing: Session, found: trace.Subject, wanted: str, now: datetime) -> None:
    if not g.person.may(Act.MODERATE):
        raise Forbidden
    reason = " ".join(request.form.get("reason", "").replace("\0", "").split())
    if wanted == "hide" and not reason:
        raise ReasonForHidingMissing
    comments.hide(writing, found.comment.id, reason if wanted == "hide" else "")
    _noted(writing, found, wanted, {"hidden": wanted == "hide"}, now, reason)
    flash(
        _("Kept from public pages; it still counts and is still answered.")
        if wanted == "hide"
        else _("It may stand on public pages again, where its author agreed."),
        "done",
    )


def _time(writing: Session, found: trace.Subject, timing: lateness.Timing, now: datetime) -> None:
    if not g.person.may(Act.DECIDE):
        raise Forbidden
    reason = request.form.get("why", "")
    lateness.decide(writing, [found.comment.id], timing, reason=reason, by=g.person.id, now=now)
    flash(_("It is decided; the reason stands in the audit trail."), "done")


def _noted(
    writing: Session, found: trace.Subject, act: str, after: dict[str, Any], now: datetime, reason: str = ""
) -> None:
    before = {"placement": g.placed_before}
    audit.record(writing, g.person.id, act, "comment", found.comment.id, before, after, reason, now=now)
