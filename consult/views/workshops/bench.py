"""The bench: one utterance in hand, and what one may do with it; by keyboard or by plain buttons."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlmodel import Session
from werkzeug.wrappers import Response

from consult import audit, db, look, workshops
from consult.desk import places
from consult.errors import BarazaError, NotFound
from consult.permissions import Act
from consult.tables.rounds import RoundRow
from consult.tables.workshops import UtteranceRow, UtteranceState, WorkshopRow
from consult.views.guard import requires
from consult.views.workshops.chosen import clauses_chosen, told, wanted
from consult.views.workshops.door import around, bp, categories, category_words, in_hand
from consult.workshops import Stays, pace
from consult.workshops import bench as bench_of
from consult.workshops.attributing import FEELINGS, MARKS
from consult.workshops.bench import Bench, Speaker
from standards.store import UnknownClause


@bp.get("/workshops/<uuid:workshop_id>/utterances")
@requires(Act.RUN_WORKSHOP)
def bench(workshop_id: UUID) -> str:
    """The transcript around the utterance in hand; the first open one when none is named."""
    return _page(workshop_id, [])


@bp.post("/workshops/<uuid:workshop_id>/utterances/<uuid:utterance_id>")
@requires(Act.RUN_WORKSHOP)
def act(workshop_id: UUID, utterance_id: UUID) -> Response | tuple[str, int]:
    """One act on one utterance; what was typed is shown again when it is refused."""
    now = datetime.now(UTC)
    try:
        with db.transaction() as writing:
            workshop, round_ = in_hand(writing, workshop_id)
            said, at = _perform(writing, workshop, round_, utterance_id, now)
            if at is not None:
                pace.stand_at(writing, workshop, g.person.id, at, now=now)
    except (BarazaError, UnknownClause) as refusal:
        if isinstance(refusal, NotFound):
            raise
        return _page(workshop_id, [{"field": "", "message": str(refusal)}], utterance_id), 400
    return _on(workshop_id, utterance_id, said, at)


@bp.post("/workshops/<uuid:workshop_id>/undo")
@requires(Act.RUN_WORKSHOP)
def undo_last(workshop_id: UUID) -> Response:
    """Take back the last thing this person did here."""
    now = datetime.now(UTC)
    by = str(g.person.id)
    with db.transaction() as writing:
        workshop, _round = in_hand(writing, workshop_id)
        undone = workshops.undo_last(writing, workshop, by=by, now=now)
        if undone is not None and undone.stays is None:
            audit.record(writing, by, "undo", "utterance", undone.utterance_id, now=now)
            pace.stand_at(writing, workshop, g.person.id, undone.utterance_id, now=now)
    if undone is None:
        return _on(workshop_id, None, _("Nothing is left that you could undo here."), None)
    return _on(workshop_id, undone.utterance_id, _undone_words()[undone.stays], undone.utterance_id)


@bp.post("/workshops/<uuid:workshop_id>/speakers")
@requires(Act.RUN_WORKSHOP)
def speakers(workshop_id: UUID) -> Response:
    """Say which category each speaker is of; it holds for everything they say from here on."""
    now = datetime.now(UTC)
    with db.transaction() as writing:
        workshop, _round = in_hand(writing, workshop_id)
        for number, one in enumerate(bench_of.speakers(writing, workshop), 1):
            chosen = request.form.get(f"category-{number}", one.category)
            named = request.form.get(f"speaker-{number}") == f"{one.transcript_id}:{one.speaker}"
            if chosen != one.category and named:
                _categorise(writing, workshop, one, chosen, now)
    flash(_("Who speaks is kept. Comments made before keep the group they had."), "done")
    at = request.form.get("at") or None
    return redirect(url_for("workshops.bench", workshop_id=workshop_id, at=at))


# --- acts


def _perform(
    writing: Session, workshop: WorkshopRow, round_: RoundRow, utterance_id: UUID, now: datetime
) -> tuple[str, UUID | None]:
    """Do what the form asks; what to say of it, and the utterance to go to."""
    by = str(g.person.id)
    match request.form.get("act"):
        case "skip":
            fresh = workshops.skip(writing, workshop, utterance_id, by=by, now=now)
            said = _("Skipped.") if fresh else _("This was done already; nothing was changed.")
        case "skip-speaker":
            count = workshops.skip_speaker(writing, workshop, utterance_id, by=by, now=now)
            audit.record(writing, by, "skip", "utterance", utterance_id, after={"count": count}, now=now)
            said = ngettext("%(num)s utterance skipped.", "%(num)s utterances skipped.", count)
        case "undo":
            fresh = workshops.undo(writing, workshop, utterance_id, by=by, now=now)
            audit.record(writing, by, "undo", "utterance", utterance_id, now=now)
            return (_("Undone: it is open again.") if fresh else _("It was open already.")), utterance_id
        case "lone":
            lone = request.form.get("lone") == "yes"
            workshops.set_lone(writing, workshop, utterance_id, lone, by=by, now=now)
            return (_("Marked as a lone voice.") if lone else _("No longer a lone voice.")), utterance_id
        case "here":
            return _("You work from here on. A colleague sees it."), utterance_id
        case "tell" | "tell-speaker" | "split" | "join" | "part" | "correct" as asked:
            return _put_right(writing, workshop, utterance_id, asked, now)
        case _:
            return _comment(writing, workshop, round_, utterance_id, now)
    return said, bench_of.next_after(writing, workshop, utterance_id)


def _put_right(
    writing: Session, workshop: WorkshopRow, utterance_id: UUID, asked: str, now: datetime
) -> tuple[str, UUID]:
    """What makes nothing of an utterance yet, but puts it as it was said; the one in hand afterwards."""
    form, by = request.form, str(g.person.id)
    fresh = False
    if asked != "correct":
        fresh = workshops.keep_told(writing, workshop, utterance_id, told(form), by=by, now=now)
    match asked:
        case "tell-speaker":
            return _of_all_they_say(writing, workshop, utterance_id, now), utterance_id
        case "split":
            chosen = wanted(writing, form, utterance_id, ())
            cut = workshops.split(writing, workshop, utterance_id, chosen.words, chosen.rest, by=by, now=now)
            return _("Split. Each part is on its own now."), cut.id
        case "join":
            workshops.join(writing, workshop, utterance_id, by=by, now=now)
            return _("Joined with the next."), utterance_id
        case "part":
            fresh = workshops.part(writing, workshop, utterance_id, by=by, now=now)
            return (_("Apart again.") if fresh else _("It stands alone; nothing was changed.")), utterance_id
        case "correct":
            words = form.get("corrected", "")
            fresh = workshops.correct(writing, workshop, utterance_id, words, by=by, now=now)
            if fresh:
                audit.record(writing, by, "correct", "utterance", utterance_id, now=now)
    return (_("Kept.") if fresh else _("It says so already; nothing was changed.")), utterance_id


def _of_all_they_say(writing: Session, workshop: WorkshopRow, utterance_id: UUID, now: datetime) -> str:
    by = str(g.person.id)
    row = writing.get_one(UtteranceRow, utterance_id)
    if not row.speaker:
        alone: str = _("Nobody is named for this utterance, so it holds for this one only.")
        return alone
    speaker = Speaker(row.transcript_id, row.speaker, row.category, 0)
    count = _categorise(writing, workshop, speaker, request.form.get("category", row.category), now)
    gender = request.form.get("gender", row.gender)
    workshops.set_gender(writing, workshop, speaker.transcript_id, speaker.speaker, gender, by=by, now=now)
    said: str = ngettext(
        "It holds for %(num)s utterance of %(speaker)s. Comments made before keep the group they had.",
        "It holds for all %(num)s utterances of %(speaker)s. Comments made before keep the group they had.",
        count,
        speaker=speaker.speaker,
    )
    return said


def _categorise(writing: Session, workshop: WorkshopRow, one: Speaker, category: str, now: datetime) -> int:
    by = str(g.person.id)
    after = {"speaker": one.speaker, "category": category}
    audit.record(writing, by, "categorise", "transcript", one.transcript_id, after=after, now=now)
    return workshops.set_category(writing, workshop, one.transcript_id, one.speaker, category, by=by, now=now)


def _comment(
    writing: Session, workshop: WorkshopRow, round_: RoundRow, utterance_id: UUID, now: datetime
) -> tuple[str, UUID | None]:
    by = str(g.person.id)
    chosen = wanted(writing, request.form, utterance_id, clauses_chosen(writing, round_, request.form))
    taken = workshops.make_comment(writing, round_, workshop, utterance_id, chosen, by=by, now=now)
    receipt = taken.made.receipt
    if not taken.fresh:
        # Two people took it at the same time: the second stays here and sees what the first made of it.
        return _("This was comment %(receipt)s already; nothing was changed.", receipt=receipt), utterance_id
    after = {"utterance": str(utterance_id), "clauses": [str(id_ or "whole") for id_ in chosen.clause_ids]}
    audit.record(writing, by, "comment", "comment", taken.made.id, after=after, now=now)
    said = (
        _("Comment %(receipt)s is made.", receipt=receipt)
        if chosen.clause_ids
        else _("Comment %(receipt)s is made. It waits in the queue for a clause.", receipt=receipt)
    )
    late = _("It is marked late: the round had closed when this transcript came.") if taken.late else ""
    next_one = bench_of.next_after(writing, workshop, utterance_id)
    return " ".join(filter(None, (said, late))), next_one


def _undone_words() -> dict[Stays | None, str]:
    return {
        None: _("Undone: it is as it was before."),
        Stays.DECIDED: _(
            "The committee has decided on this comment, so it stays. What you did before it can be undone."
        ),
        Stays.CHANGED: _(
            "A colleague has changed this since, so it stays. What you did before it can be undone."
        ),
        Stays.ERASED: _("These words were erased since, so nothing is left to undo here."),
    }


def _on(workshop_id: UUID, utterance_id: UUID | None, said: str, at: UUID | None) -> Response:
    """On to the next utterance, where it stands what was done."""
    session["tagged"] = {"workshop": str(workshop_id), "utterance": str(utterance_id or ""), "words": said}
    return redirect(url_for("workshops.bench", workshop_id=workshop_id, at=at, _anchor="now"))


# --- the page


def _page(workshop_id: UUID, errors: list[dict[str, str]], at: UUID | None = None) -> str:
    now = datetime.now(UTC)
    with db.reading() as reading:
        workshop, round_ = in_hand(reading, workshop_id)
        wished = at or _named(request.args.get("at", "")) or _on_tape(reading, workshop)
        laid = bench_of.lay_out(reading, round_, workshop, wished, person_id=g.person.id, now=now)
        words = category_words(reading)
        current = laid.current
        return render_template(
            "workshops/bench.html",
            **around(reading, workshop, round_, now),
            bench=laid,
            shown=[_drawn(one, laid, words) for one in laid.window],
            current=current,
            open=current is not None and current.state is UtteranceState.OPEN,
            typed=_typed(laid),
            numbers=places.numbers(laid.document),
            languages_to_choose=[
                (code, look.language_name(code))
                for code in dict.fromkeys((*workshop.languages, *round_.languages))
            ],
            speakers=bench_of.speakers(reading, workshop) if current else [],
            categories=categories(reading),
            genders=[("woman", _("woman")), ("man", _("man")), ("other", _("another gender"))],
            clock=workshops.clock,
            done=_done(workshop_id),
            errors=errors,
        )


def _named(written: str) -> UUID | None:
    try:
        return UUID(written)
    except ValueError:
        return None


def _on_tape(reading: Session, workshop: WorkshopRow) -> UUID | None:
    """The utterance at the place on the tape that was typed, such as 1:12:00."""
    parts = request.args.get("from", "").strip().split(":")
    if len(parts) > 3 or not all(part.isdecimal() for part in parts):
        return None
    seconds = sum(int(part[:6]) * 60**power for power, part in enumerate(reversed(parts)))
    return bench_of.on_tape(reading, workshop, seconds)


def _drawn(row: UtteranceRow, laid: Bench, words: dict[str, str]) -> dict[str, Any]:
    comment, numbers = laid.made.get(row.comment_id, (None, [])) if row.comment_id else (None, [])
    return {
        "row": row,
        "state": row.state.value,
        "time": workshops.clock(row.start),
        "category": words.get(row.category, row.category),
        "comment": comment,
        "clauses": [number or _("the whole document") for number in numbers],
        "is_current": laid.current is not None and row.id == laid.current.id,
        "is_joined": row in laid.together[1:],
        "corrected": laid.corrected.get(row.id, ""),
    }


def _typed(laid: Bench) -> dict[str, Any]:
    """What the form holds: what was typed when it was refused, else the utterance as it was said."""
    form, current = request.form, laid.current
    if current is None:
        return {}
    named = [str(choice.clause.id) for choice in (*laid.choices, *laid.agenda) if choice.named]
    marks = {mark for row in laid.together for mark in row.marks}
    sent = "told" in form
    return {
        "words": form.get("words", " ".join(row.words for row in laid.together)),
        "rest": form.get("rest", ""),
        "corrected": form.get("corrected", current.words),
        "clauses": form.getlist("clause") if sent else named,
        "number": form.get("number", ""),
        "whole": form.get("whole") == "yes" if sent else laid.whole,
        "lone": form.get("lone") == "yes" if sent else current.lone,
        "read_back": form.get("read_back") == "yes" if sent else current.read_back,
        "marks": form.getlist("mark") if sent else [mark for mark in MARKS if mark in marks],
        "named": {mark: form.get(f"{mark}-words", "") for mark in MARKS},
        "feeling": form.get("feeling", current.feeling),
        "feelings": FEELINGS,
        "category": form.get("category", current.category),
        "gender": form.get("gender", current.gender),
        "language": form.get("language", laid.language),
    }


def _done(workshop_id: UUID) -> dict[str, str] | None:
    """The last act of this person here, told once."""
    last: dict[str, str] | None = session.get("tagged")
    if request.method != "GET" or not last or last["workshop"] != str(workshop_id):
        return None
    session.pop("tagged")
    return last
