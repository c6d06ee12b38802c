"""A standard as PDF: tagged, with contents and bookmarks, made by Typst from values.

The text reaches Typst as JSON and is never spliced into its markup, so nothing
in a standard can be read as a command. The fonts are those Typst brings; only
for scripts they lack are those of the machine asked. The same version gives
the same bytes.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import typst

from standards.document import Document, Level
from standards.exchange import paper
from standards.exchange.flow import BOLD, CODE, ITALIC, LOCAL, STRUCK, Flow, Grid, Line, Run, flow_of
from standards.exchange.marks import NO_MARKS, Marking

_TEMPLATE: Final = Path(__file__).with_name("standard.typ")
_OTHER_SCRIPTS: Final = re.compile(
    "[\u0590-\u1dff\u2c00-\ud7ff\uf900-\ufdff\ufe70-\ufeff\U00010000-\U0010ffff]"
)
_LETTERS: Final = {BOLD: "b", ITALIC: "i", CODE: "c", STRUCK: "s", LOCAL: "l"}


def write(
    document: Document,
    *,
    title: str,
    label: str,
    status: str,
    lead: str = "",
    frozen_on: datetime | None = None,
    marking: Marking = NO_MARKS,
) -> bytes:
    """The numbered document as PDF/UA, with a title page that says which version it is.

    Where a character cannot be shown by any font at hand the file is tagged, but not PDF/UA.
    """
    language = document.language
    words = paper.words(language)
    text = json.dumps(
        {
            "title": title,
            "version": f"{words.version} {label}",
            "status": " · ".join(filter(None, _standing(status, frozen_on, language))),
            "lead": lead,
            "language": language.split("-")[0].lower() or "en",
            "right_to_left": paper.runs_right_to_left(language),
            "contents": words.contents,
            "page": words.page.split("{}"),
            "lines": list(marking.lines),
            "clauses": list(_clauses(document, marking)),
        },
        ensure_ascii=False,
    )
    try:
        return _compiled(text, frozen_on, accessible=True)
    except typst.TypstError:
        # Mostly a character that no font of this machine can show, which PDF/UA does not allow:
        # better a tagged file with a gap than none.
        return _compiled(text, frozen_on, accessible=False)


def _compiled(text: str, frozen_on: datetime | None, *, accessible: bool) -> bytes:
    made = typst.compile(
        _TEMPLATE.read_bytes(),
        format="pdf",
        sys_inputs={"text": text},
        ignore_system_fonts=not _OTHER_SCRIPTS.search(text),
        pdf_standards=["ua-1"] if accessible else [],
        timestamp=int((frozen_on or datetime(2000, 1, 1, tzinfo=UTC)).timestamp()),
    )
    return bytes(made)


def _standing(status: str, frozen_on: datetime | None, language: str) -> Iterator[str]:
    yield paper.status_words(status, language)
    yield paper.written_date(frozen_on, language) if frozen_on else ""


def _clauses(document: Document, marking: Marking) -> Iterator[dict[str, Any]]:
    # PDF/UA lets no level of headings be skipped: only clauses with a heading count.
    headed: dict[object, int] = {None: 0}
    for clause in document:
        depth = headed[clause.parent] + 1
        headed[clause.id] = depth if clause.text.heading.strip() else depth - 1
        marks = marking.of(clause.id)
        flow = flow_of(clause.text, marks)
        yield {
            "number": clause.number,
            "heading": " ".join(clause.text.heading.split()),
            "depth": depth,
            "level": clause.text.level.value,
            "new_page": depth == 1 and clause.text.level is Level.ANNEX,
            "blocks": list(_blocks(flow)),
            "local": marks.whole or marks.body,
            "notes": [
                {"line": note.line, "words": [*note.words.split("\n\n"), note.why]} for note in marks.notes
            ],
        }


def _blocks(flow: Flow) -> Iterator[dict[str, Any]]:
    called: set[str] = set()
    counts: dict[int, int] = {}
    for block in flow.blocks:
        if isinstance(block, Grid):
            rows = [[_runs(line.runs, flow, called) for line in row] for row in block.rows]
            yield {"kind": "table", "rows": rows, "align": [align or "left" for align in block.align]}
            continue
        yield {
            "kind": block.kind,
            "runs": _runs(block.runs, flow, called),
            "depth": block.depth,
            "mark": _mark(block, counts),
        }


def _mark(line: Line, counts: dict[int, int]) -> str:
    """What stands before a list item: a bullet, `2.`, `2)` or `b)`; "" for its further paragraphs."""
    if line.mark is None:
        return ""
    if line.mark.kind == "bullet":
        return "•–"[line.depth % 2]
    number = counts[line.mark.serial] = counts.get(line.mark.serial, line.mark.start - 1) + 1
    if line.mark.kind == "letter":
        return f"{chr(ord('a') + (number - 1) % 26)})"
    return f"{number}{'.' if line.mark.kind == 'decimal' else ')'}"


def _runs(runs: tuple[Run, ...], flow: Flow, called: set[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for run in runs:
        if run.note:
            again = run.note in called
            called.add(run.note)
            # A footnote within a footnote would never end.
            lines = [] if again else [_plain(line.runs) for line in flow.notes.get(run.note, ())]
            found.append({"note": lines})
        else:
            found += _plain((run,))
    return found


def _plain(runs: tuple[Run, ...]) -> list[dict[str, Any]]:
    return [
        {
            "text": run.text,
            "look": "".join(letter for bit, letter in _LETTERS.items() if run.look & bit),
            "link": run.link,
        }
        for run in runs
        if not run.note
    ]
