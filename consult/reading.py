"""Reading: the text of a version prepared for pages.

Everything here is pure: a document, the HTML of its texts and the counts of its
comments go in, finished values for the templates come out. A long standard is
read by chapter; a chapter that would still be too heavy is laid out over several
pages, cut between clauses and never inside one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import UUID

from flask_babel import gettext as _
from markupsafe import Markup

from consult import look
from consult.participation import SMALLEST
from consult.particulars import facts, kind_words, parameter_shown, stage_key
from standards import markdown
from standards.document import Clause, ClauseText, Document, Level
from standards.exchange.html import marked
from standards.exchange.marks import NO_MARKS, Marking, Note

PAGE_CLAUSES = 80
"""More clauses than this are laid out over several pages."""
PAGE_CHARACTERS = 80_000
"""And so are more characters than this: about 25 kB on the wire, which leaves room for the look."""
FEW_HEADINGS = 3
AROUND_A_CLAUSE = 300
"""Characters of page that stand around the words of each clause."""


class Tally(NamedTuple):
    """How many comments a clause has, and how many of them were texted or spoken."""

    comments: int
    spoken: int

    @property
    def told_apart(self) -> bool:
        """Whether the two kinds may be told apart: neither is some, yet fewer than five."""
        return all(not part or part >= SMALLEST for part in (self.spoken, self.comments - self.spoken))


@dataclass(frozen=True, slots=True)
class ReadClause:
    """A clause as `macros/standard.html` draws it; what each field holds is said there."""

    id: UUID
    number: str
    heading: str
    html: Markup
    level: str
    modality: str
    grade: str
    kind_words: str
    url: str
    comment_url: str | None
    count: int | None
    spoken: int
    parameters: Sequence[Mapping[str, str]]
    attributes: Sequence[tuple[str, str]]
    stages: Sequence[Mapping[str, str]]
    depth: int
    layers: Sequence[Any] = ()


class ShownLayer(NamedTuple):
    """What a local text did to a clause, as `macros/standard.html` draws it; `url` may be ""."""

    name: str
    operation: str
    html: Markup
    provenance: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the contents, with its share of the widest line's comments in hundredths."""

    number: str
    heading: str
    url: str
    principle: bool
    current: bool
    written: int
    spoken: int
    total: int
    spoken_share: float
    written_share: float
    untold_share: float = 0


@dataclass(frozen=True)
class Chapter:
    """The clauses of one page. `name` is what an address calls it: its first clause's number or id."""

    name: str
    number: str
    heading: str
    clauses: tuple[Clause, ...]


