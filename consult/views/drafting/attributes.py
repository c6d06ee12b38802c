"""The particulars of many clauses: choose, set, look at what would change, and say yes; or by a sheet."""

import io
from collections.abc import Mapping, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import current_app, flash, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlmodel import Session
from werkzeug.wrappers import Response

from consult import db, look, particulars
from consult.drafting import attribute_files, attributes, uploads
from consult.drafting.attributes import ChangedMeanwhile, Misread, Wish
from consult.drafting.clause_form import Flaw, choices_of, clean
from consult.errors import BarazaError, NotFound
from consult.permissions import Act
from consult.sheets.cells import UnreadableSheet
from consult.views.drafting.door import Place, bp, hand, noted, place
from consult.views.guard import requires
from standards import store
from standards.document import ClauseText, Document, Level
from standards.drafting import Hand
from standards.exchange.attribute_cells import OFFERED
from standards.exchange.attribute_sheet import Change, NoClauseColumn, Understood
from standards.lint import lint
from standards.tables import ClauseTextRow
from standards.versions import NotADraft

# --- choosing and setting


@bp.get("/standards/<slug>/<label>/attributes")
@requires(Act.READ_DESK)
def attributes_page(slug: str, label: str) -> str:
    """Every clause to tick, every particular to set, and the sheet to take or send back."""
    with db.reading() as session:
        here = place(session, slug, label)
        return _page(here, store.load(session, here.version), set(), {})


@bp.post("/standards/<slug>/<label>/attributes")
@requires(Act.EDIT_DRAFT)
def attributes_act(slug: str, label: str) -> Response | tuple[str, int] | str:
    """Tick more clauses, or show what would change; nothing is changed yet."""
    wanted = request.form.get("act", "")
    with db.reading() as session:
        here = place(session, slug, label)
        if not here.is_draft:
            raise NotADraft(here.version)
        document = store.load(session, here.version)
        ticked = {id_ for id_ in _ids(request.form.getlist("clause")) if id_ in document.by_id}
        if wanted != "preview":
            return _page(here, document, _ticked(document, ticked, wanted), _typed())
        try:
            wishes = _wishes()
            chosen = [clause for clause in document if clause.id in ticked]
            changes = attributes.planned(document, chosen, wishes)
        except Misread as misread:
            flaw = Flaw(f"to-{misread.column}", str(misread))
            return _page(here, document, ticked, _typed(), [flaw]), 400
        if not ticked:
            flaw = Flaw("clauses", _("Tick the clauses that shall change."))
            return _page(here, document, ticked, _typed(), [flaw]), 400
        if not wishes:
            flaw = Flaw("to-grade", _("Fill in what the ticked clauses shall have, or tick what to empty."))
            return _page(here, document, ticked, _typed(), [flaw]), 400
        return _preview(here, changes, wishes=wishes, chosen=len(chosen))


def _ids(sent: Sequence[str]) -> set[UUID]:
    found = set()
    for one in sent:
        try:
            found.add(UUID(one))
        except ValueError:
            continue
    return found


def _ticked(document: Document, ticked: set[UUID], wanted: str) -> set[UUID]:
    """The ticks after a button that ticks was pressed."""
    if wanted == "none":
        return set()
    if wanted.startswith("under:"):
        return ticked | set().union(*(attributes.under(document, id_) for id_ in _ids([wanted[6:]])))
    if wanted == "alike":
        form = request.form
        alike = {name: form.get(f"of-{name}", "") for name in ("level", "modality", "topic")}
        return ticked | attributes.alike(document, **alike)
    return ticked


def _typed() -> dict[str, Any]:
    """What the form says, to stand in it again."""
    form = request.form
    typed: dict[str, Any] = {name: clean(form[name]) for name in form if name.startswith(("to-", "how-"))}
    return typed | {"empty": form.getlist("empty"), "to-producers": form.getlist("to-producers")}


def _wishes() -> list[Wish]:
    """What the form asks for, in the order of the page. Raises Misread."""
    found = []
    for column in attributes.TOGETHER:
        cell = "; ".join(request.form.getlist(f"to-{column}")) if column == "producers" else ""
        cell = cell or clean(request.form.get(f"to-{column}", "")).strip()
        emptied = column in request.form.getlist("empty") and column not in attributes.ALWAYS
        if cell and emptied:
            raise Misread(column, _("Either fill this in or empty it, not both."))
        if cell or emptied:
            found.append(Wish(column, cell, _HOW.get(request.form.get(f"how-{column}", ""), "set")))
    return found


_HOW: Mapping[str, attributes.How] = {"add": "add", "remove": "remove"}


