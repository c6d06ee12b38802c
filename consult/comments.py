"""Comments: what people said, in their words, tied to what it is about.

A comment is made from a record of the ledger. One record may give many
comments. Its working text has number-like strings masked; the original stays
in the record's payload. Making the comment of a record twice changes nothing.
"""

import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult import intake, keys, links, masking, receipts
from consult.errors import BarazaError, NotFound
from consult.links import Tie
from consult.tables.comments import Ability, CommentRow, LinkKind, Placement, StandingRow
from consult.tables.conversations import JoiningRow, PartRow, RedactionRow
from consult.tables.intake import Channel, ErasureRow, Outcome, PayloadKeyRow, RecordRow
from consult.tables.rounds import RoundRow
from consult.tables.workshops import UtteranceRow
from standards.identity import new_id

LONGEST = 100_000
REPLIES = "web-reply"
"""The source of what authors say to their answers; its ids begin with the receipt number."""


NOT_QUOTED = "those who spoke did not agree to be quoted"
"""Why words that may not be quoted are kept from public pages."""


class NotToBeQuoted(BarazaError):
    """Words that those who said them do not want shown in public."""

    def __init__(self) -> None:
        super().__init__(
            "Those who said this did not agree to be quoted, so it is not shown in public. "
            "It still counts, and is answered like any other."
        )


class TooLong(BarazaError):
    """A comment longer than anybody could answer; nothing of it is dropped by us, it was not taken."""

    def __init__(self, length: int) -> None:
        super().__init__(
            f"Your comment has {length:,} characters; we can take {LONGEST:,}. "
            "Send it as a document, or in several comments. Your words are still below."
        )


@dataclass(frozen=True)
class Said:
    """One comment as a channel understood it, before it is kept."""

    text: str
    ties: tuple[Tie, ...] = ()
    language: str = ""
    quote: str = ""
    proposal: str = ""
    ability: Ability | None = None
    cost: str = ""
    obstacle: str = ""
    benefit: str = ""
    author: str | None = None
    names: tuple[str, ...] = ()
    group_id: UUID | None = None
    region: str = ""
    asked_clause_id: UUID | None = None
    participant_id: UUID | None = None
    public: bool = False
    confidential: bool = False
    late: bool = False
    held: str = ""
    external_id: str = ""
    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class Made:
    """A comment that now exists, under its receipt number."""

    id: UUID
    receipt: str


def make(session: Session, round_: RoundRow, record: RecordRow, said: Said, *, now: datetime) -> Made:
    """Keep one comment of a record and note that the record became a comment."""
    return make_all(session, round_, [(record.id, record.channel, record.received_at, [said])], now=now)[0]


def make_all(
    session: Session,
    round_: RoundRow,
    records: Sequence[tuple[UUID, Channel, datetime, Sequence[Said]]],
    *,
    now: datetime,
) -> list[Made]:
    """Keep the comments of several records, in order; a record that already has comments gives those back."""
    known = _already_made(session, [record_id for record_id, *_ in records])
    made: list[Made] = []
    comments: list[dict[str, Any]] = []
    standings: list[dict[str, Any]] = []
    ties: list[tuple[UUID, Channel, Tie]] = []
    for record_id, channel, received_at, sayings in records:
        if record_id in known:
            made.extend(known[record_id])
            continue
        for part, said in enumerate(sayings):
            row = _comment(round_, record_id, part, channel, received_at, said)
            comments.append(row)
            standings.append(_standing(row, said))
            ties.extend((row["id"], channel, tie) for tie in said.ties)
            made.append(Made(row["id"], row["receipt"]))
    if comments:
        connection = session.connection()
        connection.execute(sa.insert(CommentRow.__table__), comments)  # type: ignore[attr-defined]
        connection.execute(sa.insert(StandingRow.__table__), standings)  # type: ignore[attr-defined]
        links.tie_new(session, round_.version_id, ties, by="", now=now)
        intake.mark_all(session, {row["record_id"] for row in comments}, Outcome.COMMENT, now=now)
    return made


