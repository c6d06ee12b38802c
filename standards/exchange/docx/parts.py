"""The parts of a Word file around its text: styles, settings, margins, relationships, and the zip itself.

The same text gives the same bytes: nothing here asks what time it is.
"""

import io
import re
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from standards.exchange import paper

NAMESPACES: Final = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
BEFORE_ALL: Final = datetime(1980, 1, 1, tzinfo=UTC)
"""The earliest moment a zip can name: the date of a text that has none."""


def escaped(text: str) -> str:
    """Text as XML takes it; characters that XML cannot hold are left out."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    return _UNWRITABLE.sub("", text)


def document_part(blocks: str, *, right_to_left: bool, title_page: bool) -> str:
    """The main part around its blocks: A4, with the page's header and footer."""
    first = "<w:titlePg/>" if title_page else ""
    bidi = "<w:bidi/>" if right_to_left else ""
    return (
        f"{HEAD}<w:document {NAMESPACES}><w:body>{blocks}<w:sectPr>"
        '<w:headerReference w:type="default" r:id="rIdHeader"/>'
        '<w:footerReference w:type="default" r:id="rIdFooter"/>'
        '<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1418" w:right="1418" w:bottom="1418" w:left="1418" '
        f'w:header="709" w:footer="709" w:gutter="0"/>{first}{bidi}</w:sectPr></w:body></w:document>'
    )


def file(
    *,
    document: str,
    numbering: str,
    footnotes: str,
    links: Mapping[str, Mapping[str, str]],
    title: str,
    language: str,
    header: str,
    footer: str,
    moment: datetime | None,
    tracked: bool = False,
    pictures: Mapping[str, tuple[str, bytes]] = MappingProxyType({}),
) -> bytes:
    """All parts as one file. `links` are the addresses of each part by relationship id.

    `pictures` are files of the text by relationship id: their name and bytes.
    """
    moment = max((moment or BEFORE_ALL).astimezone(UTC), BEFORE_ALL)
    parts = {
        "[Content_Types].xml": _CONTENT_TYPES,
        "_rels/.rels": _PACKAGE_RELATIONSHIPS,
        "docProps/core.xml": _core(title, language, moment),
        "word/document.xml": document,
        "word/_rels/document.xml.rels": _relationships(
            {**_TIED, **{id_: ("image", f"media/{name}") for id_, (name, _) in pictures.items()}},
            links.get("document", {}),
        ),
        "word/styles.xml": _styles(language),
        "word/numbering.xml": numbering,
        "word/settings.xml": _settings(language, tracked),
        "word/footnotes.xml": _footnotes(footnotes),
        "word/_rels/footnotes.xml.rels": _relationships({}, links.get("footnotes", {})),
        "word/header1.xml": _margin("hdr", "Header", f"<w:r><w:t>{escaped(header)}</w:t></w:r>"),
        "word/footer1.xml": _margin("ftr", "Footer", _page_of(footer, language)),
    }
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name, moment.timetuple()[:6])
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, text.encode())
        for name, content in pictures.values():
            entry = zipfile.ZipInfo(f"word/media/{name}", moment.timetuple()[:6])
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return found.getvalue()


# --- parts

_TYPES = "application/vnd.openxmlformats-officedocument.wordprocessingml."
_CONTENT_TYPES = (
    f'{HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Default Extension="jpeg" ContentType="image/jpeg"/><Default Extension="png" ContentType="image/png"/>'
    '<Override PartName="/docProps/core.xml" '
    'ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>'
    + "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="{_TYPES}{kind}+xml"/>'
        for name, kind in (
            ("document", "document.main"), ("styles", "styles"), ("numbering", "numbering"),
            ("settings", "settings"), ("footnotes", "footnotes"), ("header1", "header"),
            ("footer1", "footer"),
        )
    )
    + "</Types>"
)  # fmt: skip
_PACKAGE_RELATIONSHIPS = (
    f'{HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/>'
    '<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/'
    'core-properties" Target="docProps/core.xml"/></Relationships>'
)
_TIED = {
    "rIdStyles": ("styles", "styles.xml"),
    "rIdNumbering": ("numbering", "numbering.xml"),
    "rIdSettings": ("settings", "settings.xml"),
    "rIdFootnotes": ("footnotes", "footnotes.xml"),
    "rIdHeader": ("header", "header1.xml"),
    "rIdFooter": ("footer", "footer1.xml"),
}


