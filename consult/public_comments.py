"""Public comments: what everyone may read of what was said, and no more than that.

Only comments whose authors agreed, that nobody holds or hid and that are not
confidential. A time is a week and the order within a week tells nothing; a
stakeholder group is named only where five or more people of it commented. What may
name somebody is hidden, and until a person has looked the words are not shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult import comments, links, participation, redactions
from consult.tables.comments import CommentRow, LinkKind, StandingRow
from consult.tables.participants import ParticipantRow
from consult.tables.rounds import GroupRow, RoundRow

SIZE = 10


@dataclass(frozen=True)
class Voice:
    """One comment as everyone may read it; `said` is None while a person looks at its words for names.

    `week` is the day on which its week began.
    """

    channel: str
    language: str
    said: str | None
    week: datetime
    group: GroupRow | None
    clause_ids: tuple[UUID | None, ...]
    outcome: str


@dataclass(frozen=True)
class VoicesPage:
    """One page of public comments; `first` counts from 1."""

    voices: tuple[Voice, ...]
    number: int
    total: int

    @property
    def first(self) -> int:
        """The place of the page's first comment."""
        return (self.number - 1) * SIZE + 1

    @property
    def last(self) -> int:
        """The place of the page's last comment."""
        return self.first + len(self.voices) - 1

    @property
    def has_next(self) -> bool:
        """Whether more follow."""
        return self.last < self.total


def page(session: Session, round_: RoundRow, number: int = 1) -> VoicesPage:
    """One page of a round's public comments, newest week first."""
    order = sorted(
        _public(session, round_),
        key=lambda row: (-_monday(row[1]).toordinal(), row[2]),
    )
    number = max(1, min(number, (len(order) + SIZE - 1) // SIZE))
    ids = [row[0] for row in order[(number - 1) * SIZE : number * SIZE]]
    return VoicesPage(_voices(session, round_, ids), number, len(order))


def named_groups(session: Session, round_: RoundRow) -> dict[UUID, GroupRow]:
    """The stakeholder groups that a public comment of this round may be shown with."""
    seen = participation.of(session, round_)
    shown = seen.published()
    return {
        figure.group.id: figure.group
        for figure in seen.figures
        if figure.group is not None and shown.get(figure.group.id, 0) >= participation.SMALLEST
    }


def _public(session: Session, round_: RoundRow) -> Sequence[Any]:
    return (
        session.connection()
        .execute(
            # The receipt orders comments within a week: it is random and shows nothing.
            sa.select(CommentRow.id, CommentRow.received_at, CommentRow.receipt)  # type: ignore[call-overload]
            .join(StandingRow, col(StandingRow.comment_id) == CommentRow.id)
            .where(*comments.in_public(round_.id))
        )
        .all()
    )


def _voices(session: Session, round_: RoundRow, ids: Sequence[UUID]) -> tuple[Voice, ...]:
    if not ids:
        return ()
    rows = session.exec(
        select(CommentRow, StandingRow.outcome, ParticipantRow.group_id)
        .join(StandingRow, col(StandingRow.comment_id) == CommentRow.id)
        .outerjoin(ParticipantRow, col(ParticipantRow.id) == CommentRow.participant_id)
        .where(col(CommentRow.id).in_(ids))
    ).all()
    tied, groups = links.links_of(session, ids), named_groups(session, round_)
    public = redactions.Public(session, round_, ids)
    found = {
        comment.id: Voice(
            channel=comment.channel.value,
            language=comment.language,
            said=public.said(comment),
            week=_monday(comment.received_at),
            group=groups.get(comment.group_id or joined_as) if comment.group_id or joined_as else None,  # type: ignore[arg-type]
            clause_ids=tuple(
                link.clause_id for link in tied[comment.id] if link.kind is not LinkKind.SUGGESTED
            ),
            outcome=outcome or "",
        )
        for comment, outcome, joined_as in rows
    }
    return tuple(found[id_] for id_ in ids if id_ in found)


def _monday(moment: datetime) -> datetime:
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())
