"""What every importer of lists of clauses needs: their order, and a title when none is given."""

import re
from dataclasses import replace
from uuid import UUID

from standards.document import Clause, Document, ImportedClause, Level, Scheme
from standards.errors import UnreadableFile
from standards.numbering import numbered


def depth_first(clauses: list[ImportedClause]) -> tuple[ImportedClause, ...]:
    """The clauses in reading order, siblings as they came.

    Raises UnreadableFile when clauses stand under each other in a circle.
    """
    children: dict[str | None, list[ImportedClause]] = {}
    for clause in clauses:
        children.setdefault(clause.parent, []).append(clause)
    found: list[ImportedClause] = []
    waiting = children.get(None, [])[::-1]
    while waiting:
        clause = waiting.pop()
        found.append(clause)
        waiting.extend(reversed(children.get(clause.key, [])))
    if len(found) != len(clauses):
        placed = {clause.key for clause in found}
        astray = next(clause for clause in clauses if clause.key not in placed)
        raise UnreadableFile(
            f"The clause {astray.key} stands under itself, by way of {astray.parent}; "
            "please mend its parents and send the file again."
        )
    return tuple(found)


def title_from(name: str) -> str:
    """A title made of the file's name, for texts that carry none."""
    stem = re.split(r"[\\/]", name)[-1].rsplit(".", 1)[0]
    return " ".join(re.split(r"[_\s]+", stem)).strip() or "Untitled"


def with_scheme(clauses: tuple[ImportedClause, ...]) -> tuple[Scheme, tuple[ImportedClause, ...]]:
    """The scheme under which the clauses keep the numbers they came with, and the clauses under it.

    Declared numbers stay declared, unless counting gives the very same ones: then
    they are counted from now on, so that a clause put between others renumbers
    them. A text that numbers less than a quarter of its clauses is counted too.
    """
    principled = any(clause.text.level is Level.PRINCIPLE for clause in clauses)
    computed = Scheme.PRINCIPLES if principled else Scheme.DECIMAL
    numbers = zip(clauses, counted(clauses, computed), strict=True)
    declaring = [
        (clause.text.declared_number, number) for clause, number in numbers if clause.text.declared_number
    ]
    if all(declared == number for declared, number in declaring):
        return computed, tuple(
            replace(clause, text=replace(clause.text, declared_number="")) for clause in clauses
        )
    return (computed if len(declaring) * 4 < len(clauses) else Scheme.DECLARED), clauses


def counted(clauses: tuple[ImportedClause, ...], scheme: Scheme) -> list[str]:
    """The number each clause gets under the scheme, in order."""
    ids = {clause.key: UUID(int=at) for at, clause in enumerate(clauses)}
    tree = tuple(
        Clause(ids[clause.key], clause.text, None if clause.parent is None else ids[clause.parent])
        for clause in clauses
    )
    return [clause.number for clause in numbered(Document("", "en", scheme, tree))]
