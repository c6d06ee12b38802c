"""Backups: one portable file for both engines, and their way back.

The file is a ZIP: `manifest.json` (release schema, moment, rows per table) and
one `tables/NAME.jsonl` per table in the order in which rows must be written.
Sealed values stay sealed and no key is inside: without the key file nobody can
read a person's data out of it. Reading happens in one transaction, so that the
file shows one moment. The job engine's tables are not in it: letters that
wait are promised anew after a restore. Text messages that wait are held, because
they may have left since the backup was made (see `restored`). Photographs and sound
are in the file, sealed as they lie, where the object store is a folder of this
machine; a bucket is backed up by its own means.
"""

import base64
import json
import os
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col

from consult import db, jobs, links, objects_kept, refusals
from consult.comments import forget_pieces
from consult.errors import BarazaError
from consult.field import people
from consult.outgoing import sending
from consult.tables.columns import Sealed
from consult.tables.intake import ErasureRow
from consult.tables.messages import Hold, MessageRow, MessageState
from consult.tables.workshops import WorkshopRow
from consult.workshops import acts, withdrawn
from consult.workshops.undoing import MISTAKE

FORMAT = 1
BATCH = 500
# What was true of one moment and one machine, and means nothing elsewhere.
LEFT_OUT = frozenset({"heartbeat", "attempt", "clause_html"})


class NotABackup(BarazaError):
    """A file that is no backup of ours, or was cut short."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} cannot be restored: {why}. Nothing was changed.")


class NotEmpty(BarazaError):
    """The database to restore into already holds something."""

    def __init__(self) -> None:
        super().__init__(
            "The database is not empty, so nothing was restored. Point BARAZA_DATABASE_URL to an empty one, "
            "or add --replace to put the backup in its place."
        )


def back_up(engine: sa.Engine, path: Path, *, now: datetime) -> dict[str, int]:
    """Write every row to the file, and give how many there are per table.

    The file appears whole or not at all, and is readable by its owner alone.
    """
    db.check_current(engine)
    beside = path.with_name(path.name + ".part")
    counts: dict[str, int] = {}
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            with (
                zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive,
                _one_moment(engine) as connection,
            ):
                for table in _tables():
                    counts[table.name] = _write_table(archive, connection, table)
                apart = objects_kept.write(archive, connection)
                manifest = {
                    "format": FORMAT,
                    "schema": db.head_revision(),
                    "made_at": now.isoformat(),
                    "rows": counts,
                    "objects": apart,
                }
                archive.writestr("manifest.json", json.dumps(manifest, indent=1))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return counts


def restore(engine: sa.Engine, path: Path, *, replace: bool = False, now: datetime) -> dict[str, int]:
    """Put a backup into a database, and give how many rows were written per table.

    Erasures that this database knows and the backup does not are done again:
    what someone had erased does not come back. Raises NotEmpty, or NotABackup.
    """
    manifest = _manifest(path)
    jobs.migrate(engine)
    db.migrate(engine)
    later = _erasures(engine)
    if not replace and _holds_rows(engine):
        raise NotEmpty
    counts: dict[str, int] = {}
    with (
        zipfile.ZipFile(path) as archive,
        engine.execution_options(writing=True).begin() as connection,
        refusals.set_aside(connection, _all_tables()),
    ):
        for table in reversed(_all_tables()):
            connection.execute(sa.delete(table))
        for table in _tables():
            counts[table.name] = _read_table(archive, connection, table)
        if counts != manifest["rows"]:
            raise NotABackup(path, "it holds other rows than it says")
        _erase_again(connection, later)
    with zipfile.ZipFile(path) as archive, engine.connect() as reading:
        objects_kept.read(archive, reading)
    _promise_again(engine, now=now)
    return counts


def objects_in(path: Path) -> int | None:
    """How many photographs and stretches of sound a backup holds; None where they lie in a bucket."""
    with zipfile.ZipFile(path) as archive:
        found: int | None = json.loads(archive.read("manifest.json")).get("objects", 0)
    return found


def _all_tables() -> list[sa.Table]:
    return list(SQLModel.metadata.sorted_tables)


def _tables() -> list[sa.Table]:
    """Our tables, each after those that its rows point to."""
    return [table for table in _all_tables() if table.name not in LEFT_OUT]


def _one_moment(engine: sa.Engine) -> sa.Connection:
    if engine.dialect.name == "sqlite":
        return engine.connect()
    return engine.connect().execution_options(isolation_level="REPEATABLE READ")


def _write_table(archive: zipfile.ZipFile, connection: sa.Connection, table: sa.Table) -> int:
    count = 0
    columns = [_raw(column) for column in table.columns]
    rows = connection.execution_options(yield_per=BATCH).execute(
        sa.select(*columns).order_by(*table.primary_key.columns)
    )
    with archive.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as file:
        for row in rows:
            written = {column.name: _plain(value) for column, value in zip(table.columns, row, strict=True)}
            file.write(json.dumps(written, ensure_ascii=False).encode() + b"\n")
            count += 1
    return count


def _read_table(archive: zipfile.ZipFile, connection: sa.Connection, table: sa.Table) -> int:
    count = 0
    raw = sa.table(table.name, *(sa.column(column.name, _raw_type(column)) for column in table.columns))
    kinds = {column.name: _python_type(column) for column in table.columns}
    with archive.open(f"tables/{table.name}.jsonl") as file:
        for batch in _batches(file):
            rows = [{name: _valued(kinds[name], value) for name, value in row.items()} for row in batch]
            connection.execute(sa.insert(raw), rows)
            count += len(rows)
    return count


def _batches(file: Any) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for line in file:
        batch.append(json.loads(line))
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _raw(column: sa.Column[Any]) -> Any:
    return sa.type_coerce(column, _raw_type(column)).label(column.name)


def _raw_type(column: sa.Column[Any]) -> Any:
    """The column's type, but sealed values as the bytes they are and choices as the text they are."""
    if isinstance(column.type, Sealed):
        return sa.LargeBinary()
    return sa.String() if isinstance(column.type, sa.Enum) else column.type


