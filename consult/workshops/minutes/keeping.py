"""Keeping: numbered versions of the minutes, how people heard them, and what they corrected.

What was shown once is never changed: a newer state of the records is a newer
number. Words that are taken back are the one exception; they leave every version.
"""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult import comments, intake, masking, rounds
from consult.errors import Misfilled, NotFound
from consult.field import notes
from consult.field.operations import CORRECTION
from consult.intake import Arrival
from consult.tables.comments import CommentRow
from consult.tables.intake import Channel
from consult.tables.rounds import RoundRow
from consult.tables.workshops import (
    MinutesCorrectionRow,
    MinutesRow,
    UtteranceRow,
    WorkshopRow,
)
from consult.words import LANGUAGES, spoken_language
from consult.workshops import consents
from consult.workshops.meetings import group_meant
from consult.workshops.minutes.gathering import Snapshot, gather, text_of
from consult.workshops.transcripts import STEP, WordsRefused

SOURCE = "minutes"
TAKEN_BACK = "taken-back"


class Shown(StrEnum):
    """How people heard the minutes."""

    READ_BACK = "read-back"
    SENT = "sent"


class Written(NamedTuple):
    """Minutes; `fresh` is False where the newest version says the same."""

    row: MinutesRow
    fresh: bool


@dataclass(frozen=True)
class Correction:
    """What somebody who was there says of the minutes; `about` is the line or figure they mean."""

    words: str
    category: str = ""
    clause_id: UUID | None = None
    about: str = ""
    language: str = ""


# --- versions


def write(session: Session, round_: RoundRow, workshop: WorkshopRow, *, by: str, now: datetime) -> Written:
    """Keep the minutes as the records have them now, under the next number; the same state gives none."""
    session.get_one(WorkshopRow, workshop.id, with_for_update=True)
    newest = newest_of(session, workshop)
    found = gather(session, round_, workshop)
    if newest is not None and newest.content == found:
        return Written(newest, False)
    row = MinutesRow(
        workshop_id=workshop.id,
        number=1 + (newest.number if newest else 0),
        language=language_of(workshop),
        content=found,
        made_at=now,
        made_by=by,
    )
    session.add(row)
    session.flush()
    return Written(row, True)


def language_of(workshop: WorkshopRow) -> str:
    """The language minutes and results are written in: the first of the workshop's that we speak."""
    roots = (str(code).replace("_", "-").split("-")[0].lower() for code in workshop.languages)
    return next((root for root in roots if root in LANGUAGES), spoken_language("en"))


def versions_of(session: Session, workshop: WorkshopRow) -> list[MinutesRow]:
    """The minutes of a workshop, the newest first."""
    query = select(MinutesRow).where(MinutesRow.workshop_id == workshop.id)
    return list(session.exec(query.order_by(col(MinutesRow.number).desc())).all())


def newest_of(session: Session, workshop: WorkshopRow) -> MinutesRow | None:
    """The newest minutes of a workshop; None while nobody wrote any."""
    return next(iter(versions_of(session, workshop)), None)


def numbered(session: Session, workshop: WorkshopRow, number: int) -> MinutesRow:
    """The minutes of this number. Raises NotFound."""
    row = next((one for one in versions_of(session, workshop) if one.number == number), None)
    if row is None:
        raise NotFound("There are no minutes of this number. Open them from the workshop's page.")
    return row


# --- heard and corrected


def show(minutes: MinutesRow, how: Shown, to: str, *, at: datetime, now: datetime) -> None:
    """Note that a version was read back or sent: when, and to how many or to whom. Raises Misfilled."""
    if not to.strip():
        raise Misfilled({"to": "Say to how many people it was read, or to whom it was sent."})
    if at > now:
        raise Misfilled({"on": "This day is still to come. Note it when it has been done."})
    minutes.shown, minutes.shown_at, minutes.shown_to = how.value, at, masking.masked(to.strip())[:300]


def correct(
    session: Session,
    round_: RoundRow,
    minutes: MinutesRow,
    correction: Correction,
    *,
    id_: UUID,
    by: str,
    now: datetime,
) -> MinutesCorrectionRow:
    """Keep what somebody says of the minutes: into the ledger first, then among the notes of the workshop.

    From there it goes the way of every voice. The same id a second time (a double
    click) changes nothing. Raises Misfilled, WordsRefused, TooLong.
    """
    # Notes from the field take their places among the utterances at the same time.
    workshop = session.get_one(WorkshopRow, minutes.workshop_id, with_for_update=True)
    _check(session, round_, workshop, correction)
    known = session.get(MinutesCorrectionRow, id_)
    if known is not None:
        return known
    told = {
        "words": correction.words,
        "about": correction.about,
        "category": correction.category,
        "clause": str(correction.clause_id or ""),
        "minutes": minutes.number,
    }
    arrival = Arrival(
        Channel.WORKSHOP, SOURCE, f"{workshop.id}:{id_}", comments.as_payload(told), round_id=round_.id
    )
    recorded = intake.record(session, arrival, now=now)
    said = _utterance(session, workshop, correction, recorded.id, id_, now=now)
    row = MinutesCorrectionRow(
        id=id_,
        minutes_id=minutes.id,
        record_id=recorded.id,
        utterance_id=said.id,
        category=said.category,
        clause_id=correction.clause_id,
        about=correction.about.strip()[:120],
        words=said.words,
        by=by,
        at=now,
    )
    session.add(row)
    session.flush()
    if workshop.finished_at is not None:
        notes.take(session, round_, workshop, by=by, now=now)
    return row


