"""Rounds at the desk: opening one, watching it, closing it, moderation, groups."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import select

from consult import commenting, db, rounds
from consult.tables.comments import CommentRow, StandingRow
from consult.tables.messages import MessageRow
from consult.tables.process import AuditRow
from consult.tables.rounds import QuestionRow, RoundRow
from standards.tables import Status
from tests import factories

SignIn = Callable[..., FlaskClient]


@pytest.fixture
def frozen(engine: Any) -> str:
    """A version that is frozen for consultation, as `slug@label`."""
    with db.transaction() as session:
        standard = factories.a_standard(session, slug="gold")
        factories.a_version(session, standard, label="2.0", status=Status.CONSULTATION)
        factories.a_group(session)
    return "gold@2.0"


def filled(version: str, **fields: Any) -> dict[str, Any]:
    return {
        "version": version,
        "title": "Gold 2026",
        "slug": "gold-2026",
        "languages": ["en", "sw"],
        "channels": ["web", "sms"],
        "opens_at": "2026-03-01T00:00",
        "closes_at": "2026-05-01T00:00",
        "time_zone": "Africa/Dar_es_Salaam",
    } | fields


def only(table: type[Any]) -> Any:
    with db.reading() as session:
        return session.exec(select(table)).one()


class TestOpening:
    def test_a_round_opens_at_the_clocks_of_its_place(self, signed_in: SignIn, frozen: str) -> None:
        response = signed_in("secretary").post("/desk/rounds", data=filled(frozen))

        round_ = only(RoundRow)
        assert response.headers["Location"] == "/desk/rounds/gold-2026"
        assert round_.opens_at == datetime(2026, 2, 28, 21, tzinfo=UTC)
        assert round_.languages == ["en", "sw"]

    def test_questions_and_goals_come_with_it(self, signed_in: SignIn, frozen: str) -> None:
        fields = {
            "question-clause": ["2.1", "2.1", ""],
            "question-language": ["en", "sw", "en"],
            "question-words": ["Can you?", "Unaweza?", "What is missing?"],
            "goal-pit-miners": "40",
            "join-sw": "dhahabu",
        }

        signed_in("secretary").post("/desk/rounds", data=filled(frozen, **fields))

        with db.reading() as session:
            words = [q.words for q in session.exec(select(QuestionRow).order_by(QuestionRow.position))]  # type: ignore[arg-type]
            goals = rounds.goals_of(session, session.exec(select(RoundRow)).one())
        assert words == [{"en": "Can you?", "sw": "Unaweza?"}, {"en": "What is missing?"}]
        assert list(goals.values()) == [40]
        assert only(RoundRow).join_words == {"sw": ["DHAHABU"]}

    @pytest.mark.parametrize(
        ("field", "value", "words"),
        [
            ("closes_at", "2026-02-01T00:00", "The round closes before it opens"),
            ("closes_at", "", "Give day and time of the closing"),
            ("slug", "Gold 2026!", "Use small letters"),
            ("title", "", "Give the round a title"),
            ("time_zone", "Dodoma", "There is no time zone Dodoma"),
            ("languages", [], "Choose at least one language"),
            ("version", "gold@9", "has no version 9"),
            ("version", "", "Choose the version"),
            ("goal-pit-miners", "many", "Give a number of people"),
        ],
    )
    def test_what_cannot_be_is_told_at_its_field_and_everything_stays(
        self, signed_in: SignIn, frozen: str, field: str, value: Any, words: str
    ) -> None:
        data = filled(frozen, purpose="To hear who cannot comply") | {field: value}

        response = signed_in("secretary").post("/desk/rounds", data=data)

        assert response.status_code == 400
        assert words in response.text
        assert f'href="#{field}"' in response.text
        assert f'id="{field}"' in response.text
        assert "To hear who cannot comply" in response.text

    def test_a_question_on_an_unknown_clause(self, signed_in: SignIn, frozen: str) -> None:
        fields = {"question-clause": "9.9", "question-language": "en", "question-words": "Why?"}

        response = signed_in("secretary").post("/desk/rounds", data=filled(frozen, **fields))

        assert response.status_code == 400
        assert "no clause 9.9" in response.text
        assert 'value="Why?"' in response.text

    def test_a_join_word_that_means_something_else_or_joins_another_round(
        self, signed_in: SignIn, frozen: str
    ) -> None:
        desk = signed_in("secretary")
        desk.post("/desk/rounds", data=filled(frozen, **{"join-sw": "dhahabu"}))
        fields = {"slug": "second", "join-en": "stop", "join-sw": "madini dhahabu"}

        response = desk.post("/desk/rounds", data=filled(frozen, **fields))

        assert response.status_code == 400
        assert "“STOP” is a command" in response.text
        assert "“DHAHABU” already joins “Gold 2026”" in response.text
        assert only(RoundRow).slug == "gold-2026"

    def test_a_draft_cannot_be_consulted_on(self, signed_in: SignIn, frozen: str) -> None:
        with db.transaction() as session:
            factories.a_version(session, factories.a_standard(session, slug="new"), label="1")

        response = signed_in("secretary").post("/desk/rounds", data=filled("new@1"))

        assert response.status_code == 400
        assert "still a draft" in response.text

    def test_a_name_that_is_taken(self, signed_in: SignIn, frozen: str) -> None:
        desk = signed_in("secretary")
        desk.post("/desk/rounds", data=filled(frozen))

        response = desk.post("/desk/rounds", data=filled(frozen))

        assert response.status_code == 400
        assert "already a round" in response.text

    @pytest.mark.parametrize("role", ["drafter", "facilitator", "auditor"])
    def test_is_the_secretarys(self, signed_in: SignIn, frozen: str, role: str) -> None:
        assert signed_in(role).post("/desk/rounds", data=filled(frozen)).status_code == 403

    def test_more_rows_keep_what_was_typed(self, signed_in: SignIn, frozen: str) -> None:
        fields = {
            "question-clause": "2.1",
            "question-language": "en",
            "question-words": "Why?",
            "more": "yes",
        }

        page = signed_in("secretary").post("/desk/rounds", data=filled(frozen, **fields)).text

        assert page.count('name="question-words"') == 9
        assert 'value="Why?"' in page


@pytest.fixture
def round_(frozen: str) -> RoundRow:
    with db.transaction() as session:
        return factories.a_round(session, slug="gold-2026", goals={"pit-miners": 40})


@pytest.fixture
def say(app: Flask, round_: RoundRow) -> Callable[..., Any]:
    """Someone comments on the web."""

    def send(**fields: str) -> Any:
        token = commenting.new_token(
            app.config["SECRET_KEY"], round_.id, now=datetime.now(UTC) - timedelta(minutes=5)
        )
        data = {"token": token, "text": "No retort here.", "answer": "receipt"} | fields
        return app.test_client().post(f"/consultations/{round_.slug}/comment", data=data)

    return send


class TestTheRoundsPage:
    def test_shows_what_is_below_its_goal_to_the_secretary_alone(
        self, signed_in: SignIn, say: Callable[..., Any]
    ) -> None:
        say(group="pit-miners")

        assert "Pit miners: 1 of 40" in signed_in("secretary").get("/desk/rounds/gold-2026").text
        assert "1 of 40" not in signed_in("drafter").get("/desk/rounds/gold-2026").text

    def test_carries_the_ledger_line(self, signed_in: SignIn, say: Callable[..., Any]) -> None:
        say(clause="2.1")
        say(clause="9.9", text="Unplaced")

        page = signed_in("drafter").get("/desk/rounds/gold-2026").text

        assert "2 comments = 1 linked + 0 general + 1 waiting" in page

    def test_the_list_shows_it(self, signed_in: SignIn, round_: RoundRow) -> None:
        assert "Gold 2026" in signed_in("auditor").get("/desk/rounds").text

    def test_an_unknown_round_is_not_found(self, signed_in: SignIn) -> None:
        assert signed_in("secretary").get("/desk/rounds/nowhere").status_code == 404


class TestClosing:
    def test_closes_at_once_and_is_written_down(self, signed_in: SignIn, round_: RoundRow) -> None:
        signed_in("secretary").post("/desk/rounds/gold-2026/close")

        assert only(RoundRow).closed_at is not None
        assert only(AuditRow).act == "close-round"

    def test_a_closed_round_says_so(self, signed_in: SignIn, round_: RoundRow) -> None:
        desk = signed_in("secretary")
        desk.post("/desk/rounds/gold-2026/close")

        response = desk.post("/desk/rounds/gold-2026/close")

        assert response.status_code == 409
        assert "is not open" in response.text


class TestModeration:
    def test_shows_what_is_held_with_the_reason(self, signed_in: SignIn, say: Callable[..., Any]) -> None:
        say(website="x", text="Buy gold now")

        page = signed_in("secretary").get("/desk/rounds/gold-2026/moderation").text

        assert "Buy gold now" in page
        assert "the hidden field was filled in" in page

    def test_released_comments_take_part_and_their_receipts_leave(
        self, signed_in: SignIn, say: Callable[..., Any]
    ) -> None:
        say(website="x", answer="email", contact="asha@example.org")
        ticked = str(only(CommentRow).id)

        signed_in("secretary").post(
            "/desk/rounds/gold-2026/moderation", data={"act": "release", "comment": ticked}
        )

        assert only(StandingRow).held == ""
        assert only(MessageRow).dedupe == f"receipt:{ticked}"
        assert only(AuditRow).act == "release-comment"

    def test_hiding_needs_a_reason(self, signed_in: SignIn, say: Callable[..., Any]) -> None:
        say(website="x")
        data = {"act": "hide", "comment": str(only(CommentRow).id)}

        response = signed_in("secretary").post("/desk/rounds/gold-2026/moderation", data=data)

        assert response.status_code == 400
        assert "Say why" in response.text
        assert only(StandingRow).held

    def test_hidden_with_a_reason_that_its_author_reads_and_shown_again(
        self, signed_in: SignIn, say: Callable[..., Any]
    ) -> None:
        say(website="x")
        desk = signed_in("secretary")
        data = {"act": "hide", "comment": str(only(CommentRow).id), "reason": "Names a neighbour."}

        desk.post("/desk/rounds/gold-2026/moderation", data=data)
        hidden = only(StandingRow)
        desk.post("/desk/rounds/gold-2026/moderation", data=data | {"act": "release"})

        assert (hidden.held, hidden.hidden) == ("", "Names a neighbour.")
        assert only(StandingRow).hidden == ""

    def test_nothing_ticked_is_asked_for(self, signed_in: SignIn, round_: RoundRow) -> None:
        response = signed_in("secretary").post("/desk/rounds/gold-2026/moderation", data={"act": "release"})

        assert response.status_code == 400
        assert "Tick the comments" in response.text

    def test_what_came_late_can_be_opened_and_that_is_written_down(
        self, signed_in: SignIn, say: Callable[..., Any]
    ) -> None:
        desk = signed_in("secretary")
        desk.post("/desk/rounds/gold-2026/close")
        say(late="yes", text="Too late for me")
        page = desk.get("/desk/rounds/gold-2026/moderation").text
        address = page.split('action="')[-1].split('"')[0]

        original = desk.post(address)

        assert "Too late for me" in original.text
        with db.reading() as session:
            acts = [row.act for row in session.exec(select(AuditRow))]
        assert "open-original" in acts

    @pytest.mark.parametrize("role", ["drafter", "facilitator", "auditor"])
    def test_is_the_secretarys(self, signed_in: SignIn, round_: RoundRow, role: str) -> None:
        assert signed_in(role).get("/desk/rounds/gold-2026/moderation").status_code == 403


class TestGroups:
    def test_a_group_is_added_and_renamed_by_its_key(self, signed_in: SignIn) -> None:
        desk = signed_in("secretary")

        desk.post("/desk/groups", data={"key": "mills", "name-en": "Mills", "position": "1"})
        desk.post("/desk/groups", data={"key": "mills", "name-en": "Mill owners", "position": "1"})

        with db.reading() as session:
            assert [group.labels for group in rounds.groups(session)] == [{"en": "Mill owners"}]

    @pytest.mark.parametrize(
        ("data", "words"),
        [({"key": "Mill owners", "name-en": "M"}, "small letters"), ({"key": "m"}, "at least one language")],
    )
    def test_what_is_missing_is_told(self, signed_in: SignIn, data: dict[str, str], words: str) -> None:
        response = signed_in("secretary").post("/desk/groups", data=data)

        assert response.status_code == 400
        assert words in response.text
