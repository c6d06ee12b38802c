"""Splitting, merging, moving and withdrawing a clause: each asks what it must know, then does it."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup
from sqlmodel import Session, col, select
from werkzeug.wrappers import Response

from consult import db
from consult.drafting import places
from consult.drafting.clause_form import Flaw, clean
from consult.errors import NotFound
from consult.permissions import Act
from consult.views.drafting.door import Place, back, bp, clause_of, hand, noted, place
from consult.views.guard import requires
from standards import drafting, store
from standards.document import Clause, ClauseText, Document, Modality
from standards.drafting import EditedMeanwhile, EmptyPart, Hand, UnderItself
from standards.provisions import modality_of
from standards.tables import EditKind, EditRow, OutlineRow, VersionRow

CUT = "-----"
END = 2**31 - 1
"""Past any last place."""


def _opened(slug: str, label: str, clause_id: UUID) -> tuple[Place, Document, Clause]:
    with db.reading() as session:
        here = place(session, slug, label)
        document = store.load(session, here.version)
    return here, document, clause_of(document, clause_id)


def _page(
    name: str, here: Place, document: Document, clause: Clause, values: dict[str, Any], flaws: list[Flaw]
) -> str:
    below = document.subtree(clause)
    inside = {other.id for other in below}
    return render_template(
        f"drafting/{name}.html",
        place=here,
        clause=clause,
        html=Markup(store.rendered(clause.text, document.language)),
        below=below[1:],
        others=[other for other in document if other.id not in inside],
        values=values,
        errors=flaws,
    )


# --- move


@bp.get("/standards/<slug>/<label>/clauses/<uuid:clause_id>/move")
@requires(Act.EDIT_DRAFT)
def move_form(slug: str, label: str, clause_id: UUID) -> str:
    """Where should it go?"""
    return _page("move", *_opened(slug, label, clause_id), {"where": "after", "target": ""}, [])


@bp.post("/standards/<slug>/<label>/clauses/<uuid:clause_id>/move")
@requires(Act.EDIT_DRAFT)
def move(slug: str, label: str, clause_id: UUID) -> Response | tuple[str, int]:
    """Put the clause, with all under it, before, after or under another."""
    values = {name: request.form.get(name, "") for name in ("target", "where", "reason")}
    by = hand()
    try:
        with db.transaction() as session:
            here = place(session, slug, label)
            document = store.load(session, here.version)
            clause = clause_of(document, clause_id)
            target = store.clause_in(document, values["target"], f"version {label}")
            where = values["where"] if values["where"] in places.BESIDES else "after"
            to = places.beside(document, target, where, clause)
            drafting.move(session, here.version, clause_id, by, parent=to.parent, position=to.position)
            noted(session, "move-clause", by, here, clause_id, after={where: str(target.id)})
    except UnderItself as refusal:
        return _page("move", *_opened(slug, label, clause_id), values, [Flaw("target", str(refusal))]), 400
    except store.UnknownClause:
        flaw = Flaw("target", _("Choose the clause it should stand beside."))
        return _page("move", *_opened(slug, label, clause_id), values, [flaw]), 400
    return back(here, clause_id, _("Moved. The numbers after it follow by themselves."))


# --- split


@bp.get("/standards/<slug>/<label>/clauses/<uuid:clause_id>/split")
@requires(Act.EDIT_DRAFT)
def split_form(slug: str, label: str, clause_id: UUID) -> str:
    """The clause's words with a line that says where it is cut."""
    here, document, clause = _opened(slug, label, clause_id)
    values = {
        "base": clause.text.hash,
        "body": _with_cuts(clause.text.body),
        "headings": clause.text.heading,
    }
    return _page("split", here, document, clause, values, [])


@bp.post("/standards/<slug>/<label>/clauses/<uuid:clause_id>/split")
@requires(Act.EDIT_DRAFT)
def split(slug: str, label: str, clause_id: UUID) -> Response | tuple[str, int]:
    """Make several clauses of one, cut at the marker lines."""
    values = {name: clean(request.form.get(name, "")) for name in ("base", "body", "headings", "reason")}
    by = hand()
    try:
        with db.transaction() as session:
            here = place(session, slug, label)
            document = store.load(session, here.version)
            clause = clause_of(document, clause_id)
            parts = _parts(values, clause.text, document.language)
            ids = drafting.split(session, here.version, clause_id, values["base"], parts, by)
            noted(session, "split-clause", by, here, clause_id, after={"into": [str(id_) for id_ in ids]})
    except EmptyPart:
        flaw = Flaw(
            "body",
            _("Put a line of five hyphens between two sentences, with words before and after it.")
            + " "
            + _("Nothing was changed."),
        )
        return _page("split", *_opened(slug, label, clause_id), values, [flaw]), 400
    except EditedMeanwhile:
        here, document, clause = _opened(slug, label, clause_id)
        flaw = Flaw("body", _changed_meanwhile())
        return _page("split", here, document, clause, {**values, "base": clause.text.hash}, [flaw]), 409
    message = ngettext("Split into %(num)s clause.", "Split into %(num)s clauses.", len(ids))
    return back(here, clause_id, message)


