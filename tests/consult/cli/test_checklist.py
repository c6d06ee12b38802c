"""`baraza checklist`."""

import io
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from consult import db
from consult.cli import checklist as command
from standards.errors import StandardsError
from tests.consult.profile_texts import a_text


@pytest.fixture(autouse=True)
def small(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """`small@1.0` is here."""
    monkeypatch.setattr(command, "opened", lambda: None)
    with db.transaction() as session:
        a_text(session)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command.checklist, arguments)


@pytest.mark.parametrize("kind", ["docx", "xlsx", "xlsform"])
def test_writes_the_checklist_of_a_producer_at_a_stage(kind: str, tmp_path: Path) -> None:
    target = tmp_path / "checklist"

    result = run(
        "small@1.0", "--stage", "entry", "--producer", "cooperative", "--to", kind, "-o", str(target)
    )

    assert result.exit_code == 0, result.output
    assert result.output.startswith("6 clauses in en; written to")
    assert target.read_bytes().startswith(b"PK")


def test_speaks_the_languages_asked_for_in_their_order(tmp_path: Path) -> None:
    target = tmp_path / "form.xlsx"

    run("small@1.0", "--stage", "entry", "--lang", "sw", "--lang", "en", "--to", "xlsform", "-o", str(target))

    survey = load_workbook(io.BytesIO(target.read_bytes()))["survey"]
    headings = [str(cell.value) for cell in next(survey.iter_rows())]
    assert [words for words in headings if words.startswith("label")] == [
        "label::Swahili (sw)",
        "label::English (en)",
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--stage", "soon"], "There is no stage “soon” here."),
        (["--stage", "entry", "--producer", "club"], "There is no producer “club” here."),
        (["--stage", "entry", "--lang", "qqx"], "“qqx” is no language we know."),
        (["--stage", "entry", "--overlay", "tz@1"], "There is no local text called “tz”."),
    ],
)
def test_refuses_what_it_cannot_know_and_writes_nothing(
    arguments: list[str], sentence: str, tmp_path: Path
) -> None:
    target = tmp_path / "checklist.docx"

    result = run("small@1.0", *arguments, "--to", "docx", "-o", str(target))

    assert isinstance(result.exception, StandardsError)
    assert str(result.exception).startswith(sentence)
    assert not target.exists()
