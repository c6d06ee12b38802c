"""Workshops at the desk: meetings and their plans, sheets to print, transcripts, and the tagging bench."""

from consult.views.workshops import (
    bench,
    consents,
    differences,
    field,
    from_paper,
    meetings,
    minutes,
    plan,
    sheets,
    transcripts,
    votes,
)
from consult.views.workshops.door import bp

__all__ = [
    "bench",
    "bp",
    "consents",
    "differences",
    "field",
    "from_paper",
    "meetings",
    "minutes",
    "plan",
    "sheets",
    "transcripts",
    "votes",
]
