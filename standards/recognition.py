"""Recognition: how far meeting one standard's clause meets another's.

An edge is directed, from our clause to theirs, and is never chained: that A
meets B and B meets C says nothing about A and C.
"""

from enum import StrEnum


class Verdict(StrEnum):
    """What reviewers found of one clause against another."""

    EQUIVALENT = "equivalent"
    PARTIAL = "partial"
    EXCEEDS = "exceeds"
    NONE = "none"
    UNREVIEWED = "unreviewed"
