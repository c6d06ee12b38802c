"""Rows for tests: only the facts that matter are given, the rest is supplied.

Plain functions that add to the session and flush. `clauses` maps numbers to
words, the heading up to the first full stop: `{"1": "Scope", "1.1": "Mercury. No
operator shall burn amalgam near a dwelling."}`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from sqlmodel import Session

from consult import keys
from consult.tables.people import PersonRow, Role
from consult.tables.rounds import GroupRow, RoundRow
from standards.document import Clause, ClauseText, Document, Level, Modality, Scheme
from standards.identity import new_id
from standards.numbering import numbered
from standards.tables import ClauseRow, ClauseTextRow, OutlineRow, StandardRow, Status, VersionRow

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CLAUSES = {
    "1": "Scope. This standard is for artisanal and small-scale gold mining.",
    "2": "Mercury",
    "2.1": "No open burning. Operators shall not burn amalgam in the open.",
    "2.2": "Retorts. Operators should use a retort that recovers the vapour.",
}
_serial = count(1)


def a_standard(session: Session, *, slug: str = "", **fields: Any) -> StandardRow:
    """A standard without versions."""
    slug = slug or f"standard-{next(_serial)}"
    standard = StandardRow(
        **{
            "slug": slug,
            "title": "Responsible artisanal gold",
            "language": "en",
            "scheme": Scheme.DECIMAL,
            "created_at": NOW,
        }
        | fields
    )
    session.add(standard)
    session.flush()
    return standard


def a_version(
    session: Session,
    standard: StandardRow | None = None,
    *,
    clauses: Mapping[str, str] = CLAUSES,
    label: str = "1.0",
    status: Status | str = Status.DRAFT,
    **fields: Any,
) -> VersionRow:
    """A version with these clauses; frozen unless its status is draft."""
    standard = standard or a_standard(session)
    version = VersionRow(standard_id=standard.id, label=label, created_at=NOW, **fields)
    session.add(version)
    session.flush()
    document = a_document(clauses, title=standard.title)
    for position, clause in enumerate(document):
        session.add(ClauseRow(id=clause.id, standard_id=standard.id, created_at=NOW))
        if session.get(ClauseTextRow, clause.text.hash) is None:
            session.add(ClauseTextRow(hash=clause.text.hash, **clause.text.as_json()))
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
    status = Status(status)
    if status is not Status.DRAFT:
        version.status, version.content_hash, version.frozen_at = status, document.hash, NOW
    if status is Status.PUBLISHED:
        version.published_at = NOW
    session.flush()
    return version


def a_document(
    clauses: Mapping[str, str] = CLAUSES, *, title: str = "Responsible artisanal gold"
) -> Document:
    """A document of these clauses, numbered by their places."""
    ids: dict[str, UUID] = {}
    made: list[Clause] = []
    for number, words in clauses.items():
        heading, _, body = words.partition(". ")
        ids[number] = new_id()
        parent = ids.get(number.rpartition(".")[0])
        made.append(Clause(ids[number], _a_text(heading, body), parent=parent))
    return numbered(Document(title=title, language="en", clauses=tuple(made)))


def a_round(
    session: Session,
    version: VersionRow | None = None,
    *,
    opens: datetime | None = None,
    closes: datetime | None = None,
    **wanted: Any,
) -> RoundRow:
    """A round on a frozen version, open at the real time unless told otherwise."""
    from consult import rounds

    version = version or a_version(session, status=Status.CONSULTATION)
    now = datetime.now(UTC)
    fields = {
        "slug": f"round-{next(_serial)}",
        "title": "Gold 2026",
        "languages": ("en", "sw"),
        "opens_at": opens or now - timedelta(days=10),
        "closes_at": closes or now + timedelta(days=20),
    }
    return rounds.open_round(session, version, rounds.NewRound(**fields | wanted), now=now)


def a_group(session: Session, key: str = "pit-miners", label: str = "Pit miners") -> GroupRow:
    """A stakeholder group."""
    from consult import rounds

    return rounds.keep_group(session, key, {"en": label})


def clause_numbered(session: Session, version: VersionRow, number: str) -> UUID:
    """The id of the clause with this number in a version."""
    from sqlmodel import select

    row = session.exec(
        select(OutlineRow).where(OutlineRow.version_id == version.id, OutlineRow.number == number)
    ).one()
    return row.clause_id


def a_person(
    session: Session,
    *,
    role: Role | str = Role.SECRETARY,
    email: str = "",
    name: str = "Asha Mrema",
    password: str | None = None,
    **fields: Any,
) -> PersonRow:
    """Someone who may sign in; with a password only when one is given."""
    from consult import accounts

    email = email or f"person-{next(_serial)}@example.org"
    person = PersonRow(
        **{
            "email_lookup": keys.ring().lookup(email.lower(), "person.email"),
            "email": email,
            "name": name,
            "role": Role(role),
            "session_stamp": "a" * 32,
            "created_at": NOW,
            "password_hash": accounts.hash_password(password) if password else None,
        }
        | fields
    )
    session.add(person)
    session.flush()
    return person


def _a_text(heading: str, body: str) -> ClauseText:
    modality = Modality.NONE
    if " shall " in body:
        modality = Modality.REQUIREMENT
    elif " should " in body:
        modality = Modality.RECOMMENDATION
    return ClauseText(heading=heading, body=body, level=Level.SECTION, modality=modality)