def _with_cuts(body: str) -> str:
    """The words with a cut put where most people would: between paragraphs, or after the first sentence."""
    paragraphs = body.split("\n\n")
    if len(paragraphs) > 1:
        middle = (len(paragraphs) + 1) // 2
        return "\n\n".join([*paragraphs[:middle], CUT, *paragraphs[middle:]])
    first, stop, rest = body.partition(". ")
    return f"{first}.\n\n{CUT}\n\n{rest}" if stop else f"{body}\n\n{CUT}\n\n"


def _parts(values: dict[str, str], text: ClauseText, language: str) -> list[ClauseText]:
    """The clause's content cut at the marker lines; values and particulars stay where they are named."""
    bodies = [part.strip("\n") for part in _cut(values["body"])]
    headings = [line.strip() for line in values["headings"].split("\n")]
    headings += [""] * len(bodies)
    return [_part(text, headings[at], body, at, language) for at, body in enumerate(bodies)]


def _cut(body: str) -> list[str]:
    parts: list[list[str]] = [[]]
    for line in body.split("\n"):
        if len(line.strip()) >= len(CUT) and not line.strip().strip("-"):
            parts.append([])
        else:
            parts[-1].append(line)
    return ["\n".join(part) for part in parts]


def _part(text: ClauseText, heading: str, body: str, at: int, language: str) -> ClauseText:
    named = tuple(parameter for parameter in text.parameters if f"{{{parameter.name}}}" in body)
    # The first part keeps what is recorded about the clause; the others begin with the same.
    modality = modality_of(body, language) if text.modality is not Modality.NONE else text.modality
    return replace(
        text,
        heading=heading,
        body=body,
        modality=modality,
        parameters=named,
        declared_number=text.declared_number if at == 0 else "",
    )


# --- merge


@bp.get("/standards/<slug>/<label>/clauses/<uuid:clause_id>/merge")
@requires(Act.EDIT_DRAFT)
def join_form(slug: str, label: str, clause_id: UUID) -> str:
    """Which clause goes into this one, and what will stand here then?"""
    here, document, clause = _opened(slug, label, clause_id)
    named = request.args.get("with", "")
    other = next((c for c in document if str(c.id) == named), None)
    return _join_page(here, document, clause, other, {})


def _join_page(
    here: Place,
    document: Document,
    clause: Clause,
    other: Clause | None,
    typed: dict[str, str],
    flaws: list[Flaw] | None = None,
) -> str:
    siblings = document.children[clause.parent]
    at = siblings.index(clause)
    values: dict[str, Any] = {
        "other": other,
        "neighbours": [*siblings[max(0, at - 1) : at], *siblings[at + 1 : at + 2]],
    }
    if other is not None:
        values |= {
            "base": clause.text.hash,
            "other_base": other.text.hash,
            "heading": clause.text.heading or other.text.heading,
            "body": f"{clause.text.body}\n\n{other.text.body}".strip(),
        }
    return _page("join", here, document, clause, {**values, **typed}, flaws or [])


@bp.post("/standards/<slug>/<label>/clauses/<uuid:clause_id>/merge")
@requires(Act.EDIT_DRAFT)
def join(slug: str, label: str, clause_id: UUID) -> Response | tuple[str, int]:
    """Let another clause go into this one; what stood under it comes along."""
    typed = {name: clean(request.form.get(name, "")) for name in ("heading", "body", "reason")}
    bases = (request.form.get("base", ""), request.form.get("other_base", ""))
    by = hand()
    with db.reading() as session:
        here = place(session, slug, label)
        document = store.load(session, here.version)
    kept = clause_of(document, clause_id)
    other = next((c for c in document if str(c.id) == request.form.get("other", "")), None)
    if other is None or other.id == kept.id:
        flaw = Flaw("with", _("Choose another clause of this draft to merge with."))
        return _join_page(here, document, kept, None, {}, [flaw]), 400
    if bases != (kept.text.hash, other.text.hash):
        return _join_page(here, document, kept, other, typed, [Flaw("body", _changed_meanwhile())]), 409
    if not (typed["heading"].strip() or typed["body"].strip()):
        flaw = Flaw("body", _("Write what will stand here. Nothing was changed."))
        return _join_page(here, document, kept, other, typed, [flaw]), 400
    parameters = {p.name: p for p in (*other.text.parameters, *kept.text.parameters)}
    text = replace(
        kept.text,
        heading=typed["heading"].strip(),
        body=typed["body"].strip("\n"),
        parameters=tuple(parameters.values()),
    )
    try:
        with db.transaction() as session:
            drafting.join(session, here.version, kept.id, other.id, text, by)
            noted(session, "merge-clauses", by, here, kept.id, after={"taken_in": str(other.id)})
    except UnderItself:
        flaw = Flaw("with", _("A clause cannot go into one that stands under it. Merge the other way round."))
        return _join_page(here, document, kept, other, typed, [flaw]), 400
    return back(here, kept.id, _("Merged. The history of both clauses leads here."))


