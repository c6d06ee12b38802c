"""Markdown and plain text as clauses.

Headings nest as sections; typed numbers, anchors, requirement tables, bold
numbered paragraphs, notes, definitions and footnotes are understood as such.
Whatever else stands there is kept, as it is, in the body of the clause it
stands under.
"""

import re
from dataclasses import replace

from standards.document import (
    Attributes,
    ClauseText,
    Finding,
    Imported,
    ImportedClause,
    Level,
    Modality,
)
from standards.errors import UnreadableFile
from standards.exchange.headings import Heading, begins_definitions, is_requirement_id, taken_apart
from standards.exchange.markdown_blocks import Block, blocks_of
from standards.exchange.markdown_source import Source, prepared
from standards.exchange.trees import title_from, with_scheme
from standards.markdown import normalised
from standards.provisions import language_of, modality_of


def read(text: str, name: str, findings: list[Finding] | None = None) -> Imported:
    """The clauses of a Markdown or plain text file.

    `findings` made while decoding come first. Raises UnreadableFile when the file
    holds no words.
    """
    source = prepared(text)
    if not any(line.strip() for line in source.lines) and not (source.references or source.footnotes):
        raise UnreadableFile(f"{name} holds no text; please choose the file that holds the standard.")
    language = source.language or language_of("\n".join(source.lines))
    reading = _Reading(source, language)
    for block in blocks_of(source.lines):
        reading.take(block)
    scheme, clauses = with_scheme(reading.finished())
    return Imported(
        title=reading.title or source.title or title_from(name),
        language=language,
        scheme=scheme,
        clauses=clauses,
        findings=(*(findings or ()), *reading.findings()),
        source_text="\n".join(reading.source_lines),
    )


_ANCHOR = re.compile(r"\s*\{#([^}\s]+)[^}]*\}\s*$")
_BOLD_NUMBER = re.compile(r"^(?:\*\*|__)(?P<number>[^*_\s]+?)[.:)]?(?P<title>\s[^*]*?)?(?:\*\*|__)[.:)]?\s*")
_NOTE = re.compile(
    r"^[>\s]*[*_]{0,3}(?:NOTE|Note|NOTA|Nota|REMARQUE|Remarque|Kumbuka)\b"
    r"(?:\s+\d+)?(?:\s+to\s+entry)?\s*[*_]{0,3}\s*[:—–-]"
)
_TERM_ON_ONE_LINE = re.compile(
    r"^(?:[-*+]\s+)?(?:\*\*|__)(?P<term>[^*]+?)(?:\*\*|__)\s*[:—–-]\s*(?P<meaning>\S.*)$", re.DOTALL
)
_TERM_INSIDE_BOLD = re.compile(r"^(?:[-*+]\s+)?\*\*(?P<term>[^*]+?):\*\*\s*(?P<meaning>\S.*)$", re.DOTALL)
_TERM_AND_COLON = re.compile(r"^(?P<term>[^\n]{1,120}?):?\n+:\s+(?P<meaning>\S.*)$", re.DOTALL)


class _Draft:
    """A clause while its blocks are still coming."""

    def __init__(self, key: str, parent: str | None, heading: Heading, anchor: str) -> None:
        self.key, self.parent, self.heading, self.anchor = key, parent, heading, anchor
        self.blocks: list[Block] = []
        self.modality: Modality | None = None
        self.extra: dict[str, str] = {}


