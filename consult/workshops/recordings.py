"""Recordings of a workshop: brought in from the field or at the desk, heard beside the text, tied to it.

A recording is the stretches that one recorder gave, one after the other: together
they are one file of sound, and are read as one. Its seconds are the tape's; a
transcript's clock may have begun later, by its `shift`.
"""

import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, Final
from uuid import UUID, uuid5

from sqlmodel import Session

from consult import db, objects
from consult.errors import BarazaError, NotFound
from consult.field import keeping, media, uploads
from consult.field.operations import Kind
from consult.tables.field import RecordingRow, StoredObjectRow
from consult.tables.rounds import RoundRow
from consult.tables.workshops import TranscriptRow, UtteranceRow, WorkshopRow
from consult.workshops import consents

LARGEST: Final = 600_000_000
"""Bytes of one file: ten hours of an ordinary recorder."""
PIECE: Final = 256 * 1024
LONGEST_SHIFT: Final = 24 * 3600.0
_ENTITY: Final = "recording:"
_A_MOMENT: Final = 1.0
"""By how much a clock may stand before the beginning of a recording and mean its beginning."""


class NotAgreed(BarazaError):
    """Nobody said that those who came agreed to be recorded."""

    def __init__(self, workshop: WorkshopRow) -> None:
        super().__init__(
            f"It is not on record that those who came to {workshop.place} agreed to be recorded, so no "
            "recording is taken in. If they did agree, write down their consent first, then bring it again."
        )


class NoSound(BarazaError):
    """A file that is no sound, or of a kind that no browser plays."""


class NoTimes(BarazaError):
    """An utterance without a time cannot say where a transcript's clock stands."""

    def __init__(self) -> None:
        super().__init__(
            "This utterance has no time of its own, so the transcript cannot be laid beside the recording "
            "by it. Bring in a transcript with times."
        )


@dataclass(frozen=True)
class Track:
    """A recording as it can be heard: the stretches that have come, up to the first that has not."""

    row: RecordingRow
    parts: tuple[tuple[UUID, int], ...]
    media_type: str

    @property
    def id(self) -> str:
        """What the recording is called in addresses."""
        return self.row.entity.removeprefix(_ENTITY)

    @property
    def size(self) -> int:
        """Bytes that can be heard."""
        return sum(size for _, size in self.parts)

    @property
    def missing(self) -> int:
        """Stretches that are still on the telephone, or after one that is."""
        return len(self.row.parts) - len(self.parts)

    @property
    def is_kept(self) -> bool:
        """Whether there is anything to hear."""
        return self.row.erased_at is None and bool(self.parts)


@dataclass(frozen=True)
class Tied:
    """Where something was said: in which recording, and at which of its seconds."""

    recording: str
    second: float


# --- acts


def bring_in(
    workshop_id: UUID, round_id: UUID, file: IO[bytes], title: str, *, now: datetime
) -> tuple[str, bool]:
    """Keep a file of sound as a recording; its name in addresses, and False when it was here before.

    Call it outside any transaction: the file goes to the object store piece by piece.
    Raises NotAgreed, NoSound, ObjectsAway.
    """
    with db.reading() as session:
        workshop = session.get_one(WorkshopRow, workshop_id)
        if not consents.allows(session, workshop, "audio"):
            raise NotAgreed(workshop)
    media_type, length = sound_in(file)
    sha256 = uploads.keep_file(workshop_id, file, media_type, now=now)
    entity = f"{_ENTITY}{uuid5(workshop_id, sha256)}"
    fields: dict[str, Any] = {
        "title": title.strip()[:200],
        "media_type": media_type,
        "part:0000": {"sha256": sha256, "ms": round(length * 1000)},
    }
    with db.transaction() as session:
        workshop, round_ = session.get_one(WorkshopRow, workshop_id), session.get_one(RoundRow, round_id)
        known = session.get(RecordingRow, (workshop_id, entity))
        if known is not None and not known.removed:
            return entity.removeprefix(_ENTITY), False
        if known is not None:
            fields["removed"] = False
        keeping.put(session, round_, workshop, Kind.RECORDING, entity, fields, now=now)
    return entity.removeprefix(_ENTITY), True


def tie(session: Session, workshop: WorkshopRow, transcript_id: UUID, recording: str, shift: float) -> None:
    """Lay a transcript beside a recording that began `shift` seconds before the transcript's clock.

    An empty recording takes it away from the one it lay beside. Raises NotFound.
    """
    transcript = session.get(TranscriptRow, transcript_id)
    if transcript is None or transcript.workshop_id != workshop.id:
        raise NotFound("There is no such transcript at this workshop.")
    entity = recording_of(session, workshop, recording).entity if recording else ""
    transcript.recording = entity
    transcript.shift = max(-LONGEST_SHIFT, min(round(shift, 2), LONGEST_SHIFT)) if entity else 0
    session.add(transcript)
    session.flush()


def set_now(
    session: Session, workshop: WorkshopRow, utterance_id: UUID, recording: str, second: float
) -> float:
    """Lay the transcript of an utterance so that it is said at this second of the recording; the shift.

    Raises NotFound, NoTimes.
    """
    utterance = session.get(UtteranceRow, utterance_id)
    if utterance is None:
        raise NotFound("There is no such utterance at this workshop.")
    if utterance.start is None:
        raise NoTimes
    shift = round(second - utterance.start, 2)
    tie(session, workshop, utterance.transcript_id, recording, shift)
    return shift


