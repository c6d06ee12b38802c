"""Comparing: what changed between two versions, prepared for a page.

Pure: a comparison and what was said about it go in, finished values for
`public/compare.html` come out. Many changes are laid out over several pages; the
summary leads to the page where each kind of change first stands.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from consult.reading import first_words
from standards.diff import Change, Comparison, Kind, ParameterChange, Piece, word_changes
from standards.document import Clause, Document, Parameter

PAGE_CHARACTERS = 120_000
"""As many characters of changed clauses, both sides together, as one page takes: about 25 kB on the wire."""
AROUND_A_CHANGE = 600

_ORDER = (
    Kind.NEW,
    Kind.WITHDRAWN,
    Kind.REWORDED,
    Kind.MOVED,
    Kind.SPLIT,
    Kind.MERGED,
    Kind.REPLACED,
    Kind.ATTRIBUTES,
)


class Side(NamedTuple):
    """One of the two versions: its label, text, and how an address of a clause in it is made."""

    label: str
    document: Document
    url: Callable[[Clause], str]


@dataclass(frozen=True)
class ShownChange:
    """A change as `macros/redline.html` draws it, with the anchors of its neighbours on the page."""

    id: str
    number: str
    heading: str
    kinds: Sequence[tuple[str, str]]
    before_html: Markup | str
    after_html: Markup | str
    before_label: str
    after_label: str
    whole: bool
    reasons: Sequence[Mapping[str, str]]
    url: str = ""
    previous: str = ""
    next: str = ""


@dataclass(frozen=True)
class Shown:
    """One page of a comparison; `counts`, `table` and the totals are of the whole.

    `first` counts the page's first change from 1; `following` are the changes of the next page.
    """

    counts: Sequence[Mapping[str, Any]]
    untouched: int
    changed: int
    renumbered: Sequence[Mapping[str, str]]
    table: Sequence[Mapping[str, Any]]
    changes: Sequence[ShownChange]
    page: int
    pages: int
    first: int
    following: int


def shown(
    comparison: Comparison,
    before: Side,
    after: Side,
    *,
    page: int = 1,
    reasons: Mapping[UUID, Sequence[str]] | None = None,
    asked: Mapping[UUID, int] | None = None,
) -> Shown:
    """One page of a comparison, counted from 1; a page past the end is the last.

    `reasons` are the editors' words for each clause, `asked` the number of
    comments that each clause's change answers.
    """
    why = _Reasons(reasons or {}, asked or {}, after)
    pages = list(_pages(comparison.changes))
    page = min(max(page, 1), len(pages))
    where = {change.clause.id: number for number, part in enumerate(pages, 1) for change in part}
    anchors = _Anchors(page, where)
    drawn = [_change(change, before, after, why.of(change)) for change in pages[page - 1]]
    table = [
        _value(change, value, anchors, why) for change in comparison.changes for value in change.parameters
    ]
    stayed = sum(clause.id in before.document.by_id for clause in after.document)
    altered = sum(c.old is not None and c.new is not None for c in comparison.changes)
    return Shown(
        counts=_counts(comparison, table, anchors),
        untouched=stayed - altered - len(comparison.renumbered_only),
        changed=len(comparison.changes),
        renumbered=[
            {
                "heading": change.clause.text.heading or first_words(change.clause.text.body),
                "before": change.was,
                "after": change.clause.number,
                "url": after.url(change.clause),
            }
            for change in comparison.renumbered_only
        ],
        table=table,
        changes=_with_neighbours(drawn),
        page=page,
        pages=len(pages),
        first=1 + sum(len(part) for part in pages[: page - 1]),
        following=len(pages[page]) if page < len(pages) else 0,
    )


class _Anchors:
    """Where each change stands: on the page being shown, or on another."""

    def __init__(self, page: int, where: Mapping[UUID, int]) -> None:
        self.page, self.where = page, where

    def __call__(self, change: Change) -> str:
        anchor = f"#change-{change.clause.id}"
        number = self.where[change.clause.id]
        return anchor if number == self.page else f"?page={number}{anchor}"


class _Reasons:
    """Why clauses changed: their editors' words, and the comments that asked."""

    def __init__(self, told: Mapping[UUID, Sequence[str]], asked: Mapping[UUID, int], after: Side) -> None:
        self.told, self.asked, self.after = told, asked, after

    def of(self, change: Change) -> list[dict[str, str]]:
        found = [{"words": words, "url": ""} for words in self.told.get(change.clause.id, ())]
        if count := self.asked.get(change.clause.id, 0):
            words = ngettext("%(num)s comment asked for it", "%(num)s comments asked for it", count)
            found.append({"words": words, "url": self.url(change)})
        return found

    def url(self, change: Change) -> str:
        """Where the comments behind a change are counted; "" for a clause that went."""
        return f"{self.after.url(change.new)}#voices" if change.new else ""


