"""A checklist as pages to print: a box to tick for every answer, and room to write.

The same checklist gives the same bytes.
"""

from collections.abc import Iterator
from typing import Final

from standards.checklists import Able, Answer, Checklist, Field, Head, Item
from standards.document import Scheme
from standards.exchange import paper
from standards.exchange.docx import parts
from standards.exchange.docx.layout import Para, Table
from standards.exchange.docx.lists import Lists, Place
from standards.exchange.docx.pen import Pen
from standards.exchange.docx.writing import laid_out
from standards.exchange.flow import BOLD, ITALIC, Run

Rows = tuple[tuple[str, str], ...]
"""A table to write in: words on the left; on the right boxes to tick, or lines to fill."""
BOX: Final = "\N{BALLOT BOX}"
_NO_NUMBER: Final = Place(0, 0)


def write(checklist: Checklist) -> bytes:
    """The checklist as DOCX in its first language; other languages' wordings stand beneath."""
    language = checklist.languages[0]
    words = checklist.first
    pen = Pen(right_to_left=paper.runs_right_to_left(language))
    blocks = "".join(
        _room(laid, pen) if isinstance(laid, tuple) else laid_out(laid, pen) for laid in _laid(checklist)
    )
    about = " · ".join(value for _, value in checklist.about(language))
    return parts.file(
        document=parts.document_part(blocks, right_to_left=pen.right_to_left, title_page=False),
        numbering=Lists(Scheme.DECLARED).xml(),
        footnotes=pen.footnotes,
        links=pen.links,
        title=f"{words.title}: {checklist.title}",
        language=language,
        header=f"{checklist.title} {checklist.version} · {about}",
        footer=words.title,
        moment=None,
    )


def _laid(checklist: Checklist) -> Iterator[Para | Rows]:
    words = checklist.first
    yield _heading("Heading1", f"{words.title}: {checklist.title} {checklist.version}")
    yield _text(words.how_to)
    told = [(word, value) for word, value in checklist.about(checklist.languages[0])]
    if told:
        yield _text(" · ".join(f"{word}: {value}" for word, value in told))
    yield _heading("Heading2", words.about_you)
    # Two lines to write on: a name of a place is longer in ink than in print.
    yield tuple((words.heads[head], "\n") for head in Head)
    chapter = None
    for item in checklist.items:
        if item.chapter and item.chapter != chapter:
            chapter = item.chapter
            yield _heading("Heading1", chapter)
        yield from _item(checklist, item)


def _item(checklist: Checklist, item: Item) -> Iterator[Para | Rows]:
    first = checklist.languages[0]
    words, wording = checklist.first, checklist.wording(item, first)
    heading = f"{item.number} {wording.heading}".strip()
    if heading:
        yield _heading("Heading2", heading)
    for line in wording.words.split("\n"):
        yield Para("BodyText", (Run(line),), ("text",))
    for said in checklist.beside(item).values():
        yield Para("BodyText", (Run(" ".join(said.split()), ITALIC),), ("text",))
    if hints := checklist.hints(item, first):
        yield Para("Note", (Run("\n".join(hints)),), ("text",))
    fields = words.fields
    yield (
        (fields[Field.MET], _boxes(words.answers[answer] for answer in Answer)),
        (fields[Field.EVIDENCE], "\n"),
        (fields[Field.ABILITY], _boxes(words.able[able] for able in Able)),
        (fields[Field.OBSTACLE], "\n"),
        (fields[Field.COST], ""),
        (fields[Field.BENEFIT], ""),
        (fields[Field.NOTE], "\n"),
    )


def _boxes(labels: Iterator[str]) -> str:
    return "     ".join(f"{BOX}\N{NO-BREAK SPACE}{label.replace(' ', chr(160))}" for label in labels)


def _heading(style: str, words: str) -> Para:
    return Para(style, (Run(words),), ("heading",), _NO_NUMBER)


def _text(words: str) -> Para:
    return Para("BodyText", (Run(words),), ("text",))


def _room(rows: Rows, pen: Pen) -> str:
    """A third of the width for the words, the rest to write in."""
    columns = Table(((_cell("x" * 12), _cell(" ".join(["x" * 12] * 8))),), ("", ""))
    written = "".join(
        pen.row([pen.paragraph(_cell(words, BOLD)), pen.paragraph(_cell(room))], is_header=False)
        for words, room in rows
    )
    return pen.around(written, columns) + pen.after_table()


def _cell(words: str, look: int = 0) -> Para:
    return Para("TableText", (Run(words, look),), ("cell",))
