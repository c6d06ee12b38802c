"""The field page's sentences: each one asked for is there, none lies unused."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from consult.field.words import MEETING, PAGE, WORDS, words_for
from consult.words import LANGUAGES

SCRIPTS = Path(__file__).parents[3] / "consult" / "static" / "field"
ASKED = re.compile(r"""(?<![\w.])t\(\s*(["'`]?)([^"'`)]*)""")
PLACE = re.compile(r"\{(\w+)\}")


def asked() -> Iterator[tuple[str, str, str]]:
    """Each call for a sentence: the script, the quotation mark, and what stands between."""
    for script in sorted(SCRIPTS.glob("*.js")):
        for mark, key in ASKED.findall(script.read_text(encoding="utf-8")):
            yield script.name, mark, key


def test_every_sentence_is_asked_for_by_a_plain_key():
    calls = [(name, key) for name, mark, key in asked() if mark != '"']

    assert calls == [("words.js", "key, told = {}")]


def test_every_sentence_that_is_asked_for_is_there_and_none_lies_unused():
    keys = {key for _, mark, key in asked() if mark == '"'}

    assert keys == set(WORDS)


def test_no_key_says_two_things():
    assert len(WORDS) == len(PAGE) + len(MEETING)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_every_sentence_with_the_same_places_to_fill(language):
    spoken = words_for(language)

    assert spoken.keys() == WORDS.keys()
    different = [
        key for key, said in WORDS.items() if set(PLACE.findall(said)) != set(PLACE.findall(spoken[key]))
    ]
    assert different == []
    assert all(spoken.values())
