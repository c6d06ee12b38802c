"""Joining what one person said in several cues into one utterance, the cues kept inside it."""

from collections.abc import Iterable
from dataclasses import replace

from consult.channels.transcripts.values import Utterance

# Seconds are read from decimals; a gap of exactly two seconds must not fail by a rounding.
_HAIR = 1e-6


def join(
    utterances: Iterable[Utterance], gap: float = 2.0, longest: int | None = None
) -> tuple[Utterance, ...]:
    """Join neighbours of one named speaker at most `gap` seconds apart.

    Cues without a speaker or without times stay alone: nothing says they belong
    together. With `longest`, nothing is joined to more characters than that: a speech
    of an hour is worked on in pieces. An utterance made of several keeps them in `originals`.
    """
    return tuple(_one(stretch) for stretch in _stretches(utterances, gap, longest))


def _stretches(utterances: Iterable[Utterance], gap: float, longest: int | None) -> list[list[Utterance]]:
    found: list[list[Utterance]] = []
    end: float | None = None
    size = 0
    for utterance in utterances:
        full = longest is not None and size + len(utterance.text) >= longest
        if found and not full and _belongs(found[-1][-1], end, utterance, gap):
            found[-1].append(utterance)
            size += len(utterance.text) + 1
            end = max(end or 0.0, utterance.end) if utterance.end is not None else end
        else:
            found.append([utterance])
            end, size = utterance.end, len(utterance.text)
    return found


def _belongs(before: Utterance, end: float | None, after: Utterance, gap: float) -> bool:
    if before.speaker is None or before.speaker != after.speaker:
        return False
    if end is None or after.start is None:
        return False
    return after.start - end <= gap + _HAIR


def _one(stretch: list[Utterance]) -> Utterance:
    if len(stretch) == 1:
        return stretch[0]
    return replace(
        stretch[0],
        end=max(one.end for one in stretch if one.end is not None),
        text=" ".join(one.text for one in stretch if one.text),
        originals=tuple(original for one in stretch for original in one.originals or (one,)),
    )
