"""A round's comments as a table in the columns of the ISO commenting template.

No names, no numbers, no confidential words, and a group only where five or more of
it spoke: what leaves here may be passed on. What may name somebody is hidden, also
while nobody has looked at it yet.
Rows are read in pages and written as they come, so that ten thousand comments
need little memory, and the same round gives the same bytes.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import IO, Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from consult import public_comments, redactions, rounds
from consult.sheets.cells import CELL, write_csv
from consult.sheets.columns import TEMPLATE, Column
from consult.sheets.spoken import COLUMNS as SPOKEN
from consult.sheets.spoken import Spoken
from consult.tables.comments import CommentRow, LinkKind, LinkRow, Placement, StandingRow
from consult.tables.decisions import DispositionRow
from consult.tables.intake import Channel
from consult.tables.rounds import RoundRow
from standards import store
from standards.document import Document

COLUMNS = (
    *TEMPLATE,
    Column.RECEIPT,
    Column.CHANNEL,
    Column.LANGUAGE,
    Column.GROUP,
    Column.DATE,
    Column.OUTCOME,
    *SPOKEN,
)
KINDS = ("csv", "xlsx", "docx", "jsonl")
PAGE = 1000
WIDTHS = (10, 8, 14, 14, 9, 60, 45, 45, 14, 10, 10, 18, 12, 16, 18, 10, 10, 10, 10, 10)


def write(session: Session, round_: RoundRow, kind: str, into: IO[bytes]) -> int:
    """Write a round's comments; returns how many rows. `kind` is one of KINDS."""
    rows = table(session, round_)
    if kind == "csv":
        return _csv(rows, into)
    if kind == "xlsx":
        return _xlsx(rows, round_, into)
    if kind == "docx":
        from consult.sheets import word

        return word.write(rows, round_.title, into)
    return _jsonl(rows, into)


def table(session: Session, round_: RoundRow) -> Iterator[dict[Column, str]]:
    """One row per comment in the order received, erased ones left out; a few statements per thousand."""
    _, version = rounds.version_of(session, round_)
    document = store.load(session, version)
    labels = public_comments.named_groups(session, round_)
    words = redactions.Public(session, round_)
    spoken = Spoken(session, round_)
    last: tuple[datetime, UUID] | None = None
    while True:
        page = _page(session, round_, last)
        if not page:
            return
        numbers = _numbers(session, document, [row.id for row in page])
        words.read(row.id for row in page)
        spoken.read(row.id for row in page if row.channel is Channel.WORKSHOP)
        for row in page:
            group = labels.get(row.group_id)
            name = str(group.labels.get(document.language) or group.key) if group else ""
            known = {} if row.confidential else dict(spoken.of(row.id))
            yield _row(row, words, numbers.get(row.id, ""), name) | known
        last = (page[-1].received_at, page[-1].id)


def _page(session: Session, round_: RoundRow, last: tuple[datetime, UUID] | None) -> list[Any]:
    said, standing = CommentRow.__table__.c, StandingRow.__table__.c  # type: ignore[attr-defined]
    decided = DispositionRow.__table__.c  # type: ignore[attr-defined]
    query = (
        sa.select(
            said.id,
            said.receipt,
            said.channel,
            said.language,
            said.text,
            said.quote,
            said.proposal,
            said.group_id,
            said.confidential,
            said.received_at,
            standing.placement,
            standing.outcome,
            decided.reason,
        )
        .join(StandingRow, standing.comment_id == said.id)
        .outerjoin(DispositionRow, decided.id == standing.disposition_id)
        .where(said.round_id == round_.id, standing.placement != Placement.ERASED)
        .order_by(said.received_at, said.id)
        .limit(PAGE)
    )
    if last is not None:
        query = query.where(
            sa.tuple_(said.received_at, said.id)
            > sa.tuple_(sa.literal(last[0], said.received_at.type), sa.literal(last[1], said.id.type))
        )
    return list(session.connection().execute(query))