def add_part(
    session: Session,
    round_: RoundRow,
    record: RecordRow,
    part: int,
    said: Said,
    *,
    by: str,
    now: datetime,
) -> Made:
    """Keep one more comment of a record from which comments are made one at a time, such as a transcript.

    `part` tells a record's comments apart: the comment of a part that was made
    before is given back, unchanged. `by` is who chose the clauses. The record
    counts as a comment from its first part on.
    """
    known = session.exec(
        select(CommentRow).where(CommentRow.record_id == record.id, CommentRow.part == part)
    ).first()
    if known is not None:
        return Made(known.id, known.receipt)
    row = _comment(round_, record.id, part, record.channel, record.received_at, said)
    session.execute(sa.insert(CommentRow), [row])
    session.execute(sa.insert(StandingRow), [_standing(row, said)])
    ties = [(row["id"], record.channel, tie) for tie in said.ties]
    links.tie_new(session, round_.version_id, ties, by=by, now=now)
    intake.mark(session, record.id, Outcome.COMMENT, now=now)
    return Made(row["id"], row["receipt"])


def next_part(session: Session, record_id: UUID) -> int:
    """The first part of a record that no comment has taken yet."""
    last = session.exec(select(sa.func.max(CommentRow.part)).where(CommentRow.record_id == record_id)).one()
    return 0 if last is None else int(last) + 1


def _already_made(session: Session, record_ids: Sequence[UUID]) -> dict[UUID, list[Made]]:
    found: dict[UUID, list[Made]] = {}
    for start in range(0, len(record_ids), 500):
        rows = session.connection().execute(
            sa.select(CommentRow.record_id, CommentRow.id, CommentRow.receipt)  # type: ignore[call-overload]
            .where(CommentRow.record_id.in_(record_ids[start : start + 500]))  # type: ignore[attr-defined]
            .order_by(CommentRow.record_id, CommentRow.part)
        )
        for record_id, id_, receipt in rows:
            found.setdefault(record_id, []).append(Made(id_, receipt))
    return found


def _comment(
    round_: RoundRow, record_id: UUID, part: int, channel: Channel, received_at: datetime, said: Said
) -> dict[str, Any]:
    code = receipts.new_code()
    return {
        "id": new_id(),
        "round_id": round_.id,
        "record_id": record_id,
        "part": part,
        "participant_id": said.participant_id,
        "channel": channel,
        "language": said.language[:20],
        "text": masking.masked(_storable(said.text), said.names),
        "quote": _storable(said.quote),
        "proposal": masking.masked(_storable(said.proposal), said.names),
        "ability": said.ability,
        "cost": masking.masked(_storable(said.cost), said.names),
        "obstacle": masking.masked(_storable(said.obstacle), said.names),
        "benefit": masking.masked(_storable(said.benefit), said.names),
        "author": said.author or None,
        "group_id": said.group_id,
        "region": said.region[:100],
        "asked_clause_id": said.asked_clause_id,
        "public": said.public,
        "confidential": said.confidential,
        "late": said.late,
        "receipt": code,
        "secret_hash": secret_hash(code, said.secret) if said.secret else None,
        "external_id": said.external_id[:200],
        "received_at": received_at,
        "erased_at": None,
    }


def _standing(row: dict[str, Any], said: Said) -> dict[str, Any]:
    return {
        "comment_id": row["id"],
        "round_id": row["round_id"],
        "channel": row["channel"],
        "placement": _placement(said.ties),
        "held": said.held[:60],
        "hidden": "",
        "theme_id": None,
        "disposition_id": None,
        "outcome": None,
        "timing": "",
    }


def _storable(text: str) -> str:
    # PostgreSQL stores no NUL; the record's payload keeps every byte as it came.
    return text.replace("\0", "")


