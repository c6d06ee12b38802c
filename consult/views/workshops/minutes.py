"""The minutes of a workshop at the desk: written, shown, corrected, handed out; and what became of it all."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlmodel import Session
from werkzeug.wrappers import Response

from consult import accounts, audit, db, dispositions, look, rounds
from consult.desk import places
from consult.errors import Misfilled, NotFound
from consult.field import media
from consult.permissions import Act
from consult.tables.rounds import RoundRow
from consult.tables.workshops import MinutesRow, WorkshopRow
from consult.views.guard import requires
from consult.views.scripts import numbers
from consult.views.shown import attachment
from consult.views.workshops.door import around, bp, categories, in_hand
from consult.workshops import minutes
from consult.workshops.minutes import composing, documents, results
from consult.workshops.minutes.documents import Particulars
from consult.workshops.minutes.gathering import text_of
from consult.workshops.minutes.paper import Composed, excess_words
from consult.workshops.tagging import clock
from standards.identity import new_id
from standards.markdown import render

Page = str | Response | tuple[str, int]


# --- the minutes


@bp.get("/workshops/<uuid:workshop_id>/minutes")
@requires(Act.READ_DESK)
def minutes_of(workshop_id: UUID) -> str:
    """The minutes of a workshop: a version, or what the records have while none is written."""
    with db.reading() as session:
        workshop, round_ = in_hand(session, workshop_id)
        number = request.args.get("number", 0, int)
        shown = minutes.numbered(session, workshop, number) if number else None
        return _page(session, workshop, round_, shown or minutes.newest_of(session, workshop), {})


@bp.post("/workshops/<uuid:workshop_id>/minutes")
@requires(Act.RUN_WORKSHOP)
def write_minutes(workshop_id: UUID) -> Response:
    """Keep the minutes as the records have them now; pressed twice, there is one version."""
    now = datetime.now(UTC)
    with db.transaction() as session:
        workshop, round_ = in_hand(session, workshop_id)
        written = minutes.write(session, round_, workshop, by=str(g.person.id), now=now)
        number = written.row.number
        if written.fresh:
            after = {"workshop": str(workshop.id), "number": number}
            audit.record(session, g.person.id, "write", "minutes", written.row.id, after=after, now=now)
    flash(
        _("Version %(number)s of the minutes is written.", number=number)
        if written.fresh
        else _("Nothing has changed since version %(number)s.", number=number),
        "done",
    )
    return redirect(url_for("workshops.minutes_of", workshop_id=workshop_id))


@bp.post("/workshops/<uuid:workshop_id>/minutes/<int:number>/shown")
@requires(Act.RUN_WORKSHOP)
def minutes_shown(workshop_id: UUID, number: int) -> Page:
    """Note that a version was read back or sent."""
    now = datetime.now(UTC)
    with db.transaction() as session:
        workshop, round_ = in_hand(session, workshop_id)
        row = minutes.numbered(session, workshop, number)
        try:
            how, at = _how(request.form.get("how", "")), _day(request.form.get("on", ""), round_)
            before = {"shown": row.shown}
            minutes.show(row, how, request.form.get("to", ""), at=at, now=now)
        except Misfilled as refusal:
            session.expire(row)
            return _page(session, workshop, round_, row, refusal.problems), 400
        session.add(row)
        after = {"shown": row.shown, "number": row.number}
        audit.record(session, g.person.id, "show", "minutes", row.id, before, after, now=now)
    flash(_("It is noted."), "done")
    return redirect(url_for("workshops.minutes_of", workshop_id=workshop_id, number=number))


@bp.post("/workshops/<uuid:workshop_id>/minutes/<int:number>/corrections")
@requires(Act.RUN_WORKSHOP)
def correct_minutes(workshop_id: UUID, number: int) -> Page:
    """Keep what somebody who was there says of a version."""
    now = datetime.now(UTC)
    with db.transaction() as session:
        workshop, round_ = in_hand(session, workshop_id)
        row = minutes.numbered(session, workshop, number)
        try:
            correction = _correction(session, round_, workshop)
            id_ = _id(request.form.get("id", ""))
            kept = minutes.correct(session, round_, row, correction, id_=id_, by=str(g.person.id), now=now)
        except Misfilled as refusal:
            return _page(session, workshop, round_, row, refusal.problems), 400
        audit.record(session, g.person.id, "correct", "minutes", row.id, after={"id": str(kept.id)}, now=now)
    flash(_("The correction is kept. It stands in the next version of the minutes."), "done")
    return redirect(url_for("workshops.minutes_of", workshop_id=workshop_id, number=number) + "#corrections")


def _correction(session: Session, round_: RoundRow, workshop: WorkshopRow) -> minutes.Correction:
    number = request.form.get("clause", "").strip()
    clause_id = None
    if number:
        clause = text_of(session, round_, workshop)[1].by_number.get(number)
        if clause is None:
            message = _("There is no clause %(number)s in this text.", number=number[:20])
            raise Misfilled({"clause": message})
        clause_id = clause.id
    return minutes.Correction(
        words=request.form.get("words", ""),
        category=request.form.get("category", ""),
        clause_id=clause_id,
        about=request.form.get("about", ""),
        language=request.form.get("language", ""),
    )


def _how(written: str) -> minutes.Shown:
    try:
        return minutes.Shown(written)
    except ValueError as error:
        raise Misfilled({"how": _("Say whether it was read back or sent.")}) from error


def _day(written: str, round_: RoundRow) -> datetime:
    """The beginning of a day where the round is held."""
    try:
        day = datetime.strptime(written.strip(), "%Y-%m-%d").date()
    except ValueError as error:
        raise Misfilled({"on": _("Write the day as 2026-11-23.")}) from error
    return datetime.combine(day, time(0), ZoneInfo(round_.time_zone)).astimezone(UTC)


def _id(written: str) -> UUID:
    try:
        return UUID(written)
    except ValueError:
        return new_id()


# --- drawing the page


def _page(
    session: Session,
    workshop: WorkshopRow,
    round_: RoundRow,
    row: MinutesRow | None,
    problems: Mapping[str, str],
) -> str:
    now = datetime.now(UTC)
    current = minutes.gather(session, round_, workshop)
    told = row.content if row else current
    versions = minutes.versions_of(session, workshop)
    before = next((one for one in versions if row and one.number == row.number - 1), None)
    newest = versions[0] if versions else None
    led_by = str(told["meeting"]["facilitator"])
    return render_template(
        "workshops/minutes.html",
        **around(session, workshop, round_, now),
        row=row,
        told=told,
        versions=versions,
        is_newest=row is None or (newest is not None and row.number == newest.number),
        changed_since=minutes.differences(newest.content, current) if newest else [],
        changed=minutes.differences(before.content, row.content) if before and row else [],
        before=before,
        corrections=minutes.corrections_of(session, row) if row else [],
        facilitator=accounts.names(session, [led_by]).get(led_by, ""),
        named=_named(told),
        decided=_decided(session, told),
        photos=_seen(session, workshop, told),
        shown_on=_shown_on(row, round_) if row else None,
        excess_words=lambda vote: excess_words(vote, _named(told), _),
        clock=clock,
        categories=categories(session),
        language=minutes.language_of(workshop),
        numbers=places.numbers(text_of(session, round_, workshop)[1]),
        id=new_id(),
        today=now.astimezone(ZoneInfo(round_.time_zone)).date().isoformat(),
        sent=request.form,
        errors=[{"field": field, "message": message} for field, message in problems.items()],
    )


def _shown_on(row: MinutesRow, round_: RoundRow) -> date | None:
    """The day people heard a version, where the round is held."""
    return row.shown_at.astimezone(ZoneInfo(round_.time_zone)).date() if row.shown_at else None


def _named(told: minutes.Snapshot) -> Any:
    """Says the name of a category in the page's language."""
    labels, language = told["categories"], look.spoken()

    def say(key: str) -> str:
        known = labels.get(key, {})
        return str(known.get(language) or known.get("en") or next(iter(known.values()), key))

    return say


