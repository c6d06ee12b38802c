"""Remarks: what a rule of the lint has to say about a clause."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

from standards.document import Clause, Document


@dataclass(frozen=True)
class Remark:
    """One thing to look at: the rule that saw it, the clause, and a sentence."""

    rule: str
    clause_id: UUID
    number: str
    message: str


Rule = Callable[[Document], Iterator[Remark]]


def on(rule: str, clause: Clause, message: str) -> Remark:
    """A remark of a rule on a clause."""
    return Remark(rule, clause.id, clause.number, message)
