"""The comment table as a Word document, rows written into the zip as they come."""

import io
import zipfile
from collections.abc import Iterator
from typing import IO
from xml.sax.saxutils import escape

from consult.sheets.columns import TEMPLATE, Column

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_TYPES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/word/document.xml" ContentType="'
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_RELATIONSHIPS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
    'officeDocument" Target="word/document.xml"/></Relationships>'
)
# Twentieths of a point; together the width of a landscape A4 page between its margins.
_WIDTHS = (1350, 700, 1150, 1250, 900, 3850, 2650, 2750)
_BORDERS = "".join(
    f'<w:{side} w:val="single" w:sz="4" w:color="8A7A6B"/>'
    for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)
# Every zip entry bears the same moment, so that the same comments give the same bytes.
_MOMENT = (2020, 1, 1, 0, 0, 0)


def write(rows: Iterator[dict[Column, str]], title: str, into: IO[bytes]) -> int:
    """Write the table under its title, its heading repeated on every page; returns how many rows."""
    count = 0
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, text in (("[Content_Types].xml", _TYPES), ("_rels/.rels", _RELATIONSHIPS)):
            archive.writestr(_entry(name), text)
        with archive.open(_entry("word/document.xml"), "w") as part:
            out = io.TextIOWrapper(part, encoding="utf-8", write_through=False)
            out.write(
                f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:document xmlns:w="{_W}"><w:body>'
            )
            out.write(_paragraph(title, size=32, bold=True))
            out.write(f'<w:tbl><w:tblPr><w:tblW w:w="{sum(_WIDTHS)}" w:type="dxa"/><w:tblBorders>{_BORDERS}')
            out.write('</w:tblBorders><w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>')
            out.write("".join(f'<w:gridCol w:w="{width}"/>' for width in _WIDTHS) + "</w:tblGrid>")
            out.write(_row([column.value for column in TEMPLATE], heading=True))
            for row in rows:
                out.write(_row([_cell(row, column) for column in TEMPLATE]))
                count += 1
            out.write(
                "</w:tbl><w:p/><w:sectPr>"
                '<w:pgSz w:w="16838" w:h="11906" w:orient="landscape"/>'
                '<w:pgMar w:top="1000" w:right="1100" w:bottom="1000" w:left="1100" w:header="500" '
                'w:footer="500" w:gutter="0"/></w:sectPr></w:body></w:document>'
            )
            out.flush()
            out.detach()
    return count


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _MOMENT)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _cell(row: dict[Column, str], column: Column) -> str:
    if column is Column.MEMBER:
        return row.get(Column.GROUP, "") or row.get(Column.CHANNEL, "")
    if column is Column.OBSERVATION:
        outcome = row.get(Column.OUTCOME, "")
        return f"{outcome}: {row.get(column, '')}" if outcome else ""
    return row.get(column, "")


def _row(cells: list[str], *, heading: bool = False) -> str:
    properties = "<w:trPr><w:cantSplit/>" + ("<w:tblHeader/>" if heading else "") + "</w:trPr>"
    written = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>'
        + "".join(_paragraph(line, size=17, bold=heading) for line in (words.splitlines() or [""]))
        + "</w:tc>"
        for words, width in zip(cells, _WIDTHS, strict=True)
    )
    return f"<w:tr>{properties}{written}</w:tr>"


def _paragraph(words: str, *, size: int, bold: bool = False) -> str:
    look = f'<w:rPr>{"<w:b/>" if bold else ""}<w:sz w:val="{size}"/></w:rPr>'
    return (
        '<w:p><w:pPr><w:spacing w:after="40"/></w:pPr>'
        f'<w:r>{look}<w:t xml:space="preserve">{escape(_sound(words))}</w:t></w:r></w:p>'
    )


def _sound(words: str) -> str:
    # XML has no place for control characters.
    return "".join(letter for letter in words if letter >= " " or letter == "\t")
