"""A round at the desk, closed yesterday unless a test says otherwise, and comments made as channels do."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import select

from consult import comments, db, intake, rounds
from consult.comments import Said
from consult.intake import Arrival
from consult.links import Tie
from consult.tables.comments import CommentRow, LinkRow, StandingRow
from consult.tables.intake import Channel, RecordRow
from consult.tables.process import AuditRow
from standards.tables import VersionRow
from tests import factories

CLAUSES = {
    "1": "Scope. This standard is for artisanal and small-scale gold mining.",
    "2": "Mercury",
    "2.1": "No open burning. Operators shall not burn amalgam in the open.",
    "2.2": "Retorts. Operators should use a retort that recovers the vapour.",
    "3": "Children",
    "3.1": "No child underground. A child shall not work in a shaft.",
}


class Desk:
    """A round on a consulted version, and what a test asks about it."""

    def __init__(self, version: VersionRow, slug: str, standard: str) -> None:
        self.version, self.slug, self.standard = version, slug, standard
        self.queue = f"/desk/rounds/{slug}/queue"
        self.clauses = f"/desk/rounds/{slug}/clauses"
        self._serial = iter(range(10_000))

    def say(
        self,
        text: str,
        *,
        on: str | None = None,
        channel: Channel = Channel.WEB,
        payload: bytes | None = None,
        **fields: Any,
    ) -> UUID:
        """A comment, linked to the clause of the number `on`, or waiting; its id."""
        now = datetime.now(UTC) - timedelta(days=5)
        with db.transaction() as session:
            round_ = rounds.round_called(session, self.slug)
            payload = payload or json.dumps({"text": text}).encode()
            arrival = Arrival(channel, "test", f"r{next(self._serial)}", payload, round_id=round_.id)
            record = session.get_one(RecordRow, intake.record(session, arrival, now=now).id)
            ties = (Tie(self.clause(on)),) if on else ()
            return comments.make(session, round_, record, Said(text, ties, **fields), now=now).id

    def clause(self, number: str) -> UUID:
        """The id of the clause with this number."""
        with db.reading() as session:
            return factories.clause_numbered(session, self.version, number)

    def standing(self, comment_id: UUID) -> StandingRow:
        """Where a comment stands now."""
        with db.reading() as session:
            return session.get_one(StandingRow, comment_id)

    def live(self, comment_id: UUID) -> list[tuple[UUID | None, str]]:
        """What a comment is linked to now, and how."""
        with db.reading() as session:
            rows = session.exec(select(LinkRow).where(LinkRow.comment_id == comment_id)).all()
            return [(row.clause_id, row.kind.value) for row in rows if row.ended_at is None]

    def acts(self) -> list[str]:
        """The acts in the audit trail, in order."""
        with db.reading() as session:
            return [row.act for row in session.exec(select(AuditRow).order_by(AuditRow.at, AuditRow.id))]

    def words(self, comment_id: UUID) -> CommentRow:
        """The comment itself."""
        with db.reading() as session:
            return session.get_one(CommentRow, comment_id)


@pytest.fixture
def a_desk(engine: sa.Engine) -> Callable[..., Desk]:
    """`a_desk(is_open=True)`: another round at the desk."""

    def make(*, is_open: bool = False, slug: str = "r1") -> Desk:
        now = datetime.now(UTC)
        with db.transaction() as session:
            standard = factories.a_standard(session, slug=f"gold-{slug}")
            version = factories.a_version(session, standard, clauses=CLAUSES, status="consultation")
            closes = now + timedelta(days=5) if is_open else now - timedelta(days=1)
            wanted = rounds.NewRound(
                slug=slug, title="Round one", opens_at=now - timedelta(days=60), closes_at=closes
            )
            rounds.open_round(session, version, wanted, now=now - timedelta(days=61))
        return Desk(version, slug, standard.slug)

    return make


@pytest.fixture
def desk(a_desk: Callable[..., Desk]) -> Desk:
    """A round that has closed."""
    return a_desk()


@contextmanager
def counting(engine: sa.Engine) -> Iterator[SimpleNamespace]:
    """How many statements were sent to the database inside the block."""
    told = SimpleNamespace(statements=0)

    def count(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        told.statements += not statement.startswith("BEGIN")

    sa.event.listen(engine, "before_cursor_execute", count)
    try:
        yield told
    finally:
        sa.event.remove(engine, "before_cursor_execute", count)
