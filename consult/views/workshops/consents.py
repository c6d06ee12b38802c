"""Consents at the desk: who agreed to what, what was noted on paper, and what somebody takes back."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from sqlmodel import Session, col, select
from werkzeug.wrappers import Response

from consult import db
from consult.errors import Misfilled
from consult.look import spoken
from consult.permissions import Act
from consult.tables.field import AttendeeRow, RecordingRow
from consult.tables.rounds import RoundRow
from consult.tables.workshops import WorkshopRow
from consult.views.guard import requires
from consult.views.workshops.door import AUDIO_KEPT, around, bp, categories, category_words, in_hand
from consult.workshops import answering, consents, retention
from consult.workshops.consent_words import ABOUT, VERSION, consent_words
from consult.workshops.consents import GIVEN, GROUP, REFUSED, WITHDRAWN
from consult.workshops.meetings import AudioKept

ABOUT_WORDS = {
    "notes": lazy_gettext("Words written down"),
    "quotes": lazy_gettext("Quoted in public"),
    "photo": lazy_gettext("Photographed"),
    "audio": lazy_gettext("Recorded"),
    "contact": lazy_gettext("Told afterwards"),
}
ANSWER_WORDS = {
    GIVEN: lazy_gettext("Yes"),
    REFUSED: lazy_gettext("No"),
    WITHDRAWN: lazy_gettext("Withdrawn"),
    "": lazy_gettext("Not asked"),
}
HOW_WORDS = {
    "": "",
    "spoken": lazy_gettext("aloud"),
    "written": lazy_gettext("in writing"),
    "witnessed": lazy_gettext("before a witness"),
}


@bp.get("/workshops/<uuid:workshop_id>/consents")
@requires(Act.RUN_WORKSHOP)
def consents_of(workshop_id: UUID) -> str:
    """What those who came agreed to, by person and for the group, and how long recordings are kept."""
    with db.reading() as session:
        workshop, round_ = in_hand(session, workshop_id)
        return _page(session, workshop, round_, {}, {})


@bp.post("/workshops/<uuid:workshop_id>/consents")
@requires(Act.RUN_WORKSHOP)
def note_consent(workshop_id: UUID) -> Response | tuple[str, int]:
    """Note an answer that was given on paper."""
    sent = _typed("who", "about", "answer", "how")
    return _do(
        workshop_id,
        sent,
        lambda session, round_, workshop, now: answering.answer(
            session,
            round_,
            workshop,
            sent["about"],
            sent["who"],
            sent["answer"],
            how=sent["how"],
            wording=VERSION,
            now=now,
        ),
        _("The answer is noted."),
    )


@bp.post("/workshops/<uuid:workshop_id>/people")
@requires(Act.RUN_WORKSHOP)
def list_person(workshop_id: UUID) -> Response | tuple[str, int]:
    """Put somebody on the list of those who came."""
    sent = _typed("label", "category", "name", "contact")
    return _do(
        workshop_id,
        sent,
        lambda session, round_, workshop, now: answering.put_on_list(
            session, round_, workshop, **sent, now=now
        ),
        _("They are on the list."),
    )


@bp.get("/workshops/<uuid:workshop_id>/consents/withdraw")
@requires(Act.RUN_WORKSHOP)
def ask_withdrawal(workshop_id: UUID) -> str:
    """What a withdrawal takes with it, told before anything is done."""
    with db.reading() as session:
        workshop, round_ = in_hand(session, workshop_id)
        return _withdrawal(session, workshop, round_, {})


@bp.post("/workshops/<uuid:workshop_id>/consents/withdraw")
@requires(Act.RUN_WORKSHOP)
def withdraw_consent(workshop_id: UUID) -> Response | tuple[str, int]:
    """Withdraw a consent, for good."""
    now = datetime.now(UTC)
    about, who = request.args.get("about", ""), request.args.get("who", GROUP)
    reason = request.form.get("reason", "")
    try:
        with db.transaction() as session:
            workshop, round_ = in_hand(session, workshop_id)
            answering.withdraw(session, round_, workshop, about, who, reason=reason, by=g.person.id, now=now)
    except Misfilled as refusal:
        with db.reading() as session:
            workshop, round_ = in_hand(session, workshop_id)
            return _withdrawal(session, workshop, round_, refusal.problems), 400
    flash(_("It is withdrawn, and what it held for is removed."), "done")
    return redirect(url_for("workshops.consents_of", workshop_id=workshop_id))


def _typed(*names: str) -> dict[str, str]:
    return {name: request.form.get(name, "").strip()[:300] for name in names}


def _do(workshop_id: UUID, sent: dict[str, str], act: Any, done: str) -> Response | tuple[str, int]:
    """Perform an act on a workshop; where a field is at fault, the page again with what was typed."""
    try:
        with db.transaction() as session:
            workshop, round_ = in_hand(session, workshop_id)
            act(session, round_, workshop, datetime.now(UTC))
    except Misfilled as refusal:
        with db.reading() as session:
            workshop, round_ = in_hand(session, workshop_id)
            return _page(session, workshop, round_, sent, refusal.problems), 400
    flash(done, "done")
    return redirect(url_for("workshops.consents_of", workshop_id=workshop_id))


# --- the pages


def _page(
    session: Session,
    workshop: WorkshopRow,
    round_: RoundRow,
    sent: Mapping[str, str],
    problems: Mapping[str, str],
) -> str:
    now = datetime.now(UTC)
    found = consents.state(session, workshop)
    words = category_words(session)
    rows = [_row(found, GROUP, _("The group"), "")]
    rows += [
        _row(found, one.entity, _label(one), words.get(one.category, one.category)) for one in found.people
    ]
    return render_template(
        "workshops/consents.html",
        **around(session, workshop, round_, now),
        rows=rows,
        abouts=list(ABOUT_WORDS.items()),
        answers=[(answer, ANSWER_WORDS[answer]) for answer in (GIVEN, REFUSED)],
        hows=[(how, word) for how, word in HOW_WORDS.items() if how],
        people=[("", _("The group")), *((one.entity, _label(one)) for one in found.people)],
        categories=categories(session),
        questions=consent_words(spoken()),
        version=VERSION,
        recordings=_recordings(session, workshop),
        sent=sent,
        errors=[{"field": field, "message": message} for field, message in problems.items()],
    )


def _row(found: consents.State, who: str, label: str, category: str) -> dict[str, Any]:
    cells = []
    for about in ABOUT:
        row = found.row(about, who)
        holds = found.answer(about, who)
        cells.append(
            {
                "about": about,
                "row": row,
                "answer": ANSWER_WORDS[row.answer if row else holds if who == GROUP else ""],
                "how": HOW_WORDS.get(row.how, "") if row else "",
                "as_group": row is None and who != GROUP and holds != "",
                "may_withdraw": (row is None or row.withdrawn_at is None) and found.allows(about, who),
            }
        )
    return {"who": who, "label": label, "category": category, "cells": cells}


def _label(person: AttendeeRow) -> str:
    return person.label or "–"


def _recordings(session: Session, workshop: WorkshopRow) -> list[dict[str, Any]]:
    rows = session.exec(
        select(RecordingRow)
        .where(RecordingRow.workshop_id == workshop.id, col(RecordingRow.removed).is_(False))
        .order_by(col(RecordingRow.entity))
    ).all()
    return [
        {
            "row": row,
            "minutes": round(row.seconds / 60),
            "until": AUDIO_KEPT[AudioKept(retention.kept_until(workshop, row))],
        }
        for row in rows
    ]


def _withdrawal(
    session: Session, workshop: WorkshopRow, round_: RoundRow, problems: Mapping[str, str]
) -> str:
    about, who = request.args.get("about", ""), request.args.get("who", GROUP)
    going = answering.what_would_go(session, workshop, about, who)
    listed = session.get(AttendeeRow, (workshop.id, who)) if who else None
    return render_template(
        "workshops/consents_withdraw.html",
        **around(session, workshop, round_, datetime.now(UTC)),
        about=ABOUT_WORDS[about],
        label=_label(listed) if listed else _("The group"),
        effects=_effects(about, going, of_group=who == GROUP),
        reason=request.form.get("reason", ""),
        errors=[{"field": field, "message": message} for field, message in problems.items()],
    )


def _effects(about: str, going: answering.Going, *, of_group: bool) -> list[str]:
    """What will happen, sentence by sentence."""
    if about == "notes":
        return _words_go(going, of_group=of_group)
    if about == "quotes":
        shown = ngettext(
            "One comment is taken from public pages. The committee still reads and answers it.",
            "%(num)s comments are taken from public pages. The committee still reads and answers them.",
            going.published,
        )
        return [shown if going.published else _("Nothing of theirs is public now, and nothing will be.")]
    if about == "photo":
        told = ngettext(
            "One photograph is destroyed.", "All %(num)s photographs are destroyed.", going.photographs
        )
        kept = _("What was typed from the flip charts stays, as a note.")
        whole = [] if of_group else [_("Who is on a photograph cannot be told, so all of them go.")]
        return [told, *whole, kept]
    if about == "audio":
        told = ngettext(
            "One recording is destroyed.", "All %(num)s recordings are destroyed.", going.recordings
        )
        kept = _("What was written down stays, with the second at which it was said.")
        whole = [] if of_group else [_("One voice cannot be cut out of a recording, so the whole goes.")]
        return [told, *whole, kept]
    return [
        ngettext(
            "One address or number is erased. Nobody can be told the outcome by it any more.",
            "%(num)s addresses or numbers are erased. Nobody can be told the outcome by them any more.",
            going.contacts,
        )
    ]


def _words_go(going: answering.Going, *, of_group: bool) -> list[str]:
    if not going.utterances:
        return [_("Nothing they said is kept now, and nothing will be.")]
    told = [
        ngettext(
            "One thing they said is erased, wherever it stands.",
            "%(num)s things they said are erased, wherever they stand.",
            going.utterances,
        )
    ]
    if going.comments:
        told.append(
            ngettext(
                "One comment becomes an empty place; it stays counted.",
                "%(num)s comments become empty places; they stay counted.",
                going.comments,
            )
        )
    if going.decided:
        told.append(
            ngettext(
                "One of them has a decision, which stays.",
                "%(num)s of them have decisions, which stay.",
                going.decided,
            )
        )
    if going.files:
        told.append(
            ngettext(
                "The file of one transcript is destroyed.",
                "The files of %(num)s transcripts are destroyed.",
                going.files,
            )
        )
    if going.files and not of_group:
        told.append(_("What others said in it stays here."))
    return [*told, _("Minutes that hold these words are emptied of them.")]
