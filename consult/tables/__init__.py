"""All rows of the application and of the document core, so that Alembic sees everything."""

from consult.tables import (
    comments,
    conversations,
    decisions,
    field,
    intake,
    local,
    messages,
    outgoing,
    participants,
    people,
    pilots,
    process,
    rounds,
    workshops,
)
from standards import tables as standards_tables
from standards.columns import save_in_order

save_in_order()

__all__ = [
    "comments",
    "conversations",
    "decisions",
    "field",
    "intake",
    "local",
    "messages",
    "outgoing",
    "participants",
    "people",
    "pilots",
    "process",
    "rounds",
    "standards_tables",
    "workshops",
]
