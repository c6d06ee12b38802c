"""Opening a transcript file: its encoding, its format, and a kind word when it is neither."""

import re

from consult.channels.transcripts.akoma_ntoso import is_debate, parse_debate
from consult.channels.transcripts.checking import check
from consult.channels.transcripts.cues import parse_srt, parse_webvtt
from consult.channels.transcripts.decoding import decoded
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

_RECORDING = "this is a recording, not its transcript; bring it in as a recording of the workshop"
_XML = (
    "this is XML or a web page, and no debate in Akoma Ntoso; export the transcript as text, Word or WebVTT"
)
_SILENT = (
    "the file is whole, but nobody speaks in it: either the recording has no speech, or none was recognised; "
    "listen to the recording, and write down what was said as `Name: text`"
)
_FOREIGN = {
    b"\xd0\xcf\x11\xe0": "this Word file is old or locked; save it as .docx without a password",
    b"%PDF": "this is a PDF; ask for the transcript as text, Word or WebVTT",
    b"{\\rtf": "this is an RTF file; save it as plain text or .docx",
    b"ID3": _RECORDING,
    b"RIFF": _RECORDING,
    b"OggS": _RECORDING,
}


def parse(content: bytes, name: str) -> Transcript:
    """Read a transcript by what it holds; the file's name serves messages and cases of doubt.

    Raises UnreadableTranscript when it is no transcript at all, NoUtterances when
    nobody is found speaking in it.
    """
    if not content.strip(b"\0 \t\r\n\f\v"):
        raise NoUtterances(name, "the file is empty")
    for mark, reason in _FOREIGN.items():
        if content.startswith(mark):
            raise UnreadableTranscript(name, reason)
    if content[4:8] == b"ftyp" or content.startswith(b"\x1aE\xdf\xa3"):
        raise UnreadableTranscript(name, _RECORDING)
    spoken, problems, kind, silent = _read(content, name)
    if not spoken:
        raise NoUtterances(name, _SILENT if silent else _nobody(kind), tuple(problems))
    found = sorted([*problems, *check(spoken)], key=lambda problem: problem.line)
    return Transcript(tuple(spoken), tuple(found), kind)


def _read(content: bytes, name: str) -> tuple[list[Utterance], list[Problem], str, bool]:
    """Who said what, what was odd, the format, and whether it is a whole file of a silent tape."""
    if content.startswith(b"PK\x03\x04"):
        return *parse_docx(content, name), "docx", False
    if is_debate(content):
        return *parse_debate(content, name), "akoma ntoso", False
    text, problems = decoded(content, name)
    lines = re.split(r"\r\n|\r|\n", text)
    kind = _kind(text, name)
    silent = False
    if kind == "xml":
        raise UnreadableTranscript(name, _XML)
    if kind == "json":
        spoken, found, silent = parse_json(text, name)
    elif kind == "webvtt":
        spoken, found = parse_webvtt(lines)
        silent = not spoken and _is_bare(text)
    elif kind == "srt":
        spoken, found = parse_srt(lines)
    else:
        spoken, found = parse_plain(lines)
    return spoken, [*problems, *found], kind, silent


def _is_bare(text: str) -> bool:
    """Whether a WebVTT file has a head, and besides it at most notes and styles."""
    head, *blocks = (block.strip() for block in re.split(r"(?:\r\n|\r|\n)[ \t]*(?:\r\n|\r|\n)", text))
    return head.startswith("WEBVTT") and all(re.match(r"NOTE|STYLE|REGION|$", block) for block in blocks)


def _kind(text: str, name: str) -> str:
    ending = name.lower().rpartition(".")[2]
    if text.startswith("WEBVTT"):
        return "webvtt"
    if re.match(r"\s*<(?:\?xml|!DOCTYPE|html|tt)\b", text, re.IGNORECASE):
        return "xml"
    if ending == "json" or re.match(r"\s*(?:\{|\[\s*[{\]])", text):
        return "json"
    if ending in {"vtt", "srt"}:
        return "webvtt" if ending == "vtt" else "srt"
    if re.search(r"^[ \t]*[\d:.,]+[ \t]*-->[ \t]*\d", text, re.MULTILINE):
        return "srt"
    return "plain"


def _nobody(kind: str) -> str:
    if kind == "plain":
        return "no line says who is speaking; write each turn as `Name: text`"
    if kind == "docx":
        return "no speaker was found; write each turn as `Name: text`, or a table of speaker and text"
    if kind == "akoma ntoso":
        return "nobody speaks in this debate: there is no speech in its body; check that the file is whole"
    if kind == "json":
        return "no list of segments with text was found in this JSON"
    return (
        "no cue was found: no line reads like `00:00:05.000 --> 00:00:08.000`; check that the file is whole"
    )
