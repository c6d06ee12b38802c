"""Suggestions: which clauses the comments of a round may be about, from its text and what people confirmed.

Nothing is stored: a suggestion is made anew when someone looks, so that it
learns from every link confirmed so far.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from consult.linking.references import references
from consult.linking.suggesting import ClauseGiven, Index, Suggestion
from consult.links import Tie
from consult.tables.comments import CommentRow, LinkKind, LinkRow
from consult.tables.rounds import RoundRow
from standards import markdown, store
from standards.document import Document
from standards.tables import VersionRow

# A few hundred confirmed comments teach the words of a round; thousands only slow the index.
LEARNT_PER_CLAUSE = 12

_lock = threading.Lock()
_indexes: OrderedDict[tuple[UUID, str, int], Index] = OrderedDict()


def index_of(session: Session, round_: RoundRow) -> Index:
    """The index of a round's version with its confirmed comments; kept until enough more were confirmed."""
    version = session.get_one(VersionRow, round_.version_id)
    links = LinkRow.__table__.c  # type: ignore[attr-defined]
    confirmed = (
        session.connection()
        .execute(
            sa.select(sa.func.count()).where(
                links.version_id == version.id, links.kind == LinkKind.CONFIRMED, links.ended_at.is_(None)
            )
        )
        .scalar_one()
    )
    # Built anew whenever what was learnt has doubled, so that a desk of people confirming
    # does not rebuild it at every key press.
    key = (version.id, version.content_hash or "", int(confirmed).bit_length())
    with _lock:
        if key in _indexes:
            _indexes.move_to_end(key)
            return _indexes[key]
    made = Index(_given(store.load(session, version), _learnt(session, version.id)))
    with _lock:
        _indexes[key] = made
        while len(_indexes) > 8:
            _indexes.popitem(last=False)
    return made


def _given(document: Document, learnt: dict[UUID, list[str]]) -> list[ClauseGiven]:
    return [
        ClauseGiven(
            id=str(clause.id),
            number=clause.number,
            title=clause.text.heading,
            text=markdown.plain(clause.text),
            parents=tuple(above.text.heading for above in document.ancestors(clause)),
            confirmed=tuple(learnt.get(clause.id, ())),
        )
        for clause in document
    ]


def _learnt(session: Session, version_id: UUID) -> dict[UUID, list[str]]:
    links, comments = LinkRow.__table__.c, CommentRow.__table__.c  # type: ignore[attr-defined]
    rows = session.connection().execute(
        sa.select(links.clause_id, comments.text)
        .join(CommentRow, comments.id == links.comment_id)
        .where(
            links.version_id == version_id,
            links.kind == LinkKind.CONFIRMED,
            links.ended_at.is_(None),
            links.clause_id.is_not(None),
            comments.confidential.is_(False),
        )
        .order_by(links.at)
    )
    found: dict[UUID, list[str]] = {}
    for clause_id, text in rows:
        texts = found.setdefault(clause_id, [])
        if len(texts) < LEARNT_PER_CLAUSE:
            texts.append(text)
    return found


def suggest(
    session: Session, round_: RoundRow, comments: Iterable[CommentRow], k: int = 3
) -> dict[UUID, Suggestion]:
    """Up to k clauses for each comment, best first, with the words that earned them."""
    index = index_of(session, round_)
    return {
        comment.id: index.suggest(
            comment.text,
            k=k,
            lang=comment.language or None,
            quote=comment.quote or None,
            asked=str(comment.asked_clause_id) if comment.asked_clause_id else None,
        )
        for comment in comments
    }


def named_in(document: Document, text: str, language: str) -> tuple[list[Tie], list[str]]:
    """The clauses that a text names in so many words, as ties; and the numbers it names that do not exist."""
    found = references(text, language or "en", list(document.by_number))
    return [Tie(document.by_number[number].id) for number in found.references], list(found.unknown)
