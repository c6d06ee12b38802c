"""The goals for linking, on real comments with known clauses and on one text in many languages."""

import json
import os
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pytest

from consult.linking.lines import read_clauses, read_gold
from consult.linking.suggesting import ClauseGiven, Index, Suggestion

CORPORA = os.environ.get("BARAZA_CORPORA")
pytestmark = pytest.mark.skipif(
    not CORPORA, reason="set BARAZA_CORPORA to the folder of real texts to run these"
)


@cache
def core_outcomes() -> list[tuple[int, str]]:
    """For each core comment the rank of a right clause (0 for none within five) and the decision."""
    folder = Path(CORPORA or "") / "clause-linking"
    groups: dict[str, list[str]] = defaultdict(list)
    for file in sorted(folder.glob("comments-*.jsonl")):
        for line in file.read_text("utf-8").splitlines():
            facts = json.loads(line)
            if facts["core"]:
                groups[f"clauses-{facts['standard']}--{facts['version']}.jsonl"].append(line)
    outcomes: list[tuple[int, str]] = []
    for name, lines in groups.items():
        index = Index(read_clauses((folder / name).read_text("utf-8").splitlines()))
        for one in read_gold(lines):
            made = index.suggest(one.comment)
            rank = next((at for at, clause in enumerate(made.clauses, 1) if clause.id in one.clauses), 0)
            outcomes.append((rank, made.decision))
    return outcomes


@pytest.mark.parametrize(("depth", "goal"), [(1, 0.50), (3, 0.65), (5, 0.71)])
def test_the_right_clause_is_among_the_first(depth: int, goal: float) -> None:
    ranks = [rank for rank, _ in core_outcomes()]

    assert sum(0 < rank <= depth for rank in ranks) / len(ranks) >= goal


def test_links_decided_alone_are_right_and_worth_having() -> None:
    links = [rank == 1 for rank, decision in core_outcomes() if decision == "link"]

    assert len(links) / len(core_outcomes()) >= 0.08
    assert sum(links) / len(links) >= 0.97


@cache
def articles() -> dict[str, dict[str, str]]:
    """The articles of the Universal Declaration by language and number."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    file = Path(CORPORA or "") / "multilingual/udhr-articles.jsonl"
    for line in file.read_text("utf-8").splitlines():
        facts = json.loads(line)
        found[facts["lang"]][str(facts["article"])] = facts["text"]
    return found


@cache
def across(tongue: str, lang: str) -> list[tuple[str, Suggestion]]:
    index = Index([ClauseGiven(number, text=text) for number, text in articles()["eng"].items()])
    return [(number, index.suggest(text, lang=lang)) for number, text in articles()[tongue].items()]


@pytest.mark.parametrize(("tongue", "lang"), [("fra", "fr"), ("spa", "es"), ("por_BR", "pt")])
def test_related_languages_find_the_english_clause(tongue: str, lang: str) -> None:
    made = across(tongue, lang)

    assert sum(one.clauses[0].id == number for number, one in made) / len(made) >= 0.93
    assert "link" not in {one.decision for _, one in made}


def test_swahili_against_english_is_not_guessed() -> None:
    decisions = Counter(one.decision for _, one in across("swh", "sw"))

    assert decisions["none"] == 30
