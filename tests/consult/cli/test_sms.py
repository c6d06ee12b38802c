"""`baraza sms reconcile`, `import` and `carry`: catching up with providers, and what is carried by hand."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlmodel import select

from consult import db, rounds
from consult.channels import sms as reading
from consult.cli import sms as command
from consult.config import Twilio
from consult.outgoing import sending
from consult.tables.intake import RecordRow
from tests import factories
from tests.standins import twilio_server

Run = Callable[..., Result]


@pytest.fixture
def run(engine: Any, config: Any, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(command, "opened", lambda: config)
    now = datetime.now(UTC)
    with db.transaction() as session:
        version = factories.a_version(session, status="consultation")
        wanted = rounds.NewRound(
            slug="gold-2026",
            title="Round one",
            opens_at=now - timedelta(days=1),
            closes_at=now + timedelta(days=30),
        )
        rounds.open_round(session, version, wanted, now=now)
    return lambda act, *arguments: CliRunner().invoke(getattr(command, act), list(arguments))


def kept() -> int:
    with db.reading() as session:
        return len(session.exec(select(RecordRow)).all())


def test_a_table_is_imported_once_and_odd_rows_are_told(run: Run, tmp_path: Path) -> None:
    table = tmp_path / "texts.csv"
    table.write_text("from,text\n+255700000001,mto ni mwekundu\n0700000001,habari\n")

    first, second = run("import_", "gold-2026", str(table)), run("import_", "gold-2026", str(table))

    assert "1 new, 0 here already" in first.output
    assert "row 3: Give who spoke" in first.output
    assert first.exit_code == 1
    assert "0 new, 1 here already" in second.output
    assert kept() == 1


def test_answers_are_written_once_and_again_when_the_list_was_lost(run: Run, tmp_path: Path) -> None:
    table, answers = tmp_path / "texts.csv", tmp_path / "answers.csv"
    table.write_text("from,text\n+255700000001,mto ni mwekundu\n")
    run("import_", "gold-2026", str(table))
    reading.read_waiting(reading=reading.Reading())

    first = run("carry", "gold-2026", "-o", str(answers))
    told = answers.read_text("utf-8-sig")
    second = run("carry", "gold-2026", "-o", str(tmp_path / "none.csv"))
    lost = run("carry", "gold-2026", "-o", str(answers), "--since", "2026-01-01")

    assert "1 answer to carry back" in first.output
    assert told.startswith("alias,language,text,written")
    assert "255700000001" not in told
    assert "0 answers" in second.output
    assert answers.read_text("utf-8-sig") == told
    assert lost.exit_code == 0


def test_answers_that_cannot_be_written_stay_waiting(run: Run, tmp_path: Path) -> None:
    table = tmp_path / "texts.csv"
    table.write_text("from,text\n+255700000001,mto ni mwekundu\n")
    run("import_", "gold-2026", str(table))
    reading.read_waiting(reading=reading.Reading())

    refused = run("carry", "gold-2026", "-o", str(tmp_path / "nowhere" / "answers.csv"))
    taken = run("carry", "gold-2026", "-o", str(tmp_path / "answers.csv"))

    assert refused.exit_code == 1
    assert "1 answer " in taken.output


class TestReconcile:
    @pytest.fixture
    def provider(self, run: Run, config: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
        with twilio_server.serving() as provider:
            account = Twilio(provider.account, (provider.token,), twilio_server.OURS, provider.url)
            monkeypatch.setattr(command, "opened", lambda: replace(config, twilio=account))
            yield provider
        sending.use(None)

    def test_it_says_what_was_listed_and_what_was_new(self, run: Run, provider: Any) -> None:
        provider.receive("habari", "+255700000001")

        first, second = run("reconcile"), run("reconcile")

        assert "twilio: 1 listed, 1 new" in first.output
        assert "twilio: 1 listed, 0 new" in second.output

    def test_a_provider_that_is_down_is_said(self, run: Run, provider: Any) -> None:
        provider.will(status=500)

        found = run("reconcile")

        assert found.exit_code == 1
        assert "run it again" in str(found.exception)

    def test_without_a_provider_it_says_what_to_set(self, run: Run) -> None:
        found = run("reconcile")
        sending.use(None)

        assert "TWILIO_ACCOUNT_SID" in str(found.exception)

    def test_a_moment_that_is_none_is_said(self, run: Run, provider: Any) -> None:
        assert "is no moment" in str(run("reconcile", "--since", "yesterday").exception)