def _relationships(tied: Mapping[str, tuple[str, str]], links: Mapping[str, str]) -> str:
    inside = [
        f'<Relationship Id="{id_}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for id_, (kind, target) in tied.items()
    ]
    outside = [
        f'<Relationship Id="{id_}" Type="{_OFFICE}/hyperlink" Target="{escaped(address)}" '
        'TargetMode="External"/>'
        for id_, address in links.items()
    ]
    return (
        f'{HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f"{''.join(inside + outside)}</Relationships>"
    )


def _core(title: str, language: str, moment: datetime) -> str:
    at = f'xsi:type="dcterms:W3CDTF">{moment:%Y-%m-%dT%H:%M:%SZ}'
    return (
        f"{HEAD}<cp:coreProperties "
        'xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{escaped(title)}</dc:title><dc:language>{escaped(language)}</dc:language>"
        f"<dcterms:created {at}</dcterms:created><dcterms:modified {at}</dcterms:modified>"
        "</cp:coreProperties>"
    )


def _settings(language: str, tracked: bool) -> str:
    tracks = "<w:trackRevisions/>" if tracked else ""
    return (
        f'{HEAD}<w:settings {NAMESPACES}>{tracks}<w:defaultTabStop w:val="709"/>'
        '<w:footnotePr><w:footnote w:id="-1"/><w:footnote w:id="0"/></w:footnotePr>'
        '<w:compat><w:compatSetting w:name="compatibilityMode" '
        'w:uri="http://schemas.microsoft.com/office/word" '
        f'w:val="15"/></w:compat><w:themeFontLang w:val="{escaped(_tag(language))}"/></w:settings>'
    )


def _footnotes(notes: str) -> str:
    line = (
        '<w:p><w:pPr><w:spacing w:after="0" w:line="240" w:lineRule="auto"/></w:pPr><w:r><w:{}/></w:r></w:p>'
    )
    return (
        f'{HEAD}<w:footnotes {NAMESPACES}><w:footnote w:type="separator" w:id="-1">{line.format("separator")}'
        '</w:footnote><w:footnote w:type="continuationSeparator" w:id="0">'
        f"{line.format('continuationSeparator')}</w:footnote>{notes}</w:footnotes>"
    )


def _margin(tag: str, style: str, runs: str) -> str:
    return (
        f'{HEAD}<w:{tag} {NAMESPACES}><w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>{runs}</w:p></w:{tag}>'
    )


def _page_of(footer: str, language: str) -> str:
    before, between, after = (escaped(part) for part in paper.words(language).page.split("{}"))

    def text(words: str) -> str:
        return f'<w:r><w:t xml:space="preserve">{words}</w:t></w:r>' if words else ""

    def count(code: str) -> str:
        return f'<w:fldSimple w:instr=" {code} "><w:r><w:t>1</w:t></w:r></w:fldSimple>'

    return (
        f"{text(escaped(footer))}<w:r><w:tab/></w:r>"
        f"{text(before)}{count('PAGE')}{text(between)}{count('NUMPAGES')}{text(after)}"
    )


# --- styles

