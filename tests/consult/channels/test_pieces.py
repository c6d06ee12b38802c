"""Pieces of one thought: what is joined, what stands by itself, and how it is parted again."""

import re
from contextlib import suppress
from datetime import timedelta
from io import BytesIO
from itertools import count, permutations
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from sqlmodel import select

from consult import comments, db, dispositions, intake
from consult.channels import pieces
from consult.sheets.writing import write
from consult.tables.comments import CommentRow, LinkKind, Placement
from consult.tables.conversations import JoiningRow
from consult.tables.decisions import DispositionOutcome
from consult.tables.intake import Outcome, PayloadKeyRow, RecordRow
from consult.tables.rounds import RoundRow
from tests import factories
from tests.consult.channels.talking import BARAKA, faults, placement_of

LONG = ("12 the buyers pay half ", "of the world price and ", "nobody shows us the scale")


@pytest.fixture(autouse=True)
def _round(an_open_round):
    """A round is open."""


@pytest.fixture(autouse=True)
def _sums(telephone):
    """Whatever happened, nothing waits without a reason and both sums hold."""
    yield
    assert faults() == []


def decide(comment: CommentRow, telephone) -> None:
    """The round closes, and the committee decides on a comment."""
    with db.transaction() as session:
        session.exec(select(RoundRow)).one().closes_at = telephone.now
        session.flush()
        person = factories.a_person(session)
        decision = dispositions.Decision(
            outcome=DispositionOutcome.NOTED, reason="It stands.", answer="It stands."
        )
        row = session.get_one(CommentRow, comment.id)
        dispositions.decide(session, row, decision, by=str(person.id), now=telephone.now)


def erase(comment: CommentRow, telephone) -> None:
    """Its author wants a comment erased."""
    with db.transaction() as session:
        row = session.get_one(CommentRow, comment.id)
        comments.erase(session, row, reason="asked", by="", now=telephone.now)


def part(comment: CommentRow, telephone, place: int) -> comments.Made:
    """A person parts the piece at this place from its comment."""
    with db.transaction() as session:
        row = session.get_one(CommentRow, comment.id)
        piece = pieces.pieces_of(session, row)[place]
        by = factories.a_person(session).id
        return pieces.part(session, row, piece.record_id, by=by, now=telephone.now)


def readable_records() -> int:
    """How many payloads can still be opened."""
    with db.reading() as session:
        return len(session.exec(select(PayloadKeyRow)).all())


