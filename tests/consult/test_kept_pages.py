"""Pages kept for everyone: given out until something changes, and never more than fit."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from consult import db, kept_pages
from consult.kept_pages import Shelf
from tests.factories import a_standard, a_version


def a_page(words: bytes) -> kept_pages._Kept:
    return kept_pages._Kept("stamp", 200, words, "tag", datetime.now(UTC), 0, 0.0)


@pytest.fixture
def gold(client):
    with db.transaction() as session:
        return a_version(session, a_standard(session, slug="gold", title="Before"), status="published")


class TestShelf:
    def test_the_page_used_longest_ago_gives_way(self, monkeypatch):
        monkeypatch.setattr(kept_pages, "MOST_BYTES", 25)
        shelf = Shelf()

        shelf.keep("a", a_page(b"x" * 10))
        shelf.keep("b", a_page(b"x" * 10))
        shelf.get("a")
        shelf.keep("c", a_page(b"x" * 10))

        assert shelf.get("b") is None
        assert shelf.get("a")
        assert shelf.get("c")

    def test_a_page_kept_again_takes_the_place_of_the_first(self, monkeypatch):
        monkeypatch.setattr(kept_pages, "MOST_BYTES", 25)
        shelf = Shelf()

        for _ in range(5):
            shelf.keep("a", a_page(b"x" * 10))
        shelf.keep("b", a_page(b"x" * 10))

        assert shelf.get("a")
        assert shelf.get("b")

    def test_a_page_is_compressed_once(self):
        shelf, page = Shelf(), a_page(b"x" * 1000)

        assert shelf.encoded(page, "br") is shelf.encoded(page, "br")


class TestFreshness:
    def another_process_renames(self, engine: sa.Engine) -> None:
        connection = engine.raw_connection()
        connection.cursor().execute("UPDATE standard SET title = 'After'")
        connection.commit()
        connection.close()

    def test_what_this_process_commits_is_seen_at_once(self, client, gold):
        client.get("/standards/gold")

        with db.transaction() as session:
            session.connection().execute(sa.text("UPDATE standard SET title = 'After'"))

        assert "After" in client.get("/standards/gold").text

    def test_what_another_process_commits_is_seen_once_the_page_is_no_longer_fresh(
        self, client, gold, engine, monkeypatch
    ):
        client.get("/standards/gold")
        self.another_process_renames(engine)
        monkeypatch.setattr(kept_pages, "FRESH", 3600)
        assert "Before" in client.get("/standards/gold").text

        monkeypatch.setattr(kept_pages, "FRESH", -1)

        assert "After" in client.get("/standards/gold").text

    def test_a_page_whose_makings_are_the_same_keeps_its_tag(self, client, gold):
        tag = client.get("/standards/gold").headers["ETag"]

        with db.transaction() as session:
            a_version(session, a_standard(session, slug="other"), status="published")

        assert client.get("/standards/gold").headers["ETag"] == tag

    def test_a_page_that_is_not_there_is_not_kept(self, app, client):
        assert client.get("/standards/gold").status_code == 404

        with db.transaction() as session:
            a_version(session, a_standard(session, slug="gold"), status="published")

        assert client.get("/standards/gold").status_code == 200


class TestPacking:
    @pytest.mark.parametrize(
        ("accepted", "packed"),
        [
            ("gzip, deflate, br", "br"),
            ("gzip", "gzip"),
            ("br;q=0, gzip", "gzip"),
            ("identity", None),
            ("", None),
        ],
    )
    def test_a_page_is_packed_as_asked(self, client, gold, accepted, packed):
        response = client.get("/standards/gold", headers={"Accept-Encoding": accepted})

        assert response.headers.get("Content-Encoding") == packed
