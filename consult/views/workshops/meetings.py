"""The meetings: what workshops there are, a new one, one as it stands, and who spoke there."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session, col, select
from werkzeug.wrappers import Response

from consult import audit, db, ledger_line, look, rounds, workshops
from consult.desk import places
from consult.errors import Misfilled
from consult.particulars import producer_words, stage_word
from consult.permissions import Act
from consult.tables.people import PersonRow, Role
from consult.tables.rounds import RoundRow
from consult.tables.workshops import TranscriptRow, UtteranceRow, WorkshopRow
from consult.views.guard import requires
from consult.views.workshops import form
from consult.views.workshops.door import (
    AUDIO_KEPT,
    CONSENTS,
    around,
    bp,
    categories,
    category_words,
    in_hand,
    text_of,
)
from consult.views.workshops.field import in_field
from consult.words import LANGUAGES
from consult.workshops import answering, consents
from consult.workshops.meetings import agenda_of, consent_of, people_at
from consult.workshops.transcripts import not_looked_at
from standards.identity import new_id
from standards.profiles import minerals_of
from standards.stages import stages_of


@bp.get("/workshops")
@requires(Act.READ_DESK)
def every() -> str:
    """The workshops this person may see, the latest first."""
    with db.reading() as session:
        begun = session.exec(select(RoundRow).order_by(col(RoundRow.opens_at).desc())).all()
        return _list(session, None, list(begun))


@bp.get("/rounds/<slug>/workshops")
@requires(Act.READ_DESK)
def of_round(slug: str) -> str:
    """The workshops of one round."""
    with db.reading() as session:
        round_ = rounds.round_called(session, slug)
        return _list(session, round_, [round_])


def _list(session: Session, round_: RoundRow | None, choice: list[RoundRow]) -> str:
    now = datetime.now(UTC)
    found = workshops.workshops_of(session, g.person.id, g.person.role, round_)
    people = people_at(session, [workshop.id for workshop, _round in found])
    rows = [
        {
            "workshop": workshop,
            "round": held_in,
            "people": people.get(workshop.id, 0),
            "progress": workshops.progress(session, workshop),
        }
        for workshop, held_in in found
    ]
    return render_template(
        "workshops/list.html",
        rows=rows,
        round=round_,
        rounds=choice,
        ledger=ledger_line.line(session, round_, now) if round_ else None,
    )


@bp.get("/rounds/<slug>/workshops/new")
@requires(Act.RUN_WORKSHOP)
def new(slug: str) -> str:
    """The form for a workshop: to be planned, or as it was held."""
    with db.reading() as session:
        round_ = rounds.round_called(session, slug)
        blank = form.empty(categories(session), round_.languages, g.person.id)
        planning = request.args.get("plan") == "yes"
        return _form(session, round_, blank, {}, id_=new_id(), planning=planning)


@bp.post("/rounds/<slug>/workshops/new")
@requires(Act.RUN_WORKSHOP)
def create(slug: str) -> Response | tuple[str, int]:
    """Keep a new workshop; pressed twice, the form gives one."""
    now, planning = datetime.now(UTC), request.form.get("planning") == "yes"
    with db.reading() as session:
        round_ = rounds.round_called(session, slug)
        sent = form.typed(request.form, categories(session))
        id_ = _id(request.form.get("id", ""))
        try:
            meeting = form.meeting(sent, text_of(session, round_), _facilitators(session))
        except Misfilled as refusal:
            return _form(session, round_, sent, refusal.problems, id_=id_, planning=planning), 400
    with db.transaction() as session:
        held = workshops.hold(session, round_, _own(meeting), id_=id_, now=now)
        if held.fresh:
            _agreed(session, round_, held.workshop, meeting, now)
            after = {"round": round_.slug, "people": sum(one.people for one in meeting.attendance)}
            audit.record(session, g.person.id, "hold", "workshop", held.workshop.id, after=after, now=now)
    flash(_("The workshop is kept.") if held.fresh else _("This workshop was kept already."), "done")
    leads_to = "workshops.plan" if planning else "workshops.show"
    return redirect(url_for(leads_to, workshop_id=held.workshop.id))


@bp.get("/workshops/<uuid:workshop_id>/edit")
@requires(Act.RUN_WORKSHOP)
def edit(workshop_id: UUID) -> str:
    """The form of a workshop as it was kept."""
    with db.reading() as session:
        workshop, round_ = in_hand(session, workshop_id)
        attendance = workshops.attendance_of(session, workshop)
        kept = form.written(workshop, attendance, categories(session), text_of(session, round_))
        return _form(session, round_, kept, {}, workshop=workshop)


@bp.post("/workshops/<uuid:workshop_id>/edit")
@requires(Act.RUN_WORKSHOP)
def change(workshop_id: UUID) -> Response | tuple[str, int]:
    """Put a workshop right."""
    now = datetime.now(UTC)
    with db.transaction() as session:
        workshop, round_ = in_hand(session, workshop_id)
        sent = form.typed(request.form, categories(session))
        try:
            meeting = form.meeting(sent, text_of(session, round_), _facilitators(session))
            answering.check_on_paper(session, workshop, meeting.consent)
        except Misfilled as refusal:
            return _form(session, round_, sent, refusal.problems, workshop=workshop), 400
        before = {"people": sum(row.people for row in workshops.attendance_of(session, workshop))}
        workshops.change(session, workshop, _own(meeting))
        _agreed(session, round_, workshop, meeting, now)
        after = {"people": sum(one.people for one in meeting.attendance)}
        audit.record(session, g.person.id, "change", "workshop", workshop.id, before, after, now=now)
    flash(_("The workshop is put right."), "done")
    return redirect(url_for("workshops.show", workshop_id=workshop_id))


def _agreed(
    session: Session, round_: RoundRow, workshop: WorkshopRow, meeting: workshops.Meeting, now: datetime
) -> None:
    """What the form says of consent is the group's answer, as any device would write it."""
    answering.told_on_paper(session, round_, workshop, meeting.consent, quotable=meeting.quotable, now=now)


