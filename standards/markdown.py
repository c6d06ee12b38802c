"""Markdown bodies: how they are shown, read as plain words, and tidied.

A body is CommonMark with tables, footnotes, strikethrough and definition
lists. HTML in it is text and is shown as such; what leaves here is cleaned once
more by nh3, so nothing an importer let through can run.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from html import escape

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from standards.document import ClauseText, Level, Modality
from standards.provisions import provision_pattern

RENDERER = 1
"""Raised whenever `render` gives other HTML for the same clause, so that kept pages are made anew."""


def render(text: ClauseText, *, prefix: str = "", language: str = "en") -> str:
    """The clause's body as safe HTML; "" for an empty body.

    `prefix` begins the ids of footnotes, so that several clauses share a page.
    Provision words stand in `<b class="shall">` where the clause binds, the
    values of its parameters in `<span class="parameter">`. Headings inside the
    body become h4 to h6, below those of clauses.
    """
    if not text.body.strip():
        return ""
    source, lettered = _with_letters_as_numbers(text.body)
    env = {"text": text, "language": language, "lettered": lettered, "docId": prefix or None}
    return _clean(_parser().render(source, env))


def plain(text: ClauseText) -> str:
    """The body as plain words, one block a line, parameters filled; no heading, no markup."""
    words = "\n".join(_lines_of(_parser().parse(text.body, {})))
    return filled(text, words)


def parsed(text: ClauseText) -> tuple[list[Token], frozenset[int]]:
    """The body as Markdown tokens, and the lines on which lists of letters begin: for paper."""
    source, lettered = _with_letters_as_numbers(text.body)
    return _parser().parse(source, {"lettered": lettered}), lettered


def filled(text: ClauseText, words: str) -> str:
    """The words with `{name}` replaced by the value of each parameter the clause declares."""
    if not text.parameters:
        return words
    shown = {parameter.name: parameter.shown for parameter in text.parameters}
    return "".join(part for part, _ in filled_parts(words, shown))


def filled_parts(words: str, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The words cut at their values, in order: (text, "") for words, (shown, name) for a value."""
    at = 0
    for found in _BRACES.finditer(words):
        if found[1] in values:
            if found.start() > at:
                yield words[at : found.start()], ""
            yield values[found[1]], found[1]
            at = found.end()
    if at < len(words):
        yield words[at:], ""


def normalised(body: str) -> str:
    """The body without an editor's noise; a second time changes nothing.

    Line ends, trailing space, blank lines in a row, bullets and the composition
    of accents become one; code stays as it is, and so does what a reader sees.
    """
    lines = unicodedata.normalize("NFC", body).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    coded = _inside_code(lines)
    lines = [
        line if code else _without_trailing_space(line, following)
        for line, code, following in zip(lines, coded, [*lines[1:], ""], strict=True)
    ]
    return "\n".join(_one_blank_line(_dash_bullets(lines, coded), coded)).strip("\n")


# --- rendering


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.use(footnote_plugin, inline=False).use(deflist_plugin)
    parser.core.ruler.before("text_join", "clause", _as_clause)
    return parser


_SAFE = nh3.Cleaner(
    tags={
        *("p", "br", "hr", "b", "strong", "em", "s", "code", "pre", "blockquote", "a", "sup", "span"),
        *("ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td"),
        *("h4", "h5", "h6", "section"),
    },
    attributes={
        "a": {"href", "id", "class"},
        "span": {"class", "data-name"},
        "b": {"class"},
        "sup": {"class"},
        "section": {"class"},
        "hr": {"class"},
        "ol": {"class", "start"},
        "li": {"id", "class"},
        "th": {"class"},
        "td": {"class"},
        "code": {"class"},
    },
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener",
)


def _clean(html: str) -> str:
    return _SAFE.clean(html)


def _as_clause(state: StateCore) -> None:
    """Turn a parsed body into a clause's: parameters, provision words, quiet headings, safe links."""
    text, lettered = state.env.get("text"), state.env.get("lettered", ())
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 3)}"
        elif token.type == "ordered_list_open" and token.map and token.map[0] in lettered:
            token.attrJoin("class", "letters")
        elif token.type in ("th_open", "td_open") and "style" in token.attrs:
            # A page's Content-Security-Policy refuses inline styles.
            token.attrs = {"class": str(token.attrs["style"]).removeprefix("text-align:")}
        elif token.type == "inline" and token.children and isinstance(text, ClauseText):
            token.children = list(_inline(token.children, text, state.env["language"]))


def _inline(tokens: list[Token], text: ClauseText, language: str) -> Iterator[Token]:
    mark = _Marker(text, language)
    open_links: list[bool] = []
    for token in tokens:
        if token.type == "link_open":
            open_links.append(bool(_LINK.match(str(token.attrGet("href")))))
            if open_links[-1]:
                yield token
        elif token.type == "link_close":
            if open_links.pop():
                yield token
        elif token.type == "image":
            yield from _image_as_link(token)
        elif token.type == "text":
            yield from mark(token, bool(open_links))
        else:
            yield token


def _image_as_link(token: Token) -> Iterator[Token]:
    """Nothing is fetched from elsewhere: an image becomes its description, linked where it may be."""
    address = str(token.attrGet("src") or "")
    shown = escape(token.content or address)
    if _LINK.match(address):
        shown = f'<a href="{escape(address)}">{shown}</a>'
    yield _raw(shown)


