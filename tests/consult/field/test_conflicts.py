"""What devices said differently, at the desk: side by side, decided by a person, and changed notes."""

import re
from datetime import UTC, datetime

import pytest
from sqlmodel import select

from consult import db, intake, ledger
from consult.field import looking
from consult.tables.comments import CommentRow
from consult.tables.field import OperationRow
from consult.tables.process import AuditRow
from consult.tables.workshops import AttendanceRow, UtteranceRow, UtteranceState, WorkshopRow
from consult.workshops.note_records import records_with_words
from tests.consult.field.telephone import Telephone
from tests.consult.field.test_api import a_workshop
from tests.consult.field.test_keeping import a_clause

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def secretary(engine, signed_in):
    return signed_in("secretary")


@pytest.fixture
def workshop(engine) -> WorkshopRow:
    return a_workshop()


@pytest.fixture
def telephones(signed_in, workshop) -> list[Telephone]:
    """Two telephones at one workshop, which know nothing of each other."""
    return [Telephone.signed_in_by(signed_in("secretary"), workshop.id) for _ in range(2)]


def differ(telephones, kind: str, entity: str, field: str, *values, **before) -> None:
    """Both telephones say something else of the same field."""
    for telephone, value in zip(telephones, values, strict=True):
        for name, said in before.items():
            telephone.sends(telephone.writes.sets(kind, entity, name, said))
        telephone.sends(telephone.writes.sets(kind, entity, field, value))


def forms(page: str) -> list[dict]:
    """The decisions a page asks for: the hidden fields, and the choices there are."""
    found = []
    for form in re.findall(r"<form.*?</form>", page, re.S):
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
        choices = re.findall(r'name="choice" value="(\w+)"', form)
        if choices:
            found.append({"hidden": hidden, "choices": choices})
    return found


def waiting(workshop: WorkshopRow) -> list[str]:
    with db.reading() as session:
        return [row.entity for row in looking.conflicts(session, workshop)]


class TestDeciding:
    def test_values_stand_side_by_side_with_whose_they_are(self, secretary, workshop, telephones):
        differ(telephones, "attendance", "attendance:miners", "people", 12, 13)

        page = secretary.get(f"/desk/workshops/{workshop.id}/conflicts").text

        assert sorted(re.findall(r"<span><span>(\d+)</span>", page)) == ["12", "13"]
        assert page.count("Neema&#39;s telephone") == 2

    def test_one_of_them_holds_once_somebody_says_so(self, secretary, workshop, telephones):
        differ(telephones, "attendance", "attendance:miners", "people", 12, 13)
        address = f"/desk/workshops/{workshop.id}/conflicts"
        [asked] = forms(secretary.get(address).text)

        answer = secretary.post(address, data=asked["hidden"] | {"choice": asked["choices"][1]})

        assert answer.status_code == 302
        assert waiting(workshop) == []
        with db.reading() as session:
            assert session.exec(select(AttendanceRow.people)).one() in (12, 13)
            line = session.exec(select(AuditRow).where(AuditRow.act == "settle")).one()
            assert line.after == {"entity": "attendance:miners", "field": "people", "sides": 2}
            assert ledger.verify(session).faults == []

    @pytest.mark.parametrize(("written", "status"), [("14", 302), ("many", 400), ("", 400), ("-1", 400)])
    def test_a_third_value_may_be_written(self, secretary, workshop, telephones, written, status):
        differ(telephones, "attendance", "attendance:miners", "people", 12, 13)
        address = f"/desk/workshops/{workshop.id}/conflicts"
        [asked] = forms(secretary.get(address).text)

        answer = secretary.post(address, data=asked["hidden"] | {"choice": "other", "other": written})

        assert answer.status_code == status
        assert waiting(workshop) == ([] if status == 302 else ["attendance:miners"])

    def test_what_came_meanwhile_is_not_decided_unseen(self, secretary, workshop, telephones):
        differ(telephones, "attendance", "attendance:miners", "people", 12, 13)
        address = f"/desk/workshops/{workshop.id}/conflicts"
        [asked] = forms(secretary.get(address).text)
        telephones[0].sends(telephones[0].writes.sets("attendance", "attendance:miners", "people", 15))

        answer = secretary.post(address, data=asked["hidden"] | {"choice": asked["choices"][0]})

        assert answer.status_code == 400
        assert "since this page was shown" in answer.text

    def test_one_operation_in_two_wordings_is_looked_at_once(self, secretary, workshop, telephones):
        told = telephones[0].writes.sets("note", "note:1", "words", "mbali")
        telephones[0].sends(told, told.replace("mbali", "karibu"))
        address = f"/desk/workshops/{workshop.id}/conflicts"
        [asked] = forms(secretary.get(address).text)

        secretary.post(address, data=asked["hidden"] | {"choice": asked["choices"][0]})

        assert waiting(workshop) == []

    def test_what_was_erased_asks_for_no_decision(self, secretary, workshop, telephones):
        differ(telephones, "note", "note:1", "words", "Mbali.", "Karibu.")
        with db.transaction() as session:
            for record_id in records_with_words(session, workshop.id, "note:1"):
                intake.erase_payload(session, record_id, reason="test", by="test", now=datetime.now(UTC))

        assert "Nothing waits here" in secretary.get(f"/desk/workshops/{workshop.id}/conflicts").text
        assert "needs a decision" not in secretary.get(f"/desk/workshops/{workshop.id}").text

    def test_names_are_not_shown(self, secretary, workshop, telephones):
        differ(telephones, "attendee", "attendee:1", "name", "Neema Paul", "Neema Paulo", label="P3")

        page = secretary.get(f"/desk/workshops/{workshop.id}/conflicts").text

        assert "Neema Paul" not in page
        assert page.count("<span>sealed</span>") == 2

    def test_every_kind_of_value_can_be_shown(self, secretary, workshop, telephones):
        clause = a_clause(workshop)
        differ(telephones, "note", "note:1", "clauses", [clause], ["whole"], words="Mbali. 0754 123 456")
        differ(telephones, "note", "note:1", "lone", True, False)
        differ(telephones, "note", "note:1", "marks", ["cost"], [])
        differ(telephones, "vote", "vote:1", "cell:0:women", 2, 3, question="Ngapi?")
        stretches = [{"sha256": f"{n:064x}", "ms": 60_000} for n in range(2)]
        differ(telephones, "recording", "recording:1", "part:0000", *stretches)

        page = secretary.get(f"/desk/workshops/{workshop.id}/conflicts").text

        shown = ("the whole document", "60 seconds", "Dots: women", "<span>cost</span>", "<span>yes</span>")
        for said in shown:
            assert said in page
        assert "0754" not in page

    def test_a_facilitator_of_another_workshop_sees_none_of_it(self, signed_in, workshop):
        assert signed_in("facilitator").get(f"/desk/workshops/{workshop.id}/conflicts").status_code == 404


