"""Reading a story of a Word file (the body, a footnote) into paragraphs and tables.

One walk over the XML keeps both sides of every tracked change: each span of
text, paragraph mark, row and cell says on which side it exists. What wraps text
without changing it (content controls, smart tags, custom XML) is looked
through; of alternate content one side is read.
"""

from typing import Final

from lxml import etree

from standards.exchange.docx.blocks import (
    ACCEPTED,
    BOTH,
    ORIGINAL,
    Block,
    Cell,
    Change,
    Paragraph,
    Row,
    Span,
    Table,
)
from standards.exchange.docx.markup import Field, chosen, description, end_code, is_contents_control
from standards.exchange.docx.package import MC, M, Package, R, W
from standards.exchange.docx.styles import CODE, VAL, Styles, look_of, numbering_of
from standards.exchange.docx.symbols import symbol

_INSERTING = {W + "ins": ("insert", ACCEPTED), W + "moveTo": ("move_to", ACCEPTED)}
_REMOVING = {W + "del": ("delete", ORIGINAL), W + "moveFrom": ("move_from", ORIGINAL)}
TRACKED: Final = _INSERTING | _REMOVING
_FORMAT_CHANGES: Final = frozenset(
    W + name
    for name in ("rPrChange", "pPrChange", "tblPrChange", "tblGridChange", "tblPrExChange", "tcPrChange",
                 "trPrChange", "sectPrChange")
)  # fmt: skip
_OTHER_CHANGES: Final = frozenset(
    W + name for name in ("cellMerge", "customXmlInsRangeStart", "customXmlDelRangeStart")
)
_P, _R, _T, _TBL, _TR, _TC = (W + name for name in ("p", "r", "t", "tbl", "tr", "tc"))
_RPR, _PPR, _TCPR, _TRPR = (W + name for name in ("rPr", "pPr", "tcPr", "trPr"))
_WRITTEN: Final = {
    W + "tab": "\t", W + "ptab": "\t", W + "br": "\n", W + "cr": "\n", W + "noBreakHyphen": "-",
}  # fmt: skip
_NO_TEXT: Final = frozenset(
    W + name
    for name in (
        "proofErr", "bookmarkStart", "bookmarkEnd", "lastRenderedPageBreak", "rPr", "pPr",
        "instrText", "delInstrText", "softHyphen", "pgNum", "annotationRef", "footnoteRef",
        "endnoteRef", "separator", "continuationSeparator", "commentReference", "sectPr", "tblPr",
        "tblGrid", "tcPr", "trPr", "tblPrEx", "sdtPr", "sdtEndPr", "smartTagPr", "customXmlPr",
        "permStart", "permEnd",
    )
)  # fmt: skip
_PICTURES: Final = {
    "{http://schemas.openxmlformats.org/drawingml/2006/picture}pic": "picture",
    "{urn:schemas-microsoft-com:vml}imagedata": "picture",
    "{http://schemas.openxmlformats.org/drawingml/2006/chart}chart": "chart",
    "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds": "diagram",
    "{urn:schemas-microsoft-com:office:office}OLEObject": "embedded object",
    W + "control": "form control",
}


