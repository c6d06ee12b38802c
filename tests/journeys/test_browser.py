"""Every screen of the demonstration in a real browser, and the acts that people do by keyboard there."""

import re
from uuid import UUID

import pytest

from tests.journeys import screens
from tests.journeys.looking import NARROW, WIDE, a_page, barriers, overflow

pytestmark = pytest.mark.browser
PAPER = {"width": 688, "height": 1016}
"""What an A4 page has between its margins, in CSS pixels."""


class TestTheLookItself:
    def test_it_sees_what_is_wrong_with_a_page(self, site, browser):
        """A page of ours, spoilt on its way: a breach of the policy, a nameless picture, a wide table."""
        context = browser.new_context(base_url=site.address)

        def spoil(route):
            answer = route.fetch()
            wide = f'<button class="button">{"wide" * 99}</button>'
            flaws = f'<img src="/static/icon.svg" style="color: red">{wide}</main>'
            route.fulfill(response=answer, body=answer.text().replace("</main>", flaws))

        context.route("**/about", spoil)
        with a_page(context) as (page, complaints):
            page.goto("/about")
            told = "\n".join(wrongs(page, NARROW) + complaints)
        context.close()

        assert "image-alt" in told
        assert "Content Security Policy" in told
        assert "wider than 360" in told


class TestEveryScreen:
    """Each answers, fits a telephone and a desk, complains of nothing and keeps nobody out."""

    @pytest.mark.parametrize("path", screens.PUBLIC)
    def test_of_the_public(self, site, visitor, path):
        look_at(visitor, site.at(path), 200, NARROW)

    @pytest.mark.parametrize("path", screens.DESK)
    def test_of_the_desk(self, site, secretary, path):
        look_at(secretary, site.at(path), 200, WIDE)

    @pytest.mark.parametrize("path", screens.MISSING)
    def test_of_what_is_not_there(self, site, visitor, path):
        look_at(visitor, site.at(path), 404, NARROW)


class TestOtherEyes:
    """The same screens in the dark, on a telephone, and in languages with longer words."""

    DARK = ("/standards/rag/2.0?chapter=4", "/consultations/rag-2026", "/consultations/rag-2025/report")
    HAND = (
        "/desk/standards/rag/2.1/",
        "/desk/rounds/rag-2026/queue",
        "/desk/rounds/rag-2025/clauses/4.1",
        "/desk/workshops/{workshop}/utterances",
    )
    LONG = (
        "/",
        "/consultations/rag-2026",
        "/consultations/rag-2026/comment",
        "/consultations/rag-2025/report",
    )

    @pytest.mark.parametrize("path", DARK)
    def test_in_the_dark(self, site, browser, path):
        context = browser.new_context(color_scheme="dark")
        look_at(context, site.at(path), 200, NARROW)
        context.close()

    @pytest.mark.parametrize("path", HAND)
    def test_the_desk_in_one_hand(self, site, secretary, path):
        look_at(secretary, site.at(path), 200, NARROW)

    @pytest.mark.parametrize("language", ["fr", "es", "pt", "sw"])
    def test_in_longer_words(self, site, browser, language):
        context = browser.new_context(locale=language)
        with a_page(context) as (page, complaints):
            for path in self.LONG:
                page.goto(site.at(path))
                assert page.evaluate("document.documentElement.lang") == language
                assert overflow(page, NARROW) + overflow(page, WIDE) + complaints == [], path
        context.close()


class TestWithoutScripts:
    """The main act of the public asks for no script."""

    @pytest.fixture
    def page(self, site, browser):
        context = browser.new_context(base_url=site.address, java_script_enabled=False, viewport=NARROW)
        yield context.new_page()
        context.close()

    def test_somebody_comments_on_a_clause_and_looks_up_the_receipt(self, page):
        page.goto("/consultations/rag-2026")
        page.goto("/standards/rag/2.0/clauses/4.1")
        page.click("main a[href*='/comment']")
        page.fill("[name=text]", "We share one retort among forty people.")
        page.check("[name=ability][value=with_help]")
        page.click("main form button.wide")
        number, secret = page.locator(".receipt .code").all_inner_texts()

        page.goto("/receipts")
        page.fill("[name=number]", number)
        page.fill("[name=secret]", secret)
        page.click("main form button")

        assert "We share one retort among forty people." in page.inner_text("main")
        assert secret not in page.content()
        assert number not in page.url

    def test_a_form_sent_empty_comes_back_with_its_errors_first(self, page):
        page.goto("/consultations/rag-2026/comment")
        page.eval_on_selector("[name=text]", "field => field.required = false")

        page.click("main form button.wide")

        assert "Write your comment. A few words are enough." in page.inner_text(".error-summary")