class TestTextsThatFollow:
    def test_a_text_within_two_minutes_goes_on_with_the_same_comment(self, telephone):
        telephone.text("12 the water is dirty")

        replies = telephone.text("since the washing began", after=119)

        assert telephone.texts == ["the water is dirty\nsince the washing began"]
        assert telephone.outcomes == [Outcome.COMMENT, Outcome.PART]
        assert replies == []

    def test_a_joined_thought_goes_on_from_its_last_text(self, telephone):
        telephone.text("12 the water is dirty")
        telephone.text("since the washing began", after=100)

        telephone.text("and the fish died", after=100)

        assert telephone.texts == ["the water is dirty\nsince the washing began\nand the fish died"]

    def test_after_two_minutes_it_is_a_thought_of_its_own(self, telephone):
        telephone.text("12 the water is dirty")

        telephone.text("since the washing began", after=121)

        assert telephone.texts == ["the water is dirty", "since the washing began"]

    def test_somebody_elses_text_is_theirs(self, telephone):
        telephone.text("12 the water is dirty")

        telephone.text("since the washing began", BARAKA, after=10)

        assert len(telephone.comments) == 2

    def test_a_question_of_ours_between_ends_the_thought(self, telephone):
        telephone.text("gold")
        telephone.text("1")
        telephone.text("3")

        telephone.text("too dear", after=10)

        assert telephone.texts == ["", "too dear"]

    def test_an_answer_of_ours_between_ends_the_thought(self, telephone):
        telephone.text("12 the water is dirty")
        telephone.text("12 the scale is false", after=300)
        decide(telephone.comments[0], telephone)

        telephone.text("I do not agree", after=30)

        assert telephone.texts[1:] == ["the scale is false", "I do not agree"]

    def test_a_piece_that_names_a_clause_is_its_own(self, telephone):
        telephone.text("12 the water is dirty")
        telephone.text("13 no money for that", after=10)
        telephone.text("clause 99 is unfair", after=10)

        assert telephone.texts == ["the water is dirty", "no money for that", "clause 99 is unfair"]

    def test_a_joined_comment_is_exported_as_one(self, telephone):
        telephone.text("12 the water is dirty")
        telephone.text("since the washing began", after=10)

        into = BytesIO()
        with db.reading() as session:
            written = write(session, session.exec(select(RoundRow)).one(), "csv", into)

        assert written == 1
        assert "the water is dirty\nsince the washing began" in into.getvalue().decode("utf-8-sig")

    def test_the_same_text_again_is_two_comments_with_two_receipts(self, telephone):
        first = telephone.text("the water is dirty")
        telephone.text("and the fish died", after=10)

        again = telephone.text("The water is  dirty", after=10)

        assert telephone.texts == ["the water is dirty\nand the fish died", "The water is  dirty"]
        assert all(
            one.receipt in said[0] for one, said in zip(telephone.comments, (first, again), strict=True)
        )

    def test_what_goes_on_with_an_unplaced_comment_leaves_it_unplaced(self, telephone):
        telephone.text("the water is dirty")

        telephone.text("since the washing began", after=10)

        (comment,) = telephone.comments
        assert placement_of(comment) == (Placement.QUEUED, set())

    def test_whoever_writes_on_and_on_begins_a_new_comment(self, telephone):
        for number in range(pieces.MOST_PIECES + 1):
            telephone.text(f"the pit has trouble {'x' * number}", after=5)

        assert len(telephone.comments) == 2

    @pytest.mark.parametrize("happens", [decide, erase])
    def test_what_was_decided_or_erased_is_left_alone(self, telephone, happens):
        telephone.text("12 the water is dirty")
        happens(telephone.comments[0], telephone)
        before = telephone.texts[0]

        telephone.text("since the washing began", after=10)

        assert telephone.texts == [before, "since the washing began"]

    def test_a_clock_that_runs_backwards_joins_nothing_wrongly(self, telephone):
        telephone.text("12 the water is dirty")

        telephone.text("since the washing began", after=-30)

        assert sorted(telephone.texts) == ["since the washing began", "the water is dirty"]

    def test_a_number_broken_between_two_texts_is_hidden(self, telephone):
        telephone.text("call my brother on 0755 12")

        telephone.text("3 456 about the land", after=10)

        (comment,) = telephone.comments
        assert comment.text == "call my brother on [number]\n about the land"
        assert "0755" not in _newest_words(comment)


