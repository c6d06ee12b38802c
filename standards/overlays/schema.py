"""The JSON Schema of the overlay file, made from the very classes that read it.

`python -m standards.overlays.schema` prints it; the published copy is
`standards/schemas/overlay.json`, and a test holds the two together.
"""

import json
from typing import Any

from standards.operations import KINDS, SCHEMA, LocalScope, Op


def schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of an overlay file."""
    definitions: dict[str, Any] = {}
    operations = [_operation(op, definitions) for op in Op]
    scope = _without_titles(LocalScope.model_json_schema())
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:baraza:overlay:{SCHEMA}",
        "title": "A local interpretation of a standard",
        "description": "What `baraza overlay import` reads. Targets are clause ids or numbers of the base.",
        "type": "object",
        "required": ["overlay", "label", "base", "operations"],
        "additionalProperties": False,
        "properties": {
            "$schema": {"type": "string"},
            "schema": {"type": "integer", "minimum": 1, "maximum": SCHEMA},
            "overlay": {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 80},
            "label": {"type": "string", "minLength": 1, "maxLength": 40},
            "base": {"type": "string", "pattern": "^[^@]+@[^@]+$"},
            "base_hash": {"type": "string", "pattern": "^(sha256:)?[0-9a-f]{64}$"},
            "parent": {"type": ["string", "null"]},
            "scope": scope,
            "transition_until": {"type": "string", "format": "date"},
            "operations": {"type": "array", "items": {"oneOf": operations}},
        },
        "$defs": definitions,
    }


def _operation(op: Op, definitions: dict[str, Any]) -> dict[str, Any]:
    kind = KINDS[op]
    made = kind.model_json_schema(by_alias=True, ref_template="#/$defs/{model}")
    for name, definition in made.pop("$defs", {}).items():
        definitions[name] = _without_titles(definition)
    made = _without_titles(made)
    return {
        "title": op.value,
        "description": (kind.__doc__ or "").split("\n")[0],
        "type": "object",
        "additionalProperties": False,
        "properties": {"op": {"const": op.value}, **made["properties"]},
        "required": ["op", *made.get("required", [])],
    }


def _without_titles(value: Any) -> Any:
    """The same schema without the titles that only repeat names."""
    if isinstance(value, dict):
        return {
            key: _without_titles(part)
            for key, part in value.items()
            if not (key == "title" and isinstance(part, str))
        }
    return [_without_titles(part) for part in value] if isinstance(value, list) else value


if __name__ == "__main__":
    print(json.dumps(schema(), ensure_ascii=False, indent=1))
