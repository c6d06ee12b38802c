"""A Markdown file before its clauses are read: what is text, and what stands beside it.

Front matter, hidden comments, kramdown-rfc's part marks and formatting lines are
no text of the standard; footnotes and link targets belong to whichever clause
refers to them. Lines keep their numbers throughout, so findings can name them.
"""

import re
from dataclasses import dataclass, field

from standards.document import Finding

_FENCE = re.compile(r"^\s{0,3}(`{3,}|~{3,})")
_FOOTNOTE = re.compile(r"^ {0,3}\[\^([^\]\s]+)\]:\s?(.*)$")
_TARGET = re.compile(r"^ {0,3}\[([^\]^][^\]]*)\]:\s*\S+.*$")
_PART = re.compile(r"^--- (abstract|middle|back|note_\S+)\s*$")
_FORMATTING = re.compile(r"^\s{0,3}\{:(.*)\}\s*$")
_CAPTION = re.compile(r"title=(?:\"([^\"]*)\"|'([^']*)')")
_INCLUDE = re.compile(r"^\{::include\s+(\S+)\s*\}")
_TAG = re.compile(r"</?[a-zA-Z][a-zA-Z0-9-]*(?:\s[^<>\n]*)?/?>")


@dataclass
class Source:
    """The lines to read as clauses, and what was set apart from them.

    `parts` names, by line, where kramdown-rfc's abstract, middle and back begin.
    """

    lines: list[str]
    title: str = ""
    language: str = ""
    references: list[tuple[str, str]] = field(default_factory=list)
    parts: dict[int, str] = field(default_factory=dict)
    footnotes: dict[str, str] = field(default_factory=dict)
    targets: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def note(self, message: str, line: int | None = None) -> None:
        """Tell the reader something about the source; `line` counts from 0."""
        self.findings.append(Finding("note", message, "" if line is None else f"line {line + 1}"))


def prepared(text: str) -> Source:
    """Set apart what is not running text; the lines that held it become blank."""
    source = Source(text.split("\n"))
    _take_front_matter(source)
    _take_comments(source)
    coded = fenced(source.lines)
    _take_parts_and_formatting(source, coded)
    _take_footnotes(source, coded)
    _tell_of_html(source, coded)
    return source


def fenced(lines: list[str]) -> list[bool]:
    """For each line, whether it belongs to a fenced block, its marks included."""
    found, fence = [], ""
    for line in lines:
        mark = _FENCE.match(line)
        found.append(bool(fence or mark))
        if fence and mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""
        elif not fence and mark:
            fence = mark[1]
    return found


# --- front matter


def _take_front_matter(source: Source) -> None:
    """YAML between `---` and `---`, `...` or kramdown-rfc's first part mark; only its top level is read."""
    lines = source.lines
    if not lines or lines[0].rstrip() != "---":
        return
    marks = (at for at in range(1, len(lines)) if re.match(r"(?:---|\.\.\.)(?: \w+)?\s*$", lines[at]))
    end = next(marks, None)
    if end is None or not any(re.match(r"[\w-]+:", line) for line in lines[1:end]):
        return
    sections = _top_level(lines[1:end])
    source.title = sections.get("title", [""])[0] or sections.get("subtitle", [""])[0]
    source.language = sections.get("lang", sections.get("language", [""]))[0]
    for key, heading in (("normative", "Normative References"), ("informative", "Informative References")):
        if key in sections:
            source.references.append((heading, _as_bullets(sections.pop(key)[1:])))
    left = [key for key in sections if key not in ("title", "lang", "language")]
    if source.title and "title" not in sections:
        left.remove("subtitle")
    if left:
        source.note(f"The file's heading data was not taken over: {', '.join(left)}", 0)
    kept_mark = _PART.match(lines[end])
    for at in range(end if kept_mark else end + 1):
        lines[at] = ""


