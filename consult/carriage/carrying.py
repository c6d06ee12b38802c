"""Carrying by hand: messages that a facilitator brings on paper or in a file, and answers she takes back.

What is brought enters the ledger as any text does and is read by the same
conversation. A message is known by who said what when, so bringing the same
table again, or a longer one with the same rows in it, adds only what is new.
Answers to it wait until somebody takes them; they name an alias, never a number.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult import audit, intake, keys, participants, rounds
from consult.channels import carried
from consult.channels.bodies import JSON
from consult.channels.carried import Refused, Slip
from consult.channels.transports import BY_HAND
from consult.errors import BarazaError
from consult.intake import Arrival
from consult.outgoing import messages, sending
from consult.tables.intake import Channel
from consult.tables.messages import Hold, MessageRow, MessageState
from consult.tables.participants import ContactKind, ContactPointRow, ParticipantRow
from consult.tables.rounds import RoundRow

HEADINGS = ("alias", "language", "text", "written")


class RoundNotOpen(BarazaError):
    """Messages were carried to a round that takes no comments now."""

    def __init__(self, round_: RoundRow) -> None:
        super().__init__(
            f"The round “{round_.title}” takes no comments now, so no conversation would go on. "
            "Bring these as a table of comments: they are then kept as late."
        )
        self.round = round_


@dataclass(frozen=True)
class Brought:
    """What came of what was carried: how many messages were new, how many were here, and what was refused."""

    fresh: int
    known: int
    refused: tuple[Refused, ...]


def bring(
    session: Session,
    round_: RoundRow,
    slips: Sequence[Slip],
    refused: Sequence[Refused] = (),
    *,
    by: UUID | str,
    now: datetime,
) -> Brought:
    """Put carried messages into the ledger, in their order. Raises RoundNotOpen."""
    if not rounds.is_open(round_, now):
        raise RoundNotOpen(round_)
    problems = list(refused)
    arrivals: list[tuple[Arrival, datetime]] = []
    twins: Counter[str] = Counter()
    for slip in slips:
        address = _address_of(session, slip.who) if slip.is_alias else slip.who
        if address is None:
            problems.append(
                Refused(
                    slip.place,
                    f"There is nobody called {slip.who} with a number here. Give the number.",
                    "who",
                )
            )
            continue
        name = _name_of(slip, twins)
        arrivals.append(
            (
                Arrival(
                    Channel.SMS, BY_HAND, name, carried.payload_of(slip, address), JSON, round_id=round_.id
                ),
                now + timedelta(microseconds=len(arrivals)),
            )
        )
    fresh = sum(one.fresh for one in intake.record_all(session, arrivals))
    after = {"messages": len(arrivals), "fresh": fresh, "refused": len(problems)}
    audit.record(session, by, "carry-in", "round", round_.id, None, after, now=now)
    in_order = tuple(sorted(problems, key=lambda problem: problem.place))
    return Brought(fresh, len(arrivals) - fresh, in_order)


def take(
    session: Session,
    round_: RoundRow,
    *,
    by: UUID | str,
    now: datetime,
    also_since: datetime | None = None,
) -> list[tuple[str, str, str, str]]:
    """Answers to carry back, each told once: alias, language, words, when written, oldest first.

    With `also_since`, those taken since then come again, for whoever lost the list.
    """
    waiting = sa.and_(
        col(MessageRow.state) == MessageState.WAITING,
        col(MessageRow.held).in_([Hold.NONE, Hold.BY_HAND]),
        col(ContactPointRow.transport) == BY_HAND,
    )
    taken = sa.and_(
        col(MessageRow.state) == MessageState.SENT,
        col(MessageRow.transport) == BY_HAND,
        col(MessageRow.changed_at) >= (also_since or now),
    )
    rows = session.exec(
        select(MessageRow, ContactPointRow, ParticipantRow)
        .join(ContactPointRow, col(ContactPointRow.id) == MessageRow.contact_point_id)
        .join(ParticipantRow, col(ParticipantRow.id) == ContactPointRow.participant_id)
        .where(
            MessageRow.channel == Channel.SMS.value,
            MessageRow.round_id == round_.id,
            sa.or_(waiting, taken) if also_since else waiting,
        )
        .order_by(col(MessageRow.created_at), col(MessageRow.id))
        # Of two who fetch them at once, the second gets none that the first has.
        .with_for_update(of=MessageRow)
    ).all()
    told: list[tuple[str, str, str, str]] = []
    for row, _contact, participant in rows:
        if row.state is MessageState.WAITING:
            if not sending.address_of(session, row)[0]:
                continue
            row.transport, row.held = BY_HAND, Hold.NONE
            messages.advance(session, row, MessageState.SENT, now=now)
        told.append((participant.alias, row.language, row.words, f"{row.created_at:%Y-%m-%d %H:%M}"))
    if told:
        audit.record(session, by, "carry-back", "round", round_.id, None, {"messages": len(told)}, now=now)
    return told


def waiting(session: Session, round_: RoundRow) -> int:
    """How many answers wait to be carried back."""
    return session.exec(
        select(sa.func.count())
        .select_from(MessageRow)
        .join(ContactPointRow, col(ContactPointRow.id) == MessageRow.contact_point_id)
        .where(
            MessageRow.channel == Channel.SMS.value,
            MessageRow.round_id == round_.id,
            MessageRow.state == MessageState.WAITING,
            col(MessageRow.held).in_([Hold.NONE, Hold.BY_HAND]),
            ContactPointRow.transport == BY_HAND,
        )
    ).one()


def _address_of(session: Session, alias: str) -> str | None:
    participant = session.exec(select(ParticipantRow).where(ParticipantRow.alias == alias)).first()
    contact = participants.contact_of(session, participant.id) if participant else None
    return contact.address if contact is not None and contact.kind is ContactKind.SMS else None


def _name_of(slip: Slip, twins: Counter[str]) -> str:
    """A name for a message, telling nothing about it; the second of two equal ones is another message."""
    said = "\0".join([slip.who, slip.words, slip.when.isoformat() if slip.when else ""])
    digest = hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()
    twins[digest] += 1
    return keys.ring().lookup(f"{digest} {twins[digest]}", "carried.message").hex()
