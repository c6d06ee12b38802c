"""The player: what a page needs to let somebody hear a recording beside what was written down of it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel import Session, col, select

from consult.field import media
from consult.tables.workshops import TranscriptRow, UtteranceRow, WorkshopRow
from consult.workshops import recordings
from consult.workshops.recordings import Track


@dataclass(frozen=True)
class Player:
    """A recording to be heard, from `at` seconds where somebody stands in its text.

    `seconds` says by utterance where it is said; `utterance` is the one in hand.
    `others` are recordings of the workshop that could lie beside it instead.
    """

    track: Track
    at: float | None = None
    seconds: dict[UUID, float] = field(default_factory=dict)
    utterance: UtteranceRow | None = None
    is_beside: bool = False
    others: tuple[Track, ...] = ()

    @property
    def seconds_told(self) -> str:
        """The seconds by utterance, as the page's script reads them."""
        return json.dumps({str(id_): second for id_, second in self.seconds.items()})

    @property
    def length(self) -> float:
        """Seconds of the whole where the recorder told them, else 0."""
        return self.track.row.seconds


def alone(track: Track, at: float | None = None) -> Player | None:
    """The player of a recording by itself; None when there is nothing to hear."""
    return Player(track, at) if track.is_kept else None


def beside(
    session: Session, workshop: WorkshopRow, utterance: UtteranceRow | None, shown: Iterable[UtteranceRow]
) -> Player | None:
    """The player for an utterance in hand and those shown around it; None where nothing can be heard.

    Where no recording lies beside the transcript yet, the first one is offered.
    """
    rows = media.recordings_of(session, workshop.id) if utterance is not None else []
    tracks = [found for row in rows if (found := recordings.track(session, row)).is_kept]
    if not tracks or utterance is None:
        return None
    window = [utterance, *shown]
    transcripts = {
        row.id: row
        for row in session.exec(
            select(TranscriptRow).where(col(TranscriptRow.id).in_({one.transcript_id for one in window}))
        ).all()
    }
    places = {
        one.id: place
        for one in window
        if (place := recordings.tied(transcripts[one.transcript_id], one)) is not None
    }
    length = {one.id: one.row for one in tracks}
    places = {
        id_: place
        for id_, place in places.items()
        if place.recording in length and recordings.runs_at(length[place.recording], place.second)
    }
    here = places.get(utterance.id)
    beside_it = here.recording if here else transcripts[utterance.transcript_id].recording
    track = next((one for one in tracks if beside_it in (one.id, one.row.entity)), None)
    found = track or tracks[0]
    return Player(
        found,
        at=here.second if here and track else None,
        seconds={id_: place.second for id_, place in places.items() if place.recording == found.id},
        utterance=utterance,
        is_beside=track is not None,
        others=tuple(one for one in tracks if one is not found),
    )
