"""The worker: keeps promises and does the duties, until it is told to stop."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib import import_module

import sqlalchemy as sa
import structlog
from sqlmodel import col

from consult import db, jobs, keys, ledger, objects, throttle
from consult.config import Config
from consult.outgoing import pump, sending
from consult.tables.process import HeartbeatRow

log = structlog.get_logger()

# Modules that register jobs and duties; a worker loads them all before it starts.
HOMES = (
    "consult.outgoing.sending",
    "consult.outgoing.lost",
    "consult.commenting",
    "consult.channels.sms",
    "consult.forgetting",
    "consult.carriage.reconciling",
    "consult.carriage.blanking",
    "consult.outgoing.preparing",
    "consult.outgoing.restored",
    "consult.field.keeping",
    "consult.field.uploads",
    "consult.workshops.retention",
    "consult.objects",
)
ALIVE_FOR = timedelta(seconds=60)
"""A heartbeat older than this means that no worker is alive."""
IS_A_WORKER = col(HeartbeatRow.name).startswith("worker ")
"""Which heartbeats are of workers: other moments that must outlast a restart stand beside them."""
_ADVISORY = 0x6261726F


def run(config: Config, stop: threading.Event, *, embedded: bool = False, name: str = "") -> None:
    """Work until `stop` is set. Embedded, it shares the process and the engine of the pages."""
    if not embedded:
        engine = db.make_engine(config.database_url)
        keys.use(config.keyring)
        db.use(engine)
        objects.use(config.objects_url)
        db.check_current(engine)
    engine = db.engine()
    load_homes()
    sending.use(sending.gateways_of(config))
    # Its name decides whose unfinished work it takes up, so it must be the same after a restart.
    name = name or os.environ.get("BARAZA_WORKER_NAME", "") or socket.gethostname()
    runner = jobs.Runner(engine, worker=name)
    runner.start()
    with db.transaction() as session:
        pump.list_senders(session, config, now=datetime.now(UTC))
    pumping = pump.Pump()
    pumping.start()
    log.info("worker started", worker=name)
    try:
        do_duties(engine, name, stop)
    finally:
        pumping.stop()
        runner.stop()
        log.info("worker stopped", worker=name)


def load_homes() -> None:
    """Load every module that registers a job or a duty."""
    for home in HOMES:
        import_module(home)


def do_duties(engine: sa.Engine, name: str, stop: threading.Event) -> None:
    """Do each duty when its time has come; one that fails is logged and tried again at its next time."""
    due = {duty.name: 0.0 for duty in jobs.duties()}
    beat_at = 0.0
    while not stop.is_set():
        moment = time.monotonic()
        if moment >= beat_at:
            _try("heartbeat", lambda: beat(name, now=datetime.now(UTC)))
            beat_at = moment + 10
        ready = [duty for duty in jobs.duties() if moment >= due[duty.name]]
        if ready:
            with _the_only_one(engine) as chosen:
                for duty in ready:
                    due[duty.name] = moment + duty.every
                    if duty.everywhere or chosen:
                        _try(duty.name, duty.deed)
        stop.wait(0.5)


def beat(name: str, *, now: datetime) -> None:
    """Write down that this worker is alive."""
    with db.transaction() as session:
        session.merge(HeartbeatRow(name=f"worker {name}"[:100], at=now))


@jobs.duty(every=20)
def seal_the_ledger() -> None:
    """Chain what was received since the last time."""
    with db.transaction() as session:
        ledger.seal_new(session, now=datetime.now(UTC))


@jobs.duty(every=3600)
def forget_attempts() -> None:
    """Drop counted tries that no check looks at any more."""
    with db.transaction() as session:
        throttle.sweep(session, now=datetime.now(UTC))


@contextmanager
def _the_only_one(engine: sa.Engine) -> Iterator[bool]:
    """Whether this worker does the duties of all: on PostgreSQL, the one that holds the lock."""
    if engine.dialect.name == "sqlite":
        yield True
        return
    with engine.connect() as connection:
        held = bool(connection.exec_driver_sql(f"SELECT pg_try_advisory_xact_lock({_ADVISORY})").scalar())
        yield held


def _try(name: str, deed: jobs.Deed) -> None:
    try:
        deed()
    except Exception as error:
        # One failing duty must not end the others; it is tried again at its next time.
        log.error("duty failed", duty=name, exc_info=error)
