"""Broadcasts: one message to everyone who joined a round, or to some of them, and never twice to one person.

A broadcast is drafted, started, and then prepared by a worker in pieces: a
message for each telephone, written before anything is sent. From then on its
messages leave like all others, in their turn and within the round's limits.
Stopping holds what still waits in one statement; claims look at it.

One person is one telephone: two aliases on one number get one message. Nobody is
written to who has not joined the round, or who has left.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult import audit
from consult.channels import segments
from consult.errors import BarazaError, Misfilled, NotFound
from consult.outgoing import recipients, sending
from consult.tables.conversations import MembershipRow
from consult.tables.messages import Hold, MessageRow, MessageState
from consult.tables.outgoing import AllowanceRow, BroadcastRow, BroadcastState
from consult.tables.participants import ParticipantRow
from consult.tables.rounds import RoundRow
from consult.words import N_

LONGEST: Final = 1600
"""Characters: what providers take as one message."""
ON_THEIR_WAY: Final = (MessageState.WAITING, MessageState.SENDING)

NO_TITLE = N_("Give it a name, so that you know it again. Nobody else sees it.")
NO_WORDS = N_("Write the message in at least one language.")
TOO_LONG = N_("This is longer than a text message can be: 1,600 characters.")


class AlreadyStarted(BarazaError):
    """A change to a broadcast that is on its way."""

    def __init__(self, row: BroadcastRow) -> None:
        super().__init__(f"“{row.title}” has been started. Stop it, and draft another with other words.")
        self.broadcast = row


class NobodyToWriteTo(BarazaError):
    """A start of a broadcast that reaches nobody."""

    def __init__(self, row: BroadcastRow) -> None:
        super().__init__(f"Nobody who joined this round would get “{row.title}”. Choose other groups.")
        self.broadcast = row


@dataclass(frozen=True)
class Wanted:
    """What a broadcast says, per language, and to whom; no groups, languages or regions means all."""

    title: str
    words: Mapping[str, str]
    groups: Sequence[str] = ()
    languages: Sequence[str] = ()
    regions: Sequence[str] = ()


@dataclass(frozen=True)
class Share:
    """The recipients of one language: which words they get, and the segments of one message."""

    language: str
    gets: str
    people: int
    each: int


@dataclass(frozen=True)
class Estimate:
    """What a broadcast would take; `left` counts those who joined and left again.

    `room` is what the round's budget has left, None without a limit.
    """

    shares: tuple[Share, ...]
    left: int
    room: int | None

    @property
    def people(self) -> int:
        """How many telephones it reaches."""
        return sum(share.people for share in self.shares)

    @property
    def segments(self) -> int:
        """What it takes of the budget."""
        return sum(share.people * share.each for share in self.shares)

    @property
    def without_words(self) -> tuple[Share, ...]:
        """Those who get it in another language than theirs."""
        return tuple(share for share in self.shares if share.language and share.language != share.gets)


@dataclass(frozen=True)
class Progress:
    """How far a broadcast has come: people by state, those who wait by reason, when the next may leave."""

    states: Mapping[MessageState, int]
    held: Mapping[Hold, int]
    segments: int
    due_at: datetime | None

    @property
    def people(self) -> int:
        """How many messages are written."""
        return sum(self.states.values())

    @property
    def settled(self) -> int:
        """How many neither wait nor are being sent."""
        return self.people - sum(self.states.get(state, 0) for state in ON_THEIR_WAY)


@dataclass(frozen=True)
class Running:
    """A broadcast that has started and is not done, in its round."""

    row: BroadcastRow
    slug: str
    progress: Progress


# Drafting


def draft(
    session: Session, round_: RoundRow, wanted: Wanted, *, by: UUID | None, now: datetime
) -> BroadcastRow:
    """A broadcast that can still be changed. Raises Misfilled."""
    row = BroadcastRow(round_id=round_.id, title="", words={}, created_at=now, created_by=by)
    _fill(session, row, wanted)
    return row


def change(session: Session, row: BroadcastRow, wanted: Wanted) -> BroadcastRow:
    """Give a draft other words or people. Raises Misfilled, AlreadyStarted."""
    row = locked(session, row.id)
    if row.state is not BroadcastState.DRAFT:
        raise AlreadyStarted(row)
    _fill(session, row, wanted)
    return row


def _fill(session: Session, row: BroadcastRow, wanted: Wanted) -> None:
    words = {code: said.replace("\r\n", "\n").strip() for code, said in wanted.words.items()}
    words = {code: said for code, said in words.items() if said}
    problems = {f"words-{code}": TOO_LONG for code, said in words.items() if len(said) > LONGEST}
    if not wanted.title.strip():
        problems["title"] = NO_TITLE
    if not words:
        problems["words"] = NO_WORDS
    if problems:
        raise Misfilled(problems)
    row.title, row.words = wanted.title.strip()[:200], words
    row.groups, row.languages, row.regions = list(wanted.groups), list(wanted.languages), list(wanted.regions)
    session.add(row)
    session.flush()


# Looking


def called(session: Session, name: str, *, round_id: UUID | None = None) -> BroadcastRow:
    """The broadcast with this id. Raises NotFound."""
    try:
        row = session.get(BroadcastRow, UUID(name))
    except ValueError:
        row = None
    if row is None or (round_id is not None and row.round_id != round_id):
        raise NotFound(f"There is no broadcast {name}. `baraza broadcast list` names them.")
    return row


def of_round(session: Session, round_id: UUID) -> list[BroadcastRow]:
    """The broadcasts of a round, newest first."""
    return list(
        session.exec(
            select(BroadcastRow)
            .where(BroadcastRow.round_id == round_id)
            .order_by(col(BroadcastRow.created_at).desc(), col(BroadcastRow.id).desc())
        )
    )


def on_their_way(session: Session) -> list[Running]:
    """The broadcasts of every round that have started and are not done, newest first."""
    found = session.exec(
        select(BroadcastRow, RoundRow.slug)
        .join(RoundRow, col(RoundRow.id) == BroadcastRow.round_id)
        .where(col(BroadcastRow.state).in_((BroadcastState.RUNNING, BroadcastState.STOPPED)))
        .order_by(col(BroadcastRow.started_at).desc())
    ).all()
    seen = progress(session, [row for row, _ in found])
    return [Running(row, slug, seen[row.id]) for row, slug in found]


def progress(session: Session, rows: Iterable[BroadcastRow]) -> dict[UUID, Progress]:
    """How far each of these has come, by one look at their messages."""
    ids = [row.id for row in rows]
    states: dict[UUID, dict[MessageState, int]] = {id_: {} for id_ in ids}
    held: dict[UUID, dict[Hold, int]] = {id_: {} for id_ in ids}
    taken, due = dict.fromkeys(ids, 0), dict[UUID, datetime | None].fromkeys(ids)
    for id_, state, why, people, used, at in session.connection().execute(
        sa.select(
            col(MessageRow.broadcast_id),
            col(MessageRow.state),
            col(MessageRow.held),
            sa.func.count(),
            sa.func.sum(MessageRow.segments),
            sa.func.min(MessageRow.due_at),
        )
        .where(col(MessageRow.broadcast_id).in_(ids))
        .group_by(col(MessageRow.broadcast_id), col(MessageRow.state), col(MessageRow.held))
    ):
        assert id_ is not None
        states[id_][state] = states[id_].get(state, 0) + people
        taken[id_] += used
        if state is MessageState.WAITING:
            held[id_][Hold(why)] = people
            due[id_] = at if Hold(why) is Hold.NONE else due[id_]
    return {id_: Progress(states[id_], held[id_], taken[id_], due[id_]) for id_ in ids}


def regions_of(session: Session, round_id: UUID) -> list[str]:
    """Where those who joined a round say they live, in order."""
    found = session.exec(
        select(ParticipantRow.region)
        .join(MembershipRow, col(MembershipRow.participant_id) == ParticipantRow.id)
        .where(
            MembershipRow.round_id == round_id,
            col(MembershipRow.joined_at).is_not(None),
            ParticipantRow.region != "",
        )
        .distinct()
    )
    return sorted(found)


def estimate(session: Session, row: BroadcastRow, *, now: datetime) -> Estimate:
    """What a broadcast would take if it were started now."""
    round_ = session.get_one(RoundRow, row.round_id)
    people, left = recipients.joined(session, row, round_, now)
    counted: dict[tuple[str, str], int] = {}
    for one in people:
        counted[one.language, one.gets] = counted.get((one.language, one.gets), 0) + 1
    each = {code: segments.count(said).segments for code, said in row.words.items()}
    shares = tuple(
        Share(language, gets, count, each[gets])
        for (language, gets), count in sorted(counted.items(), key=lambda found: (-found[1], found[0]))
    )
    allowance = session.get(AllowanceRow, round_.id)
    limit = allowance.limit if allowance else None
    return Estimate(shares, left, None if limit is None or not allowance else max(limit - allowance.spent, 0))


# Starting and stopping


def start(session: Session, broadcast_id: UUID, *, by: UUID | str, now: datetime) -> bool:
    """Send a broadcast on its way, or on again after a stop; False when it is on its way already.

    Raises NobodyToWriteTo.
    """
    row = locked(session, broadcast_id)
    if row.state not in (BroadcastState.DRAFT, BroadcastState.STOPPED):
        return False
    if row.state is BroadcastState.DRAFT:
        people = estimate(session, row, now=now)
        if not people.people:
            raise NobodyToWriteTo(row)
        row.people, row.segments, row.started_at = people.people, people.segments, now
    else:
        _hold_all(session, row, only=(Hold.STOPPED,), held=Hold.NONE)
    before, row.state, row.finished_at = row.state, BroadcastState.RUNNING, None
    session.add(row)
    _note(session, row, "start", before, by, now)
    return True


def stop(session: Session, broadcast_id: UUID, *, by: UUID | str, now: datetime) -> bool:
    """Hold everything of a broadcast that has not left; False when it is not on its way."""
    row = locked(session, broadcast_id)
    if row.state is not BroadcastState.RUNNING:
        return False
    row.state, row.finished_at = BroadcastState.STOPPED, now
    session.add(row)
    _hold_all(session, row, only=tuple(hold for hold in Hold if hold is not Hold.RESTORED), held=Hold.STOPPED)
    _note(session, row, "stop", BroadcastState.RUNNING, by, now)
    return True


def end(session: Session, broadcast_id: UUID, *, by: UUID | str, now: datetime) -> bool:
    """Let the rest of a stopped broadcast rest for good; False when it was not stopped."""
    row = locked(session, broadcast_id)
    if row.state is not BroadcastState.STOPPED:
        return False
    waiting = sa.and_(col(MessageRow.broadcast_id) == row.id, col(MessageRow.state) == MessageState.WAITING)
    connection = session.connection()
    # What is being handed over now and comes back does not leave either.
    connection.execute(
        sa.update(MessageRow)
        .where(col(MessageRow.broadcast_id) == row.id, col(MessageRow.state) == MessageState.SENDING)
        .values(held=Hold.STOPPED)
    )
    unspent = connection.execute(sa.select(sa.func.sum(MessageRow.charged)).where(waiting)).scalar() or 0
    connection.execute(
        sa.update(AllowanceRow)
        .where(col(AllowanceRow.round_id) == row.round_id)
        .values(spent=AllowanceRow.spent - unspent)
    )
    connection.execute(
        sa.update(MessageRow)
        .where(waiting)
        .values(state=MessageState.BLOCKED, charged=0, changed_at=now, error=sending.BROADCAST_ENDED)
    )
    row.state, row.finished_at, row.prepared_at = BroadcastState.DONE, now, row.prepared_at or now
    session.add(row)
    _note(session, row, "end", BroadcastState.STOPPED, by, now)
    return True


def locked(session: Session, broadcast_id: UUID) -> BroadcastRow:
    """A broadcast that nobody else starts, stops or prepares until the transaction ends."""
    # Read anew: the caller may have looked at it before somebody else had changed it.
    return session.exec(
        select(BroadcastRow).where(BroadcastRow.id == broadcast_id).with_for_update(),
        execution_options={"populate_existing": True},
    ).one()


def _hold_all(session: Session, row: BroadcastRow, *, only: Sequence[Hold], held: Hold) -> None:
    """Hold, or let go, everything of a broadcast that waits for one of these reasons, in one statement."""
    session.flush()
    session.connection().execute(
        sa.update(MessageRow)
        .where(
            col(MessageRow.broadcast_id) == row.id,
            col(MessageRow.state) == MessageState.WAITING,
            col(MessageRow.held).in_(only),
        )
        .values(held=held)
    )


def _note(
    session: Session, row: BroadcastRow, act: str, before: BroadcastState, by: UUID | str, now: datetime
) -> None:
    after = {"state": row.state.value, "people": row.people, "segments": row.segments}
    audit.record(session, by, act, "broadcast", row.id, {"state": before.value}, after, now=now)
