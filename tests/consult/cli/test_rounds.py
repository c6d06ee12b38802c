"""`baraza round open`, `close` and `list`."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlmodel import select

from consult import db
from consult.cli import rounds as command
from consult.tables.process import AuditRow
from consult.tables.rounds import RoundRow
from standards.tables import Status
from tests import factories

Run = Callable[..., Result]


@pytest.fixture
def run(engine: Any, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(command, "opened", lambda: None)
    with db.transaction() as session:
        standard = factories.a_standard(session, slug="gold")
        factories.a_version(session, standard, label="2.0", status=Status.CONSULTATION)
        factories.a_group(session)
    return lambda *arguments: CliRunner().invoke(command.round_, list(arguments))


def only(table: type[Any]) -> Any:
    with db.reading() as session:
        return session.exec(select(table)).one()


def test_opens_a_round_that_closes_at_the_end_of_a_day(run: Run) -> None:
    result = run(
        "open", "gold-2026", "--standard", "gold@2.0", "--closes", "2046-12-10T24:00", "--zone",
        "Africa/Dar_es_Salaam", "--languages", "en,sw", "--goal", "pit-miners=40", "--join", "sw=dhahabu",
    )  # fmt: skip

    round_ = only(RoundRow)
    assert result.exit_code == 0, result.output
    assert round_.closes_at.isoformat() == "2046-12-10T21:00:00+00:00"
    assert (round_.languages, round_.join_words) == (["en", "sw"], {"sw": ["DHAHABU"]})
    assert only(AuditRow).by == "command line"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--closes", "soon"], "no moment we can read"),
        (["--closes", "2001-01-01"], "closes before it opens"),
        (["--closes", "2046-01-01", "--zone", "Dodoma"], "no time zone Dodoma"),
        (["--closes", "2046-01-01", "--goal", "forty"], "GROUP=PEOPLE"),
        (["--closes", "2046-01-01", "--channels", "pigeon"], "channels"),
        (["--closes", "2046-01-01", "--join", "en=stop"], "“STOP” is a command that people text to us"),
        (["--closes", "2046-01-01", "--join", "en=12"], "“12” has no letters"),
    ],
)
def test_what_cannot_be_is_one_sentence(run: Run, arguments: list[str], words: str) -> None:
    result = run("open", "gold-2026", "--standard", "gold@2.0", *arguments)

    assert result.exit_code == 1
    assert words in result.output


def test_closes_once_and_says_so_the_second_time(run: Run) -> None:
    run("open", "gold-2026", "--standard", "gold@2.0", "--closes", "2046-01-01")

    first, second = (run("close", "gold-2026") for _ in range(2))

    assert "is closed" in first.output
    assert "was closed already" in second.output


def test_lists_rounds_for_a_machine(run: Run) -> None:
    run("open", "gold-2026", "--standard", "gold@2.0", "--closes", "2046-01-01")

    (row,) = json.loads(run("list", "--json").output)

    assert (row["slug"], row["state"], row["comments"]) == ("gold-2026", "open", 0)
