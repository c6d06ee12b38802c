"""The meeting itself, as the field tells of it: that it is closed, and how long its recordings are kept."""

from consult.field.ground import Ground
from consult.field.merging import Entity


def derive(ground: Ground, entity: Entity) -> None:
    """Close or open the meeting, and keep its recordings as those who came agreed."""
    workshop = ground.workshop
    said = {field for field in entity.fields if ground.is_fresh(entity.key, field)}
    if "finished" in said:
        finished = bool(entity.get("finished"))
        workshop.finished_at = (workshop.finished_at or ground.now) if finished else None
    if "audio_kept" in said:
        workshop.audio_kept = str(entity.get("audio_kept"))
    if "notes" in said:
        workshop.notes = str(entity.get("notes"))
    ground.session.add(workshop)
