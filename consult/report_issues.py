"""Issues: the comments of a round gathered by what they say or by the answer they got.

Words are told only where their author agreed, and never while they are held,
hidden or confidential, or while a person must look whether they name somebody.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult import redactions
from consult.report_workshops import lone_in
from consult.tables.comments import CommentRow, Placement, StandingRow, ThemeRow
from consult.tables.decisions import DispositionRow
from consult.tables.intake import Channel
from consult.tables.participants import ParticipantRow
from consult.tables.rounds import RoundRow
from standards import store
from standards.tables import Status, VersionRow

MOST_VOICES = 5
"""Voices quoted under one issue; all public comments can be read from the consultation's page."""


@dataclass(frozen=True)
class Voice:
    """One comment in its own words, as everyone may read it; `group` holds the name by language.

    `channel` is None where so few used it that it is kept back; `lone` when nobody else at
    its workshop said so.
    """

    channel: Channel | None
    language: str
    said: str
    group: Mapping[str, str]
    lone: bool = False


@dataclass(frozen=True)
class Response:
    """What the committee answered to some comments of an issue. `outcome` is "" while undecided.

    `reason` is "" where it would tell of a confidential comment. The change is
    the clause it can be read in, in a version that the public may read.
    """

    outcome: str
    reason: str
    comments: int
    change_version: str = ""
    change_clause: UUID | None = None
    change_number: str = ""


@dataclass(frozen=True)
class Issue:
    """Comments that say the same thing, or that got the same answer; `title` is "" where nobody named it."""

    id: str
    title: str
    comments: int
    texts: int
    responses: tuple[Response, ...]
    voices: tuple[Voice, ...]
    public: int


class Said(NamedTuple):
    """What the report needs of one comment."""

    id: UUID
    channel: Channel
    placement: Placement
    theme_id: UUID | None
    disposition_id: UUID | None
    is_public: bool
    is_confidential: bool
    language: str
    text: str
    group_id: UUID | None
    received_at: datetime
    proposal: str = ""
    is_lone: bool = False


def said_in(session: Session, round_: RoundRow) -> list[Said]:
    """Every comment of a round; two statements."""
    lone = lone_in(session, round_)
    rows = session.connection().execute(
        sa.select(  # type: ignore[call-overload]
            CommentRow.id,
            CommentRow.channel,
            StandingRow.placement,
            StandingRow.theme_id,
            StandingRow.disposition_id,
            StandingRow.held,
            StandingRow.hidden,
            CommentRow.public,
            CommentRow.confidential,
            CommentRow.erased_at,
            CommentRow.language,
            CommentRow.text,
            CommentRow.proposal,
            CommentRow.group_id,
            ParticipantRow.group_id.label("joined_as"),  # type: ignore[union-attr]
            CommentRow.received_at,
        )
        .join(StandingRow, col(StandingRow.comment_id) == CommentRow.id)
        .outerjoin(ParticipantRow, col(ParticipantRow.id) == CommentRow.participant_id)
        .where(col(CommentRow.round_id) == round_.id)
        .order_by(CommentRow.receipt)  # random: the order tells nothing of who came when
    )
    return [
        Said(
            row.id,
            row.channel,
            row.placement,
            row.theme_id,
            row.disposition_id,
            bool(row.public and not (row.confidential or row.held or row.hidden or row.erased_at)),
            row.confidential,
            row.language,
            row.text,
            row.group_id or row.joined_as,
            row.received_at,
            row.proposal,
            row.id in lone,
        )
        for row in rows
    ]


