"""Commenting on the web: the form, the receipt, and everything that may go wrong between."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import Session, select
from werkzeug.test import TestResponse

from consult import commenting, comments, db, intake, robots, rounds
from consult.tables.comments import CommentRow, LinkKind, LinkRow, Placement, StandingRow
from consult.tables.intake import Outcome, RecordOutcomeRow, RecordRow
from consult.tables.messages import MessageKind, MessageRow
from consult.tables.participants import ContactPointRow, ParticipantRow
from consult.tables.rounds import RoundRow
from standards.identity import new_id
from standards.lineage import Relation
from standards.tables import LineageRow, LineageState, Status
from tests import factories


@dataclass
class Consultation:
    """An open round, and someone who comments on it."""

    client: FlaskClient
    secret: str
    round: RoundRow

    @property
    def url(self) -> str:
        return f"/consultations/{self.round.slug}/comment"

    def token(self, *, ago: timedelta = timedelta(minutes=5)) -> str:
        return commenting.new_token(self.secret, self.round.id, now=datetime.now(UTC) - ago)

    def send(self, **fields: str) -> TestResponse:
        return self.client.post(
            self.url, data={"token": self.token(), "text": "We have no retort.", "answer": "receipt"} | fields
        )


@pytest.fixture
def held_on(app: Flask, client: FlaskClient) -> Callable[..., Consultation]:
    """`held_on(closes=…)`: a round held on a version with four clauses."""

    def hold(**wanted: Any) -> Consultation:
        with db.transaction() as session:
            round_ = factories.a_round(session, **wanted)
        return Consultation(client, app.config["SECRET_KEY"], round_)

    return hold


@pytest.fixture
def consultation(held_on: Callable[..., Consultation]) -> Consultation:
    return held_on()


def kept(table: type[Any]) -> list[Any]:
    with db.reading() as session:
        return list(session.exec(select(table)).all())


def only(table: type[Any]) -> Any:
    (row,) = kept(table)
    return row


def codes(page: str) -> tuple[str, str]:
    number, secret = re.findall(r'<dd class="code"><bdi>(.*?)</bdi>', page)
    return number, secret


def commenting_fields() -> tuple[str, ...]:
    about = ("clause", "quote", "text", "proposal", "ability", "cost", "obstacle", "benefit")
    return (*about, "name", "group", "region", "language")


@pytest.fixture
def statements(engine: sa.Engine) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            seen.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(engine, "before_cursor_execute", note)


class TestTheForm:
    def test_names_the_clause_it_is_about(self, consultation: Consultation) -> None:
        page = consultation.client.get(f"{consultation.url}?clause=2.1").text

        assert "Comment on clause 2.1" in page
        assert "shall" in page

    def test_shows_the_quoted_passage(self, consultation: Consultation) -> None:
        page = consultation.client.get(f"{consultation.url}?clause=2.1&quote=in+the+open").text

        assert "in the open</textarea>" in page

    def test_of_an_unknown_clause_offers_the_others(self, consultation: Consultation) -> None:
        page = consultation.client.get(f"{consultation.url}?clause=9.9").text

        assert "no clause “9.9”" in page
        assert "2.1 No open burning" in page

    def test_of_an_unknown_round_is_not_found(self, client: FlaskClient) -> None:
        assert client.get("/consultations/nowhere/comment").status_code == 404


class TestSending:
    def test_makes_a_comment_linked_to_its_clause(self, consultation: Consultation) -> None:
        response = consultation.send(clause="2.1", text="Tuna retorti moja tu.", language="sw")

        comment, link = only(CommentRow), only(LinkRow)
        assert response.status_code == 200
        assert comment.text == "Tuna retorti moja tu."
        assert comment.language == "sw"
        assert link.kind is LinkKind.EXPLICIT
        assert only(StandingRow).placement is Placement.LINKED

    def test_keeps_the_form_byte_for_byte_in_the_ledger(self, consultation: Consultation) -> None:
        consultation.send(text="Call me on +255 700 000 001")

        with db.reading() as session:
            payload = intake.open_payload(session, only(RecordRow).id)
        assert payload is not None
        assert "+255 700 000 001" in payload.decode()
        assert "700" not in only(CommentRow).text

    def test_shows_a_receipt_number_and_secret_words_that_open_the_comment(
        self, consultation: Consultation
    ) -> None:
        number, secret = codes(consultation.send(text="Retorts cost too much.").text)

        page = consultation.client.post("/receipts", data={"number": number, "secret": secret})

        assert page.status_code == 200
        assert "Retorts cost too much." in page.text

    def test_without_a_clause_is_about_the_whole_document(self, consultation: Consultation) -> None:
        consultation.send()

        assert only(StandingRow).placement is Placement.GENERAL

    def test_on_a_number_nobody_knows_waits_in_the_queue_with_that_number(
        self, consultation: Consultation
    ) -> None:
        consultation.send(clause="9.9")

        assert only(StandingRow).placement is Placement.QUEUED
        assert only(CommentRow).quote == "9.9"

    def test_notes_where_a_quoted_passage_stands(self, consultation: Consultation) -> None:
        consultation.send(clause="2.1", quote="burn  amalgam\nin the open")

        link = only(LinkRow)
        assert link.span_start is not None
        assert link.span_end - link.span_start == len("burn amalgam in the open")

    def test_keeps_every_optional_word(self, consultation: Consultation) -> None:
        consultation.send(
            clause="2.1",
            ability="with_help",
            cost="60,000 shillings a month",
            obstacle="Nobody sells them here",
            benefit="Less smoke",
            proposal="Operators shall use a retort.",
            region="Geita",
            name="Asha Mrema",
        )

        comment = only(CommentRow)
        assert (comment.cost, comment.obstacle, comment.benefit, comment.proposal, comment.region) == (
            "60,000 shillings a month",
            "Nobody sells them here",
            "Less smoke",
            "Operators shall use a retort.",
            "Geita",
        )
        assert comment.ability == "with_help"
        assert comment.author == "Asha Mrema"

    def test_confidential_is_never_public(self, consultation: Consultation) -> None:
        consultation.send(public="yes", confidential="yes")

        comment = only(CommentRow)
        assert comment.confidential
        assert not comment.public

    def test_only_an_answer_to_the_question_is_a_comment_too(self, consultation: Consultation) -> None:
        assert consultation.send(clause="2.1", text="", ability="cannot").status_code == 200

    def test_takes_ten_statements_at_most(self, consultation: Consultation, statements: list[str]) -> None:
        with db.transaction() as session:
            factories.a_group(session)
        consultation.client.get(consultation.url)
        statements.clear()

        consultation.send(clause="2.1", group="pit-miners")

        assert len(statements) <= 10, statements

    @pytest.mark.parametrize(
        "text",
        [
            "nul\0byte",
            "👷🏾‍♀️⛏️",
            "لا نستطيع شراء الأجهزة",
            "e\u0301 combining \u202eright to left\u202c",
            "line\r\nline",
            "x" * 90_000,
        ],
        ids=["nul", "emoji", "arabic", "combining", "lines", "long"],
    )
    def test_takes_any_writing(self, consultation: Consultation, text: str) -> None:
        response = consultation.send(text=text)

        assert response.status_code == 200
        assert only(CommentRow).text == text.replace("\0", "")

    def test_takes_a_nul_byte_in_every_field(self, consultation: Consultation) -> None:
        names = [*commenting_fields(), "public", "confidential", "late", "unknown"]
        fields = {name: f"a{chr(0)}b" for name in names}

        response = consultation.send(**fields, answer="email", contact="asha@example.org")

        assert response.status_code == 200
        assert only(CommentRow).text == "ab"

    @pytest.mark.parametrize("language", ["zz", "klingon", "en-!!", "x" * 300])
    def test_a_language_nobody_knows_is_left_out(self, consultation: Consultation, language: str) -> None:
        assert consultation.send(language=language).status_code == 200
        assert only(CommentRow).language == ""

    @pytest.mark.parametrize("slug", ["%00", "a%00b", "..%2f..", "x" * 500])
    def test_an_odd_address_is_not_found(self, consultation: Consultation, slug: str) -> None:
        assert consultation.client.get(f"/consultations/{slug}/comment").status_code == 404


class TestSendingTwice:
    def test_keeps_it_once_and_shows_the_same_receipt(self, consultation: Consultation) -> None:
        fields = {"token": consultation.token(), "text": "We have no retort."}

        first, second = (consultation.send(**fields).text for _ in range(2))

        assert codes(first) == codes(second)
        assert "You sent this twice" in second
        assert "You sent this twice" not in first
        assert len(kept(CommentRow)) == 1

    def test_other_words_with_the_same_form_are_another_comment(self, consultation: Consultation) -> None:
        token = consultation.token()

        first = consultation.send(token=token, text="One thing.").text
        second = consultation.send(token=token, text="Another thing.").text

        assert codes(first) != codes(second)
        assert len(kept(CommentRow)) == 2

    def test_at_the_same_moment_keeps_it_once(self, app: Flask, consultation: Consultation) -> None:
        data = {"token": consultation.token(), "text": "Twice at once", "answer": "receipt"}

        def click(_: int) -> TestResponse:
            return app.test_client().post(consultation.url, data=data)

        with ThreadPoolExecutor(4) as pool:
            responses = list(pool.map(click, range(8)))

        assert {response.status_code for response in responses} == {200}
        assert len({codes(response.text) for response in responses}) == 1
        assert len(kept(CommentRow)) == 1


class TestRefusals:
    def test_an_empty_comment_is_asked_for_and_the_rest_stays(self, consultation: Consultation) -> None:
        response = consultation.send(text="  ", region="Geita", proposal="", name="Asha")

        assert response.status_code == 400
        assert "Write your comment" in response.text
        assert 'value="Geita"' in response.text
        assert not kept(RecordRow)

    def test_two_hundred_thousand_characters_are_refused_with_all_of_them_shown(
        self, consultation: Consultation
    ) -> None:
        response = consultation.send(text="ab " * 66_667)

        assert response.status_code == 400
        assert "200,001 characters; we can take 100,000" in response.text
        assert "ab " * 66_666 in response.text

    def test_two_hundred_thousand_emoji_still_reach_the_refusal(self, consultation: Consultation) -> None:
        response = consultation.send(text="⛏" * 200_000)

        assert response.status_code == 400
        assert "⛏" * 1000 in response.text

    @pytest.mark.parametrize("token", ["", "forged", "WyJhIl0.abc"])
    def test_a_form_without_its_mark_is_shown_again_with_a_new_one(
        self, consultation: Consultation, token: str
    ) -> None:
        response = consultation.send(token=token, text="Words of mine")

        (fresh,) = re.findall(r'name="token" value="([^"]+)"', response.text)
        assert response.status_code == 400
        assert "Words of mine</textarea>" in response.text
        assert consultation.send(token=fresh).status_code == 200

    def test_a_form_of_another_round_is_not_taken_for_this_one(
        self, held_on: Callable[..., Consultation]
    ) -> None:
        one, other = held_on(), held_on()

        assert one.send(token=other.token()).status_code == 400

    @pytest.mark.parametrize(
        ("answer", "contact", "words"),
        [
            ("sms", "0700000001", "with its country"),
            ("sms", "+255", "with its country"),
            ("email", "asha", "no e-mail address"),
            ("email", "", "or choose to look it up"),
        ],
    )
    def test_a_contact_that_cannot_be_reached(
        self, consultation: Consultation, answer: str, contact: str, words: str
    ) -> None:
        response = consultation.send(answer=answer, contact=contact)

        assert response.status_code == 400
        assert words in response.text
        assert "We have no retort." in response.text

    def test_markup_is_shown_as_words(self, consultation: Consultation) -> None:
        response = consultation.send(text="<script>alert(1)</script>")

        assert "<script>alert" not in response.text


class TestRobots:
    def test_who_fills_the_hidden_field_is_kept_and_held(self, consultation: Consultation) -> None:
        response = consultation.send(website="http://spam.example")

        assert response.status_code == 200
        assert only(StandingRow).held == robots.TRAPPED

    def test_who_is_faster_than_reading_is_kept_and_held(self, consultation: Consultation) -> None:
        consultation.send(token=consultation.token(ago=timedelta(seconds=1)))

        assert only(StandingRow).held == robots.TOO_FAST

    def test_who_wrote_for_a_month_is_not_held(self, consultation: Consultation) -> None:
        consultation.send(token=consultation.token(ago=timedelta(days=30)))

        assert only(StandingRow).held == ""

    def test_a_village_on_one_connection_is_never_locked_out(self, consultation: Consultation) -> None:
        answers = [consultation.send(text=f"Comment {n}") for n in range(robots.MOST_FROM_AN_ADDRESS + 3)]

        assert {answer.status_code for answer in answers} == {200}
        assert [row.held for row in kept(StandingRow)].count(robots.TOO_MANY) == 3

    def test_no_address_is_stored(self, consultation: Consultation, engine: sa.Engine) -> None:
        consultation.client.post(
            consultation.url,
            data={"token": consultation.token(), "text": "Hello there"},
            environ_base={"REMOTE_ADDR": "203.0.113.77"},
        )

        with engine.connect() as connection:
            for table in sa.inspect(connection).get_table_names():
                rows = connection.exec_driver_sql(f'SELECT * FROM "{table}"').fetchall()
                assert "203.0.113.77" not in str([tuple(map(str, row)) for row in rows])


class TestLate:
    def test_words_come_back_with_an_offer(self, held_on: Callable[..., Consultation]) -> None:
        closed = held_on(closes=datetime.now(UTC) - timedelta(minutes=1))

        response = closed.send(text="I was still writing")

        assert response.status_code == 409
        assert "I was still writing</textarea>" in response.text
        assert "proposal for the next revision" in response.text
        assert not kept(RecordRow)

    def test_who_agrees_is_kept_in_the_ledger(self, held_on: Callable[..., Consultation]) -> None:
        closed = held_on(closes=datetime.now(UTC) - timedelta(minutes=1))

        response = closed.send(text="I was still writing", late="yes")

        outcome = only(RecordOutcomeRow)
        assert response.status_code == 200
        assert "Kept for the next revision" in response.text
        assert (outcome.outcome, outcome.reason) == (Outcome.SET_ASIDE, commenting.LATE)
        assert not kept(CommentRow)

    def test_before_the_opening_words_come_back(self, held_on: Callable[..., Consultation]) -> None:
        response = held_on(opens=datetime.now(UTC) + timedelta(days=2)).send(text="Too early")

        assert response.status_code == 409
        assert "opens on" in response.text
        assert "Too early</textarea>" in response.text


class TestAnotherVersion:
    def test_a_clause_that_was_merged_is_followed(self, held_on: Callable[..., Consultation]) -> None:
        with db.transaction() as session:
            standard = factories.a_standard(session)
            older = factories.a_version(session, standard, label="1.0", status=Status.PUBLISHED)
            newer = factories.a_version(session, standard, label="2.0", status=Status.CONSULTATION)
            gone, heir = (factories.clause_numbered(session, v, "2.1") for v in (older, newer))
            session.add(
                LineageRow(
                    from_version_id=older.id,
                    to_version_id=newer.id,
                    relation=Relation.MERGED,
                    from_clause_id=gone,
                    to_clause_id=heir,
                    state=LineageState.RECORDED,
                    at=factories.NOW,
                )
            )
        consultation = held_on(version=newer)

        page = consultation.client.get(f"{consultation.url}?clause={gone}").text
        consultation.send(clause=str(gone))

        assert "The clause you came from stands here" in page
        assert only(LinkRow).clause_id == heir

    def test_a_clause_without_successors_waits_in_the_queue(self, consultation: Consultation) -> None:
        consultation.send(clause=str(new_id()))

        assert only(StandingRow).placement is Placement.QUEUED


class TestContact:
    def test_a_receipt_message_is_written_with_the_comment(self, consultation: Consultation) -> None:
        consultation.send(answer="sms", contact="+255 754 000 001", language="sw")

        message, contact = only(MessageRow), only(ContactPointRow)
        assert message.kind is MessageKind.RECEIPT
        assert only(CommentRow).receipt in message.words
        assert "retort" not in message.words
        assert contact.address == "+255754000001"
        assert only(CommentRow).participant_id == contact.participant_id

    def test_the_same_address_is_the_same_participant(self, consultation: Consultation) -> None:
        for text in ("One", "Two"):
            consultation.send(text=text, answer="email", contact="Asha@example.org")

        assert len(kept(ParticipantRow)) == 1
        assert len(kept(MessageRow)) == 2

    def test_nothing_leaves_while_the_comment_is_held(self, consultation: Consultation) -> None:
        consultation.send(answer="sms", contact="+255754000001", website="x")

        assert not kept(MessageRow)

    def test_after_stop_nothing_is_texted(self, consultation: Consultation) -> None:
        consultation.send(text="One", answer="sms", contact="+255754000001")
        with db.transaction() as session:
            contact = session.exec(select(ContactPointRow)).one()
            contact.stopped_at = factories.NOW

        consultation.send(text="Two", answer="sms", contact="+255754000001")

        assert len(kept(MessageRow)) == 1


class TestAfterACrash:
    def test_a_form_whose_comment_cannot_be_made_is_kept_all_the_same(
        self, consultation: Consultation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token = consultation.token()
        with monkeypatch.context() as broken:
            broken.setattr(comments, "make_all", lambda *_, **__: 1 / 0)
            consultation.client.application.testing = False
            failed = consultation.send(token=token)

        again = consultation.send(token=token)

        assert (failed.status_code, again.status_code) == (500, 200)
        assert only(CommentRow).text == "We have no retort."
        assert len(kept(RecordRow)) == 1

    def test_the_worker_makes_the_comment_that_the_page_did_not(self, consultation: Consultation) -> None:
        now = datetime.now(UTC)
        sent = commenting.Sent({"text": "Half-way", "clause": "2.1"}, "abc", now - timedelta(minutes=9))
        with db.reading() as session:
            place, _ = commenting.place_of(session, consultation.round.slug)
        intake.accept(commenting.arrival(place, sent), now=now - timedelta(minutes=5))

        commenting.take_up_what_waits()
        commenting.take_up_what_waits()

        comment = only(CommentRow)
        assert comment.text == "Half-way"
        assert only(RecordOutcomeRow).outcome is Outcome.COMMENT

    def test_a_record_of_a_moment_ago_is_left_to_its_page(self, consultation: Consultation) -> None:
        now = datetime.now(UTC)
        sent = commenting.Sent({"text": "Still on its way"}, "abc", now)
        with db.reading() as session:
            place, _ = commenting.place_of(session, consultation.round.slug)
        intake.accept(commenting.arrival(place, sent), now=now)

        commenting.take_up_what_waits()

        assert not kept(CommentRow)

    def test_what_was_received_in_time_is_a_comment_after_the_closing(
        self, consultation: Consultation
    ) -> None:
        now = datetime.now(UTC)
        sent = commenting.Sent({"text": "In time"}, "abc", now - timedelta(minutes=9))
        with db.transaction() as session:
            place, _ = commenting.place_of(session, consultation.round.slug)
        intake.accept(commenting.arrival(place, sent), now=now - timedelta(minutes=5))
        with db.transaction() as session:
            rounds.close(session, rounds.round_called(session, consultation.round.slug), now=now)

        commenting.take_up_what_waits()

        assert only(CommentRow).text == "In time"


class TestTheConsultationPage:
    def test_offers_to_comment_while_it_is_open(self, consultation: Consultation) -> None:
        page = consultation.client.get(f"/consultations/{consultation.round.slug}")

        assert page.status_code == 200
        assert consultation.url in page.text

    def test_shows_no_group_of_fewer_than_five(self, consultation: Consultation) -> None:
        with db.transaction() as session:
            factories.a_group(session)
        for n in range(4):
            consultation.send(text=f"Voice {n}", public="yes", group="pit-miners")

        page = consultation.client.get(f"/consultations/{consultation.round.slug}").text

        assert "Voice 1" in page
        assert '<span class="group">' not in page
        assert "kept back" in page

    def test_shows_a_group_of_five(self, consultation: Consultation) -> None:
        with db.transaction() as session:
            factories.a_group(session)
        for n in range(5):
            consultation.send(text=f"Voice {n}", public="yes", group="pit-miners")

        page = consultation.client.get(f"/consultations/{consultation.round.slug}").text

        assert '<span class="group">Pit miners</span>' in page

    def test_shows_only_what_its_author_made_public(self, consultation: Consultation) -> None:
        consultation.send(text="For the committee")
        consultation.send(text="Held words", public="yes", website="x")
        consultation.send(text="Secret words", public="yes", confidential="yes")
        consultation.send(text="Public words", public="yes")

        page = consultation.client.get(f"/consultations/{consultation.round.slug}").text

        assert "Public words" in page
        for other in ("For the committee", "Held words", "Secret words"):
            assert other not in page

    @pytest.mark.parametrize("query", ["page=99", "page=x", "page=-1", "page=" + quote("१")])
    def test_a_page_that_is_not_there_shows_one_that_is(self, consultation: Consultation, query: str) -> None:
        address = f"/consultations/{consultation.round.slug}?{query}"
        assert consultation.client.get(address).status_code == 200


def test_an_unknown_round_is_not_found(client: FlaskClient, session: Session) -> None:
    assert client.get("/consultations/nowhere").status_code == 404
