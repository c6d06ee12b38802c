"""What kind of clause a line of a standard begins: its number, its level, whether it is a note."""

import re
from typing import NamedTuple

from standards.document import Level


class Opening(NamedTuple):
    """A line split into the number it declares and the words after it."""

    number: str
    level: Level
    words: str


_NAMED = {
    Level.ANNEX: "annex|appendix|annexe|anexo|apêndice|apéndice|anhang|kiambatisho",
    Level.PRINCIPLE: "principle|principe|principio|princípio|kanuni",
    Level.CRITERION: "criterion|critère|criterio|critério|kigezo",
    Level.INDICATOR: "indicator|indicateur|indicador|kiashiria",
    Level.SECTION: "article|artículo|artigo|clause|section|chapter|chapitre|capítulo|ibara|part|partie|parte",
}
_NAMED_LINES = {
    level: re.compile(rf"^((?:{words})\s+(?:[A-Z]|[0-9]+|[IVXLC]+)(?:\.[0-9]+)*)(?![\w.]*\w)[\s.:–—-]*(.*)$",
                      re.IGNORECASE | re.DOTALL)
    for level, words in _NAMED.items()
}  # fmt: skip
_NUMBER = r"(?:[A-Z]{1,4}[-.]?)?[0-9]{1,3}(?:[.-][0-9]{1,3})*[a-z]?"
_ADDED = r"[A-Z][A-Z0-9-]*:[\w.:-]+\+\d{1,4}"
"""A clause that a local text added, such as TZ:4.2+1."""
_HEADING = re.compile(rf"^({_ADDED}|{_NUMBER}|[A-Z](?:\.[0-9]{{1,3}})+)[.):]?(?:\s+|$)(.*)$", re.DOTALL)
_DOTTED = re.compile(
    rf"^({_ADDED}|(?:[A-Z]{{1,4}}[-.]?|[A-Z]\.)?[0-9]{{1,3}}(?:\.[0-9]{{1,3}})+[a-z]?)[.):]?(\t\s*|\s+)(?=\S)(.*)$",
    re.DOTALL,
)
_NOTE = re.compile(
    r"^((?:NOTE|NOTA|REMARQUE|ANMERKUNG|DOKEZO)(?:\s+\d+)?(?:\s+(?:to entry|à l'article|a la entrada))?)"
    r"(?:\s*[:.\t—–-]\s*|\s+(?=[A-ZÀ-Ý]))(.+)$"
    r"|^((?:Note|Nota|Remarque)(?:\s+\d+(?:\s+to entry)?)?)\s*[:—–]\s*(.+)$",
    re.DOTALL,
)
_DEFINITIONS = re.compile(
    r"^(?:terms(?:,.*|\s+and)\s+definitions|terms|definitions?|glossary|glossaire|définitions?|definiciones"
    r"|termes(?:,.*|\s+et)\s+définitions|términos(?:,.*|\s+y)\s+definiciones|termos(?:,.*|\s+e)\s+definições"
    r"|definições|glosario|glossário)\b.{0,60}$",
    re.IGNORECASE,
)
_ID = re.compile(r"^(?:[A-Za-z]{1,6}[-. ]?)?[0-9]{1,4}(?:[.-][0-9A-Za-z]{1,4})*[a-z]?\.?$")
_ID_COLUMN = re.compile(
    r"^(?:#|n[o°º]\.?|nr\.?|ids?|ref\.?|reference|number|req(?:uirement)?\.?\s*(?:#|id|no\.?|number)?"
    r"|clause|numéro|número|réf\.?|código|code)$",
    re.IGNORECASE,
)


def of_heading(text: str, automatic: str) -> Opening:
    """The number a heading declares, typed or automatic, and its words."""
    if automatic:
        named = _named(f"{automatic.rstrip('.:) ')} {text}")
        return named or Opening(automatic.rstrip(".:) "), Level.SECTION, text)
    named = _named(text)
    if named:
        return named
    found = _HEADING.match(text)
    if found and not re.fullmatch(r"\d{4}", found[1]) and (found[2] or "." in found[1]):
        return Opening(found[1], Level.SECTION, found[2].strip())
    return Opening("", Level.SECTION, text)


def of_paragraph(text: str) -> Opening | None:
    """The number at the start of a paragraph, where it surely is one: "4.2 The ...", "Article 5 ...".

    "2.5 kg of ore" is not: after a short number and a space, a capital letter must follow.
    """
    found = _DOTTED.match(text)
    if not found:
        return None
    is_sure = "\t" in found[2] or found[1].count(".") > 1 or found[3][0].isupper()
    return Opening(found[1], Level.SECTION, found[3]) if is_sure else None


def of_note(text: str) -> tuple[str, str] | None:
    """The name and words of a note: ("NOTE 1", "..."); None for any other paragraph."""
    found = _NOTE.match(text)
    return (found[1] or found[3], found[2] or found[4]) if found else None


def is_definitions(heading: str) -> bool:
    """Whether terms are defined below this heading."""
    return bool(_DEFINITIONS.match(heading))


def id_column(header: list[str], rows: list[list[str]]) -> int | None:
    """The column that names each row of a requirement table; None for ordinary tables."""
    if not rows or len(header) < 2:
        return None
    for column in range(min(2, len(header))):
        ids = [row[column] for row in rows if column < len(row) and row[column]]
        fitting = sum(1 for id_ in ids if _ID.match(id_))
        if not ids or len(set(ids)) < len(ids) or fitting < 0.6 * len(rows):
            continue
        if _ID_COLUMN.match(header[column]) or all("." in id_ for id_ in ids):
            return column
    return None


def is_id(text: str) -> bool:
    """Whether a cell holds the id of a requirement."""
    return bool(_ID.match(text))


def _named(text: str) -> Opening | None:
    for level, line in _NAMED_LINES.items():
        found = line.match(text)
        if found:
            return Opening(" ".join(found[1].split()), level, found[2].strip())
    return None
