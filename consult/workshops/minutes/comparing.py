"""Comparing: what differs between two states of the minutes of a workshop."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from consult.workshops.minutes.gathering import Snapshot

State = Literal["new", "gone", "changed"]
About = Literal["line", "attendance", "vote", "photo", "meeting"]
# What is told of a line beside its words, where it changed.
_TOLD = ("words", "category", "clauses", "lone", "read_back", "feeling", "marks", "is")


@dataclass(frozen=True)
class Difference:
    """One thing that differs: `key` names it in its snapshot; `before` and `after` hold it, or None."""

    about: About
    state: State
    key: str
    before: Any = None
    after: Any = None


def differences(before: Snapshot, after: Snapshot) -> list[Difference]:
    """What became new, went or changed, in the order of the minutes; none where both say the same."""
    found = list(_of("meeting", _meeting(before), _meeting(after)))
    found += _of("attendance", _attendance(before), _attendance(after))
    found += _of("line", _lines(before), _lines(after))
    found += _of("vote", _each(before, "votes"), _each(after, "votes"))
    found += _of("photo", _each(before, "photos"), _each(after, "photos"))
    return found


def _of(about: About, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key), after.get(key)
        if old is None:
            yield Difference(about, "new", key, None, new)
        elif new is None:
            yield Difference(about, "gone", key, old, None)
        elif old != new:
            yield Difference(about, "changed", key, old, new)


def _meeting(snapshot: Snapshot) -> dict[str, Any]:
    return {key: value for key, value in snapshot["meeting"].items() if value not in ("", None)}


def _attendance(snapshot: Snapshot) -> dict[str, Any]:
    return {row["category"]: row for row in snapshot["attendance"]["rows"]}


def _lines(snapshot: Snapshot) -> dict[str, Any]:
    """The lines by utterance, so that a note that became a comment is still the same line."""
    return {
        line["utterance"]: {name: line[name] for name in _TOLD}
        for line in snapshot["lines"].values()
        if line["is"] != "taken-back"
    }


def _each(snapshot: Snapshot, what: str) -> dict[str, Any]:
    return {one["entity"]: one for section in snapshot["sections"] for one in section[what]}
