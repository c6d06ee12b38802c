"""Drafting an overlay: begun or brought in from a file, then operation by operation.

Nothing is half kept: a file with one operation that cannot stand leaves no trace.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, select

from standards import store as texts
from standards.document import Scheme
from standards.errors import StandardsError
from standards.operations import Add, LocalScope, Operation, Overlay, added_id
from standards.overlays import chain, file
from standards.overlays.guards import OperationsRefused, Refusal, refusals, refusals_of
from standards.overlays.pins import pinned
from standards.overlays.store import (
    OverlayExists,
    StandsInTheWay,
    UnknownOverlay,
    ground_of,
    hold_draft,
    keep,
    load,
    name_of,
    new_version,
    operation_in,
    operations_of,
    overlay_name,
    overlay_of_text,
    parents_of,
    version_called,
    versions_of,
)
from standards.tables import OperationRow, OverlayRow, OverlayVersionRow, StandardRow, VersionRow
from standards.versions import NewStandard, StillADraft, WrongMoment


class BaseIsLocal(StandardsError):
    """A local text is to stand on the text of another as if that were an international one."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is a local text itself. Name it as the parent, and as the base what it stands on."
        )


def begin(
    session: Session,
    wanted: NewStandard,
    base: VersionRow,
    *,
    parent: OverlayVersionRow | None = None,
    scope: LocalScope | None = None,
    regions: Sequence[str] = (),
    now: datetime,
) -> OverlayVersionRow:
    """An empty first draft of a new overlay on a frozen base.

    Raises StillADraft, BaseIsLocal, OverlayExists, WrongParent.
    """
    if base.content_hash is None:
        raise StillADraft(base)
    _refuse_local_base(session, base)
    if parent is not None and parent.base_id != base.id:
        raise chain.WrongParent(
            f"{overlay_name(session, parent)} stands on another base. Carry it over to this one first, "
            "or choose the base it stands on."
        )
    taken = session.exec(select(StandardRow.id).where(StandardRow.slug == wanted.slug)).first()
    if taken is not None:
        raise OverlayExists(f"“{wanted.slug}” is the short name of another text. Choose another.")
    work = session.get_one(StandardRow, base.standard_id)
    text = StandardRow(
        slug=wanted.slug,
        title=wanted.title or wanted.slug,
        lead=wanted.lead,
        language=work.language,
        scheme=Scheme.DECLARED,
        owner=wanted.owner,
        created_at=now,
    )
    session.add(text)
    session.flush()
    overlay = OverlayRow(
        slug=wanted.slug,
        title=text.title,
        standard_id=work.id,
        text_standard_id=text.id,
        parent_id=parent.overlay_id if parent else None,
        scope=(scope or LocalScope()).model_dump(mode="json", exclude_defaults=True),
        regions=list(regions),
        created_at=now,
    )
    session.add(overlay)
    session.flush()
    return new_version(session, overlay, wanted.label, base, parent, None, now)


def bring_in(
    session: Session, overlay: Overlay, *, unsigned: bool = False, by: str, now: datetime
) -> OverlayVersionRow:
    """Keep an overlay read from a file as a draft: all of it, or nothing.

    Its base must be here, frozen, with the hash the file names. With `unsigned`
    operations may still lack the word of other people, who give it here. Raises
    UnknownStandard, UnknownVersion, StillADraft, BaseIsLocal, WrongBase, UnknownOverlay,
    OverlayExists, UnknownTarget, UnreadableOverlay, OperationsRefused.
    """
    _work, base = texts.version_called(session, overlay.base)
    if base.content_hash is None:
        raise StillADraft(base)
    _refuse_local_base(session, base)
    if overlay.base_hash and overlay.base_hash != base.content_hash:
        raise chain.WrongBase(overlay, overlay.base)
    if overlay.parent.partition("@")[0] == overlay.name:
        raise chain.ParentCircle([overlay.name, overlay.name])
    parent = version_called(session, overlay.parent)[1] if overlay.parent else None
    layers = [*parents_of(session, parent), load(session, parent)] if parent else []
    if overlay.name in [layer.name for layer in layers]:
        raise chain.ParentCircle([overlay.name, *(layer.name for layer in layers[::-1])])
    ground = chain.ground_of(texts.load(session, base), overlay.base, layers)
    held = file.bound(
        overlay.model_copy(update={"base_hash": base.content_hash}), ground.document, overlay.base
    )
    found = refusals(ground, held)
    if any(one.kind == "refused" or not unsigned for one in found):
        raise OperationsRefused(overlay.called, found)
    row = _row_for(session, overlay, base, parent, now)
    for one in pinned(held, ground).operations:
        keep(session, row, overlay.name, one, by=by, now=now)
    session.flush()
    return row


