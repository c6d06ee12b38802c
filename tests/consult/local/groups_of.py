"""A working group in its seats, a local text decided clause by clause, and a base that moves."""

from datetime import date, timedelta
from typing import Any

from sqlmodel import Session

from consult import rounds
from consult.drafting import publishing
from consult.local import deciding, groups, operating
from consult.local.deciding import Votes
from standards import drafting as base_drafting
from standards import store as texts
from standards import versions as base_versions
from standards.document import ClauseText
from standards.overlays import store
from standards.tables import OverlayRow, OverlayVersionRow, Status, VersionRow
from tests.consult.local.texts import a_base, a_local_text, kept
from tests.factories import NOW, a_group, a_person

LATER = NOW + timedelta(days=30)
DAY = date(2026, 3, 1)


def a_published_base(session: Session, **told: Any) -> VersionRow:
    """A base in force."""
    base = a_base(session, label="1.1", **told)
    base.status, base.published_at = Status.PUBLISHED, NOW
    session.add(base)
    session.flush()
    return base


def decided_by_clause(session: Session, version: OverlayVersionRow) -> OverlayVersionRow:
    """The same draft with an ADD on 1.1, a SET of its value, a GUIDE on 2.2, all else adopted."""
    kept(session, version, "1.1", op="SET", parameter="recovery", value=95)
    kept(
        session,
        version,
        "1.1",
        op="ADD",
        id="TZ:1.1+1",
        level="criterion",
        modality="requirement",
        heading="Retort log",
        body="The group shall keep a log of each burning.",
    )
    kept(session, version, "2.2", op="GUIDE", text="Visitors can sign with a thumb.")
    adopt_the_rest(session, version)
    return version


def adopt_the_rest(session: Session, version: OverlayVersionRow) -> None:
    """Adopt every clause that nobody has decided on."""
    secretary = a_person(session)
    open_ = [clause.id for clause in store.check(session, version).undecided]
    operating.adopt_many(session, version, open_, "As it stands.", by=secretary, now=NOW)


def seated(session: Session, version: OverlayVersionRow, *, miners: int = 3, women: int = 2) -> OverlayRow:
    """The overlay of a version, with seats for two categories held by named people."""
    overlay = session.get_one(OverlayRow, version.overlay_id)
    for key, many in (("pit-miners", miners), ("women-miners", women)):
        group = a_group(session, key, key)
        for number in range(many):
            groups.give_seat(session, overlay, group.id, holder=f"{key} {number}", now=NOW)
    return overlay


def votes(session: Session, **told: tuple[int, int, int]) -> dict[Any, Votes]:
    """`votes(session, pit_miners=(2, 0, 1))`."""
    return {
        rounds.group_called(session, key.replace("_", "-")).id: Votes(*given) for key, given in told.items()
    }


def agreed(session: Session) -> dict[Any, Votes]:
    """Votes with which a decision passes."""
    return votes(session, pit_miners=(3, 0, 0), women_miners=(1, 0, 1))


def a_published_text(session: Session, base: VersionRow | None = None) -> OverlayVersionRow:
    """A local text in force, agreed by its group."""
    version = decided_by_clause(session, a_local_text(session, base or a_published_base(session)))
    seated(session, version)
    deciding.decide(session, version, agreed(session), decided_on=DAY, by="x", now=NOW)
    deciding.publish(session, version, by="x", now=NOW)
    return version


def a_newer_base(session: Session, base: VersionRow, label: str = "2.0") -> VersionRow:
    """The base published anew: 1.1 asks 97, 1.2 is split, 2.2 withdrawn, 3 is new; its owners are told."""
    newer = base_versions.new_draft(session, base, label, now=LATER)
    hand = base_drafting.Hand(by="x", now=LATER, reason="because")
    document = texts.load(session, newer)

    recovery = document.by_number["1.1"]
    parameter = recovery.text.parameters[0].model_copy(update={"value": 97})
    fresh = base_drafting.with_words(recovery.text, recovery.text.heading, recovery.text.body)
    fresh = ClauseText(**{**vars(fresh), "parameters": (parameter,)})
    base_drafting.edit(session, newer, recovery.id, recovery.text.hash, fresh, hand)

    fires = document.by_number["1.2"]
    parts = [
        base_drafting.with_words(fires.text, "Open fires", fires.text.body),
        base_drafting.with_words(fires.text, "Roofs", "Nobody shall burn amalgam under a roof."),
    ]
    base_drafting.split(session, newer, fires.id, fires.text.hash, parts, hand)
    base_drafting.withdraw(session, newer, document.by_number["2.2"].id, hand)
    base_drafting.add(session, newer, ClauseText("Water", "The group shall keep mercury out of water."), hand)
    publishing.freeze(session, newer, decided=True, by="x", now=LATER)
    publishing.publish_settled(session, newer, "", by="x", now=LATER)
    return newer