class TestPartsOfALongText:
    @pytest.mark.parametrize("order", list(permutations(range(3))))
    def test_parts_in_any_order_are_one_text(self, telephone, order):
        said = [telephone.part(LONG[place], place + 1, 3) for place in order]

        (comment,) = telephone.comments
        assert comment.text == "".join(LONG).removeprefix("12 ")
        assert placement_of(comment)[1] == {(_clause("2.1"), LinkKind.EXPLICIT)}
        assert sorted(telephone.outcomes) == [Outcome.COMMENT, Outcome.PART, Outcome.PART]
        assert [len(replies) for replies in said] == [0, 0, 1]

    def test_what_is_missing_is_waited_for_a_minute_only(self, telephone):
        telephone.part(LONG[0], 1, 2)
        assert telephone.texts == []

        telephone.read(after=61)

        assert telephone.texts == ["the buyers pay half"]

    @pytest.mark.parametrize("late", [0, 1, 2])
    def test_a_late_part_finds_its_place(self, telephone, late):
        for place in {0, 1, 2} - {late}:
            telephone.part(LONG[place], place + 1, 3)
        telephone.read(after=61)
        telephone.read(after=600)

        telephone.part(LONG[late], late + 1, 3)

        (comment,) = telephone.comments
        assert comment.text.removeprefix("12 ") == "".join(LONG).removeprefix("12 ")
        assert sorted(telephone.outcomes) == [Outcome.COMMENT, Outcome.PART, Outcome.PART]

    def test_the_first_of_two_parts_finds_its_place_before_the_other(self, telephone):
        telephone.part("is red since May", 2, 2)
        telephone.read(after=61)

        telephone.part("the river ", 1, 2, after=600)

        assert telephone.texts == ["the river is red since May"]

    def test_a_part_that_comes_twice_is_set_aside(self, telephone):
        telephone.part(LONG[0], 1, 2)
        telephone.part(LONG[0], 1, 2)
        telephone.part(LONG[1], 2, 2)
        telephone.part(LONG[1], 2, 2)

        assert telephone.texts == ["the buyers pay half of the world price and"]
        assert sorted(telephone.outcomes) == ["comment", "part", "set-aside", "set-aside"]

    def test_two_long_texts_at_once_are_kept_apart(self, telephone):
        telephone.part("12 the river ", 1, 2, reference="5")
        telephone.part("13 the retort ", 1, 2, reference="6")
        telephone.part("is red", 2, 2, reference="5")
        telephone.part("is dear", 2, 2, reference="6")

        assert sorted(telephone.texts) == ["the retort is dear", "the river is red"]

    def test_two_telephones_may_use_one_reference(self, telephone):
        telephone.part("12 the river ", 1, 2)
        telephone.part("13 the retort ", 1, 2, sender=BARAKA)
        telephone.part("is red", 2, 2)
        telephone.part("is dear", 2, 2, sender=BARAKA)

        assert sorted(telephone.texts) == ["the retort is dear", "the river is red"]

    @pytest.mark.parametrize("after", [600, 4 * 86_400])
    def test_a_reference_used_again_is_another_text(self, telephone, after):
        telephone.part("12 the river ", 1, 2)
        telephone.part("is red", 2, 2)

        telephone.part("12 the school ", 1, 2, after=after)
        telephone.part("is far", 2, 2)

        assert telephone.texts == ["the river is red", "the school is far"]

    def test_a_reference_of_an_unfinished_text_is_free_again_after_a_day(self, telephone):
        telephone.part("12 the river ", 1, 2)
        telephone.read(after=61)

        telephone.part("is far", 2, 2, after=2 * 86_400)
        telephone.part("12 the school ", 1, 2)

        assert telephone.texts == ["the river", "the school is far"]

    def test_a_command_that_came_in_parts_is_done(self, telephone):
        telephone.part("ST", 1, 2)

        (confirmed,) = telephone.part("OP", 2, 2)

        assert "will not text you again" in confirmed
        assert telephone.outcomes == [Outcome.COMMAND, Outcome.COMMAND]

    def test_parts_that_nobody_asked_for_share_the_fate_of_the_whole(self, telephone, now):
        telephone.now = now + timedelta(days=60)

        telephone.part("the river ", 1, 2)
        telephone.part("is red", 2, 2)

        assert telephone.outcomes == [Outcome.SET_ASIDE, Outcome.SET_ASIDE]

    def test_a_long_text_goes_on_with_what_was_said_before(self, telephone):
        telephone.text("12 the water is dirty")
        telephone.part("and the fish ", 1, 3)
        telephone.part(" all of them", 3, 3)
        telephone.read(after=61)

        telephone.part("died,", 2, 3)

        (comment,) = telephone.comments
        assert comment.text == "the water is dirty\nand the fish died, all of them"

    @pytest.mark.parametrize("happens", [decide, erase])
    def test_a_late_part_of_what_was_decided_or_erased_is_a_comment_with_a_receipt(self, telephone, happens):
        telephone.part(LONG[0], 1, 2)
        telephone.read(after=61)
        happens(telephone.comments[0], telephone)
        before = telephone.texts[0]

        (receipt,) = telephone.part(LONG[1], 2, 2, after=60)

        first, second = telephone.comments
        assert (first.text, second.text) == (before, LONG[1])
        assert second.receipt in receipt

    def test_a_number_broken_between_two_parts_is_hidden(self, telephone):
        telephone.part("12 call +255700", 1, 2)
        telephone.part("000001 now", 2, 2)

        (comment,) = telephone.comments
        assert comment.text == "call [number] now"
        assert "000001" not in _newest_words(comment)

    def test_erasing_forgets_every_part(self, telephone):
        for place, words in enumerate(LONG, start=1):
            telephone.part(words, place, 3)
        telephone.part(LONG[0], 1, 3)

        erase(telephone.comments[0], telephone)

        assert readable_records() == 0
        assert set(_all_words()) == {""}


