"""Rehearsals: a conversation is played as it would run, and leaves nothing behind."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from consult import db, rounds
from consult.channels import rehearsal, scripts
from consult.conversations import designing
from consult.tables.conversations import ScriptRow, ScriptState
from consult.tables.rounds import RoundRow
from tests.consult.conversations_of import a_whole_script, an_open_round


@pytest.fixture
def drafted(engine: sa.Engine, now: datetime) -> tuple[UUID, UUID]:
    """An open round in two languages, and a draft of its conversation: their ids."""
    with db.transaction() as session:
        round_ = an_open_round(session, now)
        row = designing.begin(session, round_, by=None, now=now)
        designing.save(session, row, a_whole_script(session, round_))
    return round_.id, row.id


def everything(engine: sa.Engine) -> dict[str, list[Any]]:
    """Every row of every table."""
    with engine.connect() as connection:
        return {
            table.name: sorted(map(str, connection.execute(sa.select(table)).all()))
            for table in SQLModel.metadata.sorted_tables
        }


def test_a_draft_speaks_in_its_own_words_though_it_has_never_run(drafted: Any, now: datetime) -> None:
    said = rehearsal.play(*drafted, ["gold", "1", "3 too dear for us"], now=now)

    ours = [one.words for one in said if one.ours]
    assert ours[0].startswith("Our own opening for P-")
    assert "13: Our own question on retorts?" in ours[1]
    assert "We thank you" in ours[2]
    assert [one.words for one in said if not one.ours] == ["gold", "1", "3 too dear for us"]


def test_what_each_reply_costs_is_told(drafted: Any, now: datetime) -> None:
    said = rehearsal.play(*drafted, ["gold"], now=now)

    assert [(one.ours, one.counted.encoding, one.counted.segments) for one in said] == [
        (False, "GSM-7", 1),
        (True, "GSM-7", 1),
    ]


def test_nothing_of_it_is_kept(drafted: Any, engine: sa.Engine, now: datetime) -> None:
    before = everything(engine)

    rehearsal.play(*drafted, ["gold", "2", "1", "kwa sababu", "LIST", "NEW", "12 mercury", "STOP"], now=now)

    assert everything(engine) == before


def test_nothing_is_kept_when_a_text_cannot_be_played(
    drafted: Any, engine: sa.Engine, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(engine)

    def fail(*_args: Any, **_named: Any) -> None:
        raise LookupError("half-way")

    monkeypatch.setattr(rehearsal.sms, "read", fail)
    with pytest.raises(LookupError):
        rehearsal.play(*drafted, ["gold"], now=now)

    assert everything(engine) == before


def test_playing_all_texts_again_says_the_same_but_for_alias_and_receipts(
    drafted: Any, now: datetime
) -> None:
    texts = ["dhahabu", "1"]

    first, second = (rehearsal.play(*drafted, texts, now=now) for _ in range(2))

    assert [one.counted for one in first] == [one.counted for one in second]


def test_a_round_that_is_closed_or_to_come_can_be_rehearsed(drafted: Any, now: datetime) -> None:
    round_id, _script = drafted

    for moment in (now - timedelta(days=300), now + timedelta(days=300)):
        said = rehearsal.play(*drafted, ["gold"], now=moment)

        assert said[1].words.startswith("Our own opening")

    with db.transaction() as session:
        session.get_one(RoundRow, round_id).closed_at = now
    assert rehearsal.play(*drafted, ["gold"], now=now)[1].words.startswith("Our own opening")


def test_another_open_round_does_not_answer_in_its_place(drafted: Any, now: datetime) -> None:
    with db.transaction() as session:
        an_open_round(session, now, slug="other", closes_at=now + timedelta(days=2))

    said = rehearsal.play(*drafted, ["START"], now=now)

    assert said[1].words.startswith("Our own opening")


def test_a_version_that_ran_is_rehearsed_as_it_was(drafted: Any, now: datetime) -> None:
    round_id, script_id = drafted
    with db.transaction() as session:
        round_ = session.get_one(RoundRow, round_id)
        designing.start(session, round_, session.get_one(ScriptRow, script_id), now=now)
        newer = designing.begin(session, round_, by=None, now=now)
        designing.let_run(session, round_, newer, now=now)

    said = rehearsal.play(round_id, script_id, ["gold"], now=now)

    assert said[1].words.startswith("Our own opening")
    with db.reading() as session:
        assert session.get_one(ScriptRow, script_id).state is ScriptState.RETIRED


def test_at_most_so_many_texts_are_played(drafted: Any, now: datetime) -> None:
    said = rehearsal.play(*drafted, ["HELP"] * (rehearsal.MOST + 5), now=now)

    assert sum(not one.ours for one in said) == rehearsal.MOST


def test_a_half_done_draft_can_be_rehearsed(engine: sa.Engine, now: datetime) -> None:
    with db.transaction() as session:
        round_ = an_open_round(session, now)
        row = designing.begin(session, round_, by=None, now=now)
        half = scripts.Script(
            questions=(scripts.Asking(None, {}, {}, "9.9"),), wording={"en": {"help": "Help."}}
        )
        designing.save(session, row, half)
        opened = rounds.questions_of(session, round_)

    said = rehearsal.play(round_.id, row.id, ["gold", "1", "help"], now=now)

    assert opened
    assert said[-1].words == "Help."
