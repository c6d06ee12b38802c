"""Two telephones that were at the demonstration's workshop, and the one thing they wrote differently."""

import json
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from consult.field import devices, keeping
from consult.tables.field import AttendeeRow
from consult.tables.rounds import RoundRow
from consult.tables.workshops import WorkshopRow
from standards.identity import new_id

TELEPHONES = (("Telephone of the office", "kept", 0, "36-60"), ("Own telephone", "may-go", 4, "18-35"))


def load(session: Session, round_: RoundRow, *, by: UUID, now: datetime) -> None:
    """Let two telephones be in touch, each with another age of the first who came."""
    query = select(WorkshopRow).where(WorkshopRow.round_id == round_.id).order_by(col(WorkshopRow.held_on))
    workshop = session.exec(query.limit(1)).one()
    listed = select(AttendeeRow.entity).where(AttendeeRow.workshop_id == workshop.id)
    first = session.exec(listed.order_by(col(AttendeeRow.label)).limit(1)).one()
    told = now - timedelta(days=18)
    written = []
    for label, storage, unsent, age in TELEPHONES:
        device, _token = devices.issue(session, by, label, now=told)
        devices.seen(session, device, unsent=unsent, storage=storage, now=now - timedelta(days=2))
        written.append(
            json.dumps(
                {
                    "id": str(new_id()),
                    "device": str(device.id),
                    "counter": 1,
                    "workshop": str(workshop.id),
                    "kind": "attendee",
                    "entity": first,
                    "field": "age_band",
                    "value": age,
                    "over": [],
                    "at": told.isoformat(),
                }
            )
        )
    keeping.store(session, round_, workshop, written, now=told)
    keeping.derive(session, round_, workshop.id, now=now)
