"""Bringing in a standard: looked at first, then saved whole or not at all."""

import io
import re

import pytest
from sqlmodel import select

from consult import db
from standards import store
from standards.tables import LineageRow, LineageState, StandardRow, Status, VersionRow
from tests.factories import a_standard, a_version

TEXT = """# Fair salt

## Scope

For people who rake salt.

## Water

### Brine

Operators shall keep brine out of wells.

### Rest

Operators should rest at noon.
"""


def upload(client, data=TEXT, name="salt.md"):
    """Choose a file and press the button."""
    body = data if isinstance(data, bytes) else data.encode()
    return client.post(
        "/desk/import/", data={"file": (io.BytesIO(body), name)}, content_type="multipart/form-data"
    )


def saved(table):
    with db.reading() as session:
        return session.exec(select(table)).all()


class TestLook:
    def test_it_shows_what_was_understood_before_anything_is_saved(self, signed_in):
        person = signed_in("drafter")

        page = person.get(upload(person).headers["Location"]).text

        assert "Operators shall keep brine out of wells." in page
        assert "Every one of its" in page
        assert re.search(r"Requirement</dt><dd>1<", page)
        assert saved(StandardRow) == []

    def test_pasted_markdown_will_do(self, signed_in):
        person = signed_in()

        answer = person.post("/desk/import/", data={"pasted": TEXT})

        assert "Brine" in person.get(answer.headers["Location"]).text

    @pytest.mark.parametrize(
        ("data", "name", "sentence"),
        [
            (b"", "empty.md", "is empty"),
            (b"%PDF-1.7 and so on", "gold.pdf", "is a PDF"),
            (b"PK\x03\x04 torn", "gold.docx", "damaged"),
            (b"\xd0\xcf\x11\xe0 old", "gold.doc", "old Word file"),
        ],
    )
    def test_what_cannot_be_read_is_refused_with_what_to_do(self, signed_in, data, name, sentence):
        answer = upload(signed_in(), data, name)

        assert answer.status_code == 400
        assert sentence in answer.text

    def test_nothing_chosen_asks_for_a_file(self, signed_in):
        assert "Choose a file" in signed_in().post("/desk/import/", data={}).text

    def test_scripts_in_a_text_are_shown_as_words(self, signed_in):
        person = signed_in()

        page = person.get(
            upload(person, "# A\n\n## B\n\n<script>alert(1)</script>\n").headers["Location"]
        ).text

        assert "<script>alert" not in page

    def test_nobody_else_can_look(self, signed_in):
        where = upload(signed_in()).headers["Location"]

        answer = signed_in().get(where)

        assert answer.status_code == 404
        assert "Choose it again" in answer.text

    def test_a_facilitator_brings_nothing_in(self, signed_in):
        assert signed_in("facilitator").get("/desk/import/").status_code == 403


class TestSave:
    def test_all_of_it_becomes_a_draft(self, signed_in):
        person = signed_in()
        where = upload(person).headers["Location"]

        answer = person.post(where, data={"slug": "salt", "label": "0.1", "title": "Fair salt"})

        assert answer.headers["Location"] == "/desk/standards/salt/0.1/"
        with db.reading() as session:
            _standard, version = store.version_called(session, "salt@0.1")
            headings = [clause.text.heading for clause in store.load(session, version)]
        assert headings == ["Scope", "Water", "Brine", "Rest"]

    def test_the_file_is_gone_once_it_is_saved(self, signed_in):
        person = signed_in()
        where = upload(person).headers["Location"]
        form = {"slug": "salt", "label": "0.1"}
        person.post(where, data=form)

        again = person.post(where, data=form)

        assert again.status_code == 404
        assert len(saved(VersionRow)) == 1

    @pytest.mark.parametrize(
        ("form", "field"),
        [
            ({"slug": "Salt!", "label": "1"}, "slug"),
            ({"slug": "salt", "label": "a b"}, "label"),
            ({"slug": "gold", "label": "7"}, "slug"),
        ],
    )
    def test_a_name_that_will_not_do_is_told_and_nothing_is_half_saved(self, signed_in, form, field):
        person = signed_in()
        with db.transaction() as session:
            a_standard(session, slug="gold")
        where = upload(person).headers["Location"]

        answer = person.post(where, data=form)

        assert answer.status_code == 400
        assert f'id="{field}-error"' in answer.text
        assert saved(VersionRow) == []
        assert person.get(where).status_code == 200


