"""The queue: comments waiting for a clause, a page at a time, with the clauses they may be about.

Pages go by the comment's id, which grows with time, so that a page costs the
same at the end of ten thousand comments as at the beginning, and does not shift
while colleagues place comments from it.
"""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult import audit, links, suggestions
from consult.desk.places import PAGE, RoundPlace, called, containing, group_words, language_word, voice
from consult.linking.references import references
from consult.linking.suggesting import Suggestion
from consult.tables.comments import CommentRow, Placement, StandingRow
from consult.tables.intake import Channel
from consult.tables.participants import ParticipantRow
from standards import store
from standards.document import Document

UNKNOWN_NUMBER, NOTHING_NAMED = "unknown-number", "nothing-named"
REASONS = (UNKNOWN_NUMBER, NOTHING_NAMED)


@dataclass(frozen=True)
class Asked:
    """What a page of the queue was asked for; every field may be empty."""

    words: str = ""
    channel: str = ""
    language: str = ""
    group: str = ""
    reason: str = ""
    after: UUID | None = None
    before: UUID | None = None

    @property
    def narrows(self) -> bool:
        """Whether any filter is set."""
        return bool(self.words or self.channel or self.language or self.group or self.reason)

    def as_query(self, **more: Any) -> dict[str, str]:
        """The filters as the question of an address."""
        fields = {
            "q": self.words,
            "channel": self.channel,
            "language": self.language,
            "group": self.group,
            "why": self.reason,
            **more,
        }
        return {name: str(value) for name, value in fields.items() if value}


@dataclass(frozen=True)
class Waiting:
    """A comment in the queue: as drawn, its suggestions, the numbers it names that do not exist."""

    id: str
    voice: Mapping[str, Any]
    suggestions: list[dict[str, Any]]
    unknown: tuple[str, ...]
    sure: dict[str, Any] | None
    held: str


@dataclass(frozen=True)
class Page:
    """One page of the queue and what stands around it."""

    comments: list[Waiting]
    total: int
    facets: Mapping[str, list[tuple[str, str, int]]]
    unseen: int
    after: UUID | None = None
    before: UUID | None = None
    sure: list[dict[str, Any]] = field(default_factory=list)


def page(session: Session, place: RoundPlace, asked: Asked, *, confidential: bool, language: str) -> Page:
    """The page of the queue that was asked for; `confidential` says whether those may be read."""
    groups = group_words(session, language)
    facets, unseen, total = _facets(session, place, groups, confidential)
    conditions = _conditions(place, asked, confidential)
    if asked.reason in REASONS:
        wanted = _because(session, place, asked.reason, conditions)
        total = len(wanted)
        conditions = [*conditions, col(CommentRow.id).in_(_window(wanted, asked))]
    elif asked.narrows:
        total = _count(session, conditions)
    rows = _rows(session, conditions, asked)
    more, rows = len(rows) > PAGE, rows[:PAGE]
    if asked.before:
        rows.reverse()
    suggested = suggestions.suggest(session, place.round, [comment for comment, _, _ in rows])
    known = list(place.document.by_number)
    comments = [
        _waiting(place, comment, alias, held, suggested[comment.id], known, groups, language)
        for comment, alias, held in rows
    ]
    goes_on = bool(rows) and (more or bool(asked.before))
    goes_back = bool(rows) and (bool(asked.after) or (bool(asked.before) and more))
    return Page(
        comments,
        total,
        facets,
        unseen,
        after=rows[-1][0].id if goes_on else None,
        before=rows[0][0].id if goes_back else None,
        sure=[c.sure for c in comments if c.sure],
    )


def names_unknown(
    comment_id: UUID, text: str, language: str, version_id: UUID, known: list[str]
) -> tuple[str, ...]:
    """The clause numbers a comment names that the version does not have."""
    if not any(letter.isdigit() for letter in text):
        return ()
    key = (version_id, comment_id)
    with _lock:
        found = _unknown.get(key)
    if found is None:
        found = tuple(references(text[:5000], language or "en", known).unknown)
        with _lock:
            if len(_unknown) > 50_000:
                _unknown.clear()
            _unknown[key] = found
    return found


