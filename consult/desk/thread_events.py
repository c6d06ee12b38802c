"""What people did in a conversation without words of their own: joined, left, asked for help.

A command makes no comment; that it came is known by our reply to it. Which
command it was is read from the ledger and told in our words: the text itself is
not shown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from consult import intake
from consult.channels import transports
from consult.channels.understanding import Act, Said, understand
from consult.tables.intake import Outcome, PayloadKeyRow, RecordOutcomeRow, RecordRow
from consult.tables.messages import MessageKind, MessageRow
from consult.tables.participants import ContactPointRow

# How causes of our messages begin that a record of the ledger brought about.
_CAUSED = {"reply": "", "welcome": "joined", "stop": "stop", "question": "chose", "unplaced": ""}


@dataclass(frozen=True)
class Event:
    """Something they did without words of their own: joined, left, asked for help."""

    at: datetime
    what: str
    detail: str = ""


def of(session: Session, sent: Sequence[MessageRow]) -> list[Event]:
    """What the texts did that hold no comment, as far as we answered them."""
    caused = {record_id: cause for row in sent for record_id, cause in _cause(row)}
    outcomes = session.exec(
        select(RecordOutcomeRow).where(
            col(RecordOutcomeRow.record_id).in_(caused),
            col(RecordOutcomeRow.outcome).in_([Outcome.COMMAND, Outcome.SET_ASIDE]),
        )
    ).all()
    ids = [row.record_id for row in outcomes]
    # Read together, so that opening them one by one below asks the database nothing more.
    keys = session.exec(select(PayloadKeyRow).where(col(PayloadKeyRow.record_id).in_(ids))).all()
    records = {row.id: row for row in session.exec(select(RecordRow).where(col(RecordRow.id).in_(ids)))}
    opened = {row.record_id for row in keys}
    return [
        Event(
            records[row.record_id].received_at,
            "set-aside"
            if row.outcome is Outcome.SET_ASIDE
            else caused[row.record_id] or _command(session, records[row.record_id], opened),
            row.reason if row.outcome is Outcome.SET_ASIDE else "",
        )
        for row in outcomes
    ]


def _cause(row: MessageRow) -> Iterable[tuple[UUID, str]]:
    cause, _, named = row.dedupe.partition(":")
    if cause in _CAUSED and row.kind is not MessageKind.NOTICE:
        try:
            yield UUID(named), _CAUSED[cause]
        except ValueError:
            return


def _command(session: Session, record: RecordRow, opened: set[UUID]) -> str:
    """Which command a text was; "command" where that can no longer be told."""
    reader = transports.READERS.get(record.source)
    payload = intake.open_payload(session, record.id) if record.id in opened and reader else None
    if payload is None or reader is None:
        return "command"
    heard = reader(payload, record.content_type)
    act = understand(Said(heard.words)).act
    named = {Act.START, Act.HELP, Act.NEW, Act.LIST, Act.LISTEN, Act.RECEIPT}
    return act.value if act in named else heard.command.lower() or "command"


def marks(
    contacts: Sequence[ContactPointRow], events: Sequence[Event], before: datetime | None
) -> Iterable[Event]:
    """When they joined and left, where no text of theirs that we answered says so."""
    told = {event.what for event in events}
    for contact in contacts[:1]:
        for what, at in (("joined", contact.joined_at), ("stop", contact.stopped_at)):
            if at is not None and what not in told and (before is None or at < before):
                yield Event(at, what)
