"""Clause JSONL: one clause a line, `{"id", "number", "title", "text"}` and optional `parents`.

`parents` names the clauses above, outermost first, by id, number or title. A
name no line carries becomes a section of its own, above the clauses that name it.
"""

import json
from collections import Counter
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from standards.document import Attributes, ClauseText, Document, Finding, Imported, ImportedClause, Level
from standards.errors import UnreadableFile
from standards.exchange.headings import taken_apart
from standards.exchange.trees import depth_first, title_from, with_scheme
from standards.markdown import normalised
from standards.provisions import language_of, modality_of

MOST_PROBLEMS = 20
"""How many problems a refusal lists before it says how many more there are."""


class BrokenLines(UnreadableFile):
    """A file of JSON lines some of which cannot be taken; nothing of it was."""

    def __init__(self, name: str, problems: list[str]) -> None:
        shown = problems[:MOST_PROBLEMS]
        if len(problems) > len(shown):
            shown.append(f"and {len(problems) - len(shown)} more")
        super().__init__(
            f"{name} was not taken; please mend these lines and send it again:\n" + "\n".join(shown)
        )
        self.name, self.problems = name, problems


class Line(BaseModel):
    """One line of the file; fields beside these are kept as attributes."""

    model_config = ConfigDict(frozen=True, extra="allow")

    id: str = Field(min_length=1)
    number: str = ""
    title: str = ""
    text: str
    parents: tuple[str, ...] = Field(default=(), max_length=50)

    @field_validator("id", "number", "title", "text", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        """Numbers may be written without quotes, and nothing as null."""
        if value is None:
            return ""
        return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def read(text: str, name: str, findings: list[Finding] | None = None) -> Imported:
    """The clauses of a clause JSONL file, ids kept as anchors.

    Raises BrokenLines, naming every line that is broken, incomplete or repeats an id.
    """
    lines = _parsed(text, name)
    language = language_of(" ".join(line.text for line in lines))
    said = list(findings or ())
    found = _with_parents(lines, language, said)
    scheme, clauses = with_scheme(depth_first(found))
    if [clause.key for clause in clauses] != [clause.key for clause in found]:
        told = "Some clauses stood before or apart from their parents; they were put under them"
        said.append(Finding("note", told))
    return Imported(
        title=title_from(name),
        language=language,
        scheme=scheme,
        clauses=clauses,
        findings=tuple(said),
        source_text=_all_words(lines),
    )


def export(document: Document) -> bytes:
    """The numbered document as clause JSONL, one line for each clause, `parents` by id.

    A clause goes by the id it had in the text it was imported from, where that
    is its alone; otherwise by its own.
    """
    times = Counter(clause.anchor for clause in document)
    names = {c.id: c.anchor if c.anchor and times[c.anchor] == 1 else str(c.id) for c in document}
    lines = [
        {
            "id": names[clause.id],
            "number": clause.number,
            "title": clause.text.heading,
            "parents": [names[above.id] for above in document.ancestors(clause)],
            "text": clause.text.body,
        }
        for clause in document
    ]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()


# --- lines


def _parsed(text: str, name: str) -> list[Line]:
    lines: list[Line] = []
    problems: list[str] = []
    seen: dict[str, int] = {}
    for at, written in enumerate(text.split("\n"), start=1):
        if not written.strip():
            continue
        try:
            line = Line.model_validate(_object(written))
        except ValueError as problem:
            problems.append(f"line {at}: {_said(problem)}")
            continue
        if line.id in seen:
            problems.append(f"line {at}: the id {line.id!r} is already that of line {seen[line.id]}")
        seen.setdefault(line.id, at)
        lines.append(line)
    if problems:
        raise BrokenLines(name, problems)
    return lines


def _object(written: str) -> dict[str, Any]:
    try:
        value = json.loads(written)
    except json.JSONDecodeError as problem:
        raise ValueError(f"not JSON ({problem.msg} at column {problem.colno})") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("a clause is written as an object, {…}")
    return value


def _said(problem: ValueError) -> str:
    if not isinstance(problem, ValidationError):
        return str(problem)
    first = problem.errors()[0]
    field = first["loc"][0]
    if first["type"] == "missing":
        return f'"{field}" is missing'
    if first["type"] == "string_too_short":
        return f'"{field}" is empty'
    return f'"{field}" is not what we expect here ({first["msg"].lower()})'


# --- places


def _with_parents(lines: list[Line], language: str, said: list[Finding]) -> list[ImportedClause]:
    """Each line under the last of its parents; names that no line carries become sections."""
    by_name, by_path = _names(lines), {(*line.parents, line.title): line.id for line in reversed(lines)}
    made: dict[tuple[str, ...], str] = {}
    found: list[ImportedClause] = []
    shared = {(*parents, title) for parents, title in _shared_titles(lines)}

    def key_of(path: tuple[str, ...]) -> str | None:
        if not path:
            return None
        if (known := by_path.get(path) or by_name.get(path[-1])) and path not in shared:
            return known
        if path not in made:
            parent = key_of(path[:-1])
            made[path] = f"section {len(made) + 1}"
            heading = taken_apart(path[-1])
            section = ClauseText(heading.words, "", heading.level, declared_number=heading.number)
            found.append(ImportedClause(made[path], section, parent))
        return made[path]

    for line in lines:
        path = line.parents
        own = line.title
        if (*line.parents, line.title) in shared and line.title:
            path, own = (*path, line.title), ""
        found.append(_clause(line, own, key_of(path), language))
    if made:
        names = "; ".join(f"“{path[-1]}”" for path in list(made)[:5]) + ("; …" if len(made) > 5 else "")
        told = f"{len(made)} sections are named above clauses but have no line; they were added: {names}"
        said.append(Finding("guessed", told))
    return found


def _names(lines: list[Line]) -> dict[str, str]:
    """What a clause may be called as a parent: its id first, then its number, then a title of its own."""
    names: dict[str, str] = {}
    titles: dict[str, list[str]] = {}
    for line in lines:
        titles.setdefault(line.title, []).append(line.id)
    for candidates in (
        {line.id: line.id for line in lines},
        {line.number: line.id for line in reversed(lines) if line.number},
        {title: ids[0] for title, ids in titles.items() if title and len(ids) == 1},
    ):
        for called, id_ in candidates.items():
            names.setdefault(called, id_)
    return names


def _shared_titles(lines: list[Line]) -> set[tuple[tuple[str, ...], str]]:
    """Titles that several clauses under the same parents share: they name the section those stand in."""
    seen: dict[tuple[tuple[str, ...], str], int] = {}
    for line in lines:
        seen[line.parents, line.title] = seen.get((line.parents, line.title), 0) + 1
    return {place for place, times in seen.items() if times > 1}


def _clause(line: Line, heading: str, parent: str | None, language: str) -> ImportedClause:
    modality = modality_of(line.text, language)
    extra = {
        name: str(value)
        for name, value in (line.model_extra or {}).items()
        if value not in (None, "", [], {})
    }
    text = ClauseText(
        heading=heading,
        body=normalised(line.text),
        level=Level.ANNEX if _is_annex(line) else Level.SECTION,
        modality=modality,
        declared_number=line.number,
        attributes=Attributes(extra=extra),
    )
    return ImportedClause(line.id, text, parent, line.id)


def _is_annex(line: Line) -> bool:
    return not line.parents and line.number.isalpha() and len(line.number) <= 2


def _all_words(lines: list[Line]) -> str:
    """Every line's words, a title that several lines share only once."""
    words: list[str] = []
    shared = {(*parents, title) for parents, title in _shared_titles(lines)}
    told: set[tuple[str, ...]] = set()
    for line in lines:
        place = (*line.parents, line.title)
        words.append(line.number)
        if place not in shared or place not in told:
            words.append(line.title)
            told.add(place)
        words.append(line.text)
    return "\n".join(words)
