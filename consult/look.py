"""The look in words and figures: what templates call to write a date, a number or a state.

Everything here takes plain values and gives text. The words of a state stand
beside its symbol, so that a page, an e-mail and a report say the same thing.
`install` hands all of it to an application's templates.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_timezone_location
from babel.numbers import format_decimal, format_percent
from flask import Flask, g, has_request_context, request, url_for
from flask_babel import get_locale
from flask_babel import lazy_gettext as _
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape


class Sign(NamedTuple):
    """A stored value as a person sees it: the symbol and the word that never part."""

    symbol: str
    word: Any


class UnknownSign(LookupError):
    """A template asked for a state, channel or symbol that the look does not have."""

    def __init__(self, kind: str, value: str) -> None:
        super().__init__(f"The look has no {kind} called “{value}”.")
        self.kind, self.value = kind, value


DISPOSITIONS: Mapping[str, Sign] = {
    "accepted": Sign("accepted", _("Accepted")),
    "in-part": Sign("in-part", _("Accepted in part")),
    "noted": Sign("noted", _("Noted")),
    "declined": Sign("declined", _("Declined")),
    "out-of-scope": Sign("out-of-scope", _("Out of scope")),
    "next-revision": Sign("next-revision", _("For the next revision")),
    "undecided": Sign("undecided", _("Not yet decided")),
}

LINKS: Mapping[str, Sign] = {
    "explicit": Sign("confirmed", _("Named by its author")),
    "asked": Sign("confirmed", _("Answer to our question")),
    "confirmed": Sign("confirmed", _("Confirmed")),
    "suggested": Sign("suggested", _("Suggested")),
    "unplaced": Sign("unplaced", _("Unplaced")),
    "whole": Sign("whole", _("The whole document")),
}

CHANNELS: Mapping[str, Sign] = {
    "web": Sign("web", _("Web")),
    "sms": Sign("sms", _("SMS")),
    "voice": Sign("voice", _("Voice")),
    "workshop": Sign("workshop", _("Workshop")),
    "document": Sign("document", _("Document")),
    "email": Sign("document", _("E-mail")),
}

CHANGES: Mapping[str, Sign] = {
    "new": Sign("new", _("new")),
    "withdrawn": Sign("withdrawn", _("withdrawn")),
    "reworded": Sign("reworded", _("reworded")),
    "moved": Sign("moved", _("moved")),
    "renumbered": Sign("moved", _("only a new number")),
    "split": Sign("split", _("split")),
    "merged": Sign("merged", _("merged")),
    "replaced": Sign("reworded", _("replaced")),
    "stricter": Sign("stricter", _("stricter")),
    "looser": Sign("looser", _("looser")),
    "attributes": Sign("parameter", _("particulars changed")),
}

CHECKS: Mapping[str, Sign] = {
    "met": Sign("met", _("Met")),
    "not-yet": Sign("undecided", _("Not yet")),
    "not-met": Sign("not-met", _("Not met")),
    "clean": Sign("met", _("Clean")),
    "rebased": Sign("moved", _("Carried over")),
    "conflict": Sign("not-met", _("In conflict")),
}

STAGES: Mapping[str, Sign] = {
    "entry": Sign("stage-entry", _("Entry")),
    "year-1": Sign("stage-1", _("Year 1")),
    "year-3": Sign("stage-3", _("Year 3")),
}

LEVELS: Mapping[str, Any] = {
    "section": _("Section"),
    "principle": _("Principle"),
    "criterion": _("Criterion"),
    "indicator": _("Indicator"),
    "guidance": _("Guidance"),
    "note": _("Note"),
    "definition": _("Definition"),
    "annex": _("Annex"),
}

MODALITIES: Mapping[str, Any] = {
    "requirement": _("Requirement"),
    "recommendation": _("Recommendation"),
    "permission": _("Permission"),
}

GRADES: Mapping[str, Any] = {
    "core": _("core"),
    "improvement": _("improvement"),
    "optional": _("optional"),
}

STATUSES: Mapping[str, Any] = {
    "draft": _("Draft"),
    "consultation": _("Consultation draft"),
    "decided": _("Decided text"),
    "published": _("Published"),
    "superseded": _("Superseded"),
    "withdrawn": _("Withdrawn"),
}

ROLES: Mapping[str, Any] = {
    "secretary": _("secretary"),
    "drafter": _("drafter"),
    "working-group": _("working-group member"),
    "facilitator": _("facilitator"),
    "auditor": _("auditor"),
    "operator": _("operator"),
}

_SPRITE = """
    web sms voice workshop document accepted in-part noted declined out-of-scope next-revision undecided
    suggested confirmed unplaced whole stage-entry stage-1 stage-3 new withdrawn reworded moved split
    merged stricter looser stop warning info met not-met comment layer lock print search clock photo
    unsent sent lone read-back next previous bold italic list table footnote reference parameter term
"""
SYMBOLS = frozenset(_SPRITE.split())


def install(app: Flask) -> None:
    """Give an application's templates every word, figure and symbol of the look."""
    app.jinja_env.globals.update(
        symbol=symbol,
        sign=sign,
        at=at,
        csrf_field=csrf_field,
        language_name=language_name,
        text_direction=text_direction,
        spoken=spoken,
    )
    app.jinja_env.filters.update(
        day=lambda value: written_day(value, spoken()),
        moment=lambda value, zone="UTC": written_moment(value, zone, spoken()),
        deadline=lambda value, zone="UTC": written_deadline(value, zone, spoken()),
        number=lambda value: written_number(value, spoken()),
        percent=lambda share: written_percent(share, spoken()),
        width=width,
        anchor=anchor,
        level_word=lambda value: LEVELS.get(str(value), value),
        modality_word=lambda value: MODALITIES.get(str(value), ""),
        grade_word=lambda value: GRADES.get(str(value), value),
        status_word=lambda value: STATUSES.get(str(value), value),
        role_word=lambda value: ROLES.get(str(value), value),
    )
    app.jinja_env.tests["same_language"] = same_language


