"""One clause at a time: the editor, its preview, what it keeps, and the clause's history."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import flash, g, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy.exc import NoResultFound
from sqlmodel import Session
from werkzeug.wrappers import Response

from consult import accounts, db, particulars
from consult.drafting import changes, clause_form, kept_texts, places
from consult.drafting.clause_form import Filled, Flaw
from consult.drafting.collisions import Meeting
from consult.errors import NotFound
from consult.permissions import Act
from consult.views.drafting import collision
from consult.views.drafting.door import Place, back, bp, clause_of, hand, noted, place
from consult.views.guard import requires
from standards import drafting, store, versions
from standards.diff import compared, word_changes
from standards.document import Attributes, Clause, ClauseText, Document, Level, Modality, Scheme
from standards.drafting import EditedMeanwhile
from standards.tables import ClauseRow, OutlineRow, StandardRow, Status, VersionRow
from standards.versions import NotADraft

EMPTY = ClauseText("", "")


# --- the editor


@bp.get("/standards/<slug>/<label>/clauses/<uuid:clause_id>/")
@requires(Act.EDIT_DRAFT)
def editor(slug: str, label: str, clause_id: UUID) -> str:
    """The clause as a form, with the text kept from last time on offer."""
    with db.reading() as session:
        here = place(session, slug, label)
        if not here.is_draft:
            return frozen_page(here, clause_id)
        document = store.load(session, here.version)
        clause = clause_of(document, clause_id)
        kept = kept_texts.offered(session, clause_id, g.person.id, clause.text)
        base, values = clause.text.hash, clause_form.fields_of(clause.text)
        if kept is not None and request.args.get("kept"):
            began = store.text_called(session, kept.base_hash)
            base = kept.base_hash
            values = clause_form.fields_of(began) | {"heading": kept.heading, "body": kept.body}
            kept = None
        return _page(session, here, document, clause, values, base, kept=kept)


def _page(
    session: Session,
    here: Place,
    document: Document,
    clause: Clause | None,
    values: Mapping[str, Any],
    base: str,
    *,
    flaws: tuple[Flaw, ...] = (),
    kept: kept_texts.Kept | None = None,
    beside: Mapping[str, Any] | None = None,
) -> str:
    writing = kept_texts.colleagues_writing(session, here.version, g.person.id, datetime.now(UTC))
    order = [other.id for other in document]
    at = order.index(clause.id) if clause else -1
    return render_template(
        "drafting/editor.html",
        place=here,
        clause=clause,
        above=document.ancestors(clause) if clause else [],
        values=values,
        base=base,
        errors=list(flaws),
        kept=kept,
        beside=beside,
        preview=preview_of(values, document.language),
        previous=document.clauses[at - 1] if at > 0 else None,
        next=document.clauses[at + 1] if 0 <= at < len(order) - 1 else None,
        writing=bool(clause and clause.id in writing),
        numbered=[other for other in document if other.number],
        declared=document.scheme is Scheme.DECLARED,
        language=document.language,
        choices=clause_form.choices_of(values),
        stage_choices=clause_form.stage_choices,
        is_day=clause_form.is_day,
        producer_words=particulars.producer_words(),
        laws=particulars.LAWS,
        words=particulars.column_words(),
        responsible=sorted({other.text.attributes.responsible for other in document} - {""}),
        topics=sorted({other.text.attributes.topic for other in document} - {""}),
    )


@bp.post("/standards/<slug>/<label>/clauses/<uuid:clause_id>/")
@requires(Act.EDIT_DRAFT)
def save(slug: str, label: str, clause_id: UUID) -> Response | tuple[str, int] | str:
    """Give the clause its new text, unless a colleague gave it another meanwhile."""
    by = hand()
    with db.reading() as session:
        here = place(session, slug, label)
        if not here.is_draft:
            keep_typed(here, clause_id)
            raise NotADraft(here.version)
        sent = _sent(session, here, clause_id)
        if sent.text is None or request.form.get("act") == "preview":
            document = store.load(session, here.version)
            clause = clause_of(document, clause_id)
            base = _known_base(session) or clause.text.hash
            page = _page(session, here, document, clause, sent.values, base, flaws=sent.flaws)
            return (page, 400) if sent.flaws else page
    try:
        with db.transaction() as session:
            drafting.edit(session, here.version, clause_id, request.form["base"], sent.text, by)
            kept_texts.let_go(session, clause_id, g.person.id)
            noted(
                session,
                "edit-clause",
                by,
                here,
                clause_id,
                {"text": request.form["base"]},
                {"text": sent.text.hash},
            )
    except NotADraft:
        # Frozen since the form was checked; the words are offered in the next draft.
        keep_typed(here, clause_id)
        raise
    except EditedMeanwhile as meanwhile:
        keep_typed(here, clause_id)
        return collision.page(here, clause_id, Meeting(meanwhile.base, meanwhile.mine, meanwhile.theirs)), 409
    return _onwards(here, clause_id)


def _sent(session: Session, here: Place, clause_id: UUID) -> Filled:
    base = _known_base(session)
    if base is not None:
        return clause_form.read(request.form, store.text_called(session, base))
    clause = clause_of(store.load(session, here.version), clause_id)
    sent = clause_form.read(request.form, clause.text)
    sentence = _(
        "We could not tell which text you began from. Compare yours with the clause, then save again."
    )
    return replace(sent, text=None, flaws=(*sent.flaws, Flaw("body", sentence)))


def _known_base(session: Session) -> str | None:
    """The text the writer began from, if it ever stood here."""
    base = request.form.get("base", "")
    try:
        store.text_called(session, base)
    except NoResultFound:
        return None
    return base


def _onwards(here: Place, clause_id: UUID) -> Response:
    wanted = request.form.get("act", "")
    if wanted.startswith("next:"):
        flash(_("Saved."), "done")
        return redirect(here.clause_url(UUID(wanted.removeprefix("next:")), saved=clause_id))
    return back(here, clause_id, _("Saved."), saved=True)


# --- a new clause


@bp.get("/standards/<slug>/<label>/new")
@requires(Act.EDIT_DRAFT)
def new_clause(slug: str, label: str) -> str:
    """An empty form for a clause before, after or under another; at the end without one."""
    with db.reading() as session:
        here = place(session, slug, label)
        if not here.is_draft:
            return frozen_page(here)
        document = store.load(session, here.version)
        beside = _beside(document, request.args)
        level = beside["clause"].text.level if beside else Level.SECTION
        topic = beside["clause"].text.attributes.topic if beside else ""
        begun = replace(EMPTY, level=level, attributes=Attributes(topic=topic))
        values = clause_form.fields_of(begun)
        return _page(session, here, document, None, values, "", beside=beside)


@bp.post("/standards/<slug>/<label>/new")
@requires(Act.EDIT_DRAFT)
def add(slug: str, label: str) -> Response | tuple[str, int] | str:
    """Put the new clause where the form says."""
    by = hand()
    with db.reading() as session:
        here = place(session, slug, label)
        if not here.is_draft:
            raise NotADraft(here.version)
        document = store.load(session, here.version)
        beside = _beside(document, request.form)
        sent = clause_form.read(request.form, EMPTY)
        if sent.text is None or request.form.get("act") == "preview":
            page = _page(session, here, document, None, sent.values, "", flaws=sent.flaws, beside=beside)
            return (page, 400) if sent.flaws else page
    with db.transaction() as session:
        to = places.Place(None, len(document.children.get(None, ())))
        if beside:
            document = store.load(session, here.version)
            to = places.beside(document, clause_of(document, beside["clause"].id), beside["where"])
        added = drafting.add(session, here.version, sent.text, by, parent=to.parent, position=to.position)
        noted(session, "add-clause", by, here, added, after={"text": sent.text.hash})
    return back(here, added, _("Added."), saved=False)


def _beside(document: Document, asked: Mapping[str, str]) -> dict[str, Any] | None:
    """The clause the new one goes beside, and on which side of it; None for the end of the text."""
    named = asked.get("beside", "")
    clause = next((other for other in document if str(other.id) == named), None)
    if clause is None:
        return None
    where = asked.get("where", "after")
    return {"clause": clause, "where": where if where in places.BESIDES else "after"}


# --- preview and keeping


@bp.post("/standards/<slug>/<label>/preview")
@requires(Act.EDIT_DRAFT)
def preview(slug: str, label: str) -> str:
    """The words as they will read, as a fragment of a page; nothing is saved."""
    with db.reading() as session:
        here = place(session, slug, label)
    sent = clause_form.read(request.form, EMPTY)
    return preview_of(sent.values, here.standard.language)


def preview_of(values: Mapping[str, Any], language: str) -> Markup:
    """What is in the form as safe HTML; values with flaws are left out until they are mended."""
    if len(values["body"]) > clause_form.LONGEST_BODY:
        return Markup("")
    text = ClauseText(
        heading=values["heading"],
        body=values["body"],
        modality=Modality(values["modality"]) if values["modality"] in list(Modality) else Modality.NONE,
        parameters=clause_form.sound_parameters(values),
    )
    return Markup(store.rendered(text, language))


@bp.post("/standards/<slug>/<label>/clauses/<uuid:clause_id>/keep")
@requires(Act.EDIT_DRAFT)
def keep(slug: str, label: str, clause_id: UUID) -> Response | tuple[Response, int]:
    """Hold what was typed so far; the editor sends it every few seconds."""
    with db.reading() as session:
        here = place(session, slug, label)
    kept_at = keep_typed(here, clause_id)
    if kept_at is None:
        return jsonify({"kept": False}), 409
    return jsonify({"kept": True, "at": kept_at.isoformat()})


@bp.post("/standards/<slug>/<label>/clauses/<uuid:clause_id>/let-go")
@requires(Act.EDIT_DRAFT)
def let_go(slug: str, label: str, clause_id: UUID) -> Response:
    """Forget the text kept from last time."""
    with db.transaction() as session:
        here = place(session, slug, label)
        kept_texts.let_go(session, clause_id, g.person.id)
    flash(_("The kept text is let go. The clause stands as it was saved."), "done")
    return redirect(here.clause_url(clause_id, saved=clause_id))


def keep_typed(here: Place, clause_id: UUID) -> datetime | None:
    """Hold what this form says of heading and text; None when it cannot be tied to the clause."""
    now = datetime.now(UTC)
    with db.transaction() as session:
        kept = kept_texts.keep(
            session,
            here.version,
            clause_id,
            g.person.id,
            base_hash=request.form.get("base", ""),
            heading=clause_form.clean(request.form.get("heading", "")),
            body=clause_form.clean(request.form.get("body", ""))[: clause_form.LONGEST_BODY],
            now=now,
        )
    return now if kept else None


# --- history


@bp.get("/standards/<slug>/<label>/clauses/<uuid:clause_id>/history")
@requires(Act.READ_DESK)
def history(slug: str, label: str, clause_id: UUID) -> str:
    """Everything done to the clause in all versions, with the words that changed."""
    with db.reading() as session:
        here = place(session, slug, label)
        moments = drafting.history(session, clause_id)
        if not moments and session.get(ClauseRow, clause_id) is None:
            raise NotFound(_("No clause of this standard has this address."))
        document = store.load(session, here.version)
        known = accounts.names(session, (moment.edit.by for moment in moments))
    return render_template(
        "drafting/history.html",
        place=here,
        clause=document.by_id.get(clause_id),
        clause_id=clause_id,
        moments=[_moment(moment, known) for moment in moments],
        can_edit=here.is_draft and g.person.may(Act.EDIT_DRAFT),
    )


def _moment(moment: drafting.Moment, known: Mapping[str, str]) -> dict[str, Any]:
    before = compared(moment.before) if moment.before else ""
    after = compared(moment.after) if moment.after else ""
    text = moment.after or moment.before
    return {
        "edit": moment.edit,
        "label": moment.label,
        "by": known.get(moment.edit.by, moment.edit.by),
        "text": text,
        "changed": moment.before != moment.after,
        "html": changes.marked(word_changes(before, after)) if before != after else Markup(""),
    }


# --- a frozen version


def frozen_page(here: Place, clause_id: UUID | None = None, kept: bool = False) -> str:
    """Why this version does not change, and the way to one that does."""
    with db.reading() as session:
        drafts = [
            Place(here.standard, row)
            for row in _drafts(session, here.version)
            if clause_id is None or session.get(OutlineRow, (row.id, clause_id)) is not None
        ]
    return render_template(
        "drafting/frozen.html",
        place=here,
        clause_id=clause_id,
        drafts=drafts,
        kept=kept,
        typed=clause_form.clean(request.form.get("body", "")) if request.method == "POST" else "",
    )


def _drafts(session: Session, version: VersionRow) -> list[VersionRow]:
    """The drafts of the same standard that are being written, newest first."""
    standard = session.get_one(StandardRow, version.standard_id)
    return [row for row in versions.versions_of(session, standard) if row.status is Status.DRAFT]


@bp.errorhandler(NotADraft)
def frozen(refusal: NotADraft) -> Response:
    """A frozen version is not written on; what was typed is kept, and a new draft is offered."""
    named: dict[str, Any] = request.view_args or {}
    with db.reading() as session:
        here = place(session, named["slug"], named["label"])
    clause_id = named.get("clause_id")
    kept = bool(clause_id and "body" in request.form and keep_typed(here, clause_id))
    return make_response(frozen_page(here, clause_id, kept), 409)


@bp.errorhandler(store.UnknownClause)
def gone(refusal: store.UnknownClause) -> Response:
    """A clause withdrawn while somebody wrote on it: what was typed is kept, and the way back shown."""
    named: dict[str, Any] = request.view_args or {}
    with db.reading() as session:
        here = place(session, named["slug"], named["label"])
    clause_id = named.get("clause_id")
    kept = bool(clause_id and "body" in request.form and keep_typed(here, clause_id))
    page = render_template(
        "drafting/gone.html",
        place=here,
        clause_id=clause_id,
        kept=kept,
        typed=clause_form.clean(request.form.get("body", "")),
        history=url_for("drafting.history", clause_id=clause_id, **here.named) if clause_id else "",
    )
    return make_response(page, 404)
