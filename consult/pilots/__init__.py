"""Pilots: checklists that were tried in the field and came back, clause by clause.

A pilot is kept under its title on a version; bringing another file under the
same title adds to it. What a respondent said about a clause is kept once: the
same file, or a longer export with the same submissions in it, adds only what is
new. The file itself is not kept.
"""

from consult.pilots.acts import (
    Brought,
    NothingToKeep,
    Pilot,
    RowsToLookAt,
    bring,
    every,
    note,
    pilot_called,
    pilot_for,
    read_for,
)

__all__ = [
    "Brought",
    "NothingToKeep",
    "Pilot",
    "RowsToLookAt",
    "bring",
    "every",
    "note",
    "pilot_called",
    "pilot_for",
    "read_for",
]
