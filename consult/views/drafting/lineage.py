"""Doubtful lineage of an imported text: a person says which clause an old one became."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult import db
from consult.drafting import lineages
from consult.permissions import Act
from consult.views.drafting.door import bp, hand, noted, place
from consult.views.guard import requires
from standards.diff import compared, word_changes
from standards.tables import VersionRow

SHOWN = 40


@bp.get("/standards/<slug>/<label>/lineage")
@requires(Act.EDIT_DRAFT)
def lineage(slug: str, label: str) -> str:
    """Old clauses whose successor the import could only suggest, each with its candidates."""
    from consult.drafting.changes import marked

    with db.reading() as session:
        here = place(session, slug, label)
        doubts = lineages.waiting(session, here.version)
        base = here.version.based_on_id
        older = session.get(VersionRow, base) if base else None
    shown = [
        {
            "old": doubt.old,
            "candidates": [
                {
                    "clause": clause,
                    "score": score,
                    "html": marked(word_changes(compared(doubt.old.text), compared(clause.text))),
                }
                for clause, score in doubt.candidates
            ],
        }
        for doubt in doubts[:SHOWN]
    ]
    return render_template("drafting/lineage.html", place=here, doubts=shown, total=len(doubts), older=older)


@bp.post("/standards/<slug>/<label>/lineage")
@requires(Act.EDIT_DRAFT)
def settle(slug: str, label: str) -> Response:
    """Record what was chosen for each old clause on the page; those left open keep waiting."""
    chosen = _chosen()
    by = hand()
    with db.transaction() as session:
        here = place(session, slug, label)
        for old_id, new_id in chosen.items():
            lineages.settle(session, here.version, old_id, new_id, by)
            became = str(new_id) if new_id else None
            noted(session, "settle-lineage", by, here, old_id, after={"became": became})
    flash(_("%(n)s settled.", n=len(chosen)), "done")
    return redirect(url_for("drafting.lineage", slug=slug, label=label))


def _chosen() -> dict[UUID, UUID | None]:
    """For each old clause of the form, its successor, or None for “none of these”."""
    try:
        return {
            UUID(name.removeprefix("old-")): None if value == "none" else UUID(value)
            for name, value in request.form.items()
            if name.startswith("old-") and value
        }
    except ValueError:
        raise lineages.NotSuggested from None
