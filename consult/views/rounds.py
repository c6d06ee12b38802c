"""Rounds at the desk: which there are, opening one, how it goes, closing it, and the stakeholder groups."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlmodel import col, select
from werkzeug.wrappers import Response

from consult import audit, db, ledger_line, look, moderation, participation, publications, rounds
from consult.channels import checking
from consult.errors import BarazaError, Misfilled
from consult.local import parts
from consult.permissions import Act
from consult.report_words import part_words
from consult.rounds import RoundExists
from consult.tables.rounds import RoundRow
from consult.views import round_form
from consult.views.comment_form import label
from consult.views.commenting import how_they_spoke, who_took_part
from consult.views.guard import requires
from consult.words import LANGUAGES
from standards import store
from standards.errors import StandardsError
from standards.tables import StandardRow, VersionRow

bp = Blueprint("rounds", __name__, url_prefix="/desk")

KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
Page = str | Response | tuple[str, int]


@bp.app_context_processor
def _ledger() -> dict[str, Any]:
    """The ledger line of every desk page: of the round in the address, else of the round in hand."""
    if g.get("person") is None or g.get("ledger_told") or not request.path.startswith("/desk"):
        return {}
    now = datetime.now(UTC)
    slug = (request.view_args or {}).get("slug", "") if request.path.startswith("/desk/rounds/") else ""
    with db.reading() as session:
        found = session.exec(select(RoundRow).where(RoundRow.slug == slug)).first() if slug else None
        round_ = found or ledger_line.round_in_hand(session, now)
        return {"ledger": ledger_line.line(session, round_, now) if round_ else None}


@bp.get("/rounds")
@requires(Act.READ_DESK)
def index() -> str:
    """Every round, open ones first, with what waits in each."""
    now = datetime.now(UTC)
    with db.reading() as session:
        rows = session.exec(
            select(RoundRow, VersionRow, StandardRow)
            .join(VersionRow, col(VersionRow.id) == RoundRow.version_id)
            .join(StandardRow, col(StandardRow.id) == VersionRow.standard_id)
            .order_by(col(RoundRow.closes_at).desc())
        ).all()
        shown = [
            listed(round_, now)
            | {
                "standard": f"{standard.title} {version.label}",
                "line": ledger_line.line(session, round_, now),
            }
            for round_, version, standard in rows
        ]
    shown.sort(key=lambda round_: not round_["is_open"])
    return render_template("rounds/index.html", rounds=shown, may_open=g.person.may(Act.OPEN_ROUND))


@bp.get("/rounds/new")
@requires(Act.OPEN_ROUND)
def new() -> Page:
    """The empty form."""
    version = request.args.get("version", "")
    typed = round_form.EMPTY
    if version:
        typed = round_form.Typed(
            {**typed.values, "version": version}, typed.languages, typed.channels, {}, {}, ()
        )
    return _form_page(typed, {})


@bp.post("/rounds")
@requires(Act.OPEN_ROUND)
def open_() -> Page:
    """Open a round, or show the form again with what has to be looked at."""
    typed, now = round_form.typed(request.form), datetime.now(UTC)
    if "more" in request.form:
        return _form_page(typed, {}, rows=round_form.ROWS * 2)
    try:
        with db.transaction() as session:
            _standard, version = store.version_called(session, typed["version"])
            wanted = round_form.wanted(typed, publications.text(session, version))
            round_ = rounds.open_round(session, version, wanted, now=now)
            if problems := checking.join_word_problems(session, round_):
                raise Misfilled(problems)
            after = {"slug": round_.slug, "version": str(version.id), "closes": str(round_.closes_at)}
            audit.record(session, g.person.id, "open-round", "round", round_.id, after=after, now=now)
    except Misfilled as error:
        return _form_page(typed, error.problems), 400
    except RoundExists as error:
        return _form_page(typed, {"slug": str(error)}), 400
    except StandardsError as error:
        words = str(error) if typed["version"] else _("Choose the version to consult on.")
        return _form_page(typed, {"version": words}), 400
    if round_.opens_at <= now:
        flash(_("The round is open."), "done")
    else:
        flash(_("The round is announced. It opens by itself."), "done")
    return redirect(url_for("rounds.show", slug=round_.slug))


def _form_page(typed: round_form.Typed, problems: dict[str, str], rows: int = round_form.ROWS) -> str:
    with db.reading() as session:
        frozen = session.exec(
            select(StandardRow, VersionRow)
            .join(VersionRow, col(VersionRow.standard_id) == StandardRow.id)
            .where(col(VersionRow.content_hash).is_not(None))
            .order_by(col(VersionRow.frozen_at).desc())
        ).all()
        groups = [(group.key, label(group.labels)) for group in rounds.groups(session)]
    empty = [round_form.Asked("", (typed.languages or ("en",))[0], "") for _row in range(rows)]
    return render_template(
        "rounds/form.html",
        typed=typed,
        errors=[{"field": field, "message": words} for field, words in problems.items()],
        versions=[(f"{s.slug}@{v.label}", f"{s.title} {v.label}") for s, v in frozen],
        groups=groups,
        languages_offered=[(code, look.language_name(code)) for code in LANGUAGES],
        channels_offered=[
            (channel.value, look.CHANNELS[channel.value].word) for channel in round_form.CHANNELS
        ],
        questions=[*typed.questions, *empty],
    )


@bp.get("/rounds/<slug>")
@requires(Act.READ_DESK)
def show(slug: str) -> str:
    """How a round goes: figures, participation against the goals, channels, what waits."""
    now = datetime.now(UTC)
    with db.reading() as session:
        round_ = rounds.round_called(session, slug)
        standard, version = rounds.version_of(session, round_)
        seen = participation.of(session, round_)
        waiting = len(moderation.held(session, round_))
        line = ledger_line.line(session, round_, now)
        asked = len(rounds.questions_of(session, round_))
        on_parts = parts.together(parts.counts(session, round_))
    return render_template(
        "rounds/show.html",
        round=listed(round_, now),
        heading=_heading(round_, now),
        standard={"title": standard.title, "language": standard.language},
        version={"label": version.label, "url": look.at(f"/standards/{standard.slug}/{version.label}")},
        line=line,
        people=seen.people,
        workshops=seen.workshops,
        missing=_missing(seen) if g.person.may(Act.MODERATE) else [],
        participation=who_took_part(seen),
        channel_counts=how_they_spoke(seen),
        total=seen.comments,
        held=waiting,
        on_parts=part_words(on_parts, _),
        questions=asked,
        has_goals=any(figure.goal for figure in seen.figures),
        may_open=g.person.may(Act.OPEN_ROUND),
        may_moderate=g.person.may(Act.MODERATE),
        doors=_doors(round_, f"{standard.slug}/{version.label}"),
    )


@bp.post("/rounds/<slug>/close")
@requires(Act.OPEN_ROUND)
def close(slug: str) -> Response:
    """Close a round before its time."""
    now = datetime.now(UTC)
    with db.transaction() as session:
        round_ = rounds.round_called(session, slug)
        if not rounds.is_open(round_, now):
            raise BarazaError(f"“{round_.title}” is not open, so there is nothing to close.")
        rounds.close(session, round_, now=now)
        after = {"closed_at": now.isoformat()}
        audit.record(session, g.person.id, "close-round", "round", round_.id, after=after, now=now)
    flash(_("The round is closed. Comments that still come are kept as proposals."), "done")
    return redirect(url_for("rounds.show", slug=slug))


# --- stakeholder groups


@bp.get("/groups")
@requires(Act.OPEN_ROUND)
def groups() -> str:
    """The stakeholder groups one may count oneself among."""
    return _groups_page({}, [])


@bp.post("/groups")
@requires(Act.OPEN_ROUND)
def keep_group() -> Page:
    """Add a stakeholder group, or give it other names."""
    now, key = datetime.now(UTC), request.form.get("key", "").strip()
    names = {code: request.form.get(f"name-{code}", "").strip() for code in LANGUAGES}
    names = {code: name for code, name in names.items() if name}
    position = request.form.get("position", "0")
    errors = []
    if len(key) > 60 or not KEY.fullmatch(key):
        errors.append({"field": "key", "message": _("Use small letters, digits and hyphens: pit-miners.")})
    if not names:
        errors.append({"field": "name-en", "message": _("Give its name in at least one language.")})
    if errors:
        return _groups_page(dict(request.form), errors), 400
    with db.transaction() as session:
        place = int(position) if re.fullmatch(r"[0-9]{1,4}", position) else 0
        group = rounds.keep_group(session, key, names, place)
        audit.record(session, g.person.id, "keep-group", "group", group.id, after=names, now=now)
    flash(_("The group is kept."), "done")
    return redirect(url_for("rounds.groups"))


def _groups_page(values: dict[str, str], errors: list[dict[str, str]]) -> str:
    with db.reading() as session:
        kept = [
            {"key": group.key, "position": group.position, "names": group.labels}
            for group in rounds.groups(session)
        ]
    chosen = next((group for group in kept if group["key"] == request.args.get("group")), None)
    if chosen and not values:
        names: Any = chosen["names"]
        values = {"key": str(chosen["key"]), "position": str(chosen["position"])}
        values |= {f"name-{code}": name for code, name in names.items()}
    return render_template(
        "rounds/groups.html",
        groups=kept,
        values=values,
        errors=errors,
        languages_offered=[(code, look.language_name(code)) for code in LANGUAGES],
    )


# --- values that several pages share


def listed(round_: RoundRow, now: datetime) -> dict[str, Any]:
    """A round as the desk's templates ask for it."""
    return {
        "slug": round_.slug,
        "title": round_.title,
        "purpose": round_.purpose,
        "summary": round_.summary,
        "languages": round_.languages,
        "channels": round_.channels,
        "language": round_.languages[0] if round_.languages else "",
        "opens_at": round_.opens_at,
        "closes_at": round_.closed_at or round_.closes_at,
        "time_zone": round_.time_zone,
        "is_open": rounds.is_open(round_, now),
        "has_closed": rounds.has_closed(round_, now),
        "url": url_for("rounds.show", slug=round_.slug),
        "public_url": look.at(f"/consultations/{round_.slug}"),
    }


