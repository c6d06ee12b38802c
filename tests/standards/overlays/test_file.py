"""The file of an overlay: every shape it must not have, with the whole of what is said; and its schema."""

import json
from pathlib import Path

import jsonschema
import pytest

from standards.errors import StandardsError
from standards.overlays import file
from standards.overlays.schema import schema
from tests.standards.casefile import read_cases
from tests.standards.overlays.texts import BASE, a_text

CASES = read_cases("file.md", 2, Path(__file__).parent / "cases")
HEAD = '"overlay": "tz-gold", "label": "1.0", "base": "rag@2.0"'
TEXT = a_text(
    "1 | principle | none open | Organisation |\n"
    "1.1 | criterion | shall open | Association | The group shall decide.\n"
    "2 | principle | none open | Mercury |\n"
    "2.1 | criterion | shall open | Retorts | Retorts shall recover {recovery}. | recovery = 90 % higher\n"
    "3.1 | criterion | shall open | Age | Nobody shall be young.\n"
    "3.1 | criterion | shall open | Hours | Nobody shall work at night.\n"
)
PUBLISHED = Path(file.__file__).parents[1] / "schemas" / "overlay.json"


def said_of(written: str) -> str:
    """What is said of a file; `taken` of one that can be kept."""
    try:
        file.bound(file.read(json.loads(written.replace("…", HEAD)), "tz.json"), TEXT, BASE)
    except StandardsError as problem:
        return str(problem)
    return "taken"


@pytest.mark.parametrize(("title", "written", "expected"), CASES, ids=[case[0] for case in CASES])
def test_what_is_said_of_a_file(title: str, written: str, expected: str) -> None:
    assert said_of(written) == expected


def test_the_published_schema_is_the_one_the_reader_is_made_of() -> None:
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == schema()


def test_the_schema_is_a_schema_and_takes_a_sound_file() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    sound = json.loads(CASES[-1][1].replace("…", HEAD).replace('"set"', '"SET"'))

    jsonschema.validate(sound, schema())


@pytest.mark.parametrize("title", ["an unknown field in the head", "an unknown field of an operation"])
def test_the_schema_refuses_what_the_reader_refuses(title: str) -> None:
    written = next(case[1] for case in CASES if case[0] == title)

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json.loads(written.replace("…", HEAD)), schema())
