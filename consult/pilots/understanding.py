"""Understanding answers: each against the text it was asked about, with what must be looked at again.

Nothing that names a person passes: free words lose numbers and addresses as
comments do, and of where somebody works no more than a district is kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import ngettext

from consult import masking
from consult.pilots import choices
from consult.pilots.reading import Cell, Returned, Submission
from consult.tables.comments import Ability
from consult.tables.pilots import Met
from consult.tables.rounds import GroupRow
from standards.checklists import Field, Head, Pin, group_name
from standards.document import Document

FREE = (Field.EVIDENCE, Field.COST, Field.OBSTACLE, Field.BENEFIT, Field.NOTE)
LONGEST = 4000
"""Characters of free words to one clause; a longer text is a document, not an answer."""


@dataclass(frozen=True)
class Problem:
    """A cell that cannot be taken as it is, and what is possible instead."""

    place: int
    column: str
    words: str
    message: str

    def __str__(self) -> str:
        return f"Row {self.place}, column {self.column}: {self.message}"


@dataclass(frozen=True)
class Found:
    """What one respondent said about one clause."""

    clause_id: UUID
    met: Met
    ability: Ability | None = None
    evidence: str = ""
    cost: str = ""
    obstacle: str = ""
    benefit: str = ""
    note: str = ""
    photo: str = ""


@dataclass(frozen=True)
class Respondent:
    """One who answered: known by a key that names nobody, with the producer type and group they gave."""

    key: str
    producer: str = ""
    group_id: UUID | None = None
    region: str = ""
    held_on: str = ""
    found: tuple[Found, ...] = ()


@dataclass(frozen=True)
class Understood:
    """The answers that can be kept; `problems` are the rows that cannot, and are left out of them."""

    respondents: tuple[Respondent, ...]
    problems: tuple[Problem, ...] = ()
    remarks: tuple[str, ...] = ()
    stage: str = ""

    @property
    def answers(self) -> int:
        """How many answers there are, a clause answered by one respondent counting as one."""
        return sum(len(one.found) for one in self.respondents)

    @property
    def clauses(self) -> int:
        """How many clauses were answered by anybody."""
        return len({found.clause_id for one in self.respondents for found in one.found})

    @property
    def left_out(self) -> list[int]:
        """The rows that cannot be kept."""
        return sorted({problem.place for problem in self.problems})

    def in_common(self, name: str) -> str:
        """What all respondents who said it say alike of themselves; "" where they differ."""
        said = {value for one in self.respondents if (value := getattr(one, name))}
        return str(next(iter(said))) if len(said) == 1 else ""


def understand(returned: Returned, document: Document, groups: Sequence[GroupRow]) -> Understood:
    """A file's answers on the clauses of a version. Cells that say something else become problems."""
    problems = [_stray(cell, document) for cell in returned.strays]
    absent: dict[UUID, str] = {}
    respondents: list[Respondent] = []
    seen: set[str] = set()
    for submission in returned.submissions:
        own: list[Problem] = []
        respondent = _respondent(submission, document, groups, absent, own)
        problems += own
        alone = len(returned.submissions) == 1 and _is_form(submission)
        spoilt = {problem.place for problem in own}
        if submission.key in seen:
            continue
        seen.add(submission.key)
        if respondent.found and (alone or not spoilt):
            respondents.append(respondent)
    return Understood(
        tuple(respondents),
        tuple(problems),
        _remarks(returned, absent),
        choices.stage(returned.pin(Pin.STAGE)),
    )


def _is_form(submission: Submission) -> bool:
    """Whether each clause stands in a row of its own, so that a faulty row spoils no other."""
    return any(
        cell.place != submission.place for told in submission.answers.values() for cell in told.values()
    )


def _respondent(
    submission: Submission,
    document: Document,
    groups: Sequence[GroupRow],
    absent: dict[UUID, str],
    problems: list[Problem],
) -> Respondent:
    found = []
    for clause_id, told in submission.answers.items():
        clause = document.by_id.get(clause_id)
        if clause is None:
            absent.setdefault(clause_id, group_name(clause_id))
            continue
        one = _found(clause_id, clause.number or clause.text.heading, told, problems)
        if one is not None:
            found.append(one)
    region = submission.head.get(Head.REGION)
    return Respondent(
        submission.key,
        _producer(submission.head.get(Head.PRODUCER), problems),
        _group(submission.head.get(Head.GROUP), groups, problems),
        masking.masked(_plain(region.words))[:100] if region else "",
        _day(submission.head.get(Head.HELD_ON), problems),
        tuple(found),
    )