def _top_level(lines: list[str]) -> dict[str, list[str]]:
    """Each key with its value on the same line, then its indented lines."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in lines:
        if key := re.match(r"([\w-]+):\s*(.*)$", line):
            current = found.setdefault(key[1], [])
            current.append(_unquoted(key[2]))
        elif line.strip():
            current.append(line)
    return found


def _as_bullets(lines: list[str]) -> str:
    """References as a list: one bullet for each entry, its details in a row."""
    bullets: list[list[str]] = []
    for line in lines:
        indent = len(line) - len(line.lstrip())
        key, _, value = line.strip().partition(":")
        if indent <= 2 and not line.lstrip().startswith("-"):
            bullets.append([f"**{key}**", _unquoted(value)])
        elif bullets:
            bullets[-1].append(_unquoted(value) if value else key if ":" not in line else "")
    return "\n".join("- " + ". ".join(part for part in bullet if part) for bullet in bullets)


def _unquoted(value: str) -> str:
    return value.strip().strip("\"'")


# --- beside the text


def _take_comments(source: Source) -> None:
    text, coded = "\n".join(source.lines), fenced(source.lines)
    kept: list[str] = []
    reached = line = 0
    while (start := text.find("<!--", reached)) >= 0 and (end := text.find("-->", start)) >= 0:
        end += len("-->")
        line += text.count("\n", reached, start)
        comment = text[start:end]
        if coded[line]:
            kept.append(text[reached:end])
        else:
            kept.extend([text[reached:start], "\n" * comment.count("\n")])
            source.note(f"A comment hidden in the file was left out: {' '.join(comment[4:-3].split())}", line)
        reached = end
        line += comment.count("\n")
    source.lines = ("".join(kept) + text[reached:]).split("\n")


def _take_parts_and_formatting(source: Source, coded: list[bool]) -> None:
    for at, line in enumerate(source.lines):
        if part := None if coded[at] else _PART.match(line):
            source.parts[at] = part[1]
            source.lines[at] = ""
        elif (formatting := _FORMATTING.match(line)) and not coded[at]:
            caption = _CAPTION.search(formatting[1])
            source.lines[at] = f"*{caption[1] or caption[2]}*" if caption else ""
            # A caption right under its figure must not run into the figure's own lines.
            if caption is None and formatting[1].strip():
                source.note(f"A formatting mark was left out: {line.strip()}", at)
        elif included := _INCLUDE.match(line):
            told = f"The text of {included[1]} stands in another file and is not part of this one"
            source.findings.append(Finding("lost", told, f"line {at + 1}"))


def _take_footnotes(source: Source, coded: list[bool]) -> None:
    """Set footnotes apart with their indented lines; copy link targets, which stay where they are."""
    at = 0
    while at < len(source.lines):
        line = source.lines[at]
        if coded[at]:
            at += 1
        elif footnote := _FOOTNOTE.match(line):
            end = _end_of_footnote(source.lines, at)
            source.footnotes[footnote[1]] = "\n".join(source.lines[at:end]).rstrip()
            source.lines[at:end] = [""] * (end - at)
            at = end
        else:
            if target := _TARGET.match(line):
                source.targets[target[1].casefold()] = line.strip()
            at += 1


def _end_of_footnote(lines: list[str], start: int) -> int:
    end = start + 1
    while end < len(lines):
        if lines[end].strip() and not lines[end].startswith(("    ", "\t")):
            ends_paragraph = not lines[end - 1].strip() or lines[end][0] in "#|>[-*"
            if ends_paragraph:
                break
        end += 1
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    return end


def _tell_of_html(source: Source, coded: list[bool]) -> None:
    tagged = [
        at
        for at, line in enumerate(source.lines)
        if not coded[at] and _TAG.search(re.sub(r"`[^`]*`", "", line))
    ]
    if tagged:
        places = f"{len(tagged)} lines hold" if len(tagged) > 1 else "One line holds"
        source.note(f"{places} HTML tags; they are shown as they were typed and do nothing", tagged[0])
