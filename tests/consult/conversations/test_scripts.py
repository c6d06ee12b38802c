"""Designed conversations: versions, what stands in the way of starting one, and who hears which."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session, select

from consult import db
from consult.channels import checking, scripts, segments, steps
from consult.channels.scripts import READY_MADE, Asking, Script
from consult.conversations import designing
from consult.conversations.designing import AlreadyDrafted, ChangedMeanwhile, NotADraft, NotRunning
from consult.errors import Misfilled, NotFound
from consult.tables.conversations import MembershipRow, ScriptRow, ScriptState
from consult.tables.outgoing import AllowanceRow
from consult.tables.rounds import RoundRow
from tests import factories
from tests.consult.channels.talking import Telephone
from tests.consult.conversations_of import a_whole_script, an_open_round, clause_of

LANGUAGES = ("en", "fr", "es", "pt", "sw")


@pytest.fixture
def round_(session: Session, now: datetime) -> RoundRow:
    return an_open_round(session, now)


@pytest.fixture
def draft(session: Session, round_: RoundRow, now: datetime) -> ScriptRow:
    """A draft that may start."""
    row = designing.begin(session, round_, by=None, now=now)
    designing.save(session, row, a_whole_script(session, round_))
    return row


class TestReadyMade:
    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("name", READY_MADE)
    def test_has_its_facts_in_braces_and_no_costly_character(self, name: str, language: str) -> None:
        words = scripts.ready_made(name, language)

        assert scripts.named_in(words) == scripts.facts_of(name) or set(scripts.named_in(words) or ()) == set(
            scripts.facts_of(name)
        )
        assert segments.costly(words) == ()

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_the_opening_says_how_to_stop(self, language: str) -> None:
        assert checking.says_how_to_stop(scripts.ready_made("opening", language))

    def test_a_draft_begins_with_it_and_with_what_the_round_was_opened_with(
        self, session: Session, round_: RoundRow, now: datetime
    ) -> None:
        row = designing.begin(session, round_, by=None, now=now)

        script = scripts.as_script(row)
        assert script.join_words == {"en": ("GOLD",), "sw": ("DHAHABU",)}
        assert [one.clause for one in script.questions] == ["2.2"]
        assert set(script.wording) == {"en", "sw"}
        assert checking.problems(session, round_, script) == {}


class TestVersions:
    def test_are_numbered_in_order_and_one_is_drafted_at_a_time(
        self, session: Session, round_: RoundRow, draft: ScriptRow, now: datetime
    ) -> None:
        with pytest.raises(AlreadyDrafted, match="Version 1 is still a draft"):
            designing.begin(session, round_, by=None, now=now)
        designing.start(session, round_, draft, now=now)

        second = designing.begin(session, round_, draft, by=None, now=now)

        assert [one.row.number for one in designing.versions(session, round_)] == [2, 1]
        assert scripts.as_columns(scripts.as_script(second)) == scripts.as_columns(scripts.as_script(draft))

    def test_the_list_says_by_whom_and_how_many_began_under_each(
        self, session: Session, round_: RoundRow, now: datetime
    ) -> None:
        person = factories.a_person(session, name="Neema")
        row = designing.begin(session, round_, by=person.id, now=now)
        designing.let_run(session, round_, row, now=now)
        for script_id in (row.id, row.id, None):
            someone = _a_participant(session, now)
            session.add(MembershipRow(participant_id=someone, round_id=round_.id, script_id=script_id))
        session.flush()

        (version,) = designing.versions(session, round_)

        assert (version.by, version.people) == ("Neema", 2)
        assert designing.began_undesigned(session, round_) == 1

    def test_one_that_is_not_there(self, session: Session, round_: RoundRow) -> None:
        for number in (1, 10**12):
            with pytest.raises(NotFound, match="has no version"):
                designing.version(session, round_, number)

    def test_a_draft_is_let_go(self, session: Session, round_: RoundRow, draft: ScriptRow) -> None:
        designing.discard(session, draft)

        assert designing.versions(session, round_) == []

    def test_what_has_run_is_neither_saved_nor_started_nor_let_go(
        self, session: Session, round_: RoundRow, draft: ScriptRow, now: datetime
    ) -> None:
        designing.start(session, round_, draft, now=now)

        for act in (
            lambda: designing.save(session, draft, Script()),
            lambda: designing.start(session, round_, draft, now=now),
            lambda: designing.discard(session, draft),
        ):
            with pytest.raises(NotADraft, match="stays as it is"):
                act()

    def test_a_colleagues_words_are_not_overwritten_unseen(
        self, session: Session, round_: RoundRow, draft: ScriptRow
    ) -> None:
        began_from = designing.mark(draft)
        designing.save(session, draft, a_whole_script(session, round_, help="Theirs."), base=began_from)

        with pytest.raises(ChangedMeanwhile, match="A colleague saved version 1"):
            designing.save(session, draft, a_whole_script(session, round_, help="Mine."), base=began_from)

        assert draft.wording["en"]["help"] == "Theirs."

    def test_a_half_done_draft_is_kept_and_does_not_start(
        self, session: Session, round_: RoundRow, draft: ScriptRow, now: datetime
    ) -> None:
        designing.save(session, draft, Script(questions=(Asking(None, {"en": "Hm?"}, {}, "9.9"),)))

        with pytest.raises(Misfilled) as refused:
            designing.start(session, round_, draft, now=now)

        assert draft.state is ScriptState.DRAFT
        assert "no clause 9.9" in refused.value.problems["q-0-clause"]
        assert scripts.as_script(draft).questions[0].words == {"en": "Hm?"}

    def test_starting_retires_the_one_that_ran(
        self, session: Session, round_: RoundRow, draft: ScriptRow, now: datetime
    ) -> None:
        designing.start(session, round_, draft, now=now)
        second = designing.begin(session, round_, draft, by=None, now=now)

        followed = designing.start(session, round_, second, now=now + timedelta(hours=1))

        assert followed is draft
        assert (draft.state, draft.ended_at) == (ScriptState.RETIRED, now + timedelta(hours=1))
        assert designing.running(session, round_) is second

    def test_ending_one_gives_newcomers_what_the_round_was_opened_with(
        self, session: Session, round_: RoundRow, draft: ScriptRow, now: datetime
    ) -> None:
        designing.start(session, round_, draft, now=now)

        designing.retire(session, round_, draft, now=now)

        assert scripts.of_round(session, round_).id is None
        with pytest.raises(NotRunning):
            designing.retire(session, round_, draft, now=now)


class TestFrozen:
    @pytest.fixture
    def started(self, session: Session, round_: RoundRow, draft: ScriptRow, now: datetime) -> ScriptRow:
        designing.start(session, round_, draft, now=now)
        session.commit()
        return draft

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE script SET wording = '{}'",
            "UPDATE script SET questions = '[]'",
            'UPDATE script SET join_words = \'{"en": ["OTHER"]}\'',
            "UPDATE script SET number = 9",
            "UPDATE script SET state = 'draft'",
            "DELETE FROM script",
        ],
    )
    def test_the_database_refuses_changes(self, engine: sa.Engine, started: ScriptRow, change: str) -> None:
        with pytest.raises(sa.exc.DBAPIError, match="has run does not change"), engine.begin() as connection:
            connection.exec_driver_sql(change)

    def test_the_database_lets_one_version_of_a_round_run(
        self, session: Session, engine: sa.Engine, round_: RoundRow, started: ScriptRow, now: datetime
    ) -> None:
        second = designing.begin(session, round_, by=None, now=now)
        session.commit()

        with pytest.raises(sa.exc.IntegrityError), engine.begin() as connection:
            connection.execute(
                sa.text("UPDATE script SET state = 'running' WHERE number = :number"),
                {"number": second.number},
            )


class TestChecking:
    @pytest.fixture
    def problems(self, session: Session, round_: RoundRow) -> Callable[[Script], dict[str, str]]:
        return lambda script: checking.problems(session, round_, script)

    @pytest.mark.parametrize(
        ("word", "why"),
        [
            ("STOP", "a command"),
            ("acha", "a command"),
            ("ARRÊT", "a command"),
            ("LISTA", "a command"),
            ("MPYA", "a command"),
            ("YES", "a command"),
            ("12", "no letters"),
            ("2", "no letters"),
            ("MOJA", "answers one of our questions"),
            ("TRES", "answers one of our questions"),
            ("KISWAHILI", "answers one of our questions"),
            ("ASANTE", "without wishing to join"),
            ("KIFUNGU", "without wishing to join"),
            ("G" * 21, "at most 20 letters"),
        ],
    )
    def test_a_join_word_that_means_something_else(
        self, session: Session, round_: RoundRow, problems: Any, word: str, why: str
    ) -> None:
        script = replace(
            a_whole_script(session, round_), join_words={"en": ("GOLD", word), "sw": ("DHAHABU",)}
        )

        assert why in problems(script)["join-en"]
        assert word[:20] in problems(script)["join-en"]

    def test_a_join_word_of_another_round_that_is_open_too(
        self, session: Session, round_: RoundRow, problems: Any, now: datetime
    ) -> None:
        other = an_open_round(session, now, slug="copper", title="Copper", join_words={"en": ("Shaba",)})
        script = replace(a_whole_script(session, round_), join_words={"sw": ("SHABA",)})

        assert "already joins “Copper”" in problems(script)["join-sw"]
        other.closed_at = now
        session.flush()
        assert problems(script) == {}

    def test_nobody_can_join(self, session: Session, round_: RoundRow, problems: Any) -> None:
        script = replace(a_whole_script(session, round_), join_words={})

        assert list(problems(script)) == ["join-en"]

    @pytest.mark.parametrize(
        ("name", "words", "why"),
        [
            ("thanks", "Thank you.", "Put {receipt} where it shall stand"),
            ("thanks", "Thank you. {recipt}", "{recipt} is nothing that we can put in here"),
            ("thanks", "Thank you {receipt}. {alias}", "{alias} is nothing"),
            ("thanks", "Thank you. {receipt", "A brace stands alone"),
            ("help", "Ask {anyone}.", "Take it out"),
            ("thanks", "", "no words in English"),
            ("opening", "Welcome, {alias}. Your number is safe.", "must say how to stop"),
            ("opening", "Welcome {alias}, you can end this at any time.", "must say how to stop"),
            ("choices", "1 yes 3 no", "Name all three"),
            ("freely", "x" * 460, "460 characters"),
        ],
    )
    def test_a_sentence_that_cannot_be_said(
        self, session: Session, round_: RoundRow, problems: Any, name: str, words: str, why: str
    ) -> None:
        found = problems(a_whole_script(session, round_, **{name: words}))

        assert list(found) == [f"say-en-{name}"]
        assert why in found[f"say-en-{name}"]

    def test_a_language_without_words(self, session: Session, round_: RoundRow, problems: Any) -> None:
        whole = a_whole_script(session, round_)
        script = replace(whole, wording={"en": whole.wording["en"]})

        found = problems(script)

        assert set(found) == {f"say-sw-{name}" for name in READY_MADE}
        assert "Kiswahili" in found["say-sw-opening"]

    def test_questions_that_cannot_be_asked(self, session: Session, round_: RoundRow, problems: Any) -> None:
        here = clause_of(session, round_, "2.1")
        both = {"en": "Can you?", "sw": "Mnaweza?"}
        asked = (
            Asking(here, both, {}, "2.1"),
            Asking(here, both, {}, "2.1"),
            Asking(None, both, {}, "7.7"),
            Asking(None, both, {}, ""),
            Asking(clause_of(session, round_, "2.2"), {"en": "Can you?"}, {"en": "yes or no"}, "2.2"),
        )

        found = problems(replace(a_whole_script(session, round_), questions=asked))

        assert "asked about twice" in found["q-1-clause"]
        assert "no clause 7.7" in found["q-2-clause"]
        assert "Which clause" in found["q-3-clause"]
        assert "2.2 has no words in Kiswahili" in found["q-4-words-sw"]
        assert "Name all three" in found["q-4-choices-en"]
        assert len(found) == 5


class TestCosts:
    def test_sentences_are_counted_with_the_longest_facts_put_in(
        self, session: Session, round_: RoundRow
    ) -> None:
        script = a_whole_script(session, round_, thanks="{receipt}", opening="{alias} STOP")

        found = {step.field: step for step in steps.of(script, steps.ground(session, round_))}

        assert found["say-en-thanks"].counted.characters == len("7KT4-M2P9")
        assert found["say-en-opening"].around.whole("{alias} STOP") == "P-7Q4KM STOP 1 English 2 Kiswahili"
        words, choices = script.questions[0].words["en"], script.wording["en"]["choices"]
        assert found["q-0-words-en"].counted.characters == len(f"13: {words} {choices}")

    def test_what_breaks_the_rule_and_what_it_would_be_with_plain_characters(
        self, session: Session, round_: RoundRow
    ) -> None:
        dear = "Thank you – we have your words, and we read every one of them. {receipt}"
        script = a_whole_script(session, round_, thanks=dear)

        (step,) = [one for one in steps.of(script, steps.ground(session, round_)) if one.breaks_the_rule]

        assert (step.field, step.counted.segments, step.plainer.segments) == ("say-en-thanks", 2, 1)
        assert [(one.character, one.replacement) for one in step.costly] == [("–", "-")]

    def test_cost_is_told_in_the_rounds_currency_where_a_price_is_known(
        self, session: Session, round_: RoundRow, now: datetime
    ) -> None:
        assert steps.price_of(session, round_) is None
        session.add(AllowanceRow(round_id=round_.id, price="0.035", currency="USD", changed_at=now))
        session.flush()

        price = steps.price_of(session, round_)

        assert price is not None
        assert price.of(2) == "0.070 USD"

    def test_designed_words_leave_as_they_were_counted(self, session: Session, draft: ScriptRow) -> None:
        dear = "Asante – tumepokea maneno yako yote, na kila neno litasomwa na mtu. {receipt}"
        designing.save(session, draft, Script(wording={"sw": {"thanks": dear}}))

        said = scripts.as_script(draft).say("sw", READY_MADE["thanks"], receipt="7KT4-M2P9")

        assert said == dear.format(receipt="7KT4-M2P9")
        assert segments.count(said).segments == 2


class TestWhoHearsWhich:
    @pytest.fixture
    def telephone(self, engine: sa.Engine, now: datetime) -> Telephone:
        return Telephone(now)

    def test_whoever_began_under_one_version_ends_under_it(
        self, session: Session, round_: RoundRow, draft: ScriptRow, telephone: Telephone
    ) -> None:
        designing.start(session, round_, draft, now=telephone.now)
        session.commit()
        begun = telephone.text("gold")
        second = designing.begin(session, round_, draft, by=None, now=telephone.now)
        other = a_whole_script(
            session, round_, opening="The newer opening, {alias}. STOP ends.", thanks="Newer thanks {receipt}"
        )
        question = replace(other.questions[0], words={"en": "Newer question?", "sw": "Swali jipya?"})
        designing.save(session, second, replace(other, questions=(question,)))
        designing.start(session, round_, second, now=telephone.now)
        session.commit()

        asked = telephone.text("1")
        thanked = telephone.text("3 too dear for us")
        again = telephone.text("gold")
        newcomer = [telephone.text(words, "+255700000009") for words in ("gold", "1", "2 with a loan")]

        assert begun[0].startswith("Our own opening")
        assert "Our own question on retorts?" in asked[0]
        assert thanked[0].startswith("We thank you.")
        assert again[0].startswith("Our own opening")
        assert newcomer[0][0].startswith("The newer opening")
        assert "Newer question?" in newcomer[1][0]
        assert newcomer[2][0].startswith("Newer thanks")
        assert {one.row.number: one.people for one in designing.versions(session, round_)} == {1: 1, 2: 1}

    def test_whoever_began_before_anything_was_designed_ends_so(
        self, session: Session, round_: RoundRow, draft: ScriptRow, telephone: Telephone
    ) -> None:
        session.commit()
        telephone.text("gold")
        designing.start(session, round_, draft, now=telephone.now)
        session.commit()

        (asked,) = telephone.text("1")

        assert "One retort?" in asked

    def test_a_word_that_was_printed_goes_on_joining(
        self, session: Session, round_: RoundRow, draft: ScriptRow, telephone: Telephone, now: datetime
    ) -> None:
        an_open_round(session, now, slug="soon", closes_at=now + timedelta(days=2), join_words={})
        whole = a_whole_script(session, round_)
        for words in ({"en": ("MERCURY",)}, {"en": ("RETORT",)}):
            row = designing.running(session, round_)
            row = draft if row is None else designing.begin(session, round_, row, by=None, now=now)
            designing.save(session, row, replace(whole, join_words=words))
            designing.start(session, round_, row, now=now)
        session.commit()

        said = [
            telephone.text(word, f"+25570000001{place}")
            for place, word in enumerate(("gold", "mercury", "retort"))
        ]

        assert [one[0][:15] for one in said] == ["Our own opening"] * 3

    def test_a_language_that_we_do_not_speak_is_spoken_as_the_secretary_wrote_it(
        self, session: Session, telephone: Telephone, now: datetime
    ) -> None:
        round_ = an_open_round(session, now, languages=("en", "ln"), join_words={"en": ("GOLD",)})
        row = designing.begin(session, round_, by=None, now=now)
        whole = a_whole_script(session, round_)
        lingala = {name: scripts.ready_made(name, "en") for name in READY_MADE} | {
            "thanks": "Matondi. {receipt}"
        }
        asked = replace(whole.questions[0], words={"en": "Can you?", "ln": "Bokoki?"})
        wording = {"en": whole.wording["en"], "ln": lingala}
        designing.save(session, row, replace(whole, questions=(asked,), wording=wording))
        designing.start(session, round_, row, now=now)
        session.commit()

        telephone.text("gold")
        (question,) = telephone.text("2")
        thanks = telephone.text("3 ezali ntalo mingi")

        assert "Bokoki?" in question
        assert thanks[0].startswith("Matondi.")

    def test_another_transaction_never_sees_two_that_run(
        self, session: Session, round_: RoundRow, draft: ScriptRow, now: datetime
    ) -> None:
        designing.start(session, round_, draft, now=now)
        session.commit()

        with db.transaction() as another:
            again = designing.begin(another, round_, by=None, now=now)
            designing.start(another, round_, again, now=now)

        with db.reading() as reading:
            states = reading.exec(select(ScriptRow.state).order_by(ScriptRow.number)).all()  # type: ignore[arg-type]
        assert states == [ScriptState.RETIRED, ScriptState.RUNNING]


def _a_participant(session: Session, now: datetime) -> Any:
    from consult import participants

    return participants.enrol(session, now=now).id
