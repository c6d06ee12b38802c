"""Minutes of workshops: gathered from records alone, numbered, read back or sent, corrected, handed out.

What became of what was said goes back to those who said it as results.
"""

from consult.workshops.minutes.comparing import Difference, differences
from consult.workshops.minutes.gathering import Snapshot, gather
from consult.workshops.minutes.handing import for_hands
from consult.workshops.minutes.keeping import (
    Correction,
    Shown,
    Written,
    correct,
    corrections_of,
    forget,
    forget_all,
    language_of,
    newest_of,
    numbered,
    show,
    versions_of,
    write,
)

__all__ = [
    "Correction",
    "Difference",
    "Shown",
    "Snapshot",
    "Written",
    "correct",
    "corrections_of",
    "differences",
    "for_hands",
    "forget",
    "forget_all",
    "gather",
    "language_of",
    "newest_of",
    "numbered",
    "show",
    "versions_of",
    "write",
]
