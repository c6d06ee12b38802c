"""The ledger line: where everything received in a round stands, in one cheap statement.

It stands on every desk page, so that nothing is lost from sight.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from consult import rounds
from consult.tables.comments import Placement
from consult.tables.rounds import RoundRow


@dataclass(frozen=True)
class Line:
    """The second sum of a round as `desk.html` draws it."""

    round: str
    total: int
    linked: int
    general: int
    waiting: int
    erased: int
    days_left: int | None
    queue_url: str


def line(session: Session, round_: RoundRow, now: datetime) -> Line:
    """The sums of one round; one statement."""
    stand = rounds.placements(session, round_)
    is_open = rounds.is_open(round_, now)
    return Line(
        round=round_.title,
        total=sum(stand.values()),
        linked=stand[Placement.LINKED],
        general=stand[Placement.GENERAL],
        waiting=stand[Placement.QUEUED],
        erased=stand[Placement.ERASED],
        days_left=(round_.closes_at - now).days if is_open else None,
        queue_url=f"/desk/rounds/{round_.slug}/queue",
    )


def round_in_hand(session: Session, now: datetime) -> RoundRow | None:
    """The round of a desk page that names none: the open one that closes first, else the last."""
    begun = session.exec(
        select(RoundRow).where(RoundRow.opens_at <= now).order_by(col(RoundRow.opens_at).desc())
    ).all()
    still_open = [round_ for round_ in begun if rounds.is_open(round_, now)]
    if still_open:
        return min(still_open, key=lambda round_: (round_.closes_at, round_.id))
    return begun[0] if begun else None
