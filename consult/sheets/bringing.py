"""Bringing a comment table into a round: the file and each row enter the ledger, then rows become comments.

A row is known by what it says, so bringing the same file again, or a longer one
with the same rows in it, adds only what is new.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, select

from consult import comments, intake, receipts, rounds, suggestions
from consult.comments import Said
from consult.links import Tie
from consult.sheets.columns import Column
from consult.sheets.reading import Row, read
from consult.tables.comments import CommentRow, LinkKind
from consult.tables.intake import Channel, Outcome
from consult.tables.rounds import RoundRow
from standards import store
from standards.document import Document

AT_ONCE = 500


@dataclass(frozen=True)
class Brought:
    """What came of a file."""

    rows: int
    fresh: int
    linked: int
    remarks: tuple[str, ...]


def bring(
    session: Session,
    round_: RoundRow,
    data: bytes,
    name: str,
    *,
    now: datetime,
    channel: Channel = Channel.DOCUMENT,
) -> Brought:
    """Bring a file's comments into a round. Raises UnreadableSheet, NoCommentColumn."""
    sheet = read(data, name)
    _, version = rounds.version_of(session, round_)
    document = store.load(session, version)
    _keep_file(session, round_, data, name, channel, now)
    groups = {group.key: group.id for group in rounds.groups(session)}
    late = rounds.has_closed(round_, now)
    remarks = list(sheet.remarks)
    twins: Counter[str] = Counter()
    fresh = linked = 0
    for start in range(0, len(sheet.rows), AT_ONCE):
        rows = _not_ours(session, round_, sheet.rows[start : start + AT_ONCE])
        recorded = intake.record_all(session, [(_arrival(round_, row, channel, twins), now) for row in rows])
        said = []
        for row, record in zip(rows, recorded, strict=True):
            if not record.fresh:
                continue
            ties, unknown = ties_of(document, row)
            if unknown:
                remarks.append(f"Row {row.place}: there is no {', '.join(unknown)}; it waits in the queue.")
            linked += bool(ties)
            said.append((record.id, channel, now, [_said(row, ties, groups, late)]))
        fresh += len(said)
        if said:
            comments.make_all(session, round_, said, now=now)
    return Brought(len(sheet.rows), fresh, linked, tuple(remarks))


def _keep_file(
    session: Session, round_: RoundRow, data: bytes, name: str, channel: Channel, now: datetime
) -> None:
    digest = hashlib.sha256(data).hexdigest()
    recorded = intake.record(
        session,
        intake.Arrival(
            channel, "file", f"{round_.slug}:{digest}", data, "application/octet-stream", round_.id
        ),
        now=now,
    )
    if recorded.fresh:
        reason = "the file as it came; each of its rows has a record of its own"
        intake.mark(session, recorded.id, Outcome.SET_ASIDE, reason=reason, now=now)


def _not_ours(session: Session, round_: RoundRow, rows: Sequence[Row]) -> list[Row]:
    """The rows without those that we wrote ourselves: a table sent out and returned adds nothing twice."""
    receipts_of = {row.place: receipts.normalise(row[Column.RECEIPT]) for row in rows}
    asked = [receipt for receipt in receipts_of.values() if receipt]
    ours = set(
        session.exec(
            select(CommentRow.receipt).where(
                CommentRow.round_id == round_.id,
                CommentRow.receipt.in_(asked),  # type: ignore[attr-defined]
            )
        ).all()
    )
    return [row for row in rows if receipts_of[row.place] not in ours]


def _arrival(round_: RoundRow, row: Row, channel: Channel, twins: Counter[str]) -> intake.Arrival:
    cells = {column.value: words for column, words in row.cells.items() if column not in _OURS}
    payload = comments.as_payload({**cells, "asked": row.asked})
    # Not by the table's own numbering alone: another body's table also begins with 1.
    own = hashlib.sha256(payload).hexdigest()
    # Two people may write the same; the second of equal rows is another comment.
    twins[own] += 1
    return intake.Arrival(channel, "row", f"{round_.slug}:{own}:{twins[own]}", payload, round_id=round_.id)


_OURS = frozenset({Column.OBSERVATION, Column.OUTCOME, Column.CHANNEL, Column.DATE})


def ties_of(document: Document, row: Row) -> tuple[list[Tie], list[str]]:
    """What a row is about: its clause cell, the clause we asked about, or clauses its words name."""
    written = row[Column.CLAUSE]
    quote = row[Column.QUOTE]
    if row.asked and (clause := _found(document, row.asked)):
        return [Tie(clause, LinkKind.ASKED, quote=quote)], []
    if written:
        if written.strip().lower() in _WHOLE:
            return [Tie(None)], []
        if clause := _found(document, written):
            return [Tie(clause, quote=quote)], []
        ties, unknown = suggestions.named_in(document, f"clause {written}", row[Column.LANGUAGE] or "en")
        return ties, ([] if ties else unknown or [f"clause {written}"])
    ties, _ = suggestions.named_in(document, row[Column.COMMENT], row[Column.LANGUAGE] or document.language)
    return ties, []


_WHOLE = frozenset(
    {"general", "whole", "all", "ge", "whole document", "général", "généralités", "general.", "todo"}
)


def _found(document: Document, named: str) -> UUID | None:
    try:
        return store.clause_in(document, named.strip().rstrip(".")).id
    except store.UnknownClause:
        return None


def _said(row: Row, ties: Sequence[Tie], groups: dict[str, UUID], late: bool) -> Said:
    return Said(
        text=row[Column.COMMENT] or row[Column.CHANGE] or row[Column.QUOTE],
        ties=tuple(ties),
        language=row[Column.LANGUAGE],
        quote=row[Column.QUOTE],
        proposal=row[Column.CHANGE] if row[Column.COMMENT] else "",
        author=row[Column.MEMBER] or None,
        group_id=groups.get(row[Column.GROUP]),
        region=row[Column.REGION],
        external_id=row[Column.RECEIPT],
        late=late,
    )
