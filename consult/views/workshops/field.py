"""What came from the field at the desk: notes that are ready, photographs, devices, and backup files."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Response as FlaskResponse
from flask import flash, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from sqlmodel import Session
from werkzeug.wrappers import Response

from consult import audit, db, lateness
from consult.field import backup_files, devices, looking, media, notes
from consult.field.backup_files import Brought, NoBackupFile, WrongPassphrase
from consult.objects import ObjectsAway
from consult.permissions import Act
from consult.tables.workshops import WorkshopRow
from consult.views.guard import requires
from consult.views.workshops import recordings
from consult.views.workshops.door import bp, in_hand

Page = str | Response | tuple[str, int]

STORAGE = {
    "": lazy_gettext("not known"),
    "kept": lazy_gettext("the browser keeps it"),
    "may-go": lazy_gettext("the browser may clear it when space is short"),
}


# --- notes that are ready, and photographs


def in_field(session: Session, workshop: WorkshopRow) -> dict[str, Any]:
    """What the page of a workshop tells of the field: what waits for a person, and what is ready."""
    return {
        "conflicts": len(looking.differences(session, workshop))
        + bool(lateness.undecided_at(session, workshop)),
        "ready": len(notes.ready(session, workshop)),
    }


@bp.post("/workshops/<uuid:workshop_id>/notes")
@requires(Act.RUN_WORKSHOP)
def take_notes(workshop_id: UUID) -> Response:
    """Make comments of the notes that name their clauses."""
    now = datetime.now(UTC)
    with db.transaction() as session:
        workshop, round_ = in_hand(session, workshop_id)
        made = notes.take(session, round_, workshop, by=str(g.person.id), now=now)
        if made:
            after = {"comments": len(made)}
            audit.record(session, g.person.id, "take-notes", "workshop", workshop_id, after=after, now=now)
    said = ngettext("%(num)s note became a comment.", "%(num)s notes became comments.", len(made))
    flash(said if made else _("No note was ready to become a comment."), "done" if made else "info")
    return redirect(url_for("workshops.show", workshop_id=workshop_id))


@bp.get("/workshops/<uuid:workshop_id>/photographs/<entity>")
@requires(Act.RUN_WORKSHOP)
def photograph(workshop_id: UUID, entity: str) -> FlaskResponse:
    """A photograph of a flip chart, if it is an image."""
    with db.reading() as session:
        workshop, _round = in_hand(session, workshop_id)
        content, media_type = media.image_of(session, workshop.id, entity)
    response = make_response(content)
    response.headers["Content-Type"] = media_type
    return response


# --- devices


@bp.get("/devices")
@requires(Act.RUN_WORKSHOP)
def every_device() -> str:
    """The telephones and computers that may send from the field."""
    with db.reading() as session:
        found = devices.known_to(session, g.person.id, g.person.role)
    return render_template("workshops/devices.html", holders=found, storage=STORAGE)


@bp.post("/devices/<uuid:device_id>")
@requires(Act.RUN_WORKSHOP)
def take_back(device_id: UUID) -> Response:
    """Take a device's token back: it sends no more until somebody signs in on it again."""
    with db.transaction() as session:
        device = devices.device_for(session, device_id, g.person.id, g.person.role)
        fresh = devices.revoke(session, device, by=g.person.id, now=datetime.now(UTC))
    said = _("The token is taken back. What is on the device stays there until somebody signs in on it.")
    flash(said if fresh else _("This token was taken back before."), "done" if fresh else "info")
    return redirect(url_for("workshops.every_device"))


# --- backup files


@bp.get("/backup-file")
@requires(Act.RUN_WORKSHOP)
def backup_file() -> str:
    """The form for a backup file that a telephone saved."""
    return render_template("workshops/backup_file.html", errors=[], brought=None)


# Hours of sound are in some: the door of recordings lets in more than a form.
@recordings.bp.post("/backup-file")
@requires(Act.RUN_WORKSHOP)
def bring_backup_file() -> Page:
    """Bring in what a telephone saved; nothing of it is kept unless the whole file can be read."""
    file, passphrase = request.files.get("file"), request.form.get("passphrase", "")
    errors = []
    if file is None or not file.filename:
        errors.append({"field": "file", "message": _("Choose the file that the telephone saved.")})
    if not passphrase:
        message = _("Write the passphrase that was chosen when the file was saved.")
        errors.append({"field": "passphrase", "message": message})
    if errors or file is None:
        return render_template("workshops/backup_file.html", errors=errors, brought=None), 400
    try:
        brought = backup_files.bring_in(
            file.stream, passphrase, by=g.person.id, role=g.person.role, now=datetime.now(UTC)
        )
    except (NoBackupFile, WrongPassphrase, ObjectsAway) as refusal:
        at = "passphrase" if isinstance(refusal, WrongPassphrase) else "file"
        errors = [{"field": at, "message": str(refusal)}]
        return render_template("workshops/backup_file.html", errors=errors, brought=None), 409
    return render_template("workshops/backup_file.html", errors=[], brought=_told(brought))


def _told(brought: Brought) -> dict[str, Any]:
    with db.reading() as session:
        found = [in_hand(session, id_)[0] for id_ in sorted(brought.workshops, key=str)]
    return {"counts": brought, "workshops": found}
