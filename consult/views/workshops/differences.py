"""What devices in the field said differently, side by side, for a person to decide."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlmodel import Session
from werkzeug.wrappers import Response

from consult import audit, db, lateness
from consult.errors import BarazaError
from consult.field import keeping, looking, notes
from consult.field.ground import Ground
from consult.field.looking import Differing, Side
from consult.field.operations import Kind, NotUnderstood
from consult.lateness import ReasonMissing, Timing
from consult.permissions import Act
from consult.tables.workshops import WorkshopRow
from consult.views.guard import requires
from consult.views.workshops.door import around, bp, category_words, in_hand, text_of
from consult.workshops.undoing import AlreadyDecided
from standards.document import Document

Page = str | Response | tuple[str, int]

THINGS = {
    Kind.MEETING: lazy_gettext("The meeting"),
    Kind.NOTE: lazy_gettext("Note"),
    Kind.ATTENDANCE: lazy_gettext("Who came"),
    Kind.ATTENDEE: lazy_gettext("Somebody on the list"),
    Kind.CONSENT: lazy_gettext("Consent"),
    Kind.VOTE: lazy_gettext("Vote by dots"),
    Kind.PHOTO: lazy_gettext("Photograph"),
    Kind.RECORDING: lazy_gettext("Recording"),
    Kind.RESPONDENT: lazy_gettext("Who answers"),
    Kind.ANSWER: lazy_gettext("Answer of the field trial"),
}
FIELDS = {
    "words": lazy_gettext("What was said"),
    "category": lazy_gettext("Category"),
    "gender": lazy_gettext("Gender"),
    "attendee": lazy_gettext("Who said it"),
    "clauses": lazy_gettext("Clauses"),
    "clause": lazy_gettext("Clause"),
    "marks": lazy_gettext("Marks"),
    "feeling": lazy_gettext("For or against"),
    "language": lazy_gettext("Language"),
    "lone": lazy_gettext("A lone voice"),
    "read_back": lazy_gettext("Read back to the group"),
    "removed": lazy_gettext("Taken away as a mistake"),
    "finished": lazy_gettext("The meeting is closed"),
    "notes": lazy_gettext("Notes"),
    "audio_kept": lazy_gettext("How long recordings are kept"),
    "people": lazy_gettext("How many people"),
    "women": lazy_gettext("Of them women"),
    "band": lazy_gettext("Of this age"),
    "label": lazy_gettext("Label"),
    "age_band": lazy_gettext("Age"),
    "name": lazy_gettext("Name"),
    "contact": lazy_gettext("How to reach them"),
    "witness": lazy_gettext("Witness"),
    "answer": lazy_gettext("Answer"),
    "how": lazy_gettext("How it was given"),
    "question": lazy_gettext("Question"),
    "rule": lazy_gettext("Rule"),
    "options": lazy_gettext("Options"),
    "dots": lazy_gettext("Dots for each person"),
    "cell": lazy_gettext("Dots"),
    "caption": lazy_gettext("Caption"),
    "typed": lazy_gettext("What stands on it"),
    "title": lazy_gettext("Title"),
    "part": lazy_gettext("Stretch"),
    "met": lazy_gettext("Is it met?"),
    "cost": lazy_gettext("Cost"),
    "obstacle": lazy_gettext("In the way"),
    "benefit": lazy_gettext("Benefit"),
}


LONG = frozenset({"words", "typed", "notes", "cost", "obstacle", "benefit", "evidence", "note"})
"""Fields of several lines."""


class SaidSince(BarazaError):
    """A device said something more while somebody was deciding."""

    def __init__(self) -> None:
        super().__init__(
            "Something more has come from a device since this page was shown. "
            "Nothing was decided: look at it again below."
        )


class NothingChosen(BarazaError):
    """A decision without a value, or with one that this field cannot hold."""


@bp.get("/workshops/<uuid:workshop_id>/conflicts")
@requires(Act.RUN_WORKSHOP)
def conflicts(workshop_id: UUID) -> str:
    """What devices said differently, side by side."""
    return _conflicts_page(workshop_id, [])


@bp.post("/workshops/<uuid:workshop_id>/conflicts")
@requires(Act.RUN_WORKSHOP)
def settle(workshop_id: UUID) -> Page:
    """Decide what a field is: one of the values that stand there, or a third."""
    now = datetime.now(UTC)
    try:
        with db.transaction() as session:
            workshop, round_ = in_hand(session, workshop_id)
            found, field, sides = _meant(session, workshop)
            value = _chosen(found, field, sides)
            keeping.settle(session, round_, workshop, found.entity, field, value, now=now)
            after = {"entity": found.entity.key, "field": field, "sides": len(sides)}
            audit.record(session, g.person.id, "settle", "workshop", workshop_id, after=after, now=now)
    except (SaidSince, NothingChosen, NotUnderstood) as refusal:
        return _conflicts_page(workshop_id, [{"field": "", "message": str(refusal)}]), 400
    flash(_("It is decided. What each device said stays in the ledger."), "done")
    return redirect(url_for("workshops.conflicts", workshop_id=workshop_id))


@bp.post("/workshops/<uuid:workshop_id>/changed-notes")
@requires(Act.RUN_WORKSHOP)
def changed(workshop_id: UUID) -> Page:
    """A note was changed after it had become a comment: make the comment anew, or leave it."""
    now, key = datetime.now(UTC), request.form.get("entity", "")
    anew = request.form.get("act") == "anew"
    try:
        with db.transaction() as session:
            workshop, round_ = in_hand(session, workshop_id)
            if anew:
                ground = Ground(session, round_, workshop, now)
                for entity in keeping.folded(session, workshop, [key]):
                    notes.make_anew(ground, entity, by=str(g.person.id))
            else:
                notes.leave(session, workshop, key)
            act = "comment-anew" if anew else "leave-comment"
            audit.record(session, g.person.id, act, "workshop", workshop_id, after={"entity": key}, now=now)
    except AlreadyDecided as refusal:
        return _conflicts_page(workshop_id, [{"field": "", "message": str(refusal)}]), 409
    flash(_("The comment is made anew.") if anew else _("The comment stays as it is."), "done")
    return redirect(url_for("workshops.conflicts", workshop_id=workshop_id))


@bp.post("/workshops/<uuid:workshop_id>/timing")
@requires(Act.DECIDE)
def timing(workshop_id: UUID) -> Page:
    """Say whether the late comments of a workshop count as in time."""
    wanted = Timing.IN_TIME if request.form.get("act") == "in-time" else Timing.LATE
    try:
        with db.transaction() as session:
            workshop, _round = in_hand(session, workshop_id)
            late = lateness.undecided_at(session, workshop)
            reason = request.form.get("why", "")
            lateness.decide(session, late, wanted, reason=reason, by=g.person.id, now=datetime.now(UTC))
    except ReasonMissing as refusal:
        return _conflicts_page(workshop_id, [{"field": "why", "message": str(refusal)}]), 400
    flash(_("It is decided; the reason stands in the audit trail."), "done")
    return redirect(url_for("workshops.conflicts", workshop_id=workshop_id))


def _meant(session: Session, workshop: WorkshopRow) -> tuple[Differing, str, tuple[Side, ...]]:
    """The field somebody decides on, as it stands. Raises SaidSince."""
    key, wanted = request.form.get("entity", ""), request.form.get("field", "")
    for found in looking.differences(session, workshop):
        for field, sides in found.fields:
            if (found.entity.key, field) == (key, wanted) and _seen(sides) == request.form.get("seen"):
                return found, field, sides
    raise SaidSince


def _chosen(found: Differing, field: str, sides: Sequence[Side]) -> Any:
    choice = request.form.get("choice", "")
    for side in sides:
        if choice == _digest(side.value):
            return side.value
    written = request.form.get("other", "").replace("\0", "").strip()
    if choice != "other" or not written:
        raise NothingChosen(_("Choose one of the values, or write another."))
    if _writable(sides) == "number":
        if not written.isdecimal() or len(written) > 6:
            raise NothingChosen(_("Write the number in digits, such as 12."))
        return int(written)
    if _writable(sides) == "text":
        return written
    raise NothingChosen(_("Choose one of the values."))


def _writable(sides: Sequence[Side]) -> str:
    """What a third value may be: `number`, `text`, or nothing."""
    values = [side.value for side in sides if side.value is not None]
    if values and all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        return "number"
    return "text" if values and all(isinstance(value, str) for value in values) else ""


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def _seen(sides: Sequence[Side]) -> str:
    return _digest([[side.device, _digest(side.value)] for side in sides])


def _conflicts_page(workshop_id: UUID, errors: list[dict[str, str]]) -> str:
    with db.reading() as session:
        workshop, round_ = in_hand(session, workshop_id)
        document, words = text_of(session, round_), category_words(session)
        shown = [
            _shown(session, workshop, found, document, words)
            for found in looking.differences(session, workshop)
        ]
        return render_template(
            "workshops/conflicts.html",
            **around(session, workshop, round_, datetime.now(UTC)),
            differences=shown,
            late_comments=len(lateness.undecided_at(session, workshop)),
            may_time=g.person.may(Act.DECIDE),
            errors=errors,
        )


def _shown(
    session: Session, workshop: WorkshopRow, found: Differing, document: Document, words: dict[str, str]
) -> dict[str, Any]:
    def said(field: str, value: Any) -> str:
        return _value(session, workshop, field, value, document, words)

    entity = found.entity
    title = next(
        (
            said(name, entity.get(name))
            for name in ("words", "typed", "question", "label", "caption", "title")
            if entity.get(name)
        ),
        said("category", entity.key.partition(":")[2]) if entity.kind is Kind.ATTENDANCE else "",
    )
    fields = [
        {
            "name": field,
            "word": _field_word(field, words),
            "seen": _seen(sides),
            "writable": _writable(sides),
            "is_long": field in LONG,
            "sides": [
                {
                    "choice": _digest(side.value),
                    "value": said(field, side.value),
                    "is_words": field in ("words", "typed"),
                    "device": _("the desk") if side.device == keeping.DESK else side.label,
                    "person": side.person,
                    "received_at": side.received_at,
                }
                for side in sides
            ],
        }
        for field, sides in found.fields
    ]
    return {
        "entity": entity.key,
        "thing": THINGS[entity.kind],
        "title": title[:160],
        "fields": fields,
        "after_comment": found.row.after_comment,
        "removed": entity.is_removed,
    }


def _field_word(field: str, words: dict[str, str]) -> str:
    family, _colon, rest = field.partition(":")
    word = str(FIELDS.get(family, family))
    of = rest.rpartition(":")[2]
    return f"{word}: {words.get(of, of)}" if of else word


def _value(
    session: Session,
    workshop: WorkshopRow,
    field: str,
    value: Any,
    document: Document,
    words: dict[str, str],
) -> str:
    """A value in words. Who is named stays sealed; what was said is masked."""
    if field in keeping.PERSONAL:
        return str(_("sealed") if value else _("empty"))
    if value in ("", None, []):
        return str(_("empty"))
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, dict):
        return str(_("%(n)s seconds", n=round(int(value.get("ms", 0)) / 1000)))
    if field in ("clause", "clauses"):
        return ", ".join(_clause(one, document) for one in ([value] if isinstance(value, str) else value))
    if isinstance(value, list):
        return ", ".join(notes.masked(session, workshop.id, str(one)) for one in value)
    if field == "category":
        return words.get(str(value), str(value))
    return notes.masked(session, workshop.id, value) if isinstance(value, str) else str(value)


def _clause(written: str, document: Document) -> str:
    if written == notes.WHOLE:
        return str(_("the whole document"))
    try:
        found = document.by_id.get(UUID(written))
    except ValueError:
        found = None
    return found.number if found else str(_("a clause that is not in this text"))
