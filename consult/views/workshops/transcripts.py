"""Transcripts at the desk: a file or pasted text, a look at what was understood, then its utterances."""

import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session
from werkzeug.wrappers import Response

from consult import audit, db, workshops
from consult.errors import BarazaError
from consult.look import language_name
from consult.permissions import Act
from consult.tables.intake import RecordRow
from consult.tables.workshops import WorkshopRow
from consult.views.guard import requires
from consult.views.workshops.door import around, bp, categories, in_hand
from consult.words import LANGUAGES
from consult.workshops import transcripts
from consult.workshops.transcripts import CannotRead, FileTooLarge, WordsRefused

SHOWN = 40


@bp.get("/workshops/<uuid:workshop_id>/transcripts")
@requires(Act.RUN_WORKSHOP)
def choose(workshop_id: UUID) -> str:
    """Choose a transcript, or paste it."""
    return _choose_page(workshop_id, "", [])


@bp.post("/workshops/<uuid:workshop_id>/transcripts")
@requires(Act.RUN_WORKSHOP)
def upload(workshop_id: UUID) -> Response | tuple[str, int]:
    """Put what was sent into the ledger, then show what is in it."""
    now = datetime.now(UTC)
    file, pasted = request.files.get("file"), request.form.get("pasted", "")
    if file is not None and file.filename:
        name, content = Path(file.filename.replace("\\", "/")).name, file.read()
    else:
        name, content = "pasted.txt", pasted.encode()
    if not content.strip():
        message = _("This is empty. Choose a file that holds the transcript, or paste it below.")
        return _choose_page(workshop_id, pasted, [{"field": "file", "message": message}]), 400
    try:
        with db.transaction() as session:
            workshop, _round = in_hand(session, workshop_id)
            recorded = workshops.receive(session, workshop, content, name, now=now)
    except (WordsRefused, FileTooLarge) as refusal:
        return _choose_page(workshop_id, pasted, [{"field": "file", "message": str(refusal)}]), 409
    if not recorded.fresh:
        flash(_("This file was here already. Nothing was brought in twice."), "info")
    return redirect(url_for("workshops.look", workshop_id=workshop_id, record_id=recorded.id))


def _choose_page(workshop_id: UUID, pasted: str, errors: list[dict[str, str]]) -> str:
    with db.reading() as session:
        workshop, round_ = in_hand(session, workshop_id)
        return render_template(
            "workshops/bring.html",
            **around(session, workshop, round_, datetime.now(UTC)),
            pasted=pasted,
            errors=errors,
        )


@bp.get("/workshops/<uuid:workshop_id>/transcripts/<uuid:record_id>")
@requires(Act.RUN_WORKSHOP)
def look(workshop_id: UUID, record_id: UUID) -> Response | tuple[str, int] | str:
    """What was understood of a file, and what was odd about it; nothing but the file is kept yet."""
    one_voice = request.args.get("as") == "one-voice"
    with db.reading() as session:
        workshop, round_ = in_hand(session, workshop_id)
        record = transcripts.record_of(session, workshop, record_id)
        if any(row.record_id == record.id for row in workshops.transcripts_of(session, workshop)):
            return redirect(url_for("workshops.bench", workshop_id=workshop_id))
        page = around(session, workshop, round_, datetime.now(UTC)) | {"record": record}
        try:
            heard = workshops.hear(session, record, one_voice=one_voice)
        except CannotRead as refusal:
            return render_template("workshops/unreadable.html", **page, refusal=refusal), 400
        return render_template(
            "workshops/look.html",
            **page,
            heard=heard,
            first=[
                (heard.shown.get(cue.speaker or "", ""), cue, heard.words_of(cue))
                for cue in heard.cues[:SHOWN]
            ],
            one_voice=one_voice,
            categories=categories(session),
            clock=workshops.clock,
            comes_late=workshops.came_late(round_, record.received_at),
            languages_set=", ".join(language_name(code) for code in workshop.languages),
            unset=heard.unset_among(workshop.languages),
            languages_to_choose=[(code, language_name(code)) for code in LANGUAGES],
        )


@bp.post("/workshops/<uuid:workshop_id>/transcripts/<uuid:record_id>")
@requires(Act.RUN_WORKSHOP)
def keep(workshop_id: UUID, record_id: UUID) -> Response | tuple[str, int]:
    """Keep the utterances of a file that was looked at, or put the file aside."""
    now = datetime.now(UTC)
    with db.transaction() as session:
        workshop, _round = in_hand(session, workshop_id)
        record = transcripts.record_of(session, workshop, record_id)
        if request.form.get("act") == "aside":
            transcripts.put_aside(session, record, "not used, as decided after a look at it", now=now)
            audit.record(session, g.person.id, "set-aside", "record", record.id, now=now)
            aside = True
        else:
            aside, fresh = False, _keep(session, workshop, record, now)
    if aside:
        flash(_("The file is put aside. The ledger keeps it; bring it again to take it up."), "done")
        return redirect(url_for("workshops.show", workshop_id=workshop_id))
    if not fresh:
        flash(_("This transcript was brought in already. Nothing was changed."), "info")
    return redirect(url_for("workshops.bench", workshop_id=workshop_id))


def _language() -> str:
    """The language that somebody said is spoken here, though nobody had set it."""
    chosen = request.form.get("language", "").strip().lower()
    if chosen == "other":
        chosen = request.form.get("other", "").strip().lower()
        if not re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", chosen):
            raise BarazaError(
                _("Write the language as its code of two or three letters, such as ln for Lingala. ")
                + _("Nothing was kept yet.")
            )
    return chosen if re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", chosen) else ""


def _keep(session: Session, workshop: WorkshopRow, record: RecordRow, now: datetime) -> bool:
    try:
        heard = workshops.hear(session, record, one_voice=request.form.get("as") == "one-voice")
    except CannotRead as refusal:
        raise BarazaError(str(refusal)) from refusal
    chosen = {
        voice.speaker: request.form.get(f"category-{number}", "")
        for number, voice in enumerate(heard.voices, 1)
    }
    name = _("transcript %(n)s", n=len(workshops.transcripts_of(session, workshop)) + 1)
    kept, fresh = workshops.keep(
        session, workshop, record, heard, name=name, categories=chosen, language=_language(), now=now
    )
    if fresh:
        after = {"record": str(record.id), "utterances": len(heard.cues), "format": heard.format}
        audit.record(session, g.person.id, "bring-in", "transcript", kept.id, after=after, now=now)
    return fresh
