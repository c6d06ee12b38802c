"""How long recordings are kept: as was agreed, and no longer; the time codes stay in any case.

`verified`: until somebody has checked what was written down. `outcome`: until every
comment of the workshop has its answer. `archived`: for good. Where those who came
were promised less than is planned now, the shorter promise holds.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
import structlog
from sqlmodel import Session, col, select

from consult import audit, db, jobs, rounds
from consult.tables.comments import CommentRow
from consult.tables.decisions import AnswerRow
from consult.tables.field import ConsentRow, RecordingRow
from consult.tables.rounds import RoundRow
from consult.tables.workshops import TranscriptRow, UtteranceRow, UtteranceState, WorkshopRow
from consult.workshops import destroying, withdrawn
from consult.workshops.consents import NO

log = structlog.get_logger()

BY = "retention"
SHORTEST_FIRST = ("verified", "outcome", "archived")
CHECKED = "the transcript was checked, as agreed"
ANSWERED = "the answers were given, as agreed"


def kept_until(workshop: WorkshopRow, row: RecordingRow) -> str:
    """Until when a recording is kept: `verified`, `outcome` or `archived`."""
    return next(one for one in SHORTEST_FIRST if one in (row.kept, workshop.audio_kept) or one == "archived")


def why_due(
    session: Session, round_: RoundRow, workshop: WorkshopRow, row: RecordingRow, now: datetime
) -> str:
    """Why a recording goes now; empty while it is kept, and once it has gone."""
    if row.erased_at is not None:
        return ""
    until = kept_until(workshop, row)
    if until == "verified":
        return CHECKED if row.verified_at is not None else ""
    if until == "outcome":
        return ANSWERED if rounds.has_closed(round_, now) and all_answered(session, workshop) else ""
    return ""


def all_answered(session: Session, workshop: WorkshopRow) -> bool:
    """Whether every comment of a workshop has its answer, and nothing said there waits to be looked at."""
    here = sa.select(TranscriptRow.id).where(  # type: ignore[call-overload]
        TranscriptRow.workshop_id == workshop.id
    )
    said = select(UtteranceRow.comment_id).where(col(UtteranceRow.transcript_id).in_(here))
    answered = sa.select(AnswerRow.comment_id)  # type: ignore[call-overload]
    unanswered = select(CommentRow.id).where(
        col(CommentRow.id).in_(said.where(col(UtteranceRow.comment_id).is_not(None))),
        col(CommentRow.erased_at).is_(None),
        col(CommentRow.id).not_in(answered),
    )
    waits = select(UtteranceRow.id).where(
        col(UtteranceRow.transcript_id).in_(here), UtteranceRow.state == UtteranceState.OPEN
    )
    return session.exec(unanswered.limit(1)).first() is None and session.exec(waits.limit(1)).first() is None


def destroy_due(session: Session, workshop: WorkshopRow, *, now: datetime) -> int:
    """Destroy the recordings of a workshop whose time has come; how many."""
    round_ = session.get_one(RoundRow, workshop.round_id)
    rows = session.exec(
        select(RecordingRow).where(
            RecordingRow.workshop_id == workshop.id, col(RecordingRow.erased_at).is_(None)
        )
    ).all()
    gone = 0
    for row in rows:
        if why := why_due(session, round_, workshop, row, now):
            destroying.recording(session, workshop, row, why=why, by=BY, now=now)
            after = {"recording": row.entity.removeprefix("recording:"), "kept": kept_until(workshop, row)}
            audit.record(session, BY, "destroy", "recording", workshop.id, after=after, reason=why, now=now)
            gone += 1
    session.flush()
    return gone


@jobs.duty(every=3600)
def keep_promises() -> None:
    """Once an hour: destroy recordings whose time has come, and whatever of a no has come in since."""
    now = datetime.now(UTC)
    with db.reading() as reading:
        kept = sa.select(RecordingRow.workshop_id).where(  # type: ignore[call-overload]
            col(RecordingRow.erased_at).is_(None)
        )
        refused = sa.select(ConsentRow.workshop_id).where(  # type: ignore[call-overload]
            col(ConsentRow.answer).in_(NO)
        )
        ids = reading.exec(
            select(WorkshopRow.id).where(
                sa.or_(col(WorkshopRow.id).in_(kept), col(WorkshopRow.id).in_(refused))
            )
        ).all()
    for workshop_id in ids:
        try:
            with db.transaction() as session:
                workshop = session.get_one(WorkshopRow, workshop_id, with_for_update=True)
                withdrawn.enforce(session, workshop, by=BY, now=now)
                destroy_due(session, workshop, now=now)
        except Exception as error:
            log.error(
                "what was promised of a workshop could not be done", workshop=str(workshop_id), exc_info=error
            )
