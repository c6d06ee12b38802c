"""Pins: the fields an operation touches, by the hashes they had when it was made.

A field is `wording`, `stage`, `applies`, `parameter:NAME`, or `wording:LANG`
for a translation, whose source is heading and body. Lists take additions and
have no hash.
"""

import hashlib
from typing import Any

from standards.document import ClauseText, canonical
from standards.operations import Operation, Overlay
from standards.overlays.resolve import Resolved, parameter_called
from standards.stages import named


def field_hash(text: ClauseText, field: str) -> str:
    """The hash of one field of a clause, to pin an operation to; "" for fields that only take additions."""
    value: Any
    if field.startswith("derogation:"):
        field = field.removeprefix("derogation:")
    if field.startswith("parameter:"):
        parameter = parameter_called(text, field.removeprefix("parameter:"))
        value = parameter.model_dump(mode="json") if parameter else None
    elif field == "wording":
        value = text.body
    elif field.startswith("wording:"):
        value = [text.heading, text.body]
    elif field == "stage":
        value = [named(text.attributes.stage), [stage.model_dump() for stage in text.attributes.stages]]
    elif field == "applies":
        told = text.attributes
        value = [sorted(told.producers), sorted(told.minerals), told.size, told.custody]
    else:
        return ""
    return hashlib.sha256(canonical(value)).hexdigest()[:16]


def pinned(overlay: Overlay, ground: Resolved) -> Overlay:
    """The overlay with every operation pinned to the fields it touches, as they read on this ground."""
    clauses = ground.document.by_id

    def pins(one: Operation) -> dict[str, str]:
        if one.clause_id not in clauses:
            return {}  # a clause of the overlay's own changes with its ADD
        text = clauses[one.clause_id].text
        hash_ = field_hash(text, one.field)
        return {"clause": text.hash[:16], **({one.field: hash_} if hash_ else {})}

    moved = tuple(one.model_copy(update={"pins": pins(one)}) for one in overlay.operations)
    return overlay.model_copy(update={"operations": moved})
