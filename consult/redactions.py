"""Redactions: what is hidden from a comment's words before everyone may read them.

Stretches that may name a person or a small place are suggested; a person accepts
them, lets them go, or adds others. Until then the words stand on no public page
and in no report: the comment counts all the same. In a table that is passed on,
suggested stretches are hidden as if they had been accepted. A decision holds for
the words it was made on: when a later piece changes them it is asked for again.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult import audit, comments, likely_names, publications
from consult.errors import Misfilled, NotFound
from consult.likely_names import SHOWN, Kind, Stretch
from consult.linking.words import fold
from consult.tables.comments import CommentRow, StandingRow
from consult.tables.conversations import RedactionRow
from consult.tables.rounds import RoundRow
from consult.tables.workshops import TranscriptRow, UtteranceRow, WorkshopRow
from standards.document import Document
from standards.tables import VersionRow

MOST = 50
"""Comments shown at once."""
FIELDS = ("text", "proposal")
KINDS: tuple[Kind, ...] = ("name", "place", "number", "words")


class Worded(Protocol):
    """What is needed of a comment: a row of it, or some columns."""

    @property
    def id(self) -> UUID:
        """The comment."""
        ...

    @property
    def text(self) -> str:
        """Its working text."""
        ...

    @property
    def proposal(self) -> str:
        """The wording it proposes."""
        ...


@dataclass(frozen=True)
class Found:
    """A stretch of one field of a comment that is suggested or was hidden."""

    field: str
    stretch: Stretch
    words: str


@dataclass(frozen=True)
class Case:
    """A comment before a person: its words, what is suggested, whether a decision is outdated."""

    comment: CommentRow
    suggested: tuple[Found, ...]
    hidden: tuple[Found, ...]
    outdated: bool = False


class Public:
    """The words of a round's comments as they may be shown; made once for a page or a table."""

    def __init__(self, session: Session, round_: RoundRow, comment_ids: Iterable[UUID] = ()) -> None:
        self._session, self._round = session, round_
        self._decided: dict[UUID, RedactionRow] = {}
        self._known: frozenset[str] | None = None
        self._names: frozenset[str] = frozenset()
        self.read(comment_ids)

    def read(self, comment_ids: Iterable[UUID]) -> None:
        """Read what was decided on these comments, a few hundred at a time."""
        ids = list(comment_ids)
        for start in range(0, len(ids), 500):
            rows = self._session.exec(
                select(RedactionRow).where(col(RedactionRow.comment_id).in_(ids[start : start + 500]))
            )
            self._decided.update((row.comment_id, row) for row in rows)

    def waits(self, comment: Worded) -> bool:
        """Whether a person must look at a comment's words before everyone may read them."""
        row = self._decided.get(comment.id)
        if row is not None:
            return row.text_hash != hash_of(comment)
        return any(self.suggested(comment, field) for field in FIELDS)

    def words(self, comment: Worded, field: str = "text") -> str:
        """A field with what was hidden, or is suggested while nobody has decided, put in brackets."""
        row = self._decided.get(comment.id)
        if row is not None and row.text_hash == hash_of(comment):
            return _hidden(_field(comment, field), _of_row(row, field))
        return _hidden(_field(comment, field), self.suggested(comment, field))

    def said(self, comment: Worded) -> str | None:
        """A comment's own words for everyone; None while they wait for a person."""
        if self.waits(comment):
            return None
        return self.words(comment) or self.words(comment, "proposal")

    def suggested(self, comment: Worded, field: str) -> tuple[Stretch, ...]:
        """What may name somebody in one field of a comment."""
        text = _field(comment, field)
        if not text:
            return ()
        if self._known is None:
            self._known = known_words(self._session, self._round)
            self._names = _names_given(self._session, self._round)
        return likely_names.stretches(text, known=self._known, names=self._names)

    def case(self, comment: CommentRow) -> Case:
        """A comment as it is put before a person."""
        row = self._decided.get(comment.id)
        return Case(
            comment=comment,
            suggested=tuple(
                Found(field, one, _field(comment, field)[one.start : one.end])
                for field in FIELDS
                for one in self.suggested(comment, field)
            ),
            hidden=tuple(
                Found(field, one, _field(comment, field)[one.start : one.end])
                for field in FIELDS
                for one in (_of_row(row, field) if row and row.text_hash == hash_of(comment) else ())
            ),
            outdated=row is not None and row.text_hash != hash_of(comment),
        )


