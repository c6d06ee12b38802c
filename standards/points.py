"""Points: what the clauses of a threshold group can bring, and how much of it is asked.

What a group asks stands in the `extra` attributes of any clause that names the
group, best of the one that heads it: `threshold` for every stage, or
`threshold year 1` for one, as points (`10`) or as a share of the points within
reach (`60 %`, counted up to a whole point). Of several the strictest holds.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from standards.document import Document

_WRITTEN = re.compile(r"(\d+)\s*(%|per cent|points?)?", re.IGNORECASE)


@dataclass(frozen=True)
class Threshold:
    """The points of a group: within reach at a stage, and how many of them are asked.

    `asks` is None where the text names no threshold; `group` is "" for points of no group.
    """

    group: str
    available: int
    asks: int | None = None

    @property
    def is_out_of_reach(self) -> bool:
        """Whether more is asked than can be earned at this stage."""
        return self.asks is not None and self.asks > self.available


def thresholds_of(
    document: Document, stage: str, reach: Mapping[str, int]
) -> tuple[tuple[Threshold, ...], tuple[str, ...]]:
    """The threshold of each group at a stage, and remarks on those that cannot be read.

    `reach` holds the points that can be earned, by group.
    """
    available, asks, remarks = dict(reach), dict[str, int](), []
    for clause in document:
        told = clause.text.attributes
        written = told.extra.get(f"threshold {stage}") or told.extra.get("threshold")
        if not written or not told.threshold_group:
            continue
        group = told.threshold_group
        within = available.setdefault(group, 0)
        found = _WRITTEN.fullmatch(written.strip())
        if found is None:
            remarks.append(
                f"{clause.title}: “{written}” is no threshold. "
                "Write points, such as 10, or a share, such as 60 %."
            )
            continue
        points = -(-within * int(found[1]) // 100) if found[2] in ("%", "per cent") else int(found[1])
        asks[group] = max(points, asks.get(group, 0))
    found_ = tuple(Threshold(group, within, asks.get(group)) for group, within in available.items())
    return found_, tuple(remarks)
