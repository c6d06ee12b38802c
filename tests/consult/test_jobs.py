"""Jobs are promised with the rows that cause them, and kept even if a worker dies."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from consult import db, jobs
from consult.jobs import Job
from standards.identity import new_id

MARKS_ITS_WORK = """
import os, sys, time
from pathlib import Path
from uuid import UUID
from consult import db, jobs

folder = Path(sys.argv[2])

@jobs.job(jobs.Job.SEND_MESSAGE)
def work(*, record_id: UUID) -> None:
    (folder / "started").touch()
    if sys.argv[3] == "hang":
        time.sleep(600)
    (folder / "done").touch()

engine = db.make_engine(sys.argv[1])
runner = jobs.Runner(engine, worker="one", poll=0.05)
runner.start()
deadline = time.monotonic() + 60
while not (folder / "done").exists() and time.monotonic() < deadline:
    time.sleep(0.02)
runner.stop()
"""


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """The ids of the records for which the promise was kept."""
    kept: list[UUID] = []

    def keep(*, record_id: UUID) -> None:
        kept.append(record_id)

    monkeypatch.setitem(jobs._handlers, Job.SEND_MESSAGE, keep)
    return kept


@pytest.fixture
def running(engine: sa.Engine) -> Iterator[jobs.Runner]:
    runner = jobs.Runner(engine, worker="test", poll=0.02)
    runner.start()
    yield runner
    runner.stop()


class TestEnqueue:
    def test_a_promise_is_kept_once_when_its_transaction_commits(
        self, running: jobs.Runner, kept: list[UUID]
    ) -> None:
        record = new_id()

        with db.transaction() as session:
            jobs.enqueue(session, Job.SEND_MESSAGE, record_id=record)

        _until(lambda: jobs.waiting(running.engine) == 0)
        assert kept == [record]

    def test_a_promise_is_forgotten_when_its_transaction_is_undone(
        self, running: jobs.Runner, kept: list[UUID]
    ) -> None:
        after = new_id()

        with Session(running.engine.execution_options(writing=True)) as session:
            jobs.enqueue(session, Job.SEND_MESSAGE, record_id=new_id())
            session.rollback()
        with db.transaction() as session:
            jobs.enqueue(session, Job.SEND_MESSAGE, record_id=after)

        _until(lambda: jobs.waiting(running.engine) == 0)
        assert kept == [after]

    def test_what_is_stored_is_readable_text_and_no_pickle(self, engine: sa.Engine) -> None:
        record = new_id()

        with db.transaction() as session:
            jobs.enqueue(session, Job.SEND_MESSAGE, record_id=record)

        table = "workflow_input" if engine.dialect.name == "sqlite" else "dbos.workflow_input"
        with engine.connect() as connection:
            inputs = connection.exec_driver_sql(f"SELECT inputs FROM {table}").scalar_one()
        assert str(record) in inputs
        assert inputs.startswith("{")


def test_a_job_whose_worker_was_killed_is_taken_up_at_the_next_start(
    engine: sa.Engine, database_url: str, tmp_path: Path
) -> None:
    with db.transaction() as session:
        jobs.enqueue(session, Job.SEND_MESSAGE, record_id=new_id())
    first = _worker(database_url, tmp_path, "hang")
    _until(lambda: (tmp_path / "started").exists())
    first.kill()
    first.wait()

    second = _worker(database_url, tmp_path, "finish")

    assert second.wait(timeout=60) == 0
    assert (tmp_path / "done").exists()
    assert jobs.waiting(engine) == 0


def _worker(url: str, folder: Path, manner: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", MARKS_ITS_WORK, url, str(folder), manner])


def _until(true: "object", seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
