"""The ground that every kind is derived on: the workshop, its round, its groups and clauses."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from sqlmodel import Session, select

from consult import rounds
from consult.tables.rounds import GroupRow, RoundRow
from consult.tables.workshops import WorkshopRow
from standards.tables import OutlineRow


@dataclass(frozen=True)
class Ground:
    """What every kind is derived with.

    `fresh` are the fields of each entity that operations have come on since last time; None means
    all of them. What somebody at the desk said of another field stands.
    """

    session: Session
    round_: RoundRow
    workshop: WorkshopRow
    now: datetime
    fresh: Mapping[str, frozenset[str]] | None = None

    def is_fresh(self, entity: str, field: str) -> bool:
        """Whether the field has spoken of this since last time."""
        return self.fresh is None or field in self.fresh.get(entity, ())

    @cached_property
    def groups(self) -> list[GroupRow]:
        """The stakeholder groups there are."""
        return list(rounds.groups(self.session))

    @cached_property
    def clause_ids(self) -> frozenset[UUID]:
        """The clauses of the text the workshop is about."""
        version_id = self.workshop.version_id or self.round_.version_id
        found = self.session.exec(select(OutlineRow.clause_id).where(OutlineRow.version_id == version_id))
        return frozenset(found.all())

    def clause(self, written: str | None) -> UUID | None:
        """The clause of this id, if the text has it."""
        try:
            found = UUID(written or "")
        except ValueError:
            return None
        return found if found in self.clause_ids else None