def _python_type(column: sa.Column[Any]) -> type:
    type_ = _raw_type(column)
    if isinstance(type_, sa.LargeBinary):
        return bytes
    if isinstance(type_, sa.Uuid):
        return UUID
    if isinstance(type_, sa.Date):
        return date
    if isinstance(getattr(type_, "impl", type_), sa.DateTime):
        return datetime
    return object


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _valued(kind: type, value: Any) -> Any:
    if value is None or kind is object:
        return value
    if kind is bytes:
        return base64.b64decode(value)
    if kind is datetime:
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if kind is date else UUID(value)


def _manifest(path: Path) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(path) as archive:
            manifest: dict[str, Any] = json.loads(archive.read("manifest.json"))
            broken = archive.testzip()
    except FileNotFoundError as error:
        raise NotABackup(path, "there is no such file") from error
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise NotABackup(path, "it is no backup of Baraza, or was cut short") from error
    if broken is not None:
        raise NotABackup(path, f"its part {broken} is damaged")
    if manifest.get("format") != FORMAT or manifest.get("schema") != db.head_revision():
        raise NotABackup(
            path,
            f"it was made at schema {manifest.get('schema')} and this release is at {db.head_revision()}. "
            "Restore it with the release that made it, then run `baraza migrate` with this one",
        )
    return manifest


def _holds_rows(engine: sa.Engine) -> bool:
    with engine.connect() as connection:
        return any(
            connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() is not None
            for table in _tables()
        )


def _erasures(engine: sa.Engine) -> list[dict[str, Any]]:
    with Session(engine) as session:
        return [row.model_dump() for row in session.exec(sa.select(ErasureRow)).scalars()]  # type: ignore[call-overload]


def _erase_again(connection: sa.Connection, later: list[dict[str, Any]]) -> None:
    """Repeat, row by row, the erasures that the backup does not know of."""
    known = set(connection.execute(sa.select(ErasureRow.__table__.c.id)).scalars())  # type: ignore[attr-defined]
    tables = SQLModel.metadata.tables
    missed = [erasure for erasure in later if erasure["id"] not in known]
    for erasure in missed:
        connection.execute(sa.insert(tables["erasure"]), erasure)
        if erasure["record_id"] is not None:
            keys = tables["payload_key"]
            connection.execute(sa.delete(keys).where(keys.c.record_id == erasure["record_id"]))
            stored = tables["stored_object"]
            connection.execute(
                sa.update(stored)
                .where(stored.c.record_id == erasure["record_id"])
                .values(sealed_key=None, erased_at=erasure["at"])
            )
        if erasure["comment_id"] is not None:
            _empty_comment(connection, erasure)
        elif erasure["participant_id"] is not None:
            # Beside a comment it only says whose that was; who goes wholly has a line of their own.
            _forget_participant(connection, erasure)
    if missed:
        _withdraw_again(connection, missed)
        links.recount(Session(connection))