class Story:
    """The walk over one story. `paragraphs` are in reading order, `changes` in document order."""

    def __init__(self, package: Package, styles: Styles, part: str | None = None) -> None:
        self.paragraphs: list[Paragraph] = []
        self.changes: list[Change] = []
        self.anchors: dict[str, list[str]] = {}
        self.blocks: list[Block] = []
        self._removed_anchors: dict[str, list[str]] = {}
        self._links = package.relationships(part)
        self._styles = styles
        self._fields: list[Field] = []
        self._open: list[str] = []
        self._contents = 0
        self._hides_codes = True

    def read(self, root: etree._Element) -> "Story":
        """Read the story under `root` and return it."""
        self.blocks = self._read_blocks(root, BOTH)
        if any(part.in_code for part in self._fields):
            # A field that never ends its code would swallow the rest of the text: show codes' text instead.
            self.paragraphs, self.changes, self.anchors, self._fields = [], [], {}, []
            self._removed_anchors, self._open, self._hides_codes = {}, [], False
            self.blocks = self._read_blocks(root, BOTH)
        for comment, words in self._removed_anchors.items():
            if not "".join(self.anchors.get(comment, ())).strip():
                self.anchors[comment] = words
        return self

    # Blocks

    def _read_blocks(self, parent: etree._Element, sides: int) -> list[Block]:
        found: list[Block] = []
        self._add_blocks(parent, sides, found)
        return found

    def _add_blocks(self, parent: etree._Element, sides: int, found: list[Block]) -> None:
        for child in parent:
            tag = child.tag
            if tag == _P:
                paragraph = self._paragraph(child, sides)
                found.append(paragraph)
                if paragraph.boxes:
                    found.extend(paragraph.boxes)
            elif tag == _TBL:
                found.append(self._table(child, sides))
            elif tag in TRACKED:
                kind, side = TRACKED[tag]
                first = len(self.paragraphs)
                self._add_blocks(child, sides & side, found)
                self._changed(kind, child, self._text_since(first), first)
            elif tag == W + "sdt":
                is_contents = is_contents_control(child)
                self._contents += is_contents
                self._add_blocks(child, sides, found)
                self._contents -= is_contents
            elif tag == MC + "AlternateContent":
                self._add_blocks(chosen(child), sides, found)
            elif tag == W + "commentRangeStart" or tag == W + "commentRangeEnd":
                self._comment_range(child)
            elif tag in _NO_TEXT:
                self._format_changes(child, "", max(len(self.paragraphs) - 1, 0))
            elif tag in _OTHER_CHANGES:
                self._changed("other", child, "", len(self.paragraphs))
            else:
                self._add_blocks(child, sides, found)

    def _paragraph(self, element: etree._Element, sides: int) -> Paragraph:
        paragraph = Paragraph(len(self.paragraphs), sides, in_contents=self._contents > 0)
        self.paragraphs.append(paragraph)
        for comment in self._open:
            self.anchors[comment].append("\n")
        if any(part.is_contents for part in self._fields):
            paragraph.in_contents = True
        properties = element.find(_PPR)
        if properties is not None:
            self._paragraph_properties(properties, paragraph)
        self._inline(element, paragraph, sides, "", 0)
        if properties is not None and properties.find(W + "pPrChange") is not None:
            self._changed("format", properties.find(W + "pPrChange"), paragraph.text(BOTH), paragraph.index)
        return paragraph

    def _paragraph_properties(self, properties: etree._Element, paragraph: Paragraph) -> None:
        for child in properties:
            tag = child.tag
            if tag == W + "pStyle":
                paragraph.style = child.get(VAL, "")
            elif tag == W + "numPr":
                paragraph.num_id, paragraph.num_level = numbering_of(properties)
                for change in child.iterchildren(W + "ins", W + "numberingChange"):
                    self._changed("numbering", change, "", paragraph.index)
            elif tag == W + "outlineLvl":
                level = child.get(VAL, "")
                paragraph.outline = int(level) if level.isdecimal() else None
            elif tag == _RPR:
                self._paragraph_mark(child, paragraph)
            elif tag == W + "sectPr":
                self._format_changes(child, "", paragraph.index)

    def _paragraph_mark(self, properties: etree._Element, paragraph: Paragraph) -> None:
        for child in properties:
            tracked = TRACKED.get(child.tag)
            if tracked:
                kind, side = tracked
                paragraph.mark &= side
                if kind.startswith("move"):
                    paragraph.moved |= BOTH & ~side
                self._changed(kind, child, "\n", paragraph.index)
            elif child.tag == W + "rPrChange":
                self._changed("format", child, "", paragraph.index)

    # Tables

    def _table(self, element: etree._Element, sides: int) -> Table:
        table = Table(in_contents=self._contents > 0)
        first = len(self.paragraphs)
        for child in element:
            if child.tag in (W + "tblPr", W + "tblGrid"):
                self._format_changes(child, "", first)
            else:
                self._rows(child, sides, table)
        return table

    def _rows(self, element: etree._Element, sides: int, table: Table) -> None:
        if element.tag == _TR:
            table.rows.append(self._row(element, sides))
        elif element.tag == MC + "AlternateContent":
            self._rows(chosen(element), sides, table)
        elif element.tag in (W + "commentRangeStart", W + "commentRangeEnd"):
            self._comment_range(element)
        elif element.tag not in _NO_TEXT:
            for child in element:
                self._rows(child, sides & TRACKED.get(element.tag, ("", BOTH))[1], table)

    def _row(self, element: etree._Element, sides: int) -> Row:
        first, row = len(self.paragraphs), Row(sides)
        changes: list[tuple[str, etree._Element]] = []
        for properties in element.iterchildren(_TRPR, W + "tblPrEx"):
            for child in properties:
                if child.tag in TRACKED:
                    kind, side = TRACKED[child.tag]
                    row.sides &= side
                    changes.append((f"row_{kind}", child))
                elif child.tag in _FORMAT_CHANGES:
                    changes.append(("format", child))
                elif child.tag == W + "tblHeader":
                    row.is_header = child.get(VAL) not in ("0", "false", "off")
        at = len(self.changes)
        self._cells(element, row)
        text = self._text_since(first)
        made = [_change(kind, child, text if kind != "format" else "", first) for kind, child in changes]
        self.changes[at:at] = made
        return row

    def _cells(self, element: etree._Element, row: Row) -> None:
        for child in element:
            if child.tag == _TC:
                row.cells.append(self._cell(child, row.sides))
            elif child.tag == MC + "AlternateContent":
                self._cells(chosen(child), row)
            elif child.tag in (W + "commentRangeStart", W + "commentRangeEnd"):
                self._comment_range(child)
            elif child.tag not in _NO_TEXT:
                self._cells(child, row)

    def _cell(self, element: etree._Element, sides: int) -> Cell:
        cell, first, at = Cell(sides), len(self.paragraphs), len(self.changes)
        changes: list[tuple[str, etree._Element]] = []
        properties = element.find(_TCPR)
        for child in () if properties is None else properties:
            tag = child.tag
            if tag == W + "gridSpan":
                width = child.get(VAL, "")
                cell.width = min(max(int(width), 1), 63) if width.isdecimal() else 1
            elif tag == W + "vMerge":
                cell.continues = child.get(VAL, "continue") != "restart"
            elif tag == W + "cellIns" or tag == W + "cellDel":
                inserted = tag == W + "cellIns"
                cell.sides &= ACCEPTED if inserted else ORIGINAL
                changes.append(("cell_insert" if inserted else "cell_delete", child))
            elif tag in _FORMAT_CHANGES:
                changes.append(("format", child))
            elif tag in _OTHER_CHANGES:
                changes.append(("other", child))
        cell.blocks = self._read_blocks(element, cell.sides)
        text = self._text_since(first)
        self.changes[at:at] = [_change(kind, child, "" if kind == "format" else text, first)
                               for kind, child in changes]  # fmt: skip
        return cell

    # Text

    def _inline(self, parent: etree._Element, paragraph: Paragraph, sides: int, link: str, look: int) -> None:
        """Add the text under `parent`, which lies outside runs."""
        for child in parent:
            tag = child.tag
            if tag == _R:
                self._run(child, paragraph, sides, link, look)
            elif tag in _NO_TEXT:
                continue
            elif tag == W + "hyperlink":
                target = self._address(child) or link
                self._inline(child, paragraph, sides, target, look)
            elif tag in TRACKED:
                kind, side = TRACKED[tag]
                first = len(paragraph.spans)
                at = len(self.changes)
                self._inline(child, paragraph, sides & side, link, look)
                text = "".join([span.text for span in paragraph.spans[first:]])
                self.changes.insert(at, _change(kind, child, text, paragraph.index))
            elif tag == W + "commentRangeStart" or tag == W + "commentRangeEnd":
                self._comment_range(child)
            elif tag == W + "fldSimple":
                field_ = Field(child.get(W + "instr", ""))
                end_code(field_)
                paragraph.in_contents |= field_.is_contents
                self._inline(child, paragraph, sides, field_.link or link, look)
            elif tag in _OTHER_CHANGES:
                self._changed("other", child, "", paragraph.index)
            elif tag == M + "oMath":
                self._add(Span("", sides, mark=("equation", "")), paragraph)
                self._run(child, paragraph, sides, link, look)
            elif tag == MC + "AlternateContent":
                self._inline(chosen(child), paragraph, sides, link, look)
            else:
                self._inline(child, paragraph, sides, link, look)

    def _run(self, run: etree._Element, paragraph: Paragraph, sides: int, link: str, look: int) -> None:
        """Add the text of a run, or of anything met inside one."""
        for child in run:
            tag = child.tag
            if tag == _T or tag == W + "delText" or tag == M + "t":
                if child.text:
                    self._say(child.text, paragraph, sides, link, look)
            elif tag == _RPR:
                look = self._look(child, look, run, paragraph)
            elif tag in _WRITTEN:
                self._say(_WRITTEN[tag], paragraph, sides, link, look)
            elif tag == W + "fldChar":
                self._field(child.get(W + "fldCharType", ""), paragraph)
            elif tag == W + "instrText":
                if self._fields:
                    self._fields[-1].code += child.text or ""
            elif tag == W + "sym":
                text = symbol(child.get(W + "font", ""), child.get(W + "char", ""))
                self._say(text, paragraph, sides, link, look)
            elif tag == W + "footnoteReference" or tag == W + "endnoteReference":
                kind = "footnote" if tag == W + "footnoteReference" else "endnote"
                self._add(Span("", sides, mark=(kind, child.get(W + "id", ""))), paragraph)
            elif tag in _NO_TEXT:
                continue
            elif tag in TRACKED:
                kind, side = TRACKED[tag]
                first = len(paragraph.spans)
                self._run(child, paragraph, sides & side, link, look)
                text = "".join([span.text for span in paragraph.spans[first:]])
                self._changed(kind, child, text, paragraph.index)
            elif tag == MC + "AlternateContent":
                self._run(chosen(child), paragraph, sides, link, look)
            elif tag == W + "txbxContent":
                paragraph.boxes.extend(self._read_blocks(child, sides))
            elif tag in _PICTURES:
                if tag != W + "control" or len(child) == 0:
                    self._add(Span("", sides, mark=(_PICTURES[tag], description(child))), paragraph)
            else:
                self._run(child, paragraph, sides, link, look)

    def _say(self, text: str, paragraph: Paragraph, sides: int, link: str, look: int) -> None:
        if self._fields:
            if self._hides_codes and any(part.in_code for part in self._fields):
                return
            link = link or next((part.link for part in reversed(self._fields) if part.link), "")
        self._add(Span(text, sides, look, link), paragraph)

    def _add(self, span: Span, paragraph: Paragraph) -> None:
        paragraph.spans.append(span)
        if self._open and span.text:
            anchors = self.anchors if span.sides & ACCEPTED else self._removed_anchors
            for comment in self._open:
                anchors.setdefault(comment, []).append(span.text)

    def _look(self, properties: etree._Element, look: int, run: etree._Element, paragraph: Paragraph) -> int:
        style = properties.find(W + "rStyle")
        if style is not None:
            found = self._styles[style.get(VAL, "")]
            look |= found.look | (CODE if found.is_code else 0)
        change = properties.find(W + "rPrChange")
        if change is not None:
            text = "".join([element.text or "" for element in run.iter(_T, W + "delText")])
            self._changed("format", change, text, paragraph.index)
        return look_of(properties, look)

    def _field(self, step: str, paragraph: Paragraph) -> None:
        if step == "begin":
            self._fields.append(Field())
        elif step == "separate" and self._fields:
            end_code(self._fields[-1])
            paragraph.in_contents |= self._fields[-1].is_contents
        elif step == "end" and self._fields:
            self._fields.pop()

    def _address(self, hyperlink: etree._Element) -> str:
        relationship = self._links.get(hyperlink.get(R + "id", ""))
        if relationship is None or not relationship.external:
            return ""
        anchor = hyperlink.get(W + "anchor", "")
        return relationship.target + (f"#{anchor}" if anchor and "#" not in relationship.target else "")

    # Changes and comments

    def _comment_range(self, element: etree._Element) -> None:
        comment = element.get(W + "id", "")
        if element.tag == W + "commentRangeEnd":
            if comment in self._open:
                self._open.remove(comment)
        elif comment not in self._open:
            self._open.append(comment)
            self.anchors.setdefault(comment, [])

    def _format_changes(self, element: etree._Element, text: str, paragraph: int) -> None:
        for change in element.iterchildren(*_FORMAT_CHANGES):
            self._changed("format", change, text, paragraph)

    def _changed(self, kind: str, element: etree._Element | None, text: str, paragraph: int) -> None:
        if element is not None:
            self.changes.append(_change(kind, element, text, paragraph))

    def _text_since(self, first: int) -> str:
        return "\n".join(paragraph.text(BOTH) for paragraph in self.paragraphs[first:])


def _change(kind: str, element: etree._Element, text: str, paragraph: int | None) -> Change:
    return Change(kind, element.get(W + "author", ""), element.get(W + "date", ""), text, paragraph)
