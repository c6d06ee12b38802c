"""What a careful reader would stumble over in a draft; nothing here is refused, only told.

Each rule looks at one numbered document and names the clause it is about.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

from standards.document import Document, Level, Modality
from standards.provisions import modality_of


@dataclass(frozen=True)
class Remark:
    """One thing to look at: the rule that saw it, the clause, and a sentence."""

    rule: str
    clause_id: UUID
    number: str
    message: str


def lint(document: Document) -> list[Remark]:
    """All remarks on a numbered document, in reading order within each rule."""
    return [remark for rule in _RULES for remark in rule(document)]


def _empty_clauses(document: Document) -> Iterator[Remark]:
    for clause in document:
        if not clause.text.body.strip() and clause.id not in document.children:
            told = "has neither words nor clauses under it"
            yield Remark("empty", clause.id, clause.number, f"{clause.title or 'A clause'} {told}")


def _numbers_given_twice(document: Document) -> Iterator[Remark]:
    for clause in document:
        first = document.by_number.get(clause.number)
        if first is not None and first.id != clause.id:
            told = f"Two clauses have the number {clause.number}; comments by number go to the first"
            yield Remark("number-twice", clause.id, clause.number, told)


def _words_against_modality(document: Document) -> Iterator[Remark]:
    for clause in document:
        said, recorded = modality_of(clause.text.body, document.language), clause.text.modality
        if recorded is not Modality.NONE and said is not Modality.NONE and said is not recorded:
            told = f"{clause.title} is recorded as a {recorded.value}; its words make it a {said.value}"
            yield Remark("modality", clause.id, clause.number, told)


def _notes_that_bind(document: Document) -> Iterator[Remark]:
    for clause in document:
        if clause.text.level is Level.NOTE and clause.text.modality is Modality.REQUIREMENT:
            told = f"{clause.title} is a note, and a note cannot require anything"
            yield Remark("binding-note", clause.id, clause.number, told)


def _parameters_not_used(document: Document) -> Iterator[Remark]:
    for clause in document:
        for parameter in clause.text.parameters:
            if f"{{{parameter.name}}}" not in clause.text.body:
                told = f"The parameter {parameter.name} does not stand in the words of {clause.title}"
                yield Remark("parameter-unused", clause.id, clause.number, told)


def _footnotes_without_text(document: Document) -> Iterator[Remark]:
    for clause in document:
        meant = set(re.findall(r"\[\^([^\]\s]+)\](?!:)", clause.text.body))
        for name in sorted(
            meant - set(re.findall(r"^ {0,3}\[\^([^\]\s]+)\]:", clause.text.body, re.MULTILINE))
        ):
            told = f"{clause.title} refers to a footnote {name} that has no text"
            yield Remark("footnote-missing", clause.id, clause.number, told)


_RULES: tuple[Callable[[Document], Iterator[Remark]], ...] = (
    _empty_clauses,
    _numbers_given_twice,
    _words_against_modality,
    _notes_that_bind,
    _parameters_not_used,
    _footnotes_without_text,
)
