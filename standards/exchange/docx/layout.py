"""How clauses are laid out in Word: which paragraphs and tables, in which style, under which number."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from standards.document import Clause, Document, Level
from standards.exchange.docx.lists import HANG, STEP, Lists, Place
from standards.exchange.flow import BOLD, LOCAL, Flow, Grid, Line, Run, flow_of
from standards.exchange.marks import UNMARKED, Marks, Note

_NOTE_NAME: Final = re.compile(
    r"(?:NOTE|NOTA|REMARQUE|ANMERKUNG|DOKEZO)(?: \d+)?(?: to entry)?|Note(?: \d+)?"
)
_STYLES: Final = {
    "text": "BodyText",
    "subheading": "Subheading",
    "quote": "Quote",
    "code": "CodeBlock",
    "term": "Term",
    "meaning": "Meaning",
    "rule": "Rule",
}
_ASIDES: Final = {Level.NOTE: "Note", Level.GUIDANCE: "Guidance"}


@dataclass(frozen=True, slots=True)
class Para:
    """A paragraph to be written. `kind` is what must be alike for two to be versions of one another.

    A `local` one has a double rule at its side.
    """

    style: str
    runs: tuple[Run, ...]
    kind: tuple[object, ...]
    place: Place | None = None
    indent: int = 0
    breaks_page: bool = False
    bookmark: str = ""
    local: bool = False
    notes: dict[str, tuple[Line, ...]] = field(default_factory=dict, compare=False)

    @property
    def text(self) -> str:
        """The words alone, footnote calls left out."""
        return "".join([run.text for run in self.runs])


@dataclass(frozen=True, slots=True)
class Table:
    """A table to be written; the first row is repeated on every page."""

    rows: tuple[tuple[Para, ...], ...]
    align: tuple[str, ...]


Laid = Para | Table


class Layout:
    """The paragraphs of each clause of one document. Lists of several documents may be collected together."""

    def __init__(self, document: Document, lists: Lists) -> None:
        self._lists = lists
        self._depths: dict[UUID | None, int] = {None: -1}
        self._places: dict[UUID, Place | None] = {}
        numbers = lists.numbers()
        for clause in document:
            self._depths[clause.id] = self._depths[clause.parent] + 1
            self._places[clause.id] = numbers.place(clause.number)

    def depth(self, clause: Clause) -> int:
        """0 for a root."""
        return self._depths[clause.id]

    def place(self, clause: Clause) -> Place | None:
        """Where the clause's number comes from; None where it is written out."""
        return self._places[clause.id]

    def marked(self, clause: Clause, marks: Marks) -> tuple[Laid, ...]:
        """The clause's own paragraphs and tables, those that are wholly local with a rule at their side."""
        found = self.laid(clause, marks)
        if not (marks.whole or marks.body):
            return found
        return tuple(
            replace(one, local=True) if isinstance(one, Para) and (marks.whole or not one.bookmark) else one
            for one in found
        )

    def laid(self, clause: Clause, marks: Marks = UNMARKED) -> tuple[Laid, ...]:
        """The clause's own paragraphs and tables, without those of the clauses below it."""
        flow = flow_of(clause.text, marks)
        found = list(self._body(flow, _ASIDES.get(clause.text.level, "BodyText")))
        name = " ".join(clause.text.heading.split())
        if name and clause.text.level is Level.NOTE and not clause.number and _NOTE_NAME.fullmatch(name):
            return self._begun(found, "Note", (Run(name, BOLD), Run(": ")), None)
        if name:
            return (self._heading(clause, name, LOCAL if marks.whole else 0), *found)
        if clause.number:
            place = self.place(clause)
            typed = () if place else (Run(f"{clause.number}\t"),)
            return self._begun(found, "Clause", typed, place)
        return tuple(found)

    def _heading(self, clause: Clause, name: str, look: int = 0) -> Para:
        depth = self.depth(clause)
        place = self.place(clause)
        typed = f"{clause.number}\t{name}" if clause.number and not place else name
        return Para(
            f"Heading{min(depth + 1, 9)}",
            (Run(typed, look),),
            ("heading", depth, place.level if place else None),
            place or Place(0, 0),
            breaks_page=clause.text.level is Level.ANNEX and depth == 0,
            bookmark=f"c{clause.id.hex}",
        )

    def _begun(
        self, found: list[Laid], style: str, typed: tuple[Run, ...], place: Place | None
    ) -> tuple[Laid, ...]:
        """The first paragraph begun by a number or name; where a table stands first, one of its own."""
        first = found[0] if found else None
        kind = ("clause", style, place.level if place else None)
        if isinstance(first, Para) and first.kind == ("text",):
            begun = replace(first, style=style, runs=(*typed, *first.runs), place=place, kind=kind)
            return (begun, *found[1:])
        return (Para(style, typed, kind, place), *found)

    def _body(self, flow: Flow, style: str) -> Iterator[Laid]:
        nums: dict[int, int] = {}
        for block in flow.blocks:
            if isinstance(block, Grid):
                yield self._table(block, flow)
            elif block.kind != "item":
                chosen = style if block.kind == "text" else _STYLES[block.kind]
                yield Para(chosen, block.runs, (block.kind,), notes=flow.notes)
            elif block.mark is None:
                indent = HANG + STEP * (block.depth + 1)
                yield Para("ListContinue", block.runs, ("item", block.depth), indent=indent, notes=flow.notes)
            else:
                mark = block.mark
                if mark.serial not in nums:
                    nums[mark.serial] = self._lists.begin(mark.kind, block.depth, mark.start)
                place = Place(nums[mark.serial], block.depth)
                kind = ("item", block.depth, mark.kind)
                yield Para("ListParagraph", block.runs, kind, place, notes=flow.notes)

    @staticmethod
    def _table(grid: Grid, flow: Flow) -> Table:
        rows = []
        for at, row in enumerate(grid.rows):
            style = "TableText" if at else "TableHead"
            rows.append(tuple(Para(style, line.runs, ("cell", style), notes=flow.notes) for line in row))
        return Table(tuple(rows), grid.align)


def note_paragraphs(note: Note) -> tuple[Para, ...]:
    """What stands beneath a clause by a marking: a short line, the words it brings, why."""
    lines = [
        (Run(note.line, BOLD),) if note.line else (),
        *((Run(words),) for words in note.words.split("\n\n") if words),
        (Run(note.why),) if note.why else (),
    ]
    return tuple(Para("LocalNote", runs, ("local",), local=True) for runs in lines if runs)