class _Reading:
    """The clauses found so far, and where the next block belongs."""

    def __init__(self, source: Source, language: str) -> None:
        self.title = ""
        self.source_lines = [*[source.title] * bool(source.title)]
        self._source, self._language = source, language
        self._drafts: list[_Draft] = []
        self._open: list[tuple[int, _Draft, bool]] = []
        self._current: _Draft | None = None
        self._section: _Draft | None = None
        self._waiting_term: Block | None = None
        self._waiting_notes: list[Block] = []
        self._findings: list[Finding] = []
        self._parts = sorted(source.parts.items())
        self._part = ""
        self._unbound_rows = 0
        self._tables: list[int] = []

    # --- taking blocks

    def take(self, block: Block) -> None:
        """Put the block where it belongs: a clause of its own, or the body of the current one."""
        self._enter_part(block.line)
        if block.kind == "heading":
            self._take_heading(block)
        elif block.kind == "table" and _is_requirement_table(block):
            self._take_requirements(block)
        elif block.kind == "table" and self._defining() and len(block.rows[0]) >= 2:
            self._take_terms(block)
        elif self._defining() and self._take_definition(block):
            pass
        elif block.kind == "paragraph" and (bold := _bold_number(block.source)):
            self._take_numbered_paragraph(block, *bold)
        else:
            self._take_text(block)

    def _enter_part(self, line: int) -> None:
        while self._parts and self._parts[0][0] < line:
            self._release_term()
            self._release_notes()
            self._part = self._parts.pop(0)[1]
            self._open.clear()
            self._current = self._section = None
            if self._part == "abstract":
                self._section = self._add(Heading("Abstract", level=Level.NOTE), parent=None)

    def _take_heading(self, block: Block) -> None:
        anchor = _ANCHOR.search(block.words)
        words = block.words[: anchor.start()] if anchor else block.words
        heading = taken_apart(words.strip())
        # "Appendix" and "Principle" are kept as the clause's level, no longer as words.
        named = heading.level is not Level.SECTION
        self.source_lines.append(f"{heading.number} {heading.words}" if named else block.words)
        if self._is_title(block, heading):
            self.title = heading.words
            return
        while self._open and self._open[-1][0] >= block.depth:
            self._open.pop()
        parent = self._open[-1][1] if self._open else None
        if self._part == "back" and parent is None and heading.level is Level.SECTION:
            heading = replace(heading, level=Level.ANNEX)
        draft = self._add(heading, parent=parent, anchor=anchor[1] if anchor else "")
        defining = begins_definitions(words) or (bool(self._open) and self._open[-1][2])
        self._open.append((block.depth, draft, defining))
        self._section = draft

    def _is_title(self, block: Block, heading: Heading) -> bool:
        """The one heading above all others, at the top and without a number, names the document."""
        if block.depth != 1 or self._drafts or self.title or self._source.title or heading.number:
            return False
        return sum(1 for line in self._source.lines if re.match(r"# \S", line)) <= 1

    def _take_requirements(self, block: Block) -> None:
        """One clause for each row; columns beside the words are kept under their header."""
        header, *rows = block.rows
        body_at = _widest_column(rows)
        names = [_plain_cell(cell) for cell in header]
        used = [
            at
            for at in range(1, len(header))
            if at != body_at and any(at < len(row) and row[at].strip() for row in rows)
        ]
        self.source_lines.append(" ".join(names[at] for at in used))
        self._tables.append(block.line)
        columns = {names[at] or f"column {at + 1}": at for at in used}
        for at, row in enumerate(rows):
            self.source_lines.append(" ".join(row))
            self._take_requirement(row, body_at, columns, block.line + 2 + at)
        self._current = None

    def _take_requirement(self, row: list[str], body_at: int, columns: dict[str, int], line: int) -> None:
        cells = [*row, *[""] * (body_at + 1 - len(row))]
        if not is_requirement_id(cells[0]):
            note = self._add(Heading("", level=Level.NOTE), parent=self._section)
            note.blocks.append(Block("paragraph", " ".join(cell for cell in row if cell.strip()), line))
            self._guessed("This row has no id; it was kept as a note", line)
            return
        draft = self._add(Heading("", cells[0].strip(" *`_"), Level.CRITERION), parent=self._section)
        draft.blocks.append(Block("paragraph", cells[body_at], line))
        draft.extra = {name: row[at] for name, at in columns.items() if at < len(row) and row[at].strip()}
        if modality_of(cells[body_at], self._language) is Modality.NONE and len(cells[body_at].split()) > 3:
            draft.modality = Modality.REQUIREMENT
            self._unbound_rows += 1

    def _take_terms(self, block: Block) -> None:
        header, *rows = block.rows
        names = [_plain_cell(cell) for cell in header]
        self.source_lines.append(" ".join(names[2:]))
        for at, row in enumerate(rows):
            self.source_lines.append(" ".join(row))
            cells = [*row, "", ""]
            draft = self._add_term(cells[0], cells[1], block.line + 2 + at)
            draft.extra = {
                name or f"column {place}": row[place]
                for place, name in enumerate(names)
                if 1 < place < len(row) and row[place].strip()
            }

    def _take_definition(self, block: Block) -> bool:
        """Whether the block was a term with its meaning, or half of one."""
        term = _term_in(block)
        if term is None and self._waiting_term is not None and block.source.startswith(": "):
            waiting, self._waiting_term = self._waiting_term, None
            self.source_lines.append(block.source)
            self._add_term(waiting.source, block.source[1:], waiting.line)
            return True
        self._release_term()
        if term is not None:
            self.source_lines.append(block.source)
            self._add_term(*term, block.line)
            return True
        # A short line alone may be a term, its meaning in the next block.
        if block.kind == "paragraph" and "\n" not in block.source and block.source.endswith(":"):
            self.source_lines.append(block.source)
            self._waiting_term = block
            return True
        return False

    def _add_term(self, term: str, meaning: str, line: int) -> _Draft:
        words = _plain_cell(term).rstrip(":").strip()
        draft = self._add(Heading(words, level=Level.DEFINITION), parent=self._section)
        draft.blocks.append(Block("paragraph", _outdented(meaning), line))
        return draft

    def _release_term(self) -> None:
        if self._waiting_term is not None:
            waiting, self._waiting_term = self._waiting_term, None
            self._put(waiting)

    def _take_numbered_paragraph(self, block: Block, number: str, title: str, rest: str) -> None:
        self.source_lines.append(block.source)
        draft = self._add(Heading(title, number), parent=self._section)
        if rest:
            draft.blocks.append(replace(block, source=rest))

    def _take_text(self, block: Block) -> None:
        self._release_term()
        self.source_lines.append(block.source)
        self._put(block)

    def _put(self, block: Block) -> None:
        is_note = block.kind in ("paragraph", "quote") and bool(_NOTE.match(block.source))
        if is_note and self._section is not None:
            self._waiting_notes.append(block)
            return
        if self._current is None:
            self._current = self._continuation(block)
        # A note with more of the clause's own text after it stays where it stands.
        self._current.blocks.extend([*self._waiting_notes, block])
        self._waiting_notes.clear()

    def _release_notes(self) -> None:
        """Notes at the end of a clause become clauses under it."""
        waiting, self._waiting_notes = self._waiting_notes, []
        parent = self._current or self._section
        for block in waiting:
            self._add(Heading("", level=Level.NOTE), parent=parent).blocks.append(block)

    def _continuation(self, block: Block) -> _Draft:
        """Text after a table's rows or before any heading: a clause in its place, outside the count."""
        self._release_notes()
        if self._section is None:
            return self._add(Heading("", level=Level.NOTE), parent=None)
        binds = modality_of(block.source, self._language) is not Modality.NONE
        level = Level.GUIDANCE if binds else Level.NOTE
        self._guessed(f"This text follows requirements of its section; it became a {level.value}", block.line)
        return self._add(Heading("", level=level), parent=self._section)

    # --- keeping drafts

    def _add(self, heading: Heading, *, parent: _Draft | None, anchor: str = "") -> _Draft:
        self._release_term()
        self._release_notes()
        key = str(len(self._drafts) + 1)
        draft = _Draft(key, parent.key if parent else None, heading, anchor)
        self._drafts.append(draft)
        self._current = draft
        return draft

    def _defining(self) -> bool:
        return bool(self._open) and self._open[-1][2]

    def _guessed(self, message: str, line: int) -> None:
        self._findings.append(Finding("guessed", message, f"line {line + 1}"))

    # --- finishing

    def finished(self) -> tuple[ImportedClause, ...]:
        """All clauses in reading order, footnotes and link targets with the bodies that use them."""
        self._release_term()
        self._release_notes()
        for heading, body in self._source.references:
            draft = self._add(Heading(heading, level=Level.ANNEX), parent=None)
            draft.blocks.append(Block("other", body, 0))
            self.source_lines.append(f"{heading}\n{body}")
        used: set[str] = set()
        clauses = tuple(self._clause(draft, used) for draft in self._drafts)
        return self._with_unused_footnotes(clauses, used)

    def _clause(self, draft: _Draft, used: set[str]) -> ImportedClause:
        body = normalised("\n\n".join(block.source for block in draft.blocks))
        body = self._with_what_it_refers_to(f"{draft.heading.words}\n{body}", body, used)
        binding = draft.heading.level not in (Level.NOTE, Level.DEFINITION)
        modality = draft.modality or (modality_of(body, self._language) if binding else Modality.NONE)
        text = ClauseText(
            heading=draft.heading.words,
            body=body,
            level=draft.heading.level,
            modality=modality,
            declared_number=draft.heading.number,
            attributes=Attributes(extra=draft.extra),
        )
        return ImportedClause(draft.key, text, draft.parent, draft.anchor)

    def _with_what_it_refers_to(self, words: str, body: str, used: set[str]) -> str:
        notes = [name for name in self._source.footnotes if f"[^{name}]" in words]
        used.update(notes)
        targets = [
            line
            for name, line in self._source.targets.items()
            if f"[{name}]" in words.casefold() and line not in body
        ]
        beside = [self._source.footnotes[name] for name in notes] + ["\n".join(targets)] * bool(targets)
        return normalised("\n\n".join([body, *beside])) if beside else body

    def _with_unused_footnotes(
        self, clauses: tuple[ImportedClause, ...], used: set[str]
    ) -> tuple[ImportedClause, ...]:
        self.source_lines.extend(self._source.footnotes.values())
        kept = list(clauses)
        for name in [name for name in self._source.footnotes if name not in used]:
            words = re.sub(r"^\s*\[\^[^\]]+\]:\s*", "", self._source.footnotes[name])
            text = ClauseText("", normalised(f"{name}: {_outdented(words)}"), level=Level.NOTE)
            kept.append(ImportedClause(f"footnote-{name}", text))
            told = f"Nothing refers to the footnote {name}; it was kept as a note at the end"
            self._findings.append(Finding("guessed", told))
        return tuple(kept)

    def findings(self) -> list[Finding]:
        """What the reader should look at, the source's own oddities first."""
        if self._tables:
            told = f"{len(self._tables)} tables were read as requirements, one clause for each row"
            self._findings.append(Finding("note", told, f"line {self._tables[0] + 1}"))
        if self._unbound_rows:
            told = (
                f"{self._unbound_rows} rows say neither shall, should nor may; they were read as requirements"
            )
            self._findings.append(Finding("guessed", told))
        return [*self._source.findings, *self._findings]


