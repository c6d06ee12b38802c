"""Publications: the versions of standards that a person may read, and what stands around them.

The public reads every version but drafts; those who may read the desk read
drafts too. Each question here is one query, whatever the number of clauses or
comments, and the text of a frozen version is kept once it has been read.
"""

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlmodel import Session, select

from consult import rounds
from consult.errors import NotFound
from consult.reading import Tally
from consult.tables.comments import CommentRow, LinkKind, LinkRow, StandingRow, TallyRow
from consult.tables.decisions import DispositionOutcome, DispositionRow
from consult.tables.intake import Channel
from consult.tables.rounds import RoundRow
from standards import store
from standards.document import Document
from standards.lineage import Step
from standards.tables import (
    ClauseRow,
    EditKind,
    EditRow,
    LineageRow,
    LineageState,
    OutlineRow,
    OverlayRow,
    StandardRow,
    Status,
    VersionRow,
)

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

SPOKEN = (Channel.SMS, Channel.VOICE, Channel.WORKSHOP)
"""Channels on which people texted or spoke; on the others they wrote."""
MOST_COMMENTS = 20
"""Comments shown on the page of a clause; the report has all of them."""


class NothingToRead(NotFound):
    """A standard, version or clause was named that is not there for this reader."""


@dataclass(frozen=True)
class Edition:
    """One version with the rounds held on it, oldest first."""

    version: VersionRow
    rounds: tuple[RoundRow, ...]

    def open_round(self, now: datetime) -> RoundRow | None:
        """The round that takes comments on it now."""
        return next((round_ for round_ in self.rounds if rounds.is_open(round_, now)), None)

    def round_to_show(self, now: datetime) -> RoundRow | None:
        """The open round, else the last that began."""
        begun = [round_ for round_ in self.rounds if round_.opens_at <= now]
        return self.open_round(now) or (begun[-1] if begun else None)


@dataclass(frozen=True)
class Publication:
    """A standard with the versions its reader may see, newest first.

    `has_local_texts` says whether local texts stand on it, or it is one itself.
    """

    standard: StandardRow
    editions: tuple[Edition, ...]
    has_local_texts: bool = False

    def edition(self, label: str) -> Edition:
        """The version of this label. Raises NothingToRead, naming those that are there."""
        for edition in self.editions:
            if edition.version.label == label:
                return edition
        labels = [edition.version.label for edition in self.editions]
        missing = _("“%(title)s” has no version %(label)s to read.", title=self.standard.title, label=label)
        there = (
            _("Those to read: %(labels)s.", labels=", ".join(labels)) if labels else _("None is open yet.")
        )
        raise NothingToRead(f"{missing} {there}")

    def before(self, edition: Edition) -> Edition | None:
        """The version this one was made from, or else the one before it in time, if it can be read."""
        version = edition.version
        for other in self.editions:
            if other.version.id == version.based_on_id:
                return other
        place = self.editions.index(edition) + 1
        return self.editions[place] if place < len(self.editions) else None

    @property
    def newest(self) -> Edition | None:
        """The text in force, else the newest."""
        in_force = [e for e in self.editions if e.version.status is Status.PUBLISHED]
        return in_force[0] if in_force else (self.editions[0] if self.editions else None)


def everything(session: Session, *, drafts: bool = False) -> list[Publication]:
    """Every standard with something to read, by title."""
    found = _publications(session, None, drafts)
    return sorted(
        (publication for publication in found if publication.editions),
        key=lambda publication: publication.standard.title,
    )


def called(session: Session, slug: str, *, drafts: bool = False) -> Publication:
    """The standard of this slug. Raises NothingToRead where there is none, or only drafts."""
    found = _publications(session, slug, drafts)
    if not found:
        raise NothingToRead(_("There is no standard called “%(slug)s” here.", slug=slug))
    return found[0]


