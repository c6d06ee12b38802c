"""Parts of a long text, as networks cut it: put together, whatever order they come in.

Parts wait for each other for a while and are then understood as a whole. A part
that comes later still finds its place; one that comes twice is set aside.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from consult import comments, intake, rounds
from consult.channels import pieces
from consult.channels.pieces import Piece
from consult.channels.talks import Talk
from consult.comments import Said
from consult.tables.comments import CommentRow
from consult.tables.conversations import PartRow
from consult.tables.intake import Outcome, RecordOutcomeRow
from consult.tables.rounds import RoundRow

PATIENCE = timedelta(seconds=60)
"""How long parts of a long text wait for the missing ones."""
SAME_REFERENCE = timedelta(days=1)
"""Telephones use a reference again; parts further apart belong to different texts."""
REPEATED = timedelta(hours=1)
"""The same part with the same words within this time has been delivered twice."""


def gather(talk: Talk) -> datetime | None:
    """Put a text together from its parts. Returns until when it waits for the missing ones, or None.

    A part that came before, or comes after the rest was understood, has its outcome
    when this returns, and nothing is left to understand.
    """
    if talk.heard.parts < 2 or not talk.heard.reference:
        return None
    own = _note(talk)
    parts = _parts_of(talk.session, own)
    if own not in parts:
        intake.mark(
            talk.session, own.record_id, Outcome.SET_ASIDE, reason="this part came before", now=talk.now
        )
        return None
    made = next((part.comment_id for part in parts if part.comment_id), None)
    if made is not None:
        _join_late(talk, own, parts, talk.session.get_one(CommentRow, made))
        return None
    since = min(part.received_at for part in parts)
    if len(parts) < own.parts and talk.now < since + PATIENCE:
        return since + PATIENCE
    words = "".join(pieces.words_of(talk.session, part.record_id) for part in parts)
    talk.heard, talk.parts = replace(talk.heard, words=words, parts=1), parts
    return None


def settle(talk: Talk, words: str) -> None:
    """Note that all parts of this text went the way of their whole, of which `words` were kept."""
    outcome = talk.session.get_one(RecordOutcomeRow, talk.record.id)
    for part in talk.parts:
        part.comment_id = talk.made
        talk.session.add(part)
        if part.record_id != talk.record.id:
            is_kept = talk.made is not None
            intake.mark(
                talk.session,
                part.record_id,
                Outcome.PART if is_kept else outcome.outcome,
                reason="" if is_kept else outcome.reason,
                now=talk.now,
            )
    comment = talk.session.get_one(CommentRow, talk.made) if talk.made and talk.parts else None
    if comment is not None and comment.record_id == talk.record.id:
        pieces.spell_out(talk.session, comment, pieces.shares_of(talk, 0, words), "", talk.now)


def _note(talk: Talk) -> PartRow:
    """The row of this part, which says to which whole it belongs."""
    known = talk.session.get(PartRow, talk.record.id)
    if known is not None:
        return known
    row = PartRow(
        record_id=talk.record.id,
        contact_point_id=talk.contact.id,
        reference=talk.heard.reference[:60],
        part=talk.heard.part,
        parts=talk.heard.parts,
        whole=_whole_of(talk) or talk.record.id,
        received_at=talk.record.received_at,
    )
    talk.session.add(row)
    talk.session.flush()
    return row


def _whole_of(talk: Talk) -> UUID | None:
    """The newest text with this reference that misses this part, or has had it in the same words."""
    rows = talk.session.exec(
        select(PartRow)
        .where(
            col(PartRow.contact_point_id).in_([contact.id for contact in talk.contacts]),
            PartRow.reference == talk.heard.reference[:60],
            PartRow.parts == talk.heard.parts,
            col(PartRow.received_at) > talk.record.received_at - SAME_REFERENCE,
            col(PartRow.received_at) < talk.record.received_at + SAME_REFERENCE,
        )
        .order_by(col(PartRow.received_at).desc(), col(PartRow.record_id).desc())
    ).all()
    for whole in dict.fromkeys(row.whole for row in rows):
        same = next((row for row in rows if row.whole == whole and row.part == talk.heard.part), None)
        if same is None:
            return whole
        apart = abs(same.received_at - talk.record.received_at)
        if apart <= REPEATED and pieces.words_of(talk.session, same.record_id) == talk.heard.words:
            return whole
    return None


def _parts_of(session: Session, own: PartRow) -> list[PartRow]:
    """The parts of the same text that have come, each once, in order."""
    rows = session.exec(
        select(PartRow)
        .where(PartRow.whole == own.whole)
        .order_by(col(PartRow.received_at), col(PartRow.record_id))
    ).all()
    first: dict[int, PartRow] = {}
    for row in rows:
        first.setdefault(row.part, row)
    return [first[part] for part in sorted(first)]


def _join_late(talk: Talk, own: PartRow, parts: Sequence[PartRow], comment: CommentRow) -> None:
    """Put a late part into its place; what was decided or erased meanwhile stays, and the part is its own."""
    siblings = {part.record_id for part in parts}
    beside = [piece for piece in pieces.pieces_of(talk.session, comment) if piece.record_id in siblings]
    if not beside or not pieces.takes(talk.session, comment, talk.heard.words):
        _stand_alone(talk, comment)
        return
    own.comment_id = comment.id
    talk.session.add(own)
    text = beside[0].place // pieces.PLACES * pieces.PLACES
    late = Piece(talk.record.id, text + own.part % pieces.PLACES, talk.heard.words)
    again = [_with_its_spaces(talk.session, piece, late) for piece in beside]
    pieces.join(talk.session, comment, [late], "", talk.now, instead=again)


def _with_its_spaces(session: Session, piece: Piece, late: Piece) -> Piece:
    """A piece with the space that was trimmed where a late one now stands beside it."""
    said = pieces.words_of(session, piece.record_id)
    if piece.place < late.place:
        return replace(piece, words=piece.words.rstrip() + said[len(said.rstrip()) :])
    return replace(piece, words=said[: len(said) - len(said.lstrip())] + piece.words.lstrip())


def _stand_alone(talk: Talk, comment: CommentRow) -> None:
    round_ = talk.session.get_one(RoundRow, comment.round_id)
    said = Said(
        text=talk.heard.words,
        language=comment.language,
        participant_id=talk.participant.id,
        group_id=talk.participant.group_id,
        region=talk.participant.region,
        ties=pieces.ties_of(talk.session, comment),
        late=not rounds.is_open(round_, talk.now),
    )
    talk.made = comments.make(talk.session, round_, talk.record, said, now=talk.now).id
