from uuid import UUID

import pytest

from standards.document import Clause, ClauseText, Document, Level, Modality, Parameter, Scheme
from standards.lint import lint
from standards.numbering import numbered

SHARE = Parameter(name="share", value=90)
SOUND = ClauseText(
    "Water", "The operator shall recover {share}.", modality=Modality.REQUIREMENT, parameters=(SHARE,)
)


def rules_seen(*texts: ClauseText) -> list[str]:
    clauses = tuple(Clause(UUID(int=at), text) for at, text in enumerate(texts, start=1))
    return [remark.rule for remark in lint(numbered(Document("A standard", "en", Scheme.DECLARED, clauses)))]


def test_a_sound_clause_earns_no_remark() -> None:
    assert rules_seen(SOUND) == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (ClauseText("Water", ""), "empty"),
        (ClauseText("", "One should.", modality=Modality.REQUIREMENT), "modality"),
        (ClauseText("", "Read this.", Level.NOTE, Modality.REQUIREMENT), "binding-note"),
        (ClauseText("", "Nothing here.", parameters=(SHARE,)), "parameter-unused"),
        (ClauseText("", "A word.[^1]"), "footnote-missing"),
    ],
)
def test_each_rule_sees_its_breach(text: ClauseText, rule: str) -> None:
    assert rules_seen(text) == [rule]


def test_a_number_given_twice_is_told_once() -> None:
    text = ClauseText("", "Words.", declared_number="4.2")

    assert rules_seen(text, text) == ["number-twice"]
