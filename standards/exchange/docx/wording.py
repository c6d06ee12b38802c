"""Spans of a Word file as Markdown: emphasis, links, code and footnote marks; all else is escaped."""

import re
from collections.abc import Iterable
from itertools import groupby

from standards.exchange.docx.blocks import Span
from standards.exchange.docx.styles import BOLD, CODE, HIDDEN, ITALIC

_ANYWHERE = re.compile(
    r"\\(?=[!-/:-@\[-`{-~])"
    r"|`"
    r"|(?<!\s)\*|\*(?!\s)"
    r"|(?<![^\W_])_|_(?![^\W_])"
    r"|~(?=~)"
    r"|<(?=[A-Za-z/!?])"
    r"|&(?=#?\w+;)"
    r"|\[(?=\^|[^\]]*\](?:\(|:|\[))"
)
_AT_START = re.compile(r"^(?:(#{1,6}(?=\s|$)|>|[-+*](?=\s|$)|={3,}\s*$|-{3,}\s*$)|(\d{1,9})([.)](?=\s|$)))")
_SAFE_ADDRESS = re.compile(r"^(?:https?|mailto|ftp|tel):", re.IGNORECASE)


def plain(spans: Iterable[Span]) -> str:
    """The words on one line, without any markup."""
    return " ".join("".join([span.text for span in spans]).split())


def escaped(text: str) -> str:
    """Text that Markdown shows as it stands, wherever it is put but at the start of a line."""
    return _ANYWHERE.sub(r"\\\g<0>", text)


def escaped_start(text: str) -> str:
    """Text that no longer starts a heading, list or quotation."""
    return _AT_START.sub(lambda m: f"\\{m[1]}" if m[1] else f"{m[2]}\\{m[3]}", text)


def markdown(spans: Iterable[Span], notes: dict[tuple[str, str], str]) -> str:
    """One paragraph as Markdown; lines broken in Word stay broken. `notes` names each footnote."""
    written = ""
    pieces = [
        (look & (BOLD | ITALIC | CODE), link, mark, "".join([span.text for span in group]))
        for (look, link, mark), group in groupby(spans, key=_same)
        if not look & HIDDEN
    ]
    for at, (look, link, mark, text) in enumerate(pieces):
        if mark is not None:
            written += f"[^{notes[mark]}]" if mark in notes else ""
            continue
        following = next((other[3][0] for other in pieces[at + 1 :] if other[3]), " ")
        written = _joined(written, text, look, link, following)
    lines = [" ".join(line.split()) for line in written.split("\n")]
    return "\\\n".join(escaped_start(line) for line in lines if line)


def safe_address(link: str) -> str:
    """The address as Markdown takes it; "" for kinds of address that no text needs."""
    if not _SAFE_ADDRESS.match(link.strip()):
        return ""
    return re.sub(r"[\s<>()\\]", lambda m: f"%{ord(m[0]):02X}" if ord(m[0]) < 128 else "", link.strip())


def _same(span: Span) -> tuple[int, str, tuple[str, str] | None]:
    return (span.look & (BOLD | ITALIC | CODE | HIDDEN), span.link, span.mark)


def _joined(written: str, text: str, look: int, link: str, following: str) -> str:
    core = text.strip()
    if not core or (not look and not link):
        return written + escaped(text)
    before = text[: len(text) - len(text.lstrip())]
    after = text[len(text.rstrip()) :]
    address = safe_address(link)
    if address and "\n" not in core:
        shown = f"<{address}>" if core == address else f"[{_bracketed(core)}]({address})"
        return written + before + shown + after
    if look & CODE and "\n" not in core and "`" not in core:
        return f"{written}{before}`{core}`{after}"
    stars = {BOLD: "**", ITALIC: "*", BOLD | ITALIC: "***"}.get(look & (BOLD | ITALIC), "")
    last = (written + before)[-1:]
    if not stars or "\n" in core or last == "*":
        return written + escaped(text)
    # Markdown reads stars only at the edge of a word, so punctuation moves outside where words touch.
    if not after and following.isalnum():
        kept = core.rstrip("".join({c for c in core if not c.isalnum()}))
        core, after = kept, core[len(kept) :]
    if last.isalnum():
        kept = core.lstrip("".join({c for c in core if not c.isalnum()}))
        before, core = before + core[: len(core) - len(kept)], kept
    if not core:
        return written + escaped(text)
    return f"{written}{escaped(before)}{stars}{escaped(core)}{stars}{escaped(after)}"


def _bracketed(text: str) -> str:
    return re.sub(r"(?<!\\)[\[\]]", r"\\\g<0>", escaped(text))
