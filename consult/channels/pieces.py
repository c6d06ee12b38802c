"""Pieces of one thought: parts of a long text put together, texts that follow at once joined.

The provider's parts of one message wait for each other for a while and are then
understood as a whole; a part that comes later still finds its place. A text
that arrives within two minutes of the last, with no question of ours between,
goes on with the same thought. What was joined can be parted again: then the
piece becomes a comment of its own.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from consult import comments, intake, keys, links, masking
from consult.channels import transports
from consult.channels.talks import Talk
from consult.comments import Made, Said
from consult.errors import BarazaError
from consult.links import Tie
from consult.tables.comments import CommentRow, LinkKind, StandingRow
from consult.tables.conversations import JoiningRow, PartRow
from consult.tables.intake import Outcome, RecordRow
from consult.tables.rounds import RoundRow

WITHIN = timedelta(seconds=120)
"""Texts this close together are one thought."""
PATIENCE = timedelta(seconds=60)
"""How long parts of a long text wait for the missing ones."""
SAME_REFERENCE = timedelta(days=3)
"""Providers use a reference again; parts further apart belong to different texts."""
# Places of pieces: the provider's parts count from one, texts that followed from here.
_FOLLOWING = 1000


class NotJoined(BarazaError):
    """A piece that stands by itself already."""

    def __init__(self) -> None:
        super().__init__("This text stands by itself already. Look at the conversation again.")


@dataclass(frozen=True)
class Piece:
    """One record's share of a comment's words."""

    record_id: UUID
    place: int
    words: str


# Parts of a long text


def gather(talk: Talk) -> datetime | None:
    """Put a text together from its parts. Returns until when it waits for the missing ones, or None.

    A part that comes after the rest was understood is joined to what became of
    it; the record then has its outcome, and nothing is left to understand.
    """
    if talk.heard.parts < 2 or not talk.heard.reference:
        return None
    _note(talk)
    parts = _siblings(talk)
    made = next((part.comment_id for part in parts if part.comment_id), None)
    if made is not None:
        _join_late(talk, talk.session.get_one(CommentRow, made))
        return None
    since = min(part.received_at for part in parts)
    if len(parts) < talk.heard.parts and talk.now < since + PATIENCE:
        return since + PATIENCE
    texts = {part.part: _words_of(talk.session, part.record_id) for part in parts}
    talk.heard = replace(talk.heard, words="".join(texts[part] for part in sorted(texts)), parts=1)
    talk.parts = parts
    return None


def settle(talk: Talk, made: UUID | None) -> None:
    """Note that the other parts of this text went the way of the one that was understood."""
    for part in talk.parts:
        part.comment_id = made
        talk.session.add(part)
        if part.record_id != talk.record.id:
            outcome = Outcome.PART if made else Outcome.COMMAND
            intake.mark(talk.session, part.record_id, outcome, now=talk.now)
    if made is not None and talk.parts and len(talk.parts) < talk.parts[0].parts:
        _spell_out(talk, talk.session.get_one(CommentRow, made))


def _note(talk: Talk) -> None:
    if talk.session.get(PartRow, talk.record.id) is None:
        talk.session.add(
            PartRow(
                record_id=talk.record.id,
                contact_point_id=talk.contact.id,
                reference=talk.heard.reference[:60],
                part=talk.heard.part,
                parts=talk.heard.parts,
                received_at=talk.record.received_at,
            )
        )
        talk.session.flush()


def _siblings(talk: Talk) -> list[PartRow]:
    """The parts of the same text that have come, each once, in order."""
    rows = talk.session.exec(
        select(PartRow)
        .where(
            col(PartRow.contact_point_id).in_([contact.id for contact in talk.contacts]),
            PartRow.reference == talk.heard.reference[:60],
            PartRow.parts == talk.heard.parts,
            col(PartRow.received_at) > talk.record.received_at - SAME_REFERENCE,
            col(PartRow.received_at) < talk.record.received_at + SAME_REFERENCE,
        )
        .order_by(col(PartRow.received_at), col(PartRow.record_id))
    ).all()
    first: dict[int, PartRow] = {}
    for row in rows:
        first.setdefault(row.part, row)
    return [first[part] for part in sorted(first)]


def _words_of(session: Session, record_id: UUID) -> str:
    record = session.get_one(RecordRow, record_id)
    payload = intake.open_payload(session, record_id)
    return transports.READERS[record.source](payload, record.content_type).words if payload else ""


def _spell_out(talk: Talk, comment: CommentRow) -> None:
    """Note which words of a comment came in which part, so that a missing one can find its place."""
    texts = {part.part: _words_of(talk.session, part.record_id) for part in talk.parts}
    after_first = "".join(texts[part.part] for part in talk.parts[1:])
    first = len(comment.text) - len(masking.masked(after_first.rstrip()))
    for place, part in enumerate(talk.parts):
        words = comment.text[: max(first, 0)] if place == 0 else masking.masked(texts[part.part])
        _write(talk.session, comment, part.record_id, part.part, words, comment.text, "", talk.now)


def _join_late(talk: Talk, comment: CommentRow) -> None:
    """Put a late part into its place; what was decided or erased meanwhile stays, and the part is its own."""
    part = talk.session.get_one(PartRow, talk.record.id)
    if not _is_open(talk.session, comment):
        _stand_alone(talk, comment)
        return
    part.comment_id = comment.id
    talk.session.add(part)
    _join(talk.session, comment, Piece(talk.record.id, talk.heard.part, talk.heard.words), "", talk.now)


def _stand_alone(talk: Talk, comment: CommentRow) -> None:
    said = Said(
        text=talk.heard.words,
        language=comment.language,
        participant_id=talk.participant.id,
        ties=_ties(talk.session, comment),
    )
    comments.make(
        talk.session, talk.session.get_one(RoundRow, comment.round_id), talk.record, said, now=talk.now
    )


# Texts that follow at once


def begun(talk: Talk) -> CommentRow | None:
    """The comment whose thought a text may go on with; None when it is a thought of its own."""
    contact = talk.contact
    if contact.thought_id is None or contact.thought_at is None:
        return None
    apart = talk.record.received_at - contact.thought_at
    if not timedelta(0) <= apart <= WITHIN or contact.thought_hash == _hash(talk.heard.words):
        return None
    comment = talk.session.get_one(CommentRow, contact.thought_id)
    return comment if _is_open(talk.session, comment) else None


def go_on(talk: Talk, comment: CommentRow, words: str) -> None:
    """Join a text to the comment that it goes on with."""
    place = max(_FOLLOWING, *(piece.place for piece in pieces_of(talk.session, comment))) + 1
    _join(talk.session, comment, Piece(talk.record.id, place, words), "", talk.now)
    remember(talk, comment.id)


def remember(talk: Talk, comment_id: UUID | None) -> None:
    """Note which comment the next text may go on with; None when a question of ours stands between."""
    contact = talk.contact
    contact.thought_id = comment_id
    contact.thought_at = talk.record.received_at if comment_id else None
    contact.thought_hash = _hash(talk.heard.words) if comment_id else ""
    talk.session.add(contact)


def _hash(words: str) -> str:
    return keys.ring().lookup(" ".join(words.split()).casefold(), "contact_point.thought").hex()


# Joining and parting


def pieces_of(session: Session, comment: CommentRow) -> list[Piece]:
    """The pieces a comment is made of, in order; one for a comment nothing was joined to."""
    rows = session.exec(
        select(JoiningRow)
        .where(JoiningRow.comment_id == comment.id)
        .order_by(col(JoiningRow.at), col(JoiningRow.id))
    ).all()
    newest = {row.record_id: row for row in rows}
    found = [Piece(row.record_id, row.place, row.words) for row in newest.values() if row.joined]
    if not found:
        return [Piece(comment.record_id, 0, comment.text)]
    return sorted(found, key=lambda piece: piece.place)


def part(session: Session, comment: CommentRow, record_id: UUID, *, by: UUID, now: datetime) -> Made:
    """Make a piece a comment of its own again, tied as the whole is. Raises NotJoined."""
    pieces = pieces_of(session, comment)
    piece = next((one for one in pieces if one.record_id == record_id), None)
    if piece is None or record_id == comment.record_id:
        raise NotJoined
    left = [one for one in pieces if one is not piece]
    text = _spelled(left)
    _write(session, comment, record_id, piece.place, piece.words, text, str(by), now, joined=False)
    _reword(session, comment, text)
    record = session.get_one(RecordRow, record_id)
    said = Said(
        text=piece.words,
        language=comment.language,
        participant_id=comment.participant_id,
        group_id=comment.group_id,
        region=comment.region,
        ties=_ties(session, comment),
        late=comment.late,
        confidential=comment.confidential,
    )
    return comments.make(session, session.get_one(RoundRow, comment.round_id), record, said, now=now)


def _join(session: Session, comment: CommentRow, piece: Piece, by: str, now: datetime) -> None:
    pieces = pieces_of(session, comment)
    if len(pieces) == 1 and pieces[0].place == 0:
        _write(session, comment, comment.record_id, 0, comment.text, comment.text, by, now)
    together = sorted([*pieces, piece], key=lambda one: one.place)
    # Masked as a whole: a number may be broken between two pieces.
    text = masking.masked(_spelled(together)).replace("\0", "")[: comments.LONGEST]
    words = masking.masked(piece.words).replace("\0", "")
    _write(session, comment, piece.record_id, piece.place, words, text, by, now)
    _reword(session, comment, text)
    intake.mark(session, piece.record_id, Outcome.PART, now=now)


def _spelled(pieces: list[Piece]) -> str:
    return "".join(
        piece.words if place == 0 or piece.place < _FOLLOWING else f"\n{piece.words}"
        for place, piece in enumerate(pieces)
    )


def _write(
    session: Session,
    comment: CommentRow,
    record_id: UUID,
    place: int,
    words: str,
    text: str,
    by: str,
    now: datetime,
    *,
    joined: bool = True,
) -> None:
    session.add(
        JoiningRow(
            comment_id=comment.id,
            record_id=record_id,
            place=place,
            joined=joined,
            words=words,
            text=text,
            by=by,
            at=now,
        )
    )
    session.flush()


def _reword(session: Session, comment: CommentRow, text: str) -> None:
    comment.text = text
    session.add(comment)
    session.flush()


def _is_open(session: Session, comment: CommentRow) -> bool:
    """Whether words may still be joined to a comment: nobody has decided on it, and it is still there."""
    standing = session.get_one(StandingRow, comment.id)
    return standing.disposition_id is None and comment.erased_at is None


def _ties(session: Session, comment: CommentRow) -> tuple[Tie, ...]:
    tied = links.links_of(session, [comment.id]).get(comment.id, [])
    return tuple(Tie(link.clause_id, link.kind) for link in tied if link.kind is not LinkKind.SUGGESTED)
