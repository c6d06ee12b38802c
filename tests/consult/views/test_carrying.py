"""The page for messages carried by hand: a table or one message in, and answers out."""

import io
from datetime import UTC, datetime, timedelta

import pytest

from consult import db, rounds
from consult.channels import sms
from tests import factories


@pytest.fixture
def path(engine):
    now = datetime.now(UTC)
    with db.transaction() as session:
        version = factories.a_version(session, status="consultation")
        wanted = rounds.NewRound(
            slug="gold-2026",
            title="Round one",
            opens_at=now - timedelta(days=1),
            closes_at=now + timedelta(days=30),
        )
        rounds.open_round(session, version, wanted, now=now)
    return "/desk/rounds/gold-2026/texts"


def send(client, path, table):
    return client.post(f"{path}/table", data={"file": (io.BytesIO(table), "t.csv")})


def test_a_table_comes_in_once_and_says_which_rows_were_not_taken(signed_in, path):
    client = signed_in("facilitator")
    table = b"from,text,when\n+255700000001,habari,\nAsha,nzuri,\n"

    first, second = send(client, path, table), send(client, path, table)

    assert "1 new message" in first.text
    assert "1 row was not taken" in first.text
    assert "a number with its country" in first.text
    assert "0 new messages" in second.text
    assert "1 was here already" in second.text


def test_one_message_from_paper_comes_in_and_its_answer_goes_out_once(signed_in, path):
    client = signed_in("facilitator")
    typed = {"who": "+255700000001", "words": "mto ni mwekundu", "when": "2026-01-02"}

    kept = client.post(f"{path}/message", data=typed, follow_redirects=True)
    again = client.post(f"{path}/message", data=typed, follow_redirects=True)
    sms.read_waiting(reading=sms.Reading())
    answers, none = client.post(f"{path}/answers"), client.post(f"{path}/answers")
    lost = client.post(f"{path}/answers", data={"again": "1"})

    assert "is kept" in kept.text
    assert "here already" in again.text
    assert answers.mimetype == "text/csv"
    assert answers.data.startswith(b"\xef\xbb\xbfalias,language,text,written\r\nP-")
    assert b"255700000001" not in answers.data
    assert none.status_code == 302
    assert lost.data == answers.data


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"who": "Asha", "words": "a", "when": ""}, "a number with its country"),
        ({"who": "P-22222", "words": "a", "when": ""}, "nobody called P-22222"),
        ({"who": "+255700000001", "words": "", "when": ""}, "no words"),
    ],
)
def test_a_message_that_cannot_be_taken_stays_on_the_page_with_why(signed_in, path, typed, told):
    page = signed_in("secretary").post(f"{path}/message", data=typed)

    assert page.status_code == 400
    assert told in page.text
    assert f'value="{typed["who"]}"' in page.text


@pytest.mark.parametrize("table", [b"", b"apples\n1\n", b"\x89PNG\0"])
def test_a_file_that_is_no_table_of_messages_says_what_to_do(signed_in, path, table):
    page = send(signed_in("secretary"), path, table)

    assert page.status_code == 400
    assert "error-summary" in page.text


def test_a_closed_round_says_what_to_do_instead(signed_in, path):
    with db.transaction() as session:
        rounds.close(session, rounds.round_called(session, "gold-2026"), now=datetime.now(UTC))
    client = signed_in("secretary")

    assert "as a table of comments" in client.get(path).text
    assert send(client, path, b"from,text\n+255700000001,a\n").status_code == 400


@pytest.mark.parametrize("role", ["drafter", "auditor", "working-group", "operator"])
def test_it_is_for_those_who_run_workshops(signed_in, path, role):
    client = signed_in(role)

    assert client.get(path).status_code == 403
    assert client.post(f"{path}/answers").status_code == 403
