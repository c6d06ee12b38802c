"""Recognition at the desk: pairs of standards, their working list, coverage, one list for several."""

import io
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from pydantic import ValidationError
from sqlmodel import Session, col, select
from werkzeug.wrappers import Response

from consult import audit, combined_files, db
from consult.errors import NotFound
from consult.permissions import Act
from consult.recognition_words import MEANINGS, STANDINGS, VERDICTS
from consult.sheets import crosswalk
from consult.views.guard import requires
from consult.views.recognition_shown import (
    combined_shown,
    edge_shown,
    end_shown,
    mark,
    missed,
    pair_url,
    words_of,
)
from consult.views.shown import attachment
from standards import recognition_store
from standards.combining import Combined, combined, common_core
from standards.document import Clause
from standards.errors import StandardsError
from standards.recognition import Standing, Verdict, coverage, refuse_one_standard_twice
from standards.recognition_store import End, Judgement, Kept, Pair
from standards.tables import StandardRow, VersionRow

bp = Blueprint("recognition", __name__, url_prefix="/desk/recognition")

A_PAGE = 50
"""Edges listed at once; the table that can be taken out has all of them."""
Typed = dict[str, str]
Errors = list[dict[str, str]]


@bp.get("")
@requires(Act.READ_DESK)
def index() -> str:
    """Every pair of standards between which edges are kept."""
    return _index({}, [])


@bp.post("")
@requires(Act.EDIT_DRAFT)
def begin() -> Response | tuple[str, int]:
    """Choose two versions and have the likeliest clauses joined, to be judged one by one."""
    typed = {name: request.form.get(name, "") for name in ("ours", "theirs")}
    if not all(typed.values()):
        return _index(typed, [{"field": "ours", "message": _("Choose both versions.")}]), 400
    now = datetime.now(UTC)
    try:
        with db.transaction() as session:
            pair = recognition_store.pair_called(session, typed["ours"], typed["theirs"])
            made = recognition_store.propose(session, pair, by=str(g.person.id), now=now)
            _record(session, "propose-edges", pair, {"edges": len(made)}, now)
            there = pair_url(pair)
    except StandardsError as refused:
        return _index(typed, [{"field": "theirs", "message": str(refused)}]), 400
    words = ngettext(
        "%(num)s pair of clauses is proposed.", "%(num)s pairs of clauses are proposed.", len(made)
    )
    flash(words, "done" if made else "info")
    return redirect(there)


@bp.get("/<ours>/<theirs>")
@requires(Act.READ_DESK)
def work(ours: str, theirs: str) -> str:
    """The working list of a pair, the edge in hand first."""
    return _work(ours, theirs, {}, [])


@bp.post("/<ours>/<theirs>")
@requires(Act.EDIT_DRAFT)
def judge(ours: str, theirs: str) -> Response | tuple[str, int]:
    """Record what this reviewer found of one edge, and go on to the next."""
    typed = {name: value.strip() for name, value in request.form.items()}
    now = datetime.now(UTC)
    try:
        with db.transaction() as session:
            pair = recognition_store.pair_called(session, ours, theirs)
            one, other = _ends(pair, typed.get("at", ""))
            row = recognition_store.judge(
                session,
                pair,
                one.id,
                other.id,
                _judgement(typed),
                reviewer=typed.get("reviewer", "")[:200],
                by=str(g.person.id),
                now=now,
            )
            after = {"requirement": row.requirement.value, "assurance": row.assurance.value}
            after |= {"reviewers": str(len(row.reviewers))}
            audit.record(session, g.person.id, "judge-edge", "crosswalk", row.id, None, after, now=now)
            is_whole = bool(row.reviewed_on)
    except (recognition_store.Undecided, recognition_store.AlreadyJudged, _Misjudged) as refused:
        return _work(ours, theirs, typed, [{"field": "requirement", "message": str(refused)}]), 400
    except recognition_store.AnotherPersonNeeded as refused:
        return _work(ours, theirs, typed, [{"field": "reviewer", "message": str(refused)}]), 400
    flash(
        _("Both reviewers agree; the edge holds.")
        if is_whole
        else _("Kept. It waits for a second reviewer."),
        "done",
    )
    # What has no value is left out of the address.
    show, following = typed.get("show") or None, typed.get("next") or None
    return redirect(url_for("recognition.work", ours=ours, theirs=theirs, show=show, at=following))


