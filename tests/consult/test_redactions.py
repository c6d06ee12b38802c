"""What may name somebody is looked at by a person before it is public."""

import io
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from consult import comments, db, intake, likely_names, public_comments, redactions, reports
from consult.comments import Said
from consult.errors import Misfilled, NotFound
from consult.intake import Arrival
from consult.links import Tie
from consult.sheets import writing
from consult.tables.comments import CommentRow
from consult.tables.conversations import RedactionRow
from consult.tables.intake import Channel, RecordRow
from consult.tables.rounds import RoundRow
from tests import factories
from tests.consult.channels.talking import Telephone, open_round

NAMING = "We wait until Mzee Juma opens. At Nyamongo it is the same, says Mama Asha."
HIDDEN = "We wait until Mzee [name] opens. At [name] it is the same, says Mama [name]."


def suggested(text: str, **known: Any) -> list[tuple[str, str]]:
    return [(text[one.start : one.end], one.kind) for one in likely_names.stretches(text, **known)]


class TestWhatIsSuggested:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("we wait until Mzee Juma opens the store", [("Juma", "name")]),
            ("mama asha hana retort", [("asha", "name")]),
            ("Bwana Hassan Ally alisema hivyo", [("Hassan Ally", "name")]),
            ("le prix de Monsieur Kabila est bas", [("Kabila", "name")]),
            ("a don José le pagan menos", [("José", "name")]),
            ("o senhor Pereira compra barato", [("Pereira", "name")]),
            ("the buyer from Nyamongo pays less", [("Nyamongo", "name")]),
            ("Juma Hassan said it", [("Juma Hassan", "name")]),
            ("kijiji cha nyarugusu hakina maji", [("nyarugusu", "place")]),
            ("in the village of Nyakabale", [("Nyakabale", "place")]),
            ("la vereda El Silencio no tiene luz", [("Silencio", "place")]),
            ("le village de Kokoumbo est loin", [("Kokoumbo", "place")]),
            ("o bairro Liberdade fica longe", [("Liberdade", "place")]),
            ("the pit is at -2.87122, 32.23171", [("-2.87122, 32.23171", "place")]),
            ("call 0712 345 678", [("0712 345 678", "number")]),
        ],
    )
    def test_names_after_titles_capitals_inside_a_sentence_and_small_places(self, text, found):
        assert suggested(text) == found

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "Retorts are dear. Burning is bad in Tanzania and in Colombia.",
            "THE PRICE IS TOO LOW HERE",
            "We Need Water In The Pit",
            "mama lishe wanauza chakula, mama mjamzito asichome",
            "le chef de site ne veut pas",
            "In March we wait for the NGO and I agree",
            "the village is far",
            "kijiji cha pili",
        ],
    )
    def test_ordinary_words_are_left_alone(self, text):
        assert suggested(text) in ([], [("pili", "place")])

    def test_words_of_the_standard_and_known_names_decide(self):
        assert suggested("the Mercury Convention matters", known=frozenset({"convention"})) == []
        names = frozenset({likely_names.folded("Asha Mrema")})
        assert suggested("we know asha mrema well", names=names) == [("asha mrema", "name")]

    @given(st.text(max_size=300))
    @settings(max_examples=150, deadline=None)
    def test_stretches_lie_in_the_text_in_order_without_overlap(self, text):
        end = 0
        for one in likely_names.stretches(text):
            assert end <= one.start < one.end <= len(text)
            end = one.end


@pytest.fixture
def round_(session: Session) -> RoundRow:
    return factories.a_round(session)


def say(session: Session, round_: RoundRow, text: str, *, name: str = "1", **fields: Any) -> CommentRow:
    now = round_.opens_at
    kept = intake.record(session, Arrival(Channel.WEB, "test", name, text.encode()), now=now)
    said = Said(**{"text": text, "ties": (Tie(None),), "public": True, "language": "en"} | fields)
    made = comments.make(session, round_, session.get_one(RecordRow, kept.id), said, now=now)
    return session.get_one(CommentRow, made.id)


def decide(session: Session, comment: CommentRow, accepted: Any = None, more: Any = (), **fields: Any) -> Any:
    round_ = session.get_one(RoundRow, comment.round_id)
    if accepted is None:
        case = redactions.Public(session, round_, [comment.id]).case(comment)
        accepted = [f"{one.field}:{one.stretch.start}:{one.stretch.end}" for one in case.suggested]
    wanted = {"seen": redactions.hash_of(comment), "by": UUID(int=1), "now": factories.NOW} | fields
    return redactions.decide(session, round_, comment.id, accepted, more, **wanted)


def public(session: Session, round_: RoundRow) -> list[str | None]:
    return [voice.said for voice in public_comments.page(session, round_).voices]


def sheet(session: Session, round_: RoundRow) -> str:
    into = io.BytesIO()
    writing.write(session, round_, "csv", into)
    return into.getvalue().decode()


