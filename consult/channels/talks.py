"""A conversation as it stands when a text arrives: who speaks, about which round, and what we asked last."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult import participants, rounds
from consult.channels import scripts
from consult.channels.ports import Inbound
from consult.channels.scripts import Script
from consult.channels.understanding import Act, Asked, understand
from consult.channels.understanding import Said as Heard
from consult.outgoing import doubts
from consult.tables.conversations import MembershipRow, PartRow
from consult.tables.decisions import AnswerRow
from consult.tables.intake import Channel, RecordRow
from consult.tables.messages import Hold, MessageRow, MessageState
from consult.tables.participants import ContactKind, ContactPointRow, ParticipantRow
from consult.tables.rounds import RoundRow
from consult.words import LANGUAGES, spoken_language
from standards import store
from standards.tables import VersionRow


@dataclass(frozen=True)
class Ground:
    """The clauses of a round as text messages name them."""

    codes: dict[str, str]
    numbers: tuple[str, ...]
    clauses: dict[str, UUID]
    headings: dict[UUID, str]
    code_of: dict[UUID, int]


@dataclass
class Talk:
    """One text, who sent it, and what stood open between us when it came."""

    session: Session
    record: RecordRow
    heard: Inbound
    contacts: list[ContactPointRow]
    participant: ParticipantRow
    round: RoundRow | None
    member: MembershipRow | None
    script: Script
    asked: Asked | None
    answer: AnswerRow | None
    doubted: ContactPointRow | None
    sameness: str
    now: datetime
    stranger: bool = False
    question: str = ""
    counted: bool = False
    parts: list[PartRow] = field(default_factory=list)
    made: UUID | None = None

    @property
    def contact(self) -> ContactPointRow:
        """The one speaking: the newest at this number."""
        return self.contacts[0]

    @property
    def ground(self) -> Ground:
        """The clauses of the round; empty without one."""
        return ground_of(self.session, self.round) if self.round else Ground({}, (), {}, {}, {})

    @property
    def language(self) -> str:
        """What we speak with them: their choice, else the round's first language that we know."""
        offered = self.round.languages if self.round else ["en"]
        known = next((code for code in offered if spoken_language(code, "") in LANGUAGES), "en")
        return spoken_language(self.participant.language or known, "en")

    def say(self, message: str, **facts: object) -> str:
        """A sentence in their language and in this conversation's words."""
        chosen = self.participant.language
        return self.script.say(chosen if self.script.speaks(chosen) else self.language, message, **facts)


def begin(
    session: Session, record: RecordRow, heard: Inbound, address: str, *, sameness: str, now: datetime
) -> Talk:
    """The conversation with this number; somebody new gets an alias."""
    contacts = _spoken_to(session, heard, participants.look_up(session, ContactKind.SMS, address))
    doubted = doubts.asked_about(session, contacts) if contacts else None
    if doubted is not None and doubts.is_silent(contacts[0], now) and not _wishes_to_hear(heard.words):
        # Whoever answers something else may be somebody else.
        doubted = None
    if not contacts or (doubted is None and not heard.alias and doubts.is_silent(contacts[0], now)):
        # After half a year of silence somebody else may hold this number: they get an alias of their own.
        someone = participants.enrol(session, now=now)
        contacts.insert(0, _reach(session, someone, address, contacts, now))
    contact = contacts[0]
    contact.last_heard_at, contact.transport, contact.receiver = now, record.source, heard.receiver[:40]
    session.add(contact)
    open_ = [one for one in rounds.open_rounds(session, now) if Channel.SMS.value in one.channels]
    # Whoever carries messages says for which round.
    carried = next((one for one in open_ if one.id == record.round_id), None)
    round_ = carried or _round_of(session, heard.words, contact, open_)
    participant = session.get_one(ParticipantRow, contact.participant_id)
    member = member_of(session, participant, round_) if round_ else None
    talk = Talk(
        session=session,
        record=record,
        heard=heard,
        contacts=contacts,
        participant=participant,
        round=round_,
        member=member,
        script=scripts.of_member(session, member, round_) if round_ else scripts.NONE,
        asked=None,
        answer=None,
        doubted=doubted,
        sameness=sameness,
        now=now,
        stranger=member is not None
        and carried is None
        and _is_stranger(session, heard.words, contact, member),
    )
    talk.asked, talk.answer = _asked(talk)
    talk.question = f"{talk.asked or ''} {contact.last_asked_clause_id or ''}"
    return talk


def _spoken_to(session: Session, heard: Inbound, contacts: list[ContactPointRow]) -> list[ContactPointRow]:
    """The contacts of a number, newest first; at the front whoever spoke, where that is known."""
    if not heard.alias:
        return contacts
    named = session.exec(select(ParticipantRow.id).where(ParticipantRow.alias == heard.alias)).first()
    return sorted(contacts, key=lambda contact: contact.participant_id != named)


def member_of(session: Session, participant: ParticipantRow, round_: RoundRow) -> MembershipRow:
    """Someone's way through a round's conversation, begun under its present script if it is new."""
    known = session.get(MembershipRow, (participant.id, round_.id))
    if known is not None:
        return known
    script = scripts.of_round(session, round_)
    member = MembershipRow(participant_id=participant.id, round_id=round_.id, script_id=script.id)
    session.add(member)
    session.flush()
    return member


