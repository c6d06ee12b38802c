"""Two versions as one Word file with real tracked changes.

Rejecting all of them gives the old version, accepting all the new one. Clauses
are compared by their id: one that moved is a move, and automatic numbers that
change alone are not marked. Words that changed are marked one by one; whole
clauses, paragraphs and table rows come and go with their paragraph marks, so
that nothing empty stays behind.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from standards.diff import Comparison, Kind, longest_increasing
from standards.document import Clause, Document
from standards.exchange import paper
from standards.exchange.docx import pairing, parts
from standards.exchange.docx.layout import Laid, Layout, Para, Table
from standards.exchange.docx.lists import Lists, Place
from standards.exchange.docx.markup import TITLE_PAGE
from standards.exchange.docx.pen import Pen, Span, Track
from standards.exchange.docx.writing import in_control, laid_out
from standards.exchange.flow import Run


def write(
    comparison: Comparison, *, title: str, old_label: str, new_label: str, author: str, now: datetime
) -> bytes:
    """The comparison as DOCX; every change is signed with `author` and `now`."""
    old, new = comparison.old, comparison.new
    if old is None or new is None:
        raise ValueError("a redline needs a comparison that `compare` made, with both texts in it")
    language = new.language
    words = paper.words(language)
    lists = Lists(new.scheme)
    pen = Pen(author=author, at=now, right_to_left=paper.runs_right_to_left(language))
    writer = _Redline(old, new, lists, pen, _moved(comparison, old, new))
    front = [
        pen.paragraph(Para("Title", (Run(title),), ("title",))),
        writer.reworded(
            Para("Subtitle", (Run(f"{words.version} {old_label}"),), ("title",)),
            Para("Subtitle", (Run(f"{words.version} {new_label}"),), ("title",)),
        ),
    ]
    blocks = "".join([in_control(TITLE_PAGE, "".join(front)), *writer.clauses()])
    return parts.file(
        document=parts.document_part(blocks, right_to_left=pen.right_to_left, title_page=False),
        numbering=lists.xml(),
        footnotes=pen.footnotes,
        links=pen.links,
        title=title,
        language=language,
        header=words.changes.format(old_label, new_label),
        footer=title,
        moment=now,
        tracked=True,
    )


def _moved(comparison: Comparison, old: Document, new: Document) -> AbstractSet[UUID]:
    """Clauses that stand in both texts but not in the same order, those below a moved clause among them."""
    moved = {change.clause.id for change in comparison.changes if Kind.MOVED in change.kinds}
    for document in (old, new):
        for clause in document:
            if clause.parent in moved and clause.id in old.by_id and clause.id in new.by_id:
                moved.add(clause.id)
    stayed = [clause.id for clause in new if clause.id in old.by_id and clause.id not in moved]
    place = {clause.id: at for at, clause in enumerate(old)}
    kept = _in_order([place[id_] for id_ in stayed])
    return moved | {id_ for at, id_ in enumerate(stayed) if at not in kept}


def _in_order(places: Sequence[int]) -> AbstractSet[int]:
    """The indexes of those that need not move: usually all."""
    if all(before < after for before, after in pairwise(places)):
        return frozenset(range(len(places)))
    return longest_increasing(places)


class _Redline:
    """Lays both texts into each other."""

    def __init__(
        self, old: Document, new: Document, lists: Lists, pen: Pen, moved: AbstractSet[UUID]
    ) -> None:
        self._old, self._new, self._moved = old, new, moved
        self._before, self._after = Layout(old, lists), Layout(new, lists)
        self._pen = pen
        self._names = {clause.id: f"move{at}" for at, clause in enumerate(new, 1) if clause.id in moved}
        self._pairs: dict[UUID, list[pairing.Pair[Laid]]] = {}

    def clauses(self) -> Iterator[str]:
        """All clauses in the order of the new text, those that went or moved away where they stood."""
        waiting = list(self._old)[::-1]
        for clause in self._new:
            if clause.id in self._old.by_id and clause.id not in self._moved:
                while waiting[-1].id != clause.id:
                    yield self._left(waiting.pop())
                yield self._stayed(waiting.pop(), clause)
            else:
                yield self._arrived(clause)
        while waiting:
            yield self._left(waiting.pop())

    def _left(self, clause: Clause) -> str:
        if clause.id not in self._new.by_id:
            return "".join(self._whole(laid, "del") for laid in self._before.laid(clause))
        pairs = self._paired(clause, self._new.by_id[clause.id])
        inside = "".join(self._end(before, after, away=True) for before, after in pairs if before)
        return self._pen.move_range("moveFrom", self._names[clause.id], inside)

    def _arrived(self, clause: Clause) -> str:
        if clause.id not in self._old.by_id:
            return "".join(self._whole(laid, "ins") for laid in self._after.laid(clause))
        pairs = self._paired(self._old.by_id[clause.id], clause)
        inside = "".join(self._end(before, after, away=False) for before, after in pairs if after)
        return self._pen.move_range("moveTo", self._names[clause.id], inside)

    def _stayed(self, old: Clause, new: Clause) -> str:
        if old.text == new.text and not self._renumbered_by_hand(old, new):
            before, after = self._before.depth(old), self._after.depth(new)
            if before == after:
                return "".join(laid_out(laid, self._pen) for laid in self._after.laid(new))
        found = []
        for was, now in self._paired(old, new):
            if was is None or now is None:
                found.append(self._whole(was or now, "del" if was else "ins"))
            elif isinstance(was, Table) and isinstance(now, Table):
                found.append(self._table(was, now))
            elif isinstance(was, Para) and isinstance(now, Para):
                found.append(self.reworded(was, now))
        return "".join(found)

    def _renumbered_by_hand(self, old: Clause, new: Clause) -> bool:
        written_out = self._before.place(old) is None or self._after.place(new) is None
        return written_out and old.number != new.number

    def _paired(self, old: Clause, new: Clause) -> list[pairing.Pair[Laid]]:
        """Both ends of a move are written from one pairing."""
        if new.id not in self._pairs:
            pairs = pairing.paired(self._before.laid(old), self._after.laid(new), pairing.likeness_of)
            self._pairs[new.id] = list(_in_the_new_lists(pairs))
        return self._pairs[new.id]

    # Blocks

    def _whole(self, laid: Laid | None, track: Track) -> str:
        if isinstance(laid, Table):
            return self._pen.table(laid, track)
        assert laid is not None, "something came or went"
        return self._pen.paragraph(laid, [Span(run, track) for run in laid.runs], track)

    def reworded(self, old: Para, new: Para) -> str:
        """A paragraph that stands in both texts."""
        return self._pen.paragraph(new, pairing.spans_of(old.runs, new.runs), before=old)

    def _end(self, old: Laid | None, new: Laid | None, *, away: bool) -> str:
        """One end of a moved paragraph. Its mark is deleted here and inserted there: every program
        then takes the place left behind away, which an empty moved paragraph leaves open."""
        shown, mark = (old, "del") if away else (new, "ins")
        if isinstance(shown, Para) and isinstance(old, Para) and isinstance(new, Para):
            spans = pairing.moved(pairing.spans_of(old.runs, new.runs), away=away)
            return self._pen.paragraph(shown, spans, "del" if away else "ins", before=old)
        return self._whole(shown, "del" if mark == "del" else "ins")

    def _table(self, old: Table, new: Table) -> str:
        rows = []
        for was, now in pairing.paired(old.rows, new.rows, pairing.row_likeness):
            track: Track = "" if was and now else ("del" if was else "ins")
            shown = now or was or ()
            cells = []
            for at, cell in enumerate(shown):
                spans = pairing.spans_of(was[at].runs, cell.runs) if was and now else None
                spans = [Span(run, track) for run in cell.runs] if spans is None else spans
                before = was[at] if was and now else None
                cells.append(self._pen.paragraph(cell, spans, before=before, jc=Pen.jc(new, at)))
            is_header = bool(shown) and shown[0].style == "TableHead"
            rows.append(self._pen.row(cells, is_header=is_header, track=track))
        return self._pen.around("".join(rows), new) + self._pen.after_table()


def _in_the_new_lists(pairs: Sequence[pairing.Pair[Laid]]) -> Iterator[pairing.Pair[Laid]]:
    """Items that went stay in the list whose other items stayed, so that both sides count on."""
    became: dict[int, int] = {}
    for old, new in pairs:
        if isinstance(old, Para) and isinstance(new, Para) and old.place and new.place:
            became[old.place.list] = new.place.list
    for old, new in pairs:
        if isinstance(old, Para) and old.place and old.style == "ListParagraph":
            old = replace(old, place=Place(became.get(old.place.list, old.place.list), old.place.level))
        yield old, new
