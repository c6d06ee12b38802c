"""The clause at the committee's table: voices beside the text, and the decision on them."""

import re
from datetime import UTC, datetime

import pytest
from sqlmodel import select

from consult import db, dispositions, participants
from consult.tables.comments import Ability, ThemeRow
from consult.tables.decisions import AnswerRow, DispositionRow
from consult.tables.intake import Channel
from consult.tables.messages import MessageRow
from consult.tables.participants import ContactKind
from standards import drafting, store, versions
from tests.consult.desk.conftest import counting
from tests.consult.desk.test_queue import text_of

DECLINED = {"act": "decide", "outcome": "declined", "reason": "A balance is enough."}


@pytest.fixture
def draft(desk):
    """The next draft of the consulted version."""
    with db.transaction() as session:
        return versions.new_draft(session, desk.version, "1.1", now=datetime.now(UTC))


def decisions():
    with db.reading() as session:
        return list(session.exec(select(DispositionRow).order_by(DispositionRow.id)))


def answers():
    with db.reading() as session:
        return {row.comment_id: row for row in session.exec(select(AnswerRow))}


def with_a_telephone(number: str):
    with db.transaction() as session:
        person = participants.enrol(session, now=datetime.now(UTC))
        participants.reach(session, person.id, ContactKind.SMS, number, now=datetime.now(UTC))
        return person.id


class TestShow:
    def test_the_text_stands_beside_what_was_said_about_it(self, desk, signed_in):
        desk.say("where else shall we burn?", on="2.1")
        desk.say("the retort is dear", on="2.2")

        page = text_of(signed_in().get(f"{desk.clauses}/2.1"))

        assert "shall not burn amalgam in the open" in page
        assert "where else shall we burn?" in page
        assert "the retort is dear" not in page

    def test_clauses_with_open_comments_lead_from_one_to_the_next(self, desk, signed_in):
        for number in ("2.1", "2.2", "3.1"):
            desk.say("words", on=number)

        page = signed_in().get(f"{desk.clauses}/2.2").get_data(as_text=True)

        assert "clause 2 of 3 with open comments" in text_of(signed_in().get(f"{desk.clauses}/2.2"))
        assert re.search(rf'rel="prev" href="[^"]+/{desk.clause("2.1")}"', page)
        assert re.search(rf'rel="next" href="[^"]+/{desk.clause("3.1")}"', page)

    def test_the_list_counts_what_is_undecided(self, desk, signed_in):
        desk.say("words", on="2.1")
        desk.say("more words", on="2.1")

        page = text_of(signed_in().get(desk.clauses))

        assert "2 comments are still to be decided" in page
        assert "2.1 No open burning 2 2" in page

    def test_what_was_said_in_confidence_is_only_counted_for_a_drafter(self, desk, signed_in):
        desk.say("the chief burns it himself", on="2.1", confidential=True)

        drafter = text_of(signed_in("drafter").get(f"{desk.clauses}/2.1"))

        assert "the chief burns it" not in drafter
        assert "1 comment was given in confidence" in drafter
        assert "the chief burns it" in text_of(signed_in("secretary").get(f"{desk.clauses}/2.1"))

    def test_a_row_with_fewer_than_five_answers_somewhere_is_kept_back_whole(self, desk, signed_in):
        for _ in range(6):
            desk.say("we can", on="2.1", ability=Ability.CAN)
        shown = text_of(signed_in().get(f"{desk.clauses}/2.1"))
        desk.say("we cannot", on="2.1", ability=Ability.CANNOT)

        kept_back = text_of(signed_in().get(f"{desk.clauses}/2.1"))

        assert "6 answers shown" in shown
        assert "Group not said 6 0 0" in shown
        assert "0 answers shown" in kept_back
        assert "Group not said – – –" in kept_back

    def test_a_clause_that_is_not_there_is_told_kindly(self, desk, signed_in):
        answer = signed_in().get(f"{desk.clauses}/9.9")

        assert answer.status_code == 404
        assert "There is no clause 9.9" in text_of(answer)

    def test_the_number_of_statements_does_not_grow(self, desk, signed_in, engine):
        browser = signed_in()
        desk.say("first", on="2.1")
        browser.get(f"{desk.clauses}/2.1")
        with counting(engine) as few:
            browser.get(f"{desk.clauses}/2.1")
        for number in range(30):
            desk.say(f"voice {number}", on="2.1")

        with counting(engine) as many:
            browser.get(f"{desk.clauses}/2.1")

        assert many.statements == few.statements <= 10

    def test_an_auditor_reads_without_acts(self, desk, signed_in):
        id_ = desk.say("words", on="2.1")
        auditor = signed_in("auditor")

        assert "Record the disposition" not in text_of(auditor.get(f"{desk.clauses}/2.1"))
        refused = auditor.post(f"{desk.clauses}/2.1", data=DECLINED | {"picked": str(id_)})
        assert refused.status_code == 403
        assert decisions() == []