def _reach(
    session: Session,
    someone: ParticipantRow,
    address: str,
    others: list[ContactPointRow],
    now: datetime,
) -> ContactPointRow:
    contact = participants.reach(session, someone.id, ContactKind.SMS, address, now=now)
    # STOP was sent from this number: it holds for whoever writes from it, until they come back.
    contact.stopped_at = next((other.stopped_at for other in others if other.stopped_at), None)
    session.add(contact)
    return contact


def _round_of(
    session: Session, words: str, contact: ContactPointRow, open_: list[RoundRow]
) -> RoundRow | None:
    """The open round a text belongs to: the one it joins, the one we last wrote about, or the next
    to close."""
    for one in open_:
        if begins_with(words, all_words(scripts.of_round(session, one).join_words)):
            return one
    last = session.exec(
        select(MessageRow.round_id)
        .where(
            MessageRow.contact_point_id == contact.id,
            col(MessageRow.round_id).in_([one.id for one in open_]),
        )
        .order_by(col(MessageRow.created_at).desc(), col(MessageRow.id).desc())
    ).first()
    return next((one for one in open_ if one.id == last), open_[0] if open_ else None)


def _is_stranger(session: Session, words: str, contact: ContactPointRow, member: MembershipRow) -> bool:
    """Whether they took part in another round and have not joined this one.

    What they say is then kept for a person to place, and answers no question of
    this round: they mean the other one, which has closed.
    """
    if member.joined_at is not None:
        return False
    elsewhere = select(MessageRow.id).where(
        MessageRow.contact_point_id == contact.id,
        col(MessageRow.round_id).is_not(None),
        MessageRow.round_id != member.round_id,
    )
    round_ = session.get_one(RoundRow, member.round_id)
    joins = begins_with(words, all_words(scripts.of_round(session, round_).join_words))
    return not joins and session.exec(elsewhere.limit(1)).first() is not None


def _wishes_to_hear(words: str) -> bool:
    """Whether a text answers that they wish to hear a result."""
    understood = understand(Heard(words, asked=Asked.RESULT))
    return understood.act is Act.ANSWER and understood.value == "1"


def begins_with(words: str, join_words: tuple[str, ...]) -> bool:
    """Whether a text is one of these join words, or begins with one."""
    return understand(Heard(words, join_words=join_words)).act is Act.JOIN


def all_words(join_words: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The join words of every language."""
    return tuple(word for joining in join_words.values() for word in joining)


def _asked(talk: Talk) -> tuple[Asked | None, AnswerRow | None]:
    """Our question that stands open, with the answer it is about where we asked whether that satisfied."""
    contact = talk.contact
    if talk.doubted is not None:
        return Asked.RESULT, None
    told = talk.session.exec(
        select(AnswerRow)
        .join(MessageRow, col(MessageRow.id) == AnswerRow.message_id)
        .where(
            col(MessageRow.contact_point_id).in_([one.id for one in talk.contacts]),
            col(AnswerRow.satisfied).is_(None),
            # What has not left yet has not been read.
            MessageRow.held == Hold.NONE,
            sa.or_(col(MessageRow.due_at).is_(None), col(MessageRow.due_at) <= talk.now),
            MessageRow.state != MessageState.BLOCKED,
        )
        .order_by(col(AnswerRow.given_at).desc(), col(AnswerRow.id).desc())
    ).first()
    if told is not None and (contact.last_asked_at is None or told.given_at > contact.last_asked_at):
        return Asked.SATISFIED, told
    if contact.last_asked is None or talk.round is None or talk.stranger:
        return None, None
    asked = Asked(contact.last_asked)
    if asked is Asked.ABILITY and contact.last_asked_clause_id not in talk.ground.code_of:
        return None, None
    return asked, None


def held_back(session: Session, contact: ContactPointRow) -> AnswerRow | None:
    """The newest answer that waits until somebody at this number asks for it."""
    return session.exec(
        select(AnswerRow)
        .join(MessageRow, col(MessageRow.id) == AnswerRow.message_id)
        .where(
            MessageRow.contact_point_id == contact.id,
            MessageRow.state == MessageState.WAITING,
            MessageRow.held == Hold.UNTIL_ASKED,
        )
        .order_by(col(AnswerRow.given_at).desc(), col(AnswerRow.id).desc())
    ).first()


def ground_of(session: Session, round_: RoundRow) -> Ground:
    """The clauses of a round; a frozen version and its codes never change, so they are read once."""
    known = _grounds.get(round_.id)
    if known is None:
        known = _read_ground(session, round_)
        _grounds[round_.id] = known
        while len(_grounds) > 8:
            _grounds.pop(next(iter(_grounds)), None)
    return known


_grounds: dict[UUID, Ground] = {}


def _read_ground(session: Session, round_: RoundRow) -> Ground:
    code_of = rounds.codes_of(session, round_)
    document = store.load(session, session.get_one(VersionRow, round_.version_id))
    clauses: dict[str, UUID] = {}
    headings: dict[UUID, str] = {}
    codes: dict[str, str] = {}
    for clause in document:
        # A clause without a number, or with one that stands twice, goes by its id.
        name = clause.number if clause.number and clause.number not in clauses else str(clause.id)
        clauses[name] = clause.id
        headings[clause.id] = (clause.text.heading or " ".join(clause.text.body.split())[:40]).strip()
        if clause.id in code_of:
            codes[str(code_of[clause.id])] = name
    in_order = {id_: code_of[id_] for id_ in sorted(code_of, key=code_of.__getitem__)}
    return Ground(codes, tuple(clauses), clauses, headings, in_order)