class TestChangedNotes:
    @pytest.fixture
    def changed(self, workshop, telephones) -> str:
        """A note that was changed after it had become a comment."""
        telephone, clause = telephones[0], a_clause(workshop)
        entity = telephone.writes.notes("Ishirini.", clauses=[clause])
        telephone.writes.sets("meeting", "meeting", "finished", True)
        telephone.sends(*telephone.writes.written)
        telephone.sends(telephone.writes.sets("note", entity, "words", "Thelathini."))
        return entity

    def said(self) -> list[str]:
        with db.reading() as session:
            return sorted(row.text for row in session.exec(select(CommentRow)))

    def test_its_comment_is_made_anew(self, secretary, workshop, changed):
        address = f"/desk/workshops/{workshop.id}"
        assert "had become a comment" in secretary.get(f"{address}/conflicts").text

        secretary.post(f"{address}/changed-notes", data={"entity": changed, "act": "anew"})

        assert (waiting(workshop), self.said()) == ([], ["", "Thelathini."])
        with db.reading() as session:
            row = session.exec(select(UtteranceRow)).one()
            assert (row.words, row.state) == ("Thelathini.", UtteranceState.COMMENT)
            assert ledger.verify(session).faults == []

    def test_or_it_is_left_as_it_is(self, secretary, workshop, changed):
        secretary.post(
            f"/desk/workshops/{workshop.id}/changed-notes", data={"entity": changed, "act": "leave"}
        )

        assert (waiting(workshop), self.said()) == ([], ["Ishirini."])

    def test_a_note_taken_away_loses_its_comment_when_somebody_says_so(
        self, secretary, workshop, telephones, changed
    ):
        telephones[0].sends(telephones[0].writes.sets("note", changed, "removed", True))

        secretary.post(
            f"/desk/workshops/{workshop.id}/changed-notes", data={"entity": changed, "act": "anew"}
        )

        assert (waiting(workshop), self.said()) == ([], [""])

    def test_a_note_that_is_not_there_is_told(self, secretary, workshop):
        answer = secretary.post(
            f"/desk/workshops/{workshop.id}/changed-notes", data={"entity": "note:none", "act": "leave"}
        )

        assert answer.status_code == 404


class TestReadyNotes:
    def test_notes_that_name_their_clauses_become_comments_by_a_button(self, secretary, workshop, telephones):
        telephone = telephones[0]
        telephone.writes.notes("Juu ya ibara.", clauses=[a_clause(workshop)])
        telephone.writes.notes("Bila ibara.")
        telephone.sends(*telephone.writes.written)
        address = f"/desk/workshops/{workshop.id}"
        assert "Make a comment of 1 note" in secretary.get(address).text

        secretary.post(f"{address}/notes")

        with db.reading() as session:
            assert session.exec(select(CommentRow.text)).all() == ["Juu ya ibara."]
        assert "Make a comment of" not in secretary.get(address).text

    def test_an_operation_is_never_changed_by_a_decision(self, secretary, workshop, telephones):
        differ(telephones, "attendance", "attendance:miners", "people", 12, 13)
        address = f"/desk/workshops/{workshop.id}/conflicts"
        [asked] = forms(secretary.get(address).text)
        with db.reading() as session:
            before = {(row.id, row.hash) for row in session.exec(select(OperationRow))}

        secretary.post(address, data=asked["hidden"] | {"choice": asked["choices"][0]})

        with db.reading() as session:
            assert before < {(row.id, row.hash) for row in session.exec(select(OperationRow))}


def test_times_of_devices_that_are_wrong_by_years_change_nothing(secretary, workshop, telephones):
    telephones[0].writes.clock = "1970-01-01T00:00:00+00:00"
    telephones[1].writes.clock = "2099-01-01T00:00:00+00:00"

    differ(telephones, "attendance", "attendance:miners", "people", 12, 13)

    assert waiting(workshop) == ["attendance:miners"]
    page = secretary.get(f"/desk/workshops/{workshop.id}/conflicts").text
    assert f"{datetime.now(UTC):%Y}" in page
    assert "2099" not in page
