"""Votes, notes from paper, minutes and results over HTTP: who may, what is kept, refusals in words."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlmodel import select

from consult import db, ledger, rounds, workshops
from consult.tables.field import DotVoteRow
from consult.tables.process import AuditRow
from consult.tables.workshops import AttendanceRow, MinutesRow, UtteranceRow, WorkshopRow
from consult.workshops import Attended, Meeting
from tests.factories import a_version, clause_numbered

VOTE = {"question": "One retort for 15?", "clause": "2.2", "dots": "1", "option-0": "Yes", "option-1": "No"}
NOTE = {"words": "Maji ni ghali.", "category": "pit-miners", "clauses": "2.2", "lone": "yes", "marks": "cost"}


@pytest.fixture
def secretary(signed_in, engine):
    return signed_in("secretary")


@pytest.fixture
def workshop(secretary):
    """The address of a workshop of a round that is open at this moment; twelve pit miners came."""
    now = datetime.now(UTC)
    with db.transaction() as session:
        version = a_version(session, status="consultation")
        rounds.keep_group(session, "pit-miners", {"en": "Pit miners"})
        wanted = rounds.NewRound(
            slug="r1", title="Round 1", opens_at=now - timedelta(days=1), closes_at=now + timedelta(days=9)
        )
        round_ = rounds.open_round(session, version, wanted, now=now)
        meeting = Meeting(
            "Katoro", (now - timedelta(days=1)).date(), languages=("en",),
            agenda=(clause_numbered(session, version, "2.2"),), attendance=(Attended("pit-miners", 12, 3),),
        )  # fmt: skip
        held = workshops.hold(session, round_, meeting, now=now).workshop
        return f"/desk/workshops/{held.id}"


def all_of(row):
    with db.reading() as session:
        return list(session.exec(select(row)).all())


def sums_hold():
    with db.reading() as session:
        return ledger.verify(session).faults == []


class TestVotes:
    def test_a_vote_is_typed_in_two_steps_and_shown_with_its_totals(self, secretary, workshop):
        address = f"{workshop}/votes/{uuid4()}"
        secretary.post(address, data=VOTE)
        form = secretary.get(address).text

        counted = {"who-0": "pit-miners", "people-0": "12", "cell-0-0": "8", "cell-1-0": "4"}
        answer = secretary.post(address, data=VOTE | counted)

        assert 'name="cell-1-0"' in form
        assert answer.status_code == 302
        [row] = all_of(DotVoteRow)
        assert (row.people, row.cells) == (
            {"pit-miners": 12},
            {"0": {"pit-miners": 8}, "1": {"pit-miners": 4}},
        )
        page = secretary.get(f"{workshop}/votes").text
        assert re.search(r"Yes.*?8.*?8", page, re.DOTALL)
        assert sums_hold()

    def test_what_does_not_add_up_is_kept_and_said(self, secretary, workshop):
        address = f"{workshop}/votes/{uuid4()}"
        secretary.post(address, data=VOTE)

        secretary.post(address, data=VOTE | {"who-0": "pit-miners", "people-0": "13", "cell-0-0": "14"})

        page = secretary.get(f"{workshop}/votes").text
        assert "Pit miners: 14 dots, but they had 13." in page
        assert "Pit miners: 13 voted, but 12 came." in page

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"question": ""}, "Write what was asked."),
            ({"clause": "99"}, "There is no clause 99"),
            ({"dots": "many"}, "is not a count"),
            ({"option-1": ""}, "at least two options"),
            ({"option-1": "", "option-2": "Both"}, "without an empty line"),
        ],
    )
    def test_what_cannot_be_is_refused_with_all_that_was_typed(self, secretary, workshop, fields, words):
        answer = secretary.post(f"{workshop}/votes/{uuid4()}", data=VOTE | {"rule": "Kept so"} | fields)

        assert answer.status_code == 400
        assert words in answer.text
        assert "Kept so" in answer.text
        assert all_of(DotVoteRow) == []

    def test_an_option_with_dots_cannot_go(self, secretary, workshop):
        address = f"{workshop}/votes/{uuid4()}"
        three = VOTE | {"option-2": "Both"}
        secretary.post(address, data=three)
        secretary.post(address, data=three | {"who-0": "pit-miners", "cell-2-0": "2"})

        answer = secretary.post(address, data=VOTE)

        assert answer.status_code == 400
        assert "Set them to 0 before it goes" in answer.text

    def test_a_mistake_is_taken_away_and_stays_in_the_ledger(self, secretary, workshop):
        address = f"{workshop}/votes/{uuid4()}"
        secretary.post(address, data=VOTE)

        secretary.post(address, data={"act": "remove"})

        assert "One retort" not in secretary.get(f"{workshop}/votes").text
        assert [row.removed for row in all_of(DotVoteRow)] == [True]


class TestFromPaper:
    def test_a_note_becomes_an_utterance_with_its_marks(self, secretary, workshop):
        id_ = str(uuid4())
        for _ in range(2):
            assert secretary.post(f"{workshop}/notes/new", data=NOTE | {"id": id_}).status_code == 302

        [row] = all_of(UtteranceRow)
        assert (row.words, row.category, row.lone, row.marks) == (NOTE["words"], "pit-miners", True, ["cost"])
        assert len(row.clauses) == 1
        assert sums_hold()

    @pytest.mark.parametrize(
        ("fields", "words"),
        [({"words": " "}, "Write what was said."), ({"clauses": "2.2, 77"}, "There is no clause 77")],
    )
    def test_what_says_nothing_is_refused(self, secretary, workshop, fields, words):
        answer = secretary.post(f"{workshop}/notes/new", data=NOTE | fields)

        assert (answer.status_code, words in answer.text) == (400, True)
        assert all_of(UtteranceRow) == []

    def test_no_words_are_taken_where_they_did_not_agree(self, secretary, workshop):
        with db.transaction() as session:
            session.exec(select(WorkshopRow)).one().consent = "refused"

        answer = secretary.post(f"{workshop}/notes/new", data=NOTE)

        assert answer.status_code in (400, 409, 422)
        assert "did not agree" in answer.text

    def test_ages_are_counted_and_others_stay_as_they_were(self, secretary, workshop):
        counted = {"people-0": "14", "women-0": "3", "18-35-0": "6", "36-60-0": "8"}

        secretary.post(f"{workshop}/attendance", data=counted)
        secretary.post(f"{workshop}/attendance", data=counted)

        [row] = all_of(AttendanceRow)
        assert (row.people, row.women, row.bands) == (14, 3, {"18-35": 6, "36-60": 8})

    def test_more_ages_than_people_are_refused(self, secretary, workshop):
        answer = secretary.post(f"{workshop}/attendance", data={"people-0": "3", "18-35-0": "6"})

        assert answer.status_code == 400
        assert "the ages are more than the people" in answer.text


class TestMinutes:
    @pytest.fixture
    def written(self, secretary, workshop):
        secretary.post(f"{workshop}/notes/new", data=NOTE)
        secretary.post(f"{workshop}/minutes")
        return f"{workshop}/minutes"

    def test_they_are_written_once_however_often_one_presses(self, secretary, written):
        secretary.post(written)

        assert [row.number for row in all_of(MinutesRow)] == [1]
        page = secretary.get(written).text
        assert "Maji ni ghali." in page
        assert "Lone voice" in page

    def test_that_they_were_read_back_is_noted_and_stands_on_paper(self, secretary, written):
        held = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()

        secretary.post(f"{written}/1/shown", data={"how": "read-back", "on": held, "to": "24 people"})

        assert "24 people" in secretary.get(written).text
        paper = secretary.get(f"{written}/1/paper").text
        assert "to 24 people" in paper
        assert "Maji ni ghali." in paper
        assert [row.act for row in all_of(AuditRow) if row.subject == "minutes"] == ["write", "show"]

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"how": ""}, "read back or sent"),
            ({"on": "yesterday"}, "Write the day as"),
            ({"to": ""}, "to how many people"),
            ({"on": "2999-01-01"}, "still to come"),
        ],
    )
    def test_what_cannot_be_is_refused(self, secretary, written, fields, words):
        told = {"how": "sent", "on": "2026-03-02", "to": "all"} | fields

        answer = secretary.post(f"{written}/1/shown", data=told)

        assert (answer.status_code, words in answer.text) == (400, True)
        assert [row.shown for row in all_of(MinutesRow)] == [""]

    def test_a_correction_stands_in_the_next_version(self, secretary, written):
        told = {"id": str(uuid4()), "words": "We were thirteen.", "category": "pit-miners", "clause": "2.2"}
        for _ in range(2):
            secretary.post(f"{written}/1/corrections", data=told)

        before = secretary.get(written).text
        secretary.post(written)

        assert "one thing has changed in the records" in before
        assert secretary.get(written).text.count("We were thirteen.") >= 2
        assert "What changed from version 1" in secretary.get(f"{written}?number=2").text
        assert sums_hold()

    def test_files_come_as_word_and_web_page(self, secretary, written):
        for kind, begins in (("docx", b"PK"), ("html", b"<!doctype")):
            answer = secretary.get(f"{written}/1.{kind}")
            assert (answer.status_code, answer.data.startswith(begins)) == (200, True)
        assert secretary.get(f"{written}/1.exe").status_code == 404
        assert secretary.get(f"{written}/7.docx").status_code == 404

    def test_the_committee_reads_and_a_stranger_to_the_meeting_does_not(self, signed_in, written, workshop):
        assert "Maji ni ghali." in signed_in("working-group").get(written).text
        assert signed_in("working-group").post(written).status_code == 403
        assert signed_in("facilitator").get(written).status_code == 404

    def test_results_wait_for_the_first_decision(self, secretary, workshop, written):
        page = secretary.get(f"{workshop}/results")

        assert (page.status_code, "Nothing is decided yet" in page.text) == (200, True)
        assert secretary.get(f"{workshop}/results.docx").status_code == 404