@bp.post("/<ours>/<theirs>/join")
@requires(Act.EDIT_DRAFT)
def join(ours: str, theirs: str) -> Response | tuple[str, int]:
    """Join two clauses that nothing proposed."""
    typed = {name: request.form.get(name, "").strip() for name in ("our_number", "their_number")}
    now = datetime.now(UTC)
    try:
        with db.transaction() as session:
            pair = recognition_store.pair_called(session, ours, theirs)
            one, other = pair.ours.clause(typed["our_number"]), pair.theirs.clause(typed["their_number"])
            row = recognition_store.join(session, pair, one.id, other.id, by=str(g.person.id), now=now)
            audit.record(session, g.person.id, "join-clauses", "crosswalk", row.id, now=now)
    except StandardsError as refused:
        return _work(ours, theirs, typed, [{"field": "our_number", "message": str(refused)}]), 400
    at = f"{one.id.hex}.{other.id.hex}"
    return redirect(url_for("recognition.work", ours=ours, theirs=theirs, at=at))


@bp.post("/<ours>/<theirs>/import")
@requires(Act.EDIT_DRAFT)
def bring(ours: str, theirs: str) -> Response | tuple[str, int]:
    """Take the judgements of a table over: all of its rows, or none.

    Only the secretary's table keeps the reviewers it names.
    """
    file = request.files.get("file")
    if file is None or not file.filename:
        return _work(ours, theirs, {}, [{"field": "file", "message": _("Choose the filled-in table.")}]), 400
    now = datetime.now(UTC)
    try:
        with db.transaction() as session:
            pair = recognition_store.pair_called(session, ours, theirs)
            found = crosswalk.bring(
                session,
                pair,
                file.read(),
                file.filename,
                reviewer=None if g.person.may(Act.PUBLISH) else g.person.name,
                by=str(g.person.id),
                now=now,
            )
            _record(session, "import-crosswalk", pair, {"rows": found.rows, "judged": found.judged}, now)
    except StandardsError as refused:
        return _work(ours, theirs, {}, [{"field": "file", "message": str(refused)}]), 400
    flash(
        _(
            "Rows: %(rows)s. Judged anew: %(judged)s; as they were: %(unchanged)s.",
            rows=found.rows,
            judged=found.judged,
            unchanged=found.unchanged,
        ),
        "done",
    )
    return redirect(url_for("recognition.work", ours=ours, theirs=theirs))


@bp.get("/<ours>/<theirs>/crosswalk.<kind>")
@requires(Act.READ_DESK)
def table(ours: str, theirs: str, kind: str) -> Response:
    """The edges of a pair as a table, to work on elsewhere."""
    if kind not in crosswalk.KINDS:
        raise NotFound(_("A crosswalk comes as %(kinds)s.", kinds=", ".join(crosswalk.KINDS)))
    into = io.BytesIO()
    with db.reading() as session:
        pair = recognition_store.pair_called(session, ours, theirs)
        crosswalk.write(session, pair, kind, into, _today())
    name = f"{pair.ours.standard.slug}-{pair.theirs.standard.slug}-crosswalk.{kind}"
    return attachment(into.getvalue(), name, crosswalk.KINDS[kind])


@bp.get("/<ours>/<theirs>/coverage")
@requires(Act.READ_DESK)
def covered(ours: str, theirs: str) -> str:
    """Which of theirs we meet, and which of ours they miss."""
    with db.reading() as session:
        pair = recognition_store.pair_called(session, ours, theirs)
        edges = recognition_store.edges_among(session, (pair.ours, pair.theirs), _today())
    found = coverage(pair.ours.side, pair.theirs.side, edges, _today())
    return render_template(
        "recognition/coverage.html", pair=_pair_shown(pair), directions=missed(found, pair)
    )


