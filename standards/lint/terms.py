"""Lint of terms: defined and never used, or used as if defined and nowhere defined.

A text shows that it leans on a definition by setting the term in italics, where it
does so with its other terms, by saying “as defined in this standard”, or by an abbreviation.
"""

import re
from collections.abc import Iterator

from standards.document import Clause, Document, Level
from standards.lint.remarks import Remark, Rule, on

_ITALIC = re.compile(
    r"(?<![*\w\\])\*(?![*\s])([^*\n]{2,60}?)(?<![\s\\])\*(?![*\w])|(?<![\w_])_([^_\n]{2,60})_(?![\w_])"
)
_AS_DEFINED = re.compile(
    r"(?:[“\"]([^”\"\n]{2,60})[”\"]|\b(?:an?|the|each|every|any|no)\s+([^\W\d_][\w’'-]*(?:\s+[^\W\d_][\w’'-]*)?))"
    r"\s*,?\s*\(?as\s+defined\s+in\s+(?:this\s+standard|the\s+definitions)",
    re.IGNORECASE,
)
_ABBREVIATION = re.compile(r"(?<![\w/.-])[A-Z]{3,6}(?:s(?!\w))?(?![\w/-])")
# Known without being told, or no abbreviations at all.
_COMMON = frozenset(
    re.findall(
        r"\w+",
        "ISO IEC IEEE IETF IANA ILO OIT UNO USA USD EUR OECD OCDE NGO GPS SMS PDF URL CEO FAQ HIV AIDS ISBN"
        " ASCII UTC ETC III VII VIII XII XIII AND NOT SHALL SHOULD MUST MAY NOTE NOTA EXAMPLE EXEMPLE EJEMPLO"
        " EXEMPLO FIGURE TABLE RFC HTTP HTTPS JSON XML HTML BIOS UNESCO UNICEF NIST"
        " ETSI CEN FIDO USB NFC SIM SVG",
    )
)
_CODE = re.compile(
    r"^ {0,3}(```|~~~).*?^ {0,3}\1|`[^`\n]*`|\{\{[^}]*\}\}|\]\([^)]*\)", re.MULTILINE | re.DOTALL
)


def _unused_terms(document: Document) -> Iterator[Remark]:
    said = {clause.id: f"{clause.text.heading}\n{clause.text.body}" for clause in document}
    for clause in _definitions(document):
        names = [_used(name) for name in _names(clause.text.heading)]
        elsewhere = (words for id_, words in said.items() if id_ != clause.id)
        if names and not any(name.search(words) for words in elsewhere for name in names):
            told = f"{clause.text.heading} is defined in {clause.number or 'the text'} and used nowhere"
            yield on("term-unused", clause, told)


def _undefined_terms(document: Document) -> Iterator[Remark]:
    defined = [name for clause in _definitions(document) for name in _names(clause.text.heading)]
    if not defined:
        return
    patterns = [_used(name) for name in defined]
    told: set[str] = set()
    for clause, term in _leant_on(document, patterns):
        key = term.casefold()
        if key not in told and not any(pattern.search(term) for pattern in patterns):
            told.add(key)
            yield on(
                "term-undefined", clause, f"{clause.title} uses {term} as a term, and nothing defines it"
            )


def _leant_on(document: Document, patterns: list[re.Pattern[str]]) -> Iterator[tuple[Clause, str]]:
    italics = [
        (clause, (found[1] or found[2]).strip(" .,;:"))
        for clause in document
        if clause.text.level is not Level.DEFINITION
        for found in _ITALIC.finditer(_CODE.sub(" ", clause.text.body))
    ]
    ours = [term for _clause, term in italics if any(pattern.search(term) for pattern in patterns)]
    # Italics mean terms only where most of them are terms.
    if len(ours) >= 2 and len(ours) * 2 > len(italics):
        yield from ((clause, term) for clause, term in italics if len(term.split()) <= 4)
    for clause in document:
        for found in _AS_DEFINED.finditer(clause.text.body):
            yield clause, found[1] or found[2]


def _abbreviations_not_told(document: Document) -> Iterator[Remark]:
    whole = "\n".join(f"{clause.text.heading}\n{clause.text.body}" for clause in document)
    told: set[str] = set()
    if not _definitions(document):
        return  # a text that tells no words leaves them to another
    for clause in document:
        if clause.text.level is Level.ANNEX:
            continue  # tables and lists of literature have names of their own
        for found in _ABBREVIATION.finditer(_CODE.sub(" ", clause.text.body)):
            short = found[0].removesuffix("s")
            if short in _COMMON or short in told or _explained(short, whole, document):
                continue
            told.add(short)
            yield on(
                "abbreviation", clause, f"{clause.title} says {short}, and nothing tells what it stands for"
            )


def _explained(short: str, whole: str, document: Document) -> bool:
    """Whether the letters are defined, stand in brackets after words, or are followed by them."""
    if re.search(rf"[(\[\"“]{short}s?[)\]\"”,;]|\b{short}s?\s*(?:\(|=|:|stands?\s+for|means)", whole):
        return True
    if any(re.search(rf"\b{short}\b", clause.text.heading) for clause in _definitions(document)):
        return True
    initials = r"\w*[\s-]+(?:(?:of|the|and|for|de|du|des|la|le|del|do|da|dos|y|e|et|a)\s+)*".join(short)
    return re.search(rf"\b{initials}", whole, re.IGNORECASE) is not None


def _definitions(document: Document) -> list[Clause]:
    return [
        clause for clause in document if clause.text.level is Level.DEFINITION and clause.text.heading.strip()
    ]


def _names(heading: str) -> list[str]:
    """The names a definition goes by: `producer group (group)` and `miner / digger` have two."""
    plain = re.sub(r"[*_`]", "", heading)
    inside = re.findall(r"\(([^)]+)\)", plain)
    outside = re.sub(r"\([^)]*\)", " ", plain)
    parts = re.split(r"\s*[/;,]\s*|\s+or\s+", outside) + inside
    return [part.strip() for part in parts if part.strip()]


def _used(name: str) -> re.Pattern[str]:
    """A name as it may stand in a sentence: each word may be bent at its end."""
    words = [re.escape(word[: max(3, len(word) - 2)] if len(word) > 4 else word) for word in name.split()]
    return re.compile(r"\b" + r"\w*[\s-]+".join(words), re.IGNORECASE)


RULES: tuple[Rule, ...] = (_unused_terms, _undefined_terms, _abbreviations_not_told)
