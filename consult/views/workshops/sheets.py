"""Sheets to print for a workshop, in its own languages: what is written on paper can be typed in later."""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import zip_longest
from string import ascii_uppercase
from typing import Any
from urllib.parse import quote
from uuid import UUID

import segno
from flask import current_app, render_template, request
from flask_babel import force_locale
from flask_babel import lazy_gettext as _
from markupsafe import Markup
from sqlmodel import Session

from consult import db, rounds
from consult.desk import places
from consult.particulars import PICTURES, pictogram
from consult.permissions import Act
from consult.tables.intake import Channel
from consult.tables.rounds import RoundRow
from consult.tables.workshops import WorkshopRow
from consult.views.guard import requires
from consult.views.rounds import listed
from consult.views.scripts import numbers
from consult.views.workshops.door import bp, in_hand
from consult.words import spoken_language
from consult.workshops import planning
from consult.workshops.clause_words import in_language
from consult.workshops.consent_words import ABOUT, VERSION, consent_words
from consult.workshops.planning import Laid, Planned, Vote
from standards import store

SHEETS = {
    "cards": _("Clause cards"),
    "attendance": _("Attendance sheet"),
    "consent": _("Consent sheets"),
    "votes": _("Dot-voting sheets"),
    "facilitator": _("The facilitator's sheet"),
}
FEWEST_LINES, MOST_LINES = 20, 60
"""Lines on the list of those who come: as many as there are seats, within these."""
NOTE_LINES = 9
EMPTY_OPTIONS = 4
# Letters that fit one card at a size, see sheets.css: more words are set smaller, and none is cut.
SIZES = ((160, "huge"), (300, "large"), (620, "middle"), (1500, "small"))
SECOND = 0.42
"""The room that a letter of another language takes beside one of the first, being set smaller."""
PICTOGRAM = 1.3
"""How much more room the words need where a pictogram stands above them."""


@bp.get(f"/workshops/<uuid:workshop_id>/sheets/<any({', '.join(SHEETS)}):sheet>")
@requires(Act.RUN_WORKSHOP)
def sheet(workshop_id: UUID, sheet: str) -> str:
    """One kind of sheet, in one of the workshop's languages."""
    now = datetime.now(UTC)
    with db.reading() as session:
        workshop, round_ = in_hand(session, workshop_id)
        laid = planning.lay_out(session, round_, workshop)
        language = _language(workshop)
        spoken = spoken_language(language)
        with force_locale(spoken):
            drawn = render_template(
                f"workshops/sheets/_{sheet}.html",
                workshop=workshop,
                round=listed(round_, now),
                plan=laid.plan,
                language=language,
                spoken=spoken,
                **_DRAWN[sheet](session, workshop, round_, laid, language),
            )
    return render_template(
        "workshops/sheets/page.html",
        workshop=workshop,
        round=listed(round_, now),
        sheet=sheet,
        sheets=SHEETS,
        drawn=drawn,
        two=request.args.get("two") == "yes",
        language=language,
        spoken=spoken,
        is_spoken=spoken_language(language, "") != "",
        nothing=not laid.agenda and sheet in ("cards", "votes"),
    )


def _language(workshop: WorkshopRow) -> str:
    asked = request.args.get("language", "")
    return asked if asked in workshop.languages else next(iter(workshop.languages), "en")


def _cards(
    session: Session, workshop: WorkshopRow, round_: RoundRow, laid: Laid, language: str
) -> dict[str, Any]:
    config = current_app.config["BARAZA"]
    by_text = Channel.SMS.value in round_.channels
    html = store.html_of(session, [one.of.clause for one in laid.agenda], laid.document.language)
    languages = list(dict.fromkeys((language, *workshop.languages)))
    return {
        "cards": [
            _card(one, languages, html)
            | _address(config.base_url, round_, one.of.clause.number or str(one.of.clause.id))
            | {"code": one.of.code if by_text else None}
            for one in laid.agenda
        ],
        "text_language": laid.document.language,
        "numbers": numbers(config) if by_text else [],
        "two": request.args.get("two") == "yes",
    }


def _card(one: Planned, languages: list[str], html: Mapping[str, str]) -> dict[str, Any]:
    """A clause in each language it was put into; the text itself where it was put into none."""
    text, picture = one.of.clause.text, pictogram(one.of.clause.text)
    words = [(code, said) for code in languages if (said := one.of.said(code))]
    return {
        "number": one.of.clause.number,
        "heading": one.of.heading(languages[0]),
        "words": words,
        "html": Markup(html[text.hash]),
        "size": _size([said for _code, said in words] or [text.body], bool(picture)),
        "pictogram": picture,
        "is_picture": picture.startswith(PICTURES),
    }


