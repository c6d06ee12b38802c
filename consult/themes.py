"""Themes: comments that say the same thing, gathered so that one answer can serve many.

Gathering is reversible and changes no count: each comment stays a comment, has
one theme at most, and is answered once. A theme that was taken apart leaves its
comments as they stood.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult.errors import BarazaError, NotFound
from consult.tables.comments import Placement, StandingRow, ThemeRow
from consult.tables.rounds import RoundRow


class NothingPicked(BarazaError):
    """An act on several comments was asked for, and none was picked."""

    def __init__(self) -> None:
        super().__init__("No comment is picked. Tick the ones you mean, then press again.")


class TitleMissing(BarazaError):
    """A theme is known by what its comments say."""

    def __init__(self) -> None:
        super().__init__("Give the theme a title: what these comments say, in one line.")


def make(
    session: Session,
    round_: RoundRow,
    title: str,
    comment_ids: Sequence[UUID],
    *,
    clause_id: UUID | None = None,
    now: datetime,
) -> ThemeRow:
    """Gather comments under a title; those of another theme leave it. Raises TitleMissing, NothingPicked."""
    theme = ThemeRow(round_id=round_.id, clause_id=clause_id, title=_title(title), created_at=now)
    if not comment_ids:
        raise NothingPicked
    session.add(theme)
    session.flush()
    add(session, theme, comment_ids)
    return theme


def _title(written: str) -> str:
    title = " ".join(written.replace("\0", "").split())[:300]
    if not title:
        raise TitleMissing
    return title


def add(session: Session, theme: ThemeRow, comment_ids: Sequence[UUID]) -> int:
    """Put comments of the same round into a theme; returns how many were not in it before."""
    if not comment_ids:
        raise NothingPicked
    rows = session.exec(
        select(StandingRow).where(
            col(StandingRow.comment_id).in_(comment_ids),
            StandingRow.round_id == theme.round_id,
            StandingRow.placement != Placement.ERASED,
        )
    ).all()
    fresh = [row for row in rows if row.theme_id != theme.id]
    for row in fresh:
        row.theme_id = theme.id
        session.add(row)
    session.flush()
    return len(fresh)


def take_out(session: Session, comment_ids: Sequence[UUID]) -> int:
    """Let comments stand by themselves again; returns how many were in a theme."""
    rows = session.exec(
        select(StandingRow).where(
            col(StandingRow.comment_id).in_(comment_ids), col(StandingRow.theme_id).is_not(None)
        )
    ).all()
    for row in rows:
        row.theme_id = None
        session.add(row)
    session.flush()
    return len(rows)


def rename(session: Session, theme: ThemeRow, title: str) -> None:
    """Give a theme another title. Raises TitleMissing."""
    theme.title = _title(title)
    session.add(theme)


def take_apart(session: Session, theme: ThemeRow) -> list[UUID]:
    """Undo a theme; returns the comments that were in it, which stay as they stand."""
    ids = members(session, theme)
    session.execute(sa.update(StandingRow).where(col(StandingRow.theme_id) == theme.id).values(theme_id=None))
    session.flush()
    session.delete(theme)
    session.flush()
    return ids


def members(session: Session, theme: ThemeRow) -> list[UUID]:
    """The comments gathered in a theme, oldest first."""
    return list(
        session.exec(
            select(StandingRow.comment_id)
            .where(StandingRow.theme_id == theme.id)
            .order_by(col(StandingRow.comment_id))
        ).all()
    )


def theme_called(session: Session, round_: RoundRow, named: str) -> ThemeRow:
    """The theme of this id in a round. Raises NotFound."""
    try:
        row = session.get(ThemeRow, UUID(named))
    except ValueError:
        row = None
    if row is None or row.round_id != round_.id:
        raise NotFound("This theme is no longer there: a colleague may have taken it apart.")
    return row
