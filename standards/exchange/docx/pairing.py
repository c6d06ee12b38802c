"""Which paragraphs of two texts are versions of one another, and what changed within them."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from rapidfuzz import fuzz
from rapidfuzz.distance import Indel

from standards.diff import word_changes
from standards.exchange.docx.layout import Laid, Para, Table
from standards.exchange.docx.pen import Span, Track
from standards.exchange.flow import Line, Run

T = TypeVar("T")
Pair = tuple[T | None, T | None]
ALIKE: Final = 40.0
"""Per cent of likeness from which a paragraph counts as the other reworded, not as another one."""
_MOST = 10_000  # pairs compared before a gap is called rewritten
_CALL: Final = "\N{OBJECT REPLACEMENT CHARACTER}"


def paired(
    old: Sequence[T], new: Sequence[T], likeness: Callable[[T, T], float]
) -> list[tuple[T | None, T | None]]:
    """Both sequences in order, each thing beside what it became; None where it came or went.

    Things that stayed equal are anchors; between them the pairing of the greatest
    likeness is taken, what went standing before what came.
    """
    ids: dict[object, int] = {}
    keys = [[ids.setdefault(_key(thing), len(ids)) for thing in side] for side in (old, new)]
    found: list[tuple[T | None, T | None]] = []
    at_old = at_new = 0
    for i, j, size in Indel.editops(keys[0], keys[1]).as_matching_blocks():
        between: list[Pair[T]] = _gap(old[at_old:i], new[at_new:j], likeness)
        found += between
        found += zip(old[i : i + size], new[j : j + size], strict=True)
        at_old, at_new = i + size, j + size
    return found


def likeness_of(old: Laid, new: Laid) -> float:
    """From 0 to 100; 0 for things that are no versions of one another."""
    if isinstance(old, Para) and isinstance(new, Para):
        if old.kind != new.kind:
            return 0.0
        found = fuzz.ratio(old.text, new.text)
        # A heading stays a clause's heading, however its words change.
        return found if found >= ALIKE else (1.0 if old.kind[0] in ("heading", "clause") else 0.0)
    if isinstance(old, Table) and isinstance(new, Table):
        return 100.0 if len(old.rows[0]) == len(new.rows[0]) else 0.0
    return 0.0


def row_likeness(old: tuple[Para, ...], new: tuple[Para, ...]) -> float:
    """How alike two rows of tables are; a heading row is none of the others."""
    if len(old) != len(new) or (old and new and old[0].style != new[0].style):
        return 0.0
    found = fuzz.ratio(" ".join(cell.text for cell in old), " ".join(cell.text for cell in new))
    return found if found >= ALIKE or (old and old[0].style == "TableHead") else 0.0


def _key(thing: object) -> object:
    if isinstance(thing, Para):
        return (thing.kind, thing.runs, tuple(thing.notes.get(run.note) for run in thing.runs if run.note))
    if isinstance(thing, Table):
        return (tuple(tuple(map(_key, row)) for row in thing.rows), thing.align)
    return tuple(map(_key, thing)) if isinstance(thing, tuple) else thing


def _gap(old: Sequence[T], new: Sequence[T], likeness: Callable[[T, T], float]) -> list[Pair[T]]:
    if not old or not new or len(old) * len(new) > _MOST:
        return [*((thing, None) for thing in old), *((None, thing) for thing in new)]
    # The best likeness from each place on, by dynamic programming.
    score = [[likeness(before, after) for after in new] for before in old]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            both = score[i][j] + best[i + 1][j + 1] if score[i][j] else 0.0
            best[i][j] = max(both, best[i + 1][j], best[i][j + 1])
    found: list[Pair[T]] = []
    i = j = 0
    while i < len(old) and j < len(new):
        if score[i][j] and best[i][j] == score[i][j] + best[i + 1][j + 1]:
            found.append((old[i], new[j]))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            found.append((old[i], None))
            i += 1
        else:
            found.append((None, new[j]))
            j += 1
    return [*found, *((thing, None) for thing in old[i:]), *((None, thing) for thing in new[j:])]


# --- within a paragraph


def spans_of(old: Sequence[Run], new: Sequence[Run]) -> list[Span]:
    """The runs of both texts in reading order, each with what became of it."""
    if old == new:
        return [Span(_both(run, run)) for run in new]
    spans: list[Span] = []
    before, after = _Tape(old), _Tape(new)
    for piece in word_changes(before.text, after.text):
        if piece.kind == "delete":
            spans += [Span(run, "del") for run in before.take(len(piece.text))]
        elif piece.kind == "insert":
            spans += [Span(run, "ins") for run in after.take(len(piece.text))]
        else:
            spans += _stayed(before.take(len(piece.text)), after.take(len(piece.text)))
    return spans


def _stayed(old: list[Run], new: list[Run]) -> list[Span]:
    """Words that stayed: as they look now, unless their look or their link changed."""
    if [run[:3] for run in old] == [run[:3] for run in new]:
        return [Span(_both(before, after)) for before, after in zip(old, new, strict=True)]
    found: list[Span] = []
    before, after = _Tape(old), _Tape(new)
    while size := min(before.length_of_next, after.length_of_next):
        [was], [now] = before.take(size), after.take(size)
        alike = was[:3] == now[:3]
        found += [Span(_both(was, now))] if alike else [Span(was, "del"), Span(now, "ins")]
    return found


def _both(before: Run, after: Run) -> Run:
    """A footnote called in both texts carries both names, so that its own words can be compared."""
    return after._replace(note=f"{before.note}\0{after.note}") if after.note else after


def moved(spans: Sequence[Span], *, away: bool) -> list[Span]:
    """One end of a move: what stayed moves, what went stays behind, what came is new at its new place."""
    gone: Track = "ins" if away else "del"
    track: Track = "moveFrom" if away else "moveTo"
    kept = [span for span in spans if span.track != gone]
    return [span if span.track else Span(_one_name(span.run, away), track) for span in kept]


def _one_name(run: Run, away: bool) -> Run:
    was, _, now = run.note.partition("\0")
    return run._replace(note=was if away else now or was) if run.note else run


class _Tape:
    """Runs read character by character; a footnote's call counts as one."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self.text = "".join([_CALL if run.note else run.text for run in runs])
        self._left = list(runs)[::-1]

    @property
    def length_of_next(self) -> int:
        """Characters of the run that comes next; 0 at the end."""
        return (len(self._left[-1].text) or 1) if self._left else 0

    def take(self, size: int) -> list[Run]:
        found: list[Run] = []
        while size > 0:
            run = self._left.pop()
            length = 1 if run.note else len(run.text)
            if length > size:
                self._left.append(run._replace(text=run.text[size:]))
                run = run._replace(text=run.text[:size])
            found.append(run)
            size -= length
        return found


def note_spans(old: Sequence[Line], new: Sequence[Line]) -> tuple[tuple[Span, ...], ...]:
    """The paragraphs of a footnote whose words changed; one that came or went is all inserted or deleted."""
    longest = max(len(old), len(new))
    befores = [line.runs for line in old] + [()] * (longest - len(old))
    afters = [line.runs for line in new] + [()] * (longest - len(new))
    return tuple(
        tuple(spans_of(before, after)) for before, after in zip(befores, afters, strict=True)
    )  # fmt: skip
