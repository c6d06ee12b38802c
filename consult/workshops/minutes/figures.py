"""Figures of the minutes: who came and how they voted, as plain values."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from consult import masking
from consult.field import counts
from consult.tables.field import DotVoteRow
from consult.tables.workshops import AttendanceRow


def attended(row: AttendanceRow, seats: int | None) -> dict[str, Any]:
    """How many of a category came, beside the seats planned."""
    return {
        "category": row.category,
        "people": row.people,
        "women": row.women,
        "bands": {key: int(count) for key, count in sorted(row.bands.items())},
        "seats": seats,
    }


def totals(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """All of them together; `counted` is of how many somebody knew whether they are women."""
    women = [row["women"] for row in rows if row["women"] is not None]
    seats = [row["seats"] for row in rows if row["seats"] is not None]
    bands: dict[str, int] = defaultdict(int)
    for row in rows:
        for key, count in row["bands"].items():
            bands[key] += count
    return {
        "people": sum(row["people"] for row in rows),
        "women": sum(women) if women else None,
        "counted": sum(row["people"] for row in rows if row["women"] is not None),
        "seats": sum(seats) if seats else None,
        "bands": dict(sorted(bands.items())),
    }


def vote_told(vote: DotVoteRow, came: Mapping[str, int]) -> dict[str, Any]:
    """A vote with its totals, its split by category and what does not add up."""
    options = [str(option) for option in vote.options]
    together = [sum(vote.cells.get(str(place), {}).values()) for place in range(len(options))]
    return {
        "entity": vote.entity,
        "question": masking.masked(vote.question),
        "rule": masking.masked(vote.rule),
        "dots": vote.dots,
        "options": [masking.masked(option) for option in options],
        "totals": together,
        "placed": counts.placed(vote),
        "people": {who: vote.people.get(who, came.get(who)) for who in voted(vote)},
        "cells": {
            who: [vote.cells.get(str(place), {}).get(who, 0) for place in range(len(options))]
            for who in voted(vote)
        },
        "excesses": [
            {"category": one.category, "found": one.found, "most": one.most, "of_people": one.of_people}
            for one in counts.excesses(vote, dict(came))
        ],
    }


def voted(vote: DotVoteRow) -> list[str]:
    """The categories that a vote tells apart."""
    return sorted({who for by_category in vote.cells.values() for who in by_category} | set(vote.people))
