"""Reading clauses, comments and gold as lines of JSON, with errors that name the line."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from consult.linking.suggesting import ClauseGiven


class UnreadableLine(ValueError):
    """A line that is not what the file should hold."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"line {line}: {problem}")
        self.line, self.problem = line, problem


@dataclass(frozen=True)
class CommentGiven:
    """A comment to link; `clauses` are the right ones where they are known (gold)."""

    comment_id: str
    comment: str
    lang: str | None = None
    quote: str | None = None
    asked: str | None = None
    clauses: tuple[str, ...] = ()


def read_clauses(lines: Iterable[str]) -> list[ClauseGiven]:
    """The clauses, in order; blank lines are passed over. Raises UnreadableLine."""
    clauses: list[ClauseGiven] = []
    seen: dict[str, int] = {}
    for at, found in _objects(lines):
        clause_id = _text(found, "id", at, required=True)
        if clause_id in seen:
            raise UnreadableLine(at, f"the clause id {clause_id} was already given in line {seen[clause_id]}")
        seen[clause_id] = at
        clauses.append(
            ClauseGiven(
                clause_id,
                _text(found, "number", at),
                _text(found, "title", at),
                _text(found, "text", at),
                *(_texts(found, name, at) for name in ("parents", "synonyms", "confirmed")),
            )
        )
    return clauses


def read_comments(lines: Iterable[str], *, gold: bool = False) -> list[CommentGiven]:
    """The comments, in order; for gold each names its right `clauses`. Raises UnreadableLine."""
    comments = []
    for at, found in _objects(lines):
        if gold and "clauses" not in found:
            raise UnreadableLine(at, 'a gold comment needs "clauses", the list of right clause ids')
        comments.append(
            CommentGiven(
                comment_id=_text(found, "comment_id", at, required=True),
                comment=_text(found, "comment", at),
                lang=_text(found, "lang", at) or None,
                quote=_text(found, "quote", at) or None,
                asked=_text(found, "asked", at) or None,
                clauses=_texts(found, "clauses", at),
            )
        )
    return comments


def read_gold(lines: Iterable[str]) -> list[CommentGiven]:
    """Comments with their right clauses. Raises UnreadableLine."""
    return read_comments(lines, gold=True)


def _objects(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    for at, line in enumerate(lines, start=1):
        written = line.strip().lstrip("\ufeff")
        if not written:
            continue
        try:
            found = json.loads(written)
        except (ValueError, RecursionError):
            raise UnreadableLine(at, "this is not JSON; each line holds one object") from None
        if not isinstance(found, dict):
            raise UnreadableLine(at, "this is not an object; each line holds one, such as {…}")
        yield at, found


def _text(found: dict[str, Any], name: str, at: int, *, required: bool = False) -> str:
    value = found.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or (required and not value):
        raise UnreadableLine(at, f'"{name}" is missing or is not text')
    return value


def _texts(found: dict[str, Any], name: str, at: int) -> tuple[str, ...]:
    value = found.get(name)
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list) or not all(isinstance(one, str | int | float) for one in value):
        raise UnreadableLine(at, f'"{name}" is not a list of texts')
    return tuple(str(one) for one in value)