def _publications(session: Session, slug: str | None, drafts: bool) -> list[Publication]:
    versions = VersionRow.standard_id == StandardRow.id
    if not drafts:
        versions = sa.and_(versions, VersionRow.status != Status.DRAFT)  # type: ignore[assignment, arg-type]
    local = sa.exists().where(
        sa.or_(
            OverlayRow.standard_id == StandardRow.id,  # type: ignore[arg-type]
            OverlayRow.text_standard_id == StandardRow.id,  # type: ignore[arg-type]
        )
    )
    query = (
        select(StandardRow, VersionRow, RoundRow, local)
        .outerjoin(VersionRow, versions)  # type: ignore[arg-type]
        .outerjoin(RoundRow, RoundRow.version_id == VersionRow.id)  # type: ignore[arg-type]
        .order_by(
            VersionRow.created_at.desc(),  # type: ignore[attr-defined]
            VersionRow.id.desc(),  # type: ignore[attr-defined]
            RoundRow.opens_at,  # type: ignore[arg-type]
        )
    )
    if slug is not None:
        query = query.where(StandardRow.slug == slug)
    standards: dict[UUID, StandardRow] = {}
    versions_of: dict[UUID, dict[UUID, VersionRow]] = {}
    rounds_on: dict[UUID, list[RoundRow]] = {}
    with_local: set[UUID] = set()
    for standard, version, round_, has_local in session.exec(query):
        standards[standard.id] = standard
        if has_local:
            with_local.add(standard.id)
        held = versions_of.setdefault(standard.id, {})
        if version is not None:
            held[version.id] = version
            if round_ is not None:
                rounds_on.setdefault(version.id, []).append(round_)
    return [
        Publication(
            standard,
            tuple(
                Edition(version, tuple(rounds_on.get(version.id, ())))
                for version in versions_of[standard.id].values()
            ),
            standard.id in with_local,
        )
        for standard in standards.values()
    ]


# --- texts


class Lately(Generic[K, V]):
    """What was made a short while ago, by what it was made from; the least recently read gives way."""

    def __init__(self, most: int = 12) -> None:
        self._most = most
        self._kept: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        """What is kept under this key."""
        with self._lock:
            value = self._kept.get(key)
            if value is not None:
                self._kept.move_to_end(key)
            return value

    def keep(self, key: K, value: V) -> None:
        """Keep a value, in place of what was there."""
        with self._lock:
            self._kept[key] = value
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


_texts: Lately[tuple[UUID, str], Document] = Lately()
"""The documents of frozen versions."""


def forget() -> None:
    """Let go of the texts that were kept."""
    global _texts
    _texts = Lately()


def text(session: Session, version: VersionRow) -> Document:
    """The text of a version; that of a frozen one is read from the database once."""
    if version.content_hash is None:
        return store.load(session, version)
    key = (version.id, version.content_hash)
    document = _texts.get(key)
    if document is None:
        document = store.load(session, version)
        _texts.keep(key, document)
    return document


def tallies(session: Session, version: VersionRow, clause_id: UUID | None = None) -> dict[UUID, Tally]:
    """The comments on each clause of a version, or on one, and how many of them were texted or spoken."""
    tally = TallyRow.__table__.c  # type: ignore[attr-defined]
    rows = session.connection().execute(
        sa.select(
            tally.clause_id,
            sa.func.sum(tally.comments),
            sa.func.sum(sa.case((tally.channel.in_(SPOKEN), tally.comments), else_=0)),
        )
        .where(tally.version_id == version.id, tally.clause_id == clause_id if clause_id else sa.true())
        .group_by(tally.clause_id)
    )
    return {clause_id: Tally(int(comments), int(spoken)) for clause_id, comments, spoken in rows if comments}


def drafted_between(found: Publication, before: Edition, after: Edition) -> list[UUID]:
    """The versions drafted after one version up to another; the later alone where it does not descend."""
    by_id = {edition.version.id: edition.version for edition in found.editions}
    path: list[UUID] = []
    current = after.version
    while current.id != before.version.id:
        path.append(current.id)
        following = by_id.get(current.based_on_id) if current.based_on_id else None
        if following is None:
            return [after.version.id]
        current = following
    return path


# --- one clause


def places(session: Session, publication: Publication, clause_id: UUID) -> dict[UUID, tuple[str, str]]:
    """In which of a standard's versions a clause stands: its number and the hash of its text there."""
    outline = OutlineRow.__table__.c  # type: ignore[attr-defined]
    rows = session.connection().execute(
        sa.select(outline.version_id, outline.number, outline.text_hash).where(
            outline.clause_id == clause_id,
            outline.version_id.in_([edition.version.id for edition in publication.editions]),
        )
    )
    return {version_id: (number, text_hash) for version_id, number, text_hash in rows}


def is_clause_of(session: Session, publication: Publication, clause_id: UUID) -> bool:
    """Whether this id was ever given to a clause of the standard."""
    row = session.get(ClauseRow, clause_id)
    return row is not None and row.standard_id == publication.standard.id


