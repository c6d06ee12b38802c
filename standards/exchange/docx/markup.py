"""Small questions about Word's markup: which side of alternatives, what a field's code says."""

from dataclasses import dataclass
from typing import Final

from lxml import etree

from standards.exchange.docx.package import MC, W
from standards.exchange.docx.styles import VAL

TITLE_PAGE: Final = "standard-title-page"
"""The tag of the content control around the title page that `writing` makes."""
LOCAL_NOTES: Final = "standard-local-notes"
"""The tag of the controls around what a marking lays beneath clauses."""


@dataclass
class Field:
    """A field being read: first its code, which is not shown, then its result."""

    code: str = ""
    in_code: bool = True
    link: str = ""
    is_contents: bool = False


def chosen(alternate: etree._Element) -> etree._Element:
    """The side of alternate content that is read: the first choice that holds something."""
    for child in alternate:
        if child.tag == MC + "Choice" and len(child):
            return child
    fallback = alternate.find(MC + "Fallback")
    return etree.Element("nothing") if fallback is None else fallback


def is_contents_control(sdt: etree._Element) -> bool:
    """Whether the control holds what is made anew with the text: contents, our title page, our notes."""
    tag = sdt.find(f"{W}sdtPr/{W}tag")
    if tag is not None and tag.get(VAL) in (TITLE_PAGE, LOCAL_NOTES):
        return True
    gallery = sdt.find(f"{W}sdtPr/{W}docPartObj/{W}docPartGallery")
    return gallery is not None and gallery.get(VAL, "").lower().startswith("table of contents")


def end_code(part: Field) -> None:
    """Understand the code of a field, whose result follows."""
    part.in_code = False
    words = part.code.split()
    name = words[0].upper() if words else ""
    part.is_contents = name == "TOC"
    if name == "HYPERLINK":
        quoted = part.code.split('"')
        is_local = len(words) > 1 and words[1] == "\\l"
        part.link = "" if is_local or len(quoted) < 2 else quoted[1]


def description(picture: etree._Element) -> str:
    """The alternative text that the author gave a picture, if any."""
    for above in picture.iterancestors(W + "drawing", W + "pict", W + "object"):
        for element in above.iter():
            if isinstance(element.tag, str) and element.tag.endswith(("}docPr", "}shape")):
                return element.get("descr") or element.get("alt") or element.get("title") or ""
    return ""
