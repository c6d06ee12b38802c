"""Reading and keeping the document core's values: the only module besides `tables` that queries them."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, select

from standards import markdown, numbering
from standards.document import (
    Attributes,
    Clause,
    ClauseText,
    Document,
    Grade,
    Level,
    Modality,
    Parameter,
    in_reading_order,
)
from standards.errors import StandardsError
from standards.lineage import Relation, Step
from standards.tables import (
    ClauseHtmlRow,
    ClauseRow,
    ClauseTextRow,
    LineageRow,
    LineageState,
    OutlineRow,
    StandardRow,
    Status,
    VersionRow,
)


class UnknownStandard(StandardsError):
    """No standard has this slug."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"There is no standard called “{slug}”.")
        self.slug = slug


class UnknownVersion(StandardsError):
    """The standard has no version with this label."""

    def __init__(self, slug: str, label: str) -> None:
        super().__init__(f"“{slug}” has no version {label}.")
        self.slug, self.label = slug, label


class UnknownClause(StandardsError):
    """The version has no clause of this number or id."""

    def __init__(self, named: str, where: str) -> None:
        super().__init__(f"There is no clause {named} in {where}.")
        self.named = named


def standard_called(session: Session, slug: str) -> StandardRow:
    """The standard of this slug. Raises UnknownStandard."""
    row = session.exec(select(StandardRow).where(StandardRow.slug == slug)).first()
    if row is None:
        raise UnknownStandard(slug)
    return row


def version_called(session: Session, name: str) -> tuple[StandardRow, VersionRow]:
    """The version named `slug@label`. Raises UnknownStandard or UnknownVersion."""
    slug, _, label = name.partition("@")
    standard = standard_called(session, slug)
    row = session.exec(
        select(VersionRow).where(VersionRow.standard_id == standard.id, VersionRow.label == label)
    ).first()
    if row is None:
        raise UnknownVersion(slug, label)
    return standard, row


def status_in_hand(session: Session, version: VersionRow) -> Status:
    """The status of a version as it is now, kept from other writers until the transaction ends.

    So one person at a time writes in a draft, and nobody while it is being frozen.
    The row in hand may be older than the transaction.
    """
    column = VersionRow.__table__.c  # type: ignore[attr-defined]
    query = sa.select(column.status).where(column.id == version.id).with_for_update(key_share=True)
    status: Status = session.execute(query).scalar_one()
    return status


def load(session: Session, version: VersionRow) -> Document:
    """The whole text of a version, numbered; one query.

    A frozen version keeps the numbers it was frozen with.
    """
    standard = session.get_one(StandardRow, version.standard_id)
    rows = session.connection().execute(
        sa.select(
            OutlineRow.__table__.c.clause_id,  # type: ignore[attr-defined]
            OutlineRow.__table__.c.parent_id,  # type: ignore[attr-defined]
            OutlineRow.__table__.c.position,  # type: ignore[attr-defined]
            OutlineRow.__table__.c.number,  # type: ignore[attr-defined]
            ClauseRow.__table__.c.anchor,  # type: ignore[attr-defined]
            ClauseTextRow.__table__,  # type: ignore[attr-defined]
        )
        .join(ClauseTextRow, ClauseTextRow.hash == OutlineRow.text_hash)  # type: ignore[arg-type]
        .join(ClauseRow, ClauseRow.id == OutlineRow.clause_id)  # type: ignore[arg-type]
        .where(OutlineRow.version_id == version.id)  # type: ignore[arg-type]
    )
    clauses: dict[UUID, Clause] = {}
    order: dict[UUID, int] = {}
    for row in rows:
        clauses[row.clause_id] = Clause(
            id=row.clause_id,
            text=text_from_row(row._mapping),
            parent=row.parent_id,
            number=row.number,
            anchor=row.anchor,
        )
        order[row.clause_id] = row.position
    document = Document(
        title=standard.title,
        language=standard.language,
        scheme=standard.scheme,
        clauses=in_reading_order(clauses, order),
    )
    return document if version.content_hash else numbering.numbered(document)


@lru_cache(maxsize=20_000)
def _text(
    hash_: str,
    heading: str,
    body: str,
    level: Level,
    modality: Modality,
    grade: Grade,
    declared_number: str,
    attributes: str,
    parameters: str,
) -> ClauseText:
    text = ClauseText(
        heading=heading,
        body=body,
        level=level,
        modality=modality,
        grade=grade,
        declared_number=declared_number,
        attributes=Attributes.model_validate_json(attributes),
        parameters=tuple(Parameter.model_validate(value) for value in _json_list(parameters)),
    )
    # The hash is the row's key; reading it back spares computing it for every clause of every page.
    text.__dict__["hash"] = hash_
    return text


def _json_list(written: str) -> list[Any]:
    import json

    return cast(list[Any], json.loads(written))


def text_from_row(row: Mapping[Any, Any]) -> ClauseText:
    """The content held in a row of `clause_text`."""
    import json

    return _text(
        row["hash"],
        row["heading"],
        row["body"],
        row["level"],
        row["modality"],
        row["grade"],
        row["declared_number"],
        json.dumps(row["attributes"], sort_keys=True),
        json.dumps(row["parameters"], sort_keys=True),
    )


