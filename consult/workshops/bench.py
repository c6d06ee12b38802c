"""The bench: the stretch of a transcript somebody works on, and the clauses it may be about."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult import links, publications, rounds, suggestions
from consult.linking.references import references
from consult.tables.comments import CommentRow
from consult.tables.rounds import RoundRow
from consult.tables.workshops import TranscriptRow, UtteranceRow, UtteranceState, WorkshopRow
from consult.workshops.attributing import corrections
from consult.workshops.meetings import agenda_of
from consult.workshops.pace import Colleague, Progress, colleague, minutes_left, progress
from consult.workshops.tagging import language_for
from consult.workshops.utterances import joined_with, spoken_by
from standards.document import Clause, Document

BEFORE, AFTER = 4, 12
LOOK_BACK, MOST_AHEAD = 40, AFTER + 10
CHOICES = 5
# Below this share a suggestion is a guess among many.
LEAST = 0.05
WHOLE = "whole"


@dataclass(frozen=True)
class Choice:
    """A clause an utterance may be about; `score` None when nothing but the agenda speaks for it."""

    clause: Clause
    score: float | None = None
    why: tuple[str, ...] = ()
    on_agenda: bool = False
    on_the_table: bool = False
    named: bool = False
    """Whether it was named in the field."""

    @property
    def is_likely(self) -> bool:
        """Whether the words speak for it, not the agenda alone."""
        return (self.score or 0) >= LEAST


@dataclass(frozen=True)
class Bench:
    """A window on the utterances of a workshop, in order, around the one in hand.

    `together` are the utterance in hand and those joined to it; `minutes` how long
    the open ones take at this person's pace, None when nobody can tell yet;
    `corrected` what stood first where words were corrected.
    """

    document: Document
    progress: Progress
    current: UtteranceRow | None
    together: Sequence[UtteranceRow] = ()
    window: Sequence[UtteranceRow] = ()
    made: dict[UUID, tuple[CommentRow, list[str]]] = field(default_factory=dict)
    choices: Sequence[Choice] = ()
    agenda: Sequence[Choice] = ()
    whole: bool = False
    language: str = ""
    previous: UUID | None = None
    following: UUID | None = None
    next_open: UUID | None = None
    earlier: bool = False
    joinable: bool = False
    minutes: int | None = None
    colleague: Colleague | None = None
    corrected: dict[UUID, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Speaker:
    """Somebody who speaks in a transcript: the desk's word, their category, and how often they speak."""

    transcript_id: UUID
    speaker: str
    category: str
    turns: int


def lay_out(
    session: Session,
    round_: RoundRow,
    workshop: WorkshopRow,
    at: UUID | None,
    *,
    person_id: UUID | None = None,
    now: datetime | None = None,
) -> Bench:
    """The bench at an utterance, or at the first that is open; as many statements however long the tape."""
    _, version = rounds.version_of(session, round_)
    document = publications.text(session, version)
    order = _transcripts(session, workshop)
    far = progress(session, workshop)
    current = _in_hand(session, order, at)
    if current is None:
        return Bench(document, far, None)
    line = _around(session, current)
    together = joined_with(line, current)
    current = together[0]
    place, last = line.index(current), line.index(together[-1])
    first = max(place - BEFORE, 0)
    window = line[first : last + AFTER + 1]
    made = _made(session, line, document)
    words = spoken_by(together)
    language = current.language or language_for(workshop, words)
    choices = _choices(session, round_, workshop, document, together, line[:place], made, language)
    after = line[last + 1] if last + 1 < len(line) else None
    following = after.id if after is not None else _beyond(session, order, current, 1)
    return Bench(
        document,
        far,
        current,
        together,
        window,
        made,
        choices[:CHOICES],
        choices[CHOICES:],
        whole=any(WHOLE in row.clauses for row in together),
        language=language,
        previous=line[place - 1].id if place else _beyond(session, order, current, -1),
        following=following,
        next_open=_next_open(session, order, together[-1]),
        earlier=first > 0,
        joinable=after is not None and after.state is UtteranceState.OPEN,
        minutes=minutes_left(session, workshop, far.left, by=str(person_id), now=now) if now else None,
        colleague=colleague(session, workshop, current, person_id, now=now) if person_id and now else None,
        corrected=corrections(session, [row.id for row in window]),
    )


