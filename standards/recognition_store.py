"""Keeping recognition: edges between frozen versions of two standards, proposed and judged.

A judgement is pinned to the words it was made on. Where a later version says the
same, it goes on holding there; where it does not, judging again makes a new row
and the old one stays, as evidence of what was held before.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from standards import match, store
from standards.document import Clause, Value
from standards.errors import StandardsError
from standards.recognition import (
    Edge,
    Pin,
    SameStandardTwice,
    Side,
    Staleness,
    Standing,
    Verdict,
    folded,
    refuse_one_standard_twice,
    stale_because,
    standing,
)
from standards.tables import CrosswalkRow, StandardRow, VersionRow
from standards.versions import StillADraft, versions_of

LIKELY: Final = 0.12
"""The least score of a proposed edge: two standards say alike things in different words."""
PROPOSED: Final = 3
"""How many of their clauses are proposed for one of ours, at most."""


class Undecided(StandardsError):
    """A judgement that leaves a half open, or says that something is missing but not what."""


class AlreadyJudged(StandardsError):
    """The same person said the same again, or both reviewers have spoken."""


class AnotherPersonNeeded(StandardsError):
    """The second judgement came from the account of the first."""


class Judgement(Value):
    """What one reviewer found; `gap` says what their standard wants besides."""

    requirement: Verdict
    assurance: Verdict
    gap: str = ""
    evidence: str = ""
    expires_on: date | None = None


@dataclass(frozen=True)
class End:
    """A frozen version of one standard, and its text."""

    standard: StandardRow
    version: VersionRow
    side: Side

    def clause(self, named: str) -> Clause:
        """The clause of this number, id or anchor. Raises UnknownClause."""
        return store.clause_in(self.side.document, named, self.side.name)


@dataclass(frozen=True)
class Pair:
    """Our version and theirs: the direction of the edges between them."""

    ours: End
    theirs: End


@dataclass(frozen=True)
class Kept:
    """An edge as it is kept, and where it stands for the versions looked at."""

    row: CrosswalkRow
    edge: Edge
    standing: Standing
    because: tuple[Staleness, ...]


def end_called(session: Session, name: str) -> End:
    """The frozen version `slug@label`. Raises UnknownStandard, UnknownVersion, StillADraft."""
    standard, version = store.version_called(session, name)
    if version.content_hash is None:
        raise StillADraft(version)
    return _end(session, standard, version)


def pair_called(session: Session, ours: str, theirs: str) -> Pair:
    """Two frozen versions of two standards. Raises SameStandardTwice besides what `end_called` raises."""
    pair = Pair(end_called(session, ours), end_called(session, theirs))
    if pair.ours.standard.id == pair.theirs.standard.id:
        raise SameStandardTwice(ours, theirs)
    refuse_one_standard_twice((pair.ours.side, pair.theirs.side))
    return pair


def kept(session: Session, pair: Pair, on: date) -> list[Kept]:
    """Every edge between the two standards as it stands for these versions, stale ones first.

    For two clauses the judgement made on the same words counts, else the latest.
    Proposals about clauses that are no longer there are left out.
    """
    names = _names(session, pair.ours.standard, pair.theirs.standard)
    found = []
    for row in _rows(session, pair):
        edge = edge_of(row, names)
        texts = pair.ours.side.document, pair.theirs.side.document
        at = standing(edge, *texts, on)
        if at is not Standing.GONE or row.reviewers:
            found.append(Kept(row, edge, at, stale_because(edge, *texts, on)))
    places = {
        clause.id: place for end in (pair.ours, pair.theirs) for place, clause in enumerate(end.side.document)
    }
    order = list(Standing)
    last = len(places)
    found.sort(
        key=lambda one: (
            order.index(one.standing),
            places.get(one.row.from_clause_id, last),
            -(one.row.score or 0),
            places.get(one.row.to_clause_id, last),
        )
    )
    return found


def edges_among(session: Session, ends: Sequence[End], on: date) -> list[Edge]:
    """All edges among several standards, in both directions of each pair."""
    found = []
    for one in ends:
        for other in ends:
            if one.standard.id != other.standard.id:
                found += [each.edge for each in kept(session, Pair(one, other), on)]
    return found


def pairs(session: Session, on: date) -> list[tuple[Pair, Counter[Standing]]]:
    """The pairs of standards between which edges are kept, in their newest frozen versions, with counts."""
    ours, theirs = sa.alias(VersionRow.__table__), sa.alias(VersionRow.__table__)  # type: ignore[attr-defined]
    joined = session.connection().execute(
        sa.select(ours.c.standard_id, theirs.c.standard_id)
        .select_from(CrosswalkRow)
        .join(ours, ours.c.id == CrosswalkRow.from_version_id)
        .join(theirs, theirs.c.id == CrosswalkRow.to_version_id)
        .distinct()
    )
    found = []
    for ids in joined.all():
        one, other = (_newest(session, id_) for id_ in ids)
        pair = Pair(one, other)
        found.append((pair, Counter(each.standing for each in kept(session, pair, on))))
    return sorted(found, key=lambda entry: (entry[0].ours.side.name, entry[0].theirs.side.name))


def pairs_of(session: Session, version: VersionRow, on: date) -> list[tuple[Pair, list[Kept]]]:
    """The edges from one frozen version to the newest frozen version of every other standard, by name."""
    ours = _end(session, session.get_one(StandardRow, version.standard_id), version)
    mine = [one.id for one in versions_of(session, ours.standard)]
    others = session.exec(
        select(VersionRow.standard_id)
        .join(CrosswalkRow, col(CrosswalkRow.to_version_id) == VersionRow.id)
        .where(col(CrosswalkRow.from_version_id).in_(mine))
        .distinct()
    ).all()
    found = [Pair(ours, _newest(session, id_)) for id_ in others]
    return [(pair, kept(session, pair, on)) for pair in sorted(found, key=lambda one: one.theirs.side.name)]


# --- acts


def propose(
    session: Session, pair: Pair, *, by: str, now: datetime, most: int = PROPOSED, least: float = LIKELY
) -> list[CrosswalkRow]:
    """Keep an unreviewed edge from each of our clauses to those of theirs whose words are most alike.

    Clauses that have been joined before, whatever came of it, are not proposed again.
    """
    known = {(row.from_clause_id, row.to_clause_id) for row in _rows(session, pair)}
    found = []
    for entry in match.match(_given(pair.ours.side), _given(pair.theirs.side)):
        if entry.old is None:
            continue
        likely = [one for one in entry.suggestions if one.score >= least][:most]
        for suggestion in likely:
            ends = UUID(entry.old), UUID(suggestion.id)
            if ends not in known:
                found.append(_new_row(pair, ends, round(suggestion.score, 4), by, now))
    session.add_all(found)
    session.flush()
    return found


def join(session: Session, pair: Pair, ours: UUID, theirs: UUID, *, by: str, now: datetime) -> CrosswalkRow:
    """An edge that a person draws: the one that is there, or a new one without a judgement."""
    row = _row_between(session, pair, ours, theirs)
    if row is None:
        row = _new_row(pair, (ours, theirs), None, by, now)
        session.add(row)
        session.flush()
    return row


def judge(
    session: Session,
    pair: Pair,
    ours: UUID,
    theirs: UUID,
    judgement: Judgement,
    *,
    reviewer: str,
    by: str,
    now: datetime,
) -> CrosswalkRow:
    """Record what one reviewer found; a second one who finds the same makes the edge reviewed.

    A finding that differs, in a verdict or in the gap, stands alone and waits for
    a second person again. `by` is the account it came from. Raises Undecided,
    AlreadyJudged, AnotherPersonNeeded.
    """
    reviewer = " ".join(reviewer.split())
    _refuse_undecided(judgement, reviewer, now.date())
    row = _row_to_judge(session, pair, ours, theirs, by, now)
    expired = bool(row.expires_on) and row.expires_on < now.date().isoformat()
    agrees = bool(row.reviewers) and not expired and _says(row) == _found(judgement)
    if agrees:
        _refuse_one_voice_twice(row, reviewer, by)
    row.reviewers = [*row.reviewers, reviewer] if agrees else [reviewer]
    row.reviewed_on = now.date().isoformat() if agrees else ""
    row.requirement, row.assurance, row.gap = judgement.requirement, judgement.assurance, judgement.gap
    row.evidence = judgement.evidence or (row.evidence if agrees else "")
    until = [judgement.expires_on.isoformat()] if judgement.expires_on else []
    row.expires_on = min([*until, *([row.expires_on] if agrees and row.expires_on else [])], default="")
    row.by, row.at = by, now
    session.add(row)
    session.flush()
    return row


def keep_reviewed(
    session: Session,
    pair: Pair,
    ours: UUID,
    theirs: UUID,
    judgement: Judgement,
    *,
    reviewers: Sequence[str],
    reviewed_on: date,
    by: str,
    now: datetime,
) -> CrosswalkRow:
    """Take over a review that two people made elsewhere, as they recorded it. Raises Undecided."""
    people = [" ".join(name.split()) for name in reviewers if name.strip()]
    if len({folded(name) for name in people}) < 2:
        raise Undecided("A review needs two different reviewers; name both, or leave both empty.")
    if reviewed_on > now.date():
        raise Undecided(f"{reviewed_on.isoformat()} has not come yet; give the day the review was made.")
    _refuse_undecided(judgement, people[0], reviewed_on)
    row = _row_to_judge(session, pair, ours, theirs, by, now)
    row.requirement, row.assurance, row.gap = judgement.requirement, judgement.assurance, judgement.gap
    row.evidence, row.reviewers = judgement.evidence, people
    row.reviewed_on = reviewed_on.isoformat()
    row.expires_on = judgement.expires_on.isoformat() if judgement.expires_on else ""
    row.by, row.at = by, now
    session.add(row)
    session.flush()
    return row


def edge_of(row: CrosswalkRow, names: Mapping[UUID, str]) -> Edge:
    """A row as a value; `names` gives each version's `slug@label`."""
    return Edge(
        ours=Pin(names[row.from_version_id], row.from_clause_id, row.from_hash),
        theirs=Pin(names[row.to_version_id], row.to_clause_id, row.to_hash),
        requirement=row.requirement,
        assurance=row.assurance,
        gap=row.gap,
        evidence=row.evidence,
        reviewers=tuple(row.reviewers),
        reviewed_on=date.fromisoformat(row.reviewed_on) if row.reviewed_on else None,
        expires_on=date.fromisoformat(row.expires_on) if row.expires_on else None,
    )


