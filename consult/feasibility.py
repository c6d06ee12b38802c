"""Feasibility: who could do what each clause asks, at what cost, and what stands in the way.

Gathered from comments by every channel and from pilots. A comment counts once for
each clause it is linked to, a respondent of a pilot once for each clause answered.
Whoever met a clause in a pilot counts as able to; what is partly met or not met
counts where the respondent said whether they could. Erased comments, and those
that wait for moderation, count nowhere.
"""

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from consult.participation import SMALLEST, kept_back
from consult.pilots import summary
from consult.pilots.summary import Tally
from consult.tables.comments import Ability, CommentRow, LinkKind, LinkRow, StandingRow
from consult.tables.participants import ParticipantRow
from consult.tables.pilots import Met, PilotFindingRow, PilotRow
from consult.tables.rounds import RoundRow
from standards.document import Clause, Document
from standards.tables import OutlineRow, VersionRow

Side = Literal["group", "producer"]
ABILITIES = (Ability.CAN, Ability.WITH_HELP, Ability.CANNOT)


class Answer(NamedTuple):
    """What one comment or one respondent said about one clause. `person` is whoever said it, once for all."""

    clause_id: UUID | None
    person: Hashable
    group_id: UUID | None
    producer: str
    region: str
    ability: Ability | None
    pilot_id: UUID | None = None
    met: Met | None = None
    round_slug: str = ""
    confidential: bool = False
    cost: str = ""
    obstacle: str = ""
    benefit: str = ""


@dataclass(frozen=True, eq=False)
class Cell:
    """The answers of one group or type of producer on one clause; `key` None for those who did not say."""

    key: UUID | str | None
    answers: Sequence[Answer]

    @cached_property
    def figures(self) -> tuple[int, int, int]:
        """How many can, can with help, and cannot."""
        found = Counter(answer.ability for answer in self.answers)
        can, with_help, cannot = (found[kind] for kind in ABILITIES)
        return can, with_help, cannot

    @property
    def whole(self) -> int:
        """Answers on ability."""
        return sum(self.figures)

    @property
    def shares(self) -> tuple[float, float, float]:
        """Can, with help, cannot, in hundredths."""
        whole = self.whole or 1
        can, with_help, cannot = self.figures
        return 100 * can / whole, 100 * with_help / whole, 100 * cannot / whole

    @property
    def shut_out(self) -> float:
        """The share of those who cannot, in hundredths."""
        return self.shares[2]

    @cached_property
    def people(self) -> tuple[int, ...]:
        """How many people stand behind each figure: one may say the same thing twice."""
        said = {kind: {a.person for a in self.answers if a.ability is kind} for kind in ABILITIES}
        return tuple(len(said[kind]) for kind in ABILITIES)

    @property
    def is_small(self) -> bool:
        """Whether fewer than five people stand behind a figure."""
        return any(0 < people < SMALLEST for people in self.people)

    @cached_property
    def is_thin(self) -> bool:
        """Whether so few people answered that even a nought would tell what each of them said."""
        able = {answer.person for answer in self.answers if answer.ability}
        tried = {answer.person for answer in self.answers if answer.met}
        return 0 < len(able or tried) < SMALLEST

    @property
    def comments(self) -> int:
        """How many of the answers on ability came as comments."""
        return sum(answer.pilot_id is None for answer in self.answers if answer.ability)

    @property
    def confidential(self) -> int:
        """How many of all answers were given in confidence."""
        return sum(answer.confidential for answer in self.answers)

    @cached_property
    def pilots(self) -> Tally:
        """What pilots found among them."""
        return summary.tally(answer.met for answer in self.answers if answer.met)

    @property
    def rounds(self) -> list[str]:
        """The rounds whose comments stand behind the figures."""
        return sorted({answer.round_slug for answer in self.answers if answer.round_slug})


Hidden = set[tuple[Cell, Ability]]
"""Figures that are kept back from a reader."""


