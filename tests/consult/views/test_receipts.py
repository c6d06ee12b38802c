"""Receipts: looking a comment up, its answer, and what its author says to it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import select

from consult import answers, commenting, db, dispositions, intake, rounds
from consult.tables.comments import CommentRow
from consult.tables.decisions import AnswerRow, DispositionOutcome
from consult.tables.intake import RecordRow
from consult.tables.rounds import RoundRow
from tests import factories

Sent = tuple[str, str]


@pytest.fixture
def sent(app: Flask, client: FlaskClient) -> Sent:
    """Number and secret words of a comment that was sent on the web."""
    with db.transaction() as session:
        round_ = factories.a_round(session)
    ago = datetime.now(UTC) - timedelta(minutes=5)
    token = commenting.new_token(app.config["SECRET_KEY"], round_.id, now=ago)
    data = {"token": token, "text": "Tuna retorti moja tu.", "clause": "2.1", "language": "sw"}
    page = client.post(f"/consultations/{round_.slug}/comment", data=data).text
    number, secret = re.findall(r'<dd class="code"><bdi>(.*?)</bdi>', page)
    return number, secret


@pytest.fixture
def answered(sent: Sent) -> Sent:
    """The same after the committee declined it with a reason."""
    now = datetime.now(UTC)
    with db.transaction() as session:
        comment = session.exec(select(CommentRow)).one()
        round_ = session.exec(select(RoundRow)).one()
        rounds.close(session, round_, now=now)
        person = factories.a_person(session)
        decision = dispositions.Decision(
            outcome=DispositionOutcome.DECLINED, reason="Safety first.", answer="Mercury harms children."
        )
        disposition = dispositions.decide(session, comment, decision, by=str(person.id), now=now)
        answers.give(session, comment, disposition, now=now)
    return sent


def look_up(client: FlaskClient, sent: Sent) -> Any:
    return client.post("/receipts", data={"number": sent[0], "secret": sent[1]})


def only(table: type[Any]) -> Any:
    with db.reading() as session:
        return session.exec(select(table)).one()


class TestLookingUp:
    def test_shows_the_words_and_where_they_stand(self, client: FlaskClient, sent: Sent) -> None:
        page = look_up(client, sent).text

        assert "Tuna retorti moja tu." in page
        assert "Your comment on clause 2.1" in page
        assert sent[1] not in page

    @pytest.mark.parametrize(
        "write",
        [str.lower, lambda code: code.replace("-", ""), lambda code: f" {code} "],
        ids=["small", "joined", "spaced"],
    )
    def test_takes_the_number_as_people_copy_it(
        self, client: FlaskClient, sent: Sent, write: Callable[[str], str]
    ) -> None:
        assert look_up(client, (write(sent[0]), sent[1].replace("-", " ").upper())).status_code == 200

    def test_wrong_words_open_nothing(self, client: FlaskClient, sent: Sent) -> None:
        response = look_up(client, (sent[0], "moja mbili tatu"))

        assert response.status_code == 404
        assert "Check both" in response.text
        assert "Tuna" not in response.text

    @pytest.mark.parametrize("number", ["", "hello", "7KQ4-M2P8"])
    def test_what_is_no_number_is_told(self, client: FlaskClient, number: str) -> None:
        assert look_up(client, (number, "moja")).status_code == 400

    def test_many_wrong_tries_have_to_wait(self, client: FlaskClient, sent: Sent) -> None:
        statuses = [look_up(client, (sent[0], f"guess {n}")).status_code for n in range(8)]

        assert statuses[0] == 404
        assert statuses[-1] == 429

    def test_number_and_words_stand_in_no_address(self, client: FlaskClient, sent: Sent) -> None:
        assert client.get(f"/receipts?number={sent[0]}&secret={sent[1]}").text.count("Tuna retorti") == 0


class TestTheAnswer:
    def token(self, page: str) -> str:
        (token,) = re.findall(r'name="token" value="([^"]+)"', page)
        return str(token)

    def test_is_shown_with_the_decision(self, client: FlaskClient, answered: Sent) -> None:
        page = look_up(client, answered).text

        assert "Mercury harms children." in page
        assert 'data-is="declined"' in page

    def test_its_author_says_whether_it_satisfies_and_why(self, client: FlaskClient, answered: Sent) -> None:
        token = self.token(look_up(client, answered).text)

        page = client.post(
            "/receipts/answer", data={"token": token, "satisfied": "no", "text": "Nobody sells retorts."}
        ).text

        assert "does not satisfy you" in page
        assert only(AnswerRow).satisfied is False
        with db.reading() as session:
            reply = session.exec(select(RecordRow).where(RecordRow.source == commenting.REPLIES)).one()
            payload = intake.open_payload(session, reply.id)
        assert payload is not None
        assert "Nobody sells retorts." in payload.decode()

    def test_without_a_choice_the_words_come_back(self, client: FlaskClient, answered: Sent) -> None:
        token = self.token(look_up(client, answered).text)

        response = client.post("/receipts/answer", data={"token": token, "text": "My reason"})

        assert response.status_code == 400
        assert "My reason</textarea>" in response.text

    def test_a_forged_token_opens_nothing(self, client: FlaskClient, answered: Sent) -> None:
        data = {"token": "forged", "satisfied": "yes"}

        assert client.post("/receipts/answer", data=data).status_code == 400
        assert only(AnswerRow).satisfied is None
