"""The demonstration's pilot: retorts and helmets tried by ten teams in Geita, as KoboToolbox gives it out."""

import csv
import io
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any
from uuid import UUID

from sqlmodel import Session

from consult import pilots
from standards.checklists import Field, Head, Pin, field_name, group_name


def load(session: Session, clauses: Mapping[str, UUID], *, by: UUID, now: datetime) -> None:
    """Bring the pilot in by the same acts as a facilitator; `clauses` are ids by their key in the data."""
    told = json.loads((files(__package__) / "pilot.json").read_text(encoding="utf-8"))
    held_on = (now + timedelta(days=told["held_days"])).date().isoformat()
    data = _export(told, clauses, held_on)
    read = pilots.read_for(session, data, "pilot.csv")
    pilot = pilots.Pilot(told["title"], told["region"], "", told["mineral"], told["stage"])
    pilots.bring(session, read, pilot, data, "pilot.csv", by=by, now=now)


def _export(told: Mapping[str, Any], clauses: Mapping[str, UUID], held_on: str) -> bytes:
    """The answers as KoboToolbox writes them: semicolons, group names, one row a submission."""
    keys = sorted({key for one in told["respondents"] for key in one["answers"]})
    asked = [(key, field) for key in keys for field in Field]
    pins = {Pin.STANDARD: told["standard"], Pin.VERSION: told["version"], Pin.STAGE: told["stage"]}
    headings = ["start", "end", *pins, *Head]
    headings += [f"{group_name(clauses[key])}/{field_name(clauses[key], field)}" for key, field in asked]
    into = io.StringIO()
    writer = csv.writer(into, delimiter=";", quoting=csv.QUOTE_ALL)
    writer.writerow([*headings, "_id", "_uuid", "_submission_time"])
    for at, one in enumerate(told["respondents"], 1):
        head = (one["producer"], one["group"], told["region"], held_on)
        cells = [one["answers"].get(key, {}).get(field.value, "") for key, field in asked]
        moment = f"{held_on}T10:{at:02}:00"
        writer.writerow([moment, moment, *pins.values(), *head, *cells, at, f"demonstration-{at}", moment])
    return into.getvalue().encode("utf-8-sig")
