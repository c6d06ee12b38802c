"""Acts at the bench: each kept with what was before, so that it can be undone, see `undoing`."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult.tables.workshops import (
    BenchActRow,
    TranscriptRow,
    UtteranceCorrectionRow,
    UtteranceRow,
    UtteranceState,
    WorkshopRow,
)

KEPT = (
    "words",
    "state",
    "comment_id",
    "category",
    "gender",
    "language",
    "feeling",
    "marks",
    "lone",
    "read_back",
    "joined",
    "start",
    "end",
)
"""What of an utterance an act may change."""


class Kind(StrEnum):
    """What somebody did."""

    COMMENT = "comment"
    SKIP = "skip"
    SKIP_ALL = "skip-all"
    SPLIT = "split"
    JOIN = "join"
    PART = "part"
    TELL = "tell"
    TELL_ALL = "tell-all"
    CORRECT = "correct"


Standing = Mapping[UUID, dict[str, Any]]


def standing(rows: Iterable[UtteranceRow]) -> Standing:
    """Utterances as they stand, before an act."""
    return {row.id: {name: plain(getattr(row, name)) for name in KEPT} for row in rows}


def keep(
    session: Session,
    workshop: WorkshopRow,
    utterance_id: UUID,
    kind: Kind,
    before: Standing,
    rows: Iterable[UtteranceRow],
    *,
    by: str,
    now: datetime,
) -> None:
    """Keep an act with what it changed of these utterances; those not in `before` are new."""
    changed = []
    for id_, present in standing(rows).items():
        was = before.get(id_)
        if was is None:
            changed.append({"id": str(id_), "is": present})
        elif was != present:
            fields = [name for name in KEPT if was[name] != present[name]]
            changed.append(
                {
                    "id": str(id_),
                    "was": {name: was[name] for name in fields},
                    "is": {name: present[name] for name in fields},
                }
            )
    if changed:
        _add(session, workshop, utterance_id, kind, changed, by, now)


def keep_many(
    session: Session,
    workshop: WorkshopRow,
    utterance_id: UUID,
    kind: Kind,
    transcript: TranscriptRow,
    field: str,
    became: str,
    was: Mapping[str, Sequence[int]],
    *,
    by: str,
    now: datetime,
) -> None:
    """Keep an act on one field of many utterances of a transcript: their places by what they were."""
    if was:
        told = {"transcript": str(transcript.id), "field": field, "became": became, "was": dict(was)}
        _add(session, workshop, utterance_id, kind, [told], by, now)


def set_many(
    session: Session,
    transcript: TranscriptRow,
    speaker: str,
    field: str,
    value: Any,
    *,
    only: Any = None,
) -> dict[str, list[int]]:
    """Set one field of all that a speaker says; the places that changed, by what stood there.

    With `only`, nothing but what has this value now.
    """
    column = getattr(UtteranceRow, field)
    theirs = [
        col(UtteranceRow.transcript_id) == transcript.id,
        col(UtteranceRow.speaker) == speaker,
        column != value if only is None else column == only,
    ]
    found = session.exec(
        select(column, UtteranceRow.position).where(*theirs).order_by(col(UtteranceRow.position))
    ).all()
    was: dict[str, list[int]] = {}
    for before, place in found:
        was.setdefault(plain(before), []).append(place)
    session.execute(sa.update(UtteranceRow).where(*theirs).values({field: value}))
    session.expire_all()
    return was


def forget(session: Session, utterance_ids: Iterable[UUID]) -> None:
    """Empty what was kept of these utterances as they stood before, and of what they were split from."""
    asked = frozenset(str(id_) for id_ in utterance_ids)
    gone = set(asked)
    place = select(TranscriptRow.workshop_id).join(
        UtteranceRow, col(UtteranceRow.transcript_id) == TranscriptRow.id
    )
    here = place.where(col(UtteranceRow.id).in_([UUID(one) for one in asked])).distinct()
    acts = session.exec(
        select(BenchActRow)
        .where(
            col(BenchActRow.workshop_id).in_(here),
            col(BenchActRow.kind).in_([Kind.COMMENT, Kind.SPLIT, Kind.CORRECT]),
        )
        .order_by(col(BenchActRow.at).desc(), col(BenchActRow.id).desc())
    ).all()
    named = {id_ for act in acts for id_ in _worded(act)}
    there = select(UtteranceRow.id).where(col(UtteranceRow.id).in_([UUID(one) for one in named]))
    living = {str(id_) for id_ in session.exec(there).all()}
    # From the latest back: what was split from a piece that is gone held its words too.
    for act in acts:
        if (about := _worded(act)) & gone:
            gone |= about
            act.before = []
            session.add(act)
    # A split that was undone left no piece behind, but what was done to the piece meanwhile.
    theirs = asked | (gone - living)
    for act in reversed(acts):
        if (about := _worded(act)) & theirs:
            theirs |= about - living
            act.before = []
            session.add(act)
    corrected = sa.update(UtteranceCorrectionRow).where(
        col(UtteranceCorrectionRow.utterance_id).in_([UUID(one) for one in gone])
    )
    session.execute(corrected.values(before="", after=""))
    session.flush()


# --- how it is done


def _worded(act: BenchActRow) -> set[str]:
    """The utterances whose words an act keeps."""
    return {told["id"] for told in act.before if "words" in told["is"]}


def _add(
    session: Session,
    workshop: WorkshopRow,
    utterance_id: UUID,
    kind: Kind,
    before: list[dict[str, Any]],
    by: str,
    now: datetime,
) -> None:
    session.add(
        BenchActRow(
            workshop_id=workshop.id, utterance_id=utterance_id, kind=kind.value, before=before, by=by, at=now
        )
    )
    session.flush()


def at_places(session: Session, transcript: TranscriptRow, places: Sequence[int]) -> list[UtteranceRow]:
    """The notes at these places of a transcript; none of a file, whose record is one."""
    if transcript.record_id is not None:
        return []
    found: list[UtteranceRow] = []
    for start in range(0, len(places), 500):
        there = col(UtteranceRow.position).in_(places[start : start + 500])
        query = select(UtteranceRow).where(UtteranceRow.transcript_id == transcript.id, there)
        found += session.exec(query).all()
    return found


def plain(value: Any) -> Any:
    """A field's value as it is kept in an act."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, UtteranceState):
        return value.value
    return list(value) if isinstance(value, list) else value
