"""`baraza round report`."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from consult import db
from consult.cli import reports as command
from consult.cli.rounds import round_
from tests import factories


@pytest.fixture
def slug(engine: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(command, "opened", lambda: None)
    with db.transaction() as session:
        return factories.a_round(session, opens=datetime(2026, 1, 1, tzinfo=UTC)).slug


@pytest.mark.parametrize(("kind", "start"), [("docx", b"PK"), ("pdf", b"%PDF"), ("html", b"<!doctype")])
def test_writes_the_synopsis_to_a_file(slug: str, kind: str, start: bytes, tmp_path: Path) -> None:
    target = tmp_path / f"report.{kind}"

    result = CliRunner().invoke(round_, ["report", slug, "--to", kind, "-o", str(target)])

    assert result.exit_code == 0, result.output
    assert target.read_bytes().startswith(start)


def test_shows_figures_where_no_file_is_named(slug: str) -> None:
    result = CliRunner().invoke(round_, ["report", slug, "--to", "json"])

    assert json.loads(result.output)["comments"]["comments"] == 0


def test_asks_where_a_word_file_goes(slug: str) -> None:
    result = CliRunner().invoke(round_, ["report", slug, "--to", "docx"])

    assert result.exit_code == 2
    assert "Say with -o where the docx file goes." in result.output
