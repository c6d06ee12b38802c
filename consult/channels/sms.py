"""Conversations by text message: what waits in the ledger is read, done and answered.

A record is read in a transaction of its own, oldest first, and ends with exactly
one outcome. Nobody ever gets an error: what is not understood becomes a comment
that a person places. A record that cannot be read stays waiting and is tried
again; its neighbours are read meanwhile.

Known of a conversation is only what the contact point keeps: what we asked last,
about which clause, and whether they left.
"""

import hashlib
import queue
import re
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlmodel import Session

from consult import db, intake, jobs, participants
from consult.channels import conversing, transports
from consult.channels.understanding import says_stop
from consult.conversations import care
from consult.tables.intake import Channel, Outcome, RecordRow

log = structlog.get_logger()

BATCH = 50
# A record that fails is tried again after this long, twice as long each time, an hour at most.
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=5), timedelta(hours=1)
# Texts that arrive by the dozen are all kept before any is read, but nobody waits longer than this.
RUSH, RUSH_SECONDS, LONGEST_RUSH_SECONDS = 16, 0.5, 20.0
# Machines that read tell their clocks differently; older records are looked for now and then.
MARGIN, LOOK_BACK_EVERY = timedelta(minutes=10), timedelta(minutes=10)
LETTERS_OF_A_SENTENCE = 12
# A text no longer than this may be a STOP, which is honoured before anything else is read.
LONGEST_STOP = 60
stops_at_once = True
"""Whether the process that keeps a STOP reads it there and then; tests that hold the clock say no."""
_ADVISORY = 7222


