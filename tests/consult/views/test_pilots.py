"""Pilots at the desk and at the command line: a file in, a look at it, what was found."""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlmodel import select
from werkzeug.test import TestResponse

from consult import db
from consult.cli import pilots as command
from consult.tables.pilots import PilotFindingRow, PilotRow
from consult.tables.process import AuditRow
from standards.checklists import Field, field_name
from standards.tables import VersionRow
from tests import factories

SignedIn = Callable[..., FlaskClient]
CASES = Path(__file__).parent.parent / "cases" / "pilots"


@pytest.fixture
def version(engine: Any) -> VersionRow:
    with db.transaction() as session:
        factories.a_group(session)
        standard = factories.a_standard(session, slug="gold", title="Gold")
        return factories.a_version(session, standard, status="consultation")


@pytest.fixture
def kobo(version: VersionRow) -> bytes:
    """A KoboToolbox export, with this version's clauses in the places of `{2.1}` and `{2.2}`."""
    text = (CASES / "kobo.csv").read_text(encoding="utf-8-sig")
    for number in ("2.1", "2.2"):
        text = text.replace(f"{{{number}}}", clause(version, number).hex)
    return ("\ufeff" + text).encode()


def clause(version: VersionRow, number: str) -> UUID:
    with db.reading() as session:
        return factories.clause_numbered(session, version, number)


def kept(what: Any) -> list[Any]:
    """Everything of a kind that is in the database."""
    with db.reading() as session:
        return list(session.exec(select(what)).all())


def send(client: FlaskClient, data: bytes, version: str = "", name: str = "kobo.csv") -> TestResponse:
    return client.post(
        "/desk/pilots/new",
        data={"file": (io.BytesIO(data), name), "version": version},
        content_type="multipart/form-data",
    )


def text_of(page: TestResponse) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


class TestBringing:
    def test_a_file_is_looked_through_before_anything_is_saved(
        self, signed_in: SignedIn, kobo: bytes
    ) -> None:
        client = signed_in("facilitator")

        page = client.get(send(client, kobo).location)

        assert "5 answers on 2 clauses from 3 respondents" in text_of(page)
        assert "“enumerator”" in text_of(page)
        assert "Juma" not in page.text
        assert kept(PilotRow) == []

    def test_saved_it_is_a_pilot_and_the_trail_tells_of_it(self, signed_in: SignedIn, kobo: bytes) -> None:
        client = signed_in("facilitator")
        look = send(client, kobo).location

        shown = client.post(look, data={"title": "Retorts, Geita", "region": "Geita"}, follow_redirects=True)

        assert "5 answers are kept." in text_of(shown)
        assert "2.1 No open burning 1 1 0 1" in text_of(shown)
        (row,) = kept(PilotRow)
        assert (row.respondents, row.region, row.stage) == (3, "Geita", "entry")
        assert kept(AuditRow.act) == ["bring-pilot"]

    def test_the_same_file_again_changes_nothing_and_says_so(self, signed_in: SignedIn, kobo: bytes) -> None:
        client = signed_in("facilitator")
        for _once in range(2):
            look = send(client, kobo).location
            shown = client.post(look, data={"title": "Retorts, Geita"}, follow_redirects=True)

        assert "Everything in this file was here already. Nothing changed." in text_of(shown)
        assert len(kept(PilotFindingRow)) == 5

    def test_rows_to_look_at_stop_it_until_they_are_left_out(self, signed_in: SignedIn, kobo: bytes) -> None:
        client, odd = signed_in("facilitator"), kobo.replace(b'"partly"', b'"half-way"')
        look = send(client, odd).location

        refused = client.post(look, data={"title": "Retorts"})
        taken = client.post(look, data={"title": "Retorts", "leave_out": "yes"}, follow_redirects=True)

        assert refused.status_code == 400
        assert "“half-way” is no answer here. Possible are met, partly" in text_of(refused)
        assert 'value="Retorts"' in refused.text
        assert "Left out: Row 3" in text_of(taken)
        assert len(kept(PilotFindingRow)) == 3

    def test_without_a_title_everything_typed_is_kept(self, signed_in: SignedIn, kobo: bytes) -> None:
        client = signed_in("facilitator")

        page = client.post(send(client, kobo).location, data={"title": " ", "region": "Geita"})

        assert page.status_code == 400
        assert "Give the pilot a title" in text_of(page)
        assert 'value="Geita"' in page.text

    def test_a_day_that_is_none_is_not_kept(self, signed_in: SignedIn, kobo: bytes) -> None:
        client = signed_in("facilitator")

        page = client.post(send(client, kobo).location, data={"title": "Retorts", "held_on": "2026-13-01"})

        assert page.status_code == 400
        assert "“2026-13-01” is no day. Write it as 2026-11-03." in text_of(page)
        assert kept(PilotRow) == []

    @pytest.mark.parametrize(
        ("data", "name", "words"),
        [
            (b"", "empty.csv", "empty.csv is empty."),
            (b"Apples;Pears\n1;2\n", "fruit.csv", "no answers to a checklist of ours"),
            (b"\x89PNG\r\n\x1a\n\0", "a.png", "XLSX and CSV"),
            (b"PK\x03\x04 broken", "form.xlsx", "damaged"),
        ],
    )
    def test_a_file_that_holds_no_answers_says_what_to_do(
        self, signed_in: SignedIn, version: VersionRow, data: bytes, name: str, words: str
    ) -> None:
        page = send(signed_in("facilitator"), data, "gold@1.0", name)

        assert page.status_code == 400
        assert words in text_of(page)

    def test_without_a_file_it_asks_for_one(self, signed_in: SignedIn, version: VersionRow) -> None:
        page = signed_in("facilitator").post("/desk/pilots/new", data={})

        assert page.status_code == 400
        assert "Choose the file with the answers." in text_of(page)

    def test_the_version_is_asked_for_where_the_file_does_not_say_it(
        self, signed_in: SignedIn, version: VersionRow
    ) -> None:
        client = signed_in("facilitator")
        column = field_name(clause(version, "2.1"), Field.MET)
        data = f"_uuid,{column}\nu1,met\n".encode()

        refused = send(client, data)
        page = client.get(send(client, data, "gold@1.0").location)

        assert refused.status_code == 400
        assert "Choose the version." in text_of(refused)
        assert "1 answer on 1 clause from 1 respondent" in text_of(page)

    @pytest.mark.parametrize(
        ("role", "reads", "brings"),
        [("facilitator", 200, 200), ("secretary", 200, 200), ("auditor", 200, 403), ("operator", 403, 403)],
    )
    def test_facilitators_bring_and_the_desk_reads(
        self, signed_in: SignedIn, role: str, reads: int, brings: int
    ) -> None:
        client = signed_in(role)

        assert client.get("/desk/pilots").status_code == reads
        assert client.get("/desk/pilots/new").status_code == brings

    def test_a_pilot_that_is_not_there_is_told_kindly(self, signed_in: SignedIn) -> None:
        page = signed_in().get(f"/desk/pilots/{UUID(int=7)}")

        assert page.status_code == 404
        assert "There is no pilot" in text_of(page)


