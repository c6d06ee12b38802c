"""Deriving in any order: however operations arrive, the rows that the desk reads come to the same."""

from datetime import timedelta
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from consult import db, ledger
from consult.tables.field import (
    AttendeeRow,
    ConsentRow,
    DotVoteRow,
    EntityRow,
    PhotoRow,
    RecordingRow,
)
from consult.tables.rounds import RoundRow
from consult.tables.workshops import AttendanceRow, TranscriptRow, UtteranceRow, UtteranceState, WorkshopRow
from consult.workshops import meetings
from consult.workshops.meetings import Meeting
from tests.consult.field.device import Device
from tests.consult.field.test_keeping import NOW, sent
from tests.consult.field.test_keeping import workshop as katoro  # noqa: F401

# What says when and in which order something came, not what it is.
NOT_COMPARED = {"id", "transcript_id", "workshop_id", "position", "line", "record_id", "group_id"} | {
    "changed_at",
    "received_at",
    "object_id",
    "kept",
    "withdrawn_at",
}
DERIVED = (
    UtteranceRow,
    AttendanceRow,
    AttendeeRow,
    ConsentRow,
    DotVoteRow,
    EntityRow,
    PhotoRow,
    RecordingRow,
)
SAYS: dict[str, list[tuple[str, list[Any]]]] = {
    "note:1": [
        ("words", ["Amina anajua.", "Maji ni mbali, Amina.", ""]),
        ("category", ["pit miners", "elders"]),
        ("attendee", ["attendee:1", "attendee:2", ""]),
        ("lone", [True, False]),
        ("marks", [["cost"], []]),
        ("removed", [True, False]),
    ],
    "note:2": [("words", ["Tumsikie Juma.", "Ndiyo."]), ("attendee", ["attendee:2"]), ("feeling", ["for"])],
    "attendee:1": [("label", ["P1"]), ("name", ["Amina Said", ""]), ("removed", [True, False])],
    "attendee:2": [("label", ["P2", "P3"]), ("name", ["Juma"]), ("category", ["elders"])],
    "attendance:elders": [("people", [4, 5]), ("women", [2, None]), ("removed", [True, False])],
    "attendance:Elders": [("people", [7])],
    "vote:1": [("question", ["Ngapi?"]), ("cell:0:elders", [1, 2]), ("dots", [3])],
    "photo:1": [("caption", ["Karatasi ya Amina"]), ("typed", ["Amina: kisima", "kisima"])],
    "recording:1": [("part:0000", [{"sha256": "a" * 64, "ms": 10}]), ("title", ["Asubuhi"])],
    "consent:group:quotes": [("answer", ["given", "refused"]), ("how", ["spoken"])],
    "consent:attendee:1:notes": [("answer", ["given", "refused", "withdrawn"])],
    "meeting": [("notes", ["Mvua."]), ("audio_kept", ["outcome", "archived"])],
}


def history(random: Random, workshop_id: Any) -> list[str]:
    """What two devices wrote of all kinds of things, each hearing of the other now and then."""
    devices = [Device(workshop_id), Device(workshop_id)]
    written: list[str] = []
    for _ in range(random.randrange(5, 25)):
        one, other = random.sample(devices, 2)
        entity = random.choice(list(SAYS))
        field, values = random.choice(SAYS[entity])
        written.append(one.sets(entity.partition(":")[0], entity, field, random.choice(values)))
        if random.random() < 0.4:
            other.hears(written[-1])
    return written


def a_workshop(first: WorkshopRow) -> WorkshopRow:
    """Another workshop of the same round."""
    with db.transaction() as session:
        round_ = session.get_one(RoundRow, first.round_id)
        meeting = Meeting(place="Katoro", held_on=NOW.date(), languages=("sw",))
        return meetings.hold(session, round_, meeting, now=NOW).workshop


def arrive(workshop: WorkshopRow, written: list[str], random: Random) -> None:
    """The operations in batches of any size, in any order, some twice."""
    arriving = [one for one in written for _ in range(random.choice([1, 1, 1, 2]))]
    random.shuffle(arriving)
    now = NOW
    while arriving:
        now += timedelta(minutes=1)
        sent(workshop, *[arriving.pop() for _ in range(min(len(arriving), random.randrange(1, 8)))], now=now)


def derived(workshop: WorkshopRow) -> dict[str, list[dict[str, Any]]]:
    """Everything derived of a workshop, without the order in which it came."""
    with db.reading() as session:
        found = {table.__tablename__: _plain(session.exec(_of(table, workshop)).all()) for table in DERIVED}
        told = session.get_one(WorkshopRow, workshop.id)
        assert told.stale_since is None
    return found | {"workshop": [{"notes": told.notes, "kept": told.audio_kept, "consent": told.consent}]}


def _of(table: Any, workshop: WorkshopRow) -> Any:
    if table is not UtteranceRow:
        return select(table).where(table.workshop_id == workshop.id)
    # What was taken away or may not be kept is passed over, or was never written down.
    here = TranscriptRow.workshop_id == workshop.id
    return select(table).join(TranscriptRow).where(here, UtteranceRow.state == UtteranceState.OPEN)


def _plain(found: Any) -> list[dict[str, Any]]:
    told = [
        {name: value for name, value in row.model_dump().items() if name not in NOT_COMPARED} for row in found
    ]
    return sorted(told, key=repr)


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.integers(0, 2**32))
def test_any_order_of_batches_gives_the_same_rows(katoro, seed):  # noqa: F811
    random = Random(seed)
    other = a_workshop(katoro)
    first = a_workshop(katoro)
    written = history(random, first.id)

    arrive(first, written, random)
    arrive(other, [one.replace(str(first.id), str(other.id)) for one in written], random)

    assert derived(first) == derived(other)
    with db.reading() as session:
        assert ledger.verify(session).faults == []
