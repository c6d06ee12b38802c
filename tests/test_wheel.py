"""The wheel holds what the program reads: templates, migrations, words, data."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def names(tmp_path_factory) -> set[str]:
    pytest.importorskip("hatchling", reason="hatchling builds the wheel: pip install hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
        timeout=120,
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def shipped(folder: str, *patterns: str) -> set[str]:
    """Files of a folder of the repository, those made by running it left out."""
    return {
        path.relative_to(ROOT).as_posix()
        for pattern in patterns
        for path in (ROOT / folder).rglob(pattern)
        if "__pycache__" not in path.parts
    }


def test_it_holds_every_module_and_data_file(names):
    wanted = shipped("consult", "*.py", "*.css", "*.svg", "*.js", "*.json*", "*.vtt", "*.toml", "*.mo")

    assert wanted | shipped("standards", "*.py", "*.typ") <= names


def test_it_holds_templates_and_migrations_inside_the_package(names):
    outside = shipped("templates", "*.html") | shipped("migrations", "*.py")

    assert {f"consult/{name}" for name in outside} <= names


def test_it_holds_neither_tests_nor_keys(names):
    assert not [
        name for name in names if name.startswith(("tests/", "var/", "benchmarks/")) or ".key" in name
    ]
