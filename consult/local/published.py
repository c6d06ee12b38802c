"""Published local texts: what stands around a standard, and a local text as it reads on a day.

The public sees a local text from its consultation on, as it sees versions. The
operations of a frozen chain never change, so what they come to on a day is kept
in memory; on the next day it is made anew, and what has run out is gone.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select

from consult.local.document_words import document_words
from consult.publications import Lately, Publication
from standards.document import Document
from standards.exchange.local_marks import Layer, LocalText, local_text, marking
from standards.exchange.marks import Marking
from standards.overlays import store
from standards.overlays.chain import WrongParent
from standards.tables import OverlayRow, OverlayVersionRow, StandardRow, Status, VersionRow


class Stands(NamedTuple):
    """A version of a local text, and the version of the standard it stands on."""

    overlay: OverlayRow
    version: OverlayVersionRow
    base: VersionRow
    work: StandardRow

    @property
    def name(self) -> str:
        """`Tanzania 1.0`."""
        return f"{self.overlay.title} {self.version.label}"

    @property
    def stamp(self) -> Hashable:
        """What changes whenever this is to be shown otherwise."""
        version = self.version
        return (version.id, self.overlay.title, version.label, version.status, version.transition_until)


@dataclass(frozen=True)
class Around:
    """The local texts around a standard: those that stand on it, and what it is itself where it is one."""

    on_it: tuple[Stands, ...] = ()
    itself: tuple[Stands, ...] = ()

    def of_text(self, version: VersionRow) -> Stands | None:
        """The local text whose words a version holds; None for an ordinary version."""
        return next((one for one in self.itself if one.version.text_id == version.id), None)

    def on_version(self, version: VersionRow) -> list[Stands]:
        """The local texts to read with a version: of each the one in force, or else the newest."""
        return first_to_read([one for one in self.on_it if one.base.id == version.id])

    @property
    def stamp(self) -> Hashable:
        """What changes whenever any of it is to be shown otherwise."""
        return tuple(one.stamp for one in (*self.on_it, *self.itself))


NOTHING_AROUND = Around()


def around(session: Session, found: Publication) -> Around:
    """The local texts around a standard that the public may read: one query, none for most standards."""
    if not found.has_local_texts:
        return NOTHING_AROUND
    standard = found.standard
    work = aliased(StandardRow)
    rows = session.exec(
        select(OverlayRow, OverlayVersionRow, VersionRow, work)
        .join(OverlayVersionRow, col(OverlayVersionRow.overlay_id) == OverlayRow.id)
        .join(VersionRow, col(OverlayVersionRow.base_id) == VersionRow.id)
        .join(work, work.id == OverlayRow.standard_id)  # type: ignore[arg-type]
        .where(
            or_(OverlayRow.standard_id == standard.id, OverlayRow.text_standard_id == standard.id),
            col(OverlayVersionRow.text_id).is_not(None),
            OverlayVersionRow.status != Status.DRAFT,
        )
        .order_by(
            col(OverlayRow.title),
            col(OverlayRow.slug),
            col(OverlayVersionRow.created_at).desc(),
            col(OverlayVersionRow.id).desc(),
        )
    ).all()
    stands = [Stands(*row) for row in rows]
    return Around(
        tuple(one for one in stands if one.overlay.standard_id == standard.id),
        tuple(one for one in stands if one.overlay.text_standard_id == standard.id),
    )


def first_to_read(stands: Sequence[Stands]) -> list[Stands]:
    """Of each local text the version in force, else the newest that was not withdrawn or replaced."""
    found: dict[UUID, Stands] = {}
    for one in stands:
        kept = found.get(one.overlay.id)
        if one.version.status in (Status.SUPERSEDED, Status.WITHDRAWN):
            continue
        if kept is None or (
            one.version.status is Status.PUBLISHED and kept.version.status is not Status.PUBLISHED
        ):
            found[one.overlay.id] = one
    return list(found.values())


# --- a local text on a day


class LocalReading(NamedTuple):
    """A local text as it reads on a day, with its marks in the words of one language."""

    text: LocalText
    document: Document
    marking: Marking


def reading(session: Session, one: Stands, on: date, language: str) -> LocalReading:
    """A local text ready to be read."""
    text = on_day(session, one.version, on)
    document = replace(text.resolved.document, title=one.overlay.title)
    return LocalReading(text, document, marking(text, document_words(language)))


_kept: Lately[Hashable, LocalText] = Lately()
"""Local texts by version and day."""


def on_day(session: Session, version: OverlayVersionRow, on: date) -> LocalText:
    """The text under the whole chain of a local text on a day; that of a frozen one is made once a day.

    Raises what `chain.resolved` does.
    """
    chain = _chain(session, version)
    key = (tuple((row.id, row.content_hash, overlay.title) for overlay, row in chain), on)
    frozen = all(row.content_hash for _, row in chain)
    text = _kept.get(key) if frozen else None
    if text is None:
        overlays = [*store.parents_of(session, version), store.load(session, version)]
        layers = {
            overlay.called: Layer(f"{row.title} {of.label}", _days(session, of))
            for overlay, (row, of) in zip(overlays, chain, strict=True)
        }
        text = local_text(*store.base_of(session, version), overlays, on, layers)
        if frozen:
            _kept.keep(key, text)
    return text


def under(session: Session, base: str, names: Sequence[str], on: date) -> tuple[OverlayRow, LocalText]:
    """The text of a base under named layers: one with the parents it stands on, or all of a chain in order.

    Raises UnknownOverlay, WrongParent, and what `chain.resolved` does.
    """
    overlay, version = store.version_called(session, names[-1])
    chain = [f"{row.slug}@{of.label}" for row, of in _chain(session, version)]
    stands_on = store.name_of(session, session.get_one(VersionRow, version.base_id))
    if stands_on != base:
        raise WrongParent(
            f"{names[-1]} stands on {stands_on}, not on {base}. Send out {stands_on} with it, "
            f"or carry it over to {base} with a rebase."
        )
    if len(names) > 1 and list(names) != chain:
        raise WrongParent(
            f"{names[-1]} stands on {' → '.join(chain[:-1]) or 'no parent'}. "
            f"Name the whole chain in its order, {' '.join(f'--overlay {name}' for name in chain)}, "
            f"or {names[-1]} alone."
        )
    return overlay, on_day(session, version, on)


def _chain(session: Session, version: OverlayVersionRow) -> list[tuple[OverlayRow, OverlayVersionRow]]:
    """An overlay version after its parents, the most general first; a circle ends where it closes."""
    return list(_upwards(session, version))[::-1]


def _upwards(session: Session, version: OverlayVersionRow) -> Iterator[tuple[OverlayRow, OverlayVersionRow]]:
    seen: set[UUID] = set()
    above: UUID | None = version.id
    while above is not None and above not in seen:
        seen.add(above)
        row = session.get_one(OverlayVersionRow, above)
        yield session.get_one(OverlayRow, row.overlay_id), row
        above = row.parent_id


def _days(session: Session, version: OverlayVersionRow) -> dict[str, date]:
    return {store.operation_in(row).key: row.at.date() for row in store.operations_of(session, version)}
