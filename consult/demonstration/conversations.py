"""The demonstration's conversations: what the secretary has designed, said to many, and must look at."""

from datetime import datetime

from sqlmodel import Session

from consult.tables.rounds import RoundRow


def load(session: Session, round_: RoundRow, *, now: datetime) -> None:
    """Add to the open round what its conversations by text message stand on."""
