"""Drafting: what an editor does to the clauses of a draft, each act with its history.

Splits, merges and withdrawals record their lineage as they happen. Nobody
overwrites a colleague: an edit names the text it began from, and when another
text stands there by now it is refused with both texts merged word by word.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, select

from standards import merge, store
from standards.document import Clause, ClauseText, Document
from standards.errors import StandardsError
from standards.lineage import Relation
from standards.tables import (
    ClauseRow,
    EditKind,
    EditRow,
    LineageRow,
    LineageState,
    OutlineRow,
    StandardRow,
    Status,
    VersionRow,
)
from standards.versions import NotADraft


class EditedMeanwhile(StandardsError):
    """A colleague saved the clause after this edit began; both texts are here, merged where they agree."""

    def __init__(self, clause_id: UUID, base: ClauseText, mine: ClauseText, theirs: ClauseText) -> None:
        super().__init__("A colleague saved this clause while you were writing. Both texts are kept.")
        self.clause_id, self.base, self.mine, self.theirs = clause_id, base, mine, theirs
        self.heading = merge.merge(base.heading, mine.heading, theirs.heading)
        self.body = merge.merge(base.body, mine.body, theirs.body)


class UnderItself(StandardsError):
    """A clause cannot stand under itself or under a clause that stands under it."""

    def __init__(self, clause: Clause) -> None:
        super().__init__(
            f"{clause.title} cannot stand under itself or under one of its own clauses. Nothing was changed."
        )
        self.clause = clause


class EmptyPart(StandardsError):
    """A split needs words on both sides."""


@dataclass(frozen=True)
class Hand:
    """Whose act it is, when, and the line for the history."""

    by: str
    now: datetime
    reason: str = ""


def edit(
    session: Session, version: VersionRow, clause_id: UUID, base_hash: str, text: ClauseText, hand: Hand
) -> bool:
    """Give a clause a new text; False when the text is the same and nothing was written.

    `base_hash` names the text the writer began from. Raises NotADraft,
    UnknownClause, EditedMeanwhile.
    """
    place = _place(session, version, clause_id)
    if place.text_hash == text.hash:
        return False
    if place.text_hash != base_hash:
        raise EditedMeanwhile(
            clause_id,
            store.text_called(session, base_hash),
            text,
            store.text_called(session, place.text_hash),
        )
    _give_text(session, version, place, text, EditKind.EDIT, hand)
    return True


def restore(session: Session, version: VersionRow, clause_id: UUID, text_hash: str, hand: Hand) -> bool:
    """Bring an earlier text of a clause back; a withdrawn clause returns at the end of the text.

    Returns False when that text stands already.
    """
    _refuse_frozen(session, version)
    text = store.text_called(session, text_hash)
    place = session.get(OutlineRow, (version.id, clause_id))
    if place is not None and place.text_hash == text_hash:
        return False
    if place is not None:
        _give_text(session, version, place, text, EditKind.RESTORE, hand)
        return True
    document = store.load(session, version)
    end = len(document.children.get(None, ()))
    session.add(OutlineRow(version_id=version.id, clause_id=clause_id, text_hash=text_hash, position=end))
    _note(session, version, clause_id, EditKind.RESTORE, None, text_hash, hand, None, end)
    session.execute(
        sa.delete(LineageRow).where(
            LineageRow.to_version_id == version.id,  # type: ignore[arg-type]
            LineageRow.from_clause_id == clause_id,  # type: ignore[arg-type]
            LineageRow.relation == Relation.WITHDRAWN,  # type: ignore[arg-type]
        )
    )
    return True


def add(
    session: Session,
    version: VersionRow,
    text: ClauseText,
    hand: Hand,
    *,
    parent: UUID | None = None,
    position: int | None = None,
) -> UUID:
    """A new clause among the children of `parent` (None: at the top), last unless a position is given."""
    _refuse_frozen(session, version)
    document = store.load(session, version)
    if parent is not None and parent not in document.by_id:
        raise store.UnknownClause(str(parent), f"version {version.label}")
    return _add(session, version, document, text, EditKind.ADD, hand, parent, position).clause_id


def move(
    session: Session, version: VersionRow, clause_id: UUID, hand: Hand, *, parent: UUID | None, position: int
) -> bool:
    """Put a clause, with all that stands under it, elsewhere; False when it stands there already.

    `position` counts from 0 among the siblings-to-be without the clause itself;
    beyond the end means last. Raises UnderItself.
    """
    place = _place(session, version, clause_id)
    document = store.load(session, version)
    clause = document.by_id[clause_id]
    if parent is not None and parent not in document.by_id:
        raise store.UnknownClause(str(parent), f"version {version.label}")
    if parent is not None and parent in {below.id for below in document.subtree(clause)}:
        raise UnderItself(clause)
    siblings = [other.id for other in document.children.get(parent, ()) if other.id != clause_id]
    position = max(0, min(position, len(siblings)))
    if place.parent_id == parent and _position_of(document, clause) == position:
        return False
    siblings.insert(position, clause_id)
    place.parent_id = parent
    session.add(place)
    session.flush()
    _order(session, version, siblings)
    _note(
        session, version, clause_id, EditKind.MOVE, place.text_hash, place.text_hash, hand, parent, position
    )
    return True


def split(
    session: Session,
    version: VersionRow,
    clause_id: UUID,
    base_hash: str,
    parts: Sequence[ClauseText],
    hand: Hand,
) -> list[UUID]:
    """Make several clauses of one; the first part keeps the identity, the others follow it as siblings.

    Returns the ids in order. Raises EmptyPart, EditedMeanwhile.
    """
    place = _place(session, version, clause_id)
    if len(parts) < 2 or any(not (part.heading.strip() or part.body.strip()) for part in parts):
        raise EmptyPart("Each part of a split needs words. Put the cut between two sentences.")
    if place.text_hash != base_hash:
        raise EditedMeanwhile(
            clause_id,
            store.text_called(session, base_hash),
            parts[0],
            store.text_called(session, place.text_hash),
        )
    document = store.load(session, version)
    _give_text(session, version, place, parts[0], EditKind.SPLIT, hand)
    ids = [clause_id]
    parent = document.by_id[clause_id].parent
    for offset, part in enumerate(parts[1:], 1):
        position = _position_of(document, document.by_id[clause_id]) + offset
        current = store.load(session, version)
        ids.append(_add(session, version, current, part, EditKind.SPLIT, hand, parent, position).clause_id)
    for target in ids:
        _lineage(session, version, Relation.SPLIT, clause_id, target, hand)
    return ids


def join(
    session: Session,
    version: VersionRow,
    kept_id: UUID,
    other_id: UUID,
    text: ClauseText,
    hand: Hand,
) -> None:
    """Merge `other` into `kept`, which gets `text`; what stood under `other` moves under `kept`."""
    place = _place(session, version, kept_id)
    gone = _place(session, version, other_id)
    document = store.load(session, version)
    if kept_id in {below.id for below in document.subtree(document.by_id[other_id])}:
        raise UnderItself(document.by_id[other_id])
    _give_text(session, version, place, text, EditKind.MERGE, hand)
    orphans = [child.id for child in document.children.get(other_id, ())]
    already = [child.id for child in document.children.get(kept_id, ()) if child.id != other_id]
    for child in orphans:
        row = session.get_one(OutlineRow, (version.id, child))
        row.parent_id = kept_id
        session.add(row)
    _note(session, version, other_id, EditKind.MERGE, gone.text_hash, None, hand, gone.parent_id, None)
    session.delete(gone)
    session.flush()
    _order(session, version, [*already, *orphans])
    _lineage(session, version, Relation.MERGED, kept_id, kept_id, hand)
    _lineage(session, version, Relation.MERGED, other_id, kept_id, hand)


def withdraw(session: Session, version: VersionRow, clause_id: UUID, hand: Hand) -> list[UUID]:
    """Take a clause and all that stands under it out of the draft. Returns the ids taken out."""
    _place(session, version, clause_id)
    document = store.load(session, version)
    gone = [clause.id for clause in document.subtree(document.by_id[clause_id])]
    for id_ in gone:
        row = session.get_one(OutlineRow, (version.id, id_))
        _note(
            session, version, id_, EditKind.WITHDRAW, row.text_hash, None, hand, row.parent_id, row.position
        )
        session.delete(row)
        _lineage(session, version, Relation.WITHDRAWN, id_, None, hand)
    session.flush()
    return gone


@dataclass(frozen=True)
class Moment:
    """One entry of a clause's history."""

    edit: EditRow
    label: str
    before: ClauseText | None
    after: ClauseText | None