def became(steps: Iterable[Step], clause_id: UUID, document: Document) -> tuple[list[Step], list[UUID]]:
    """The acts that befell a clause, in order, and which clauses of the document it lives on in."""
    acts: list[Step] = []
    alive = {clause_id}
    for step in steps:
        if alive & set(step.sources) and (step.targets != step.sources):
            acts.append(step)
            alive = (alive - set(step.sources)) | set(step.targets)
    return acts, [clause.id for clause in document if clause.id in alive]


class Reason(NamedTuple):
    """Why a clause was changed while a version was drafted, as its editor put it."""

    version_id: UUID
    words: str


def reasons(session: Session, versions: Iterable[UUID], clauses: Iterable[UUID]) -> dict[UUID, list[Reason]]:
    """The reasons given for changing each clause while these versions were drafted, oldest first."""
    among, drafts = set(clauses), list(versions)
    found: dict[UUID, list[Reason]] = {}
    if not among or not drafts:
        return found
    edits = select(EditRow.clause_id, EditRow.version_id, EditRow.reason, EditRow.at).where(
        EditRow.version_id.in_(drafts),  # type: ignore[attr-defined]
        EditRow.reason != "",
        EditRow.kind != EditKind.IMPORT,
    )
    steps = [
        select(end, LineageRow.to_version_id, LineageRow.reason, LineageRow.at).where(
            LineageRow.to_version_id.in_(drafts),  # type: ignore[attr-defined]
            LineageRow.reason != "",
            LineageRow.state.in_((LineageState.RECORDED, LineageState.CONFIRMED)),  # type: ignore[attr-defined]
        )
        for end in (LineageRow.from_clause_id, LineageRow.to_clause_id)
    ]
    rows: sa.CursorResult[UUID, UUID, str, datetime] = session.connection().execute(
        sa.union_all(edits, *steps)
    )
    for clause_id, version_id, words, _at in sorted(rows, key=lambda row: (row[3], row[2])):
        reason = Reason(version_id, words)
        if clause_id in among and reason not in found.setdefault(clause_id, []):
            found[clause_id].append(reason)
    return found


def asked_for(session: Session, versions: Iterable[UUID]) -> dict[UUID, int]:
    """How many comments each clause's change answers, by the dispositions that hold."""
    rows = session.connection().execute(
        sa.select(DispositionRow.change_clause_id, sa.func.count())  # type: ignore[call-overload]
        .join(StandingRow, StandingRow.disposition_id == DispositionRow.id)
        .where(
            DispositionRow.change_version_id.in_(list(versions)),  # type: ignore[union-attr]
            DispositionRow.change_clause_id.is_not(None),  # type: ignore[union-attr]
            DispositionRow.outcome.in_(  # type: ignore[attr-defined]
                (DispositionOutcome.ACCEPTED, DispositionOutcome.IN_PART)
            ),
        )
        .group_by(DispositionRow.change_clause_id)
    )
    return {clause_id: int(count) for clause_id, count in rows}


def public_words(session: Session, version: VersionRow, clause_id: UUID) -> list[CommentRow]:
    """The newest comments on a clause whose authors agreed to be read by everyone.

    Newest week first; the order within a week tells nothing, because receipts are random.
    """
    query = (
        select(CommentRow)
        .join(LinkRow, LinkRow.comment_id == CommentRow.id)  # type: ignore[arg-type]
        .join(StandingRow, StandingRow.comment_id == CommentRow.id)  # type: ignore[arg-type]
        .where(
            LinkRow.clause_id == clause_id,
            LinkRow.version_id == version.id,
            LinkRow.ended_at.is_(None),  # type: ignore[union-attr]
            LinkRow.kind != LinkKind.SUGGESTED,
            CommentRow.public.is_(True),  # type: ignore[attr-defined]
            CommentRow.confidential.is_(False),  # type: ignore[attr-defined]
            CommentRow.erased_at.is_(None),  # type: ignore[union-attr]
            StandingRow.hidden == "",
            StandingRow.held == "",
        )
        .order_by(CommentRow.received_at.desc(), CommentRow.id)  # type: ignore[attr-defined, arg-type]
        .limit(MOST_COMMENTS)
    )
    found = session.exec(query).all()
    return sorted(found, key=lambda row: (-_week(row.received_at), row.receipt))


def _week(moment: datetime) -> int:
    return moment.toordinal() - moment.weekday()