@bp.get("/combined")
@requires(Act.READ_DESK)
def together() -> str:
    """One list for several standards, and what they have in common."""
    with db.reading() as session:
        choices = _choices(session)
        ends, errors = _asked_for(session)
        found, core = _combined(session, ends) if len(ends) > 1 else (None, ())
    by_name = {end.side.name: end for end in ends}
    return render_template(
        "recognition/combined.html",
        choices=choices,
        asked=list(by_name) or request.args.getlist("standard"),
        errors=errors,
        combined=found,
        ends=[end_shown(end) for end in ends],
        items=combined_shown(found, by_name) if found else [],
        core=[[clause.title for clause in row] for row in core],
        downloads=[
            {"words": word, "url": url_for("recognition.together_file", kind=kind, standard=list(by_name))}
            for kind, word in (("docx", _("Word")), ("xlsx", _("Excel")))
        ],
    )


@bp.get("/combined.<kind>")
@requires(Act.READ_DESK)
def together_file(kind: str) -> Response:
    """The list for several standards, with what they have in common, as a file."""
    if kind not in combined_files.KINDS:
        raise NotFound(_("A combined list comes as %(kinds)s.", kinds=", ".join(combined_files.KINDS)))
    with db.reading() as session:
        ends, _errors = _asked_for(session)
        if len(ends) < 2:
            raise NotFound(_("Choose at least two standards for one list."))
        found, core = _combined(session, ends)
    data = combined_files.write(found, core, ends, kind)
    name = "-".join(end.standard.slug for end in ends)
    return attachment(data, f"{name}-combined.{kind}", combined_files.KINDS[kind])


# --- pages


def _index(typed: Typed, errors: Errors) -> str:
    with db.reading() as session:
        found = recognition_store.pairs(session, _today())
        choices = _choices(session)
    return render_template(
        "recognition/index.html",
        pairs=[
            {**_pair_shown(pair), "counts": {standing.value: counts[standing] for standing in Standing}}
            for pair, counts in found
        ],
        choices=choices,
        typed=typed,
        errors=errors,
        may_edit=g.person.may(Act.EDIT_DRAFT),
    )


def _work(ours: str, theirs: str, typed: Typed, errors: Errors) -> str:
    show = request.values.get("show", "")
    with db.reading() as session:
        pair = recognition_store.pair_called(session, ours, theirs)
        found = recognition_store.kept(session, pair, _today())
        listed = [one for one in found if not show or one.standing.value == show]
        current = _in_hand(listed, found, request.values.get("at", ""))
        sides = _both(session, pair, current) if current else None
    place = listed.index(current) if current in listed else -1
    start = max(place, 0) // A_PAGE * A_PAGE
    counts = {standing: sum(one.standing is standing for one in found) for standing in Standing}
    return render_template(
        "recognition/work.html",
        pair=_pair_shown(pair),
        filters=[
            {"show": standing.value, "word": STANDINGS[standing].word, "count": counts[standing]}
            for standing in Standing
            if counts[standing] or standing.value == show
        ],
        show=show,
        total=len(found),
        edges=[edge_shown(pair, one) for one in listed[start : start + A_PAGE]],
        listed=len(listed),
        first=start + 1,
        current=edge_shown(pair, current) if current else None,
        sides=sides,
        next=mark(listed[place + 1]) if place + 1 < len(listed) else "",
        previous_page=mark(listed[start - A_PAGE]) if start else "",
        next_page=mark(listed[start + A_PAGE]) if start + A_PAGE < len(listed) else "",
        verdicts=[(v.value, VERDICTS[v].word, MEANINGS[v]) for v in MEANINGS],
        typed=typed,
        errors=errors,
        may_edit=g.person.may(Act.EDIT_DRAFT),
        keeps_reviewers=g.person.may(Act.PUBLISH),
        reviewer=typed.get("reviewer") or g.person.name,
    )


