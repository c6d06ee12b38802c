"""Handing out: minutes as those who came may have them, without counts that would point at one person.

Cells under five are gathered into one, and so is the next smallest where it would
give them away (see `participation.kept_back`). All totals stay, so that everything
still adds up. A voice of so small a category is told without its category.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from consult.participation import SMALLEST, kept_back
from consult.workshops.minutes.gathering import Snapshot

OTHERS = "…"
"""The category under which small ones are gathered."""


def for_hands(snapshot: Snapshot) -> Snapshot:
    """The same minutes, with small cells gathered; the ones given stay as they are."""
    found = deepcopy(snapshot)
    came = {row["category"]: row["people"] for row in found["attendance"]["rows"] if row["people"]}
    hidden = kept_back(came)
    found["attendance"] = _attendance(found["attendance"], hidden)
    found["consents"] = {}
    for line in [*found["lines"].values(), *found["corrections"]]:
        if line["category"] in hidden or line["category"] not in came:
            line["category"] = ""
    for section in found["sections"]:
        section["votes"] = [_vote(vote, hidden) for vote in section["votes"]]
    return found


def _attendance(told: dict[str, Any], hidden: set[str]) -> dict[str, Any]:
    shown = [row for row in told["rows"] if row["category"] not in hidden]
    others = [row for row in told["rows"] if row["category"] in hidden]
    rows = [{**row, "bands": {}} for row in shown]
    together = sum(row["people"] for row in others)
    if together >= SMALLEST:
        women = [row["women"] for row in others if row["women"] is not None]
        told_women = sum(women) if len(women) == len(others) else None
        rows.append({"category": OTHERS, "people": together, "women": told_women, "bands": {}, "seats": None})
    groups = [*([row] for row in shown), others]
    if not all(_may_split(group) for group in groups):
        rows = [{**row, "women": None} for row in rows]
    return {
        **told,
        "rows": rows,
        "people": told["people"] if told["people"] >= SMALLEST else None,
        "women": told["women"] if _may_split(told["rows"]) else None,
        "bands": _merged(told["bands"]),
    }


def _may_split(rows: list[dict[str, Any]]) -> bool:
    """Whether women and men of these rows may be told apart: neither are a few."""
    counted = [row for row in rows if row["women"] is not None]
    women = sum(row["women"] for row in counted)
    men = sum(row["people"] for row in counted) - women
    return all(count == 0 or count >= SMALLEST for count in (women, men))


def _merged(counts: Mapping[str, int]) -> dict[str, int]:
    """Counts with the small ones together; nothing where even these would be a few."""
    used = {key: count for key, count in counts.items() if count}
    hidden = kept_back(used)
    others = sum(used[key] for key in hidden)
    if 0 < others < SMALLEST:
        return {}
    shown = {key: count for key, count in used.items() if key not in hidden}
    return {**shown, OTHERS: others} if others else shown


def _vote(vote: dict[str, Any], hidden: set[str]) -> dict[str, Any]:
    """A vote whose small categories are one; its totals stay."""
    voters = {who: people or 0 for who, people in vote["people"].items()}
    small = {who for who in voters if who in hidden or voters[who] < SMALLEST}
    left = sorted((who for who in voters if who not in small), key=lambda who: (voters[who], who))
    while small and left and (len(small) == 1 or sum(voters[who] for who in small) < SMALLEST):
        small.add(left.pop(0))
    if not small:
        return vote
    cells = {who: dots for who, dots in vote["cells"].items() if who not in small}
    together = [sum(vote["cells"][who][at] for who in small) for at in range(len(vote["options"]))]
    people = {who: vote["people"][who] for who in cells}
    if sum(voters[who] for who in small) >= SMALLEST:
        cells[OTHERS] = together
        known = all(vote["people"][who] is not None for who in small)
        people[OTHERS] = sum(voters[who] for who in small) if known else None
    excesses = [one for one in vote["excesses"] if one["category"] not in small]
    if len(excesses) < len(vote["excesses"]):
        excesses.append({"category": OTHERS, "found": 0, "most": 0, "of_people": False})
    return {**vote, "cells": cells, "people": people, "excesses": excesses}
