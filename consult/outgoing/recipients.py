"""Recipients: whom a broadcast reaches, one to a telephone, and in which language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult.tables.conversations import MembershipRow
from consult.tables.messages import MessageRow
from consult.tables.outgoing import BroadcastRow
from consult.tables.participants import ContactKind, ContactPointRow, ParticipantRow
from consult.tables.rounds import GroupRow, RoundRow


@dataclass(frozen=True)
class Recipient:
    """Somebody a broadcast reaches: their telephone, what they speak, and in which language they get it."""

    contact_id: UUID
    lookup: bytes
    language: str
    gets: str


def joined(
    session: Session, row: BroadcastRow, round_: RoundRow, until: datetime
) -> tuple[list[Recipient], int]:
    """Whom a broadcast reaches of those who had joined by then, one to a number, and how many have left."""
    first = round_.languages[0] if round_.languages else "en"
    spoken = sa.func.coalesce(sa.func.nullif(ParticipantRow.language, ""), first)
    wanted = (
        sa.select(
            col(ContactPointRow.id),
            col(ContactPointRow.lookup),
            col(ParticipantRow.language),
            col(ContactPointRow.stopped_at),
        )
        .join(ParticipantRow, col(ParticipantRow.id) == col(ContactPointRow.participant_id))
        .join(MembershipRow, col(MembershipRow.participant_id) == col(ParticipantRow.id))
        .where(
            col(MembershipRow.round_id) == round_.id,
            col(MembershipRow.joined_at) <= until,
            col(ContactPointRow.kind) == ContactKind.SMS,
            col(ContactPointRow.lookup).is_not(None),
            col(ContactPointRow.erased_at).is_(None),
        )
        # The newest alias at a number is the one speaking.
        .order_by(col(ContactPointRow.created_at).desc(), col(ContactPointRow.id).desc())
    )
    if row.groups:
        groups = sa.select(col(GroupRow.id)).where(col(GroupRow.key).in_(row.groups))
        wanted = wanted.where(col(ParticipantRow.group_id).in_(groups))
    if row.languages:
        wanted = wanted.where(spoken.in_(row.languages))
    if row.regions:
        wanted = wanted.where(col(ParticipantRow.region).in_(row.regions))
    people: dict[bytes, Recipient] = {}
    gone: set[bytes] = set()
    for contact_id, lookup, language, stopped_at in session.connection().execute(wanted):
        assert lookup is not None
        if stopped_at is not None:
            gone.add(lookup)
        elif lookup not in people:
            people[lookup] = Recipient(contact_id, lookup, language, _gets(row.words, language, round_))
    # STOP holds for the whole telephone.
    return [one for lookup, one in people.items() if lookup not in gone], len(gone)


def written(session: Session, broadcast_id: UUID, lookups: Sequence[bytes] | None) -> set[bytes]:
    """The numbers that a message of a broadcast is already written to; of these, or of all."""
    wanted = (
        select(ContactPointRow.lookup)
        .join(MessageRow, col(MessageRow.contact_point_id) == ContactPointRow.id)
        .where(MessageRow.broadcast_id == broadcast_id)
    )
    if lookups is not None:
        wanted = wanted.where(col(ContactPointRow.lookup).in_(lookups))
    return {lookup for lookup in session.exec(wanted) if lookup is not None}


def _gets(words: Mapping[str, str], language: str, round_: RoundRow) -> str:
    """The language somebody gets it in: theirs, else the first of the round's that there are words in."""
    return next(code for code in (language, *round_.languages, *words) if code in words)