@dataclass(frozen=True)
class ClauseFeasibility:
    """One clause: all answers together, and by group or type of producer, whoever is shut out first."""

    clause: Clause | None
    together: Cell
    cells: tuple[Cell, ...]

    def hardest(self, hidden: Hidden) -> Cell | None:
        """The cell with the largest share that cannot, among those of which nothing is kept back."""
        seen = [cell for cell in self.cells if cell.figures[2] and not _is_marked(cell, hidden)]
        return max(seen, key=lambda cell: (cell.shut_out, cell.whole), default=None)

    @cached_property
    def kept_back(self) -> Hidden:
        """The figures that nobody may see: those of fewer than five people, and what would give them away.

        Of a line of fewer than five people that is every figure, noughts too. Each
        kind of answer is a column whose sum stands beside it; no line has a sum.
        """
        hidden: Hidden = set()
        some_are_thin = self._some_are_thin()
        for at, kind in enumerate(ABILITIES):
            lines = enumerate(self.cells)
            column = {place: cell.people[at] for place, cell in lines if cell.people[at] or cell.is_thin}
            hidden |= {(self.cells[place], kind) for place in kept_back(column)}
            people = self.together.people[at]
            # A sum of nought says that every line is nought.
            if people < SMALLEST and (people or some_are_thin):
                hidden.add((self.together, kind))
        return hidden

    def _some_are_thin(self) -> bool:
        """Whether any line is, by group or by producer: the sums are the same on both pages."""
        sides: tuple[Side, ...] = ("group", "producer")
        return any(cell.is_thin for side in sides for cell in _cells(self.together.answers, side))


# --- gathering


On = Clause | None | Literal["every"]
"""A clause, the whole document under None, or every clause."""


def answers(
    session: Session, version: VersionRow, clause: On = "every", *, round_id: UUID | None = None
) -> list[Answer]:
    """What comments on a version say about ability, cost, obstacles and benefits; one statement.

    With `round_id`, the comments of one round.
    """
    said, link = CommentRow.__table__.c, LinkRow.__table__.c  # type: ignore[attr-defined]
    who, standing = ParticipantRow.__table__.c, StandingRow.__table__.c  # type: ignore[attr-defined]
    rows = session.connection().execute(
        sa.select(
            link.clause_id,
            sa.case((said.participant_id.is_not(None), said.participant_id), else_=said.id),
            sa.case((said.group_id.is_not(None), said.group_id), else_=who.group_id),
            sa.func.coalesce(who.producer, ""),
            sa.case((said.region != "", said.region), else_=sa.func.coalesce(who.region, "")),
            said.ability,
            sa.null(),
            sa.null(),
            col(RoundRow.slug),
            said.confidential,
            said.cost,
            said.obstacle,
            said.benefit,
        )
        .select_from(LinkRow)
        .join(CommentRow, said.id == link.comment_id)
        .join(StandingRow, standing.comment_id == said.id)
        .join(RoundRow, col(RoundRow.id) == said.round_id)
        .outerjoin(ParticipantRow, who.id == said.participant_id)
        .where(
            link.version_id == version.id,
            link.ended_at.is_(None),
            link.kind != LinkKind.SUGGESTED,
            said.round_id == round_id if round_id else sa.true(),
            said.erased_at.is_(None),
            standing.held == "",
            sa.or_(said.ability.is_not(None), said.cost != "", said.obstacle != "", said.benefit != ""),
            *_on(link.clause_id, clause),
        )
        .order_by(said.id)
    )
    return [Answer(*row) for row in rows]


def tried(session: Session, version: VersionRow, clause: On = "every") -> list[Answer]:
    """What pilots found on the clauses of a version, on whichever version they were tried; one statement."""
    found, outline = PilotFindingRow.__table__.c, OutlineRow.__table__.c  # type: ignore[attr-defined]
    rows = session.connection().execute(
        sa.select(
            found.clause_id,
            found.pilot_id,
            found.respondent,
            found.group_id,
            found.producer,
            col(PilotRow.region),
            found.ability,
            found.met,
            found.cost,
            found.obstacle,
            found.benefit,
        )
        .join(PilotRow, col(PilotRow.id) == found.pilot_id)
        .join(OutlineRow, outline.clause_id == found.clause_id)
        .where(outline.version_id == version.id, *_on(found.clause_id, clause))
        .order_by(found.pilot_id, found.respondent)
    )
    return [
        Answer(
            on,
            (pilot, respondent),
            group,
            producer,
            region,
            ability or (Ability.CAN if met is Met.MET else None),
            pilot,
            met,
            "",
            False,
            *words,
        )
        for on, pilot, respondent, group, producer, region, ability, met, *words in rows
    ]


def _on(column: sa.ColumnElement[UUID], clause: On) -> list[sa.ColumnElement[bool]]:
    if clause == "every":
        return []
    return [column.is_(None) if clause is None else column == clause.id]


# --- the picture


@dataclass(frozen=True)
class Wanted:
    """Which answers to look at, by which side, in which order."""

    by: Side = "group"
    group: str = ""
    producer: str = ""
    region: str = ""
    sort: Literal["cannot", "text"] = "text"


