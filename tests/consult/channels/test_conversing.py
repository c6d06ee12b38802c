"""Conversations by text message: what each text does, and what its sender hears."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import cycle
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select

from consult import db, dispositions, intake, rounds
from consult.channels import loops, segments, sms, transports
from consult.tables.comments import Ability, CommentRow, LinkKind, Placement
from consult.tables.decisions import AnswerRow, DispositionOutcome
from consult.tables.intake import Outcome, RecordRow
from consult.tables.participants import ContactPointRow, ParticipantRow
from tests import factories
from tests.consult.channels.talking import ASHA, open_round, placement_of


def _follow_it(now):
    """Close the round on gold and open one on silver."""
    with db.transaction() as session:
        rounds.close(session, rounds.round_called(session, "gold-2026"), now=now)
        version = factories.a_version(
            session, factories.a_standard(session, slug="silver"), status="consultation"
        )
        wanted = rounds.NewRound(
            slug="silver-2026",
            title="Silver",
            join_words={"en": ("silver",)},
            opens_at=now - timedelta(days=1),
            closes_at=now + timedelta(days=30),
        )
        rounds.open_round(session, version, wanted, now=now)


class TestWhenARoundHasClosed:
    def test_its_people_answer_no_question_of_another_one(self, telephone, an_open_round):
        telephone.text("Gold")
        telephone.text("1")
        _follow_it(telephone.now)

        replies = [telephone.text("10 too far to walk"), telephone.text("11 and too dear", after=600)]

        assert [comment.text for comment in telephone.comments] == ["10 too far to walk", "11 and too dear"]
        for comment, (reply,) in zip(telephone.comments, replies, strict=True):
            assert placement_of(comment) == (Placement.QUEUED, set())
            assert comment.receipt in reply

    def test_whoever_joins_the_other_one_takes_part_in_it(self, telephone, an_open_round):
        telephone.text("Gold")
        _follow_it(telephone.now)

        telephone.text("Silver")
        telephone.text("10 too far to walk")

        (comment,) = telephone.comments
        assert comment.text == "too far to walk"


class TestJoining:
    def test_the_welcome_says_the_alias_what_is_kept_private_how_to_stop_and_the_languages(
        self, telephone, an_open_round
    ):
        (welcome,) = telephone.text("Gold")

        with db.reading() as session:
            alias = session.exec(select(ParticipantRow.alias)).one()
        assert alias in welcome
        assert "not published" in welcome
        assert "STOP" in welcome
        assert "1 English 2 Kiswahili" in welcome
        assert segments.count(welcome).segments == 1
        assert telephone.outcomes == [Outcome.COMMAND]

    def test_choosing_a_language_brings_the_first_question_in_it(self, telephone, an_open_round):
        telephone.text("gold")

        (question,) = telephone.text("2")

        assert "Retort moja kwa watu 40" in question

    def test_a_join_word_of_one_language_is_answered_in_it(self, telephone, an_open_round):
        telephone.text("Dhahabu")

        with db.reading() as session:
            assert session.exec(select(ParticipantRow.language)).one() == "sw"

    def test_a_round_in_one_language_asks_at_once(self, telephone, now):
        with db.transaction() as session:
            open_round(session, now, languages=("en",))

        _, question = telephone.text("gold")

        assert "One retort for 40 people" in question

    def test_new_gives_another_alias_on_the_same_number(self, telephone, an_open_round):
        telephone.text("gold")

        telephone.text("NEW")

        telephone.text("12 we have no water")
        with db.reading() as session:
            assert len(session.exec(select(ParticipantRow)).all()) == 2
            newest = session.exec(
                select(ParticipantRow.id).order_by(ParticipantRow.created_at.desc())
            ).first()
        assert telephone.comments[0].participant_id == newest


class TestAnswering:
    @pytest.fixture(autouse=True)
    def asked(self, telephone, an_open_round):
        telephone.text("gold")
        telephone.text("1")
        self.clauses = an_open_round

    def test_an_answer_with_words_is_a_comment_with_ability_on_the_asked_clause(self, telephone):
        (receipt,) = telephone.text("3 one for 40 is too few, we wait until night")

        (comment,) = telephone.comments
        assert comment.ability is Ability.CANNOT
        assert comment.text == "one for 40 is too few, we wait until night"
        assert comment.asked_clause_id == self.clauses["2.2"]
        assert placement_of(comment) == (Placement.LINKED, {(self.clauses["2.2"], LinkKind.ASKED)})
        assert comment.receipt in receipt

    def test_a_bare_digit_is_kept_and_asked_why(self, telephone):
        (receipt,) = telephone.text("2")

        (comment,) = telephone.comments
        assert (comment.ability, comment.text) == (Ability.WITH_HELP, "")
        assert "Why" in receipt

    def test_the_words_after_a_bare_digit_are_on_the_same_clause(self, telephone):
        telephone.text("3")

        telephone.text("it costs more than we earn")

        assert [one.asked_clause_id for one in telephone.comments] == [self.clauses["2.2"]] * 2

    def test_a_clause_named_by_code_or_number_is_linked_whatever_was_asked(self, telephone):
        telephone.text("12 nobody here burns in the open")
        telephone.text("clause 2.1 nobody here burns in the open")

        expected = (Placement.LINKED, {(self.clauses["2.1"], LinkKind.EXPLICIT)})
        assert [placement_of(one) for one in telephone.comments] == [expected, expected]

    def test_a_code_alone_asks_about_that_clause(self, telephone):
        (question,) = telephone.text("12")
        telephone.text("3 too dear")

        assert "2.1 No open burning" in question
        assert telephone.comments[0].asked_clause_id == self.clauses["2.1"]


class TestComingAndGoing:
    def test_stop_is_confirmed_exactly_once_and_nothing_follows_it(self, telephone, an_open_round):
        telephone.text("gold")

        said = [telephone.text(words) for words in ("STOP", "stop", "12 still a comment", "HELP")]

        assert [len(replies) for replies in said] == [1, 0, 0, 0]
        assert "will not text you again" in said[0][0]
        assert telephone.comments[0].text == "still a comment"

    def test_stop_that_the_provider_answered_is_recorded_and_not_answered(self, telephone, an_open_round):
        replies = telephone.text("arrêt", OptOutType="STOP")

        with db.reading() as session:
            assert session.exec(select(ContactPointRow.stopped_at)).one() is not None
        assert replies == []

    def test_start_comes_back(self, telephone, an_open_round):
        telephone.text("gold")
        telephone.text("acha")

        (welcome,) = telephone.text("START")

        assert "Welcome back" in welcome
        assert len(telephone.text("HELP")) == 1

    def test_stop_from_one_alias_stops_the_whole_telephone(self, telephone, an_open_round):
        telephone.text("gold")
        telephone.text("NEW")

        telephone.text("STOP")

        with db.reading() as session:
            assert all(session.exec(select(ContactPointRow.stopped_at)).all())


class TestAsking:
    def test_list_names_clauses_with_their_codes_those_asked_about_first(self, telephone, an_open_round):
        (listed,) = telephone.text("LIST")

        assert listed.index("13 Retorts") < listed.index("12 No open burning")

    def test_help_and_listen_are_answered(self, telephone, an_open_round):
        assert "clause code" in telephone.text("help")[0]
        assert "cannot call" in telephone.text("LISTEN")[0]

    def test_a_receipt_tells_the_status_without_the_words(self, telephone, an_open_round):
        telephone.text("12 my secret worry")
        receipt = telephone.comments[0].receipt

        (status,) = telephone.text(receipt.lower().replace("-", " "))

        assert receipt in status
        assert "not decided" in status
        assert "worry" not in status

    def test_everything_asked_is_a_command(self, telephone, an_open_round):
        for words in ("LIST", "HELP", "LISTEN", "STOP"):
            telephone.text(words)

        assert telephone.outcomes == [Outcome.COMMAND] * 4


class TestTheOutcome:
    @pytest.fixture
    def answered(self, telephone, an_open_round, now):
        """A comment that was decided and answered once the round had closed."""
        telephone.text("12 nobody burns here")
        (comment,) = telephone.comments
        telephone.now = now + timedelta(days=40)
        with db.transaction() as session:
            person = factories.a_person(session)
            row = session.get_one(CommentRow, comment.id)
            decision = dispositions.Decision(
                outcome=DispositionOutcome.NOTED, reason="It stands.", answer="The clause stands."
            )
            dispositions.decide(session, row, decision, by=str(person.id), now=telephone.now)
        return comment

    def test_one_or_two_is_recorded_as_satisfied_or_not(self, telephone, answered):
        telephone.text("2")

        with db.reading() as session:
            assert session.exec(select(AnswerRow.satisfied)).one() is False
        assert telephone.outcomes[-1] is Outcome.COMMAND

    def test_words_after_the_answer_are_a_late_comment(self, telephone, answered):
        telephone.text("that does not help us")

        assert telephone.comments[-1].late
        assert telephone.comments[-1].text == "that does not help us"


class TestWhatFitsNowhere:
    def test_free_words_with_nothing_asked_are_queued_and_receipted(self, telephone, an_open_round):
        (receipt,) = telephone.text("the price is not told to us")

        (comment,) = telephone.comments
        assert placement_of(comment) == (Placement.QUEUED, set())
        assert comment.receipt in receipt

    def test_without_an_open_round_words_are_set_aside_and_kindly_answered(self, telephone):
        (reply,) = telephone.text("the price is not told to us")

        assert telephone.outcomes == [Outcome.SET_ASIDE]
        assert "kept" in reply

    @pytest.mark.parametrize(
        "words", ["", "   ", "😀" * 3, "x" * 1600, "\0", "a\0b", "الزئبق", "\u202e", "%s %(x)s {y}"]
    )
    @pytest.mark.parametrize("sender", [ASHA, "VODACOM", "15555", "", "+1"])
    def test_any_text_from_anywhere_ends_with_one_outcome(self, telephone, an_open_round, words, sender):
        telephone.text(words, sender)

        assert len(telephone.outcomes) == 1

    def test_a_picture_without_words_is_answered_kindly(self, telephone, an_open_round):
        (reply,) = telephone.text("", NumMedia="1")

        assert "pictures" in reply
        assert telephone.outcomes == [Outcome.SET_ASIDE]


class TestRobots:
    def test_the_fourth_reply_to_the_same_text_within_five_minutes_is_silence(self, telephone, an_open_round):
        said = [telephone.text("I am out of office", after=5) for _ in range(6)]

        assert [len(replies) for replies in said] == [1, 1, 1, 0, 0, 0]
        assert len(telephone.comments) == 6

    def test_after_a_while_the_same_text_is_answered_again(self, telephone, an_open_round):
        for _ in range(4):
            telephone.text("I am out of office", after=5)

        assert len(telephone.text("I am out of office", after=600)) == 1

    def test_a_slow_robot_is_silenced_within_a_day(self, telephone, an_open_round):
        said = [telephone.text("I am out of office", after=600) for _ in range(12)]

        assert sum(map(len, said)) == loops.SAME_TEXTS_A_DAY

    @pytest.mark.parametrize(
        "begin", ["gold", "LIST", "HELP", "the price is not told to us", "12", "12 dirty"]
    )
    @pytest.mark.parametrize("pause", [1, 150])
    def test_a_robot_that_sends_our_own_text_back_hears_nothing_more(
        self, telephone, an_open_round, begin, pause
    ):
        replies = _talk_to(telephone, begin, lambda ours: ours, pause=pause)

        assert replies <= 3

    @pytest.mark.parametrize("pause", [1, 30])
    def test_an_automatic_answer_that_tells_the_time_is_answered_three_times_at_most(
        self, telephone, an_open_round, pause
    ):
        def away(ours: str) -> str:
            return f"I cannot talk now, it is {telephone.now:%H:%M:%S}. I will call you later."

        assert _talk_to(telephone, "gold", away, pause=pause) <= 3

    def test_two_texts_in_turn_are_soon_answered_no_more(self, telephone, an_open_round):
        turns = cycle(("Thank you for your message.", "We will answer you soon."))

        assert _talk_to(telephone, "gold", lambda ours: next(turns), pause=1) <= 3

    def test_a_robot_that_answers_one_is_soon_answered_no_more(self, telephone, now):
        with db.transaction() as session:
            open_round(session, now)

        assert _talk_to(telephone, "gold", lambda ours: "1", pause=1) <= 3

    def test_coming_and_going_in_turn_is_soon_answered_no_more(self, telephone, an_open_round):
        turns = cycle(("STOP", "START"))

        said = [telephone.text(next(turns), after=1) for _ in range(20)]

        assert sum(map(len, said)) <= 6
        assert said[-1] == said[-2] == []

    def test_somebody_who_answers_one_to_every_question_is_heard(self, telephone, now):
        asked = {number: f"Can you do {number}?" for number in ("1", "2", "2.1", "2.2")}
        with db.transaction() as session:
            open_round(session, now, languages=("en",), asked=asked)

        telephone.text("gold")

        for _ in range(3):
            assert telephone.text("1", after=30)
            assert telephone.text("because it is cheap", after=30)


def _talk_to(telephone, begin: str, robot: Callable[[str], str], *, pause: float) -> int:
    """How many replies a robot gets to what it says, which answers each of ours, up to twenty."""
    ours, replies = telephone.text(begin), 0
    while ours and replies < 20:
        ours = [words for each in ours for words in telephone.text(robot(each), after=pause)]
        replies += len(ours)
    return replies


class TestStopsAmongMany:
    def test_a_stop_is_honoured_while_hundreds_of_texts_wait(self, telephone, an_open_round, monkeypatch):
        monkeypatch.setattr(sms, "stops_at_once", True)
        telephone.text("gold")
        crowd = [f"+2557000{number:05d}" for number in range(100, 500)]
        for sender in crowd:
            telephone.keep("the water is dirty", sender)
        done = threading.Event()
        reader = threading.Thread(target=lambda: sms.read_waiting(gives_way=done.is_set))

        reader.start()
        stopped = telephone.keep("STOP")
        sms.wake(stopped, "STOP")
        while not _has_outcome(stopped):
            time.sleep(0.01)
        done.set()
        reader.join()

        with db.reading() as session:
            assert intake.waiting(session, limit=1)
            assert session.exec(
                select(ContactPointRow.stopped_at).where(col(ContactPointRow.joined_at).is_not(None))
            ).one()

    def test_what_was_sent_before_the_stop_and_is_read_after_it_brings_nobody_back(
        self, telephone, an_open_round
    ):
        telephone.text("gold")
        telephone.keep("START")
        telephone.now += timedelta(seconds=1)
        stopped = telephone.keep("STOP")
        with db.transaction() as session:
            sms.read(session, session.get_one(RecordRow, stopped), now=telephone.now)

        replies = telephone.text("thank you", after=1)

        assert replies == []
        with db.reading() as session:
            assert session.exec(select(ContactPointRow.stopped_at)).one() is not None

    def test_a_start_that_was_sent_after_the_stop_brings_them_back(self, telephone, an_open_round):
        telephone.text("gold")
        telephone.keep("STOP")
        telephone.now += timedelta(seconds=1)

        telephone.text("START", after=30)

        with db.reading() as session:
            assert session.exec(select(ContactPointRow.stopped_at)).one() is None


def _has_outcome(record_id: UUID) -> bool:
    with db.reading() as session:
        return intake.outcome_of(session, record_id) is not None


class TestTheLanguageOfWords:
    def test_words_in_another_language_than_chosen_are_kept_and_noticed(self, telephone, an_open_round):
        telephone.text("gold")
        telephone.text("1")

        telephone.text("3 hatuna maji na zebaki ni ghali sana")

        (comment,) = telephone.comments
        with db.reading() as session:
            assert session.exec(select(ParticipantRow.language)).one() == "en"
        assert comment.language == "sw"

    def test_words_that_tell_no_language_are_in_the_one_they_chose(self, telephone, an_open_round):
        telephone.text("gold")
        telephone.text("2")

        telephone.text("3 12 USD")

        assert telephone.comments[0].language == "sw"

    def test_they_are_answered_in_the_language_they_chose(self, telephone, an_open_round):
        telephone.text("gold")
        telephone.text("2")

        (receipt,) = telephone.text("12 the water is dirty and we have no scale")

        assert "Asante" in receipt


class TestWhoHoldsTheTelephone:
    def test_after_half_a_year_of_silence_somebody_new_speaks(self, telephone, an_open_round, now):
        telephone.text("gold")

        telephone.text("12 the water is dirty", after=181 * 86_400)

        with db.reading() as session:
            assert len(session.exec(select(ParticipantRow)).all()) == 2

    def test_who_left_has_left_whoever_holds_the_telephone(self, telephone, an_open_round):
        telephone.text("gold")
        telephone.text("STOP")

        assert telephone.text("hello", after=181 * 86_400) == []


class TestReading:
    def test_a_record_that_fails_waits_and_does_not_hold_up_the_others(
        self, telephone, an_open_round, monkeypatch
    ):
        heard = transports.READERS["twilio"]

        def breaks(payload: bytes, content_type: str) -> Any:
            if b"poison" in payload:
                raise RuntimeError("broken")
            return heard(payload, content_type)

        monkeypatch.setitem(transports.READERS, "twilio", breaks)
        telephone.keep("poison")
        telephone.text("12 fine")
        assert [one.text for one in telephone.comments] == ["fine"]

        monkeypatch.setitem(transports.READERS, "twilio", heard)
        telephone.now += timedelta(hours=2)
        sms.read_waiting(now=telephone.now, reading=telephone.reading)

        assert len(telephone.comments) == 2

    def test_reading_twice_changes_nothing(self, telephone, an_open_round):
        telephone.text("12 fine")

        again = sms.read_waiting(now=telephone.now, reading=sms.Reading())

        assert (again, len(telephone.comments)) == (0, 1)