def _page(
    here: Place,
    document: Document,
    ticked: set[UUID],
    typed: Mapping[str, Any],
    flaws: Sequence[Flaw] = (),
) -> str:
    rows = [
        {
            "clause": clause,
            "depth": document.depth(clause),
            "has_below": clause.id in document.children,
            "facts": _short_facts(clause.text),
        }
        for clause in document
    ]
    return render_template(
        "drafting/attributes.html",
        place=here,
        rows=rows,
        ticked=ticked,
        typed=typed,
        errors=list(flaws),
        can_edit=here.is_draft and g.person.may(Act.EDIT_DRAFT),
        words=particulars.column_words(),
        columns=attributes.TOGETHER,
        lists=attributes.LISTS,
        always=attributes.ALWAYS,
        choices=choices_of({}),
        levels=[level.value for level in Level if any(c.text.level is level for c in document)],
        modalities=look.MODALITIES,
        topics=sorted({c.text.attributes.topic for c in document} - {""}),
        laws=particulars.LAWS,
        producers=[(key, particulars.producer_word(key)) for key in OFFERED["producers"]],
        of={name: request.form.get(f"of-{name}", "") for name in ("level", "modality", "topic")},
    )


def _short_facts(text: ClauseText) -> str:
    """The particulars that one chooses clauses by, in a line."""
    told = text.attributes
    words = (
        look.LEVELS[text.level],
        look.MODALITIES.get(text.modality, ""),
        told.topic,
        particulars.stage_word(told.stage),
    )
    return " · ".join(str(word) for word in words if word)


def _preview(
    here: Place,
    changes: Sequence[Change],
    *,
    wishes: Sequence[Wish] = (),
    chosen: int = 0,
    sheet: Mapping[str, Any] | None = None,
    meanwhile: ChangedMeanwhile | None = None,
) -> str:
    words = particulars.column_words()
    shown = [
        (
            change.clause,
            [
                (words[f.column], attributes.shown(f.column, f.before), attributes.shown(f.column, f.after))
                for f in change.fields
            ],
        )
        for change in changes
    ]
    return render_template(
        "drafting/attributes_preview.html",
        place=here,
        changes=shown,
        wishes=wishes,
        chosen=chosen,
        sheet=sheet,
        meanwhile=meanwhile,
        seal=attributes.seal(changes),
        seen=[f"{change.clause.id}:{change.clause.text.hash}" for change in changes],
        reason=request.form.get("reason", ""),
    )


@bp.post("/standards/<slug>/<label>/attributes/apply")
@requires(Act.EDIT_DRAFT)
def attributes_apply(slug: str, label: str) -> Response | tuple[str, int]:
    """Make the changes that were shown, all of them or none."""
    by = hand()
    wishes = _wishes()
    try:
        with db.transaction() as session:
            here = place(session, slug, label)
            document = store.load(session, here.version)
            chosen = attributes.as_seen(session, document, _seen(session))
            changes = attributes.planned(document, chosen, wishes)
            count = _applied(session, here, changes, by)
    except ChangedMeanwhile as meanwhile:
        with db.reading() as session:
            document = store.load(session, here.version)
            still = [clause for clause in document if clause.id in _ids(_ids_seen())]
            changes = attributes.planned(document, still, wishes)
            return _preview(here, changes, wishes=wishes, chosen=len(still), meanwhile=meanwhile), 409
    return _done(here, count)


def _ids_seen() -> list[str]:
    return [seen.partition(":")[0] for seen in request.form.getlist("seen")]


def _seen(session: Session) -> dict[UUID, str]:
    """The clauses the form was shown for, each with the hash of its text then."""
    found: dict[UUID, str] = {}
    for seen in request.form.getlist("seen"):
        id_, _colon, hash_ = seen.partition(":")
        if not _ids([id_]) or session.get(ClauseTextRow, hash_) is None:
            raise NotFound(_("We could not tell which texts you looked at. Choose the clauses again."))
        found[UUID(id_)] = hash_
    return found


def _applied(session: Session, here: Place, changes: Sequence[Change], by: Hand) -> int:
    def note(change: Change) -> None:
        before, after = {"text": change.clause.text.hash}, {"text": change.text.hash}
        noted(session, "edit-clause", by, here, change.clause.id, before, after)

    return attributes.apply(session, here.version, changes, by, note)


def _done(here: Place, count: int) -> Response:
    flash(ngettext("%(num)s clause changed.", "%(num)s clauses changed.", count), "done")
    return redirect(url_for("drafting.attributes_page", **here.named))


# --- the sheet


