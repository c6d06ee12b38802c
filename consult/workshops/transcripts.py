"""Transcripts brought in: the file into the ledger first, then a look, then its utterances.

The file lies in the ledger before it is read; nothing else is kept until somebody
has seen what was understood and says yes. The same file a second time changes
nothing and says so. Words are kept with names and numbers masked; the original
is the payload.
"""

import hashlib
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from io import BytesIO
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from lxml import etree
from sqlmodel import Session, col, select

from consult import intake, masking
from consult.channels.tongues import written_in
from consult.channels.transcripts import NoUtterances, Problem, TranscriptRefused, cut, join, parse
from consult.channels.transcripts import Utterance as Cue
from consult.channels.transcripts.decoding import decoded
from consult.errors import BarazaError, NotFound
from consult.intake import Recorded
from consult.tables.intake import Channel, Outcome, RecordOutcomeRow, RecordRow
from consult.tables.workshops import TranscriptRow, UtteranceRow, UtteranceState, WorkshopRow
from consult.workshops.meetings import Consent, consent_of
from consult.workshops.tongues_heard import Unset, unset
from consult.workshops.voices import labels, names_to_mask
from standards.identity import new_id

SOURCE = "workshop"
LARGEST = 20_000_000
WORKABLE = 2000
"""About two minutes of speech: what one voice says without a pause is joined up to here."""
STEP = 1000
"""Room between the places of two utterances, so that one can be split without moving the rest."""
ONE_VOICE = "one voice"
NOTES = "notes"
"""The format of what was noted in the field, note by note, without a file."""
_KINDS: Final = {
    "vtt": "text/vtt",
    "srt": "application/x-subrip",
    "json": "application/json",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xml": "application/akn+xml",
    "txt": "text/plain",
}
_WORD: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


class WordsRefused(BarazaError):
    """Those who came did not want their words written down."""

    def __init__(self, workshop: WorkshopRow) -> None:
        super().__init__(
            f"Those who came to {workshop.place} did not agree to their words being kept, so no transcript "
            "is taken in. Their number still counts. If this is a mistake, correct the consent first."
        )
        self.workshop = workshop


class FileTooLarge(BarazaError):
    """More than any transcript holds; most likely a recording."""

    def __init__(self, size: int) -> None:
        super().__init__(
            f"This file has {size / 1e6:.0f} MB; a transcript has at most {LARGEST // 1_000_000}. "
            "Is it the recording? Bring in what was written down of it."
        )


class CannotRead(BarazaError):
    """A file in which nobody is found speaking; `as_one_voice` says whether it can come in as plain text."""

    def __init__(
        self, reason: str, problems: tuple[Problem, ...] = (), *, as_one_voice: bool = False
    ) -> None:
        super().__init__(reason)
        self.problems, self.as_one_voice = problems, as_one_voice


@dataclass(frozen=True)
class Voice:
    """A speaker of a transcript: the desk's word for them, and the label in the file."""

    speaker: str
    name: str
    utterances: int
    seconds: float


@dataclass(frozen=True)
class Heard:
    """A transcript as it was understood: neighbouring cues of one speaker joined, empty ones left out."""

    cues: tuple[Cue, ...]
    problems: tuple[Problem, ...]
    format: str
    read: int
    empty: int

    @cached_property
    def shown(self) -> dict[str, str]:
        """The desk's word for each speaker of the file."""
        return labels(cue.speaker for cue in self.cues)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What is masked in the words."""
        return names_to_mask(cue.speaker for cue in self.cues)

    @cached_property
    def voices(self) -> list[Voice]:
        """Who speaks, in order of appearance."""
        turns = Counter(cue.speaker for cue in self.cues if cue.speaker)
        spoken: Counter[str] = Counter()
        for cue in self.cues:
            if cue.speaker and cue.start is not None and cue.end is not None:
                spoken[cue.speaker] += max(round(cue.end - cue.start), 0)
        return [Voice(shown, name, turns[name], spoken[name]) for name, shown in self.shown.items()]

    @property
    def minutes(self) -> float | None:
        """How long the tape runs, in minutes; None without times."""
        ends = [end for cue in self.cues if (end := cue.end or cue.start) is not None]
        return max(ends) / 60 if ends else None

    def unset_among(self, languages: Iterable[str]) -> Unset | None:
        """A language that is spoken here and that nobody set."""
        return unset([cue.text for cue in self.cues], languages)

    def words_of(self, cue: Cue) -> str:
        """What somebody said, as the desk may read it."""
        return masking.masked(cue.text.replace("\0", ""), self.names)


def receive(session: Session, workshop: WorkshopRow, content: bytes, name: str, *, now: datetime) -> Recorded:
    """Put a transcript's file into the ledger; `fresh` is False when it lay there already.

    Raises WordsRefused, FileTooLarge.
    """
    if consent_of(workshop)[0] is Consent.REFUSED:
        raise WordsRefused(workshop)
    if len(content) > LARGEST:
        raise FileTooLarge(len(content))
    return intake.record(
        session,
        intake.Arrival(
            Channel.WORKSHOP,
            SOURCE,
            f"{workshop.id}:{hashlib.sha256(content).hexdigest()}",
            content,
            content_type=_kind_of(name),
            round_id=workshop.round_id,
        ),
        now=now,
    )


def _kind_of(name: str) -> str:
    return _KINDS.get(name.lower().rpartition(".")[2], _KINDS["txt"])


def _name_for(record: RecordRow) -> str:
    ending = next((ending for ending, kind in _KINDS.items() if kind == record.content_type), "txt")
    return f"transcript.{ending}"


def record_of(session: Session, workshop: WorkshopRow, record_id: UUID) -> RecordRow:
    """The ledger's record of a file brought to this workshop. Raises NotFound."""
    row = session.get(RecordRow, record_id)
    if row is None or row.source != SOURCE or not row.provider_id.startswith(f"{workshop.id}:"):
        raise NotFound("There is no such transcript at this workshop.")
    return row


