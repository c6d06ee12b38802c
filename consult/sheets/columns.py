"""The columns of the ISO commenting template, and the names people give them."""

import re
from collections.abc import Sequence
from enum import StrEnum

from consult.errors import BarazaError


class Column(StrEnum):
    """A column of the template, by its heading; `EXTRA` ones are ours, to find a comment again."""

    MEMBER = "MB/NC"
    LINE = "Line number"
    CLAUSE = "Clause/Subclause"
    PARAGRAPH = "Paragraph/Figure/Table"
    TYPE = "Type of comment"
    COMMENT = "Comments"
    CHANGE = "Proposed change"
    OBSERVATION = "Observations of the secretariat"
    RECEIPT = "Receipt"
    CHANNEL = "Channel"
    LANGUAGE = "Language"
    GROUP = "Group"
    REGION = "Region"
    DATE = "Date"
    OUTCOME = "Disposition"
    QUOTE = "Quoted passage"
    SPEAKER = "Category of speaker"
    GENDER = "Gender of speaker"
    QUOTABLE = "May be quoted"
    READ_BACK = "Read back"
    LONE = "Lone voice"
    FEELING = "Feeling"


TEMPLATE = tuple(Column)[:8]

# Headings as found in committees' real files, folded: no spaces, signs or case.
_NAMES: dict[Column, tuple[str, ...]] = {
    Column.MEMBER: (
        "mbnc",
        "mb",
        "nc",
        "memberbody",
        "member",
        "organisation",
        "organization",
        "commenter",
        "source",
        "from",
        "submittedby",
        "originator",
        "who",
        "name",
    ),
    Column.LINE: ("linenumber", "line", "lineno", "lines"),
    Column.CLAUSE: (
        "clausesubclause",
        "clause",
        "clauseno",
        "clausenumber",
        "subclause",
        "section",
        "sectionno",
        "article",
        "requirement",
        "reference",
        "ref",
        "criterion",
        "indicator",
        "clausule",
        "clausula",
        "articulo",
        "kifungu",
        "paragraphe",
        "location",
    ),
    Column.PARAGRAPH: ("paragraphfiguretable", "paragraph", "figure", "table", "para", "subclauseparagraph"),
    Column.TYPE: ("typeofcomment", "type", "commenttype", "category", "kind"),
    Column.COMMENT: (
        "comments",
        "comment",
        "commentjustificationforchange",
        "commentjustification",
        "text",
        "description",
        "issue",
        "remark",
        "remarks",
        "commentaire",
        "commentaires",
        "comentario",
        "comentarios",
        "maoni",
        "summary",
        "statement",
        "commentbody",
        "txt",
    ),
    Column.CHANGE: (
        "proposedchange",
        "proposedchangebythemb",
        "proposal",
        "proposedwording",
        "suggestedchange",
        "proposedtext",
        "recommendedchange",
        "proposition",
        "propuesta",
        "proposta",
    ),
    Column.OBSERVATION: (
        "observationsofthesecretariat",
        "secretariatobservations",
        "observations",
        "resolution",
        "response",
        "disposition",
        "secretariatobservation",
    ),
    Column.RECEIPT: ("receipt", "receiptnumber", "commentid", "id"),
    Column.LANGUAGE: ("language", "lang", "langue", "idioma", "lugha"),
    Column.GROUP: ("group", "stakeholdergroup", "groupe", "grupo", "kundi"),
    Column.REGION: ("region", "district", "country"),
    Column.QUOTE: ("quotedpassage", "quote", "quotation"),
    Column.DATE: ("date", "received"),
    Column.CHANNEL: ("channel",),
    Column.OUTCOME: ("outcome",),
}


class NoCommentColumn(BarazaError):
    """A table without a column that could hold the comments."""

    def __init__(self, name: str, headings: Sequence[str]) -> None:
        found = ", ".join(f"“{heading}”" for heading in headings if heading.strip()) or "none"
        super().__init__(
            f"{name} has no column for the comments. Columns found: {found}. "
            "Call one of them “Comments”, and the one with clause numbers “Clause/Subclause”."
        )


def fold(heading: str) -> str:
    """A heading as compared: small letters and nothing else, the template's notes in brackets left out."""
    return re.sub(r"[^a-z]", "", re.sub(r"\(.*?\)", "", heading).lower())


def recognised(headings: Sequence[str]) -> dict[int, Column]:
    """Which column each place of a heading row is; a column counts once, at its first place."""
    found: dict[int, Column] = {}
    for place, heading in enumerate(headings):
        folded = fold(heading)
        for column, names in _NAMES.items():
            if folded in names and column not in found.values():
                found[place] = column
                break
    return found