class TestCommandLine:
    @pytest.fixture(autouse=True)
    def _opened(self, engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(command, "opened", lambda: None)

    def run(self, *arguments: str) -> Any:
        return CliRunner().invoke(command.pilot, arguments)

    def test_a_file_comes_in_and_is_summed_up(self, kobo: bytes, tmp_path: Path) -> None:
        file = tmp_path / "kobo.csv"
        file.write_bytes(kobo)

        brought = self.run("import", "gold@1.0", str(file), "--title", "Retorts", "--json")
        again = self.run("import", "gold@1.0", str(file), "--title", "Retorts")
        summed = json.loads(self.run("summary", "gold@1.0", "--json").stdout)

        told = json.loads(brought.stdout)
        assert (told["fresh"], told["known"], told["respondents"]) == (5, 0, 3)
        assert "Nothing changed." in again.stdout
        (burning, retorts) = summed["clauses"]
        assert (burning["number"], burning["met"], burning["partly"], burning["not_applicable"]) == (
            "2.1",
            1,
            1,
            1,
        )
        assert retorts["told"]["cost"] == ["60000 TZS", "90000 TZS"]
        assert json.loads(self.run("summary", told["pilot"], "--json").stdout) == summed
        assert told["pilot"] in self.run("list").stdout

    def test_what_is_odd_is_refused_in_one_line(self, kobo: bytes, tmp_path: Path) -> None:
        file = tmp_path / "kobo.csv"
        file.write_bytes(kobo.replace(b'"partly"', b'"half-way"'))

        refused = self.run("import", "gold@1.0", str(file), "--title", "Retorts")

        assert "“half-way” is no answer here" in str(refused.exception)
        assert self.run("list").stdout == ""

    def test_an_unknown_type_of_producer_names_those_there_are(self, kobo: bytes, tmp_path: Path) -> None:
        file = tmp_path / "kobo.csv"
        file.write_bytes(kobo)

        refused = self.run("import", "gold@1.0", str(file), "--title", "R", "--producer", "guild")

        assert "cooperative" in str(refused.exception)
