"""Local texts at the desk: the list, the beginning of one, and the working list of its clauses."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlmodel import Session, col, select
from werkzeug.wrappers import Response as Answer

from consult import audit, db, particulars
from consult.drafting.clause_form import Flaw, clean
from consult.errors import Misfilled, NotAllowed, NotFound
from consult.local import groups, operating, voices, vouching, working
from consult.local.shelf import shelf
from consult.permissions import Act
from consult.views.drafting.lifecycle import UnfitLabel, next_label, plain_label
from consult.views.drafting.shelf import checked
from consult.views.guard import requires
from standards import store as texts
from standards.errors import StandardsError
from standards.operations import LocalScope
from standards.overlays import drafting, file, store
from standards.tables import OverlayRow, StandardRow, VersionRow

bp = Blueprint("local_texts", __name__, url_prefix="/desk/local")

LARGEST_FILE = 8_000_000


@bp.get("")
@requires(Act.READ_DESK)
def index() -> str:
    """Every local text by its newest version, with how far its work has come."""
    with db.reading() as session:
        rows = shelf(session)
    return render_template("local/index.html", rows=rows)


# --- beginning one


@bp.get("/new")
@requires(Act.IMPORT)
def new() -> str:
    """The form for a local text that begins with an empty page, and for one that comes in a file."""
    return _new_form({"label": "0.1"}, [])


@bp.post("/new")
@requires(Act.IMPORT)
def begin() -> Answer | tuple[str, int]:
    """Begin a local text on a frozen base: nothing is decided in it yet."""
    sent: dict[str, Any] = {name: clean(request.form.get(name, "")).strip() for name in _FIELDS}
    sent["producer"] = request.form.getlist("producer")
    wanted, found = checked(sent)
    flaws = [*found, *_scope_flaws(sent)]
    if wanted is None or flaws:
        return _new_form(sent, flaws), 400
    scope = LocalScope(**{name: sent[name] for name in ("country", "region", "mineral", "producer")})
    now = datetime.now(UTC)
    try:
        with db.transaction() as session:
            base = texts.version_called(session, sent["base"])[1]
            parent = store.version_called(session, sent["parent"])[1] if sent["parent"] else None
            version = drafting.begin(
                session, wanted, base, parent=parent, scope=scope, regions=_lines(sent["regions"]), now=now
            )
            audit.record(session, g.person.id, "begin", "overlay", version.id, now=now)
    except StandardsError as refusal:
        return _new_form(sent, [Flaw(_field_of(refusal), str(refusal))]), 400
    flash(_("The local text is begun. Every clause of the base waits for a decision."), "done")
    return redirect(url_for("local_texts.show", slug=wanted.slug, label=wanted.label))


@bp.post("/import")
@requires(Act.INTERPRET)
def bring_in() -> Answer | tuple[str, int]:
    """Keep a local text from its JSON file as a draft: all of it, or nothing with every reason."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return _new_form({"label": "0.1"}, [Flaw("file", _("Choose the JSON file of a local text."))]), 400
    now = datetime.now(UTC)
    try:
        name = sent.filename.replace("\\", "/").split("/")[-1]
        wanted = file.read(file.parsed(_refuse_large(sent.read(LARGEST_FILE + 1)), name), name)
        with db.transaction() as session:
            _refuse_outsiders(session, wanted.name)
            wanted, unsigned = vouching.as_signed(session, wanted, by=g.person)
            row = drafting.bring_in(session, wanted, unsigned=True, by=str(g.person.id), now=now)
            after = {"overlay": wanted.name, "label": wanted.label, "operations": len(wanted.operations)}
            audit.record(session, g.person.id, "import", "overlay", row.id, after=after, now=now)
    except NotAllowed:
        raise
    except StandardsError as refusal:
        flaws = [Flaw("file", line) for line in str(refusal).splitlines() if line.strip()]
        return _new_form({"label": "0.1"}, flaws), 400
    many = len(wanted.operations)
    flash(
        ngettext("One operation is kept as a draft.", "%(num)s operations are kept as a draft.", many),
        "done",
    )
    if unsigned:
        flash(
            ngettext(
                "The names beside one operation were left out: each person signs for themselves here.",
                "The names beside %(num)s operations were left out: each person signs for themselves here.",
                unsigned,
            ),
            "care",
        )
    return redirect(url_for("local_texts.show", slug=wanted.name, label=wanted.label))