def _withdraw_again(connection: sa.Connection, missed: list[dict[str, Any]]) -> None:
    """Repeat the withdrawals of consents: whatever the backup brought back of them goes again."""
    session = Session(connection)
    for erasure in missed:
        workshop = session.get(WorkshopRow, erasure["workshop_id"]) if erasure["entity"] else None
        if workshop is not None:
            people.end(session, workshop, erasure["entity"], now=erasure["at"])
            withdrawn.enforce(session, workshop, by=erasure["by"], now=erasure["at"])
    session.flush()


def _forget_participant(connection: sa.Connection, erasure: dict[str, Any]) -> None:
    tables = SQLModel.metadata.tables
    people, points, messages = tables["participant"], tables["contact_point"], tables["message"]
    id_ = erasure["participant_id"]
    theirs = sa.select(points.c.id).where(points.c.participant_id == id_)
    connection.execute(
        sa.update(messages).where(messages.c.contact_point_id.in_(theirs)).values(words="", subject="")
    )
    connection.execute(
        sa.update(points)
        .where(points.c.participant_id == id_)
        .values(lookup=None, address=None, thought_id=None, thought_hash="", erased_at=erasure["at"])
    )
    connection.execute(
        sa.update(people).where(people.c.id == id_).values(group_id=None, region="", gender="", producer="")
    )
    concerns, parts = tables["concern"], tables["message_part"]
    connection.execute(
        sa.update(concerns)
        .where(concerns.c.participant_id == id_)
        .values(participant_id=None, words=[], note="")
    )
    connection.execute(sa.delete(parts).where(parts.c.contact_point_id.in_(theirs)))
    for name in ("membership", "thread"):
        connection.execute(sa.delete(tables[name]).where(tables[name].c.participant_id == id_))


def _empty_comment(connection: sa.Connection, erasure: dict[str, Any]) -> None:
    tables = SQLModel.metadata.tables
    comments, standing, spoken = tables["comment"], tables["standing"], tables["utterance"]
    id_ = erasure["comment_id"]
    connection.execute(
        sa.update(comments)
        .where(comments.c.id == id_)
        .values(
            text="",
            quote="",
            proposal="",
            cost="",
            obstacle="",
            benefit="",
            region="",
            ability=None,
            author=None,
            group_id=None,
            participant_id=None,
            erased_at=erasure["at"],
        )
    )
    record_id = connection.execute(sa.select(comments.c.record_id).where(comments.c.id == id_)).scalar()
    if record_id is not None:
        forget_pieces(Session(connection), id_, record_id)
    hidden = tables["redaction"]
    connection.execute(sa.delete(hidden).where(hidden.c.comment_id == id_))
    tied = tables["link"]
    connection.execute(sa.update(tied).where(tied.c.comment_id == id_).values(quote="", why=[]))
    connection.execute(
        sa.update(tied)
        .where(tied.c.comment_id == id_, tied.c.ended_at.is_(None))
        .values(ended_at=erasure["at"], ended_by=erasure["by"])
    )
    connection.execute(
        sa.update(standing).where(standing.c.comment_id == id_).values(placement="erased", theme_id=None)
    )
    mistaken = erasure["reason"] == MISTAKE
    if not mistaken:
        said = connection.execute(sa.select(spoken.c.id).where(spoken.c.comment_id == id_)).scalars().all()
        acts.forget(Session(connection), said)
    open_again = {"comment_id": None, "state": "open"}
    connection.execute(
        sa.update(spoken)
        .where(spoken.c.comment_id == id_)
        # What was made a comment by mistake is said all the same.
        .values(open_again if mistaken else {"words": "", "speaker_name": None})
    )


def _promise_again(engine: sa.Engine, *, now: datetime) -> None:
    """What waited is promised anew, or held where it may have left; what was being sent goes to a person."""
    with Session(engine.execution_options(writing=True)) as session:
        session.execute(
            sa.update(MessageRow)
            .where(MessageRow.state == MessageState.SENDING)  # type: ignore[arg-type]
            .values(state=MessageState.UNKNOWN, changed_at=now)
        )
        waits = col(MessageRow.state) == MessageState.WAITING
        session.execute(
            sa.update(MessageRow)
            .where(waits, col(MessageRow.channel) != sending.EMAIL)
            .values(held=Hold.RESTORED, looked_at=None, error="")
        )
        waiting = sa.select(MessageRow.id).where(  # type: ignore[call-overload]
            waits, MessageRow.channel == sending.EMAIL
        )
        for id_ in session.execute(waiting).scalars().all():
            jobs.enqueue(session, jobs.Job.SEND_MESSAGE, message_id=id_)
        session.commit()
