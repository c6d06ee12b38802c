"""What one turn of a conversation keeps and says: a comment, a reply, and the next question."""

from uuid import UUID

from sqlmodel import select

from consult import comments, intake, rounds
from consult.channels import loops, pieces, replies, segments
from consult.channels.scripts import Asking
from consult.channels.talks import Talk
from consult.channels.tongues import written_in
from consult.channels.understanding import Asked
from consult.links import Tie
from consult.outgoing import messages
from consult.tables.comments import Ability, CommentRow, LinkKind
from consult.tables.intake import Outcome
from consult.tables.messages import MessageKind
from consult.tables.participants import ContactKind
from consult.tables.rounds import RoundRow


def came_to(talk: Talk, step: str) -> None:
    """Note that they have come to this step of the round's conversation, the first time they do."""
    if talk.member is not None and getattr(talk.member, step) is None:
        setattr(talk.member, step, talk.now)
        talk.session.add(talk.member)


def note_answer(talk: Talk, clause_id: UUID | None) -> None:
    """Note an answer to our question, before it is kept; the words after a bare digit are no second one."""
    came_to(talk, "answered_at")
    if talk.member is not None and not has_answered(talk, clause_id):
        talk.member.answers += 1


def comment(
    talk: Talk,
    words: str,
    *,
    ties: tuple[Tie, ...] = (),
    asked: UUID | None = None,
    ability: Ability | None = None,
) -> str:
    """Keep a comment in the open round. Returns its receipt."""
    assert talk.round is not None
    said = comments.Said(
        text=words,
        ties=ties,
        language=_language_of(talk, words),
        ability=ability,
        asked_clause_id=asked,
        participant_id=talk.participant.id,
        group_id=talk.participant.group_id,
        region=talk.participant.region,
    )
    return _make(talk, talk.round, said)


def _make(talk: Talk, round_: RoundRow, said: comments.Said) -> str:
    made = comments.make(talk.session, round_, talk.record, said, now=talk.now)
    talk.made = made.id
    if said.text:
        came_to(talk, "worded_at")
        pieces.remember(talk, made.id)
    return made.receipt


def comment_on_answer(talk: Talk, words: str) -> str:
    """Keep what someone says to our answer with the round it was about, late where that has closed."""
    assert talk.answer is not None
    about = talk.session.get_one(CommentRow, talk.answer.comment_id)
    round_ = talk.session.get_one(RoundRow, about.round_id)
    said = comments.Said(
        text=words,
        language=_language_of(talk, words),
        participant_id=talk.participant.id,
        late=not rounds.is_open(round_, talk.now),
    )
    return _make(talk, round_, said)


def _language_of(talk: Talk, words: str) -> str:
    """What someone wrote in, where that is evident, though they chose another; else what they chose."""
    return written_in(words) or talk.participant.language


def asked_tie(clause_id: UUID | None) -> tuple[Tie, ...]:
    """The tie to the clause we asked about."""
    return (Tie(clause_id, LinkKind.ASKED),) if clause_id else ()


def has_answered(talk: Talk, clause_id: UUID | None) -> bool:
    """Whether they have answered about this clause before."""
    return (
        talk.session.exec(
            select(CommentRow.id).where(
                CommentRow.participant_id == talk.participant.id, CommentRow.asked_clause_id == clause_id
            )
        ).first()
        is not None
    )


def receive(talk: Talk, receipt: str) -> None:
    """Say that we have their words, under which receipt."""
    reply(talk, talk.say(replies.RECEIVED, receipt=receipt), kind=MessageKind.RECEIPT)


def ask_next(talk: Talk) -> None:
    """Ask the first question on a clause they have not spoken to; without one, invite free words once."""
    assert talk.round is not None
    talk.session.flush()
    spoken_to = set(
        talk.session.exec(
            select(CommentRow.asked_clause_id).where(
                CommentRow.participant_id == talk.participant.id, CommentRow.round_id == talk.round.id
            )
        )
    )
    for question in talk.script.questions:
        if question.clause_id is None or question.clause_id in spoken_to:
            continue
        reply(talk, _spoken(talk, question), cause="question:")
        remember_asking(talk, Asked.ABILITY, question.clause_id)
        return
    had_asked = talk.contact.last_asked == Asked.ABILITY.value
    remember_asking(talk, None)
    if not had_asked:
        reply(talk, talk.say(replies.FREELY), cause="question:")
        pieces.remember(talk, None)


def _spoken(talk: Talk, question: Asking) -> str:
    """A question in their language, else in the one we speak with them, else in any it has."""
    languages = (talk.participant.language, talk.language)
    words = next(
        filter(None, (*(question.words.get(code) for code in languages), *question.words.values())), ""
    )
    choices = next(filter(None, (question.choices.get(code) for code in languages)), "") or talk.say(
        replies.CHOICES
    )
    code = talk.ground.code_of.get(question.clause_id, "") if question.clause_id else ""
    return talk.script.leaving(
        f"{words} {choices}", f"{code}: {words} {choices}" if code else f"{words} {choices}"
    )


def remember_asking(talk: Talk, asked: Asked | None, clause_id: UUID | None = None) -> None:
    """Note what stands open between us from now on."""
    talk.contact.last_asked = asked.value if asked else None
    talk.contact.last_asked_clause_id = clause_id
    talk.contact.last_asked_at = talk.now if asked else talk.contact.last_asked_at
    talk.session.add(talk.contact)
    if asked:
        pieces.remember(talk, None)


def command(talk: Talk) -> None:
    """Note that the text was a command, with nothing to keep."""
    intake.mark(talk.session, talk.record.id, Outcome.COMMAND, now=talk.now)


def set_aside(talk: Talk, reason: str) -> None:
    """Note that nothing can be made of the text, and why."""
    intake.mark(talk.session, talk.record.id, Outcome.SET_ASIDE, reason=reason, now=talk.now)


def reply(talk: Talk, words: str, *, kind: MessageKind = MessageKind.REPLY, cause: str = "reply:") -> None:
    """Answer, unless they have left or machines are talking to each other."""
    if talk.contact.stopped_at is None and not loops.is_loop(talk, cause):
        write(talk, words, kind=kind, cause=cause)


def write(talk: Talk, words: str, *, kind: MessageKind = MessageKind.REPLY, cause: str) -> None:
    """Write a message to them."""
    messages.write(
        talk.session,
        kind=kind,
        channel=ContactKind.SMS.value,
        words=words,
        dedupe=f"{cause}{talk.record.id}",
        language=talk.language,
        contact_point_id=talk.contact.id,
        round_id=talk.round.id if talk.round else None,
        segments=segments.count(words).segments,
        now=talk.now,
    )
