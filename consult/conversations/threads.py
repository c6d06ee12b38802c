"""Conversations before a person: answering under an alias, handing over, parting what was joined.

A person's answer is one message more in the outbox, and never a direct reply: it
keeps quiet hours and the budget. It goes to a telephone that others may hold, so
it names no number and repeats nothing that was said before.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask_babel import gettext as _
from sqlmodel import Session, col, select

from consult import audit, links, masking
from consult.channels import pieces, segments, transports
from consult.channels.folding import tokens_of
from consult.comments import Made
from consult.conversations.wordings import MOST_SEGMENTS
from consult.errors import BarazaError, Misfilled, NotFound
from consult.outgoing import limits, messages
from consult.permissions import Act, may
from consult.tables.comments import CommentRow
from consult.tables.conversations import MembershipRow, ThreadRow
from consult.tables.intake import Channel
from consult.tables.messages import MessageKind, MessageRow, Urgency
from consult.tables.outgoing import AllowanceRow
from consult.tables.participants import ContactKind, ContactPointRow, ParticipantRow
from consult.tables.people import PersonRow, Role
from consult.tables.rounds import RoundRow

BY_PERSON = "desk:"
"""How the cause of a message begins that a person wrote at the desk."""
LONGEST_NOTE = 1000
# So many of their words in a row are a quotation, not a turn of phrase.
QUOTED_WORDS = 6


class NotSent(BarazaError):
    """An answer that does not leave, and why; `field` is where it can be mended."""

    field = "reply"


class HasLeft(NotSent):
    """They sent STOP."""

    def __init__(self, alias: str) -> None:
        super().__init__(
            _(
                "%(alias)s has left (STOP), so nothing is sent. They can come back by texting START; "
                "your words are still below.",
                alias=alias,
            )
        )


class NoAddress(NotSent):
    """Their number was erased, or was never known."""

    def __init__(self, alias: str) -> None:
        super().__init__(
            _(
                "There is no number any more at which %(alias)s could be reached. "
                "What the committee decides still stands at their receipt.",
                alias=alias,
            )
        )


class NothingWritten(NotSent):
    """An answer without words."""

    def __init__(self) -> None:
        super().__init__(_("Write your answer first."))


class TooLong(NotSent):
    """More than a text message should hold."""

    def __init__(self, count: int) -> None:
        super().__init__(
            _(
                "Your answer takes %(count)s segments; %(most)s is the most. "
                "Say less, or say where more can be read.",
                count=count,
                most=MOST_SEGMENTS,
            )
        )


class HoldsAddress(NotSent):
    """Words with what may be somebody's number or address."""

    def __init__(self, found: str) -> None:
        super().__init__(
            _(
                "“%(found)s” looks like a telephone number or an e-mail address. Leave it out: "
                "others may read the telephone this is sent to.",
                found=found,
            )
        )


class QuotesThem(NotSent):
    """Words that repeat what they told us."""

    def __init__(self, found: str) -> None:
        super().__init__(
            _(
                "“%(found)s” repeats what they texted. Others may share this telephone: "
                "say it without their words.",
                found=found,
            )
        )


class OldForm(NotSent):
    """A form that was not drawn by us, or not whole."""

    def __init__(self) -> None:
        super().__init__(
            _("This page is of another moment. Your words are below: send them again from here.")
        )


class NoColleague(BarazaError):
    """A thread handed to somebody who cannot look after it."""

    def __init__(self) -> None:
        super().__init__(_("Choose a colleague who may place comments: a secretary or a drafter."))