def _own(meeting: workshops.Meeting) -> workshops.Meeting:
    """A facilitator's workshop stays their own, whatever the form says."""
    own = g.person.role is Role.FACILITATOR or meeting.facilitator_id is None
    return replace(meeting, facilitator_id=g.person.id) if own else meeting


def _id(written: str) -> UUID:
    try:
        return UUID(written)
    except ValueError:
        return new_id()


def _facilitators(session: Session) -> list[UUID]:
    return [row.id for row in _people(session)]


def _people(session: Session) -> list[PersonRow]:
    runs = (Role.FACILITATOR, Role.SECRETARY)
    return list(session.exec(select(PersonRow).where(col(PersonRow.role).in_(runs))).all())


def _form(
    session: Session,
    round_: RoundRow,
    sent: form.Typed,
    problems: dict[str, str],
    *,
    workshop: WorkshopRow | None = None,
    id_: UUID | None = None,
    planning: bool = False,
) -> str:
    now = datetime.now(UTC)
    document = text_of(session, round_)
    own = tuple(workshop.languages) if workshop else ()
    choosable = tuple(dict.fromkeys((*own, *round_.languages, *LANGUAGES, *sent.languages)))
    people = [(str(row.id), row.name) for row in _people(session)] if g.person.role is Role.SECRETARY else []
    return render_template(
        "workshops/form.html",
        round=round_,
        workshop=workshop,
        id=id_,
        sent=sent,
        errors=[{"field": field, "message": message} for field, message in problems.items()],
        languages_to_choose=[(code, look.language_name(code)) for code in choosable],
        facilitators=people,
        consents=[(how.value, word) for how, word in CONSENTS.items()],
        numbers=places.numbers(document),
        planning=planning,
        kept_until=[(kept.value, word) for kept, word in AUDIO_KEPT.items()],
        stages=[(one, stage_word(one)) for one in stages_of(clause.text for clause in document)],
        producers=[(str(key), word) for key, word in producer_words().items()],
        minerals=[(one, one) for one in minerals_of(document)],
        late=rounds.has_closed(round_, now),
        ledger=ledger_line.line(session, round_, now),
    )


@bp.get("/workshops/<uuid:workshop_id>")
@requires(Act.READ_DESK)
def show(workshop_id: UUID) -> str:
    """A workshop: its figures, its agenda, its transcripts and how far they are done."""
    now = datetime.now(UTC)
    with db.reading() as session:
        workshop, round_ = in_hand(session, workshop_id)
        document = text_of(session, round_)
        attendance = workshops.attendance_of(session, workshop)
        words = category_words(session)
        leads = session.get(PersonRow, workshop.facilitator_id) if workshop.facilitator_id else None
        consent, quotable = consent_of(workshop)
        return render_template(
            "workshops/show.html",
            **around(session, workshop, round_, now),
            field=in_field(session, workshop),
            facilitator=leads.name if leads else "",
            agenda=[document.by_id[id_] for id_ in agenda_of(workshop) if id_ in document.by_id],
            attendance=[(words.get(row.category, row.category), row) for row in attendance],
            total=_total(attendance),
            consent=CONSENTS[consent],
            quotable=quotable,
            transcripts=workshops.transcripts_of(session, workshop),
            waiting=not_looked_at(session, workshop),
            progress=workshops.progress(session, workshop),
        )


def _total(attendance: list[Any]) -> dict[str, Any]:
    women = [row.women for row in attendance if row.women is not None]
    return {"people": sum(row.people for row in attendance), "women": sum(women) if women else None}


@bp.post("/workshops/<uuid:workshop_id>/names")
@requires(Act.OPEN_ORIGINAL)
def names(workshop_id: UUID) -> str:
    """The names on a workshop's list and in its transcripts; that somebody opened them is recorded."""
    now = datetime.now(UTC)
    with db.transaction() as session:
        workshop, round_ = in_hand(session, workshop_id)
        audit.record(session, g.person.id, "open-original", "workshop", workshop.id, now=now)
        rows = session.exec(
            select(TranscriptRow.name, UtteranceRow.speaker, UtteranceRow.speaker_name)
            .join(UtteranceRow, col(UtteranceRow.transcript_id) == TranscriptRow.id)
            .where(TranscriptRow.workshop_id == workshop.id, col(UtteranceRow.speaker_name).is_not(None))
            .order_by(col(TranscriptRow.created_at), col(UtteranceRow.position))
        ).all()
        agreed, words = consents.state(session, workshop), category_words(session)
        return render_template(
            "workshops/names.html",
            **around(session, workshop, round_, now),
            names=list(dict.fromkeys((file, speaker, name) for file, speaker, name in rows)),
            listed=[
                (row, words.get(row.category, row.category), agreed.allows("contact", row.entity))
                for row in agreed.people
            ],
        )