# --- refusals


def _refuse_undecided(judgement: Judgement, reviewer: str, on: date) -> None:
    if not reviewer:
        raise Undecided("Give the reviewer's name, or the role under which they may be named.")
    if Verdict.UNREVIEWED in (judgement.requirement, judgement.assurance):
        raise Undecided("Judge both: what the clauses require, and how meeting them is checked.")
    if Verdict.PARTIAL in (judgement.requirement, judgement.assurance) and not judgement.gap:
        raise Undecided("What is met in part leaves a gap. Say what their standard wants besides.")
    if judgement.expires_on is not None and judgement.expires_on < on:
        raise Undecided(
            f"A judgement that ended on {judgement.expires_on.isoformat()} would hold for no day. "
            "Give a later day, or none."
        )


def _refuse_one_voice_twice(row: CrosswalkRow, reviewer: str, by: str) -> None:
    if folded(reviewer) in {folded(name) for name in row.reviewers}:
        raise AlreadyJudged(f"{reviewer} has found this already. A second person confirms it, or differs.")
    if len(row.reviewers) >= 2:
        raise AlreadyJudged(f"{' and '.join(row.reviewers)} found the same already. Nothing was changed.")
    if row.by == by:
        raise AnotherPersonNeeded(
            "The first judgement came from this account. The second reviewer signs in with their own."
        )


