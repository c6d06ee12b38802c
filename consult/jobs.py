"""Jobs: work that is promised in a transaction and done afterwards, at least once.

`enqueue` writes the promise with the caller's own rows, so that both become
true together or neither does. A worker keeps the promise by calling the
handler, again if the machine stopped half-way; a handler therefore looks first
whether its work is already done. Arguments are ids only, because they are
stored readable. The engine behind it is DBOS; this is the only module that knows.
"""

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlmodel import Session

log = structlog.get_logger()


class Job(StrEnum):
    """What can be promised."""

    SEND_MESSAGE = "send-message"


class JobFailed(Exception):
    """A handler raised; what it said is in no table, because it may quote a person."""

    def __init__(self, kind: str, failure: str) -> None:
        super().__init__(f"{kind} failed: {failure}")


Handler = Callable[..., None]
Deed = Callable[[], None]

# Work left unfinished by an older release is taken up by the newer one: raise this
# only when a handler no longer understands the ids that the older release wrote.
APPLICATION_VERSION = "1"
NAME = "baraza"
SCHEMA = "dbos"
QUEUE = "work"

_handlers: dict[Job, Handler] = {}


def job(kind: Job) -> Callable[[Handler], Handler]:
    """Register the decorated function as what keeps this promise; it gets the ids by name, as UUIDs."""

    def register(handler: Handler) -> Handler:
        _handlers[kind] = handler
        return handler

    return register


@dataclass(frozen=True)
class Duty:
    """Something a worker does again and again, `every` so many seconds, on one machine at a time."""

    name: str
    every: float
    deed: Deed
    everywhere: bool = False


_duties: dict[str, Duty] = {}


def duty(*, every: float, everywhere: bool = False) -> Callable[[Deed], Deed]:
    """Register the decorated function as a duty; `everywhere` means by each worker, not by one of them."""

    def register(deed: Deed) -> Deed:
        name = f"{deed.__module__}.{deed.__name__}"
        _duties[name] = Duty(name, every, deed, everywhere)
        return deed

    return register


def duties() -> list[Duty]:
    """Every duty that is known."""
    return list(_duties.values())


def enqueue(session: Session, kind: Job, **ids: UUID | str | int) -> None:
    """Promise a job within the session's transaction; it is kept only if that commits."""
    written = {name: str(id_) if isinstance(id_, UUID) else id_ for name, id_ in ids.items()}
    options: Any = {
        "workflow_name": _WORKFLOW,
        "queue_name": QUEUE,
        "app_version": APPLICATION_VERSION,
    }
    _client(session.get_bind().engine).enqueue_in_transaction(session, options, kind.value, written)


def perform(kind: str, ids: dict[str, Any]) -> None:
    """Call the handler of a job; a job of an unknown kind raises, and stays visible as failed."""
    handler = _handlers[Job(kind)]
    try:
        handler(**{name: _as_id(value) for name, value in ids.items()})
    except Exception as error:
        log.warning("job failed, will be tried again", job=kind, exc_info=error, **ids)
        raise
    log.info("job done", job=kind, **ids)


def migrate(engine: sa.Engine) -> None:
    """Make or renew the job engine's own tables beside ours; on PostgreSQL in a schema of their own."""
    _quieten()
    from dbos._sys_db import SystemDatabase

    system = SystemDatabase.create(
        system_database_url=engine.url.render_as_string(hide_password=False),
        engine_kwargs={"pool_timeout": 30, "max_overflow": 0, "pool_size": 2},
        engine=None,
        schema=SCHEMA,
        serializer=_serializer(),
        executor_id=None,
        use_listen_notify=False,
    )
    try:
        system.run_migrations()
    finally:
        system.destroy()


class Runner:
    """The engine that keeps promises in this process, from `start` to `stop`."""

    def __init__(self, engine: sa.Engine, *, worker: str, poll: float = 0.5) -> None:
        self.engine, self.worker, self.poll = engine, worker, poll

    def start(self) -> None:
        """Take up what this worker left unfinished, then whatever is promised."""
        _quieten()
        from dbos import DBOS

        _keep_promises()
        DBOS(
            config={
                "name": NAME,
                "system_database_url": self.engine.url.render_as_string(hide_password=False),
                "dbos_system_schema": SCHEMA,
                "application_version": APPLICATION_VERSION,
                "executor_id": self.worker,
                "serializer": _serializer(),
                "use_listen_notify": False,
                "max_executor_threads": 4,
                "log_level": "ERROR",
                "run_migrations": False,
            }
        )
        DBOS.launch()
        DBOS.register_queue(QUEUE, worker_concurrency=4, polling_interval_sec=self.poll)

    def stop(self) -> None:
        """Let running jobs end, for ten seconds at most; the rest is taken up at the next start."""
        from dbos import DBOS

        DBOS.destroy(workflow_completion_timeout_sec=10)


def waiting(engine: sa.Engine) -> int:
    """How many promises are not yet kept."""
    table = "workflow_status" if engine.dialect.name == "sqlite" else f"{SCHEMA}.workflow_status"
    with engine.connect() as connection:
        found = connection.exec_driver_sql(
            f"SELECT count(*) FROM {table} WHERE status IN ('ENQUEUED', 'PENDING', 'DELAYED')"
        )
        return int(found.scalar_one())


_WORKFLOW = "keep_promise"
_clients: dict[int, Any] = {}
_lock = threading.Lock()


def _client(engine: sa.Engine) -> Any:
    """The engine's client, made when first needed: it takes most of a second to load."""
    with _lock:
        if id(engine) not in _clients:
            _quieten()
            from dbos import DBOSClient

            _clients.clear()
            _clients[id(engine)] = DBOSClient(
                system_database_engine=engine,
                dbos_system_schema=SCHEMA,
                serializer=_serializer(),
                application_name=NAME,
                lazy=True,
            )
        return _clients[id(engine)]


@cache
def _serializer() -> Any:
    # Not the engine's default, which is pickle: whoever can write to the database
    # could then run code in the worker.
    from dbos import DBOSPortableJSONSerializer

    return DBOSPortableJSONSerializer()


@cache
def _keep_promises() -> None:
    """Tell the engine its one workflow: a single step that calls the handler, tried up to six times."""
    from dbos import DBOS

    step = DBOS.step(name="perform", retries_allowed=True, interval_seconds=1, max_attempts=6)(_discreetly)

    def keep_promise(kind: str, ids: dict[str, Any]) -> None:
        step(kind, ids)

    DBOS.workflow(name=_WORKFLOW)(keep_promise)


def _discreetly(kind: str, ids: dict[str, Any]) -> None:
    """Perform a job; the engine keeps what is raised readable, so it learns the kind of failure alone."""
    try:
        perform(kind, ids)
    except Exception as error:
        raise JobFailed(kind, type(error).__name__) from None


def _quieten() -> None:
    os.environ.setdefault("DBOS_DISABLE_TELEMETRY", "true")
    # Its own log quotes what handlers raised, and that may quote a person. `perform` logs for us.
    theirs = logging.getLogger("dbos")
    theirs.propagate = False
    if not theirs.handlers:
        theirs.addHandler(logging.NullHandler())


def _as_id(value: Any) -> Any:
    try:
        return UUID(value) if isinstance(value, str) else value
    except ValueError:
        return value
