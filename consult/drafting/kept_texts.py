"""Kept texts: what a drafter typed and did not finish, held until it is saved or let go.

The browser sends it every few seconds. It survives a crash, an expired sign-in
and a freeze: it is found again by its clause, in whatever draft that clause
stands, together with the text it began from, so that saving it later merges.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult.tables.people import KeptTextRow
from standards.document import ClauseText
from standards.tables import ClauseTextRow, VersionRow

WRITING_NOW = timedelta(minutes=2)


@dataclass(frozen=True)
class Kept:
    """A text that waits for its writer."""

    heading: str
    body: str
    base_hash: str
    kept_at: datetime

    @property
    def words(self) -> int:
        """How many words were kept, for the sentence that offers them."""
        return len(f"{self.heading} {self.body}".split())


def keep(
    session: Session,
    version: VersionRow,
    clause_id: UUID,
    person_id: UUID,
    *,
    base_hash: str,
    heading: str,
    body: str,
    now: datetime,
) -> bool:
    """Hold what was typed, in place of what was held before; False when the base was never a text here."""
    if session.get(ClauseTextRow, base_hash) is None:
        return False
    row = session.get(KeptTextRow, (version.id, clause_id, person_id)) or KeptTextRow(
        version_id=version.id,
        clause_id=clause_id,
        person_id=person_id,
        base_hash=base_hash,
        heading="",
        body="",
        kept_at=now,
    )
    row.base_hash, row.heading, row.body, row.kept_at = base_hash, heading, body, now
    session.add(row)
    session.flush()
    return True


def offered(session: Session, clause_id: UUID, person_id: UUID, current: ClauseText) -> Kept | None:
    """The newest text kept for this person on this clause, unless the clause says just that already."""
    row = session.exec(
        select(KeptTextRow)
        .where(KeptTextRow.clause_id == clause_id, KeptTextRow.person_id == person_id)
        .order_by(col(KeptTextRow.kept_at).desc())
        .limit(1)
    ).first()
    if row is None or (row.heading.strip(), row.body.strip()) == (current.heading, current.body):
        return None
    return Kept(row.heading, row.body, row.base_hash, row.kept_at)


def let_go(session: Session, clause_id: UUID, person_id: UUID) -> None:
    """Forget what was kept for this person on this clause: it is saved, or they no longer want it."""
    session.execute(
        sa.delete(KeptTextRow).where(
            col(KeptTextRow.clause_id) == clause_id, col(KeptTextRow.person_id) == person_id
        )
    )


def waiting_for(session: Session, version: VersionRow, person_id: UUID) -> set[UUID]:
    """The clauses of a version on which this person left something unfinished."""
    return set(
        session.exec(
            select(KeptTextRow.clause_id).where(
                KeptTextRow.version_id == version.id, KeptTextRow.person_id == person_id
            )
        ).all()
    )


def colleagues_writing(session: Session, version: VersionRow, person_id: UUID, now: datetime) -> set[UUID]:
    """The clauses in which somebody else is writing at this moment."""
    return set(
        session.exec(
            select(KeptTextRow.clause_id).where(
                KeptTextRow.version_id == version.id,
                KeptTextRow.person_id != person_id,
                KeptTextRow.kept_at > now - WRITING_NOW,
            )
        ).all()
    )