class TestParting:
    @pytest.fixture
    def joined(self, telephone):
        """Three texts in one comment on 2.1."""
        telephone.text("12 the water is dirty")
        telephone.text("the school has no roof", after=10)
        telephone.text("and the fish died", after=10)
        (comment,) = telephone.comments
        return comment

    def test_what_is_parted_is_a_comment_of_its_own_tied_as_the_whole_is(self, telephone, joined):
        made = part(joined, telephone, 1)

        whole, parted = telephone.comments
        assert whole.text == "the water is dirty\nand the fish died"
        assert (parted.id, parted.text) == (made.id, "the school has no roof")
        assert placement_of(parted)[1] == placement_of(whole)[1]
        assert sorted(telephone.outcomes) == [Outcome.COMMENT, Outcome.COMMENT, Outcome.PART]

    def test_what_stands_by_itself_cannot_be_parted(self, telephone, joined):
        with pytest.raises(pieces.NotJoined):
            part(joined, telephone, 0)

        part(joined, telephone, 1)
        with db.transaction() as session, pytest.raises(pieces.NotJoined):
            pieces.part(
                session, session.get_one(CommentRow, joined.id), uuid4(), by=uuid4(), now=telephone.now
            )

    def test_what_was_erased_cannot_be_parted(self, telephone, joined):
        with db.reading() as session:
            record = pieces.pieces_of(session, joined)[1].record_id
        erase(joined, telephone)

        with db.transaction() as session, pytest.raises(pieces.NotJoined):
            pieces.part(
                session, session.get_one(CommentRow, joined.id), record, by=uuid4(), now=telephone.now
            )

    def test_after_parting_the_next_text_still_finds_its_place(self, telephone, joined):
        part(joined, telephone, 1)

        telephone.text("it smells", after=10)

        assert telephone.texts[0] == "the water is dirty\nand the fish died\nit smells"

    def test_erasing_the_parted_piece_takes_its_words_out_of_the_others_history(self, telephone, joined):
        part(joined, telephone, 1)

        erase(telephone.comments[1], telephone)

        assert telephone.texts == ["the water is dirty\nand the fish died", ""]
        assert not [words for words in _all_words() if "school" in words]
        assert readable_records() == 2

    def test_erasing_the_whole_leaves_the_parted_piece(self, telephone, joined):
        part(joined, telephone, 1)

        erase(joined, telephone)

        assert telephone.texts == ["", "the school has no roof"]
        assert readable_records() == 1

    def test_the_database_lets_no_words_of_a_comment_change_but_by_joining(self, telephone, joined):
        with pytest.raises(sa.exc.DBAPIError), db.transaction() as session:
            session.execute(sa.update(CommentRow).values(text="something else"))

        with pytest.raises(sa.exc.DBAPIError), db.transaction() as session:
            session.execute(sa.update(JoiningRow).values(words="something else"))


