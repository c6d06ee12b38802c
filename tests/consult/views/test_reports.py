"""The report on the web: for everyone after the close, at the desk before."""

import gzip
from datetime import UTC, datetime, timedelta

import pytest

from consult import comments, db, intake
from consult.comments import Said
from consult.links import Tie
from consult.tables.intake import Channel, RecordRow
from consult.views import reports as views
from standards.exchange.docx import inspect
from tests import factories

NOW = datetime.now(UTC)


@pytest.fixture
def closed(client):
    """The slug of a closed round with one public comment."""
    with db.transaction() as session:
        version = factories.a_version(session, status="consultation")
        round_ = factories.a_round(
            session, version, slug="gold-1", opens=NOW - timedelta(days=70), closes=NOW - timedelta(days=5)
        )
        clause = factories.clause_numbered(session, version, "2.2")
        arrival = intake.Arrival(Channel.WEB, "test", "1", b"words", round_id=round_.id)
        record = session.get_one(RecordRow, intake.record(session, arrival, now=NOW).id)
        said = Said(text="Zebaki ni ghali", ties=(Tie(clause),), public=True)
        comments.make(session, round_, record, said, now=NOW)
    return "gold-1"


def test_everyone_reads_the_report_of_a_closed_round(client, closed):
    page = client.get(f"/consultations/{closed}/report")

    assert page.status_code == 200
    assert "Zebaki ni ghali" in page.text
    assert "Comments that arrived: 1." in page.text


def test_the_report_of_an_open_round_waits_for_its_close(client):
    with db.transaction() as session:
        factories.a_round(session, slug="gold-2")

    for address in ("/consultations/gold-2/report", "/consultations/gold-2/report.docx"):
        page = client.get(address)
        assert page.status_code == 404
        assert "when the consultation has closed" in page.text


def test_the_page_changes_when_a_comment_is_hidden(client, closed):
    client.get(f"/consultations/{closed}/report")
    with db.transaction() as session:
        from sqlmodel import select

        from consult.tables.comments import CommentRow

        comments.hide(session, session.exec(select(CommentRow)).one().id, "names somebody")

    assert "Zebaki" not in client.get(f"/consultations/{closed}/report").text


@pytest.mark.parametrize("kind", ["docx", "pdf", "html", "csv", "json"])
def test_it_can_be_taken_away_as_a_file(client, closed, kind):
    response = client.get(f"/consultations/{closed}/report.{kind}")

    assert response.status_code == 200
    assert f"gold-1-report.{kind}" in response.headers["Content-Disposition"]
    again = client.get(
        f"/consultations/{closed}/report.{kind}", headers={"If-None-Match": response.headers["ETag"]}
    )
    assert again.status_code == 304


def test_an_unknown_form_is_refused_with_those_there_are(client, closed):
    response = client.get(f"/consultations/{closed}/report.exe")

    assert response.status_code == 404
    assert "docx, pdf, html, csv or json" in response.text


def test_the_desk_reads_it_before_the_close_with_the_comment_tables(signed_in):
    with db.transaction() as session:
        factories.a_round(session, slug="gold-2")
    desk = signed_in("auditor")

    page = desk.get("/desk/rounds/gold-2/report")

    assert page.status_code == 200
    assert "/desk/rounds/gold-2/tables.xlsx" in page.text
    assert desk.get("/desk/rounds/gold-2/tables.xlsx").status_code == 200
    words = desk.get("/desk/rounds/gold-2/report.docx").data
    assert any(p["accepted"] == "What happens next" for p in inspect(words)["paragraphs"])


@pytest.mark.parametrize("path", ["report", "report.docx", "tables.csv"])
def test_the_desks_report_is_for_those_who_may_export(client, signed_in, path):
    with db.transaction() as session:
        factories.a_round(session, slug="gold-2")

    assert client.get(f"/desk/rounds/gold-2/{path}").status_code == 302
    assert signed_in("facilitator").get(f"/desk/rounds/gold-2/{path}").status_code == 403


def test_the_demonstrations_page_is_light(demonstrated, client):
    page = client.get("/consultations/rag-2025/report")

    assert len(gzip.compress(page.data)) < 30_000
    assert "<script" not in page.text.partition("<main")[2]


def test_many_clauses_are_read_page_by_page(demonstrated, client, monkeypatch):
    monkeypatch.setattr(views, "CLAUSES_A_PAGE", 10)

    first = client.get("/consultations/rag-2025/report")
    second = client.get("/consultations/rag-2025/report?page=2")

    assert "report?page=2" in first.text
    assert ">Summary</h2>" in first.text
    assert ">Summary</h2>" not in second.text
    assert first.text.count('aria-labelledby="on-') == 10
