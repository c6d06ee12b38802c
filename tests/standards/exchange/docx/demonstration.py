"""The demonstration's texts as documents, without a database."""

import json
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

import consult
from standards.document import (
    Clause,
    ClauseText,
    Document,
    Grade,
    Level,
    Modality,
    Parameter,
    Scheme,
    in_reading_order,
)
from standards.numbering import numbered

FOLDER = Path(consult.__file__).parent / "demonstration"


def standard(version: str) -> Document:
    """A version of the demonstration's standard; clauses of one key have one id in all versions."""
    told = json.loads((FOLDER / f"rag-{version}.json").read_text(encoding="utf-8"))
    ids: dict[str | None, UUID | None] = {None: None}
    clauses: dict[UUID, Clause] = {}
    for clause in told["clauses"]:
        id_ = ids[clause["key"]] = uuid5(NAMESPACE_URL, clause["key"])
        text = ClauseText(
            heading=clause["heading"],
            body=clause["body"],
            level=Level(clause["level"]),
            modality=Modality(clause["modality"]),
            grade=Grade(clause["grade"]),
            parameters=tuple(Parameter.model_validate_json(json.dumps(p)) for p in clause["parameters"]),
        )
        clauses[id_] = Clause(id_, text, ids[clause["parent"]])
    order = {id_: at for at, id_ in enumerate(clauses)}
    return numbered(
        Document(told["title"], told["language"], Scheme(told["scheme"]), in_reading_order(clauses, order))
    )
