"""Understanding a text message: hand-labelled messages, and what must hold for any message at all.

A line of `cases/messages.jsonl` is one message; it came while `asked` stood open
in the round below.
"""

import csv
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consult import receipts
from consult.channels.tongues import written_in
from consult.channels.understanding import Act, Asked, Said, understand
from consult.channels.words import LANGUAGES, words

CODES = {"10": "1.1", "12": "4.2", "13": "4.2.1", "15": "5", "21": "A.1"}
NUMBERS = ("1.1", "4", "4.2", "4.2.1", "5", "A.1", "7.3")
JOIN_WORDS = ("DHAHABU", "Oro 26")
CASES = [
    json.loads(line)
    for line in (Path(__file__).parent / "cases" / "messages.jsonl").read_text(encoding="utf-8").splitlines()
]
COMMANDS = {Act.STOP, Act.START, Act.HELP, Act.NEW, Act.LIST, Act.LISTEN, Act.JOIN}


def said(text: str, asked: str | None = None, **known: Any) -> Said:
    facts = {"codes": CODES, "numbers": NUMBERS, "join_words": JOIN_WORDS, **known}
    return Said(text, asked=Asked(asked) if asked else None, **facts)


@pytest.mark.parametrize("case", CASES, ids=[f"{one['text'][:30]}|{one['asked'] or ''}" for one in CASES])
def test_a_labelled_message(case):
    understood = understand(said(case["text"], case["asked"]))

    assert (understood.act.value, understood.value, understood.words) == (
        case["act"],
        case["value"],
        case["words"],
    )


class TestReceipts:
    @pytest.mark.parametrize("asked", [None, "ability", "satisfied"])
    def test_a_code_alone_is_asked_after_whatever_stands_open(self, asked):
        code = receipts.new_code()

        for typed in (code, code.lower(), code.replace("-", " "), f"{code}?", f"Receipt {code}"):
            understood = understand(said(typed, asked))
            assert (understood.act, understood.value, understood.words) == (Act.RECEIPT, code, "")

    def test_a_code_with_a_wrong_check_character_is_none(self):
        code = receipts.new_code()
        wrong = code[:-1] + next(one for one in receipts.ALPHABET if one != code[-1])

        assert understand(said(wrong)).act is not Act.RECEIPT


class TestNumbersAndCodes:
    def test_after_the_word_for_clause_the_number_wins_over_the_code(self):
        message = said("clause 12 costs", codes={"12": "4.2"}, numbers=("4.2", "12"))

        assert understand(message).value == "12"

    def test_alone_it_is_the_code(self):
        message = said("12 costs", codes={"12": "4.2"}, numbers=("4.2", "12"))

        assert understand(message).value == "4.2"

    def test_a_round_with_other_languages_counts_its_own(self):
        message = said("Kiswahili", "language", languages=("sw", "en"))

        assert understand(message).value == "1"


class TestAnyMessage:
    @settings(max_examples=150, deadline=None)
    @given(
        text=st.text(max_size=200)
        | st.from_regex(r"[#( ]{0,2}[0-9]{0,3}[.:) -]{0,2}[a-zé ]{0,12}", fullmatch=True),
        asked=st.sampled_from([None, *Asked]),
    )
    def test_nothing_raises_and_words_are_the_senders_own(self, text, asked):
        understood = understand(said(text, asked))

        assert understood.words in text
        assert understood.act is not Act.ANSWER or asked is not None

    @settings(max_examples=100, deadline=None)
    @given(text=st.text(max_size=120), joined=st.booleans(), language=st.sampled_from(["", *LANGUAGES]))
    def test_joining_and_language_change_nothing(self, text, joined, language):
        assert understand(said(text, joined=joined, language=language)) == understand(said(text))

    @pytest.mark.parametrize("word", ["YES", "yes!", "CANCEL", "END", "QUIT"])
    @pytest.mark.parametrize("asked", ["language", "ability", "satisfied"])
    def test_words_reserved_by_carriers_are_never_answers(self, word, asked):
        assert understand(said(word, asked)).act is not Act.ANSWER


class TestWordFiles:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_each_language_knows_every_list(self, language):
        assert set(words(language)) == set(words("en"))
        assert len(words(language)["numbers"]) == len(LANGUAGES)

    def test_no_word_means_two_commands(self):
        for text in {
            phrase
            for language in LANGUAGES
            for act in ("stop", "start", "help", "new", "list", "listen")
            for phrase in words(language)[act]
        }:
            acts = {
                act
                for language in LANGUAGES
                for act in ("stop", "start", "help", "new", "list", "listen")
                if text in words(language)[act]
            }
            assert len(acts) == 1, text


def test_real_messages_are_never_taken_for_commands():
    corpora = os.environ.get("BARAZA_CORPORA")
    if not corpora:
        pytest.skip("BARAZA_CORPORA is not set: it names the folder of real messages")
    messages = list(_real_messages(Path(corpora) / "messages"))

    taken = [text for text in messages if understand(said(text)).act in COMMANDS]

    assert len(messages) > 1000
    assert taken == []


def _real_messages(folder):
    with (folder / "crisis-messages-kreyol-en.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield from (row["message"], row["original"])
    for line in (folder / "sms-spam-en.tsv").read_text(encoding="utf-8").splitlines():
        yield line.partition("\t")[2]
    for path in sorted((folder / "polis").glob("*-comments.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield row["comment-body"]


class TestTheLanguageOfATextMessage:
    def test_it_is_told_where_it_is_evident_and_never_told_wrong(self):
        path = Path(__file__).parent / "cases" / "languages.tsv"
        lines = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]

        told = [(language, written_in(text)) for language, text in lines]

        assert [one for one in told if one[1] not in (one[0], None)] == []
        assert sum(right == guess for right, guess in told) > len(told) / 2
