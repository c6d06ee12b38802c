"""Splitting: a passage taken out of an utterance, with the second of tape at which it was said.

What was said before and after the passage stays beside it as utterances of its
own, so that nothing is passed over. Cues that were joined lie whole in the
ledger's file: from them comes the second at which each piece begins.
"""

import re
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, select

from consult.errors import BarazaError
from consult.tables.intake import RecordRow
from consult.tables.workshops import TranscriptRow, UtteranceRow
from consult.workshops.transcripts import ONE_VOICE, STEP, CannotRead, hear
from standards.identity import new_id


class NotSaid(BarazaError):
    """The words chosen are not in the utterance."""

    def __init__(self) -> None:
        super().__init__("These words are not in what was said. Copy the passage exactly, or leave it whole.")


class TooFine(BarazaError):
    """An utterance that was split so often that no room is left."""

    def __init__(self) -> None:
        super().__init__("This was split too often already. Take the whole of it as a comment.")


@dataclass(frozen=True)
class Cue:
    """One cue inside an utterance: where its words begin there, and its seconds."""

    offset: int
    start: float | None
    end: float | None


def split_out(
    session: Session, transcript: TranscriptRow, utterance: UtteranceRow, words: str
) -> UtteranceRow:
    """The utterance of these words alone, rounded to whole words. Raises NotSaid, TooFine."""
    first, last = _place_of(words, utterance.words)
    spans = [(0, first), (first, last), (last, len(utterance.words))]
    pieces = [(start, end) for start, end in spans if utterance.words[start:end].strip()]
    if len(pieces) == 1:
        return utterance
    room = _room_after(session, transcript, utterance)
    if room < len(pieces):
        raise TooFine
    cues = _cues(session, transcript, utterance)
    whole = utterance.model_copy()
    rows = []
    for number, (start, end) in enumerate(pieces):
        told = {
            "position": whole.position + number * room // len(pieces),
            "words": whole.words[start:end].strip(),
            "start": _cue_at(cues, start).start,
            "end": _cue_at(cues, end - 1).end,
        }
        rows.append(_piece(utterance, told) if number else _told(utterance, told))
        session.add(rows[-1])
    session.flush()
    return rows[1] if first and whole.words[:first].strip() else rows[0]


def _place_of(words: str, said: str) -> tuple[int, int]:
    """Where the words stand in what was said, spaces aside, from a word's beginning to a word's end."""
    found = re.search(r"\s+".join(map(re.escape, words.split())), said)
    if found is None:
        raise NotSaid
    first, last = found.span()
    while first and said[first - 1].isalnum() and said[first].isalnum():
        first -= 1
    while last < len(said) and said[last].isalnum() and said[last - 1].isalnum():
        last += 1
    return first, last


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
