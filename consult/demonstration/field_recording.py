"""The demonstration's recording: half a minute of the evening in Katoro, tones where people speak."""

import hashlib
import io
import json
import math
import wave
from datetime import datetime
from typing import Final

from sqlmodel import Session, col, select

from consult import intake, objects
from consult.field import keeping
from consult.field.operations import Kind
from consult.field.people import entity_of
from consult.field.uploads import LIES_APART
from consult.field.uploads import SOURCE as OBJECT
from consult.tables.intake import Channel, Outcome
from consult.tables.rounds import RoundRow
from consult.tables.workshops import TranscriptRow, UtteranceRow, WorkshopRow
from consult.workshops import consents, recordings
from consult.workshops.consent_words import VERSION
from consult.workshops.consents import GIVEN, GROUP

ENTITY: Final = "recording:5f0e6b5c-6d0e-4c0b-9a55-2f6f7f0c4a11"
BEGINS: Final = 235.0
"""The second of the transcript's clock at which the recorder was switched on."""
LASTS: Final = 30
RATE: Final = 3000


def load(session: Session, round_: RoundRow, *, now: datetime) -> None:
    """Keep a recording of the workshop that was held, and lay its transcript beside it."""
    workshop = session.exec(
        select(WorkshopRow).where(WorkshopRow.round_id == round_.id, WorkshopRow.place == "Katoro")
    ).one()
    transcript = session.exec(
        select(TranscriptRow).where(
            TranscriptRow.workshop_id == workshop.id, col(TranscriptRow.record_id).is_not(None)
        )
    ).one()
    rows = session.exec(select(UtteranceRow).where(UtteranceRow.transcript_id == transcript.id)).all()
    spoken = [(row.start - BEGINS, row.end - BEGINS) for row in rows if row.start and row.end]
    content = _tones(spoken)
    sha256 = _place(session, workshop, content, now)
    if not consents.allows(session, workshop, "audio"):
        agreed = {
            "about": "audio",
            "attendee": GROUP,
            "answer": GIVEN,
            "how": "witnessed",
            "wording": VERSION,
        }
        keeping.put(session, round_, workshop, Kind.CONSENT, entity_of("audio", GROUP), agreed, now=now)
    told = {
        "title": "Katoro, clause 4.1",
        "media_type": "audio/wav",
        "part:0000": {"sha256": sha256, "ms": LASTS * 1000},
    }
    keeping.put(session, round_, workshop, Kind.RECORDING, ENTITY, told, now=now)
    recordings.tie(session, workshop, transcript.id, ENTITY.partition(":")[2], -BEGINS)


def _place(session: Session, workshop: WorkshopRow, content: bytes, now: datetime) -> str:
    """The sound into the store and its hash into the ledger; without a store the sound has yet to come."""
    sha256 = hashlib.sha256(content).hexdigest()
    about = {"workshop": str(workshop.id), "sha256": sha256, "size": len(content), "media_type": "audio/wav"}
    recorded = intake.record(
        session,
        intake.Arrival(
            Channel.WORKSHOP,
            OBJECT,
            f"{workshop.id}:{sha256}",
            json.dumps(about, sort_keys=True).encode(),
            round_id=workshop.round_id,
        ),
        now=now,
    )
    intake.mark(session, recorded.id, Outcome.SET_ASIDE, reason=LIES_APART, now=now)
    try:
        placed = objects.place(workshop.id, content)
    except objects.ObjectsAway:
        return sha256
    objects.keep(session, placed, sha256=sha256, media_type="audio/wav", record_id=recorded.id, now=now)
    return sha256


def _tones(spoken: list[tuple[float, float]]) -> bytes:
    """A WAV of half a minute: a tone that rises and falls while somebody speaks, silence between."""
    sounding = bytearray(LASTS * RATE)
    for start, end in spoken:
        for at in range(max(0, int(start * RATE)), min(len(sounding), int(end * RATE))):
            sounding[at] = 1
    samples = bytes(
        128 + int(50 * math.sin(at * 0.35) * abs(math.sin(at * 0.002))) if is_on else 128
        for at, is_on in enumerate(sounding)
    )
    content = io.BytesIO()
    with wave.open(content, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(RATE)
        sound.writeframes(samples)
    return content.getvalue()
