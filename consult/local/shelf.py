"""The shelf of local texts: each by its newest version, with how far its work has come.

Counted from rows, without building any text: the same few statements however many there are.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult import look
from consult.local.working import Counts
from standards.operations import Op
from standards.tables import (
    OperationRow,
    OutlineRow,
    OverlayRow,
    OverlayVersionRow,
    StandardRow,
    VersionRow,
)


@dataclass(frozen=True)
class Shelved:
    """A local text in the list: its newest version, the base it stands on, and its counts."""

    overlay: OverlayRow
    version: OverlayVersionRow
    base: "Base"
    parent: str
    counts: Counts

    @property
    def url(self) -> str:
        """Its working list."""
        return look.at(f"/desk/local/{self.overlay.slug}/{self.version.label}")


@dataclass(frozen=True)
class Base:
    """A version that local texts stand on: `rag@1.1`, its title, and how many clauses it has."""

    name: str
    title: str
    clauses: int


def shelf(session: Session) -> list[Shelved]:
    """Every local text by its newest version, by title."""
    overlays = {row.id: row for row in session.exec(select(OverlayRow).order_by(col(OverlayRow.title)))}
    every = session.exec(select(OverlayVersionRow).order_by(col(OverlayVersionRow.created_at))).all()
    newest = {row.overlay_id: row for row in every}
    versions = {row.id: row for row in every}
    bases = _bases(session, {row.base_id for row in newest.values()})
    decided = _Decided(session, versions)

    def shelved(overlay: OverlayRow, version: OverlayVersionRow) -> Shelved:
        base = bases[version.base_id]
        above = versions[version.parent_id] if version.parent_id else None
        parent = f"{overlays[above.overlay_id].slug}@{above.label}" if above else ""
        return Shelved(overlay, version, base, parent, decided.counts(version, base.clauses))

    return [shelved(overlay, newest[id_]) for id_, overlay in overlays.items() if id_ in newest]


def _bases(session: Session, ids: Iterable[UUID]) -> dict[UUID, Base]:
    version, standard = VersionRow.__table__.c, StandardRow.__table__.c  # type: ignore[attr-defined]
    told = (version.id, standard.slug, version.label, standard.title)
    rows = session.connection().execute(
        sa.select(*told, sa.func.count(col(OutlineRow.clause_id)))
        .select_from(VersionRow)
        .join(StandardRow, standard.id == version.standard_id)
        .outerjoin(OutlineRow, col(OutlineRow.version_id) == version.id)
        .where(version.id.in_(list(ids)))
        .group_by(*told)
    )
    return {id_: Base(f"{slug}@{label}", title, int(many)) for id_, slug, label, title, many in rows}


class _Decided:
    """The clauses of the base that each version decides, the clauses it adds, and what waits in it."""

    def __init__(self, session: Session, versions: Mapping[UUID, OverlayVersionRow]) -> None:
        self.versions = versions
        self.clauses: dict[UUID, set[UUID]] = defaultdict(set)
        self.added: dict[UUID, int] = defaultdict(int)
        self.waiting: dict[UUID, int] = defaultdict(int)
        for id_, clause_id, op, waits, many in session.connection().execute(_by_clause()):
            if waits:
                self.waiting[id_] += int(many)
            elif op is Op.ADD:
                self.added[id_] += int(many)
            elif clause_id is not None:
                self.clauses[id_].add(clause_id)

    def counts(self, version: OverlayVersionRow, clauses: int) -> Counts:
        """The counts of a version with its parents, on a base of so many clauses."""
        decided: set[UUID] = set()
        added, seen = 0, set[UUID]()
        above: UUID | None = version.id
        while above is not None and above not in seen:
            seen.add(above)
            decided |= self.clauses[above]
            added += self.added[above]
            above = self.versions[above].parent_id
        return Counts(clauses + added, clauses - len(decided), self.waiting[version.id], 0)


def _by_clause() -> sa.Select[Any]:
    """Operations counted by version and clause of its base; own clauses are none of the base's."""
    row, version = OperationRow.__table__.c, OverlayVersionRow.__table__.c  # type: ignore[attr-defined]
    outline = OutlineRow.__table__.c  # type: ignore[attr-defined]
    on_base = sa.and_(outline.version_id == version.base_id, outline.clause_id == row.clause_id)
    told = (row.overlay_version_id, outline.clause_id, row.op, row.waiting != "")
    return (
        sa.select(*told, sa.func.count())
        .select_from(OperationRow)
        .join(OverlayVersionRow, version.id == row.overlay_version_id)
        .outerjoin(OutlineRow, on_base)
        .group_by(*told)
    )
