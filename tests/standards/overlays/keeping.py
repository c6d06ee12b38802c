"""What the tests of kept overlays stand on: a frozen base, a file on it, and a count of what is kept."""

import json
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from standards import store as texts
from standards.document import Document
from standards.operations import Overlay
from standards.overlays import drafting, file
from standards.tables import ClauseRow, OutlineRow, OverlayVersionRow, StandardRow, Status, VersionRow
from tests import factories
from tests.factories import NOW
from tests.standards.overlays.texts import a_text

LINES = """
1 | principle | none open | Organisation |
1.1 | criterion | shall open | Association | The group shall decide.
2 | principle | none open | Mercury |
2.1 | criterion | shall open | Retorts | Each shall keep {recovery}. | recovery = 90 % higher 50..99
2.2 | criterion | shall locked | Age | Nobody shall be young.
""".strip()
SET = {"op": "SET", "target": "2.1", "parameter": "recovery", "value": 95}
GUIDE = {"op": "GUIDE", "target": "1.1", "text": "A show of hands can do."}
ADD = {
    "op": "ADD", "after": "2.1", "id": "TZ:2.1+1", "level": "criterion", "modality": "requirement",
    "heading": "Lids", "body": "Lids shall be shut.",
}  # fmt: skip
ON_IT = {"op": "VERIFY", "target": "TZ:2.1+1", "type": "document", "text": "The book."}
ALL_ADOPTED = [{"op": "ADOPT", "target": number} for number in ("1", "1.1", "2", "2.1", "2.2")]


def a_base(
    session: Session, label: str = "2.0", lines: str = LINES, after: VersionRow | None = None
) -> VersionRow:
    """A frozen version of the gold standard; a clause keeps its identity by its heading."""
    standard = session.get(StandardRow, after.standard_id) if after else None
    standard = standard or factories.a_standard(session, slug="rag")
    version = VersionRow(
        standard_id=standard.id, label=label, based_on_id=after.id if after else None, created_at=NOW
    )
    session.add(version)
    document = a_text(lines)
    texts.keep_texts(session, (clause.text for clause in document), "en")
    session.flush()
    for at, clause in enumerate(document):
        if session.get(ClauseRow, clause.id) is None:
            session.add(ClauseRow(id=clause.id, standard_id=standard.id, created_at=NOW))
            session.flush()
        session.add(
            OutlineRow(
                version_id=version.id, clause_id=clause.id, text_hash=clause.text.hash,
                parent_id=clause.parent, position=at, number=clause.number,
            )
        )  # fmt: skip
    session.flush()
    version.status, version.content_hash, version.frozen_at = Status.CONSULTATION, document.hash, NOW
    session.flush()
    return version


def a_file(*operations: dict[str, Any], **head: Any) -> Overlay:
    """An overlay as its file is read."""
    told = {
        "overlay": "tz-gold", "label": "1.0", "base": "rag@2.0",
        "operations": [{"rationale": "Why.", **one} for one in operations],
    }  # fmt: skip
    return file.read(json.loads(json.dumps({**told, **head})), "tz.json")


def an_overlay(session: Session, *operations: dict[str, Any], **head: Any) -> OverlayVersionRow:
    """A draft with these operations."""
    return drafting.bring_in(session, a_file(*operations, **head), by="neema", now=NOW)


def an_operation(**told: Any) -> Any:
    """One operation as a form gives it."""
    return file.operation({"rationale": "Why.", **told})


def counted(session: Session) -> dict[str, int]:
    """How many rows every table has."""
    session.flush()
    tables = SQLModel.metadata.sorted_tables
    return {
        table.name: session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        for table in tables
    }


def document_of(session: Session, version: VersionRow) -> Document:
    """The text of a version."""
    return texts.load(session, version)
