"""Dispositions: what the committee decided about a comment, and why.

A comment has at most one current disposition. Changing one's mind adds a new
disposition; nothing is overwritten, because commenters are told. Accepting
points to the clause of the next draft that carries the change, or gives a
written exception.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlmodel import Session, select

from consult import answers, links, rounds
from consult.errors import BarazaError
from consult.tables.comments import CommentRow, Placement, StandingRow
from consult.tables.decisions import DispositionOutcome, DispositionRow
from consult.tables.rounds import RoundRow
from standards.store import UnknownClause
from standards.tables import LineageRow, OutlineRow, VersionRow

CHANGES_TEXT = frozenset({DispositionOutcome.ACCEPTED, DispositionOutcome.IN_PART})


class NotPlaced(BarazaError):
    """A comment must stand somewhere before it is decided."""

    def __init__(self) -> None:
        super().__init__(
            "This comment still waits for a clause. Link it, or mark it as about the whole, then decide."
        )


class ChangeMissing(BarazaError):
    """Accepted without saying what carries it."""

    def __init__(self) -> None:
        super().__init__(
            "Accepting a comment changes the text. Name the clause of the next draft "
            "that carries the change, or write why none is needed."
        )


class ReasonMissing(BarazaError):
    """Nobody is answered without a reason."""

    def __init__(self) -> None:
        super().__init__("Give the reason. The person who commented will read it.")


class Decision(BaseModel):
    """What the committee decided. `answer` is the reason in plain words for the commenter."""

    outcome: DispositionOutcome
    reason: str = Field(default="", max_length=20_000)
    answer: str = Field(default="", max_length=20_000)
    change_version_id: UUID | None = None
    change_clause_id: UUID | None = None
    exception: str = Field(default="", max_length=20_000)


def decide(
    session: Session, comment: CommentRow, decision: Decision, *, by: str, now: datetime
) -> DispositionRow:
    """Record the committee's decision and give the commenter their answer.

    Raises RoundStillOpen while comments may still arrive, NotPlaced,
    ReasonMissing, ChangeMissing, UnknownClause.
    """
    round_ = session.get_one(RoundRow, comment.round_id)
    standing = links.standing_in_hand(session, comment.id)
    if not rounds.has_closed(round_, now):
        raise rounds.RoundStillOpen(round_)
    if standing.placement in (Placement.QUEUED, Placement.ERASED):
        raise NotPlaced
    if not decision.reason.strip():
        raise ReasonMissing
    _check_change(session, decision)
    row = DispositionRow(
        comment_id=comment.id,
        outcome=decision.outcome,
        reason=decision.reason.strip(),
        answer=decision.answer.strip() or decision.reason.strip(),
        change_version_id=decision.change_version_id,
        change_clause_id=decision.change_clause_id,
        exception=decision.exception.strip(),
        decided_by=by,
        decided_at=now,
    )
    session.add(row)
    session.flush()
    standing.disposition_id, standing.outcome = row.id, row.outcome.value
    session.add(standing)
    answers.give(session, comment, row, now=now)
    return row


def _check_change(session: Session, decision: Decision) -> None:
    if decision.change_clause_id is not None:
        version = session.get(VersionRow, decision.change_version_id) if decision.change_version_id else None
        if version is None:
            raise ChangeMissing
        stands = session.get(OutlineRow, (version.id, decision.change_clause_id)) is not None
        if not stands and not _was_taken_out(session, version, decision.change_clause_id):
            raise UnknownClause(str(decision.change_clause_id), f"version {version.label}")
    elif decision.outcome in CHANGES_TEXT and not decision.exception.strip():
        raise ChangeMissing


def _was_taken_out(session: Session, version: VersionRow, clause_id: UUID) -> bool:
    return (
        session.exec(
            select(LineageRow.id).where(
                LineageRow.to_version_id == version.id, LineageRow.from_clause_id == clause_id
            )
        ).first()
        is not None
    )


def history(session: Session, comment_id: UUID) -> list[DispositionRow]:
    """All decisions on a comment, the one that holds first."""
    return list(
        session.exec(
            select(DispositionRow)
            .where(DispositionRow.comment_id == comment_id)
            .order_by(DispositionRow.decided_at.desc(), DispositionRow.id.desc())  # type: ignore[attr-defined]
        ).all()
    )


def current_of(session: Session, comment_ids: Sequence[UUID]) -> dict[UUID, DispositionRow]:
    """The decision that holds on each of several comments."""
    found: dict[UUID, DispositionRow] = {}
    for start in range(0, len(comment_ids), 500):
        rows = session.exec(
            select(DispositionRow)
            .join(StandingRow, StandingRow.disposition_id == DispositionRow.id)  # type: ignore[arg-type]
            .where(StandingRow.comment_id.in_(comment_ids[start : start + 500]))  # type: ignore[attr-defined]
        ).all()
        found.update({row.comment_id: row for row in rows})
    return found


def open_matters(session: Session, version: VersionRow) -> list[str]:
    """What must be settled before this version is published; empty when nothing is.

    Every comment of the rounds held on it and on the version it was drafted from
    must be placed and decided, and every change promised for this version made
    or excused.
    """
    found: list[str] = []
    for held_on in (version.id, version.based_on_id):
        if held_on is None:
            continue
        for round_ in session.exec(select(RoundRow).where(RoundRow.version_id == held_on)).all():
            found.extend(_open_in(session, round_))
    found.extend(_promised_but_unchanged(session, version))
    return found


def _open_in(session: Session, round_: RoundRow) -> list[str]:
    placed = rounds.placements(session, round_)
    undecided = session.exec(
        select(sa.func.count())
        .select_from(StandingRow)
        .where(
            StandingRow.round_id == round_.id,
            StandingRow.disposition_id.is_(None),  # type: ignore[union-attr]
            StandingRow.placement.in_([Placement.LINKED, Placement.GENERAL]),  # type: ignore[attr-defined]
        )
    ).one()
    found = []
    if placed[Placement.QUEUED]:
        found.append(f"“{round_.title}”: comments that wait for a clause: {placed[Placement.QUEUED]}.")
    if undecided:
        found.append(f"“{round_.title}”: comments without a disposition: {undecided}.")
    return found


def _promised_but_unchanged(session: Session, version: VersionRow) -> list[str]:
    if version.based_on_id is None:
        return []
    outline = OutlineRow.__table__  # type: ignore[attr-defined]
    decided, standing = DispositionRow.__table__.c, StandingRow.__table__.c  # type: ignore[attr-defined]
    before, after = outline.alias("before"), outline.alias("after")
    unchanged = (
        session.connection()
        .execute(
            sa.select(sa.func.count(sa.distinct(decided.change_clause_id)))
            .join(StandingRow, standing.disposition_id == decided.id)
            .join(
                after,
                sa.and_(after.c.version_id == version.id, after.c.clause_id == decided.change_clause_id),
            )
            .join(
                before,
                sa.and_(
                    before.c.version_id == version.based_on_id,
                    before.c.clause_id == after.c.clause_id,
                    before.c.text_hash == after.c.text_hash,
                    before.c.parent_id.is_not_distinct_from(after.c.parent_id),
                ),
            )
            .where(
                decided.change_version_id == version.id,
                decided.exception == "",
                decided.outcome.in_(list(CHANGES_TEXT)),
            )
        )
        .scalar_one()
    )
    if not unchanged:
        return []
    return [
        f"Clauses that were to change because comments were accepted, but read as before: {unchanged}. "
        "Change them, or write an exception."
    ]
