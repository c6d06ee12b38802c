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
        # A value is its giver's, also where it stands in the words of another layer.
        yield Piece("body", words, source(f"parameter:{name}" if name else "wording"))
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
            case Translate(lang=lang) as translation if local.wordings[lang] is translation:
                yield from _translated(translation, local, text, _source(one), ground)
            case Derogate() as derogation:
                shown = value_words(derogation.value)
                yield Piece("derogation", f"{derogation.weakens}: {shown}, {derogation.until}", _source(one))


def _translated(
    one: Translate, local: Local, text: ClauseText, its: Source, ground: Source
) -> Iterator[Piece]:
    """A wording in another language, its values filled in: a value is from whoever set it."""
    if one.heading:
        yield Piece(f"heading:{one.lang}", one.heading, its)
    values = {parameter.name: parameter.shown for parameter in text.parameters}
    for words, name in filled_parts(one.wording, values):
        given = local.given.get(f"parameter:{name}")
        value = _source(given) if given else ground
        yield Piece(f"wording:{one.lang}", words, value if name else its)


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
