"""Comment tables brought in at the desk: a file in, and what came of each row."""

from datetime import UTC, datetime

from flask import Blueprint, g, render_template, request
from flask_babel import gettext as _

from consult import audit, db, rounds
from consult.errors import BarazaError
from consult.permissions import Act
from consult.sheets.bringing import Brought, bring
from consult.tables.intake import Channel
from consult.views.guard import requires
from standards.errors import UnreadableFile

bp = Blueprint("tables", __name__, url_prefix="/desk/rounds")

CHANNELS = (Channel.DOCUMENT, Channel.EMAIL, Channel.SMS)


@bp.get("/<slug>/tables")
@requires(Act.LINK)
def choose(slug: str) -> str:
    """The form for a file of comments."""
    return _page(slug)


@bp.post("/<slug>/tables")
@requires(Act.LINK)
def bring_in(slug: str) -> str | tuple[str, int]:
    """Bring the comments of a file into the round; a second time adds only what is new."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _page(
            slug, errors=[{"field": "file", "message": _("Choose the file that holds the comments.")}]
        ), 400
    channel = request.form.get("channel", "")
    now = datetime.now(UTC)
    try:
        with db.transaction() as session:
            round_ = rounds.round_called(session, slug)
            found = bring(
                session,
                round_,
                file.read(),
                file.filename,
                now=now,
                channel=Channel(channel) if channel in set(CHANNELS) else Channel.DOCUMENT,
            )
            after = {"rows": found.rows, "fresh": found.fresh}
            audit.record(session, g.person.id, "import-comments", "round", round_.id, None, after, now=now)
    except (BarazaError, UnreadableFile) as refused:
        return _page(slug, errors=[{"field": "file", "message": str(refused)}]), 400
    return _page(slug, brought=found)


def _page(slug: str, *, brought: Brought | None = None, errors: list[dict[str, str]] | None = None) -> str:
    with db.reading() as session:
        round_ = rounds.round_called(session, slug)
    return render_template(
        "rounds/tables.html", round=round_, brought=brought, errors=errors or [], channels=CHANNELS
    )
