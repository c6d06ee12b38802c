"""What a conversation by text message does: one text in, one outcome, at most two replies out.

`understanding` says what a text means; here it is done: people join and leave,
choose a language, answer the question we asked, name a clause, ask what became
of their words, or say whether our answer satisfied them.
"""

from collections.abc import Callable
from datetime import datetime

from sqlmodel import Session, select

from consult import answers, intake, participants
from consult.channels import loops, parts, pieces, replies, scripts, talks, turn
from consult.channels.ports import Inbound
from consult.channels.talks import Talk
from consult.channels.understanding import Act, Asked, Understood, understand
from consult.channels.understanding import Said as Heard
from consult.links import Tie
from consult.outgoing import doubts, messages
from consult.tables.comments import Ability, CommentRow, LinkKind, StandingRow
from consult.tables.decisions import DispositionOutcome
from consult.tables.intake import RecordRow
from consult.tables.messages import MessageKind
from consult.tables.participants import ContactKind

ABILITIES = {"1": Ability.CAN, "2": Ability.WITH_HELP, "3": Ability.CANNOT}


def answer(
    session: Session, record: RecordRow, heard: Inbound, address: str, *, sameness: str, now: datetime
) -> datetime | None:
    """Do what a text says, answer it, and note its outcome.

    A part of a longer text may wait for the others: then nothing is done yet, and
    the moment is given at which it is understood without them.
    """
    talk = talks.begin(session, record, heard, address, sameness=sameness, now=now)
    waits_until = parts.gather(talk)
    if waits_until is not None:
        return waits_until
    if intake.outcome_of(session, record.id) is not None:
        if talk.made is not None:
            # A late part that could not be joined any more is a comment of its own.
            turn.receive(talk, session.get_one(CommentRow, talk.made).receipt)
        return None
    understood = _understood(talk)
    if understood.act is Act.START and talk.contact.joined_at is None:
        understood = Understood(Act.JOIN)
    if understood.act not in GOES_ON:
        pieces.remember(talk, None)
    ACTS[understood.act](talk, understood)
    parts.settle(talk, understood.words)
    return None


def _understood(talk: Talk) -> Understood:
    # The provider has heard STOP, START or HELP in words it was told of, and has answered.
    told = {"STOP": Act.STOP, "START": Act.START, "HELP": Act.HELP}.get(talk.heard.command)
    if told is not None:
        return Understood(told)
    ground = talk.ground
    return understand(
        Heard(
            text=talk.heard.words,
            language=talk.participant.language,
            joined=talk.contact.joined_at is not None,
            join_words=talks.all_words(talk.script.join_words),
            asked=talk.asked,
            # Codes are dealt anew for each round: a stranger's are those of another one.
            codes={} if talk.stranger else ground.codes,
            numbers=() if talk.stranger else ground.numbers,
            **({"languages": tuple(talk.round.languages)} if talk.round else {}),
        )
    )


# Coming and going


def _stop(talk: Talk, understood: Understood) -> None:
    had_left = talk.contact.stopped_at is not None
    for contact in talk.contacts:
        contact.stopped_at = contact.stopped_at or talk.record.received_at
        contact.last_asked = contact.last_asked_clause_id = None
        talk.session.add(contact)
    turn.command(talk)
    if not had_left and not talk.heard.command and not loops.is_loop(talk, messages.STOP_CONFIRMATION):
        turn.write(talk, talk.say(replies.STOPPED), cause=messages.STOP_CONFIRMATION)


def _start(talk: Talk, understood: Understood) -> None:
    _come_back(talk)
    turn.command(talk)
    if not talk.heard.command:
        turn.reply(talk, talk.say(replies.STARTED, alias=talk.participant.alias))


def _help(talk: Talk, understood: Understood) -> None:
    turn.command(talk)
    if not talk.heard.command:
        turn.reply(talk, talk.say(replies.HELP))


def _join(talk: Talk, understood: Understood) -> None:
    """Welcome someone; the words after the join word are already a comment."""
    _come_back(talk)
    if not talk.participant.language:
        spoken = [
            code
            for code, words in talk.script.join_words.items()
            if talks.begins_with(talk.heard.words, words)
        ]
        if len(spoken) == 1:
            talk.participant.language = spoken[0]
            talk.session.add(talk.participant)
            turn.came_to(talk, "language_at")
    if talk.round is not None and understood.words:
        turn.receive(talk, turn.comment(talk, understood.words))
    else:
        turn.command(talk)
    _welcome(talk)


