"""Pieces of one thought: texts that follow at once are joined to one comment.

A text that arrives within two minutes of the last, with no question of ours
between, goes on with the same thought. What was joined can be parted again: then
the piece becomes a comment of its own. How the parts of one long text come
together is told in `parts`.
"""

from collections.abc import Iterable, Sequence
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
from consult.tables.comments import CommentRow, LinkKind
from consult.tables.conversations import JoiningRow
from consult.tables.intake import Outcome, RecordRow
from consult.tables.messages import MessageKind, MessageRow
from consult.tables.rounds import RoundRow

WITHIN = timedelta(seconds=120)
"""Texts this close together are one thought."""
MOST_PIECES = 20
"""Whoever writes on and on, as machines do, begins a new comment after so many texts."""
# Each text of a comment has this many places, in which its own parts count from one.
PLACES = 1000
# What we send of our own accord puts a question or an answer between two texts.
_BETWEEN = (MessageKind.ANSWER, MessageKind.NOTICE, MessageKind.BROADCAST)


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


# Texts that follow at once


def begun(talk: Talk) -> CommentRow | None:
    """The comment whose thought a text may go on with; None when it is a thought of its own.

    Words said again are never more of the same thought: they get a receipt of their own.
    """
    contact = talk.contact
    # What is carried by hand is whole, and its moment here is not when it was said.
    if contact.thought_id is None or contact.thought_at is None or talk.record.source == transports.BY_HAND:
        return None
    apart = talk.record.received_at - contact.thought_at
    if not timedelta(0) <= apart <= WITHIN or contact.thought_hash == _hash(talk.heard.words):
        return None
    comment = talk.session.get_one(CommentRow, contact.thought_id)
    pieces = pieces_of(talk.session, comment)
    said_before = {_plain(piece.words) for piece in pieces}
    if len(pieces) >= MOST_PIECES or _plain(masking.masked(talk.heard.words)) in said_before:
        return None
    if not takes(talk.session, comment, talk.heard.words) or _wrote_since(talk, contact.thought_at):
        return None
    return comment


