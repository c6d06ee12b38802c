"""Doubtful lineage: an import's clauses that may be old ones, until a person has looked."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from consult.errors import BarazaError
from standards import store
from standards.document import Clause
from standards.drafting import Hand
from standards.lineage import Relation
from standards.tables import LineageRow, LineageState, VersionRow


class NotSuggested(BarazaError):
    """Someone confirmed a successor that was never suggested, or that a colleague has already settled."""

    def __init__(self) -> None:
        super().__init__("This was settled already, or by a colleague just now. Look at the list again.")


@dataclass(frozen=True)
class Doubt:
    """An old clause, and the new clauses it may have become, best first with their scores."""

    old: Clause
    candidates: tuple[tuple[Clause, float], ...]


def waiting(session: Session, version: VersionRow) -> list[Doubt]:
    """The suggestions nobody has looked at yet, in the order of the old text."""
    rows = _suggested(session, version)
    if not rows or version.based_on_id is None:
        return []
    old = store.load(session, session.get_one(VersionRow, version.based_on_id))
    new = store.load(session, version)
    candidates: dict[UUID, list[tuple[Clause, float]]] = {}
    for row in rows:
        if row.from_clause_id in old.by_id and row.to_clause_id in new.by_id:
            found = candidates.setdefault(row.from_clause_id, [])
            found.append((new.by_id[row.to_clause_id], row.score or 0.0))
    return [
        Doubt(clause, tuple(sorted(candidates[clause.id], key=lambda item: -item[1])))
        for clause in old
        if clause.id in candidates
    ]


def count_waiting(session: Session, version: VersionRow) -> int:
    """How many old clauses still wait for somebody to look."""
    return len({row.from_clause_id for row in _suggested(session, version)})


def settle(session: Session, version: VersionRow, old_id: UUID, chosen: UUID | None, hand: Hand) -> None:
    """Confirm one suggested successor of an old clause and turn the others down; None turns down all.

    The step stands as replaced: both clauses keep their own identity. Raises NotSuggested.
    """
    rows = [row for row in _suggested(session, version) if row.from_clause_id == old_id]
    if not rows or (chosen is not None and chosen not in {row.to_clause_id for row in rows}):
        raise NotSuggested
    for row in rows:
        row.state = LineageState.CONFIRMED if row.to_clause_id == chosen else LineageState.REJECTED
        row.by, row.at, row.reason = hand.by, hand.now, hand.reason
        session.add(row)
    session.flush()


def _suggested(session: Session, version: VersionRow) -> Sequence[LineageRow]:
    return session.exec(
        select(LineageRow)
        .where(
            LineageRow.to_version_id == version.id,
            LineageRow.relation == Relation.REPLACED,
            LineageRow.state == LineageState.SUGGESTED,
        )
        .order_by(col(LineageRow.at), col(LineageRow.id))
    ).all()
