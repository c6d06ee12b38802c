"""Links: the tie from a comment to the clause it is about.

A link that no longer holds is ended, never removed. What counts as placed
(`standing`) and how many comments a clause has (`tally`) are kept in the same
transaction as the link, so a page never has to count.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, select

from consult.errors import BarazaError
from consult.local import parts
from consult.tables.comments import (
    CommentRow,
    LinkKind,
    LinkRow,
    Placement,
    StandingRow,
    TallyRow,
)
from consult.tables.intake import Channel
from consult.tables.rounds import RoundRow
from standards.identity import new_id
from standards.store import UnknownClause
from standards.tables import OutlineRow, VersionRow


@dataclass(frozen=True)
class Tie:
    """What a comment is about: a clause, or the whole document when `clause_id` is None.

    `span` is where the quoted passage stands in the clause's plain words; `part` is
    what its author said of which part of a local text they mean.
    """

    clause_id: UUID | None
    kind: LinkKind = LinkKind.EXPLICIT
    quote: str = ""
    score: float | None = None
    why: tuple[str, ...] = ()
    span: tuple[int, int] | None = None
    part: str = ""


class Erased(BarazaError):
    """The comment was erased; there is nothing left to place."""

    def __init__(self) -> None:
        super().__init__("This comment was erased at its author's wish. There is nothing left to place.")


def tie_new(
    session: Session,
    version_id: UUID,
    ties: Sequence[tuple[UUID, Channel, Tie]],
    *,
    by: str,
    now: datetime,
) -> None:
    """Write the first links of comments that were just made."""
    local = parts.of(session, version_id) if ties else None
    rows = [
        {
            "id": new_id(),
            "comment_id": comment_id,
            "version_id": version_id,
            "clause_id": tie.clause_id,
            "kind": tie.kind,
            "quote": tie.quote,
            "part": local.part(tie.clause_id, tie.quote, tie.part) if local else "",
            "span_start": tie.span[0] if tie.span else None,
            "span_end": tie.span[1] if tie.span else None,
            "score": tie.score,
            "why": list(tie.why),
            "by": by,
            "at": now,
            "ended_at": None,
            "ended_by": "",
        }
        for comment_id, _, tie in ties
    ]
    if rows:
        session.execute(sa.insert(LinkRow), rows)
    _count(
        session,
        version_id,
        Counter(
            (tie.clause_id, channel)
            for _, channel, tie in ties
            if tie.clause_id is not None and tie.kind is not LinkKind.SUGGESTED
        ),
    )


def confirm(
    session: Session,
    comment_id: UUID,
    clause_ids: Sequence[UUID | None],
    *,
    by: str,
    now: datetime,
    score: float | None = None,
    why: Sequence[str] = (),
) -> None:
    """A person says which clauses a comment is about; None among them means the whole document.

    Links to anything else are ended. Raises UnknownClause when a clause is not
    in the version consulted on, Erased.
    """
    comment = session.get_one(CommentRow, comment_id)
    standing = standing_in_hand(session, comment_id)
    if standing.placement is Placement.ERASED:
        raise Erased
    version_id = session.get_one(RoundRow, comment.round_id).version_id
    wanted = set(clause_ids)
    said: dict[UUID | None, str] = {}
    for clause_id in wanted:
        if clause_id is not None and session.get(OutlineRow, (version_id, clause_id)) is None:
            label = session.get_one(VersionRow, version_id).label
            raise UnknownClause(str(clause_id), f"version {label}")
    change: Counter[tuple[UUID | None, Channel]] = Counter()
    for row in live_links(session, comment_id):
        if row.clause_id in wanted and row.kind is LinkKind.CONFIRMED:
            wanted.discard(row.clause_id)
            continue
        _end(row, by, now)
        session.add(row)
        said[row.clause_id] = row.part
        if row.kind is not LinkKind.SUGGESTED:
            change[row.clause_id, comment.channel] -= 1
    session.flush()
    for clause_id in wanted:
        quote = comment.quote if clause_id else ""
        session.add(
            LinkRow(
                comment_id=comment_id,
                version_id=version_id,
                clause_id=clause_id,
                kind=LinkKind.CONFIRMED,
                quote=quote,
                part=parts.part(session, version_id, clause_id, quote=quote, said=said.get(clause_id, "")),
                score=score,
                why=list(why),
                by=by,
                at=now,
            )
        )
        change[clause_id, comment.channel] += 1
    session.flush()
    _count(session, version_id, change)
    _stand(session, standing)


def say_part(
    session: Session, comment_id: UUID, clause_id: UUID, part: parts.Part, *, by: str, now: datetime
) -> bool:
    """Say of which part of a local text a comment on a clause speaks; False where that was said already.

    The link that did not say so is ended. Raises OfOnePart, Erased.
    """
    if standing_in_hand(session, comment_id).placement is Placement.ERASED:
        raise Erased
    changed = False
    for row in live_links(session, comment_id):
        if row.clause_id != clause_id or row.kind is LinkKind.SUGGESTED or row.part == part:
            continue
        if not parts.asks(session, row.version_id, clause_id):
            raise parts.OfOnePart
        _end(row, by, now)
        session.add(row)
        session.flush()
        kept = row.model_dump(exclude={"id", "part", "by", "at", "ended_at", "ended_by"})
        session.add(LinkRow(**kept, part=part, by=by, at=now))
        changed = True
    session.flush()
    return changed


def unplace(session: Session, comment_id: UUID, *, by: str, now: datetime) -> None:
    """Put a comment back into the queue."""
    standing = standing_in_hand(session, comment_id)
    if standing.placement is Placement.ERASED:
        raise Erased
    end_all(session, comment_id, by=by, now=now)
    _stand(session, standing)


def end_all(session: Session, comment_id: UUID, *, by: str, now: datetime) -> None:
    """End every live link of a comment."""
    comment = session.get_one(CommentRow, comment_id)
    change: Counter[tuple[UUID | None, Channel]] = Counter()
    version_id: UUID | None = None
    for row in live_links(session, comment_id):
        _end(row, by, now)
        session.add(row)
        version_id = row.version_id
        if row.kind is not LinkKind.SUGGESTED:
            change[row.clause_id, comment.channel] -= 1
    session.flush()
    if version_id is not None:
        _count(session, version_id, change)


def forget_words(session: Session, comment_id: UUID) -> None:
    """Take what was quoted, and the words that earned a score, out of all links of a comment."""
    session.execute(
        sa.update(LinkRow).where(LinkRow.comment_id == comment_id).values(quote="", why=[])  # type: ignore[arg-type]
    )


def standing_in_hand(session: Session, comment_id: UUID) -> StandingRow:
    """The standing of a comment as it is now, kept from others until the transaction ends."""
    return session.exec(
        select(StandingRow)
        .where(StandingRow.comment_id == comment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def live_links(session: Session, comment_id: UUID) -> list[LinkRow]:
    """The links of a comment that hold, oldest first."""
    return list(
        session.exec(
            select(LinkRow)
            .where(LinkRow.comment_id == comment_id, LinkRow.ended_at.is_(None))  # type: ignore[union-attr]
            .order_by(LinkRow.at, LinkRow.id)  # type: ignore[arg-type]
        ).all()
    )


def links_of(session: Session, comment_ids: Iterable[UUID]) -> dict[UUID, list[LinkRow]]:
    """The links that hold of several comments; two statements per thousand comments."""
    found: dict[UUID, list[LinkRow]] = {id_: [] for id_ in comment_ids}
    ids = list(found)
    for start in range(0, len(ids), 500):
        rows = session.exec(
            select(LinkRow)
            .where(LinkRow.comment_id.in_(ids[start : start + 500]), LinkRow.ended_at.is_(None))  # type: ignore[attr-defined, union-attr]
            .order_by(LinkRow.at, LinkRow.id)  # type: ignore[arg-type]
        ).all()
        for row in rows:
            found[row.comment_id].append(row)
    return found


def recount(session: Session) -> None:
    """Build the tallies anew from the links: what is derived can always be rebuilt."""
    session.execute(sa.delete(TallyRow))
    links, comments = LinkRow.__table__.c, CommentRow.__table__.c  # type: ignore[attr-defined]
    session.execute(
        sa.insert(TallyRow).from_select(
            ["version_id", "clause_id", "channel", "comments"],
            sa.select(links.version_id, links.clause_id, comments.channel, sa.func.count())
            .join(CommentRow, comments.id == links.comment_id)
            .where(links.ended_at.is_(None), links.clause_id.is_not(None), links.kind != LinkKind.SUGGESTED)
            .group_by(links.version_id, links.clause_id, comments.channel),
        )
    )


def _end(row: LinkRow, by: str, now: datetime) -> None:
    row.ended_at, row.ended_by = now, by


def _stand(session: Session, standing: StandingRow) -> None:
    kinds = [row for row in live_links(session, standing.comment_id) if row.kind is not LinkKind.SUGGESTED]
    if not kinds:
        standing.placement = Placement.QUEUED
    elif any(row.clause_id for row in kinds):
        standing.placement = Placement.LINKED
    else:
        standing.placement = Placement.GENERAL
    session.add(standing)
    session.flush()


def _count(session: Session, version_id: UUID, change: "Counter[tuple[UUID | None, Channel]]") -> None:
    rows = [
        {"version_id": version_id, "clause_id": clause_id, "channel": channel, "comments": count}
        for (clause_id, channel), count in sorted(change.items(), key=str)
        if clause_id is not None and count
    ]
    if not rows:
        return
    dialect = session.get_bind().dialect.name
    insert = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(TallyRow)
    session.execute(
        insert.on_conflict_do_update(
            index_elements=["version_id", "clause_id", "channel"],
            set_={"comments": TallyRow.__table__.c.comments + insert.excluded.comments},  # type: ignore[attr-defined]
        ),
        rows,
    )
