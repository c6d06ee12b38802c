"""Recordings at the desk: bring one in, hear it beside its text, and say when that was checked."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import ContentRange
from werkzeug.wrappers import Response as Redirect

from consult import audit, db, workshops
from consult.errors import BarazaError, NotFound
from consult.field import media
from consult.objects import ObjectsAway
from consult.permissions import Act
from consult.views.guard import requires
from consult.views.workshops.door import around, in_hand
from consult.workshops import consents, players, recordings

bp = Blueprint("recordings", __name__, url_prefix="/desk")
# A recording is larger than any form, so its limit is set before anything reads the form.
bp.own_proof = True  # type: ignore[attr-defined]

_PLAYABLE = re.compile(r"(?:audio|video)/[a-z0-9.+-]{1,40}(?:; ?codecs=[\w.,\"-]{1,40})?")


@bp.before_request
def _check_where_it_came_from() -> None:
    if g.person is not None and g.person.may(Act.RUN_WORKSHOP):
        request.max_content_length = recordings.LARGEST
    if current_app.config.get("WTF_CSRF_ENABLED", True):
        current_app.extensions["csrf"].protect()


@bp.get("/workshops/<uuid:workshop_id>/recordings")
@requires(Act.RUN_WORKSHOP)
def index(workshop_id: UUID) -> str:
    """The recordings of a workshop, each to be heard, with the transcripts that lie beside it."""
    return _page(workshop_id, [])


@bp.post("/workshops/<uuid:workshop_id>/recordings")
@requires(Act.RUN_WORKSHOP)
def bring(workshop_id: UUID) -> Redirect | tuple[str, int]:
    """Take in a file of sound; the same file a second time changes nothing."""
    now = datetime.now(UTC)
    file = request.files.get("file")
    if file is None or not file.filename:
        return _page(workshop_id, [_at_file(_("Choose the file that the recorder saved."))]), 400
    with db.reading() as session:
        workshop, round_ = in_hand(session, workshop_id)
    title = request.form.get("title", "")
    try:
        kept, fresh = recordings.bring_in(workshop.id, round_.id, file.stream, title, now=now)
    except ObjectsAway as away:
        return _page(workshop_id, [_at_file(str(away))]), 503
    except (recordings.NotAgreed, recordings.NoSound) as refusal:
        return _page(workshop_id, [_at_file(str(refusal))]), 409
    if fresh:
        with db.transaction() as session:
            after = {"recording": kept}
            audit.record(session, g.person.id, "bring-in", "recording", workshop_id, after=after, now=now)
        flash(_("The recording is kept. Only those who may see this workshop can hear it."), "done")
    else:
        flash(_("This recording was here already. Nothing was brought in twice."), "info")
    return redirect(url_for("recordings.index", workshop_id=workshop_id, _anchor=f"r-{kept}"))


def _at_file(message: str) -> dict[str, str]:
    return {"field": "file", "message": message}


def _page(workshop_id: UUID, errors: list[dict[str, str]]) -> str:
    now = datetime.now(UTC)
    with db.reading() as session:
        workshop, round_ = in_hand(session, workshop_id)
        transcripts = workshops.transcripts_of(session, workshop)
        asked = request.args.get("recording", "")
        at = _second(request.args.get("at", ""))
        shown = [
            {
                "track": (found := recordings.track(session, row)),
                "row": row,
                "player": players.alone(found, at if found.id == asked else None),
                "transcripts": recordings.transcripts_beside(transcripts, row),
            }
            for row in media.recordings_of(session, workshop.id)
        ]
        return render_template(
            "workshops/recordings.html",
            **around(session, workshop, round_, now),
            recordings=shown,
            free=[one for one in transcripts if not one.recording and one.record_id is not None],
            agreed=consents.allows(session, workshop, "audio"),
            errors=errors,
            clock=workshops.clock,
        )


# --- hearing


@bp.get("/workshops/<uuid:workshop_id>/recordings/<recording>/sound")
@requires(Act.RUN_WORKSHOP)
def sound(workshop_id: UUID, recording: str) -> Response:
    """The sound itself, or the stretch of it that was asked for; kept by no browser."""
    with db.reading() as session:
        workshop, _round = in_hand(session, workshop_id)
        found = recordings.track(session, recordings.recording_of(session, workshop, recording))
    if not found.is_kept:
        raise NotFound(_("This recording is not here any more. Its times and what was written down stay."))
    media_type = found.media_type if _PLAYABLE.fullmatch(found.media_type) else "application/octet-stream"
    start, end, status = 0, found.size, 200
    wanted = request.range
    if wanted is not None and wanted.units == "bytes" and len(wanted.ranges) == 1:
        span = wanted.range_for_length(found.size)
        if span is None or span[0] is None or span[1] is None:
            refused = Response(status=416)
            refused.content_range = ContentRange("bytes", None, None, found.size)
            return refused
        start, end, status = span[0], span[1], 206
    answer = Response(_begun(recordings.heard(found, start, end)), status, content_type=media_type)
    answer.content_length = end - start
    answer.headers["Accept-Ranges"] = "bytes"
    answer.headers["Cache-Control"] = "no-store"
    if status == 206:
        answer.content_range = ContentRange("bytes", start, end, found.size)
    return answer


def _begun(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces, the first of them read now: a store that is away is said before the answer begins."""
    first = next(pieces, b"")

    def all_of_them() -> Iterator[bytes]:
        yield first
        yield from pieces

    return all_of_them()