def _refuse_local_base(session: Session, base: VersionRow) -> None:
    # Under a parent what it made stricter is not undone; of a base nobody would know.
    if overlay_of_text(session, base) is not None:
        raise BaseIsLocal(name_of(session, base))


def _row_for(
    session: Session, overlay: Overlay, base: VersionRow, parent: OverlayVersionRow | None, now: datetime
) -> OverlayVersionRow:
    there = session.exec(select(OverlayRow).where(OverlayRow.slug == overlay.name)).first()
    if there is None:
        wanted = NewStandard(slug=overlay.name, label=overlay.label)
        row = begin(session, wanted, base, parent=parent, scope=overlay.scope, now=now)
    else:
        if there.standard_id != base.standard_id:
            raise OverlayExists(f"“{overlay.name}” is a local text of another standard. Choose another name.")
        scope = LocalScope.model_validate(there.scope)
        if overlay.scope not in (LocalScope(), scope):
            raise OverlayExists(
                f"“{overlay.name}” speaks for another scope than this file names, and keeps it through all "
                "its versions. Leave “scope” out, or choose another name."
            )
        _refuse_other_parent(session, there, parent)
        newest = versions_of(session, there)[:1]
        row = new_version(session, there, overlay.label, base, parent, newest[0] if newest else None, now)
    row.transition_until = overlay.transition_until
    return row


def _refuse_other_parent(session: Session, there: OverlayRow, parent: OverlayVersionRow | None) -> None:
    """Raise WrongParent where a further version leaves its parent, and what that made stricter."""
    if there.parent_id == (parent.overlay_id if parent else None):
        return
    stands = (
        f"under {session.get_one(OverlayRow, there.parent_id).slug}" if there.parent_id else "on its base"
    )
    raise chain.WrongParent(
        f"“{there.slug}” stands {stands}, and does so through all its versions. Name its parent as it was, "
        "or choose another name."
    )


def new_draft(
    session: Session, older: OverlayVersionRow, label: str, *, by: str, now: datetime
) -> OverlayVersionRow:
    """A draft with the operations of a frozen version on its base. Raises WrongMoment, OverlayExists."""
    if older.content_hash is None:
        raise WrongMoment(f"Version {older.label} is still a draft; write on in it.")
    overlay = session.get_one(OverlayRow, older.overlay_id)
    base = session.get_one(VersionRow, older.base_id)
    parent = session.get_one(OverlayVersionRow, older.parent_id) if older.parent_id else None
    row = new_version(session, overlay, label, base, parent, older, now)
    for one in operations_of(session, older):
        kept = keep(session, row, overlay.slug, operation_in(one), by=one.by, now=now)
        kept.state, kept.waiting = one.state, one.waiting
    session.flush()
    return row


def put(
    session: Session,
    version: OverlayVersionRow,
    one: Operation,
    *,
    replacing: UUID | None = None,
    by: str,
    now: datetime,
) -> tuple[OperationRow, list[Refusal]]:
    """Keep one operation in a draft, in the place of another where one is named.

    Returns the row and what it still lacks. Raises OverlayFrozen, UnknownTarget,
    OperationsRefused.
    """
    hold_draft(session, version)
    overlay, ground = load_without(session, version, replacing), ground_of(session, version)
    whole = overlay.model_copy(
        update={"operations": (*overlay.operations, one.model_copy(update={"pins": {}}))}
    )
    whole = file.bound(whole, ground.document, overlay.base)
    held = whole.operations[-1]
    found = refusals_of(ground, whole, held)
    refused = [refusal for refusal in found if refusal.kind == "refused"]
    if refused:
        raise OperationsRefused(overlay.called, refused)
    if replacing is not None:
        take_out(session, version, replacing, instead=held)
    fixed = pinned(whole, ground).operations[-1]
    row = keep(session, version, overlay.name, fixed, by=by, now=now)
    session.flush()
    return row, found