class TestOnto:
    @pytest.fixture
    def older(self, engine):
        """A frozen version with clauses that the text partly repeats."""
        with db.transaction() as session:
            standard = a_standard(session, slug="salt")
            clauses = {
                "1": "Scope. For people who rake salt.",
                "2": "Water",
                "2.1": "Brine. Operators shall keep brine out of wells.",
                "2.2": "Noon. People must not work in the heat of the day and should drink often.",
            }
            a_version(session, standard, clauses=clauses, status=Status.CONSULTATION)
        return "salt@1.0"

    def test_the_look_says_which_clauses_keep_their_identity(self, older, signed_in):
        person = signed_in()
        where = upload(person).headers["Location"]

        page = person.get(where, query_string={"onto": older}).text

        assert "clauses keep their identity" in page
        assert 'value="1.1"' in page

    def test_sure_matches_keep_their_identity(self, older, signed_in):
        person = signed_in()
        where = upload(person).headers["Location"]

        person.post(where, data={"onto": older, "label": "1.1"})

        with db.reading() as session:
            _standard, before = store.version_called(session, older)
            _standard, after = store.version_called(session, "salt@1.1")
            old, new = store.load(session, before), store.load(session, after)
        brine = next(clause for clause in new if clause.text.heading == "Brine")
        assert old.by_id[brine.id].text.heading == "Brine"

    def test_a_person_confirms_what_the_words_alone_do_not_decide(self, older, signed_in):
        person, suggestion = signed_in(), self.suggested(older, signed_in)
        page = person.get("/desk/standards/salt/1.1/lineage").text

        person.post(
            "/desk/standards/salt/1.1/lineage",
            data={f"old-{suggestion.from_clause_id}": str(suggestion.to_clause_id)},
        )

        assert f'name="old-{suggestion.from_clause_id}"' in page
        assert [row.state for row in saved(LineageRow)] == [LineageState.CONFIRMED]

    def test_or_turns_it_down(self, older, signed_in):
        person, suggestion = signed_in(), self.suggested(older, signed_in)

        person.post("/desk/standards/salt/1.1/lineage", data={f"old-{suggestion.from_clause_id}": "none"})

        assert [row.state for row in saved(LineageRow)] == [LineageState.REJECTED]

    def test_settling_it_twice_changes_nothing_and_says_so(self, older, signed_in):
        person, suggestion = signed_in(), self.suggested(older, signed_in)
        form = {f"old-{suggestion.from_clause_id}": "none"}
        person.post("/desk/standards/salt/1.1/lineage", data=form)

        again = person.post("/desk/standards/salt/1.1/lineage", data=form)

        assert again.status_code == 409
        assert "settled already" in again.text

    def suggested(self, older, signed_in):
        """Import onto the older version; its one doubtful match."""
        person = signed_in()
        where = upload(person).headers["Location"]
        person.post(where, data={"onto": older, "label": "1.1"})
        with db.transaction() as session:
            return session.exec(select(LineageRow)).one()


def test_the_word_document_of_a_real_standard(corpora, signed_in):
    person = signed_in()
    data = (corpora("docx/asvs") / "asvs-4.0.3-en.docx").read_bytes()

    where = upload(person, data, "asvs.docx").headers["Location"]
    person.post(where, data={"slug": "asvs", "label": "4.0.3"})

    page = person.get("/desk/standards/asvs/4.0.3/")
    assert page.status_code == 200
    assert page.text.count('name="clause"') > 400