def _heading(round_: RoundRow, now: datetime) -> str:
    if rounds.has_closed(round_, now):
        return str(_("This round is closed"))
    if not rounds.is_open(round_, now):
        return str(_("This round has not opened yet"))
    days = (round_.closes_at - now) // timedelta(days=1)
    if days < 1:
        return str(_("This round is open, and closes today"))
    return str(
        ngettext("This round is open for %(num)s more day", "This round is open for %(num)s more days", days)
    )


def _missing(seen: participation.Participation) -> list[dict[str, Any]]:
    """The groups furthest from their goals, for those who can still invite them."""
    short = [figure for figure in seen.figures if figure.group is not None and not figure.is_met]
    short.sort(key=lambda figure: figure.people / (figure.goal or 1))
    return [
        {"group": label(figure.group.labels), "people": figure.people, "goal": figure.goal}
        for figure in short
        if figure.group is not None
    ]


def _doors(round_: RoundRow, text: str) -> list[tuple[str, str]]:
    """Where else this person works on the round: (address, word)."""
    address = f"/desk/rounds/{round_.slug}"
    wanted = [
        (f"{address}/queue", _("Place comments"), Act.EXPORT),
        (f"{address}/clauses", _("Decide by clause"), Act.EXPORT),
        (f"{address}/report", _("Report and tables"), Act.EXPORT),
        (f"{address}/conversation", _("Conversation by text message"), Act.READ_DESK),
        (f"{address}/broadcasts", _("Write to everyone who joined"), Act.OPEN_ROUND),
        (f"{address}/workshops", _("Workshops"), Act.READ_DESK),
        (f"{address}/tables", _("Bring a comment table in"), Act.LINK),
        (f"{address}/texts", _("Messages carried by hand"), Act.RUN_WORKSHOP),
        (f"/desk/standards/{text}/feasibility", _("Who could do this"), Act.READ_DESK),
    ]
    return [(look.at(path), word) for path, word, act in wanted if g.person.may(act)]