def history(session: Session, clause_id: UUID) -> list[Moment]:
    """Everything done to a clause in all versions, newest first."""
    rows = session.exec(
        select(EditRow, VersionRow.label)
        .join(VersionRow, VersionRow.id == EditRow.version_id)  # type: ignore[arg-type]
        .where(EditRow.clause_id == clause_id)
        .order_by(EditRow.at.desc(), EditRow.id.desc())  # type: ignore[attr-defined]
    ).all()
    return [
        Moment(
            edit=row,
            label=label,
            before=store.text_called(session, row.before_hash) if row.before_hash else None,
            after=store.text_called(session, row.after_hash) if row.after_hash else None,
        )
        for row, label in rows
    ]


def _refuse_frozen(session: Session, version: VersionRow) -> None:
    if store.status_in_hand(session, version) is not Status.DRAFT:
        raise NotADraft(version)


def _place(session: Session, version: VersionRow, clause_id: UUID) -> OutlineRow:
    _refuse_frozen(session, version)
    place = session.get(OutlineRow, (version.id, clause_id), with_for_update=_locks(session))
    if place is None:
        raise store.UnknownClause(str(clause_id), f"version {version.label}")
    return place


def _locks(session: Session) -> bool:
    # SQLite's IMMEDIATE transaction already keeps a second writer out.
    return session.get_bind().dialect.name != "sqlite"