def text_called(session: Session, hash_: str) -> ClauseText:
    """The content of this hash. Raises sqlalchemy's NoResultFound when it was never kept."""
    row = session.get_one(ClauseTextRow, hash_)
    return text_from_row(row.model_dump())


def keep_texts(session: Session, texts: Iterable[ClauseText], language: str) -> None:
    """Keep contents and their HTML; those already there stay as they are."""
    unique = {text.hash: text for text in texts}
    if not unique:
        return
    _insert_missing(
        session,
        ClauseTextRow,
        [{"hash": hash_, **text.as_json()} for hash_, text in unique.items()],
        ["hash"],
    )
    _insert_missing(
        session,
        ClauseHtmlRow,
        [
            {"text_hash": hash_, "renderer": _renderer(language), "html": rendered(text, language)}
            for hash_, text in unique.items()
        ],
        ["text_hash", "renderer"],
    )


def _insert_missing(
    session: Session, table: type[ClauseTextRow | ClauseHtmlRow], rows: list[dict[str, Any]], key: list[str]
) -> None:
    dialect = session.get_bind().dialect.name
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    for start in range(0, len(rows), 500):
        statement = insert(table).on_conflict_do_nothing(index_elements=key)
        session.execute(statement, rows[start : start + 500])


def rendered(text: ClauseText, language: str) -> str:
    """A clause's body as safe HTML; its footnotes carry ids of their own, so that many share a page."""
    return markdown.render(text, prefix=f"n{text.hash[:8]}-", language=language)


def _renderer(language: str) -> str:
    return f"{markdown.RENDERER}-{language}"


def html_of(session: Session, clauses: Iterable[Clause], language: str) -> dict[str, str]:
    """Safe HTML under each text's hash: as kept, or rendered anew after the renderer changed."""
    texts = {clause.text.hash: clause.text for clause in clauses}
    found: dict[str, str] = {}
    hashes = list(texts)
    for start in range(0, len(hashes), 900):
        rows = session.connection().execute(
            sa.select(ClauseHtmlRow.__table__.c.text_hash, ClauseHtmlRow.__table__.c.html).where(  # type: ignore[attr-defined]
                ClauseHtmlRow.__table__.c.text_hash.in_(hashes[start : start + 900]),  # type: ignore[attr-defined]
                ClauseHtmlRow.__table__.c.renderer == _renderer(language),  # type: ignore[attr-defined]
            )
        )
        found.update({row.text_hash: row.html for row in rows})
    for hash_, text in texts.items():
        if hash_ not in found:
            found[hash_] = rendered(text, language)
    return found


def clause_in(document: Document, named: str, where: str = "this version") -> Clause:
    """The clause of this number, id or anchor. Raises UnknownClause."""
    if found := document.by_number.get(named):
        return found
    try:
        by_id = document.by_id.get(UUID(named))
    except ValueError:
        by_id = None
    found = by_id or next((clause for clause in document if clause.anchor and clause.anchor == named), None)
    if found is None:
        raise UnknownClause(named, where)
    return found


def steps_between(session: Session, older: VersionRow, newer: VersionRow) -> list[Step]:
    """The recorded and confirmed acts from one version to another, along the drafts between them.

    Empty when `newer` does not descend from `older`.
    """
    path = _descent(session, older, newer)
    steps: list[Step] = []
    for earlier, later in path:
        steps.extend(_steps(session, earlier, later))
    return steps


def _descent(session: Session, older: VersionRow, newer: VersionRow) -> list[tuple[UUID, UUID]]:
    path: list[tuple[UUID, UUID]] = []
    current = newer
    while current.id != older.id:
        if current.based_on_id is None:
            return []
        path.append((current.based_on_id, current.id))
        current = session.get_one(VersionRow, current.based_on_id)
    return path[::-1]


def _steps(session: Session, earlier: UUID, later: UUID) -> list[Step]:
    rows = session.exec(
        select(LineageRow)
        .where(
            LineageRow.from_version_id == earlier,
            LineageRow.to_version_id == later,
            sa.or_(
                LineageRow.state == LineageState.RECORDED,  # type: ignore[arg-type]
                LineageRow.state == LineageState.CONFIRMED,  # type: ignore[arg-type]
            ),
        )
        .order_by(LineageRow.at, LineageRow.id)  # type: ignore[arg-type]
    ).all()
    gathered: dict[tuple[Relation, UUID | None], tuple[list[UUID], list[UUID]]] = {}
    for row in rows:
        pivot = row.to_clause_id if row.relation is Relation.MERGED else row.from_clause_id
        sources, targets = gathered.setdefault((row.relation, pivot), ([], []))
        if row.from_clause_id and row.from_clause_id not in sources:
            sources.append(row.from_clause_id)
        if row.to_clause_id and row.to_clause_id not in targets:
            targets.append(row.to_clause_id)
    return [
        Step(relation, tuple(sources), tuple(targets))
        for (relation, _), (sources, targets) in gathered.items()
    ]
