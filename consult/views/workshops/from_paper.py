"""What was written on paper, typed in at the desk: notes, and who came with their ages.

It becomes operations like those of a telephone in the field, so that there is one way.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session
from werkzeug.wrappers import Response

from consult import audit, db, look, workshops
from consult.desk import places
from consult.errors import Misfilled
from consult.field import keeping
from consult.field.notes import WHOLE
from consult.field.operations import MOST_WORDS, Kind
from consult.permissions import Act
from consult.tables.rounds import RoundRow
from consult.tables.workshops import AttendanceRow, WorkshopRow
from consult.views.guard import requires
from consult.views.workshops.door import around, bp, categories, category_words, in_hand
from consult.views.workshops.votes import count_typed
from consult.workshops import consents
from consult.workshops.meetings import MOST_PEOPLE, agenda_of
from consult.workshops.minutes.gathering import text_of
from consult.workshops.minutes.paper import BANDS, FEELINGS, MARKS
from standards.document import Document
from standards.identity import new_id

Page = str | Response | tuple[str, int]


# --- notes


@bp.get("/workshops/<uuid:workshop_id>/notes/new")
@requires(Act.RUN_WORKSHOP)
def new_note(workshop_id: UUID) -> str:
    """The form for a note from paper."""
    with db.reading() as session:
        workshop, round_ = in_hand(session, workshop_id)
        return _note_form(session, workshop, round_, {}, [], {})


@bp.post("/workshops/<uuid:workshop_id>/notes/new")
@requires(Act.RUN_WORKSHOP)
def keep_note(workshop_id: UUID) -> Page:
    """Keep a note from paper; pressed twice, there is one."""
    now = datetime.now(UTC)
    with db.transaction() as session:
        workshop, round_ = in_hand(session, workshop_id)
        if not consents.allows(session, workshop, "notes"):
            raise workshops.WordsRefused(workshop)
        try:
            fields = _note(request.form, request.form.getlist("marks"), text_of(session, round_, workshop)[1])
        except Misfilled as refusal:
            marks = request.form.getlist("marks")
            return _note_form(session, workshop, round_, request.form, marks, refusal.problems), 400
        id_ = _id(request.form.get("id", ""))
        keeping.put(session, round_, workshop, Kind.NOTE, f"note:{id_}", fields, now=now)
        audit.record(session, g.person.id, "type", "note", id_, now=now)
    flash(_("The note is kept. Type the next one."), "done")
    return redirect(url_for("workshops.new_note", workshop_id=workshop_id))


def _note(sent: Mapping[str, str], marks: list[str], document: Document) -> dict[str, Any]:
    """The fields of a note. Raises Misfilled."""
    problems: dict[str, str] = {}
    words = sent.get("words", "").replace("\0", "").strip()
    if not words:
        problems["words"] = _("Write what was said.")
    elif len(words) > MOST_WORDS:
        problems["words"] = _(
            "This note has %(length)s characters; one holds %(most)s. Make several of it.",
            length=len(words),
            most=MOST_WORDS,
        )
    clauses: list[str] = [WHOLE] if sent.get("whole") else []
    for number in filter(None, (one.strip() for one in sent.get("clauses", "").split(","))):
        clause = document.by_number.get(number)
        if clause is None:
            problems["clauses"] = _("There is no clause %(number)s in this text.", number=number[:20])
        else:
            clauses.append(str(clause.id))
    if problems:
        raise Misfilled(problems)
    feeling = sent.get("feeling", "")
    return {
        "words": words,
        "category": sent.get("category", "")[:100],
        "clauses": list(dict.fromkeys(clauses))[:50],
        "marks": [mark for mark in marks if mark in MARKS],
        "feeling": feeling if feeling in FEELINGS else "",
        "language": sent.get("language", "")[:20],
        "lone": bool(sent.get("lone")),
        "read_back": bool(sent.get("read_back")),
    }


def _note_form(
    session: Session,
    workshop: WorkshopRow,
    round_: RoundRow,
    sent: Mapping[str, str],
    marks: list[str],
    problems: Mapping[str, str],
) -> str:
    document = text_of(session, round_, workshop)[1]
    agenda = [document.by_id[id_].number for id_ in agenda_of(workshop) if id_ in document.by_id]
    return render_template(
        "workshops/note.html",
        **around(session, workshop, round_, datetime.now(UTC)),
        sent=sent,
        marks=marks,
        agenda=agenda,
        mark_words=[(key, _(word)) for key, word in MARKS.items()],
        feelings=[(key, _(word)) for key, word in FEELINGS.items()],
        spoken_here=[(code, look.language_name(code)) for code in workshop.languages],
        categories=categories(session),
        numbers=places.numbers(document),
        id=_id(sent.get("id", "")),
        errors=[{"field": field, "message": message} for field, message in problems.items()],
    )


def _id(written: str) -> UUID:
    try:
        return UUID(written)
    except ValueError:
        return new_id()


# --- who came


@bp.get("/workshops/<uuid:workshop_id>/attendance")
@requires(Act.RUN_WORKSHOP)
def attendance(workshop_id: UUID) -> str:
    """Who came by category, women and age, as it is kept."""
    with db.reading() as session:
        workshop, round_ = in_hand(session, workshop_id)
        return _attendance_form(session, workshop, round_, None, {})


@bp.post("/workshops/<uuid:workshop_id>/attendance")
@requires(Act.RUN_WORKSHOP)
def keep_attendance(workshop_id: UUID) -> Page:
    """Keep the counts that were changed; the others stay as they were."""
    now = datetime.now(UTC)
    with db.transaction() as session:
        workshop, round_ = in_hand(session, workshop_id)
        kept = {row.category: row for row in workshops.attendance_of(session, workshop)}
        try:
            changed = _counted(request.form, _rows(session, workshop), kept)
        except Misfilled as refusal:
            return _attendance_form(session, workshop, round_, request.form, refusal.problems), 400
        for key, fields in changed.items():
            keeping.put(
                session, round_, workshop, Kind.ATTENDANCE, f"attendance:{key}", fields, again=True, now=now
            )
        after = {"categories": sorted(changed)}
        audit.record(session, g.person.id, "count", "workshop", workshop.id, after=after, now=now)
    flash(_("The counts are kept.") if changed else _("Nothing was changed."), "done")
    return redirect(url_for("workshops.show", workshop_id=workshop_id))


def _rows(session: Session, workshop: WorkshopRow) -> list[tuple[str, str]]:
    """The categories to count: stakeholder groups, and those of this workshop."""
    named = category_words(session)
    own = [row.category for row in workshops.attendance_of(session, workshop)]
    return [(key, named.get(key, key)) for key in dict.fromkeys([*named, *own, *workshop.seats])]


def _counted(
    sent: Mapping[str, str], rows: list[tuple[str, str]], kept: Mapping[str, AttendanceRow]
) -> dict[str, dict[str, Any]]:
    """What changed, by category, as fields of an operation. Raises Misfilled."""
    problems: dict[str, str] = {}
    found: dict[str, dict[str, Any]] = {}
    for at, (key, word) in enumerate(rows):
        typed = {name: sent.get(f"{name}-{at}", "").strip() for name in ("people", "women", *_ages())}
        row = kept.get(key)
        if not any(typed.values()) and row is None:
            continue
        people = count_typed(sent, f"people-{at}", MOST_PEOPLE, problems)
        women = count_typed(sent, f"women-{at}", MOST_PEOPLE, problems) if typed["women"] else None
        ages = {
            band: count_typed(sent, f"{band}-{at}", MOST_PEOPLE, problems)
            for band in _ages()
            if typed[band] or (row is not None and band in row.bands)
        }
        if women is not None and women > people:
            problems[f"women-{at}"] = _("%(who)s: more women than people.", who=word)
        if sum(ages.values()) > people:
            problems[f"people-{at}"] = _("%(who)s: the ages are more than the people.", who=word)
        if row is None or (row.people, row.women, dict(row.bands)) != (people, women, ages):
            found[key] = {"category": key, "people": people, "women": women}
            found[key] |= {f"band:{band}": count for band, count in ages.items()}
    if problems:
        raise Misfilled(problems)
    return found


def _ages() -> list[str]:
    return [band for band in BANDS if band[0] != "…"]


def _attendance_form(
    session: Session,
    workshop: WorkshopRow,
    round_: RoundRow,
    sent: Mapping[str, str] | None,
    problems: Mapping[str, str],
) -> str:
    rows = _rows(session, workshop)
    kept = {row.category: row for row in workshops.attendance_of(session, workshop)}
    return render_template(
        "workshops/attendance.html",
        **around(session, workshop, round_, datetime.now(UTC)),
        rows=rows,
        ages=[(band, _(BANDS[band])) for band in _ages()],
        sent=_as_kept(rows, kept) if sent is None else sent,
        seats=workshop.seats,
        errors=[{"field": field, "message": message} for field, message in problems.items()],
    )


def _as_kept(rows: list[tuple[str, str]], kept: Mapping[str, AttendanceRow]) -> dict[str, str]:
    found: dict[str, str] = {}
    for at, (key, _word) in enumerate(rows):
        row = kept.get(key)
        if row is not None:
            found[f"people-{at}"] = str(row.people)
            found[f"women-{at}"] = "" if row.women is None else str(row.women)
            found |= {f"{band}-{at}": str(count) for band, count in row.bands.items()}
    return found
