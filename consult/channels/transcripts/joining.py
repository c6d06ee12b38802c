"""Joining what one person said in several cues into one utterance, the cues kept inside it."""

from collections.abc import Iterable
from dataclasses import replace

from consult.channels.transcripts.values import Utterance

# Seconds are read from decimals; a gap of exactly two seconds must not fail by a rounding.
_HAIR = 1e-6


def join(utterances: Iterable[Utterance], gap: float = 2.0) -> tuple[Utterance, ...]:
    """Join neighbours of one named speaker at most `gap` seconds apart.

    Cues without a speaker or without times stay alone: nothing says they belong
    together. An utterance made of several keeps them in `originals`.
    """
    joined: list[Utterance] = []
    for utterance in utterances:
        if joined and _belong_together(joined[-1], utterance, gap):
            joined[-1] = _one(joined[-1], utterance)
        else:
            joined.append(utterance)
    return tuple(joined)


def _belong_together(before: Utterance, after: Utterance, gap: float) -> bool:
    if before.speaker is None or before.speaker != after.speaker:
        return False
    if before.end is None or after.start is None:
        return False
    return after.start - before.end <= gap + _HAIR


def _one(before: Utterance, after: Utterance) -> Utterance:
    originals = (*(before.originals or (before,)), *(after.originals or (after,)))
    ends = [one.end for one in (before, after) if one.end is not None]
    return replace(
        before,
        end=max(ends),
        text=" ".join(filter(None, (before.text, after.text))),
        originals=originals,
    )