def _decided(session: Session, told: minutes.Snapshot) -> dict[str, str]:
    """What was decided on each comment, as it stands now and not as the minutes had it."""
    ids = [UUID(line["comment"]) for line in told["lines"].values() if line["comment"]]
    found = dispositions.current_of(session, ids)
    return {str(id_): row.outcome.value for id_, row in found.items()}


def _seen(session: Session, workshop: WorkshopRow, told: minutes.Snapshot) -> dict[str, str]:
    """The address of each photograph that may still be seen."""
    return {
        entity: url_for("workshops.minutes_photo", workshop_id=workshop.id, entity=entity)
        for entity in documents.stored(session, workshop, _photographed(told))
    }


def _photographed(told: minutes.Snapshot) -> set[str]:
    return {photo["entity"] for section in told["sections"] for photo in section["photos"]}


@bp.get("/workshops/<uuid:workshop_id>/minutes/photos/<entity>")
@requires(Act.READ_DESK)
def minutes_photo(workshop_id: UUID, entity: str) -> Response:
    """A photograph that stands in the minutes, also for those who read only these."""
    with db.reading() as session:
        workshop, round_ = in_hand(session, workshop_id)
        if entity not in _photographed(minutes.gather(session, round_, workshop)):
            raise NotFound(_("This photograph is not in the minutes, or no longer."))
        content, media_type = media.image_of(session, workshop.id, entity)
    answer = Response(content, content_type=media_type)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


# --- on paper


@bp.get("/workshops/<uuid:workshop_id>/minutes/<int:number>/paper")
@requires(Act.READ_DESK)
def minutes_paper(workshop_id: UUID, number: int) -> str:
    """A version as it is handed out, to print; small groups are counted together."""
    with db.reading() as session:
        workshop, round_ = in_hand(session, workshop_id)
        row = minutes.numbered(session, workshop, number)
        files = {
            kind: url_for("workshops.minutes_file", workshop_id=workshop.id, number=number, kind=kind)
            for kind in documents.TYPES
        }
        back = url_for("workshops.minutes_of", workshop_id=workshop.id, number=number)
        return _paper(
            session, workshop, round_, _composed(row), row.language, _told_of(row, round_), files, back
        )


