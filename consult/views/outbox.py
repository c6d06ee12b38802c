"""The outbox: what waits, what failed, and what nobody knows the fate of; a person decides about those."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from flask import Blueprint, current_app, flash, g, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlmodel import Session, col, select
from werkzeug.wrappers import Response

from consult import db, messages, sending
from consult.permissions import Act
from consult.tables.messages import MessageKind, MessageRow, MessageState
from consult.tables.participants import ContactPointRow, ParticipantRow
from consult.views.guard import requires

bp = Blueprint("outbox", __name__, url_prefix="/desk/outbox")

SHOWN = 200
ORDER = (MessageState.UNKNOWN, MessageState.FAILED, MessageState.WAITING, MessageState.SENDING)
HEADINGS = {
    MessageState.UNKNOWN: lazy_gettext("Nobody knows whether these arrived"),
    MessageState.FAILED: lazy_gettext("These could not be delivered"),
    MessageState.WAITING: lazy_gettext("Waiting to be sent"),
    MessageState.SENDING: lazy_gettext("Being sent now"),
}
KINDS = {
    MessageKind.RECEIPT: lazy_gettext("Receipt"),
    MessageKind.REPLY: lazy_gettext("Reply"),
    MessageKind.ANSWER: lazy_gettext("Answer of the committee"),
    MessageKind.SIGN_IN: lazy_gettext("Link to sign in"),
    MessageKind.NOTICE: lazy_gettext("Notice to a working group"),
}


@dataclass(frozen=True)
class Line:
    """A message as the outbox shows it: to whom by alias, never where."""

    id: UUID
    kind: str
    channel: str
    to: str
    words: str
    language: str
    state: MessageState
    at: datetime
    attempts: int
    segments: int
    error: str


@bp.get("")
@requires(Act.SEE_OUTBOX)
def index() -> str:
    """Everything that has not left, what needs a person first."""
    with db.reading() as session:
        lines = _lines(session, messages.outbox(session, limit=SHOWN))
        counts = messages.counts(session)
    config = current_app.config["BARAZA"]
    return render_template(
        "outbox/index.html",
        parts=[
            (state.value, HEADINGS[state], [line for line in lines if line.state is state], counts[state])
            for state in ORDER
            if counts[state]
        ],
        sent=counts[MessageState.SENT] + counts[MessageState.DELIVERED],
        delivered=counts[MessageState.DELIVERED],
        unsettled=[channel for channel in ("sms", "email") if channel not in sending.channels_of(config)],
        demonstration=config.demonstration and config.twilio is None,
        may_resolve=g.person.may(Act.RESOLVE_MESSAGE),
    )


@bp.post("/<uuid:message_id>/resend")
@requires(Act.RESOLVE_MESSAGE)
def resend(message_id: UUID) -> Response:
    """Send a message again that failed or whose fate is unknown."""
    try:
        with db.transaction() as session:
            sending.resend(session, message_id, by=g.person.id, now=datetime.now(UTC))
    except sending.AlreadyDecided:
        return _moved_on()
    flash(_("The message will be sent again."), "done")
    return redirect(url_for("outbox.index"))


@bp.post("/<uuid:message_id>/give-up")
@requires(Act.RESOLVE_MESSAGE)
def give_up(message_id: UUID) -> Response:
    """Let a message rest for good."""
    try:
        with db.transaction() as session:
            sending.give_up(session, message_id, by=g.person.id, now=datetime.now(UTC))
    except sending.AlreadyDecided:
        return _moved_on()
    flash(_("The message will not be sent. Its answer still stands at the receipt."), "done")
    return redirect(url_for("outbox.index"))


def _moved_on() -> Response:
    flash(_("This message has moved on since the page was drawn. Look again below."), "care")
    return redirect(url_for("outbox.index"))


def _lines(session: Session, rows: Iterable[MessageRow]) -> list[Line]:
    rows = list(rows)
    contacts = [row.contact_point_id for row in rows if row.contact_point_id]
    aliases: dict[UUID, str] = dict(
        session.exec(
            select(ContactPointRow.id, ParticipantRow.alias)
            .join(ParticipantRow, col(ParticipantRow.id) == ContactPointRow.participant_id)
            .where(col(ContactPointRow.id).in_(contacts))
        ).all()
    )
    return [
        Line(
            id=row.id,
            kind=str(KINDS[row.kind]),
            channel=row.channel,
            to=aliases.get(row.contact_point_id, "") if row.contact_point_id else _("an account"),
            # Whoever reads a sign-in link can use it.
            words="" if row.kind is MessageKind.SIGN_IN else row.words,
            language=row.language,
            state=row.state,
            at=row.changed_at,
            attempts=row.attempts,
            segments=row.segments,
            error=row.error,
        )
        for row in rows
    ]
