"""Cutting: a cue of many minutes, as speech recognition may give it, in pieces one can work on."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from consult.channels.transcripts.values import Problem, Utterance

_SENTENCE = re.compile(r"\S.*?(?:[.!?…]+[\"'”’»)]*(?=\s|$)|$)")


def cut(utterances: Iterable[Utterance], longest: int) -> tuple[tuple[Utterance, ...], list[Problem]]:
    """Cut what stands alone and has more than twice `longest` characters, at the ends of sentences.

    The seconds within it are in proportion to its letters, which is said. What was
    joined from several cues is never cut: its seconds are known.
    """
    found: list[Utterance] = []
    problems: list[Problem] = []
    for one in utterances:
        if one.originals or len(one.text) <= 2 * longest:
            found.append(one)
            continue
        pieces = list(_pieces(one.text, longest))
        found += _timed(one, pieces)
        if len(pieces) > 1:
            told = "; the seconds within it are estimated" if one.start is not None else ""
            message = f"this cue is very long; it was cut at its sentences into {len(pieces)}{told}"
            problems.append(Problem(one.line, message))
    return tuple(found), problems


def _pieces(text: str, longest: int) -> Iterator[str]:
    """Sentences together up to `longest`; a sentence longer than that is cut between words."""
    piece: list[str] = []
    size = 0
    for sentence in _SENTENCE.findall(text):
        for part in _words_together(sentence, longest):
            if piece and size + len(part) > longest:
                yield " ".join(piece)
                piece, size = [], 0
            piece.append(part)
            size += len(part) + 1
    if piece:
        yield " ".join(piece)


def _words_together(sentence: str, longest: int) -> Iterator[str]:
    if len(sentence) <= longest:
        yield sentence
        return
    part: list[str] = []
    size = 0
    for word in sentence.split():
        if part and size + len(word) > longest:
            yield " ".join(part)
            part, size = [], 0
        part.append(word)
        size += len(word) + 1
    yield " ".join(part)


def _timed(whole: Utterance, pieces: list[str]) -> Iterator[Utterance]:
    said, letters = 0, sum(map(len, pieces))
    for piece in pieces:
        start, said = said, said + len(piece)
        yield replace(whole, start=_at(whole, start / letters), end=_at(whole, said / letters), text=piece)


def _at(whole: Utterance, share: float) -> float | None:
    if whole.start is None or whole.end is None:
        return whole.start if share == 0 else None
    return round(whole.start + (whole.end - whole.start) * share, 1)
