"""Opening a transcript file: its encoding, its format, and a kind word when it is neither."""

import re

from consult.channels.transcripts.cues import parse_srt, parse_webvtt
from consult.channels.transcripts.docx_table import parse_docx
from consult.channels.transcripts.json_segments import parse_json
from consult.channels.transcripts.plain import parse_plain
from consult.channels.transcripts.values import (
    NoUtterances,
    Problem,
    Transcript,
    UnreadableTranscript,
    Utterance,
)

_FOREIGN = {
    b"\xd0\xcf\x11\xe0": "this Word file is old or locked; save it as .docx without a password",
    b"%PDF": "this is a PDF; ask for the transcript as text, Word or WebVTT",
    b"{\\rtf": "this is an RTF file; save it as plain text or .docx",
    b"ID3": "this is a recording, not its transcript",
    b"RIFF": "this is a recording, not its transcript",
    b"OggS": "this is a recording, not its transcript",
}


def parse(content: bytes, name: str) -> Transcript:
    """Read a transcript by what it holds; the file's name serves messages and cases of doubt.

    Raises UnreadableTranscript when it is no transcript at all, NoUtterances when
    nobody is found speaking in it.
    """
    if not content.strip():
        raise NoUtterances(name, "the file is empty")
    for mark, reason in _FOREIGN.items():
        if content.startswith(mark):
            raise UnreadableTranscript(name, reason)
    spoken, problems, kind = _read(content, name)
    if not spoken:
        raise NoUtterances(name, _nobody(kind), tuple(problems))
    return Transcript(tuple(spoken), tuple(problems), kind)


def _read(content: bytes, name: str) -> tuple[list[Utterance], list[Problem], str]:
    if content.startswith(b"PK\x03\x04"):
        return *parse_docx(content, name), "docx"
    text, problems = _decoded(content, name)
    lines = re.split(r"\r\n|\r|\n", text)
    kind = _kind(text, name)
    if kind == "json":
        spoken, found = parse_json(text, name)
    elif kind == "webvtt":
        spoken, found = parse_webvtt(lines)
    elif kind == "srt":
        spoken, found = parse_srt(lines)
    else:
        spoken, found = parse_plain(lines)
    return spoken, [*problems, *found], kind


def _kind(text: str, name: str) -> str:
    ending = name.lower().rpartition(".")[2]
    if text.startswith("WEBVTT"):
        return "webvtt"
    if ending == "json" or re.match(r"\s*(?:\{|\[\s*[{\]])", text):
        return "json"
    if ending in {"vtt", "srt"}:
        return "webvtt" if ending == "vtt" else "srt"
    if re.search(r"^[ \t]*[\d:.,]+[ \t]*-->[ \t]*\d", text, re.MULTILINE):
        return "srt"
    return "plain"


def _decoded(content: bytes, name: str) -> tuple[str, list[Problem]]:
    """The text: UTF-8 or UTF-16, marked or not, else Western European, which is said."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace").lstrip("\ufeff"), []
    nulls = content[:4000].count(0)
    if nulls:
        guess = "utf-16-le" if content[1:4000:2].count(0) > content[0:4000:2].count(0) else "utf-16-be"
        if nulls * 3 < len(content[:4000]):
            raise UnreadableTranscript(
                name, "this is not a text file; export the transcript as text, Word or WebVTT"
            )
        return content.decode(guess, "replace"), []
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        read = content.decode("cp1252", "replace") if b"\x81" not in content else content.decode("latin-1")
        return read, [Problem(line, "not UTF-8 from here; read as Western European, so check the accents")]


def _nobody(kind: str) -> str:
    if kind == "plain":
        return "no line says who is speaking; write each turn as `Name: text`"
    if kind == "docx":
        return "no speaker was found; write each turn as `Name: text`, or a table of speaker and text"
    if kind == "json":
        return "no list of segments with text was found in this JSON"
    return (
        "no cue was found: no line reads like `00:00:05.000 --> 00:00:08.000`; check that the file is whole"
    )
