"""The bench: the stretch of a transcript somebody works on, and the clauses it may be about."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel import Session, col, select

from consult import links, publications, rounds, suggestions
from consult.linking.references import references
from consult.tables.comments import CommentRow
from consult.tables.rounds import RoundRow
from consult.tables.workshops import TranscriptRow, UtteranceRow, UtteranceState, WorkshopRow
from consult.workshops.meetings import agenda_of
from consult.workshops.tagging import Progress, language_for, progress
from standards.document import Clause, Document

BEFORE, AFTER = 6, 20
LOOK_BACK = 40
CHOICES = 5
# Below this share a suggestion is a guess among many.
LEAST = 0.05


@dataclass(frozen=True)
class Choice:
    """A clause an utterance may be about; `score` None when nothing but the agenda speaks for it."""

    clause: Clause
    score: float | None = None
    why: tuple[str, ...] = ()
    on_agenda: bool = False
    on_the_table: bool = False

    @property
    def is_likely(self) -> bool:
        """Whether the words speak for it, not the agenda alone."""
        return (self.score or 0) >= LEAST


@dataclass(frozen=True)
class Bench:
    """A window on the utterances of a workshop, in order, around the one in hand."""

    document: Document
    progress: Progress
    current: UtteranceRow | None
    window: Sequence[UtteranceRow] = ()
    made: dict[UUID, tuple[CommentRow, list[str]]] = field(default_factory=dict)
    choices: Sequence[Choice] = ()
    agenda: Sequence[Choice] = ()
    language: str = ""
    previous: UUID | None = None
    following: UUID | None = None
    next_open: UUID | None = None
    first: int = 0
    joinable: int = 0


def lay_out(session: Session, round_: RoundRow, workshop: WorkshopRow, at: UUID | None) -> Bench:
    """The bench at an utterance, or at the first that is open. Eight statements, however long the tape."""
    _, version = rounds.version_of(session, round_)
    document = publications.text(session, version)
    order = _order(session, workshop)
    far = progress(session, workshop)
    if not order:
        return Bench(document, far, None)
    ids = [id_ for id_, _ in order]
    place = ids.index(at) if at in ids else (_next_open(order, 0) or 0)
    first = max(place - BEFORE, 0)
    rows = _rows(session, ids[max(place - LOOK_BACK, 0) : place + AFTER + 1])
    window = [rows[id_] for id_ in ids[first : place + AFTER + 1]]
    current = rows[ids[place]]
    behind = [rows[id_] for id_ in ids[max(place - LOOK_BACK, 0) : place]]
    made = _made(session, [*behind, *window], document)
    language = language_for(workshop, current.words)
    choices = _choices(session, round_, workshop, document, current, behind, made, language)
    next_open = _next_open(order, place + 1)
    return Bench(
        document,
        far,
        current,
        window,
        made,
        choices[:CHOICES],
        choices[CHOICES:],
        language,
        previous=ids[place - 1] if place else None,
        following=ids[place + 1] if place + 1 < len(ids) else None,
        next_open=ids[next_open] if next_open is not None else None,
        first=first,
        joinable=_joinable(window, current),
    )


def next_after(session: Session, workshop: WorkshopRow, utterance_id: UUID) -> UUID | None:
    """The next open utterance after one that was just done; from the beginning when there is none."""
    order = _order(session, workshop)
    place = next((place for place, (id_, _) in enumerate(order) if id_ == utterance_id), 0)
    found = _next_open(order, place)
    if found is None:
        found = _next_open(order, 0)
    return order[found][0] if found is not None else None


def _order(session: Session, workshop: WorkshopRow) -> list[tuple[UUID, UtteranceState]]:
    rows = session.exec(
        select(UtteranceRow.id, UtteranceRow.state)
        .join(TranscriptRow, col(TranscriptRow.id) == UtteranceRow.transcript_id)
        .where(TranscriptRow.workshop_id == workshop.id)
        .order_by(col(TranscriptRow.created_at), col(TranscriptRow.id), col(UtteranceRow.position))
    ).all()
    return [(id_, UtteranceState(state)) for id_, state in rows]


def _next_open(order: Sequence[tuple[UUID, UtteranceState]], start: int) -> int | None:
    return next((at for at in range(start, len(order)) if order[at][1] is UtteranceState.OPEN), None)


def _rows(session: Session, ids: Sequence[UUID]) -> dict[UUID, UtteranceRow]:
    rows = session.exec(select(UtteranceRow).where(col(UtteranceRow.id).in_(list(ids)))).all()
    return {row.id: row for row in rows}


def _joinable(window: Sequence[UtteranceRow], current: UtteranceRow) -> int:
    """How many open neighbours follow in the same transcript."""
    count = 0
    for row in window[window.index(current) + 1 :]:
        if row.state is not UtteranceState.OPEN or row.transcript_id != current.transcript_id:
            break
        count += 1
    return min(count, 5)


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
    current: UtteranceRow,
    behind: Sequence[UtteranceRow],
    made: dict[UUID, tuple[CommentRow, list[str]]],
    language: str,
) -> list[Choice]:
    """The clause on the table, then what is likely, the agenda's before others, then the agenda's rest."""
    agenda = [clause_id for clause_id in agenda_of(workshop) if clause_id in document.by_id]
    table = _on_the_table(document, agenda, behind, made, language)
    scored = suggestions.index_of(session, round_).suggest(current.words, k=12, lang=language or None).clauses
    found: dict[UUID, Choice] = {}
    for one in scored:
        clause_id = UUID(one.id)
        if one.score >= LEAST or clause_id in agenda:
            found[clause_id] = Choice(document.by_id[clause_id], one.score, one.why, clause_id in agenda)
    for clause_id in agenda:
        found.setdefault(clause_id, Choice(document.by_id[clause_id], on_agenda=True))
    if table is not None:
        known = found[table]
        found[table] = Choice(known.clause, known.score, known.why, True, on_the_table=True)

    def rank(choice: Choice) -> tuple[bool, bool, bool, float]:
        # A clause off the agenda that is likely comes before one on it that is not.
        return not choice.on_the_table, not choice.is_likely, not choice.on_agenda, -(choice.score or 0)

    return sorted(found.values(), key=rank)


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
