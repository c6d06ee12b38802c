"""Words as the linking rules see them: folded, stemmed, without the empty ones.

Five languages are known by their commonest words. English, French, Spanish
and Portuguese have a stemmer; Swahili has none, and is left as written.
"""

import re
import unicodedata
from functools import cache, lru_cache
from typing import NamedTuple

import snowballstemmer

from consult.linking.stopwords import STOPWORDS

LANGUAGES = tuple(STOPWORDS)
_STEMMERS = {"en": "english", "fr": "french", "es": "spanish", "pt": "portuguese"}
_WORD = re.compile(r"[^\W_]+")
_HUMPS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\dA-Za-z]+")
_LONGEST_WORD = 40
_EVIDENT = 2


class Word(NamedTuple):
    """A word as it was written, and the stem it is compared by."""

    surface: str
    stem: str


def words_of(text: str, language: str) -> list[Word]:
    """Every word of the text in order, stemmed for the language, the empty ones included.

    A name joined by capitals (`CertificateVerify`) gives itself and then its parts.
    """
    found = []
    for written in _WORD.findall(text):
        if len(written) > _LONGEST_WORD:
            continue
        found.append(Word(written, stem(fold(written), language)))
        found.extend(Word(part, stem(fold(part), language)) for part in humps(written))
    return found


def humps(written: str) -> list[str]:
    """The parts of a name joined by capitals; [] for an ordinary word."""
    if written.islower() or written.isupper() or written[1:].islower():
        return []
    parts = [part for part in _HUMPS.findall(written) if len(part) > 1]
    return parts if len(parts) > 1 else []


@lru_cache(maxsize=100_000)
def fold(written: str) -> str:
    """Lower case, without accents."""
    plain = unicodedata.normalize("NFKD", written.lower())
    return "".join(c for c in plain if not unicodedata.combining(c))


@lru_cache(maxsize=100_000)
def stem(folded: str, language: str) -> str:
    """The stem in the language; the word itself where there is no stemmer."""
    stemmer = _stemmer(language)
    return stemmer.stemWord(folded) if stemmer else folded


@cache
def empty_words(language: str) -> frozenset[str]:
    """The folded words that say nothing of what a text is about, in the language."""
    return frozenset(fold(word) for word in STOPWORDS.get(language, "").split())


def language_of(text: str) -> str | None:
    """The language whose commonest words occur most; None when that is not evident."""
    written = [fold(word) for word in _WORD.findall(text)]
    counts = {code: sum(word in empty_words(code) for word in written) for code in LANGUAGES}
    best, second = sorted(counts.values(), reverse=True)[:2]
    if best < _EVIDENT or best == second:
        return None
    return max(counts, key=lambda code: counts[code])


@cache
def _stemmer(language: str) -> "snowballstemmer.stemmer | None":
    name = _STEMMERS.get(language)
    return snowballstemmer.stemmer(name) if name else None