class Answers:
    """The dispositions that hold and the themes of a round, and where their changes can be read."""

    def __init__(self, session: Session, round_: RoundRow) -> None:
        rows = session.exec(
            select(DispositionRow)
            .join(StandingRow, col(StandingRow.disposition_id) == DispositionRow.id)
            .where(col(StandingRow.round_id) == round_.id)
        ).all()
        self.by_id = {row.id: row for row in rows}
        self.moments = [row.decided_at for row in rows]
        themes = session.exec(select(ThemeRow).where(col(ThemeRow.round_id) == round_.id)).all()
        self.titles = {theme.id: theme.title for theme in themes}
        wanted = {row.change_version_id for row in rows if row.change_version_id}
        readable = [
            row
            for row in session.exec(select(VersionRow).where(col(VersionRow.id).in_(wanted))).all()
            if row.status is not Status.DRAFT
        ]
        self._numbers = {
            row.id: (row.label, {clause.id: clause.number for clause in store.load(session, row)})
            for row in readable
        }

    def response(self, disposition_id: UUID | None, comments: int, *, may_tell: bool) -> Response:
        """What these comments were answered."""
        row = self.by_id.get(disposition_id) if disposition_id else None
        if row is None:
            return Response("", "", comments)
        label, numbers = self._numbers.get(row.change_version_id or row.id, ("", {}))
        clause_id = row.change_clause_id if label else None
        number = numbers.get(clause_id, "") if clause_id else ""
        reason = row.reason if may_tell else ""
        return Response(row.outcome.value, reason, comments, label, clause_id, number)

    def key(self, disposition_id: UUID | None) -> tuple[Any, ...]:
        """Equal for comments that got one and the same answer."""
        row = self.by_id.get(disposition_id) if disposition_id else None
        if row is None:
            return ("",)
        return (row.outcome.value, row.reason, str(row.change_version_id), str(row.change_clause_id))


class Gathering:
    """Gathers comments into issues."""

    def __init__(
        self,
        named: Mapping[UUID, Mapping[str, str]],
        answers: Answers,
        shown: Mapping[Channel, int],
        words: redactions.Public,
    ) -> None:
        self._named, self._answers, self._shown, self._words = named, answers, shown, words

    def issues(self, comments: Sequence[Said], where: str) -> tuple[Issue, ...]:
        """Named themes first, then the rest by answer; the most voices first."""
        gathered: dict[tuple[Any, ...], list[Said]] = defaultdict(list)
        for comment in comments:
            theme = (str(comment.theme_id),) if comment.theme_id in self._answers.titles else None
            gathered[theme or ("", *self._answers.key(comment.disposition_id))].append(comment)
        order = sorted(gathered.items(), key=lambda pair: (not pair[0][0], -len(pair[1]), pair[0]))
        return tuple(self._issue(f"{where}-{at}", found) for at, (_, found) in enumerate(order, 1))

    def _issue(self, id_: str, comments: Sequence[Said]) -> Issue:
        answered: dict[tuple[Any, ...], list[Said]] = defaultdict(list)
        for comment in comments:
            answered[self._answers.key(comment.disposition_id)].append(comment)
        responses = [
            self._answers.response(
                found[0].disposition_id,
                len(found),
                may_tell=not all(comment.is_confidential for comment in found),
            )
            for _, found in sorted(answered.items(), key=lambda pair: (-len(pair[1]), pair[0]))
        ]
        public = [comment for comment in comments if comment.is_public]
        theme_id = comments[0].theme_id
        return Issue(
            id=id_,
            title=self._answers.titles.get(theme_id, "") if theme_id else "",
            comments=len(comments),
            texts=len({" ".join((one.text or one.proposal).split()).casefold() for one in comments}),
            responses=tuple(responses),
            voices=tuple(islice(self._voices(public), MOST_VOICES)),
            public=len(public),
        )

    def _voices(self, comments: Sequence[Said]) -> Iterator[Voice]:
        """Comments in their own words, as far as nobody must look at those first; lone voices first."""
        self._words.read(comment.id for comment in comments)
        for comment in sorted(comments, key=lambda one: not one.is_lone):
            said = self._words.said(comment)
            if said is not None:
                group = self._named.get(comment.group_id, {}) if comment.group_id else {}
                channel = comment.channel if comment.channel in self._shown else None
                yield Voice(channel, comment.language, said, group, comment.is_lone)
