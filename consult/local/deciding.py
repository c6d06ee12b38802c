"""Deciding on a local text: what stands in the way, the recorded balanced decision, and publishing with it.

A decision is votes by stakeholder category. It passes when every category with
a seat took part with at least half of its seats, and in each more are for than
against; see docs/decisions/0013-balanced-decision.md. What was decided on is
frozen with the decision, and a recorded decision never changes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, col, select

from consult import audit, dispositions, rounds
from consult.errors import BarazaError, Misfilled
from consult.local import groups, notices
from consult.tables.local import OverlayDecisionRow, SeatRow
from consult.tables.rounds import GroupRow
from standards.overlays import store, versions
from standards.overlays.store import StandsInTheWay
from standards.tables import OverlayRow, OverlayVersionRow, Status, VersionRow
from standards.versions import WrongMoment

FEWEST_CATEGORIES = 2
IN_FORCE = frozenset({Status.PUBLISHED, Status.SUPERSEDED})
OPEN_TO_A_VOTE = frozenset({Status.DRAFT, Status.CONSULTATION, Status.DECIDED})


class DecidedAlready(BarazaError):
    """A passed decision is recorded once; the text it was about does not change."""

    def __init__(self, version: OverlayVersionRow) -> None:
        super().__init__(
            f"The working group has decided on version {version.label} already. "
            "A recorded decision does not change; decide anew on a new draft."
        )
        self.version = version


class NotDecided(BarazaError):
    """A local text is not published without a passed decision of its working group."""

    def __init__(self, version: OverlayVersionRow) -> None:
        super().__init__(
            f"Its working group has not agreed to version {version.label}. "
            "Record a decision in which every category agrees, then publish."
        )
        self.version = version


@dataclass(frozen=True)
class Votes:
    """How a category voted."""

    in_favour: int = 0
    against: int = 0
    abstained: int = 0

    @property
    def cast(self) -> int:
        """How many seats took part; abstaining is taking part."""
        return self.in_favour + self.against + self.abstained

    def as_json(self, seats: int) -> dict[str, int]:
        """The votes as they are kept, beside the seats the category had that day."""
        return {
            "for": self.in_favour,
            "against": self.against,
            "abstained": self.abstained,
            "seats": seats,
        }


@dataclass(frozen=True)
class Category:
    """A stakeholder category and the seats held for it today."""

    group: GroupRow
    seats: tuple[SeatRow, ...]

    @property
    def quorum(self) -> int:
        """The fewest seats that must take part: half of them, rounded up."""
        return (len(self.seats) + 1) // 2


def categories(session: Session, overlay: OverlayRow) -> list[Category]:
    """Every stakeholder category, in order; those nobody holds a seat for have none."""
    held = groups.seats_of(session, overlay)
    return [
        Category(group, tuple(seat for seat in held if seat.group_id == group.id))
        for group in rounds.groups(session)
    ]


def in_the_way(session: Session, version: OverlayVersionRow, now: datetime) -> list[str]:
    """What a decision on a local text waits for, each as a sentence; empty where it can be taken.

    Its operations and its parent; and the comments of the rounds on it, or for a
    draft on the version it was made from.
    """
    found = versions.in_the_way(session, version)
    text = text_of(session, version)
    if text is not None:
        found += [
            f"The round “{round_.title}” still takes comments. Decide when it has closed."
            for round_ in rounds.rounds_on(session, text)
            if not rounds.has_closed(round_, now)
        ]
        found += dispositions.open_matters(session, text)
    return found


def text_of(session: Session, version: OverlayVersionRow) -> VersionRow | None:
    """The frozen text people commented on: the version's own, or for a draft that of the one before it."""
    if version.text_id is None and version.based_on_id is not None:
        version = session.get_one(OverlayVersionRow, version.based_on_id)
    return session.get(VersionRow, version.text_id) if version.text_id else None


def decisions_on(session: Session, version: OverlayVersionRow) -> list[OverlayDecisionRow]:
    """Every decision recorded on a version, the newest first."""
    query = select(OverlayDecisionRow).where(OverlayDecisionRow.overlay_version_id == version.id)
    return list(
        session.exec(
            query.order_by(col(OverlayDecisionRow.at).desc(), col(OverlayDecisionRow.id).desc())
        ).all()
    )


