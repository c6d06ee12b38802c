"""Which texts may tell of danger, violence or a child at risk."""

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consult.channels import danger
from consult.channels.danger import Kind
from consult.channels.words import LANGUAGES

CASES = [
    line.split("\t")
    for line in (Path(__file__).parent / "cases" / "danger.tsv").read_text(encoding="utf-8").splitlines()
]


def kinds(text: str) -> set[str]:
    return {sign.kind.value for sign in danger.signs(text)}


class TestTheLabelledTexts:
    def test_they_are_many_in_five_languages_and_nearly_half_are_harmless(self):
        harmless = [case for case in CASES if case[0] == "none"]

        assert len(CASES) >= 180
        assert {language for _, language, _ in CASES} == set(LANGUAGES)
        assert 0.4 < len(harmless) / len(CASES) < 0.6

    def test_nothing_that_tells_of_danger_is_missed(self):
        missed = [text for wanted, _, text in CASES if wanted != "none" and not kinds(text)]

        assert missed == []

    def test_hardly_anything_harmless_is_flagged(self):
        flagged = [text for wanted, _, text in CASES if wanted == "none" and kinds(text)]

        assert len(flagged) <= 4, flagged

    def test_the_kind_is_right_nearly_always(self):
        labelled = [(set(wanted.split(",")), text) for wanted, _, text in CASES if wanted != "none"]
        right = [text for wanted, text in labelled if wanted <= kinds(text)]

        assert len(right) >= 0.95 * len(labelled)


class TestSigns:
    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            ("HELP US PLEASE", Kind.DANGER),
            ("stop. they will kill me", Kind.VIOLENCE),
            ("le puits s’est effondré", Kind.DANGER),
            ("LE PUITS S'EST EFFONDRE", Kind.DANGER),
            ("niños\ncargando piedra", Kind.CHILD),
            ("🆘", Kind.DANGER),
            ("a girl, 13, works at the pit", Kind.CHILD),
        ],
    )
    def test_capitals_accents_and_quotes_do_not_matter(self, text, kind):
        assert kind.value in kinds(text)

    @pytest.mark.parametrize(
        "text",
        [
            "mercury is dangerous",
            "the price kills us",
            "danger sign at the pit",
            "",
            "12",
            "😀😀",
            "children must not work in the pit",
        ],
    )
    def test_what_only_sounds_so_is_not_flagged(self, text):
        assert kinds(text) == set()

    def test_words_do_not_reach_across_the_end_of_a_sentence(self):
        assert kinds("My son is well. We work in two groups.") == set()

    def test_it_names_its_own_words_and_never_what_stood_between(self):
        (sign,) = danger.signs("police Juma Hassan 0712345678 beating")

        assert sign.words == ("police – beating",)

    def test_what_is_set_aside_does_not_hide_what_stands_beside_it(self):
        assert kinds("the price kills us and the guards beat us with sticks") == {"violence"}

    @given(st.text(max_size=400))
    @settings(max_examples=150, deadline=None)
    def test_any_text_can_be_looked_at(self, text):
        for sign in danger.signs(text):
            assert sign.words


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [kind.value for kind in Kind])
def test_every_entry_of_the_lists_can_be_found(language, kind):
    """An entry that its own words would not meet is a slip of the pen."""
    lists = danger._lists(language)
    for written in lists["kinds"][kind]:
        entry = danger._entry(written, lists["sets"])
        words = [danger._ways(word, lists["sets"])[0].strip("*") for word in written.split() if word != "..."]

        plain = danger._plain(" ".join(words))

        assert entry.may_be_in(plain), written
        assert entry.pattern.search(plain), written


class TestRealMessages:
    def test_of_messages_from_a_disaster_many_are_flagged_and_of_everyday_ones_few(self, corpora):
        folder = corpora("messages")
        with (folder / "crisis-messages-kreyol-en.csv").open(encoding="utf-8") as file:
            crisis = [row["message"] for row in csv.DictReader(file)]
        lines = (folder / "sms-spam-en.tsv").read_text(encoding="utf-8").splitlines()
        everyday = [line.partition("\t")[2] for line in lines]

        assert sum(bool(kinds(text)) for text in crisis) > 0.12 * len(crisis)
        assert sum(bool(kinds(text)) for text in everyday) < 0.03 * len(everyday)
