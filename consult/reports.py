"""Reports: the synopsis of a round as values, for the public page and for files alike.

What people said by clause and issue, what the committee answered and what
changed. Its figures are checked against the ledger's sums before anyone sees
them. Words are shown only where their author agreed, and never while they are
held, hidden or confidential; everything is counted.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult import participation, public_comments, redactions, report_people, report_workshops, rounds
from consult.errors import BarazaError
from consult.local import parts
from consult.report_issues import Answers, Gathering, Issue, Said, said_in
from consult.report_people import People
from consult.report_workshops import Workshops
from consult.tables.comments import CommentRow, LinkKind, LinkRow, Placement, StandingRow
from consult.tables.decisions import DispositionOutcome
from consult.tables.intake import Channel, RecordOutcomeRow, RecordRow
from consult.tables.rounds import RoundRow
from standards import store
from standards.document import Clause
from standards.tables import StandardRow, VersionRow

SPOKEN = (Channel.SMS, Channel.VOICE, Channel.WORKSHOP)


class FiguresDisagree(BarazaError):
    """A report that does not come out is not published."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"The report was not written: {what}. Run “baraza ledger verify”, which names what is amiss."
        )


@dataclass(frozen=True)
class ClauseReport:
    """What was said about one clause, by channel and by issue; `other` counts channels kept back.

    `parts` tells, on a local text, how many speak of its `base`, its `local` part, or do not say.
    """

    clause: Clause
    comments: int
    spoken: int
    channels: Mapping[Channel, int]
    other: int
    issues: tuple[Issue, ...]
    parts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Figures:
    """The sums of a round. `comments` is linked, general, waiting and erased together.

    `channels` holds None where a figure is kept back; `records` what arrived, by what it became.
    """

    comments: int
    linked: int
    general: int
    waiting: int
    erased: int
    decided: int
    outcomes: Mapping[str, int]
    channels: Mapping[Channel, int | None]
    records: Mapping[str, int]


@dataclass(frozen=True)
class Synopsis:
    """A round's report. `moment` is that of the newest fact in it; `successors` are later versions."""

    round: RoundRow
    standard: StandardRow
    version: VersionRow
    is_open: bool
    moment: datetime
    seen: participation.Participation
    figures: Figures
    people: People
    workshops: Workshops
    clauses: tuple[ClauseReport, ...]
    general: tuple[Issue, ...]
    successors: tuple[VersionRow, ...]


def of(session: Session, round_: RoundRow, *, now: datetime) -> Synopsis:
    """The report of a round; the number of statements does not grow with the comments.

    Raises FiguresDisagree where its figures are not those of the ledger.
    """
    standard, version = rounds.version_of(session, round_)
    document = store.load(session, version)
    seen = participation.of(session, round_)
    said = said_in(session, round_)
    tied = _tied(session, round_)
    named = {group_id: row.labels for group_id, row in public_comments.named_groups(session, round_).items()}
    answered = Answers(session, round_)
    shown = seen.published_channels()
    gather = Gathering(named, answered, shown, redactions.Public(session, round_))
    about: dict[UUID | None, list[Said]] = defaultdict(list)
    for comment in said:
        if comment.placement is Placement.LINKED:
            for clause_id in tied[comment.id] - {None}:
                about[clause_id].append(comment)
        elif comment.placement is Placement.GENERAL and None in tied[comment.id]:
            about[None].append(comment)
    on_parts = parts.counts(session, round_)
    clauses = tuple(
        replace(_on_clause(clause, about[clause.id], gather, shown), parts=dict(on_parts.get(clause.id, {})))
        for clause in document
        if clause.id in about
    )
    figures = _figures(session, round_, said, seen)
    face_to_face = report_workshops.of(session, round_, seen)
    _check(session, round_, said, about, figures)
    if face_to_face.comments > sum(one.channel is Channel.WORKSHOP for one in said):
        raise FiguresDisagree("more was said at workshops than there are comments from workshops")
    later = [at for comment in said if (at := comment.received_at)] + answered.moments
    return Synopsis(
        round=round_,
        standard=standard,
        version=version,
        is_open=rounds.is_open(round_, now),
        moment=max([round_.opens_at, *later]),
        seen=seen,
        figures=figures,
        people=report_people.of(session, round_, seen),
        workshops=face_to_face,
        clauses=clauses,
        general=gather.issues(about[None], "whole"),
        successors=_successors(session, version),
    )


