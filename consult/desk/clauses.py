"""The desk of a clause: its text beside everything said about it, and what is still to be decided."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlmodel import Session, col, select

from consult import feasibility, lateness, look
from consult.desk.places import PAGE, RoundPlace, called, voice
from consult.desk.voices import Narrowed, on
from consult.pilots import summary
from consult.reading import Book, ReadClause
from consult.tables.comments import CommentRow, LinkKind, LinkRow, StandingRow
from consult.tables.decisions import DispositionRow
from consult.tables.intake import Channel
from consult.tables.participants import ParticipantRow
from standards import store
from standards.document import Clause
from standards.tables import EditKind, EditRow, Status, VersionRow

PARTS = {"base": lazy_gettext("on the international text"), "local": lazy_gettext("on the local part")}
CARRIES = frozenset({Status.DRAFT, Status.CONSULTATION, Status.DECIDED, Status.PUBLISHED})


class Count(NamedTuple):
    """How many comments a clause has, and how many of them have no disposition."""

    comments: int
    undecided: int


def counts(session: Session, place: RoundPlace) -> dict[UUID | None, Count]:
    """The comments of every clause of the round, and of the whole document under None; one statement."""
    link, standing = LinkRow.__table__.c, StandingRow.__table__.c  # type: ignore[attr-defined]
    rows = session.connection().execute(
        sa.select(
            link.clause_id,
            sa.func.count(),
            sa.func.sum(sa.case((standing.disposition_id.is_(None), 1), else_=0)),
        )
        .join(StandingRow, standing.comment_id == link.comment_id)
        .where(standing.round_id == place.round.id, link.ended_at.is_(None), link.kind != LinkKind.SUGGESTED)
        .group_by(link.clause_id)
    )
    return {clause_id: Count(int(all_), int(undecided)) for clause_id, all_, undecided in rows}


@dataclass(frozen=True)
class Said:
    """One page of the comments on a clause; `after` leads to the next."""

    comments: list[dict[str, Any]]
    after: UUID | None = None


def said(
    session: Session,
    place: RoundPlace,
    clause: Clause | None,
    narrowed: Narrowed,
    groups: Mapping[UUID, str],
    versions: Mapping[UUID, VersionRow],
    *,
    confidential: bool,
    language: str,
) -> Said:
    """One page of comments with what was decided on each; one statement."""
    query = (
        sa.select(CommentRow, StandingRow, LinkRow, DispositionRow, col(ParticipantRow.alias))
        .select_from(LinkRow)
        .join(CommentRow, col(CommentRow.id) == LinkRow.comment_id)
        .join(StandingRow, col(StandingRow.comment_id) == LinkRow.comment_id)
        .outerjoin(DispositionRow, col(DispositionRow.id) == StandingRow.disposition_id)
        .outerjoin(ParticipantRow, col(ParticipantRow.id) == CommentRow.participant_id)
        .where(*on(place, clause), *_passing(narrowed, confidential))
        .order_by(col(LinkRow.comment_id))
        .limit(PAGE + 1)
    )
    if narrowed.after:
        query = query.where(col(LinkRow.comment_id) > narrowed.after)
    rows = list(session.exec(query))  # type: ignore[call-overload]
    more, rows = len(rows) > PAGE, rows[:PAGE]
    drawn = []
    for comment, standing, link, disposition, alias in rows:
        shown = voice(comment, alias, groups, place.round.time_zone, language)
        shown["late"] = lateness.counts_late(comment, standing)
        shown["disposition"] = standing.outcome or ""
        shown["reason"] = disposition.reason if disposition else ""
        shown["on"] = str(PARTS.get(link.part, ""))
        shown["theme_id"] = str(standing.theme_id or "")
        shown["links"] = [{"kind": "whole" if clause is None else link.kind.value, "words": "", "url": ""}]
        shown["carried"] = carried(place, disposition, versions) if disposition else None
        drawn.append(shown)
    return Said(drawn, rows[-1][0].id if more else None)


def _passing(narrowed: Narrowed, confidential: bool) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if not confidential:
        found.append(col(CommentRow.confidential).is_(False))
    if narrowed.comment:
        found.append(col(CommentRow.id) == narrowed.comment)
    for column, value in ((StandingRow.theme_id, narrowed.theme), (CommentRow.group_id, narrowed.group)):
        if value == "none":
            found.append(col(column).is_(None))
        elif value:
            found.append(col(column) == _uuid(value))
    if narrowed.channel in set(Channel):
        found.append(col(StandingRow.channel) == Channel(narrowed.channel))
    if narrowed.state:
        undecided = col(StandingRow.disposition_id).is_(None)
        found.append(undecided if narrowed.state == "open" else sa.not_(undecided))
    return found


def _uuid(written: str) -> UUID:
    try:
        return UUID(written)
    except ValueError:
        return UUID(int=0)


def carried(
    place: RoundPlace, disposition: DispositionRow, versions: Mapping[UUID, VersionRow]
) -> dict[str, str] | None:
    """Where the change stands that a disposition points to, or the exception in its place."""
    if disposition.change_clause_id is None or disposition.change_version_id is None:
        return {"words": disposition.exception, "url": ""} if disposition.exception else None
    version = versions.get(disposition.change_version_id)
    if version is None:
        return None
    same = place.document.by_id.get(disposition.change_clause_id)
    number = same.number if same else ""
    return {
        "words": _("%(number)s in version %(label)s", number=number or _("a clause"), label=version.label),
        "url": text_url(place.standard.slug, version, disposition.change_clause_id),
    }


def text_url(slug: str, version: VersionRow, clause_id: UUID) -> str:
    """A clause where it can be worked on while its version is a draft, and read afterwards."""
    if version.status is Status.DRAFT:
        return look.at(f"/desk/standards/{slug}/{version.label}/clauses/{clause_id}/")
    return look.at(f"/standards/{slug}/{version.label}/clauses/{clause_id}")


# --- who could do this


def abilities(found: Sequence[feasibility.Answer], groups: Mapping[UUID, str]) -> list[dict[str, Any]]:
    """Who could do what a clause asks, by group; a row with a cell under five is kept back whole."""
    rows = [
        {
            "group": groups.get(cell.key, "") if isinstance(cell.key, UUID) else "",
            "kept_back": cell.is_small,
            "figures": cell.figures,
            "shares": cell.shares,
            "whole": cell.whole,
        }
        for cell in feasibility.of_clause(found).cells
        if cell.whole
    ]
    return sorted(rows, key=lambda row: (row["kept_back"], -row["whole"]))


def piloted(found: Sequence[feasibility.Answer]) -> dict[str, Any] | None:
    """What pilots found on a clause, on whichever version they tried it; None where none did."""
    tried = [answer for answer in found if answer.pilot_id]
    if not tried:
        return None
    return {
        "tally": summary.tally(answer.met for answer in tried if answer.met),
        "respondents": len({answer.person for answer in tried}),
        "pilots": sorted({str(answer.pilot_id) for answer in tried}),
        "obstacles": feasibility.told(tried, "obstacle")[:3],
    }


# --- the text and its versions


def drawn(place: RoundPlace, clause: Clause) -> ReadClause:
    """The clause as the consulted version has it."""
    base = look.at(f"/standards/{place.standard.slug}/{place.version.label}")
    html = store.rendered(clause.text, place.document.language)
    return Book(place.document, base).clause(clause, {clause.text.hash: html}, {})


def versions_with_edits(
    session: Session, place: RoundPlace, clause: Clause | None
) -> tuple[dict[UUID, VersionRow], list[tuple[VersionRow, EditRow]]]:
    """Every version of the standard, oldest first, and what was done to the clause in each; one statement."""
    rows = session.exec(
        select(VersionRow, EditRow)
        .outerjoin(
            EditRow,
            sa.and_(
                col(EditRow.version_id) == VersionRow.id,
                col(EditRow.clause_id) == (clause.id if clause else UUID(int=0)),
                col(EditRow.kind) != EditKind.IMPORT,
            ),
        )
        .where(VersionRow.standard_id == place.standard.id)
        .order_by(col(VersionRow.created_at), col(EditRow.at))
    ).all()
    edits = [(version, edit) for version, edit in rows if edit is not None]
    return {version.id: version for version, _edit in rows}, edits


def history(
    place: RoundPlace, versions: Iterable[VersionRow], edits: Iterable[tuple[VersionRow, EditRow]]
) -> list[dict[str, Any]]:
    """What befell a clause, newest first."""
    events = [
        {
            "at": edit.at,
            "words": edit.reason or _("Changed in version %(label)s", label=version.label),
            "url": look.at(
                f"/desk/standards/{place.standard.slug}/{version.label}/clauses/{edit.clause_id}/history"
            ),
            "label": _("History"),
        }
        for version, edit in edits
    ]
    for version in versions:
        if version.frozen_at:
            words = _("Version %(label)s was frozen", label=version.label)
            events.append({"at": version.frozen_at, "words": words, "url": "", "label": ""})
        if version.published_at:
            words = _("Version %(label)s was published", label=version.label)
            events.append({"at": version.published_at, "words": words, "url": "", "label": ""})
    return sorted(events, key=lambda event: event["at"], reverse=True)[:12]


def carrying(place: RoundPlace, versions: Iterable[VersionRow]) -> list[VersionRow]:
    """The later versions that may carry a change, the newest draft first."""
    found = [
        version
        for version in versions
        if version.status in CARRIES
        and version.id != place.version.id
        and version.created_at >= place.version.created_at
    ]
    return sorted(found, key=lambda v: (v.status is Status.DRAFT, v.created_at), reverse=True)


# --- around it


def neighbours(
    place: RoundPlace, clause: Clause | None, counted: Mapping[UUID | None, Count]
) -> dict[str, Any]:
    """The clauses with open comments around this one, in reading order, and its place among them."""
    order = [c for c in place.document if counted.get(c.id, Count(0, 0)).undecided]
    at = {c.id: i for i, c in enumerate(place.document)}
    here = at[clause.id] if clause else -1
    before = [c for c in order if at[c.id] < here]
    after = [c for c in order if at[c.id] > here]
    rank = len(before) + 1 if clause and clause in order else None
    return {
        "previous": _step(place, before[-1]) if before else None,
        "next": _step(place, after[0]) if after else None,
        "rank": rank,
        "open": len(order),
    }


def _step(place: RoundPlace, clause: Clause) -> dict[str, str]:
    return {"url": place.clause_url(clause), "words": clause.number or called(clause)}


def listed(place: RoundPlace, counted: Mapping[UUID | None, Count]) -> list[dict[str, Any]]:
    """Every clause that people spoke about, in reading order, the whole document first."""
    rows = []
    entries: list[Clause | None] = [None, *place.document]
    for clause in entries:
        count = counted.get(clause.id if clause else None)
        if count is None:
            continue
        rows.append(
            {
                "number": clause.number if clause else "",
                "heading": (clause.text.heading or clause.text.body[:60]) if clause else "",
                "whole": clause is None,
                "url": place.clause_url(clause),
                "comments": count.comments,
                "undecided": count.undecided,
            }
        )
    return rows
