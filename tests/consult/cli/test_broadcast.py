"""`baraza broadcast`: what it lists and shows, and that starting and stopping are heard by the worker."""

import json

import pytest
from click.testing import CliRunner

from consult import db
from consult.cli import baraza
from consult.cli.broadcast import broadcast
from consult.outgoing import broadcasts, preparing
from consult.outgoing.broadcasts import Wanted
from tests.consult import leaving
from tests.consult.leaving import NOON, a_telephone


@pytest.fixture
def drafted(engine, monkeypatch) -> str:
    """A draft in English to two people, one of whom speaks French."""
    monkeypatch.setattr("consult.cli.broadcast.opened", lambda: None)
    with db.transaction() as session:
        round_ = leaving.factories.a_round(session, slug="gold-2026")
    for language in ("en", "fr"):
        a_telephone(round_=round_, language=language)
    with db.transaction() as session:
        wanted = Wanted("Meeting", {"en": "The meeting is on Friday."})
        return str(broadcasts.draft(session, round_, wanted, by=None, now=NOON).id)


def run(*arguments: str) -> str:
    found = CliRunner().invoke(broadcast, arguments, catch_exceptions=False)
    return found.output


def test_it_is_listed_and_shown_with_what_it_would_take(drafted):
    assert "draft" in run("list", "gold-2026")
    shown = run("show", drafted)
    assert "reach 2 telephones and take 2 segments" in shown
    assert "1 who speak fr would get it in en" in shown


def test_as_json_for_a_machine(drafted):
    (listed,) = json.loads(run("list", "gold-2026", "--json"))
    shown = json.loads(run("show", drafted, "--json"))

    assert (listed["id"], listed["state"]) == (drafted, "draft")
    assert (shown["people"], shown["segments"], shown["without_words"]) == (2, 2, {"fr": 1})


def test_starting_stopping_and_going_on(drafted):
    assert "on its way to 2" in run("start", drafted)
    assert "running. Nothing was changed" in run("start", drafted)
    preparing.go_on()

    assert "is stopped" in run("stop", drafted)
    assert "nothing to stop" in run("stop", drafted)
    assert "2 of them held: stopped" in run("show", drafted)
    assert "on its way" in run("start", drafted)


def test_one_that_is_not_there(drafted):
    with pytest.raises(broadcasts.NotFound, match="There is no broadcast x"):
        run("show", "x")


def test_the_command_is_known():
    assert "broadcast" in baraza.list_commands(None)
