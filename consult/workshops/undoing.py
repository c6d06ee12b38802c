"""Undoing: what was done at the bench, taken back act by act, the last first.

Undoing a comment empties it and opens its utterances again: a comment is never
deleted, its words stay in the transcript, and its number in the sums is that of
an erased one. A comment that was decided on can no longer be undone, because its
decision is kept; neither can what a colleague has changed since.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult import comments
from consult.errors import BarazaError
from consult.tables.comments import CommentRow, StandingRow
from consult.tables.workshops import (
    BenchActRow,
    MinutesCorrectionRow,
    TranscriptRow,
    UtteranceCorrectionRow,
    UtteranceRow,
    UtteranceState,
    WorkshopRow,
)
from consult.workshops.acts import Kind, at_places, plain
from consult.workshops.settling import settle
from consult.workshops.utterances import locked, made_into

MISTAKE = "made by mistake from a transcript"


class Stays(StrEnum):
    """Why an act stays as it is."""

    DECIDED = "decided"
    CHANGED = "changed"
    ERASED = "erased"


class AlreadyDecided(BarazaError):
    """The comment has a decision, which is kept."""

    def __init__(self, comment: CommentRow) -> None:
        super().__init__(
            f"The committee has decided on comment {comment.receipt}, so it can no longer be undone. "
            "Its clause can still be changed at the comment itself."
        )
        self.comment = comment


class WordsErased(BarazaError):
    """Somebody asked for these words to be erased; nothing is left to work on."""

    def __init__(self) -> None:
        super().__init__("These words were erased because somebody asked for it. Nothing of them is left.")


class Undone(NamedTuple):
    """What became of an act that was to be undone; `stays` says why it stays, None when it is undone."""

    kind: Kind
    utterance_id: UUID
    stays: Stays | None = None


def undo_last(session: Session, workshop: WorkshopRow, *, by: str, now: datetime) -> Undone | None:
    """Undo the last act of this person at a workshop that is not undone yet; None when there is none.

    An act that is stays is passed over from then on, so that the one before it can be undone.
    """
    act = session.exec(
        _acts(workshop).where(BenchActRow.by == by).order_by(col(BenchActRow.at).desc(), _latest()).limit(1)
    ).first()
    if act is None:
        return None
    stays = _take_back(session, act, by=by, now=now)
    act.undone_at = now
    session.add(act)
    session.flush()
    there = session.get(UtteranceRow, act.utterance_id) is not None
    back = act.utterance_id if there else _first_of(act)
    return Undone(Kind(act.kind), back, stays)


def undo(session: Session, workshop: WorkshopRow, utterance_id: UUID, *, by: str, now: datetime) -> bool:
    """Open an utterance again, and take back the comment made of it; False when it was open.

    Raises NotFound, AlreadyDecided, WordsErased.
    """
    transcript, utterance = locked(session, workshop, utterance_id)
    if utterance.state is UtteranceState.OPEN:
        return False
    rows = [utterance]
    if utterance.comment_id is not None:
        _refuse_if_kept(session, utterance.comment_id)
        rows = made_into(session, utterance.comment_id)
    act = session.exec(
        _acts(workshop)
        .where(
            col(BenchActRow.utterance_id).in_([row.id for row in rows]),
            col(BenchActRow.kind).in_([Kind.COMMENT, Kind.SKIP]),
        )
        .order_by(col(BenchActRow.at).desc(), _latest())
        .limit(1)
    ).first()
    if act is not None and _take_back(session, act, by=by, now=now) is None:
        act.undone_at = now
        session.add(act)
        session.flush()
        return True
    # What was split or told of it since stays; undoing those acts brings the rest back.
    _open_again(session, transcript, rows, by=by, now=now)
    return True


# --- how it is done


def _acts(workshop: WorkshopRow) -> Any:
    return select(BenchActRow).where(
        BenchActRow.workshop_id == workshop.id, col(BenchActRow.undone_at).is_(None)
    )


def _latest() -> Any:
    # Ids sort by when they were made: several acts of one moment are undone in turn.
    return col(BenchActRow.id).desc()


def _take_back(session: Session, act: BenchActRow, *, by: str, now: datetime) -> Stays | None:
    """Put back what was before an act, or say why it stays."""
    if not act.before:
        return Stays.ERASED
    if "transcript" in act.before[0]:
        _put_back_many(session, act.before[0], now)
        return None
    rows = {row.id: row for row in _rows(session, [UUID(one["id"]) for one in act.before])}
    if not all(_is_as_left(rows.get(UUID(told["id"])), told) for told in act.before):
        return Stays.CHANGED
    made = {row.comment_id for row in rows.values() if row.comment_id} if act.kind == Kind.COMMENT else set()
    if any(_is_decided(session, comment_id) for comment_id in made):
        return Stays.DECIDED
    transcript = session.get_one(TranscriptRow, next(iter(rows.values())).transcript_id, with_for_update=True)
    for comment_id in made:
        _empty(session, comment_id, by=by, now=now)
    left = [_put_back(rows[UUID(told["id"])], told["was"]) for told in act.before if "was" in told]
    pieces = [rows[UUID(told["id"])] for told in act.before if "was" not in told]
    if any(piece.state is UtteranceState.OPEN for piece in pieces):
        # A piece that nobody has looked at opens the whole again.
        left[0].state = UtteranceState.OPEN
    session.add_all(left)
    _leave_away(session, [piece.id for piece in pieces], left[0])
    if act.kind == Kind.CORRECT:
        _correct_back(session, left, act.before, by=by, now=now)
    settle(session, transcript, left, now)
    return None


def _is_as_left(row: UtteranceRow | None, told: Mapping[str, Any]) -> bool:
    """Whether an utterance stands as an act left it; opened again it may have been."""
    if row is None:
        return False
    left, was = told["is"], told.get("was")
    fields = [name for name in left if name not in ("state", "comment_id")]
    if any(plain(getattr(row, name)) != left[name] for name in fields):
        return False
    if was is not None and not {"words", "state"} & set(was):
        return True
    return row.comment_id is None or plain(row.comment_id) == left.get("comment_id")


def _put_back(row: UtteranceRow, was: Mapping[str, Any]) -> UtteranceRow:
    for name, value in was.items():
        setattr(row, name, _meant(name, value))
    return row


def _leave_away(session: Session, ids: Sequence[UUID], head: UtteranceRow) -> None:
    """Take away the pieces of a split that is undone; what was noted of them stays with the whole."""
    if not ids:
        return
    for table in (UtteranceCorrectionRow, MinutesCorrectionRow):
        noted = sa.update(table).where(col(table.utterance_id).in_(ids))
        session.execute(noted.values(utterance_id=head.id))
    session.execute(sa.delete(UtteranceRow).where(col(UtteranceRow.id).in_(ids)))


def _put_back_many(session: Session, told: Mapping[str, Any], now: datetime) -> None:
    """Put back one field of many utterances, where nobody has changed it since."""
    field = getattr(UtteranceRow, told["field"])
    for value, places in told["was"].items():
        for start in range(0, len(places), 500):
            session.execute(
                sa.update(UtteranceRow)
                .where(
                    col(UtteranceRow.transcript_id) == UUID(told["transcript"]),
                    col(UtteranceRow.position).in_(places[start : start + 500]),
                    field == _meant(told["field"], told["became"]),
                )
                .values({told["field"]: _meant(told["field"], value)})
            )
    session.expire_all()
    transcript = session.get_one(TranscriptRow, UUID(told["transcript"]))
    if told["field"] == "state":
        places = [place for places in told["was"].values() for place in places]
        settle(session, transcript, at_places(session, transcript, places), now)


def _open_again(
    session: Session, transcript: TranscriptRow, rows: Sequence[UtteranceRow], *, by: str, now: datetime
) -> None:
    if rows[0].comment_id is not None:
        _empty(session, rows[0].comment_id, by=by, now=now)
    for row in rows:
        row.state, row.comment_id = UtteranceState.OPEN, None
        session.add(row)
    settle(session, transcript, rows, now)


def _empty(session: Session, comment_id: UUID, *, by: str, now: datetime) -> None:
    comments.take_back(session, session.get_one(CommentRow, comment_id), reason=MISTAKE, by=by, now=now)


def _is_decided(session: Session, comment_id: UUID) -> bool:
    return session.get_one(StandingRow, comment_id).disposition_id is not None


def _refuse_if_kept(session: Session, comment_id: UUID) -> None:
    comment = session.get_one(CommentRow, comment_id)
    if _is_decided(session, comment_id):
        raise AlreadyDecided(comment)
    if comment.erased_at is not None:
        raise WordsErased


def _correct_back(
    session: Session,
    rows: Sequence[UtteranceRow],
    told: Sequence[Mapping[str, Any]],
    *,
    by: str,
    now: datetime,
) -> None:
    for row, one in zip(rows, told, strict=True):
        session.add(
            UtteranceCorrectionRow(
                utterance_id=row.id, before=one["is"]["words"], after=row.words, by=by, at=now
            )
        )


def _first_of(act: BenchActRow) -> UUID:
    return next((UUID(one["id"]) for one in act.before if "was" in one and "id" in one), act.utterance_id)


def _rows(session: Session, ids: Sequence[UUID]) -> Sequence[UtteranceRow]:
    query = select(UtteranceRow).where(col(UtteranceRow.id).in_(list(ids)))
    return session.exec(query.execution_options(populate_existing=True)).all()


def _meant(name: str, value: Any) -> Any:
    """The value of a field from what was kept of it."""
    if name == "state":
        return UtteranceState(value)
    return UUID(value) if name == "comment_id" and value else value