class TestDecide:
    def test_several_comments_are_decided_at_once_and_each_is_answered(self, desk, signed_in):
        ids = [desk.say(f"voice {n}", on="2.1") for n in range(3)]

        signed_in("drafter").post(
            f"{desk.clauses}/2.1", data=DECLINED | {"picked": [str(i) for i in ids[:2]]}
        )

        assert {row.comment_id for row in decisions()} == set(ids[:2])
        assert set(answers()) == set(ids[:2])
        assert desk.acts().count("decide") == 2

    def test_each_is_answered_in_their_own_language(self, desk, signed_in):
        english = desk.say("too far", on="2.1", language="en")
        swahili = desk.say("mbali", on="2.1", language="sw")
        form = DECLINED | {
            "picked": [str(english), str(swahili)],
            "answer-en": "A balance will do.",
            "answer-sw": "Mizani inatosha.",
        }

        signed_in().post(f"{desk.clauses}/2.1", data=form)

        told = answers()
        assert told[english].words == "A balance will do."
        assert (told[swahili].words, told[swahili].language) == ("Mizani inatosha.", "sw")

    def test_a_language_without_an_answer_is_asked_for_and_nothing_typed_is_lost(self, desk, signed_in):
        swahili = desk.say("mbali", on="2.1", language="sw")
        form = DECLINED | {"picked": str(swahili), "title": "a theme half typed"}

        refused = signed_in().post(f"{desk.clauses}/2.1", data=form)
        page = refused.get_data(as_text=True)
        agreed = signed_in().post(f"{desk.clauses}/2.1", data=form | {"in_another_language": "yes"})

        assert refused.status_code == 400
        assert 'id="answer-sw-error"' in page
        assert 'name="in_another_language"' in page
        assert "A balance is enough." in page
        assert "a theme half typed" in page
        assert agreed.status_code == 302
        assert answers()[swahili].words == "A balance is enough."

    @pytest.mark.parametrize(
        ("changed", "field", "sentence"),
        [
            ({"reason": " "}, "reason", "Give the reason"),
            ({"outcome": ""}, "outcome", "Choose what the committee decided"),
            ({"outcome": "accepted"}, "change", "Name the clause of the next draft"),
        ],
    )
    def test_refusals_stand_at_their_field(self, desk, signed_in, changed, field, sentence):
        id_ = desk.say("words", on="2.1")

        refused = signed_in().post(f"{desk.clauses}/2.1", data=DECLINED | {"picked": str(id_)} | changed)

        assert refused.status_code == 400
        assert re.search(rf'id="{field}-error">.*{sentence}', refused.get_data(as_text=True))
        assert decisions() == []

    def test_while_the_round_is_open_nothing_is_decided(self, a_desk, signed_in):
        desk = a_desk(is_open=True)
        id_ = desk.say("words", on="2.1")

        refused = signed_in().post(f"{desk.clauses}/2.1", data=DECLINED | {"picked": str(id_)})

        assert refused.status_code == 400
        assert "is still open" in text_of(refused)
        assert decisions() == []

    def test_accepting_leads_to_the_clause_in_the_draft_and_the_tie_stays_visible(
        self, desk, draft, signed_in
    ):
        id_ = desk.say("one for fifteen", on="2.2")
        form = DECLINED | {"outcome": "accepted", "change": str(draft.id), "picked": str(id_)}
        editor = f"/desk/standards/{desk.standard}/1.1/clauses/{desk.clause('2.2')}/"
        browser = signed_in("drafter")

        page = browser.post(f"{desk.clauses}/2.2", data=form, follow_redirects=True)

        assert page.get_data(as_text=True).count(f'href="{editor}"') == 2
        assert browser.get(editor).status_code == 200
        assert decisions()[0].change_clause_id == desk.clause("2.2")

    def test_a_clause_merged_away_in_the_draft_is_carried_by_its_heir(self, desk, draft, signed_in):
        id_ = desk.say("one for fifteen", on="2.2")
        heir = desk.clause("2.1")
        with db.transaction() as session:
            row = session.merge(draft)
            text = store.load(session, row).by_id[heir].text
            hand = drafting.Hand("test", datetime.now(UTC))
            drafting.join(session, row, heir, desk.clause("2.2"), text, hand)
        form = DECLINED | {"outcome": "accepted", "change": str(draft.id), "picked": str(id_)}

        signed_in().post(f"{desk.clauses}/2.2", data=form)

        assert decisions()[0].change_clause_id == heir

    def test_an_exception_says_why_no_change_is_needed(self, desk, signed_in):
        id_ = desk.say("words", on="2.1")
        form = DECLINED | {"outcome": "accepted", "change": "exception", "exception": "2.2 says so already."}

        signed_in().post(f"{desk.clauses}/2.1", data=form | {"picked": str(id_)})

        assert decisions()[0].exception == "2.2 says so already."

    def test_an_exception_written_beside_a_draft_is_kept_with_it(self, desk, draft, signed_in):
        id_ = desk.say("words", on="2.1")
        form = {"outcome": "accepted", "change": str(draft.id), "exception": "It says so already."}

        signed_in().post(f"{desk.clauses}/2.1", data=DECLINED | form | {"picked": str(id_)})

        row = decisions()[0]
        assert (row.change_version_id, row.exception) == (draft.id, "It says so already.")

    def test_the_same_form_sent_twice_answers_nobody_twice(self, desk, signed_in):
        person = with_a_telephone("+255712345678")
        id_ = desk.say("words", on="2.1", channel=Channel.SMS, participant_id=person)
        browser, form = signed_in(), DECLINED | {"picked": str(id_)}
        browser.post(f"{desk.clauses}/2.1", data=form)

        again = browser.post(f"{desk.clauses}/2.1", data=form, follow_redirects=True)

        assert "Nobody is answered twice" in text_of(again)
        with db.reading() as session:
            assert len(session.exec(select(MessageRow)).all()) == 1

    def test_a_changed_mind_is_a_new_decision(self, desk, signed_in):
        id_ = desk.say("words", on="2.1")
        browser, form = signed_in(), DECLINED | {"picked": str(id_)}
        browser.post(f"{desk.clauses}/2.1", data=form)

        browser.post(f"{desk.clauses}/2.1", data=form | {"outcome": "noted"})

        with db.reading() as session:
            assert [row.outcome.value for row in dispositions.history(session, id_)] == ["noted", "declined"]

    def test_sms_segments_are_counted_before_anything_is_sent(self, desk, signed_in):
        id_ = desk.say("mbali", on="2.1", language="sw", channel=Channel.SMS)
        form = DECLINED | {"act": "measure", "picked": str(id_), "answer-sw": "maneno " * 40}

        page = text_of(signed_in().post(f"{desk.clauses}/2.1", data=form))

        assert re.search(r"1 by SMS\. 3 segments", page)
        assert decisions() == []

    def test_a_drafter_decides_nothing_given_in_confidence(self, desk, signed_in):
        id_ = desk.say("secret", on="2.1", confidential=True)

        signed_in("drafter").post(f"{desk.clauses}/2.1", data=DECLINED | {"picked": str(id_)})

        assert decisions() == []


