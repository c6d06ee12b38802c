"""The bench: one utterance in hand, made a comment, skipped or undone; by keyboard or by plain buttons."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from sqlmodel import Session, col, select
from werkzeug.wrappers import Response

from consult import audit, db, look, workshops
from consult.desk import places
from consult.errors import BarazaError, NotFound
from consult.permissions import Act
from consult.tables.rounds import RoundRow
from consult.tables.workshops import TranscriptRow, UtteranceRow, UtteranceState, WorkshopRow
from consult.views.guard import requires
from consult.views.workshops.door import around, bp, categories, category_words, in_hand, text_of
from consult.workshops import Wanted
from consult.workshops.bench import Bench, lay_out, next_after
from standards.store import UnknownClause


class NoSuchNumber(BarazaError):
    """A clause was named by a number that the text does not have."""

    def __init__(self, number: str) -> None:
        super().__init__(
            _(
                "The text has no clause %(number)s. Look the number up; nothing was changed.",
                number=number[:40],
            )
        )


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
    except (BarazaError, UnknownClause) as refusal:
        if isinstance(refusal, NotFound):
            raise
        return _page(workshop_id, [{"field": "", "message": str(refusal)}], utterance_id), 400
    session["tagged"] = {"workshop": str(workshop_id), "utterance": str(utterance_id), "words": said}
    return redirect(url_for("workshops.bench", workshop_id=workshop_id, at=at, _anchor="now"))


def _perform(
    writing: Session, workshop: WorkshopRow, round_: RoundRow, utterance_id: UUID, now: datetime
) -> tuple[str, UUID | None]:
    """Do what the form asks; what to say of it, and the utterance to go to."""
    by = str(g.person.id)
    match request.form.get("act"):
        case "skip":
            fresh = workshops.skip(writing, workshop, utterance_id, now=now)
            said = _("Skipped.") if fresh else _("This was done already; nothing was changed.")
        case "undo":
            fresh = workshops.undo(writing, workshop, utterance_id, by=by, now=now)
            audit.record(writing, by, "undo", "utterance", utterance_id, now=now)
            return (_("Undone: it is open again.") if fresh else _("It was open already.")), utterance_id
        case "lone":
            lone = request.form.get("lone") == "yes"
            workshops.set_lone(writing, workshop, utterance_id, lone)
            return (_("Marked as a lone voice.") if lone else _("No longer a lone voice.")), utterance_id
        case _:
            said = _comment(writing, workshop, round_, utterance_id, now)
    return said, next_after(writing, workshop, utterance_id)


def _comment(
    writing: Session, workshop: WorkshopRow, round_: RoundRow, utterance_id: UUID, now: datetime
) -> str:
    form = request.form
    following = form.get("following", "0")
    wanted = Wanted(
        clause_ids=_clauses(writing, round_),
        words=_part(writing, utterance_id, form.get("words", "")),
        following=int(following) if following.isdecimal() else 0,
        lone=form.get("lone") == "yes",
        language=form.get("language", "")[:20],
    )
    by = str(g.person.id)
    taken = workshops.make_comment(writing, round_, workshop, utterance_id, wanted, by=by, now=now)
    if not taken.fresh:
        receipt = taken.made.receipt
        again: str = _("This was comment %(receipt)s already; nothing was changed.", receipt=receipt)
        return again
    after = {"utterance": str(utterance_id), "clauses": [str(id_ or "whole") for id_ in wanted.clause_ids]}
    audit.record(writing, by, "comment", "comment", taken.made.id, after=after, now=now)
    said = (
        _("Comment %(receipt)s is made.", receipt=taken.made.receipt)
        if wanted.clause_ids
        else _("Comment %(receipt)s is made. It waits in the queue for a clause.", receipt=taken.made.receipt)
    )
    late = _("It is marked late: the round had closed when this transcript came.") if taken.late else ""
    return " ".join(filter(None, (said, late)))


def _part(writing: Session, utterance_id: UUID, typed: str) -> str:
    """The passage chosen; nothing when the field still holds the whole utterance."""
    row = writing.get(UtteranceRow, utterance_id)
    whole = row is not None and row.words.split() == typed.split()
    return "" if whole else typed


def _clauses(writing: Session, round_: RoundRow) -> tuple[UUID | None, ...]:
    document = text_of(writing, round_)
    found: dict[UUID | None, None] = {}
    for chosen in request.form.getlist("clause"):
        try:
            found[UUID(chosen)] = None
        except ValueError:
            raise NoSuchNumber(chosen) from None
    for number in request.form.get("number", "").replace(",", " ").replace(";", " ").split():
        clause = document.by_number.get(number.rstrip("."))
        if clause is None:
            raise NoSuchNumber(number)
        found[clause.id] = None
    if request.form.get("whole") == "yes":
        found[None] = None
    return tuple(found)


@bp.post("/workshops/<uuid:workshop_id>/speakers")
@requires(Act.RUN_WORKSHOP)
def speakers(workshop_id: UUID) -> Response:
    """Say which category each speaker is of; it holds for everything they say from here on."""
    now = datetime.now(UTC)
    with db.transaction() as writing:
        workshop, _round = in_hand(writing, workshop_id)
        for number, (transcript_id, speaker, before, _turns) in enumerate(_speakers(writing, workshop), 1):
            chosen = request.form.get(f"category-{number}", before)
            if chosen != before and request.form.get(f"speaker-{number}") == f"{transcript_id}:{speaker}":
                workshops.set_category(writing, workshop, transcript_id, speaker, chosen)
                after = {"speaker": speaker, "category": chosen}
                audit.record(
                    writing, g.person.id, "categorise", "transcript", transcript_id, after=after, now=now
                )
    flash(_("Who speaks is kept. Comments made before keep the group they had."), "done")
    at = request.form.get("at") or None
    return redirect(url_for("workshops.bench", workshop_id=workshop_id, at=at))


def _speakers(reading: Session, workshop: WorkshopRow) -> list[tuple[UUID, str, str, int]]:
    """The speakers of a workshop's transcripts: whose, the desk's word, category, number of utterances."""
    rows = reading.exec(
        select(UtteranceRow.transcript_id, UtteranceRow.speaker, UtteranceRow.category, UtteranceRow.position)
        .join(TranscriptRow, col(TranscriptRow.id) == UtteranceRow.transcript_id)
        .where(TranscriptRow.workshop_id == workshop.id, UtteranceRow.speaker != "")
        .order_by(col(TranscriptRow.created_at), col(TranscriptRow.id), col(UtteranceRow.position))
    ).all()
    found: dict[tuple[UUID, str], list[Any]] = {}
    for transcript_id, speaker, category, _position in rows:
        one = found.setdefault((transcript_id, speaker), [category, 0])
        one[1] += 1
    return [(id_, speaker, category, turns) for (id_, speaker), (category, turns) in found.items()]


def _page(workshop_id: UUID, errors: list[dict[str, str]], at: UUID | None = None) -> str:
    with db.reading() as reading:
        workshop, round_ = in_hand(reading, workshop_id)
        laid = lay_out(reading, round_, workshop, at or _named(request.args.get("at", "")))
        words = category_words(reading)
        current = laid.current
        return render_template(
            "workshops/bench.html",
            **around(reading, workshop, round_, datetime.now(UTC)),
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
            speakers=_speakers(reading, workshop),
            categories=categories(reading),
            clock=workshops.clock,
            done=_done(workshop_id),
            errors=errors,
        )


def _named(written: str) -> UUID | None:
    try:
        return UUID(written)
    except ValueError:
        return None


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
    }


def _typed(laid: Bench) -> dict[str, Any]:
    """What the form holds: what was typed when it was refused, else the utterance as it was said."""
    form = request.form
    words = form.get("words", laid.current.words if laid.current else "")
    return {
        "words": words,
        "clauses": form.getlist("clause"),
        "number": form.get("number", ""),
        "whole": form.get("whole") == "yes",
        "following": form.get("following", "0"),
        "lone": form.get("lone") == "yes" if form else bool(laid.current and laid.current.lone),
        "language": form.get("language", laid.language),
    }


def _done(workshop_id: UUID) -> dict[str, str] | None:
    """The last act of this person here, told once."""
    last: dict[str, str] | None = session.get("tagged")
    if request.method != "GET" or not last or last["workshop"] != str(workshop_id):
        return None
    session.pop("tagged")
    return last
