"""Answers: the reason in plain words, once per disposition, by the channel the comment came by.

A comment that came by SMS is answered by SMS, one with an e-mail address by
e-mail; every answer also stands at the receipt. The words of what someone said
are never repeated in a message: a telephone may be shared.
"""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, select

from consult import participants
from consult.channels import replies, scripts, segments
from consult.channels.scripts import Script
from consult.outgoing import messages
from consult.tables.comments import CommentRow
from consult.tables.conversations import MembershipRow
from consult.tables.decisions import AnswerRow, DispositionOutcome, DispositionRow
from consult.tables.messages import MessageKind, Urgency
from consult.tables.participants import ContactKind, ContactPointRow, ParticipantRow
from consult.tables.rounds import RoundRow
from consult.words import N_, speaker, spoken_language

# Marked for translation here, spoken in each commenter's language.
OUTCOMES = {
    DispositionOutcome.ACCEPTED: N_("Accepted"),
    DispositionOutcome.IN_PART: N_("Accepted in part"),
    DispositionOutcome.NOTED: N_("Noted"),
    DispositionOutcome.DECLINED: N_("Declined"),
    DispositionOutcome.OUT_OF_SCOPE: N_("Out of scope"),
    DispositionOutcome.NEXT_REVISION: N_("For the next revision"),
}


def give(session: Session, comment: CommentRow, disposition: DispositionRow, *, now: datetime) -> AnswerRow:
    """Answer a comment; the message leaves by job, and a second call changes nothing."""
    already = session.exec(select(AnswerRow).where(AnswerRow.disposition_id == disposition.id)).first()
    if already is not None:
        return already
    chosen = _chosen_language(session, comment)
    language = spoken_language(chosen)
    contact = participants.contact_of(session, comment.participant_id) if comment.participant_id else None
    reachable = contact if contact is not None and contact.stopped_at is None else None
    row = AnswerRow(
        disposition_id=disposition.id,
        comment_id=comment.id,
        language=language,
        words=disposition.answer,
        channel=reachable.kind.value if reachable else "receipt",
        given_at=now,
    )
    session.add(row)
    session.flush()
    if reachable is not None:
        row.message_id = _send(session, comment, disposition, reachable, chosen, now)
        session.add(row)
    return row


def _chosen_language(session: Session, comment: CommentRow) -> str:
    """What they chose, whatever the comment happens to be written in."""
    participant = session.get(ParticipantRow, comment.participant_id) if comment.participant_id else None
    return (participant.language if participant else "") or comment.language


def _send(
    session: Session,
    comment: CommentRow,
    disposition: DispositionRow,
    contact: ContactPointRow,
    chosen: str,
    now: datetime,
) -> UUID:
    language = spoken_language(chosen)
    speak = speaker(language).gettext
    facts = {
        "receipt": comment.receipt,
        "outcome": speak(OUTCOMES[disposition.outcome]),
        "answer": disposition.answer,
    }
    if contact.kind is ContactKind.SMS:
        subject = ""
        script = _script_of(session, comment)
        words = script.say(chosen if script.speaks(chosen) else language, replies.OUTCOME, **facts)
    else:
        subject = speak("What became of your comment %(receipt)s") % facts
        words = "\n\n".join(
            [
                speak("The committee has decided on your comment %(receipt)s.") % facts,
                f"{facts['outcome']}. {disposition.answer}",
                speak(
                    "With your receipt number and secret word you can read this again "
                    "and say whether it satisfies you."
                ),
            ]
        )
    return messages.write(
        session,
        kind=MessageKind.ANSWER,
        channel=contact.kind.value,
        words=words,
        subject=subject,
        dedupe=f"answer:{disposition.id}",
        language=language,
        contact_point_id=contact.id,
        round_id=comment.round_id,
        segments=segments.count(words).segments if contact.kind is ContactKind.SMS else 0,
        urgency=Urgency.ANSWER,
        now=now,
    ).id


def _script_of(session: Session, comment: CommentRow) -> Script:
    member = (
        session.get(MembershipRow, (comment.participant_id, comment.round_id))
        if comment.participant_id
        else None
    )
    return scripts.of_member(session, member, session.get_one(RoundRow, comment.round_id))


def newest(session: Session, comment_id: UUID) -> AnswerRow | None:
    """The last answer a commenter was given; None while the committee has not decided."""
    return session.exec(
        select(AnswerRow)
        .where(AnswerRow.comment_id == comment_id)
        .order_by(AnswerRow.given_at.desc(), AnswerRow.id.desc())  # type: ignore[attr-defined]
    ).first()


def note_satisfaction(session: Session, answer: AnswerRow, satisfied: bool, *, now: datetime) -> None:
    """Keep whether the commenter was satisfied; the newest reply holds."""
    answer.satisfied, answer.satisfied_at = satisfied, now
    session.add(answer)
