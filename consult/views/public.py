"""The public's first pages: what is open for comment, which standards there are, and about this site."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, current_app, render_template
from sqlmodel import Session

from consult import look, publications, rounds
from consult.kept_pages import Page, kept
from consult.publications import Edition
from consult.tables.rounds import RoundRow
from consult.views.shown import reads_drafts, round_shown, standard_in_list

bp = Blueprint("public", __name__)


@bp.get("/")
@kept
def home(session: Session) -> Page:
    """The first page: open rounds and standards."""
    found, now = publications.everything(session), datetime.now(UTC)
    opened = [(p, e, r) for p in found for e in p.editions for r in e.rounds if _is_open(e, r, now)]
    opened.sort(key=lambda place: place[2].closes_at)
    opens = [round_shown(r, now) | {"standard": p.standard.title} for p, _, r in opened]
    listed = [standard_in_list(p) for p in found]
    return Page(
        _stamp(opens, listed),
        lambda: render_template("public/home.html", consultations=opens, standards=listed),
    )


@bp.get("/standards")
@kept
def standards(session: Session) -> Page:
    """Every standard with a text to read."""
    found = [standard_in_list(p) for p in publications.everything(session, drafts=reads_drafts())]
    return Page(_stamp(found), lambda: render_template("public/standards.html", standards=found))


@bp.get("/consultations")
@kept
def consultations(session: Session) -> Page:
    """Every round that has begun, open ones first."""
    now = datetime.now(UTC)
    held = [
        (round_, publication)
        for publication in publications.everything(session)
        for edition in publication.editions
        for round_ in edition.rounds
        if round_.opens_at <= now
    ]
    held.sort(key=lambda pair: pair[0].closes_at, reverse=True)
    shown = [
        round_shown(round_, now)
        | {"standard": publication.standard.title, "report_url": _report_url(round_, now)}
        for round_, publication in held
    ]
    shown.sort(key=lambda round_: not round_["is_open"])
    return Page(_stamp(shown), lambda: render_template("public/consultations.html", rounds=shown))


@bp.get("/about")
@kept
def about(session: Session) -> Page:
    """What this site is, how it keeps people safe, and how to reach those behind it."""
    owners = sorted({p.standard.owner for p in publications.everything(session) if p.standard.owner})
    return Page(tuple(owners), lambda: render_template("public/about.html", owners=owners))


@bp.get("/text-messages")
@kept
def text_messages(session: Session) -> Page:
    """What is protected when somebody takes part by text message, what is not, and how they stop."""
    return Page((), lambda: render_template("public/text_messages.html"))


def _is_open(edition: Edition, round_: RoundRow, now: datetime) -> bool:
    return bool(edition.version.content_hash) and rounds.is_open(round_, now)


def _report_url(round_: RoundRow, now: datetime) -> str | None:
    """Where the report of a closed round stands; None while it is open or nothing draws reports."""
    drawn = any(rule.rule == "/consultations/<slug>/report" for rule in current_app.url_map.iter_rules())
    closed = rounds.has_closed(round_, now)
    return look.at(f"/consultations/{round_.slug}/report") if drawn and closed else None


def _stamp(*lists: list[dict[str, Any]]) -> tuple[object, ...]:
    return tuple(tuple(sorted((k, str(v)) for k, v in value.items())) for values in lists for value in values)
