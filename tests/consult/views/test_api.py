"""The API for other programs: public, paged, unchanged until something changes."""

import re

import pytest

from consult import db
from consult.views.api_description import DOORS
from standards import store
from tests.factories import a_standard, a_version

VERSION = "/api/v1/standards/gold/versions/1.0"


@pytest.fixture
def gold(client):
    with db.transaction() as session:
        return a_version(session, a_standard(session, slug="gold"), label="1.0", status="published")


class TestLists:
    def test_clauses_come_in_reading_order_with_all_that_is_known_of_them(self, client, gold):
        answer = client.get(f"{VERSION}/clauses").json

        assert [clause["number"] for clause in answer["clauses"]] == ["1", "2", "2.1", "2.2"]
        assert answer["total"] == 4
        with db.reading() as session:
            document = store.load(session, gold)
        third = answer["clauses"][2]
        assert third == {
            "id": str(document.clauses[2].id),
            "number": "2.1",
            "parent": str(document.clauses[1].id),
            "level": "section",
            "modality": "requirement",
            "grade": "core",
            "heading": "No open burning",
            "body": "Operators shall not burn amalgam in the open.",
            "attributes": {},
            "parameters": [],
            "hash": document.clauses[2].text.hash,
        }

    def test_following_next_reads_each_clause_once(self, client, gold):
        address, numbers = f"{VERSION}/clauses?limit=3", []
        while address:
            response = client.get(address)
            numbers += [clause["number"] for clause in response.json["clauses"]]
            following = response.json["next"]
            assert ("Link" in response.headers) == bool(following)
            address = following

        assert numbers == ["1", "2", "2.1", "2.2"]

    @pytest.mark.parametrize("limit", ["0", "-1", "many", "100000"])
    def test_a_limit_out_of_bounds_is_refused_in_a_sentence(self, client, gold, limit):
        response = client.get(f"{VERSION}/clauses?limit={limit}")

        assert response.status_code == 400
        assert response.json == {"error": "Give `limit` as a whole number from 1 to 1000."}

    def test_drafts_are_not_listed(self, client, gold):
        with db.transaction() as session:
            a_version(session, a_standard(session, slug="quiet"))

        assert [standard["slug"] for standard in client.get("/api/v1/standards").json["standards"]] == [
            "gold"
        ]


class TestOne:
    def test_a_clause_by_number_and_by_id_is_the_same(self, client, gold):
        by_number = client.get(f"{VERSION}/clauses/2.1").json

        assert client.get(f"{VERSION}/clauses/{by_number['id']}").json == by_number

    @pytest.mark.parametrize(
        "address",
        ["standards/none", "standards/gold/versions/9", "standards/gold/versions/1.0/clauses/9", "nothing"],
    )
    def test_what_is_not_there_is_a_404_in_json(self, client, gold, address):
        response = client.get(f"/api/v1/{address}")

        assert response.status_code == 404
        assert response.json["error"]

    def test_an_unchanged_answer_is_not_sent_again(self, client, gold):
        tag = client.get(VERSION).headers["ETag"]

        assert client.get(VERSION, headers={"If-None-Match": tag}).status_code == 304

    def test_a_comparison_of_a_version_with_itself_is_empty(self, client, gold):
        answer = client.get("/api/v1/standards/gold/compare/1.0/1.0").json

        assert (answer["changes"], answer["counts"], answer["total"]) == ([], {}, 0)


class TestDescription:
    def test_every_door_of_the_api_is_described_and_nothing_else(self, app, client):
        described = set(client.get("/api/v1/openapi.json").json["paths"])

        rules = {
            re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule).removeprefix("/api/v1")
            for rule in app.url_map.iter_rules()
            if rule.endpoint.startswith("api.")
        }
        assert described == rules - {"/openapi.json"}

    @pytest.mark.parametrize(("path", "list_name", "schema"), [(d[0], d[2], d[3]) for d in DOORS])
    def test_answers_have_what_the_description_requires(self, client, gold, path, list_name, schema):
        named = {"slug": "gold", "label": "1.0", "name": "2.1", "older": "1.0", "newer": "1.0"}
        required = client.get("/api/v1/openapi.json").json["components"]["schemas"][schema]["required"]

        answer = client.get(f"/api/v1{path.format(**named)}").json

        for thing in answer[list_name] if list_name else [answer]:
            assert set(required) <= set(thing)
