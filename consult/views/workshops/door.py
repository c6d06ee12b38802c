"""What every workshop screen needs: the workshop in hand, for somebody who may see it, and its words."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, g, url_for
from flask_babel import lazy_gettext as _
from sqlmodel import Session

from consult import db, ledger_line, look, publications, rounds, workshops
from consult.desk import places
from consult.permissions import Act
from consult.tables.rounds import RoundRow
from consult.tables.workshops import UtteranceRow, WorkshopRow
from consult.workshops import players
from consult.workshops.meetings import AudioKept
from standards.document import Document

bp = Blueprint("workshops", __name__, url_prefix="/desk")

CONSENTS = {
    workshops.Consent.SPOKEN: _("Yes, asked aloud"),
    workshops.Consent.WRITTEN: _("Yes, in writing"),
    workshops.Consent.REFUSED: _("No: only count them"),
    workshops.Consent.UNRECORDED: _("Not noted yet"),
}

AUDIO_KEPT = {
    AudioKept.VERIFIED: _("Until a person has checked the transcript"),
    AudioKept.OUTCOME: _("Until the answers are given"),
    AudioKept.ARCHIVED: _("In the archive, for as long as the round is kept"),
}


def in_hand(session: Session, workshop_id: UUID) -> tuple[WorkshopRow, RoundRow]:
    """The workshop of an address, if it is this person's to see. Raises NotFound."""
    return workshops.workshop_for(session, workshop_id, g.person.id, g.person.role)


def around(session: Session, workshop: WorkshopRow, round_: RoundRow, now: datetime) -> dict[str, Any]:
    """What stands on each page of a workshop: its round, the sums, and whether it comes late."""
    return {
        "workshop": workshop,
        "round": round_,
        "ledger": ledger_line.line(session, round_, now),
        "late": rounds.has_closed(round_, now),
        "round_url": look.at(f"/desk/rounds/{round_.slug}"),
        # A facilitator reads the voices of their own workshops alone, so not every comment's page.
        "may_read": g.person.may(Act.EXPORT),
        "url": url_for("workshops.show", workshop_id=workshop.id),
    }


@bp.context_processor
def _listening() -> dict[str, Any]:
    """What a page needs to let somebody hear what was recorded, see templates/workshops/_player.html."""
    return {"player_at": player_at}


def player_at(
    workshop: WorkshopRow, current: UtteranceRow | None, shown: Iterable[UtteranceRow]
) -> players.Player | None:
    """The player for the utterance in hand; None where nothing can be heard."""
    with db.reading() as session:
        return players.beside(session, workshop, current, shown)


def text_of(session: Session, round_: RoundRow) -> Document:
    """The text a round is about."""
    return publications.text(session, rounds.version_of(session, round_)[1])


def categories(session: Session) -> list[tuple[str, str]]:
    """The stakeholder groups to choose from: key and name in the page's language."""
    return [(row.key, places.label(row, look.spoken())) for row in rounds.groups(session)]


def category_words(session: Session) -> dict[str, str]:
    """The name of each category that is a stakeholder group."""
    return dict(categories(session))
