"""Designing conversations: versions of what a round asks by text message, from draft to retired.

A draft may be half done and is kept as it is. To start it freezes it: the
database refuses changes from then on. Whoever began under an earlier version
goes on under it; newcomers get the one that runs.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult.channels import checking, scripts
from consult.channels.scripts import READY_MADE, Script
from consult.errors import BarazaError, Misfilled, NotFound
from consult.tables.conversations import MembershipRow, ScriptRow, ScriptState
from consult.tables.people import PersonRow
from consult.tables.rounds import RoundRow
from consult.words import LANGUAGES, spoken_language
from standards.tables import OutlineRow

_MOST = 2**31 - 1


class AlreadyDrafted(BarazaError):
    """A second draft was wanted while one is being written."""

    def __init__(self, row: ScriptRow) -> None:
        super().__init__(
            f"Version {row.number} is still a draft. Go on with it, or let it go before you begin another."
        )
        self.row = row


class NotADraft(BarazaError):
    """A version that has run was to be changed."""

    def __init__(self, row: ScriptRow) -> None:
        super().__init__(
            f"Version {row.number} has been started, and people answer under it, so it stays as it is. "
            "Begin a new draft from it."
        )
        self.row = row


class ChangedMeanwhile(BarazaError):
    """A colleague saved the draft while somebody was writing."""

    def __init__(self, row: ScriptRow) -> None:
        super().__init__(
            f"A colleague saved version {row.number} while you were writing. What you typed is still here. "
            "Save again to replace theirs, or open the draft anew to see theirs."
        )
        self.row = row


class NotRunning(BarazaError):
    """A version that does not run was to be retired."""

    def __init__(self, row: ScriptRow) -> None:
        super().__init__(f"Version {row.number} does not run, so there is nothing to end.")
        self.row = row


@dataclass(frozen=True)
class Version:
    """A version as the list shows it: its row, who made it, how many people began under it."""

    row: ScriptRow
    by: str
    people: int


def versions(session: Session, round_: RoundRow) -> list[Version]:
    """Every version of a round's conversation, newest first."""
    rows = session.exec(
        select(ScriptRow, PersonRow.name)
        .outerjoin(PersonRow, col(PersonRow.id) == ScriptRow.created_by)
        .where(ScriptRow.round_id == round_.id)
        .order_by(col(ScriptRow.number).desc())
    ).all()
    begun = _begun(session, round_)
    return [Version(row, name or "", begun.get(row.id, 0)) for row, name in rows]


def began_undesigned(session: Session, round_: RoundRow) -> int:
    """How many people began before any version was started."""
    return _begun(session, round_).get(None, 0)


def version(session: Session, round_: RoundRow, number: int) -> ScriptRow:
    """The version of this number. Raises NotFound."""
    row = session.exec(
        select(ScriptRow).where(ScriptRow.round_id == round_.id, ScriptRow.number == min(number, _MOST))
    ).first()
    if row is None:
        raise NotFound(f"The conversation of “{round_.title}” has no version {number}.")
    return row


def running(session: Session, round_: RoundRow) -> ScriptRow | None:
    """The version that newcomers get; None while nobody has started one."""
    return session.exec(
        select(ScriptRow).where(ScriptRow.round_id == round_.id, ScriptRow.state == ScriptState.RUNNING)
    ).first()


def begin(
    session: Session,
    round_: RoundRow,
    source: ScriptRow | None = None,
    *,
    by: UUID | None,
    now: datetime,
) -> ScriptRow:
    """Make a draft from another version, or from ready-made wording. Raises AlreadyDrafted."""
    _in_turn(session, round_)
    rows = session.exec(select(ScriptRow).where(ScriptRow.round_id == round_.id)).all()
    draft = next((row for row in rows if row.state is ScriptState.DRAFT), None)
    if draft is not None:
        raise AlreadyDrafted(draft)
    script = scripts.as_script(source) if source is not None else ready_made(session, round_)
    row = ScriptRow(
        round_id=round_.id,
        number=max((row.number for row in rows), default=0) + 1,
        created_at=now,
        created_by=by,
        **scripts.as_columns(script),
    )
    session.add(row)
    session.flush()
    return row