class TestScreensThatFollowAnAct:
    """Screens that have no address of their own: they answer a form."""

    def test_the_receipt_after_sending_and_looked_up(self, site, visitor):
        with a_page(visitor) as (page, complaints):
            page.goto(site.at("/consultations/rag-2026/comment?clause=4.1"))
            page.fill("[name=text]", "Rain fills the pits.")
            page.click("main form button.wide")
            number, secret = page.locator(".receipt .code").all_inner_texts()
            told = wrongs(page, NARROW)
            page.goto(site.at("/receipts"))
            page.fill("[name=number]", number)
            page.fill("[name=secret]", secret)
            page.click("main form button")
            page.wait_for_selector(".receipt")
            told += wrongs(page, NARROW)

        assert told + complaints == []

    def test_what_would_change_in_many_clauses_and_by_a_sheet(self, site, secretary):
        with a_page(secretary) as (page, complaints):
            page.goto(site.at("/desk/standards/rag/2.1/attributes"))
            page.click("button[value^='under:'] >> nth=0")
            page.fill("#to-frequency", "every month")
            page.click("button[value=preview]")
            told = wrongs(page, NARROW)
            for value in ("lockd", "locked"):
                sheet = f"number,policy,topic\n1.1,{value},organisation\n".encode()
                page.goto(site.at("/desk/standards/rag/2.1/attributes"))
                page.set_input_files("#sheet", {"name": "sheet.csv", "mimeType": "text/csv", "buffer": sheet})
                page.click("form[action$='/sheet'] button")
                page.wait_for_url("**/attributes/sheet/*")
                told += wrongs(page, NARROW)

        assert told + complaints == []

    def test_the_look_at_an_import_before_anything_is_saved(self, site, secretary):
        with a_page(secretary) as (page, complaints):
            page.goto(site.at("/desk/import/"))
            page.fill("[name=pasted]", "# Hills\n\n## 1 Water\n\nGroups shall test water.\n")
            page.click("main form button.button")
            page.wait_for_selector("[name=slug]")
            told = wrongs(page, WIDE)

        assert told + complaints == []

    def test_the_look_at_a_pilots_answers_before_they_are_kept(self, site, secretary):
        column = "c_" + UUID(site.names["clause"]).hex + "_met"
        sheet = f"_uuid,your_name,{column}\na1,A,met\na2,B,perhaps\n".encode()
        with a_page(secretary) as (page, complaints):
            page.goto(site.at("/desk/pilots/new"))
            page.set_input_files("#file", {"name": "a.csv", "mimeType": "text/csv", "buffer": sheet})
            page.select_option("#version", "rag@2.0")
            page.click("main form button.button")
            page.wait_for_selector("[name=leave_out]")
            told = wrongs(page, NARROW) + wrongs(page, WIDE)

        assert told + complaints == []

    def test_the_look_at_a_transcript_before_it_is_kept(self, site, secretary):
        with a_page(secretary) as (page, complaints):
            page.goto(site.at("/desk/workshops/{workshop}/transcripts"))
            page.fill("[name=pasted]", "Asha: The retort is too dear.\nBaraka: We could share one.\n")
            page.click("main form button.button")
            page.wait_for_url("**/transcripts/*")
            told = wrongs(page, WIDE)

        assert told + complaints == []

    def test_a_refused_form_says_so_first_and_keeps_what_was_typed(self, site, secretary):
        with a_page(secretary) as (page, _complaints):
            page.goto(site.at("/desk/rounds/new"))
            page.fill("[name=title]", "Gold 2027")
            page.eval_on_selector("form.part", "form => form.noValidate = true")
            page.click("form.part > button.button, form.part p button.button")
            page.wait_for_selector(".error-summary")
            told = wrongs(page, WIDE)

            assert page.input_value("[name=title]") == "Gold 2027"
            assert page.evaluate("document.activeElement.classList.contains('error-summary')")
            assert told == []


class TestSheetsOnPaper:
    @pytest.mark.parametrize(
        ("sheet", "pages"),
        [("cards", 5), ("cards?two=yes", 3), ("attendance", 2)],
    )
    def test_each_has_its_pages_and_nothing_is_cut(self, site, secretary, sheet, pages):
        with a_page(secretary) as (page, complaints):
            page.goto(site.at("/desk/workshops/{workshop}/sheets/" + sheet))
            printed = page.pdf(prefer_css_page_size=True)
            page.emulate_media(media="print")
            told = overflow(page, PAPER)

        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == pages
        assert told + complaints == []


class TestQueueByKeyboard:
    def test_one_key_links_and_another_takes_it_back(self, site, secretary):
        with a_page(secretary) as (page, complaints):
            page.goto(site.at("/desk/rounds/rag-2026/queue"))
            waiting = page.locator(".queue > li").count()
            suggested = page.locator(".queue > li").evaluate_all(
                "rows => rows.findIndex(row => row.querySelector('[data-key=\"1\"]'))"
            )
            comment = page.locator(".queue > li").nth(suggested).get_attribute("id")
            for _ in range(suggested):
                page.keyboard.press("j")

            page.keyboard.press("1")
            page.wait_for_selector("[data-key=undo]")
            assert page.locator(f"[id='{comment}']").count() == 0
            assert page.locator(".queue > li").count() == waiting - 1

            page.keyboard.press("z")
            page.wait_for_selector(f"[id='{comment}']")
            assert page.locator(".queue > li").count() == waiting
            assert complaints == []