class DecidedAlready(BarazaError):
    """A comment the committee decided on as it stands."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "The committee has decided on these words as they stand together, and its answer is given. "
                "They stay joined."
            )
        )


@dataclass(frozen=True)
class Forecast:
    """What would keep an answer from leaving at once."""

    over_budget: bool = False
    quiet_until: datetime | None = None
    by_hand: bool = False


# Who speaks, and about which round


def called(session: Session, alias: str) -> ParticipantRow:
    """The participant of this alias. Raises NotFound."""
    wanted = alias.strip().upper()
    row = session.exec(select(ParticipantRow).where(ParticipantRow.alias == wanted)).first()
    if row is None:
        raise NotFound(_("There is no conversation with %(alias)s.", alias=alias[:20]))
    return row


def contact_of(session: Session, participant_id: UUID, *, hold: bool = False) -> ContactPointRow | None:
    """Where somebody texts from: the newest, also when its number was erased."""
    query = (
        select(ContactPointRow)
        .where(
            ContactPointRow.participant_id == participant_id,
            ContactPointRow.kind == ContactKind.SMS,
        )
        .order_by(col(ContactPointRow.created_at).desc(), col(ContactPointRow.id).desc())
        .limit(1)
    )
    return session.exec(query.with_for_update() if hold else query).first()


def round_of(session: Session, participant_id: UUID) -> RoundRow | None:
    """The round a conversation is about: of their last comment, else the one they entered last."""
    said = (
        select(CommentRow.round_id)
        .where(CommentRow.participant_id == participant_id, CommentRow.channel == Channel.SMS)
        .order_by(col(CommentRow.received_at).desc(), col(CommentRow.id).desc())
    )
    entered = (
        select(MembershipRow.round_id)
        .where(MembershipRow.participant_id == participant_id)
        .order_by(col(MembershipRow.joined_at).desc(), col(MembershipRow.round_id))
    )
    found = session.exec(said).first() or session.exec(entered).first()
    return session.get(RoundRow, found) if found else None


def holds_confidence(session: Session, participant_id: UUID) -> bool:
    """Whether a conversation holds words that were given in confidence."""
    query = select(CommentRow.id).where(
        CommentRow.participant_id == participant_id, col(CommentRow.confidential)
    )
    return session.exec(query.limit(1)).first() is not None


def language_of(participant: ParticipantRow, round_: RoundRow | None) -> str:
    """What to answer somebody in: their language, else the first of the round."""
    return participant.language or (round_.languages[0] if round_ and round_.languages else "en")


def colleagues(session: Session) -> list[PersonRow]:
    """Everyone who may look after a conversation, by name."""
    roles = [role for role in Role if may(role, Act.READ_DESK) and may(role, Act.LINK)]
    rows = session.exec(
        select(PersonRow).where(col(PersonRow.role).in_(roles), col(PersonRow.disabled_at).is_(None))
    ).all()
    return sorted(rows, key=lambda row: (row.name.casefold(), row.id))


# Answering


def answer(
    session: Session,
    participant: ParticipantRow,
    words: str,
    *,
    language: str,
    token: str,
    by: UUID,
    now: datetime,
) -> MessageRow:
    """Write a person's answer; sent twice from one form, it is one message.

    Raises NotSent, as one of its kinds.
    """
    words = words.replace("\0", "").replace("\r\n", "\n").strip()
    if not re.fullmatch(r"[0-9a-f]{32}", token):
        raise OldForm
    # Held, so that of two clicks at once the second finds what the first has written.
    contact = contact_of(session, participant.id, hold=True)
    check(session, participant, contact, words)
    assert contact is not None
    round_ = round_of(session, participant.id)
    sameness = hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:16]
    counted = segments.count(words).segments
    cause = f"{BY_PERSON}{token}:{sameness}"
    written = session.exec(select(MessageRow).where(MessageRow.dedupe == cause)).first()
    if written is not None:
        return written
    row = messages.write(
        session,
        kind=MessageKind.REPLY,
        channel=ContactKind.SMS.value,
        words=words,
        dedupe=cause,
        language=language[:20],
        contact_point_id=contact.id,
        round_id=round_.id if round_ else None,
        segments=counted,
        urgency=Urgency.ANSWER,
        now=now,
    )
    after = {"message": str(row.id), "segments": counted}
    audit.record(session, by, "answer-conversation", "participant", participant.id, None, after, now=now)
    mark_read(session, participant.id, now=now)
    return row


def check(session: Session, participant: ParticipantRow, contact: ContactPointRow | None, words: str) -> None:
    """Raise the reason why these words are not sent to somebody, if there is one."""
    if contact is None or contact.address is None:
        raise NoAddress(participant.alias)
    if contact.stopped_at is not None:
        raise HasLeft(participant.alias)
    if not words:
        raise NothingWritten
    counted = segments.count(words).segments
    if counted > MOST_SEGMENTS:
        raise TooLong(counted)
    _refuse_address(words)
    quoted = _quoted(session, participant.id, words)
    if quoted:
        raise QuotesThem(quoted)


def forecast(
    session: Session, contact: ContactPointRow, round_: RoundRow | None, counted: int, *, now: datetime
) -> Forecast:
    """Whether an answer of so many segments would wait, and for what."""
    by_hand = contact.transport == transports.BY_HAND
    if round_ is None or contact.address is None:
        return Forecast(by_hand=by_hand)
    allowance = session.get(AllowanceRow, round_.id) or AllowanceRow(round_id=round_.id, changed_at=now)
    spent, limit = allowance.spent, allowance.limit
    return Forecast(
        over_budget=limit is not None and spent + counted > limit,
        quiet_until=limits.quiet_until(allowance, contact.address, round_.time_zone, now),
        by_hand=by_hand,
    )


def _refuse_address(words: str) -> None:
    for span in masking.spans(words):
        raise HoldsAddress(words[span.start : span.end])


def _quoted(session: Session, participant_id: UUID, words: str) -> str:
    """The first words of an answer that repeat a comment of theirs; "" when none do."""
    ours = tokens_of(words)
    if len(ours) < QUOTED_WORDS:
        return ""
    texts = session.exec(
        select(CommentRow.text)
        .where(CommentRow.participant_id == participant_id)
        .order_by(col(CommentRow.received_at).desc())
        .limit(200)
    )
    theirs = {run for text in texts for run in _runs(tokens_of(text))}
    return next((" ".join(run) for run in _runs(ours) if run in theirs), "")


def _runs(tokens: list[str]) -> list[tuple[str, ...]]:
    ends = range(QUOTED_WORDS, len(tokens) + 1)
    return [tuple(tokens[end - QUOTED_WORDS : end]) for end in ends]


# Looking after


def mark_read(session: Session, participant_id: UUID, *, now: datetime) -> ThreadRow:
    """Note that a person has read a conversation up to now."""
    row = _thread(session, participant_id, now)
    row.read_at = row.changed_at = now
    session.add(row)
    session.flush()
    return row


def hand_over(
    session: Session,
    participant: ParticipantRow,
    to: UUID | None,
    *,
    note: str = "",
    by: UUID,
    now: datetime,
) -> ThreadRow:
    """Give a conversation to a colleague, to whom it then waits; None lets it go.

    Raises NoColleague, Misfilled.
    """
    if to is not None and to not in {person.id for person in colleagues(session)}:
        raise NoColleague
    note = note.replace("\0", "").strip()
    if len(note) > LONGEST_NOTE:
        raise Misfilled({"note": _("Keep the note within %(most)s characters.", most=LONGEST_NOTE)})
    if masking.spans(note):
        raise Misfilled(
            {
                "note": _(
                    "The note holds what looks like a telephone number or an e-mail address. Leave it out."
                )
            }
        )
    row = _thread(session, participant.id, now)
    before = {"person": str(row.person_id) if row.person_id else None}
    row.person_id, row.note, row.changed_at = to, note, now
    row.read_at = row.read_at if to is None or to == by else None
    session.add(row)
    session.flush()
    after = {"person": str(to) if to else None}
    audit.record(session, by, "hand-over", "participant", participant.id, before, after, now=now)
    return row


def part(
    session: Session,
    participant: ParticipantRow,
    comment_id: UUID,
    record_id: UUID,
    *,
    by: UUID,
    now: datetime,
) -> Made:
    """Make a text that was joined to another a comment of its own again.

    Raises NotFound, NotJoined, DecidedAlready.
    """
    comment = of_participant(session, participant, comment_id)
    standing = links.standing_in_hand(session, comment_id)
    if standing.disposition_id is not None:
        raise DecidedAlready
    made = pieces.part(session, comment, record_id, by=by, now=now)
    audit.record(session, by, "part-comment", "comment", comment_id, None, {"comment": str(made.id)}, now=now)
    return made


def of_participant(session: Session, participant: ParticipantRow, comment_id: UUID) -> CommentRow:
    """A comment of this conversation. Raises NotFound."""
    comment = session.get(CommentRow, comment_id)
    if comment is None or comment.participant_id != participant.id:
        raise NotFound(_("This text is not in the conversation with %(alias)s.", alias=participant.alias))
    return comment


def _thread(session: Session, participant_id: UUID, now: datetime) -> ThreadRow:
    row = session.get(ThreadRow, participant_id, with_for_update=True)
    return row or ThreadRow(participant_id=participant_id, changed_at=now)
