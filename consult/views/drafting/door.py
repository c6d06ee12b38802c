"""What every drafting screen needs: the version it is about, whose act it is, and the words around it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, redirect, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session
from werkzeug.wrappers import Response

from consult import audit
from consult.errors import NotFound
from standards import store
from standards.document import Clause, Document
from standards.drafting import Hand
from standards.tables import StandardRow, Status, VersionRow

bp = Blueprint("drafting", __name__, url_prefix="/desk")


@dataclass(frozen=True)
class Place:
    """A version as its screens name it."""

    standard: StandardRow
    version: VersionRow

    @property
    def named(self) -> dict[str, Any]:
        """The parts of its addresses."""
        return {"slug": self.standard.slug, "label": self.version.label}

    @property
    def is_draft(self) -> bool:
        """Whether it can still be written on."""
        return self.version.status is Status.DRAFT

    @property
    def url(self) -> str:
        """Its outline."""
        return url_for("drafting.outline", **self.named)

    def clause_url(self, clause_id: UUID, page: str = "editor", **more: Any) -> str:
        """One of the screens of a clause."""
        return url_for(f"drafting.{page}", clause_id=clause_id, **self.named, **more)


def place(session: Session, slug: str, label: str) -> Place:
    """The version an address names. Raises NotFound."""
    try:
        return Place(*store.version_called(session, f"{slug}@{label}"))
    except (store.UnknownStandard, store.UnknownVersion) as unknown:
        raise NotFound(str(unknown)) from unknown


def clause_of(document: Document, clause_id: UUID) -> Clause:
    """The clause an address names. Raises NotFound, kindly, for one withdrawn meanwhile."""
    clause = document.by_id.get(clause_id)
    if clause is None:
        raise NotFound(
            _("This clause is not in this version: it may have been withdrawn. Its history still shows it.")
        )
    return clause


def hand(reason: str | None = None) -> Hand:
    """The signed-in person's hand, now, with the line they wrote for the history."""
    written = request.form.get("reason", "") if reason is None else reason
    return Hand(by=str(g.person.id), now=datetime.now(UTC), reason=" ".join(written.split())[:500])


def noted(
    session: Session,
    act: str,
    by: Hand,
    place: Place,
    clause_id: UUID | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """One line of the audit trail about a clause of this version, or about the version itself."""
    subject, subject_id = ("clause", clause_id) if clause_id else ("version", place.version.id)
    version = {"version": str(place.version.id)} if clause_id else {}
    audit.record(
        session, by.by, act, subject, subject_id, before, {**version, **(after or {})}, by.reason, now=by.now
    )


def back(
    place: Place, clause_id: UUID, message: str = "", kind: str = "done", saved: bool = False
) -> Response:
    """To the outline, with the clause chosen and a word on what happened."""
    if message:
        flash(message, kind)
    more: dict[str, Any] = {"saved": clause_id} if saved else {}
    return redirect(
        url_for("drafting.outline", **place.named, at=clause_id, **more, _anchor=f"clause-{clause_id}")
    )
