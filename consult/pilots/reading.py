"""Reading a checklist that came back from the field: our own form, or what KoboToolbox and ODK give out.

Our own form has one row a clause and one respondent a file. An export of the
XLSForm has one row a submission; its headings are the names of the questions,
with or without the names of groups before them.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeVar
from uuid import UUID

from consult.errors import BarazaError
from consult.pilots import choices
from consult.sheets.cells import Lines, spreadsheet
from standards.checklists import CLAUSE, Field, Head, Pin, named_field

N = TypeVar("N", Head, Pin)
MOST_ROWS = 20_000
_CLAUSE_COLUMN = re.compile(r"c_[0-9a-f]{32}_[a-z]+$")
# Where a device or a server tells which submission a row is, surest first.
_KEYS = ("_uuid", "meta/instanceid", "meta-instanceid", "instanceid", "key", "_id")
# What servers and forms add of their own; nothing in it is about a clause.
_SYSTEM = re.compile(
    r"(_\w+|start|end|today|key|deviceid|device_id|subscriberid|simserial|phonenumber|username|audit"
    r"|formhub/uuid|meta[/.:-]\w+|submissiondate|submitterid|submittername|attachments\w*|status"
    r"|reviewstate|edits|formversion|instanceid|instancename|(?:.*[/.:-])?(?:how_to|chapter_\d+))",
    re.I,
)


class NoClauseColumn(BarazaError):
    """A table in which no column is one of a checklist's questions."""

    def __init__(self, name: str, headings: Sequence[str]) -> None:
        found = ", ".join(f"“{heading}”" for heading in headings if heading.strip())[:400] or "none"
        super().__init__(
            f"{name} holds no answers to a checklist of ours. Columns found: {found}. From KoboToolbox, take "
            "the export again with “XML values and headers”; from ODK Central, the CSV as it is; "
            "or send back the checklist’s own XLSX."
        )


@dataclass(frozen=True)
class Cell:
    """Words as they were written, and where: the row counted as a person would, and its column."""

    place: int
    column: str
    words: str


@dataclass(frozen=True)
class Submission:
    """What one respondent sent back, as it was written. `key` names the submission, never a person."""

    place: int
    key: str
    head: Mapping[Head, Cell]
    pins: Mapping[Pin, str]
    answers: Mapping[UUID, Mapping[Field, Cell]]


@dataclass(frozen=True)
class Returned:
    """A file as it was read; `unread` are headings that are no questions of ours."""

    name: str
    submissions: tuple[Submission, ...]
    unread: tuple[str, ...] = ()
    remarks: tuple[str, ...] = field(default=())
    strays: tuple[Cell, ...] = ()

    def pin(self, pin: Pin) -> str:
        """What the file says about itself; "" where it says nothing or several things."""
        said = {words for submission in self.submissions if (words := submission.pins.get(pin, ""))}
        return next(iter(said)) if len(said) == 1 else ""


def read(data: bytes, name: str) -> Returned:
    """The answers of a file. Raises UnreadableSheet or NoClauseColumn, naming what to do."""
    sheets = spreadsheet(data, name)
    for sheet in sheets:
        if (heading := _heading_of_form(sheet)) is not None:
            return _form(name, sheets, sheet, heading)
    for sheet in sheets:
        if (top := _heading_of_export(sheet)) is not None:
            return _export(name, sheet, top)
    raise NoClauseColumn(name, next((line for sheet in sheets for line in sheet.cells if any(line)), []))


# --- an export: a row for each submission


def _heading_of_export(sheet: Lines) -> int | None:
    for at, line in enumerate(sheet.cells[:20]):
        if any(_question(heading) for heading in line):
            return at
    return None


def _question(heading: str) -> tuple[UUID, Field] | None:
    """The clause and question of a heading, whatever group names stand before it."""
    found = _CLAUSE_COLUMN.search(heading.strip().lower())
    return named_field(found[0]) if found else None


def _export(name: str, sheet: Lines, top: int) -> Returned:
    headings = sheet.cells[top]
    if len(sheet.cells) - top > MOST_ROWS:
        raise BarazaError(f"{name} has more than {MOST_ROWS:,} rows. Split it into several files.")
    questions = {at: asked for at, heading in enumerate(headings) if (asked := _question(heading))}
    heads = {at: who for at, heading in enumerate(headings) if (who := _named(heading, Head))}
    pins = {at: pin for at, heading in enumerate(headings) if (pin := _named(heading, Pin))}
    keys = _key_columns(headings)
    names = {at: field.value for at, (_clause_id, field) in questions.items()}
    names |= {at: who.value for at, who in heads.items()}
    found: list[Submission] = []
    twins: dict[str, int] = {}
    for place, line in enumerate(sheet.cells[top + 1 :], top + 2):
        cells = {
            at: Cell(place, _column(at, names.get(at, "")), words)
            for at, words in _filled(line)
            if at < len(headings)
        }
        if not cells:
            continue
        answers: dict[UUID, dict[Field, Cell]] = {}
        for at, (clause_id, question) in questions.items():
            if at in cells:
                answers.setdefault(clause_id, {})[question] = cells[at]
        head = {heads[at]: cell for at, cell in cells.items() if at in heads}
        told = {pins[at]: cell.words for at, cell in cells.items() if at in pins}
        named = next((cells[at].words for at in keys if at in cells), "")
        key = _key(named) if named else _key_of(head, answers, twins)
        found.append(Submission(place, key, head, told, answers))
    known = {*questions, *heads, *pins, *keys}
    said = {at for line in sheet.cells[top + 1 :] for at, _words in _filled(line)}
    unread = [
        heading
        for at, heading in enumerate(headings)
        if at in said - known and heading.strip() and not _SYSTEM.fullmatch(heading.strip())
    ]
    return Returned(name, tuple(found), tuple(unread), sheet.remarks)


