"""Danger: which texts may tell of danger, violence or a child at risk, so that a person reads them first.

The lists lie in `words/danger`, one file per language, and every list is looked
through whatever language someone has chosen, because people mix them. Missing a
cry for help weighs more than showing a person one message too many; still,
"the price kills us" is set aside before anything else is looked for.

An entry is a few folded words in order. `beat*` is any word beginning so and
`*piga` any word ending so; `a/b` is either; `{child}` is any word of that set of
the file, `{age}` a number from 3 to 17; `...` lets up to four words stand between,
never across the end of a sentence.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from consult.channels.folding import fold
from consult.channels.words import LANGUAGES

LONGEST = 20_000
"""Characters of a text that are looked at."""
_BETWEEN = r"(?: (?!\|)\S+){0,4}"
_REST = r"[^\s|]*"
_SENTENCE_ENDS = re.compile(r"[.!?;:…]+(?!\d)")


class Kind(StrEnum):
    """What a text may tell of."""

    DANGER = "danger"
    VIOLENCE = "violence"
    CHILD = "child"


@dataclass(frozen=True)
class Sign:
    """That a text may tell of something, and the words of our lists that say so."""

    kind: Kind
    words: tuple[str, ...]


def signs(text: str) -> tuple[Sign, ...]:
    """What a text may tell of, each kind once; none for most texts.

    The words are those our lists name, never what stood between them: that may
    be anybody's name or number.
    """
    plain = _without_innocent(_plain(text[:LONGEST]))
    found = []
    for kind in Kind:
        words = {
            _named(match)
            for entry in _entries(kind)
            if entry.may_be_in(plain)
            for match in entry.pattern.finditer(plain)
        }
        if words:
            found.append(Sign(kind, tuple(sorted(words))))
    return tuple(found)


def _named(match: re.Match[str]) -> str:
    """The list's own words in a match, a dash where others stood between."""
    return " – ".join(part for part in match.groups() if part)


def _plain(text: str) -> str:
    """The words of a text, folded, one space between; `|` where a sentence ends."""
    marked = _SENTENCE_ENDS.sub(" | ", fold(text.replace("\U0001f198", " sos ")))
    return " ".join(re.findall(r"[^\W_]+|\|", marked))


def _without_innocent(plain: str) -> str:
    for entry in _innocent():
        if entry.may_be_in(plain):
            plain = entry.pattern.sub("|", plain)
    return plain


@dataclass(frozen=True)
class _Entry:
    """An entry of a list. Looking for its rarest word first spares nearly all of the matching."""

    pattern: re.Pattern[str]
    needed: tuple[str, ...]

    def may_be_in(self, plain: str) -> bool:
        return any(word in plain for word in self.needed)


@cache
def _innocent() -> tuple[_Entry, ...]:
    return tuple(
        _entry(written, lists["sets"])
        for lists in map(_lists, LANGUAGES)
        for written in lists["innocent"]["phrases"]
    )


@cache
def _entries(kind: Kind) -> tuple[_Entry, ...]:
    return tuple(
        _entry(written, lists["sets"])
        for lists in map(_lists, LANGUAGES)
        for written in lists["kinds"][kind.value]
    )


def _entry(written: str, sets: Mapping[str, Sequence[str]]) -> _Entry:
    """An entry as a pattern over plain text; what it names stands in groups."""
    parts = [part.split() for part in re.split(r"\s*(?<!\S)\.\.\.(?!\S)\s*", written)]
    named = (f"({' '.join(_either(_ways(word, sets)) for word in part)})" for part in parts)
    pattern = re.compile(rf"(?<!\S){f'{_BETWEEN} '.join(named)}(?!\S)")
    choices = [_ways(word, sets) for part in parts for word in part if word != "{age}"]
    rarest = min(choices, key=lambda ways: (len(ways), -min(map(len, ways))))
    return _Entry(pattern, tuple(_plain(way.strip("*")) for way in rarest))


def _ways(word: str, sets: Mapping[str, Sequence[str]]) -> Sequence[str]:
    if word == "{age}":
        return [str(age) for age in range(3, 18)]
    return sets[word.strip("{}")] if word.startswith("{") else word.split("/")


def _either(ways: Sequence[str]) -> str:
    found = []
    for way in ways:
        before, after = (_REST if way.startswith("*") else ""), (_REST if way.endswith("*") else "")
        found.append(f"{before}{re.escape(_plain(way.strip('*')))}{after}")
    return found[0] if len(found) == 1 else f"(?:{'|'.join(found)})"


@cache
def _lists(language: str) -> dict[str, Any]:
    text = resources.files("consult.channels.words").joinpath(f"danger/{language}.toml").read_text("utf-8")
    return tomllib.loads(text)
