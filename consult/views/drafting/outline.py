"""The outline of a version: its clauses as a tree, and what one does to their places."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session, col, select
from werkzeug.wrappers import Response

from consult import accounts, db
from consult.drafting import kept_texts, lineages, places
from consult.permissions import Act
from consult.views.drafting.door import Place, back, bp, clause_of, hand, noted, place
from consult.views.guard import requires
from standards import drafting, store
from standards.document import ClauseText, Document
from standards.errors import StandardsError
from standards.tables import EditKind, EditRow

PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "edit": ("editor", {}),
    "before": ("new_clause", {"where": "before"}),
    "after": ("new_clause", {"where": "after"}),
    "under": ("new_clause", {"where": "under"}),
    "move": ("move_form", {}),
    "split": ("split_form", {}),
    "join": ("join_form", {}),
    "withdraw": ("withdraw_form", {}),
    "history": ("history", {}),
}


@bp.get("/standards/<slug>/<label>/")
@requires(Act.READ_DESK)
def outline(slug: str, label: str) -> str:
    """The clauses of a version in order; of a draft, with what can be done to them."""
    with db.reading() as session:
        here = place(session, slug, label)
        document = store.load(session, here.version)
        return _page(session, here, document)


def _page(session: Session, here: Place, document: Document) -> str:
    me = g.person.id
    kept = kept_texts.waiting_for(session, here.version, me)
    writing = kept_texts.colleagues_writing(session, here.version, me, datetime.now(UTC))
    return render_template(
        "drafting/outline.html",
        place=here,
        rows=_rows(document, kept, writing),
        chosen=_asked_for("at"),
        saved=_saved(here),
        doubts=lineages.count_waiting(session, here.version),
        withdrawn=len(_gone(session, here, document)),
        can_edit=here.is_draft and g.person.may(Act.EDIT_DRAFT),
    )


def _rows(document: Document, kept: set[UUID], writing: set[UUID]) -> list[dict[str, Any]]:
    depths: dict[UUID | None, int] = {None: -1}
    rows = []
    for clause in document:
        depths[clause.id] = depth = depths[clause.parent] + 1
        text = clause.text
        rows.append(
            {
                "id": clause.id,
                "number": clause.number,
                "words": text.heading or " ".join(text.body.split()[:12]),
                "depth": depth,
                "level": text.level.value,
                "modality": text.modality.value,
                "kept": clause.id in kept,
                "writing": clause.id in writing,
            }
        )
    return rows


def _asked_for(name: str) -> UUID | None:
    try:
        return UUID(request.args.get(name, ""))
    except ValueError:
        return None


def _saved(here: Place) -> str:
    """The address of the clause just saved, so that the browser lets go of its own copy."""
    saved = _asked_for("saved")
    return here.clause_url(saved) if saved else ""


@bp.post("/standards/<slug>/<label>/")
@requires(Act.EDIT_DRAFT)
def act(slug: str, label: str) -> Response:
    """Do to the chosen clause what the pressed button says: a step now, or a page that asks more."""
    named: dict[str, Any] = {"slug": slug, "label": label}
    wanted = request.form.get("act", "")
    try:
        chosen = UUID(request.form.get("clause", ""))
    except ValueError:
        flash(_("Choose a clause first, then press the button again."), "care")
        return redirect(url_for("drafting.outline", **named))
    if wanted in PAGES:
        page, more = PAGES[wanted]
        key = "beside" if page == "new_clause" else "clause_id"
        more = {**more, key: chosen}
        return redirect(url_for(f"drafting.{page}", **named, **more))
    return _step(slug, label, chosen, wanted)


def _step(slug: str, label: str, chosen: UUID, wanted: str) -> Response:
    by = hand()
    try:
        with db.transaction() as session:
            here = place(session, slug, label)
            document = store.load(session, here.version)
            clause = clause_of(document, chosen)
            if wanted not in places.STEPS:
                raise places.NoRoom(_("Press one of the buttons above the outline."))
            to = places.step(document, clause, wanted)
            drafting.move(session, here.version, chosen, by, parent=to.parent, position=to.position)
            noted(session, "move-clause", by, here, chosen, after={"step": wanted})
    except StandardsError as refusal:
        flash(str(refusal), "refused")
        return redirect(url_for("drafting.outline", slug=slug, label=label, at=chosen))
    return back(here, chosen)


# --- what was taken out


@bp.get("/standards/<slug>/<label>/withdrawn")
@requires(Act.READ_DESK)
def withdrawn(slug: str, label: str) -> str:
    """The clauses taken out of this draft, each to be brought back."""
    with db.reading() as session:
        here = place(session, slug, label)
        gone = _gone(session, here, store.load(session, here.version))
        known = accounts.names(session, (row.by for row in gone))
        shown = [
            {"row": row, "text": _text(session, row.before_hash), "by": known.get(row.by, row.by)}
            for row in gone
        ]
    return render_template(
        "drafting/withdrawn.html",
        place=here,
        gone=shown,
        can_edit=here.is_draft and g.person.may(Act.EDIT_DRAFT),
    )


def _gone(session: Session, here: Place, document: Document) -> list[EditRow]:
    """The last act on each clause that is no longer in the draft, newest first."""
    rows = session.exec(
        select(EditRow)
        .where(
            EditRow.version_id == here.version.id,
            col(EditRow.kind).in_([EditKind.WITHDRAW, EditKind.MERGE]),
            col(EditRow.after_hash).is_(None),
        )
        .order_by(col(EditRow.at).desc(), col(EditRow.id))
    ).all()
    last: dict[UUID, EditRow] = {}
    for row in rows:
        if row.clause_id not in document.by_id:
            last.setdefault(row.clause_id, row)
    return list(last.values())


def _text(session: Session, hash_: str | None) -> ClauseText | None:
    return store.text_called(session, hash_) if hash_ else None