def put_many(
    session: Session, version: OverlayVersionRow, operations: Sequence[Operation], *, by: str, now: datetime
) -> int:
    """Keep several operations in a draft at once: all, or none. Returns how many.

    Raises OverlayFrozen, UnknownTarget, OperationsRefused.
    """
    hold_draft(session, version)
    overlay, ground = load(session, version), ground_of(session, version)
    whole = overlay.model_copy(update={"operations": (*overlay.operations, *operations)})
    whole = file.bound(whole, ground.document, overlay.base)
    fresh = whole.operations[len(overlay.operations) :]
    keys = {one.key for one in fresh}
    refused = [one for one in refusals(ground, whole) if one.kind == "refused" and one.operation.key in keys]
    if refused:
        raise OperationsRefused(overlay.called, refused)
    for one in pinned(whole, ground).operations[len(overlay.operations) :]:
        keep(session, version, overlay.name, one, by=by, now=now)
    session.flush()
    return len(fresh)


def entitle(
    session: Session, overlay: OverlayRow, title: str, *, lead: str = "", regions: Sequence[str] = ()
) -> None:
    """Give an overlay and its text their title, and say which districts are local."""
    overlay.title, overlay.regions = title, list(regions)
    text = session.get_one(StandardRow, overlay.text_standard_id)
    text.title, text.lead = title, lead
    session.add_all([overlay, text])
    session.flush()


def load_without(session: Session, version: OverlayVersionRow, operation_id: UUID | None) -> Overlay:
    """The overlay version as a value, one of its operations left out."""
    rows = operations_of(session, version)
    kept = tuple(operation_in(row) for row in rows if not row.waiting and row.id != operation_id)
    return load(session, version).model_copy(update={"operations": kept})


def take_out(
    session: Session, version: OverlayVersionRow, operation_id: UUID, *, instead: Operation | None = None
) -> Operation:
    """Take an operation out of a draft, `instead` about to stand in its place; returns what went.

    Raises OverlayFrozen, UnknownOverlay, StandsInTheWay for a clause
    that would leave its own operations behind.
    """
    hold_draft(session, version)
    row = session.get(OperationRow, operation_id)
    if row is None or row.overlay_version_id != version.id:
        raise UnknownOverlay("This operation is no longer there; somebody has taken it out meanwhile.")
    one = operation_in(row)
    stays = isinstance(one, Add) and isinstance(instead, Add) and instead.id == one.id
    if isinstance(one, Add) and not stays:
        id_ = str(added_id(session.get_one(OverlayRow, version.overlay_id).slug, one.id))
        on_it = [
            other
            for other in operations_of(session, version)
            if other.content.get("target", other.content.get("after")) == id_
        ]
        if on_it:
            many = f"{len(on_it)} operations" if len(on_it) > 1 else "an operation"
            raise StandsInTheWay([f"{one.id} has {many} of its own. Take out first what is on it, then it."])
    session.delete(row)
    session.flush()
    return one


def settle(
    session: Session,
    version: OverlayVersionRow,
    operation_id: UUID,
    one: Operation | None,
    *,
    by: str,
    now: datetime,
) -> OperationRow | None:
    """Decide on an operation that waits: keep it in this form, or let it go with None.

    Raises OverlayFrozen, UnknownOverlay, UnknownTarget, OperationsRefused.
    """
    if one is not None:
        return put(session, version, one, replacing=operation_id, by=by, now=now)[0]
    take_out(session, version, operation_id)
    return None
