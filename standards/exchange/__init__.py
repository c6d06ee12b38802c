"""Bringing standards in and sending them out.

An importer turns a file into an `Imported`: what it understood, and findings
for what it did not, shown to a person before anything is saved. Text it does
not understand is kept as text; `check_nothing_lost` counts the words.
"""

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator

from standards.document import Finding, Imported, ImportedClause
from standards.errors import UnreadableFile
from standards.exchange.trees import counted

LARGEST_FILE = 50_000_000
"""Bytes; the longest standards we know are a tenth of this, pictures included."""

TAKEN = (
    "Word (.docx), Markdown or plain text (.md, .txt), clause JSONL (.jsonl), our own JSON (.json), "
    "and OSCAL catalogues (.json)"
)


def read_file(data: bytes, name: str) -> Imported:
    """What the file holds, read by its content first and its name second.

    `name` is the file's name as its owner knows it. Raises UnreadableFile, with a
    sentence saying what the file is and what can be taken, for anything else.
    """
    _refuse_what_we_cannot_read(data, name)
    if data.startswith(b"PK"):
        from standards.exchange.docx.importing import read  # slow to load, and not always wanted

        return read(data, name)
    from standards.exchange import json_text, jsonl, markdown_text
    from standards.exchange.plain_text import decoded

    text, findings = decoded(data)
    if _looks_like_clause_lines(text, name):
        return jsonl.read(text, name, findings)
    if _looks_like_json(text, name):
        return json_text.read(text, name, findings)
    _refuse_other_markup(text, name)
    return markdown_text.read(text, name, findings)


def check_nothing_lost(imported: Imported) -> list[Finding]:
    """A `lost` finding for each run of words of the source that no clause holds.

    Compares how often each word stands in the source and in the clauses,
    markup aside; the line named is where such a run most likely stood.
    """
    held = _words(_everything(imported))
    missing = Counter(_words(imported.source_text)) - Counter(held)
    if not missing:
        return []
    return list(_missing_runs(imported.source_text, missing, " ".join(held)))


# --- words

_WORD = re.compile(r"[^\W_]+")


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _everything(imported: Imported) -> str:
    # Typed numbers that counting gives as well are no longer in the clauses themselves.
    numbers = counted(imported.clauses, imported.scheme)
    return "\n".join([imported.title, *numbers, *(_all_of(clause) for clause in imported.clauses)])


def _all_of(clause: ImportedClause) -> str:
    text, extra = clause.text, clause.text.attributes.extra
    columns = [f"{name} {value}" for name, value in extra.items()]
    values = [f"{parameter.label} {parameter.shown}" for parameter in text.parameters]
    return "\n".join([text.declared_number, text.heading, text.body, *columns, *values, clause.anchor])


def _missing_runs(source: str, missing: Counter[str], held: str) -> Iterator[Finding]:
    """Blame the lines whose words do not stand together in any clause, then any line at all."""
    lines = [(number, _words(line)) for number, line in enumerate(source.split("\n"), start=1)]
    broken = [(number, words) for number, words in lines if f" {' '.join(words)} " not in f" {held} "]
    for number, words in [*broken, *lines]:
        run: list[str] = []
        for word in [*words, ""]:
            if missing[word] > 0:
                missing[word] -= 1
                run.append(word)
            elif run:
                yield Finding("lost", f"These words are in no clause: {' '.join(run)}", f"line {number}")
                run = []


# --- refusals

_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF; its layout hides where clauses begin, so please send the Word file it was made from"),
    (
        b"\xd0\xcf\x11\xe0",
        "an old Word file (.doc) or one locked with a password; "
        "please remove the password and save it as .docx",
    ),
    (b"{\\rtf", "an RTF file; please open it in a word processor and save it as .docx"),
    (b"\x89PNG", "a picture; please send the text it shows"),
    (b"\xff\xd8\xff", "a picture; please send the text it shows"),
    (b"GIF8", "a picture; please send the text it shows"),
    (b"\x1f\x8b", "a compressed archive; please unpack it and send the document inside"),
    (b"Rar!", "a compressed archive; please unpack it and send the document inside"),
    (b"7z\xbc\xaf", "a compressed archive; please unpack it and send the document inside"),
    (b"SQLite format 3", "a database"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
)


def _refuse_what_we_cannot_read(data: bytes, name: str) -> None:
    if not data.strip():
        raise UnreadableFile(f"{name} is empty; please choose the file that holds the standard.")
    if len(data) > LARGEST_FILE:
        raise UnreadableFile(
            f"{name} has {len(data) // 1_000_000} MB; we take up to {LARGEST_FILE // 1_000_000} MB. "
            "Large pictures are the usual cause: please make them smaller or leave them out."
        )
    for mark, kind in _KINDS:
        if data.startswith(mark):
            raise _refusal(name, kind)
    if data.startswith(b"PK") and (kind := _kind_of_zip(data)):
        raise _refusal(name, kind)


def _refusal(name: str, kind: str) -> UnreadableFile:
    return UnreadableFile(f"{name} is {kind}. We take {TAKEN}.")


def _kind_of_zip(data: bytes) -> str:
    """What a zip holds, "" when it is a Word document."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            inside = set(archive.namelist())
    except zipfile.BadZipFile:
        return "a damaged Word file or archive; please save or send it again"
    if "word/document.xml" in inside or any(part.startswith("word/document") for part in inside):
        return ""
    if any(part.startswith("xl/") for part in inside):
        return "a spreadsheet; comment tables are brought in from the round, not here"
    if any(part.startswith("ppt/") for part in inside):
        return "a slide presentation"
    if "content.xml" in inside and "mimetype" in inside:
        return "an OpenDocument file; please save it as .docx"
    return "an archive (zip); please unpack it and send the document inside"


def _refuse_other_markup(text: str, name: str) -> None:
    start = text.lstrip()[:2000].casefold()
    if start.startswith("<?xml") or "<akomantoso" in start:
        kind = "an XML file"
        if "akomantoso" in start:
            kind = "an Akoma Ntoso (XML) file; please export it from its editor as Word"
        raise _refusal(name, kind)
    if re.match(r"(?:<!--.*?-->\s*)?<(?:!doctype html|html)\b", start, re.DOTALL):
        raise _refusal(name, "a web page (HTML); please copy its text into a Word or Markdown file")
    if name.casefold().endswith((".csv", ".tsv", ".xml", ".html", ".htm", ".yml", ".yaml")):
        ending = name.rsplit(".", 1)[-1].upper()
        raise _refusal(name, f"of the kind {ending}, whose columns or tags we cannot tell from clauses")


def _looks_like_clause_lines(text: str, name: str) -> bool:
    if name.casefold().endswith((".jsonl", ".ndjson")):
        return True
    first, _, rest = text.lstrip().partition("\n")
    return first.startswith("{") and first.rstrip().endswith("}") and rest.lstrip().startswith("{")


def _looks_like_json(text: str, name: str) -> bool:
    return name.casefold().endswith(".json") or bool(re.match(r'\s*(?:\{\s*"|\[\s*\{\s*")', text))
