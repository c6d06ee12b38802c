"""Writing paragraphs and tables as WordprocessingML, tracked changes among them (ECMA-376, part 1, 17)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count, groupby
from typing import Final, Literal, NamedTuple

from standards.exchange.docx.layout import Para, Table
from standards.exchange.docx.lists import HANG
from standards.exchange.docx.parts import escaped
from standards.exchange.flow import BOLD, CODE, ITALIC, LOCAL, STRUCK, Run

Track = Literal["", "ins", "del", "moveFrom", "moveTo"]
_GONE: Final = ("del", "moveFrom")
_SIDE_RULE: Final = '<w:pBdr><w:left w:val="double" w:sz="6" w:space="8" w:color="8C3A1B"/></w:pBdr>'
WIDTH: Final = 9070 - HANG
"""Of a table, in twentieths of a point: the page without its margins and the hanging numbers."""


APART: Final = timedelta(minutes=2)
"""Between the moments that changes within a paragraph and changes of whole paragraphs are given."""


class Span(NamedTuple):
    """A run and what became of it."""

    run: Run
    track: Track = ""


class Footnote(NamedTuple):
    """The paragraphs of one footnote, each as spans."""

    lines: tuple[tuple[Span, ...], ...]


@dataclass
class Pen:
    """Writes one document, and collects what its other parts need: footnotes, links, ids."""

    author: str = ""
    at: datetime | None = None
    right_to_left: bool = False
    _ids: "count[int]" = field(default_factory=lambda: count(1))
    _bookmarks: "count[int]" = field(default_factory=lambda: count(1))
    _links: dict[str, dict[str, str]] = field(default_factory=lambda: {"document": {}, "footnotes": {}})
    _footnotes: list[str] = field(default_factory=list)
    _part: str = "document"

    def __post_init__(self) -> None:
        self._signed = _signature(self.author, self.at)
        # LibreOffice takes two changes of one moment for one where the first ends a paragraph and
        # the second begins the next, and with them the paragraph's end between, which did not change.
        self._signed_within = _signature(self.author, self.at and self.at - APART)

    @property
    def footnotes(self) -> str:
        """The footnotes called so far."""
        return "".join(self._footnotes)

    @property
    def links(self) -> dict[str, dict[str, str]]:
        """The addresses linked to, by part and relationship id."""
        return {part: {id_: to for to, id_ in known.items()} for part, known in self._links.items()}

    # Paragraphs

    def paragraph(
        self,
        para: Para,
        spans: Sequence[Span] | None = None,
        mark: Track = "",
        before: Para | None = None,
        jc: str = "",
    ) -> str:
        """One paragraph; `mark` is what became of its end, `before` the paragraph it was in the old text."""
        written = [Span(run) for run in para.runs] if spans is None else spans
        inside = self._spans(written, para, before, self._signed if mark else self._signed_within)
        if para.bookmark and mark not in _GONE:
            id_ = next(self._bookmarks)
            start = f'<w:bookmarkStart w:id="{id_}" w:name="{para.bookmark}"/>'
            inside = f'{start}{inside}<w:bookmarkEnd w:id="{id_}"/>'
        return f"<w:p>{self._properties(para, mark, jc)}{inside}</w:p>"

    def _properties(self, para: Para, mark: Track, jc: str) -> str:
        found = [f'<w:pStyle w:val="{para.style}"/>']
        if para.breaks_page:
            found.append("<w:pageBreakBefore/>")
        if para.place is not None:
            found.append(
                f'<w:numPr><w:ilvl w:val="{para.place.level}"/><w:numId w:val="{para.place.list}"/></w:numPr>'
            )
        if para.local:
            found.append(_SIDE_RULE)
        if para.indent:
            found.append(f'<w:ind w:left="{para.indent}"/>')
        if jc:
            found.append(f'<w:jc w:val="{jc}"/>')
        if mark:
            found.append(f"<w:rPr>{self.change(mark)}</w:rPr>")
        return f"<w:pPr>{''.join(found)}</w:pPr>"

    def change(self, track: Track) -> str:
        """The mark of a change that holds no text itself: of a paragraph's end, of a row."""
        return f'<w:{track} w:id="{next(self._ids)}"{self._signed}/>'

    def move_range(self, track: Track, name: str, inside: str) -> str:
        """Paragraphs within the bounds of a move; both ends of a move share its name."""
        id_ = next(self._ids)
        return (
            f'<w:{track}RangeStart w:id="{id_}" w:name="{name}"{self._signed}/>{inside}'
            f'<w:{track}RangeEnd w:id="{id_}"/>'
        )

    # Runs

    def _spans(self, spans: Iterable[Span], para: Para, before: Para | None, signed: str) -> str:
        found = []
        for link, linked in groupby(spans, key=lambda span: span.run.link):
            inside = []
            for track, group in groupby(linked, key=lambda span: span.track):
                runs = "".join([self._run(span.run, track, para, before) for span in group])
                if track:
                    runs = f'<w:{track} w:id="{next(self._ids)}"{signed}>{runs}</w:{track}>'
                inside.append(runs)
            text = "".join(inside)
            found.append(
                f'<w:hyperlink r:id="{self._link(link)}" w:history="1">{text}</w:hyperlink>' if link else text
            )
        return "".join(found)

    def _run(self, run: Run, track: str, para: Para, before: Para | None) -> str:
        if run.note:
            return self._call(run.note, track, para, before)
        tag = "delText" if track == "del" else "t"
        look = self._look(run)
        text = escaped(run.text)
        if "\n" not in text and "\t" not in text:
            return f'<w:r>{look}<w:{tag} xml:space="preserve">{text}</w:{tag}></w:r>'
        pieces = []
        for at, line in enumerate(text.split("\n")):
            pieces += ["<w:br/>"] if at else []
            for place, piece in enumerate(line.split("\t")):
                pieces += ["<w:tab/>"] if place else []
                pieces += [f'<w:{tag} xml:space="preserve">{piece}</w:{tag}>'] if piece else []
        return f"<w:r>{look}{''.join(pieces)}</w:r>"

    def _look(self, run: Run) -> str:
        look = run.look
        if not (look or run.link or self.right_to_left):
            return ""
        found = []
        if run.link:
            found.append('<w:rStyle w:val="Hyperlink"/>')
        elif look & CODE:
            found.append('<w:rStyle w:val="Code"/>')
        elif look & LOCAL:
            found.append('<w:rStyle w:val="LocalPart"/>')
        if run.link and look & CODE:
            found.append('<w:rFonts w:ascii="Courier New" w:hAnsi="Courier New" w:cs="Courier New"/>')
        if look & BOLD:
            found.append("<w:b/><w:bCs/>")
        if look & ITALIC:
            found.append("<w:i/><w:iCs/>")
        if look & STRUCK:
            found.append("<w:strike/>")
        if self.right_to_left and not look & CODE:
            found.append("<w:rtl/>")
        return f"<w:rPr>{''.join(found)}</w:rPr>" if found else ""

    def _link(self, address: str) -> str:
        known = self._links[self._part]
        return known.setdefault(address, f"rIdLink{len(known) + 1}")

    # Footnotes

    def _call(self, name: str, track: str, para: Para, before: Para | None) -> str:
        was, _, now = name.partition("\0")
        held = (before or para) if track in _GONE else para
        lines = held.notes.get(now or was, ())
        if now and before is not None and before.notes.get(was, ()) != lines:
            from standards.exchange.docx.pairing import note_spans

            note = Footnote(note_spans(before.notes.get(was, ()), lines))
        else:
            note = Footnote(tuple(tuple(Span(run) for run in line.runs) for line in lines))
        number = len(self._footnotes) + 1
        self._footnotes.append("")
        self._footnotes[number - 1] = self._footnote(number, note)
        return (
            '<w:r><w:rPr><w:rStyle w:val="FootnoteReference"/></w:rPr>'
            f'<w:footnoteReference w:id="{number}"/></w:r>'
        )

    def _footnote(self, number: int, note: Footnote) -> str:
        outside, self._part = self._part, "footnotes"
        opening = (
            '<w:r><w:rPr><w:rStyle w:val="FootnoteReference"/></w:rPr><w:footnoteRef/></w:r>'
            '<w:r><w:t xml:space="preserve"> </w:t></w:r>'
        )
        empty = Para("FootnoteText", (), ("note",))
        lines = []
        for at, spans in enumerate(note.lines or ((),)):
            called = [span for span in spans if not span.run.note]
            inside = self._spans(called, empty, None, self._signed_within)
            begun = "" if at else opening
            lines.append(f'<w:p><w:pPr><w:pStyle w:val="FootnoteText"/></w:pPr>{begun}{inside}</w:p>')
        self._part = outside
        return f'<w:footnote w:id="{number}">{"".join(lines)}</w:footnote>'

    # Tables

    def table(self, table: Table, track: Track = "") -> str:
        """A whole table, and the small paragraph that keeps it from running into the next one."""
        rows = "".join(
            [
                self.row(
                    [
                        self.paragraph(cell, [Span(run, track) for run in cell.runs], jc=self.jc(table, at))
                        for at, cell in enumerate(row)
                    ],
                    is_header=place == 0,
                    track=track,
                )
                for place, row in enumerate(table.rows)
            ]
        )
        return self.around(rows, table) + self.after_table(track)

    def row(self, cells: Sequence[str], *, is_header: bool, track: Track = "") -> str:
        """One row of cells, each given as its paragraphs."""
        head = "<w:tblHeader/>" if is_header else ""
        change = self.change(track) if track else ""
        written = "".join(
            [f'<w:tc><w:tcPr><w:tcW w:w="0" w:type="auto"/></w:tcPr>{cell}</w:tc>' for cell in cells]
        )
        return f"<w:tr><w:trPr><w:cantSplit/>{head}{change}</w:trPr>{written}</w:tr>"

    def around(self, rows: str, table: Table) -> str:
        """The table around its rows, columns as wide as their words ask."""
        widths = "".join([f'<w:gridCol w:w="{width}"/>' for width in _widths(table)])
        bidi = "<w:bidiVisual/>" if self.right_to_left else ""
        return (
            f'<w:tbl><w:tblPr><w:tblStyle w:val="TableGrid"/>{bidi}<w:tblW w:w="{WIDTH}" w:type="dxa"/>'
            f'<w:tblInd w:w="{HANG}" w:type="dxa"/><w:tblLook w:val="0020" w:firstRow="1"/></w:tblPr>'
            f"<w:tblGrid>{widths}</w:tblGrid>{rows}</w:tbl>"
        )

    def after_table(self, track: Track = "") -> str:
        """The small paragraph below a table."""
        return self.paragraph(Para("AfterTable", (), ("after",)), mark=track)

    @staticmethod
    def jc(table: Table, column: int) -> str:
        """How a column is set: "", "center" or "right"."""
        return table.align[column] if column < len(table.align) else ""


def _widths(table: Table) -> list[int]:
    columns = max((len(row) for row in table.rows), default=1) or 1
    wants = [_want([row[at].text for row in table.rows if at < len(row)]) for at in range(columns)]
    return [int(WIDTH * want / sum(wants)) for want in wants]


def _want(texts: Sequence[str]) -> float:
    """What a column asks for: room for its longest word, and more where whole sentences stand in it."""
    word = max((len(word) for text in texts for word in text.split()), default=1)
    line = max(map(len, texts), default=1)
    return float(max(word, min(line, 120) ** 0.75) + 4)


def _signature(author: str, at: datetime | None) -> str:
    date = f' w:date="{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"' if at else ""
    return f' w:author="{escaped(author)}"{date}'