def picture(
    found: Iterable[Answer],
    document: Document,
    wanted: Wanted,
    hidden: Callable[[ClauseFeasibility], Hidden],
) -> list[ClauseFeasibility]:
    """Clause by clause who could do it; clauses about which nobody said whether they can are left out.

    What `hidden` keeps back of a clause does not show in the order either.
    """
    on: dict[UUID, list[Answer]] = {}
    for answer in passing(found, wanted):
        if answer.clause_id is not None:
            on.setdefault(answer.clause_id, []).append(answer)
    rows = [of_clause(on[clause.id], clause, wanted.by) for clause in document if clause.id in on]
    rows = [row for row in rows if row.together.whole or row.together.pilots.answers]
    if wanted.sort == "cannot":
        rows.sort(key=lambda row: _shut_out(row, hidden(row)))
    return rows


def _shut_out(row: ClauseFeasibility, hidden: Hidden) -> tuple[float, float]:
    hardest = row.hardest(hidden)
    whole = 0.0 if _is_marked(row.together, hidden) else row.together.shut_out
    return (-hardest.shut_out if hardest else 0.0, -whole)


def _is_marked(cell: Cell, hidden: Hidden) -> bool:
    return any((cell, kind) in hidden for kind in ABILITIES)


def of_clause(found: Sequence[Answer], clause: Clause | None = None, by: Side = "group") -> ClauseFeasibility:
    """The answers on one clause by group or type of producer, whoever is shut out most first."""
    cells = _cells(found, by)
    cells.sort(key=lambda cell: (-cell.shut_out, -cell.whole, str(cell.key)))
    return ClauseFeasibility(clause, Cell(None, found), tuple(cells))


def _cells(found: Sequence[Answer], by: Side) -> list[Cell]:
    by_key: dict[UUID | str | None, list[Answer]] = {}
    for answer in found:
        key = answer.group_id if by == "group" else answer.producer or None
        by_key.setdefault(key, []).append(answer)
    return [Cell(key, said) for key, said in by_key.items()]


def passing(found: Iterable[Answer], wanted: Wanted) -> list[Answer]:
    """The answers of one group, type of producer or region."""
    return [
        answer
        for answer in found
        if wanted.group in ("", str(answer.group_id or "none"))
        and wanted.producer in ("", answer.producer or "none")
        and wanted.region in ("", answer.region or "none")
    ]


# --- costs


class Cost(NamedTuple):
    """The costs that were named in one unit: least, middle and most, and how many named one."""

    unit: str
    named: int
    least: float
    middle: float
    most: float


def costs(found: Iterable[Answer], fewest: int = SMALLEST) -> list[Cost]:
    """The costs people named, by unit; without units that fewer named, and without words in confidence."""
    named: dict[str, list[float]] = {}
    for answer in found:
        written = _AMOUNT.search(answer.cost)
        amount = _amount(written[1]) if written else None
        if written and amount is not None and not answer.confidential:
            named.setdefault(written[2].strip(" .") or "", []).append(amount)
    return [
        Cost(unit, len(amounts), min(amounts), sorted(amounts)[len(amounts) // 2], max(amounts))
        for unit, amounts in sorted(named.items(), key=lambda item: -len(item[1]))
        if len(amounts) >= fewest
    ]


def _amount(written: str) -> float | None:
    """A sum as a figure; None for what only looks like one, such as `1.2.3`."""
    try:
        return float(re.sub(r"[ ,.\N{NO-BREAK SPACE}](?=\d{3}\b)", "", written[:40]).replace(",", "."))
    except ValueError:
        return None


_AMOUNT = re.compile(r"(\d[\d.,\N{NO-BREAK SPACE} ]*\d|\d)\s*([^\d,;()]{0,20})")


def told(found: Iterable[Answer], kind: Literal["obstacle", "benefit"]) -> list[tuple[str, int]]:
    """The words of one kind and how often they were said, most often first; not those in confidence."""
    said: Counter[str] = Counter()
    for answer in found:
        if (words := getattr(answer, kind)) and not answer.confidential:
            said[words] += 1
    return sorted(said.items(), key=lambda item: (-item[1], item[0]))


def regions(found: Iterable[Answer]) -> list[tuple[str, int]]:
    """The regions that answers came from and how many, most first."""
    named = Counter(answer.region for answer in found if answer.region)
    return sorted(named.items(), key=lambda item: (-item[1], item[0]))


def counted(found: Iterable[Answer]) -> Mapping[str, int]:
    """What the figures are made of: answers on ability, the comments and pilots' answers among them."""
    able = [answer for answer in found if answer.ability is not None and answer.clause_id is not None]
    comments = sum(answer.pilot_id is None for answer in able)
    return {"answers": len(able), "comments": comments, "pilots": len(able) - comments}
