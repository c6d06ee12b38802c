"""A Word draft as clauses, for a person to look over before anything is saved.

What is read is the accepted side of tracked changes. Every word of it stands in
a clause, in the title, or in a finding that says what became of it; words that only a
finding names are left out of `source_text`.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from standards.document import Finding, Imported, Scheme
from standards.exchange.docx.blocks import (
    ACCEPTED,
    Block,
    Paragraph,
    Row,
    Span,
    Table,
    all_paragraphs,
    is_hidden,
)
from standards.exchange.docx.clauses import Writer
from standards.exchange.docx.inspecting import label_paragraphs
from standards.exchange.docx.numbering import Label
from standards.exchange.docx.package import W
from standards.exchange.docx.source import Source, open_source
from standards.exchange.docx.wording import plain, safe_address


def read(data: bytes, name: str) -> Imported:
    """Understand a Word file as clauses. Raises UnreadableFile saying what to do."""
    source = open_source(data, name)
    body = accepted(source.body.blocks)
    language = _language(source)
    labels = label_paragraphs(source, [paragraph.index for paragraph in all_paragraphs(body)])
    taken = _Taken()
    taken.look_over(body, source, labels)
    title = _title(source, body)
    writer = Writer(source, labels, language, title)
    writer.write(body)
    clauses = writer.finished()
    declared = any(clause.text.declared_number for clause in clauses)
    headings = (clause.text.heading for clause in clauses if clause.text.heading)
    words = [text for index, text in taken.words.items() if index not in writer.named]
    return Imported(
        title=title or next(headings, "") or _stem(name),
        language=language,
        scheme=Scheme.DECLARED if declared else Scheme.DECIMAL,
        clauses=tuple(clauses),
        findings=(*_about_the_file(source), *taken.findings(), *writer.findings()),
        source_text="\n".join(words + [_note_words(source, mark) for mark in writer.noted]),
    )


def accepted(blocks: Iterable[Block]) -> list[Block]:
    """The blocks as they stand with every change accepted; paragraphs that lost their mark are joined."""
    found: list[Block] = []
    carried: list[Span] = []
    last: Paragraph | None = None
    for block in blocks:
        if isinstance(block, Paragraph):
            if not block.sides & ACCEPTED:
                continue
            spans = [span for span in block.spans if span.sides & ACCEPTED]
            last = block
            if block.mark & ACCEPTED:
                found.append(replace(block, spans=carried + spans))
                carried = []
            else:
                carried += spans
            continue
        if carried and last is not None:
            found.append(replace(last, spans=carried))
            carried = []
        rows = [
            Row(row.sides, row.is_header, [
                replace(cell, blocks=accepted(cell.blocks)) for cell in row.cells if cell.sides & ACCEPTED
            ])
            for row in block.rows if row.sides & ACCEPTED
        ]  # fmt: skip
        if rows:
            found.append(Table(rows, block.in_contents))
    if carried and last is not None:
        found.append(replace(last, spans=carried))
    return found


@dataclass
class _Taken:
    """What the body holds besides text to take over, and all its words in order."""

    words: dict[int, str] = field(default_factory=dict)
    contents: int = 0
    hidden: list[str] = field(default_factory=list)
    lost: Counter[tuple[str, str]] = field(default_factory=Counter)
    addresses: list[str] = field(default_factory=list)
    equations: int = 0
    place: str = ""

    def look_over(self, blocks: list[Block], source: Source, labels: dict[int, Label]) -> None:
        for paragraph in all_paragraphs(blocks):
            style = source.styles.paragraph(paragraph.style)
            if paragraph.in_contents or style.is_contents:
                self.contents += 1
                continue
            text = "".join([span.text for span in paragraph.spans if not is_hidden(span)])
            if text.strip():
                self.words[paragraph.index] = text
                if style.outline is not None:
                    label = labels.get(paragraph.index)
                    self.place = f"{label.text if label else ''} {' '.join(text.split())}".strip()
            for span in paragraph.spans:
                if is_hidden(span):
                    self.hidden.append(span.text)
                if span.mark is not None and span.mark[0] not in ("footnote", "endnote"):
                    self._mark(*span.mark)
                if span.link and not safe_address(span.link):
                    self.addresses.append(span.link)

    def _mark(self, kind: str, description: str) -> None:
        if kind == "equation":
            self.equations += 1
        else:
            named = f"the {kind} “{description}”" if description else f"a {kind} without a description"
            self.lost[named, self.place] += 1

    def findings(self) -> Iterable[Finding]:
        """What became of all this, in a sentence each."""
        for (named, place), count in self.lost.items():
            times = f" ({count} times)" if count > 1 else ""
            yield Finding("lost", f"{named[0].upper()}{named[1:]} was not taken over{times}.", place)
        if "".join(self.hidden).strip():
            words = " ".join("".join(self.hidden).split())
            yield Finding("lost", f"Hidden text was left out: {words}")
        for address in dict.fromkeys(self.addresses):
            yield Finding("lost", f"A link to {address} was left out; its words are kept.")
        if self.equations:
            yield Finding("guessed", f"{self.equations} equations were taken over as plain text; check them.")
        if self.contents:
            yield Finding(
                "note", f"The table of contents ({self.contents} lines) was left out; it is made anew."
            )


def _about_the_file(source: Source) -> Iterable[Finding]:
    if source.package.has_macros:
        yield Finding("note", "The file holds macros. Only its text was read, never the macros.")
    changes = len(source.body.changes) + sum(len(note.changes) for note in source.notes.values())
    if changes:
        yield Finding(
            "note", f"The file holds {changes} tracked changes. The text was read with all of them accepted."
        )
    root = source.package.related("comments")
    comments = 0 if root is None else len(root.findall(W + "comment"))
    if comments:
        yield Finding(
            "note", f"The file holds {comments} comments in its margin; they are no part of the text."
        )
    for kind in ("header", "footer"):
        texts = [
            "".join(element.text or "" for element in part.iter(W + "t")).strip()
            for part in source.package.all_related(kind)
        ]
        words = " · ".join(dict.fromkeys(text for text in texts if text))
        if words:
            yield Finding("note", f"The page {kind} was left out: {words}")


def _title(source: Source, body: list[Block]) -> str:
    for block in body:
        if isinstance(block, Paragraph):
            name = source.styles.paragraph(block.style).name.lower()
            if name in ("title", "titre", "título", "titel") and plain(block.spans):
                return plain(block.spans)
    core = source.package.core()
    for element in () if core is None else core:
        if isinstance(element.tag, str) and element.tag.endswith("}title"):
            return " ".join((element.text or "").split())
    return ""


def _language(source: Source) -> str:
    core = source.package.core()
    for element in () if core is None else core:
        if (
            isinstance(element.tag, str)
            and element.tag.endswith("}language")
            and (element.text or "").strip()
        ):
            return _tag(element.text or "")
    return _tag(source.styles.language)


def _tag(text: str) -> str:
    found = re.match(r"\s*([A-Za-z]{2,3})(?:[-_]|\s*$)", text)
    return found[1].lower() if found else "en"


def _note_words(source: Source, mark: tuple[str, str]) -> str:
    return "\n".join(paragraph.text(ACCEPTED) for paragraph in source.notes[mark].paragraphs)


def _stem(name: str) -> str:
    return re.sub(r"\.[A-Za-z]{3,5}$", "", re.split(r"[\\/]", name)[-1]).replace("_", " ").strip()
