"""What a Word file holds under its surface: both sides of its changes, and its comments.

`inspect` gives the shape other programs lean on: every paragraph with its
original and accepted text, every recorded change, every comment with what it
is tied to.
"""

from collections.abc import Iterable
from typing import Any

from lxml import etree

from standards.exchange.docx.blocks import ACCEPTED, ORIGINAL, Block, Paragraph, cells_of
from standards.exchange.docx.numbering import Label, Numbering
from standards.exchange.docx.package import W14, W15, Package, W
from standards.exchange.docx.reading import Story
from standards.exchange.docx.source import Source, open_source


def inspect(data: bytes, name: str = "") -> dict[str, Any]:
    """Paragraphs, changes and comments of a Word file, ready for JSON.

    Paragraphs stand in reading order, those of table cells and text boxes where
    they are met. A side is None where the paragraph does not exist on it; a
    paragraph whose mark is gone on a side has its words in the one after it.
    Raises UnreadableFile.
    """
    source = open_source(data, name)
    story = source.body
    original, accepted = (texts_of(story, side) for side in (ORIGINAL, ACCEPTED))
    labels = _labels(source, original, accepted)
    paragraphs = [
        {
            "original": original.get(paragraph.index),
            "accepted": accepted.get(paragraph.index),
            "style": source.styles.paragraph(paragraph.style).name or None,
            "number": labels.get(paragraph.index),
        }
        for paragraph in story.paragraphs
    ]
    changes = [*story.changes, *(change._replace(paragraph=None) for note in source.notes.values()
                                 for change in note.changes)]  # fmt: skip
    return {
        "paragraphs": paragraphs,
        "changes": [change._asdict() for change in changes],
        "comments": list(_comments(source)),
    }


def texts_of(story: Story, side: int) -> dict[int, str]:
    """The text of each paragraph that exists on one side, by its index."""
    found: dict[int, str] = {}
    _read_side(story.blocks, side, found)
    return found


def _read_side(blocks: Iterable[Block], side: int, found: dict[int, str]) -> None:
    """Join what lost its paragraph mark to the paragraph after it; a table ends the joining.

    A paragraph moved away whole leaves an empty one behind, as the Open XML
    SDK's revision processor has it.
    """
    carried: list[str] = []
    last: Paragraph | None = None
    for block in blocks:
        if isinstance(block, Paragraph):
            if block.sides & side:
                last = block
                carried.append(block.text(side))
                if block.mark & side or (block.moved & side and not any(carried)):
                    found[block.index] = "".join(carried)
                    carried = []
            continue
        if last is not None and "".join(carried):
            found[last.index] = "".join(carried)
        carried = []
        for cell in cells_of(block):
            _read_side(cell.blocks, side, found)
    if last is not None and "".join(carried):
        found[last.index] = "".join(carried)


def _labels(source: Source, original: dict[int, str], accepted: dict[int, str]) -> dict[int, str]:
    """The automatic number of each paragraph: as accepted, or as it was where it is gone."""
    found: dict[int, str] = {}
    for texts in (accepted, original) if source.body.changes else (accepted,):
        for index, label in label_paragraphs(source, texts).items():
            if label.text:
                found.setdefault(index, label.text)
    return found


def label_paragraphs(source: Source, indexes: Iterable[int]) -> dict[int, Label]:
    """The labels of the paragraphs with these indexes, counted in their order."""
    numbering = source.numbering()
    there = set(indexes)
    found: dict[int, Label] = {}
    for paragraph in source.body.paragraphs:
        if paragraph.index in there:
            label = _label(source, numbering, paragraph)
            if label is not None:
                found[paragraph.index] = label
    return found


def _label(source: Source, numbering: Numbering, paragraph: Paragraph) -> Label | None:
    style = source.styles.paragraph(paragraph.style)
    num_id = style.num_id if paragraph.num_id is None else paragraph.num_id
    if not num_id:
        return None
    level = style.num_level if paragraph.num_level is None else paragraph.num_level
    place = numbering.place(num_id, level, style.id, from_style=paragraph.num_level is None)
    return numbering.label(*place) if place else None


def _comments(source: Source) -> Iterable[dict[str, Any]]:
    root = source.package.related("comments")
    if root is None:
        return
    elements = list(root.iterchildren(W + "comment"))
    threads = _threads(source.package)
    by_paragraph = {_last_paragraph_id(element): element.get(W + "id", "") for element in elements}
    for element in elements:
        comment = element.get(W + "id", "")
        parent, resolved = threads.get(_last_paragraph_id(element), ("", False))
        story = Story(source.package, source.styles).read(element)
        words = "\n".join(texts_of(story, ACCEPTED).values())
        yield {
            "id": comment,
            "author": element.get(W + "author", ""),
            "date": element.get(W + "date", ""),
            "text": words,
            "anchor": "".join(source.body.anchors.get(comment, ())).strip("\n"),
            "parent": by_paragraph.get(parent) if parent else None,
            "resolved": resolved,
        }


def _threads(package: Package) -> dict[str, tuple[str, bool]]:
    """By the id of a comment's last paragraph: that of the comment it replies to, and whether resolved."""
    root = package.related("commentsExtended")
    return {} if root is None else {
        element.get(W15 + "paraId", ""): (element.get(W15 + "paraIdParent", ""),
                                          element.get(W15 + "done") in ("1", "true"))
        for element in root.iterchildren(W15 + "commentEx")
    }  # fmt: skip


def _last_paragraph_id(comment: etree._Element) -> str:
    ids = [paragraph.get(W14 + "paraId", "") for paragraph in comment.iter(W + "p")]
    return ids[-1] if ids else ""
