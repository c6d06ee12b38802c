"""Throttling: whoever fails again and again waits longer and longer, and is never locked out for good.

Who tried is kept only as a keyed hash that is salted with the day, so that the
table tells nobody's address and forgets by itself.
"""

import math
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult import keys
from consult.errors import BarazaError
from consult.tables.people import AttemptRow

WINDOW = timedelta(minutes=10)
LONGEST = timedelta(minutes=15)


class TooSoon(BarazaError):
    """Tried too often; `seconds` says how long to wait."""

    def __init__(self, seconds: int) -> None:
        wait = f"{seconds} seconds" if seconds < 90 else f"{math.ceil(seconds / 60)} minutes"
        super().__init__(f"That was tried often in a short time. Wait {wait}, then try again.")
        self.seconds = seconds


def check(session: Session, who: str, *, after: int, now: datetime) -> None:
    """Raise TooSoon while someone with more than `after` counted tries has to wait.

    The wait doubles with each try beyond, from 2 seconds to a quarter of an
    hour, and runs from the last of them.
    """
    rows = list(
        session.exec(
            select(AttemptRow).where(
                AttemptRow.key == _key(who, now), col(AttemptRow.since) >= now - timedelta(hours=1)
            )
        )
    )
    times = sum(row.times for row in rows)
    if times < after:
        return
    wait = min(timedelta(seconds=2 ** min(times - after + 1, 20)), LONGEST)
    ends = max(row.since for row in rows) + wait
    if now < ends:
        raise TooSoon(math.ceil((ends - now).total_seconds()))


def count(session: Session, who: str, *, now: datetime, times: int = 1) -> int:
    """Count one try, and give how many there were in these ten minutes."""
    row = AttemptRow(key=_key(who, now), since=now, times=times)
    session.merge(row)
    session.flush()
    return recent(session, who, now=now)


def recent(session: Session, who: str, *, now: datetime, within: timedelta = WINDOW) -> int:
    """How many tries were counted within the last stretch of time."""
    total = session.exec(
        select(sa.func.coalesce(sa.func.sum(AttemptRow.times), 0)).where(
            AttemptRow.key == _key(who, now), col(AttemptRow.since) > now - within
        )
    ).one()
    return int(total)


def forget(session: Session, who: str, *, now: datetime) -> None:
    """Count no more against someone who has shown who they are."""
    session.execute(sa.delete(AttemptRow).where(col(AttemptRow.key) == _key(who, now)))


def sweep(session: Session, *, now: datetime) -> None:
    """Drop what no check looks at any more."""
    session.execute(sa.delete(AttemptRow).where(col(AttemptRow.since) < now - timedelta(days=1)))


def _key(who: str, now: datetime) -> bytes:
    return keys.ring().lookup(f"{now.astimezone(UTC).date()} {who}", "attempt.key")