@bp.get("/standards/<slug>/<label>/attributes.<kind>")
@requires(Act.READ_DESK)
def attribute_sheet(slug: str, label: str, kind: str) -> Response:
    """The particulars of every clause as a spreadsheet."""
    if kind not in attribute_files.KINDS:
        raise NotFound(_("The sheet comes as .xlsx or .csv."))
    with db.reading() as session:
        here = place(session, slug, label)
        document = store.load(session, here.version)
    into = io.BytesIO()
    attribute_files.write(document, kind, here.version.created_at.astimezone(UTC), into)
    answer = make_response(into.getvalue())
    answer.mimetype = _TYPES[kind]
    answer.headers["Content-Disposition"] = f'attachment; filename="{slug}-{label}-attributes.{kind}"'
    return answer


_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@bp.post("/standards/<slug>/<label>/attributes/sheet")
@requires(Act.EDIT_DRAFT)
def send_sheet(slug: str, label: str) -> Response | tuple[str, int]:
    """Read a sheet, and keep it for a look; nothing is changed yet."""
    file = request.files.get("sheet")
    with db.reading() as session:
        here = place(session, slug, label)
        document = store.load(session, here.version)
        if file is None or not file.filename:
            flaw = Flaw("sheet", _("Choose the sheet that you took from this page and filled in."))
            return _page(here, document, set(), {}, [flaw]), 400
        name, data = Path(file.filename.replace("\\", "/")).name[:200], file.read()
        try:
            _understood(session, document, data, name)
        except (UnreadableSheet, NoClauseColumn) as refusal:
            return _page(here, document, set(), {}, [Flaw("sheet", str(refusal))]), 400
    word = uploads.keep(_folder(), g.person.id, name, data)
    return redirect(url_for("drafting.look_at_sheet", word=word, **here.named))


@bp.get("/standards/<slug>/<label>/attributes/sheet/<word>")
@requires(Act.EDIT_DRAFT)
def look_at_sheet(slug: str, label: str, word: str) -> str:
    """What the sheet would change, clause by clause, or what in it cannot be taken."""
    kept = uploads.find(_folder(), g.person.id, word)
    with db.reading() as session:
        here = place(session, slug, label)
        read = _understood(session, store.load(session, here.version), kept.data, kept.name)
    return _sheet_page(here, word, kept, read)


@bp.post("/standards/<slug>/<label>/attributes/sheet/<word>")
@requires(Act.EDIT_DRAFT)
def apply_sheet(slug: str, label: str, word: str) -> Response | tuple[str, int]:
    """Make the changes of a sheet as they were shown, all of them or none."""
    by = hand()
    kept = uploads.find(_folder(), g.person.id, word)
    try:
        with db.transaction() as session:
            here = place(session, slug, label)
            read = _understood(session, store.load(session, here.version), kept.data, kept.name)
            if read.troubles or attributes.seal(read.changes) != request.form.get("seal"):
                raise _OtherThanShown
            count = _applied(session, here, read.changes, by)
    except (ChangedMeanwhile, _OtherThanShown):
        told = _("The draft changed since you looked. Nothing was changed; this is what would change now.")
        flash(told, "care")
        return _sheet_page(here, word, kept, read), 409
    uploads.drop(_folder(), word)
    return _done(here, count)


class _OtherThanShown(BarazaError):
    """What a sheet would change is no longer what its sender was shown."""


def _understood(session: Session, document: Document, data: bytes, name: str) -> Understood:
    texts = {clause.text.hash: clause.text for clause in document}

    def began(hash_: str) -> ClauseText | None:
        if hash_ not in texts and session.get(ClauseTextRow, hash_) is not None:
            texts[hash_] = store.text_called(session, hash_)
        return texts.get(hash_)

    return attribute_files.understood(document, data, name, began)


def _sheet_page(here: Place, word: str, kept: uploads.Upload, read: Understood) -> str:
    sheet = {"word": word, "name": kept.name, "troubles": read.troubles, "remarks": read.remarks}
    return _preview(here, read.changes, sheet=sheet)


def _folder() -> Path:
    folder: Path = current_app.config["BARAZA"].data_dir / "imports"
    return folder


# --- what a careful reader would stumble over


@bp.get("/standards/<slug>/<label>/remarks")
@requires(Act.READ_DESK)
def remarks(slug: str, label: str) -> str:
    """The remarks of the lint, clause by clause; nothing here is refused."""
    with db.reading() as session:
        here = place(session, slug, label)
        document = store.load(session, here.version)
    found: dict[UUID, list[str]] = {}
    for remark in lint(document):
        found.setdefault(remark.clause_id, []).append(remark.message)
    return render_template(
        "drafting/remarks.html",
        place=here,
        rows=[(clause, found[clause.id]) for clause in document if clause.id in found],
        count=sum(map(len, found.values())),
        can_edit=here.is_draft and g.person.may(Act.EDIT_DRAFT),
    )