class TestBeforeAPersonHasLooked:
    def test_the_comment_counts_and_its_words_are_not_public(self, session, round_):
        say(session, round_, NAMING)

        page = public_comments.page(session, round_)

        assert (page.total, [voice.said for voice in page.voices]) == (1, [None])

    def test_a_report_counts_it_and_quotes_it_not(self, session, round_):
        say(session, round_, NAMING)
        say(session, round_, "retorts are dear", name="2")

        (issue,) = reports.of(session, round_, now=factories.NOW).general

        assert issue.comments == 2
        assert [voice.said for voice in issue.voices] == ["retorts are dear"]

    def test_a_table_that_is_passed_on_hides_what_is_suggested(self, session, round_):
        say(session, round_, NAMING, proposal="Ask Mzee Juma first.")

        table = sheet(session, round_)

        assert HIDDEN in table
        assert "Ask Mzee [name] first." in table
        assert "Juma" not in table

    def test_words_without_a_name_are_public_at_once(self, session, round_):
        say(session, round_, "retorts are dear")

        assert public(session, round_) == ["retorts are dear"]
        assert redactions.waiting(session, round_) == []

    def test_a_name_given_by_an_author_is_known_in_the_words_of_others(self, session, round_):
        say(session, round_, "retorts are dear", author="Asha Mrema", public=False)
        say(session, round_, "we asked asha mrema about it", name="2")

        assert public(session, round_) == [None]


class TestDeciding:
    def test_what_was_accepted_is_hidden_everywhere_and_the_rest_is_public(self, session, round_):
        comment = say(session, round_, NAMING)

        decide(session, comment)

        assert public(session, round_) == [HIDDEN]
        assert HIDDEN in sheet(session, round_)
        (issue,) = reports.of(session, round_, now=factories.NOW).general
        assert [voice.said for voice in issue.voices] == [HIDDEN]
        assert redactions.waiting(session, round_) == []

    def test_nothing_accepted_shows_the_words_as_they_are(self, session, round_):
        comment = say(session, round_, "the buyer from Geita pays less")

        decide(session, comment, accepted=())

        assert public(session, round_) == ["the buyer from Geita pays less"]
        assert "Geita" in sheet(session, round_)

    def test_further_words_are_hidden_wherever_they_stand(self, session, round_):
        comment = say(
            session, round_, "the baker at the bridge, the one by THE BRIDGE", proposal="the bridge"
        )

        decide(session, comment, accepted=(), more=[("the bridge", "place")])

        assert public(session, round_) == ["the baker at [place], the one by [place]"]
        assert "[place]" in sheet(session, round_).rpartition("by [place]")[2]

    def test_words_that_do_not_stand_there_are_refused_and_nothing_is_decided(self, session, round_):
        comment = say(session, round_, NAMING)

        with pytest.raises(Misfilled, match="letter by letter"):
            decide(session, comment, more=[("Jumaa", "name")])

        assert session.get(RedactionRow, comment.id) is None

    def test_stretches_that_nobody_suggested_are_not_taken_from_a_form(self, session, round_):
        comment = say(session, round_, NAMING)

        row = decide(session, comment, accepted=["text:0:70", "text:-5:3", "nonsense"])

        assert row.spans == []

    def test_a_comment_of_another_round_is_refused(self, session, round_):
        comment = say(session, factories.a_round(session), NAMING)

        with pytest.raises(NotFound):
            redactions.decide(
                session, round_, comment.id, (), seen=redactions.hash_of(comment), by="x", now=factories.NOW
            )

    def test_taken_back_it_waits_again(self, session, round_):
        comment = say(session, round_, NAMING)
        decide(session, comment)

        redactions.take_back(session, round_, comment.id, by=UUID(int=1), now=factories.NOW)

        assert public(session, round_) == [None]

    def test_erasing_the_comment_takes_the_decision_along(self, session, round_):
        comment = say(session, round_, NAMING)
        decide(session, comment)

        comments.erase(session, comment, reason="test", by="test", now=factories.NOW)

        assert session.get(RedactionRow, comment.id) is None


def test_a_piece_that_is_joined_later_asks_for_the_decision_again(engine: sa.Engine, now: datetime) -> None:
    with db.transaction() as session:
        open_round(session, now)
    telephone = Telephone(now)
    telephone.text("12 we wait until Mzee Juma opens")
    with db.transaction() as session:
        decide(session, session.get_one(CommentRow, telephone.comments[0].id))

    telephone.text("and he opens late", after=20)

    (comment,) = telephone.comments
    with db.reading() as session:
        round_ = session.get_one(RoundRow, comment.round_id)
        words = redactions.Public(session, round_, [comment.id])
        assert words.waits(comment)
        assert words.case(comment).outdated
        assert words.words(comment) == "we wait until Mzee [name] opens\nand he opens late"
    with db.transaction() as session:
        row = session.get_one(CommentRow, comment.id)
        with pytest.raises(Misfilled, match="changed"):
            decide(session, row, accepted=(), seen="what was seen before")
