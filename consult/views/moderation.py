"""Moderation at the desk: what waits to be looked at, what was hidden, what was set aside."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from consult import audit, db, intake, look, moderation, rounds
from consult.desk.trace import WORDS
from consult.erasures import fields_of
from consult.errors import Misfilled, NotFound
from consult.permissions import Act
from consult.tables.intake import RecordRow
from consult.tables.rounds import RoundRow
from consult.views.guard import requires
from consult.views.rounds import listed

bp = Blueprint("moderation", __name__, url_prefix="/desk")

Page = str | Response | tuple[str, int]


@bp.get("/rounds/<slug>/moderation")
@requires(Act.MODERATE)
def moderate(slug: str) -> str:
    """What waits to be looked at, what was hidden, and what was set aside."""
    return _moderation_page(slug, [])


@bp.post("/rounds/<slug>/moderation")
@requires(Act.MODERATE)
def judge(slug: str) -> Page:
    """Release the ticked comments, or keep them hidden with a reason."""
    now, reason = datetime.now(UTC), request.form.get("reason", "")
    ticked = [UUID(value) for value in request.form.getlist("comment") if _is_id(value)]
    try:
        with db.transaction() as session:
            round_ = rounds.round_called(session, slug)
            if request.form.get("act") == "hide":
                done = moderation.keep_hidden(session, round_, ticked, reason, by=g.person.id, now=now)
                words = ngettext("%(num)s comment is kept hidden.", "%(num)s comments are kept hidden.", done)
            else:
                done = moderation.release(session, round_, ticked, by=g.person.id, now=now)
                words = ngettext("%(num)s comment is released.", "%(num)s comments are released.", done)
    except Misfilled as error:
        problems = [{"field": field, "message": words} for field, words in error.problems.items()]
        return _moderation_page(slug, problems, reason), 400
    flash(words, "done")
    return redirect(url_for("moderation.moderate", slug=slug))


@bp.post("/rounds/<slug>/moderation/original/<uuid:record_id>")
@requires(Act.OPEN_ORIGINAL)
def original(slug: str, record_id: UUID) -> str:
    """The words that were set aside, without their sender; that they were opened is written down."""
    now = datetime.now(UTC)
    with db.transaction() as session:
        round_ = rounds.round_called(session, slug)
        record = session.get(RecordRow, record_id)
        if record is None or record.round_id != round_.id:
            raise NotFound(_("There is no such record in this round."))
        payload = intake.open_payload(session, record.id)
        audit.record(session, g.person.id, "open-original", "record", record.id, now=now)
    return render_template(
        "rounds/original.html",
        round=listed(round_, now),
        received_at=record.received_at,
        channel=record.channel.value,
        words=_words_in(payload) if payload is not None else None,
    )


def _words_in(payload: bytes) -> str:
    fields = fields_of(payload)
    return "\n\n".join(fields[name] for name in WORDS if fields.get(name))


def _moderation_page(slug: str, problems: list[dict[str, str]], reason: str = "") -> str:
    now = datetime.now(UTC)
    with db.reading() as session:
        round_ = rounds.round_called(session, slug)
        held, hidden = moderation.held(session, round_), moderation.hidden(session, round_)
        aside = moderation.set_aside(session, round_)
    return render_template(
        "rounds/moderation.html",
        round=listed(round_, now),
        held=[_case(case, round_) for case in held],
        hidden=[_case(case, round_) for case in hidden],
        aside=[
            {
                "id": record.id,
                "channel": record.channel.value,
                "when": look.written_moment(record.received_at, round_.time_zone, look.spoken()),
                "reason": outcome.reason,
            }
            for record, outcome in aside
        ],
        may_open=g.person.may(Act.OPEN_ORIGINAL),
        errors=problems,
        reason=reason,
    )


def _case(case: moderation.Case, round_: RoundRow) -> dict[str, Any]:
    comment, standing = case.comment, case.standing
    private = comment.confidential and not g.person.may(Act.READ_CONFIDENTIAL)
    return {
        "id": comment.id,
        "channel": comment.channel.value,
        "language": comment.language,
        "said": _("This comment is confidential.") if private else comment.text or comment.proposal,
        "when": look.written_moment(comment.received_at, round_.time_zone, look.spoken()),
        "receipt": comment.receipt,
        "held": standing.held,
        "hidden": standing.hidden,
    }


def _is_id(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True
