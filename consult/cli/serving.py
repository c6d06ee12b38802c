"""Serving pages, keeping promises, and bringing the database to this release."""

import os
import signal
import sys
import threading
from typing import Any

import click

from consult import config as configuration
from consult import db, jobs, logs
from consult.errors import BarazaError


class OneProcessOnly(BarazaError):
    """More workers were asked for than the embedded database can serve."""

    def __init__(self) -> None:
        super().__init__(
            "The embedded database serves one process. For more workers set BARAZA_DATABASE_URL "
            "to a PostgreSQL database; `baraza backup` and `baraza restore` carry the data over."
        )


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64))
@click.option("--threads", default=8, show_default=True, type=click.IntRange(1, 64))
def serve(host: str, port: int, workers: int, threads: int) -> None:
    """Serve the pages, with the worker inside on the embedded database."""
    config = configuration.read()
    if config.on_sqlite and workers > 1:
        raise OneProcessOnly
    logs.set_up()
    if config.on_sqlite or sys.platform == "win32":
        run_embedded(config, host=host, port=port, threads=threads)
    else:
        _run_gunicorn(config, host, port, workers, threads)


@click.command()
@click.option("--name", default="", help="A name of its own, where several run on one machine.")
def worker(name: str) -> None:
    """Keep the promises made elsewhere; any number may run on PostgreSQL."""
    from consult import worker as keeping

    config = configuration.read()
    logs.set_up()
    stop = threading.Event()
    _stop_on_signals(stop)
    keeping.run(config, stop, name=name)


@click.command()
def migrate() -> None:
    """Bring the database to this release, keeping its data."""
    config = configuration.read()
    engine = db.make_engine(config.database_url)
    prepare(engine)
    click.echo(f"The database stands at {db.head_revision()}.")


def prepare(engine: Any) -> None:
    """Bring our tables and those of the job engine to this release."""
    db.migrate(engine)
    jobs.migrate(engine)


def run_embedded(config: configuration.Config, *, host: str, port: int, threads: int = 8) -> None:
    """Serve from this process with the worker in it, until it is told to stop."""
    from waitress.server import create_server

    from consult import create_app
    from consult import worker as keeping

    app = create_app(config)
    stop = threading.Event()
    inside = threading.Thread(
        target=keeping.run, args=(config, stop), kwargs={"embedded": True}, name="worker"
    )
    try:
        server = create_server(app, host=host, port=port, threads=threads, ident=None)
    except OSError as error:
        raise BarazaError(
            f"Port {port} on {host} cannot be used ({error.strerror}). Choose another with --port."
        ) from error
    signal.signal(signal.SIGTERM, lambda number, frame: _interrupt())
    inside.start()
    click.echo(f"Baraza serves at http://{host}:{server.effective_port}  (Ctrl-C stops it)", err=True)
    try:
        server.run()
    except KeyboardInterrupt:
        pass
    finally:
        stop.set()
        server.close()
        inside.join(timeout=20)


def _interrupt() -> None:
    raise KeyboardInterrupt


def _run_gunicorn(config: configuration.Config, host: str, port: int, workers: int, threads: int) -> None:
    """Become gunicorn: it forks, so nothing may be connected before."""
    engine = db.make_engine(config.database_url)
    db.check_current(engine)
    engine.dispose()
    arguments = [
        sys.executable,
        "-m",
        "gunicorn",
        "--worker-class=gthread",
        f"--workers={workers}",
        f"--threads={threads}",
        f"--bind={host}:{port}",
        "--log-level=warning",
        "consult.wsgi:application()",
    ]
    os.execv(sys.executable, arguments)


def _stop_on_signals(stop: threading.Event) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
