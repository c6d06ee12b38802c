"""Parts: whether a comment on a local text speaks of the international text, or of what was made of it here.

A clause that a local text added is local; one that nothing was done to is the
base's. Of the others the author says it, or the passage they quote does, or
somebody at the desk; until then it is not known.
"""

import re
import threading
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult.errors import BarazaError
from consult.tables.comments import CommentRow, LinkKind, LinkRow
from consult.tables.rounds import RoundRow
from standards.operations import Op
from standards.overlays import store
from standards.overlays.provenance import Piece, pieces
from standards.overlays.resolve import under
from standards.tables import OverlayVersionRow

Part = Literal["base", "local", ""]
BASE: Part = "base"
LOCAL: Part = "local"
UNSAID: Part = ""
MOST = 12
"""Local texts whose parts are kept in memory, the least recently asked for giving way."""
LONGEST_QUOTE = 10_000


class OfOnePart(BarazaError):
    """Somebody says of which part a comment speaks where the clause has only one."""

    def __init__(self) -> None:
        super().__init__(
            "This clause has only one part: it is wholly the international text’s, or wholly local. "
            "There is nothing to tell apart."
        )


@dataclass(frozen=True)
class Parts:
    """A local text's parts: its own clauses, and the pieces of those clauses that have both parts."""

    added: frozenset[UUID]
    mixed: Mapping[UUID, tuple[Piece, ...]]

    def asks(self, clause_id: UUID | None) -> bool:
        """Whether a comment on the clause may be on one part or the other."""
        return clause_id in self.mixed

    def part(self, clause_id: UUID | None, quote: str = "", said: str = "") -> Part:
        """The part that a comment on a clause speaks of; `said` is what its author or the desk told."""
        if clause_id is None:
            return UNSAID
        if clause_id in self.added:
            return LOCAL
        if clause_id not in self.mixed:
            return BASE
        if said in (BASE, LOCAL):
            return LOCAL if said == LOCAL else BASE
        return _standing_in(self.mixed[clause_id], quote)


def of(session: Session, version_id: UUID) -> Parts | None:
    """The parts of a local text by its frozen version; None for an ordinary version."""
    with _lock:
        if version_id in _kept:
            _kept.move_to_end(version_id)
            return _kept[version_id]
    found = _read(session, version_id)
    with _lock:
        _kept[version_id] = found
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    return found


def asks(session: Session, version_id: UUID, clause_id: UUID | None) -> bool:
    """Whether a comment on this clause may be on the international text or on the local part."""
    found = of(session, version_id)
    return found is not None and found.asks(clause_id)


def part(
    session: Session, version_id: UUID, clause_id: UUID | None, *, quote: str = "", said: str = ""
) -> Part:
    """The part that a comment on a clause of a version speaks of; "" where not said, and on other texts."""
    found = of(session, version_id)
    return found.part(clause_id, quote, said) if found is not None else UNSAID


def counts(session: Session, round_: RoundRow) -> dict[UUID | None, Counter[str]]:
    """How many comments of a round are on which part, by clause; {} where it is not on a local text."""
    if of(session, round_.version_id) is None:
        return {}
    rows = session.execute(
        sa.select(col(LinkRow.clause_id), col(LinkRow.part), sa.func.count())
        .join(CommentRow, col(CommentRow.id) == LinkRow.comment_id)
        .where(
            col(CommentRow.round_id) == round_.id,
            col(LinkRow.ended_at).is_(None),
            col(LinkRow.kind) != LinkKind.SUGGESTED,
        )
        .group_by(col(LinkRow.clause_id), col(LinkRow.part))
    )
    found: dict[UUID | None, Counter[str]] = {}
    for clause_id, told, many in rows:
        found.setdefault(clause_id, Counter())[told] += many
    return found


def together(counted: Mapping[UUID | None, Counter[str]]) -> Counter[str]:
    """The counts of all clauses in one; empty where no comment is on a clause of a local text."""
    return sum((count for clause_id, count in counted.items() if clause_id is not None), Counter())


_kept: "OrderedDict[UUID, Parts | None]" = OrderedDict()
_lock = threading.Lock()


def _read(session: Session, version_id: UUID) -> Parts | None:
    query = select(OverlayVersionRow).where(OverlayVersionRow.text_id == version_id)
    version = session.exec(query).first()
    if version is None:
        return None
    base, _name = store.base_of(session, version)
    resolved = under(store.ground_of(session, version), store.load(session, version))
    added = frozenset(clause.id for clause in resolved.document if clause.id not in base.by_id)
    mixed = {
        clause.id: pieces(resolved, clause)
        for clause in resolved.document
        if clause.id not in added
        and any(one.operation.op is not Op.ADOPT for one in resolved.of(clause.id).placed)
    }
    return Parts(added, mixed)


def _standing_in(found: Sequence[Piece], quote: str) -> Part:
    """The part a passage stands in: local as soon as it touches local words; "" where it is not found."""
    words = _plain(quote).split()
    if not words or len(quote) > LONGEST_QUOTE:
        return UNSAID
    passage = re.compile(r"\s+".join(map(re.escape, words)))
    body, local = "", []
    for piece in found:
        if piece.field == "body":
            words_ = _plain(piece.text)
            if piece.source.op:
                local.append((len(body), len(body) + len(words_)))
            body += words_
    if match := passage.search(body):
        start, end = match.span()
        return LOCAL if any(start < last and first < end for first, last in local) else BASE
    for piece in found:
        if piece.field != "body" and passage.search(_plain(piece.text)):
            return LOCAL if piece.source.op else BASE
    return UNSAID


def _plain(words: str) -> str:
    return words.replace("*", "").replace("`", "")
