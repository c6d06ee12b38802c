from uuid import UUID

import pytest

from standards.document import (
    Attributes,
    Clause,
    ClauseText,
    Document,
    Level,
    Modality,
    Parameter,
    Scheme,
    StageVariant,
    Verifier,
)
from standards.lint import lint
from standards.numbering import numbered
from tests.standards.casefile import read_cases

SHARE = Parameter(name="share", value=90)
SOUND = ClauseText(
    "Water", "The operator shall recover {share}.", modality=Modality.REQUIREMENT, parameters=(SHARE,)
)
AUDITABLE = Attributes(
    stage="entry",
    responsible="keeper of the list",
    producers=("cooperative",),
    verifiers=(Verifier(type="document", text="The list"),),
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


class TestReferencesWhereATextNumbersItself:
    def remarks(self, words: str) -> list[str]:
        numbers = {"4.2": "Retorts are kept.", "V6.1": words, "Annex A": "A sheet."}
        return rules_seen(*(ClauseText("", body, declared_number=number) for number, body in numbers.items()))

    def test_a_number_under_one_that_is_there_is_missed(self) -> None:
        assert self.remarks("See clause 4.2.7.") == ["reference-broken"]

    @pytest.mark.parametrize("words", ["See clause 4.2 and Annex A.", "See section 7.", "See section 9.1."])
    def test_parts_without_numbers_of_their_own_may_be_meant(self, words: str) -> None:
        assert self.remarks(words) == []


def a_case(written: str) -> Document:
    """A document from the lines of a case; every clause is auditable, so that only its words are seen."""
    lines = written.split("\n")
    language = lines.pop(0).removeprefix("lang ") if lines[0].startswith("lang ") else "en"
    clauses: list[Clause] = []
    path: list[UUID] = []
    for at, line in enumerate(lines, start=1):
        depth = len(line) - len(line.lstrip(">"))
        level, modality, heading, body = (part.strip() for part in line.lstrip(">").split("|", 3))
        path[depth:] = [UUID(int=at)]
        text = ClauseText(
            heading,
            body.replace("\\n", "\n"),
            level=Level(level),
            modality=Modality(modality),
            attributes=AUDITABLE,
        )
        clauses.append(Clause(path[-1], text, path[depth - 1] if depth else None))
    return numbered(Document("A standard", language, Scheme.PRINCIPLES, tuple(clauses)))


@pytest.mark.parametrize(
    ("_title", "written", "expected"),
    [pytest.param(*case, id=case[0]) for case in read_cases("lint.md", 2)],
)
def test_the_words_of_a_text_earn_these_remarks(_title: str, written: str, expected: str) -> None:
    remarks = lint(a_case(written))

    assert "\n".join(f"{remark.number} {remark.rule}" for remark in remarks) == expected


class TestAuditability:
    def remarks(self, text: ClauseText, *below: ClauseText) -> list[str]:
        clauses = [Clause(UUID(int=1), text)]
        clauses += [Clause(UUID(int=at), child, UUID(int=1)) for at, child in enumerate(below, start=2)]
        found = lint(numbered(Document("A standard", "en", Scheme.PRINCIPLES, tuple(clauses))))
        return [f"{r.number} {r.rule}" for r in found if r.rule.startswith("auditability-")]

    def a_clause(self, level: Level = Level.INDICATOR, **told: object) -> ClauseText:
        attributes = AUDITABLE.model_copy(update=told)
        return ClauseText(
            "List",
            "The group shall keep a list.",
            level=level,
            modality=Modality.REQUIREMENT,
            attributes=attributes,
        )

    def test_a_clause_with_all_four_earns_none(self) -> None:
        assert self.remarks(self.a_clause()) == []

    @pytest.mark.parametrize(
        ("missing", "rule"),
        [
            ({"verifiers": ()}, "verifier"),
            ({"responsible": ""}, "party"),
            ({"producers": ()}, "applicability"),
            ({"stage": ""}, "stage"),
        ],
    )
    @pytest.mark.parametrize("level", [Level.INDICATOR, Level.CRITERION])
    def test_each_of_the_four_is_missed(self, level: Level, missing: dict[str, object], rule: str) -> None:
        assert self.remarks(self.a_clause(level, **missing)) == [f"1 auditability-{rule}"]

    def test_stage_variants_tell_stage_and_evidence(self) -> None:
        variant = StageVariant(stage="entry", wording="Begin a list.", evidence="The first page")

        assert self.remarks(self.a_clause(stage="", verifiers=(), stages=(variant,))) == []

    def test_a_criterion_is_audited_by_its_indicators(self) -> None:
        bare = self.a_clause(Level.CRITERION, stage="", responsible="", producers=(), verifiers=())

        assert self.remarks(bare, self.a_clause(responsible="")) == ["1.1 auditability-party"]

    @pytest.mark.parametrize("modality", [Modality.RECOMMENDATION, Modality.NONE])
    def test_what_requires_nothing_is_not_audited(self, modality: Modality) -> None:
        text = ClauseText("List", "Lists help.", level=Level.INDICATOR, modality=modality)

        assert self.remarks(text) == []
