"""Numbers: computed from where clauses stand, never stored with them.

| Scheme | Sections | Principles, criteria, indicators | Annexes |
|---|---|---|---|
| `DECIMAL` | 1, 1.1, 1.1.1 | in the same count | A, A.1 |
| `PRINCIPLES` | none | 1, 1.1, 1.1.1 | A, A.1 |
| `DECLARED` | as the imported text numbered itself, "" where it did not | | |

Guidance and notes count within the clause they stand under: `4.2.g1`, `4.2.n1`.
Definitions count through the whole text: `D1`, `D2`. Under the two computed
schemes no number occurs twice.
"""

from collections import Counter
from dataclasses import replace
from uuid import UUID

from standards.document import Clause, Document, Level, Scheme

_ASIDES = {Level.GUIDANCE: "g", Level.NOTE: "n"}


def numbered(document: Document) -> Document:
    """The same document with every clause's number filled in; takes one pass."""
    if document.scheme is Scheme.DECLARED:
        numbers = {clause.id: clause.text.declared_number for clause in document}
    else:
        numbers = _counted(document)
    return document.with_clauses(
        tuple(
            clause if clause.number == numbers[clause.id] else replace(clause, number=numbers[clause.id])
            for clause in document
        )
    )


def letters(count: int) -> str:
    """The nth annex letter, counted from 1: A … Z, AA, AB …"""
    found = ""
    while count > 0:
        count, place = divmod(count - 1, 26)
        found = chr(ord("A") + place) + found
    return found


def _counted(document: Document) -> dict[UUID, str]:
    numbers: dict[UUID, str] = {}
    # The number that a clause's children build on: its own, or that of the nearest
    # numbered clause above where it has none, so that siblings apart never collide.
    stems: dict[UUID | None, str] = {None: ""}
    in_annex: set[UUID] = set()
    counts: Counter[tuple[str, str]] = Counter()
    for clause in document:
        stem = stems[clause.parent]
        within_annex = clause.parent in in_annex
        number = _number(clause, document.scheme, stem, within_annex, counts)
        numbers[clause.id] = number
        stems[clause.id] = number or stem
        if within_annex or clause.text.level is Level.ANNEX:
            in_annex.add(clause.id)
    return numbers


def _number(
    clause: Clause, scheme: Scheme, stem: str, within_annex: bool, counts: Counter[tuple[str, str]]
) -> str:
    level = clause.text.level
    if level is Level.DEFINITION:
        return f"D{_next(counts, '', 'definition')}"
    if level is Level.ANNEX and not within_annex:
        return letters(_next(counts, "", "annex"))
    if level in _ASIDES:
        mark = _ASIDES[level]
        return f"{stem}.{mark}{_next(counts, stem, mark)}".lstrip(".")
    if scheme is Scheme.PRINCIPLES and level is Level.SECTION and not within_annex:
        return ""
    return f"{stem}.{_next(counts, stem, 'clause')}".lstrip(".")


def _next(counts: Counter[tuple[str, str]], stem: str, series: str) -> int:
    counts[stem, series] += 1
    return counts[stem, series]
