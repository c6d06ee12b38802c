"""Deriving: from what operations come to, to the rows that the desk and the reports read.

One module a kind; each writes its own rows and can be run again at any time.
"""

from collections.abc import Callable, Iterable

from consult.field import counts, media, meeting, notes, people, trials
from consult.field.ground import Ground
from consult.field.merging import Entity
from consult.field.operations import Kind
from consult.workshops import withdrawn

# In this order: who is there and what they agreed to comes before what was said.
BY_KIND: dict[Kind, Callable[[Ground, Entity], None]] = {
    Kind.MEETING: meeting.derive,
    Kind.ATTENDEE: people.attendee,
    Kind.CONSENT: people.consent,
    Kind.ATTENDANCE: counts.attendance,
    Kind.VOTE: counts.vote,
    Kind.NOTE: notes.derive,
    Kind.PHOTO: media.photo,
    Kind.RECORDING: media.recording,
}


def derive_all(ground: Ground, entities: Iterable[Entity]) -> None:
    """Write the rows of these entities."""
    notes.hold(ground)
    found = {entity.key: entity for entity in entities}
    for kind, derive in BY_KIND.items():
        if kind is Kind.NOTE:
            listed = [key for key, entity in found.items() if entity.kind is Kind.ATTENDEE]
            found = {one.key: one for one in notes.of_people(ground, listed)} | found
        for entity in found.values():
            if entity.kind is kind:
                derive(ground, entity)
    trials.derive(ground, found.values())
    withdrawn.enforce(ground.session, ground.workshop, by=people.BY, now=ground.now)
    ground.session.flush()