@dataclass(frozen=True)
class Book:
    """A document laid out for reading, with the addresses of its pages and clauses.

    `base` is the address of the version, `comment` that of the comment form or
    None while no round is open. A local text has a marking besides.
    """

    document: Document
    base: str
    comment: str | None = None
    marking: Marking = NO_MARKS

    @cached_property
    def chapters(self) -> tuple[Chapter, ...]:
        """The pages in order: one for a short standard, empty for one without clauses."""
        return tuple(_chapters(self.document))

    @property
    def is_long(self) -> bool:
        """Whether it is read by chapter."""
        return len(self.chapters) > 1

    @cached_property
    def chapter_of(self) -> dict[UUID, Chapter]:
        """The page each clause stands on."""
        return {clause.id: chapter for chapter in self.chapters for clause in chapter.clauses}

    def url(self, clause: Clause) -> str:
        """A clause's permanent address."""
        return f"{self.base}/clauses/{quote(named(self.document, clause), safe='')}"

    def chapter_url(self, chapter: Chapter) -> str:
        """The address of one page of the reading view."""
        return f"{self.base}?chapter={quote(chapter.name)}"

    def place(self, clause: Clause) -> str:
        """The clause in its place in the reading view."""
        page = self.chapter_url(self.chapter_of[clause.id]) if self.is_long else self.base
        return f"{page}#{quote(look.anchor(clause.number, clause.id))}"

    def clause(
        self, clause: Clause, html: Mapping[str, str], tallies: Mapping[UUID, Tally], *, alone: bool = False
    ) -> ReadClause:
        """A clause ready to be drawn; `alone` on its own page, with all that is recorded about it."""
        text, tally, marks = clause.text, tallies.get(clause.id), self.marking.of(clause.id)
        comment = f"{self.comment}?clause={quote(named(self.document, clause))}" if self.comment else None
        return ReadClause(
            id=clause.id,
            number=clause.number,
            heading=text.heading,
            html=in_scrolling_regions(marked(html.get(text.hash, ""), marks)),
            level=text.level.value,
            modality=text.modality.value,
            grade=text.grade.value,
            kind_words=kind_words(text),
            url=self.url(clause),
            comment_url=comment if _takes_comments(text) else None,
            count=tally.comments if tally else None,
            spoken=tally.spoken if tally and tally.told_apart else 0,
            parameters=[parameter_shown(parameter, text.attributes.policy) for parameter in text.parameters],
            attributes=facts(text) if alone else (),
            stages=[
                {
                    "stage": stage_key(variant.stage),
                    "wording": markdown.filled(text, variant.wording),
                    "evidence": variant.evidence,
                }
                for variant in text.attributes.stages
            ],
            depth=self.document.depth(clause),
            layers=[_layer(note) for note in marks.notes],
        )

    def contents(self, tallies: Mapping[UUID, Tally], current: Chapter | None = None) -> list[Entry]:
        """The table of contents; a long standard's chapters, and the clauses of the current one only."""
        sums = _summed(self.document, tallies)
        lines: list[tuple[str, str, str, bool, bool, Tally]] = []
        if not self.is_long:
            for clause in self.document:
                depth = self.document.depth(clause)
                if depth < 2 and _has_a_line(clause):
                    lines.append((*_line(clause), self.place(clause), not depth, False, sums[clause.id]))
        else:
            for chapter in self.chapters:
                own = [tallies[c.id] for c in chapter.clauses if c.id in tallies]
                total = Tally(sum(t.comments for t in own), sum(t.spoken for t in own))
                url, here = self.chapter_url(chapter), chapter == current
                lines.append((chapter.number, chapter.heading, url, True, here, total))
                if here:
                    lines += [
                        (*_line(c), self.place(c), False, False, sums[c.id]) for c in _lines_within(chapter)
                    ]
        widest = max((line[-1].comments for line in lines), default=0) or 1
        return [_entry(*line, widest=widest) for line in lines]


def named(document: Document, clause: Clause) -> str:
    """What an address calls a clause: its number where that is its alone, else its id."""
    plain = clause.number and "/" not in clause.number
    return clause.number if plain and document.by_number[clause.number] is clause else str(clause.id)


def in_scrolling_regions(html: str) -> Markup:
    """Safe HTML with each table in a region that scrolls sideways, by keyboard too."""
    if "<table>" in html:
        region = Markup('<div class="scrolls" role="group" tabindex="0" aria-label="{}"><table>')
        html = html.replace("<table>", region.format(_("Table"))).replace("</table>", "</table></div>")
    return Markup(html)


def _layer(note: Note) -> ShownLayer:
    paragraph = Markup('<p lang="{}">{}</p>') if note.lang else Markup("<p>{1}</p>")
    brought = [paragraph.format(note.lang, words) for words in note.words.split("\n\n") if words]
    operation = f"{note.act}: {note.told}" if note.act and note.told else note.act or note.told
    return ShownLayer(note.name or _("Local text"), operation, Markup("").join(brought), note.why)


# --- laying out


def _chapters(document: Document) -> Iterator[Chapter]:
    clauses = document.clauses
    if not clauses:
        return
    sizes = [AROUND_A_CLAUSE + len(clause.text.body) + len(clause.text.heading) for clause in clauses]
    if len(clauses) <= PAGE_CLAUSES and sum(sizes) <= PAGE_CHARACTERS:
        yield _chapter(document, clauses)
        return
    for start, end in _Layout(document, sizes).pages():
        yield _chapter(document, clauses[start:end])


def _chapter(document: Document, clauses: tuple[Clause, ...]) -> Chapter:
    first, last = clauses[0], clauses[-1]
    roots = [clause for clause in clauses if clause.parent is None]
    name = named(document, first)
    if len(roots) > 1:
        return Chapter(name, "", f"{_title(roots[0])} – {_title(roots[-1])}", clauses)
    if roots:
        return Chapter(name, *_line(first), clauses)
    above = document.ancestors(first)[0]
    span = " – ".join(c.number for c in (first, last) if c.number)
    return Chapter(name, above.number, f"{_line(above)[1]} ({span})" if span else _line(above)[1], clauses)


