"""The life of a version: imported, drafted, frozen, published, followed by the next.

    draft → consultation → decided → published → superseded | withdrawn

Freezing records the content hash, and from then on the database refuses changes.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field, field_validator
from sqlmodel import Session, select

from standards import match, store
from standards.diff import Comparison, compare
from standards.document import Imported, Scheme
from standards.errors import StandardsError
from standards.identity import new_id
from standards.lineage import Relation
from standards.tables import (
    ClauseRow,
    EditKind,
    EditRow,
    LineageRow,
    LineageState,
    OutlineRow,
    OverlayRow,
    StandardRow,
    Status,
    VersionRow,
)

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class VersionExists(StandardsError):
    """A label can name only one version of a standard."""

    def __init__(self, slug: str, label: str) -> None:
        super().__init__(f"“{slug}” already has a version {label}. Choose another label.")


class NotADraft(StandardsError):
    """Only a draft changes."""

    def __init__(self, version: VersionRow) -> None:
        super().__init__(
            f"Version {version.label} is frozen and does not change. Start a new draft from it to write on."
        )


class StillADraft(StandardsError):
    """Something needs a frozen version."""

    def __init__(self, version: VersionRow) -> None:
        super().__init__(f"Version {version.label} is still a draft. Freeze it first.")


class NothingToFreeze(StandardsError):
    """A version without clauses has no text to freeze."""

    def __init__(self, version: VersionRow) -> None:
        super().__init__(
            f"Version {version.label} has no clauses yet. Add or import some before freezing it."
        )


class WrongMoment(StandardsError):
    """A version cannot take this step from where it stands."""


class LocalText(StandardsError):
    """The text of a local interpretation goes the way of that interpretation, not a standard's."""

    def __init__(self, overlay: OverlayRow) -> None:
        super().__init__(
            f"This is the text of {overlay.title}, a local interpretation. It is drafted, decided and "
            "published there, operation by operation: at the desk under Local texts."
        )
        self.overlay = overlay


class NewStandard(BaseModel):
    """What must be known to begin a standard, or the next version of one, from an import."""

    slug: str = Field(min_length=1, max_length=80)
    label: str = Field(min_length=1, max_length=40)
    title: str = Field(default="", max_length=300)
    lead: str = Field(default="", max_length=1000)
    owner: str = Field(default="", max_length=300)

    @field_validator("slug")
    @classmethod
    def _plain_slug(cls, slug: str) -> str:
        if not SLUG.fullmatch(slug):
            raise ValueError("Use small letters, digits and hyphens, such as gold-2.")
        return slug

    @field_validator("label")
    @classmethod
    def _plain_label(cls, label: str) -> str:
        if not re.fullmatch(r"[\w.+-]+", label):
            raise ValueError("Use letters, digits, full stops and hyphens, such as 2.0.")
        return label


def import_version(
    session: Session, imported: Imported, wanted: NewStandard, *, by: str, now: datetime
) -> VersionRow:
    """Save an import as the first draft of a standard, or as a further draft of one that is there.

    A further draft made this way has no recorded lineage: see `import_onto`.
    Raises VersionExists.
    """
    standard = session.exec(select(StandardRow).where(StandardRow.slug == wanted.slug)).first()
    if standard is None:
        standard = StandardRow(
            slug=wanted.slug,
            title=wanted.title or imported.title or wanted.slug,
            lead=wanted.lead,
            language=imported.language or "en",
            scheme=imported.scheme,
            owner=wanted.owner,
            created_at=now,
        )
        session.add(standard)
        session.flush()
    version = _new_version(session, standard, wanted.label, None, now)
    _fill(session, standard, version, imported, {}, by=by, now=now)
    return version


def import_onto(
    session: Session, imported: Imported, older: VersionRow, label: str, *, by: str, now: datetime
) -> VersionRow:
    """Save an import as the draft that follows `older`.

    Clauses matched beyond doubt keep their id; suggested ones get a new id and
    a suggested step of lineage until a person confirms; the rest are new, and
    what has no successor is left for a person to call withdrawn.
    """
    if older.content_hash is None:
        raise StillADraft(older)
    standard = session.get_one(StandardRow, older.standard_id)
    found = match.match_documents(store.load(session, older), imported)
    version = _new_version(session, standard, label, older.id, now)
    ids = _fill(session, standard, version, imported, found.decided, by=by, now=now)

    def note(relation: Relation, old: UUID, new: str, state: LineageState, score: float | None) -> None:
        session.add(
            LineageRow(
                from_version_id=older.id,
                to_version_id=version.id,
                relation=relation,
                from_clause_id=old,
                to_clause_id=ids[new],
                state=state,
                score=score,
                by=by,
                at=now,
            )
        )

    for entry in found.matches:
        if entry.old is not None and entry.relation in (Relation.SPLIT, Relation.MERGED):
            for new in entry.new:
                note(entry.relation, UUID(entry.old), new, LineageState.RECORDED, None)
    for old, suggestions in found.suggestions.items():
        for suggestion in suggestions:
            if suggestion.id not in found.decided:
                note(Relation.REPLACED, old, suggestion.id, LineageState.SUGGESTED, suggestion.score)
    return version


def _new_version(
    session: Session, standard: StandardRow, label: str, based_on: UUID | None, now: datetime
) -> VersionRow:
    _refuse_local_text(session, standard.id)
    taken = session.exec(
        select(VersionRow.id).where(VersionRow.standard_id == standard.id, VersionRow.label == label)
    ).first()
    if taken is not None:
        raise VersionExists(standard.slug, label)
    version = VersionRow(standard_id=standard.id, label=label, based_on_id=based_on, created_at=now)
    session.add(version)
    session.flush()
    return version


