"""A Word file as read: its body, its notes, its styles and lists."""

from dataclasses import dataclass

from lxml import etree

from standards.exchange.docx.numbering import Numbering
from standards.exchange.docx.package import Damaged, NotWord, Package, W, open_package
from standards.exchange.docx.reading import Story
from standards.exchange.docx.styles import Styles


@dataclass
class Source:
    """Everything that both inspecting and importing start from.

    `notes` are the footnotes and endnotes, by kind and id.
    """

    package: Package
    styles: Styles
    body: Story
    notes: dict[tuple[str, str], Story]
    _numbering: etree._Element | None = None

    def numbering(self) -> Numbering:
        """The automatic numbers of the file, with every counter at its beginning."""
        return Numbering(self._numbering, self.styles)


def open_source(data: bytes, name: str) -> Source:
    """Open and read a Word file. Raises UnreadableFile with a sentence saying what to do."""
    package = open_package(data, name)
    document = package.part(package.main)
    if document is None:
        raise Damaged(name, "the part that holds its text is missing")
    body = document.find(W + "body")
    if document.tag != W + "document" or body is None:
        raise NotWord(
            name, "holds no Word text. Open it in Word or LibreOffice, save it as .docx, and try again."
        )
    try:
        styles = Styles(package.related("styles"))
        story = Story(package, styles).read(body)
        notes = _notes(package, styles)
    except RecursionError as error:
        raise Damaged(name, "its parts are nested deeper than any text needs") from error
    return Source(package, styles, story, notes, package.related("numbering"))


def _notes(package: Package, styles: Styles) -> dict[tuple[str, str], Story]:
    found: dict[tuple[str, str], Story] = {}
    for kind in ("footnote", "endnote"):
        path = next((r.target for r in package.relationships().values() if r.kind == kind + "s"), "")
        root = package.part(path) if path else None
        for element in () if root is None else root.iterchildren(W + kind):
            if element.get(W + "type", "normal") == "normal":
                found[kind, element.get(W + "id", "")] = Story(package, styles, path).read(element)
    return found
