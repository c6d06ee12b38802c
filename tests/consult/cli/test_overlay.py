"""`baraza overlay …`: exit codes, one clear line on standard error, and what a machine reads."""

import json
from pathlib import Path
from typing import Any

import pytest

from consult import db
from consult.cli import main
from consult.cli import overlay as command
from standards.overlays import store
from tests.standards.overlays.keeping import ALL_ADOPTED, GUIDE, LINES, SET, a_base, counted


class Said:
    """What a command left: its exit code, and what it wrote."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def run(engine: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """`run("check", "tz-gold@1.0")`, in an installation with a base and a newer one."""
    monkeypatch.setattr(command, "opened", lambda: None)
    with db.transaction() as session:
        base = a_base(session)
        a_base(session, "3.0", LINES.replace("= 90", "= 97"), after=base)

    def go(*arguments: str) -> Said:
        with pytest.raises(SystemExit) as ended:
            main(["overlay", *arguments])
        written = capsys.readouterr()
        return Said(int(ended.value.code or 0), written.out, written.err)

    return go


@pytest.fixture
def written(tmp_path: Path) -> Any:
    """A file with these operations."""

    def write(*operations: dict[str, Any], **head: Any) -> str:
        told = {
            "overlay": "tz-gold", "label": "1.0", "base": "rag@2.0",
            "operations": [{"rationale": "Why.", **one} for one in operations], **head,
        }  # fmt: skip
        path = tmp_path / "tz.json"
        path.write_text(json.dumps(told), encoding="utf-8")
        return str(path)

    return write


def test_a_file_is_brought_in_resolved_exported_and_listed(run: Any, written: Any, tmp_path: Path) -> None:
    brought = run("import", written(SET, GUIDE), "--json")

    assert brought.code == 0, brought.err
    assert brought.json["operations"] == 2
    assert brought.json["undecided"] == ["1", "2", "2.2"]
    resolved = run("resolve", "tz-gold@1.0", "--on", "2027-01-01", "--json").json
    (clause,) = [one for one in resolved["clauses"] if one["number"] == "2.1"]
    assert clause["words"].replace("\N{NO-BREAK SPACE}", " ") == "Each shall keep 95 %."
    assert [one["layer"] for one in clause["provenance"] if one["field"] == "body"] == [
        "rag@2.0", "tz-gold@1.0", "rag@2.0",
    ]  # fmt: skip
    exported = run("export", "tz-gold@1.0", "-o", str(tmp_path / "out.json"))
    assert (exported.code, exported.out) == (0, "")
    told = json.loads((tmp_path / "out.json").read_text())
    assert [one["op"] for one in told["operations"]] == ["SET", "GUIDE"]
    (listed,) = run("list", "--json").json
    assert (listed["overlay"], listed["label"], listed["status"]) == ("tz-gold", "1.0", "draft")


def test_an_export_is_brought_in_again_as_it_is(run: Any, written: Any, tmp_path: Path) -> None:
    first = run("import", written(SET, GUIDE), "--json").json
    told = json.loads(run("export", "tz-gold@1.0").out) | {"overlay": "ke-gold"}
    path = tmp_path / "again.json"
    path.write_text(json.dumps(told))

    again = run("import", str(path), "--json")

    assert again.code == 0, again.err
    assert again.json["operations"] == first["operations"]
    exported = json.loads(run("export", "ke-gold@1.0").out)
    assert exported == told


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "is not whole JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('{"overlay": "tz", "overlay": "ke"}', "“overlay” stands twice in one object"),
        ("[]", "is no overlay"),
        ("\udcff", "not text in UTF-8"),
        ('{"overlay": "tz", "operations": [{"op": "SET", "value": ' + "9" * 5000 + "}]}", "was not taken"),
    ],
)
def test_what_is_no_overlay_is_one_line_and_exit_1(
    run: Any, tmp_path: Path, content: str, words: str
) -> None:
    path = tmp_path / "tz.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))

    said = run("import", str(path))

    assert (said.code, said.out) == (1, "")
    assert words in said.err
    assert said.err.count("\n") == 1


def test_a_refused_file_leaves_nothing_behind(run: Any, written: Any) -> None:
    with db.reading() as session:
        before = counted(session)

    said = run("import", written(GUIDE, {**SET, "value": 80}))

    assert said.code == 1
    assert "SET 2.1: 80 is weaker than the base's 90; stricter means higher." in said.err
    assert said.err.count("\n") == 1
    with db.reading() as session:
        assert counted(session) == before


def test_missing_targets_are_all_named(run: Any, written: Any) -> None:
    said = run("import", written({**GUIDE, "target": "8.8"}, {**GUIDE, "target": "9.9"}))

    assert said.code == 1
    assert "no clause 8.8" in said.err
    assert "no clause 9.9" in said.err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["check", "other@1"], 1, "no local text called “other”"),
        (["resolve", "tz-gold"], 1, "no local text called “tz-gold”"),
        (["export", "tz-gold@1.0"], 1, "no local text called “tz-gold”"),
        (["import", "nowhere.json"], 2, "does not exist"),
        (["import"], 2, "Missing argument"),
        (["rebase", "tz-gold@1.0"], 2, "--onto"),
        (["polish"], 2, "No such command"),
    ],
)
def test_what_cannot_be_is_told(run: Any, arguments: list[str], code: int, words: str) -> None:
    said = run(*arguments)

    assert (said.code, said.out) == (code, "")
    assert words in said.err


def test_a_day_that_is_none_is_told(run: Any, written: Any) -> None:
    run("import", written(SET))

    said = run("resolve", "tz-gold@1.0", "--on", "soon")

    assert said.code == 1
    assert "“soon” is no day" in said.err


class TestCheck:
    def test_what_stands_in_the_way_is_exit_1_also_for_a_machine(self, run: Any, written: Any) -> None:
        run("import", written(SET))

        said = run("check", "tz-gold@1.0", "--json")

        assert said.code == 1
        assert (said.json["ok"], said.json["undecided"]) == (False, ["1", "1.1", "2", "2.2"])
        assert said.json["in_the_way"] == [
            "Nobody has decided on 1, 1.1, 2, 2.2. Adopt, change or explain each."
        ]
        assert "tz-gold@1.0 cannot be approved yet" in said.err

    def test_nothing_in_the_way_is_exit_0_with_the_register(self, run: Any, written: Any) -> None:
        derogation = {
            "op": "DEROGATE", "target": "2.1", "field": "parameter:recovery", "value": 80,
            "until": "2028-12-31", "approved_by": "Owner",
        }  # fmt: skip
        run("import", written(*ALL_ADOPTED, derogation))

        before = run("check", "tz-gold@1.0", "--on", "2028-12-30", "--json")
        after = run("check", "tz-gold@1.0", "--on", "2028-12-31", "--json")

        assert (before.code, before.json["ok"]) == (0, True)
        assert [one["in_force"] for one in before.json["derogations"]] == [True]
        assert [one["in_force"] for one in after.json["derogations"]] == [False]
        assert before.json["derogations"][0]["clause"] == "2.1"


class TestRebase:
    def test_looking_keeps_nothing(self, run: Any, written: Any) -> None:
        run("import", written(SET, GUIDE))

        said = run("rebase", "tz-gold@1.0", "--onto", "rag@3.0", "--json")

        assert said.code == 0, said.err
        assert (said.json["saved"], said.json["counts"]["NOW-WEAKER"], said.json["counts"]["CLEAN"]) == (
            False, 1, 1,
        )  # fmt: skip
        assert len(run("list", "--json").json) == 1

    def test_a_label_keeps_the_move_as_a_draft(self, run: Any, written: Any) -> None:
        run("import", written(SET, GUIDE))

        said = run("rebase", "tz-gold@1.0", "--onto", "rag@3.0", "--label", "1.1")

        assert said.code == 0, said.err
        assert "NOW-WEAKER\tSET 2.1" in said.out
        with db.reading() as session:
            row = store.version_called(session, "tz-gold@1.1")[1]
            assert sorted(bool(one.waiting) for one in store.operations_of(session, row)) == [False, True]

    def test_a_base_that_is_not_there_is_told(self, run: Any, written: Any) -> None:
        run("import", written(SET))

        said = run("rebase", "tz-gold@1.0", "--onto", "rag@9.0")

        assert said.code == 1
        assert "“rag” has no version 9.0" in said.err
