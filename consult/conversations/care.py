"""Care: a text that may tell of danger, violence or a child at risk comes before a named person.

Every text is looked at, whatever it was understood to be: a STOP can hold a cry
for help. The person named for the round, or every secretary where nobody is
named, gets an e-mail that says which conversation needs them, without any of its
words and without a number. The local procedure stands in writing beside the text.
Nothing is forwarded by machine, and the sender hears nothing that could put them
at risk.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult import audit, intake, masking, participants
from consult.channels import danger, transports
from consult.channels.ports import Inbound
from consult.errors import Misfilled, NotFound
from consult.outgoing import messages
from consult.permissions import Act, may
from consult.tables.comments import CommentRow
from consult.tables.conversations import (
    CareRow,
    ConcernRow,
    ConcernState,
    JoiningRow,
    MembershipRow,
    PartRow,
)
from consult.tables.intake import Channel, Outcome, RecordRow
from consult.tables.messages import MessageKind, MessageRow
from consult.tables.participants import ContactKind, ContactPointRow, ParticipantRow
from consult.tables.people import PersonRow, Role
from consult.tables.rounds import RoundRow
from consult.words import N_, speaker, spoken_language

BY = "conversation"
AROUND = 3
"""Texts shown before and after the one that was flagged."""
LONGEST_NOTE, LONGEST_PROCEDURE = 4000, 8000
SHOWN = 100
SUBJECT = N_("A conversation needs you: %(alias)s")
WORDS = N_(
    "A text message may tell of danger, violence or a child at risk. It stands in the conversation with "
    "%(alias)s, at the desk under Concerns, with what is to be done beside it. Nothing was forwarded to "
    "anyone, and no reply was sent because of it."
)
NOBODY = N_("an unknown sender")


@dataclass(frozen=True)
class Text:
    """One text near a concern, its numbers masked; `flagged` is the one that raised it."""

    words: str
    ours: bool
    language: str
    at: datetime
    flagged: bool = False


@dataclass(frozen=True)
class Concern:
    """A concern as its person reads it: who spoke by alias, in which round, and what is to be done."""

    row: ConcernRow
    alias: str
    round: RoundRow | None
    procedure: str
    thread: tuple[Text, ...]


# Flagging


def look(session: Session, record: RecordRow, heard: Inbound, *, now: datetime) -> list[ConcernRow]:
    """Flag a text that has been read, where it gives reason to; a second look changes nothing.

    A text that goes on with a thought is looked at by itself and with the whole
    of it: a word may be broken between two pieces.
    """
    own = {sign.kind: sign.words for sign in danger.signs(heard.words)}
    in_pieces = heard.parts > 1 or intake.outcome_of(session, record.id) is Outcome.PART
    if not own and not in_pieces:
        return []
    comment = _comment_of(session, record)
    whole = {sign.kind: sign.words for sign in danger.signs(comment.text)} if comment and in_pieces else {}
    if not own and not whole:
        return []
    records = _records_of(session, comment) | {record.id} if comment else {record.id}
    known = session.exec(select(ConcernRow).where(col(ConcernRow.record_id).in_(records))).all()
    told = {row.kind for row in known if row.record_id == record.id or row.kind not in own}
    raised = []
    contact = _speaker(session, heard)
    participant_id = (comment and comment.participant_id) or (contact and contact.participant_id) or None
    round_id = comment.round_id if comment else _round_of(session, participant_id)
    for kind, words in {**whole, **own}.items():
        if kind.value in told:
            continue
        row = ConcernRow(
            record_id=record.id,
            participant_id=participant_id,
            round_id=round_id,
            kind=kind.value,
            words=list(words),
            person_id=_named(session, round_id),
            raised_at=now,
        )
        session.add(row)
        session.flush()
        audit.record(session, BY, "flag-text", "concern", row.id, after={"kind": kind.value}, now=now)
        raised.append(row)
    if raised:
        _tell(session, raised[0], now)
    return raised


def _comment_of(session: Session, record: RecordRow) -> CommentRow | None:
    """The comment that a record became, or went on with."""
    made = session.exec(
        select(CommentRow).where(CommentRow.record_id == record.id).order_by(col(CommentRow.part))
    ).first()
    if made is not None:
        return made
    part = session.get(PartRow, record.id)
    joined = part.comment_id if part else None
    joined = (
        joined
        or session.exec(
            select(JoiningRow.comment_id)
            .where(JoiningRow.record_id == record.id, col(JoiningRow.joined).is_(True))
            .order_by(col(JoiningRow.at).desc())
        ).first()
    )
    return session.get(CommentRow, joined) if joined else None


def _records_of(session: Session, comment: CommentRow) -> set[UUID]:
    joined = session.exec(select(JoiningRow.record_id).where(JoiningRow.comment_id == comment.id))
    parts = session.exec(select(PartRow.record_id).where(PartRow.comment_id == comment.id))
    return {comment.record_id, *joined, *parts}


def _speaker(session: Session, heard: Inbound) -> ContactPointRow | None:
    try:
        address = participants.as_number(heard.sender)
    except participants.NoNumber:
        address = heard.sender
    return next(iter(participants.look_up(session, ContactKind.SMS, address)), None)


def _round_of(session: Session, participant_id: UUID | None) -> UUID | None:
    """The round whose conversation somebody entered last."""
    if participant_id is None:
        return None
    entered = (
        select(MembershipRow.round_id)
        .join(RoundRow, col(RoundRow.id) == MembershipRow.round_id)
        .where(MembershipRow.participant_id == participant_id)
        .order_by(col(RoundRow.opens_at).desc(), col(RoundRow.id))
    )
    return session.exec(entered).first()


# Telling


def _named(session: Session, round_id: UUID | None) -> UUID | None:
    """The person named for a round, while they may still sign in."""
    care = session.get(CareRow, round_id) if round_id else None
    person = session.get(PersonRow, care.person_id) if care and care.person_id else None
    return person.id if person is not None and person.disabled_at is None else None


def _tell(session: Session, concern: ConcernRow, now: datetime) -> None:
    """An e-mail to whoever is named, else to every secretary; one an hour for one conversation."""
    alias = _alias(session, concern)
    about = concern.participant_id or concern.record_id
    for person in _told(session, concern):
        speak = speaker(spoken_language(person.language)).gettext
        facts = {"alias": alias or speak(NOBODY)}
        messages.write(
            session,
            kind=MessageKind.NOTICE,
            channel="email",
            subject=speak(SUBJECT) % facts,
            words=speak(WORDS) % facts,
            dedupe=f"care:{about}:{person.id}:{now:%Y%m%d%H}",
            language=spoken_language(person.language),
            person_id=person.id,
            round_id=concern.round_id,
            now=now,
        )


def _told(session: Session, concern: ConcernRow) -> Sequence[PersonRow]:
    wanted = PersonRow.id == concern.person_id if concern.person_id else PersonRow.role == Role.SECRETARY
    return session.exec(
        select(PersonRow).where(wanted, col(PersonRow.disabled_at).is_(None)).order_by(col(PersonRow.id))
    ).all()


def _alias(session: Session, concern: ConcernRow) -> str:
    participant = session.get(ParticipantRow, concern.participant_id) if concern.participant_id else None
    return participant.alias if participant else ""


# Who is named, and the procedure


def of_round(session: Session, round_: RoundRow, *, now: datetime) -> CareRow:
    """Who is told of a round's concerns and what is to be done; empty where nobody has said."""
    return session.get(CareRow, round_.id) or CareRow(round_id=round_.id, changed_at=now)


