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

from consult import db
from consult.outgoing import broadcasts, lost, messages, restored, sending
from consult.outgoing.broadcasts import Running
from consult.permissions import Act
from consult.tables.messages import Hold, MessageKind, MessageRow, MessageState
from consult.tables.participants import ContactPointRow, ParticipantRow
from consult.views.guard import requires

bp = Blueprint("outbox", __name__, url_prefix="/desk/outbox")

SHOWN = 100
HEADINGS = {
    MessageState.UNKNOWN: lazy_gettext("Nobody knows whether these arrived"),
    MessageState.FAILED: lazy_gettext("These could not be delivered"),
    MessageState.PARTIAL: lazy_gettext("Of these only a part arrived"),
    MessageState.WAITING: lazy_gettext("Waiting to be sent"),
    MessageState.SENDING: lazy_gettext("Being sent now"),
}
KINDS = {
    MessageKind.RECEIPT: lazy_gettext("Receipt"),
    MessageKind.REPLY: lazy_gettext("Reply"),
    MessageKind.ANSWER: lazy_gettext("Answer of the committee"),
    MessageKind.SIGN_IN: lazy_gettext("Link to sign in"),
    MessageKind.NOTICE: lazy_gettext("Notice"),
    MessageKind.BROADCAST: lazy_gettext("Message to many"),
}
HELD = {
    Hold.NONE: lazy_gettext("Waits for its turn"),
    Hold.BUDGET: lazy_gettext("Held: the round’s budget is spent"),
    Hold.UNTIL_ASKED: lazy_gettext(
        "Held until they reply 1: others use this telephone, or it was long silent"
    ),
    Hold.STOPPED: lazy_gettext("Held: its broadcast was stopped"),
    Hold.BY_HAND: lazy_gettext("Waits for somebody to carry it"),
    Hold.RESTORED: lazy_gettext("Held: it waited in a backup that was restored, and may have left since"),
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
    held: str
    due_at: datetime | None
    looked_at: datetime | None
    may_leave_again: bool


@bp.get("")
@requires(Act.SEE_OUTBOX)
def index() -> str:
    """Everything that has not left, what needs a person first."""
    with db.reading() as session:
        counts = messages.counts(session)
        standing = {
            state: _lines(session, messages.standing(session, state, limit=SHOWN))
            for state in messages.UNSETTLED
            if counts[state]
        }
        running = broadcasts.on_their_way(session)
    config = current_app.config["BARAZA"]
    return render_template(
        "outbox/index.html",
        parts=[
            (state.value, HEADINGS[state], lines, counts[state] - _in_broadcasts(running, state))
            for state, lines in standing.items()
            if lines
        ],
        broadcasts=running,
        sent=counts[MessageState.SENT] + counts[MessageState.DELIVERED],
        delivered=counts[MessageState.DELIVERED],
        unsettled=[channel for channel in ("sms", "email") if channel not in sending.channels_of(config)],
        demonstration=config.demonstration and not config.texts_people,
        may_resolve=g.person.may(Act.RESOLVE_MESSAGE),
    )


@bp.post("/<uuid:message_id>/resend")
@requires(Act.RESOLVE_MESSAGE)
def resend(message_id: UUID) -> Response:
    """Send a message again that failed or whose fate is unknown; the provider is asked for it first."""
    now = datetime.now(UTC)
    if lost.look_for(message_id, now=now) or restored.look_for(message_id, now=now):
        flash(_("It was not sent again: the provider has it. It had left after all."), "done")
        return redirect(url_for("outbox.index"))
    try:
        with db.transaction() as session:
            sending.resend(session, message_id, by=g.person.id, now=now)
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


def _in_broadcasts(running: Iterable[Running], state: MessageState) -> int:
    """How many messages in a state stand with their broadcasts and not here."""
    if state not in broadcasts.ON_THEIR_WAY:
        return 0
    there = sum(one.progress.states.get(state, 0) for one in running)
    if state is MessageState.WAITING:
        there -= sum(one.progress.held.get(Hold.RESTORED, 0) for one in running)
    return there


def _is_ahead(moment: datetime | None) -> bool:
    return moment is not None and moment > datetime.now(UTC)


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
            held=str(HELD[Hold(row.held)]) if row.held and row.state is MessageState.WAITING else "",
            due_at=row.due_at if row.state is MessageState.WAITING and _is_ahead(row.due_at) else None,
            looked_at=row.looked_at,
            may_leave_again=row.state is not MessageState.WAITING or sending.is_restored(row),
        )
        for row in rows
    ]