def _new(talk: Talk, understood: Understood) -> None:
    """Another person speaks from this telephone from now on."""
    address = talk.contact.address
    assert address is not None
    _come_back(talk)
    talk.participant = participants.enrol(talk.session, now=talk.now)
    heard = talk.contact
    talk.contacts.insert(
        0, participants.reach(talk.session, talk.participant.id, ContactKind.SMS, address, now=talk.now)
    )
    talk.contact.joined_at = talk.contact.last_heard_at = talk.now
    talk.contact.transport, talk.contact.receiver = heard.transport, heard.receiver
    if talk.round is not None:
        talk.member = talks.member_of(talk.session, talk.participant, talk.round)
        talk.script = scripts.of_member(talk.session, talk.member, talk.round)
        turn.came_to(talk, "joined_at")
    turn.command(talk)
    _welcome(talk)


def _come_back(talk: Talk) -> None:
    for contact in talk.contacts:
        # A STOP is read before what came earlier, and still holds then.
        if contact.stopped_at is not None and contact.stopped_at <= talk.record.received_at:
            contact.stopped_at = None
            talk.session.add(contact)
    talk.contact.joined_at = talk.contact.joined_at or talk.now
    if not talk.stranger:
        turn.came_to(talk, "joined_at")


def _welcome(talk: Talk) -> None:
    words = talk.say(replies.WELCOME, alias=talk.participant.alias)
    if talk.round is None:
        turn.reply(talk, f"{words} {talk.say(replies.NO_LIST)}", cause="welcome:")
    elif len(talk.round.languages) > 1:
        choices = replies.languages_by_number(talk.round.languages)
        turn.reply(talk, talk.script.leaving(words, f"{words} {choices}"), cause="welcome:")
        turn.remember_asking(talk, Asked.LANGUAGE)
    else:
        turn.reply(talk, words, cause="welcome:")
        turn.ask_next(talk)


# What can be asked of us


def _list(talk: Talk, understood: Understood) -> None:
    turn.command(talk)
    if talk.round is None:
        turn.reply(talk, talk.say(replies.NO_LIST))
        return
    ground = talk.ground
    asked = [question.clause_id for question in talk.script.questions if question.clause_id]
    order = dict.fromkeys([*asked, *ground.code_of])
    turn.reply(
        talk,
        replies.listed(
            talk.language,
            [f"{ground.code_of[id_]} {ground.headings[id_]}" for id_ in order if id_ in ground.code_of],
        ),
    )


def _listen(talk: Talk, understood: Understood) -> None:
    turn.command(talk)
    turn.reply(talk, talk.say(replies.NO_CALL))


def _receipt(talk: Talk, understood: Understood) -> None:
    """Say what became of a comment, never what it said; the reason only where it was spoken from."""
    turn.command(talk)
    code = understood.value or ""
    comment = talk.session.exec(select(CommentRow).where(CommentRow.receipt == code)).first()
    if comment is None:
        turn.reply(talk, talk.say(replies.UNKNOWN_RECEIPT, receipt=code))
        return
    outcome = talk.session.get_one(StandingRow, comment.id).outcome
    told = answers.newest(talk.session, comment.id)
    if outcome is None or told is None:
        turn.reply(talk, talk.say(replies.UNDECIDED, receipt=code))
        return
    theirs = comment.participant_id in {contact.participant_id for contact in talk.contacts}
    facts = {
        "receipt": code,
        "outcome": talk.say(answers.OUTCOMES[DispositionOutcome(outcome)]),
        "answer": told.words if theirs else "",
    }
    turn.reply(talk, talk.say(replies.DECIDED, **facts).strip())


# What people tell us


def _answer(talk: Talk, understood: Understood) -> None:
    {
        Asked.LANGUAGE: _language,
        Asked.ABILITY: _ability,
        Asked.SATISFIED: _satisfied,
        Asked.RESULT: _result,
    }[talk.asked or Asked.ABILITY](talk, understood)


def _language(talk: Talk, understood: Understood) -> None:
    assert talk.round is not None
    talk.participant.language = talk.round.languages[int(understood.value or "1") - 1]
    talk.session.add(talk.participant)
    turn.came_to(talk, "language_at")
    if understood.words:
        turn.receive(talk, turn.comment(talk, understood.words))
    else:
        turn.command(talk)
    turn.ask_next(talk)


