"""A crosswalk as a table: for reviewers who work in a spreadsheet, out and back in.

A clause goes by its id, or by its number where the id is empty. What a file says
of a stale edge in the very words that are kept is no new judgement: a table sent
out and returned changes nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import chain
from typing import IO, Final
from uuid import UUID

from pydantic import ValidationError
from sqlmodel import Session

from consult.sheets import cells
from consult.sheets.cells import UnreadableSheet
from standards import recognition_store
from standards.document import Clause
from standards.errors import StandardsError
from standards.exchange.workbooks import workbook
from standards.recognition import Verdict, folded
from standards.recognition_store import Judgement, Kept, Pair

KINDS: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
MOST_ROWS = 50_000
MOST_PROBLEMS = 20


class Column(StrEnum):
    """A column of the table, by its heading."""

    OURS = "Our clause"
    OUR_ID = "Our clause id"
    OUR_WORDS = "What ours says"
    THEIRS = "Their clause"
    THEIR_ID = "Their clause id"
    THEIR_WORDS = "What theirs says"
    REQUIREMENT = "Requirement"
    ASSURANCE = "Assurance"
    GAP = "Gap"
    EVIDENCE = "Evidence"
    REVIEWERS = "Reviewers"
    REVIEWED_ON = "Reviewed on"
    EXPIRES_ON = "Expires on"
    STANDING = "Standing"


_WIDTHS = (10, 14, 45, 10, 14, 45, 13, 13, 40, 30, 26, 12, 12, 12)
NEEDED = (Column.REQUIREMENT, Column.ASSURANCE)


class UnreadableCrosswalk(UnreadableSheet):
    """A crosswalk some of whose rows cannot be taken; none of it was."""

    def __init__(self, name: str, problems: Sequence[str]) -> None:
        more = len(problems) - MOST_PROBLEMS
        shown = [*problems[:MOST_PROBLEMS], *([f"and {more} more"] if more > 0 else [])]
        super().__init__(
            f"{name} was not taken; please mend these rows and send it again:\n" + "\n".join(shown)
        )
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Brought:
    """What came of a table: its rows, those judged anew, those that only join two clauses, those as kept."""

    rows: int
    judged: int
    joined: int
    unchanged: int


def write(session: Session, pair: Pair, kind: str, into: IO[bytes], on: date) -> int:
    """Write the edges between two versions; returns how many. `kind` is one of KINDS."""
    lines = [_line(pair, one) for one in recognition_store.kept(session, pair, on)]
    heading = [column.value for column in Column]
    if kind == "csv":
        return cells.write_csv(chain([heading], lines), into) - 1
    into.write(_as_workbook(pair, heading, lines))
    return len(lines)


def bring(
    session: Session,
    pair: Pair,
    data: bytes,
    name: str,
    *,
    reviewer: str | None = None,
    by: str,
    now: datetime,
) -> Brought:
    """Take the judgements of a table over. Raises UnreadableSheet, or UnreadableCrosswalk naming each row.

    With `reviewer` each row is that person's own finding, whomever the table
    names: a table from one person does not speak for two.
    """
    problems: list[str] = []
    found: list[_Row] = []
    for place, cells_ in _rows(data, name):
        try:
            found.append(_understood(pair, place, cells_, reviewer))
        except StandardsError as problem:
            problems.append(f"Row {place}: {problem}")
    problems += _repeated(found)
    if problems:
        raise UnreadableCrosswalk(name, problems)
    kept = {one.edge.pair: one for one in recognition_store.kept(session, pair, now.date())}
    judged = joined = unchanged = 0
    for row in found:
        ends = row.ours.id, row.theirs.id
        if ends in kept and _as_kept(row, kept[ends], of_one=reviewer is not None):
            unchanged += 1
            continue
        try:
            judged += _take(session, pair, row, by, now)
        except StandardsError as problem:
            problems.append(f"Row {row.place}: {problem}")
        joined += row.judgement is None
    if problems:
        raise UnreadableCrosswalk(name, problems)
    return Brought(len(found), judged, joined, unchanged)


# --- out


def _line(pair: Pair, one: Kept) -> list[str]:
    ours = pair.ours.side.document.by_id.get(one.row.from_clause_id)
    theirs = pair.theirs.side.document.by_id.get(one.row.to_clause_id)
    return [
        *_end(ours, one.row.from_clause_id),
        *_end(theirs, one.row.to_clause_id),
        _verdict(one.edge.requirement),
        _verdict(one.edge.assurance),
        one.edge.gap,
        one.edge.evidence,
        "; ".join(one.edge.reviewers),
        one.row.reviewed_on,
        one.row.expires_on,
        one.standing.value,
    ]


def _end(clause: Clause | None, id_: UUID) -> tuple[str, str, str]:
    if clause is None:
        return "", str(id_), ""
    words = "\n".join(part for part in (clause.text.heading, clause.text.body) if part)
    return clause.number, str(id_), words


def _verdict(verdict: Verdict) -> str:
    return "" if verdict is Verdict.UNREVIEWED else verdict.value


def height_of(line: Sequence[str], widths: Sequence[int]) -> float:
    """About how many points of height a row takes whose words are wrapped to these widths."""
    lines = [
        sum(1 + len(part) // width for part in words.split("\n"))
        for words, width in zip(line, widths, strict=False)
    ]
    return min(15.0 * max(lines, default=1) + 2, 400.0)


def _as_workbook(pair: Pair, heading: list[str], lines: list[list[str]]) -> bytes:
    title = f"{pair.ours.side.name} – {pair.theirs.side.name}"
    verdicts = [verdict.value for verdict in Verdict if verdict is not Verdict.UNREVIEWED]
    with workbook(title) as book:
        sheet = book.add("Crosswalk")
        sheet.line(0, heading, bold=True, bottom=1)
        for at, line in enumerate(lines, 1):
            sheet.line(at, line)
            sheet.tall(at, height_of(line, _WIDTHS))
        for column in NEEDED:
            place = list(Column).index(column)
            sheet.choose((1, max(len(lines), 1)), place, verdicts, f"Use {', '.join(verdicts)}.")
        sheet.widths(_WIDTHS)
        sheet.freeze(1)
        sheet.for_paper((0, 0), title)
    return book.bytes


# --- in


@dataclass(frozen=True)
class _Row:
    place: int
    ours: Clause
    theirs: Clause
    judgement: Judgement | None
    reviewers: tuple[str, ...]
    reviewed_on: date | None


class _Refused(StandardsError):
    """What is wrong with one row."""


def _rows(data: bytes, name: str) -> Iterator[tuple[int, dict[Column, str]]]:
    """Each row that holds anything, with its place as a person counts, below the line of headings."""
    for lines in cells.spreadsheet(data, name):
        for at, line in enumerate(lines.cells[:40]):
            headings = {word.strip().casefold(): place for place, word in enumerate(line)}
            columns = {c: headings[c.value.casefold()] for c in Column if c.value.casefold() in headings}
            if all(column in columns for column in NEEDED):
                yield from _below(lines.cells, at + 1, columns)
                return
    raise UnreadableSheet(
        f"{name} has no line of headings with “{Column.REQUIREMENT}” and “{Column.ASSURANCE}”. "
        "Take the crosswalk out as a table first, and fill that in."
    )


def _below(
    lines: list[list[str]], first: int, columns: dict[Column, int]
) -> Iterator[tuple[int, dict[Column, str]]]:
    if len(lines) - first > MOST_ROWS:
        raise UnreadableSheet(f"The table has more than {MOST_ROWS:,} rows. Split it into several files.")
    for place, line in enumerate(lines[first:], first + 1):
        row = {c: cells.plain(line[at].strip()) if at < len(line) else "" for c, at in columns.items()}
        if any(row.values()):
            yield place, {column: row.get(column, "") for column in Column}


def _understood(pair: Pair, place: int, row: dict[Column, str], reviewer: str | None) -> _Row:
    ours = pair.ours.clause(_named(row[Column.OUR_ID], row[Column.OURS], "our"))
    theirs = pair.theirs.clause(_named(row[Column.THEIR_ID], row[Column.THEIRS], "their"))
    verdicts = row[Column.REQUIREMENT].casefold(), row[Column.ASSURANCE].casefold()
    named = tuple(name.strip() for name in row[Column.REVIEWERS].split(";") if name.strip())
    people = named if reviewer is None else (reviewer,)
    if verdicts == ("", "") or set(verdicts) == {Verdict.UNREVIEWED.value}:
        return _Row(place, ours, theirs, None, (), None)
    if not people:
        raise _Refused("A judgement needs the name of who made it, under “Reviewers”; part two names by “;”.")
    try:
        judgement = Judgement(
            requirement=_known(verdicts[0], Column.REQUIREMENT),
            assurance=_known(verdicts[1], Column.ASSURANCE),
            gap=row[Column.GAP],
            evidence=row[Column.EVIDENCE],
            expires_on=_day(row[Column.EXPIRES_ON], Column.EXPIRES_ON),
        )
    except ValidationError as problem:
        raise _Refused(problem.errors()[0]["msg"]) from None
    reviewed_on = _day(row[Column.REVIEWED_ON], Column.REVIEWED_ON)
    if len(people) > 1 and reviewed_on is None:
        raise _Refused("Two reviewers are named but no day. Give the day of the review, such as 2027-01-31.")
    return _Row(place, ours, theirs, judgement, people, reviewed_on)


def _named(id_: str, number: str, whose: str) -> str:
    if not (id_ or number):
        raise _Refused(f"The row does not say which {whose} clause it is about; give its number or id.")
    return id_ or number


def _known(word: str, column: Column) -> Verdict:
    known = [verdict.value for verdict in Verdict if verdict is not Verdict.UNREVIEWED]
    if word not in known:
        wrong = f"“{word}” is no verdict" if word else "There is no verdict"
        raise _Refused(f"{wrong} under “{column}”. Use {', '.join(known)}.")
    return Verdict(word)


def _day(word: str, column: Column) -> date | None:
    if not word:
        return None
    try:
        return date.fromisoformat(word)
    except ValueError:
        raise _Refused(f"“{word}” under “{column}” is no day. Write it as 2027-01-31.") from None


def _repeated(rows: Sequence[_Row]) -> Iterator[str]:
    seen: dict[tuple[UUID, UUID], int] = {}
    for row in rows:
        ends = row.ours.id, row.theirs.id
        if ends in seen:
            both = f"{row.ours.number} and {row.theirs.number}"
            yield f"Row {row.place}: {both} stand in row {seen[ends]} too; leave one of the two."
        seen.setdefault(ends, row.place)


def _as_kept(row: _Row, kept: Kept, *, of_one: bool) -> bool:
    """Whether the row only repeats what is kept; a row without a judgement asks for nothing new.

    Of one person's table the finding counts, not who is named: to repeat it is not to review it.
    """
    if row.judgement is None:
        return True
    edge, told = kept.edge, row.judgement
    same = (edge.requirement, edge.assurance, edge.gap, edge.evidence, edge.expires_on) == (
        told.requirement,
        told.assurance,
        told.gap,
        told.evidence,
        told.expires_on,
    )
    if of_one:
        return same
    return (
        same
        and {folded(name) for name in edge.reviewers} == {folded(name) for name in row.reviewers}
        and edge.reviewed_on == (row.reviewed_on if len(row.reviewers) > 1 else None)
    )


def _take(session: Session, pair: Pair, row: _Row, by: str, now: datetime) -> bool:
    """Keep one row; whether it held a judgement."""
    ends = row.ours.id, row.theirs.id
    if row.judgement is None:
        recognition_store.join(session, pair, *ends, by=by, now=now)
        return False
    if len(row.reviewers) > 1 and row.reviewed_on is not None:
        recognition_store.keep_reviewed(
            session,
            pair,
            *ends,
            row.judgement,
            reviewers=row.reviewers,
            reviewed_on=row.reviewed_on,
            by=by,
            now=now,
        )
    else:
        recognition_store.judge(
            session, pair, *ends, row.judgement, reviewer=row.reviewers[0], by=by, now=now
        )
    return True
