"""Likely names: stretches of a comment that may name a person, or a place smaller than a district.

They are suggestions for a person to accept or let go before words become public.
Found are what follows a title or a word for a small place, in five languages;
capitalised words inside a sentence that are no known word; and names that were
given elsewhere. In doubt a stretch is suggested: a person who looks takes seconds,
a published name cannot be taken back.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from babel import Locale

from consult import masking
from consult.linking.words import empty_words, fold
from consult.words import LANGUAGES

Kind = Literal["name", "place", "number", "words"]
SHOWN: dict[Kind, str] = {"name": "[name]", "place": "[place]", "number": "[number]", "words": "[…]"}

# Which words the last part of a place's name may be joined by, though it is written small.
_NAMING = frozenset({"cha", "wa", "ya", "of", "called", "named"})
_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_COORDINATES = re.compile(
    r"[-+]?\d{1,3}[.,]\d{3,}\s*°?\s*[NSEWnsew]?\s*[,;/ ]\s*[-+]?\d{1,3}[.,]\d{3,}\s*°?\s*[NSEWnsew]?"
)
_SENTENCE_END = re.compile(r"[.!?…:;\n\r(\[“\"«•*\-–—/]\s*$|^\s*$")


@dataclass(frozen=True)
class Stretch:
    """A stretch of text from `start` up to `end`, and what it is shown as."""

    start: int
    end: int
    kind: Kind


def stretches(
    text: str, *, known: frozenset[str] = frozenset(), names: frozenset[str] = frozenset()
) -> tuple[Stretch, ...]:
    """What may name somebody or a small place, in order, without overlap.

    `known` are folded words that name nobody, such as those of the standard;
    `names` those given elsewhere, as `folded` gives them.
    """
    words = [_Word(found.start(), found.end(), found[0], fold(found[0])) for found in _WORD.finditer(text)]
    found = [
        *(Stretch(span.start, span.end, "number") for span in masking.spans(text)),
        *_given(words, names),
        *(Stretch(one.start(), one.end(), "place") for one in _COORDINATES.finditer(text)),
        *_after_places(text, words),
        *_after_titles(text, words),
        *_capitalised(text, words, known),
    ]
    chosen: list[Stretch] = []
    taken = bytearray(len(text))
    for one in found:
        if not any(taken[one.start : one.end]):
            taken[one.start : one.end] = b"\1" * (one.end - one.start)
            chosen.append(one)
    return tuple(sorted(chosen, key=lambda one: one.start))


def folded(name: str) -> str:
    """A name as it is looked for: its words folded, one space between."""
    return " ".join(fold(word) for word in _WORD.findall(name))


@dataclass(frozen=True)
class _Word:
    start: int
    end: int
    written: str
    folded: str

    @property
    def is_capitalised(self) -> bool:
        return self.written[0].isupper()

    @property
    def is_shouted(self) -> bool:
        return len(self.written) > 1 and self.written.isupper()


def _given(words: list[_Word], names: frozenset[str]) -> Iterator[Stretch]:
    """Names given elsewhere, the longest first."""
    for length in (4, 3, 2, 1) if names else ():
        for place in range(len(words) - length + 1):
            run = words[place : place + length]
            if " ".join(word.folded for word in run) in names:
                yield Stretch(run[0].start, run[-1].end, "name")


def _after_titles(text: str, words: list[_Word]) -> Iterator[Stretch]:
    """`Mzee Juma`, `mama asha`, `don José`: the name, without its title."""
    for place, word in enumerate(words[:-1]):
        if word.folded not in _words("titles"):
            continue
        name = words[place + 1]
        between = text[word.end : name.start]
        if (
            between not in (" ", ". ", ".")
            or name.folded in _words("no_names") | _words("titles") | _no_names_at_all()
        ):
            continue
        # A title that is an everyday word too needs a capital after it: "chef parle", "papa alienda".
        if not name.is_capitalised and (word.folded in _words("everyday_titles") or len(name.written) < 3):
            continue
        yield Stretch(name.start, _last_of_name(text, words, place + 1).end, "name")


def _after_places(text: str, words: list[_Word]) -> Iterator[Stretch]:
    """`village of Nyamongo`, `kijiji cha nyarugusu`, `vereda El Silencio`; a mine only with a capital."""
    for place, word in enumerate(words):
        small, mine = word.folded in _words("small_places"), word.folded in _words("mines")
        if not small and not mine:
            continue
        at, joined = place + 1, False
        while (
            at < len(words)
            and words[at].folded in _words("between")
            and text[words[at - 1].end : words[at].start].isspace()
        ):
            at, joined = at + 1, True
        if at >= len(words) or text[words[at - 1].end : words[at].start].strip("'’ "):
            continue
        name = words[at]
        lower_will_do = small and joined and len(name.written) > 3 and words[at - 1].folded in _NAMING
        if (name.is_capitalised or lower_will_do) and name.folded not in _words(
            "no_names"
        ) | _no_names_at_all():
            yield Stretch(name.start, _last_of_name(text, words, at).end, "place")


def _capitalised(text: str, words: list[_Word], known: frozenset[str]) -> Iterator[Stretch]:
    """Capitalised words inside a sentence that are nothing known; none where everything is capitalised."""
    capitals = sum(word.is_capitalised for word in words)
    if len(words) > 3 and capitals * 2 > len(words):
        return
    passed = -1
    for place, word in enumerate(words):
        if word.start < passed or not word.is_capitalised or len(word.written) < 2:
            continue
        if _is_known(word, known):
            continue
        begins = bool(_SENTENCE_END.search(text[: word.start]))
        last = _last_of_name(text, words, place)
        if begins and last is word:
            continue
        if begins and place + 1 < len(words) and _is_known(words[place + 1], known):
            continue
        passed = last.end
        yield Stretch(word.start, last.end, "name")


def _may_name(word: _Word) -> bool:
    return word.folded not in _words("no_names") and word.folded not in _no_names_at_all()


def _is_known(word: _Word, known: frozenset[str]) -> bool:
    if (word.is_shouted and len(word.written) <= 4) or word.folded in _words("titles"):
        return True
    folded = word.folded.partition("'")[0].partition("’")[0]
    return any(one in known or one in _no_names_at_all() for one in (word.folded, folded, folded.rstrip("s")))


def _last_of_name(text: str, words: list[_Word], place: int) -> _Word:
    """The last of the capitalised words that stand together from here: `Juma Hassan Ally`."""
    last = words[place]
    for word in words[place + 1 : place + 4]:
        joins = text[last.end : word.start] == " "
        if not joins or not word.is_capitalised or word.folded in _no_names_at_all():
            break
        last = word
    return last


@cache
def _words(name: str) -> frozenset[str]:
    """One of the lists of `names.toml`, kept beside the other words that conversations know."""
    text = resources.files("consult.channels.words").joinpath("names.toml").read_text("utf-8")
    return frozenset(tomllib.loads(text)[name].split())


@cache
def _no_names_at_all() -> frozenset[str]:
    """Words of five languages that name no person: the commonest ones, months, days, countries, languages."""
    found = set(_words("known"))
    for code in LANGUAGES:
        locale = Locale.parse(code)
        # One word alone: "Saint Martin" must not make Martin a place that everybody knows.
        named = [name for name in locale.territories.values() if " " not in name and "-" not in name]
        named += [locale.languages[spoken] for spoken in LANGUAGES]
        for width in ("wide", "abbreviated"):
            named += [*locale.months["format"][width].values(), *locale.days["format"][width].values()]
        found.update(fold(word) for words in named for word in _WORD.findall(words))
        found.update(empty_words(code))
    return frozenset(found - {"maurice", "jersey", "georgia", "jordan", "chad"})
