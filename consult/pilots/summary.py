"""What a pilot found: clause by clause how many met it, with the costs, obstacles and benefits they told."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from consult.tables.pilots import Met, PilotFindingRow, PilotRow
from standards.document import Clause, Document

TOLD = ("cost", "obstacle", "benefit", "evidence", "note")
"""The free words of a finding, in the order they are read."""


@dataclass(frozen=True)
class Tally:
    """How many respondents met a clause, partly, not, or did not have to."""

    met: int = 0
    partly: int = 0
    not_met: int = 0
    not_applicable: int = 0

    @property
    def asked(self) -> int:
        """Those to whom the clause applied."""
        return self.met + self.partly + self.not_met

    @property
    def answers(self) -> int:
        """Everyone who answered."""
        return self.asked + self.not_applicable

    @property
    def shares(self) -> tuple[float, float, float]:
        """Met, partly and not met, in hundredths of those to whom the clause applied."""
        whole = self.asked or 1
        return 100 * self.met / whole, 100 * self.partly / whole, 100 * self.not_met / whole


@dataclass(frozen=True)
class ClauseFound:
    """What was found on one clause; `told` holds the words of each kind and how often they were said.

    `photos` are the entities of photographs that show it.
    """

    clause: Clause
    tally: Tally
    producers: Mapping[str, Tally]
    told: Mapping[str, Sequence[tuple[str, int]]]
    photos: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The same for other programs."""
        return {
            "id": str(self.clause.id),
            "number": self.clause.number,
            "heading": self.clause.text.heading,
            **_figures(self.tally),
            "producers": {name: _figures(tally) for name, tally in self.producers.items()},
            "told": {kind: [words for words, _many in said] for kind, said in self.told.items() if said},
        }


def tally(kinds: Iterable[Met]) -> Tally:
    """How often each answer was given."""
    found = Counter(kinds)
    return Tally(found[Met.MET], found[Met.PARTLY], found[Met.NOT_MET], found[Met.NOT_APPLICABLE])


def findings(session: Session, pilots: Iterable[UUID]) -> Sequence[PilotFindingRow]:
    """Everything that was said in these pilots."""
    query = select(PilotFindingRow).where(col(PilotFindingRow.pilot_id).in_(list(pilots)))
    return session.exec(query.order_by(PilotFindingRow.respondent)).all()


def findings_on(session: Session, clause_id: UUID) -> Sequence[tuple[PilotFindingRow, PilotRow]]:
    """What every pilot said about a clause, on whichever version it was tried; one statement."""
    return session.exec(
        select(PilotFindingRow, PilotRow)
        .join(PilotRow, col(PilotRow.id) == PilotFindingRow.pilot_id)
        .where(PilotFindingRow.clause_id == clause_id)
        .order_by(col(PilotRow.at).desc(), PilotFindingRow.respondent)
    ).all()


def of(rows: Iterable[PilotFindingRow], document: Document) -> list[ClauseFound]:
    """The findings clause by clause, in reading order; clauses that nobody answered are left out."""
    on: dict[UUID, list[PilotFindingRow]] = {}
    for row in rows:
        on.setdefault(row.clause_id, []).append(row)
    return [_clause(clause, on[clause.id]) for clause in document if clause.id in on]


def _clause(clause: Clause, rows: Sequence[PilotFindingRow]) -> ClauseFound:
    producers: dict[str, list[Met]] = {}
    for row in rows:
        producers.setdefault(row.producer, []).append(row.met)
    return ClauseFound(
        clause,
        tally(row.met for row in rows),
        {name: tally(kinds) for name, kinds in sorted(producers.items())},
        {kind: _distinct(getattr(row, kind) for row in rows) for kind in TOLD},
        tuple(dict.fromkeys(row.photo for row in rows if row.photo)),
    )


def _distinct(said: Iterable[str]) -> list[tuple[str, int]]:
    found = Counter(words for words in said if words)
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))


def _figures(tally: Tally) -> dict[str, int]:
    return {
        "met": tally.met,
        "partly": tally.partly,
        "not_met": tally.not_met,
        "not_applicable": tally.not_applicable,
    }