_TAGS = {"en": "en-GB", "fr": "fr-FR", "es": "es-ES", "pt": "pt-PT", "sw": "sw-KE"}
_BODY = '<w:ind w:left="851"/>'
_PARAGRAPHS = (
    # id, name, based on, next, paragraph properties, run properties
    ("Title", "Title", "Normal", "BodyText", '<w:keepNext/><w:spacing w:before="2400" w:after="240"/>',
     '<w:b/><w:bCs/><w:sz w:val="56"/><w:szCs w:val="56"/>'),
    ("Subtitle", "Subtitle", "Normal", "BodyText", '<w:spacing w:after="120"/>',
     '<w:sz w:val="28"/><w:szCs w:val="28"/>'),
    ("Lead", "Lead", "Normal", "BodyText", '<w:spacing w:before="360" w:after="120"/>',
     '<w:sz w:val="24"/><w:szCs w:val="24"/>'),
    ("TitleNote", "Title Note", "Normal", "BodyText", '<w:spacing w:before="60" w:after="0"/>',
     '<w:sz w:val="18"/><w:szCs w:val="18"/>'),
    ("TOCHeading", "TOC Heading", "Normal", "BodyText",
     '<w:keepNext/><w:pageBreakBefore/><w:spacing w:before="0" w:after="120"/>',
     '<w:b/><w:bCs/><w:sz w:val="32"/><w:szCs w:val="32"/>'),
    ("TOC1", "toc 1", "Normal", "Normal",
     '<w:tabs><w:tab w:val="left" w:pos="851"/></w:tabs><w:spacing w:before="80" w:after="20"/>',
     "<w:b/><w:bCs/>"),
    ("TOC2", "toc 2", "Normal", "Normal",
     '<w:tabs><w:tab w:val="left" w:pos="851"/></w:tabs><w:spacing w:after="0"/><w:ind w:left="851" '
     'w:hanging="851"/>', ""),
    ("BodyText", "Body Text", "Normal", "BodyText", _BODY, ""),
    ("Clause", "Clause", "Normal", "BodyText", '<w:ind w:left="851" w:hanging="851"/>', ""),
    ("Note", "Note", "BodyText", "BodyText", "", '<w:sz w:val="19"/><w:szCs w:val="19"/>'),
    ("Guidance", "Guidance", "BodyText", "BodyText",
     '<w:pBdr><w:left w:val="single" w:sz="8" w:space="8" w:color="7F7F7F"/></w:pBdr>',
     '<w:sz w:val="20"/><w:szCs w:val="20"/>'),
    ("Subheading", "Subheading", "BodyText", "BodyText", "<w:keepNext/>", "<w:b/><w:bCs/>"),
    ("Quote", "Quote", "BodyText", "BodyText", '<w:ind w:left="1276" w:right="425"/>', "<w:i/><w:iCs/>"),
    ("CodeBlock", "Code Block", "BodyText", "BodyText",
     '<w:shd w:val="clear" w:color="auto" w:fill="F2F2F2"/>',
     '<w:rFonts w:ascii="Courier New" w:hAnsi="Courier New" w:cs="Courier New"/><w:sz w:val="18"/>'),
    ("ListParagraph", "List Paragraph", "BodyText", "ListParagraph", '<w:spacing w:after="60"/>', ""),
    ("ListContinue", "List Continue", "BodyText", "BodyText", '<w:spacing w:after="60"/>', ""),
    ("Term", "Term", "BodyText", "Meaning", "<w:keepNext/>", "<w:b/><w:bCs/>"),
    ("Meaning", "Meaning", "BodyText", "BodyText", '<w:ind w:left="1276"/>', ""),
    ("Rule", "Rule", "BodyText", "BodyText",
     '<w:pBdr><w:bottom w:val="single" w:sz="4" w:space="1" w:color="7F7F7F"/></w:pBdr>', ""),
    ("LocalNote", "Local Note", "BodyText", "BodyText",
     '<w:shd w:val="clear" w:color="auto" w:fill="F7F1EC"/><w:spacing w:after="0"/>',
     '<w:sz w:val="18"/><w:szCs w:val="18"/>'),
    ("AfterNotes", "After Notes", "Normal", "BodyText",
     '<w:spacing w:after="80" w:line="120" w:lineRule="exact"/>', ""),
    ("TableText", "Table Text", "Normal", "TableText", '<w:spacing w:before="40" w:after="40"/>',
     '<w:sz w:val="19"/><w:szCs w:val="19"/>'),
    ("TableHead", "Table Head", "TableText", "TableText", "<w:keepNext/>", "<w:b/><w:bCs/>"),
    ("AfterTable", "After Table", "Normal", "BodyText",
     '<w:spacing w:after="80" w:line="120" w:lineRule="exact"/>',
     ""),
    ("FootnoteText", "footnote text", "Normal", "FootnoteText", '<w:spacing w:after="0"/>',
     '<w:sz w:val="18"/><w:szCs w:val="18"/>'),
    ("Header", "header", "Normal", "Header", '<w:jc w:val="right"/>',
     '<w:sz w:val="17"/><w:szCs w:val="17"/>'),
    ("Footer", "footer", "Normal", "Footer", '<w:tabs><w:tab w:val="right" w:pos="9070"/></w:tabs>',
     '<w:sz w:val="17"/><w:szCs w:val="17"/>'),
)  # fmt: skip
_SIZES = (32, 26, 23, 22, 22, 22, 22, 22, 22)
_CHARACTERS = (
    '<w:style w:type="character" w:styleId="LocalPart"><w:name w:val="Local Part"/><w:qFormat/><w:rPr>'
    '<w:u w:val="double" w:color="8C3A1B"/>'
    '<w:shd w:val="clear" w:color="auto" w:fill="F7F1EC"/></w:rPr></w:style>'
    '<w:style w:type="character" w:styleId="Code"><w:name w:val="Code"/><w:qFormat/><w:rPr>'
    '<w:rFonts w:ascii="Courier New" w:hAnsi="Courier New" w:cs="Courier New"/></w:rPr></w:style>'
    '<w:style w:type="character" w:styleId="Hyperlink"><w:name w:val="Hyperlink"/><w:rPr>'
    '<w:color w:val="1F4E79"/><w:u w:val="single"/></w:rPr></w:style>'
    '<w:style w:type="character" w:styleId="FootnoteReference"><w:name w:val="footnote reference"/><w:rPr>'
    '<w:vertAlign w:val="superscript"/></w:rPr></w:style>'
)
_LINE = '<w:{0} w:val="single" w:sz="4" w:space="0" w:color="7F7F7F"/>'
_TABLES = (
    '<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:tblPr>'
    '<w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:top w:w="0" w:type="dxa"/>'
    '<w:left w:w="108" w:type="dxa"/><w:bottom w:w="0" w:type="dxa"/><w:right w:w="108" w:type="dxa"/>'
    "</w:tblCellMar></w:tblPr></w:style>"
    '<w:style w:type="table" w:styleId="TableGrid"><w:name w:val="Table Grid"/>'
    '<w:basedOn w:val="TableNormal"/>'
    "<w:tblPr><w:tblBorders>"
    + "".join(_LINE.format(side) for side in ("top", "left", "bottom", "right", "insideH", "insideV"))
    + "</w:tblBorders></w:tblPr></w:style>"
)


