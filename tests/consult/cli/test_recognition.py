"""`baraza crosswalk`: propose, list, judge, in and out, what is met, one list."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from consult import db
from consult.cli import recognition as command
from tests.factories import a_standard, a_version

Run = Callable[..., Result]
PAIR = ("gold@1.0", "trade@1.0")
THEIRS = {"1": "Trade", "1.1": "Burning. Amalgam shall not be burned in the open by the shop."}
SAME = ("--requirement", "equivalent", "--assurance", "equivalent")


@pytest.fixture
def run(engine: Any, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(command, "opened", lambda: None)
    with db.transaction() as session:
        a_version(session, a_standard(session, slug="gold"), status="published")
        a_version(session, a_standard(session, slug="trade"), clauses=THEIRS, status="published")
    return lambda *arguments: CliRunner().invoke(command.crosswalk, [str(one) for one in arguments])


def answered(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def judged_by_two(run: Run) -> None:
    for reviewer in ("Asha", "Luis"):
        assert run("judge", *PAIR, "2.1", "1.1", *SAME, "--reviewer", reviewer).exit_code == 0


def test_what_is_alike_is_proposed_and_listed(run: Run) -> None:
    proposed = answered(run("propose", *PAIR, "--json"))

    lines = answered(run("list", *PAIR, "--json"))
    assert proposed["proposed"] == len(lines) > 0
    assert {line["standing"] for line in lines} == {"unreviewed"}
    assert answered(run("list", *PAIR, "--show", "stale", "--json")) == []


def test_two_reviewers_make_an_edge_hold(run: Run) -> None:
    first = run("judge", *PAIR, "2.1", "1.1", *SAME, "--reviewer", "Asha")
    second = run("judge", *PAIR, "2.1", "1.1", *SAME, "--reviewer", "Luis")

    assert "waits for a second reviewer" in first.output
    assert "Asha and Luis agree" in second.output
    assert answered(run("coverage", *PAIR, "--json"))["of_theirs"] == {
        "met": 1, "partly": 0, "not": 0, "unreviewed": 0,
    }  # fmt: skip


def test_the_questions_saved_are_counted_and_the_list_written(run: Run, tmp_path: Path) -> None:
    judged_by_two(run)

    found = answered(run("combined", *PAIR, "-o", tmp_path / "list.docx", "--json"))

    assert (found["asked"], found["items"], found["saved"]) == (3, 2, 1)
    assert found["shared"] == [["gold@1.0 2.1", "trade@1.0 1.1"]]
    assert found["common_core"] == [["2.1", "1.1"]]
    assert (tmp_path / "list.docx").read_bytes().startswith(b"PK")


def test_a_table_goes_out_and_comes_back(run: Run, tmp_path: Path) -> None:
    judged_by_two(run)
    table = tmp_path / "crosswalk.csv"

    assert "1 pairs" in run("export", *PAIR, "--to", "csv", "-o", table).output
    assert answered(run("import", *PAIR, table, "--json"))["unchanged"] == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("combined", "gold@1.0"), "Name at least two versions"),
        (("combined", *PAIR, "-o", "list.odt"), "end in .docx or .xlsx"),
        (("judge", *PAIR, "9", "1.1", *SAME, "--reviewer", "A"), "no clause 9"),
        (("judge", *PAIR, "2.1", "1.1", *SAME, "--reviewer", "A", "--expires", "soon"), "“soon” is no day"),
        (("list", "gold@1.0", "gold@1.0"), "hold the same clauses"),
    ],
)
def test_what_cannot_be_done_is_told(run: Run, arguments: tuple[str, ...], told: str) -> None:
    result = run(*arguments)

    assert result.exit_code != 0
    assert told in result.output + str(result.exception)
