"""`baraza standard …`: the life of a standard without a browser."""

import json

import pytest
from click.testing import CliRunner
from sqlmodel import select

from consult import db, dispositions
from consult.cli import standard as commands
from consult.errors import BarazaError
from standards import drafting, store
from standards.drafting import Hand
from standards.errors import StandardsError
from standards.exchange.docx.inspecting import inspect
from standards.tables import Status, VersionRow
from tests.factories import NOW, a_standard, a_version, clause_numbered

TEXT = """# Fair salt

## Scope

For people who rake salt.

## Brine

Groups shall keep brine out of wells.
"""


@pytest.fixture
def run(engine, monkeypatch):
    """`run("list")`: what the command says; a refusal is raised, as it is for the whole program."""
    monkeypatch.setattr(commands, "opened", lambda: None)

    def command(*arguments):
        return CliRunner().invoke(
            commands.standard, list(map(str, arguments)), catch_exceptions=False, standalone_mode=False
        )

    def said(*arguments):
        result = command(*arguments)
        if result.exception is not None:
            raise result.exception
        return result.output

    return said


@pytest.fixture
def salt(tmp_path):
    """A small standard in a file."""
    path = tmp_path / "salt.md"
    path.write_text(TEXT)
    return path


@pytest.fixture
def gold(engine):
    """Version 1.0 frozen, draft 1.1 from it with one clause reworded."""
    from standards import versions

    with db.transaction() as session:
        older = a_version(session, a_standard(session, slug="gold"), status=Status.CONSULTATION)
        draft = versions.new_draft(session, older, "1.1", now=NOW)
        clause = clause_numbered(session, older, "2.2")
        text = store.load(session, draft).by_id[clause].text
        words = drafting.with_words(text, text.heading, "Operators shall use a retort.")
        drafting.edit(session, draft, clause, text.hash, words, Hand("test", NOW))


def status_of(name):
    with db.reading() as session:
        return store.version_called(session, name)[1].status


class TestImport:
    def test_a_file_becomes_a_draft(self, run, salt):
        said = run("import", salt, "--slug", "salt", "--label", "0.1")

        assert "2 clauses" in said
        assert status_of("salt@0.1") is Status.DRAFT

    def test_a_dry_run_shows_it_and_saves_nothing(self, run, salt):
        said = json.loads(run("import", salt, "--slug", "salt", "--label", "0.1", "--dry-run", "--json"))

        assert (said["saved"], said["clauses"], said["modalities"]["requirement"]) == (False, 2, 1)
        with db.reading() as session:
            assert session.exec(select(VersionRow)).all() == []

    def test_onto_an_older_version_keeps_identities(self, run, salt):
        run("import", salt, "--slug", "salt", "--label", "1")
        run("freeze", "salt@1")
        salt.write_text(TEXT.replace("out of wells", "out of every well"))

        said = json.loads(run("import", salt, "--slug", "salt", "--label", "2", "--onto", "salt@1", "--json"))

        assert said["matched"] == {"kept": 2, "suggested": 0, "new": 0, "without_successor": 0}

    def test_onto_another_standard_is_refused(self, run, salt, gold):
        with pytest.raises(BarazaError, match="--slug gold"):
            run("import", salt, "--slug", "salt", "--label", "2", "--onto", "gold@1.0")

    @pytest.mark.parametrize(("slug", "label"), [("Fair Salt", "1"), ("salt", "one two")])
    def test_names_that_fit_no_address_are_refused(self, run, salt, slug, label):
        with pytest.raises(BarazaError, match="takes"):
            run("import", salt, "--slug", slug, "--label", label)

    def test_a_label_that_is_taken_is_refused(self, run, salt, gold):
        with pytest.raises(StandardsError, match="already has a version"):
            run("import", salt, "--slug", "gold", "--label", "1.0")


