"""The small text of the profiles' cases, kept as a version."""

from sqlmodel import Session

from standards import store
from standards.document import Document
from standards.tables import ClauseRow, OutlineRow, VersionRow
from tests.factories import NOW, a_standard
from tests.standards.profile_cases import the_text


def a_text(session: Session, document: Document | None = None, *, slug: str = "small") -> VersionRow:
    """The text as version 1.0, under consultation; unless another is given, without what waits for a day."""
    document = document or _without_dates(the_text())
    standard = a_standard(session, slug=slug, title=document.title, language=document.language)
    version = VersionRow(standard_id=standard.id, label="1.0", created_at=NOW)
    session.add(version)
    store.keep_texts(session, [clause.text for clause in document], document.language)
    for position, clause in enumerate(document):
        session.add(ClauseRow(id=clause.id, standard_id=standard.id, created_at=NOW))
        session.flush()
        session.add(
            OutlineRow(
                version_id=version.id,
                clause_id=clause.id,
                text_hash=clause.text.hash,
                parent_id=clause.parent,
                position=position,
                number=clause.number,
            )
        )
    session.flush()
    version.status, version.content_hash, version.frozen_at = "consultation", document.hash, NOW  # type: ignore[assignment]
    session.flush()
    return version


def _without_dates(document: Document) -> Document:
    return document.with_clauses(tuple(clause for clause in document if not clause.text.attributes.effective))