# --- beside a transcript


@bp.post("/workshops/<uuid:workshop_id>/recordings/<recording>/beside")
@requires(Act.RUN_WORKSHOP)
def beside(workshop_id: UUID, recording: str) -> Redirect:
    """Lay a transcript beside a recording, or take it away again."""
    now = datetime.now(UTC)
    transcript_id = _id(request.form.get("transcript", ""))
    takes_away = request.form.get("act") == "away"
    shift = 0.0 if takes_away else _second(request.form.get("shift", ""), signed=True)
    if shift is None:
        raise BarazaError(_("Write the seconds in digits, such as 12 or -3.5. Nothing was changed."))
    with db.transaction() as session:
        workshop, _round = in_hand(session, workshop_id)
        recordings.tie(session, workshop, transcript_id, "" if takes_away else recording, shift)
        after: dict[str, Any] = {"recording": "" if takes_away else recording, "shift": shift}
        audit.record(session, g.person.id, "lay-beside", "transcript", transcript_id, after=after, now=now)
    said = (
        _("Taken away from the recording.") if takes_away else _("The transcript lies beside the recording.")
    )
    flash(said, "done")
    return redirect(url_for("recordings.index", workshop_id=workshop_id, _anchor=f"r-{recording}"))


@bp.post("/workshops/<uuid:workshop_id>/utterances/<uuid:utterance_id>/now")
@requires(Act.RUN_WORKSHOP)
def this_is_now(workshop_id: UUID, utterance_id: UUID) -> Redirect:
    """Lay the transcript so that this utterance is said at the second of the recording that was given."""
    now = datetime.now(UTC)
    second = _second(request.form.get("second", ""))
    if second is None:
        raise BarazaError(
            _("Say where in the recording this is said, as minutes and seconds: 12:05. Nothing was changed.")
        )
    recording = request.form.get("recording", "")
    with db.transaction() as session:
        workshop, _round = in_hand(session, workshop_id)
        shift = recordings.set_now(session, workshop, utterance_id, recording, second)
        after = {"recording": recording, "shift": shift}
        audit.record(session, g.person.id, "lay-beside", "utterance", utterance_id, after=after, now=now)
    flash(_("The recording and the transcript stand together now."), "done")
    return redirect(url_for("workshops.bench", workshop_id=workshop_id, at=utterance_id, _anchor="now"))


@bp.post("/workshops/<uuid:workshop_id>/recordings/<recording>/checked")
@requires(Act.RUN_WORKSHOP)
def checked(workshop_id: UUID, recording: str) -> Redirect:
    """Somebody listened and says that what was written down is right; or takes that back."""
    now = datetime.now(UTC)
    undone = request.form.get("act") == "undo"
    with db.transaction() as session:
        workshop, _round = in_hand(session, workshop_id)
        if undone:
            changed = recordings.unverify(session, workshop, recording)
        else:
            changed = recordings.verify(session, workshop, recording, now=now)
        if changed:
            act, after = ("unverify" if undone else "verify"), {"recording": recording}
            audit.record(session, g.person.id, act, "recording", workshop_id, after=after, now=now)
    if not changed:
        flash(_("Nothing was changed: it stood so already."), "info")
    elif undone:
        flash(_("It counts as not checked again."), "done")
    else:
        flash(_("It is on record that what was written down was checked."), "done")
    return redirect(url_for("recordings.index", workshop_id=workshop_id, _anchor=f"r-{recording}"))


def _id(written: str) -> UUID:
    try:
        return UUID(written)
    except ValueError as error:
        raise NotFound(_("There is no such transcript at this workshop.")) from error


def _second(written: str, *, signed: bool = False) -> float | None:
    """`65`, `65.5`, `1:05` or `1:02:03` in seconds; None when it is no time."""
    found = re.fullmatch(r"\s*([-−+]?)(?:(\d{1,2}):)?(?:(\d{1,3}):)?(\d{1,6}(?:[.,]\d{1,3})?)\s*", written)
    if found is None or (found[1] and not signed):
        return None
    hours, minutes = (found[2], found[3]) if found[3] else ("0", found[2] or "0")
    total = int(hours or 0) * 3600 + int(minutes) * 60 + float(found[4].replace(",", "."))
    return -total if found[1] in ("-", "−") else total