def said(session: Session, comments: Sequence[CommentRow]) -> dict[UUID, str | None]:
    """The words of some comments for everyone, of whatever rounds; None while they wait for a person."""
    found: dict[UUID, str | None] = {}
    for round_id in {comment.round_id for comment in comments}:
        here = [comment for comment in comments if comment.round_id == round_id]
        public = Public(session, session.get_one(RoundRow, round_id), [comment.id for comment in here])
        found.update((comment.id, public.said(comment)) for comment in here)
    return found


def stamp_of(session: Session, comments: Sequence[CommentRow]) -> tuple[object, ...]:
    """What a page with these comments' words was drawn from; it changes with their words and decisions."""
    if not comments:
        return ()
    ids = [comment.id for comment in comments]
    rows = session.exec(
        select(RedactionRow.comment_id, RedactionRow.at).where(col(RedactionRow.comment_id).in_(ids))
    ).all()
    return (*((comment.id, hash_of(comment)) for comment in comments), *sorted(rows))


def hash_of(comment: Worded) -> str:
    """What a decision is bound to: the words it was made on."""
    return hashlib.sha256(f"{comment.text}\0{comment.proposal}".encode("utf-8", "replace")).hexdigest()


# Deciding


def waiting(session: Session, round_: RoundRow) -> list[Case]:
    """The comments whose words wait before they may be public, oldest first."""
    rows = _public(session, round_)
    public = Public(session, round_, [row.id for row in rows])
    found: list[Case] = []
    for row in rows:
        if public.waits(row):
            found.append(public.case(row))
            if len(found) == MOST:
                break
    return found


def decided(session: Session, round_: RoundRow) -> list[Case]:
    """The comments from which a person hid something, or nothing, the latest first."""
    rows = session.exec(
        select(CommentRow)
        .join(RedactionRow, col(RedactionRow.comment_id) == CommentRow.id)
        .where(CommentRow.round_id == round_.id, col(CommentRow.erased_at).is_(None))
        .order_by(col(RedactionRow.at).desc(), col(CommentRow.id))
        .limit(MOST)
    ).all()
    public = Public(session, round_, [row.id for row in rows])
    cases = [public.case(row) for row in rows]
    return [case for case in cases if not case.outdated]


def decide(
    session: Session,
    round_: RoundRow,
    comment_id: UUID,
    accepted: Sequence[str],
    more: Sequence[tuple[str, Kind]] = (),
    *,
    seen: str,
    by: UUID | str,
    now: datetime,
) -> RedactionRow:
    """Hide the accepted suggestions (`field:start:end`) and every place of further words; the rest is public.

    `seen` is the hash of the words the person looked at. Raises NotFound, Misfilled.
    """
    comment = session.get(CommentRow, comment_id)
    if comment is None or comment.round_id != round_.id or comment.erased_at is not None:
        raise NotFound("There is no such comment in this round.")
    if seen != hash_of(comment):
        raise Misfilled({"": "These words have changed since the page was drawn. Look at them again."})
    public = Public(session, round_, [comment.id])
    case = public.case(comment)
    chosen = [one for one in (*case.suggested, *case.hidden) if _name_of(one) in set(accepted)]
    for words, kind in more:
        places = [*_places_of(comment, words, kind)]
        if not places:
            raise Misfilled(
                {f"more-{comment.id}": f"“{words}” does not stand in this comment. Copy it letter by letter."}
            )
        chosen += places
    row = session.get(RedactionRow, comment.id) or RedactionRow(
        comment_id=comment.id, text_hash="", by="", at=now
    )
    row.spans = _as_kept(chosen)
    row.text_hash, row.by, row.at = hash_of(comment), str(by), now
    session.add(row)
    after = {"hidden": len(row.spans)}
    audit.record(session, by, "redact-comment", "comment", comment.id, after=after, now=now)
    session.flush()
    return row


def take_back(session: Session, round_: RoundRow, comment_id: UUID, *, by: UUID, now: datetime) -> None:
    """Undo a decision: the words wait again where something is suggested. Raises NotFound."""
    comment, row = session.get(CommentRow, comment_id), session.get(RedactionRow, comment_id)
    if comment is None or row is None or comment.round_id != round_.id:
        raise NotFound("Nothing was decided on this comment.")
    session.delete(row)
    audit.record(session, by, "take-back-redaction", "comment", comment.id, now=now)
    session.flush()


