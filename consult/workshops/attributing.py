"""Attributing: who said it, how they feel about it, what it names, and what was really said.

What is told of an utterance holds for it and those joined to it, or for all that
one speaker says. Corrected words stand in the transcript from then on; what
stood before is kept, and the file in the ledger stays as it came.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult import masking, rounds
from consult.errors import BarazaError, NotFound
from consult.tables.field import AttendeeRow
from consult.tables.workshops import (
    TranscriptRow,
    UtteranceCorrectionRow,
    UtteranceRow,
    WorkshopRow,
)
from consult.workshops import acts
from consult.workshops.acts import Kind
from consult.workshops.meetings import group_meant
from consult.workshops.utterances import locked, made_into, together
from consult.workshops.voices import names_to_mask

MARKS = ("cost", "obstacle", "proposal")
FEELINGS = ("for", "against", "neither")
LONGEST = 20_000


class NoWords(BarazaError):
    """A correction that leaves nothing."""

    def __init__(self) -> None:
        super().__init__("There are no words in this correction. If nothing was said here, skip it instead.")


class IsComment(BarazaError):
    """What has become a comment already, by this person or a colleague, is not changed."""

    def __init__(self) -> None:
        super().__init__(
            "A comment was made of this in the meantime, so it stays as it is. "
            "Open it again first if it should be changed."
        )


class Told(NamedTuple):
    """What is told of an utterance besides its words; None leaves it as it is."""

    category: str | None = None
    gender: str | None = None
    feeling: str | None = None
    marks: tuple[str, ...] | None = None
    lone: bool | None = None
    read_back: bool | None = None
    language: str | None = None


def tell(session: Session, rows: Sequence[UtteranceRow], told: Told) -> None:
    """Write down what is told of these utterances."""
    category = None if told.category is None else _category(session, told.category)
    feeling = told.feeling if told.feeling in ("", *FEELINGS) else None
    fresh = {
        "category": category,
        "gender": None if told.gender is None else told.gender[:20],
        "feeling": feeling,
        "marks": None if told.marks is None else [mark for mark in MARKS if mark in told.marks],
        "lone": told.lone,
        "read_back": told.read_back,
        "language": None if told.language is None else told.language[:20],
    }
    for row in rows:
        for name, value in fresh.items():
            if value is not None and getattr(row, name) != value:
                setattr(row, name, value)
        session.add(row)


def keep_told(
    session: Session, workshop: WorkshopRow, utterance_id: UUID, told: Told, *, by: str, now: datetime
) -> bool:
    """Keep what is told of an utterance and those joined to it; False when nothing changed.

    Of what is a comment already, only the lone voice, the feeling and the reading
    back change: its words and its group stay as they were taken.
    """
    _, utterance = locked(session, workshop, utterance_id)
    rows = together(session, utterance)
    if utterance.comment_id is not None:
        rows = made_into(session, utterance.comment_id)
        told = Told(feeling=told.feeling, lone=told.lone, read_back=told.read_back)
    before = acts.standing(rows)
    tell(session, rows, told)
    acts.keep(session, workshop, utterance.id, Kind.TELL, before, rows, by=by, now=now)
    return acts.standing(rows) != before


def set_lone(
    session: Session, workshop: WorkshopRow, utterance_id: UUID, lone: bool, *, by: str, now: datetime
) -> None:
    """Mark an utterance as a lone voice, or no more; its comment carries the mark too."""
    keep_told(session, workshop, utterance_id, Told(lone=lone), by=by, now=now)


def set_category(
    session: Session,
    workshop: WorkshopRow,
    transcript_id: UUID,
    speaker: str,
    category: str,
    *,
    by: str,
    now: datetime,
) -> int:
    """Say which category a speaker is of, once for all they say; how many utterances it holds for.

    Comments made before keep the group they were made with.
    """
    return _for_all(session, workshop, transcript_id, speaker, "category", category, by=by, now=now)


def set_gender(
    session: Session,
    workshop: WorkshopRow,
    transcript_id: UUID,
    speaker: str,
    gender: str,
    *,
    by: str,
    now: datetime,
) -> int:
    """Say of which gender a speaker is, once for all they say; how many utterances it holds for."""
    return _for_all(session, workshop, transcript_id, speaker, "gender", gender[:20], by=by, now=now)


def correct(
    session: Session, workshop: WorkshopRow, utterance_id: UUID, words: str, *, by: str, now: datetime
) -> bool:
    """Put right what an utterance says; False when it says so already. Raises NoWords, IsComment.

    Names of those who speak, and numbers, are hidden in the new words too.
    """
    _, utterance = locked(session, workshop, utterance_id)
    if utterance.comment_id is not None:
        raise IsComment
    right = masking.masked(" ".join(words.replace("\0", "").split())[:LONGEST], _names(session, workshop))
    if not right:
        raise NoWords
    if right == utterance.words:
        return False
    before = acts.standing([utterance])
    session.add(
        UtteranceCorrectionRow(utterance_id=utterance.id, before=utterance.words, after=right, by=by, at=now)
    )
    utterance.words = right
    session.add(utterance)
    session.flush()
    acts.keep(session, workshop, utterance.id, Kind.CORRECT, before, [utterance], by=by, now=now)
    return True


def corrections(session: Session, ids: Sequence[UUID]) -> dict[UUID, str]:
    """What stood before the first correction, of those of these utterances that were corrected."""
    rows = session.exec(
        select(UtteranceCorrectionRow)
        .where(col(UtteranceCorrectionRow.utterance_id).in_(list(ids)))
        .order_by(col(UtteranceCorrectionRow.at), col(UtteranceCorrectionRow.id))
    ).all()
    found: dict[UUID, str] = {}
    for row in rows:
        found.setdefault(row.utterance_id, row.before)
    return found


def as_corrected(session: Session, utterance_id: UUID, words: str) -> str:
    """Words from the field as they stand after the corrections that were made to just these."""
    rows = session.exec(
        select(UtteranceCorrectionRow)
        .where(UtteranceCorrectionRow.utterance_id == utterance_id)
        .order_by(col(UtteranceCorrectionRow.at), col(UtteranceCorrectionRow.id))
    ).all()
    for row in rows:
        if row.before == words:
            words = row.after
    return words


def _category(session: Session, written: str) -> str:
    group = group_meant(rounds.groups(session), written)
    return group.key if group else written.strip()[:100]


def _for_all(
    session: Session,
    workshop: WorkshopRow,
    transcript_id: UUID,
    speaker: str,
    field: str,
    value: str,
    *,
    by: str,
    now: datetime,
) -> int:
    transcript = session.get(TranscriptRow, transcript_id, with_for_update=True)
    if transcript is None or transcript.workshop_id != workshop.id:
        raise NotFound("There is no such transcript at this workshop.")
    if field == "category":
        value = _category(session, value)
    theirs = (UtteranceRow.transcript_id == transcript_id, UtteranceRow.speaker == speaker)
    said = session.exec(select(sa.func.count(), sa.func.min(UtteranceRow.position)).where(*theirs)).one()
    first = session.exec(
        select(UtteranceRow.id).where(*theirs, UtteranceRow.position == said[1]).limit(1)
    ).first()
    was = acts.set_many(session, transcript, speaker, field, value)
    if first is not None:
        acts.keep_many(session, workshop, first, Kind.TELL_ALL, transcript, field, value, was, by=by, now=now)
    return int(said[0])


def _names(session: Session, workshop: WorkshopRow) -> tuple[str, ...]:
    """The names of those who speak or came, as far as they are known."""
    # A sealed name opens slowly: one utterance of each speaker will do.
    firsts = (
        select(UtteranceRow.transcript_id, sa.func.min(UtteranceRow.position).label("position"))
        .join(TranscriptRow, col(TranscriptRow.id) == UtteranceRow.transcript_id)
        .where(TranscriptRow.workshop_id == workshop.id, col(UtteranceRow.speaker_name).is_not(None))
        .group_by(col(UtteranceRow.transcript_id), col(UtteranceRow.speaker))
        .subquery()
    )
    spoken = session.exec(
        select(UtteranceRow.speaker_name).join(
            firsts,
            sa.and_(
                firsts.c.transcript_id == UtteranceRow.transcript_id,
                firsts.c.position == UtteranceRow.position,
            ),
        )
    ).all()
    came = session.exec(select(AttendeeRow.name).where(AttendeeRow.workshop_id == workshop.id)).all()
    return names_to_mask([*spoken, *came])
