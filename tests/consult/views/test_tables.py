"""Comment tables brought in at the desk, and the audit trail that tells of it."""

import io

import pytest

from tests.factories import a_round

TABLE = b"Clause,Comments\n2.1,Too far\n9.9,Nowhere\n"


@pytest.fixture
def slug(session):
    found = a_round(session).slug
    session.commit()
    return found


def send(client, slug, data=TABLE, name="table.csv"):
    return client.post(
        f"/desk/rounds/{slug}/tables",
        data={"file": (io.BytesIO(data), name), "channel": "document"},
        content_type="multipart/form-data",
    )


def test_a_table_comes_in_once_however_often_it_is_sent(signed_in, slug):
    client = signed_in("secretary")

    first, second = send(client, slug), send(client, slug)

    assert "2 new comments" in first.text
    assert "there is no 9.9" in first.text
    assert "0 new comments" in second.text


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"", "is empty"), (b"Apples\n1\n", "no column"), (b"\x89PNG\r\n\x1a\n\0", "no table that can be read")],
)
def test_a_file_that_is_none_says_what_to_do(signed_in, slug, data, words):
    page = send(signed_in("secretary"), slug, data)

    assert page.status_code == 400
    assert words in page.text


def test_the_auditor_sees_who_brought_it_in(signed_in, slug):
    send(signed_in("secretary", name="Asha Mrema"), slug)

    page = signed_in("auditor").get("/desk/audit?act=import-comments")

    assert "Asha Mrema" in page.text
    assert "import-comments" in page.text


def test_the_trail_is_for_those_who_may_see_it(signed_in):
    assert signed_in("facilitator").get("/desk/audit").status_code == 403