def _in_hand(listed: Sequence[Kept], found: Sequence[Kept], at: str) -> Kept | None:
    return next((one for one in found if mark(one) == at), None) or next(iter(listed), None)


def _both(session: Session, pair: Pair, one: Kept) -> list[dict[str, Any] | None]:
    ends = ((pair.ours, one.row.from_clause_id), (pair.theirs, one.row.to_clause_id))
    clauses = [(end, end.side.document.by_id.get(id_)) for end, id_ in ends]
    return [words_of(session, clause, end) if clause else None for end, clause in clauses]


def _pair_shown(pair: Pair) -> dict[str, Any]:
    return {
        "ours": end_shown(pair.ours),
        "theirs": end_shown(pair.theirs),
        "url": pair_url(pair),
        "coverage_url": pair_url(pair, "coverage"),
        "combined_url": url_for(
            "recognition.together", standard=[pair.ours.side.name, pair.theirs.side.name]
        ),
        "tables": [
            {"words": kind.upper(), "url": pair_url(pair, f"crosswalk.{kind}")} for kind in crosswalk.KINDS
        ],
    }


def _choices(session: Session) -> list[tuple[str, str]]:
    """Every frozen version, newest first within its standard."""
    rows = session.exec(
        select(StandardRow, VersionRow)
        .join(VersionRow, col(VersionRow.standard_id) == StandardRow.id)
        .where(col(VersionRow.content_hash).is_not(None))
        .order_by(StandardRow.title, col(VersionRow.created_at).desc(), col(VersionRow.id))
    )
    return [(f"{s.slug}@{version.label}", f"{s.title} {version.label}") for s, version in rows]


def _asked_for(session: Session) -> tuple[list[End], Errors]:
    """The versions the address names; none, and why, where they make no list."""
    names = list(dict.fromkeys(name for name in request.args.getlist("standard") if name))
    try:
        ends = [recognition_store.end_called(session, name) for name in names]
        refuse_one_standard_twice([end.side for end in ends])
    except StandardsError as refused:
        return [], [{"field": "standard", "message": str(refused)}]
    if len(ends) == 1:
        return [], [{"field": "standard", "message": _("Choose at least two standards for one list.")}]
    return ends, []


def _combined(session: Session, ends: Sequence[End]) -> tuple[Combined, tuple[tuple[Clause, ...], ...]]:
    on, sides = _today(), [end.side for end in ends]
    edges = recognition_store.edges_among(session, ends, on)
    return combined(sides, edges, on), common_core(sides, edges, on)


# --- forms


class _Misjudged(StandardsError):
    """A form for a judgement that cannot be read."""


def _judgement(typed: Typed) -> Judgement:
    expires = typed.get("expires_on", "")
    try:
        return Judgement(
            requirement=Verdict(typed.get("requirement") or Verdict.UNREVIEWED),
            assurance=Verdict(typed.get("assurance") or Verdict.UNREVIEWED),
            gap=typed.get("gap", ""),
            evidence=typed.get("evidence", ""),
            expires_on=date.fromisoformat(expires) if expires else None,
        )
    except (ValueError, ValidationError):
        raise _Misjudged(
            _("Choose a verdict for both halves, and give the last day as a date such as 2027-01-31.")
        ) from None


def _ends(pair: Pair, at: str) -> tuple[Clause, Clause]:
    """Both clauses of the edge a form is about. Raises UnknownClause."""
    one, _dot, other = at.partition(".")
    return pair.ours.clause(_as_id(one)), pair.theirs.clause(_as_id(other))


def _as_id(hexadecimal: str) -> str:
    try:
        return str(UUID(hex=hexadecimal))
    except ValueError:
        return hexadecimal


def _record(session: Session, act: str, pair: Pair, after: dict[str, int], now: datetime) -> None:
    subject = f"{pair.ours.side.name} {pair.theirs.side.name}"
    audit.record(session, g.person.id, act, "crosswalk", subject[:64], None, after, now=now)


def _today() -> date:
    return datetime.now(UTC).date()