def _placement(ties: Sequence[Tie]) -> Placement:
    sure = [tie for tie in ties if tie.kind is not LinkKind.SUGGESTED]
    if not sure:
        return Placement.QUEUED
    return Placement.LINKED if any(tie.clause_id for tie in sure) else Placement.GENERAL


def secret_hash(receipt: str, secret: str) -> str:
    """The keyed hash of a receipt's secret words.

    Keyed rather than slow: the words are random, guesses are throttled, and a
    stolen database without the key file tells nothing.
    """
    return keys.ring().lookup(f"{receipt}\0{receipts.normalise_secret(secret)}", "receipt.secret").hex()


def by_receipt(session: Session, code: str, secret: str | None = None) -> CommentRow:
    """The comment of this receipt number; with `secret`, only when the secret words fit. Raises NotFound."""
    normal = receipts.normalise(code)
    row = session.exec(select(CommentRow).where(CommentRow.receipt == normal)).first() if normal else None
    fits = secret is None or (
        row is not None
        and row.secret_hash is not None
        and hmac.compare_digest(row.secret_hash, secret_hash(row.receipt, secret))
    )
    if row is None or not fits:
        raise NotFound(
            "We know no comment with this receipt number and secret word. Check both, letter by letter."
        )
    return row


def comment_called(session: Session, named: str) -> CommentRow:
    """The comment of this id, receipt number or external id. Raises NotFound."""
    try:
        found = session.get(CommentRow, UUID(named))
    except ValueError:
        found = None
    if found is None and (code := receipts.normalise(named)):
        found = session.exec(select(CommentRow).where(CommentRow.receipt == code)).first()
    if found is None:
        found = session.exec(select(CommentRow).where(CommentRow.external_id == named)).first()
    if found is None:
        raise NotFound(f"There is no comment {named}.")
    return found


def in_public(round_id: UUID) -> tuple[sa.ColumnElement[bool], ...]:
    """What holds of the comments of a round, and their standing, whose words everybody may read."""
    return (
        col(CommentRow.round_id) == round_id,
        col(CommentRow.public).is_(True),
        col(CommentRow.confidential).is_(False),
        col(CommentRow.erased_at).is_(None),
        col(StandingRow.held) == "",
        col(StandingRow.hidden) == "",
    )


def as_payload(fields: dict[str, Any]) -> bytes:
    """Fields of a form or row as the bytes kept in the ledger."""
    return json.dumps(fields, ensure_ascii=False, sort_keys=True).encode()


def release(session: Session, comment_id: UUID) -> None:
    """Let a comment that waited for moderation take part."""
    standing = session.get_one(StandingRow, comment_id)
    standing.held = ""
    session.add(standing)


def hide(session: Session, comment_id: UUID, reason: str) -> None:
    """Keep a comment from public pages, with a reason; it still counts. An empty reason shows it again.

    Raises NotToBeQuoted rather than show what those who said it do not want shown.
    """
    standing = session.get_one(StandingRow, comment_id)
    unquoted = standing.hidden.endswith(NOT_QUOTED)
    if unquoted and not reason:
        raise NotToBeQuoted
    standing.hidden = reason[:500]
    session.add(standing)
    if unquoted:
        keep_unquoted(session, comment_id, True)


def keep_unquoted(session: Session, comment_id: UUID, unquoted: bool) -> None:
    """Keep a comment from public pages because those who said it do not agree, or no more for that reason."""
    standing = session.get_one(StandingRow, comment_id)
    other = standing.hidden.removesuffix(NOT_QUOTED).removesuffix("; ")[:400]
    standing.hidden = "; ".join(filter(None, (other, NOT_QUOTED))) if unquoted else other
    session.add(standing)