# --- withdraw


@bp.get("/standards/<slug>/<label>/clauses/<uuid:clause_id>/withdraw")
@requires(Act.EDIT_DRAFT)
def withdraw_form(slug: str, label: str, clause_id: UUID) -> str:
    """Why is it taken out?"""
    return _page("withdraw", *_opened(slug, label, clause_id), {}, [])


@bp.post("/standards/<slug>/<label>/clauses/<uuid:clause_id>/withdraw")
@requires(Act.EDIT_DRAFT)
def withdraw(slug: str, label: str, clause_id: UUID) -> Response | tuple[str, int]:
    """Take the clause, and all under it, out of the draft; a reason is asked for."""
    by = hand()
    if not by.reason:
        flaw = Flaw("reason", _("Say why it is taken out: those who commented on it will be told."))
        return _page("withdraw", *_opened(slug, label, clause_id), {}, [flaw]), 400
    with db.transaction() as session:
        here = place(session, slug, label)
        gone = drafting.withdraw(session, here.version, clause_id, by)
        noted(
            session, "withdraw-clause", by, here, clause_id, after={"withdrawn": [str(id_) for id_ in gone]}
        )
    flash(
        ngettext(
            "%(num)s clause withdrawn. It can be brought back from here.",
            "%(num)s clauses withdrawn. They can be brought back from here.",
            len(gone),
        ),
        "done",
    )
    return redirect(url_for("drafting.withdrawn", **here.named))


# --- restore


@bp.post("/standards/<slug>/<label>/clauses/<uuid:clause_id>/restore")
@requires(Act.EDIT_DRAFT)
def restore(slug: str, label: str, clause_id: UUID) -> Response:
    """Bring an earlier text back; a clause that was taken out returns to where it stood, if that is there."""
    by = hand()
    with db.transaction() as session:
        here = place(session, slug, label)
        moments = drafting.history(session, clause_id)
        wanted = request.form.get("text", "")
        if wanted not in {text.hash for moment in moments for text in (moment.before, moment.after) if text}:
            raise NotFound(_("This text is not in the clause's history. Choose one from the list."))
        was_out = session.get(OutlineRow, (here.version.id, clause_id)) is None
        changed = drafting.restore(session, here.version, clause_id, wanted, by)
        if was_out:
            _put_back(session, here.version, moments, clause_id, by)
        noted(session, "restore-clause", by, here, clause_id, after={"text": wanted})
    message = _("Brought back.") if changed else _("This is the text that stands already.")
    return back(here, clause_id, message)


def _put_back(
    session: Session, version: VersionRow, moments: list[drafting.Moment], clause_id: UUID, by: Hand
) -> None:
    """Move a restored clause to where it stood, and bring back what was withdrawn from under it with it."""
    left = next((m.edit for m in moments if m.edit.version_id == version.id and m.after is None), None)
    if left is None:
        return
    to = _its_old_place(session, version, left)
    drafting.move(session, version, clause_id, by, parent=to.parent, position=to.position)
    below: dict[UUID | None, list[EditRow]] = {}
    for row in session.exec(
        select(EditRow)
        .where(EditRow.version_id == version.id, EditRow.kind == EditKind.WITHDRAW, EditRow.at == left.at)
        .order_by(col(EditRow.position))
    ).all():
        below.setdefault(row.parent_id, []).append(row)
    waiting = below.get(clause_id, [])
    while waiting:
        row = waiting.pop(0)
        if row.before_hash and drafting.restore(session, version, row.clause_id, row.before_hash, by):
            to = _its_old_place(session, version, row)
            drafting.move(session, version, row.clause_id, by, parent=to.parent, position=to.position)
        waiting += below.get(row.clause_id, [])


def _its_old_place(session: Session, version: VersionRow, left: EditRow) -> places.Place:
    """Where a clause stood before it was taken out; the end of the text where its parent is gone too."""
    parent = left.parent_id
    if parent and session.get(OutlineRow, (version.id, parent)) is None:
        return places.Place(None, END)
    before = session.exec(
        select(OutlineRow.clause_id).where(
            OutlineRow.version_id == version.id,
            OutlineRow.parent_id == parent,
            OutlineRow.position < (END if left.position is None else left.position),
            OutlineRow.clause_id != left.clause_id,
        )
    ).all()
    return places.Place(parent, len(before))


def _changed_meanwhile() -> str:
    return str(
        _(
            "A colleague saved this clause while you were writing. What you typed is below, "
            "their text stands beside it. Bring the two together, then press the button again."
        )
    )
