"""Keeping overlays: finding them, loading them with their chain, and their rows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from standards import store as texts
from standards.document import Document
from standards.errors import StandardsError
from standards.operations import Add, LocalScope, Operation, Overlay, added_id
from standards.overlays import chain, file
from standards.overlays.resolve import Resolved
from standards.tables import (
    ClauseRow,
    OperationRow,
    OverlayRow,
    OverlayVersionRow,
    StandardRow,
    VersionRow,
)


class UnknownOverlay(StandardsError):
    """No overlay has this short name, or it has no version of this label."""


class OverlayExists(StandardsError):
    """A label can name only one version of an overlay, and a short name only one text."""


class OverlayFrozen(StandardsError):
    """Only a draft of an overlay changes."""

    def __init__(self, version: OverlayVersionRow) -> None:
        super().__init__(
            f"Version {version.label} of this local text is frozen and does not change. "
            "Start a new draft from it to write on."
        )


class StandsInTheWay(StandardsError):
    """An overlay cannot take its next step yet; the sentences say what it waits for."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = tuple(sentences)


# --- finding and loading


def overlay_called(session: Session, slug: str) -> OverlayRow:
    """The overlay of this short name. Raises UnknownOverlay."""
    row = session.exec(select(OverlayRow).where(OverlayRow.slug == slug)).first()
    if row is None:
        raise UnknownOverlay(f"There is no local text called “{slug}”.")
    return row


def version_called(session: Session, name: str) -> tuple[OverlayRow, OverlayVersionRow]:
    """The overlay version named `slug@label`. Raises UnknownOverlay."""
    slug, _, label = name.partition("@")
    overlay = overlay_called(session, slug)
    row = session.exec(
        select(OverlayVersionRow).where(
            OverlayVersionRow.overlay_id == overlay.id, OverlayVersionRow.label == label
        )
    ).first()
    if row is None:
        raise UnknownOverlay(f"The local text “{slug}” has no version {label or '(none was named)'}.")
    return overlay, row


def versions_of(session: Session, overlay: OverlayRow) -> list[OverlayVersionRow]:
    """All versions of an overlay, newest first."""
    query = select(OverlayVersionRow).where(OverlayVersionRow.overlay_id == overlay.id)
    return list(session.exec(query.order_by(col(OverlayVersionRow.created_at).desc())).all())


def base_of(session: Session, version: OverlayVersionRow) -> tuple[Document, str]:
    """The pinned base of an overlay version, and its name `rag@2.0`."""
    base = session.get_one(VersionRow, version.base_id)
    return texts.load(session, base), name_of(session, base)


def operations_of(session: Session, version: OverlayVersionRow) -> list[OperationRow]:
    """The rows of an overlay version's operations, oldest first, waiting ones included."""
    query = select(OperationRow).where(OperationRow.overlay_version_id == version.id)
    query = query.order_by(col(OperationRow.at), col(OperationRow.id))
    # As they are kept by now: what was read before a draft was held may be older.
    return list(session.exec(query, execution_options={"populate_existing": True}).all())


def operation_in(row: OperationRow) -> Operation:
    """The operation a row keeps."""
    return file.operation(row.content)


def load(session: Session, version: OverlayVersionRow) -> Overlay:
    """An overlay version as a value; operations that wait after a move of the base are left out."""
    overlay = session.get_one(OverlayRow, version.overlay_id)
    base = session.get_one(VersionRow, version.base_id)
    rows = operations_of(session, version)
    return Overlay(
        name=overlay.slug,
        label=version.label,
        base=name_of(session, base),
        base_hash=base.content_hash or "",
        parent=_parent_name(session, version),
        scope=LocalScope.model_validate(overlay.scope),
        operations=tuple(operation_in(row) for row in rows if not row.waiting),
        transition_until=version.transition_until,
    )


def parents_of(session: Session, version: OverlayVersionRow) -> list[Overlay]:
    """The layers above an overlay version, the most general first. Raises ParentCircle."""
    found: list[Overlay] = []
    seen = [version.id]
    above = version.parent_id
    while above is not None:
        parent = session.get_one(OverlayVersionRow, above)
        found.insert(0, load(session, parent))
        if above in seen:
            raise chain.ParentCircle([one.called for one in found])
        seen.append(above)
        above = parent.parent_id
    return found


