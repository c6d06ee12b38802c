"""Opening a Word file safely: its parts, or a sentence saying why it cannot be read.

A DOCX is a zip of XML parts tied together by relationships (ECMA-376, part 2).
Nothing outside the file is ever fetched, macros are never read, entities are
refused, and no part is unpacked before its size is known to be bearable.
"""

import io
import posixpath
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from lxml import etree

from standards.errors import UnreadableFile

LARGEST_FILE: Final = 50 * 1024 * 1024
LARGEST_PART: Final = 64 * 1024 * 1024
LARGEST_WHOLE: Final = 512 * 1024 * 1024
MOST_ENTRIES: Final = 10_000
BOMB_SIZE: Final = 8 * 1024 * 1024
BOMB_RATIO: Final = 200

W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
R: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
MC: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
M: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
W14: Final = "{http://schemas.microsoft.com/office/word/2010/wordml}"
W15: Final = "{http://schemas.microsoft.com/office/word/2012/wordml}"

_CONTENT_TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
_OTHER_OFFICE = {
    "spreadsheetml": "a spreadsheet (Excel)",
    "ms-excel": "a spreadsheet (Excel)",
    "presentationml": "a presentation (PowerPoint)",
    "ms-powerpoint": "a presentation (PowerPoint)",
}


class NotWord(UnreadableFile):
    """A file that is something other than a Word document, or a damaged one."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(f"{name or 'This file'} {sentence}")
        self.name = name


class Damaged(NotWord):
    """A Word document that cannot be read to its end."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(
            name,
            f"is damaged: {what}. Open it in Word or LibreOffice, save it again as .docx, and try again.",
        )


class TooLarge(NotWord):
    """A file whose size, packed or unpacked, is more than we take."""


class PasswordProtected(NotWord):
    """A Word document locked with a password."""

    def __init__(self, name: str) -> None:
        super().__init__(
            name,
            "is protected by a password. Remove it in Word (File, Info, Protect Document, "
            "Encrypt with Password, leave the field empty), save, and try again.",
        )


@dataclass(frozen=True)
class Relationship:
    """A tie from one part to another, or to an address outside the file."""

    kind: str
    target: str
    external: bool


@dataclass
class Package:
    """The opened parts of one Word file. Parts are unpacked and parsed when asked for."""

    name: str
    main: str
    has_macros: bool
    _zip: zipfile.ZipFile = field(repr=False)
    _names: dict[str, str] = field(repr=False)
    _relationships: dict[str, dict[str, Relationship]] = field(default_factory=dict, repr=False)

    def part(self, path: str) -> etree._Element | None:
        """The root element of a part; None where the file has no such part."""
        stored = self._names.get(path.lower())
        return None if stored is None else _parse(_unpack(self._zip, stored, self.name), self.name, path)

    def related(self, kind: str, part: str | None = None) -> etree._Element | None:
        """The first part tied to `part` (the main one) by a relationship of this kind, if there."""
        for relationship in self.relationships(part).values():
            if relationship.kind == kind and not relationship.external:
                return self.part(relationship.target)
        return None

    def all_related(self, kind: str) -> list[etree._Element]:
        """Every part tied to the main one by this kind, in the order of the file."""
        targets = [r.target for r in self.relationships().values() if r.kind == kind and not r.external]
        return [root for root in map(self.part, targets) if root is not None]

    def core(self) -> etree._Element | None:
        """The core properties (title, language), if there."""
        return self.related("core-properties", "")

    def relationships(self, part: str | None = None) -> dict[str, Relationship]:
        """The relationships of a part (the main one by default, "" for the package) by id."""
        source = self.main if part is None else part
        if source not in self._relationships:
            root = self.part(_relationships_path(source))
            self._relationships[source] = {} if root is None else _relationships(root, source)
        return self._relationships[source]


def open_package(data: bytes, name: str) -> Package:
    """Open the bytes of a Word file.

    Raises an UnreadableFile whose sentence says what the file seems to be and
    what to do: empty, too large, another format, locked, damaged or a zip bomb.
    """
    _refuse_what_is_no_zip(data, name)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = archive.infolist()
    except _UNPACKING_ERRORS as error:
        raise Damaged(name, "it is not a complete zip archive") from error
    _refuse_bombs(entries, name)
    names = {entry.filename.replace("\\", "/").lstrip("/").lower(): entry.filename for entry in entries}
    package = Package(name, "", any(path.endswith("vbaproject.bin") for path in names), archive, names)
    package.main = _main_part(package)
    return package


_UNPACKING_ERRORS = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, OSError, ValueError,
    NotImplementedError, RuntimeError, LookupError, OverflowError, MemoryError, TypeError,
)  # fmt: skip
"""All that `zipfile` was seen to raise on damaged archives."""


def _refuse_what_is_no_zip(data: bytes, name: str) -> None:
    if not data:
        raise NotWord(name, "is empty. Choose the file again, or save the document once more and try again.")
    if len(data) > LARGEST_FILE:
        raise TooLarge(
            name,
            f"is larger than {LARGEST_FILE // 1024 // 1024} MB. Compress its pictures in Word "
            "(Picture Format, Compress Pictures) or split the document, and try again.",
        )
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise PasswordProtected(name)
        raise NotWord(name, "is in the old Word format (.doc). Open it in Word or LibreOffice, save it as "
                            "Word document (.docx), and try again.")  # fmt: skip
    if data[:2] != b"PK":
        raise NotWord(name, f"is not a Word document (.docx); it {_looks_like(data)}. "
                            "Save the document as .docx, and try again.")  # fmt: skip