# A comment's words never change and a consulted text is frozen, so neither does what was found.
_unknown: dict[tuple[UUID, UUID], tuple[str, ...]] = {}
_lock = threading.Lock()


def _conditions(place: RoundPlace, asked: Asked, confidential: bool) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = [
        col(StandingRow.round_id) == place.round.id,
        col(StandingRow.placement) == Placement.QUEUED,
        *containing(asked.words),
    ]
    if not confidential:
        found.append(col(CommentRow.confidential).is_(False))
    if asked.channel in set(Channel):
        found.append(col(StandingRow.channel) == Channel(asked.channel))
    if asked.language:
        found.append(col(CommentRow.language) == ("" if asked.language == "none" else asked.language))
    if asked.group == "none":
        found.append(col(CommentRow.group_id).is_(None))
    elif asked.group:
        found.append(col(CommentRow.group_id) == _uuid(asked.group))
    return found


def _uuid(written: str) -> UUID | None:
    try:
        return UUID(written)
    except ValueError:
        return None


def _rows(
    session: Session, conditions: list[sa.ColumnElement[bool]], asked: Asked
) -> list[tuple[CommentRow, str | None, str]]:
    query = (
        select(CommentRow, ParticipantRow.alias, StandingRow.held)
        .join(StandingRow, col(StandingRow.comment_id) == CommentRow.id)
        .outerjoin(ParticipantRow, col(ParticipantRow.id) == CommentRow.participant_id)
        .where(*conditions)
        .limit(PAGE + 1)
    )
    if asked.before:
        query = query.where(col(StandingRow.comment_id) < asked.before)
        query = query.order_by(col(StandingRow.comment_id).desc())
    else:
        if asked.after:
            query = query.where(col(StandingRow.comment_id) > asked.after)
        query = query.order_by(col(StandingRow.comment_id))
    return [(comment, alias, held) for comment, alias, held in session.exec(query)]


def _count(session: Session, conditions: list[sa.ColumnElement[bool]]) -> int:
    query = (
        sa.select(sa.func.count())
        .select_from(StandingRow)
        .join(CommentRow, col(CommentRow.id) == StandingRow.comment_id)
        .where(*conditions)
    )
    return int(session.connection().execute(query).scalar_one())


def _because(
    session: Session, place: RoundPlace, reason: str, conditions: list[sa.ColumnElement[bool]]
) -> list[UUID]:
    """The ids of all comments that wait for this reason, in the order of the queue."""
    rows = session.connection().execute(
        sa.select(col(CommentRow.id), col(CommentRow.text), col(CommentRow.language))
        .join(StandingRow, col(StandingRow.comment_id) == CommentRow.id)
        .where(*conditions)
        .order_by(col(StandingRow.comment_id))
    )
    known = list(place.document.by_number)
    return [
        id_
        for id_, text, language in rows
        if bool(names_unknown(id_, text, language, place.version.id, known)) is (reason == UNKNOWN_NUMBER)
    ]


def _window(ids: list[UUID], asked: Asked) -> list[UUID]:
    if asked.before:
        return [id_ for id_ in ids if id_ < asked.before][-PAGE - 1 :]
    return [id_ for id_ in ids if asked.after is None or id_ > asked.after][: PAGE + 1]