def hear(session: Session, record: RecordRow, *, one_voice: bool = False) -> Heard:
    """Read a file out of the ledger; `one_voice` takes its paragraphs without asking who speaks.

    Raises CannotRead.
    """
    content = intake.open_payload(session, record.id)
    if content is None:
        raise CannotRead("This file was erased. Bring it in again if it is to be worked on.")
    return understood(content, _name_for(record), one_voice=one_voice)


def understood(content: bytes, name: str, *, one_voice: bool = False) -> Heard:
    """What a file holds: nothing is kept. Raises CannotRead."""
    if one_voice:
        return _heard(*_paragraphs(content, name), ONE_VOICE)
    try:
        transcript = parse(content, name)
    except TranscriptRefused as refused:
        alone = isinstance(refused, NoUtterances) and _is_prose(content, name)
        raise CannotRead(_kindly(refused), refused.problems, as_one_voice=alone) from refused
    return _heard(transcript.utterances, transcript.problems, transcript.format)


def _heard(cues: tuple[Cue, ...], problems: tuple[Problem, ...], format_: str) -> Heard:
    said = [cue for cue in cues if cue.text.strip()]
    if not said:
        raise CannotRead(
            "There are no words in this file, only times. Either the recording has no speech, or none was "
            "recognised. Listen to the recording, and bring in what was said as text.",
            problems,
        )
    pieces, cut_up = cut(said, WORKABLE)
    together = join(pieces, longest=WORKABLE)
    problems = tuple(sorted([*problems, *cut_up], key=lambda problem: problem.line))
    return Heard(together, problems, format_, len(cues), len(cues) - len(said))


def _kindly(refused: TranscriptRefused) -> str:
    reason = refused.reason.replace("`", "")
    return f"{reason[:1].upper()}{reason[1:]}."


def _is_prose(content: bytes, name: str) -> bool:
    ending = name.lower().rpartition(".")[2]
    cued = ending in ("vtt", "srt", "json", "xml") or content.lstrip().startswith(
        (b"WEBVTT", b"\xef\xbb\xbfWEBVTT", b"{")
    )
    return bool(content.strip()) and not cued


def _paragraphs(content: bytes, name: str) -> tuple[tuple[Cue, ...], tuple[Problem, ...]]:
    """Text without speakers: cut at empty lines, or at every line where there are none."""
    if content.startswith(b"PK\x03\x04"):
        words_of = enumerate(_word_paragraphs(content), 1)
        return tuple(Cue(None, None, None, words, line) for line, words in words_of), ()
    try:
        text, problems = decoded(content, name)
    except TranscriptRefused as refused:
        raise CannotRead(_kindly(refused)) from refused
    lines = re.split(r"\r\n|\r|\n", text.strip("\r\n"))
    apart = any(not line.strip() for line in lines)
    found: list[Cue] = []
    open_ = False
    for number, line in enumerate(lines, 1):
        words = " ".join(line.split())
        if words and open_ and apart:
            last = found.pop()
            found.append(Cue(None, None, None, f"{last.text} {words}", last.line))
        elif words:
            found.append(Cue(None, None, None, words, number))
        open_ = bool(words)
    return tuple(found), tuple(problems)