def _ability(talk: Talk, understood: Understood) -> None:
    """Keep the answer as a comment on the clause; a bare digit is asked why, once."""
    clause_id = talk.contact.last_asked_clause_id
    answered_before = turn.has_answered(talk, clause_id)
    turn.note_answer(talk, clause_id)
    receipt = turn.comment(
        talk,
        understood.words,
        asked=clause_id,
        ability=ABILITIES[understood.value or ""],
        ties=turn.asked_tie(clause_id),
    )
    if understood.words or answered_before:
        turn.receive(talk, receipt)
        turn.ask_next(talk)
    else:
        turn.reply(talk, talk.say(replies.NOTED, receipt=receipt), kind=MessageKind.RECEIPT)
        pieces.remember(talk, None)


def _result(talk: Talk, understood: Understood) -> None:
    """They wish to hear the result: let it go. Whether it satisfies is what stands open from then on."""
    assert talk.doubted is not None
    talk.answer = talks.held_back(talk.session, talk.doubted)
    doubts.tell(talk.session, talk.doubted)
    talk.contact.last_asked, talk.contact.last_asked_at = None, None
    if understood.words and talk.answer is not None:
        turn.receive(talk, turn.comment_on_answer(talk, understood.words))
    else:
        turn.command(talk)


def _satisfied(talk: Talk, understood: Understood) -> None:
    assert talk.answer is not None
    satisfied = understood.value == "1"
    answers.note_satisfaction(talk.session, talk.answer, satisfied, now=talk.now)
    if understood.words:
        turn.receive(talk, turn.comment_on_answer(talk, understood.words))
        return
    turn.command(talk)
    turn.reply(talk, talk.say(replies.SATISFIED if satisfied else replies.NOT_SATISFIED))


def _clause(talk: Talk, understood: Understood) -> None:
    """A comment on the clause they named; a clause named without words is asked about."""
    ground = talk.ground
    clause_id = ground.clauses[understood.value or ""]
    if understood.words:
        ties = (Tie(clause_id, LinkKind.EXPLICIT),)
        turn.receive(talk, turn.comment(talk, understood.words, ties=ties))
        return
    turn.command(talk)
    clause = " ".join(part for part in (_number(understood.value), ground.headings[clause_id]) if part)
    turn.reply(talk, talk.say(replies.ABOUT, code=ground.code_of[clause_id], clause=clause))
    turn.remember_asking(talk, Asked.ABILITY, clause_id)


def _free(talk: Talk, understood: Understood) -> None:
    """Words on what we asked last, or more of what they have just said."""
    comment = pieces.begun(talk)
    if comment is not None:
        pieces.go_on(talk, comment, understood.words)
    elif talk.asked is Asked.SATISFIED:
        turn.receive(talk, turn.comment_on_answer(talk, understood.words))
    elif talk.asked is Asked.ABILITY:
        clause_id = talk.contact.last_asked_clause_id
        turn.note_answer(talk, clause_id)
        turn.receive(
            talk, turn.comment(talk, understood.words, asked=clause_id, ties=turn.asked_tie(clause_id))
        )
        turn.ask_next(talk)
    else:
        _unplaced(talk, understood)


def _unplaced(talk: Talk, understood: Understood) -> None:
    """Keep what fits nowhere; a person places it."""
    if not understood.words:
        picture = talk.heard.media > 0
        turn.set_aside(talk, "a picture without words" if picture else "no words")
        if picture:
            turn.reply(talk, talk.say(replies.NO_PICTURES))
        return
    if talk.round is None:
        turn.set_aside(talk, "no consultation was open")
        turn.reply(talk, talk.say(replies.NOTHING_OPEN))
        return
    comment = None if understood.names_unknown else pieces.begun(talk)
    if comment is not None:
        pieces.go_on(talk, comment, understood.words)
        return
    receipt = turn.comment(talk, understood.words)
    unplaced = talk.say(replies.UNPLACED, receipt=receipt)
    turn.reply(talk, unplaced, kind=MessageKind.RECEIPT, cause="unplaced:")


ACTS: dict[Act, Callable[[Talk, Understood], None]] = {
    Act.STOP: _stop,
    Act.START: _start,
    Act.HELP: _help,
    Act.JOIN: _join,
    Act.NEW: _new,
    Act.LIST: _list,
    Act.LISTEN: _listen,
    Act.RECEIPT: _receipt,
    Act.ANSWER: _answer,
    Act.CLAUSE: _clause,
    Act.COMMENT: _free,
    Act.UNPLACED: _unplaced,
}
# Words that may go on with what was said just before; anything else ends a thought.
GOES_ON = frozenset({Act.COMMENT, Act.UNPLACED})


def _number(value: str | None) -> str:
    """A clause's number; nothing where its id stands in for one."""
    return "" if value is None or len(value) > 30 else value