def has_passed(session: Session, version: OverlayVersionRow) -> bool:
    """Whether the working group has agreed to this version."""
    return any(decision.passed for decision in decisions_on(session, version))


def passes(votes: Mapping[UUID, Votes], seated: Sequence[Category]) -> bool:
    """Whether every category with a seat took part, and in each more are for than against."""
    return all(
        given.cast >= category.quorum and given.in_favour > given.against
        for category in seated
        for given in [votes.get(category.group.id, Votes())]
    )


def decide(
    session: Session,
    version: OverlayVersionRow,
    votes: Mapping[UUID, Votes],
    *,
    decided_on: date,
    note: str = "",
    by: str,
    now: datetime,
) -> OverlayDecisionRow:
    """Record how the working group voted on a version, by category (a group's id).

    A draft is frozen with it: as decided when it passes, else as the text that
    was voted on. Raises DecidedAlready, WrongMoment, StandsInTheWay, Misfilled.
    """
    # Two who record at one moment wait for each other; the second meets the first decision.
    session.refresh(version, with_for_update=True)
    if has_passed(session, version):
        raise DecidedAlready(version)
    if version.status not in OPEN_TO_A_VOTE:
        raise WrongMoment(f"Version {version.label} is {version.status.value}; there is nothing to decide.")
    stands = in_the_way(session, version, now)
    if stands:
        raise StandsInTheWay(stands)
    overlay = session.get_one(OverlayRow, version.overlay_id)
    seated = [category for category in categories(session, overlay) if category.seats]
    _check(seated, votes, decided_on, now)
    passed = passes(votes, seated)
    _fix(session, version, passed, by, now)
    row = OverlayDecisionRow(
        overlay_version_id=version.id,
        votes={
            category.group.key: votes.get(category.group.id, Votes()).as_json(len(category.seats))
            for category in seated
        },
        passed=passed,
        note=note.strip(),
        decided_on=decided_on.isoformat(),
        by=by,
        at=now,
    )
    session.add(row)
    session.flush()
    after = {"version": version.label, "passed": passed, "votes": row.votes, "on": row.decided_on}
    audit.record(session, by, "decide-overlay", "overlay", version.id, after=after, now=now)
    return row


def freeze_for_consultation(
    session: Session, version: OverlayVersionRow, *, by: str, now: datetime
) -> VersionRow:
    """Fix a draft so that a round can be held on it; clauses may still be undecided, nothing may wait.

    Raises OverlayFrozen, StandsInTheWay.
    """
    if any(row.waiting for row in store.operations_of(session, version)):
        # Once frozen they could not be settled any more, and people would read a text without them.
        raise StandsInTheWay(["Operations wait for a person since the base moved. Settle them first."])
    text = versions.freeze(session, version, by=by, now=now)
    _told(session, version, by, now)
    return text


def publish(
    session: Session, version: OverlayVersionRow, *, by: str, now: datetime
) -> list[OverlayVersionRow]:
    """Make a decided local text the one in force; returns what it supersedes.

    Raises NotDecided, StandsInTheWay, WrongMoment.
    """
    if not has_passed(session, version):
        raise NotDecided(version)
    stands = before_publishing(session, version, now)
    if stands:
        raise StandsInTheWay(stands)
    was = version.status
    replaced = versions.publish(session, version, now=now)
    after = {"status": version.status.value, "supersedes": [str(older.id) for older in replaced]}
    audit.record(session, by, "publish", "overlay", version.id, {"status": was.value}, after, now=now)
    notices.tell_children(session, version, now=now)
    return replaced


def before_publishing(session: Session, version: OverlayVersionRow, now: datetime) -> list[str]:
    """What stands between a local text and its publication: besides its own, the texts it stands on."""
    found = in_the_way(session, version, now)
    base = session.get_one(VersionRow, version.base_id)
    if base.status not in IN_FORCE:
        name = store.name_of(session, base)
        found.append(f"{name}, which it stands on, is not published yet.")
    if version.parent_id is not None:
        parent = session.get_one(OverlayVersionRow, version.parent_id)
        if parent.content_hash is not None and parent.status not in IN_FORCE:
            name = store.overlay_name(session, parent)
            found.append(f"{name}, which it stands on, is not published yet.")
    return found