def _size(words: list[str], pictured: bool) -> str:
    """The largest size at which all of this fits one card."""
    letters = len(words[0]) + SECOND * sum(map(len, words[1:]))
    return next((size for most, size in SIZES if letters * (PICTOGRAM if pictured else 1) <= most), "least")


def _address(base: str, round_: RoundRow, clause: str) -> dict[str, Any]:
    """Where one comments on a clause, as words and as a QR code."""
    address = f"{base}/consultations/{quote(round_.slug)}/comment?clause={quote(clause)}"
    drawn = segno.make(address, error="m", micro=False).svg_inline(border=4, omitsize=True)
    return {"address": address, "qr": Markup(drawn)}


def _attendance(
    session: Session, workshop: WorkshopRow, round_: RoundRow, laid: Laid, language: str
) -> dict[str, Any]:
    lines = min(max(sum(laid.plan.seats.values()), FEWEST_LINES), MOST_LINES)
    return {"groups": _groups(session, laid, language), "labels": [f"P{n}" for n in range(1, lines + 1)]}


def _consent(
    session: Session, workshop: WorkshopRow, round_: RoundRow, laid: Laid, language: str
) -> dict[str, Any]:
    words = consent_words(language)
    return {
        "questions": [(about, words[about]) for about in ABOUT],
        "together": words["group"],
        "withdraw": words["withdraw"],
        "wording": VERSION,
    }


def _votes(
    session: Session, workshop: WorkshopRow, round_: RoundRow, laid: Laid, language: str
) -> dict[str, Any]:
    planned = [(one, one.item.vote) for one in laid.agenda if one.item.vote]
    languages = list(dict.fromkeys((language, *workshop.languages)))
    return {
        "votes": [_vote(one, vote, languages) for one, vote in planned] or [_vote(None, None, languages)],
        "groups": _groups(session, laid, language),
    }


def _vote(one: Planned | None, vote: Vote | None, languages: list[str]) -> dict[str, Any]:
    options = list(vote.options) if vote else [""] * EMPTY_OPTIONS
    asked = [(code, said) for code in languages if (said := in_language(vote.question, code))] if vote else []
    return {
        "number": one.of.clause.number if one else "",
        "heading": one.of.heading(languages[0]) if one else "",
        "asked": asked or [(code, said) for code, said in vote.question.items()] if vote else [],
        "options": list(zip_longest(ascii_uppercase[: len(options)], options)),
        "dots": vote.dots if vote else None,
    }


def _facilitator(
    session: Session, workshop: WorkshopRow, round_: RoundRow, laid: Laid, language: str
) -> dict[str, Any]:
    languages = list(dict.fromkeys((language, *workshop.languages)))
    times = laid.plan.times()
    by_id = {item.clause_id: at for item, at in zip(laid.plan.items, times, strict=False)}
    return {
        "agenda": [
            {
                "at": by_id.get(one.item.clause_id, ""),
                "minutes": one.item.minutes,
                "number": one.of.clause.number,
                "heading": one.of.heading(language),
                "code": one.of.code,
                "prompts": [(code, said) for code in languages if (said := one.prompt(code))],
                "vote": _vote(one, one.item.vote, languages) if one.item.vote else None,
            }
            for one in laid.agenda
        ],
        "text_language": laid.document.language,
        "groups": _groups(session, laid, language),
        "numbers": numbers(current_app.config["BARAZA"]) if Channel.SMS.value in round_.channels else [],
        "note_lines": range(NOTE_LINES),
    }


def _groups(session: Session, laid: Laid, language: str) -> list[dict[str, Any]]:
    """The stakeholder groups in a language, each with a letter to write down quickly, and its seats."""
    return [
        {
            "letter": letter or "",
            "word": places.label(group, language),
            "seats": laid.plan.seats.get(group.key, 0),
        }
        for letter, group in zip_longest(ascii_uppercase, rounds.groups(session))
        if group is not None
    ]


_DRAWN = {
    "cards": _cards,
    "attendance": _attendance,
    "consent": _consent,
    "votes": _votes,
    "facilitator": _facilitator,
}