def go_on(talk: Talk, comment: CommentRow, words: str) -> None:
    """Join a text to the comment that it goes on with."""
    last = max(piece.place for piece in pieces_of(talk.session, comment))
    place = (last // PLACES + 1) * PLACES
    join(talk.session, comment, shares_of(talk, place, words), "", talk.now)
    talk.made = comment.id
    remember(talk, comment.id)


def remember(talk: Talk, comment_id: UUID | None) -> None:
    """Note which comment the next text may go on with; None when a question of ours stands between."""
    contact = talk.contact
    contact.thought_id = comment_id
    contact.thought_at = talk.record.received_at if comment_id else None
    contact.thought_hash = _hash(talk.heard.words) if comment_id else ""
    talk.session.add(contact)


def _wrote_since(talk: Talk, moment: datetime) -> bool:
    """Whether we have written to them of our own accord since then."""
    wrote = select(MessageRow.id).where(
        col(MessageRow.contact_point_id).in_([contact.id for contact in talk.contacts]),
        col(MessageRow.kind).in_(_BETWEEN),
        col(MessageRow.created_at) >= moment,
    )
    return talk.session.exec(wrote.limit(1)).first() is not None


def _hash(words: str) -> str:
    return keys.ring().lookup(_plain(words), "contact_point.thought").hex()


def _plain(words: str) -> str:
    return " ".join(words.split()).casefold()


# Joining and parting


def words_of(session: Session, record_id: UUID) -> str:
    record = session.get_one(RecordRow, record_id)
    payload = intake.open_payload(session, record_id)
    return transports.READERS[record.source](payload, record.content_type).words if payload else ""


def shares_of(talk: Talk, place: int, words: str) -> list[Piece]:
    """Which of the words that were kept came in which part; just the text itself where it came whole."""
    if not talk.parts:
        return [Piece(talk.record.id, place, words)]
    start = max(talk.heard.words.rfind(words), 0)
    shares, offset = [], 0
    for part in talk.parts:
        said = words_of(talk.session, part.record_id)
        kept = said[max(start - offset, 0) : max(start + len(words) - offset, 0)]
        shares.append(Piece(part.record_id, place + part.part % PLACES, kept))
        offset += len(said)
    return shares


def pieces_of(session: Session, comment: CommentRow) -> list[Piece]:
    """The pieces a comment is made of, in order; one for a comment nothing was joined to."""
    found = [piece for piece in _recorded(session, comment).values() if piece is not None]
    return sorted(found, key=lambda piece: piece.place) or [Piece(comment.record_id, 0, comment.text)]


def part(session: Session, comment: CommentRow, record_id: UUID, *, by: UUID, now: datetime) -> Made:
    """Make a piece a comment of its own again, tied as the whole is. Raises NotJoined."""
    pieces = pieces_of(session, comment)
    piece = next((one for one in pieces if one.record_id == record_id), None)
    if piece is None or record_id == comment.record_id or comment.erased_at is not None:
        raise NotJoined
    left = [one for one in pieces if one is not piece]
    text = _spelled(left)
    _write(session, comment, piece, text, str(by), now, joined=False)
    _reword(session, comment, text)
    record = session.get_one(RecordRow, record_id)
    said = Said(
        text=piece.words,
        language=comment.language,
        participant_id=comment.participant_id,
        group_id=comment.group_id,
        region=comment.region,
        ties=ties_of(session, comment),
        late=comment.late,
        confidential=comment.confidential,
    )
    return comments.make(session, session.get_one(RoundRow, comment.round_id), record, said, now=now)


def join(
    session: Session,
    comment: CommentRow,
    added: Sequence[Piece],
    by: str,
    now: datetime,
    *,
    instead: Sequence[Piece] = (),
) -> None:
    """Join pieces to a comment; those of `instead` take the place of their records' earlier ones."""
    together = {piece.record_id: piece for piece in (*pieces_of(session, comment), *instead, *added)}
    spell_out(session, comment, together.values(), by, now)
    for piece in added:
        intake.mark(session, piece.record_id, Outcome.PART, now=now)


def spell_out(session: Session, comment: CommentRow, pieces: Iterable[Piece], by: str, now: datetime) -> None:
    """Let a comment be made of these pieces, and keep which words are whose."""
    hidden = _hidden(sorted(pieces, key=lambda piece: piece.place))
    text = _spelled(hidden)
    recorded = _recorded(session, comment)
    for piece in hidden:
        if recorded.get(piece.record_id) != piece:
            _write(session, comment, piece, text, by, now)
    _reword(session, comment, text)


def _hidden(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces without what could name somebody, even where a number is broken between two of them."""
    plain = [replace(piece, words=piece.words.replace("\0", "")) for piece in pieces]
    spans = masking.spans(_spelled(plain))
    found, end = [], 0
    for place, piece in enumerate(plain):
        start = end + len(_glue(plain, place))
        end = start + len(piece.words)
        kept, here = "", start
        for span in spans:
            if span.end > start and span.start < end:
                shown = masking.SHOWN[span.kind] if span.start >= start else ""
                kept += piece.words[here - start : max(span.start - start, 0)] + shown
                here = min(span.end, end)
        found.append(replace(piece, words=kept + piece.words[here - start :]))
    return found


def _spelled(pieces: Sequence[Piece]) -> str:
    return "".join(_glue(pieces, place) + piece.words for place, piece in enumerate(pieces))


def _glue(pieces: Sequence[Piece], place: int) -> str:
    """What stands before a piece: parts of one text follow each other, other texts begin a new line."""
    if place == 0 or pieces[place].place // PLACES == pieces[place - 1].place // PLACES:
        return ""
    return "\n"


def _recorded(session: Session, comment: CommentRow) -> dict[UUID, Piece | None]:
    """What the history says of each record that was ever joined; None where it was parted again."""
    rows = session.exec(
        select(JoiningRow)
        .where(JoiningRow.comment_id == comment.id)
        .order_by(col(JoiningRow.at), col(JoiningRow.id))
    ).all()
    return {row.record_id: Piece(row.record_id, row.place, row.words) if row.joined else None for row in rows}


def _write(
    session: Session,
    comment: CommentRow,
    piece: Piece,
    text: str,
    by: str,
    now: datetime,
    *,
    joined: bool = True,
) -> None:
    session.add(
        JoiningRow(
            comment_id=comment.id,
            record_id=piece.record_id,
            place=piece.place,
            joined=joined,
            words=piece.words,
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


def takes(session: Session, comment: CommentRow, words: str) -> bool:
    """Whether words may still be joined: nobody has decided on the comment, and it is still there."""
    standing = links.standing_in_hand(session, comment.id)
    has_room = len(comment.text) + len(words) < comments.LONGEST
    return standing.disposition_id is None and comment.erased_at is None and has_room


def ties_of(session: Session, comment: CommentRow) -> tuple[Tie, ...]:
    tied = links.links_of(session, [comment.id]).get(comment.id, [])
    return tuple(Tie(link.clause_id, link.kind) for link in tied if link.kind is not LinkKind.SUGGESTED)
