"""Shared and recycled telephones: an outcome is told only to somebody who asks for it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from consult import db, dispositions, participants
from consult.channels import talks
from consult.outgoing import doubts, sending
from consult.tables.comments import Ability, CommentRow
from consult.tables.decisions import AnswerRow, DispositionOutcome
from consult.tables.messages import Hold, MessageKind, MessageRow, MessageState
from consult.tables.participants import ContactPointRow, ParticipantRow
from tests import factories
from tests.consult import leaving
from tests.consult.channels.talking import ASHA, Telephone, open_round
from tests.consult.leaving import Provider

ASKS = "Reply 1 to hear the result"


class Line:
    """A telephone and a provider on one clock."""

    def __init__(self, telephone: Telephone, provider: Provider) -> None:
        self.telephone, self.provider = telephone, provider

    def says(self, *texts: str, after: float = 60) -> list[str]:
        """Text these, one after the other. Returns what the telephone gets meanwhile."""
        before = len(self.provider.sent)
        for text in texts:
            self.telephone.text(text, after=after)
            self.hears()
        return self.provider.words[before:]

    def hears(self, *, after: timedelta = timedelta()) -> list[str]:
        """What the telephone gets after so long."""
        before = len(self.provider.sent)
        self.telephone.now += after
        for _ in range(4):
            self.telephone.now += timedelta(seconds=1)
            leaving.pumped(self.provider, self.telephone.now)
        return self.provider.words[before:]

    def decides(self, *places: int, answer: str = "The clause stands.") -> None:
        """The committee decides on these comments, oldest first."""
        with db.transaction() as session:
            by = str(factories.a_person(session).id)
            for place in places:
                comment = session.get_one(CommentRow, self.telephone.comments[place].id)
                decision = dispositions.Decision(
                    outcome=DispositionOutcome.NOTED, reason="It stands.", answer=f"{answer} ({place})"
                )
                dispositions.decide(session, comment, decision, by=by, now=self.telephone.now)

    @property
    def outcomes(self) -> list[MessageRow]:
        """The messages that tell outcomes, oldest first."""
        with db.reading() as session:
            return list(
                session.exec(
                    select(MessageRow)
                    .where(MessageRow.kind == MessageKind.ANSWER)
                    .order_by(col(MessageRow.created_at), col(MessageRow.id))
                )
            )


@pytest.fixture
def line(engine: sa.Engine, now: datetime) -> Iterator[Line]:
    with db.transaction() as session:
        open_round(session, now)
    with leaving.connected() as provider:
        yield Line(Telephone(now), provider)


def aliases() -> list[str]:
    """The aliases there are, oldest first."""
    with db.reading() as session:
        return list(session.exec(select(ParticipantRow.alias).order_by(col(ParticipantRow.created_at))))


class TestATelephoneOfOnePerson:
    def test_is_told_at_once(self, line):
        line.says("gold", "1", "12 nobody burns here")
        line.telephone.now += timedelta(days=40)
        line.decides(0)

        (told,) = line.hears()

        assert "The clause stands. (0)" in told

    def test_several_decisions_at_once_are_each_told_once(self, line):
        line.says("gold", "1", "12 nobody burns here", "13 retorts are dear", after=600)
        line.telephone.now += timedelta(days=40)
        line.decides(0, 1)

        assert len(line.hears()) == 2
        assert line.hears() == []


class TestASharedTelephone:
    @pytest.fixture(autouse=True)
    def two_aliases(self, line):
        """A has commented, then B, on the same telephone; the round has closed since."""
        line.says("gold", "1", "12 words of A", "NEW", "1", "12 words of B", after=600)
        line.telephone.now += timedelta(days=40)

    def test_only_whose_it_is_and_that_there_is_something_is_told_first(self, line):
        line.decides(0)

        (asked,) = line.hears()

        assert asked == f"{aliases()[0]}: the committee has answered. Reply 1 to hear the result."
        assert line.hears(after=timedelta(days=3)) == []
        assert line.outcomes[0].held == Hold.UNTIL_ASKED

    def test_a_one_brings_the_result_and_the_next_one_says_that_it_satisfies(self, line):
        line.decides(0)
        line.hears()

        (told,) = line.says("1")
        line.says("1")

        assert "The clause stands. (0)" in told
        with db.reading() as session:
            assert session.exec(select(AnswerRow.satisfied)).one() is True

    def test_words_after_the_one_are_a_late_comment(self, line):
        line.decides(0)
        line.hears()

        line.says("1 we have waited since May")

        comment = line.telephone.comments[-1]
        assert (comment.text, comment.late) == ("we have waited since May", True)

    def test_anything_else_brings_no_result(self, line):
        line.decides(0)
        line.hears()

        heard = line.says("what is this", "2", "LIST")

        assert not any("The clause stands" in words for words in heard)
        assert line.outcomes[0].held == Hold.UNTIL_ASKED

    def test_where_both_wait_each_one_brings_the_result_of_whom_we_asked_about_last(self, line):
        line.decides(0, 1)
        asked = line.hears()
        assert [words[:7] for words in asked] == [alias[:7] for alias in aliases()]

        first = line.says("1")
        satisfied = line.says("1")
        second = line.says("1")

        assert ["(1)" in words for words in first] == [True]
        assert "good to know" in satisfied[0]
        assert ["(0)" in words for words in second] == [True]

    def test_at_night_nothing_is_asked_but_a_one_is_answered(self, line):
        night = line.telephone.now.replace(hour=20)
        line.telephone.now = night
        line.decides(0)

        assert line.hears() == []
        line.telephone.now = night + timedelta(hours=10)
        assert len(line.hears()) == 1
        line.telephone.now = night + timedelta(days=1)
        assert ["(0)" in words for words in line.says("1")] == [True]

    def test_until_the_question_has_left_a_one_answers_what_was_asked_before(self, line, now):
        with db.transaction() as session:
            open_round(session, line.telephone.now, slug="second", join_words={"en": ("silver",)})
        line.telephone.now = line.telephone.now.replace(hour=20)
        line.says("silver", "1")
        line.decides(0)
        line.hears()

        line.says("1 we can do that")

        assert line.telephone.comments[-1].ability is Ability.CAN
        assert line.outcomes[0].held == Hold.UNTIL_ASKED

    def test_stop_in_between_ends_it(self, line):
        line.decides(0)
        line.hears()
        line.says("STOP")

        heard = line.says("1") + line.hears(after=timedelta(days=1))

        assert heard == []

    def test_nobody_asks_and_after_thirty_days_it_stays_at_the_receipt(self, line):
        line.decides(0)
        line.hears()
        with db.transaction() as session:
            assert doubts.give_up_waiting(session, now=line.telephone.now + timedelta(days=29)) == 0
            assert doubts.give_up_waiting(session, now=line.telephone.now + timedelta(days=31)) == 1

        assert line.outcomes[0].state is MessageState.BLOCKED
        assert line.says("1") != []
        assert not any("The clause stands" in words for words in line.provider.words)
        (status,) = line.says(line.telephone.comments[0].receipt, after=400)
        assert "Noted" in status


class TestANumberThatWasSilent:
    @pytest.fixture(autouse=True)
    def half_a_year(self, line):
        line.says("gold", "1", "12 nobody burns here")
        line.telephone.now += timedelta(days=181)
        line.telephone.now = line.telephone.now.replace(hour=9)

    def test_is_asked_without_topic_or_name(self, line):
        line.decides(0)

        assert line.hears() == ["Baraza: the committee has answered. Reply 1 to hear the result."]

    def test_and_told_when_it_asks(self, line):
        line.decides(0)
        line.hears()

        assert ["(0)" in words for words in line.says("1")] == [True]

    def test_another_answer_comes_from_somebody_new_who_never_hears_it(self, line):
        line.decides(0)
        line.hears()

        line.says("who is this", "1", "gold", "1")

        assert len(aliases()) == 2
        assert not any("The clause stands" in words for words in line.provider.words)

    def test_a_day_less_is_told_at_once(self, line):
        line.telephone.now -= timedelta(days=2)
        line.decides(0)

        assert ["(0)" in words for words in line.hears()] == [True]


def test_two_results_of_one_alias_are_asked_about_once_and_told_together(line):
    line.says("gold", "1", "12 nobody burns here", "13 retorts are dear", "NEW", after=600)
    line.telephone.now += timedelta(days=40)
    line.decides(0, 1)

    asked = line.hears()
    told = line.says("1")

    assert [ASKS in words for words in asked] == [True]
    assert len(told) == 2


def test_a_later_result_is_asked_about_though_nobody_ever_asked_for_the_first(line):
    line.says("gold", "1", "12 nobody burns here", "13 retorts are dear", "NEW", after=600)
    line.telephone.now += timedelta(days=40)
    line.decides(0)
    line.hears()
    line.telephone.now += timedelta(days=31)
    with db.transaction() as session:
        doubts.give_up_waiting(session, now=line.telephone.now)

    line.decides(1)

    assert [ASKS in words for words in line.hears()] == [True]
    assert len(line.says("1")) == 1


def test_a_result_that_was_given_up_is_not_the_one_they_asked_for(line):
    line.says("gold", "1", "12 nobody burns here", "13 retorts are dear", "NEW", after=600)
    line.telephone.now += timedelta(days=40)
    for place in (0, 1):
        line.telephone.now += timedelta(minutes=1)
        line.decides(place)
        line.hears()
    with db.transaction() as session:
        newest = line.outcomes[1]
        sending.give_up(session, newest.id, by=factories.a_person(session).id, now=line.telephone.now)

    with db.reading() as session:
        assert newest.contact_point_id is not None
        answer = talks.held_back(session, session.get_one(ContactPointRow, newest.contact_point_id))

    assert answer is not None
    assert answer.message_id == line.outcomes[0].id


def test_an_erased_alias_makes_no_telephone_shared(line):
    line.says("gold", "1", "12 words of A", "NEW", "1", "12 words of B", after=600)
    with db.transaction() as session:
        first = session.exec(select(ContactPointRow).order_by(col(ContactPointRow.created_at))).first()
        participants.forget_address(session, first, now=line.telephone.now)
    line.telephone.now += timedelta(days=40)
    line.decides(1)

    assert ["(1)" in words for words in line.hears()] == [True]
    assert ASHA in line.provider.numbers


def test_what_is_being_asked_for_at_this_moment_is_not_given_up(line, engine):
    if engine.dialect.name != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    line.says("gold", "1", "12 nobody burns here", "NEW", after=600)
    line.telephone.now += timedelta(days=40)
    line.decides(0)
    line.hears()
    contact_id = line.outcomes[0].contact_point_id

    with db.transaction() as asking:
        told = doubts.tell(asking, asking.get_one(ContactPointRow, contact_id))
        with db.transaction() as giving_up:
            giving_up.execute(sa.text("SET LOCAL lock_timeout = '2s'"))
            given_up = doubts.give_up_waiting(giving_up, now=line.telephone.now + timedelta(days=31))

    assert (told, given_up) == (1, 0)
