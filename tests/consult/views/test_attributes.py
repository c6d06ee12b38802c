"""Particulars in a browser: ticking, setting, looking, and the sheet out and back."""

import csv
import io
import re
from html import unescape

import openpyxl
import pytest
from sqlmodel import select

from consult import db
from consult.tables.process import AuditRow
from standards import store
from standards.document import Policy
from standards.tables import EditRow, Status
from tests.factories import a_standard, a_version, clause_numbered

BASE = "/desk/standards/gold/1.0/"
PAGE = f"{BASE}attributes"


def _saved(status):
    with db.transaction() as session:
        version = a_version(session, a_standard(session, slug="gold"), status=status)
        return {number: clause_numbered(session, version, number) for number in ("1", "2", "2.1", "2.2")}


@pytest.fixture
def draft(engine):
    """A draft of four clauses, saved: `draft["2.1"]` is the id of a clause."""
    return _saved(Status.DRAFT)


@pytest.fixture
def frozen(engine):
    return _saved(Status.CONSULTATION)


def policies():
    with db.reading() as session:
        _standard, version = store.version_called(session, "gold@1.0")
        document = store.load(session, version)
        return {clause.number: clause.text.attributes.policy for clause in document}


def hidden(html):
    """The fields of the preview's form, as a browser sends them."""
    sent: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html):
        if name != "csrf_token":
            sent.setdefault(name, []).append(unescape(value))
    return sent


class TestTicking:
    def test_all_under_a_clause_are_ticked(self, draft, signed_in):
        page = signed_in().post(PAGE, data={"act": f"under:{draft['2']}"}).text

        assert "3 clauses ticked" in page

    def test_ticks_and_what_was_typed_stay_when_more_are_ticked(self, draft, signed_in):
        sent = {"clause": [draft["1"]], "to-topic": "mercury", "of-level": "section", "act": "alike"}

        page = signed_in().post(PAGE, data=sent).text

        assert "4 clauses ticked" in page
        assert 'value="mercury"' in page

    def test_ticks_are_taken_away(self, draft, signed_in):
        page = signed_in().post(PAGE, data={"clause": [draft["1"]], "act": "none"}).text

        assert "0 clauses ticked" in page


class TestSetting:
    def wanted(self, draft, **more):
        return {"clause": [draft["2.1"], draft["2.2"]], "to-policy": "locked", "act": "preview", **more}

    def test_what_would_change_is_shown_and_nothing_is_changed(self, draft, signed_in):
        page = signed_in().post(PAGE, data=self.wanted(draft)).text

        assert "2 clauses would change" in page
        assert "change everything" in page
        assert set(policies().values()) == {Policy.OPEN}

    def test_then_all_change_in_one_act(self, draft, signed_in):
        person = signed_in("drafter")
        shown = hidden(person.post(PAGE, data=self.wanted(draft)).text)

        answer = person.post(f"{PAGE}/apply", data={**shown, "reason": "Decided"}, follow_redirects=True)

        assert "2 clauses changed" in answer.text
        assert policies() == {
            "1": Policy.OPEN,
            "2": Policy.OPEN,
            "2.1": Policy.LOCKED,
            "2.2": Policy.LOCKED,
        }
        with db.reading() as session:
            assert session.exec(select(EditRow.reason)).all() == ["Decided"] * 2
            assert session.exec(select(AuditRow.act)).all() == ["edit-clause"] * 2

    def test_a_colleague_who_saved_meanwhile_stops_all_of_it(self, draft, signed_in):
        person = signed_in()
        shown = hidden(person.post(PAGE, data=self.wanted(draft)).text)
        theirs = hidden(person.post(PAGE, data=self.wanted(draft, clause=[draft["2.1"]])).text)
        person.post(f"{PAGE}/apply", data={**theirs, "to-policy": "strengthen"})

        answer = person.post(f"{PAGE}/apply", data=shown)

        assert answer.status_code == 409
        assert "2.1 No open burning" in unescape(answer.text)
        assert policies()["2.2"] is Policy.OPEN
        again = person.post(f"{PAGE}/apply", data=hidden(answer.text), follow_redirects=True)
        assert "2 clauses changed" in again.text

    @pytest.mark.parametrize(
        ("sent", "told"),
        [
            ({"clause": []}, "Tick the clauses"),
            ({"to-policy": ""}, "Fill in what the ticked clauses shall have"),
            ({"to-effective": "spring"}, "such as 2027-01-31"),
            ({"to-topic": "gold", "empty": "topic"}, "Either fill this in or empty it"),
        ],
    )
    def test_what_is_missing_is_asked_for(self, draft, signed_in, sent, told):
        answer = signed_in().post(PAGE, data=self.wanted(draft, **sent))

        assert answer.status_code == 400
        assert told in answer.text

    def test_particulars_are_emptied(self, draft, signed_in):
        person = signed_in()
        filled = hidden(person.post(PAGE, data=self.wanted(draft, **{"to-topic": "mercury"})).text)
        person.post(f"{PAGE}/apply", data=filled)

        shown = person.post(
            PAGE, data={"clause": [draft["2.1"]], "empty": ["topic", "policy"], "act": "preview"}
        )

        assert "1 clause would change" in shown.text
        assert "mercury" in shown.text

    def test_a_form_that_names_no_text_is_refused(self, draft, signed_in):
        answer = signed_in().post(f"{PAGE}/apply", data={"seen": "nonsense", "to-policy": "locked"})

        assert answer.status_code == 404

    def test_a_frozen_version_shows_and_does_not_change(self, frozen, signed_in):
        person = signed_in()

        assert 'name="clause"' not in person.get(PAGE).text
        assert person.post(PAGE, data=self.wanted(frozen)).status_code == 409

    def test_a_reader_may_look_and_not_change(self, draft, signed_in):
        auditor = signed_in("auditor")

        assert auditor.get(PAGE).status_code == 200
        assert auditor.post(PAGE, data=self.wanted(draft)).status_code == 403


