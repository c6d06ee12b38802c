"""Lint of what an auditor needs: whether each requirement says how, by whom, of whom and from when.

It looks at indicators, and at criteria that have no indicators of their own to be
audited by, as far as they require something.
"""

from collections.abc import Callable, Iterator

from standards.document import Attributes, Clause, Document, Level, Modality
from standards.lint.remarks import Remark, Rule, on


def audited(document: Document) -> Iterator[Clause]:
    """The clauses an auditor works through one by one."""
    for clause in document:
        if clause.text.modality is not Modality.REQUIREMENT:
            continue
        if clause.text.level is Level.INDICATOR or (
            clause.text.level is Level.CRITERION and not _through_indicators(document, clause)
        ):
            yield clause


def _through_indicators(document: Document, clause: Clause) -> bool:
    return any(
        child.text.level is Level.INDICATOR and child.text.modality is Modality.REQUIREMENT
        for child in document.children.get(clause.id, ())
    )


def _lacking(rule: str, has: Callable[[Attributes], object], told: str) -> Rule:
    def remarks(document: Document) -> Iterator[Remark]:
        for clause in audited(document):
            if not has(clause.text.attributes):
                yield on(f"auditability-{rule}", clause, f"{clause.title} {told}")

    return remarks


RULES: tuple[Rule, ...] = (
    _lacking(
        "verifier",
        lambda told: told.verifiers or any(variant.evidence for variant in told.stages),
        "names no document, observation, interview or measurement that shows it is met",
    ),
    _lacking("party", lambda told: told.responsible, "does not say who is responsible for it"),
    _lacking(
        "applicability",
        lambda told: told.producers or told.minerals or told.size or told.custody,
        "does not say for which producers, minerals, sizes or models of custody it holds",
    ),
    _lacking("stage", lambda told: told.stage or told.stages, "does not say from which stage it is asked"),
)
