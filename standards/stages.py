"""Stages and producer types: who must meet what, and from when.

A stage is `entry` or `year N`. A clause without a stage is asked from entry. A
stage variant is another wording of the same clause, asked from its stage until
the next variant takes over.
"""

import re
from collections.abc import Iterable
from enum import StrEnum

from standards.document import Attributes, ClauseText, StageVariant

ENTRY = "entry"
_YEAR = re.compile(r"year[\s_-]*(\d{1,2})")


class Producer(StrEnum):
    """How small producers are organised, or not."""

    COOPERATIVE = "cooperative"
    INFORMAL_GROUP = "informal-group"
    COMMUNAL_LAND = "communal-land"
    CONTRACT = "contract"
    TRADER_NETWORK = "trader-network"
    SHARECROPPING = "sharecropping"
    MIXED_VENTURE = "mixed-venture"
    SERVICE_NETWORK = "service-network"
    CONCESSION = "concession"
    UNORGANISED = "unorganised"


class Custody(StrEnum):
    """How what is certified is kept apart on its way to the buyer (ISO 22095)."""

    IDENTITY_PRESERVED = "identity-preserved"
    SEGREGATED = "segregated"
    MASS_BALANCE = "mass-balance"
    BOOK_AND_CLAIM = "book-and-claim"


def rank(stage: str) -> int | None:
    """The year a stage stands for, 0 for entry and for no stage; None for a name we do not know."""
    name = stage.strip().casefold()
    if name in ("", ENTRY):
        return 0
    found = _YEAR.fullmatch(name)
    return int(found[1]) if found else None


def named(stage: str) -> str:
    """A stage under its one name: `entry`, `year 1`; a name we do not know as it is."""
    year = rank(stage)
    if year is None:
        return stage.strip()
    return f"year {year}" if year else ENTRY


def asked_from(text: ClauseText) -> int:
    """The year from which the clause asks anything: its stage, or its earliest variant's."""
    years = [rank(variant.stage) for variant in text.attributes.stages]
    known = [year for year in years if year is not None]
    own = rank(text.attributes.stage) or 0
    return min([own, *known]) if known and not text.attributes.stage else own


def variant_at(text: ClauseText, year: int) -> StageVariant | None:
    """The variant asked in a year; None where the clause's own wording is asked."""
    reached = [
        (at, variant)
        for variant in text.attributes.stages
        if (at := rank(variant.stage)) is not None and at <= year
    ]
    return max(reached, key=lambda pair: pair[0])[1] if reached else None


def asked_earlier(text: ClauseText, stage: str) -> Attributes:
    """The attributes of a clause that is asked from an earlier stage.

    What was asked at its own stage is asked from the new one; the weaker
    variants in between are asked no more, and later ones stay where they are.
    """
    was, now = asked_from(text), rank(stage)
    between = range(now, was) if now is not None else range(0)
    variants = [
        variant.model_copy(update={"stage": named(stage)}) if rank(variant.stage) == was else variant
        for variant in text.attributes.stages
        if rank(variant.stage) not in between
    ]
    return text.attributes.model_copy(update={"stage": named(stage), "stages": tuple(variants)})


def stages_of(texts: Iterable[ClauseText]) -> list[str]:
    """Every stage the texts name, in order, entry first."""
    years = {0}
    for text in texts:
        for stage in (text.attributes.stage, *(variant.stage for variant in text.attributes.stages)):
            if (year := rank(stage)) is not None:
                years.add(year)
    return [named(f"year {year}") if year else ENTRY for year in sorted(years)]