class _Layout:
    """Cuts a long document into pages, as ranges of its clauses."""

    def __init__(self, document: Document, sizes: Sequence[int]) -> None:
        self.document = document
        self.places = {clause.id: place for place, clause in enumerate(document)}
        self.counts = [1] * len(sizes)
        self.sizes = list(sizes)
        for place in range(len(sizes) - 1, -1, -1):
            parent = document.clauses[place].parent
            if parent is not None:
                self.counts[self.places[parent]] += self.counts[place]
                self.sizes[self.places[parent]] += self.sizes[place]
        self.own = sizes

    def pages(self) -> list[tuple[int, int]]:
        """Where each page begins and ends. Chapters without parts share a page."""
        found: list[tuple[int, int]] = []
        alone = False
        for root in self.document.children[None]:
            laid = self._laid(self.places[root.id])
            childless = self.counts[self.places[root.id]] == 1
            if childless and alone and self._fits(found[-1][0], laid[0][1]):
                found[-1] = (found[-1][0], laid[0][1])
            else:
                found += laid
            alone = childless
        return found

    def _laid(self, place: int) -> list[tuple[int, int]]:
        """The pages of a clause and all that stands under it."""
        end = place + self.counts[place]
        if self._fits(place, end):
            return [(place, end)]
        pages = [(place, place + 1)]
        for child in self.document.children[self.document.clauses[place].id]:
            for start, stop in self._laid(self.places[child.id]):
                if self._fits(pages[-1][0], stop):
                    pages[-1] = (pages[-1][0], stop)
                else:
                    pages.append((start, stop))
        return pages

    def _fits(self, start: int, end: int) -> bool:
        return end - start <= PAGE_CLAUSES and sum(self.own[start:end]) <= PAGE_CHARACTERS


# --- contents


def _summed(document: Document, tallies: Mapping[UUID, Tally]) -> dict[UUID, Tally]:
    """The comments on each clause and on all that stands under it."""
    comments = {clause.id: 0 for clause in document}
    spoken = dict(comments)
    for clause in reversed(document.clauses):
        if tally := tallies.get(clause.id):
            comments[clause.id] += tally.comments
            spoken[clause.id] += tally.spoken
        if clause.parent is not None:
            comments[clause.parent] += comments[clause.id]
            spoken[clause.parent] += spoken[clause.id]
    return {id_: Tally(comments[id_], spoken[id_]) for id_ in comments}


def _entry(
    number: str, heading: str, url: str, principle: bool, current: bool, tally: Tally, widest: int
) -> Entry:
    spoken = tally.spoken if tally.told_apart else 0
    written = tally.comments - tally.spoken if tally.told_apart else 0
    return Entry(
        number,
        heading,
        url,
        principle,
        current,
        written,
        spoken,
        tally.comments,
        100 * spoken / widest,
        100 * written / widest,
        100 * (tally.comments - spoken - written) / widest,
    )


def _has_a_line(clause: Clause) -> bool:
    return clause.text.level not in (Level.NOTE, Level.GUIDANCE) and bool(
        clause.number or clause.text.heading
    )


def _lines_within(chapter: Chapter) -> list[Clause]:
    """The clauses of a chapter that have a line: those with a heading, or all where headings are few."""
    within = [clause for clause in chapter.clauses[1:] if _has_a_line(clause)]
    headed = [clause for clause in within if clause.text.heading]
    return headed if len(headed) > FEW_HEADINGS else within


def _line(clause: Clause) -> tuple[str, str]:
    """Number and heading; a clause without a heading goes by its first words."""
    return clause.number, clause.text.heading or first_words(clause.text.body) or _(
        "A passage without a name"
    )


def _title(clause: Clause) -> str:
    return " ".join(part for part in _line(clause) if part)


def first_words(body: str, most: int = 60) -> str:
    """The beginning of a body as plain words, cut between words: `The group keeps …`."""
    words = markdown.plain(ClauseText("", body[: 6 * most])).split()
    kept = ""
    for place, word in enumerate(words):
        if len(kept) + len(word) > most and place:
            return f"{kept} …"
        kept = f"{kept} {word}".strip()
    return kept


def _takes_comments(text: ClauseText) -> bool:
    """A bare heading is the place of others; one comments on what stands under it."""
    return bool(text.body.strip() or text.attributes.stages)
