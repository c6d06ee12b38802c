"""Deliveries: what providers report of messages that have left, in any order and any number of times.

Each report is kept once. What a message has come to is read from all of them
together, so every order of the same reports ends the same, whether they are
about the whole or about its parts, and whether they come before or after we
have noted under which name the provider knows it.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from consult import masking
from consult.channels.ports import Report
from consult.outgoing import messages
from consult.tables.messages import DeliveryRow, MessageRow, MessageState
from consult.tables.participants import ContactPointRow
from standards.identity import new_id

# States that only reports bring a message to.
REPORTED = frozenset({MessageState.PARTIAL, MessageState.FAILED, MessageState.DELIVERED})


def note_delivery(session: Session, report: Report, *, now: datetime) -> None:
    """Keep a provider's report once, and move its message on; reports of unknown messages are kept too."""
    connection = session.connection()
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    connection.execute(
        insert(DeliveryRow)
        .values(
            id=new_id(),
            provider_id=report.provider_id[:100],
            status=report.status[:30],
            state=report.state,
            part=report.part,
            parts=report.parts,
            error=masking.masked(report.error)[:60],
            received_at=now,
        )
        .on_conflict_do_nothing(index_elements=["provider_id", "status", "part"])
    )
    # Locked, so that of two reports at the same moment the second sees what the first has told.
    message = session.exec(
        select(MessageRow).where(MessageRow.provider_id == report.provider_id).with_for_update(),
        execution_options={"populate_existing": True},
    ).first()
    if message is None and report.key:
        message = _named(session, report)
    if message is not None:
        advance(session, message, now=now)


def advance(session: Session, row: MessageRow, *, now: datetime) -> None:
    """Bring a message to what all its provider's reports tell together, whatever their order."""
    reports = session.exec(select(DeliveryRow).where(DeliveryRow.provider_id == row.provider_id)).all()
    told = [(one.state, one) for one in reports if one.state is not None]
    furthest = _furthest([pair for pair in told if pair[1].part == 0])
    in_parts = messages.of_parts(
        [(report.part, report.parts, state) for state, report in told if report.part > 0]
    )
    states = [found for found in (furthest[0] if furthest else None, in_parts) if found is not None]
    if not states:
        return
    state = max(states, key=messages.RANK.__getitem__)
    report = furthest[1].error if furthest else ""
    error = f"the network could not deliver it ({report})" if report else ""
    if in_parts is MessageState.PARTIAL and state is in_parts:
        error = "some of its parts did not arrive"
    # Reports on parts may take back what fewer of them seemed to tell, so what all tell holds.
    if state is not row.state and (messages.RANK[state] > messages.RANK[row.state] or row.state in REPORTED):
        row.state, row.changed_at, row.error = state, now, error[:300]
        session.add(row)
        if state is MessageState.BLOCKED:
            note_leaving(session, row, now=now)


def note_leaving(session: Session, row: MessageRow, *, now: datetime) -> None:
    """They told the provider, so it did not reach us as a text: their telephone has left all the same."""
    contact = session.get(ContactPointRow, row.contact_point_id) if row.contact_point_id else None
    if contact is None:
        return
    of_number = (
        col(ContactPointRow.id) == contact.id
        if contact.lookup is None
        else col(ContactPointRow.lookup) == contact.lookup
    )
    for one in session.exec(
        select(ContactPointRow).where(of_number, col(ContactPointRow.stopped_at).is_(None))
    ):
        one.stopped_at = now
        session.add(one)


def _named(session: Session, report: Report) -> MessageRow | None:
    """The message a report names by our own id, though we never heard the provider's."""
    try:
        row = session.get(MessageRow, UUID(report.key), with_for_update=True)
    except ValueError:
        return None
    if row is None or row.provider_id is not None or _is_of_an_earlier_try(session, row, report):
        return None
    row.provider_id = report.provider_id[:100]
    session.add(row)
    session.flush()
    return row


def _is_of_an_earlier_try(session: Session, row: MessageRow, report: Report) -> bool:
    """Whether a person has sent it again since this failure was first reported, so that it tells nothing
    new."""
    if row.state not in (MessageState.WAITING, MessageState.SENDING):
        return False
    known = session.exec(
        select(DeliveryRow.id).where(
            DeliveryRow.provider_id == report.provider_id, col(DeliveryRow.received_at) < row.changed_at
        )
    )
    return report.state is MessageState.FAILED and known.first() is not None


def _furthest(
    told: list[tuple[MessageState, DeliveryRow]],
) -> tuple[MessageState, DeliveryRow] | None:
    return max(told, key=lambda found: (messages.RANK[found[0]], found[1].status), default=None)
