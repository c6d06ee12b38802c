"""What a no means: words, photographs, recordings and addresses that may not be kept go, wherever they lie.

Run after everything new that comes in, and once an hour, so that what a late
device or a restored backup brings back goes again. A withdrawal takes effect at
once; a refusal when the meeting is closed, as a slip of the finger can be put
right until then, and never while devices differ on it. Where one voice cannot be
told from the others (a photograph, a recording, a transcript's file) the whole goes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult import comments, intake, objects
from consult.field import trials
from consult.field.folding import folded
from consult.field.people import BY, WITHDREW
from consult.tables.comments import CommentRow, StandingRow
from consult.tables.field import AttendeeRow, EntityRow, OperationRow, PhotoRow, StoredObjectRow
from consult.tables.intake import Outcome, PayloadKeyRow, RecordRow
from consult.tables.workshops import (
    BenchActRow,
    MinutesCorrectionRow,
    TranscriptRow,
    UtteranceRow,
    UtteranceState,
    WorkshopRow,
)
from consult.workshops import acts, consents, destroying, minutes
from consult.workshops.consents import GROUP, NO, REFUSED, WITHDRAWN, State
from consult.workshops.note_records import records_with_words


@dataclass(frozen=True)
class Ended:
    """What may no longer be kept, by the answers as they stand."""

    state: State
    closed: bool
    doubtful: frozenset[str]

    def __call__(self, about: str, attendee: str = GROUP) -> bool:
        """Whether what this person (or the group) said or showed of this must go."""
        row = self.state.row(about, attendee) or self.state.row(about)
        if row is None or row.answer not in NO:
            return False
        settled = self.closed and row.entity not in self.doubtful
        return row.answer == WITHDRAWN or (row.answer == REFUSED and settled)

    def for_all(self, about: str) -> bool:
        """Whether all of it must go: the group said no, or one whose part cannot be told withdrew."""
        withdrew = (row.answer == WITHDRAWN for (_, what), row in self.state.answers.items() if what == about)
        return self(about) or any(withdrew)


def ended(session: Session, workshop: WorkshopRow) -> Ended:
    """What may no longer be kept of a workshop."""
    differ = session.exec(
        select(EntityRow.entity, EntityRow.conflicts).where(
            EntityRow.workshop_id == workshop.id, EntityRow.kind == "consent"
        )
    ).all()
    doubtful = frozenset(entity for entity, conflicts in differ if "answer" in conflicts)
    return Ended(consents.state(session, workshop), workshop.finished_at is not None, doubtful)


def enforce(session: Session, workshop: WorkshopRow, *, by: UUID | str, now: datetime) -> None:
    """Remove whatever may no longer be kept, and keep from the public what may not be quoted."""
    over = ended(session, workshop)
    if not over.state.answers:
        return
    if any(row.answer in NO for row in over.state.answers.values()):
        _forget_said(session, workshop, over, by, now)
        _forget_contacts(session, workshop, over, by, now)
        if over.for_all("photo"):
            destroying.photographs(session, workshop, why=WITHDREW, by=by, now=now)
        if over.for_all("audio"):
            destroying.recordings(session, workshop, why=WITHDREW, by=by, now=now)
    _keep_from_public(session, workshop, over.state)
    session.flush()


def receive(session: Session, workshop: WorkshopRow, object_: StoredObjectRow, *, now: datetime) -> None:
    """Destroy a photograph or recording that arrives after nobody wants it kept any more."""
    about = {"image": "photo", "audio": "audio"}.get(object_.media_type.partition("/")[0], "")
    if about and ended(session, workshop).for_all(about):
        objects.destroy(session, object_, reason=WITHDREW, by=BY, now=now)


# --- words


def _forget_said(session: Session, workshop: WorkshopRow, over: Ended, by: UUID | str, now: datetime) -> None:
    rows = session.exec(
        select(UtteranceRow)
        .join(TranscriptRow, col(TranscriptRow.id) == UtteranceRow.transcript_id)
        .where(TranscriptRow.workshop_id == workshop.id)
    ).all()
    theirs = [row for row in rows if over("notes", row.attendee)]
    records = _records(session, workshop, rows, theirs, over)
    _forget_comments(session, [row for row in theirs if row.comment_id], by, now)
    for row in theirs:
        row.words, row.speaker_name = "", None
        row.state = UtteranceState.SKIPPED if row.state is UtteranceState.OPEN else row.state
        session.add(row)
    session.flush()
    erase_records(session, records, by=by, now=now)
    made = [row.comment_id for row in theirs if row.comment_id]
    if minutes.versions_of(session, workshop):
        minutes.forget(session, made, [row.id for row in theirs])
    _forget_copies(session, workshop, [row.id for row in theirs], over, by, now)
    if over("notes"):
        _forget_of_all(session, workshop, by, now)


def _records(
    session: Session,
    workshop: WorkshopRow,
    rows: Sequence[UtteranceRow],
    theirs: Sequence[UtteranceRow],
    over: Ended,
) -> list[UUID]:
    """Where in the ledger their words lie: their notes in every wording, and files with their voice in."""
    files = {row.transcript_id for row in theirs if not row.entity}
    found = list(session.exec(select(TranscriptRow.record_id).where(col(TranscriptRow.id).in_(files))).all())
    said_by = {row.entity: row.attendee for row in rows if row.entity}
    entities = set(_noted(session, workshop))
    for entity in sorted(entities - set(said_by)):
        said_by[entity] = _attendee_of(session, workshop, entity)
    gone = [entity for entity in sorted(entities) if over("notes", said_by[entity])]
    for entity in gone:
        found += records_with_words(session, workshop.id, entity)
    session.execute(
        sa.update(EntityRow)
        .where(col(EntityRow.workshop_id) == workshop.id, col(EntityRow.entity).in_(gone))
        .values(after_comment=False)
    )
    names = {who for who, _ in over.state.answers if who and over("notes", who)}
    found += _not_understood(session, workshop, {*gone, *names}, everything=over("notes"))
    return [record_id for record_id in found if record_id is not None]


def _noted(session: Session, workshop: WorkshopRow) -> Sequence[str]:
    """The notes and photographs of which words can still be read in the ledger."""
    return session.exec(
        select(OperationRow.entity)
        .join(PayloadKeyRow, col(PayloadKeyRow.record_id) == OperationRow.record_id)
        .where(OperationRow.workshop_id == workshop.id, col(OperationRow.field).in_(("words", "typed")))
        .distinct()
    ).all()


def _attendee_of(session: Session, workshop: WorkshopRow, entity: str) -> str:
    """Who said a note that is no utterance, as one taken away as a mistake."""
    found = next(iter(folded(session, workshop, [entity])), None)
    return str(found.get("attendee", GROUP)) if found else GROUP


def _not_understood(
    session: Session, workshop: WorkshopRow, names: Iterable[str], *, everything: bool
) -> list[UUID]:
    """What came from the field and could not be read, where it is about them."""
    rows = session.exec(
        select(RecordRow.id).where(col(RecordRow.provider_id).startswith(f"{workshop.id}:?:"))
    ).all()
    payloads = intake.open_payloads(session, rows)
    sought = [name.encode() for name in names]
    return [id_ for id_, payload in payloads.items() if everything or any(name in payload for name in sought)]


def _forget_comments(session: Session, theirs: Sequence[UtteranceRow], by: UUID | str, now: datetime) -> None:
    """Erase the comments made of their words; what others said in the same comment waits again."""
    mine = {row.id for row in theirs}
    for comment_id in sorted({row.comment_id for row in theirs if row.comment_id}, key=str):
        comment = session.get_one(CommentRow, comment_id)
        said = session.exec(select(UtteranceRow).where(UtteranceRow.comment_id == comment_id)).all()
        others = [row for row in said if row.id not in mine]
        if comment.erased_at is None and not others:
            comments.erase(session, comment, reason=WITHDREW, by=str(by), now=now)
        elif comment.erased_at is None:
            comments.take_back(session, comment, reason=WITHDREW, by=str(by), now=now)
        for row in others:
            row.comment_id, row.state = None, UtteranceState.OPEN
            session.add(row)
    session.flush()


def _forget_copies(
    session: Session,
    workshop: WorkshopRow,
    ids: Sequence[UUID],
    over: Ended,
    by: UUID | str,
    now: datetime,
) -> None:
    """Empty what was kept beside utterances: how they stood before, and what was said of the minutes."""
    acts.forget(session, ids)
    if over("notes"):
        every = sa.update(BenchActRow).where(col(BenchActRow.workshop_id) == workshop.id)
        session.execute(every.values(before=[]))
    put_right = session.exec(
        select(MinutesCorrectionRow).where(col(MinutesCorrectionRow.utterance_id).in_(ids))
    ).all()
    for row in put_right:
        row.words = ""
        session.add(row)
    erase_records(session, [row.record_id for row in put_right], by=by, now=now)


def _forget_of_all(session: Session, workshop: WorkshopRow, by: UUID | str, now: datetime) -> None:
    """Where the group said no: also what stands on its sheets, and what the facilitator wrote of it."""
    workshop.notes = ""
    session.add(workshop)
    session.execute(
        sa.update(PhotoRow).where(col(PhotoRow.workshop_id) == workshop.id).values(typed="", caption="")
    )
    told = select(OperationRow.record_id).where(
        OperationRow.workshop_id == workshop.id,
        sa.or_(
            sa.and_(col(OperationRow.kind) == "meeting", col(OperationRow.field) == "notes"),
            sa.and_(col(OperationRow.kind) == "photo", col(OperationRow.field) == "caption"),
            sa.and_(col(OperationRow.kind) == "answer", col(OperationRow.field).in_(trials.WORDS)),
        ),
    )
    erase_records(session, session.exec(told).all(), by=by, now=now)
    trials.forget_words(session, workshop)
    minutes.forget_all(session, workshop)


def erase_records(session: Session, record_ids: Iterable[UUID], *, by: UUID | str, now: datetime) -> None:
    """Destroy what can still be read of these records; one that waited is set aside."""
    wanted = list(dict.fromkeys(record_ids))
    for start in range(0, len(wanted), 500):
        living = select(PayloadKeyRow.record_id).where(
            col(PayloadKeyRow.record_id).in_(wanted[start : start + 500])
        )
        for record_id in session.exec(living).all():
            intake.erase_payload(session, record_id, reason=WITHDREW, by=str(by), now=now)
            if intake.outcome_of(session, record_id) is None:
                intake.mark(session, record_id, Outcome.SET_ASIDE, reason=WITHDREW, now=now)


# --- addresses, and what everybody may read


def _forget_contacts(
    session: Session, workshop: WorkshopRow, over: Ended, by: UUID | str, now: datetime
) -> None:
    rows = session.exec(select(AttendeeRow).where(AttendeeRow.workshop_id == workshop.id)).all()
    gone = [row for row in rows if over("contact", row.entity)]
    for row in gone:
        row.contact = None
        session.add(row)
    told = select(OperationRow.record_id).where(
        OperationRow.workshop_id == workshop.id,
        OperationRow.field == "contact",
        col(OperationRow.entity).in_([row.entity for row in gone]),
    )
    erase_records(session, session.exec(told).all(), by=by, now=now)


def _keep_from_public(session: Session, workshop: WorkshopRow, found: State) -> None:
    """Hide the published words of who does not agree; show them again where that was a slip."""
    rows = session.exec(
        select(UtteranceRow, StandingRow)
        .join(TranscriptRow, col(TranscriptRow.id) == UtteranceRow.transcript_id)
        .join(StandingRow, col(StandingRow.comment_id) == UtteranceRow.comment_id)
        .join(CommentRow, col(CommentRow.id) == StandingRow.comment_id)
        .where(
            TranscriptRow.workshop_id == workshop.id,
            col(CommentRow.public).is_(True),
            col(CommentRow.erased_at).is_(None),
        )
    ).all()
    unquoted: dict[UUID, bool] = {}
    hidden: dict[UUID, str] = {}
    for utterance, standing in rows:
        id_ = standing.comment_id
        hidden[id_] = standing.hidden
        unquoted[id_] = unquoted.get(id_, False) or not found.may_quote(utterance.attendee)
    for id_, is_unquoted in unquoted.items():
        if is_unquoted is not hidden[id_].endswith(comments.NOT_QUOTED):
            comments.keep_unquoted(session, id_, is_unquoted)
