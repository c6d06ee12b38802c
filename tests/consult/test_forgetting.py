"""Addresses go thirty days after the answer; words stay."""

from datetime import timedelta

import pytest
from sqlmodel import select

from consult import comments, dispositions, forgetting, intake, messages, participants, rounds
from consult.comments import Said
from consult.links import Tie
from consult.tables.comments import CommentRow
from consult.tables.intake import Channel, RecordRow
from consult.tables.messages import MessageRow, MessageState
from consult.tables.participants import ContactKind
from tests.factories import a_version


@pytest.fixture
def round_(session, now):
    version = a_version(session, status="consultation")
    wanted = rounds.NewRound(slug="r1", title="Round 1", opens_at=now, closes_at=now + timedelta(days=1))
    return rounds.open_round(session, version, wanted, now=now)


@pytest.fixture
def person(session, now):
    return participants.enrol(session, now=now)


@pytest.fixture
def contact(session, person, now):
    return participants.reach(session, person.id, ContactKind.SMS, "+255700000123", now=now)


def a_comment(session, round_, person, now, name="1"):
    recorded = intake.record(session, intake.Arrival(Channel.SMS, "test", name, b"x"), now=now)
    record = session.get_one(RecordRow, recorded.id)
    said = Said(text="too far", ties=(Tie(None),), participant_id=person.id)
    return session.get_one(CommentRow, comments.make(session, round_, record, said, now=now).id)


def answer(session, comment, when, state=MessageState.DELIVERED):
    decision = dispositions.Decision(outcome="noted", reason="Heard.")
    dispositions.decide(session, comment, decision, by="c", now=when)
    for message in session.exec(select(MessageRow)):
        messages.advance(session, message, state, now=when)
    session.flush()


def test_an_address_goes_thirty_days_after_the_answer_and_the_words_stay(
    session, round_, person, contact, now
):
    comment = a_comment(session, round_, person, now)
    answered = now + timedelta(days=2)
    answer(session, comment, answered)

    assert forgetting.forget_answered(session, now=answered + timedelta(days=29)) == 0
    assert forgetting.forget_answered(session, now=answered + timedelta(days=31)) == 1

    session.refresh(contact)
    assert (contact.address, contact.lookup) == (None, None)
    assert participants.look_up(session, ContactKind.SMS, "+255700000123") == []
    assert comment.text == "too far"


def test_someone_still_to_be_answered_is_kept(session, round_, person, contact, now):
    answer(session, a_comment(session, round_, person, now), now + timedelta(days=2))
    a_comment(session, round_, person, now, "2")

    assert forgetting.forget_answered(session, now=now + timedelta(days=90)) == 0


def test_a_message_that_has_not_left_keeps_its_address(session, round_, person, contact, now):
    answer(session, a_comment(session, round_, person, now), now + timedelta(days=2), MessageState.WAITING)

    assert forgetting.forget_answered(session, now=now + timedelta(days=90)) == 0


def test_someone_who_only_joined_is_kept(session, contact, now):
    assert forgetting.forget_answered(session, now=now + timedelta(days=90)) == 0
