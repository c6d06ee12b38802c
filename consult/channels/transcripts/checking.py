"""Checking: what is odd about the times of a transcript, and about cues without words, line by line."""

from collections.abc import Iterable

from consult.channels.transcripts.timing import clock
from consult.channels.transcripts.values import Problem, Utterance

# Recorders round to hundredths; less than this is no overlap that anybody hears.
_HEARD = 0.05


def check(utterances: Iterable[Utterance]) -> list[Problem]:
    """Each cue once: it has no words, ends before it begins, goes backward, or overlaps the one before.

    Voices of one cue share its line and its times, so they are one here.
    """
    problems: list[Problem] = []
    began: float | None = None
    ended: float | None = None
    with_words = {one.line for one in utterances if one.text}
    seen = 0
    for one in utterances:
        if one.line == seen:
            continue
        seen = one.line
        if one.line not in with_words:
            problems.append(Problem(one.line, "this cue has no words"))
        if one.start is None:
            continue
        if one.end is not None and one.end < one.start:
            problems.append(Problem(one.line, "this cue ends before it begins"))
        if began is not None and one.start < began:
            message = f"the times go backward here: {clock(one.start)} comes after {clock(began)}"
            problems.append(Problem(one.line, message))
        elif ended is not None and one.start < ended - _HEARD:
            message = f"this cue begins at {clock(one.start)}, before the one above it ends at {clock(ended)}"
            problems.append(Problem(one.line, message))
        began, ended = one.start, one.end if one.end is not None and one.end >= one.start else None
    return problems
