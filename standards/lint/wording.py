"""Lint of the wording: notes that require, clauses that ask several things, verbs nobody can check.

The verbs follow `standards.provisions`; in English a note may say *must* of the
world as it is, so that only *shall* counts there.
"""

import re
from collections.abc import Iterator
from functools import cache

from standards.document import Clause, Document, Level, Modality
from standards.lint.remarks import Remark, Rule, on
from standards.provisions import PROVISION_WORDS, spoken

_ASIDES = frozenset({Level.NOTE, Level.GUIDANCE})
_SPLITTABLE = frozenset({Level.CRITERION, Level.INDICATOR})

# What follows the provision word: an aim, not something that was done or not.
_VAGUE = {
    "en": r"(?:also\s+|always\s+|actively\s+)?(?P<verb>consider(?![^.;\n]{0,80}\bto\s+be\b)"
    r"|endeavou?r|strive|try|attempt\s+to|seek\s+to"
    r"|aim(?:\s+to|\s+at|\s+for)?|aspire|promote|encourage|facilitate|foster|be\s+aware|be\s+mindful"
    r"|take\s+into\s+account|make\s+(?:every|all|reasonable|best)\s+efforts?|do\s+(?:its|their)\s+(?:best|utmost)"
    r"|use\s+(?:its\s+|their\s+)?best\s+endeavours|work\s+towards?|be\s+committed|raise\s+awareness)\b",
    "fr": r"(?:aussi\s+)?(?P<verb>s['’]efforcer|envisager|tenir\s+compte|encourager|promouvoir|favoriser"
    r"|faciliter|tenter|essayer|viser\s+à)\b",
    "es": r"(?:también\s+)?(?P<verb>esforzarse|procurar|intentar|tratar\s+de|tener\s+en\s+cuenta|fomentar"
    r"|promover|facilitar|considerar)\b",
    "pt": r"(?:também\s+)?(?P<verb>esforçar-se|procurar|tentar|ter\s+em\s+conta|levar\s+em\s+conta|fomentar"
    r"|promover|facilitar|incentivar|considerar)\b",
    "sw": r"(?P<verb>\w*(?:jitahidi|jaribu|himiza))\b",
}
_WAYS_OUT = {
    "en": r"(?:where|when|if|wherever|whenever)\s+(?:possible|feasible|practicable|practical|appropriate)"
    r"|as\s+far\s+as\s+(?:possible|practicable)|to\s+the\s+extent\s+(?:possible|practicable)|as\s+appropriate",
    "fr": r"dans\s+la\s+mesure\s+du\s+possible|si\s+possible|lorsque\s+cela\s+est\s+possible",
    "es": r"en\s+la\s+medida\s+de\s+lo\s+posible|si\s+es\s+posible|cuando\s+sea\s+posible",
    "pt": r"na\s+medida\s+do\s+possível|se\s+possível|quando\s+possível",
    "sw": r"ikiwezekana|inapowezekana",
}

_QUOTED = re.compile(r"“[^”]*”|«[^»]*»|\"[^\"\n]*\"|`[^`\n]*`|(?<!\w)'[^'\n]*'(?!\w)")
_CODE = re.compile(r"^ {0,3}(```|~~~).*?^ {0,3}\1", re.MULTILINE | re.DOTALL)
_FOOTNOTE = re.compile(r"^ {0,3}\[\^[^\]\s]+\]:.*(?:\n {4}.*)*", re.MULTILINE)
_NOTE_LINE = re.compile(r"^[ \t>]*[*_]{0,2}(?:(?:NOTE|NOTA)\b|Notes?:).*$", re.MULTILINE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[^\W\d_a-zà-öø-ÿ]|[*_“«\"(])|\n\s*\n|\n(?=\s*(?:[-*•]|\d+[.)])\s)")


def _notes_that_require(document: Document) -> Iterator[Remark]:
    required = _required(document.language)
    for clause in document:
        if clause.text.modality is Modality.REQUIREMENT and clause.text.level is Level.NOTE:
            continue  # told by its record already
        for words in _asides(clause):
            if found := required.search(_said(words)):
                told = f"A note of {clause.title} says “{found[0]}”, and a note cannot require anything"
                yield on("note-shall", clause, told)
                break


def _asides(clause: Clause) -> list[str]:
    body = clause.text.body
    return [body] if clause.text.level in _ASIDES else _NOTE_LINE.findall(body)


def _several_requirements(document: Document) -> Iterator[Remark]:
    required = _required(document.language)
    for clause in document:
        if clause.text.level in _SPLITTABLE and clause.text.modality is Modality.REQUIREMENT:
            count = sum(bool(required.search(sentence)) for sentence in _sentences(clause.text.body))
            if count > 1:
                told = f"{clause.title} requires in {count} sentences; one clause for each can be met or not"
                yield on("several-requirements", clause, told)


def _vague_verbs(document: Document) -> Iterator[Remark]:
    vague = _vague(document.language)
    for clause in document:
        if found := vague.search(_said(_NOTE_LINE.sub("", clause.text.body))):
            said = " ".join(found[0].split())
            told = f"{clause.title} says “{said}”; nobody can tell when that is done. Say what is to be seen"
            yield on("vague-verb", clause, told)


def _ways_out(document: Document) -> Iterator[Remark]:
    required, ways = _required(document.language), _ways(document.language)
    for clause in document:
        if clause.text.modality is not Modality.REQUIREMENT or clause.text.level in _ASIDES:
            continue
        for sentence in _sentences(clause.text.body):
            found = ways.search(sentence) if required.search(sentence) else None
            if found:
                said = " ".join(found[0].split())
                told = f"{clause.title} requires something “{said}”; say when it is and when it is not"
                yield on("way-out", clause, told)
                break


def _said(body: str) -> str:
    """What a body says itself, without code, quotations and footnotes."""
    return _QUOTED.sub(" ", _FOOTNOTE.sub("", _CODE.sub("", body)))


def _sentences(body: str) -> list[str]:
    return _SENTENCE.split(_said(_NOTE_LINE.sub("", body)))


@cache
def _required(language: str) -> re.Pattern[str]:
    """The words that require."""
    tongue = spoken(language)
    words = ("shall",) if tongue == "en" else PROVISION_WORDS[tongue][Modality.REQUIREMENT]
    return re.compile(rf"(?<![\w-])(?:{'|'.join(words)})(?![\w-])", re.IGNORECASE)


@cache
def _vague(language: str) -> re.Pattern[str]:
    """A word that requires, and a vague verb right after it; what is forbidden is not vague."""
    tongue = spoken(language)
    words = "|".join(
        word.replace(" ", r"\s+")
        for word in PROVISION_WORDS[tongue][Modality.REQUIREMENT]
        if not word.endswith(" not")
    )
    return re.compile(rf"(?<![\w-])(?:{words})\s+{_VAGUE[tongue]}", re.IGNORECASE)


@cache
def _ways(language: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_WAYS_OUT[spoken(language)]})\b", re.IGNORECASE)


RULES: tuple[Rule, ...] = (_notes_that_require, _several_requirements, _vague_verbs, _ways_out)
