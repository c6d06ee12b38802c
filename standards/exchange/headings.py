"""Headings as authors type them: which number they carry, and what kind of clause they begin."""

import re
from dataclasses import dataclass

from standards.document import Level

_LEVELS = {
    Level.ANNEX: ("annex", "appendix", "annexe", "anexo", "apêndice", "apéndice", "kiambatisho"),
    Level.PRINCIPLE: ("principle", "principe", "principio", "princípio", "kanuni"),
    Level.CRITERION: ("criterion", "critère", "criterio", "critério", "kigezo"),
    Level.INDICATOR: ("indicator", "indicateur", "indicador", "kiashiria"),
}
LEVEL_WORDS = {word: level for level, words in _LEVELS.items() for word in words}
"""The words by which a heading says what it begins: "Annex A", "Principle 1"."""

_DEFINING = re.compile(
    r"\b(?:terms|definitions?|glossary|terminology|abbreviations|termes|définitions|glossaire"
    r"|términos|definiciones|glosario|termos|definições|glossário|istilahi|faharasa)\b",
    re.IGNORECASE,
)

_SEPARATOR = r"(?:\s*[.:)]\s+|\s+[-–—:]\s+|\s+)"
_NUMBER = r"(?:[A-Z]{1,4}[-._]?)?\d{1,3}(?:\.\d{1,3})*[a-z]?|[A-Z](?:\.\d{1,3})+"
_NUMBERED = re.compile(rf"^(?P<number>{_NUMBER}){_SEPARATOR}(?P<words>\S.*)$")
_ONLY_NUMBER = re.compile(rf"^(?:{_NUMBER})$")
_NAMED = re.compile(
    rf"^(?P<level>{'|'.join(LEVEL_WORDS)})\s+(?P<number>[A-Z]{{1,2}}|[A-Z]?\d{{1,3}}(?:\.\d{{1,3}})*)"
    rf"(?:{_SEPARATOR}(?P<words>\S.*))?$",
    re.IGNORECASE,
)
_REQUIREMENT_ID = re.compile(
    r"^(?:[A-Za-z]{0,4}\d{1,3}(?:\.\d{1,3})+[a-z]?|[A-Za-z][A-Za-z0-9]*(?:[_\-.][A-Za-z0-9]+)*[_\-.]\d+[a-z]?)$"
)


@dataclass(frozen=True)
class Heading:
    """A heading taken apart: `number` as typed ("" when none), `words` without it."""

    words: str
    number: str = ""
    level: Level = Level.SECTION


def taken_apart(heading: str) -> Heading:
    """ "4.2 Water" as number and words; "Annex B: Forms" and "Principle 1" with their level.

    An annex numbered by a figure keeps its word ("Annex 2"), so that it is never
    mistaken for clause 2.
    """
    words = heading.strip()
    if named := _NAMED.match(words):
        level = LEVEL_WORDS[named["level"].casefold()]
        number = named["number"]
        if level is Level.ANNEX and number.isdigit():
            number = f"{named['level'].capitalize()} {number}"
        return Heading(named["words"] or "", number, level)
    if numbered := _NUMBERED.match(words):
        return Heading(numbered["words"], numbered["number"])
    if _ONLY_NUMBER.match(words) and "." in words:
        return Heading("", words)
    return Heading(words)


def begins_definitions(heading: str) -> bool:
    """Whether what stands under this heading are terms with their meanings."""
    return bool(_DEFINING.search(heading))


def is_requirement_id(text: str) -> bool:
    """Whether a table cell holds the id of a requirement: "2.1.1", "V2.1.1", "OIA_03a", "PR-1"."""
    return bool(_REQUIREMENT_ID.match(text.strip().strip("*`_ ")))
