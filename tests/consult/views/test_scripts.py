"""Conversations at the desk: versions, the editor with its counts, the telephone to try, the card."""

import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import select
from waitress.server import create_server

from consult import db
from consult.channels import scripts, segments
from consult.config import Twilio
from consult.conversations import designing
from consult.tables.conversations import ScriptRow, ScriptState
from consult.tables.intake import RecordRow
from consult.tables.outgoing import AllowanceRow
from consult.tables.participants import ParticipantRow
from consult.tables.process import AuditRow
from consult.tables.rounds import RoundRow
from standards import store
from standards.tables import TranslationRow, VersionRow, Wording
from tests import factories
from tests.consult.conversations_of import a_whole_script, an_open_round, clause_of

SignIn = Callable[..., FlaskClient]
HERE = "/desk/rounds/gold-2026/conversation"
CHROMIUM = os.environ.get("BARAZA_CHROMIUM") or shutil.which("chromium") or ""


class Fields(HTMLParser):
    """What a page's form would send if nobody touched it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        if tag == "textarea":
            self.inside = named.get("name") or ""
            self.found[self.inside] = ""
        elif tag == "input" and named.get("name"):
            self.found[str(named["name"])] = named.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.found[self.inside] = self.found[self.inside].removeprefix("\n")
            self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.found[self.inside] += data


@pytest.fixture
def round_(engine: Any) -> RoundRow:
    with db.transaction() as session:
        return an_open_round(session, datetime.now(UTC))


@pytest.fixture
def desk(signed_in: SignIn, round_: RoundRow) -> FlaskClient:
    """A secretary at the desk."""
    return signed_in("secretary")


@pytest.fixture
def draft(desk: FlaskClient) -> dict[str, str]:
    """A draft from ready-made wording: the fields of its editor."""
    desk.post(HERE)
    return fields(desk)


def fields(desk: FlaskClient, number: int = 1) -> dict[str, str]:
    return Fields(desk.get(f"{HERE}/{number}").text).found


def the_script(number: int = 1) -> scripts.Script:
    with db.reading() as session:
        return scripts.as_script(session.exec(select(ScriptRow).where(ScriptRow.number == number)).one())


def state_of(number: int) -> ScriptState:
    with db.reading() as session:
        return session.exec(select(ScriptRow.state).where(ScriptRow.number == number)).one()


class TestTheList:
    def test_leads_from_the_round_and_says_what_people_hear_until_one_is_designed(
        self, desk: FlaskClient
    ) -> None:
        assert f'href="{HERE}"' in desk.get("/desk/rounds/gold-2026").text

        page = desk.get(HERE).text

        assert "Nobody has designed this conversation yet" in page
        assert "GOLD" in page

    def test_a_version_stands_there_with_its_state_and_who_made_it(
        self, desk: FlaskClient, draft: dict[str, str]
    ) -> None:
        desk.post(f"{HERE}/1", data={**draft, "act": "start"})

        page = desk.get(HERE).text

        assert "Version 1" in page
        assert "<b>running</b>" in page
        assert "Asha Mrema" in page

    def test_a_second_draft_is_refused_kindly(self, desk: FlaskClient, draft: dict[str, str]) -> None:
        response = desk.post(HERE)

        assert response.status_code < 500
        assert "still a draft" in response.text

    def test_a_new_draft_from_the_running_version_begins_with_its_words(
        self, desk: FlaskClient, draft: dict[str, str]
    ) -> None:
        desk.post(f"{HERE}/1", data={**draft, "say-en-help": "Our own help.", "act": "start"})

        response = desk.post(HERE, data={"source": "1"})

        assert response.location == f"{HERE}/2"
        assert the_script(2).wording["en"]["help"] == "Our own help."

    def test_a_version_that_is_not_there(self, desk: FlaskClient) -> None:
        for address in (f"{HERE}/7", f"{HERE}/99999999999", "/desk/rounds/none/conversation"):
            assert desk.get(address).status_code == 404


class TestWhoMay:
    @pytest.mark.parametrize("role", ["drafter", "facilitator", "auditor"])
    def test_others_at_the_desk_read_and_try_and_change_nothing(
        self, signed_in: SignIn, desk: FlaskClient, draft: dict[str, str], role: str
    ) -> None:
        other = signed_in(role)

        assert [other.get(f"{HERE}{path}").status_code for path in ("", "/1", "/1/try", "/card")] == [200] * 4
        assert other.post(f"{HERE}/1/try", data={"words": "gold"}).status_code == 200
        for path in ("", "/1", "/1/end", "/1/let-go"):
            assert other.post(f"{HERE}{path}").status_code == 403
        assert "<textarea" not in other.get(f"{HERE}/1").text

    def test_nobody_without_a_sign_in(self, client: FlaskClient, round_: RoundRow) -> None:
        assert client.get(HERE).status_code == 302


class TestTheEditor:
    def test_saving_what_is_shown_changes_nothing(self, desk: FlaskClient, draft: dict[str, str]) -> None:
        before = the_script()

        desk.post(f"{HERE}/1", data=draft)

        assert the_script() == before

    def test_what_is_typed_is_kept_half_done_and_the_page_says_what_stands_in_the_way(
        self, desk: FlaskClient, draft: dict[str, str]
    ) -> None:
        typed = {
            **draft,
            "join-en": "gold stop",
            "say-sw-thanks": "",
            "say-en-thanks": "Thank you {recipt}",
            "q-1-clause": "9.9",
            "q-1-words-en": "And this?",
        }

        page = desk.post(f"{HERE}/1", data=typed, follow_redirects=True).text

        kept = fields(desk)
        assert kept["say-en-thanks"] == "Thank you {recipt}"
        assert (kept["q-1-clause"], kept["q-1-words-en"]) == ("9.9", "And this?")
        assert kept["join-en"] == "GOLD, STOP"
        summary = re.search(r'<div class="error-summary".*?</div>', page, re.S)
        assert summary is not None
        for field in ("join-en", "say-sw-thanks", "say-en-thanks", "q-1-clause", "q-1-words-sw"):
            assert f'href="#{field}"' in summary[0]
            assert f'id="{field}"' in page
            assert f'id="{field}-error"' in page
        assert "no clause 9.9" in summary[0]

    def test_questions_stand_in_the_order_asked_for(self, desk: FlaskClient, draft: dict[str, str]) -> None:
        typed = {
            **draft,
            "q-1-clause": "2.1",
            "q-1-words-en": "First now",
            "q-1-place": "1",
            "q-2-clause": "1",
            "q-2-words-en": "Last",
        }

        desk.post(f"{HERE}/1", data=typed)

        assert [one.clause for one in the_script().questions] == ["2.1", "2.2", "1"]

    def test_an_emptied_row_goes_away(self, desk: FlaskClient, draft: dict[str, str]) -> None:
        empty = {name: "" for name in draft if name.startswith("q-0-")}

        desk.post(f"{HERE}/1", data={**draft, **empty, "q-0-place": "1"})

        assert the_script().questions == ()

    def test_more_rows_keep_what_was_typed(self, desk: FlaskClient, draft: dict[str, str]) -> None:
        typed = {**draft, "say-en-help": "Typed so far", "act": "more"}

        page = desk.post(f"{HERE}/1", data=typed, follow_redirects=True).text

        assert "Typed so far" in page
        assert 'name="q-3-clause"' in page

    def test_a_colleague_who_saved_meanwhile_is_not_overwritten_unseen(
        self, desk: FlaskClient, draft: dict[str, str]
    ) -> None:
        desk.post(f"{HERE}/1", data={**draft, "say-en-help": "Theirs"})

        response = desk.post(f"{HERE}/1", data={**draft, "say-en-help": "Mine"})

        assert response.status_code == 409
        assert "A colleague saved version 1" in response.text
        assert Fields(response.text).found["say-en-help"] == "Mine"
        assert the_script().wording["en"]["help"] == "Theirs"
        desk.post(f"{HERE}/1", data=Fields(response.text).found)
        assert the_script().wording["en"]["help"] == "Mine"

    def test_the_standards_own_wording_is_offered_and_taken(
        self, desk: FlaskClient, draft: dict[str, str], round_: RoundRow
    ) -> None:
        with db.transaction() as session:
            clause_id = clause_of(session, round_, "2.2")
            document = store.load(session, session.get_one(VersionRow, round_.version_id))
            for wording, words in ((Wording.SMS, "A retort for all?"), (Wording.PLAIN, "Use a pot.")):
                session.add(
                    TranslationRow(
                        clause_id=clause_id,
                        language="en",
                        wording=wording,
                        words=words,
                        source_hash=document.by_id[clause_id].text.hash,
                        at=factories.NOW,
                    )
                )
        page = desk.get(f"{HERE}/1").text
        assert "A retort for all?" in page
        assert "Use a pot." in page

        desk.post(f"{HERE}/1", data={**draft, "take": "q-0-words-en|sms"})

        assert the_script().questions[0].words["en"] == "A retort for all?"

    def test_zero_bytes_and_long_words_are_taken_calmly(
        self, desk: FlaskClient, draft: dict[str, str]
    ) -> None:
        typed = {
            **draft,
            "say-en-help": "a\0b" * 400,
            "join-en": "G\0OLD",
            "take": "q-x|y",
            "replace": "none",
        }

        page = desk.post(f"{HERE}/1", data=typed, follow_redirects=True)

        assert page.status_code == 200
        assert "800 characters" in page.text
        assert the_script().join_words["en"] == ("GOLD",)


class TestCounting:
    def test_a_costly_character_is_marked_and_replaced_without_scripts(
        self, desk: FlaskClient, draft: dict[str, str]
    ) -> None:
        dear = "Thank you – we have your words, and we read every one of them. {receipt}"
        typed = {**draft, "say-en-thanks": dear}

        page = desk.post(f"{HERE}/1", data=typed, follow_redirects=True).text

        assert "With – this takes 2 segments. With - it is 1." in page
        assert "1 sentence takes more than one segment" in page
        desk.post(f"{HERE}/1", data={**fields(desk), "replace": "say-en-thanks"})
        assert the_script().wording["en"]["thanks"] == dear.replace("–", "-")

    def test_cost_stands_there_once_a_price_is_known(
        self, desk: FlaskClient, draft: dict[str, str], round_: RoundRow
    ) -> None:
        assert "No price of a segment is set" in desk.get(f"{HERE}/1").text
        with db.transaction() as session:
            session.add(
                AllowanceRow(round_id=round_.id, price="0.04", currency="USD", changed_at=datetime.now(UTC))
            )

        page = desk.get(f"{HERE}/1").text

        # Opening, one question, its thanks, the invitation.
        assert "4 segments, 0.16 USD" in page
        assert "· 0.04 USD" in page


class TestStarting:
    def test_freezes_the_draft_and_is_written_into_the_trail(
        self, desk: FlaskClient, draft: dict[str, str]
    ) -> None:
        response = desk.post(f"{HERE}/1", data={**draft, "act": "start"})

        assert response.location == HERE
        assert state_of(1) is ScriptState.RUNNING
        assert "<textarea" not in desk.get(f"{HERE}/1").text
        assert "stays as it is" in desk.post(f"{HERE}/1", data=draft).text
        with db.reading() as session:
            acts = set(session.exec(select(AuditRow.act)))
        assert {"draft-conversation", "start-conversation"} <= acts

    def test_with_something_in_the_way_keeps_the_draft_and_says_what(
        self, desk: FlaskClient, draft: dict[str, str]
    ) -> None:
        typed = {**draft, "say-en-opening": "Hello {alias}", "act": "start"}

        page = desk.post(f"{HERE}/1", data=typed, follow_redirects=True).text

        assert "Not started yet" in page
        assert "must say how to stop" in page
        assert state_of(1) is ScriptState.DRAFT
        assert the_script().wording["en"]["opening"] == "Hello {alias}"

    def test_ending_and_letting_go(self, desk: FlaskClient, draft: dict[str, str]) -> None:
        desk.post(f"{HERE}/1", data={**draft, "act": "start"})
        desk.post(HERE, data={"source": "1"})

        desk.post(f"{HERE}/2/let-go")
        desk.post(f"{HERE}/1/end")

        assert state_of(1) is ScriptState.RETIRED
        assert desk.get(f"{HERE}/2").status_code == 404
        assert "does not run" in desk.post(f"{HERE}/1/end").text
        assert "stays as it is" in desk.post(f"{HERE}/1/let-go").text


class TestTrying:
    def test_texts_so_far_come_along_and_nothing_is_kept(
        self, desk: FlaskClient, draft: dict[str, str]
    ) -> None:
        desk.post(f"{HERE}/1", data={**draft, "say-en-thanks": "Our own thanks {receipt}"})

        page = desk.post(f"{HERE}/1/try", data={"said": ["gold", "1"], "words": "3 too dear"}).text

        assert "Our own thanks" in page
        assert re.findall(r'name="said" value="([^"]*)"', page)[:3] == ["gold", "1", "3 too dear"]
        with db.reading() as session:
            assert session.exec(select(RecordRow)).all() == []
            assert session.exec(select(ParticipantRow)).all() == []
        assert state_of(1) is ScriptState.DRAFT

    def test_a_price_gives_what_the_conversation_cost(
        self, desk: FlaskClient, draft: dict[str, str], round_: RoundRow
    ) -> None:
        with db.transaction() as session:
            session.add(
                AllowanceRow(round_id=round_.id, price="0.04", currency="USD", changed_at=datetime.now(UTC))
            )

        page = desk.post(f"{HERE}/1/try", data={"words": "gold"}).text

        assert "1 segment was sent to this telephone. 0.04 USD" in page

    def test_what_cannot_be_a_text_is_answered_calmly(self, desk: FlaskClient, draft: dict[str, str]) -> None:
        for words in ("", "\0", "🙂" * 3000, "<script>"):
            page = desk.post(f"{HERE}/1/try", data={"words": words})

            assert page.status_code == 200
            assert "<script>" not in page.text.partition("</head>")[2]

    def test_a_full_telephone_takes_no_more(self, desk: FlaskClient, draft: dict[str, str]) -> None:
        page = desk.post(f"{HERE}/1/try", data={"said": ["help"] * 60}).text

        assert "holds no more" in page

    def test_saving_can_lead_there(self, desk: FlaskClient, draft: dict[str, str]) -> None:
        assert desk.post(f"{HERE}/1", data={**draft, "act": "try"}).location == f"{HERE}/1/try"


class TestTheCard:
    def test_says_number_word_cost_stop_and_what_is_protected(
        self, signed_in: SignIn, round_: RoundRow
    ) -> None:
        page = signed_in("facilitator").get(f"{HERE}/card?language=sw").text

        assert "DHAHABU" in page
        assert 'lang="sw"' in page
        for words in ("Your network may charge", "STOP", "encrypted", "can see texts"):
            assert words in page or "sw" in page

    def test_gives_the_numbers_of_the_configuration(self, app: Flask, desk: FlaskClient) -> None:
        account = Twilio("AC1", ("secret",), "+255700000100, MG123", "http://127.0.0.1:1")
        app.config["BARAZA"] = replace(app.config["BARAZA"], twilio=account)

        page = desk.get(f"{HERE}/card").text

        assert "+255700000100" in page
        assert "MG123" not in page

    def test_the_public_page_names_a_word_that_a_version_brought(
        self, app: Flask, desk: FlaskClient, client: FlaskClient
    ) -> None:
        with db.transaction() as session:
            round_ = an_open_round(session, datetime.now(UTC), slug="silent", join_words={})
            row = designing.begin(session, round_, by=None, now=datetime.now(UTC))
            script = a_whole_script(session, round_)
            designing.save(session, row, replace(script, join_words={"en": ("RETORTS",)}))
            designing.start(session, round_, row, now=datetime.now(UTC))
        account = Twilio("AC1", ("secret",), "+255700000100", "http://127.0.0.1:1")
        app.config["BARAZA"] = replace(app.config["BARAZA"], twilio=account)

        page = client.get("/consultations/silent").text

        assert "RETORTS" in page

    def test_a_language_that_we_do_not_speak_is_told_of(self, desk: FlaskClient) -> None:
        with db.transaction() as session:
            an_open_round(session, datetime.now(UTC), slug="lingala", languages=("ln",))

        page = desk.get("/desk/rounds/lingala/conversation/card").text

        assert "Translate it by hand" in page


TEXTS = (
    "",
    "Plain words",
    "€uros {and} [brackets] | ~ ^ \\",
    "x" * 160,
    "x" * 161,
    "[" * 80 + "x",
    "x" * 152 + "€" + "x" * 20,
    "ê" * 70,
    "ê" * 71,
    "Long dash – and “quotes”",
    "👩🏾‍🌾 👨‍👩‍👧‍👦 🇹🇿🇰🇪 ☕️ é̂",
    "🙂" * 40,
    "x" * 66 + "🙂" * 3,
    "한국어 각 ᄒ",
    "हिन्दी में नमस्ते",
    "عربي طويل جدا " * 8,
    "line\nbreak\r\n\ttab\u200b\u00ad",
    "ŵ ő ł ɓ ŋ … ½ № ﬁ",
)


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM, reason="no browser to test with; install chromium, or set BARAZA_CHROMIUM")
class TestCountingAsOneTypes:
    @pytest.fixture
    def page(self, app: Flask, desk: FlaskClient, draft: dict[str, str]) -> Iterator[Any]:
        """The editor in a browser whose owner is signed in."""
        from playwright.sync_api import sync_playwright

        server = create_server(app, host="127.0.0.1", port=0, threads=4)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{server.effective_port}"
        cookie = desk.get_cookie("session")
        assert cookie is not None
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            context = browser.new_context(base_url=address)
            context.add_cookies([{"name": "session", "value": cookie.value, "url": address}])
            page = context.new_page()
            page.goto(f"{HERE}/1")
            yield page
            browser.close()
        server.close()
        thread.join(timeout=5)

    def test_agrees_with_the_count_on_saving(self, page: Any) -> None:
        script = "text => [countOf(text), partsOf(text), plainer(text)]"

        for text in TEXTS:
            found, parts, plain = page.evaluate(script, text)

            assert found == vars(segments.count(text)), text
            assert parts == segments.parts(text), text
            assert plain == segments.plainer(text), text

    def test_counts_what_is_typed_with_code_answers_and_facts(self, page: Any) -> None:
        shown = "[...document.querySelectorAll('.segments')].map(one => one.innerText)"
        on_saving = page.evaluate(shown)
        page.evaluate("countAll(scriptForm)")
        assert page.evaluate(shown) == on_saving

        page.fill(
            "#q-0-words-en",
            "Could you – all of you – do this where you work, with what you have now? Tell us.",
        )
        page.wait_for_selector("#q-0-words-en-count p:has-text('2 segments')")
        assert "With – this takes 2 segments. With - it is 1." in page.inner_text("#q-0-words-en-count")

        page.click("[data-replace='q-0-words-en']")

        assert page.input_value("#q-0-words-en").startswith("Could you - all of you - do")
        assert "1 segment," in page.inner_text("#q-0-words-en-count")
