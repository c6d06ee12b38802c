"""Pace: how far a workshop's transcripts are done, how long the rest takes, and where colleagues work."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult.tables.workshops import (
    BenchActRow,
    BenchPlaceRow,
    TranscriptRow,
    UtteranceRow,
    UtteranceState,
    WorkshopRow,
)
from consult.workshops.acts import Kind

PAUSE = timedelta(minutes=10)
"""Longer than this between two acts, and a sitting is over; a colleague has gone."""
LEAST_ACTS, MOST_ACTS = 5, 100


@dataclass(frozen=True)
class Progress:
    """How far the transcripts of a workshop are done."""

    total: int = 0
    commented: int = 0
    skipped: int = 0
    comments: int = 0

    @property
    def done(self) -> int:
        """Utterances that nobody needs to look at again."""
        return self.commented + self.skipped

    @property
    def left(self) -> int:
        """Utterances still open."""
        return self.total - self.done


@dataclass(frozen=True)
class Colleague:
    """Somebody else at the same transcripts: where they work, and where one meets what they have done.

    `meets` is None where they work behind, or in another transcript.
    """

    at: UtteranceRow
    meets: UtteranceRow | None


def progress(session: Session, workshop: WorkshopRow) -> Progress:
    """How far a workshop's transcripts are done."""
    here = select(TranscriptRow.id).where(TranscriptRow.workshop_id == workshop.id)
    rows = session.exec(
        select(UtteranceRow.state, sa.func.count())
        .where(col(UtteranceRow.transcript_id).in_(here))
        .group_by(col(UtteranceRow.state))
    ).all()
    found = {UtteranceState(state): int(count) for state, count in rows}
    commented = found.get(UtteranceState.COMMENT, 0)
    made = session.exec(
        select(sa.func.count(sa.distinct(col(UtteranceRow.comment_id)))).where(
            col(UtteranceRow.transcript_id).in_(here), UtteranceRow.state == UtteranceState.COMMENT
        )
    ).one()
    return Progress(sum(found.values()), commented, found.get(UtteranceState.SKIPPED, 0), int(made))


def minutes_left(session: Session, workshop: WorkshopRow, left: int, *, by: str, now: datetime) -> int | None:
    """About how many minutes the open utterances take this person, by the acts of this sitting.

    None before there are enough acts to tell.
    """
    times = session.exec(
        select(BenchActRow.at)
        .where(
            BenchActRow.workshop_id == workshop.id,
            BenchActRow.by == by,
            col(BenchActRow.undone_at).is_(None),
            col(BenchActRow.kind).in_([Kind.COMMENT, Kind.SKIP]),
        )
        .order_by(col(BenchActRow.at).desc())
        .limit(MOST_ACTS)
    ).all()
    gaps: list[timedelta] = []
    later = now
    # Acts of one moment are one: many notes become comments together when a meeting closes.
    for at in dict.fromkeys(times):
        if later - at > PAUSE:
            break
        gaps.append(later - at)
        later = at
    if len(gaps) <= LEAST_ACTS:
        return None
    # The first is the time since the last act: the one in hand is not done yet.
    pace = sum(gaps[1:], timedelta()) / (len(gaps) - 1)
    return ceil(left * pace / timedelta(minutes=1))


def stand_at(
    session: Session, workshop: WorkshopRow, person_id: UUID, utterance_id: UUID, *, now: datetime
) -> None:
    """Note where somebody works, so that a colleague sees it."""
    row = session.get(BenchPlaceRow, (workshop.id, person_id))
    if row is None:
        row = BenchPlaceRow(workshop_id=workshop.id, person_id=person_id, utterance_id=utterance_id, at=now)
    row.utterance_id, row.at = utterance_id, now
    session.add(row)
    session.flush()


def colleague(
    session: Session, workshop: WorkshopRow, current: UtteranceRow, person_id: UUID, *, now: datetime
) -> Colleague | None:
    """Who else works on these transcripts just now; the one nearest ahead where there are several."""
    others = session.exec(
        select(UtteranceRow)
        .join(BenchPlaceRow, col(BenchPlaceRow.utterance_id) == UtteranceRow.id)
        .where(
            BenchPlaceRow.workshop_id == workshop.id,
            BenchPlaceRow.person_id != person_id,
            BenchPlaceRow.at > now - PAUSE,
        )
        .order_by(col(UtteranceRow.position))
        .limit(20)
    ).all()
    if not others:
        return None
    ahead = [
        row
        for row in others
        if row.transcript_id == current.transcript_id and row.position > current.position
    ]
    if not ahead:
        return Colleague(others[0], None)
    return Colleague(ahead[0], _meeting(session, current, ahead[0]))


def _meeting(session: Session, current: UtteranceRow, theirs: UtteranceRow) -> UtteranceRow:
    """The first of what a colleague has done, or has in hand, after the last that is open before it."""
    here = (UtteranceRow.transcript_id == current.transcript_id, UtteranceRow.position < theirs.position)
    last_open = session.exec(
        select(sa.func.max(UtteranceRow.position)).where(*here, UtteranceRow.state == UtteranceState.OPEN)
    ).one()
    first = max(int(last_open or 0), current.position)
    found = session.exec(
        select(UtteranceRow)
        .where(UtteranceRow.transcript_id == current.transcript_id, UtteranceRow.position > first)
        .order_by(col(UtteranceRow.position))
        .limit(1)
    ).first()
    return found or theirs
