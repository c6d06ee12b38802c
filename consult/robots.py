"""Robots: why a comment from the web waits for a person to look at it before others read it.

Nothing is refused here and nothing is dropped. A whole village may share one
connection, so a comment over the limit is kept, counted and answered like any
other; it only waits for moderation. Addresses are never stored: what is counted
stands under a keyed hash that is salted with the day and the round.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from consult import keys
from consult.tables.people import AttemptRow

TRAP = "website"
"""A field that people neither see nor hear."""
FASTEST = timedelta(seconds=3)
"""Nobody reads a clause and writes about it faster than this."""
WINDOW = timedelta(minutes=10)
MOST_FROM_AN_ADDRESS = 30
MOST_FROM_A_FORM = 6

TRAPPED = "the hidden field was filled in"
TOO_FAST = "sent within three seconds"
TOO_MANY = "very many from one connection"


def suspicion(fields: Mapping[str, str], issued_at: datetime, received_at: datetime) -> str:
    """Why what was sent looks like a robot's; "" when it does not."""
    if fields.get(TRAP, "").strip():
        return TRAPPED
    if received_at - issued_at < FASTEST:
        return TOO_FAST
    return ""


def sends_too_many(session: Session, round_id: UUID, form: str, address: str, *, now: datetime) -> bool:
    """Count one more comment of a form and of a connection; whether either is over its limit."""
    since = _window(now)
    limits = {
        _key(round_id, f"form {form}", now): MOST_FROM_A_FORM,
        _key(round_id, f"address {address}", now): MOST_FROM_AN_ADDRESS,
    }
    insert = (sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert)(AttemptRow)
    row = AttemptRow.__table__.c  # type: ignore[attr-defined]
    counted = session.connection().execute(
        insert.on_conflict_do_update(
            index_elements=["key", "since"], set_={"times": row.times + 1}
        ).returning(row.key, row.times),
        [{"key": key, "since": since, "times": 1} for key in sorted(limits)],
    )
    return any(count > limits[bytes(key)] for key, count in counted)


def _window(now: datetime) -> datetime:
    seconds = int(WINDOW.total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)


def _key(round_id: UUID, who: str, now: datetime) -> bytes:
    return keys.ring().lookup(f"{now.astimezone(UTC).date()} {round_id} {who}", "attempt.key")
