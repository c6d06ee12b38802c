"""Blocks of a Word draft written out as clauses, in reading order."""

from collections import Counter
from dataclasses import dataclass, field

from standards.document import Attributes, ClauseText, Finding, ImportedClause, Level, Modality
from standards.exchange.docx import outline
from standards.exchange.docx.blocks import ACCEPTED, Block, Paragraph, Span, Table, paragraphs_of
from standards.exchange.docx.numbering import Label
from standards.exchange.docx.source import Source
from standards.exchange.docx.styles import HIDDEN
from standards.exchange.docx.tables import grid, is_layout, pipe_table
from standards.exchange.docx.wording import markdown, plain
from standards.provisions import modality_of


@dataclass
class _Draft:
    """A clause while it is being written; `depth` is 0 for the topmost headings."""

    key: str
    heading: str = ""
    level: Level = Level.SECTION
    number: str = ""
    depth: int = 0
    parent: "_Draft | None" = None
    body: list[str] = field(default_factory=list)
    extra: dict[str, str] = field(default_factory=dict)
    defines: bool = False


_UNDER_HEADINGS = 100
"""The depth of numbered paragraphs and rows: deeper than any heading."""


class Writer:
    """Writes clauses as it is given blocks.

    `noted` are the footnotes met, in order; `named` the paragraphs whose words
    stand in a finding instead of a clause, by index.
    """

    def __init__(self, source: Source, labels: dict[int, Label], language: str, title: str) -> None:
        self.noted: list[tuple[str, str]] = []
        self.named: set[int] = set()
        self._source = source
        self._labels = labels
        self._language = language
        self._title = title
        self._drafts: list[_Draft] = []
        self._current: _Draft | None = None
        self._names: dict[tuple[str, str], str] = {}
        self._indents: list[int] = []
        self._in_list = False
        self._headers: Counter[str] = Counter()
        self._uncertain: list[tuple[str, str]] = []
        self._merged = 0

    def write(self, blocks: list[Block]) -> None:
        """Take these blocks after those taken before."""
        for block in blocks:
            if isinstance(block, Table):
                self._in_list = False
                self._table(block)
            else:
                self._paragraph(block)

    def finished(self) -> list[ImportedClause]:
        """All clauses, in reading order."""
        return [self._clause(draft) for draft in self._drafts]

    def findings(self) -> list[Finding]:
        """What was understood with doubt, or set aside."""
        found = [
            Finding(
                "note", f"{count} tables with the columns {header} were read as requirements, one row each."
            )
            for header, count in self._headers.items()
        ]
        found += [Finding("guessed", message, where) for message, where in self._uncertain]
        if self._merged:
            found.append(
                Finding("guessed", f"{self._merged} tables had merged cells; check how they were spread out.")
            )
        return found

    # Paragraphs

    def _paragraph(self, paragraph: Paragraph) -> None:
        style = self._source.styles.paragraph(paragraph.style)
        if paragraph.in_contents or style.is_contents:
            return
        shown = [span for span in paragraph.spans if not span.look & HIDDEN]
        text = plain(shown)
        if not text:
            if any(span.mark for span in shown):
                self._say(self._markdown(paragraph))
            return
        if text == self._title and style.name.lower() in ("title", "titre", "título", "titel"):
            self._title = ""
            return
        level = style.outline if paragraph.outline is None else paragraph.outline
        label = self._labels.get(paragraph.index)
        if level is not None and level < 9:
            self._heading(paragraph, text, level, label.text if label else "")
        elif style.is_code:
            self._code("".join([span.text for span in shown]))
        elif label is not None and not self._is_clause_label(label):
            self._item(paragraph, label)
        else:
            self._in_list = False
            self._plain_paragraph(paragraph, text, label.text if label else "", style.name)

    def _heading(self, paragraph: Paragraph, text: str, depth: int, automatic: str) -> None:
        self._in_list = False
        opening = outline.of_heading(text, automatic)
        draft = self._begin(opening.words, depth, opening.number, opening.level)
        above = draft.parent
        if above is not None and above.defines:
            draft.level = Level.DEFINITION
        draft.defines = outline.is_definitions(opening.words)
        marks = "".join(
            f"[^{self._name(span.mark)}]" for span in paragraph.spans if span.mark in self._source.notes
        )
        if marks:
            self._say(marks)

    def _plain_paragraph(self, paragraph: Paragraph, text: str, automatic: str, style: str) -> None:
        raw = "".join([span.text for span in paragraph.spans if not span.look & HIDDEN]).strip()
        body = self._markdown(paragraph)
        if automatic:
            self._begin_numbered(automatic.rstrip(".:) "), body)
            return
        opening = outline.of_paragraph(raw)
        if opening is not None:
            self._begin_numbered(opening.number, _without_start(body, opening.number))
            return
        note = outline.of_note(text)
        if note is not None:
            above = self._above_notes()
            draft = self._begin(note[0], _UNDER_HEADINGS + 1, "", Level.NOTE, above)
            draft.body.append(_after_name(body, note[0]))
            return
        if self._definition(paragraph, text):
            return
        if style.lower() in ("quote", "block text", "intense quote"):
            body = "> " + body.replace("\n", "\n> ")
        self._say(body)

    def _begin_numbered(self, number: str, body: str) -> None:
        above = self._holder_of(number)
        draft = self._begin("", _UNDER_HEADINGS, number, Level.SECTION, above)
        draft.body.append(body)

    def _definition(self, paragraph: Paragraph, text: str) -> bool:
        """Take "term: what it means" in a section of definitions as a definition."""
        section = self._section()
        if section is None or not section.defines:
            return False
        for between in (": ", " – ", " — ", " - "):
            term, _, meaning = text.partition(between)
            if meaning and len(term) <= 80:
                draft = self._begin(term, _UNDER_HEADINGS, "", Level.DEFINITION, section)
                draft.body.append(_after_name(self._markdown(paragraph), term))
                return True
        return False

    def _item(self, paragraph: Paragraph, label: Label) -> None:
        if (
            self._current is not None
            and self._current.defines
            and self._definition(paragraph, plain(paragraph.spans))
        ):
            return
        if not self._in_list:
            self._indents = []
        depth = min(label.level, len(self._indents))
        del self._indents[depth:]
        text = self._markdown(paragraph)
        number = label.text.rstrip(".)")
        if label.text and number.isdecimal() and number.isascii() and len(number) < 10:
            marker = f"{number}{')' if label.text.endswith(')') else '.'} "
        else:
            marker = "- "
            text = f"{label.text} {text}" if label.text else text
        indent = sum(self._indents)
        self._indents.append(len(marker))
        line = " " * indent + marker + text.replace("\n", "\n" + " " * (indent + len(marker)))
        self._say(line, together=self._in_list)
        self._in_list = True

    def _code(self, text: str) -> None:
        self._in_list = False
        body = self._holder().body
        if body and body[-1].endswith("\n```"):
            body[-1] = body[-1][:-4] + f"\n{text}\n```"
        else:
            body.append(f"```\n{text}\n```")

    # Tables

    def _table(self, table: Table) -> None:
        if table.in_contents:
            return
        if is_layout(table):
            for row in table.rows:
                for cell in row.cells:
                    self.write(cell.blocks)
            return
        words, is_merged = grid(table, lambda paragraph: plain(_shown(paragraph)), self._labels)
        column = outline.id_column(words[0], words[1:])
        texts, _ = grid(table, self._markdown, self._labels)
        if column is None:
            self._merged += is_merged
            self._say(pipe_table(texts))
            return
        self.named.update(paragraph.index for paragraph in paragraphs_of(table.rows[0]))
        self._requirements(words, texts, column)

    def _requirements(self, words: list[list[str]], texts: list[list[str]], column: int) -> None:
        header = words[0]
        described = max(
            (at for at in range(len(header)) if at != column),
            key=lambda at: sum(len(row[at]) for row in words[1:]),
        )
        self._headers[" | ".join(name for name in header if name)] += 1
        above = self._section()
        for row, text in zip(words[1:], texts[1:], strict=True):
            if not any(row):
                continue
            level = Level.CRITERION if outline.is_id(row[column]) else Level.SECTION
            draft = self._begin("", _UNDER_HEADINGS, row[column], level, above)
            draft.body.append(text[described])
            if level is Level.SECTION:
                self._uncertain.append(
                    ("A row without an id was read as a clause of its own.", plain_words(row))
                )
            for at, value in enumerate(row):
                if at not in (column, described) and value:
                    name = header[at] or f"column {at + 1}"
                    draft.extra[name if name not in draft.extra else f"{name} ({at + 1})"] = value

    # Places

    def _begin(
        self, heading: str, depth: int, number: str, level: Level, above: _Draft | None = None
    ) -> _Draft:
        if depth < _UNDER_HEADINGS:
            above = self._current
            while above is not None and above.depth >= depth:
                above = above.parent
        draft = _Draft(f"c{len(self._drafts) + 1}", heading, level, number, depth, above)
        self._drafts.append(draft)
        self._current = draft
        return draft

    def _section(self) -> _Draft | None:
        """The heading that the text stands under."""
        draft = self._current
        while draft is not None and draft.depth >= _UNDER_HEADINGS:
            draft = draft.parent
        return draft

    def _holder_of(self, number: str) -> _Draft | None:
        """The clause above a numbered paragraph: 4.2 above 4.2.1, else the heading."""
        draft = self._current
        while draft is not None and draft.depth >= _UNDER_HEADINGS:
            if draft.number and number.startswith(draft.number + "."):
                return draft
            draft = draft.parent
        return draft

    def _above_notes(self) -> _Draft | None:
        draft = self._current
        while draft is not None and draft.level is Level.NOTE:
            draft = draft.parent
        return draft

    def _holder(self) -> _Draft:
        """The clause that takes text now. After a note, its clause goes on: the notes join its body."""
        if self._current is None:
            return self._begin("", 0, "", Level.SECTION)
        draft = self._current
        while draft.level is Level.NOTE and draft.parent is not None:
            above = draft.parent
            if above.level is Level.CRITERION:
                return self._begin("", _UNDER_HEADINGS, "", Level.SECTION, above.parent)
            folded = []
            while self._drafts[-1] is not above and self._drafts[-1].level is Level.NOTE:
                folded.append(self._drafts.pop())
            for note in reversed(folded):
                above.body.append(f"{note.heading}: {note.body[0]}")
                above.body += note.body[1:]
            self._current = draft = above
        if draft.level is Level.CRITERION:
            draft = self._begin("", _UNDER_HEADINGS, "", Level.SECTION, draft.parent)
        return draft

    def _say(self, text: str, together: bool = False) -> None:
        if not text:
            return
        body = self._holder().body
        if together and body:
            body[-1] += "\n" + text
        else:
            body.append(text)

    # Words

    def _markdown(self, paragraph: Paragraph) -> str:
        for span in paragraph.spans:
            if span.mark in self._source.notes:
                self._name(span.mark)
        return markdown(paragraph.spans, self._names)

    def _name(self, mark: tuple[str, str] | None) -> str:
        if mark is None:
            return ""
        if mark not in self._names:
            self._names[mark] = str(len(self._names) + 1)
            self.noted.append(mark)
        return self._names[mark]

    def _clause(self, draft: _Draft) -> ImportedClause:
        body = "\n\n".join(part for part in draft.body if part)
        binding = draft.level not in (Level.NOTE, Level.DEFINITION)
        modality = modality_of(body, self._language) if binding and body else Modality.NONE
        body += "".join(
            f"\n\n[^{name}]: {self._note(mark)}" for mark, name in self._names.items() if f"[^{name}]" in body
        )
        text = ClauseText(
            heading=draft.heading,
            body=body,
            level=draft.level,
            modality=modality,
            declared_number=draft.number,
            attributes=Attributes(extra=draft.extra),
        )
        return ImportedClause(draft.key, text, draft.parent.key if draft.parent else None)

    def _note(self, mark: tuple[str, str]) -> str:
        paragraphs = [p for p in self._source.notes[mark].paragraphs if p.text(ACCEPTED).strip()]
        return "\n\n    ".join(self._accepted_markdown(paragraph) for paragraph in paragraphs)

    def _accepted_markdown(self, paragraph: Paragraph) -> str:
        return markdown([span for span in paragraph.spans if span.sides & ACCEPTED], self._names)

    @staticmethod
    def _is_clause_label(label: Label) -> bool:
        return not label.is_bullet and "." in label.text.rstrip(".:) ")


def plain_words(row: list[str]) -> str:
    """A row in a few words, to find it again."""
    return " ".join(cell for cell in row if cell)[:80]


def _shown(paragraph: Paragraph) -> list[Span]:
    return [span for span in paragraph.spans if not span.look & HIDDEN]


def _without_start(body: str, number: str) -> str:
    """The body after its typed number, which may stand in bold."""
    at = body.find(number)
    stars = body[:at]
    rest = body[at + len(number) :].lstrip(".): \t\\")
    if stars.strip("*") == "" and stars and rest.startswith(stars):
        return rest[len(stars) :].lstrip()
    return stars + rest


def _after_name(body: str, name: str) -> str:
    """The body after the name of a note or term, which may stand in bold."""
    at = body.find(name)
    if at < 0:
        return body
    stars = body[:at]
    rest = body[at + len(name) :].lstrip(":.—– \t-")
    if stars and stars.strip("*") == "" and rest.startswith(stars):
        return rest[len(stars) :].lstrip(":.—– \t-")
    return stars + rest
