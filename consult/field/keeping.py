"""Keeping: operations from the field into the ledger, and what they come to into rows.

`store` puts each operation into the ledger as its bytes came, and knows a repeated
one; `derive` reads them back and brings the rows of the workshop up to date. The
two stand in transactions of their own: what was stored is safe even when nothing
can be made of it yet, and a duty derives what was left over.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlmodel import Session, col, select

from consult import db, intake, jobs
from consult.field import deriving, looking, notes
from consult.field.folding import folded as folded
from consult.field.ground import Ground
from consult.field.merging import Entity
from consult.field.operations import Kind, NotUnderstood, Operation, digest, read
from consult.tables.field import EntityRow, OperationRow
from consult.tables.intake import Channel, Outcome
from consult.tables.rounds import RoundRow
from consult.tables.workshops import WorkshopRow
from consult.workshops.meetings import came_late
from standards.identity import new_id

log = structlog.get_logger()

SOURCE = "field"
OVERLAP = timedelta(minutes=2)
"""How far back a device is told again what others did: a commit may become visible late."""
PERSONAL = ("name", "contact", "witness")
"""Fields that name somebody; they are told to no device."""
TAKEN_AT_ONCE = 25
"""Notes that become comments in one transaction: nobody else who writes should wait long."""
DESK = str(UUID(int=0))
"""The device that speaks when somebody decides at the desk."""


class State(StrEnum):
    """What became of an operation that a device sent."""

    FRESH = "fresh"
    KNOWN = "known"
    CLASH = "clash"
    ASIDE = "aside"


@dataclass(frozen=True)
class Kept:
    """An operation is safe with us; `said` is why it was set aside."""

    hash: str
    state: State
    said: str = ""


@dataclass(frozen=True)
class Told:
    """What others did: operations as they were written, how far one got, and whether there is more."""

    operations: list[str]
    cursor: str
    more: bool


# --- storing


def store(
    session: Session, round_: RoundRow, workshop: WorkshopRow, written: Sequence[str], *, now: datetime
) -> list[Kept]:
    """Put operations, as the device wrote them, into the ledger; each is durable with the commit.

    The same bytes again change nothing. The same id in other words is kept
    beside the first, for a person. What cannot be understood is set aside, never lost.
    """
    # Whoever derives meanwhile must not take these for derived.
    session.refresh(workshop, with_for_update=True)
    kept: list[Kept] = []
    arrivals = []
    understood: list[Operation | NotUnderstood] = []
    for one in written:
        found = _understood(workshop, one)
        understood.append(found)
        name = found.id if isinstance(found, Operation) else "?"
        arrivals.append(
            (
                intake.Arrival(
                    Channel.WORKSHOP,
                    SOURCE,
                    f"{workshop.id}:{name}:{digest(one)}",
                    one.encode("utf-8", "surrogatepass"),
                    round_id=round_.id,
                ),
                now,
            )
        )
    known = _known_ids(session, workshop, [one.id for one in understood if isinstance(one, Operation)])
    commands: list[UUID] = []
    for one, found, recorded in zip(written, understood, intake.record_all(session, arrivals), strict=True):
        if isinstance(found, NotUnderstood):
            kept.append(Kept(digest(one), State.ASIDE, str(found)))
            if recorded.fresh:
                intake.mark(
                    session, recorded.id, Outcome.SET_ASIDE, reason=f"from the field: {found}", now=now
                )
            continue
        if not recorded.fresh:
            kept.append(Kept(found.hash, State.KNOWN))
            continue
        kept.append(Kept(found.hash, State.CLASH if found.id in known else State.FRESH))
        known.add(found.id)
        session.add(_row(found, workshop, recorded.id, late=came_late(round_, now), now=now))
        if not found.has_words:
            commands.append(recorded.id)
    if commands:
        intake.mark_all(session, commands, Outcome.COMMAND, now=now)
    if any(one.state in (State.FRESH, State.CLASH) for one in kept):
        workshop.stale_since = min(filter(None, (workshop.stale_since, now)))
        session.add(workshop)
    session.flush()
    return kept


def _understood(workshop: WorkshopRow, written: str) -> Operation | NotUnderstood:
    try:
        found = read(written)
    except NotUnderstood as refusal:
        return refusal
    if found.workshop != workshop.id:
        return NotUnderstood("It belongs to another workshop.")
    return found


def _known_ids(session: Session, workshop: WorkshopRow, ids: Sequence[UUID]) -> set[UUID]:
    found = session.exec(select(OperationRow.id).where(col(OperationRow.id).in_(list(ids)))).all()
    return set(found)


def _row(
    found: Operation, workshop: WorkshopRow, record_id: UUID, *, late: bool, now: datetime
) -> OperationRow:
    return OperationRow(
        id=found.id,
        hash=found.hash,
        record_id=record_id,
        workshop_id=workshop.id,
        device=found.device,
        counter=found.counter,
        kind=found.kind.value,
        entity=found.entity,
        field=found.field,
        at=found.at,
        received_at=now,
        late=late,
    )


# --- deriving


def derive(session: Session, round_: RoundRow, workshop_id: UUID, *, now: datetime) -> WorkshopRow:
    """Bring the rows of a workshop up to date with the operations that have come since last time.

    Once the meeting is closed, notes on clauses become comments, a few at a time; while more
    wait, the workshop stays stale.
    """
    workshop = session.get_one(WorkshopRow, workshop_id, with_for_update=True, populate_existing=True)
    if workshop.stale_since is None:
        return workshop
    fresh = _fresh(session, workshop.id, workshop.stale_since)
    entities = folded(session, workshop, fresh)
    # First what devices differ on: nothing is decided from that below.
    for entity in entities:
        _note_entity(session, workshop, entity, now)
    deriving.derive_all(Ground(session, round_, workshop, now, fresh), entities)
    taken: list[UUID] = []
    if workshop.finished_at is not None:
        taken = notes.take(session, round_, workshop, by=SOURCE, most=TAKEN_AT_ONCE, now=now)
    # Of what had come until now nothing is left to derive, only notes to be taken.
    workshop.stale_since = now + timedelta(microseconds=1) if len(taken) == TAKEN_AT_ONCE else None
    session.add(workshop)
    session.flush()
    return workshop


def _fresh(session: Session, workshop_id: UUID, since_: datetime) -> dict[str, frozenset[str]]:
    """The fields that operations have come on since then, by entity."""
    rows = session.exec(
        select(OperationRow.entity, OperationRow.field)
        .where(OperationRow.workshop_id == workshop_id, OperationRow.received_at >= since_)
        .distinct()
    ).all()
    found: dict[str, set[str]] = {}
    for entity, field in rows:
        found.setdefault(entity, set()).add(field)
    return {entity: frozenset(fields) for entity, fields in found.items()}


def bring_up_to_date(round_id: UUID, workshop_id: UUID, *, now: datetime) -> None:
    """Derive in transactions of its own until nothing waits."""
    while True:
        with db.transaction() as session:
            if derive(session, session.get_one(RoundRow, round_id), workshop_id, now=now).stale_since is None:
                return


def _note_entity(session: Session, workshop: WorkshopRow, entity: Entity, now: datetime) -> None:
    row = session.get(EntityRow, (workshop.id, entity.key))
    if row is None:
        row = EntityRow(workshop_id=workshop.id, entity=entity.key, kind=entity.kind.value, changed_at=now)
    row.conflicts, row.clash = list(entity.conflicts), bool(looking.clashing(entity))
    row.removed, row.changed_at = entity.is_removed, now
    session.add(row)
    session.flush()


@jobs.duty(every=60)
def derive_what_waits() -> None:
    """Once a minute: derive what was stored while something kept it from being derived."""
    with db.reading() as reading:
        before = datetime.now(UTC) - timedelta(seconds=30)
        waiting = reading.exec(
            select(WorkshopRow.id, WorkshopRow.round_id).where(col(WorkshopRow.stale_since) < before)
        ).all()
    for workshop_id, round_id in waiting:
        try:
            bring_up_to_date(round_id, workshop_id, now=datetime.now(UTC))
        except Exception as error:
            log.error("operations could not be derived", workshop=str(workshop_id), exc_info=error)


# --- what others did, and what a person decides


def since(
    session: Session, workshop: WorkshopRow, cursor: str, *, but: str, now: datetime, most: int = 200
) -> Told:
    """Operations of other devices received since a cursor ("" for all), as they were written.

    `but` is the device that asks. A repeated one harms nothing, so the last two
    minutes are told again. Names and contacts stay here: no other device needs them.
    """
    moment, after = _read_cursor(cursor)
    query = (
        select(OperationRow.record_id, OperationRow.received_at)
        .where(
            OperationRow.workshop_id == workshop.id,
            OperationRow.device != but,
            col(OperationRow.field).not_in(PERSONAL),
        )
        .order_by(col(OperationRow.received_at), col(OperationRow.record_id))
        .limit(most)
    )
    if moment is not None:
        later = col(OperationRow.received_at) > moment
        same = sa.and_(col(OperationRow.received_at) == moment, col(OperationRow.record_id) > after)
        query = query.where(sa.or_(later, same))
    rows = session.exec(query).all()
    payloads = intake.open_payloads(session, [record_id for record_id, _ in rows])
    told = [payloads[record_id].decode() for record_id, _ in rows if record_id in payloads]
    if len(rows) == most:
        last_id, last = rows[-1]
        return Told(told, f"{last.isoformat()} {last_id}", more=True)
    return Told(told, f"{(now - OVERLAP).isoformat()} {UUID(int=0)}", more=False)


def _read_cursor(cursor: str) -> tuple[datetime | None, UUID]:
    """The moment and record a cursor names; nothing where it is none of ours, so that all is told again."""
    written, _, after = cursor.partition(" ")
    try:
        moment, id_ = datetime.fromisoformat(written), UUID(after)
        return moment.astimezone(UTC) if moment.tzinfo else None, id_
    except (ValueError, OverflowError):
        return None, UUID(int=0)


def settle(
    session: Session,
    round_: RoundRow,
    workshop: WorkshopRow,
    entity: Entity,
    field: str,
    value: Any,
    *,
    now: datetime,
) -> Kept:
    """Decide what a field is, in place of all that stand side by side; the decision is an operation too.

    Raises NotUnderstood.
    """
    written = _at_desk(workshop, entity.kind, entity.key, entity, field, value, now)
    read(written)
    kept = store(session, round_, workshop, [written], now=now)[0]
    derive(session, round_, workshop.id, now=now)
    return kept


def put(
    session: Session,
    round_: RoundRow,
    workshop: WorkshopRow,
    kind: Kind,
    key: str,
    fields: Mapping[str, Any],
    *,
    again: bool = False,
    now: datetime,
) -> list[Kept]:
    """What somebody at the desk says of one thing, as operations; a field that is so already stays untouched.

    `again` says it all the same, where the rows were changed by another way since.
    Raises NotUnderstood, and keeps nothing then.
    """
    known = next(iter(folded(session, workshop, [key])), None)
    written = []
    for field, value in fields.items():
        said = known.fields.get(field) if known else None
        if again or said is None or said.is_conflict or said.value != value:
            written.append(_at_desk(workshop, kind, key, known, field, value, now))
    for one in written:
        read(one)
    kept = store(session, round_, workshop, written, now=now)
    derive(session, round_, workshop.id, now=now)
    return kept


def _at_desk(
    workshop: WorkshopRow,
    kind: Kind,
    key: str,
    known: Entity | None,
    field: str,
    value: Any,
    now: datetime,
) -> str:
    """One operation of the desk, in place of all that stands in a field."""
    before = known.fields.get(field) if known else None
    return json.dumps(
        {
            "id": str(new_id()),
            "device": DESK,
            "counter": 1 + max((one.counter for one in known.operations), default=0) if known else 1,
            "workshop": str(workshop.id),
            "kind": kind.value,
            "entity": key,
            "field": field,
            "value": value,
            "over": [str(head.id) for head in before.heads] if before else [],
            "at": now.isoformat(),
        },
        ensure_ascii=False,
    )