def _found(clause_id: UUID, called: str, told: Mapping[Field, Cell], problems: list[Problem]) -> Found | None:
    """One clause's answer; None where a cell of it is a problem."""
    before = len(problems)
    met = choices.met(told[Field.MET].words) if Field.MET in told else None
    if met is None:
        cell = told.get(Field.MET) or next(iter(told.values()))
        problems.append(_unlisted(cell, called, Met) if Field.MET in told else _unanswered(cell, called))
    able = told.get(Field.ABILITY)
    ability = choices.ability(able.words) if able else None
    if able and ability is None:
        problems.append(_unlisted(able, called, Ability))
    for field in FREE:
        if field in told and len(told[field].words) > LONGEST:
            message = _(
                "Clause %(clause)s: this is longer than %(most)s characters.", clause=called, most=LONGEST
            )
            problems.append(
                Problem(told[field].place, told[field].column, told[field].words[:60] + "…", message)
            )
    if met is None or len(problems) > before:
        return None
    words = {
        field.value: masking.masked(_plain(told[field].words)) if field in told else "" for field in FREE
    }
    return Found(clause_id, met, ability, **words)


def _plain(words: str) -> str:
    return words.replace("\0", "").strip()


# --- what must be looked at again


def _unlisted(cell: Cell, called: str, possible: type[Met] | type[Ability]) -> Problem:
    message = _(
        "Clause %(clause)s: “%(words)s” is no answer here. Possible are %(possible)s.",
        clause=called,
        words=cell.words[:60],
        possible=", ".join(one.value for one in possible),
    )
    return Problem(cell.place, cell.column, cell.words[:60], message)


def _unanswered(cell: Cell, called: str) -> Problem:
    message = _(
        "Clause %(clause)s: something is told here, but not whether the clause is met. "
        "Say met, partly, not-met or not-applicable.",
        clause=called,
    )
    return Problem(cell.place, cell.column, "", message)


def _stray(cell: Cell, document: Document) -> Problem:
    try:
        known = document.by_id.get(UUID(cell.words.lower().removeprefix("c_")))
    except ValueError:
        known = None
    if known is not None:
        message = _("Clause %(clause)s is answered in a row above already.", clause=known.number)
    else:
        message = _(
            "“%(words)s” names no clause. Leave this column as it was sent out.", words=cell.words[:60]
        )
    return Problem(cell.place, cell.column, cell.words[:60], message)


def _producer(cell: Cell | None, problems: list[Problem]) -> str:
    if cell is None:
        return ""
    found = choices.producer(cell.words)
    if found is None:
        message = choices.no_producer(cell.words)
        problems.append(Problem(cell.place, cell.column, cell.words[:60], message))
    return found or ""


def _group(cell: Cell | None, groups: Sequence[GroupRow], problems: list[Problem]) -> UUID | None:
    if cell is None:
        return None
    found = choices.group(cell.words, groups)
    if found is None:
        possible = ", ".join(row.key for row in groups) or _("none yet")
        message = _(
            "There is no stakeholder group “%(words)s”. Possible are %(possible)s.",
            words=cell.words[:60],
            possible=possible,
        )
        problems.append(Problem(cell.place, cell.column, cell.words[:60], message))
    return found.id if found else None


def _day(cell: Cell | None, problems: list[Problem]) -> str:
    if cell is None:
        return ""
    try:
        return date.fromisoformat(cell.words[:10]).isoformat()
    except ValueError:
        message = _("“%(words)s” is no day. Write it as 2026-11-03.", words=cell.words[:60])
        problems.append(Problem(cell.place, cell.column, cell.words[:60], message))
        return ""


def _remarks(returned: Returned, absent: Mapping[UUID, str]) -> tuple[str, ...]:
    """What was passed over without harm."""
    said = list(returned.remarks)
    if absent:
        names = ", ".join(sorted(absent.values())[:5])
        said.append(
            ngettext(
                "One clause that was answered is not in this version: %(names)s. Its answers are left out.",
                "%(num)s clauses that were answered are not in this version: %(names)s. "
                "Their answers are left out.",
                len(absent),
                names=names,
            )
        )
    if returned.unread:
        names = ", ".join(f"“{heading}”" for heading in returned.unread[:12])
        said.append(
            ngettext(
                "One column is no question of the checklist and is not kept: %(names)s.",
                "%(num)s columns are no questions of the checklist and are not kept: %(names)s.",
                len(returned.unread),
                names=names,
            )
        )
    return tuple(said)
