"""Lineage: what became of each clause between two versions.

Recorded when the editor acts (split, merge, replace and withdraw are acts,
not guesses); for texts brought in from outside, `match` proposes it.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Relation(StrEnum):
    """How clauses of one version go over into clauses of the next."""

    SAME = "same"
    MOVED = "moved"
    REWORDED = "reworded"
    SPLIT = "split"
    MERGED = "merged"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"
    NEW = "new"


@dataclass(frozen=True)
class Step:
    """One act between two versions: these clauses became those.

    A withdrawn clause has no targets, a new one no sources. A clause that
    keeps its id through a split or merge stands on both sides.
    """

    relation: Relation
    sources: tuple[UUID, ...]
    targets: tuple[UUID, ...]
