"""Changes in words: a comparison as text for a terminal, as JSON, and as a page that stands alone."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from markupsafe import Markup, escape

from standards.diff import Change, Comparison, Kind, ParameterChange, Piece

_MARKS = {"delete": "del", "insert": "ins", "same": ""}


def as_text(comparison: Comparison, before: str, after: str) -> str:
    """The changes as lines for a terminal: [-words taken out-] and {+words put in+}."""
    return "\n".join(_lines(comparison, before, after)) + "\n"


def _lines(comparison: Comparison, before: str, after: str) -> Iterator[str]:
    yield f"{before} → {after}"
    if not comparison.changes:
        yield "No word changed."
    for change in comparison.changes:
        kinds = ", ".join(kind.value for kind in Kind if kind in change.kinds)
        was = f" (was {change.was})" if change.was and change.new else ""
        yield f"\n{change.clause.title}{was}: {kinds}"
        for pieces in (change.heading, change.body):
            if any(piece.kind != "same" for piece in pieces):
                yield "".join(_in_brackets(piece) for piece in pieces)
        yield from _facts(change)
    if comparison.renumbered_only:
        yield "\nOnly a new number:"
        for change in comparison.renumbered_only:
            yield f"  {change.was} → {change.clause.title}"


def _in_brackets(piece: Piece) -> str:
    around = {"delete": ("[-", "-]"), "insert": ("{+", "+}"), "same": ("", "")}[piece.kind]
    return f"{around[0]}{piece.text}{around[1]}"


def as_json(comparison: Comparison, before: str, after: str) -> dict[str, Any]:
    """The changes as plain JSON: clause ids, numbers on both sides, kinds and word-level pieces."""
    return {
        "before": before,
        "after": after,
        "counts": {kind.value: count for kind, count in comparison.counts.items()},
        "changes": [_as_json(change) for change in comparison.changes],
        "renumbered": [_as_json(change) for change in comparison.renumbered_only],
    }


def _as_json(change: Change) -> dict[str, Any]:
    return {
        "id": str(change.clause.id),
        "before_number": change.old.number if change.old else None,
        "after_number": change.new.number if change.new else None,
        "kinds": [kind.value for kind in Kind if kind in change.kinds],
        "heading": [list(piece) for piece in change.heading],
        "body": [list(piece) for piece in change.body],
        "parameters": [
            {
                "name": value.name,
                "before": value.old.shown if value.old else None,
                "after": value.new.shown if value.new else None,
                "direction": value.direction,
            }
            for value in change.parameters
        ],
        "attributes": [
            {"name": fact.name, "before": fact.old, "after": fact.new} for fact in change.attributes
        ],
        "sources": [str(clause.id) for clause in change.sources],
        "targets": [str(clause.id) for clause in change.targets],
    }


def as_page(comparison: Comparison, title: str, before: str, after: str, language: str) -> str:
    """The changes as one HTML page that stands alone."""
    parts = []
    for change in comparison.changes:
        kinds = ", ".join(kind.value for kind in Kind if kind in change.kinds)
        facts = Markup("").join(Markup("<li>{}</li>").format(words) for words in _facts(change))
        parts.append(
            Markup(
                '<section>\n<h2>{}</h2>\n<p class="kind">{}</p>\n'
                "<p><b>{}</b></p>\n<p>{}</p>\n<ul>{}</ul>\n</section>"
            ).format(change.clause.title, kinds, marked(change.heading), marked(change.body), facts)
        )
    body = Markup("\n").join(parts) or Markup("<p>No word changed.</p>")
    return str(Markup(_PAGE).format(language=language, title=title, before=before, after=after, body=body))


def marked(pieces: Iterable[Piece]) -> Markup:
    """Pieces of text as HTML with their marks; paragraphs and lines are kept, everything is escaped."""
    return Markup("").join(_piece(piece) for piece in pieces)


def _piece(piece: Piece) -> Markup:
    tag = _MARKS[piece.kind]
    found = Markup("")
    # A mark never reaches over the end of a paragraph: HTML does not allow it.
    for part in re.split(r"(\n\s*\n|\n)", piece.text):
        if part and not part.strip():
            found += Markup("</p><p>") if part.count("\n") > 1 else Markup("<br>")
        elif part:
            found += Markup(f"<{tag}>{{}}</{tag}>").format(part) if tag else escape(part)
    return found


def plain_fact(value: object) -> str:
    """A recorded fact in words; "–" where nothing was recorded."""
    if value in (None, "", [], {}):
        return "–"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {plain_fact(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(plain_fact(part) for part in value)
    return str(value)


def _facts(change: Change) -> Iterator[str]:
    """The values and particulars that changed, each in a line."""
    yield from (_value_words(value) for value in change.parameters)
    for fact in change.attributes:
        yield f"{fact.name}: {plain_fact(fact.old)} → {plain_fact(fact.new)}"


def _value_words(value: ParameterChange) -> str:
    old = value.old.shown if value.old else "–"
    new = value.new.shown if value.new else "–"
    return f"{value.name}: {old} → {new}"


_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}: {before} → {after}</title>
<style>
body {{ font: 1rem/1.6 Georgia, serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }}
ins {{ color: #235c33; }} del {{ color: #9e1b29; }} .kind {{ font-size: .85em; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{before} → {after}</p>
{body}
</body>
</html>
"""
