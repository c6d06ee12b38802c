"""Pilots at the desk: bringing answered checklists in, after a look at them, and what was found."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlmodel import Session, col, select
from werkzeug.wrappers import Response

from consult import db, look, pilots, publications
from consult.drafting import uploads
from consult.drafting.clause_form import Flaw
from consult.errors import BarazaError
from consult.field import trials
from consult.particulars import producer_word, producer_words, stage_word
from consult.permissions import Act
from consult.pilots import choices, summary
from consult.pilots.acts import Pilot, Read, TitleMissing, VersionNotSaid
from consult.tables.pilots import PilotRow
from consult.views.guard import requires
from standards import stages
from standards.errors import StandardsError
from standards.tables import StandardRow, VersionRow

bp = Blueprint("pilots", __name__, url_prefix="/desk/pilots")

FIELDS = ("title", "region", "producer", "mineral", "stage", "held_on")
Page = str | Response | tuple[str, int]


@bp.get("")
@requires(Act.READ_DESK)
def every() -> str:
    """Every pilot, the newest first."""
    with db.reading() as session:
        rows = pilots.every(session)
    return render_template(
        "pilots/list.html",
        pilots=[_listed(row) | {"version": _version(standard, version)} for row, standard, version in rows],
        may_bring=g.person.may(Act.RUN_WORKSHOP),
    )


@bp.get("/new")
@requires(Act.RUN_WORKSHOP)
def choose() -> str:
    """The form for a file of answers."""
    return _choose_page(request.args.get("version", ""), [])


@bp.post("/new")
@requires(Act.RUN_WORKSHOP)
def upload() -> Page:
    """Read what was sent, and keep it for a look; nothing is saved yet."""
    file, chosen = request.files.get("file"), request.form.get("version", "")
    if file is None or not file.filename:
        return _choose_page(chosen, [Flaw("file", _("Choose the file with the answers."))]), 400
    name, data = Path(file.filename.replace("\\", "/")).name[:200], file.read()
    try:
        with db.reading() as session:
            pilots.read_for(session, data, name, chosen)
    except VersionNotSaid as refusal:
        return _choose_page(chosen, [Flaw("version", str(refusal))]), 400
    except StandardsError as refusal:
        return _choose_page(chosen, [Flaw("file", str(refusal))]), 400
    word = uploads.keep(_folder(), g.person.id, name, data)
    return redirect(url_for("pilots.look_through", word=word, version=chosen))


@bp.get("/new/<word>")
@requires(Act.RUN_WORKSHOP)
def look_through(word: str) -> str:
    """What was understood of a file and what must be looked at again, and where it shall go."""
    kept = uploads.find(_folder(), g.person.id, word)
    with db.reading() as session:
        found = pilots.read_for(session, kept.data, kept.name, request.args.get("version", ""))
    understood = found.understood
    values = {"version": request.args.get("version", ""), "stage": understood.stage}
    values |= {name: understood.in_common(name) for name in ("region", "producer", "held_on")}
    return _look_page(kept.name, found, values, [])


@bp.post("/new/<word>")
@requires(Act.RUN_WORKSHOP)
def save(word: str) -> Page:
    """Keep what was looked at, under a pilot's title."""
    kept, now = uploads.find(_folder(), g.person.id, word), datetime.now(UTC)
    values = {name: request.form.get(name, "").replace("\0", "").strip() for name in (*FIELDS, "version")}
    leave_out = "leave_out" in request.form
    with db.reading() as session:
        found = pilots.read_for(session, kept.data, kept.name, values["version"])
    try:
        told = Pilot(
            values["title"],
            values["region"],
            choices.chosen_producer(values["producer"]),
            values["mineral"],
            choices.chosen_stage(values["stage"]),
            choices.chosen_day(values["held_on"]),
        )
        with db.transaction() as session:
            brought = pilots.bring(
                session, found, told, kept.data, kept.name, by=g.person.id, now=now, leave_out=leave_out
            )
            pilot_id = brought.pilot.id
    except BarazaError as refusal:
        field = "title" if isinstance(refusal, TitleMissing) else ""
        words = str(refusal)
        if isinstance(refusal, pilots.RowsToLookAt):
            field, words = "leave_out", _("Mend these rows in the file, or say that they shall be left out.")
        return _look_page(kept.name, found, values, [Flaw(field, words)]), 400
    uploads.drop(_folder(), word)
    _tell(brought)
    return redirect(url_for("pilots.show", pilot_id=pilot_id))


