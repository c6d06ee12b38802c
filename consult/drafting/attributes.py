"""Attributes of many clauses at once: chosen and set on a page, or sent back in a sheet.

An act changes all the clauses it was shown for, or none: where a colleague
changed one of them meanwhile, it is refused with the clauses named.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

from flask_babel import gettext as _
from sqlmodel import Session

from consult import look, particulars
from consult.errors import BarazaError
from standards import drafting, store
from standards.document import Clause, ClauseText, Document
from standards.drafting import EditedMeanwhile, Hand
from standards.exchange.attribute_cells import CellRefused, given, known_in
from standards.exchange.attribute_sheet import Change, with_column
from standards.tables import VersionRow

TOGETHER = (
    *("grade", "policy", "topic", "stage", "responsible", "producers", "minerals", "size", "custody"),
    *("verification", "verifiers", "frequency", "sampling_unit", "group_threshold", "points"),
    *("threshold_group", "risk", "severity", "cost", "benefit", "laws", "effective", "transition_until"),
)
"""The attributes that make sense for many clauses at once, in the order of the page."""

LISTS = ("producers", "minerals", "laws", "verifiers")
ALWAYS = ("grade", "policy")
"""Attributes that cannot be empty."""

How = Literal["set", "add", "remove"]


@dataclass(frozen=True)
class Wish:
    """One attribute as many clauses shall have it, in the words of a cell; "" empties it.

    A list may be set as a whole, or get or lose the entries named.
    """

    column: str
    cell: str
    how: How = "set"


class Misread(BarazaError):
    """A wish that cannot be read; `column` names it."""

    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column = column


class ChangedMeanwhile(BarazaError):
    """Clauses that are no longer as they were when the change was shown; nothing was changed."""

    def __init__(self, clauses: Sequence[Clause]) -> None:
        names = ", ".join(clause.title for clause in clauses)
        super().__init__(
            _(
                "A colleague changed this meanwhile: %(clauses)s. Nothing was changed. Look again.",
                clauses=names,
            )
        )
        self.clauses = tuple(clauses)


# --- choosing clauses


def under(document: Document, clause_id: UUID) -> set[UUID]:
    """A clause and all that stands under it; none where the clause is gone."""
    clause = document.by_id.get(clause_id)
    return {below.id for below in document.subtree(clause)} if clause else set()


def alike(document: Document, *, level: str = "", modality: str = "", topic: str = "") -> set[UUID]:
    """The clauses of a level, a modality and a topic; what is "" does not matter."""
    return {
        clause.id
        for clause in document
        if (not level or clause.text.level == level)
        and (not modality or clause.text.modality == modality)
        and (not topic or clause.text.attributes.topic == topic)
    }


# --- what would change


def planned(document: Document, chosen: Iterable[Clause], wishes: Sequence[Wish]) -> list[Change]:
    """The chosen clauses that would change, in their order. Raises Misread.

    `document` says which values are known; the clauses may be older than it.
    """
    known = known_in(document)
    for wish in wishes:
        try:
            given(ClauseText("", ""), wish.column, wish.cell, known)
        except CellRefused as refusal:
            raise Misread(wish.column, str(refusal)) from refusal
    found = []
    for clause in chosen:
        text = clause.text
        for wish in wishes:
            text = _with(text, wish, known)
        if text != clause.text:
            found.append(Change(clause, text))
    return found


def _with(text: ClauseText, wish: Wish, known: Mapping[str, frozenset[str]]) -> ClauseText:
    if wish.how == "set" or wish.column not in LISTS:
        return given(text, wish.column, wish.cell, known)
    named = given(ClauseText("", ""), wish.column, wish.cell, known)
    before, entries = (getattr(one.attributes, wish.column) for one in (text, named))
    if wish.how == "add":
        after = (*before, *(entry for entry in entries if entry not in before))
    else:
        after = tuple(entry for entry in before if entry not in entries)
    told = text.attributes.model_copy(update={wish.column: after})
    return with_column(text, replace(text, attributes=told), wish.column)


def as_seen(session: Session, document: Document, seen: Mapping[UUID, str]) -> list[Clause]:
    """The clauses as they were when a person saw them, by the hashes of their texts then."""
    found = []
    for id_, hash_ in seen.items():
        now = document.by_id.get(id_)
        if now is not None and now.text.hash == hash_:
            found.append(now)
        else:
            then = Clause(id_, store.text_called(session, hash_))
            found.append(replace(now, text=then.text) if now else then)
    return found


def seal(changes: Iterable[Change]) -> str:
    """One word that names exactly these changes from exactly these texts."""
    digest = hashlib.sha256()
    for change in changes:
        digest.update(f"{change.clause.id} {change.clause.text.hash} {change.text.hash}\n".encode())
    return digest.hexdigest()


# --- changing


def apply(
    session: Session,
    version: VersionRow,
    changes: Iterable[Change],
    hand: Hand,
    note: Callable[[Change], None],
) -> int:
    """Give every clause its new content; returns how many changed. `note` is called for each of those.

    Raises ChangedMeanwhile, NotADraft; the caller's transaction then keeps nothing.
    """
    meanwhile: list[Clause] = []
    count = 0
    for change in changes:
        try:
            base = change.clause.text.hash
            changed = drafting.edit(session, version, change.clause.id, base, change.text, hand)
        except (EditedMeanwhile, store.UnknownClause):
            meanwhile.append(change.clause)
            continue
        if changed:
            note(change)
            count += 1
    if meanwhile:
        raise ChangedMeanwhile(meanwhile)
    return count


# --- in words


def shown(column: str, cell: str) -> str:
    """A cell as a person reads it on a page."""
    if not cell:
        return ""
    match column:
        case "level":
            return str(look.LEVELS[cell])
        case "modality":
            return str(look.MODALITIES.get(cell, _("Not at all")))
        case "grade":
            return str(look.GRADES[cell])
        case "policy":
            return particulars.policy_words()[cell]
        case "stage":
            return particulars.stage_word(cell)
        case "custody":
            return particulars.custody_word(cell)
        case "verification":
            return particulars.verification_word(cell)
        case "producers":
            return "; ".join(particulars.producer_word(one) for one in cell.split("; "))
        case "group_threshold":
            return f"{cell}\N{NO-BREAK SPACE}%"
    return "; ".join(cell.split("\n"))