def next_after(session: Session, workshop: WorkshopRow, utterance_id: UUID) -> UUID | None:
    """The next open utterance after one that was just done; from the beginning when there is none."""
    row = session.get(UtteranceRow, utterance_id)
    order = _transcripts(session, workshop)
    if row is None:
        return _first_open(session, order)
    if row.state is UtteranceState.OPEN:
        return row.id
    return _next_open(session, order, row) or _first_open(session, order)


def speakers(session: Session, workshop: WorkshopRow) -> list[Speaker]:
    """Who speaks in a workshop's transcripts, in order of appearance; of the category they mostly have."""
    order = _transcripts(session, workshop)
    said = UtteranceRow.__table__.c  # type: ignore[attr-defined]
    rows = session.connection().execute(
        sa.select(
            said.transcript_id, said.speaker, said.category, sa.func.count(), sa.func.min(said.position)
        )
        .where(said.transcript_id.in_(order), said.speaker != "")
        .group_by(said.transcript_id, said.speaker, said.category)
    )
    found: dict[tuple[UUID, str], list[tuple[int, int, str]]] = {}
    for transcript_id, speaker, category, turns, first in rows:
        found.setdefault((transcript_id, speaker), []).append((turns, first, category))
    spoken = sorted(found, key=lambda one: (order.index(one[0]), min(first for _, first, _ in found[one])))
    return [
        Speaker(*one, max(found[one], key=lambda told: told[:1])[2], sum(turns for turns, *_ in found[one]))
        for one in spoken
    ]


def on_tape(session: Session, workshop: WorkshopRow, seconds: float) -> UUID | None:
    """The utterance heard at this second of a workshop's tape; None where nothing so late was timed."""
    return session.exec(
        select(UtteranceRow.id)
        .where(
            col(UtteranceRow.transcript_id).in_(_transcripts(session, workshop)),
            col(UtteranceRow.end) > seconds,
        )
        .order_by(col(UtteranceRow.start), col(UtteranceRow.position))
        .limit(1)
    ).first()


def _transcripts(session: Session, workshop: WorkshopRow) -> list[UUID]:
    """The transcripts of a workshop, in order."""
    query = select(TranscriptRow.id).where(TranscriptRow.workshop_id == workshop.id)
    return list(session.exec(query.order_by(col(TranscriptRow.created_at), col(TranscriptRow.id))).all())


def _in_hand(session: Session, order: Sequence[UUID], at: UUID | None) -> UtteranceRow | None:
    """The utterance named, if it is here; else the first open one, else the first."""
    named = session.get(UtteranceRow, at) if at is not None else None
    if named is not None and named.transcript_id in order:
        return named
    found = _first_open(session, order) or _end_of(session, order, 1)
    return session.get(UtteranceRow, found) if found else None


def _around(session: Session, current: UtteranceRow) -> list[UtteranceRow]:
    """An utterance among those before and after it in its transcript, as far as the bench looks."""
    place = col(UtteranceRow.position)
    here = select(UtteranceRow).where(UtteranceRow.transcript_id == current.transcript_id)
    before = here.where(place < current.position).order_by(place.desc()).limit(LOOK_BACK)
    after = here.where(place > current.position).order_by(place).limit(MOST_AHEAD)
    return [*reversed(session.exec(before).all()), current, *session.exec(after).all()]


def _open_in(transcript_id: UUID) -> Any:
    return (
        select(UtteranceRow.id)
        .where(UtteranceRow.transcript_id == transcript_id, UtteranceRow.state == UtteranceState.OPEN)
        .order_by(col(UtteranceRow.position))
        .limit(1)
    )


def _next_open(session: Session, order: Sequence[UUID], after: UtteranceRow) -> UUID | None:
    """The next open utterance after one, in its transcript or one of those that follow."""
    here = _open_in(after.transcript_id).where(col(UtteranceRow.position) > after.position)
    found: UUID | None = session.exec(here).first()
    return found or _first_open(session, order[order.index(after.transcript_id) + 1 :])


def _first_open(session: Session, order: Sequence[UUID]) -> UUID | None:
    """The first open utterance of these transcripts."""
    for transcript_id in order:
        found: UUID | None = session.exec(_open_in(transcript_id)).first()
        if found is not None:
            return found
    return None


