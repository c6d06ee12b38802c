"""The journey without a browser: the documented script, run as an operator would run it."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "docs" / "journey" / "journey.sh"


# For the session: workers run tests of other modules in between, and would run the script again.
@pytest.fixture(scope="session")
def told(tmp_path_factory) -> tuple[Path, str]:
    """The folder the script filled, and everything it said."""
    folder = tmp_path_factory.mktemp("journey")
    command = folder / "baraza"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m consult "$@"\n')
    command.chmod(0o755)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        "BARAZA": str(command),
        "LANG": "C.UTF-8",
    }
    done = subprocess.run(
        ["sh", str(SCRIPT), str(folder / "out")],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "out", done.stdout


def test_the_second_import_of_a_file_adds_nothing(told):
    assert "4 rows: 4 new comments, 0 already here" in told[1]
    assert "4 rows: 0 new comments, 4 already here" in told[1]


def test_the_redline_says_what_changed_and_nothing_else(told):
    said = told[1]

    assert "1.2 Retorts: reworded" in said
    assert "1.3 Visitors: withdrawn" in said
    assert "2.1 Weighing" not in said.partition("hills@1.0 → hills@2.0")[2].partition("—")[0]


def test_both_sums_hold_at_the_end(told):
    assert "Both sums hold, and the chain is whole." in told[1]


@pytest.mark.parametrize("name", ["redline.docx", "standard.docx", "synopsis.docx", "comments.xlsx"])
def test_its_documents_are_sound_archives(told, name):
    with zipfile.ZipFile(told[0] / name) as archive:
        assert archive.testzip() is None


def test_the_table_of_comments_holds_every_decision(told):
    table = (told[0] / "comments.csv").read_text(encoding="utf-8-sig")

    assert table.count("\n") >= 5
    for outcome in ("accepted", "in-part", "noted"):
        assert outcome in table