def verify(session: Session, workshop: WorkshopRow, recording: str, *, now: datetime) -> bool:
    """Note that somebody checked what was written down of a recording; False when it was noted before."""
    row = recording_of(session, workshop, recording)
    if row.verified_at is not None:
        return False
    row.verified_at = now
    session.add(row)
    session.flush()
    return True


def unverify(session: Session, workshop: WorkshopRow, recording: str) -> bool:
    """Take that back while the recording is still there; False when there is nothing to take back."""
    row = recording_of(session, workshop, recording)
    if row.verified_at is None or row.erased_at is not None:
        return False
    row.verified_at = None
    session.add(row)
    session.flush()
    return True


# --- finding


def recording_of(session: Session, workshop: WorkshopRow, recording: str) -> RecordingRow:
    """The recording of this name in addresses. Raises NotFound."""
    row = session.get(RecordingRow, (workshop.id, f"{_ENTITY}{recording}"))
    if row is None or row.removed:
        raise NotFound("There is no such recording at this workshop.")
    return row


def track(session: Session, row: RecordingRow) -> Track:
    """What can be heard of a recording."""
    parts = []
    for stored, _part in media.stretches(session, row):
        if stored is None or stored.sealed_key is None:
            break
        parts.append((stored.id, stored.size))
    return Track(row, tuple(parts), row.media_type)


def heard(found: Track, start: int, end: int) -> Iterator[bytes]:
    """The bytes of a recording from `start` up to `end`, piece by piece. Raises ObjectGone, ObjectsAway."""
    place = 0
    for id_, size in found.parts:
        first, last = max(start - place, 0), min(end - place, size)
        place += size
        while first < last:
            till = min(first + PIECE, last)
            with db.reading() as session:
                yield objects.read(session, session.get_one(StoredObjectRow, id_), first, till)
            first = till


def tied(transcript: TranscriptRow, utterance: UtteranceRow) -> Tied | None:
    """Where an utterance stands on tape; None where it has no time, or was said before the recorder ran."""
    if utterance.start is None:
        return None
    if utterance.recording:
        return Tied(utterance.recording.removeprefix(_ENTITY), utterance.start)
    if not transcript.recording:
        return None
    second = round(utterance.start + transcript.shift, 2)
    if second < -_A_MOMENT:
        return None
    return Tied(transcript.recording.removeprefix(_ENTITY), max(second, 0.0))


def kept_at(session: Session, utterance: UtteranceRow) -> Tied | None:
    """Where an utterance can be heard now; None when its recording is gone."""
    transcript = session.get_one(TranscriptRow, utterance.transcript_id)
    found = tied(transcript, utterance)
    if found is None:
        return None
    row = session.get(RecordingRow, (transcript.workshop_id, f"{_ENTITY}{found.recording}"))
    if row is None or row.removed or not runs_at(row, found.second):
        return None
    return found if track(session, row).is_kept else None


def runs_at(row: RecordingRow, second: float) -> bool:
    """Whether the recorder still ran at a second; where it told no length, it may have."""
    return not row.seconds or second <= row.seconds


# --- what a file of sound is


def sound_in(file: IO[bytes]) -> tuple[str, float]:
    """The media type of a file of sound, and its seconds, 0 where they are not told. Raises NoSound."""
    file.seek(0)
    head = file.read(64)
    file.seek(0)
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "audio/wav", _seconds_of_wave(file)
    kind = _kind(head)
    if kind:
        return kind, 0.0
    raise NoSound(_why_not(head))


def _kind(head: bytes) -> str:
    # MPEG frames begin with eleven set bits; layers II and III are sound that people keep.
    frame = head[1] & 0xE6 if len(head) > 1 and head[0] == 0xFF else 0
    if head.startswith(b"ID3") or frame in (0xE2, 0xE4):
        return "audio/mpeg"
    if head[4:8] == b"ftyp" and head[8:11] != b"3gp":
        return "audio/mp4"
    if head.startswith(b"OggS"):
        return "audio/ogg"
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "audio/webm"
    return "audio/flac" if head.startswith(b"fLaC") else ""


def _seconds_of_wave(file: IO[bytes]) -> float:
    try:
        with wave.open(file) as opened:
            return float(opened.getnframes() / max(opened.getframerate(), 1))
    except (wave.Error, EOFError):
        # Compressed inside, or cut off: a browser may still play it.
        return 0.0
    finally:
        file.seek(0)


def _why_not(head: bytes) -> str:
    if not head.strip(b"\0"):
        return "This file is empty. Choose the file that the recorder saved."
    if head.startswith((b"#!AMR", b"0&\xb2u")) or head[4:11] == b"ftyp3gp":
        return (
            "This recording is of a kind that browsers do not play (AMR, 3GP or WMA). "
            "Save it as MP3, M4A or OGG on the telephone or a computer, and bring it in again."
        )
    return (
        "This is not a recording that can be played here. Choose an MP3, M4A, OGG, WebM or WAV file. "
        "A transcript is brought in on the workshop's own page for it."
    )


def transcripts_beside(transcripts: Sequence[TranscriptRow], row: RecordingRow) -> list[TranscriptRow]:
    """The transcripts that were laid beside a recording."""
    return [one for one in transcripts if one.recording == row.entity]
