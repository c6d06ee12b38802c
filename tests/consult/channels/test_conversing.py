"""Conversations by text message: what each text does, and what its sender hears."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import select

from consult import db, dispositions, intake, rounds
from consult.channels import segments, sms, twilio
from consult.tables.comments import Ability, CommentRow, LinkKind, LinkRow, Placement, StandingRow
from consult.tables.decisions import AnswerRow, DispositionOutcome
from consult.tables.intake import Channel, Outcome, RecordOutcomeRow
from consult.tables.messages import MessageRow
from consult.tables.participants import ContactPointRow, ParticipantRow
from tests import factories

ASHA, BARAKA = "+255700000001", "+255700000002"


class Telephone:
    """Texts from fictional numbers, read as they come; the clock moves on by a minute each time."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.reading = sms.Reading()
        self.serial = count(1)

    def text(self, words: str, sender: str = ASHA, *, after: float = 60, **fields: str) -> list[str]:
        """Send a text. Returns what is answered to it."""
        self.now += timedelta(seconds=after)
        with db.reading() as session:
            before = set(session.exec(select(MessageRow.id)))
        self.keep(words, sender, **fields)
        sms.read_waiting(now=self.now, reading=self.reading)
        with db.reading() as session:
            rows = session.exec(select(MessageRow).order_by(MessageRow.created_at, MessageRow.id)).all()  # type: ignore[arg-type]
        return [row.words for row in rows if row.id not in before]

    def keep(self, words: str, sender: str = ASHA, **fields: str) -> UUID:
        """Put a text into the ledger without reading it."""
        sid = f"SM{next(self.serial):032x}"
        form = {"MessageSid": sid, "From": sender, "To": "+12025550100", "Body": words, **fields}
        arrival = intake.Arrival(
            Channel.SMS, "twilio", sid, twilio.as_body(list(form.items())), content_type=twilio.FORM
        )
        return intake.accept(arrival, now=self.now).id

    @property
    def outcomes(self) -> list[Outcome]:
        """What the records became, oldest first."""
        with db.reading() as session:
            rows = session.exec(select(RecordOutcomeRow).order_by(RecordOutcomeRow.at)).all()  # type: ignore[arg-type]
        return [row.outcome for row in rows]

    @property
    def comments(self) -> list[CommentRow]:
        """Every comment, oldest first."""
        with db.reading() as session:
            return list(session.exec(select(CommentRow).order_by(CommentRow.received_at, CommentRow.id)))  # type: ignore[arg-type]


@pytest.fixture
def telephone(engine: sa.Engine, now: datetime) -> Telephone:
    return Telephone(now)


@pytest.fixture
def an_open_round(engine: sa.Engine, now: datetime) -> dict[str, UUID]:
    """A round in two languages with a question on 2.2; gives the ids of its clauses by number."""
    with db.transaction() as session:
        return _open(session, now)


def _open(session: Any, now: datetime, **fields: Any) -> dict[str, UUID]:
    version = factories.a_version(session, status="consultation")
    clauses = {number: factories.clause_numbered(session, version, number) for number in factories.CLAUSES}
    words = {
        "en": "One retort for 40 people. Can your group do that?",
        "sw": "Retort moja kwa watu 40. Mnaweza?",
    }
    wanted = rounds.NewRound(
        **{
            "slug": "gold-2026",
            "title": "Round one",
            "languages": ("en", "sw"),
            "join_words": {"en": ("gold",), "sw": ("dhahabu",)},
            "opens_at": now - timedelta(days=1),
            "closes_at": now + timedelta(days=30),
            "questions": (rounds.Question(clause_id=clauses["2.2"], words=words),),
        }
        | fields
    )
    rounds.open_round(session, version, wanted, now=now)
    session.commit()
    return clauses


def _placement(comment: CommentRow) -> tuple[Placement, set[tuple[UUID | None, LinkKind]]]:
    with db.reading() as session:
        links = session.exec(select(LinkRow).where(LinkRow.comment_id == comment.id)).all()
        return session.get_one(StandingRow, comment.id).placement, {
            (one.clause_id, one.kind) for one in links
        }


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
            _open(session, now, languages=("en",))

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
        assert _placement(comment) == (Placement.LINKED, {(self.clauses["2.2"], LinkKind.ASKED)})
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
        assert [_placement(one) for one in telephone.comments] == [expected, expected]

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
        assert _placement(comment) == (Placement.QUEUED, set())
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


class TestReading:
    def test_a_record_that_fails_waits_and_does_not_hold_up_the_others(
        self, telephone, an_open_round, monkeypatch
    ):
        heard = sms.READERS["twilio"]

        def breaks(payload: bytes, content_type: str) -> Any:
            if b"poison" in payload:
                raise RuntimeError("broken")
            return heard(payload, content_type)

        monkeypatch.setitem(sms.READERS, "twilio", breaks)
        telephone.keep("poison")
        telephone.text("12 fine")
        assert [one.text for one in telephone.comments] == ["fine"]

        monkeypatch.setitem(sms.READERS, "twilio", heard)
        telephone.now += timedelta(hours=2)
        sms.read_waiting(now=telephone.now, reading=telephone.reading)

        assert len(telephone.comments) == 2

    def test_reading_twice_changes_nothing(self, telephone, an_open_round):
        telephone.text("12 fine")

        again = sms.read_waiting(now=telephone.now, reading=sms.Reading())

        assert (again, len(telephone.comments)) == (0, 1)
