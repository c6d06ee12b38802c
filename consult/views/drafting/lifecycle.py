"""A version's life at the desk: its changes so far, a new draft, freezing, publishing."""

import re
from datetime import UTC, datetime
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session, select
from werkzeug.wrappers import Response

from consult import audit, comparing, db, dispositions, publications
from consult.drafting import lineages, publishing
from consult.drafting.clause_form import Flaw, clean
from consult.errors import BarazaError
from consult.permissions import Act
from consult.tables.people import KeptTextRow
from consult.views.drafting.door import Place, bp, place
from consult.views.guard import requires
from standards import store, versions
from standards.diff import compare
from standards.errors import StandardsError
from standards.tables import Status, VersionRow
from standards.versions import NewStandard

# --- changes so far


@bp.get("/standards/<slug>/<label>/changes")
@requires(Act.READ_DESK)
def changes_so_far(slug: str, label: str) -> str:
    """What changed against the version this one was made from, with the reasons given."""
    with db.reading() as session:
        here = place(session, slug, label)
        return render_template("drafting/changes.html", place=here, **_changes(session, here))


def _changes(session: Session, here: Place) -> dict[str, Any]:
    """What `drafting/_changes.html` asks for: the base and one page of the comparison with it."""
    version = here.version
    if version.based_on_id is None:
        return {"older": None, "comparison": None, "pager": None}
    older = session.get_one(VersionRow, version.based_on_id)
    before, after = (
        comparing.Side(
            row.label, store.load(session, row), lambda clause: here.clause_url(clause.id, "history")
        )
        for row in (older, version)
    )
    compared = compare(before.document, after.document, store.steps_between(session, older, version))
    ids = [change.clause.id for change in compared.changes]
    told = publications.reasons(session, [version.id], ids)
    shown = comparing.shown(
        compared,
        before,
        after,
        page=request.args.get("page", 1, type=int),
        reasons={id_: [reason.words for reason in found] for id_, found in told.items()},
    )
    return {"older": older, "comparison": shown, "pager": _pager(shown)}


def _pager(shown: comparing.Shown) -> dict[str, Any] | None:
    if shown.pages < 2:
        return None
    return {
        "first": shown.first,
        "last": shown.first + len(shown.changes) - 1,
        "total": shown.changed,
        "size": len(shown.changes),
        "previous_url": f"?page={shown.page - 1}" if shown.page > 1 else None,
        "next_url": f"?page={shown.page + 1}" if shown.page < shown.pages else None,
    }


# --- a new draft


@bp.get("/standards/<slug>/<label>/new-draft")
@requires(Act.EDIT_DRAFT)
def new_draft_form(slug: str, label: str) -> str:
    """What shall the new draft be called?"""
    with db.reading() as session:
        here = place(session, slug, label)
    return _new_draft_page(here, next_label(label), [])


@bp.post("/standards/<slug>/<label>/new-draft")
@requires(Act.EDIT_DRAFT)
def new_draft(slug: str, label: str) -> Response | tuple[str, int]:
    """Begin a draft that starts with this version's text."""
    wanted = request.form.get("new_label", "").strip()
    now = datetime.now(UTC)
    try:
        with db.transaction() as session:
            here = place(session, slug, label)
            draft = versions.new_draft(session, here.version, plain_label(wanted), now=now)
            audit.record(
                session,
                g.person.id,
                "new-draft",
                "version",
                draft.id,
                after={"based_on": str(here.version.id), "label": draft.label},
                now=now,
            )
    except StandardsError as refusal:
        with db.reading() as session:
            here = place(session, slug, label)
        return _new_draft_page(here, wanted, [Flaw("new_label", str(refusal))]), 400
    flash(_("Draft %(label)s is ready to be written on.", label=draft.label), "done")
    clause = request.args.get("clause", "")
    if clause:
        return redirect(url_for("drafting.editor", slug=slug, label=draft.label, clause_id=clause))
    return redirect(url_for("drafting.outline", slug=slug, label=draft.label))


def _new_draft_page(here: Place, label: str, flaws: list[Flaw]) -> str:
    return render_template("drafting/new_draft.html", place=here, new_label=label, errors=flaws)


class UnfitLabel(BarazaError):
    """A label that no address could hold."""


def plain_label(label: str) -> str:
    """The label, if versions can be called so. Raises UnfitLabel."""
    try:
        return NewStandard(slug="any", label=label).label
    except ValueError:
        raise UnfitLabel(
            "Give the version a label of up to 40 letters, digits, full stops and hyphens, such as 2.0."
        ) from None