def _give_text(
    session: Session, version: VersionRow, place: OutlineRow, text: ClauseText, kind: EditKind, hand: Hand
) -> None:
    language = session.get_one(StandardRow, version.standard_id).language
    store.keep_texts(session, [text], language)
    before, place.text_hash = place.text_hash, text.hash
    session.add(place)
    _note(session, version, place.clause_id, kind, before, text.hash, hand, place.parent_id, place.position)


def _add(
    session: Session,
    version: VersionRow,
    document: Document,
    text: ClauseText,
    kind: EditKind,
    hand: Hand,
    parent: UUID | None,
    position: int | None,
) -> OutlineRow:
    store.keep_texts(session, [text], document.language)
    clause = ClauseRow(standard_id=version.standard_id, created_at=hand.now)
    session.add(clause)
    session.flush()
    siblings = [other.id for other in document.children.get(parent, ())]
    position = len(siblings) if position is None else max(0, min(position, len(siblings)))
    row = OutlineRow(
        version_id=version.id, clause_id=clause.id, text_hash=text.hash, parent_id=parent, position=position
    )
    session.add(row)
    session.flush()
    siblings.insert(position, clause.id)
    _order(session, version, siblings)
    _note(session, version, clause.id, kind, None, text.hash, hand, parent, position)
    return row


def _position_of(document: Document, clause: Clause) -> int:
    return [other.id for other in document.children[clause.parent]].index(clause.id)


def _order(session: Session, version: VersionRow, siblings: Sequence[UUID]) -> None:
    for position, id_ in enumerate(siblings):
        row = session.get_one(OutlineRow, (version.id, id_))
        if row.position != position:
            row.position = position
            session.add(row)
    session.flush()


def _note(
    session: Session,
    version: VersionRow,
    clause_id: UUID,
    kind: EditKind,
    before: str | None,
    after: str | None,
    hand: Hand,
    parent: UUID | None,
    position: int | None,
) -> None:
    session.add(
        EditRow(
            version_id=version.id,
            clause_id=clause_id,
            kind=kind,
            before_hash=before,
            after_hash=after,
            parent_id=parent,
            position=position,
            reason=hand.reason,
            by=hand.by,
            at=hand.now,
        )
    )


def _lineage(
    session: Session,
    version: VersionRow,
    relation: Relation,
    source: UUID,
    target: UUID | None,
    hand: Hand,
) -> None:
    if version.based_on_id is None or session.get(OutlineRow, (version.based_on_id, source)) is None:
        return
    session.add(
        LineageRow(
            from_version_id=version.based_on_id,
            to_version_id=version.id,
            relation=relation,
            from_clause_id=source,
            to_clause_id=target,
            state=LineageState.RECORDED,
            reason=hand.reason,
            by=hand.by,
            at=hand.now,
        )
    )


def with_words(text: ClauseText, heading: str, body: str) -> ClauseText:
    """The same clause content with other words."""
    return replace(text, heading=heading, body=body)
