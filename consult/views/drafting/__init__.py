"""Drafting: the standards at the desk, the outline of a draft, one clause at a time, and a version's life."""

from consult.views.drafting import (
    attributes,
    clauses,
    collision,
    lifecycle,
    lineage,
    outline,
    shelf,
    structure,
)
from consult.views.drafting.door import bp

__all__ = [
    "attributes",
    "bp",
    "clauses",
    "collision",
    "lifecycle",
    "lineage",
    "outline",
    "shelf",
    "structure",
]