def _numbers(session: Session, document: Document, ids: list[UUID]) -> dict[UUID, str]:
    links = LinkRow.__table__.c  # type: ignore[attr-defined]
    found: dict[UUID, list[str]] = {}
    for start in range(0, len(ids), 500):
        rows = session.connection().execute(
            sa.select(links.comment_id, links.clause_id)
            .where(
                links.comment_id.in_(ids[start : start + 500]),
                links.ended_at.is_(None),
                links.kind != LinkKind.SUGGESTED,
            )
            .order_by(links.at, links.id)
        )
        for comment_id, clause_id in rows:
            number = "General" if clause_id is None else document.by_id[clause_id].number
            found.setdefault(comment_id, []).append(number)
    return {id_: ", ".join(numbers) for id_, numbers in found.items()}


def _row(row: Any, words: redactions.Public, number: str, group: str) -> dict[Column, str]:
    hidden = row.confidential
    quote = f"“{row.quote}”" if row.quote and not hidden else ""
    return {
        Column.CLAUSE: number,
        Column.PARAGRAPH: quote,
        Column.COMMENT: "(confidential: counted, read by named people only)" if hidden else words.words(row),
        Column.CHANGE: "" if hidden else words.words(row, "proposal"),
        # A reason may tell what was said in confidence.
        Column.OBSERVATION: "" if hidden else row.reason or "",
        Column.RECEIPT: row.receipt,
        Column.CHANNEL: row.channel.value,
        Column.LANGUAGE: row.language,
        Column.GROUP: "" if hidden else group,
        Column.DATE: row.received_at.strftime("%G-W%V"),
        Column.OUTCOME: row.outcome or "",
    }


def _csv(rows: Iterator[dict[Column, str]], into: IO[bytes]) -> int:
    heading = [column.value for column in COLUMNS]
    lines = ([row.get(column, "") for column in COLUMNS] for row in rows)
    return write_csv(chain([heading], lines), into) - 1


def _xlsx(rows: Iterator[dict[Column, str]], round_: RoundRow, into: IO[bytes]) -> int:
    import xlsxwriter

    book = xlsxwriter.Workbook(
        into, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    # The same round gives the same bytes: the file says when the round was made, not when it was written.
    book.set_properties({"title": round_.title, "created": round_.created_at.replace(tzinfo=None)})
    sheet = book.add_worksheet("Comments")
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    body = book.add_format({"text_wrap": True, "valign": "top"})
    for place, (column, width) in enumerate(zip(COLUMNS, WIDTHS, strict=True)):
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, column.value, head)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    count = 0
    for row in rows:
        count += 1
        for place, column in enumerate(COLUMNS):
            if words := row.get(column, ""):
                # A cell holds 32,767 characters; what is longer stands whole in CSV and JSON lines.
                sheet.write_string(count, place, words[:CELL], body)
    book.close()
    return count


def _jsonl(rows: Iterator[dict[Column, str]], into: IO[bytes]) -> int:
    count = 0
    for row in rows:
        line = {
            "comment_id": row[Column.RECEIPT],
            "comment": row[Column.COMMENT],
            "lang": row[Column.LANGUAGE],
            "quote": row[Column.PARAGRAPH].strip("“”"),
            "proposal": row[Column.CHANGE],
            "clause": row[Column.CLAUSE],
            "channel": row[Column.CHANNEL],
            "group": row[Column.GROUP],
            "week": row[Column.DATE],
            "outcome": row[Column.OUTCOME],
            "reason": row[Column.OBSERVATION],
            "speaker": row.get(Column.SPEAKER, ""),
            "gender": row.get(Column.GENDER, ""),
            "quotable": row.get(Column.QUOTABLE, ""),
            "read_back": row.get(Column.READ_BACK, ""),
            "lone": row.get(Column.LONE, ""),
            "feeling": row.get(Column.FEELING, ""),
        }
        into.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        count += 1
    return count
