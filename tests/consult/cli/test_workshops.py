"""`baraza workshop import` and `baraza workshop list`: a meeting without a browser."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from consult import cli, db, rounds
from consult.cli.opening import opened
from tests.factories import a_version

SPOKEN = "Neema Paul: The water is dear.\nJuma: And far away.\n"


@pytest.fixture
def house(tmp_path: Path, monkeypatch) -> Path:
    """An installation with an open round, in a directory of its own."""
    monkeypatch.setenv("BARAZA_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("BARAZA_SECRET_KEY", "a secret for tests")
    opened()
    now = datetime.now(UTC)
    with db.transaction() as session:
        rounds.keep_group(session, "pit-miners", {"en": "Pit miners"})
        wanted = rounds.NewRound(
            slug="r1", title="R", opens_at=now - timedelta(days=1), closes_at=now + timedelta(days=9)
        )
        rounds.open_round(session, a_version(session, status="consultation"), wanted, now=now)
    (tmp_path / "talk.txt").write_text(SPOKEN)
    return tmp_path


@pytest.fixture
def baraza(house, capsys):
    """`baraza("workshop", "list", "r1")`: its exit, what it said, and what it complained of."""

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main(list(arguments))
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


def bring(baraza, file, *more):
    where = ("--place", "Katoro", "--date", "2026-03-01", "--region", "Geita")
    return baraza("workshop", "import", "r1", str(file), *where, *more)


def listed(baraza):
    code, out, _ = baraza("workshop", "list", "r1", "--json")
    assert code == 0
    return [json.loads(line) for line in out.splitlines()]


class TestImport:
    def test_a_transcript_comes_in_with_who_came(self, baraza, house):
        came = ("--attendance", "pit-miners=12/3", "--attendance", "Drivers=2")

        code, out, _ = bring(baraza, house / "talk.txt", *came)

        assert code == 0
        assert "2 utterances of 2 speakers, 14 people came" in out
        [found] = listed(baraza)
        assert found["attendance"] == {
            "pit-miners": {"people": 12, "women": 3},
            "Drivers": {"people": 2, "women": None},
        }
        assert (found["place"], found["date"], found["utterances"], found["done"]) == (
            "Katoro",
            "2026-03-01",
            2,
            0,
        )

    def test_the_same_file_twice_changes_nothing_and_says_so(self, baraza, house):
        bring(baraza, house / "talk.txt")

        code, out, _ = bring(baraza, house / "talk.txt")

        assert (code, "already" in out) == (0, True)
        assert [one["utterances"] for one in listed(baraza)] == [2]

    def test_another_file_of_the_same_day_joins_the_workshop(self, baraza, house):
        bring(baraza, house / "talk.txt")
        (house / "more.txt").write_text("Rehema: One more thing.\n")

        bring(baraza, house / "more.txt")

        assert [one["utterances"] for one in listed(baraza)] == [3]

    def test_without_speakers_it_says_what_to_do_and_keeps_nothing(self, baraza, house):
        (house / "prose.txt").write_text("The water is dear.\n\nAnd far.\n")

        code, _, err = bring(baraza, house / "prose.txt")

        assert (code, err.count("\n"), "--one-voice" in err) == (1, 1, True)
        assert listed(baraza) == []
        assert bring(baraza, house / "prose.txt", "--one-voice")[0] == 0

    @pytest.mark.parametrize(
        ("written", "code"), [("pit-miners", 2), ("pit-miners=-1", 1), ("pit-miners=3/9", 1)]
    )
    def test_a_count_that_cannot_be_is_refused(self, baraza, house, written, code):
        ended, _, err = bring(baraza, house / "talk.txt", "--attendance", written)

        assert (ended, "pit-miners" in err) == (code, True)
        assert listed(baraza) == []

    def test_an_unknown_round_is_refused_in_one_line(self, baraza, house):
        code, _, err = baraza(
            "workshop", "import", "r9", str(house / "talk.txt"), "--place", "K", "--date", "2026-03-01"
        )

        assert (code, err) == (1, "There is no round called “r9”.\n")
