"""Lint of the structure: what a text lacks or says twice, whatever its words."""

import re
from collections.abc import Iterator

from standards.document import Document, Level, Modality
from standards.lint.remarks import Remark, Rule, on
from standards.provisions import modality_of


def _empty_clauses(document: Document) -> Iterator[Remark]:
    for clause in document:
        if not clause.text.body.strip() and clause.id not in document.children:
            told = "has neither words nor clauses under it"
            yield on("empty", clause, f"{clause.title or 'A clause'} {told}")


def _numbers_given_twice(document: Document) -> Iterator[Remark]:
    for clause in document:
        first = document.by_number.get(clause.number)
        if first is not None and first.id != clause.id:
            told = f"Two clauses have the number {clause.number}; comments by number go to the first"
            yield on("number-twice", clause, told)


def _words_against_modality(document: Document) -> Iterator[Remark]:
    for clause in document:
        said, recorded = modality_of(clause.text.body, document.language), clause.text.modality
        if recorded is not Modality.NONE and said is not Modality.NONE and said is not recorded:
            told = f"{clause.title} is recorded as a {recorded.value}; its words make it a {said.value}"
            yield on("modality", clause, told)


def _notes_that_bind(document: Document) -> Iterator[Remark]:
    for clause in document:
        if clause.text.level is Level.NOTE and clause.text.modality is Modality.REQUIREMENT:
            told = f"{clause.title} is a note, and a note cannot require anything"
            yield on("binding-note", clause, told)


def _parameters_not_used(document: Document) -> Iterator[Remark]:
    for clause in document:
        for parameter in clause.text.parameters:
            if f"{{{parameter.name}}}" not in clause.text.body:
                told = f"The parameter {parameter.name} does not stand in the words of {clause.title}"
                yield on("parameter-unused", clause, told)


def _footnotes_without_text(document: Document) -> Iterator[Remark]:
    for clause in document:
        meant = set(re.findall(r"\[\^([^\]\s]+)\](?!:)", clause.text.body))
        for name in sorted(
            meant - set(re.findall(r"^ {0,3}\[\^([^\]\s]+)\]:", clause.text.body, re.MULTILINE))
        ):
            told = f"{clause.title} refers to a footnote {name} that has no text"
            yield on("footnote-missing", clause, told)


RULES: tuple[Rule, ...] = (
    _empty_clauses,
    _numbers_given_twice,
    _words_against_modality,
    _notes_that_bind,
    _parameters_not_used,
    _footnotes_without_text,
)
