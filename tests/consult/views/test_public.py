"""The public's first pages."""

from datetime import UTC, datetime, timedelta

import pytest

from consult import db, rounds
from tests.factories import a_standard, a_version

NOW = datetime.now(UTC)


def a_round_on(version, slug: str, *, closes_in_days: int) -> None:
    wanted = rounds.NewRound(
        slug=slug,
        title=f"Round {slug}",
        summary="What we ask.",
        opens_at=NOW - timedelta(days=30),
        closes_at=NOW + timedelta(days=closes_in_days),
    )
    with db.transaction() as session:
        rounds.open_round(session, version, wanted, now=NOW)


@pytest.fixture
def gold(client):
    with db.transaction() as session:
        return a_version(
            session, a_standard(session, slug="gold", owner="A committee"), status="consultation"
        )


@pytest.mark.parametrize("address", ["/", "/standards", "/consultations", "/about"])
def test_every_first_page_works_in_an_empty_installation(client, address):
    response = client.get(address)

    assert response.status_code == 200
    assert "<h1" in response.text


class TestHome:
    def test_open_rounds_stand_on_the_first_page_and_closed_ones_do_not(self, client, gold):
        a_round_on(gold, "now", closes_in_days=5)
        a_round_on(gold, "past", closes_in_days=-5)

        page = client.get("/").text

        assert 'href="/consultations/now"' in page
        assert "/consultations/past" not in page

    def test_standards_that_are_only_drafts_are_not_there_yet(self, client):
        with db.transaction() as session:
            a_version(session, a_standard(session, slug="quiet", title="Not yet"), status="draft")

        assert "Not yet" not in client.get("/").text
        assert "Not yet" not in client.get("/standards").text


class TestConsultations:
    def test_open_ones_stand_first(self, client, gold):
        a_round_on(gold, "past", closes_in_days=-5)
        a_round_on(gold, "now", closes_in_days=5)

        page = client.get("/consultations").text

        assert page.index("/consultations/now") < page.index("/consultations/past")


class TestAbout:
    @pytest.mark.parametrize("section", ["safe", "accessibility", "write"])
    def test_the_foot_of_every_page_leads_to_its_sections(self, client, section):
        assert f'id="{section}"' in client.get("/about").text

    def test_it_names_those_who_keep_the_standards(self, client, gold):
        assert "A committee" in client.get("/about").text
