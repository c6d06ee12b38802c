"""A rehearsal: a conversation played from its first text, with the code that real ones run on, and undone.

The version is started, the round opened and every text so far read in one
transaction that is rolled back, so that nothing is kept and nobody is texted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlmodel import Session, col, select

from consult import db, intake, participants, rounds
from consult.channels import segments, sms, twilio
from consult.channels.segments import Segments
from consult.conversations import designing
from consult.tables.conversations import ScriptRow
from consult.tables.intake import Channel, RecordRow
from consult.tables.messages import MessageRow
from consult.tables.participants import ContactKind
from consult.tables.rounds import RoundRow

# Of the range that the United Kingdom keeps free for fiction.
NUMBER: Final = "+447700900987"
APART: Final = timedelta(minutes=3)
"""What passes between two texts: longer than texts take to be one thought."""
MOST: Final = 30
"""Texts that are played; a rehearsal holds up other writers while it runs."""
LONGEST: Final = 10 * segments.IN_PARTS["GSM-7"]


@dataclass(frozen=True)
class Said:
    """One text of a rehearsal, theirs or ours, and what it costs to send."""

    words: str
    ours: bool
    counted: Segments


def play(round_id: UUID, script_id: UUID, texts: Sequence[str], *, now: datetime) -> list[Said]:
    """What is said, in order, when somebody new sends these texts under this version; `MOST` at most."""
    with db.transaction() as session:
        try:
            round_ = session.get_one(RoundRow, round_id)
            _set_the_stage(session, round_, session.get_one(ScriptRow, script_id), now)
            return [said for at, words in _in_time(texts, now) for said in _exchange(session, words, at)]
        finally:
            session.rollback()


def _set_the_stage(session: Session, round_: RoundRow, script: ScriptRow, now: datetime) -> None:
    """The round is open by text message, it is the only one, and newcomers get this version."""
    ends = now + APART * (MOST + 1)
    for other in rounds.open_rounds(session, now):
        if other.id != round_.id:
            other.closed_at = now - APART
            session.add(other)
    round_.opens_at, round_.closed_at = min(round_.opens_at, now - APART), None
    round_.closes_at = max(round_.closes_at, ends)
    round_.channels = list({*round_.channels, Channel.SMS.value})
    session.add(round_)
    designing.let_run(session, round_, script, now=now)


def _in_time(texts: Sequence[str], now: datetime) -> Iterable[tuple[datetime, str]]:
    return ((now + place * APART, words[:LONGEST]) for place, words in enumerate(texts[:MOST]))


def _exchange(session: Session, words: str, at: datetime) -> list[Said]:
    """One text through the ledger, and what is answered to it."""
    before = {row.id for row in _ours(session)}
    form = [
        ("MessageSid", f"SM{uuid4().hex}"),
        ("From", NUMBER),
        ("To", ""),
        ("Body", words),
    ]
    arrival = intake.Arrival(
        Channel.SMS, "twilio", form[0][1], twilio.as_body(form), content_type=twilio.FORM
    )
    record = intake.record(session, arrival, now=at)
    sms.read(session, session.get_one(RecordRow, record.id), now=at)
    session.flush()
    answered = [row.words for row in _ours(session) if row.id not in before]
    return [
        Said(words, False, segments.count(words)),
        *(Said(one, True, segments.count(one)) for one in answered),
    ]


def _ours(session: Session) -> Sequence[MessageRow]:
    contacts = participants.look_up(session, ContactKind.SMS, NUMBER)
    return session.exec(
        select(MessageRow)
        .where(col(MessageRow.contact_point_id).in_([contact.id for contact in contacts]))
        .order_by(col(MessageRow.created_at), col(MessageRow.id))
    ).all()
