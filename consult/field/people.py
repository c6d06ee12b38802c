"""People and what they agreed to, from the field: who is on the list, and each answer they gave.

A name or a way to reach somebody is here only because they gave it for that, and
is sealed. Where devices differ on an answer the stricter one holds until a person
has decided; whoever withdrew has withdrawn, whatever else arrives later.
"""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, select

from consult import audit
from consult.field.ground import Ground
from consult.field.merging import Entity
from consult.tables.field import AttendeeRow, ConsentRow
from consult.tables.intake import ErasureRow
from consult.tables.workshops import WorkshopRow
from consult.workshops import consents
from consult.workshops.consent_words import ABOUT
from consult.workshops.consents import GIVEN, GROUP, NO, REFUSED, WITHDRAWN
from consult.workshops.meetings import Consent, consent_of, group_meant

BY = "field"
WITHDREW = "they no longer agree"
"""The reason of every erasure that a withdrawn consent brings with it."""
_STRICTEST_FIRST = (WITHDRAWN, REFUSED, GIVEN)


def attendee(ground: Ground, entity: Entity) -> None:
    """Somebody on the list; their name and how to reach them only where they gave them."""
    session, workshop = ground.session, ground.workshop
    row = session.get(AttendeeRow, (workshop.id, entity.key)) or AttendeeRow(
        workshop_id=workshop.id, entity=entity.key
    )
    group = group_meant(ground.groups, str(entity.get("category", "")))
    row.label = str(entity.get("label", ""))
    row.category = group.key if group else str(entity.get("category", ""))[:100]
    row.gender, row.age_band = str(entity.get("gender", "")), str(entity.get("age_band", ""))
    row.removed = entity.is_removed
    row.name = None if row.removed else str(entity.get("name", "")).strip() or None
    row.contact = None if row.removed else str(entity.get("contact", "")).strip() or None
    session.add(row)
    session.flush()


def consent(ground: Ground, entity: Entity) -> None:
    """What somebody, or the group, answered to one question; the workshop's own line keeps in step."""
    session, workshop = ground.session, ground.workshop
    attendee, about = who_and_what(entity.key)
    answer = _answer(ground, entity)
    if about not in ABOUT or not answer:
        return
    row = session.get(ConsentRow, (workshop.id, entity.key)) or ConsentRow(
        workshop_id=workshop.id, entity=entity.key, about=about, answer=answer
    )
    row.attendee, row.about, row.answer = attendee, about, answer
    row.how, row.wording = str(entity.get("how", "")), str(entity.get("wording", ""))
    row.witness = str(entity.get("witness", "")).strip() or None
    row.at = entity.fields["answer"].heads[0].at if "answer" in entity.fields else None
    session.add(row)
    session.flush()
    if answer == WITHDRAWN:
        remember(session, workshop, entity.key, by=BY, now=ground.now)
        end(session, workshop, entity.key, now=ground.now)
    elif attendee == GROUP:
        sum_up(session, workshop)


def entity_of(about: str, attendee: str = GROUP) -> str:
    """What an answer is called among the operations."""
    return f"consent:{attendee or 'group'}:{about}"


def who_and_what(entity: str) -> tuple[str, str]:
    """Whose answer it is (`GROUP` for all together), and what it is about."""
    who, _, about = entity.removeprefix("consent:").rpartition(":")
    return (GROUP if who == "group" else who), about


def _answer(ground: Ground, entity: Entity) -> str:
    said = {one.value for one in entity.operations if one.field == "answer"}
    if WITHDRAWN in said or is_remembered(ground.session, ground.workshop, entity.key):
        return WITHDRAWN
    stand = entity.fields["answer"].values if "answer" in entity.fields else ()
    return next((answer for answer in _STRICTEST_FIRST if answer in stand), "")


# --- what was withdrawn


def remember(
    session: Session, workshop: WorkshopRow, entity: str, *, by: UUID | str, reason: str = "", now: datetime
) -> None:
    """Write down for good that a consent was withdrawn; the audit trail names nobody."""
    if is_remembered(session, workshop, entity):
        return
    attendee, about = who_and_what(entity)
    session.add(ErasureRow(workshop_id=workshop.id, entity=entity, reason=WITHDREW, by=str(by), at=now))
    told = {"about": about, "of": "person" if attendee else "group"}
    audit.record(session, by, "withdraw", "consent", workshop.id, after=told, reason=reason, now=now)
    session.flush()


def is_remembered(session: Session, workshop: WorkshopRow, entity: str) -> bool:
    """Whether this consent was ever withdrawn, even where the operation that said so is lost."""
    found = select(ErasureRow.id).where(ErasureRow.workshop_id == workshop.id, ErasureRow.entity == entity)
    return session.exec(found.limit(1)).first() is not None


def end(session: Session, workshop: WorkshopRow, entity: str, *, now: datetime) -> None:
    """Note at once that a consent was withdrawn, before any operation says so."""
    attendee_, about = who_and_what(entity)
    row = session.get(ConsentRow, (workshop.id, entity)) or ConsentRow(
        workshop_id=workshop.id, entity=entity, attendee=attendee_, about=about, answer=WITHDRAWN
    )
    row.answer, row.withdrawn_at = WITHDRAWN, row.withdrawn_at or now
    session.add(row)
    session.flush()
    if attendee_ == GROUP:
        sum_up(session, workshop)


# --- the workshop's own line


def sum_up(session: Session, workshop: WorkshopRow) -> None:
    """Keep the workshop's line on consent in step with what the group answered."""
    how, quotable = consent_of(workshop)
    found = consents.state(session, workshop)
    notes, quotes = found.row("notes"), found.row("quotes")
    if notes is not None:
        agreed = Consent.WRITTEN if notes.how == "written" else Consent.SPOKEN
        how = Consent.REFUSED if notes.answer in NO else agreed
    if quotes is not None:
        quotable = quotes.answer == GIVEN
    workshop.consent = f"{how.value}{' public' if quotable else ''}"
    session.add(workshop)
    session.flush()
