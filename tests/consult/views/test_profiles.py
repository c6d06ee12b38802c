"""The profile page and its checklists: what a miner group's leader reads on a telephone."""

import gzip
import io
from dataclasses import replace

import pytest
from openpyxl import load_workbook
from pyxform.xls2xform import convert

from consult import db
from standards.document import Clause, Document, Modality
from standards.tables import TranslationRow, Wording
from tests.consult.profile_texts import a_text
from tests.factories import NOW
from tests.standards.profile_cases import the_text

PAGE = "/standards/small/1.0/profile"


@pytest.fixture
def text(client):
    """`small` 1.0, to be read by everyone."""
    with db.transaction() as session:
        return a_text(session)


def part(page, heading: str) -> str:
    """The section under a heading of the second level."""
    return next((each for each in page.text.split("<h2") if f">{heading}</h2>" in each), "")


def test_it_tells_what_must_be_met_now_next_later_and_what_does_not_apply(client, text):
    page = client.get(f"{PAGE}?producer=cooperative&stage=entry&mineral=gold")

    assert page.status_code == 200
    now = part(page, "Now: From the first day")
    assert "5 clauses must be met." in now
    assert "Leaders name every team." in now
    assert "Shown by: seen: entry" in now
    assert "A list names everyone at work." in part(page, "Next: After one year")
    assert "Half the leaders are women." in part(page, "Later: After 3 years")
    assert "A second retort stands ready." in part(page, "Good to do; nobody must")
    assert "It is only for: Trader’s network." in part(page, "Does not apply to you")


def test_without_any_question_it_begins_on_the_first_day_for_any_producer(client, text):
    page = client.get(PAGE)

    assert "Any producer" in page.text
    assert "The trader publishes the price." in part(page, "Now: From the first day")


def test_points_within_reach_stand_beside_what_is_asked(client, text):
    points = part(client.get(f"{PAGE}?producer=cooperative&stage=year 3"), "Points")

    assert 'data-label="Within reach" class="number">6<' in points
    assert 'data-label="Asked" class="number">2<' in points


@pytest.mark.parametrize(
    ("query", "told"), [("producer=club", "club"), ("stage=soon", "soon"), ("mineral=glod", "glod")]
)
def test_what_the_text_cannot_know_is_refused_beside_what_can_be_chosen(client, text, query, told):
    page = client.get(f"{PAGE}?{query}")
    file = client.get(f"/standards/small/1.0/checklist.docx?{query}", follow_redirects=True)

    assert page.status_code == file.status_code == 400
    assert f"“{told}” is not among the choices. Choose one from the list." in page.text
    assert "Cooperative</option>" in page.text
    assert file.text == page.text


def test_a_text_that_asks_nothing_of_anybody_says_so_and_offers_no_checklist(client):
    context = Document(
        "Words", "en", clauses=tuple(c for c in the_text() if c.text.modality is Modality.NONE)
    )
    with db.transaction() as session:
        a_text(session, context, slug="words")

    page = client.get("/standards/words/1.0/profile")
    checklist = client.get("/standards/words/1.0/checklist.docx", follow_redirects=True)

    assert "nobody must meet anything by it" in page.text
    assert "checklist.docx" not in page.text
    assert "nobody must meet anything by it" in checklist.text


def test_a_long_text_is_read_in_pages_that_stay_light(client):
    clause = next(clause for clause in the_text() if clause.number == "3.3")
    many = tuple(Clause(type(clause.id)(int=at), clause.text, None, str(at)) for at in range(1, 1001))
    with db.transaction() as session:
        a_text(session, Document("Long", "en", clauses=many), slug="long")

    page = client.get("/standards/long/1.0/profile?page=2")

    assert "61–120 of 1,000" in page.text
    assert len(gzip.compress(page.data)) < 40_000


def test_the_files_hold_the_same_questions(client, text):
    query = "?producer=cooperative&stage=year+1&mineral=gold"
    page = client.get(f"{PAGE}{query}")

    for ending in ("docx", "xlsx", "xlsform.xlsx"):
        address = f"/standards/small/1.0/checklist.{ending}?stage=year+1&producer=cooperative&mineral=gold"
        assert address.replace("&", "&amp;") in page.text
        file = client.get(address)
        assert file.status_code == 200
        assert file.data.startswith(b"PK")
        assert f"small-1.0-year-1-cooperative.{ending}" in file.headers["Content-Disposition"]


def test_the_form_speaks_every_language_that_has_a_current_translation(client, text):
    clause = next(clause for clause in the_text() if clause.number == "3.3")
    with db.transaction() as session:
        for language, source in (("sw", clause.text.hash), ("es", the_text().clauses[1].text.hash)):
            session.add(
                TranslationRow(
                    clause_id=clause.id,
                    language=language,
                    wording=Wording.FULL,
                    words="Hakuna mtu chini ya {age} chini ya ardhi.",
                    source_hash=source,
                    at=NOW,
                )
            )

    data = client.get("/standards/small/1.0/checklist.xlsform.xlsx?stage=entry").data
    survey = list(load_workbook(io.BytesIO(data))["survey"].iter_rows(values_only=True))
    warnings: list[str] = []
    convert(io.BytesIO(data), validate=False, warnings=warnings)

    assert warnings == []
    assert "label::Swahili (sw)" in survey[0]
    assert not any("(es)" in str(heading) for heading in survey[0])
    assert any("Hakuna mtu chini ya 18 chini ya ardhi." in line for line in survey)


def test_a_reader_of_another_language_reads_current_translations(client, text):
    clause = next(clause for clause in the_text() if clause.number == "3.3")
    with db.transaction() as session:
        session.add(
            TranslationRow(
                clause_id=clause.id,
                language="sw",
                wording=Wording.FULL,
                words="Hakuna mtu chini ya {age} chini ya ardhi.",
                source_hash=clause.text.hash,
                at=NOW,
            )
        )

    page = client.get(f"{PAGE}?lang=sw")

    assert (
        '<div lang="sw"><p>Hakuna mtu chini ya <span class="parameter" data-name="age">18</span>' in page.text
    )
    assert '<div lang="en"><p>Leaders name every team.' in page.text


def test_points_that_nobody_can_reach_are_pointed_out(client):
    high = tuple(
        replace(
            clause,
            text=replace(
                clause.text,
                attributes=clause.text.attributes.model_copy(update={"extra": {"threshold": "50"}}),
            ),
        )
        for clause in the_text()
    )
    with db.transaction() as session:
        a_text(session, the_text().with_clauses(high), slug="high")

    page = client.get("/standards/high/1.0/profile")

    assert "site: more points are asked than you can reach at this stage." in page.text


def test_a_file_of_another_kind_is_not_there(client, text):
    page = client.get("/standards/small/1.0/checklist.odt")

    assert page.status_code == 404
    assert "docx, xlsx or xlsform.xlsx" in page.text


def test_the_standard_leads_to_its_profile(client, text):
    assert f'href="{PAGE}"' in client.get("/standards/small").text
    assert f'href="{PAGE}"' in client.get("/standards/small/1.0").text
