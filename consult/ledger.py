"""The ledger's proofs: the chain over all records, and the two sums.

    records  = made a comment + part of a comment + commands + set aside + waiting
    comments = linked + general + queued + erased

Both hold per round and channel at every moment. The chain covers the hash of
each ciphertext, so it proves even after a payload was erased.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, select

from consult.tables.comments import CommentRow, LinkKind, LinkRow, Placement, StandingRow
from consult.tables.intake import RecordOutcomeRow, RecordRow, SealRow
from consult.tables.rounds import RoundRow

GENESIS = bytes(32)


def seal_new(session: Session, *, now: datetime) -> int:
    """Chain every record that is not chained yet, in the order received. Returns how many."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("SELECT pg_advisory_xact_lock(7221)"))
    last = session.exec(select(SealRow).order_by(SealRow.place.desc()).limit(1)).first()  # type: ignore[attr-defined]
    place, previous = (last.place, last.hash) if last else (0, GENESIS)
    rows = session.connection().execute(
        sa.select(RecordRow.id, RecordRow.payload_hash, RecordRow.received_at)  # type: ignore[call-overload]
        .outerjoin(SealRow, SealRow.record_id == RecordRow.id)
        .where(SealRow.record_id.is_(None))  # type: ignore[attr-defined]
        .order_by(RecordRow.received_at, RecordRow.id)
    )
    links = []
    for row in rows:
        place += 1
        hash_ = link_hash(previous, row.id, row.payload_hash, row.received_at)
        links.append(
            {"place": place, "record_id": row.id, "previous": previous, "hash": hash_, "sealed_at": now}
        )
        previous = hash_
    if links:
        session.execute(sa.insert(SealRow), links)
    return len(links)


def link_hash(previous: bytes, record_id: UUID, payload_hash: bytes, received_at: datetime) -> bytes:
    """SHA-256 over the link before, the record's id, its ciphertext's hash and its time."""
    return hashlib.sha256(
        previous + record_id.bytes + payload_hash + received_at.isoformat().encode()
    ).digest()


@dataclass
class Sums:
    """Both sums of one round and channel."""

    round_id: UUID | None
    channel: str
    records: int = 0
    by_outcome: Counter[str] = field(default_factory=Counter)
    comments: int = 0
    by_placement: Counter[str] = field(default_factory=Counter)

    @property
    def holds(self) -> bool:
        """Whether both sums come out."""
        return self.records == self.by_outcome.total() and self.comments == self.by_placement.total()


@dataclass(frozen=True)
class Verification:
    """What `verify` found: `last` is the hash the chain ends in, `faults` is empty when all is well."""

    sums: list[Sums]
    chained: int
    unchained: int
    last: str
    faults: list[str]


def verify(session: Session) -> Verification:
    """Prove both sums and walk the whole chain."""
    faults: list[str] = []
    sums = _sums(session)
    faults.extend(
        f"The sums of channel {one.channel} in round {one.round_id} do not come out."
        for one in sums
        if not one.holds
    )
    faults.extend(_misplaced(session))
    chained, last, broken = _walk(session)
    faults.extend(broken)
    total = session.exec(select(sa.func.count()).select_from(RecordRow)).one()
    return Verification(sums=sums, chained=chained, unchained=total - chained, last=last, faults=faults)


def _sums(session: Session) -> list[Sums]:
    found: dict[tuple[UUID | None, str], Sums] = {}

    def of(round_id: UUID | None, channel: str) -> Sums:
        return found.setdefault((round_id, channel), Sums(round_id, channel))

    connection = session.connection()
    for round_id, channel, count in connection.execute(
        sa.select(RecordRow.round_id, RecordRow.channel, sa.func.count()).group_by(  # type: ignore[call-overload]
            RecordRow.round_id, RecordRow.channel
        )
    ):
        of(round_id, channel.value).records = count
    for round_id, channel, outcome, count in connection.execute(
        sa.select(  # type: ignore[call-overload]
            RecordRow.round_id, RecordRow.channel, RecordOutcomeRow.outcome, sa.func.count()
        )
        .outerjoin(RecordOutcomeRow, RecordOutcomeRow.record_id == RecordRow.id)
        .group_by(RecordRow.round_id, RecordRow.channel, RecordOutcomeRow.outcome)
    ):
        of(round_id, channel.value).by_outcome[outcome.value if outcome else "waiting"] = count
    for round_id, channel, count in connection.execute(
        sa.select(CommentRow.round_id, CommentRow.channel, sa.func.count()).group_by(  # type: ignore[call-overload]
            CommentRow.round_id, CommentRow.channel
        )
    ):
        of(round_id, channel.value).comments = count
    for round_id, channel, placement, count in connection.execute(
        sa.select(  # type: ignore[call-overload]
            StandingRow.round_id, StandingRow.channel, StandingRow.placement, sa.func.count()
        ).group_by(StandingRow.round_id, StandingRow.channel, StandingRow.placement)
    ):
        of(round_id, channel.value).by_placement[placement.value] = count
    return sorted(found.values(), key=lambda one: (str(one.round_id or ""), one.channel))


def round_names(session: Session) -> dict[UUID, str]:
    """The short name of each round under its id."""
    return dict(session.exec(select(RoundRow.id, RoundRow.slug)).all())


def _misplaced(session: Session) -> list[str]:
    """Comments whose standing says linked without a live link, or queued with one, or no standing at all."""
    links = LinkRow.__table__.c  # type: ignore[attr-defined]
    live = sa.select(links.comment_id).where(links.ended_at.is_(None), links.kind != LinkKind.SUGGESTED)
    should_have = StandingRow.placement.in_([Placement.LINKED, Placement.GENERAL])  # type: ignore[attr-defined]
    without = session.exec(
        select(sa.func.count())
        .select_from(StandingRow)
        .where(
            should_have,
            StandingRow.comment_id.not_in(live),  # type: ignore[attr-defined]
        )
    ).one()
    with_one = session.exec(
        select(sa.func.count())
        .select_from(StandingRow)
        .where(
            StandingRow.placement == Placement.QUEUED,
            StandingRow.comment_id.in_(live),  # type: ignore[attr-defined]
        )
    ).one()
    found = []
    if without:
        found.append(f"{without} comments are called linked or general, but no live link says to what.")
    if with_one:
        found.append(f"{with_one} comments stand in the queue although they have a live link.")
    return found


def _walk(session: Session) -> tuple[int, str, list[str]]:
    """How many links hold, the hash they end in, and the first fault if there is one."""
    previous, expected = GENESIS, 1
    rows = session.connection().execute(
        sa.select(  # type: ignore[call-overload]
            SealRow.place,
            SealRow.previous,
            SealRow.hash,
            RecordRow.id,
            RecordRow.payload,
            RecordRow.payload_hash,
            RecordRow.received_at,
        )
        .join(RecordRow, RecordRow.id == SealRow.record_id)
        .order_by(SealRow.place)
        .execution_options(yield_per=500)
    )
    for row in rows:
        if row.place != expected or row.previous != previous:
            return expected - 1, previous.hex(), [f"The chain is broken before link {row.place}."]
        if hashlib.sha256(row.payload).digest() != row.payload_hash:
            return expected - 1, previous.hex(), [f"The payload of record {row.id} was altered."]
        if link_hash(previous, row.id, row.payload_hash, row.received_at) != row.hash:
            fault = f"Link {row.place} of the chain does not fit its record {row.id}."
            return expected - 1, previous.hex(), [fault]
        previous, expected = row.hash, expected + 1
    return expected - 1, previous.hex(), []
