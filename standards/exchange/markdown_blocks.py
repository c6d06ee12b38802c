"""Markdown as a row of blocks, each with the source lines it was written on."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

Kind = Literal["heading", "paragraph", "table", "quote", "other"]


@dataclass(frozen=True)
class Block:
    """One block: its kind, its source text, and where it begins (counted from 0).

    `depth` and `words` are a heading's; `rows` are a table's cells as typed, the
    header first.
    """

    kind: Kind
    source: str
    line: int
    depth: int = 0
    words: str = ""
    rows: list[list[str]] = field(default_factory=list)


def blocks_of(lines: list[str]) -> Iterator[Block]:
    """The blocks in order; every line that is not blank belongs to exactly one."""
    tokens = _parser().parse("\n".join(lines))
    reached = 0
    for at, token in enumerate(tokens):
        if token.level or not token.map or token.nesting < 0:
            continue
        start, end = token.map
        # Lines that no block claims, such as link targets, are kept as they are.
        yield from _unclaimed(lines, reached, start)
        reached = max(reached, end)
        yield _block(tokens, at, lines, start, end)
    yield from _unclaimed(lines, reached, len(lines))


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable(["table"])


def _unclaimed(lines: list[str], start: int, end: int) -> Iterator[Block]:
    while start < end and not lines[start].strip():
        start += 1
    if start < end:
        yield Block("other", _joined(lines, start, end), start)


def _block(tokens: list[Token], at: int, lines: list[str], start: int, end: int) -> Block:
    token, source = tokens[at], _joined(lines, start, end)
    if token.type == "heading_open":
        return Block("heading", source, start, depth=int(token.tag[1]), words=tokens[at + 1].content)
    if token.type == "paragraph_open":
        return Block("paragraph", source, start)
    if token.type == "blockquote_open":
        return Block("quote", source, start)
    if token.type == "table_open":
        return Block("table", source, start, rows=list(_rows(tokens, at)))
    return Block("other", source, start)


def _rows(tokens: list[Token], at: int) -> Iterator[list[str]]:
    row: list[str] = []
    for token in tokens[at:]:
        if token.type == "table_close":
            return
        if token.type == "tr_open":
            row = []
        elif token.type == "inline":
            row.append(token.content)
        elif token.type == "tr_close":
            yield row


def _joined(lines: list[str], start: int, end: int) -> str:
    return "\n".join(lines[start:end]).strip("\n").rstrip()
