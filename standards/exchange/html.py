"""A whole standard as one HTML page that stands alone: for reading, printing and sending on.

Nothing is fetched from elsewhere and nothing runs; the page is the same, byte for
byte, each time it is made from the same version.
"""

import re
from collections.abc import Iterator
from html import escape

from standards.document import Clause, Document
from standards.exchange.marks import NO_MARKS, Marking, Marks, Note
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
ins { text-decoration: underline double; text-underline-offset: .2em; }
.local { border-left: 6px double; padding-left: .8rem; }
.local > p { margin: .3rem 0; }
aside, details, .layers { font: .875rem/1.5 system-ui, sans-serif; }
aside, details { margin: .6rem 0; }
.layers, dd { overflow-wrap: anywhere; }
@media print { body { max-width: none; margin: 0; } nav { break-after: page; } }
@media print { h2, h3, h4 { break-after: avoid; } }
""".strip()


def export(document: Document, *, label: str, status: str, marking: Marking = NO_MARKS) -> bytes:
    """The numbered document as a page of its own, contents first; what a marking says is laid in."""
    return "\n".join(_page(document, label, status, marking)).encode()


def marked(html: str, marks: Marks) -> str:
    """The HTML of a clause's body with `<ins>` around what is local: the whole body, or values in it."""
    if not html:
        return html
    if marks.whole or marks.body:
        return f"<ins>{html}</ins>"
    if not marks.values:
        return html
    names = "|".join(sorted(re.escape(name) for name in marks.values))
    value = rf'<span class="parameter" data-name="(?:{names})">(.*?)</span>'
    return re.sub(value, r'<ins class="parameter">\1</ins>', html)


def _page(document: Document, label: str, status: str, marking: Marking) -> Iterator[str]:
    title = escape(document.title)
    yield f'<!doctype html>\n<html lang="{escape(document.language)}">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{title}, {escape(label)}</title>\n<style>\n{_STYLE}\n</style>\n</head>\n<body>"
    yield f"<header>\n<h1>{title}</h1>\n<p>{escape(label)} · {escape(status)}</p>"
    if marking.lines:
        yield f'<p class="layers">{"<br>".join(map(escape, marking.lines))}</p>'
    yield "</header>"
    yield from _contents(document)
    yield "<main>"
    for root in document.children.get(None, ()):
        yield from _clause(document, root, marking)
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


def _clause(document: Document, root: Clause, marking: Marking) -> Iterator[str]:
    """The clause and all below it; a stack of its own, since texts may nest deeper than Python does."""
    waiting: list[tuple[Clause, int] | None] = [(root, 2)]
    while waiting:
        step = waiting.pop()
        if step is None:
            yield "</article>"
            continue
        clause, depth = step
        yield from _opened(clause, depth, document.language, marking.of(clause.id))
        yield from _beneath(marking.of(clause.id), marking.sources_title)
        waiting.append(None)
        waiting.extend((child, depth + 1) for child in reversed(document.children.get(clause.id, ())))


def _opened(clause: Clause, depth: int, language: str, marks: Marks) -> Iterator[str]:
    yield f'<article id="c-{clause.id}" class="clause {clause.text.level.value}">'
    number = f'<span class="number">{escape(clause.number)}</span>' if clause.number else ""
    tag = f"h{min(depth, 6)}"
    if clause.text.heading:
        heading = escape(clause.text.heading)
        yield f"<{tag}>{number}{f'<ins>{heading}</ins>' if marks.whole else heading}</{tag}>"
    elif number:
        yield f"<p>{number}</p>"
    html = marked(render(clause.text, prefix=f"c-{clause.id}", language=language), marks)
    yield f'<div class="local">{html}</div>' if html and (marks.whole or marks.body) else html


def _beneath(marks: Marks, sources_title: str) -> Iterator[str]:
    """The notes of a clause, and on demand where each of its spans comes from."""
    yield from map(_note, marks.notes)
    if marks.sources and sources_title:
        spans = "".join(
            f"<dt>{escape(one.source)}</dt><dd>{escape(one.field)}: {escape(one.text)}</dd>"
            for one in marks.sources
        )
        yield f"<details><summary>{escape(sources_title)}</summary><dl>{spans}</dl></details>"


def _note(note: Note) -> str:
    who = " · ".join(escape(part) for part in (note.name, note.act) if part)
    told = (
        f"<p><b>{who}</b> · {escape(note.told)}</p>"
        if who and note.told
        else f"<p><b>{escape(note.line)}</b></p>"
    )
    lang = f' lang="{escape(note.lang)}"' if note.lang else ""
    brought = "".join(f"<p{lang}>{escape(part)}</p>" for part in note.words.split("\n\n") if part)
    why = f"<p>{escape(note.why)}</p>" if note.why else ""
    return f'<aside class="local">{told}{brought}{why}</aside>'