def _public(session: Session, round_: RoundRow) -> Sequence[CommentRow]:
    return session.exec(
        select(CommentRow)
        .join(StandingRow, col(StandingRow.comment_id) == CommentRow.id)
        .where(*comments.in_public(round_.id))
        .order_by(col(CommentRow.received_at), col(CommentRow.id))
    ).all()


def _name_of(found: Found) -> str:
    """How a form names a stretch."""
    return f"{found.field}:{found.stretch.start}:{found.stretch.end}"


def _places_of(comment: CommentRow, words: str, kind: Kind) -> Iterable[Found]:
    """Every place where words stand in a comment, whole, capitals aside."""
    pattern = re.compile(rf"(?<!\w){re.escape(words.strip())}(?!\w)", re.I)
    for field in FIELDS:
        for found in pattern.finditer(_field(comment, field)):
            yield Found(field, Stretch(found.start(), found.end(), kind), found[0])


def _as_kept(chosen: Sequence[Found]) -> list[list[object]]:
    """Stretches in order without overlap, the longer one first where two begin alike."""
    kept: list[list[object]] = []
    for field in FIELDS:
        end = -1
        ordered = sorted(
            (one.stretch for one in chosen if one.field == field), key=lambda one: (one.start, -one.end)
        )
        for one in ordered:
            if one.start >= end:
                kept.append([field, one.start, one.end, one.kind])
                end = one.end
    return kept


def _of_row(row: RedactionRow, field: str) -> tuple[Stretch, ...]:
    return tuple(Stretch(start, end, kind) for name, start, end, kind in row.spans if name == field)


def _field(comment: Worded, field: str) -> str:
    return comment.text if field == "text" else comment.proposal


def _hidden(text: str, stretches: Iterable[Stretch]) -> str:
    kept, place = [], 0
    for one in stretches:
        kept += [text[place : one.start], SHOWN[one.kind]]
        place = one.end
    return "".join([*kept, text[place:]])


# What names nobody, and who was named


def known_words(session: Session, round_: RoundRow) -> frozenset[str]:
    """Words that name nobody in this round: those of its standard."""
    version = session.get_one(VersionRow, round_.version_id)
    document = publications.text(session, version)
    key = (version.id, version.content_hash or "")
    if version.content_hash is None or key not in _words:
        _words[key] = _words_of(document)
        while len(_words) > 8:
            _words.pop(next(iter(_words)))
    return _words[key]


_words: dict[tuple[UUID, str], frozenset[str]] = {}


def _words_of(document: Document) -> frozenset[str]:
    texts = [
        document.title,
        *(part for clause in document for part in (clause.text.heading, clause.text.body)),
    ]
    return frozenset(fold(word) for text in texts for word in re.findall(r"[^\W\d_]+", text))


def _names_given(session: Session, round_: RoundRow) -> frozenset[str]:
    """Names that authors and speakers of this round gave; opened anew only where some came or went."""
    authors = (CommentRow.round_id == round_.id, col(CommentRow.author).is_not(None))
    speakers = (WorkshopRow.round_id == round_.id, col(UtteranceRow.speaker_name).is_not(None))
    counts = (
        session.exec(select(sa.func.count()).select_from(CommentRow).where(*authors)).one(),
        session.exec(_of_workshops(select(sa.func.count()).select_from(UtteranceRow)).where(*speakers)).one(),
    )
    if round_.id not in _given or _given[round_.id][0] != counts:
        found = [
            *session.exec(select(CommentRow.author).where(*authors)),
            *session.exec(_of_workshops(select(UtteranceRow.speaker_name)).where(*speakers)),
        ]
        names = {likely_names.folded(name) for name in found if name}
        _given[round_.id] = (counts, frozenset(name for name in names if len(name) > 2))
        while len(_given) > 8:
            _given.pop(next(iter(_given)))
    return _given[round_.id][1]


def _of_workshops(query: Any) -> Any:
    return query.join(TranscriptRow, col(TranscriptRow.id) == UtteranceRow.transcript_id).join(
        WorkshopRow, col(WorkshopRow.id) == TranscriptRow.workshop_id
    )


_given: dict[UUID, tuple[tuple[int, int], frozenset[str]]] = {}