class _Marker:
    """Marks parameters and provision words in running text."""

    def __init__(self, text: ClauseText, language: str) -> None:
        self._shown = {parameter.name: parameter.shown for parameter in text.parameters}
        binds = text.modality is not Modality.NONE and text.level is not Level.NOTE
        parts = [r"\{(?P<name>[a-z][a-z0-9_-]*)\}"] if self._shown else []
        parts += [rf"(?P<shall>{provision_pattern(language).pattern})"] if binds else []
        self._pattern = _compiled("|".join(parts)) if parts else None

    def __call__(self, token: Token, in_link: bool) -> Iterator[Token]:
        if self._pattern is None:
            yield token
            return
        pieces = [self._piece(found, in_link) for found in self._pattern.finditer(token.content)]
        spans = [found.span() for found in self._pattern.finditer(token.content)]
        end = 0
        for piece, (start, stop) in zip(pieces, spans, strict=True):
            if piece:
                yield _text(token.content[end:start])
                yield _raw(piece)
                end = stop
        yield _text(token.content[end:])

    def _piece(self, found: re.Match[str], in_link: bool) -> str:
        groups = found.groupdict()
        name, shall = groups.get("name"), groups.get("shall")
        if name in self._shown:
            return f'<span class="parameter" data-name="{name}">{escape(self._shown[name])}</span>'
        if shall and not in_link:
            return f'<b class="shall">{escape(shall)}</b>'
        return ""


@lru_cache(maxsize=32)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _raw(html: str) -> Token:
    return Token("html_inline", "", 0, content=html)


_LINK = re.compile(r"(?:https?://|mailto:|#)", re.IGNORECASE)
_BRACES = re.compile(r"\{([a-z][a-z0-9_-]*)\}")
_LETTERED = re.compile(r"^(\s*)([a-z])\)(?=\s+\S)")


def _with_letters_as_numbers(body: str) -> tuple[str, frozenset[int]]:
    """Write lists of `a)`, `b)` as `1)`, `2)`, and say on which lines such lists begin."""
    if not re.search(r"^\s*a\)\s", body, re.MULTILINE):
        return body, frozenset()
    lines, begun = body.split("\n"), set()
    expected: dict[str, str] = {}
    coded = _inside_code(lines)
    for at, line in enumerate(lines):
        found = None if coded[at] else _LETTERED.match(line)
        if not found:
            continue
        indent, letter = found.groups()
        if letter == "a":
            begun.add(at)
        elif letter != expected.get(indent):
            continue
        expected[indent] = chr(ord(letter) + 1)
        lines[at] = f"{indent}{ord(letter) - ord('a') + 1}){line[found.end() :]}"
    return "\n".join(lines), frozenset(begun)


# --- plain words


def _lines_of(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type == "inline":
            words = "".join(_words_of(token.children or [])).strip()
            if words:
                yield words
        elif token.type in ("fence", "code_block"):
            yield token.content.rstrip("\n")


def _words_of(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type in ("softbreak", "hardbreak"):
            yield " "
        elif token.type in ("text", "code_inline", "image", "text_special"):
            yield token.content


# --- tidying

_FENCE = re.compile(r"^\s*(`{3,}|~{3,})([^`]*)$")
_BULLET = re.compile(r"^( {0,3})([*+-])(?=\s+[^\s*_+-])")


def _inside_code(lines: list[str]) -> list[bool]:
    """For each line, whether it belongs to a fenced block or is indented as code."""
    found, fence = [], ""
    for line in lines:
        mark = _FENCE.match(line)
        if fence:
            found.append(True)
            if mark and mark[1].startswith(fence) and not mark[2].strip():
                fence = ""
        elif mark:
            found.append(True)
            fence = mark[1]
        else:
            found.append(bool(line.strip()) and line.startswith(("    ", "\t")))
    return found


def _without_trailing_space(line: str, following: str) -> str:
    bare = line.rstrip(" \t")
    if bare == line or not bare:
        return bare
    if bare.endswith("\\"):  # bare, the backslash would break the line
        return bare + " "
    return bare + "  " if line.endswith("  ") and following.strip() else bare


def _dash_bullets(lines: list[str], coded: list[bool]) -> list[str]:
    found = [None if code else _BULLET.match(line) for line, code in zip(lines, coded, strict=True)]
    # Two kinds of bullet side by side are two lists: those stay apart.
    kinds = {bullet[2] for bullet in found if bullet}
    if len(kinds) != 1 or "-" in kinds:
        return lines
    return [
        f"{bullet[1]}-{line[bullet.end() :]}" if bullet else line
        for line, bullet in zip(lines, found, strict=True)
    ]


def _one_blank_line(lines: list[str], coded: list[bool]) -> Iterator[str]:
    for at, line in enumerate(lines):
        blank = not line and not coded[at]
        again = blank and at > 0 and not lines[at - 1] and not coded[at - 1]
        if not (again and not _code_follows(lines, at)):
            yield line


def _code_follows(lines: list[str], at: int) -> bool:
    following = next((line for line in lines[at:] if line.strip()), "")
    return following.startswith(("    ", "\t"))
