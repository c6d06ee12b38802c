"""Splitting and joining: a passage as an utterance of its own, and neighbours worked on as one.

What was said before and after the passage stays beside it as utterances of its
own, so that nothing is passed over. Cues that were joined lie whole in the
ledger's file: from them comes the second at which each piece begins.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate, pairwise
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, select

from consult.errors import BarazaError
from consult.tables.intake import RecordRow
from consult.tables.workshops import TranscriptRow, UtteranceRow, UtteranceState, WorkshopRow
from consult.workshops import acts
from consult.workshops.acts import Kind
from consult.workshops.attributing import IsComment
from consult.workshops.transcripts import ONE_VOICE, STEP, CannotRead, hear
from consult.workshops.utterances import MOST_JOINED, following, locked, together
from standards.identity import new_id


class NotSaid(BarazaError):
    """The words chosen are not in the utterance."""

    def __init__(self) -> None:
        super().__init__("These words are not in what was said. Copy the passage exactly, or leave it whole.")


class TooFine(BarazaError):
    """An utterance that was split so often that no room is left."""

    def __init__(self) -> None:
        super().__init__("This was split too often already. Take the whole of it as a comment.")


class NothingMarked(BarazaError):
    """It is not told where to split."""

    def __init__(self) -> None:
        super().__init__("Mark the words that belong together, or put the caret where they part.")


class NothingToJoin(BarazaError):
    """Nothing open follows, or enough is joined already."""

    def __init__(self) -> None:
        super().__init__("Nothing that could be joined follows: it is done already, or enough is joined.")


@dataclass(frozen=True)
class Cue:
    """One cue inside an utterance: where its words begin there, and its seconds."""

    offset: int
    start: float | None
    end: float | None


class Cut(NamedTuple):
    """What an utterance was split into, in order; `taken` is the one of the words chosen."""

    pieces: tuple[UtteranceRow, ...]
    taken: UtteranceRow


# --- acts


def split(
    session: Session,
    workshop: WorkshopRow,
    utterance_id: UUID,
    words: str,
    rest: str,
    *,
    by: str,
    now: datetime,
) -> UtteranceRow:
    """Make a passage an utterance of its own; without one, split where `rest` begins. What is in hand then.

    Raises NothingMarked, NotSaid, TooFine, IsComment.
    """
    transcript, utterance = locked(session, workshop, utterance_id)
    if utterance.comment_id is not None:
        raise IsComment
    rows = together(session, utterance)
    before = acts.standing(rows)
    if words.strip():
        cut = split_out(session, transcript, holding(rows, words), words, rest)
    elif rest.strip():
        row = holding(rows, rest)
        cut = _cut(session, transcript, row, [_beginning(rest, row.words)])
    else:
        raise NothingMarked
    after = [*rows, *cut.pieces]
    acts.keep(session, workshop, utterance.id, Kind.SPLIT, before, after, by=by, now=now)
    return cut.taken if words.strip() else cut.pieces[0]


def join(session: Session, workshop: WorkshopRow, utterance_id: UUID, *, by: str, now: datetime) -> None:
    """Join an utterance, and what is joined to it already, with the next. Raises NothingToJoin, IsComment."""
    _, utterance = locked(session, workshop, utterance_id)
    if utterance.comment_id is not None:
        raise IsComment
    rows = together(session, utterance)
    after = following(session, rows[-1])
    if after is None or after.state is not UtteranceState.OPEN or utterance.state is not UtteranceState.OPEN:
        raise NothingToJoin
    if len(rows) + len(together(session, after)) > MOST_JOINED:
        raise NothingToJoin
    _set_joined(session, workshop, utterance, after, True, by=by, now=now)


def part(session: Session, workshop: WorkshopRow, utterance_id: UUID, *, by: str, now: datetime) -> bool:
    """Take the last one away again from those that are joined; False when it stands alone."""
    _, utterance = locked(session, workshop, utterance_id)
    rows = together(session, utterance)
    if utterance.comment_id is not None:
        raise IsComment
    if len(rows) == 1:
        return False
    _set_joined(session, workshop, rows[0], rows[-1], False, by=by, now=now)
    return True


def _set_joined(
    session: Session,
    workshop: WorkshopRow,
    in_hand: UtteranceRow,
    row: UtteranceRow,
    joined: bool,
    *,
    by: str,
    now: datetime,
) -> None:
    before = acts.standing([row])
    row.joined = joined
    session.add(row)
    session.flush()
    kind = Kind.JOIN if joined else Kind.PART
    acts.keep(session, workshop, in_hand.id, kind, before, [row], by=by, now=now)


# --- the words


def split_out(
    session: Session, transcript: TranscriptRow, utterance: UtteranceRow, words: str, rest: str = ""
) -> Cut:
    """Take these words out as an utterance of their own, rounded to whole words. Raises NotSaid, TooFine.

    `rest` is what is said from where they begin; without it they are taken where they are said first.
    """
    return _cut(session, transcript, utterance, place_of(words, utterance.words, rest))


def holding(rows: Sequence[UtteranceRow], words: str) -> UtteranceRow:
    """The one of these utterances in which the words were said. Raises NotSaid."""
    wanted = " ".join(words.split())
    found = next((row for row in rows if wanted in " ".join(row.words.split())), None)
    if found is None:
        raise NotSaid
    return found


def place_of(words: str, said: str, rest: str = "") -> tuple[int, int]:
    """Where the words stand in what was said, spaces aside, from a word's beginning to a word's end.

    Raises NotSaid.
    """
    begin = _beginning(rest, said) if rest.strip() else 0
    found = _pattern(words).search(said, begin)
    if found is None:
        raise NotSaid
    return _whole_words(*found.span(), said)


def _beginning(rest: str, said: str) -> int:
    """Where the last words of what was said begin."""
    found = re.search(_pattern(rest).pattern + r"\s*$", said)
    if found is None:
        raise NotSaid
    return _whole_words(found.start(), len(said), said)[0]


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(r"\s+".join(map(re.escape, words.split())))


def _whole_words(first: int, last: int, said: str) -> tuple[int, int]:
    while first and said[first - 1].isalnum() and said[first].isalnum():
        first -= 1
    while last < len(said) and said[last].isalnum() and said[last - 1].isalnum():
        last += 1
    return first, last


def _cut(session: Session, transcript: TranscriptRow, utterance: UtteranceRow, places: Sequence[int]) -> Cut:
    """Split an utterance at these places; the one taken is that which begins at the first of them."""
    said = utterance.words
    spans = list(pairwise([0, *places, len(said)]))
    pieces = [(start, end) for start, end in spans if said[start:end].strip()]
    if len(pieces) == 1:
        return Cut((utterance,), utterance)
    room = _room_after(session, transcript, utterance)
    if room < len(pieces):
        raise TooFine
    cues = _cues(session, transcript, utterance)
    whole = utterance.model_copy()
    rows: list[UtteranceRow] = []
    for number, (start, end) in enumerate(pieces):
        told = {
            "position": whole.position + number * room // len(pieces),
            "words": said[start:end].strip(),
            "start": _cue_at(cues, start).start,
            "end": _cue_at(cues, end - 1).end,
        }
        rows.append(_piece(utterance, told | {"joined": False}) if number else _told(utterance, told))
        session.add(rows[-1])
    session.flush()
    return Cut(tuple(rows), rows[next(at for at, (start, _) in enumerate(pieces) if start >= places[0])])


def _told(row: UtteranceRow, told: dict[str, Any]) -> UtteranceRow:
    for name, value in told.items():
        setattr(row, name, value)
    return row


def _piece(row: UtteranceRow, told: dict[str, Any]) -> UtteranceRow:
    kept = row.model_dump(exclude={"id", *told})
    return UtteranceRow(**kept, **told, id=new_id())


def _room_after(session: Session, transcript: TranscriptRow, utterance: UtteranceRow) -> int:
    following = session.exec(
        select(sa.func.min(UtteranceRow.position)).where(
            UtteranceRow.transcript_id == transcript.id, UtteranceRow.position > utterance.position
        )
    ).one()
    return STEP if following is None else int(following) - utterance.position


def _cues(session: Session, transcript: TranscriptRow, utterance: UtteranceRow) -> list[Cue]:
    """The cues that an utterance was joined from, in order; itself alone where there is no telling."""
    alone = [Cue(0, utterance.start, utterance.end)]
    if utterance.start is None or transcript.record_id is None or transcript.format == ONE_VOICE:
        return alone
    try:
        heard = hear(session, session.get_one(RecordRow, transcript.record_id))
    except CannotRead:
        return alone
    # A transcript does not change, so the line an utterance begins on and its words find it again.
    for whole in heard.cues:
        if whole.line == utterance.line and whole.originals:
            said = heard.words_of(whole)
            begins = said.find(utterance.words)
            if begins >= 0:
                lengths = [len(heard.words_of(cue)) + 1 for cue in whole.originals]
                offsets = [0, *accumulate(lengths)]
                return [
                    Cue(offset - begins, cue.start, cue.end)
                    for offset, cue in zip(offsets, whole.originals, strict=False)
                ]
    return alone


def _cue_at(cues: list[Cue], place: int) -> Cue:
    """The cue in which the letter at this place was said."""
    return next((cue for cue in reversed(cues) if cue.offset <= place), cues[0])