def ready_made(session: Session, round_: RoundRow) -> Script:
    """What a round was opened with, every sentence in our own wording where we speak its language."""
    opening, named = scripts.of_opening(session, round_), _names(session, round_)
    spoken = [code for code in round_.languages if spoken_language(code, "") in LANGUAGES]
    return Script(
        join_words=opening.join_words,
        # Questions on the whole are for the web and for meetings; a text is on one clause.
        questions=tuple(
            replace(one, clause=named.get(one.clause_id, ""))
            for one in opening.questions
            if one.clause_id is not None
        ),
        wording={code: {name: scripts.ready_made(name, code) for name in READY_MADE} for code in spoken},
    )


def save(session: Session, row: ScriptRow, script: Script, *, base: str = "") -> None:
    """Keep a draft as it was typed, whole or half done.

    `base` is the `mark` of what the writer began from. Raises NotADraft, ChangedMeanwhile.
    """
    session.refresh(row, with_for_update=True)
    if row.state is not ScriptState.DRAFT:
        raise NotADraft(row)
    if base and base != mark(row):
        raise ChangedMeanwhile(row)
    for name, value in scripts.as_columns(script).items():
        setattr(row, name, value)
    session.add(row)
    session.flush()


def mark(row: ScriptRow) -> str:
    """A short name for what a draft says now, to notice whether somebody has changed it."""
    said = json.dumps([row.join_words, row.questions, row.wording], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:16]


def start(session: Session, round_: RoundRow, row: ScriptRow, *, now: datetime) -> ScriptRow | None:
    """Freeze a draft and give it to newcomers. Returns the version it follows, which is retired.

    Raises NotADraft, and Misfilled with a sentence for each field that must be looked at first.
    """
    _in_turn(session, round_)
    session.refresh(row, with_for_update=True)
    if row.state is not ScriptState.DRAFT:
        raise NotADraft(row)
    problems = checking.problems(session, round_, scripts.as_script(row))
    if problems:
        raise Misfilled(problems)
    return let_run(session, round_, row, now=now)


def let_run(session: Session, round_: RoundRow, row: ScriptRow, *, now: datetime) -> ScriptRow | None:
    """Make this the version that newcomers get, whatever it says. Returns the one that ran before."""
    before = running(session, round_)
    if before is row:
        return None
    if before is not None:
        _end(session, before, now)
    row.state, row.started_at, row.ended_at = ScriptState.RUNNING, row.started_at or now, None
    session.add(row)
    session.flush()
    return before


def retire(session: Session, round_: RoundRow, row: ScriptRow, *, now: datetime) -> None:
    """End a version without another: newcomers get what the round was opened with. Raises NotRunning."""
    _in_turn(session, round_)
    session.refresh(row)
    if row.state is not ScriptState.RUNNING:
        raise NotRunning(row)
    _end(session, row, now)


def discard(session: Session, row: ScriptRow) -> None:
    """Let a draft go. Raises NotADraft."""
    session.refresh(row, with_for_update=True)
    if row.state is not ScriptState.DRAFT:
        raise NotADraft(row)
    session.delete(row)
    session.flush()


def _names(session: Session, round_: RoundRow) -> dict[UUID, str]:
    """The clauses of a round's version by id: their numbers, or the id itself where there is none."""
    rows = session.exec(
        select(OutlineRow.clause_id, OutlineRow.number).where(OutlineRow.version_id == round_.version_id)
    ).all()
    return {id_: number or str(id_) for id_, number in rows}


def _end(session: Session, row: ScriptRow, now: datetime) -> None:
    row.state, row.ended_at = ScriptState.RETIRED, now
    session.add(row)
    session.flush()


def _begun(session: Session, round_: RoundRow) -> dict[UUID | None, int]:
    rows: Sequence[tuple[UUID | None, int]] = session.exec(
        select(MembershipRow.script_id, sa.func.count())
        .where(MembershipRow.round_id == round_.id)
        .group_by(col(MembershipRow.script_id))
    ).all()
    return dict(rows)


def _in_turn(session: Session, round_: RoundRow) -> None:
    """One change of a round's versions at a time."""
    session.exec(select(RoundRow.id).where(RoundRow.id == round_.id).with_for_update()).one()