def _styles(language: str) -> str:
    tag = escaped(_tag(language))
    bidi = paper.runs_right_to_left(language)
    direction = "<w:bidi/>" if bidi else ""
    spoken = f'<w:lang w:val="{tag}" w:bidi="{tag}"/>' if bidi else f'<w:lang w:val="{tag}"/>'
    fonts = '<w:rFonts w:ascii="Georgia" w:hAnsi="Georgia" w:eastAsia="Georgia" w:cs="Times New Roman"/>'
    headings = [
        _paragraph(
            f"Heading{at}",
            f"heading {at}",
            "Normal",
            "BodyText",
            f'<w:keepNext/><w:keepLines/><w:spacing w:before="{360 if at == 1 else 240}" w:after="80"/>'
            f'<w:ind w:left="851" w:hanging="851"/><w:outlineLvl w:val="{at - 1}"/>',
            '<w:rFonts w:ascii="Arial" w:hAnsi="Arial" w:cs="Arial"/><w:b/><w:bCs/>'
            f'<w:sz w:val="{size}"/><w:szCs w:val="{size}"/>',
        )
        for at, size in enumerate(_SIZES, start=1)
    ]
    return (
        f"{HEAD}<w:styles {NAMESPACES}><w:docDefaults><w:rPrDefault><w:rPr>{fonts}"
        f'<w:sz w:val="21"/><w:szCs w:val="21"/>{spoken}</w:rPr></w:rPrDefault><w:pPrDefault><w:pPr>'
        '<w:spacing w:after="120" w:line="276" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults>'
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/>'
        f"<w:pPr>{direction}</w:pPr></w:style>"
        f"{''.join(_paragraph(*style) for style in _PARAGRAPHS)}{''.join(headings)}{_CHARACTERS}{_TABLES}"
        "</w:styles>"
    )


def _paragraph(id_: str, name: str, based_on: str, following: str, paragraph: str, run: str) -> str:
    return (
        f'<w:style w:type="paragraph" w:styleId="{id_}"><w:name w:val="{name}"/>'
        f'<w:basedOn w:val="{based_on}"/>'
        f'<w:next w:val="{following}"/><w:qFormat/><w:pPr>{paragraph}</w:pPr><w:rPr>{run}</w:rPr></w:style>'
    )


def _tag(language: str) -> str:
    return _TAGS.get(language, language) or "en-GB"