def _refuse_outsiders(session: Session, name: str) -> None:
    """A file for a local text that is there is for its group; a new one for those who bring in texts."""
    there = session.exec(select(OverlayRow).where(OverlayRow.slug == name)).first()
    if there is not None:
        groups.refuse_strangers(session, there, g.person.id, g.person.role)
    elif not g.person.may(Act.IMPORT):
        raise NotAllowed(_("Only the secretary or a drafter brings in a new local text."))


def _refuse_large(data: bytes) -> bytes:
    if len(data) > LARGEST_FILE:
        raise file.UnreadableOverlay(
            _("This file is larger than 8 MB; no local text is. Nothing was changed.")
        )
    return data


_FIELDS = ("slug", "title", "label", "base", "parent", "country", "region", "mineral", "regions")


def _scope_flaws(sent: dict[str, Any]) -> list[Flaw]:
    flaws = []
    longest = {"country": 60, "region": 100, "mineral": 60}
    for name, most in longest.items():
        if len(sent[name]) > most:
            flaws.append(Flaw(name, _("Write this in at most %(most)s characters.", most=most)))
    if not set(sent["producer"]) <= set(particulars.producer_words()):
        flaws.append(Flaw("producer", _("Choose from the list.")))
    if not sent["base"]:
        flaws.append(Flaw("base", _("Choose the text it stands on.")))
    if any(len(line) > 100 for line in _lines(sent["regions"])):
        flaws.append(Flaw("regions", _("Write one district a line, each in at most 100 characters.")))
    return flaws


def _field_of(refusal: StandardsError) -> str:
    if isinstance(refusal, store.OverlayExists):
        return "slug"
    return "parent" if "parent" in type(refusal).__name__.lower() else "base"


def _lines(written: str) -> list[str]:
    """Non-empty lines, each once, in order."""
    return list(dict.fromkeys(" ".join(line.split()) for line in written.splitlines() if line.strip()))


def _new_form(values: dict[str, Any], flaws: list[Flaw]) -> str:
    with db.reading() as session:
        bases = session.exec(
            select(StandardRow, VersionRow)
            .join(VersionRow, col(VersionRow.standard_id) == StandardRow.id)
            .where(
                col(VersionRow.content_hash).is_not(None),
                col(StandardRow.id).not_in(select(OverlayRow.text_standard_id)),
            )
            .order_by(col(StandardRow.title), col(VersionRow.created_at).desc())
        ).all()
        parents = [f"{row.overlay.slug}@{row.version.label}" for row in shelf(session)]
    return render_template(
        "local/new.html",
        values=values,
        errors=flaws,
        bases=[(f"{work.slug}@{version.label}", f"{work.title} {version.label}") for work, version in bases],
        parents=[(name, name) for name in parents],
        producers=list(particulars.producer_words().items()),
    )


# --- the working list


@bp.get("/<slug>")
@requires(Act.READ_DESK)
def newest(slug: str) -> Answer:
    """To the newest version of a local text."""
    with db.reading() as session:
        try:
            rows = store.versions_of(session, store.overlay_called(session, slug))
        except store.UnknownOverlay as unknown:
            raise NotFound(str(unknown)) from unknown
    return redirect(url_for("local_texts.show", slug=slug, label=rows[0].label))


@bp.get("/<slug>/<label>")
@requires(Act.READ_DESK)
def show(slug: str, label: str) -> str:
    """Every clause with what was decided on it, what is undecided always counted."""
    return _working_list(slug, label)


@bp.post("/<slug>/<label>")
@requires(Act.INTERPRET)
def adopt(slug: str, label: str) -> Answer | tuple[str, int]:
    """Adopt the ticked clauses, or a whole part, as they stand."""
    now, part = datetime.now(UTC), _id(request.form.get("part", ""))
    reason = " ".join(clean(request.form.get("reason", "")).split())
    try:
        with db.transaction() as session:
            here = working.place(session, slug, label)
            ids = working.part_of(here, part) if part else [*filter(None, map(_id, _ticked()))]
            done = operating.adopt_many(session, here.version, ids, reason, by=g.person, now=now)
    except Misfilled as refusal:
        flaws = [Flaw(name, sentence) for name, sentence in refusal.problems.items()]
        return _working_list(slug, label, flaws), 400
    flash(
        ngettext("One clause is adopted.", "%(num)s clauses are adopted.", done.adopted),
        "done",
    )
    if done.left:
        flash(
            ngettext(
                "One of them stays as it is: it is decided already, or an operation on it waits.",
                "%(num)s of them stay as they are: they are decided already, or an operation on them waits.",
                done.left,
            ),
            "info",
        )
    return redirect(
        url_for("local_texts.show", slug=slug, label=label, show=request.args.get("show") or None)
    )