def may_be_named(session: Session) -> list[PersonRow]:
    """Everyone who may come to the desk, by name."""
    roles = [role for role in Role if may(role, Act.READ_DESK)]
    rows = session.exec(
        select(PersonRow).where(col(PersonRow.role).in_(roles), col(PersonRow.disabled_at).is_(None))
    ).all()
    return sorted(rows, key=lambda row: (row.name.casefold(), row.id))


def name(
    session: Session, round_: RoundRow, person_id: UUID | None, procedure: str, *, by: UUID, now: datetime
) -> CareRow:
    """Name who is told, and write down what they do; open concerns go over to them. Raises Misfilled."""
    procedure = procedure.replace("\0", "").replace("\r\n", "\n").strip()
    if person_id is not None and person_id not in {person.id for person in may_be_named(session)}:
        raise Misfilled({"person": "Choose somebody who may come to the desk."})
    if len(procedure) > LONGEST_PROCEDURE:
        raise Misfilled({"procedure": f"Keep the procedure within {LONGEST_PROCEDURE:,} characters."})
    row = of_round(session, round_, now=now)
    before = {"person": str(row.person_id) if row.person_id else None}
    row.person_id, row.procedure, row.changed_at = person_id, procedure, now
    session.add(row)
    session.execute(
        sa.update(ConcernRow)
        .where(col(ConcernRow.round_id) == round_.id, col(ConcernRow.state) == ConcernState.OPEN)
        .values(person_id=person_id)
    )
    after = {"person": str(person_id) if person_id else None, "procedure": len(procedure)}
    audit.record(session, by, "name-for-concerns", "round", round_.id, before, after, now=now)
    session.flush()
    return row


# Reading and settling


def open_count(session: Session, *, person_id: UUID | None = None) -> int:
    """How many concerns are open; with `person_id` only those put to this person."""
    query = select(sa.func.count()).select_from(ConcernRow).where(ConcernRow.state == ConcernState.OPEN)
    return session.exec(query.where(ConcernRow.person_id == person_id) if person_id else query).one()


def listed(session: Session, *, person_id: UUID | None = None) -> list[Concern]:
    """Concerns, open ones first and the oldest of them first; with `person_id` only those put to them."""
    query = select(ConcernRow).order_by(
        (col(ConcernRow.state) != ConcernState.OPEN),
        sa.case((col(ConcernRow.state) == ConcernState.OPEN, col(ConcernRow.raised_at))),
        col(ConcernRow.settled_at).desc(),
        col(ConcernRow.id),
    )
    if person_id is not None:
        query = query.where(ConcernRow.person_id == person_id)
    return [_concern(session, row) for row in session.exec(query.limit(SHOWN)).all()]


