"""Writing to everyone who joined, at the desk: drafting, starting, stopping; the limits and the outbox."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlmodel import select

from consult import db
from consult.channels.ports import Sent
from consult.outgoing import lost, preparing
from consult.tables.messages import Hold, MessageRow, MessageState
from consult.tables.outgoing import AllowanceRow, BroadcastRow, BroadcastState, SenderRow
from tests import factories
from tests.consult import leaving
from tests.consult.leaving import a_telephone, a_text

SignIn = Callable[..., FlaskClient]
AT = "/desk/rounds/gold-2026/broadcasts"
LIMITS = "/desk/rounds/gold-2026/text-limits"
TYPED = {"title": "Meeting", "words-en": "The meeting is on Friday.", "words-sw": "Mkutano ni Ijumaa."}


@pytest.fixture
def round_(engine: sa.Engine) -> Any:
    with db.transaction() as session:
        found = factories.a_round(session, slug="gold-2026")
    now = datetime.now(UTC)
    for language in ("en", "sw", "fr"):
        a_telephone(round_=found, language=language, joined=now - timedelta(days=1))
    return found


@pytest.fixture
def secretary(round_: Any, signed_in: SignIn) -> FlaskClient:
    return signed_in("secretary")


def drafted(client: FlaskClient, **fields: Any) -> str:
    """The address of a new draft."""
    return client.post(f"{AT}/new", data=TYPED | fields).headers["Location"]


def the() -> BroadcastRow:
    with db.reading() as session:
        return session.exec(select(BroadcastRow)).one()


class TestDrafting:
    def test_a_draft_shows_people_segments_and_who_gets_another_language(
        self, secretary: FlaskClient
    ) -> None:
        page = secretary.get(drafted(secretary)).text

        assert "Send it to 3 telephones now" in page
        assert "1 person who speaks Français gets it in English." in page
        assert leaving.all_messages() == []

    def test_what_it_costs_is_told_once_the_price_is_known(self, secretary: FlaskClient, round_: Any) -> None:
        leaving.limited(round_, price="0.05", currency="USD", limit=2)

        page = secretary.get(drafted(secretary)).text

        assert "0.15 USD" in page
        assert "budget has room for 2 of these 3 segments" in page

    def test_counting_and_replacing_keep_nothing(self, secretary: FlaskClient) -> None:
        typed = TYPED | {"words-en": "Friday – at ten", "replace": "words-en"}

        page = secretary.post(f"{AT}/new", data=typed)

        assert page.status_code == 200
        assert "Friday - at ten" in page.text
        with db.reading() as session:
            assert session.exec(select(BroadcastRow)).all() == []

    @pytest.mark.parametrize(
        "fields", [{"title": ""}, {"words-en": "", "words-sw": " "}, {"words-sw": "x" * 1601}]
    )
    def test_what_cannot_be_sent_is_shown_again_with_what_was_typed(
        self, secretary: FlaskClient, fields: dict[str, str]
    ) -> None:
        page = secretary.post(f"{AT}/new", data=TYPED | fields)

        assert page.status_code == 400
        assert "The draft is not kept yet" in page.text
        assert (fields.get("title", "Meeting")) in page.text

    def test_a_draft_can_be_changed_until_it_starts(self, secretary: FlaskClient) -> None:
        address = drafted(secretary)
        secretary.post(f"{address}/edit", data=TYPED | {"title": "Other", "languages": ["sw"]})
        assert (the().title, the().languages) == ("Other", ["sw"])
        secretary.post(f"{address}/start")

        assert secretary.get(f"{address}/edit").status_code == 302
        assert secretary.post(f"{address}/edit", data=TYPED).status_code == 409


class TestOnItsWay:
    def test_pressing_start_twice_sends_once(self, secretary: FlaskClient) -> None:
        address = drafted(secretary)

        first = secretary.post(f"{address}/start", follow_redirects=True).text
        second = secretary.post(f"{address}/start", follow_redirects=True).text
        preparing.go_on()
        preparing.go_on()

        assert "It is on its way." in first
        assert "It was on its way already." in second
        assert len(leaving.all_messages()) == 3

    def test_its_progress_tells_where_each_message_stands(self, secretary: FlaskClient, round_: Any) -> None:
        address = drafted(secretary)
        secretary.post(f"{address}/start")
        preparing.go_on()
        with db.transaction() as session:
            session.add(SenderRow(transport="twilio", number="+1", rate=0.01, free_at=datetime.now(UTC)))
            for row, state in zip(
                leaving.all_messages(), (MessageState.DELIVERED, MessageState.UNKNOWN), strict=False
            ):
                row.state = state
                session.add(row)

        page = secretary.get(address).text

        for words in ("Arrived", "Nobody knows whether they arrived", "Waits for its turn"):
            assert words in page
        assert "takes about 2 minutes at the pace" in page

    def test_what_the_budget_holds_has_no_pace_and_a_way_to_the_limits(
        self, secretary: FlaskClient, round_: Any
    ) -> None:
        at = drafted(secretary)
        secretary.post(f"{at}/start")
        preparing.go_on()
        with db.transaction() as session:
            session.add(SenderRow(transport="twilio", number="+1", rate=0.01, free_at=datetime.now(UTC)))
            session.execute(sa.update(MessageRow).values(held=Hold.BUDGET))

        page = secretary.get(at).text

        assert "What goes beyond waits until you raise it." in page
        assert f'href="{LIMITS}"' in page
        assert "at the pace" not in page

    def test_it_is_stopped_let_go_on_and_ended(self, secretary: FlaskClient) -> None:
        address = drafted(secretary)
        secretary.post(f"{address}/start")
        preparing.go_on()

        stopped = secretary.post(f"{address}/stop", follow_redirects=True).text
        assert "Nothing more of it leaves" in stopped
        assert {row.held for row in leaving.all_messages()} == {Hold.STOPPED}

        secretary.post(f"{address}/start")
        assert {row.held for row in leaving.all_messages()} == {Hold.NONE}

        secretary.post(f"{address}/stop")
        secretary.post(f"{address}/end")
        assert the().state is BroadcastState.DONE

    def test_nobody_to_write_to_is_said_kindly(self, secretary: FlaskClient) -> None:
        address = drafted(secretary, regions=["Nowhere"])

        page = secretary.post(f"{address}/start", follow_redirects=True).text

        assert "Nobody who joined this round would get" in page

    def test_pages_ask_the_database_as_often_for_three_as_for_thirty(
        self, secretary: FlaskClient, round_: Any, engine: sa.Engine
    ) -> None:
        address = drafted(secretary)
        counted: list[int] = []
        for more in (0, 27):
            for _ in range(more):
                a_telephone(round_=round_, language="sw")
            counted.append(_asked(engine, lambda: secretary.get(address)))

        assert counted[0] == counted[1]


class TestWhoMay:
    @pytest.mark.parametrize("role", ["drafter", "working-group", "facilitator", "auditor"])
    def test_only_the_secretary(self, round_: Any, signed_in: SignIn, role: str) -> None:
        address = drafted(signed_in("secretary"))
        other = signed_in(role)

        answers = [
            *(other.get(path).status_code for path in (AT, f"{AT}/new", address, f"{address}/edit", LIMITS)),
            *(other.post(f"{address}/{act}").status_code for act in ("start", "stop", "end", "edit")),
            other.post(f"{AT}/new", data=TYPED).status_code,
            other.post(LIMITS).status_code,
        ]

        assert set(answers) == {403}
        assert the().state is BroadcastState.DRAFT

    def test_a_broadcast_of_another_round_is_not_there(self, secretary: FlaskClient) -> None:
        with db.transaction() as session:
            factories.a_round(session, slug="other")
        id_ = drafted(secretary).rpartition("/")[2]

        assert secretary.get(f"/desk/rounds/other/broadcasts/{id_}").status_code == 404
        assert secretary.post(f"/desk/rounds/other/broadcasts/{id_}/start").status_code == 404
        assert secretary.get(f"{AT}/{UUID(int=7)}").status_code == 404


class TestTheLimits:
    GOOD = {  # noqa: RUF012
        "limit": "15000",
        "quiet_from": "21:00",
        "quiet_until": "07:00",
        "countries": "TZ CD",
        "price": "0.045",
        "currency": "USD",
    }

    def test_they_are_kept_and_shown(self, secretary: FlaskClient) -> None:
        page = secretary.post(LIMITS, data=self.GOOD, follow_redirects=True).text

        assert "The limits hold from now on." in page
        assert 'value="TZ CD"' in page
        with db.reading() as session:
            assert session.exec(select(AllowanceRow.limit)).one() == 15000

    def test_what_cannot_be_read_is_shown_again_at_its_field(self, secretary: FlaskClient) -> None:
        page = secretary.post(LIMITS, data=self.GOOD | {"quiet_from": "nine"})

        assert page.status_code == 400
        assert 'href="#quiet_from"' in page.text
        assert 'value="nine"' in page.text

    def test_looking_keeps_nothing_and_says_what_waits(self, secretary: FlaskClient, round_: Any) -> None:
        assert "segments spent" in secretary.get(LIMITS).text
        with db.reading() as session:
            assert session.exec(select(AllowanceRow)).all() == []

        a_text(round_=round_, held=Hold.BUDGET)
        assert "1 message waits for the budget." in secretary.get(LIMITS).text


class TestTheOutbox:
    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"held": Hold.BUDGET}, "budget is spent"),
            ({"held": Hold.UNTIL_ASKED}, "until they reply 1"),
            ({"held": Hold.BY_HAND}, "for somebody to carry it"),
            ({"due_at": datetime(2030, 1, 1, 5, 0, tzinfo=UTC)}, "Due on 1 January 2030"),
            ({"state": MessageState.PARTIAL}, "only a part arrived"),
            (
                {"state": MessageState.UNKNOWN, "error": "broke; the provider knows no such message"},
                "the provider knows no such message",
            ),
        ],
    )
    def test_it_says_why_a_message_has_not_left(
        self, secretary: FlaskClient, fields: dict[str, Any], words: str
    ) -> None:
        a_text(**fields)

        assert words in secretary.get("/desk/outbox").text

    def test_what_needs_a_person_is_seen_however_much_waits(
        self, secretary: FlaskClient, round_: Any
    ) -> None:
        secretary.post(f"{drafted(secretary)}/start")
        preparing.go_on()
        for _ in range(3):
            a_text(words="waits")
        a_text(words="lost words", state=MessageState.UNKNOWN, at=datetime.now(UTC))

        page = secretary.get("/desk/outbox").text

        assert page.index("lost words") < page.index("waits")
        assert "0 of 3 settled" in page
        assert "The meeting is on Friday." not in page

    def test_before_it_is_sent_again_the_provider_is_asked(self, secretary: FlaskClient) -> None:
        with leaving.connected() as provider:
            known = a_text(state=MessageState.UNKNOWN, transport="twilio")
            unknown = a_text(state=MessageState.UNKNOWN, transport="twilio")
            provider.known[str(known)] = Sent(MessageState.SENT, "SM1")

            pages = [
                secretary.post(f"/desk/outbox/{id_}/resend", follow_redirects=True).text
                for id_ in (known, unknown)
            ]

        assert "the provider has it" in pages[0]
        assert "will be sent again" in pages[1]
        assert leaving.message(known).state is MessageState.SENT
        assert leaving.message(unknown).state is MessageState.WAITING
        assert lost.look_for(known, now=datetime.now(UTC)) is None


def _asked(engine: sa.Engine, deed: Callable[[], Any]) -> int:
    """How many questions a deed asks the database."""
    asked: list[str] = []

    def note(*given: Any) -> None:
        asked.append(given[2])

    sa.event.listen(engine, "before_cursor_execute", note)
    deed()
    sa.event.remove(engine, "before_cursor_execute", note)
    return len(asked)