class TestWhateverHappens:
    def test_no_word_is_lost_and_none_is_kept_twice(self, telephone):
        """Texts, parts in any order, pauses, partings and erasures, as they come."""
        numbers = count(1)

        class Talking(RuleBasedStateMachine):
            def __init__(self) -> None:
                super().__init__()
                telephone.now += timedelta(minutes=10)
                self.number = next(numbers)
                self.sender = f"+25570001{self.number:04d}"
                self.serial, self.reference = count(1), count(1)
                self.expected: set[str] = set()
                self.parts: list[tuple[str, int, int, str]] = []

            def word(self) -> str:
                word = f"w{self.number}x{next(self.serial)}y"
                self.expected.add(word)
                return word

            @rule(apart=st.sampled_from([1, 30, 119, 121]), clause=st.sampled_from(["", "12 ", "13: "]))
            def text(self, apart: int, clause: str) -> None:
                telephone.text(f"{clause}{self.word()}", self.sender, after=apart)

            @rule(size=st.integers(2, 3))
            def begin_a_long_text(self, size: int) -> None:
                reference = f"r{next(self.reference)}"
                self.parts += [(f"{self.word()} ", place, size, reference) for place in range(1, size + 1)]

            @precondition(lambda self: self.parts)
            @rule(which=st.integers(0, 8), apart=st.sampled_from([1, 30, 90]), twice=st.booleans())
            def a_part_comes(self, which: int, apart: int, twice: bool) -> None:
                words, place, size, reference = self.parts.pop(which % len(self.parts))
                for _ in range(1 + twice):
                    telephone.part(words, place, size, reference=reference, sender=self.sender, after=apart)

            @rule()
            def a_while_passes(self) -> None:
                telephone.read(after=61)

            @rule()
            def they_ask_for_the_list(self) -> None:
                telephone.text("LIST", self.sender, after=5)

            @precondition(lambda self: self.comments())
            @rule(which=st.integers(0, 8), place=st.integers(1, 3))
            def a_piece_is_parted(self, which: int, place: int) -> None:
                comment = self.comments()[which % len(self.comments())]
                with suppress(pieces.NotJoined, IndexError):
                    part(comment, telephone, place)

            @precondition(lambda self: self.comments())
            @rule(which=st.integers(0, 8))
            def a_comment_is_erased(self, which: int) -> None:
                comment = self.comments()[which % len(self.comments())]
                self.expected -= set(re.findall(r"w\d+x\d+y", comment.text))
                erase(comment, telephone)

            def comments(self) -> list[CommentRow]:
                return [one for one in telephone.comments if f"w{self.number}x" in one.text]

            def teardown(self) -> None:
                while self.parts:
                    self.a_part_comes(0, 1, False)
                telephone.read(after=61)
                telephone.read(after=61)
                kept = [word for one in self.comments() for word in re.findall(r"w\d+x\d+y", one.text)]
                assert sorted(kept) == sorted(self.expected)
                assert not [words for words in _all_words() if self._is_forgotten(words)]
                with db.reading() as session:
                    assert intake.waiting(session) == []

            def _is_forgotten(self, words: str) -> bool:
                return bool(set(re.findall(rf"w{self.number}x\d+y", words)) - self.expected)

        run_state_machine_as_test(
            Talking,
            settings=settings(
                max_examples=25,
                stateful_step_count=14,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                # What happened before stays in the database, so a failure is not made smaller.
                phases=(Phase.generate,),
            ),
        )


def _clause(number: str):
    with db.reading() as session:
        return factories.clause_numbered(session, session.exec(select(factories.VersionRow)).one(), number)


def _newest_words(comment: CommentRow) -> str:
    with db.reading() as session:
        return " ".join(piece.words for piece in pieces.pieces_of(session, comment))


def _all_words() -> list[str]:
    """Every word that the history of joined comments holds."""
    with db.reading() as session:
        return [words for row in session.exec(select(JoiningRow)) for words in (row.words, row.text)]


def test_every_record_was_opened(telephone):
    """Nothing in these tests depends on a record nobody reads."""
    telephone.text("12 the water is dirty")

    with db.reading() as session:
        assert all(intake.outcome_of(session, row.id) for row in session.exec(select(RecordRow)))
