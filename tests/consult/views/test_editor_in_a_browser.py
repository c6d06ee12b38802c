"""What editor.js adds, in a real browser: nothing typed is lost, the preview follows, the keyboard moves."""

import os
import re
import shutil
import threading

import pytest
from sqlmodel import select
from waitress.server import create_server

from consult import db
from consult.tables.people import KeptTextRow
from standards import store
from tests.factories import a_person, a_standard, a_version, clause_numbered

CHROMIUM = os.environ.get("BARAZA_CHROMIUM") or shutil.which("chromium") or ""
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CHROMIUM, reason="no browser to test with; install chromium, or set BARAZA_CHROMIUM to its path"
    ),
]


@pytest.fixture
def site(app):
    """The application on loopback; gives its address."""
    app.config["WTF_CSRF_ENABLED"] = True
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    thread.join(timeout=5)


@pytest.fixture
def clause(engine):
    """The address of clause 2.1 in a draft."""
    with db.transaction() as session:
        version = a_version(session, a_standard(session, slug="gold"))
        return f"/desk/standards/gold/1.0/clauses/{clause_numbered(session, version, '2.1')}/"


@pytest.fixture
def browser():
    """A browser without a past."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def signed_in_page(app, site, browser, clause):
    """A page of someone who is signed in; asked twice, it is another browser of the same person."""
    with db.transaction() as session:
        person = a_person(session, role="drafter")
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["person"], cookie["stamp"] = str(person.id), person.session_stamp
    signed = client.get_cookie("session").value

    def page():
        context = browser.new_context(base_url=site)
        context.add_cookies([{"name": "session", "value": signed, "url": site}])
        return context.new_page()

    return page


class TestEditor:
    def test_words_survive_the_browser(self, signed_in_page, clause):
        page = signed_in_page()
        page.goto(clause)
        page.fill("#body", "An hour of careful words")
        with page.expect_response(re.compile("/keep$")):
            page.evaluate("dispatchEvent(new Event('pagehide'))")
        page.close()

        again = signed_in_page()
        again.goto(clause)
        again.click("text=Go on with them")

        assert again.input_value("#body") == "An hour of careful words"

    def test_without_a_network_this_browser_holds_them(self, signed_in_page, clause):
        page = signed_in_page()
        page.add_init_script("window.fetch = () => Promise.reject(new Error('no signal'))")
        page.goto(clause)
        page.fill("#body", "Typed on a bus")
        page.goto("/desk/standards/")

        page.goto(clause)
        page.click("[data-bring]")

        assert page.input_value("#body") == "Typed on a bus"
        with db.reading() as session:
            assert session.exec(select(KeptTextRow)).all() == []

    def test_saving_lets_go_of_both_copies(self, signed_in_page, clause):
        page = signed_in_page()
        page.goto(clause)
        page.fill("#body", "Finished words.")

        page.click("text=Save the clause")
        page.wait_for_url("**/desk/standards/gold/1.0/?*")

        assert page.evaluate("localStorage.length") == 0
        with db.reading() as session:
            assert session.exec(select(KeptTextRow)).all() == []

    def test_the_preview_follows_the_words(self, signed_in_page, clause):
        page = signed_in_page()
        page.goto(clause)

        page.fill("#body", "Groups shall **rest**.")

        page.wait_for_selector("[data-preview-here] strong:has-text('rest')")

    def test_the_toolbar_puts_marks_into_the_text(self, signed_in_page, clause):
        page = signed_in_page()
        page.goto(clause)
        page.fill("#body", "rest")
        page.evaluate("document.querySelector('#body').select()")

        page.click("[data-do=bold]")
        page.click("[data-do=footnote]")

        assert page.input_value("#body") == "**rest[^1]**\n\n[^1]: "


class TestOutline:
    def test_alt_and_an_arrow_move_the_chosen_clause_and_keep_it_chosen(self, signed_in_page, clause):
        page = signed_in_page()
        page.goto("/desk/standards/gold/1.0/")
        page.focus(f'input[value="{clause.split("/")[-2]}"]')
        page.keyboard.press("Space")

        page.keyboard.press("Alt+ArrowDown")
        page.wait_for_url("**#clause-*")

        page.wait_for_function("document.activeElement.name === 'clause'")
        assert page.evaluate("document.activeElement.value") == clause.split("/")[-2]
        with db.reading() as session:
            _standard, version = store.version_called(session, "gold@1.0")
            assert [c.text.heading for c in store.load(session, version)][2:] == [
                "Retorts",
                "No open burning",
            ]
