"""Decoding: the letters of a transcript, however it was saved; whatever had to be assumed is said.

UTF-8 and UTF-16, marked or not, are certain. A line that is neither is Western
European: of Windows and of the older Macintosh the one in which its accents
stand where people write them.
"""

import re
import unicodedata
from typing import Final

from consult.channels.transcripts.values import Problem, UnreadableTranscript

_SAMPLE: Final = 4000
_NO_TEXT: Final = "this is not a text file; export the transcript as text, Word or WebVTT"
_BROKEN: Final = "the file breaks off in the middle of a letter; ask for it again, whole"
_MARKS: Final = (
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"\xef\xbb\xbf", "utf-8"),
)
_WESTERN: Final = (("cp1252", "Western European"), ("mac-roman", "Western European of a Macintosh"))
_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
_BESIDE: Final = frozenset("‘’“”–—…«»¿¡ºª°€£\u00a0")


def decoded(content: bytes, name: str) -> tuple[str, list[Problem]]:
    """The text without marks and NULs, and what was assumed of it. Raises UnreadableTranscript."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            text, problems = _wide(content, encoding) if encoding != "utf-8" else _narrow(content)
            break
    else:
        wide = _unmarked(content)
        text, problems = _wide(content, wide) if wide else _narrow(content)
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        problems.append(Problem(line, "there are characters without meaning (NUL) in this file; left out"))
        text = text.replace("\0", "")
    if _is_noise(text):
        raise UnreadableTranscript(name, _NO_TEXT)
    return text.replace("\ufeff", ""), problems


def _unmarked(content: bytes) -> str:
    """Which UTF-16 this is without a mark: the NULs stand on one side of each pair. Empty when it is none."""
    sample = content[: _SAMPLE * 2]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if max(even, odd) * 20 < len(sample) // 2 or min(even, odd) * 20 > max(even, odd) or not max(even, odd):
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def _wide(content: bytes, encoding: str) -> tuple[str, list[Problem]]:
    text = content.decode(encoding, "replace")
    unit = 4 if encoding.startswith("utf-32") else 2
    if len(content) % unit and text.endswith("\ufffd"):
        return text[:-1], [Problem(text.count("\n") + 1, _BROKEN)]
    return text, []


def _narrow(content: bytes) -> tuple[str, list[Problem]]:
    """UTF-8, line by line, for a file may be put together from two."""
    try:
        return content.decode("utf-8"), []
    except UnicodeDecodeError as error:
        whole = content[: error.start]
        # One odd byte at the end is half a letter only where others before it are whole.
        if error.reason == "unexpected end of data" and error.end == len(content) and not whole.isascii():
            return whole.decode("utf-8"), [Problem(len(_LINE_END.findall(whole)) + 1, _BROKEN)]
    lines, foreign = [], []
    for number, line in enumerate(content.splitlines(keepends=True), 1):
        try:
            lines.append(line.decode("utf-8"))
        except UnicodeDecodeError:
            foreign.append(number)
            lines.append("")
    raw = content.splitlines(keepends=True)
    sample = b"".join(raw[number - 1] for number in foreign[:400])
    encoding, called = max(_WESTERN, key=lambda one: _likely(_in(sample, one[0])))
    for number in foreign:
        lines[number - 1] = _in(raw[number - 1], encoding)
    return "".join(lines), [
        Problem(foreign[0], f"not UTF-8 from here; read as {called}, so check the accents")
    ]


def _in(line: bytes, encoding: str) -> str:
    """The line in a single-byte encoding; a byte that it has no letter for stays as it is."""
    return "".join(bytes([byte]).decode(encoding, "ignore") or chr(byte) for byte in line)


def _likely(text: str) -> float:
    """How much the letters beyond ASCII stand where people write them."""
    score = 0.0
    for found in re.finditer(r"[^\x00-\x7f]", text):
        letter, place = found[0], found.start()
        before, after = text[place - 1 : place], text[place + 1 : place + 2]
        if letter.isalpha() and unicodedata.normalize("NFD", letter) != letter:
            lonely = letter.isupper() and (before.islower() or (after.islower() and before.isalpha()))
            score += -1 if lonely else 1
        elif letter in "œŒæÆßøØ":
            score += 0.5
        elif letter in _BESIDE:
            score += (
                -0.5 if before.isalpha() and after.isalpha() and letter not in "\u2019\u2014\u2013" else 0.4
            )
        else:
            score -= 1
    return score


def _is_noise(text: str) -> bool:
    sample = text[:_SAMPLE]
    controls = sum(unicodedata.category(one) == "Cc" and one not in "\t\n\r\f\v" for one in sample)
    return controls * 50 > len(sample)