class TestLife:
    def test_from_draft_to_publication(self, run, gold):
        run("freeze", "gold@1.1", "--decided")
        run("publish", "gold@1.1", "--note", "Retorts are required.")

        assert status_of("gold@1.1") is Status.PUBLISHED
        assert "gold@1.1\tpublished" in run("list")

    def test_a_new_draft_from_a_frozen_version(self, run, gold):
        run("new-draft", "gold@1.0", "--label", "2.0")

        assert [row["label"] for row in json.loads(run("list", "--json"))] == ["2.0", "1.1", "1.0"]

    def test_a_frozen_version_is_not_frozen_again(self, run, gold):
        with pytest.raises(StandardsError, match="frozen and does not change"):
            run("freeze", "gold@1.0")

    def test_open_matters_stand_in_the_way(self, run, gold, monkeypatch):
        monkeypatch.setattr(dispositions, "open_matters", lambda session, version: ["3 comments wait."])
        run("freeze", "gold@1.1", "--decided")

        with pytest.raises(BarazaError, match="3 comments wait"):
            run("publish", "gold@1.1")
        assert status_of("gold@1.1") is Status.DECIDED


class TestOut:
    def test_json_has_the_promised_shape(self, run, gold, tmp_path):
        run("export", "gold@1.0", "--to", "json", "-o", tmp_path / "gold.json")

        written = json.loads((tmp_path / "gold.json").read_text())
        assert (written["standard"], written["label"], written["status"]) == ("gold", "1.0", "consultation")
        assert [clause["number"] for clause in written["clauses"]] == ["1", "2", "2.1", "2.2"]

    @pytest.mark.parametrize(("kind", "words"), [("md", "2.2 Retorts"), ("html", "<h3>"), ("docx", "PK")])
    def test_other_kinds(self, run, gold, tmp_path, kind, words):
        run("export", "gold@1.0", "--to", kind, "-o", tmp_path / "gold")

        assert words.encode() in (tmp_path / "gold").read_bytes()

    def test_the_same_version_gives_the_same_bytes(self, run, gold):
        assert run("export", "gold@1.0", "--to", "html") == run("export", "gold@1.0", "--to", "html")

    def test_a_kind_that_is_not_written_yet_is_said_kindly(self, run, gold):
        with pytest.raises(BarazaError, match="does not write oscal yet"):
            run("export", "gold@1.0", "--to", "oscal")


class TestDiff:
    def test_as_text(self, run, gold):
        said = run("diff", "gold@1.0", "gold@1.1")

        assert "2.2 Retorts: reworded" in said
        assert "[-should-]{+shall+}" in said

    def test_as_json(self, run, gold):
        said = json.loads(run("diff", "gold@1.0", "gold@1.1", "--to", "json"))

        assert said["counts"]["reworded"] == 1
        assert ["insert", "shall"] in said["changes"][0]["body"]

    def test_as_a_page_of_its_own(self, run, gold):
        said = run("diff", "gold@1.0", "gold@1.1", "--to", "html")

        assert "<del>should</del><ins>shall</ins>" in said
        assert "http" not in said

    def test_of_a_version_with_itself(self, run, gold):
        assert "No word changed" in run("diff", "gold@1.0", "gold@1.0")

    def test_a_version_that_is_not_there(self, run, gold):
        with pytest.raises(StandardsError, match=r"no version 9"):
            run("diff", "gold@1.0", "gold@9")

    def test_as_a_word_redline_with_real_tracked_changes(self, run, gold, tmp_path):
        run("diff", "gold@1.0", "gold@1.1", "--to", "docx", "-o", tmp_path / "redline.docx")

        changes = inspect((tmp_path / "redline.docx").read_bytes(), "redline.docx")["changes"]
        assert ("delete", "should") in [(change["kind"], change["text"]) for change in changes]
        assert ("insert", "shall") in [(change["kind"], change["text"]) for change in changes]


class TestLint:
    def test_remarks_as_json(self, run, gold):
        said = json.loads(run("lint", "gold@1.1", "--json"))

        assert all(set(remark) == {"rule", "clause", "number", "message"} for remark in said)
        assert "2.2" in [remark["number"] for remark in said]
