"""Sending a version out as a file: Word, PDF, HTML, Markdown or our JSON."""

from datetime import datetime
from typing import Final

from standards.document import Document
from standards.exchange.marks import NO_MARKS, Marking

KINDS: Final = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "html": "text/html; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "json": "application/json",
}
"""What can be written, with its media type."""


def write(
    document: Document,
    kind: str,
    *,
    slug: str,
    title: str,
    label: str,
    status: str,
    lead: str = "",
    frozen_on: datetime | None = None,
    marking: Marking = NO_MARKS,
) -> bytes:
    """The numbered document as a file of this kind, one of KINDS; the same version gives the same bytes.

    What a marking says is laid in; our JSON, being the text alone, leaves it out.
    """
    # Each writer is loaded when it is asked for: typst and lxml are large, and most files are one kind.
    if kind == "docx":
        from standards.exchange.docx import writing

        return writing.write(
            document,
            title=title,
            label=label,
            status=status,
            lead=lead,
            frozen_on=frozen_on,
            marking=marking,
        )
    if kind == "pdf":
        from standards.exchange import pdf

        return pdf.write(
            document,
            title=title,
            label=label,
            status=status,
            lead=lead,
            frozen_on=frozen_on,
            marking=marking,
        )
    if kind == "html":
        from standards.exchange import html

        return html.export(document, label=label, status=status, marking=marking)
    if kind == "md":
        from standards.exchange import markdown_export

        return markdown_export.export(document, label=label, marking=marking)
    from standards.exchange import json_text

    return json_text.export(document, standard=slug, label=label, status=status, hash=document.hash)