@bp.get("/workshops/<uuid:workshop_id>/minutes/<int:number>.<kind>")
@requires(Act.READ_DESK)
def minutes_file(workshop_id: UUID, number: int, kind: str) -> Response:
    """A version as it is handed out, as a file."""
    _check_kind(kind)
    with db.reading() as session:
        workshop, round_ = in_hand(session, workshop_id)
        row = minutes.numbered(session, workshop, number)
        particulars = Particulars(str(row.number), _told_of(row, round_), round_.title, row.made_at)
        data = documents.write(session, workshop, _composed(row), kind, particulars)
    return attachment(data, f"minutes-{workshop.held_on}-{row.number}.{kind}", documents.TYPES[kind])


def _composed(row: MinutesRow) -> Composed:
    told = minutes.for_hands(row.content)
    return composing.compose(told, language=row.language, name=f"minutes/{row.workshop_id}/{row.number}")


def _told_of(row: MinutesRow, round_: RoundRow) -> str:
    """How people heard a version, in its own language."""
    with force_locale(row.language):
        if not row.shown or row.shown_at is None:
            return str(_("not read back yet"))
        day = look.written_day(_shown_on(row, round_) or row.made_at, row.language)
        if row.shown == minutes.Shown.READ_BACK:
            return str(_("read back on %(day)s to %(whom)s", day=day, whom=row.shown_to))
        return str(_("sent on %(day)s to %(whom)s", day=day, whom=row.shown_to))


def _check_kind(kind: str) -> None:
    if kind not in documents.TYPES:
        raise NotFound(_("Minutes and results come as docx or html."))


def _paper(
    session: Session,
    workshop: WorkshopRow,
    round_: RoundRow,
    composed: Composed,
    language: str,
    told: str,
    files: Mapping[str, str],
    back: str,
) -> str:
    document = composed.document
    seen = documents.stored(session, workshop, {one for all_ in composed.pictures.values() for one in all_})
    depths: dict[UUID | None, int] = {None: 1}
    drawn = []
    for clause in document:
        depths[clause.id] = depths[clause.parent] + 1
        drawn.append(
            {
                "depth": min(depths[clause.id], 6),
                "number": clause.number,
                "heading": clause.text.heading,
                "html": render(clause.text, prefix=f"c-{clause.id}", language=language),
                "photos": [
                    url_for("workshops.minutes_photo", workshop_id=workshop.id, entity=one)
                    for one in composed.pictures.get(clause.id, ())
                    if one in seen
                ],
            }
        )
    return render_template(
        "workshops/paper.html",
        workshop=workshop,
        round=round_,
        title=document.title,
        sections=drawn,
        language=language,
        told=told,
        files=files,
        back=back,
    )


# --- results


@bp.get("/workshops/<uuid:workshop_id>/results")
@requires(Act.READ_DESK)
def results_of(workshop_id: UUID) -> str:
    """What became of what was said, as a sheet to print and take back to those who said it."""
    with db.reading() as session:
        workshop, round_ = in_hand(session, workshop_id)
        language = minutes.language_of(workshop)
        found = results.of(session, round_, workshop, language=language)
        if not found.is_available:
            return render_template(
                "workshops/no_results.html",
                **around(session, workshop, round_, datetime.now(UTC)),
                said=found.said,
            )
        files = {
            kind: url_for("workshops.results_file", workshop_id=workshop.id, kind=kind)
            for kind in documents.TYPES
        }
        back = url_for("workshops.show", workshop_id=workshop.id)
        composed = _results(session, workshop, round_, found, language)
        return _paper(session, workshop, round_, composed, language, "", files, back)


@bp.get("/workshops/<uuid:workshop_id>/results.<kind>")
@requires(Act.READ_DESK)
def results_file(workshop_id: UUID, kind: str) -> Response:
    """The same sheet as a file."""
    _check_kind(kind)
    with db.reading() as session:
        workshop, round_ = in_hand(session, workshop_id)
        language = minutes.language_of(workshop)
        found = results.of(session, round_, workshop, language=language)
        if not found.is_available:
            raise NotFound(_("Nothing that was said at this workshop is decided on yet."))
        latest = max(row.decided_at for row in found.decisions.values())
        version = text_of(session, round_, workshop)[0]
        particulars = Particulars(version.label, round_.title, "", latest)
        composed = _results(session, workshop, round_, found, language)
        data = documents.write(session, workshop, composed, kind, particulars)
    return attachment(data, f"results-{workshop.held_on}.{kind}", documents.TYPES[kind])


def _results(
    session: Session, workshop: WorkshopRow, round_: RoundRow, found: results.Results, language: str
) -> Composed:
    ways = results.Ways()
    if rounds.is_open(round_, datetime.now(UTC)) and "sms" in round_.channels:
        ways = results.Ways(numbers(current_app.config["BARAZA"]), rounds.codes_of(session, round_))
    return results.compose(found, language=language, name=f"results/{workshop.id}", ways=ways)
