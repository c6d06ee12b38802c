"""A standard as a Word file fit to send to a committee.

Real heading styles, numbers that Word goes on counting, footnotes, tables and
a linked contents; read back by `importing`, it gives the same clauses. The
same version gives the same bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from standards.document import Document
from standards.exchange import paper
from standards.exchange.docx import parts
from standards.exchange.docx import pictures as drawings
from standards.exchange.docx.layout import Laid, Layout, Para, note_paragraphs
from standards.exchange.docx.lists import Lists
from standards.exchange.docx.markup import LOCAL_NOTES, TITLE_PAGE
from standards.exchange.docx.pen import Pen, Span
from standards.exchange.docx.pictures import Picture
from standards.exchange.flow import Run
from standards.exchange.marks import NO_MARKS, Marking, Note

WIDEST: Final = 7
"""Signs of a number that fit where numbers hang."""


def write(
    document: Document,
    *,
    title: str,
    label: str,
    status: str,
    lead: str = "",
    frozen_on: datetime | None = None,
    marking: Marking = NO_MARKS,
    pictures: Mapping[UUID, Sequence[Picture]] = MappingProxyType({}),
) -> bytes:
    """The numbered document as DOCX, with a title page that says which version it is and where it stands.

    What a marking lays in is marked in the text and stands in controls beneath
    its clauses, which are left out when the file is read back. `pictures` stand beneath their clauses.
    """
    language = document.language
    lists = Lists(document.scheme)
    layout = Layout(document, lists)
    pen = Pen(right_to_left=paper.runs_right_to_left(language))
    words = paper.words(language)
    version = f"{words.version} {label}"
    state = paper.status_words(status, language)
    dated = paper.written_date(frozen_on, language) if frozen_on else ""
    blocks = [
        title_page(
            [
                ("Title", title),
                ("Subtitle", version),
                ("Subtitle", " · ".join(part for part in (state, dated) if part)),
                ("Lead", lead),
                *(("TitleNote", line) for line in marking.lines),
            ],
            pen,
        ),
        _contents(document, layout, pen),
    ]
    first = True
    drawn: list[Picture] = []
    for clause in document:
        marks = marking.of(clause.id)
        for laid in layout.marked(clause, marks):
            if first and isinstance(laid, Para):
                laid = replace(laid, breaks_page=True)
            blocks.append(laid_out(laid, pen))
            first = False
        if marks.notes:
            blocks.append(_notes(marks.notes, pen))
        blocks.append(drawings.paragraphs(pictures.get(clause.id, ()), len(drawn) + 1))
        drawn += pictures.get(clause.id, ())
    return parts.file(
        document=parts.document_part(
            "".join(blocks), right_to_left=pen.right_to_left, title_page=True
        ),
        numbering=lists.xml(),
        footnotes=pen.footnotes,
        links=pen.links,
        title=title,
        language=language,
        header=title,
        footer=f"{version} · {state}" if state else version,
        moment=frozen_on,
        pictures={
            drawings.relationship(at): (f"picture{at}.{one.ending}", one.content)
            for at, one in enumerate(drawn, 1)
        },
    )  # fmt: skip


def title_page(lines: list[tuple[str, str]], pen: Pen) -> str:
    """The title page, in a control that says it is made anew with the text."""
    shown = [
        pen.paragraph(Para(style, (Run(text),), ("title",)), [Span(Run(text))])
        for style, text in lines
        if text
    ]
    return in_control(TITLE_PAGE, "".join(shown))


def in_control(tag: str, blocks: str, gallery: str = "") -> str:
    """Blocks inside a content control of this tag."""
    part = (
        f'<w:docPartObj><w:docPartGallery w:val="{gallery}"/><w:docPartUnique/></w:docPartObj>'
        if gallery
        else ""
    )
    return (
        f'<w:sdt><w:sdtPr><w:tag w:val="{tag}"/>{part}</w:sdtPr><w:sdtContent>{blocks}</w:sdtContent></w:sdt>'
    )


def _notes(notes: tuple[Note, ...], pen: Pen) -> str:
    """What stands beneath a clause, each note apart from the next."""
    apart = '<w:p><w:pPr><w:pStyle w:val="AfterNotes"/></w:pPr></w:p>'
    shown = ["".join(pen.paragraph(para) for para in note_paragraphs(note)) + apart for note in notes]
    return in_control(LOCAL_NOTES, "".join(shown))


def laid_out(laid: Laid, pen: Pen) -> str:
    """A paragraph or table none of which changed."""
    return pen.paragraph(laid) if isinstance(laid, Para) else pen.table(laid)


def _contents(document: Document, layout: Layout, pen: Pen) -> str:
    """The headings of the two upper levels, linked; Word makes the list anew when asked to."""
    headed = [clause for clause in document if clause.text.heading and layout.depth(clause) < 2]
    if len(headed) < 2:
        return ""
    words = paper.words(document.language).contents
    lines = [pen.paragraph(Para("TOCHeading", (Run(words),), ("title",)))]
    begin = (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> '
        'TOC \\o "1-2" \\n \\h \\z </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>'
    )
    rtl = "<w:rPr><w:rtl/></w:rPr>" if pen.right_to_left else ""
    for at, clause in enumerate(headed):
        number = f'<w:t xml:space="preserve">{parts.escaped(clause.number)}</w:t>' if clause.number else ""
        name = parts.escaped(" ".join(clause.text.heading.split()))
        # A number wider than its column would run into the words: Word takes no further stop there.
        name = f"\N{EN SPACE}{name}" if len(clause.number) > WIDEST else name
        lines.append(
            f'<w:p><w:pPr><w:pStyle w:val="TOC{layout.depth(clause) + 1}"/></w:pPr>{"" if at else begin}'
            f'<w:hyperlink w:anchor="c{clause.id.hex}" w:history="1"><w:r>{rtl}{number}<w:tab/>'
            f'<w:t xml:space="preserve">{name}</w:t></w:r></w:hyperlink>'
            f"{_END if at == len(headed) - 1 else ''}</w:p>"
        )
    return in_control("standard-contents", "".join(lines), "Table of Contents")


_END = '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
