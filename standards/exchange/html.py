"""A whole standard as one HTML page that stands alone: for reading, printing and sending on.

Nothing is fetched from elsewhere and nothing runs; the page is the same, byte for
byte, each time it is made from the same version.
"""

from collections.abc import Iterator
from html import escape

from standards.document import Clause, Document
from standards.markdown import render

_STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.6 Georgia, "Times New Roman", serif; }
body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2, h3, h4, h5, h6 { font-family: system-ui, sans-serif; line-height: 1.25; }
nav ol { list-style: none; padding-left: 1rem; }
article article { margin-top: 1.2rem; }
.number { font-variant-numeric: tabular-nums; margin-right: .6em; }
.shall { font-weight: 600; }
.note, .guidance { font-size: .93em; border-left: 3px solid; padding-left: .8rem; }
.letters { list-style: lower-alpha; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border: 1px solid; padding: .25rem .5rem; text-align: left; vertical-align: top; }
.center { text-align: center; } .right { text-align: right; }
pre { overflow-x: auto; }
@media print { body { max-width: none; margin: 0; } nav { break-after: page; } }
@media print { h2, h3, h4 { break-after: avoid; } }
""".strip()


def export(document: Document, *, label: str, status: str) -> bytes:
    """The numbered document as a page of its own, contents first."""
    return "\n".join(_page(document, label, status)).encode()


def _page(document: Document, label: str, status: str) -> Iterator[str]:
    title = escape(document.title)
    yield f'<!doctype html>\n<html lang="{escape(document.language)}">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{title}, {escape(label)}</title>\n<style>\n{_STYLE}\n</style>\n</head>\n<body>"
    yield f"<header>\n<h1>{title}</h1>\n<p>{escape(label)} · {escape(status)}</p>\n</header>"
    yield from _contents(document)
    yield "<main>"
    for root in document.children.get(None, ()):
        yield from _clause(document, root)
    yield "</main>\n</body>\n</html>\n"


def _contents(document: Document) -> Iterator[str]:
    """The clauses with a heading, two levels deep."""
    yield "<nav>\n<ol>"
    for root in document.children.get(None, ()):
        if root.text.heading:
            yield f"<li>{_link(root)}"
            below = [clause for clause in document.children.get(root.id, ()) if clause.text.heading]
            if below:
                yield "<ol>"
                yield from (f"<li>{_link(clause)}</li>" for clause in below)
                yield "</ol>"
            yield "</li>"
    yield "</ol>\n</nav>"


def _link(clause: Clause) -> str:
    return f'<a href="#c-{clause.id}">{escape(clause.title)}</a>'


def _clause(document: Document, root: Clause) -> Iterator[str]:
    """The clause and all below it; a stack of its own, since texts may nest deeper than Python does."""
    waiting: list[tuple[Clause, int] | None] = [(root, 2)]
    while waiting:
        step = waiting.pop()
        if step is None:
            yield "</article>"
            continue
        clause, depth = step
        yield from _opened(clause, depth, document.language)
        waiting.append(None)
        waiting.extend((child, depth + 1) for child in reversed(document.children.get(clause.id, ())))


def _opened(clause: Clause, depth: int, language: str) -> Iterator[str]:
    yield f'<article id="c-{clause.id}" class="clause {clause.text.level.value}">'
    number = f'<span class="number">{escape(clause.number)}</span>' if clause.number else ""
    tag = f"h{min(depth, 6)}"
    if clause.text.heading:
        yield f"<{tag}>{number}{escape(clause.text.heading)}</{tag}>"
    elif number:
        yield f"<p>{number}</p>"
    yield render(clause.text, prefix=f"c-{clause.id}", language=language)
