"""Marking: what a writer lays into a text that is not all of one source.

A marking says for each clause which of its words come from elsewhere than the
text at large, and which notes stand beneath it. Writers show it each in their
own way; without a marking they write as ever.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from uuid import UUID


class Note(NamedTuple):
    """What stands beneath a clause: who did what, the words it brings, and why.

    `words` are in `lang` where that is another language than the text's.
    """

    name: str
    act: str
    told: str
    words: str = ""
    lang: str = ""
    why: str = ""

    @property
    def line(self) -> str:
        """`Tanzania 1.0 · Set: recovery 90 % → 95 %, stricter`."""
        return " · ".join(part for part in (self.name, self.act, self.told) if part)


class Source(NamedTuple):
    """One span of a clause as a reader sees it, and where it comes from."""

    field: str
    text: str
    source: str


@dataclass(frozen=True)
class Marks:
    """The marks of one clause: all of it, its whole body, or the values of these parameters."""

    whole: bool = False
    body: bool = False
    values: frozenset[str] = frozenset()
    notes: tuple[Note, ...] = ()
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True)
class Marking:
    """The marks of a text by clause, and what its title page says besides.

    `sources_title` stands over the spans and their sources, where a reader asks for them.
    """

    lines: tuple[str, ...] = ()
    clauses: Mapping[UUID, Marks] = field(default_factory=dict)
    sources_title: str = ""

    def of(self, clause_id: UUID) -> Marks:
        """The marks of a clause; none, for most."""
        return self.clauses.get(clause_id, UNMARKED)


UNMARKED: Final = Marks()
NO_MARKS: Final = Marking()