def _word_paragraphs(content: bytes) -> list[str]:
    # Only reached after `parse` has found the file whole and its text of a size one can read.
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            xml = archive.read("word/document.xml")
        body = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
    except (zipfile.BadZipFile, KeyError, etree.XMLSyntaxError) as error:
        raise CannotRead("This is not a whole Word file. Save it again as .docx.") from error
    paragraphs = ("".join(text.text or "" for text in p.iter(f"{_WORD}t")) for p in body.iter(f"{_WORD}p"))
    return [" ".join(words.split()) for words in paragraphs if words.strip()]


def keep(
    session: Session,
    workshop: WorkshopRow,
    record: RecordRow,
    heard: Heard,
    *,
    name: str,
    categories: Mapping[str, str] | None = None,
    language: str = "",
    now: datetime,
) -> tuple[TranscriptRow, bool]:
    """Keep the utterances of a file that was looked at; False when they were kept before.

    `categories` says by the desk's word for a speaker which category they are of;
    `language` is one that nobody had set for the workshop and that is spoken here.
    """
    known = session.exec(select(TranscriptRow).where(TranscriptRow.record_id == record.id)).first()
    if known is not None:
        return known, False
    row = TranscriptRow(
        workshop_id=workshop.id,
        record_id=record.id,
        name=name[:200] or _name_for(record),
        format=heard.format,
        problems=[[problem.line, problem.message] for problem in heard.problems],
        created_at=now,
    )
    session.add(row)
    session.flush()
    rows = _rows(row.id, heard, categories or {})
    if language:
        workshop.languages = list(dict.fromkeys([*workshop.languages, language]))
        session.add(workshop)
        for one in rows:
            one["language"] = language if written_in(one["words"]) in (None, language) else ""
    # On the table itself: over the class, rows with and without a name would be statements apart.
    session.execute(sa.insert(UtteranceRow.__table__), rows)  # type: ignore[attr-defined]
    # It may have been set aside before somebody thought better of it.
    wait_again(session, record.id)
    return row, True


def _rows(transcript_id: UUID, heard: Heard, categories: Mapping[str, str]) -> list[dict[str, Any]]:
    rows = []
    for place, cue in enumerate(heard.cues, 1):
        speaker = heard.shown.get(cue.speaker or "", "")
        rows.append(
            {
                "id": new_id(),
                "transcript_id": transcript_id,
                "position": place * STEP,
                "speaker": speaker,
                "speaker_name": cue.speaker if cue.speaker and cue.speaker != speaker else None,
                "category": categories.get(speaker, "")[:100],
                "start": cue.start,
                "end": cue.end,
                "words": heard.words_of(cue),
                "line": cue.line,
                "lone": False,
                "state": UtteranceState.OPEN,
                "comment_id": None,
                "marks": [],
                "clauses": [],
            }
        )
    return rows


def put_aside(session: Session, record: RecordRow, reason: str, *, now: datetime) -> None:
    """Leave a file unused, with the reason; the ledger keeps it. A kept transcript stays."""
    if session.exec(select(TranscriptRow.id).where(TranscriptRow.record_id == record.id)).first() is None:
        intake.mark(session, record.id, Outcome.SET_ASIDE, reason=reason, now=now)


def wait_again(session: Session, record_id: UUID) -> None:
    """Let a record wait as though nothing had been made of it yet."""
    session.execute(sa.delete(RecordOutcomeRow).where(col(RecordOutcomeRow.record_id) == record_id))


def transcripts_of(session: Session, workshop: WorkshopRow) -> list[TranscriptRow]:
    """The transcripts of a workshop, in the order they were brought in."""
    query = select(TranscriptRow).where(TranscriptRow.workshop_id == workshop.id)
    return list(session.exec(query.order_by(col(TranscriptRow.created_at), col(TranscriptRow.id))).all())


def not_looked_at(session: Session, workshop: WorkshopRow) -> list[RecordRow]:
    """Files of a workshop that lie in the ledger and wait for somebody to look at them."""
    query = (
        select(RecordRow)
        .outerjoin(TranscriptRow, col(TranscriptRow.record_id) == RecordRow.id)
        .outerjoin(RecordOutcomeRow, col(RecordOutcomeRow.record_id) == RecordRow.id)
        .where(
            RecordRow.round_id == workshop.round_id,
            RecordRow.channel == Channel.WORKSHOP,
            RecordRow.source == SOURCE,
            col(RecordRow.provider_id).startswith(f"{workshop.id}:"),
            col(TranscriptRow.id).is_(None),
            col(RecordOutcomeRow.record_id).is_(None),
        )
        .order_by(col(RecordRow.received_at))
    )
    return list(session.exec(query).all())