def _pages(changes: Sequence[Change]) -> Iterator[list[Change]]:
    page: list[Change] = []
    size = 0
    for change in changes:
        own = AROUND_A_CHANGE + sum(2 * len(piece.text) for piece in (*change.heading, *change.body))
        if page and size + own > PAGE_CHARACTERS:
            yield page
            page, size = [], 0
        page.append(change)
        size += own
    yield page


def _counts(
    comparison: Comparison, table: Sequence[Mapping[str, Any]], anchors: _Anchors
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for kind in _ORDER:
        first = next((change for change in comparison.changes if kind in change.kinds), None)
        if first is not None:
            found.append({"kind": kind.value, "n": comparison.counts[kind], "url": anchors(first)})
    for direction in ("stricter", "looser"):
        if n := sum(row["kind"] == direction for row in table):
            found.append({"kind": direction, "n": n, "url": "#values"})
    return found


def _value(change: Change, value: ParameterChange, anchors: _Anchors, why: _Reasons) -> dict[str, Any]:
    known = value.new or value.old
    return {
        "number": change.clause.number or "—",
        "url": anchors(change),
        "label": (known.label or known.name) if known else value.name,
        "before": _shown(value.old),
        "after": _shown(value.new),
        "kind": {"added": "new", "removed": "withdrawn", "changed": "reworded"}.get(
            value.direction, value.direction
        ),
        "asked": why.asked.get(change.clause.id),
        "asked_url": why.url(change),
    }


def _shown(parameter: Parameter | None) -> str:
    return parameter.shown if parameter else "–"


# --- one change


def _change(change: Change, before: Side, after: Side, reasons: Sequence[Mapping[str, str]]) -> ShownChange:
    clause = change.clause
    moved_whole = Kind.MOVED in change.kinds
    return ShownChange(
        id=str(clause.id),
        number=change.new.number if change.new else "",
        heading=clause.text.heading or first_words(clause.text.body) or _("A passage without a name"),
        kinds=list(_kinds(change)),
        before_html=_side(change, ("same", "delete"), moved_whole) if change.old else "",
        after_html=_after(change, moved_whole),
        before_label=_label(before.label, change.old),
        after_label=_label(after.label, change.new),
        whole=change.new is None or Kind.SPLIT in change.kinds,
        reasons=reasons,
        url=after.url(change.new) if change.new else before.url(clause),
    )


def _after(change: Change, moved: bool) -> Markup | str:
    return _side(change, ("same", "delete", "insert"), moved) if change.new else ""


def _kinds(change: Change) -> Iterator[tuple[str, str]]:
    kinds = change.kinds
    if Kind.NEW in kinds:
        yield "new", ""
    if Kind.WITHDRAWN in kinds:
        yield "withdrawn", _("withdrawn, was %(number)s", number=change.was) if change.was else ""
    if Kind.SPLIT in kinds:
        yield "split", _went(change, _("split into %(clauses)s"), _("split from %(clauses)s"))
    if Kind.MERGED in kinds:
        yield "merged", _went(change, _("merged into %(clauses)s"), _("merged from %(clauses)s"))
    if Kind.REPLACED in kinds:
        yield "replaced", _went(change, _("replaced by %(clauses)s"), _("replaces %(clauses)s"))
    if Kind.MOVED in kinds:
        yield "moved", _("moved, was %(number)s", number=change.was) if change.was else ""
    if Kind.REWORDED in kinds:
        yield "reworded", ""
    for value in change.parameters:
        if value.direction in ("stricter", "looser") and value.old and value.new:
            yield value.direction, f"{value.old.shown} → {value.new.shown}"
    if Kind.ATTRIBUTES in kinds:
        yield "attributes", ""
    if Kind.RENUMBERED in kinds and Kind.MOVED not in kinds:
        yield "renumbered", _("was %(number)s", number=change.was or "—")


def _went(change: Change, into: str, out_of: str) -> str:
    """`split into 5.1, 5.2`: the clauses on the other end, itself among them where it stayed."""
    if change.targets:
        stayed = [change.new] if change.new else []
        return into % {"clauses": _numbers((*stayed, *change.targets))}
    return out_of % {"clauses": _numbers(change.sources)} if change.sources else ""


def _numbers(clauses: Iterable[Clause]) -> str:
    return ", ".join(clause.number or clause.title for clause in clauses)


def _label(label: str, clause: Clause | None) -> str:
    if clause is None or not clause.number:
        return str(_("Version %(label)s", label=label))
    return str(_("Version %(label)s, clause %(number)s", label=label, number=clause.number))


def _with_neighbours(drawn: Sequence[ShownChange]) -> list[ShownChange]:
    ids = ["", *(change.id for change in drawn), ""]
    return [replace(change, previous=ids[place], next=ids[place + 2]) for place, change in enumerate(drawn)]


# --- marked text


def words_marked(before: str, after: str) -> Markup:
    """Two texts as one, a paragraph a line, with what went and what came marked."""
    return Markup("").join(_drawn(word_changes(before, after), ("same", "delete", "insert"), False))


def _drawn(pieces: Sequence[Piece], kinds: Sequence[str], moved: bool) -> list[Markup]:
    return [
        Markup("<p{}>{}</p>").format(Markup(' class="item"') if item else "", _marked(line, kinds, moved))
        for item, line in _paragraphs(pieces, kinds)
    ]


def _side(change: Change, kinds: Sequence[str], moved: bool) -> Markup:
    """Heading (where it changed, or is all there is) and body with the marks of these kinds of pieces."""
    parts = _drawn(change.body, kinds, moved)
    renamed = change.old and change.new and any(piece.kind != "same" for piece in change.heading)
    if renamed or not parts:
        parts.insert(0, Markup("<p><b>{}</b></p>").format(_marked(change.heading, kinds, False)))
    return Markup("").join(parts)


def _paragraphs(pieces: Sequence[Piece], kinds: Sequence[str]) -> Iterator[tuple[bool, list[Piece]]]:
    """The pieces cut where Markdown begins another paragraph, list item or row of a table."""
    line: list[Piece] = []
    lines = []
    for piece in pieces:
        if piece.kind not in kinds:
            continue
        first, *others = piece.text.split("\n")
        line.append(Piece(piece.kind, first))
        for text in others:
            lines.append(line)
            line = [Piece(piece.kind, text)]
    lines.append(line)
    for line in lines:
        written = "".join(piece.text for piece in line)
        if written.strip() and not re.fullmatch(r"[\s|:\-]+", written):
            yield bool(_ITEM.match(written)), _tidied(line)


_ITEM = re.compile(r"\s*(?:[-*+] |\d+[.)] |[a-z][.)] |\|)")
_MARKS = re.compile(r"\*\*|__|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)|`|\\$")
_LINK = re.compile(r"\[([^\]^]+)\]\([^)\s]*\)")


def _tidied(line: list[Piece]) -> list[Piece]:
    """The line without Markdown's own signs, which say nothing to a reader."""
    tidied = []
    for place, piece in enumerate(line):
        text = _LINK.sub(r"\1", _MARKS.sub("", piece.text))
        if place == 0:
            text = re.sub(r"^\s*[-*+] ", "– ", re.sub(r"^#+ ", "", text))
        tidied.append(Piece(piece.kind, text))
    return tidied


_TAGS = {
    "same": Markup("{}"),
    "delete": Markup("<del>{}</del>"),
    "insert": Markup("<ins>{}</ins>"),
}


def _marked(pieces: Sequence[Piece], kinds: Sequence[str], moved: bool) -> Markup:
    words = Markup("").join(
        _TAGS[piece.kind].format(piece.text) for piece in pieces if piece.kind in kinds and piece.text
    )
    return Markup('<span class="moved">{}</span>').format(words) if moved else words