@bp.post("/<slug>/<label>/districts")
@requires(Act.INTERPRET)
def districts(slug: str, label: str) -> Answer | tuple[str, int]:
    """Say which districts' voices on the base count as local."""
    named = _lines(clean(request.form.get("regions", "")))
    if any(len(line) > 100 for line in named):
        flaw = Flaw("regions", _("Write one district a line, each in at most 100 characters."))
        return _working_list(slug, label, [flaw]), 400
    with db.transaction() as session:
        overlay = working.place(session, slug, label).overlay
        groups.refuse_strangers(session, overlay, g.person.id, g.person.role)
        before, overlay.regions = {"districts": len(overlay.regions)}, named
        session.add(overlay)
        after = {"districts": len(named)}
        audit.record(
            session,
            g.person.id,
            "name-districts",
            "overlay",
            overlay.id,
            before,
            after,
            now=datetime.now(UTC),
        )
    return redirect(url_for("local_texts.show", slug=slug, label=label))


@bp.post("/<slug>/<label>/new-draft")
@requires(Act.INTERPRET)
def new_draft(slug: str, label: str) -> Answer | tuple[str, int]:
    """A draft with everything a frozen version holds, to write on."""
    wanted, now = request.form.get("label", "").strip(), datetime.now(UTC)
    try:
        wanted = plain_label(wanted)
        with db.transaction() as session:
            here = working.place(session, slug, label)
            groups.refuse_strangers(session, here.overlay, g.person.id, g.person.role)
            row = drafting.new_draft(session, here.version, wanted, by=str(g.person.id), now=now)
            after = {"from": label, "label": wanted}
            audit.record(session, g.person.id, "new-draft", "overlay", row.id, after=after, now=now)
    except (UnfitLabel, store.OverlayExists) as refusal:
        return _working_list(slug, label, [Flaw("label", str(refusal))]), 400
    return redirect(url_for("local_texts.show", slug=slug, label=wanted))


@bp.get("/<slug>/<label>/export.json")
@requires(Act.READ_DESK)
def export(slug: str, label: str) -> Response:
    """The local text as JSON, in the form that is brought in again."""
    with db.reading() as session:
        try:
            value = store.load(session, store.version_called(session, f"{slug}@{label}")[1]).as_file()
        except store.UnknownOverlay as unknown:
            raise NotFound(str(unknown)) from unknown
    answer = Response(json.dumps(value, ensure_ascii=False, indent=1) + "\n", mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="{slug}-{label}.json"'
    return answer


def _working_list(slug: str, label: str, flaws: list[Flaw] | None = None) -> str:
    wanted = request.args.get("show", "")
    narrowed = wanted if wanted in working.STATES else ""
    with db.reading() as session:
        here = working.place(session, slug, label)
        spoken = voices.counts(session, here.overlay)
        lines = working.lines(here, spoken, narrowed)
        may_write = g.person.may(Act.INTERPRET) and groups.may_write(
            session, here.overlay, g.person.id, g.person.role
        )
        versions = store.versions_of(session, here.overlay)
    following = working.next_undecided(here)
    return render_template(
        "local/list.html",
        place=here,
        counts=here.counts,
        lines=lines,
        show=narrowed,
        next_url=here.clause_url(following) if following else "",
        may_write=may_write and here.is_draft,
        may_begin=may_write and not here.is_draft,
        new_label=next_label(versions[0].label),
        newer=versions[0] if versions[0].id != here.version.id else None,
        values=request.form,
        ticked=_ticked(),
        errors=flaws or [],
    )


def _ticked() -> list[str]:
    return request.form.getlist("clause")


def _id(written: str) -> UUID | None:
    try:
        return UUID(written)
    except ValueError:
        return None
