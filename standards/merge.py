"""Merge: two people's changes to one text, put together word by word.

Changes in different places merge; changes in the same place are a collision,
which a person decides. Nothing either of them wrote is ever dropped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Literal, TypeAlias

from standards.diff import word_changes
from standards.errors import StandardsError
from standards.words import SENTENCE_ENDS, tokens

Author: TypeAlias = Literal["base", "mine", "theirs", "both"]


@dataclass(frozen=True)
class Agreed:
    """Words nobody disputes, and by whom they stand: from the base, one side, or both alike."""

    text: str
    by: Author


@dataclass(frozen=True)
class Collision:
    """A place both sides changed, each in their own way."""

    base: str
    mine: str
    theirs: str


class UndecidedCollision(StandardsError):
    """A merged text was asked for while both sides still dispute some words."""

    def __init__(self, collisions: Sequence[Collision]) -> None:
        places = "one place" if len(collisions) == 1 else f"{len(collisions)} places"
        super().__init__(f"Two people changed the same words in {places}. Choose which wording to keep.")
        self.collisions = tuple(collisions)


@dataclass(frozen=True)
class Merged:
    """What came of a merge, in the order of the text."""

    pieces: tuple[Agreed | Collision, ...]

    @cached_property
    def collisions(self) -> tuple[Collision, ...]:
        """The places a person has to decide."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Collision))

    @property
    def clean(self) -> bool:
        """Whether nothing is left to decide."""
        return not self.collisions

    @property
    def text(self) -> str:
        """The merged text. Raises UndecidedCollision unless `clean`."""
        return self.decided(())

    def decided(self, wordings: Sequence[str]) -> str:
        """The text with each collision replaced by the wording chosen for it, in order.

        Raises UndecidedCollision when the wordings are not as many as the collisions.
        """
        if len(wordings) != len(self.collisions):
            raise UndecidedCollision(self.collisions)
        chosen = iter(wordings)
        return "".join(p.text if isinstance(p, Agreed) else next(chosen) for p in self.pieces)


@dataclass(frozen=True)
class _Edit:
    """Characters `start` to `end` of the base become `text` on one side."""

    start: int
    end: int
    text: str


def merge(base: str, mine: str, theirs: str) -> Merged:
    """Put both sides' changes to `base` together.

    Changes that overlap or touch collide unless both sides wrote the same. A
    collision is shown with the unchanged words around it, up to the end of
    the sentence or the next change.
    """
    ours, others = _edits(base, mine), _edits(base, theirs)
    places = _places(ours, others)
    pieces: list[Agreed | Collision] = []
    at = 0
    for index, (start, end) in enumerate(places):
        left, right = _applied(base, ours, start, end), _applied(base, others, start, end)
        piece: Agreed | Collision | None = _settled(base[start:end], left, right)
        if piece is None:
            next_start = places[index + 1][0] if index + 1 < len(places) else len(base)
            before, after = _last_sentence(base[at:start]), _first_sentence(base[end:next_start])
            start, end = start - len(before), end + len(after)
            piece = Collision(base[start:end], before + left + after, before + right + after)
        pieces += [Agreed(base[at:start], "base")] if at < start else []
        pieces.append(piece)
        at = end
    pieces += [Agreed(base[at:], "base")] if at < len(base) else []
    return Merged(tuple(pieces))


def _edits(base: str, side: str) -> list[_Edit]:
    """One side's changes as places of the base, in order; each stands apart from the next."""
    edits: list[_Edit] = []
    at = 0
    for kind, text in word_changes(base, side):
        end = at if kind == "insert" else at + len(text)
        if kind != "same":
            new = text if kind == "insert" else ""
            if edits and edits[-1].end == at:
                edits[-1] = _Edit(edits[-1].start, end, edits[-1].text + new)
            else:
                edits.append(_Edit(at, end, new))
        at = end
    return edits


def _places(mine: Sequence[_Edit], theirs: Sequence[_Edit]) -> list[tuple[int, int]]:
    """The changed stretches of the base; edits that overlap or touch share one."""
    places: list[tuple[int, int]] = []
    for edit in sorted((*mine, *theirs), key=lambda e: (e.start, e.end)):
        if places and edit.start <= places[-1][1]:
            places[-1] = (places[-1][0], max(places[-1][1], edit.end))
        else:
            places.append((edit.start, edit.end))
    return places


def _applied(base: str, edits: Sequence[_Edit], start: int, end: int) -> str:
    """Base characters `start` to `end` with one side's edits made in them."""
    parts, at = [], start
    for edit in edits:
        if start <= edit.start and edit.end <= end:
            parts += [base[at : edit.start], edit.text]
            at = edit.end
    return "".join(parts) + base[at:end]


def _settled(base: str, mine: str, theirs: str) -> Agreed | None:
    """What holds without asking anyone; None where both sides changed differently."""
    if mine == theirs:
        return Agreed(mine, "both")
    if theirs == base:
        return Agreed(mine, "mine")
    return Agreed(theirs, "theirs") if mine == base else None


def _last_sentence(text: str) -> str:
    """The end of `text` after its last sentence, with no space before it."""
    words = tokens(text)
    ends = [index for index, word in enumerate(words) if _ends_sentence(word)]
    return "".join(words[ends[-1] + 1 :]).lstrip() if ends else text


def _first_sentence(text: str) -> str:
    """The beginning of `text` up to the end of its first sentence."""
    words = tokens(text)
    for word, end in zip(words, accumulate(map(len, words)), strict=True):
        if _ends_sentence(word):
            return text[:end] if word.strip() else text[: end - len(word)]
    return text


def _ends_sentence(token: str) -> bool:
    """Whether the token is a stop or a line's end; a decimal point stands inside its number."""
    return token in SENTENCE_ENDS or (token.isspace() and "\n" in token)