def erase(session: Session, comment: CommentRow, *, reason: str, by: str, now: datetime) -> None:
    """Erase a comment's words, and its record's payload when nothing else came of that record.

    What its author said to the answer goes with it.
    The comment stays as an empty place, so that both sums and the chain still hold.
    """
    take_back(session, comment, reason=reason, by=by, now=now)
    said = sa.update(UtteranceRow).where(UtteranceRow.comment_id == comment.id)  # type: ignore[arg-type]
    session.execute(said.values(words="", speaker_name=None))
    # Made of comments themselves, minutes and notes of a workshop cannot be imported above.
    from consult.workshops import acts, minutes, note_records

    minutes.forget(session, [comment.id])
    spoken = session.exec(select(UtteranceRow.id).where(UtteranceRow.comment_id == comment.id)).all()
    acts.forget(session, spoken)
    joined = _joined(session, comment)
    others = session.exec(
        select(CommentRow.id).where(
            CommentRow.record_id == comment.record_id,
            CommentRow.erased_at.is_(None),  # type: ignore[union-attr]
        )
    ).first()
    replies = session.exec(
        select(RecordRow.id).where(
            RecordRow.source == REPLIES,
            RecordRow.provider_id.startswith(f"{comment.receipt}:"),
        )
    ).all()
    first = [comment.record_id] if others is None else []
    noted = note_records.records_behind(session, comment.id)
    for record_id in dict.fromkeys([*first, *joined, *replies, *noted]):
        if session.get(PayloadKeyRow, record_id) is not None:
            intake.erase_payload(session, record_id, reason=reason, by=by, now=now)


def take_back(session: Session, comment: CommentRow, *, reason: str, by: str, now: datetime) -> None:
    """Empty a comment, and keep the record it was made from: its words can be made a comment again."""
    session.add(
        ErasureRow(
            comment_id=comment.id,
            participant_id=comment.participant_id,
            reason=reason,
            by=by,
            at=now,
        )
    )
    session.flush()
    standing = links.standing_in_hand(session, comment.id)
    links.end_all(session, comment.id, by=by, now=now)
    links.forget_words(session, comment.id)
    forget_pieces(session, comment.id, comment.record_id)
    session.execute(sa.delete(RedactionRow).where(col(RedactionRow.comment_id) == comment.id))
    standing.placement, standing.theme_id = Placement.ERASED, None
    session.add(standing)
    for name in ("text", "quote", "proposal", "cost", "obstacle", "benefit", "region"):
        setattr(comment, name, "")
    comment.author = comment.ability = comment.group_id = comment.participant_id = None
    comment.erased_at = now
    session.add(comment)
    session.flush()


def _joined(session: Session, comment: CommentRow) -> list[UUID]:
    """The other records of a comment: texts joined to it, and parts of a long text, even repeated ones."""
    pieces = session.exec(select(JoiningRow.record_id).where(JoiningRow.comment_id == comment.id)).all()
    wholes = select(PartRow.whole).where(PartRow.comment_id == comment.id)
    parts = session.exec(select(PartRow.record_id).where(col(PartRow.whole).in_(wholes))).all()
    return [
        record_id
        for record_id in dict.fromkeys([*pieces, *parts])
        if record_id != comment.record_id
        and intake.outcome_of(session, record_id) in (Outcome.PART, Outcome.SET_ASIDE)
    ]


def forget_pieces(session: Session, comment_id: UUID, record_id: UUID) -> None:
    """Empty the history of a joined comment; of one that was parted from another, its words in that one's."""
    joining = JoiningRow.__table__.c  # type: ignore[attr-defined]
    session.execute(sa.update(JoiningRow).where(joining.comment_id == comment_id).values(words="", text=""))
    whole = sa.select(joining.comment_id).where(
        joining.record_id == record_id, joining.comment_id != comment_id
    )
    for whole_id in session.execute(whole.distinct()).scalars().all():
        present = session.get_one(CommentRow, whole_id).text
        of_whole = sa.update(JoiningRow).where(joining.comment_id == whole_id)
        session.execute(of_whole.where(joining.record_id == record_id).values(words=""))
        session.execute(of_whole.where(joining.text != present).values(text=""))