def shown(session: Session, concern_id: UUID) -> Concern:
    """One concern with its text among those around it. Raises NotFound."""
    row = session.get(ConcernRow, concern_id)
    if row is None:
        raise NotFound("There is no such concern.")
    return _concern(session, row, thread=True)


def settle(
    session: Session, concern_id: UUID, state: ConcernState, note: str, *, by: UUID, now: datetime
) -> ConcernRow:
    """Note that a concern was handled, with what was done, or was mistaken; either may be said anew.

    Raises NotFound, Misfilled.
    """
    row = session.get(ConcernRow, concern_id, with_for_update=True)
    if row is None:
        raise NotFound("There is no such concern.")
    note = note.replace("\0", "").strip()
    if state is ConcernState.HANDLED and not note:
        raise Misfilled({"note": "Say in a few words what was done, so that others need not ask."})
    if len(note) > LONGEST_NOTE:
        raise Misfilled({"note": f"Keep the note within {LONGEST_NOTE:,} characters."})
    if masking.spans(note):
        raise Misfilled({"note": "The note holds what looks like a telephone number. Leave it out."})
    before = {"state": row.state.value}
    row.state, row.note, row.settled_at, row.settled_by = state, note, now, str(by)
    if state is ConcernState.OPEN:
        row.settled_at, row.settled_by = None, ""
    session.add(row)
    after = {"state": state.value}
    audit.record(session, by, "settle-concern", "concern", row.id, before, after, now=now)
    session.flush()
    return row


def forget(session: Session, participant_ids: Iterable[UUID], record_ids: Iterable[UUID]) -> int:
    """Take out of concerns whose they are and what was said and noted; that there was one stays."""
    rows = session.exec(
        select(ConcernRow).where(
            sa.or_(
                col(ConcernRow.participant_id).in_(list(participant_ids)),
                col(ConcernRow.record_id).in_(list(record_ids)),
            )
        )
    ).all()
    for row in rows:
        row.participant_id, row.words, row.note = None, [], ""
        session.add(row)
    return len(rows)


def _concern(session: Session, row: ConcernRow, *, thread: bool = False) -> Concern:
    round_ = session.get(RoundRow, row.round_id) if row.round_id else None
    care = session.get(CareRow, row.round_id) if row.round_id else None
    return Concern(
        row=row,
        alias=_alias(session, row),
        round=round_,
        procedure=care.procedure if care else "",
        thread=_around(session, row) if thread else (),
    )


def _around(session: Session, row: ConcernRow) -> tuple[Text, ...]:
    """The flagged text and those next to it, ours and theirs."""
    record = session.get_one(RecordRow, row.record_id)
    comment = _comment_of(session, record)
    flagged = Text(
        words=comment.text if comment else _masked_words(session, record),
        ours=False,
        language=comment.language if comment else "",
        at=record.received_at,
        flagged=True,
    )
    others = [
        Text(other.text, False, other.language, other.received_at)
        for other in _said_near(session, row, record)
        if comment is None or other.id != comment.id
    ]
    ours = [Text(one.words, True, one.language, one.created_at) for one in _sent_near(session, row, record)]
    before = sorted((text for text in [*others, *ours] if text.at < flagged.at), key=lambda text: text.at)
    after = sorted((text for text in [*others, *ours] if text.at >= flagged.at), key=lambda text: text.at)
    return (*before[-AROUND:], flagged, *after[:AROUND])


def _masked_words(session: Session, record: RecordRow) -> str:
    payload = intake.open_payload(session, record.id)
    if payload is None:
        return ""
    return masking.masked(transports.READERS[record.source](payload, record.content_type).words)


_NEAR = timedelta(days=30)


def _said_near(session: Session, row: ConcernRow, record: RecordRow) -> Sequence[CommentRow]:
    if row.participant_id is None:
        return ()
    return session.exec(
        select(CommentRow).where(
            CommentRow.participant_id == row.participant_id,
            CommentRow.channel == Channel.SMS,
            col(CommentRow.confidential).is_(False),
            col(CommentRow.received_at).between(record.received_at - _NEAR, record.received_at + _NEAR),
        )
    ).all()


def _sent_near(session: Session, row: ConcernRow, record: RecordRow) -> Sequence[MessageRow]:
    if row.participant_id is None:
        return ()
    theirs = select(ContactPointRow.id).where(ContactPointRow.participant_id == row.participant_id)
    return session.exec(
        select(MessageRow).where(
            col(MessageRow.contact_point_id).in_(theirs),
            MessageRow.channel == ContactKind.SMS.value,
            col(MessageRow.created_at).between(record.received_at - _NEAR, record.received_at + _NEAR),
        )
    ).all()
