"""The database: one engine per process, and the only place that commits.

Three kinds of entry open a transaction: a writing view, a command, a job. Acts
take the session and never commit. On SQLite every transaction that writes
begins IMMEDIATE, so that two writers wait for each other instead of failing
half-way, and every commit is on the disk (WAL, synchronous FULL).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

import consult.tables  # noqa: F401  (every row must be known before a mapper is used)
from consult.errors import BarazaError


class StorageFull(BarazaError):
    """The disk or the database took no more."""

    def __init__(self) -> None:
        super().__init__("The disk is full. Nothing of this was kept; free some space and send it again.")


class StorageBusy(BarazaError):
    """The database could not be reached or stayed locked."""

    def __init__(self) -> None:
        super().__init__("The database did not answer in time. Nothing of this was kept; send it again.")


class WrongSchema(BarazaError):
    """The database belongs to another release than the program."""


def make_engine(url: str) -> sa.Engine:
    """An engine for the URL; on SQLite with WAL, full synchronous writes and foreign keys on.

    Its errors do not quote the values of a statement: those are people's words.
    """
    if url.startswith("sqlite"):
        engine = sa.create_engine(
            url,
            connect_args={"timeout": PATIENCE, "check_same_thread": False},
            pool_size=20,
            hide_parameters=True,
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return sa.create_engine(url, pool_size=10, max_overflow=20, pool_pre_ping=True, hide_parameters=True)


def _prepare_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "foreign_keys=ON",
        "journal_mode=WAL",
        "synchronous=FULL",
        "busy_timeout=30000",
        "cache_size=-65536",
        "recursive_triggers=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


# On SQLite writers wait for each other here, in turn, rather than in SQLite's own
# polling, where the unlucky wait for seconds.
_one_writer = threading.RLock()
PATIENCE = 30.0
"""Seconds a writer waits for its turn before the person is asked to send it again."""


@contextmanager
def _in_turn() -> Iterator[None]:
    if engine().dialect.name != "sqlite":
        yield
        return
    if not _one_writer.acquire(timeout=PATIENCE):
        raise StorageBusy
    try:
        yield
    finally:
        _one_writer.release()


_engine: sa.Engine | None = None


def use(engine: sa.Engine) -> None:
    """Make this the engine of the running process; called once at assembly."""
    global _engine
    _engine = engine


def engine() -> sa.Engine:
    """The engine of the running process."""
    if _engine is None:
        raise RuntimeError("consult.db.use has not been called")
    return _engine


@contextmanager
def transaction() -> Iterator[Session]:
    """A session whose work is committed when the block ends, and undone when it raises.

    Raises StorageFull or StorageBusy where the database could not keep it.
    """
    with _in_turn(), Session(engine().execution_options(writing=True), expire_on_commit=False) as session:
        try:
            yield session
            session.commit()
        except OperationalError as error:
            session.rollback()
            raise _as_refusal(error) from error


@contextmanager
def connection() -> Iterator[sa.Connection]:
    """A writing transaction without a session's bookkeeping, for the one door where that costs too much.

    Raises StorageFull or StorageBusy where the database could not keep it.
    """
    try:
        with _in_turn(), engine().execution_options(writing=True).begin() as connection:
            yield connection
    except OperationalError as error:
        raise _as_refusal(error) from error


@contextmanager
def reading() -> Iterator[Session]:
    """A session for looking only; whatever it changed is undone."""
    with Session(engine(), expire_on_commit=False) as session:
        yield session


def _as_refusal(error: OperationalError) -> Exception:
    words = str(error.orig).lower()
    if "full" in words or "no space" in words or "disk i/o" in words:
        return StorageFull()
    if (
        "locked" in words
        or "deadlock" in words
        or "busy" in words
        or "timeout" in words
        or "connect" in words
    ):
        return StorageBusy()
    return error


def migrations_folder() -> Path:
    """Where the migrations lie: inside the installed package, or at the root of a checkout."""
    inside = Path(__file__).parent / "migrations"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "migrations"


def _alembic(engine: sa.Engine) -> AlembicConfig:
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(migrations_folder()))
    settings.attributes["engine"] = engine
    return settings


def migrate(engine: sa.Engine) -> None:
    """Bring the database to this release's schema, keeping its data.

    Raises WrongSchema when the database was written by a newer release.
    """
    check_not_newer(engine)
    command.upgrade(_alembic(engine), "head")


def schema_revision(engine: sa.Engine) -> str | None:
    """The migration the database stands at; None before the first."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head_revision() -> str:
    """The newest migration this program knows."""
    head = ScriptDirectory(str(migrations_folder())).get_current_head()
    assert head is not None
    return head


def check_not_newer(engine: sa.Engine) -> None:
    """Raise WrongSchema when the database is of a release this program does not know."""
    current = schema_revision(engine)
    known = {script.revision for script in ScriptDirectory(str(migrations_folder())).walk_revisions()}
    if current is not None and current not in known:
        raise WrongSchema(
            "This database was written by a newer release of Baraza. Start the newer release, "
            "or restore a backup made with this one. Nothing was changed."
        )


def check_current(engine: sa.Engine) -> None:
    """Raise WrongSchema unless the database stands at exactly this release's schema."""
    check_not_newer(engine)
    if schema_revision(engine) != head_revision():
        raise WrongSchema(
            "The database is older than this release. Run `baraza backup`, then `baraza migrate`."
        )