def ground_of(session: Session, version: OverlayVersionRow) -> Resolved:
    """The lasting text an overlay version stands on: its base under its parents."""
    return chain.ground_of(*base_of(session, version), parents_of(session, version))


def resolved(session: Session, version: OverlayVersionRow, on: date) -> Resolved:
    """The text under the whole chain as it is in force on a day."""
    layers = [*parents_of(session, version), load(session, version)]
    return chain.resolved(*base_of(session, version), layers, on)


def check(session: Session, version: OverlayVersionRow) -> chain.Checked:
    """What stands in the way of an overlay version; a clause with a waiting operation is not undecided."""
    found = chain.check(ground_of(session, version), load(session, version))
    waiting = {row.clause_id for row in operations_of(session, version) if row.waiting}
    left = tuple(clause for clause in found.undecided if clause.id not in waiting)
    return replace(found, undecided=left)


def overlay_of_text(session: Session, text: VersionRow) -> OverlayVersionRow | None:
    """The overlay version whose text this is; None for an ordinary version."""
    return session.exec(select(OverlayVersionRow).where(OverlayVersionRow.text_id == text.id)).first()


# --- rows


def new_version(
    session: Session,
    overlay: OverlayRow,
    label: str,
    base: VersionRow,
    parent: OverlayVersionRow | None,
    based_on: OverlayVersionRow | None,
    now: datetime,
) -> OverlayVersionRow:
    there = select(OverlayVersionRow.id).where(
        OverlayVersionRow.overlay_id == overlay.id, OverlayVersionRow.label == label
    )
    if session.exec(there).first() is not None:
        raise OverlayExists(f"“{overlay.slug}” already has a version {label}. Choose another label.")
    row = OverlayVersionRow(
        overlay_id=overlay.id,
        label=label,
        base_id=base.id,
        parent_id=parent.id if parent else None,
        based_on_id=based_on.id if based_on else None,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def keep(
    session: Session, version: OverlayVersionRow, name: str, one: Operation, *, by: str, now: datetime
) -> OperationRow:
    if isinstance(one, Add):
        _clause_row(session, version, name, one, now)
    row = OperationRow(
        overlay_version_id=version.id,
        clause_id=one.clause_id,
        op=one.op,
        field=one.field,
        content=one.as_json(),
        by=by,
        at=now,
    )
    session.add(row)
    return row


def _clause_row(session: Session, version: OverlayVersionRow, name: str, one: Add, now: datetime) -> None:
    """The identity of a clause the overlay adds: the same through all its versions."""
    id_ = added_id(name, one.id)
    if session.get(ClauseRow, id_) is None:
        overlay = session.get_one(OverlayRow, version.overlay_id)
        session.add(ClauseRow(id=id_, standard_id=overlay.text_standard_id, anchor=one.id, created_at=now))
        session.flush()


def hold_draft(session: Session, version: OverlayVersionRow) -> None:
    """Keep a draft from other writers until the transaction ends. Raises OverlayFrozen.

    So one person at a time writes in it, and nobody while it is being frozen. The
    row in hand may be older than the transaction.
    """
    column = OverlayVersionRow.__table__.c  # type: ignore[attr-defined]
    query = sa.select(column.content_hash).where(column.id == version.id).with_for_update(key_share=True)
    if session.execute(query).scalar_one() is not None:
        raise OverlayFrozen(version)


def hold(session: Session, overlay: OverlayRow) -> None:
    """Keep an overlay from others who hold it until the transaction ends: one publishes, or gives a seat."""
    session.refresh(overlay, with_for_update={"key_share": True})


def name_of(session: Session, version: VersionRow) -> str:
    return f"{session.get_one(StandardRow, version.standard_id).slug}@{version.label}"


def overlay_name(session: Session, version: OverlayVersionRow) -> str:
    return f"{session.get_one(OverlayRow, version.overlay_id).slug}@{version.label}"


def _parent_name(session: Session, version: OverlayVersionRow) -> str:
    if version.parent_id is None:
        return ""
    return overlay_name(session, session.get_one(OverlayVersionRow, version.parent_id))
