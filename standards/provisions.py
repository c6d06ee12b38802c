"""Provisions: the words by which a sentence binds, and what they say of a clause.

The verbs follow ISO/IEC Directives, Part 2, clause 7: *shall* requires,
*should* recommends, *may* permits. *Must* is read as *shall*, as the IETF does
(RFC 2119).
"""

import re
from collections import Counter
from functools import cache

from standards.document import Modality

PROVISION_WORDS: dict[str, dict[Modality, tuple[str, ...]]] = {
    "en": {
        Modality.REQUIREMENT: ("shall not", "shall", "must not", "must", "is required to", "are required to"),
        Modality.RECOMMENDATION: (
            "should not", "should", "ought to", "is recommended", "are recommended", "not recommended",
        ),
        Modality.PERMISSION: ("may",),
    },
    "fr": {
        Modality.REQUIREMENT: ("doit", "doivent", "devra", "devront"),
        Modality.RECOMMENDATION: ("devrait", "devraient", "il convient"),
        Modality.PERMISSION: ("peut", "peuvent"),
    },
    "es": {
        Modality.REQUIREMENT: ("debe", "deben", "deberá", "deberán"),
        Modality.RECOMMENDATION: ("debería", "deberían"),
        Modality.PERMISSION: ("puede", "pueden", "podrá", "podrán"),
    },
    "pt": {
        Modality.REQUIREMENT: ("deve", "devem", "deverá", "deverão"),
        Modality.RECOMMENDATION: ("deveria", "deveriam", "convém"),
        Modality.PERMISSION: ("pode", "podem", "poderá", "poderão"),
    },
    "sw": {
        Modality.REQUIREMENT: ("lazima", "sharti"),
        Modality.RECOMMENDATION: ("inapaswa", "wanapaswa", "anapaswa", "yanapaswa", "zinapaswa"),
        Modality.PERMISSION: ("inaweza", "wanaweza", "anaweza", "yanaweza", "zinaweza"),
    },
}  # fmt: skip
"""The words of each modality by language, as they are looked for: whole words, any case."""

# The month, and the permission to do nothing in particular, are not permissions.
_NOT_PERMISSION = re.compile(r"\b(?:\d{1,2}\s+May|May\s+\d{1,4}|may\s+not\s+be\s+able)\b")


def modality_of(text: str, language: str = "en") -> Modality:
    """The strongest way any sentence of the text binds; NONE where none does.

    `language` is a tag such as "pt-BR"; an unknown language is read as English.
    Text in code spans, code blocks, quoted notes and examples does not bind.
    """
    words = _binding_part(text)
    for modality, pattern in _patterns(spoken(language)).items():
        if pattern.search(words):
            return modality
    return Modality.NONE


def provision_words(text: str, language: str = "en") -> list[tuple[str, Modality]]:
    """Every provision word of the binding part of a text, in reading order, with how it binds."""
    modality = {word: kind for kind, words in PROVISION_WORDS[spoken(language)].items() for word in words}
    found = provision_pattern(language).findall(_binding_part(text))
    return [(word, modality[" ".join(word.casefold().split())]) for word in found]


@cache
def provision_pattern(language: str) -> re.Pattern[str]:
    """Matches any provision word of the language, longest first."""
    words = [word for group in PROVISION_WORDS[spoken(language)].values() for word in group]
    return _whole_words(words)


def spoken(language: str) -> str:
    """The language whose provision words apply: "pt" for "pt-BR", "en" for one we do not know."""
    primary = language.replace("_", "-").split("-")[0].lower()
    return primary if primary in PROVISION_WORDS else "en"


@cache
def _patterns(language: str) -> dict[Modality, re.Pattern[str]]:
    return {modality: _whole_words(words) for modality, words in PROVISION_WORDS[language].items()}


def _whole_words(words: list[str] | tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(words, key=len, reverse=True)
    alternatives = "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in longest_first)
    return re.compile(rf"(?<![\w-])(?:{alternatives})(?![\w-])", re.IGNORECASE)


_CODE = re.compile(r"^(```|~~~).*?^\1|`[^`\n]+`", re.MULTILINE | re.DOTALL)
_NOTE = re.compile(r"^\s*>?\s*\**(?:NOTE|EXAMPLE|NOTA|EXEMPLE|EJEMPLO|EXEMPLO)\b.*$", re.MULTILINE)


def _binding_part(text: str) -> str:
    return _NOT_PERMISSION.sub(" ", _NOTE.sub(" ", _CODE.sub(" ", text)))


_COMMON = {
    "en": {"the", "of", "and", "to", "is", "that", "for", "with", "shall", "be", "this", "are"},
    "fr": {"le", "les", "des", "et", "est", "une", "du", "dans", "pour", "que", "sont", "doit"},
    "es": {"el", "los", "las", "y", "una", "del", "por", "para", "con", "son", "debe", "su"},
    "pt": {"o", "os", "uma", "do", "da", "dos", "em", "para", "com", "não", "são", "deve"},
    "sw": {"ya", "wa", "na", "kwa", "katika", "ni", "za", "la", "lazima", "kama", "hii", "au"},
}


def language_of(text: str) -> str:
    """The language most of whose common words occur in the text; "en" when none does."""
    words = Counter(re.findall(r"[^\W\d_]+", text[:20_000].casefold()))
    counts = {language: sum(words[word] for word in common) for language, common in _COMMON.items()}
    return max(counts, key=lambda language: counts[language])
