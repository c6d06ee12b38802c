"""The life of an overlay version: frozen, decided, published; and carried over when the base moves.

    draft → consultation → decided → published → superseded | withdrawn

Frozen, its lasting text becomes a frozen version of a standard of its own, so
that it is read, consulted on, compared and sent out as any other.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from standards import store as texts
from standards.document import Document, Scheme
from standards.operations import Overlay
from standards.overlays import chain, rebase
from standards.overlays.pins import pinned
from standards.overlays.resolve import of_base
from standards.overlays.store import (
    StandsInTheWay,
    check,
    ground_of,
    hold,
    hold_draft,
    keep,
    load,
    name_of,
    new_version,
    operation_in,
    operations_of,
    overlay_name,
    parents_of,
    version_called,
    versions_of,
)
from standards.tables import OutlineRow, OverlayRow, OverlayVersionRow, Status, VersionRow
from standards.versions import StillADraft, WrongMoment


def freeze(
    session: Session, version: OverlayVersionRow, *, decided: bool = False, by: str, now: datetime
) -> VersionRow:
    """Fix an overlay version and make its lasting text a frozen version: for consultation, or decided.

    For consultation clauses may still be undecided; for a decision nothing may
    be refused, lacking, waiting or undecided. Raises OverlayFrozen, StandsInTheWay.
    """
    hold_draft(session, version)
    found = check(session, version)
    stands = in_the_way(session, version, found)
    if stands and decided:
        raise StandsInTheWay(stands)
    refused = [refusal.sentence for refusal in found.refusals if refusal.kind == "refused"]
    refused += _parent_in_the_way(session, version, decided=False)
    if refused:
        raise StandsInTheWay(refused)
    overlay = load(session, version)
    text = _text_version(session, version, found.resolved.document, now)
    text.status = version.status = Status.DECIDED if decided else Status.CONSULTATION
    version.text_id = text.id
    version.content_hash = overlay.hash
    version.frozen_at = now
    session.add_all([text, version])
    session.flush()
    return text


def in_the_way(session: Session, version: OverlayVersionRow, found: chain.Checked | None = None) -> list[str]:
    """What an overlay version waits for before it can be approved, each as a sentence."""
    found = found or check(session, version)
    sentences = [refusal.sentence for refusal in found.refusals]
    sentences += _parent_in_the_way(session, version, decided=True)
    rows = [row for row in operations_of(session, version) if row.waiting]
    if rows:
        count = f"{len(rows)} operations wait" if len(rows) > 1 else "One operation waits"
        sentences.append(f"{count} for a person since the base moved.")
    if found.undecided:
        numbers = ", ".join(clause.number or "a clause without a number" for clause in found.undecided[:5])
        more = f" and {len(found.undecided) - 5} more" if len(found.undecided) > 5 else ""
        sentences.append(f"Nobody has decided on {numbers}{more}. Adopt, change or explain each.")
    return sentences


def _parent_in_the_way(session: Session, version: OverlayVersionRow, *, decided: bool) -> list[str]:
    """What the parent still has to do: a text cannot be fixed on one that may yet change."""
    parent = session.get(OverlayVersionRow, version.parent_id) if version.parent_id else None
    if parent is None:
        return []
    name = overlay_name(session, parent)
    if parent.content_hash is None:
        return [f"Its parent {name} is still a draft. Freeze the parent first."]
    if decided and parent.status in (Status.CONSULTATION, Status.WITHDRAWN):
        return [f"Its parent {name} is not decided. Decide on the parent first."]
    return []


def mark_decided(session: Session, version: OverlayVersionRow) -> None:
    """The working group has decided on a consulted text as it stands. Raises WrongMoment, StandsInTheWay."""
    if version.status is not Status.CONSULTATION:
        raise WrongMoment(
            f"Version {version.label} is {version.status.value}; only a consulted text is decided."
        )
    stands = in_the_way(session, version)
    if stands:
        raise StandsInTheWay(stands)
    set_status(session, version, Status.DECIDED)


def publish(session: Session, version: OverlayVersionRow, *, now: datetime) -> list[OverlayVersionRow]:
    """Make a decided overlay version the local text in force. Returns what it supersedes. Raises WrongMoment.

    Whether its working group decided in balance is for the caller to know.
    """
    overlay = session.get_one(OverlayRow, version.overlay_id)
    hold(session, overlay)
    versions = versions_of(session, overlay)
    for row in versions:
        # What is in hand may be older than the transaction that published another.
        session.refresh(row)
    if version.status is not Status.DECIDED:
        raise WrongMoment(
            f"Version {version.label} is {version.status.value}. Freeze it as decided before publishing it."
        )
    replaced = [row for row in versions if row.status is Status.PUBLISHED]
    for older in replaced:
        set_status(session, older, Status.SUPERSEDED)
    set_status(session, version, Status.PUBLISHED)
    version.published_at = now
    text = session.get_one(VersionRow, version.text_id)
    text.published_at = now
    session.add_all([version, text])
    session.flush()
    return replaced


# --- the base moves


def behind(session: Session, base: VersionRow) -> list[OverlayVersionRow]:
    """The newest version of each overlay of the same standard that stands on another version."""
    query = (
        select(OverlayRow).where(OverlayRow.standard_id == base.standard_id).order_by(col(OverlayRow.slug))
    )
    newest = [versions_of(session, overlay)[:1] for overlay in session.exec(query).all()]
    return [rows[0] for rows in newest if rows and rows[0].base_id != base.id]


def children_behind(session: Session, parent: OverlayVersionRow) -> list[OverlayVersionRow]:
    """The newest version of each overlay under the same parent that stands on another version of it."""
    query = select(OverlayRow).where(OverlayRow.parent_id == parent.overlay_id).order_by(col(OverlayRow.slug))
    newest = [versions_of(session, overlay)[:1] for overlay in session.exec(query).all()]
    return [rows[0] for rows in newest if rows and rows[0].parent_id != parent.id]


def rebase_onto(
    session: Session,
    version: OverlayVersionRow,
    base: VersionRow,
    parent: OverlayVersionRow | None = None,
) -> rebase.Rebase:
    """What a move to a newer base makes of an overlay version; nothing is kept.

    An overlay with a parent stands on `parent`, or on its parent's newest
    version on that base. Raises StillADraft, WrongParent.
    """
    if base.content_hash is None:
        raise StillADraft(base)
    old_base = session.get_one(VersionRow, version.base_id)
    if base.standard_id != old_base.standard_id:
        raise chain.WrongParent(
            f"{name_of(session, base)} is a version of another standard than {name_of(session, old_base)}."
        )
    new = of_base(texts.load(session, base), name_of(session, base))
    above = parent or parent_on(session, version, base)
    if above is not None:
        layers = [*parents_of(session, above), load(session, above)]
        new = chain.ground_of(new.document, new.base, layers)
    steps = texts.steps_between(session, old_base, base)
    waiting = tuple(_waiting(session, version, base))
    return rebase.rebase(ground_of(session, version), new, _whole(session, version), steps, waiting)


def _waiting(session: Session, version: OverlayVersionRow, base: VersionRow) -> Iterator[rebase.Earlier]:
    """What waits since earlier moves, by the version in which it last stood."""
    left = {operation_in(row).key for row in operations_of(session, version) if row.waiting}
    while left and version.based_on_id is not None:
        version = session.get_one(OverlayVersionRow, version.based_on_id)
        stood = {operation_in(row).key for row in operations_of(session, version) if not row.waiting} & left
        if stood:
            steps = texts.steps_between(session, session.get_one(VersionRow, version.base_id), base)
            yield rebase.Earlier(frozenset(stood), ground_of(session, version), tuple(steps))
        left -= stood


def parent_on(session: Session, version: OverlayVersionRow, base: VersionRow) -> OverlayVersionRow | None:
    """The newest version of an overlay's parent that stands on this base; None without a parent.

    Raises WrongParent while the parent has not moved.
    """
    if version.parent_id is None:
        return None
    parent = session.get_one(OverlayVersionRow, version.parent_id)
    overlay = session.get_one(OverlayRow, parent.overlay_id)
    for row in versions_of(session, overlay):
        if row.base_id == base.id:
            return row
    raise chain.WrongParent(
        f"Its parent {overlay.slug} has no version on {name_of(session, base)} yet. "
        "Carry the parent over first."
    )


def ground_called(
    session: Session, version: OverlayVersionRow, name: str
) -> tuple[VersionRow, OverlayVersionRow | None]:
    """The base, and the parent's version where one is named, that an overlay version may be carried onto.

    `name` is `standard@label`, or `overlay@label` of its parent. Raises
    UnknownStandard, UnknownVersion, UnknownOverlay, WrongParent.
    """
    slug = name.partition("@")[0]
    above = session.exec(select(OverlayRow).where(OverlayRow.slug == slug)).first()
    if above is None:
        return texts.version_called(session, name)[1], None
    overlay = session.get_one(OverlayRow, version.overlay_id)
    if overlay.parent_id != above.id:
        raise chain.WrongParent(
            f"{above.slug} is not what {overlay.slug} stands on. "
            "A local text is carried onto a version of its base, or of its parent."
        )
    parent = version_called(session, name)[1]
    return session.get_one(VersionRow, parent.base_id), parent


def carry_over(
    session: Session,
    version: OverlayVersionRow,
    base: VersionRow,
    label: str,
    *,
    parent: OverlayVersionRow | None = None,
    by: str,
    now: datetime,
) -> tuple[OverlayVersionRow, rebase.Rebase]:
    """A draft of the overlay on a newer ground: what carries is carried, everything else waits in it.

    The ground is a base, under `parent` or the parent's newest version there. No
    operation is lost. Raises what `rebase_onto` does, and OverlayExists.
    """
    parent = parent or parent_on(session, version, base)
    found = rebase_onto(session, version, base, parent)
    overlay = session.get_one(OverlayRow, version.overlay_id)
    row = new_version(session, overlay, label, base, parent, version, now)
    authors = {operation_in(one).key: one.by for one in operations_of(session, version)}
    for moved in found.operations:
        one = (
            moved.operation.model_copy(update={"pins": {}})
            if moved.state in rebase.CARRIES
            else moved.operation
        )
        kept = keep(session, row, overlay.slug, one, by=authors.get(moved.operation.key, by), now=now)
        kept.state = moved.state.value
        kept.waiting = "" if moved.state in rebase.CARRIES else moved.message
        session.add(kept)
    session.flush()
    _pin_anew(session, row)
    return row, found


# --- rows


def _text_version(
    session: Session, version: OverlayVersionRow, document: Document, now: datetime
) -> VersionRow:
    """The lasting text as a frozen version of the overlay's own standard."""
    overlay = session.get_one(OverlayRow, version.overlay_id)
    older = session.get(OverlayVersionRow, version.based_on_id) if version.based_on_id else None
    text = VersionRow(
        standard_id=overlay.text_standard_id,
        label=version.label,
        based_on_id=older.text_id if older else None,
        created_at=now,
    )
    session.add(text)
    texts.keep_texts(session, (clause.text for clause in document), document.language)
    session.flush()
    places: dict[UUID | None, int] = {}
    rows = []
    for clause in document:
        place = places[clause.parent] = places.get(clause.parent, -1) + 1
        rows.append(
            {
                "version_id": text.id,
                "clause_id": clause.id,
                "text_hash": clause.text.hash,
                "parent_id": clause.parent,
                "position": place,
                "number": clause.number,
            }
        )
    if rows:
        session.execute(sa.insert(OutlineRow), rows)
    text.content_hash = replace(document, scheme=Scheme.DECLARED).hash
    text.status = Status.CONSULTATION
    text.frozen_at = now
    return text


def set_status(session: Session, version: OverlayVersionRow, status: Status) -> None:
    """The status of an overlay version and of its text, which go together."""
    version.status = status
    session.add(version)
    if version.text_id is not None:
        text = session.get_one(VersionRow, version.text_id)
        text.status = status
        session.add(text)


def _pin_anew(session: Session, version: OverlayVersionRow) -> None:
    """Pin the operations that carried to the fields of the new base."""
    held = pinned(load(session, version), ground_of(session, version))
    pins = {one.key: one for one in held.operations}
    for row in operations_of(session, version):
        if not row.waiting:
            row.content = pins[operation_in(row).key].as_json()
            session.add(row)
    session.flush()


def _whole(session: Session, version: OverlayVersionRow) -> Overlay:
    """The overlay version with its waiting operations too: none is lost in a further move."""
    rows = operations_of(session, version)
    return load(session, version).model_copy(update={"operations": tuple(operation_in(row) for row in rows)})
