"""A whole standard as Markdown: headings by depth, anchors in braces, footnotes under names of their own."""

import re
from collections.abc import Iterator

from standards.document import Clause, Document
from standards.exchange.marks import NO_MARKS, Marking, Note
from standards.markdown import filled

_FOOTNOTE = re.compile(r"\[\^([^\]\s]+)\]")


def export(document: Document, *, label: str, marking: Marking = NO_MARKS) -> bytes:
    """The numbered document as one Markdown text; parameters stand with their values.

    A clause without a heading begins with its number in bold; notes stand as quotations.
    """
    return ("\n\n".join(_blocks(document, label, marking)) + "\n").encode()


def _blocks(document: Document, label: str, marking: Marking) -> Iterator[str]:
    yield f"# {document.title}, {label}".rstrip(", ")
    if marking.lines:
        yield "\n".join(f"- {line}" for line in marking.lines)
    depths: dict[object, int] = {None: 1}
    for at, clause in enumerate(document, start=1):
        depths[clause.id] = depth = depths[clause.parent] + 1
        yield from _clause(clause, min(depth, 6), at)
        yield from map(_note, marking.of(clause.id).notes)


def _clause(clause: Clause, depth: int, at: int) -> Iterator[str]:
    text = clause.text
    # Footnotes of two clauses may share a name; on one page they may not.
    body = _FOOTNOTE.sub(rf"[^{at}-\1]", filled(text, text.body))
    if text.heading:
        yield f"{'#' * depth} {clause.title}" + (f" {{#{clause.anchor}}}" if clause.anchor else "")
        if body:
            yield body
    elif clause.number:
        yield f"**{clause.number}** {body}"
    else:
        yield body


def _note(note: Note) -> str:
    lines = [f"**{note.line}**" if note.line else "", *note.words.split("\n"), note.why]
    return "\n>\n".join(f"> {line}" for line in lines if line.strip())
