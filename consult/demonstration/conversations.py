"""The demonstration's conversations: what the secretary has designed, said to many, and must look at."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from consult import comments, intake, participants, redactions, rounds
from consult.carriage import carrying
from consult.channels import sms, twilio
from consult.channels.carried import Slip
from consult.channels.transports import BY_HAND
from consult.conversations import care, designing, threads, wordings
from consult.links import Tie
from consult.outgoing import broadcasts, limits, preparing, recipients
from consult.outgoing.broadcasts import Wanted
from consult.tables.comments import CommentRow
from consult.tables.conversations import MembershipRow
from consult.tables.intake import Channel, RecordRow
from consult.tables.messages import MessageRow, MessageState
from consult.tables.outgoing import BroadcastState
from consult.tables.participants import ContactKind, ParticipantRow
from consult.tables.people import PersonRow, Role
from consult.tables.rounds import RoundRow


def load(session: Session, round_: RoundRow, *, now: datetime) -> None:
    """Add to the open round what its conversations by text message stand on."""
    _designed(session, round_, now)
    _look_after(session, round_, now)
    _take_care(session, round_, now)
    _write_to_many(session, round_, now)
    _carry(session, round_, now)


# What the desk looks after


_TALKED = (
    (9.30, "DHAHABU"),
    (9.29, "{sw}"),
    (9.10, "3"),
    (9.09, "{asked} retort moja kwa watu 40 haitoshi, tunasubiri mpaka usiku"),
    (9.0895, "tunaomba moja kwa kila kikundi kidogo"),
    (5.40, "LIST"),
    (1.20, "na mnunuzi je, naye anafuata bei?"),
)
"""One conversation: how many days ago, and the text."""
_TALKING = "+255000099001"
_WORDINGS = (
    (
        "We have heard you",
        {
            "en": "Thank you. The committee reads this on its next day together and answers you here.",
            "sw": "Asante. Kamati itasoma ujumbe huu ikikutana, na itakujibu hapa.",
            "fr": "Merci. Le comite lira ceci a sa prochaine reunion et vous repondra ici.",
        },
    ),
    (
        "Where a retort can be tried",
        {"en": "You can try a retort at the Geita training centre, any Saturday, free of charge."},
    ),
)


def _look_after(session: Session, round_: RoundRow, now: datetime) -> None:
    """Members of those who texted, a conversation with something unplaced, and wordings to answer with."""
    by = session.exec(select(PersonRow).where(PersonRow.role == Role.SECRETARY)).first()
    drafter = session.exec(select(PersonRow).where(PersonRow.role == Role.DRAFTER)).first()
    _enter(session, round_)
    if by is None:
        return
    for title, words in _WORDINGS:
        wordings.approve(session, title, words, by=by.id, now=now - timedelta(days=12))
    someone = _talk(session, round_, now)
    if drafter is not None:
        note = "She asks about the buyer: 7.1 or 7.4?"
        threads.hand_over(session, someone, drafter.id, note=note, by=by.id, now=now - timedelta(hours=20))


def _enter(session: Session, round_: RoundRow) -> None:
    """Everyone of the round who texted has joined it, and come as far as their first words."""
    rows = session.exec(
        select(CommentRow).where(
            CommentRow.round_id == round_.id,
            CommentRow.channel == Channel.SMS,
            col(CommentRow.participant_id).is_not(None),
        )
    ).all()
    for row in rows:
        assert row.participant_id is not None
        if session.get(MembershipRow, (row.participant_id, round_.id)) is None:
            answered = row.received_at if row.ability else None
            session.add(
                MembershipRow(
                    participant_id=row.participant_id,
                    round_id=round_.id,
                    joined_at=row.received_at,
                    language_at=row.received_at,
                    answered_at=answered,
                    worded_at=row.received_at if row.text else None,
                    answers=1 if answered else 0,
                )
            )
            session.flush()


def _talk(session: Session, round_: RoundRow, now: datetime) -> ParticipantRow:
    """One conversation, said text by text through the same reading as any other."""
    codes = rounds.codes_of(session, round_)
    language = str(round_.languages.index("sw") + 1 if "sw" in round_.languages else 1)
    for number, (days, words) in enumerate(_TALKED):
        at = now - timedelta(days=days)
        asked = ""
        for contact in participants.look_up(session, ContactKind.SMS, _TALKING):
            asked = str(codes.get(contact.last_asked_clause_id, "")) if contact.last_asked_clause_id else ""
            if number == len(_TALKED) - 1:
                # Nothing of ours stands open when the last text comes, so it finds no place by itself.
                contact.last_asked = contact.last_asked_clause_id = None
                session.add(contact)
        sid = f"SMdemonstration{number:020d}"
        said = words.format(sw=language, asked=asked).strip()
        form = [("MessageSid", sid), ("From", _TALKING), ("To", "+15005550006"), ("Body", said)]
        kept = intake.record(
            session,
            intake.Arrival(Channel.SMS, "twilio", sid, twilio.as_body(form), content_type=twilio.FORM),
            now=at,
        )
        sms.read(session, session.get_one(RecordRow, kept.id), now=at)
        session.flush()
    contacts = participants.look_up(session, ContactKind.SMS, _TALKING)
    for message in session.exec(select(MessageRow).where(MessageRow.contact_point_id == contacts[0].id)):
        message.state, message.changed_at = MessageState.DELIVERED, message.created_at + timedelta(seconds=9)
        session.add(message)
    return session.get_one(ParticipantRow, contacts[0].participant_id)


ANSWERS = {
    "en": "1 yes 2 with help 3 no, then your words.",
    "fr": "1 oui 2 avec de l'aide 3 non, puis vos mots.",
    "es": "1 si 2 con ayuda 3 no, y sus palabras.",
    "pt": "1 sim 2 com ajuda 3 nao, e as suas palavras.",
    "sw": "1 ndiyo 2 kwa msaada 3 hapana, kisha maneno yako.",
}


def _designed(session: Session, round_: RoundRow, now: datetime) -> None:
    """A version that runs, and a draft of the next with a question that is still too long."""
    made = designing.ready_made(session, round_)
    wording = {code: {**made.wording[code], "choices": words} for code, words in ANSWERS.items()}
    first = designing.begin(session, round_, by=None, now=round_.opens_at)
    designing.save(session, first, replace(made, wording=wording))
    designing.let_run(session, round_, first, now=round_.opens_at)
    second = designing.begin(session, round_, first, by=None, now=now)
    longer = "We ask everyone: could your group keep all burning – also of old amalgam – 50 m from any house?"
    question = made.questions[1]
    questions = (made.questions[0], replace(question, words={**question.words, "en": longer}))
    designing.save(session, second, replace(made, questions=questions, wording=wording))


# What must be read with care


_TROUBLED = "+255000099002"
_PROCEDURE = """1. Read the whole conversation before you do anything. Others may share the telephone.
2. Do not call the number, the employer or the police on your own.
3. Ring the nurse at the district hospital (list at the office door), say what is told and where, never who.
4. A child at risk: the district child protection officer, the same day.
5. Write here what was done, without names. If you are away, the second secretary looks every morning."""
_NAMING = "Mzee Juma opens the store only when the buyer from Nyamongo has come, so we sell below the price."


def _take_care(session: Session, round_: RoundRow, now: datetime) -> None:
    """Somebody named for texts that tell of danger, such a text, and public words that name somebody."""
    by = session.exec(select(PersonRow).where(PersonRow.role == Role.SECRETARY)).first()
    named = session.exec(select(PersonRow).where(PersonRow.role == Role.FACILITATOR)).first()
    if by is None:
        return
    care.name(session, round_, named.id if named else None, _PROCEDURE, by=by.id, now=now - timedelta(days=9))
    _send(session, "SMdemonstrationcare", _TROUBLED, "DHAHABU", now - timedelta(days=2))
    told = "shimo limeporomoka jana usiku, wenzetu wawili wako ndani. tusaidieni"
    _send(session, "SMdemonstrationdanger", _TROUBLED, told, now - timedelta(hours=3))
    for older in session.exec(select(RoundRow).where(RoundRow.id != round_.id)).all():
        for case in redactions.waiting(session, older):
            # What is marked in the older rounds are towns and an office: nothing to hide.
            redactions.decide(
                session, older, case.comment.id, (), seen=redactions.hash_of(case.comment), by=by.id, now=now
            )
    _say_in_public(session, round_, now - timedelta(hours=20))


def _send(session: Session, sid: str, sender: str, words: str, at: datetime) -> None:
    """One text message, read as it comes."""
    form = [("MessageSid", sid), ("From", sender), ("To", "+15005550006"), ("Body", words)]
    arrival = intake.Arrival(Channel.SMS, "twilio", sid, twilio.as_body(form), content_type=twilio.FORM)
    kept = intake.record(session, arrival, now=at)
    sms.read(session, session.get_one(RecordRow, kept.id), now=at)
    session.flush()


def _say_in_public(session: Session, round_: RoundRow, at: datetime) -> None:
    """A comment whose author agreed that everyone may read it, and which names somebody."""
    fields = {"text": _NAMING, "public": "yes"}
    arrival = intake.Arrival(
        Channel.WEB, "web", "demonstration-names", comments.as_payload(fields), round_id=round_.id
    )
    kept = intake.record(session, arrival, now=at)
    said = comments.Said(text=_NAMING, ties=(Tie(None),), language="en", public=True)
    comments.make(session, round_, session.get_one(RecordRow, kept.id), said, now=at)


# What was written to many

_INVITATION = {
    "en": "Thank you for joining. We meet in Geita on Saturday at 10 and read your words. STOP to leave.",
    "sw": "Asante kwa kujiunga. Tunakutana Geita Jumamosi saa 4, tutasoma maneno yako. STOP kuacha.",
}
_REMINDER = {
    "en": "The round closes soon. What would you still change? Text it to us. STOP to leave.",
    "sw": "Awamu inakaribia kufungwa. Ungebadilisha nini bado? Tutumie. STOP kuacha.",
}


def _write_to_many(session: Session, round_: RoundRow, now: datetime) -> None:
    """A budget, a message that most who joined have got, and the draft of the next."""
    by = session.exec(select(PersonRow.id).where(PersonRow.role == Role.SECRETARY)).first()
    allowance = limits.of_round(session, round_.id, now=now)
    allowance.limit, allowance.price, allowance.currency = 15_000, "0.045", "USD"
    session.add(allowance)
    then = now - timedelta(days=3)
    invitation = Wanted("Meeting in Geita", _INVITATION)
    done = broadcasts.draft(session, round_, invitation, by=by, now=then)
    broadcasts.draft(session, round_, Wanted("Reminder before the end", _REMINDER), by=by, now=now)
    people, _left = recipients.joined(session, done, round_, then)
    if not people:
        return
    broadcasts.start(session, done.id, by=by or "demonstration", now=then)
    preparing.write(session, done.id, people, then)
    written = session.exec(select(MessageRow).where(MessageRow.broadcast_id == done.id)).all()
    for place, message in enumerate(written):
        message.state = MessageState.SENT if place % 9 == 4 else MessageState.DELIVERED
        message.charged, message.changed_at = message.segments, then + timedelta(seconds=place)
        session.add(message)
    limits.charge(session, round_.id, sum(message.segments for message in written))
    done.state, done.prepared_at, done.finished_at = BroadcastState.DONE, then, then + timedelta(minutes=4)
    session.add(done)


# What is carried by hand


_CARRIED = (
    ("+255000099007", "DHAHABU", 3),
    ("+255000099007", "Mto umekuwa mwekundu tangu wiki iliyopita, na hakuna anayesema chochote.", 2),
)
"""Messages from where there is no signal: the number, the words, and how many days ago they were said."""


def _carry(session: Session, round_: RoundRow, now: datetime) -> None:
    """A facilitator has brought messages on paper; the answers wait for her to take them back."""
    at = now - timedelta(hours=4)
    slips = [
        Slip(place, who, words, (now - timedelta(days=days)).replace(second=0, microsecond=0))
        for place, (who, words, days) in enumerate(_CARRIED, 1)
    ]
    carrying.bring(session, round_, slips, by="demonstration", now=at)
    for record in intake.waiting(session, channel=Channel.SMS):
        if record.source == BY_HAND:
            sms.read(session, record, now=at + timedelta(minutes=1))