def set_transition(
    session: Session, version: OverlayVersionRow, until: str, *, by: str, now: datetime
) -> None:
    """Say until when auditors may use the version before this one; "" for not at all.

    Raises OverlayFrozen, Misfilled.
    """
    # The day is part of what is frozen: nobody sets it while the text is being frozen.
    store.hold_draft(session, version)
    if until:
        try:
            until = date.fromisoformat(until).isoformat()
        except ValueError:
            raise Misfilled({"transition_until": "Write the day as 2028-12-31, or leave it empty."}) from None
    if until == version.transition_until:
        return
    before, version.transition_until = version.transition_until, until
    session.add(version)
    session.flush()
    audit.record(
        session, by, "set-transition", "overlay", version.id, {"until": before}, {"until": until}, now=now
    )


@dataclass(frozen=True)
class InUse:
    """What auditors use: the text in force, and until `until` also the one before it."""

    version: OverlayVersionRow
    before: OverlayVersionRow | None = None
    until: date | None = None


def in_use(session: Session, overlay: OverlayRow, on: date) -> InUse | None:
    """Which version auditors use on a day; None while none is published."""
    rows = store.versions_of(session, overlay)
    current = next((row for row in rows if row.status is Status.PUBLISHED), None)
    if current is None:
        return None
    before = next((row for row in rows if row.status is Status.SUPERSEDED), None)
    until = date.fromisoformat(current.transition_until) if current.transition_until else None
    if before is not None and until is not None and on < until:
        return InUse(current, before, until)
    return InUse(current)


# --- what they lean on


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _check(seated: Sequence[Category], votes: Mapping[UUID, Votes], decided_on: date, now: datetime) -> None:
    if len(seated) < FEWEST_CATEGORIES:
        raise Misfilled(
            {
                "": "A balanced decision needs seats of at least two stakeholder categories. "
                "Give the seats first, on the page of the working group."
            }
        )
    problems: dict[str, str] = {}
    for category in seated:
        given, seats = votes.get(category.group.id, Votes()), len(category.seats)
        if min(given.in_favour, given.against, given.abstained) < 0:
            problems[f"for-{category.group.key}"] = "A number of votes is nought or more."
        elif given.cast > seats:
            problems[f"for-{category.group.key}"] = (
                f"This category has {_many(seats, 'seat')} and {_many(given.cast, 'vote')}. "
                "Each seat has one vote."
            )
    if not any(given.cast for given in votes.values()):
        problems.setdefault(
            "", "No vote is given yet. What is recorded never changes, so nothing was recorded."
        )
    known = {category.group.id for category in seated}
    if any(given.cast and id_ not in known for id_, given in votes.items()):
        problems[""] = "A category without a seat has no vote. Give it a seat first."
    if decided_on > now.date():
        problems["decided_on"] = "This day is still to come. Give the day on which the group voted."
    if problems:
        raise Misfilled(problems)


def _fix(session: Session, version: OverlayVersionRow, passed: bool, by: str, now: datetime) -> None:
    """Freeze a draft that was voted on; a text put to the vote stays as it was read."""
    if version.status is Status.DRAFT:
        versions.freeze(session, version, decided=passed, by=by, now=now)
        _told(session, version, by, now)
    elif version.status is Status.CONSULTATION and passed:
        versions.mark_decided(session, version)
        after = {"status": version.status.value}
        before = {"status": Status.CONSULTATION.value}
        audit.record(session, by, "mark-decided", "overlay", version.id, before, after, now=now)


def _told(session: Session, version: OverlayVersionRow, by: str, now: datetime) -> None:
    """A freeze goes into the trail, and those whose local text stands on this one hear of it."""
    after = {"status": version.status.value, "hash": version.content_hash}
    before = {"status": Status.DRAFT.value}
    audit.record(session, by, "freeze", "overlay", version.id, before, after, now=now)
    notices.tell_children(session, version, now=now)