def _check(session: Session, round_: RoundRow, workshop: WorkshopRow, correction: Correction) -> None:
    if not consents.allows(session, workshop, "notes"):
        raise WordsRefused(workshop)
    if not correction.words.strip():
        raise Misfilled({"words": "Write what is to be put right, in the words of who said so."})
    if len(correction.words) > comments.LONGEST:
        raise comments.TooLong(len(correction.words))
    document = text_of(session, round_, workshop)[1]
    if correction.clause_id is not None and correction.clause_id not in document.by_id:
        raise Misfilled({"clause": "This clause is not in the text the workshop was about."})


def _utterance(
    session: Session,
    workshop: WorkshopRow,
    correction: Correction,
    record_id: UUID,
    id_: UUID,
    *,
    now: datetime,
) -> UtteranceRow:
    transcript = notes.notes_of(session, workshop, now=now)
    last = session.exec(
        select(sa.func.max(UtteranceRow.position)).where(UtteranceRow.transcript_id == transcript.id)
    ).one()
    place = int(last or 0) // STEP + 1
    group = group_meant(rounds.groups(session), correction.category)
    row = UtteranceRow(
        transcript_id=transcript.id,
        position=place * STEP,
        line=place,
        words=notes.masked(session, workshop.id, correction.words.replace("\0", "").strip()),
        category=group.key if group else correction.category.strip()[:100],
        language=correction.language[:20],
        entity=f"{CORRECTION}{id_}",
        record_id=record_id,
        clauses=[str(correction.clause_id)] if correction.clause_id else [],
        said_at=now,
    )
    session.add(row)
    session.flush()
    return row


def corrections_of(session: Session, minutes: MinutesRow) -> list[MinutesCorrectionRow]:
    """What was corrected in a version, in the order it was said."""
    query = select(MinutesCorrectionRow).where(MinutesCorrectionRow.minutes_id == minutes.id)
    order = (col(MinutesCorrectionRow.at), col(MinutesCorrectionRow.id))
    return list(session.exec(query.order_by(*order)).all())


# --- taken back


def forget(session: Session, comment_ids: Iterable[UUID], utterance_ids: Iterable[UUID] = ()) -> None:
    """Blank the words of these comments, and of utterances without one, in every version of the minutes."""
    wanted = {str(id_) for id_ in comment_ids}
    said = {str(id_) for id_ in utterance_ids}
    if not wanted | said:
        return
    of_rounds = select(CommentRow.round_id).where(col(CommentRow.id).in_([UUID(one) for one in wanted]))
    corrected = session.exec(
        select(UtteranceRow.id).where(col(UtteranceRow.comment_id).in_([UUID(one) for one in wanted]))
    ).all()
    said |= {str(id_) for id_ in corrected}
    session.execute(
        sa.update(MinutesCorrectionRow)
        .where(col(MinutesCorrectionRow.utterance_id).in_([UUID(one) for one in said]))
        .values(words="")
    )
    rows = session.exec(
        select(MinutesRow)
        .join(WorkshopRow, col(WorkshopRow.id) == MinutesRow.workshop_id)
        .where(col(WorkshopRow.round_id).in_(of_rounds) if wanted else sa.true())
    ).all()
    for row in rows:
        _blank(session, row, wanted, said)


def forget_all(session: Session, workshop: WorkshopRow) -> None:
    """Blank every word in every version of a workshop's minutes: the group took back its consent."""
    rows = versions_of(session, workshop)
    ids = [row.id for row in rows]
    session.execute(
        sa.update(MinutesCorrectionRow).where(col(MinutesCorrectionRow.minutes_id).in_(ids)).values(words="")
    )
    for row in rows:
        lines = row.content["lines"].values()
        _blank(session, row, set(), {line["utterance"] for line in lines}, photos=True)


def _blank(
    session: Session, row: MinutesRow, comment_ids: set[str], utterance_ids: set[str], *, photos: bool = False
) -> None:
    content: Snapshot = deepcopy(row.content)
    for line in content["lines"].values():
        if line["comment"] in comment_ids or line["utterance"] in utterance_ids:
            line |= {"words": "", "is": TAKEN_BACK, "category": ""}
    for one in content["corrections"]:
        if photos or one["utterance"] in utterance_ids:
            one["words"] = ""
    if photos:
        content["meeting"]["notes"] = ""
        for section in content["sections"]:
            section["photos"] = []
    if content != row.content:
        row.content = content
        session.add(row)
        session.flush()
