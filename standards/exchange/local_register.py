"""The register of derogations: every weakening of a local text with its end, for readers and for programs.

Nobody keeps it: it is read from the operations for a day, in reading order, so
that it says on every day what the text says. What has run out stays in it.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import NAMESPACE_URL, uuid5

from standards.document import Clause, ClauseText, Document, Scheme
from standards.exchange.docx.wording import escaped
from standards.exchange.local_marks import LocalText, weakened
from standards.exchange.local_words import LocalWords
from standards.operations import Derogate
from standards.overlays.resolve import all_placed

Standing = Literal["in-force", "run-out", "not-approved"]


@dataclass(frozen=True)
class Line:
    """One derogation: which clause and layer, what lasts, what holds for a time, until when, and why."""

    clause: Clause
    layer: str
    name: str
    what: str
    lasting: str
    weaker: str
    until: date
    approved_by: str
    reason: str
    evidence: str
    standing: Standing


def lines(text: LocalText, words: LocalWords) -> list[Line]:
    """Every derogation of a local text as it stands on its day, in reading order."""
    found = []
    for clause, placed in all_placed(text.resolved):
        one = placed.operation
        if not isinstance(one, Derogate):
            continue
        what, lasting, weaker = weakened(text, clause, placed, words)
        found.append(
            Line(
                clause=clause,
                layer=placed.layer,
                name=text.name(placed.layer),
                what=what,
                lasting=lasting,
                weaker=weaker,
                until=one.until,
                approved_by=one.approved_by,
                reason=one.rationale,
                evidence=one.evidence,
                standing=standing(one, text.on),
            )
        )
    return found


def standing(one: Derogate, on: date) -> Standing:
    """Whether a derogation holds on a day, has run out, or waits for the owner of the base."""
    if one.in_force(on):
        return "in-force"
    return "run-out" if one.approved_by.strip() else "not-approved"


def table(register: list[Line], words: LocalWords) -> list[list[str]]:
    """The register as rows of words, its heads first; days as 2028-12-31."""
    return [
        list(words.heads),
        *(
            [
                f"{line.clause.number} {line.clause.text.heading}".strip(),
                line.name,
                line.what,
                line.lasting,
                line.weaker,
                line.until.isoformat(),
                line.approved_by,
                line.reason,
                words.standings[line.standing],
            ]
            for line in register
        ),
    ]


def as_document(register: list[Line], words: LocalWords, title: str) -> Document:
    """The register as a document with one table for each local text, for the writers of standards."""

    def section(heading: str, body: str, above: Clause | None = None) -> Clause:
        id_ = uuid5(NAMESPACE_URL, f"register:{title}:{heading}")
        return Clause(id_, ClauseText(heading=heading, body=body), above.id if above else None)

    lead = words.register_lead if register else f"{words.register_lead}\n\n{words.register_empty}"
    whole = section(words.register, lead)
    names = dict.fromkeys(line.name for line in register)
    parts = [section(name, _for_paper(register, words, name), whole) for name in names]
    return Document(title, words.language, Scheme.DECLARED, (whole, *parts))


def _for_paper(register: list[Line], words: LocalWords, name: str) -> str:
    """The lines of one local text in as many columns as a page holds."""
    clause, _, what, _, _, until, approved, reason, _ = words.heads
    rows = [
        [clause, what, until, approved, reason],
        ["---"] * 5,
        *(
            [
                _cell(f"{line.clause.number} {line.clause.text.heading}"),
                _cell(f"{line.what}: {line.lasting} → {line.weaker}"),
                _cell(f"{words.day(line.until)}. {words.standings[line.standing]}"),
                _cell(line.approved_by),
                _cell(line.reason),
            ]
            for line in register
            if line.name == name
        ),
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cell(words: str) -> str:
    return escaped(" ".join(words.split())).replace("|", "\\|") or "–"