class TestThemes:
    def test_one_decision_serves_all_of_a_theme_and_no_count_grows(self, desk, signed_in):
        ids = [desk.say(f"voice {n}", on="2.1") for n in range(3)]
        browser = signed_in("drafter")
        browser.post(
            f"{desk.clauses}/2.1",
            data={"act": "make-theme", "title": "Too far", "picked": [str(i) for i in ids[:2]]},
        )
        with db.reading() as session:
            theme = session.exec(select(ThemeRow)).one()

        browser.post(f"{desk.clauses}/2.1?theme={theme.id}", data=DECLINED | {"theme": str(theme.id)})

        assert {row.comment_id for row in decisions()} == set(ids[:2])
        page = text_of(browser.get(f"{desk.clauses}/2.1"))
        assert "3 comments" in page
        assert "2 voices" in page

    def test_a_comment_of_the_theme_that_waits_is_left_and_told(self, desk, signed_in):
        placed, waiting = desk.say("voice", on="2.1"), desk.say("another voice")
        browser = signed_in()
        both = {"act": "make-theme", "title": "Too far", "picked": [str(placed), str(waiting)]}
        browser.post(f"{desk.clauses}/2.1", data=both)
        with db.reading() as session:
            theme = session.exec(select(ThemeRow)).one()

        page = browser.post(
            f"{desk.clauses}/2.1", data=DECLINED | {"theme": str(theme.id)}, follow_redirects=True
        )

        assert [row.comment_id for row in decisions()] == [placed]
        assert "still waits for a clause" in text_of(page)

    def test_taking_a_theme_apart_leaves_its_comments_as_they_were(self, desk, signed_in):
        id_ = desk.say("voice", on="2.1")
        browser = signed_in()
        browser.post(f"{desk.clauses}/2.1", data={"act": "make-theme", "title": "Far", "picked": str(id_)})
        with db.reading() as session:
            theme = session.exec(select(ThemeRow)).one()

        browser.post(
            f"{desk.clauses}/2.1", data={"act": "rename", "which": str(theme.id), "title": "Too far"}
        )
        browser.post(f"{desk.clauses}/2.1", data={"act": "take-apart", "which": str(theme.id)})

        assert desk.standing(id_).theme_id is None
        assert desk.live(id_) == [(desk.clause("2.1"), "explicit")]
        assert desk.acts() == ["make-theme", "rename-theme", "take-theme-apart"]