def _beyond(session: Session, order: Sequence[UUID], current: UtteranceRow, way: int) -> UUID | None:
    """The utterance on the other side of a transcript's end: of the next one (1) or the one before (-1)."""
    place = order.index(current.transcript_id)
    return _end_of(session, order[place + 1 :] if way > 0 else order[:place][::-1], way)


def _end_of(session: Session, order: Sequence[UUID], way: int) -> UUID | None:
    """The first utterance (1) of the first of these transcripts, or the last one (-1)."""
    if not order:
        return None
    position = col(UtteranceRow.position)
    return session.exec(
        select(UtteranceRow.id)
        .where(UtteranceRow.transcript_id == order[0])
        .order_by(position if way > 0 else position.desc())
        .limit(1)
    ).first()


def _made(
    session: Session, shown: Sequence[UtteranceRow], document: Document
) -> dict[UUID, tuple[CommentRow, list[str]]]:
    """The comments of these utterances, with the numbers of the clauses they are tied to."""
    ids = {row.comment_id for row in shown if row.comment_id is not None}
    if not ids:
        return {}
    found = session.exec(select(CommentRow).where(col(CommentRow.id).in_(list(ids)))).all()
    tied = links.links_of(session, ids)
    return {
        comment.id: (
            comment,
            [
                document.by_id[link.clause_id].number if link.clause_id in document.by_id else ""
                for link in tied[comment.id]
            ],
        )
        for comment in found
    }


def _choices(
    session: Session,
    round_: RoundRow,
    workshop: WorkshopRow,
    document: Document,
    together: Sequence[UtteranceRow],
    behind: Sequence[UtteranceRow],
    made: dict[UUID, tuple[CommentRow, list[str]]],
    language: str,
) -> list[Choice]:
    """What was named in the field, the clause on the table, what is likely, then the agenda's rest."""
    agenda = [clause_id for clause_id in agenda_of(workshop) if clause_id in document.by_id]
    table = _on_the_table(document, agenda, behind, made, language)
    words = " ".join(row.words for row in together)
    scored = suggestions.index_of(session, round_).suggest(words, k=12, lang=language or None).clauses
    found: dict[UUID, Choice] = {}
    for one in scored:
        clause_id = UUID(one.id)
        if one.score >= LEAST or clause_id in agenda:
            found[clause_id] = Choice(document.by_id[clause_id], one.score, one.why, clause_id in agenda)
    for clause_id in agenda:
        found.setdefault(clause_id, Choice(document.by_id[clause_id], on_agenda=True))
    if table is not None:
        found[table] = replace(found[table], on_agenda=True, on_the_table=True)
    for clause_id in _named(together):
        if clause_id in document.by_id:
            known = found.get(clause_id, Choice(document.by_id[clause_id]))
            found[clause_id] = replace(known, named=True)

    def rank(choice: Choice) -> tuple[bool, bool, bool, bool, float]:
        # A clause off the agenda that is likely comes before one on it that is not.
        return (
            not choice.named,
            not choice.on_the_table,
            not choice.is_likely,
            not choice.on_agenda,
            -(choice.score or 0),
        )

    return sorted(found.values(), key=rank)


def _named(together: Sequence[UtteranceRow]) -> list[UUID]:
    """The clauses that a note from the field names."""
    named = dict.fromkeys(one for row in together for one in row.clauses if one != WHOLE)
    return [UUID(one) for one in named]


def _on_the_table(
    document: Document,
    agenda: Sequence[UUID],
    behind: Sequence[UtteranceRow],
    made: dict[UUID, tuple[CommentRow, list[str]]],
    language: str,
) -> UUID | None:
    """The clause of the agenda that was named, or commented on, last before this."""
    numbers = {document.by_id[clause_id].number: clause_id for clause_id in agenda}
    for row in reversed(behind):
        tied = made[row.comment_id][1] if row.comment_id in made else []
        if not tied and any(letter.isdigit() for letter in row.words):
            tied = list(references(row.words[:2000], language or "en", list(document.by_number)).references)
        for number in tied:
            if number in numbers:
                return numbers[number]
    return None
