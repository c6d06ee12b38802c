"""The minutes of the demonstration's workshop: a vote, read back once, and one thing put right."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from sqlmodel import Session, col, select

from consult.field import keeping
from consult.field.operations import Kind
from consult.tables.rounds import RoundRow
from consult.tables.workshops import WorkshopRow
from consult.workshops import minutes

BY = "demonstration"
VOTE = UUID("df56b676-7f1d-5710-a8db-ca0fba43152c")
OPTIONS = ("Ndiyo", "Hapana", "Sina uamuzi")
DOTS = {
    "pit-miners": (3, 2, 4),
    "women-processing": (9, 0, 2),
    "women-miners": (2, 0, 1),
    "cooperative-leaders": (1, 1, 1),
    "mill-owners": (0, 2, 0),
    "buyers-traders": (0, 1, 0),
    "neighbours-landholders": (3, 0, 1),
    "sharecroppers": (1, 0, 3),
    "public-authorities": (0, 0, 1),
}


def load(session: Session, round_: RoundRow, clauses: Mapping[str, UUID], *, now: datetime) -> None:
    """Add all of it to the first workshop of a round."""
    held = select(WorkshopRow).where(WorkshopRow.round_id == round_.id).order_by(col(WorkshopRow.held_on))
    workshop = session.exec(held.limit(1)).one()
    ended = now - timedelta(days=18)
    fields: dict[str, object] = {
        "question": "Retort moja kwa kila watu 15?",
        "clause": str(clauses["retort"]),
        "rule": "Nukta moja kwa kila mtu; walinyanyua mikono kwanza.",
        "options": list(OPTIONS),
        "dots": 1,
    }
    for who, dots in DOTS.items():
        fields[f"people:{who}"] = sum(dots)
        fields |= {f"cell:{at}:{who}": count for at, count in enumerate(dots)}
    keeping.put(session, round_, workshop, Kind.VOTE, f"vote:{VOTE}", fields, now=ended)
    written = minutes.write(session, round_, workshop, by=BY, now=ended).row
    minutes.show(written, minutes.Shown.READ_BACK, "watu 26", at=ended, now=ended)
    session.add(written)
    correction = minutes.Correction(
        "Hatukusema kwamba fundi hawezi. Tulisema anaweza, lakini bomba halipatikani.",
        category="women-processing",
        clause_id=clauses["retort"],
        about="4.1",
        language="sw",
    )
    later = ended + timedelta(days=1)
    id_ = uuid5(workshop.id, "correction")
    minutes.correct(session, round_, written, correction, id_=id_, by=BY, now=later)