def _facets(
    session: Session, place: RoundPlace, groups: Mapping[UUID, str], confidential: bool
) -> tuple[dict[str, list[tuple[str, str, int]]], int, int]:
    """How many wait per channel, language and group; how many this person may not read; how many they may."""
    comment = CommentRow.__table__.c  # type: ignore[attr-defined]
    rows = session.connection().execute(
        sa.select(comment.channel, comment.language, comment.group_id, comment.confidential, sa.func.count())
        .join(StandingRow, col(StandingRow.comment_id) == comment.id)
        .where(col(StandingRow.round_id) == place.round.id, col(StandingRow.placement) == Placement.QUEUED)
        .group_by(comment.channel, comment.language, comment.group_id, comment.confidential)
    )
    channels: Counter[str] = Counter()
    languages: Counter[str] = Counter()
    by_group: Counter[str] = Counter()
    unseen = 0
    for channel, language, group_id, in_confidence, count in rows:
        if in_confidence and not confidential:
            unseen += count
            continue
        channels[channel.value] += count
        languages[language or "none"] += count
        by_group[str(group_id or "none")] += count
    words = {str(id_): word for id_, word in groups.items()}
    return (
        {
            "channels": [(value, "", count) for value, count in channels.most_common()],
            "languages": [
                (value, "" if value == "none" else language_word(value), count)
                for value, count in languages.most_common()
            ],
            "groups": [(value, words.get(value, ""), count) for value, count in by_group.most_common()],
        },
        unseen,
        sum(channels.values()),
    )


def _waiting(
    place: RoundPlace,
    comment: CommentRow,
    alias: str | None,
    held: str,
    suggested: Suggestion,
    known: list[str],
    groups: Mapping[UUID, str],
    language: str,
) -> Waiting:
    listed = offered(place, suggested)
    sure = listed[0] | {"comment": str(comment.id)} if suggested.decision == "link" and listed else None
    return Waiting(
        id=str(comment.id),
        voice=voice(comment, alias, groups, place.round.time_zone, language),
        suggestions=listed,
        unknown=names_unknown(comment.id, comment.text, comment.language, place.version.id, known),
        sure=sure,
        held=held,
    )


def offered(place: RoundPlace, suggested: Suggestion) -> list[dict[str, Any]]:
    """The clauses a comment may be about, as they are offered: with score and the words that earned it."""
    listed = [
        {
            "id": scored.id,
            "number": clause.number,
            "words": called(clause),
            "heading": clause.text.heading or clause.text.body[:60],
            "score": f"{scored.score:.2f}",
            "why": list(scored.why),
        }
        for scored in suggested.clauses
        if (clause := place.document.by_id.get(UUID(scored.id))) is not None
    ]
    if suggested.decision == "none":
        listed = [entry for entry in listed if entry["why"]]
    return listed


def settle(
    session: Session,
    place: RoundPlace,
    standing: StandingRow,
    clause_id: UUID | None,
    *,
    by: UUID,
    now: datetime,
) -> bool:
    """Link a comment that still waits to a clause, or to the whole; False where a colleague was first.

    Raises UnknownClause.
    """
    if standing.placement is not Placement.QUEUED:
        return False
    comment = session.get_one(CommentRow, standing.comment_id)
    score, why = evidence(session, place, comment, clause_id) if clause_id else (None, [])
    links.confirm(session, comment.id, [clause_id], by=str(by), now=now, score=score, why=why)
    audit.record(
        session,
        by,
        "link",
        "comment",
        comment.id,
        {"placement": "queued"},
        {"clause": str(clause_id or "whole"), "version": str(place.version.id)},
        now=now,
    )
    return True


def evidence(
    session: Session, place: RoundPlace, comment: CommentRow, clause_id: UUID
) -> tuple[float | None, list[str]]:
    """The score and words with which a clause was offered for a comment; (None, []) when it was not."""
    suggested = suggestions.suggest(session, place.round, [comment])[comment.id]
    for scored in suggested.clauses:
        if scored.id == str(clause_id):
            return scored.score, list(scored.why)
    return None, []


def clause_meant(document: Document, written: str) -> UUID:
    """The clause a person typed: a number, or the number and heading as the list offers them.

    Raises UnknownClause.
    """
    written = written.strip()
    first = written.split()[0].rstrip(".:,") if written else ""
    if written not in document.by_number and first in document.by_number:
        written = first
    return store.clause_in(document, written, "this version").id