class Reading:
    """What this process remembers between two readings; all of it can be lost."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.read_up_to: datetime | None = None
        self.looked_back_at: datetime | None = None
        self.failed: dict[UUID, tuple[int, datetime]] = {}

    def since(self, now: datetime) -> datetime | None:
        """From when on records are looked for; None for all of them."""
        if self.looked_back_at is None or now - self.looked_back_at > LOOK_BACK_EVERY:
            self.looked_back_at = now
            self._forget_settled(now)
            return None
        return self.read_up_to and self.read_up_to - MARGIN

    def is_resting(self, record_id: UUID, now: datetime) -> bool:
        """Whether a record failed so shortly ago that it is not tried yet."""
        return record_id in self.failed and now < self.failed[record_id][1]

    def _forget_settled(self, now: datetime) -> None:
        # Parts that were read with their whole are never read again by themselves.
        self.failed = {id_: one for id_, one in self.failed.items() if now - one[1] < LONGEST_RETRY}

    def note_failure(self, record_id: UUID, now: datetime) -> int:
        """Let a record rest. Returns how often it has failed."""
        times = self.failed.get(record_id, (0, now))[0] + 1
        self.failed[record_id] = (times, now + min(FIRST_RETRY * 2 ** (times - 1), LONGEST_RETRY))
        return times


_reading = Reading()
_arrived = threading.Event()
_arrivals: deque[float] = deque(maxlen=RUSH)
_urgent: queue.SimpleQueue[UUID] = queue.SimpleQueue()
_rush_began: float | None = None
_reader: threading.Thread | None = None
_stopper: threading.Thread | None = None


def wake(record_id: UUID, words: str = "") -> None:
    """Say that a text has just been kept: where a worker lives in this process it is read at once.

    A STOP is read here and now, worker or not, before whatever else waits and
    however many texts are arriving.
    """
    global _stopper
    if stops_at_once and len(words) <= LONGEST_STOP and says_stop(words):
        _urgent.put(record_id)
        if _stopper is None or not _stopper.is_alive():
            _stopper = threading.Thread(target=_honour_stops, name="stopping", daemon=True)
            _stopper.start()
    _arrivals.append(time.monotonic())
    _arrived.set()


@jobs.duty(every=0.5)
def read_new() -> None:
    """Read what waits, here and, from now on, as soon as something is kept in this process."""
    global _reader
    if _reader is None or not _reader.is_alive():
        _reader = threading.Thread(target=_read_at_once, name="reading", daemon=True)
        _reader.start()
    read_waiting(gives_way=_gives_way)


def read_waiting(
    *,
    now: datetime | None = None,
    reading: Reading | None = None,
    gives_way: Callable[[], bool] = lambda: False,
) -> int:
    """Read every text that waits, oldest first, until `gives_way`. Returns how many were read."""
    reading = reading or _reading
    count = 0
    with reading.lock:
        started = now or datetime.now(UTC)
        since = reading.since(started)
        while True:
            moment = now or datetime.now(UTC)
            with db.reading() as session:
                found = intake.waiting(
                    session, channel=Channel.SMS, limit=BATCH + len(reading.failed), since=since
                )
            waiting = [row for row in found if not reading.is_resting(row.id, moment)]
            for row in waiting:
                if gives_way():
                    return count
                count += _read_one(row.id, now or datetime.now(UTC), reading)
            if found:
                reading.read_up_to = max(row.received_at for row in found)
            if len(waiting) < BATCH:
                return count


def _read_one(record_id: UUID, now: datetime, reading: Reading) -> bool:
    try:
        with db.transaction() as session:
            # One reader at a time: what somebody says next depends on what they said before.
            if session.get_bind().dialect.name == "postgresql":
                session.execute(sa.text(f"SELECT pg_advisory_xact_lock({_ADVISORY})"))
            record = session.get_one(RecordRow, record_id)
            if intake.outcome_of(session, record_id) is None:
                waits_until = read(session, record, now=now)
            else:
                waits_until = None
    except Exception as error:
        # Whatever is wrong with one record must not keep the others waiting.
        times = reading.note_failure(record_id, now)
        log.error("text not read", record=str(record_id), times=times, exc_info=error)
        return False
    if waits_until is not None:
        reading.failed[record_id] = (0, waits_until)
        return False
    reading.failed.pop(record_id, None)
    return True


def read(session: Session, record: RecordRow, *, now: datetime) -> datetime | None:
    """Do what one text says, answer it, and note what the record became.

    Returns until when a part of a longer text waits for the others, if it does.
    """
    payload = intake.open_payload(session, record.id)
    if payload is None:
        intake.mark(session, record.id, Outcome.SET_ASIDE, reason="erased before it was read", now=now)
        return None
    heard = transports.READERS[record.source](payload, record.content_type)
    address = address_of(heard.sender)
    if address is None:
        intake.mark(
            session, record.id, Outcome.SET_ASIDE, reason="came from no number that can be answered", now=now
        )
        care.look(session, record, heard, now=now)
        return None
    # Words said twice are the same words: only their keyed look-up stays, and only for a day.
    sameness = hashlib.sha256(_gist(heard.words).encode("utf-8", "replace")).hexdigest()
    waits_until = conversing.answer(session, record, heard, address, sameness=sameness, now=now)
    care.look(session, record, heard, now=now)
    return waits_until


def _gist(words: str) -> str:
    """What stays the same when a machine sends its text again: without numbers, codes and times.

    A short text is its numbers; there they count.
    """
    plain = " ".join(words.casefold().split())
    told = " ".join(word for word in plain.split() if not any(one.isdigit() for one in word))
    return told if sum(one.isalpha() for one in told) >= LETTERS_OF_A_SENTENCE else plain


def address_of(sender: str) -> str | None:
    """The number to answer, as the network wrote it; None for names, short codes and nothing."""
    try:
        return participants.as_number(sender)
    except participants.NoNumber:
        return sender if re.fullmatch(r"\+[1-9]\d{6,14}", sender) else None


def _read_at_once() -> None:
    while True:
        _arrived.wait()
        _arrived.clear()
        while _gives_way():
            time.sleep(RUSH_SECONDS / 2)
        try:
            read_waiting(gives_way=_gives_way)
        except Exception as error:
            # The duty comes round again in half a second.
            log.error("texts not read", exc_info=error)


def _honour_stops() -> None:
    """Read the texts that say STOP, each as soon as it comes; others may be read meanwhile."""
    while True:
        _read_one(_urgent.get(), datetime.now(UTC), _reading)


def _gives_way() -> bool:
    """Whether so many texts arrive that keeping them comes before reading them."""
    global _rush_began
    moment = time.monotonic()
    if len(_arrivals) < RUSH or moment - _arrivals[0] > RUSH_SECONDS:
        _rush_began = None
        return False
    _rush_began = _rush_began or moment
    return moment - _rush_began < LONGEST_RUSH_SECONDS
