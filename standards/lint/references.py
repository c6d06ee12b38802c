"""Lint of references: a clause named by its number that no clause has.

Only numbers after a clause word count, and only in sentences that name no other
document: “clause 4.2 of ISO 22095” is none of ours, nor is “Conformance Requirement 5”,
which is a name.
"""

import re
from collections.abc import Iterator

from standards.document import Document, Scheme
from standards.lint.remarks import Remark, Rule, on

_NUMBER = r"(?:\d+(?:\.\d+)*(?:\.[gn]\d+)?|D\d+|[A-Z](?:\.\d+)*)(?![\w%°/]|\.\d|[’'](?:s|un)\b)"
_NAMED = re.compile(
    r"(?<![\w-])(?i:clauses?|sub-?clauses?|criteri(?:on|a)|indicators?|requirements?|principles?|sections?"
    r"|annex(?:es)?|critères?|exigences?|sections?|annexes?|cláusulas?|criterios?|requisitos?|secci(?:ón|ones)"
    r"|anexos?|critérios?|seç(?:ão|ões)|[kv]ifungu|[kv]igezo|sehemu|kiambatisho)\s+"
    rf"(?P<numbers>{_NUMBER}(?:(?:\s*[,;–-]\s*|\s+(?:and|or|to|et|ou|à|y|o|a|e|na|au)\s+){_NUMBER})*)"
)
_ONE = re.compile(_NUMBER)
# A capitalised word within a sentence makes a name of what follows.
_NAME_BEFORE = re.compile(r"\w[,;:]?\s+[A-Z][a-z]{3,}\s+$")
_ELSEWHERE = re.compile(
    r"\b(?:ISO|IEC|EN|RFC|ILO|OECD|OIT|OCDE|UN|EU|Acts?|Laws?|Code|Conventions?|Directive|Regulations?"
    r"|Protocol|Treaty|Agreement|Constitution|Decree|Guidance|Guidelines?|Handbook|Loi|Décret|Ley|Decreto"
    r"|Lei|Convenio|Convenção|Sheria|Mkataba|previous|earlier|older|former)\b|\{\{|\]\(http|https?://"
)
_OF_ANOTHER = re.compile(r"\s*(?:\([^)]*\)\s*)?(?:of|in|from|de|du|del|da|do|ya|la)\s+(?!this\b|these\b)")
_ANCHOR = re.compile(r"\]\(#c-([^)\s]+)\)")
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n\s*\n")
_UNHEARD = re.compile(r"^ {0,3}(```|~~~).*?^ {0,3}\1|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def _broken_references(document: Document) -> Iterator[Remark]:
    known = _known(document)
    if not known:
        return
    for clause in document:
        for number in dict.fromkeys(_numbers_in(clause.text.body)):
            if number.casefold() in known or not _is_ours(number, document, known):
                continue
            told = f"{clause.title} refers to {number}, and no clause of this text has that number"
            yield on("reference-broken", clause, told)


def _known(document: Document) -> set[str]:
    """Every number, and its last word where a text numbers itself (`Annex A`, `V2.1`)."""
    numbers = {clause.number.casefold().rstrip(".") for clause in document if clause.number}
    return numbers | {number.split()[-1] for number in numbers if number}


def _is_ours(number: str, document: Document, known: set[str]) -> bool:
    """Whether a number can only mean this text: one that numbers itself may leave parts without a number."""
    if document.scheme is not Scheme.DECLARED:
        return True
    above = number.casefold().rpartition(".")[0]
    return bool(above) and above in known


def _numbers_in(body: str) -> Iterator[str]:
    yield from (found[1] for found in _ANCHOR.finditer(body) if found[1][:1].isdigit())
    for sentence in _SENTENCE.split(_UNHEARD.sub(" ", body)):
        if _ELSEWHERE.search(sentence):
            continue
        for found in _NAMED.finditer(sentence):
            if _NAME_BEFORE.search(sentence, 0, found.start()):
                continue
            if not _OF_ANOTHER.match(sentence, found.end()):
                yield from _ONE.findall(found["numbers"])


RULES: tuple[Rule, ...] = (_broken_references,)
