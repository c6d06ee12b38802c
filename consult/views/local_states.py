"""What a move makes of a local text, as the move screen draws it: states in words and with their symbols."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from consult.local import words
from consult.local.moving import Waiting
from consult.local.working import Place
from consult.reading import first_words
from standards.document import Clause
from standards.overlays.rebase import Moved, Rebase, State

MOST_NAMED = 5


class Sign(NamedTuple):
    """A state's symbol, its kind for the eye, and its word."""

    symbol: str
    kind: str
    word: str


SIGNS: Mapping[State, Sign] = {
    State.ORPHAN: Sign("withdrawn", "", lazy_gettext("Orphan")),
    State.SPLIT_MERGED: Sign("split", "undecided", lazy_gettext("Split or merged")),
    State.REDUNDANT: Sign("merged", "", lazy_gettext("Redundant")),
    State.NOW_WEAKER: Sign("looser", "conflict", lazy_gettext("Now weaker")),
    State.CONFLICT: Sign("stop", "conflict", lazy_gettext("Conflict")),
    State.REBASED: Sign("reworded", "rebased", lazy_gettext("Rebased")),
    State.CLEAN: Sign("met", "clean", lazy_gettext("Clean")),
    State.UNDECIDED: Sign("undecided", "undecided", lazy_gettext("Undecided")),
}


def rows(found: Rebase) -> list[dict[str, Any]]:
    """The table of a move, in the order of precedence; what is clean or undecided is one row together."""
    listed = []
    for state in State:
        moved = [one for one in found.operations if one.state is state]
        if state is State.UNDECIDED and found.undecided:
            listed.append(_undecided(found.undecided))
        elif state is State.CLEAN and moved:
            listed.append(_clean(moved))
        else:
            listed += [_row(one) for one in moved]
    return listed


def waiting(place: Place, one: Waiting) -> dict[str, Any]:
    """An operation that waits, with what can be done with it."""
    was = one.moved.was if one.moved else place.text_of(one.row.clause_id)
    there = place.after.document.by_id.get(one.row.clause_id)
    state = one.state or State.CONFLICT
    brought, lang = words.body(one.operation)
    return {
        "id": one.row.id,
        "sign": SIGNS[state],
        "number": one.number,
        "heading": _heading(was) if was else "",
        "ours": words.told(one.operation, was.text if was else None).line,
        "words": brought,
        "lang": lang,
        "reason": one.operation.rationale,
        "message": one.message,
        "also": [SIGNS[also].word for also in one.moved.also] if one.moved else [],
        "may_keep": one.may_keep,
        "may_adopt": one.may_adopt,
        "derogable": bool(one.derogable),
        "targets": [
            (str(clause.id), f"{clause.number} {_heading(clause)}".strip()) for clause in one.targets
        ],
        "change_url": f"{place.clause_url(there)}?change={one.row.id}" if there else "",
        "base_now": there.number if there else "",
    }


def _row(one: Moved) -> dict[str, Any]:
    return {
        "sign": SIGNS[one.state],
        "clause": one.was.number or _heading(one.was),
        "ours": words.told(one.operation, one.was.text).line,
        "now": one.message,
        "can": _possible(one),
    }


def _clean(moved: list[Moved]) -> dict[str, Any]:
    many = len(moved)
    return {
        "sign": SIGNS[State.CLEAN],
        "clause": _numbers([one.was for one in moved]),
        "ours": ngettext("%(num)s operation", "%(num)s operations", many),
        "now": _("unchanged"),
        "can": _("carried"),
    }


def _undecided(clauses: tuple[Clause, ...]) -> dict[str, Any]:
    return {
        "sign": SIGNS[State.UNDECIDED],
        "clause": _numbers(clauses),
        "ours": _("nothing yet"),
        "now": ngettext("%(num)s clause", "%(num)s clauses", len(clauses)),
        "can": _("Decide, once it is carried over"),
    }


def _possible(one: Moved) -> str:
    """What can be done with it once it is carried over."""
    possible: Mapping[State, str] = {
        State.ORPHAN: _("Let it go; what it said can be added anew"),
        State.SPLIT_MERGED: _("Move it to a clause it became, or let it go"),
        State.REDUNDANT: _("Let it go, or adopt"),
        State.NOW_WEAKER: _("Adopt, set more, or ask for a derogation"),
        State.CONFLICT: _("Keep, change, adopt, or let it go"),
        State.REBASED: _("carried"),
    }
    return str(possible.get(one.state, ""))


def _numbers(clauses: Any) -> str:
    named = list(dict.fromkeys(clause.number or _heading(clause) for clause in clauses))
    shown, more = ", ".join(named[:MOST_NAMED]), len(named) - MOST_NAMED
    if more <= 0:
        return shown
    return str(ngettext("%(shown)s and %(num)s other", "%(shown)s and %(num)s others", more, shown=shown))


def _heading(clause: Clause) -> str:
    return clause.text.heading or first_words(clause.text.body)
