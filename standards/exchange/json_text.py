"""Our own JSON: a version as other programs read it, and the way back.

`{"standard","label","status","hash","language","clauses":[…]}`, clauses in
reading order. A clause has `declared_number` besides only where an imported text
numbered itself. The same version always gives the same bytes.
"""

import json
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from standards.document import (
    Attributes,
    Clause,
    ClauseText,
    Document,
    Finding,
    Grade,
    Imported,
    ImportedClause,
    Level,
    Modality,
    Parameter,
    Scheme,
)
from standards.errors import UnreadableFile
from standards.exchange.trees import counted, depth_first, title_from

MOST_PROBLEMS = 20


def export(document: Document, *, standard: str, label: str, status: str, hash: str) -> bytes:
    """The numbered document as JSON; `standard` is its slug, `hash` what the freeze recorded."""
    version = {
        "standard": standard,
        "label": label,
        "status": status,
        "hash": hash,
        "language": document.language,
        "clauses": [_written(clause) for clause in document],
    }
    return (json.dumps(version, ensure_ascii=False, indent=1) + "\n").encode()


def read(text: str, name: str, findings: list[Finding] | None = None) -> Imported:
    """The clauses of a file in our JSON; the ids they have there are kept as anchors.

    An OSCAL catalogue is read as one. Raises UnreadableFile for other JSON, and
    names each clause that is incomplete.
    """
    value = _loaded(text, name)
    if isinstance(value, dict) and isinstance(value.get("catalog"), dict):
        from standards.exchange import oscal_in  # wanted by few

        return oscal_in.read(value, name, findings or ())
    version = _parsed(value, name)
    keys = [clause.id for clause in version.clauses]
    _refuse_repeated(keys, name)
    clauses = depth_first([_clause(clause) for clause in version.clauses])
    if len(clauses) != len(keys):
        raise UnreadableFile(f"{name} names a parent that is not in it; nothing was taken.")
    scheme = Scheme.DECIMAL
    if any("number" in clause.model_fields_set for clause in version.clauses):
        numbers = {clause.id: clause.number for clause in version.clauses}
        scheme, clauses = _with_their_numbers(clauses, numbers)
    return Imported(
        title=title_from(version.standard or name),
        language=version.language,
        scheme=scheme,
        clauses=clauses,
        findings=tuple(findings or ()),
        source_text="\n".join(f"{clause.heading}\n{clause.body}" for clause in version.clauses),
    )


class _WrittenClause(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1)
    number: str = ""
    parent: str | None = None
    level: Level = Level.SECTION
    modality: Modality = Modality.NONE
    grade: Grade = Grade.CORE
    heading: str = ""
    body: str
    attributes: Attributes = Attributes()
    parameters: tuple[Parameter, ...] = ()
    declared_number: str = ""


class _WrittenVersion(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    standard: str = ""
    language: str = "en"
    clauses: tuple[_WrittenClause, ...] = Field(min_length=1)


def _written(clause: Clause) -> dict[str, Any]:
    text = clause.text.as_json()
    names = ("level", "modality", "grade", "heading", "body", "attributes", "parameters")
    written = {"id": str(clause.id), "number": clause.number, "parent": None}
    if clause.parent is not None:
        written["parent"] = str(clause.parent)
    declared = {"declared_number": clause.text.declared_number} if clause.text.declared_number else {}
    return {**written, **{name: text[name] for name in names}, **declared}


def _loaded(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as problem:
        raise UnreadableFile(
            f"{name} is not whole JSON: {problem.msg} at line {problem.lineno}, column {problem.colno}. "
            "Please export it again."
        ) from None
    except RecursionError:
        raise UnreadableFile(f"{name} is nested too deeply to be a standard.") from None


def _parsed(value: Any, name: str) -> _WrittenVersion:
    if not isinstance(value, dict) or "clauses" not in value:
        raise UnreadableFile(
            f"{name} is JSON of a kind we do not know. We take our own JSON, with the clauses under "
            "“clauses”, OSCAL catalogues, and clause JSONL, one clause a line."
        )
    try:
        return _WrittenVersion.model_validate(value)
    except ValidationError as problem:
        raise UnreadableFile(_problems(problem, name)) from None


def _problems(problem: ValidationError, name: str) -> str:
    said = []
    for error in problem.errors():
        place = list(error["loc"])
        at = f"clause {int(place[1]) + 1}: " if len(place) > 1 and place[0] == "clauses" else ""
        field = ".".join(str(part) for part in place[2:] or place)
        said.append(f"{at}“{field}” {error['msg'].lower()}")
    more = [f"and {len(said) - MOST_PROBLEMS} more"] if len(said) > MOST_PROBLEMS else []
    return f"{name} was not taken; please mend it and send it again:\n" + "\n".join(
        [*said[:MOST_PROBLEMS], *more]
    )


def _refuse_repeated(keys: list[str], name: str) -> None:
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            raise UnreadableFile(f"{name} has two clauses with the id {key}; nothing was taken.")
        seen.add(key)


def _clause(written: _WrittenClause) -> ImportedClause:
    text = ClauseText(
        heading=written.heading,
        body=written.body,
        level=written.level,
        modality=written.modality,
        grade=written.grade,
        declared_number=written.declared_number,
        attributes=written.attributes,
        parameters=written.parameters,
    )
    return ImportedClause(written.id, text, written.parent, written.id)


def _with_their_numbers(
    clauses: tuple[ImportedClause, ...], numbers: dict[str, str]
) -> tuple[Scheme, tuple[ImportedClause, ...]]:
    """The scheme that gives the numbers written in the file; declared ones where none does."""
    wanted = [numbers[clause.key] for clause in clauses]
    for scheme in (Scheme.DECIMAL, Scheme.PRINCIPLES, Scheme.DECLARED):
        if counted(clauses, scheme) == wanted:
            return scheme, clauses
    declared = (
        replace(clause, text=replace(clause.text, declared_number=number))
        for clause, number in zip(clauses, wanted, strict=True)
    )
    return Scheme.DECLARED, tuple(declared)
