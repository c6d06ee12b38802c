"""Utterances in hand: one with those that go on from it, kept from others while somebody works on them.

What somebody said may lie in several neighbours, where a program cut it or
somebody else fell in with a word. Neighbours that were joined are worked on as
one; each keeps its own words, speaker and second of tape.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from consult.errors import NotFound
from consult.tables.workshops import TranscriptRow, UtteranceRow, WorkshopRow

MOST_JOINED = 10


def locked(session: Session, workshop: WorkshopRow, utterance_id: UUID) -> tuple[TranscriptRow, UtteranceRow]:
    """An utterance with its transcript, kept from others until the transaction ends. Raises NotFound."""
    place = session.exec(select(UtteranceRow.transcript_id).where(UtteranceRow.id == utterance_id)).first()
    # The lock is on the transcript: two people tagging one file must not take the same part of it.
    transcript = session.get(TranscriptRow, place, with_for_update=True) if place else None
    if transcript is None or transcript.workshop_id != workshop.id:
        raise NotFound("There is no such utterance at this workshop.")
    return transcript, session.get_one(UtteranceRow, utterance_id, populate_existing=True)


def together(session: Session, utterance: UtteranceRow) -> list[UtteranceRow]:
    """An utterance with all that it is joined to, in order, at most `MOST_JOINED` long."""
    place = col(UtteranceRow.position)
    beside = select(UtteranceRow).where(UtteranceRow.transcript_id == utterance.transcript_id)
    earlier = beside.where(place < utterance.position).order_by(place.desc()).limit(MOST_JOINED)
    later = beside.where(place > utterance.position).order_by(place).limit(MOST_JOINED)
    before = reversed(session.exec(earlier).all()) if utterance.joined else ()
    return joined_with([*before, utterance, *session.exec(later).all()], utterance)


def joined_with(around: Sequence[UtteranceRow], utterance: UtteranceRow) -> list[UtteranceRow]:
    """Those among these neighbours, which stand in order, that an utterance is joined to, and itself."""
    place = next(at for at, row in enumerate(around) if row.id == utterance.id)
    first = place
    while first > 0 and goes_on(around[first - 1], around[first]):
        first -= 1
    last = place
    while last + 1 < len(around) and goes_on(around[last], around[last + 1]):
        last += 1
    return list(around[first : last + 1][:MOST_JOINED])


def goes_on(before: UtteranceRow, after: UtteranceRow) -> bool:
    """Whether one utterance goes on from the one before it: joined, and the same was made of both."""
    return (
        after.joined
        and before.transcript_id == after.transcript_id
        and (before.state, before.comment_id) == (after.state, after.comment_id)
    )


def following(session: Session, utterance: UtteranceRow) -> UtteranceRow | None:
    """The utterance after one in its transcript."""
    return session.exec(
        select(UtteranceRow)
        .where(
            UtteranceRow.transcript_id == utterance.transcript_id, UtteranceRow.position > utterance.position
        )
        .order_by(col(UtteranceRow.position))
        .limit(1)
    ).first()


def made_into(session: Session, comment_id: UUID) -> list[UtteranceRow]:
    """The utterances of a comment, in order."""
    query = select(UtteranceRow).where(UtteranceRow.comment_id == comment_id)
    return list(session.exec(query.order_by(col(UtteranceRow.position))).all())


def spoken_by(rows: Sequence[UtteranceRow]) -> str:
    """What was said, with who said it where several spoke."""
    if len({one.speaker for one in rows}) == 1:
        return " ".join(one.words for one in rows)
    return "\n".join(f"{one.speaker or '–'}: {one.words}" for one in rows)


def common(values: Iterable[str]) -> str:
    """What they all are; nothing when they differ."""
    counts = Counter(values)
    return next(iter(counts)) if len(counts) == 1 else ""
