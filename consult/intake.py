"""Intake: the ledger that everything received enters before anyone looks at it.

A payload is kept byte for byte, encrypted under a key of its own. `accept`
returns once the record is on the disk; a repeated delivery (same source and
provider id) changes nothing and says so. What became of a record is noted
afterwards, so every record is at all times one of: comment, part, command, set
aside, or waiting.
"""

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, select

from consult import db, keys
from consult.gathering import Gathering
from consult.tables.intake import (
    Channel,
    ErasureRow,
    Outcome,
    PayloadKeyRow,
    RecordOutcomeRow,
    RecordRow,
)
from standards.identity import new_id


@dataclass(frozen=True)
class Arrival:
    """Something as it came in. `provider_id` is unique within `source`."""

    channel: Channel
    source: str
    provider_id: str
    payload: bytes
    content_type: str = "application/json"
    round_id: UUID | None = None


@dataclass(frozen=True)
class Recorded:
    """Where an arrival lies in the ledger; `fresh` is False for a repeated delivery."""

    id: UUID
    fresh: bool


def record(session: Session, arrival: Arrival, *, now: datetime) -> Recorded:
    """Put an arrival into the ledger within the caller's transaction."""
    return record_all(session, [(arrival, now)])[0]


def record_all(session: Session, arrivals: Sequence[tuple[Arrival, datetime]]) -> list[Recorded]:
    """Put several arrivals into the ledger, in order, with a handful of statements."""
    return _record_on(session.connection(), arrivals)


def _record_on(connection: sa.Connection, arrivals: Sequence[tuple[Arrival, datetime]]) -> list[Recorded]:
    if not arrivals:
        return []
    rows: list[dict[str, Any]] = []
    data_keys: list[dict[str, Any]] = []
    ring = keys.ring()
    for arrival, now in arrivals:
        id_, data_key = new_id(), os.urandom(32)
        ciphertext = _encrypt(data_key, id_, arrival.payload)
        rows.append(
            {
                "id": id_,
                "round_id": arrival.round_id,
                "channel": arrival.channel,
                "source": arrival.source,
                "provider_id": arrival.provider_id[:200],
                "content_type": arrival.content_type,
                "payload": ciphertext,
                "payload_hash": hashlib.sha256(ciphertext).digest(),
                "received_at": now,
            }
        )
        data_keys.append({"record_id": id_, "sealed_key": ring.seal(data_key, _key_place(id_))})
    insert_record, insert_key = _inserts(connection.dialect.name)
    inserted = connection.execute(insert_record, rows).rowcount
    ids = {row["id"] for row in rows}
    # Nearly always all of them are new, and nothing has to be asked.
    kept = ids if inserted == len(rows) else _kept(connection, ids)
    if kept:
        connection.execute(insert_key, [row for row in data_keys if row["record_id"] in kept])
    return [
        Recorded(row["id"], True)
        if row["id"] in kept
        else Recorded(_already(connection, row["source"], row["provider_id"]), False)
        for row in rows
    ]


@cache
def _inserts(dialect: str) -> tuple[sa.Executable, sa.Executable]:
    """Both statements, built once: building them costs more than running them."""
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    record = insert(RecordRow).on_conflict_do_nothing(index_elements=["source", "provider_id"])
    return record.execution_options(preserve_rowcount=True), sa.insert(PayloadKeyRow)


def _kept(connection: sa.Connection, ids: set[UUID]) -> set[UUID]:
    id_ = RecordRow.__table__.c.id  # type: ignore[attr-defined]
    asked = list(ids)
    found: set[UUID] = set()
    for start in range(0, len(asked), 500):
        found.update(connection.execute(sa.select(id_).where(id_.in_(asked[start : start + 500]))).scalars())
    return found


def _already(connection: sa.Connection, source: str, provider_id: str) -> UUID:
    column = RecordRow.__table__.c  # type: ignore[attr-defined]
    found: UUID = connection.execute(
        sa.select(column.id).where(column.source == source, column.provider_id == provider_id)
    ).scalar_one()
    return found


def _encrypt(data_key: bytes, record_id: UUID, payload: bytes) -> bytes:
    # Each data key encrypts exactly one payload, so a fixed nonce repeats nothing.
    return AESGCM(data_key).encrypt(bytes(12), payload, record_id.bytes)


def _key_place(record_id: UUID) -> str:
    return f"payload_key.{record_id}"