def _looks_like(data: bytes) -> str:
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"%pdf-" in start:
        return "seems to be a PDF"
    if start.startswith(b"{\\rtf"):
        return "seems to be a rich text file (RTF)"
    if start.startswith((b"<!doctype html", b"<html")):
        return "seems to be a web page (HTML)"
    if start.startswith(b"<?xml"):
        return "seems to be an XML file"
    return "seems to be of another kind"


def _refuse_bombs(entries: list[zipfile.ZipInfo], name: str) -> None:
    """Judge by what the archive says of itself; `_unpack` holds it to its word."""
    if len(entries) > MOST_ENTRIES:
        raise TooLarge(name, f"holds more than {MOST_ENTRIES} parts, which no Word document needs. "
                             "Save it again from Word, and try again.")  # fmt: skip
    if sum(entry.file_size for entry in entries) > LARGEST_WHOLE:
        raise TooLarge(name, "would unpack to more than we can take. Make its pictures smaller or split "
                             "the document, and try again.")  # fmt: skip
    for entry in entries:
        if entry.file_size > BOMB_SIZE and entry.file_size > BOMB_RATIO * max(entry.compress_size, 1):
            raise TooLarge(name, "unpacks to far more than its size, like a file made to harm. "
                                 "Save it again from Word, and try again.")  # fmt: skip
        if entry.flag_bits & 0x1:
            raise PasswordProtected(name)


def _main_part(package: Package) -> str:
    types = package.part("[Content_Types].xml")
    if types is None:
        raise NotWord(package.name, f"is a zip archive, but not a Word document; {_zip_kind(package)}. "
                                    "Save the document as .docx, and try again.")  # fmt: skip
    for relationship in package.relationships("").values():
        if relationship.kind == "officeDocument" and not relationship.external:
            found = relationship.target
            break
    else:
        found = "word/document.xml"
    declared = [
        child.get("ContentType", "").lower()
        for child in types.iter(_CONTENT_TYPES + "Override")
        if child.get("PartName", "").lstrip("/").lower() == found.lower()
    ]
    for other, shown in _OTHER_OFFICE.items():
        if any(other in kind for kind in declared):
            raise NotWord(package.name, f"is not a Word document; it seems to be {shown}. "
                                        "Save the text as .docx, and try again.")  # fmt: skip
    package.has_macros |= any("macroenabled" in kind for kind in declared)
    return found


def _zip_kind(package: Package) -> str:
    names = package._names
    if "mimetype" in names and "content.xml" in names:
        return "it seems to be an OpenDocument file (ODT)"
    if "meta-inf/container.xml" in names:
        return "it seems to be an e-book (EPUB)"
    return "it seems to be an archive of other files"


def _unpack(archive: zipfile.ZipFile, stored: str, name: str) -> bytes:
    try:
        with archive.open(stored) as part:
            data = part.read(LARGEST_PART + 1)
    except _UNPACKING_ERRORS as error:
        raise Damaged(name, f"its part {_shown(stored)} cannot be unpacked") from error
    if len(data) > LARGEST_PART:
        raise TooLarge(name, "holds more text than we can take at once. Split the document, and try again.")
    return data


# Strict documents (ISO/IEC 29500-1) name the same elements by other addresses.
_STRICT = {
    b"http://purl.oclc.org/ooxml/wordprocessingml/main": W,
    b"http://purl.oclc.org/ooxml/officeDocument/relationships": R,
    b"http://purl.oclc.org/ooxml/officeDocument/math": M,
    b"http://purl.oclc.org/ooxml/drawingml/main": "{http://schemas.openxmlformats.org/drawingml/2006/main}",
}


def _parse(data: bytes, name: str, path: str) -> etree._Element:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            data = re.sub(r"^\s*<\?xml[^>]*\?>", "", data.decode("utf-16")).encode()
        except UnicodeError as error:
            raise Damaged(name, f"the text of {_shown(path)} is not readable") from error
    data = data.removeprefix(b"\xef\xbb\xbf")
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise NotWord(name, "declares entities, which Word never writes and which can do harm. "
                            "Save it again from Word, and try again.")  # fmt: skip
    if b"purl.oclc.org/ooxml" in data:
        for strict, ordinary in _STRICT.items():
            for quote in (b'"', b"'"):
                data = data.replace(quote + strict + quote, quote + ordinary.strip("{}").encode() + quote)
    try:
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
        )
        return etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise Damaged(name, f"its part {_shown(path)} is broken off or garbled") from error


def _relationships_path(part: str) -> str:
    folder, base = posixpath.split(part)
    return posixpath.join(folder, "_rels", base + ".rels")


def _relationships(root: etree._Element, source: str) -> dict[str, Relationship]:
    found = {}
    for child in root:
        target, external = child.get("Target", ""), child.get("TargetMode") == "External"
        if not external:
            target = posixpath.normpath(posixpath.join("/", posixpath.dirname(source), unquote(target)))[1:]
        kind = child.get("Type", "").rsplit("/", 1)[-1]
        found[child.get("Id", "")] = Relationship(kind, target, external)
    return found


def _shown(path: str) -> str:
    return "".join(character for character in path if character.isprintable())[:80]