def _refuse_local_text(session: Session, standard_id: UUID) -> None:
    overlay = session.exec(select(OverlayRow).where(OverlayRow.text_standard_id == standard_id)).first()
    if overlay is not None:
        raise LocalText(overlay)


def _fill(
    session: Session,
    standard: StandardRow,
    version: VersionRow,
    imported: Imported,
    kept_ids: Mapping[str, UUID],
    *,
    by: str,
    now: datetime,
) -> dict[str, UUID]:
    ids = {clause.key: kept_ids.get(clause.key) or new_id() for clause in imported.clauses}
    fresh = [clause for clause in imported.clauses if clause.key not in kept_ids]
    if not imported.clauses:
        return ids
    store.keep_texts(session, (clause.text for clause in imported.clauses), standard.language)
    if fresh:
        session.execute(
            sa.insert(ClauseRow),
            [
                {
                    "id": ids[clause.key],
                    "standard_id": standard.id,
                    "anchor": clause.anchor[:200],
                    "created_at": now,
                }
                for clause in fresh
            ],
        )
    places: dict[str | None, int] = {}
    outline, edits = [], []
    for clause in imported.clauses:
        place = places[clause.parent] = places.get(clause.parent, -1) + 1
        parent = ids[clause.parent] if clause.parent is not None else None
        where = {
            "version_id": version.id,
            "clause_id": ids[clause.key],
            "parent_id": parent,
            "position": place,
        }
        outline.append({**where, "text_hash": clause.text.hash, "number": ""})
        edits.append(
            {
                **where,
                "id": new_id(),
                "kind": EditKind.IMPORT,
                "before_hash": None,
                "after_hash": clause.text.hash,
                "reason": "",
                "by": by,
                "at": now,
            }
        )
    session.execute(sa.insert(OutlineRow), outline)
    session.execute(sa.insert(EditRow), edits)
    return ids


def begin(
    session: Session, wanted: NewStandard, *, language: str, scheme: Scheme, by: str, now: datetime
) -> VersionRow:
    """An empty first draft of a new standard, to be written clause by clause."""
    empty = Imported(title=wanted.title, language=language, scheme=scheme, clauses=())
    return import_version(session, empty, wanted, by=by, now=now)


def new_draft(session: Session, older: VersionRow, label: str, *, now: datetime) -> VersionRow:
    """A draft that starts with the same clauses, texts and places as a frozen version.

    Raises StillADraft, VersionExists, LocalText.
    """
    if older.content_hash is None:
        raise StillADraft(older)
    standard = session.get_one(StandardRow, older.standard_id)
    version = _new_version(session, standard, label, older.id, now)
    rows = session.exec(select(OutlineRow).where(OutlineRow.version_id == older.id)).all()
    session.execute(
        sa.insert(OutlineRow), [{**row.model_dump(), "version_id": version.id, "number": ""} for row in rows]
    )
    return version


def freeze(session: Session, version: VersionRow, *, now: datetime, decided: bool = False) -> str:
    """Fix a draft's text for good: for consultation, or straight to decided. Returns the content hash.

    Raises NotADraft, NothingToFreeze.
    """
    if store.status_in_hand(session, version) is not Status.DRAFT:
        raise NotADraft(version)
    document = store.load(session, version)
    if not document.clauses:
        raise NothingToFreeze(version)
    session.execute(
        sa.update(OutlineRow),
        [{"version_id": version.id, "clause_id": clause.id, "number": clause.number} for clause in document],
    )
    version.content_hash = document.hash
    version.status = Status.DECIDED if decided else Status.CONSULTATION
    version.frozen_at = now
    session.add(version)
    session.flush()
    return document.hash


def mark_decided(session: Session, version: VersionRow) -> None:
    """The committee has decided on this consulted text as it stands."""
    _refuse_local_text(session, version.standard_id)
    if version.status is not Status.CONSULTATION:
        raise WrongMoment(
            f"Version {version.label} is {version.status.value}; only a consulted text is decided."
        )
    version.status = Status.DECIDED
    session.add(version)


def publish(
    session: Session, version: VersionRow, *, change_note: str = "", now: datetime
) -> list[VersionRow]:
    """Make a decided version the text in force. Returns the versions it supersedes.

    Whether open comments stand in the way is for the caller to know. Raises WrongMoment, LocalText.
    """
    _refuse_local_text(session, version.standard_id)
    if version.status is not Status.DECIDED:
        raise WrongMoment(
            f"Version {version.label} is {version.status.value}. Freeze it as decided before publishing it."
        )
    replaced = list(
        session.exec(
            select(VersionRow).where(
                VersionRow.standard_id == version.standard_id, VersionRow.status == Status.PUBLISHED
            )
        ).all()
    )
    for older in replaced:
        older.status = Status.SUPERSEDED
        session.add(older)
    version.status = Status.PUBLISHED
    version.published_at = now
    version.change_note = change_note
    session.add(version)
    return replaced


def comparison(session: Session, older: VersionRow, newer: VersionRow) -> Comparison:
    """What changed between two versions, by recorded lineage where one descends from the other."""
    steps = store.steps_between(session, older, newer)
    return compare(store.load(session, older), store.load(session, newer), steps)


def versions_of(session: Session, standard: StandardRow) -> list[VersionRow]:
    """All versions of a standard, newest first."""
    return list(
        session.exec(
            select(VersionRow)
            .where(VersionRow.standard_id == standard.id)
            .order_by(VersionRow.created_at.desc(), VersionRow.id.desc())  # type: ignore[attr-defined]
        ).all()
    )