def open_payload(session: Session, record_id: UUID) -> bytes | None:
    """The bytes as they came; None once they were erased."""
    row = session.get_one(RecordRow, record_id)
    key = session.get(PayloadKeyRow, record_id)
    if key is None:
        return None
    data_key = keys.ring().open(key.sealed_key, _key_place(record_id))
    return AESGCM(data_key).decrypt(bytes(12), row.payload, record_id.bytes)


def open_payloads(session: Session, record_ids: Sequence[UUID]) -> dict[UUID, bytes]:
    """The bytes of several records by id, in their order; those that were erased are left out."""
    found: dict[UUID, bytes] = {}
    ring = keys.ring()
    record, key = RecordRow.__table__.c, PayloadKeyRow.__table__.c  # type: ignore[attr-defined]
    for start in range(0, len(record_ids), 500):
        asked = list(record_ids[start : start + 500])
        rows = session.connection().execute(
            sa.select(record.id, record.payload, key.sealed_key)
            .join(PayloadKeyRow, key.record_id == record.id)
            .where(record.id.in_(asked))
        )
        opened = {
            id_: AESGCM(ring.open(sealed, _key_place(id_))).decrypt(bytes(12), payload, id_.bytes)
            for id_, payload, sealed in rows
        }
        found |= {id_: opened[id_] for id_ in asked if id_ in opened}
    return found


def mark(session: Session, record_id: UUID, outcome: Outcome, *, reason: str = "", now: datetime) -> None:
    """Note what a record became; a later note replaces an earlier one."""
    row = session.get(RecordOutcomeRow, record_id)
    if row is None:
        row = RecordOutcomeRow(record_id=record_id, outcome=outcome, at=now)
    row.outcome, row.reason, row.at = outcome, reason, now
    session.add(row)
    session.flush()


def mark_all(session: Session, record_ids: Iterable[UUID], outcome: Outcome, *, now: datetime) -> None:
    """Note the same outcome for many records of which nothing was made yet."""
    rows = [{"record_id": id_, "outcome": outcome, "reason": "", "at": now} for id_ in record_ids]
    connection = session.connection()
    insert = (sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert)(RecordOutcomeRow)
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["record_id"],
            set_={"outcome": insert.excluded.outcome, "reason": "", "at": insert.excluded.at},
        ),
        rows,
    )


def outcome_of(session: Session, record_id: UUID) -> Outcome | None:
    """What a record became; None while it waits."""
    row = session.get(RecordOutcomeRow, record_id)
    return row.outcome if row else None


def waiting(
    session: Session, *, channel: Channel | None = None, limit: int = 100, since: datetime | None = None
) -> list[RecordRow]:
    """Records that nothing was made of yet, oldest first; `since` spares looking through the whole ledger."""
    query = (
        select(RecordRow)
        .outerjoin(RecordOutcomeRow, RecordOutcomeRow.record_id == RecordRow.id)  # type: ignore[arg-type]
        .where(RecordOutcomeRow.record_id.is_(None))  # type: ignore[attr-defined]
        .order_by(RecordRow.received_at, RecordRow.id)  # type: ignore[arg-type]
        .limit(limit)
    )
    if channel is not None:
        query = query.where(RecordRow.channel == channel)
    if since is not None:
        query = query.where(RecordRow.received_at >= since)
    return list(session.exec(query).all())


def erase_payload(session: Session, record_id: UUID, *, reason: str, by: str, now: datetime) -> None:
    """Destroy a payload's key. The ciphertext stays, so the chain still proves; nobody can read it again."""
    session.add(ErasureRow(record_id=record_id, reason=reason, by=by, at=now))
    session.flush()
    session.execute(sa.delete(PayloadKeyRow).where(PayloadKeyRow.record_id == record_id))  # type: ignore[arg-type]


def _keep_together(arrivals: Sequence[tuple[Arrival, datetime]]) -> list[Recorded]:
    with db.connection() as connection:
        return _record_on(connection, arrivals)


_gathering = Gathering("intake", _keep_together, most=128)


def accept(arrival: Arrival, *, now: datetime) -> Recorded:
    """Put an arrival into the ledger in a transaction of its own: durable when this returns."""
    if db.engine().dialect.name == "sqlite":
        return _gathering.keep((arrival, now))
    return _keep_together([(arrival, now)])[0]