# --- what a block is


def _is_requirement_table(block: Block) -> bool:
    header, *rows = block.rows
    if len(header) < 2 or not rows:
        return False
    with_id = sum(1 for row in rows if row and is_requirement_id(row[0]))
    return with_id * 10 >= len(rows) * 6


def _widest_column(rows: list[list[str]]) -> int:
    """The column that holds the requirement's words: the one with most text beside the id."""
    width = max(len(row) for row in rows)
    return max(range(1, width), key=lambda at: sum(len(row[at]) for row in rows if at < len(row)))


def _plain_cell(cell: str) -> str:
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", cell)
    return " ".join(words.replace("**", "").replace("__", "").split()).strip("*_ ")


def _bold_number(source: str) -> tuple[str, str, str] | None:
    """Number, title and remaining words of `**4.2.1** The operator shall` or `**4.2.1 Water** …`."""
    found = _BOLD_NUMBER.match(source)
    if not found or not is_requirement_id(found["number"]):
        return None
    title, rest = (found["title"] or "").strip(), source[found.end() :]
    return (found["number"], title, rest) if title or rest else None


def _term_in(block: Block) -> tuple[str, str] | None:
    if block.kind not in ("paragraph", "other"):
        return None
    for pattern in (_TERM_ON_ONE_LINE, _TERM_INSIDE_BOLD, _TERM_AND_COLON):
        found = pattern.match(block.source)
        if found and not (block.kind == "other" and "\n" in block.source.strip()):
            return found["term"], found["meaning"]
    return None


def _outdented(text: str) -> str:
    """A meaning without the colon and the indentation that its list gave it."""
    first, *others = text.strip().split("\n")
    return "\n".join([first, *(re.sub(r"^(?: {1,4}|\t)", "", line) for line in others)])
