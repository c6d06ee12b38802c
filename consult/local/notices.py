"""Notices: the owners of a local text hear, once, that what it stands on has a newer text.

Told are those who hold a seat in its working group and sign in, and the
secretaries: by a notice on the desk until somebody has seen it, and by e-mail
through the outbox. Notices carry addresses nowhere.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from consult.local import groups, published
from consult.outgoing import messages
from consult.tables.local import OverlayNoticeRow
from consult.tables.messages import MessageKind
from consult.tables.people import PersonRow, Role
from consult.words import N_, speaker, spoken_language
from standards.overlays import store, versions
from standards.overlays.chain import Derogated, register
from standards.tables import OverlayRow, OverlayVersionRow, VersionRow

WARNED = timedelta(days=60)
"""How long before a derogation ends its group is warned."""
SUBJECT = N_("%(title)s: a newer %(newer)s")
WORDS = N_(
    "%(title)s stands on %(stands_on)s. There is now %(newer)s. Look at what becomes of each of your "
    "operations, and carry the local text over: at the desk, under Local texts."
)


@dataclass(frozen=True)
class Notice:
    """What an overlay's owners are told: the newer text, and by what name the overlay is carried onto it."""

    row: OverlayNoticeRow
    overlay: OverlayRow
    newest: OverlayVersionRow
    onto: str
    of_parent: bool


@dataclass(frozen=True)
class Ending:
    """A derogation that ends soon, and in how many days."""

    overlay: OverlayRow
    version: OverlayVersionRow
    derogated: Derogated
    days: int


def tell(session: Session, version: VersionRow, *, now: datetime) -> list[OverlayNoticeRow]:
    """Tell the owners of every overlay that stands on another version of the same standard; each once."""
    return [
        notice
        for behind in versions.behind(session, version)
        if (notice := _tell(session, behind, version, now)) is not None
    ]


def tell_children(session: Session, parent: OverlayVersionRow, *, now: datetime) -> list[OverlayNoticeRow]:
    """Tell the owners of every overlay under this parent that stands on another version of it; each once."""
    text = session.get(VersionRow, parent.text_id) if parent.text_id else None
    if text is None:
        return []
    return [
        notice
        for behind in versions.children_behind(session, parent)
        if (notice := _tell(session, behind, text, now)) is not None
    ]


def unseen(session: Session, overlays: Iterable[UUID] | None = None) -> list[Notice]:
    """The notices nobody has seen, newest first; of these overlays, or of all.

    One whose overlay has been carried over meanwhile is no longer shown.
    """
    query = select(OverlayNoticeRow).where(col(OverlayNoticeRow.seen_at).is_(None))
    if overlays is not None:
        query = query.where(col(OverlayNoticeRow.overlay_id).in_(list(overlays)))
    rows = session.exec(query.order_by(col(OverlayNoticeRow.at).desc(), col(OverlayNoticeRow.id))).all()
    found = [_notice(session, row) for row in rows]
    return [notice for notice in found if _is_behind(session, notice)]


def mark_seen(session: Session, overlay: OverlayRow, *, by: str, now: datetime) -> int:
    """Somebody of the group has seen what was told about an overlay; returns how many notices that were."""
    query = select(OverlayNoticeRow).where(
        OverlayNoticeRow.overlay_id == overlay.id, col(OverlayNoticeRow.seen_at).is_(None)
    )
    rows = session.exec(query).all()
    for row in rows:
        row.seen_at, row.seen_by = now, by
        session.add(row)
    session.flush()
    return len(rows)


def ending(session: Session, overlays: Sequence[OverlayRow], today: date) -> list[Ending]:
    """The derogations in force that end within sixty days, of each overlay's newest frozen version."""
    found = []
    for overlay in overlays:
        rows = store.versions_of(session, overlay)
        version = next((row for row in rows if row.content_hash is not None), None)
        if version is None:
            continue
        for one in register(published.on_day(session, version, today).resolved):
            left = one.operation.until - today
            if one.in_force and one.layer.partition("@")[0] == overlay.slug and left <= WARNED:
                found.append(Ending(overlay, version, one, left.days))
    return sorted(found, key=lambda one: (one.days, one.overlay.slug, one.derogated.clause.number))


# --- telling


def _tell(
    session: Session, behind: OverlayVersionRow, newer: VersionRow, now: datetime
) -> OverlayNoticeRow | None:
    there = session.exec(
        select(OverlayNoticeRow.id).where(
            OverlayNoticeRow.overlay_id == behind.overlay_id, OverlayNoticeRow.version_id == newer.id
        )
    ).first()
    if there is not None:
        return None
    row = OverlayNoticeRow(overlay_id=behind.overlay_id, version_id=newer.id, at=now)
    session.add(row)
    session.flush()
    _write(session, _notice(session, row), now)
    return row


def _write(session: Session, notice: Notice, now: datetime) -> None:
    """An e-mail to each who is told, in their language."""
    stands_on = _stands_on(session, notice)
    for person in _told(session, notice.overlay):
        speak = speaker(spoken_language(person.language)).gettext
        told = {"title": notice.overlay.title, "newer": notice.onto, "stands_on": stands_on}
        messages.write(
            session,
            kind=MessageKind.NOTICE,
            channel="email",
            subject=speak(SUBJECT) % told,
            words=speak(WORDS) % told,
            dedupe=f"overlay-notice:{notice.row.id}:{person.id}",
            language=person.language,
            person_id=person.id,
            now=now,
        )


def _told(session: Session, overlay: OverlayRow) -> list[PersonRow]:
    seated = {seat.person_id for seat in groups.seats_of(session, overlay)}
    people = session.exec(select(PersonRow).where(col(PersonRow.disabled_at).is_(None))).all()
    told = [person for person in people if person.id in seated or person.role is Role.SECRETARY]
    return sorted(told, key=lambda person: person.id)


def _notice(session: Session, row: OverlayNoticeRow) -> Notice:
    overlay = session.get_one(OverlayRow, row.overlay_id)
    newer = session.get_one(VersionRow, row.version_id)
    return Notice(
        row=row,
        overlay=overlay,
        newest=store.versions_of(session, overlay)[0],
        onto=store.name_of(session, newer),
        of_parent=newer.standard_id != overlay.standard_id,
    )


def _is_behind(session: Session, notice: Notice) -> bool:
    """Whether the overlay still stands on something else than what it was told of."""
    newest = notice.newest
    if not notice.of_parent:
        return newest.base_id != notice.row.version_id
    parent = session.get(OverlayVersionRow, newest.parent_id) if newest.parent_id else None
    return parent is None or parent.text_id != notice.row.version_id


def _stands_on(session: Session, notice: Notice) -> str:
    newest = notice.newest
    if notice.of_parent and newest.parent_id is not None:
        return store.overlay_name(session, session.get_one(OverlayVersionRow, newest.parent_id))
    return store.name_of(session, session.get_one(VersionRow, newest.base_id))