@bp.get("/<uuid:pilot_id>")
@requires(Act.READ_DESK)
def show(pilot_id: UUID) -> str:
    """What a pilot found, clause by clause."""
    with db.reading() as session:
        row, standard, version = pilots.pilot_called(session, str(pilot_id))
        document = publications.text(session, version)
        found = summary.of(summary.findings(session, [row.id]), document)
        kept = trials.photographs(session, {photo for one in found for photo in one.photos})
    return render_template(
        "pilots/show.html",
        pilot=_listed(row),
        version=_version(standard, version),
        language=document.language,
        clauses=[_clause(one, kept) for one in found],
        answers=sum(one.tally.answers for one in found),
    )


# --- pages


def _folder() -> Path:
    folder: Path = current_app.config["BARAZA"].data_dir / "imports"
    return folder


def _choose_page(version: str, flaws: list[Flaw]) -> str:
    with db.reading() as session:
        versions = _frozen(session)
    return render_template("pilots/choose.html", versions=versions, version=version, errors=flaws)


def _frozen(session: Session) -> list[tuple[str, str]]:
    rows = session.exec(
        select(StandardRow, VersionRow)
        .join(VersionRow, col(VersionRow.standard_id) == StandardRow.id)
        .where(col(VersionRow.content_hash).is_not(None))
        .order_by(col(StandardRow.title), col(VersionRow.created_at).desc())
    ).all()
    return [
        (f"{standard.slug}@{version.label}", f"{standard.title} {version.label}")
        for standard, version in rows
    ]


def _look_page(name: str, found: Read, values: dict[str, str], flaws: list[Flaw]) -> str:
    understood = found.understood
    return render_template(
        "pilots/look.html",
        file=name,
        version=_version(found.standard, found.version),
        understood=understood,
        summary=_in_a_sentence(found),
        values=values,
        errors=flaws,
        producers=list(producer_words().items()),
        stages=[(stages.ENTRY, stage_word(stages.ENTRY))]
        + [(f"year {year}", stage_word(f"year {year}")) for year in range(1, 7)],
    )


def _in_a_sentence(found: Read) -> str:
    understood = found.understood
    answers = ngettext("%(num)s answer", "%(num)s answers", understood.answers)
    clauses = ngettext("on %(num)s clause", "on %(num)s clauses", understood.clauses)
    people = ngettext("from %(num)s respondent", "from %(num)s respondents", len(understood.respondents))
    return f"{answers} {clauses} {people}"


def _tell(brought: pilots.Brought) -> None:
    """What became of the file, in a notice."""
    if brought.changed_nothing:
        flash(_("Everything in this file was here already. Nothing changed."), "info")
    else:
        flash(
            ngettext("One answer is kept.", "%(num)s answers are kept.", brought.fresh)
            + (
                " " + ngettext("One was here already.", "%(num)s were here already.", brought.known)
                if brought.known
                else ""
            ),
            "done",
        )
    if brought.differing:
        flash(
            ngettext(
                "One answer says otherwise than what is here. What is here stays.",
                "%(num)s answers say otherwise than what is here. What is here stays.",
                brought.differing,
            ),
            "care",
        )
    for problem in brought.left_out[:20]:
        flash(_("Left out: %(problem)s", problem=problem), "info")


# --- values


def _version(standard: StandardRow, version: VersionRow) -> dict[str, str]:
    address = f"/desk/standards/{standard.slug}/{version.label}"
    return {
        "words": f"{standard.title} {version.label}",
        "language": standard.language,
        "url": look.at(f"{address}/"),
        "text_url": look.at(f"/standards/{standard.slug}/{version.label}"),
        "feasibility_url": look.at(f"{address}/feasibility"),
    }


def _listed(row: PilotRow) -> dict[str, Any]:
    return {
        "title": row.title,
        "region": row.region,
        "producer": producer_word(row.producer) if row.producer else "",
        "mineral": row.mineral,
        "stage": stage_word(row.stage) if row.stage else "",
        "held_on": look.written_day(date.fromisoformat(row.held_on), look.spoken()) if row.held_on else "",
        "respondents": row.respondents,
        "url": url_for("pilots.show", pilot_id=row.id),
    }


def _clause(found: summary.ClauseFound, kept: Mapping[str, UUID]) -> dict[str, Any]:
    shown = [
        url_for("workshops.photograph", workshop_id=kept[photo], entity=photo)
        for photo in found.photos
        if photo in kept and g.person.may(Act.RUN_WORKSHOP)
    ]
    return {
        "id": str(found.clause.id),
        "number": found.clause.number,
        "heading": found.clause.text.heading or found.clause.text.body[:60],
        "tally": found.tally,
        "producers": [
            (producer_word(name) if name else _("Type of producer not said"), tally)
            for name, tally in found.producers.items()
        ]
        if len(found.producers) > 1
        else [],
        "told": found.told,
        "photos": shown,
        "more": len(found.producers) > 1 or any(found.told.values()) or bool(shown),
    }