# --- rows


def _says(row: CrosswalkRow) -> tuple[Verdict, Verdict, str]:
    return row.requirement, row.assurance, row.gap


def _found(judgement: Judgement) -> tuple[Verdict, Verdict, str]:
    return judgement.requirement, judgement.assurance, judgement.gap


def _given(side: Side) -> list[match.Given]:
    asked = {str(id_) for id_ in side.asked}
    return [given for given in match.given_document(side.document) if given.id in asked]


def _new_row(
    pair: Pair, ends: tuple[UUID, UUID], score: float | None, by: str, now: datetime
) -> CrosswalkRow:
    ours, theirs = pair.ours.side.document.by_id[ends[0]], pair.theirs.side.document.by_id[ends[1]]
    return CrosswalkRow(
        from_version_id=pair.ours.version.id,
        from_clause_id=ours.id,
        from_hash=ours.text.hash,
        to_version_id=pair.theirs.version.id,
        to_clause_id=theirs.id,
        to_hash=theirs.text.hash,
        score=score,
        by=by,
        at=now,
    )


def _row_to_judge(
    session: Session, pair: Pair, ours: UUID, theirs: UUID, by: str, now: datetime
) -> CrosswalkRow:
    """The row whose words are those of these versions, in hand until the transaction ends; else a new one."""
    row = _row_between(session, pair, ours, theirs)
    one, other = pair.ours.side.document.by_id[ours], pair.theirs.side.document.by_id[theirs]
    if row is None or (row.from_hash, row.to_hash) != (one.text.hash, other.text.hash):
        return _new_row(pair, (ours, theirs), row.score if row else None, by, now)
    session.refresh(row, with_for_update=True)
    return row


