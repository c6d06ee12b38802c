"""Local texts over HTTP: read on the day, the register of derogations, countries side by side."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import openpyxl
import pytest
import sqlalchemy as sa

from consult import db
from standards import drafting
from standards import versions as text_versions
from standards.document import ClauseText
from standards.exchange import docx
from standards.overlays import versions
from standards.tables import OverlayVersionRow, VersionRow
from tests.consult.local.texts import a_base, a_local_text, kept

NOW = datetime.now(UTC)
TOMORROW = NOW.date() + timedelta(days=1)


def derogation(until: date, stage: str = "year 3") -> dict[str, str]:
    told = {"op": "DEROGATE", "field": "stage", "value": stage, "until": until.isoformat()}
    return {**told, "approved_by": "The owner"}


@pytest.fixture
def tanzania(client):
    """`tz-gold` 1.0 on rag 2.0, frozen for its consultation, with a derogation until tomorrow."""
    with db.transaction() as session:
        version = a_local_text(session)
        kept(session, version)
        kept(session, version, "1.2", **derogation(TOMORROW))
        kept(session, version, "2.2", op="GUIDE", lang="sw", text="Chagueni viongozi.")
        kept(
            session,
            version,
            "1.1",
            op="ADD",
            id="TZ:1.1+1",
            level="criterion",
            modality="requirement",
            heading="Log",
            body="The group shall keep a log.",
        )
        versions.freeze(session, version, by="me", now=NOW)
        return version


def a_neighbour(tanzania, slug: str, **content) -> None:
    """A frozen local text of another country on the same base."""
    with db.transaction() as session:
        base = session.get_one(VersionRow, tanzania.base_id)
        version = a_local_text(session, base, slug=slug)
        kept(session, version, **content)
        versions.freeze(session, version, by="me", now=NOW)


def words_of(response) -> str:
    return " ".join(response.get_data(as_text=True).split())


@pytest.fixture
def day(monkeypatch):
    """Let the views think it is another day."""

    def set_(to: date) -> None:
        class Clock(datetime):
            @classmethod
            def now(cls, tz=None):
                return datetime(to.year, to.month, to.day, 12, tzinfo=tz)

        for module in ("standards", "local_public"):
            monkeypatch.setattr(f"consult.views.{module}.datetime", Clock)

    return set_


class TestReading:
    def test_it_says_what_it_stands_on_and_marks_what_is_local(self, client, tanzania):
        page = words_of(client.get("/standards/tz-gold/1.0"))

        assert 'Local interpretation of <a href="/standards/rag/2.0"' in page
        assert '<ins class="parameter">95&nbsp;%</ins>' in page
        assert '<aside class="layer" aria-label="Tanzania 1.0">' in page
        assert "Set: recovery 90 % → 95 %, stricter" in page
        assert "TZ:1.1+1" in page

    def test_a_derogation_is_there_until_its_day_and_gone_on_it(self, client, tanzania, day):
        before = words_of(client.get("/standards/tz-gold/1.0"))
        day(TOMORROW)
        # Another process may have kept the page for seconds; here the stamp is asked for again.
        with db.transaction() as session:
            session.execute(sa.text("SELECT 1"))

        after = words_of(client.get("/standards/tz-gold/1.0"))

        assert "stage Year 3 in place of Year 1" in before
        assert "Year 3" not in after

    def test_a_draft_of_a_local_text_is_nobodys_to_read(self, client):
        with db.transaction() as session:
            a_local_text(session)

        assert client.get("/standards/tz-gold/1.0").status_code == 404
        assert "Tanzania" not in words_of(client.get("/standards/rag"))

    def test_the_base_names_its_local_texts(self, client, tanzania):
        standard, reading = (words_of(client.get(f"/standards/{path}")) for path in ("rag", "rag/2.0"))

        assert '<a href="/standards/tz-gold/1.0">Tanzania 1.0</a>' in standard
        assert "/standards/tz-gold/1.0/derogations" in standard
        assert '<a href="/standards/tz-gold/1.0">Tanzania 1.0</a>' in reading

    def test_a_clause_tells_where_each_part_comes_from_and_leads_to_its_base(self, client, tanzania):
        page = words_of(client.get("/standards/tz-gold/1.0/clauses/1.1"))

        assert "<dt>Tanzania 1.0 · Set</dt><dd>text: 95 %</dd>" in page
        assert 'href="/standards/rag/2.0/clauses/1.1"' in page
        assert 'href="/standards/rag/2.0/clauses/1.1/countries"' in page

    def test_a_clause_of_its_own_has_no_clause_in_the_base_to_lead_to(self, client, tanzania):
        page = words_of(client.get("/standards/tz-gold/1.0/clauses/TZ:1.1+1"))

        assert "This clause in the base" not in page

    def test_the_file_to_take_along_is_the_text_of_the_day_with_its_marks(self, client, tanzania):
        data = client.get("/standards/tz-gold/1.0/download/docx").data

        back = docx.read(data, "tz.docx").clauses
        assert [c.text.declared_number for c in back] == ["1", "1.1", "TZ:1.1+1", "1.2", "2", "2.1", "2.2"]
        assert b"Layers: Tanzania 1.0" in client.get("/standards/tz-gold/1.0/download/html").data

    def test_an_ordinary_standard_asks_nothing_more_of_the_database(self, client, engine):
        with db.transaction() as session:
            a_base(session)
        asked = []
        sa.event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2]))

        client.get("/standards/rag/2.0")

        assert not any(statement.startswith("SELECT overlay") for statement in asked)

    def test_a_local_text_once_resolved_is_not_resolved_again_that_day(self, client, engine, tanzania):
        client.get("/standards/tz-gold/1.0/clauses/1.1")
        asked = []
        sa.event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2]))

        client.get("/standards/tz-gold/1.0/clauses/1.2")

        assert not any("FROM operation" in statement for statement in asked)


class TestRegister:
    def test_it_lists_each_weakening_with_its_end(self, client, tanzania):
        page = words_of(client.get("/standards/tz-gold/1.0/derogations"))

        assert "stage: Year 1" in page
        assert "<b>Year 3</b>" in page
        assert "The owner" in page
        assert "In force" in page

    def test_on_the_day_it_changes_by_itself(self, client, tanzania, day):
        day(TOMORROW)

        page = words_of(client.get("/standards/tz-gold/1.0/derogations"))

        assert ("In force" in page, "Run out" in page) == (False, True)

    def test_the_base_shows_those_of_all_local_texts_on_it(self, client, tanzania):
        page = words_of(client.get("/standards/rag/2.0/derogations"))

        assert '<h2><a href="/standards/tz-gold/1.0">Tanzania 1.0</a></h2>' in page

    def test_it_comes_as_a_table(self, client, tanzania):
        data = client.get("/standards/tz-gold/1.0/derogations/csv").data.decode("utf-8-sig")

        (row,) = csv.DictReader(io.StringIO(data))
        assert (row["Clause"], row["Until"]) == ("1.2 Open fires", TOMORROW.isoformat())

    def test_it_comes_as_a_word_file_the_same_each_time(self, client, tanzania):
        first, again = (client.get("/standards/tz-gold/1.0/derogations/docx").data for _ in range(2))

        assert first == again
        assert "Open fires" in docx.read(first, "register.docx").source_text

    def test_another_kind_names_those_there_are(self, client, tanzania):
        answer = client.get("/standards/tz-gold/1.0/derogations/xls")

        assert answer.status_code == 404
        assert "docx, csv" in words_of(answer)

    def test_a_text_without_any_says_so(self, client):
        with db.transaction() as session:
            a_base(session)

        assert "No local text yet" in words_of(client.get("/standards/rag/2.0/derogations"))


class TestCountries:
    def test_each_stands_beside_the_base_with_its_words_marked(self, client, tanzania):
        a_neighbour(tanzania, "co-oro", op="SET", parameter="recovery", value=92)

        page = words_of(client.get("/standards/rag/2.0/clauses/1.1/countries"))

        assert "<del>90</del><ins>95</ins>" in page
        assert "<del>90</del><ins>92</ins>" in page
        assert page.count("stricter") >= 2

    def test_a_country_on_an_older_version_is_held_against_that(self, client, tanzania):
        with db.transaction() as session:
            base = session.get_one(VersionRow, tanzania.base_id)
            newer = text_versions.new_draft(session, base, "2.1", now=NOW)
            text_versions.freeze(session, newer, now=NOW)

        page = words_of(client.get("/standards/rag/2.1/clauses/1.1/countries"))

        assert "It stands on another version" in page
        assert "Responsible gold 2.0" in page

    def test_without_local_texts_it_says_so(self, client):
        with db.transaction() as session:
            a_base(session)

        assert "No local text yet" in words_of(client.get("/standards/rag/2.0/clauses/1.1/countries"))

    def test_an_unknown_clause_is_a_kind_404(self, client, tanzania):
        answer = client.get("/standards/rag/2.0/clauses/9.9/countries")

        assert answer.status_code == 404
        assert "has no clause 9.9" in words_of(answer)

    def test_the_desk_sees_every_clause_and_its_own_ones_where_they_stand(self, signed_in, tanzania):
        page = words_of(signed_in().get("/desk/standards/rag/2.0/countries"))

        assert "Set: recovery" in page
        assert page.index("TZ:1.1+1") < page.index("Open fires")

    def test_a_clause_that_its_base_lacks_is_said_to_be_missing(self, signed_in, tanzania):
        with db.transaction() as session:
            base = session.get_one(VersionRow, tanzania.base_id)
            newer = text_versions.new_draft(session, base, "2.1", now=NOW)
            hand = drafting.Hand("editor", NOW, "Asked for.")
            drafting.add(session, newer, ClauseText("Water", "Water shall stay clean."), hand, position=2)
            text_versions.freeze(session, newer, now=NOW)

        page = words_of(signed_in().get("/desk/standards/rag/2.1/countries"))

        assert "not in the version it stands on" in page

    def test_a_derogation_of_a_parent_is_listed_once_on_the_base(self, client, tanzania):
        with db.transaction() as session:
            parent = session.get_one(OverlayVersionRow, tanzania.id)
            base = session.get_one(VersionRow, tanzania.base_id)
            placer = a_local_text(session, base, slug="tz-placer", parent=parent)
            versions.freeze(session, placer, by="me", now=NOW)

        base, own = (
            words_of(client.get(f"/standards/{path}/derogations")) for path in ("rag/2.0", "tz-placer/1.0")
        )

        assert base.count("The owner") == 1
        assert own.count("The owner") == 1

    def test_the_same_as_a_workbook(self, signed_in, tanzania):
        data = signed_in().get("/desk/standards/rag/2.0/countries.xlsx").data

        sheet = openpyxl.load_workbook(io.BytesIO(data)).active
        rows = [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]
        assert rows[0][2] == "Tanzania 1.0"
        assert [row[0] for row in rows[1:4]] == ["1", "1.1", "TZ:1.1+1"]
        assert "stricter" in rows[2][2]

    def test_the_public_has_no_matrix(self, client, tanzania):
        assert client.get("/desk/standards/rag/2.0/countries").status_code in (302, 303)
