"""A base of six clauses with every policy, and local texts on it, kept in the database."""

import json
from itertools import count
from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from consult import comments, intake
from consult.comments import Said
from consult.intake import Arrival
from consult.links import Tie
from consult.local import groups
from consult.tables.comments import CommentRow
from consult.tables.intake import Channel, RecordRow
from consult.tables.people import PersonRow
from consult.tables.rounds import RoundRow
from standards import store as texts
from standards.document import Document
from standards.identity import new_id
from standards.overlays import drafting, file, store
from standards.overlays.store import operations_of
from standards.tables import (
    ClauseRow,
    OperationRow,
    OutlineRow,
    OverlayRow,
    OverlayVersionRow,
    Status,
    VersionRow,
)
from standards.versions import NewStandard
from tests.factories import NOW, a_round, a_standard, clause_numbered
from tests.standards.overlays.texts import a_text

BASE = """
1 | principle | none open | Mercury |
1.1 | criterion | shall parameters | Recovery | It shall give back {recovery}. | recovery = 90 % higher 50..99
1.2 | criterion | shall strengthen | Open fires | Nobody shall burn amalgam in the open. | stage: year 1
2 | principle | none open | People |
2.1 | criterion | shall locked | Age | Nobody under {age} shall dig. | age = 18 years higher
2.2 | criterion | shall open | Association | The group shall choose its leaders. |
"""


def a_base(session: Session, slug: str = "rag", label: str = "2.0", lines: str = BASE) -> VersionRow:
    """A frozen version of a standard with these clauses."""
    document = a_text(lines.strip())
    standard = a_standard(session, slug=slug, title="Responsible gold")
    version = VersionRow(standard_id=standard.id, label=label, created_at=NOW)
    session.add(version)
    session.flush()
    texts.keep_texts(session, (clause.text for clause in document), "en")
    for place, clause in enumerate(document):
        session.add(ClauseRow(id=clause.id, standard_id=standard.id, created_at=NOW))
        session.flush()
        session.add(
            OutlineRow(
                version_id=version.id,
                clause_id=clause.id,
                text_hash=clause.text.hash,
                parent_id=clause.parent,
                position=place,
                number=clause.number,
            )
        )
    session.flush()
    version.status, version.frozen_at = Status.CONSULTATION, NOW
    version.content_hash = texts.load(session, version).hash
    session.add(version)
    session.flush()
    return version


def a_local_text(
    session: Session,
    base: VersionRow | None = None,
    slug: str = "tz-gold",
    label: str = "1.0",
    regions: tuple[str, ...] = ("Geita",),
    parent: OverlayVersionRow | None = None,
) -> OverlayVersionRow:
    """A draft of a local text on a base, with nothing decided."""
    wanted = NewStandard(slug=slug, label=label, title="Tanzania")
    base = base or a_base(session)
    return drafting.begin(session, wanted, base, parent=parent, regions=regions, now=NOW)


def an_operation(base: Document, number: str = "1.1", **content: Any) -> Any:
    """An operation on the clause of this number; a stricter value unless told otherwise."""
    told = content or {"op": "SET", "parameter": "recovery", "value": 95}
    place = "after" if told["op"] == "ADD" else "target"
    return file.operation({"rationale": "The workshop said so.", place: number, **told})


def kept(session: Session, version: OverlayVersionRow, number: str = "1.1", **content: Any) -> OperationRow:
    """An operation in a draft, kept by nobody in particular."""
    one = an_operation(store.base_of(session, version)[0], number, **content)
    return drafting.put(session, version, one, by=str(new_id()), now=NOW)[0]


def clause_id(session: Session, version: OverlayVersionRow, number: str) -> UUID:
    """The id of the clause with this number in the base."""
    return store.base_of(session, version)[0].by_number[number].id


def operations(session: Session, version: OverlayVersionRow) -> list[str]:
    """The operations of a version in words of the file: `SET parameter:recovery`."""
    return [f"{row.op} {row.field}".strip() for row in operations_of(session, version)]


def a_seat(session: Session, version: OverlayVersionRow, person: PersonRow, group_id: UUID) -> None:
    """A seat in the working group of the local text."""
    overlay = session.get_one(OverlayRow, version.overlay_id)
    groups.give_seat(session, overlay, group_id, person_id=person.id, now=NOW)


_serial = count(1)


def a_voice(
    session: Session, version: VersionRow, number: str, text: str, *, part: str = "", **fields: Any
) -> CommentRow:
    """A comment on the clause of this number, in a round on this version."""
    round_ = session.exec(select(RoundRow).where(RoundRow.version_id == version.id)).first()
    round_ = round_ or a_round(session, version)
    payload = json.dumps({"text": text}).encode()
    arrival = Arrival(Channel.WEB, "test", f"voice-{next(_serial)}", payload, round_id=round_.id)
    record = session.get_one(RecordRow, intake.record(session, arrival, now=NOW).id)
    tie = Tie(clause_numbered(session, version, number), part=part)
    made = comments.make(session, round_, record, Said(text, (tie,), **fields), now=NOW)
    return session.get_one(CommentRow, made.id)
