"""Plain text: `Name: text`, `[00:01:02] Speaker 1: text`, and the `Name  0:05` lines of recorders."""

import re
from collections.abc import Sequence

from consult.channels.transcripts.speakers import could_be_name, is_name
from consult.channels.transcripts.timing import CLOCK, seconds
from consult.channels.transcripts.values import Problem, Utterance

# A clock time without brackets must show its seconds: `10:30 Agenda:` is an item, not a person.
_TIMED = re.compile(
    rf"\s*(?:[\[(]\s*({CLOCK})(?:\s*(?:-->|[-–—])\s*({CLOCK}))?\s*[\])]|(\d{{1,2}}:\d\d:\d\d(?:[.,]\d+)?))\s*[-–]?\s*"
    r"(?:([^:\[\]]{1,64}?)\s*:(?:\s+(.*)|\s*)|(.*))"
)
_NAMED = re.compile(rf"\s*([^:]{{1,64}}?)(?:\s*[\[(]({CLOCK})[\])])?\s*:(?:\s+(.*)|\s*)")
_RECORDER = re.compile(rf"\s*(\S.{{0,60}}?)(?:\s{{2,}}|\t|\s+[-–|·]\s+|\s*[\[(]|\s)({CLOCK})[\])]?\s*")


def parse_plain(lines: Sequence[str]) -> tuple[list[Utterance], list[Problem]]:
    """One utterance per turn of speech; lines go on until the next name. No speaker at all gives []."""
    turns: list[_Turn] = []
    for number, line in enumerate(lines, start=1):
        turn = _turn(line, number)
        if turn:
            turns.append(turn)
        elif turns and line.strip():
            turns[-1].texts.append(line.strip())
        elif line.strip():
            turns.append(_Turn(None, None, None, [line.strip()], number))
    if not any(turn.speaker or turn.start is not None for turn in turns):
        return [], []
    return [turn.spoken() for turn in turns], _early_words(turns)


class _Turn:
    """A turn of speech while its lines are still being collected."""

    def __init__(
        self, speaker: str | None, start: float | None, end: float | None, texts: list[str], line: int
    ) -> None:
        self.speaker, self.start, self.end, self.texts, self.line = speaker, start, end, texts, line

    def spoken(self) -> Utterance:
        return Utterance(self.speaker, self.start, self.end, " ".join(filter(None, self.texts)), self.line)


def _turn(line: str, number: int) -> _Turn | None:
    """The turn a line opens, or None when it goes on from the line before."""
    timed = _TIMED.fullmatch(line)
    if timed:
        start, end = seconds(timed[1] or timed[3]), seconds(timed[2] or "")
        if timed[4] is not None and could_be_name(timed[4]):
            return _Turn(timed[4].strip(), start, end, [(timed[5] or "").strip()], number)
        words = line[timed.start(4) :] if timed[4] is not None else (timed[6] or "")
        if timed[1]:
            return _Turn(None, start, end, [words.strip()], number)
        return None
    recorder = _RECORDER.fullmatch(line)
    if recorder and ":" not in recorder[1] and could_be_name(recorder[1]) and _stands_out(recorder[1]):
        return _Turn(recorder[1].strip(), seconds(recorder[2]), None, [], number)
    named = _NAMED.fullmatch(line)
    if named and _is_speaker(named[1]):
        start = seconds(named[2]) if named[2] else None
        return _Turn(named[1].strip(), start, None, [(named[3] or "").strip()], number)
    return None


def _is_speaker(name: str) -> bool:
    """At the start of a line a single word is taken for a name however it is written."""
    return is_name(name) or (could_be_name(name) and len(name.split()) == 1)


def _stands_out(name: str) -> bool:
    return is_name(name) or len(name.split()) <= 2


def _early_words(turns: Sequence[_Turn]) -> list[Problem]:
    if turns[0].speaker is None and turns[0].start is None:
        return [Problem(turns[0].line, "these words stand before the first speaker; kept without one")]
    return []