def next_label(label: str) -> str:
    """A likely name for the next draft: the last figure one higher."""
    found = re.search(r"(\d+)(\D*)$", label)
    return f"{label[: found.start(1)]}{int(found[1]) + 1}{found[2]}" if found else f"{label}-2"


# --- freezing


@bp.get("/standards/<slug>/<label>/freeze")
@requires(Act.FREEZE)
def freeze_form(slug: str, label: str) -> str:
    """What is frozen, what is unfinished, and what for."""
    with db.reading() as session:
        here = place(session, slug, label)
        return _freeze_page(session, here, [])


def _freeze_page(session: Session, here: Place, flaws: list[Flaw]) -> str:
    document = store.load(session, here.version)
    base = here.version.based_on_id
    older = session.get(VersionRow, base) if base else None
    compared = versions.comparison(session, older, here.version) if older else None
    unfinished = session.exec(
        select(KeptTextRow.clause_id).where(KeptTextRow.version_id == here.version.id).distinct()
    ).all()
    return render_template(
        "drafting/freeze.html",
        place=here,
        total=len(document),
        older=older,
        changed=len(compared.changes) if compared else None,
        unfinished=[document.by_id[id_] for id_ in unfinished if id_ in document.by_id],
        doubts=lineages.count_waiting(session, here.version),
        errors=flaws,
    )


@bp.post("/standards/<slug>/<label>/freeze")
@requires(Act.FREEZE)
def freeze(slug: str, label: str) -> Response | tuple[str, int]:
    """Fix the text for good: for consultation, or as decided."""
    purpose = request.form.get("purpose", "")
    now = datetime.now(UTC)
    if purpose not in ("consultation", "decided"):
        with db.reading() as session:
            flaw = Flaw("purpose", _("Choose what it is frozen for."))
            return _freeze_page(session, place(session, slug, label), [flaw]), 400
    with db.transaction() as session:
        here = place(session, slug, label)
        decided_ = purpose == "decided"
        publishing.freeze(session, here.version, decided=decided_, by=str(g.person.id), now=now)
    flash(_("Version %(label)s is frozen. From now on its text cannot change.", label=label), "done")
    return redirect(url_for("drafting.outline", slug=slug, label=label))


@bp.post("/standards/<slug>/<label>/decided")
@requires(Act.FREEZE)
def decided(slug: str, label: str) -> Response:
    """The committee has decided on the consulted text as it stands."""
    now = datetime.now(UTC)
    with db.transaction() as session:
        here = place(session, slug, label)
        versions.mark_decided(session, here.version)
        audit.record(
            session,
            g.person.id,
            "mark-decided",
            "version",
            here.version.id,
            {"status": Status.CONSULTATION.value},
            {"status": Status.DECIDED.value},
            now=now,
        )
    flash(_("Version %(label)s is decided as it stands.", label=label), "done")
    return redirect(url_for("drafting.publish_form", slug=slug, label=label))


# --- publishing


@bp.get("/standards/<slug>/<label>/publish")
@requires(Act.PUBLISH)
def publish_form(slug: str, label: str) -> str:
    """The change log as it will be published, and what still stands in the way."""
    with db.reading() as session:
        here = place(session, slug, label)
        return _publish_page(session, here, here.version.change_note)


def _publish_page(session: Session, here: Place, note: str) -> str:
    in_force = session.exec(
        select(VersionRow).where(
            VersionRow.standard_id == here.standard.id, VersionRow.status == Status.PUBLISHED
        )
    ).first()
    return render_template(
        "drafting/publish.html",
        place=here,
        note=note,
        matters=dispositions.open_matters(session, here.version),
        in_force=in_force,
        **_changes(session, here),
    )


@bp.post("/standards/<slug>/<label>/publish")
@requires(Act.PUBLISH)
def publish(slug: str, label: str) -> Response | tuple[str, int]:
    """Make the decided text the one in force, with its change log."""
    note = clean(request.form.get("note", "")).strip()[:10_000]
    try:
        with db.transaction() as session:
            here = place(session, slug, label)
            publishing.publish_settled(
                session, here.version, note, by=str(g.person.id), now=datetime.now(UTC)
            )
    except StandardsError as refusal:
        flash(str(refusal), "refused")
        with db.reading() as session:
            return _publish_page(session, place(session, slug, label), note), 409
    flash(_("Version %(label)s is published.", label=label), "done")
    return redirect(url_for("drafting.outline", slug=slug, label=label))