def sign(kind: str, value: str) -> Sign:
    """The symbol and word of a stored value; `kind` is one of the keys below.

    A stage outside the three that the look draws keeps its own name.
    Raises UnknownSign for anything else it does not know.
    """
    signs = _SIGNS[kind]
    if value in signs:
        return signs[value]
    if kind == "stage":
        return Sign("stage-entry", value)
    raise UnknownSign(kind, value)


_SIGNS: Mapping[str, Mapping[str, Sign]] = {
    "disposition": DISPOSITIONS,
    "link": LINKS,
    "channel": CHANNELS,
    "change": CHANGES,
    "check": CHECKS,
    "stage": STAGES,
}


def symbol(name: str) -> Markup:
    """One symbol of the sprite, to stand beside its word. Raises UnknownSign."""
    if name not in SYMBOLS:
        raise UnknownSign("symbol", name)
    return Markup('<svg class="symbol" aria-hidden="true"><use href="{}#{}"/></svg>').format(_sprite(), name)


def at(path: str) -> str:
    """An address of this site, also where it is mounted below the root."""
    return f"{request.script_root}{path}" if has_request_context() else path


def csrf_field() -> Markup:
    """The hidden field that proves a form came from our own page."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())


def anchor(number: str, id_: object = "") -> str:
    """The name of a clause within its page: `c-4.1`, or by its id where it has no number."""
    name = "-".join(number.split()) or str(id_)
    return f"c-{name}"


def written_day(value: date | datetime, language: str) -> str:
    """A day written out: `10 December 2026`. Aware moments are taken in UTC."""
    day = value.astimezone(UTC).date() if isinstance(value, datetime) else value
    return format_date(day, "long", locale=_locale(language))


def written_moment(value: datetime, zone: str, language: str) -> str:
    """A moment in a named time zone: `22 November 2026, 18:04`."""
    local = value.astimezone(ZoneInfo(zone))
    return f"{format_date(local.date(), 'long', locale=_locale(language))}, {_clock(local.time(), language)}"


def written_deadline(value: datetime, zone: str, language: str) -> str:
    """The last moment of something, with its place: `10 December 2026, 24:00 (Dar es Salaam)`.

    Midnight is the end of the day before: nobody misreads 24:00 as a day more.
    """
    local = value.astimezone(ZoneInfo(zone))
    day, clock = local.date(), _clock(local.time(), language)
    if local.time() == time(0):
        day, clock = day - timedelta(days=1), "24:00"
    return f"{format_date(day, 'long', locale=_locale(language))}, {clock} ({_place(zone, language)})"


def written_number(value: float, language: str) -> str:
    """A figure with its language's grouping: `3,371`."""
    return format_decimal(value, locale=_locale(language))


def written_percent(share: float, language: str) -> str:
    """A share from 0 to 1 in whole per cent: `61%`."""
    return format_percent(share, locale=_locale(language))


def width(share: float) -> str:
    """A share of a hundred as an SVG length, never below 0 nor above 100: `52.7%`."""
    return f"{min(max(share, 0.0), 100.0):.1f}%".replace(".0%", "%")


@cache
def language_name(code: str) -> str:
    """A language's own name for itself, as a person looks for it: `Kiswahili`, `Français`.

    A table brought in may say anything (`English`, `Sukuma`): that stands as it was written.
    """
    try:
        name = Locale.parse(code, sep="-").get_display_name(code.replace("-", "_")) or code
    except (ValueError, UnknownLocaleError):
        return code
    return name[:1].upper() + name[1:]


def country_name(code: str, language: str) -> str:
    """A country's name in a language: `Tanzania`; what is no country's code stands as it was written."""
    try:
        names = Locale.parse(language, sep="-").territories
    except (ValueError, UnknownLocaleError):
        return code
    return names.get(code.upper()) or code


@cache
def text_direction(code: str) -> str:
    """`ltr` or `rtl`, as the language is written; `ltr` for one that nobody here knows."""
    try:
        return Locale.parse(code, sep="-").text_direction
    except (ValueError, UnknownLocaleError):
        return "ltr"


def same_language(code: str | None, other: str) -> bool:
    """Whether two tags name one language: `en-GB` and `en` do."""
    return (code or other).split("-")[0].lower() == other.split("-")[0].lower()


def spoken() -> str:
    """The language this page speaks, as a language tag; English outside a request."""
    return str(get_locale() or "en").replace("_", "-")


def _locale(language: str) -> Locale:
    """How a language writes dates and figures; plain English writes the day before the month."""
    return Locale.parse("en-GB" if language == "en" else language, sep="-")


def _clock(value: time, language: str) -> str:
    return format_time(value, "HH:mm", locale=_locale(language))


def _place(zone: str, language: str) -> str:
    if zone in ("UTC", "Etc/UTC"):
        return "UTC"
    return get_timezone_location(zone, locale=_locale(language), return_city=True)


def _sprite() -> str:
    """The sprite's address, built once a request: a page may show a thousand symbols."""
    found = g.get("sprite")
    if found is None:
        found = g.sprite = escape(url_for("static", filename="symbols.svg"))
    return str(found)
