"""National voices: what people of the districts said on the base, and everybody on the local text itself.

The base's comments are narrowed to the overlay's districts, by where the comment
or its author speaks from. Districts are compared without regard to capitals.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult.desk.places import PAGE, voice
from consult.tables.comments import CommentRow, LinkKind, LinkRow
from consult.tables.participants import ParticipantRow
from consult.tables.rounds import RoundRow
from standards.tables import OverlayRow, VersionRow

PARTS = ("base", "local")


@dataclass(frozen=True)
class Heard:
    """One page of the national voices on a clause, with the counts of all of them.

    `base` spoke of the base text, `local` of the local part, `untold` of the local
    text without saying which; `confidential` are those this person may not read.
    """

    comments: Sequence[Mapping[str, Any]]
    base: int
    local: int
    untold: int
    confidential: int
    after: UUID | None = None

    @property
    def total(self) -> int:
        """Every national voice on the clause."""
        return self.base + self.local + self.untold


def counts(session: Session, overlay: OverlayRow) -> dict[UUID, int]:
    """How many national voices each clause has; two statements."""
    query = _from(sa.select(col(LinkRow.clause_id), sa.func.count()))
    rows = session.connection().execute(
        query.where(*_national(session, overlay)).group_by(col(LinkRow.clause_id))
    )
    return {clause_id: int(many) for clause_id, many in rows if clause_id}


def on(
    session: Session,
    overlay: OverlayRow,
    clause_id: UUID,
    groups: Mapping[UUID, str],
    *,
    confidential: bool,
    language: str,
    part: str = "",
    after: UUID | None = None,
) -> Heard:
    """The national voices on a clause, all or those on one `part`; three statements."""
    national = [col(LinkRow.clause_id) == clause_id, *_national(session, overlay)]
    own = col(VersionRow.standard_id) == overlay.text_standard_id
    tally = {"base": 0, "local": 0, "": 0}
    withheld = 0
    counted = _from(sa.select(own, col(LinkRow.part), col(CommentRow.confidential), sa.func.count()))
    grouped = counted.where(*national).group_by(own, col(LinkRow.part), col(CommentRow.confidential))
    for is_own, told, secret, many in session.connection().execute(grouped):
        tally[told if is_own else "base"] += int(many)
        withheld += int(many) if secret and not confidential else 0
    query = _from(
        sa.select(
            CommentRow,
            col(LinkRow.part),
            own,
            col(ParticipantRow.alias),
            col(RoundRow.time_zone),
            col(RoundRow.title),
        )
    )
    query = query.where(*national, *_narrowed(part, own, confidential, after))
    rows = session.execute(query.order_by(col(CommentRow.id)).limit(PAGE + 1)).all()
    drawn = [
        voice(comment, alias, groups, zone, language)
        | {"receipt": comment.receipt, "part": told if is_own else "base", "round": title}
        for comment, told, is_own, alias, zone, title in rows[:PAGE]
    ]
    following = rows[PAGE - 1][0].id if len(rows) > PAGE else None
    return Heard(drawn, tally["base"], tally["local"], tally[""], withheld, following)


def behind(session: Session, receipts: Sequence[str]) -> dict[str, UUID]:
    """The comments of these receipt numbers; those we do not know are left out. One statement."""
    if not receipts:
        return {}
    query = select(CommentRow.receipt, CommentRow.id).where(col(CommentRow.receipt).in_(list(receipts)))
    return dict(session.exec(query).all())


def _from(query: Any) -> Any:
    return (
        query.select_from(LinkRow)
        .join(CommentRow, col(CommentRow.id) == LinkRow.comment_id)
        .join(VersionRow, col(VersionRow.id) == LinkRow.version_id)
        .join(RoundRow, col(RoundRow.id) == CommentRow.round_id)
        .outerjoin(ParticipantRow, col(ParticipantRow.id) == CommentRow.participant_id)
    )


def _national(session: Session, overlay: OverlayRow) -> list[sa.ColumnElement[bool]]:
    """Live links on the local text, or on any version of the base from one of its districts."""
    spelled = _spelled(session, overlay.regions)
    here = sa.or_(col(CommentRow.region).in_(spelled), col(ParticipantRow.region).in_(spelled))
    on_base = sa.and_(col(VersionRow.standard_id) == overlay.standard_id, here)
    return [
        col(LinkRow.ended_at).is_(None),
        col(LinkRow.kind) != LinkKind.SUGGESTED,
        sa.or_(col(VersionRow.standard_id) == overlay.text_standard_id, on_base),
    ]


def _spelled(session: Session, regions: Sequence[str]) -> list[str]:
    """The overlay's districts as people wrote them: databases fold the capitals of ASCII only."""
    wanted = {" ".join(region.split()).casefold() for region in regions} - {""}
    if not wanted:
        return []
    written = sa.union(sa.select(col(CommentRow.region)), sa.select(col(ParticipantRow.region)))
    rows = session.connection().execute(written).scalars()
    return [region for region in rows if region and " ".join(region.split()).casefold() in wanted]


def _narrowed(
    part: str, own: sa.ColumnElement[bool], confidential: bool, after: UUID | None
) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if part == "base":
        found.append(sa.or_(sa.not_(own), col(LinkRow.part) == "base"))
    elif part == "local":
        found += [own, col(LinkRow.part) == "local"]
    if not confidential:
        found.append(col(CommentRow.confidential).is_(False))
    if after:
        found.append(col(CommentRow.id) > after)
    return found
