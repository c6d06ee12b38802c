"""`baraza standard export … --overlay`: a local text as a document, from the command line."""

import json
from datetime import date

import click
import pytest
from click.testing import CliRunner

from consult import db
from consult.cli import overlay as overlay_commands
from consult.cli import standard as commands
from consult.errors import BarazaError
from standards.errors import StandardsError
from standards.exchange import docx
from standards.overlays import versions
from standards.tables import VersionRow
from tests.consult.local.texts import a_base, a_local_text, kept
from tests.factories import NOW


@pytest.fixture
def run(engine, monkeypatch):
    """`run("rag@2.0", "--to", "html", …)`: the bytes written; a refusal is raised."""
    for module in (commands, overlay_commands):
        monkeypatch.setattr(module, "opened", lambda: None)

    def said(*arguments: str, command: click.Command = commands.export) -> bytes:
        result = CliRunner().invoke(command, list(arguments), catch_exceptions=False, standalone_mode=False)
        if result.exception is not None:
            raise result.exception
        return result.stdout_bytes

    return said


@pytest.fixture
def chain(engine) -> None:
    """Tanzania on rag 2.0, with a derogation, and a placer module below it; both frozen."""
    with db.transaction() as session:
        tanzania = a_local_text(session)
        kept(session, tanzania)
        kept(
            session,
            tanzania,
            op="TRANSLATE",
            lang="sw",
            wording="Retorti itarudisha {recovery}.",
            reviewed_by="A",
        )
        kept(
            session,
            tanzania,
            "1.2",
            op="DEROGATE",
            field="stage",
            value="year 3",
            until="2028-12-31",
            approved_by="The owner",
        )
        versions.freeze(session, tanzania, by="me", now=NOW)
        base = session.get_one(VersionRow, tanzania.base_id)
        placer = a_local_text(session, base, slug="tz-placer", parent=tanzania)
        kept(session, placer, op="SET", parameter="recovery", value=97)
        versions.freeze(session, placer, by="me", now=NOW)


BASE = ("rag@2.0", "--to", "html", "--on", "2026-03-02")


class TestExport:
    def test_one_overlay_brings_the_parents_it_stands_on(self, run, chain):
        page = run(*BASE, "--overlay", "tz-placer@1.0").decode()

        assert "Layers: Tanzania 1.0 → Tanzania 1.0" in page
        assert '<ins class="parameter">97&nbsp;%</ins>' in page

    def test_a_whole_chain_in_its_order_is_the_same_text(self, run, chain):
        alone = run(*BASE, "--overlay", "tz-placer@1.0")

        assert run(*BASE, "--overlay", "tz-gold@1.0", "--overlay", "tz-placer@1.0") == alone

    @pytest.mark.parametrize(
        "names", [("tz-placer@1.0", "tz-gold@1.0"), ("tz-gold@1.0", "tz-gold@1.0", "tz-placer@1.0")]
    )
    def test_layers_that_are_no_chain_are_refused_with_what_is(self, run, chain, names):
        told = [word for name in names for word in ("--overlay", name)]

        with pytest.raises(StandardsError, match="Name the whole chain in its order"):
            run(*BASE, *told)

    def test_an_overlay_on_another_base_is_refused(self, run, chain):
        with db.transaction() as session:
            a_base(session, slug="other", label="1.0", lines="1 | principle | none open | Else | Words.")

        with pytest.raises(StandardsError, match=r"tz-gold@1.0 stands on rag@2.0, not on other@1.0"):
            run("other@1.0", "--to", "html", "--overlay", "tz-gold@1.0")

    def test_an_overlay_that_is_not_there_is_named(self, run, chain):
        with pytest.raises(StandardsError, match="no local text called “ke-gold”"):
            run(*BASE, "--overlay", "ke-gold@1.0")

    def test_the_day_decides_whether_a_derogation_is_in_it(self, run, chain):
        pages = [
            run("rag@2.0", "--to", "html", "--on", day, "--overlay", "tz-gold@1.0").decode()
            for day in ("2028-12-30", "2028-12-31")
        ]

        assert ["Year 3" in page for page in pages] == [True, False]

    def test_a_day_that_is_none_is_refused(self, run, chain):
        with pytest.raises(BarazaError, match="“soon” is no day"):
            run("rag@2.0", "--to", "html", "--on", "soon", "--overlay", "tz-gold@1.0")

    def test_wordings_in_a_language_stand_in_the_text(self, run, chain):
        page = run(*BASE, "--overlay", "tz-gold@1.0", "--lang", "sw").decode()

        assert "<p>Retorti itarudisha" in page

    def test_json_is_what_resolve_prints(self, run, chain):
        sent = json.loads(run("rag@2.0", "--to", "json", "--on", "2026-03-02", "--overlay", "tz-gold@1.0"))

        told = run("tz-gold@1.0", "--on", "2026-03-02", "--json", command=overlay_commands.resolve)
        assert sent == json.loads(told)

    @pytest.mark.parametrize("kind", ["docx", "pdf", "html", "md", "json"])
    def test_the_same_question_gives_the_same_bytes(self, run, chain, kind, tmp_path):
        asked = ("rag@2.0", "--to", kind, "--on", "2026-03-02", "--overlay", "tz-placer@1.0")
        files = [tmp_path / name for name in "ab"]
        for file in files:
            run(*asked, "-o", str(file))

        first, again = (file.read_bytes() for file in files)
        assert first == again

    def test_the_word_file_reads_back(self, run, chain, tmp_path):
        run("rag@2.0", "--to", "docx", "--overlay", "tz-placer@1.0", "-o", str(tmp_path / "a.docx"))

        back = docx.read((tmp_path / "a.docx").read_bytes(), "a.docx")
        assert [c.text.declared_number for c in back.clauses] == ["1", "1.1", "1.2", "2", "2.1", "2.2"]

    @pytest.mark.parametrize(
        "options", [("--on", "2026-03-02"), ("--lang", "sw"), ("--overlay", "tz@1", "--redline", "rag@1.1")]
    )
    def test_options_that_do_not_go_together_are_refused(self, run, options):
        with pytest.raises(click.UsageError):
            run("rag@2.0", "--to", "docx", *options)


def test_today_is_the_day_where_none_is_named(run, chain):
    page = run("rag@2.0", "--to", "md", "--overlay", "tz-gold@1.0").decode()

    assert f"As it holds on {date.today().day} " in page
