"""The OpenAPI document of the API, built from one list of its doors."""

from typing import Any

_TEXT = {"type": "string"}
_MAYBE = {"type": ["string", "null"]}
_TEXTS = {"type": "array", "items": _TEXT}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def _list_of(name: str) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}


_STANDARD = {
    "slug": _TEXT,
    "title": _TEXT,
    "lead": _TEXT,
    "language": _TEXT,
    "scheme": {"enum": ["decimal", "principles", "declared"]},
    "owner": _TEXT,
    "newest": _MAYBE,
    "url": _TEXT,
}
_PIECES = {
    "type": "array",
    "description": "Pairs of kind (same, delete or insert) and text, in reading order.",
    "items": {"type": "array", "items": _TEXT, "minItems": 2, "maxItems": 2},
}
_PLACE = {"type": ["object", "null"], "properties": {"number": _TEXT, "heading": _TEXT}}
_ANY_OBJECTS = {"type": "array", "items": {"type": "object"}}

SCHEMAS: dict[str, Any] = {
    "Standard": _object(**_STANDARD),
    "Version": _object(
        standard=_TEXT,
        label=_TEXT,
        status={"enum": ["consultation", "decided", "published", "superseded", "withdrawn"]},
        hash=_MAYBE,
        change_note=_TEXT,
        frozen_at=_MAYBE,
        published_at=_MAYBE,
        rounds=_TEXTS,
        url=_TEXT,
        clauses_url=_TEXT,
    ),
    "Clause": _object(
        id=_TEXT,
        number=_TEXT,
        parent=_MAYBE,
        level={
            "enum": [
                "section",
                "principle",
                "criterion",
                "indicator",
                "guidance",
                "note",
                "definition",
                "annex",
            ]
        },
        modality={"enum": ["requirement", "recommendation", "permission", "none"]},
        grade={"enum": ["core", "improvement", "optional"]},
        heading=_TEXT,
        body={"type": "string", "description": "Markdown; `{name}` stands for a parameter."},
        attributes={"type": "object"},
        parameters=_ANY_OBJECTS,
        hash=_TEXT,
    ),
    "Change": _object(
        clause=_TEXT,
        kinds=_TEXTS,
        before=_PLACE,
        after=_PLACE,
        heading=_PIECES,
        body=_PIECES,
        parameters=_ANY_OBJECTS,
        attributes=_ANY_OBJECTS,
        **{"from": _TEXTS, "into": _TEXTS},
    ),
    "Error": _object(error=_TEXT),
}

_SLUG, _LABEL = "/standards/{slug}", "/standards/{slug}/versions/{label}"

# Path, what it gives, the name of the list in a paged answer ("" for one thing), its schema.
DOORS: tuple[tuple[str, str, str, str], ...] = (
    ("/standards", "Every standard with a version to read", "standards", "Standard"),
    (_SLUG, "One standard with its versions", "", "Standard"),
    (f"{_SLUG}/versions", "A standard's versions, newest first", "versions", "Version"),
    (_LABEL, "One version", "", "Version"),
    (f"{_LABEL}/clauses", "A version's clauses in reading order", "clauses", "Clause"),
    (f"{_LABEL}/clauses/{{name}}", "One clause, by number or id", "", "Clause"),
    (f"{_SLUG}/compare/{{older}}/{{newer}}", "What changed between two versions", "changes", "Change"),
)


def _door(path: str, summary: str, list_name: str, schema: str) -> dict[str, Any]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": _TEXT} for name in names
    ]
    answer: dict[str, Any] = {"$ref": f"#/components/schemas/{schema}"}
    if list_name:
        limit = {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}
        parameters += [
            {"name": "limit", "in": "query", "schema": limit},
            {"name": "after", "in": "query", "schema": _TEXT},
        ]
        answer = _object(total={"type": "integer"}, next=_MAYBE, **{list_name: _list_of(schema)})
    parameters.append({"name": "If-None-Match", "in": "header", "schema": _TEXT})
    refused = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}
    return {
        "get": {
            "summary": summary,
            "parameters": parameters,
            "responses": {
                "200": {
                    "description": summary,
                    "headers": {"ETag": {"schema": _TEXT}},
                    "content": {"application/json": {"schema": answer}},
                },
                "304": {"description": "Unchanged since the ETag you gave"},
                "400": {"description": "Something asked for needs another look", **refused},
                "404": {"description": "Nothing of that name can be read", **refused},
            },
        }
    }


DESCRIPTION: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "Baraza",
        "version": "1",
        "description": "Standards, their versions, their clauses, and what changed between versions. "
        "Public data needs no token.",
    },
    "servers": [{"url": "/api/v1"}],
    "paths": {path: _door(path, *rest) for path, *rest in DOORS},
    "components": {"schemas": SCHEMAS},
}
