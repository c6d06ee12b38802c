"""Small Word files for tests: parts given as they matter, everything else supplied."""

import io
import zipfile

_NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" '
    'xmlns:w15="http://schemas.microsoft.com/office/word/2012/wordml"'
)
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
ADDRESS = "https://example.org/a"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"

STYLES = (
    "".join(
        f'<w:style w:type="paragraph" w:styleId="Titre{n}"><w:name w:val="heading {n}"/>'
        f'<w:pPr><w:outlineLvl w:val="{n - 1}"/></w:pPr></w:style>'
        for n in range(1, 4)
    )
    + '<w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/></w:style>'
)


def word_file(
    body: str, *, content_type: str = _MAIN, extra: dict[str, bytes] | None = None, **parts: str
) -> bytes:
    """A DOCX around this body; `parts` such as numbering="..." hold the inside of their root."""
    roots = {"styles": STYLES, **parts}
    rels = "".join(
        f'<Relationship Id="r{name}" Type="{_OFFICE}/{name}" Target="{name}.xml"/>' for name in roots
    )
    rels += f'<Relationship Id="web" Type="{_OFFICE}/hyperlink" Target="{ADDRESS}" TargetMode="External"/>'
    files = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        f'<Override PartName="/word/document.xml" ContentType="{content_type}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f"{rels}</Relationships>",
        "word/document.xml": f"<w:document {_NAMESPACES}><w:body>{body}</w:body></w:document>",
    }
    for name, inside in roots.items():
        files[f"word/{name}.xml"] = f"<w:{name} {_NAMESPACES}>{inside}</w:{name}>"
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            archive.writestr(path, text)
        for path, data in (extra or {}).items():
            archive.writestr(path, data)
    return target.getvalue()


def paragraph(
    text: str = "", *, style: str = "", num: tuple[int, int] | None = None, mark: str = "", raw: str = ""
) -> str:
    """A paragraph; `num` is (list, level), `mark` what was done to its end, `raw` more of its inside."""
    properties = f'<w:pStyle w:val="{style}"/>' if style else ""
    if num:
        properties += f'<w:numPr><w:ilvl w:val="{num[1]}"/><w:numId w:val="{num[0]}"/></w:numPr>'
    if mark:
        properties += f'<w:rPr><w:{mark} w:id="9" w:author="Amina" w:date="2026-01-02T03:04:05Z"/></w:rPr>'
    return f"<w:p><w:pPr>{properties}</w:pPr>{run(text) if text else ''}{raw}</w:p>"


def run(text: str, look: str = "") -> str:
    """A run of text with a look such as "<w:b/>"."""
    return f'<w:r><w:rPr>{look}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def inserted(text: str) -> str:
    """Text that Amina inserted."""
    return f'<w:ins w:id="1" w:author="Amina" w:date="2026-01-02T03:04:05Z">{run(text)}</w:ins>'


def deleted(text: str) -> str:
    """Text that Amina deleted."""
    words = f'<w:delText xml:space="preserve">{text}</w:delText>'
    return f'<w:del w:id="2" w:author="Amina"><w:r>{words}</w:r></w:del>'


def table(*rows: list[str], properties: str = "") -> str:
    """A table of plain cells; `properties` goes into each row."""
    inside = ""
    for row in rows:
        inside += (
            f"<w:tr>{properties}" + "".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) + "</w:tr>"
        )
    return f"<w:tbl>{inside}</w:tbl>"


def levels(*texts: str, formats: tuple[str, ...] = ()) -> str:
    """An abstract list and the list 1 made of it; `texts` such as "%1.%2"."""
    inside = "".join(
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/>'
        f'<w:numFmt w:val="{formats[at] if formats else "decimal"}"/><w:lvlText w:val="{text}"/></w:lvl>'
        for at, text in enumerate(texts)
    )
    return (
        f'<w:abstractNum w:abstractNumId="0">{inside}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
        '<w:num w:numId="2"><w:abstractNumId w:val="0"/>'
        '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>'
    )