def _row_between(session: Session, pair: Pair, ours: UUID, theirs: UUID) -> CrosswalkRow | None:
    return next(iter(_rows(session, pair, (ours, theirs))), None)


def _rows(session: Session, pair: Pair, ends: tuple[UUID, UUID] | None = None) -> list[CrosswalkRow]:
    """The row that counts for each two clauses: one on the same words, on these versions, the latest."""
    query = select(CrosswalkRow)
    if ends is not None:
        query = query.where(CrosswalkRow.from_clause_id == ends[0], CrosswalkRow.to_clause_id == ends[1])
    else:
        ours, theirs = (
            [v.id for v in versions_of(session, end.standard)] for end in (pair.ours, pair.theirs)
        )
        query = query.where(
            col(CrosswalkRow.from_version_id).in_(ours), col(CrosswalkRow.to_version_id).in_(theirs)
        )
    by_ends: dict[tuple[UUID, UUID], list[CrosswalkRow]] = defaultdict(list)
    for row in session.exec(query):
        by_ends[row.from_clause_id, row.to_clause_id].append(row)
    here = pair.ours.version.id, pair.theirs.version.id

    def weight(row: CrosswalkRow) -> tuple[bool, bool, datetime, str]:
        words = _hash(pair.ours, row.from_clause_id), _hash(pair.theirs, row.to_clause_id)
        same = (row.from_hash, row.to_hash) == words
        return same, (row.from_version_id, row.to_version_id) == here, row.at, str(row.id)

    return [max(same, key=weight) for same in by_ends.values()]


def _hash(end: End, clause: UUID) -> str:
    found = end.side.document.by_id.get(clause)
    return found.text.hash if found else ""


def _names(session: Session, *standards: StandardRow) -> dict[UUID, str]:
    return {
        version.id: f"{standard.slug}@{version.label}"
        for standard in standards
        for version in versions_of(session, standard)
    }


def _newest(session: Session, standard_id: UUID) -> End:
    standard = session.get_one(StandardRow, standard_id)
    version = next(v for v in versions_of(session, standard) if v.content_hash is not None)
    return _end(session, standard, version)


def _end(session: Session, standard: StandardRow, version: VersionRow) -> End:
    name = f"{standard.slug}@{version.label}"
    return End(standard, version, Side.of(name, store.load(session, version)))