def _column(at: int, name: str) -> str:
    """A column as a person finds it in a spreadsheet: `AF (met)`."""
    from openpyxl.utils import get_column_letter

    return f"{get_column_letter(at + 1)} ({name})" if name else str(get_column_letter(at + 1))


def _named(heading: str, names: type[N]) -> N | None:
    words = heading.strip().lower()
    for one in names:
        if re.search(rf"(?:^|[/.:-]){one.value}$", words):
            return one
    return None


def _key_columns(headings: Sequence[str]) -> list[int]:
    lower = [heading.strip().lower() for heading in headings]
    return [lower.index(key) for key in _KEYS if key in lower]


def _filled(line: Sequence[str]) -> Iterable[tuple[int, str]]:
    return ((at, words.strip()) for at, words in enumerate(line) if words.strip())


# --- our own form: a row for each clause


def _heading_of_form(sheet: Lines) -> int | None:
    for at, line in enumerate(sheet.cells[:40]):
        words = {cell.strip().lower() for cell in line}
        if CLAUSE in words and Field.MET.value in words:
            return at
    return None


def _form(name: str, sheets: Sequence[Lines], sheet: Lines, top: int) -> Returned:
    headings = [heading.strip().lower() for heading in sheet.cells[top]]
    clause_at = headings.index(CLAUSE)
    asked = {at: Field(words) for at, words in enumerate(headings) if words in {f.value for f in Field}}
    answers: dict[UUID, dict[Field, Cell]] = {}
    strays: list[Cell] = []
    for place, line in enumerate(sheet.cells[top + 1 :], top + 2):
        filled = {
            asked[at]: Cell(place, _column(at, headings[at]), words)
            for at, words in _filled(line)
            if at in asked
        }
        if not filled:
            continue
        written = line[clause_at].strip() if clause_at < len(line) else ""
        if place == top + 2 and not written and not _is_answer(filled):
            # Below the names stand the headings that people read.
            continue
        clause_id = _clause(written)
        if clause_id is None or clause_id in answers:
            strays.append(Cell(place, CLAUSE, written))
        else:
            answers[clause_id] = filled
    head, pins = _told_above(sheets, sheet, top)
    key = _key_of(head, answers, {})
    submission = Submission(top + 1, key, head, pins, answers)
    return Returned(name, (submission,), (), sheet.remarks, tuple(strays))


def _is_answer(filled: Mapping[Field, Cell]) -> bool:
    """Whether a clause is answered: the Spanish heading asks “¿Se cumple?”, the answer is “Se cumple”."""
    written = filled[Field.MET].words if Field.MET in filled else ""
    return not written.endswith("?") and choices.met(written) is not None


def _clause(written: str) -> UUID | None:
    words = written.lower().removeprefix("c_")
    try:
        return UUID(words)
    except ValueError:
        return None


def _told_above(sheets: Sequence[Lines], form: Lines, top: int) -> tuple[dict[Head, Cell], dict[Pin, str]]:
    """Who answered and which text was asked about: a name in one cell, its words in the next that has any."""
    head: dict[Head, Cell] = {}
    pins: dict[Pin, str] = {}
    names = {one.value: one for one in (*Head, *Pin)}
    for sheet in sheets:
        for place, line in enumerate(sheet.cells[:top] if sheet is form else sheet.cells[:60], 1):
            filled = [words for _at, words in _filled(line)]
            for words, beside in pairwise(filled):
                asked = names.get(words)
                if isinstance(asked, Head) and beside not in names:
                    head.setdefault(asked, Cell(place, asked.value, beside))
                elif isinstance(asked, Pin) and beside not in names:
                    pins.setdefault(asked, beside)
    return head, pins


# --- which submission it is


def _key(named: str) -> str:
    """A submission's own name, shortened beyond recognition: it finds nobody on the server it came from."""
    plain = named.strip().lower().removeprefix("uuid:")
    return hashlib.sha256(plain.encode()).hexdigest()[:20]


def _key_of(
    head: Mapping[Head, Cell], answers: Mapping[UUID, Mapping[Field, Cell]], twins: dict[str, int]
) -> str:
    """For a submission without a name: what it says, and the how-manieth that says so."""
    said = [
        sorted((asked, cell.words) for asked, cell in head.items()),
        sorted(
            (str(id_), asked, cell.words) for id_, told in answers.items() for asked, cell in told.items()
        ),
    ]
    own = json.dumps(said, ensure_ascii=False)
    twins[own] = twins.get(own, 0) + 1
    return _key(f"{own}:{twins[own]}")