def _tied(session: Session, round_: RoundRow) -> Mapping[UUID, set[UUID | None]]:
    rows = session.connection().execute(
        sa.select(LinkRow.comment_id, LinkRow.clause_id)  # type: ignore[call-overload]
        .join(CommentRow, col(CommentRow.id) == LinkRow.comment_id)
        .where(
            col(CommentRow.round_id) == round_.id,
            col(LinkRow.ended_at).is_(None),
            col(LinkRow.kind) != LinkKind.SUGGESTED,
        )
    )
    found: dict[UUID, set[UUID | None]] = defaultdict(set)
    for comment_id, clause_id in rows:
        found[comment_id].add(clause_id)
    return found


def _on_clause(
    clause: Clause, comments: Sequence[Said], gather: Gathering, shown: Mapping[Channel, int]
) -> ClauseReport:
    channels = Counter(comment.channel for comment in comments)
    return ClauseReport(
        clause=clause,
        comments=len(comments),
        spoken=sum(channels[channel] for channel in SPOKEN),
        channels={
            channel: channels[channel] for channel in Channel if channels[channel] and channel in shown
        },
        other=sum(count for channel, count in channels.items() if channel not in shown),
        issues=gather.issues(comments, clause.id.hex),
    )


# --- figures


def _figures(
    session: Session, round_: RoundRow, said: Sequence[Said], seen: participation.Participation
) -> Figures:
    placed = Counter(comment.placement for comment in said)
    rows = session.connection().execute(
        sa.select(StandingRow.outcome, sa.func.count())  # type: ignore[call-overload]
        .where(
            col(StandingRow.round_id) == round_.id,
            col(StandingRow.disposition_id).is_not(None),
            col(StandingRow.placement) != Placement.ERASED,
        )
        .group_by(StandingRow.outcome)
    )
    decided = {outcome: int(count) for outcome, count in rows}
    shown = seen.published_channels()
    return Figures(
        comments=len(said),
        linked=placed[Placement.LINKED],
        general=placed[Placement.GENERAL],
        waiting=placed[Placement.QUEUED],
        erased=placed[Placement.ERASED],
        decided=sum(decided.values()),
        outcomes={o.value: decided[o.value] for o in DispositionOutcome if o.value in decided},
        channels={channel: shown.get(channel) for channel in Channel if seen.channels.get(channel)},
        records=_records(session, round_),
    )


def _records(session: Session, round_: RoundRow) -> dict[str, int]:
    rows = session.connection().execute(
        sa.select(RecordOutcomeRow.outcome, sa.func.count())  # type: ignore[call-overload]
        .select_from(RecordRow)
        .outerjoin(RecordOutcomeRow, col(RecordOutcomeRow.record_id) == RecordRow.id)
        .where(col(RecordRow.round_id) == round_.id)
        .group_by(RecordOutcomeRow.outcome)
    )
    found = {outcome.value if outcome else "waiting": int(count) for outcome, count in rows}
    return dict(sorted(found.items()))


def _check(
    session: Session,
    round_: RoundRow,
    said: Sequence[Said],
    about: Mapping[UUID | None, Sequence[Said]],
    figures: Figures,
) -> None:
    """Hold the report against the ledger's second sum, and its sections against its figures."""
    stands = rounds.placements(session, round_)
    ours = {
        Placement.LINKED: figures.linked,
        Placement.GENERAL: figures.general,
        Placement.QUEUED: figures.waiting,
        Placement.ERASED: figures.erased,
    }
    kept = session.exec(
        select(sa.func.count()).select_from(CommentRow).where(col(CommentRow.round_id) == round_.id)
    ).one()
    if ours != stands or kept != figures.comments or sum(ours.values()) != kept:
        raise FiguresDisagree(f"it counts {figures.comments} comments where the ledger has {kept}")
    on_clauses = {one.id for clause_id, found in about.items() if clause_id for one in found}
    linked = {one.id for one in said if one.placement is Placement.LINKED}
    if on_clauses != linked or len(about.get(None, ())) != figures.general:
        raise FiguresDisagree("some comments are called linked or general, but no link says to what")


# --- the process


def _successors(session: Session, version: VersionRow) -> tuple[VersionRow, ...]:
    rows = session.exec(
        select(VersionRow)
        .where(col(VersionRow.based_on_id) == version.id)
        .order_by(col(VersionRow.created_at), col(VersionRow.id))
    ).all()
    return tuple(rows)
