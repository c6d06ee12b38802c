"""The demonstration is made by the acts themselves, and comes out as its files say."""

import json
from importlib.resources import files

import pytest

from consult import dispositions, ledger
from consult.tables.comments import Placement
from standards import store, versions
from standards.diff import Kind
from standards.lineage import Relation


@pytest.fixture
def loaded(demonstrated, session):
    return session


def told(name: str):
    return json.loads((files("consult.demonstration") / name).read_text())


def test_version_two_written_act_by_act_reads_as_its_file(loaded):
    _, version = store.version_called(loaded, "rag@2.0")

    document = store.load(loaded, version)

    wanted = [(c["heading"], c["body"], c["level"]) for c in told("rag-2.0.json")["clauses"]]
    assert [(c.text.heading, c.text.body, c.text.level.value) for c in document] == wanted


def test_its_lineage_is_recorded_as_the_editor_made_it(loaded):
    _, older = store.version_called(loaded, "rag@1.1")
    _, newer = store.version_called(loaded, "rag@2.0")

    steps = store.steps_between(loaded, older, newer)
    comparison = versions.comparison(loaded, older, newer)

    assert sorted(step.relation.value for step in steps) == sorted(
        change["relation"]
        for change in told("changes.json")
        if change["relation"] in {Relation.SPLIT, Relation.MERGED, Relation.WITHDRAWN}
    )
    assert comparison.counts[Kind.NEW] == 6
    assert comparison.counts[Kind.WITHDRAWN] == 2
    assert comparison.counts[Kind.MOVED] == 3


def test_every_comment_of_the_closed_round_was_decided_and_the_sums_hold(loaded):
    _, older = store.version_called(loaded, "rag@1.1")

    assert dispositions.open_matters(loaded, older) == []
    assert ledger.verify(loaded).faults == []


def test_some_comments_of_the_open_round_wait_for_a_person(loaded):
    from consult import rounds

    placed = rounds.placements(loaded, rounds.round_called(loaded, "rag-2026"))

    assert placed[Placement.QUEUED] >= 5
    assert placed[Placement.LINKED] >= 40
