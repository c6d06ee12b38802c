"""One clause of a local text at the desk: both texts, what people said, its operations and a new one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request
from flask_babel import gettext as _
from sqlmodel import Session
from werkzeug.wrappers import Response

from consult import accounts, db, feasibility, look, receipts
from consult.desk import clauses as desk
from consult.desk import places
from consult.drafting.clause_form import Flaw
from consult.errors import Misfilled, NotAllowed, NotFound
from consult.local import clauses, fields, forms, groups, holding, operating, voices, vouching, words, working
from consult.local.forms import Filled, Offer
from consult.local.working import Kept, Place
from consult.permissions import Act
from consult.views.guard import requires
from standards.document import Clause
from standards.errors import StandardsError
from standards.operations import Op
from standards.overlays.guards import OperationsRefused
from standards.store import UnknownClause, clause_in

bp = Blueprint("local_clauses", __name__, url_prefix="/desk/local")

VOUCHING = {"attest": vouching.attest, "approve": vouching.approve, "review": vouching.review}


@dataclass(frozen=True)
class Form:
    """The form of an operation as it is shown: a new one, or a change of `changing`."""

    op: Op | None
    filled: Filled
    changing: Kept | None = None
    gone: bool = False


@bp.get("/<slug>/<label>/clauses/<path:named>")
@requires(Act.READ_DESK)
def show(slug: str, label: str, named: str) -> str:
    """The clause in both texts, with its operations and its voices."""
    with db.reading() as session:
        here, clause = _place(session, slug, label, named)
        changing = _changing(session, here, request.args.get("change", ""))
        return _page(session, here, clause, _begun(here, clause, request.args.get("op", ""), changing))


@bp.post("/<slug>/<label>/clauses/<path:named>")
@requires(Act.READ_DESK)
def act(slug: str, label: str, named: str) -> Response | tuple[str, int] | str:
    """Keep, change, take out or vouch for an operation; what was typed is shown again when it is refused."""
    wanted = request.form.get("act", "")
    if wanted == "choose" or wanted.startswith("instead:"):
        with db.reading() as session:
            here, clause = _place(session, slug, label, named)
            return _page(session, here, clause, _chosen(session, here, clause, wanted))
    try:
        with db.transaction() as session:
            here, clause = _place(session, slug, label, named)
            form, said = _perform(session, here, clause, wanted)
            if form.filled.flaws:
                return _page(session, here, clause, form), 400
            now_here = working.place(session, slug, label)
    except (NotFound, NotAllowed):
        raise
    except StandardsError as refusal:
        return _refused(slug, label, named, refusal), 400
    flash(said, "done")
    return redirect(_onwards(now_here, clause, wanted))


def _onwards(here: Place, clause: Clause, wanted: str) -> str:
    """Where an act leads: to the clause, the next undecided one, or the list where the clause itself went."""
    following = working.next_undecided(here, clause) if wanted == "keep-next" else None
    if following is not None:
        return here.clause_url(following)
    return here.clause_url(clause) if clause.id in here.after.document.by_id else here.url


# --- the acts


def _perform(session: Session, here: Place, clause: Clause, wanted: str) -> tuple[Form, str]:
    """One act of the form; a form with flaws where its fields need another look."""
    now = datetime.now(UTC)
    if wanted in ("keep", "keep-next"):
        return _keep(session, here, clause, now)
    operation_id = _id(request.form.get("operation", "")) or UUID(int=0)
    if wanted == "take-out":
        operating.take_out(session, here.version, operation_id, by=g.person, now=now)
        return Form(None, Filled({})), _("The operation is taken out.")
    if wanted in VOUCHING:
        name = request.form.get("name", "")
        VOUCHING[wanted](session, here.version, operation_id, name, by=g.person, now=now)
        return Form(None, Filled({})), _("Your name stands with the operation now.")
    raise Misfilled({"": _("Choose what to do with this clause.")})


def _keep(session: Session, here: Place, clause: Clause, now: datetime) -> tuple[Form, str]:
    form = _chosen(session, here, clause, "keep")
    if form.op is None:
        flaw = Flaw("op", _("Choose what the operation should do."))
        return replace(form, filled=replace(form.filled, flaws=[flaw])), ""
    values = form.filled.values
    answered, unknown = _answered(session, values)
    kept = form.changing.operation if form.changing else None
    filled = forms.read(form.op, clause, {**values, "comments": answered}, kept)
    if unknown:
        filled = replace(filled, operation=None, flaws=[*filled.flaws, unknown])
    if filled.operation is None:
        return replace(form, filled=replace(filled, values=values)), ""
    replacing = _id(request.form.get("replacing", ""))
    _row, lacking = operating.put(
        session,
        here.version,
        filled.operation,
        replacing=replacing,
        seen=request.form.get("seen", ""),
        by=g.person,
        now=now,
    )
    if lacking:
        return form, _("The operation is kept. It waits for other eyes: see below.")
    return form, _("The operation is kept.")


def _answered(session: Session, values: Mapping[str, Any]) -> tuple[list[str], Flaw | None]:
    """The receipt numbers ticked and typed; a flaw naming those we do not know."""
    written = str(values.get("receipts", "")).replace(",", " ").replace(";", " ").split()
    codes = {word: receipts.normalise(word) for word in written}
    known = voices.behind(session, [code for code in codes.values() if code])
    unknown = [word for word, code in codes.items() if code not in known]
    ticked = voices.behind(session, [str(code) for code in values.get("comments", ())])
    found = list(dict.fromkeys([*ticked, *(code for code in codes.values() if code in known)]))
    if not unknown:
        return [code for code in found if code], None
    flaw = Flaw(
        "receipts",
        _("We know no comment with the receipt number %(codes)s. Check it.", codes=", ".join(unknown)),
    )
    return [code for code in found if code], flaw


def _refused(slug: str, label: str, named: str, refusal: StandardsError) -> str:
    """The page after a refusal, with the text as it stands now and everything that was typed."""
    wanted, operation = request.form.get("act", ""), request.form.get("operation", "")
    with db.reading() as session:
        here, clause = _place(session, slug, label, named)
        if wanted not in ("keep", "keep-next"):
            field = (
                f"name-{operation}" if isinstance(refusal, Misfilled) and "name" in refusal.problems else ""
            )
            flaws = [Flaw(field, line) for line in str(refusal).splitlines()]
            return _page(session, here, clause, Form(None, Filled({}, None, flaws)))
        form = _chosen(session, here, clause, wanted)
        if isinstance(refusal, OperationsRefused) and form.op is not None:
            offers = _offers(here, clause, form)
            open_ = [offer.op for offer in offers if not offer.why_not]
            filled = forms.refused(form.op, form.filled, refusal.refusals, open_)
            return _page(session, here, clause, replace(form, filled=filled))
        if isinstance(refusal, holding.OperationMoved):
            form = replace(form, changing=_successor(here, clause, form), gone=True)
        if isinstance(refusal, Misfilled):
            flaws = [Flaw(name, sentence) for name, sentence in refusal.problems.items()]
        else:
            flaws = [Flaw("", line) for line in str(refusal).splitlines()]
        return _page(session, here, clause, replace(form, filled=replace(form.filled, flaws=flaws)))


def _successor(here: Place, clause: Clause, form: Form) -> Kept | None:
    """The operation that stands now where the one being changed was: the next try is against that one."""
    same = [one for one in here.on.get(clause.id, ()) if one.operation.op is form.op]
    if form.op is Op.SET:
        name = form.filled.values.get("parameter")
        same = [one for one in same if one.operation.field == f"parameter:{name}"]
    return same[0] if len(same) == 1 else None


# --- the form


def _place(session: Session, slug: str, label: str, named: str) -> tuple[Place, Clause]:
    here = working.place(session, slug, label)
    try:
        return here, clause_in(here.after.document, named, here.kept.called)
    except UnknownClause as unknown:
        raise NotFound(str(unknown)) from unknown


def _changing(session: Session, here: Place, written: str) -> Kept | None:
    if not written:
        return None
    row = holding.operation_called(session, here.version, written)
    return next(one for one in here.operations if one.row.id == row.id)


def _begun(here: Place, clause: Clause, written: str, changing: Kept | None) -> Form:
    if changing is not None:
        return Form(changing.operation.op, Filled(forms.of_operation(changing.operation)), changing)
    op = _op(written)
    form = Form(op, Filled(_beginning(here, clause, op)))
    closed = [one for one in _offers(here, clause, form) if one.op == op and one.why_not]
    if not closed:
        return form
    sentence = _("%(verb)s is not possible here: %(why)s.", verb=closed[0].verb, why=closed[0].why_not)
    return Form(None, Filled({}, None, [Flaw("op", sentence)]))


def _beginning(here: Place, clause: Clause, op: Op | None) -> dict[str, Any]:
    below = here.text_of(clause.id) or clause
    numbers = [one.number for one in here.after.document]
    country = here.kept.scope.country or here.overlay.slug.partition("-")[0]
    prefix = "".join(c for c in country.upper() if c.isascii() and c.isalnum()) or "LOCAL"
    return forms.beginning(op, below, prefix if prefix[0].isalpha() else f"L{prefix}", numbers)


def _chosen(session: Session, here: Place, clause: Clause, wanted: str) -> Form:
    """The form as it was sent, with the operation that is chosen in it."""
    values, op = forms.typed(request.form), _op(request.form.get("op", ""))
    if wanted.startswith("instead:") and (instead := _op(wanted.partition(":")[2])) is not None:
        values, op = forms.carried(op or instead, instead, values), instead
    row_id = _id(request.form.get("replacing", ""))
    changing = next((one for one in here.operations if one.row.id == row_id), None)
    if changing is not None and changing.operation.op is not op:
        changing = None
    began = {name: value for name, value in _beginning(here, clause, op).items() if not values.get(name)}
    return Form(op, Filled({**values, **began}), changing)


def _op(written: str) -> Op | None:
    return Op(written) if written in Op.__members__ else None


def _offers(here: Place, clause: Clause, form: Form) -> list[Offer]:
    decided = [one.operation for one in here.on.get(clause.id, ()) if one is not form.changing]
    below = here.text_of(clause.id) or clause
    return forms.offered(here.ground, below, decided, form.changing.operation.op if form.changing else None)


# --- the page


def _page(session: Session, here: Place, clause: Clause, form: Form) -> str:
    language, confidential = look.spoken(), g.person.may(Act.READ_CONFIDENTIAL)
    part = request.args.get("part", "")
    heard = voices.on(
        session,
        here.overlay,
        clause.id,
        places.group_words(session, language),
        confidential=confidential,
        language=language,
        part=part if part in voices.PARTS else "",
        after=_id(request.args.get("after", "")),
    )
    comments = voices.behind(session, clauses.receipts(here, clause))
    names = accounts.names(session, clauses.keepers(here, clause))
    tried = feasibility.tried(session, here.base, clause)
    may_write = g.person.may(Act.INTERPRET) and groups.may_write(
        session, here.overlay, g.person.id, g.person.role
    )
    below = here.text_of(clause.id) or clause
    offers = _offers(here, clause, form)
    shown = {str(comment["receipt"]) for comment in heard.comments}
    asked = fields.asked(form.op, below, here.ground.document.language) if form.op else []
    return render_template(
        "local/clause.html",
        place=here,
        clause=clause,
        counts=here.counts,
        sides=clauses.sides(here, clause),
        blocks=clauses.blocks(here, clause, g.person.id, names, comments),
        inherited=working.inherited(here, clause),
        added=[(one, here.clause_url(one)) for one in clauses.added_after(here, clause)],
        provenance=clauses.provenance(here, clause),
        allows=words.base_allows(clause.text.attributes.policy),
        own=clause.id not in here.ground.document.by_id,
        undecided=any(one.id == clause.id for one in here.undecided),
        steps=_steps(here, clause),
        heard=heard,
        part=part,
        pilots=desk.piloted(tried),
        form=form,
        asked=asked,
        kept_back=_kept_back(form, {one.name for one in asked}),
        receipts=_receipts(form, shown),
        offers=[offer for offer in offers if not offer.why_not],
        closed=[offer for offer in offers if offer.why_not],
        instead=[(op.value, words.verb(op)) for op in form.filled.instead],
        may_write=may_write and here.is_draft,
        may_approve=g.person.may(Act.APPROVE_DEROGATION) and here.is_draft,
        errors=form.filled.flaws,
        name=request.form.get("name", g.person.name),
        vouching=request.form.get("operation", ""),
    )


_SENT = frozenset({"act", "op", "csrf_token", "replacing", "seen", "comments", "operation", "name"})


def _kept_back(form: Form, asked: set[str]) -> list[tuple[str, str]]:
    """What was typed for other operations: it goes along unseen, so that nothing typed is lost."""
    found = []
    for name, value in form.filled.values.items():
        if name in _SENT or name in asked or name in forms.COMMON:
            continue
        if not isinstance(value, str | list):
            continue
        for one in value if isinstance(value, list) else [value]:
            if one:
                found.append((name, str(one)))
    return found


def _receipts(form: Form, shown: set[str]) -> str:
    """The receipt numbers typed, and those ticked that are not on this page of comments."""
    typed = str(form.filled.values.get("receipts", "")).split()
    others = [str(code) for code in form.filled.values.get("comments", ()) if str(code) not in shown]
    return " ".join(dict.fromkeys([*typed, *others]))


def _steps(here: Place, clause: Clause) -> dict[str, str]:
    order = list(here.after.document)
    at = next(i for i, one in enumerate(order) if one.id == clause.id)
    following = working.next_undecided(here, clause)
    return {
        "previous": here.clause_url(order[at - 1]) if at else "",
        "next": here.clause_url(order[at + 1]) if at + 1 < len(order) else "",
        "undecided": here.clause_url(following) if following else "",
    }


def _id(written: str) -> UUID | None:
    try:
        return UUID(written)
    except ValueError:
        return None