class TestTheBenchByKeyboard:
    def test_words_are_marked_split_named_taken_and_all_undone_without_a_mouse(self, site, secretary):
        with a_page(secretary) as (page, complaints):
            page.goto(site.at("/desk/workshops/{workshop}/utterances#now"))

            def presses(*keys):
                for key in keys:
                    page.keyboard.press(key)

            def acts(key):
                with page.expect_navigation():
                    page.keyboard.press(key)

            def in_hand():
                return page.locator("#now [data-words]").inner_text()

            done, said = page.locator(".figure").first.inner_text(), in_hand()
            presses("ArrowRight", "ArrowRight")
            acts("s")
            assert said.startswith(in_hand())
            assert len(in_hand()) < len(said)

            acts("m")
            presses("1", "+", "$", "$", "o", "/")
            page.keyboard.type("keepers of the retort")
            presses("Enter")
            assert page.input_value("[data-find]") == "4.1.1"
            acts("c")
            assert page.locator(".figure").first.inner_text() != done
            assert "is made." in page.locator("#now [role=status]").inner_text()

            for _ in range(3):
                acts("z")
            assert (page.locator(".figure").first.inner_text(), in_hand()) == (done, said)
            assert page.evaluate("document.activeElement.id") == "now"
            assert complaints == []

    def test_the_words_marked_name_the_obstacle(self, site, secretary):
        with a_page(secretary) as (page, complaints):
            page.goto(site.at("/desk/workshops/{workshop}/utterances#now"))
            for key in ("ArrowRight", "Shift+ArrowRight", "b"):
                page.keyboard.press(key)

            words = page.locator("#now [data-words]").inner_text().split()
            assert page.locator("[name=obstacle-words]").input_value() == " ".join(words[:2])
            assert page.locator("[data-mark=obstacle]").is_checked()
            assert page.input_value("#words") == " ".join(words)
            assert complaints == []


class TestDraftingByKeyboard:
    OUTLINE = "/desk/standards/rag/2.1/"

    def test_words_outlive_a_browser_that_died(self, site, browser, secretary):
        editor = site.at("/desk/standards/rag/2.1/clauses/{clause}/")
        dying = browser.new_context(storage_state=secretary.storage_state())
        page = dying.new_page()
        page.clock.install()
        page.goto(editor)
        page.focus("#body")
        page.keyboard.press("Control+End")
        page.keyboard.type(" Groups may rest at noon.")
        with page.expect_response("**/keep"):
            page.clock.fast_forward("00:05")
        dying.close()

        with a_page(secretary) as (page, complaints):
            page.goto(editor)
            page.focus("text=Go on with them")
            page.keyboard.press("Enter")
            page.wait_for_url("**kept=1**")

            assert page.input_value("#body").endswith(" Groups may rest at noon.")
            assert wrongs(page, WIDE) + complaints == []

    def test_a_clause_is_chosen_opened_changed_and_moved_without_a_mouse(self, site, secretary):
        with a_page(secretary) as (page, complaints):
            page.goto(site.at(self.OUTLINE))
            second = page.locator("input[name=clause]").nth(1).input_value()
            page.locator("input[name=clause]").first.focus()
            page.keyboard.press("Space")
            page.keyboard.press("ArrowDown")
            page.keyboard.press("Enter")
            page.wait_for_url(f"**/clauses/{second}/")

            page.focus("#body")
            page.keyboard.press("Control+End")
            page.keyboard.type(" Nobody is turned away.")
            page.focus("[name=reason]")
            page.keyboard.type("Asked for in every workshop.")
            page.keyboard.press("Tab")
            page.keyboard.press("Enter")
            page.wait_for_url(f"**{self.OUTLINE}?*")

            page.focus(f"input[value='{second}']")
            page.keyboard.press("Space")
            before = page.locator("input[name=clause]").evaluate_all("all => all.map(one => one.value)")
            with page.expect_navigation():
                page.keyboard.press("Alt+ArrowDown")
            after = page.locator("input[name=clause]").evaluate_all("all => all.map(one => one.value)")

            assert sorted(after) == sorted(before)
            assert after.index(second) > before.index(second)
            assert complaints == []


def look_at(context, address, status, size):
    """Open a screen; everything wrong with it is told at once, one line each."""
    with a_page(context) as (page, complaints):
        answer = page.goto(address)
        told = [f"status {answer.status}"] if answer.status != status else []
        told += wrongs(page, size)
        # The browser itself writes down that a page was not found; that is what was asked for.
        told += [said for said in complaints if status == 200 or f"status of {status}" not in said]
    assert not told, "\n".join([address, *told])


def wrongs(page, size):
    """What is wider than a telephone or a desk, and what keeps people out at one of these sizes."""
    other = WIDE if size is NARROW else NARROW
    wide = [f"wider than {each['width']}: {what}" for each in (other, size) for what in overflow(page, each)]
    return wide + barriers(page)
