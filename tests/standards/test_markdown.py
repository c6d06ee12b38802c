import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from standards.document import ClauseText, Level, Modality, Parameter
from standards.markdown import normalised, plain, render

KNOWN_TAGS = {
    *("p", "br", "hr", "b", "strong", "em", "s", "code", "pre", "blockquote", "a", "sup", "span", "section"),
    *("ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td", "h"),
}
SHARE = Parameter(name="share", value=90, unit="%")


def a_requirement(body: str, *parameters: Parameter) -> ClauseText:
    return ClauseText("", body, modality=Modality.REQUIREMENT, parameters=parameters)


class TestRender:
    def test_declared_parameters_show_their_value_and_other_braces_stay(self) -> None:
        html = render(a_requirement("At least {share} of {other} and `{share}`", SHARE))

        assert '<span class="parameter" data-name="share">90&nbsp;%</span> of {other}' in html
        assert "<code>{share}</code>" in html

    @pytest.mark.parametrize(
        ("language", "body", "word"),
        [
            ("en", "The operator shall not burn.", "shall not"),
            ("fr-FR", "L'opérateur doit payer.", "doit"),
            ("es", "La cooperativa deberá pagar.", "deberá"),
            ("pt-BR", "O operador pode pagar.", "pode"),
            ("sw", "Mchimbaji lazima alipe.", "lazima"),
        ],
    )
    def test_provision_words_are_marked_in_their_language(self, language: str, body: str, word: str) -> None:
        assert f'<b class="shall">{word}</b>' in render(a_requirement(body), language=language)

    def test_provision_words_stay_plain_in_code_links_parts_of_words_and_clauses_that_do_not_bind(
        self,
    ) -> None:
        assert 'class="shall"' not in render(
            a_requirement("`shall`, [shall](https://a.org), marshalls, shall-issue")
        )
        assert 'class="shall"' not in render(ClauseText("", "He shall."))
        assert 'class="shall"' not in render(ClauseText("", "He shall.", Level.NOTE, Modality.REQUIREMENT))

    def test_headings_stand_below_those_of_clauses(self) -> None:
        assert re.findall(r"<h\d>", render(ClauseText("", "# a\n\n## b\n\n### c\n\n###### d"))) == [
            "<h4>",
            "<h5>",
            "<h6>",
            "<h6>",
        ]

    def test_footnotes_of_two_clauses_share_a_page(self) -> None:
        text = ClauseText("", "Word.[^1]\n\n[^1]: Meaning.")

        ids = re.findall(r'id="([^"]+)"', render(text, prefix="c-1") + render(text, prefix="c-2"))

        assert len(ids) == 4
        assert len(set(ids)) == 4

    def test_lists_by_letter_keep_their_letters(self) -> None:
        assert render(ClauseText("", "a) one\nb) two")).startswith(
            '<ol class="letters">\n<li>one</li>\n<li>two'
        )

    @pytest.mark.parametrize(
        "body",
        [
            "<script>alert(1)</script>",
            "[a](javascript:alert(1))",
            "<img src=x onerror=alert(1)>",
            "![x](https://elsewhere.org/x.png)",
            '[a](https://a.org "x" onclick=alert(1))',
            "[a](data:text/html;base64,PHNjcmlwdD4=)",
            "[a](//elsewhere.org)",
        ],
    )
    def test_nothing_runs_and_nothing_is_fetched(self, body: str) -> None:
        html = render(ClauseText("", body))

        assert not re.search(
            r"<(?:script|img|iframe)|<[^>]* (?:on\w+|style|src)=|href=\"(?!https?:|mailto:|#)", html
        )

    @given(st.text(st.sampled_from("<>\"'&/=()[]!#:{}a script on \n`*~|-^"), max_size=60))
    def test_only_known_tags_leave(self, body: str) -> None:
        tags = set(re.findall(r"<\s*/?\s*([a-zA-Z!]+)", render(ClauseText("", body, parameters=(SHARE,)))))

        assert tags <= KNOWN_TAGS


def test_plain_words_have_no_markup_and_carry_the_values() -> None:
    text = a_requirement(
        "# Head\n\n**At least** {share} [here](https://a.org).\n\n| a | b |\n|--|--|\n| c | d |", SHARE
    )

    assert plain(text) == "Head\nAt least 90\N{NO-BREAK SPACE}% here.\na\nb\nc\nd"


class TestNormalised:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("a\r\nb \r\n\r\n\r\n\r\nc\n\n", "a\nb\n\nc"),
            ("* a\n* b", "- a\n- b"),
            ("```\n* a  \n\n\n* b\n```", "```\n* a  \n\n\n* b\n```"),
            ("cafe\u0301", "caf\u00e9"),
            ("line  \nbreak", "line  \nbreak"),
            ("* one list\n- another", "* one list\n- another"),
        ],
    )
    def test_an_editor_s_noise_goes_and_meaning_stays(self, typed: str, kept: str) -> None:
        assert normalised(typed) == kept

    @given(st.text(st.sampled_from("ab*-+_ \n\t`~\\#>1.)|:"), max_size=40))
    @example("a \\ \nb")
    @example("* a\n*\n- b")
    def test_a_second_time_changes_nothing_and_readers_see_the_same(self, body: str) -> None:
        once = normalised(body)

        assert normalised(once) == once
        assert _seen(once) == _seen(body)


def _seen(body: str) -> str:
    return " ".join(render(ClauseText("", body)).split())
