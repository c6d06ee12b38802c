"""Tracing: from what someone said to the final wording, and back.

record → comment → link → clause → disposition → change → published text
"""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, select

from consult import answers, dispositions, links
from consult.tables.comments import CommentRow, LinkRow, StandingRow
from consult.tables.decisions import AnswerRow, DispositionRow
from consult.tables.intake import RecordRow
from consult.tables.messages import MessageRow
from consult.tables.rounds import RoundRow
from standards.tables import OutlineRow, StandardRow, VersionRow


@dataclass(frozen=True)
class Carried:
    """Where the change that a disposition points to stands: the draft named, and the newest text after it."""

    version: VersionRow
    clause_id: UUID
    still_there: bool


@dataclass(frozen=True)
class Path:
    """A comment's way through the process, each station None until it was reached."""

    comment: CommentRow
    record: RecordRow
    round: RoundRow
    standard: StandardRow
    version: VersionRow
    standing: StandingRow
    links: list[LinkRow]
    dispositions: list[DispositionRow]
    answer: AnswerRow | None
    message: MessageRow | None
    carried: Carried | None


def forward(session: Session, comment: CommentRow) -> Path:
    """From a comment to the wording it led to."""
    round_ = session.get_one(RoundRow, comment.round_id)
    version = session.get_one(VersionRow, round_.version_id)
    decided = dispositions.history(session, comment.id)
    answer = answers.newest(session, comment.id)
    return Path(
        comment=comment,
        record=session.get_one(RecordRow, comment.record_id),
        round=round_,
        standard=session.get_one(StandardRow, version.standard_id),
        version=version,
        standing=session.get_one(StandingRow, comment.id),
        links=links.live_links(session, comment.id),
        dispositions=decided,
        answer=answer,
        message=session.get(MessageRow, answer.message_id) if answer and answer.message_id else None,
        carried=_carried(session, decided[0]) if decided else None,
    )


def _carried(session: Session, disposition: DispositionRow) -> Carried | None:
    if disposition.change_version_id is None or disposition.change_clause_id is None:
        return None
    version = session.get_one(VersionRow, disposition.change_version_id)
    place = session.get(OutlineRow, (version.id, disposition.change_clause_id))
    return Carried(version, disposition.change_clause_id, still_there=place is not None)


def voices_behind(
    session: Session, version: VersionRow, clause_id: UUID
) -> list[tuple[CommentRow, DispositionRow]]:
    """The comments whose acceptance this version's wording of a clause carries, oldest first."""
    rows = session.exec(
        select(CommentRow, DispositionRow)
        .join(DispositionRow, DispositionRow.comment_id == CommentRow.id)  # type: ignore[arg-type]
        .join(StandingRow, StandingRow.disposition_id == DispositionRow.id)  # type: ignore[arg-type]
        .where(
            DispositionRow.change_version_id == version.id,
            DispositionRow.change_clause_id == clause_id,
        )
        .order_by(CommentRow.received_at, CommentRow.id)  # type: ignore[arg-type]
    ).all()
    return [(comment, disposition) for comment, disposition in rows]
