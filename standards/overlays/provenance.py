"""Provenance: each span of a resolved text, and the base version or the operation it comes from."""

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from standards.document import Clause, ClauseText
from standards.markdown import filled, filled_parts
from standards.operations import (
    Derogate,
    Guide,
    Law,
    Scope,
    Translate,
    Verify,
    condition_words,
    value_words,
)
from standards.overlays.resolve import Local, Placed, Resolved


class Source(NamedTuple):
    """What a span comes from: the base version, or an operation of a layer.

    `op` and `key` are "" for the base.
    """

    layer: str
    op: str = ""
    key: str = ""


class Piece(NamedTuple):
    """A span as it is rendered, the field it belongs to, and what it comes from."""

    field: str
    text: str
    source: Source


def pieces(resolved: Resolved, clause: Clause) -> tuple[Piece, ...]:
    """Every span of the clause as rendered, each with its source.

    The pieces of the field `body` joined are the body with its values filled in.
    """
    return tuple(_pieces(clause, resolved.of(clause.id), Source(resolved.base)))


def as_json(resolved: Resolved) -> dict[str, Any]:
    """The resolved text with provenance, in the shape of `standard export --to json` and more."""
    return {
        "base": resolved.base,
        "layers": list(resolved.layers),
        "on": resolved.on.isoformat() if resolved.on else None,
        "hash": resolved.hash,
        "language": resolved.document.language,
        "clauses": [_clause_json(resolved, clause) for clause in resolved.document],
    }


def _pieces(clause: Clause, local: Local, base: Source) -> Iterator[Piece]:
    text, own = clause.text, local.given.get("")
    ground = _source(own) if own else base

    def source(field: str) -> Source:
        return _source(local.given[field]) if field in local.given else ground

    if text.heading:
        yield Piece("heading", text.heading, ground)
    values = {parameter.name: parameter.shown for parameter in text.parameters}
    for words, name in filled_parts(text.body, values):
        field = f"parameter:{name}" if name else "wording"
        found = source(field)
        # A value that stands in words of another layer is still that layer's unless somebody set it.
        yield Piece("body", words, found if field in local.given or not name else source("wording"))
    if text.attributes.stage:
        yield Piece("stage", text.attributes.stage, source("stage"))
    yield from _listed(local, ground, text)


def _listed(local: Local, ground: Source, text: ClauseText) -> Iterator[Piece]:
    """Verifiers and laws, the base's first; then guidance, conditions, wordings and derogations."""
    added = {kind: [one for one in local.placed if isinstance(one.operation, kind)] for kind in (Verify, Law)}
    own = len(text.attributes.verifiers) - len(added[Verify])
    for at, verifier in enumerate(text.attributes.verifiers):
        yield Piece("verifiers", verifier.text, ground if at < own else _source(added[Verify][at - own]))
    own = len(text.attributes.laws) - len(added[Law])
    for at, law in enumerate(text.attributes.laws):
        yield Piece("laws", law, ground if at < own else _source(added[Law][at - own]))
    for one in local.placed:
        match one.operation:
            case Guide(text=words):
                yield Piece("guidance", words, _source(one))
            case Scope() as scope:
                yield Piece("applies", condition_words(scope), _source(one))
            case Translate(lang=lang, wording=words):
                yield Piece(f"wording:{lang}", words, _source(one))
            case Derogate() as derogation:
                shown = value_words(derogation.value)
                yield Piece("derogation", f"{derogation.weakens}: {shown}, {derogation.until}", _source(one))


def _source(placed: Placed) -> Source:
    return Source(placed.layer, placed.operation.op.value, placed.operation.key)


def _clause_json(resolved: Resolved, clause: Clause) -> dict[str, Any]:
    text, local = clause.text.as_json(), resolved.of(clause.id)
    del text["declared_number"]
    return {
        "id": str(clause.id),
        "number": clause.number,
        "parent": str(clause.parent) if clause.parent else None,
        **text,
        "words": filled(clause.text, clause.text.body),
        "operations": [_operation_json(one, resolved.on) for one in local.placed],
        "certifiable": not resolved.uncertifiable(clause),
        "provenance": [
            {"field": piece.field, "text": piece.text, **_source_json(piece.source)}
            for piece in pieces(resolved, clause)
        ],
    }


def _operation_json(one: Placed, on: date | None) -> dict[str, Any]:
    told = {"layer": one.layer, "key": one.operation.key, **one.operation.as_json()}
    if isinstance(one.operation, Derogate) and on is not None:
        told["in_force"] = one.operation.in_force(on)
    return told


def _source_json(source: Source) -> dict[str, str]:
    return {"layer": source.layer, **({"op": source.op, "operation": source.key} if source.op else {})}