class TestSheet:
    def taken(self, person, kind="csv"):
        answer = person.get(f"{PAGE}.{kind}")
        assert answer.status_code == 200
        return answer.data

    def rows(self, data):
        return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))

    def as_csv(self, rows):
        into = io.StringIO(newline="")
        csv.writer(into).writerows(rows)
        return into.getvalue().encode()

    def send(self, person, data, name="sheet.csv"):
        return person.post(f"{PAGE}/sheet", data={"sheet": (io.BytesIO(data), name)}, follow_redirects=False)

    def changed(self, person, column, value, number="2.1"):
        rows = self.rows(self.taken(person))
        row = next(row for row in rows if row[1] == number)
        row[rows[0].index(column)] = value
        return self.as_csv(rows)

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_a_sheet_sent_back_untouched_changes_nothing(self, draft, signed_in, kind):
        person = signed_in()

        sent = self.send(person, self.taken(person, kind), f"sheet.{kind}")

        assert "Nothing would change" in person.get(sent.location).text

    def test_the_same_document_gives_the_same_bytes(self, draft, signed_in):
        person = signed_in()

        assert self.taken(person, "xlsx") == self.taken(person, "xlsx")

    def test_a_workbook_offers_the_values_of_a_column(self, draft, signed_in):
        book = openpyxl.load_workbook(io.BytesIO(self.taken(signed_in(), "xlsx")))

        offers = [rule.formula1 for rule in book["Attributes"].data_validations.dataValidation]
        assert '"locked,parameters,strengthen,open"' in offers
        assert book.sheetnames == ["Attributes", "Values"]

    def test_what_it_changes_is_shown_then_made_so(self, draft, signed_in):
        person = signed_in()
        data = self.changed(person, "policy", "locked")

        look = self.send(person, data).location
        page = person.get(look).text
        answer = person.post(look, data=hidden(page), follow_redirects=True)

        assert "1 clause would change" in page
        assert "1 clause changed" in answer.text
        assert policies()["2.1"] is Policy.LOCKED
        assert "Nothing would change" in person.get(self.send(person, data).location).text

    def test_while_one_cell_cannot_be_taken_nothing_is_changed(self, draft, signed_in):
        person = signed_in()
        rows = self.rows(self.changed(person, "policy", "lockd"))
        rows[1][rows[0].index("topic")] = "scope"
        look = self.send(person, self.as_csv(rows)).location

        page = unescape(person.get(look).text)
        answer = person.post(look, data=hidden(page) | {"seal": "any"})

        assert "Did you mean locked? Possible: locked, parameters, strengthen, open." in page
        assert answer.status_code == 409
        with db.reading() as session:
            assert session.exec(select(EditRow)).all() == []

    def test_a_draft_that_changed_since_is_looked_at_again(self, draft, signed_in):
        person = signed_in()
        look = self.send(person, self.changed(person, "policy", "locked")).location
        shown = hidden(person.get(look).text)
        other = self.send(person, self.changed(person, "topic", "fire")).location
        person.post(other, data=hidden(person.get(other).text))

        answer = person.post(look, data=shown)

        assert answer.status_code == 409
        assert "changed since you looked" in answer.text
        assert policies()["2.1"] is Policy.OPEN

    @pytest.mark.parametrize(
        ("data", "told"),
        [
            (b"", "is empty"),
            (b"\x89PNG\r\n\x1a\n\x00\x00", "We take XLSX and CSV"),
            (b"PK nonsense", "damaged"),
            (b"topic,risk,size\nwater,high,small\n", "says which clause each row is about"),
        ],
    )
    def test_a_file_that_is_no_such_sheet_says_what_to_do(self, draft, signed_in, data, told):
        answer = self.send(signed_in(), data)

        assert answer.status_code == 400
        assert told in unescape(answer.text)

    def test_without_a_file_one_is_asked_for(self, draft, signed_in):
        assert signed_in().post(f"{PAGE}/sheet", data={}).status_code == 400

    def test_a_formula_leaves_as_words_and_returns_as_it_was(self, draft, signed_in):
        person = signed_in()
        look = self.send(person, self.changed(person, "topic", "=1+1")).location
        person.post(look, data=hidden(person.get(look).text))

        data = self.taken(person)

        assert "'=1+1" in data.decode()
        assert "Nothing would change" in person.get(self.send(person, data).location).text

    def test_another_kind_is_said_to_be_missing(self, draft, signed_in):
        assert signed_in().get(f"{PAGE}.ods").status_code == 404


def test_remarks_stand_at_their_clauses(draft, signed_in):
    page = unescape(signed_in("auditor").get(f"{BASE}remarks").text)

    assert "To look at in 1.0" in page
