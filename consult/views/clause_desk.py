"""The clause at the committee's table: its text beside its comments, and the decision on them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup
from sqlmodel import Session
from werkzeug.wrappers import Response

from consult import audit, db, feasibility, links, look, rounds, themes
from consult.desk import clauses as desk
from consult.desk import deciding, places
from consult.desk import voices as spoken
from consult.desk.places import RoundPlace
from consult.dispositions import NotPlaced
from consult.errors import BarazaError, NotFound
from consult.local import parts
from consult.permissions import Act
from consult.report_words import part_words
from consult.tables.comments import CommentRow
from consult.views.guard import requires
from consult.views.queue import READ
from standards import store
from standards.document import Clause
from standards.store import UnknownClause
from standards.tables import Status, VersionRow

bp = Blueprint("clause_desk", __name__, url_prefix="/desk/rounds")


@dataclass(frozen=True)
class Refused:
    """What was refused, at which field."""

    field: str
    message: str


@bp.get("/<slug>/clauses")
@requires(READ)
def every(slug: str) -> str:
    """The clauses that people spoke about, with how many comments are still to be decided."""
    with db.reading() as reading:
        place = places.round_place(reading, slug, datetime.now(UTC))
        rows = desk.listed(place, desk.counts(reading, place))
    g.ledger_told = True
    return render_template(
        "clauses/list.html",
        ledger=place.ledger,
        place=place,
        rows=rows,
        undecided=sum(row["undecided"] for row in rows),
    )


@bp.get("/<slug>/clauses/<path:named>")
@requires(READ)
def show(slug: str, named: str) -> str:
    """One clause, or what was said about the whole document, with everything that was said about it."""
    return _page(slug, named)


@bp.post("/<slug>/clauses/<path:named>")
@requires(Act.DECIDE)
def act(slug: str, named: str) -> Response | tuple[str, int] | str:
    """Decide, or gather in themes; what was typed is shown again when it is refused."""
    now = datetime.now(UTC)
    if request.form.get("act") == "measure":
        return _page(slug, named)
    try:
        with db.transaction() as writing:
            place = places.round_place(writing, slug, now)
            clause = _clause(place, named)
            _perform(writing, place, clause, now)
    except NotFound:
        raise
    except (BarazaError, UnknownClause) as refusal:
        refused = Refused(deciding.field_of(refusal), str(refusal))
        return _page(slug, named, refused), 400
    query: dict[str, Any] = _narrowed().as_query(comment="", after="")
    if request.form.get("act") == "take-apart":
        query.pop("theme", None)
    return redirect(url_for("clause_desk.show", slug=slug, named=named, **query))


def _clause(place: RoundPlace, named: str) -> Clause | None:
    if named == "whole":
        return None
    try:
        return store.clause_in(place.document, named, _("version %(label)s", label=place.version.label))
    except UnknownClause as unknown:
        raise NotFound(str(unknown)) from unknown


def _narrowed() -> spoken.Narrowed:
    query = request.args
    return spoken.Narrowed(
        theme=query.get("theme", ""),
        group=query.get("group", ""),
        channel=query.get("channel", ""),
        state=query.get("state", "") if query.get("state") in ("open", "decided") else "",
        comment=_id(query.get("comment", "")),
        after=_id(query.get("after", "")),
    )


def _id(written: str) -> UUID | None:
    try:
        return UUID(written)
    except ValueError:
        return None


# --- the page


def _page(slug: str, named: str, refused: Refused | None = None) -> str:
    narrowed, language, now = _narrowed(), look.spoken(), datetime.now(UTC)
    confidential = g.person.may(Act.READ_CONFIDENTIAL)
    with db.reading() as reading:
        place = places.round_place(reading, slug, now)
        clause = _clause(place, named)
        counted = desk.counts(reading, place)
        voices = spoken.voices(reading, place, clause)
        able = feasibility.answers(reading, place.version, clause, round_id=place.round.id)
        able += feasibility.tried(reading, place.version, clause) if clause else []
        groups = places.group_words(reading, language)
        counted_parts = parts.counts(reading, place.round)
        asks_part = parts.asks(reading, place.version.id, clause.id if clause else None)
        is_local = parts.of(reading, place.version.id) is not None
        versions, edits = desk.versions_with_edits(reading, place, clause)
        said = desk.said(
            reading,
            place,
            clause,
            narrowed,
            groups,
            versions,
            confidential=confidential,
            language=language,
        )
    g.ledger_told = True
    return render_template(
        "clauses/show.html",
        ledger=place.ledger,
        place=place,
        clause=desk.drawn(place, clause) if clause else None,
        clause_id=clause.id if clause else None,
        named=named,
        voices=voices,
        said=said,
        narrowed=narrowed,
        steps=desk.neighbours(place, clause, counted),
        history=desk.history(place, versions.values(), edits) if clause else [],
        abilities=desk.abilities(able, groups),
        costs=feasibility.costs(able),
        pilots=desk.piloted(able),
        facets=_facets(voices if confidential else voices.open, groups),
        on_parts=part_words(counted_parts.get(clause.id if clause else None, {}), _) if clause else "",
        asks_part=asks_part,
        themes=voices.themes,
        theme=next((theme for theme in voices.themes if theme["id"] == narrowed.theme), None),
        confidential=0 if confidential else voices.confidential,
        may_decide=g.person.may(Act.DECIDE),
        url=place.clause_url(clause),
        action=_address(slug, named, narrowed, after=narrowed.after or ""),
        next_url=_address(slug, named, narrowed, after=said.after) if said.after else "",
        form=_form(place, clause, narrowed, voices, said, versions, is_local, now),
        errors=[vars(refused)] if refused else [],
        picked=_picked(said, narrowed),
    )


def _address(slug: str, named: str, narrowed: spoken.Narrowed, **more: Any) -> str:
    query: dict[str, Any] = narrowed.as_query(**more)
    return url_for("clause_desk.show", slug=slug, named=named, **query)


def _facets(voices: spoken.Voices, groups: dict[UUID, str]) -> dict[str, list[tuple[str, str, int]]]:
    words = {str(id_): word for id_, word in groups.items()}
    return {
        "groups": [(value, words.get(value, ""), count) for value, count in voices.by("group_id")],
        "channels": [(value, "", count) for value, count in voices.by("channel")],
    }


def _picked(said: desk.Said, narrowed: spoken.Narrowed) -> list[str]:
    if request.method == "POST":
        return request.form.getlist("picked")
    return [str(narrowed.comment)] if narrowed.comment else []


def _form(
    place: RoundPlace,
    clause: Clause | None,
    narrowed: spoken.Narrowed,
    voices: spoken.Voices,
    said: desk.Said,
    versions: dict[UUID, VersionRow],
    is_local: bool,
    now: datetime,
) -> dict[str, Any]:
    """The form with everything typed so far, the languages to answer in, the drafts to carry a change."""
    typed = request.form
    later = desk.carrying(place, versions.values())
    alone = next((c for c in said.comments if c["id"] == str(narrowed.comment)), None)
    readers = spoken.readers(voices.like(narrowed)) if alone is None else spoken.readers_of(alone)
    for reader in readers:
        reader["text"] = typed.get(f"answer-{reader['code']}", "")
        reader["segments"] = deciding.segments_of(typed.get("outcome", ""), reader["text"], reader["code"])
    draft = next((version for version in later if version.status is Status.DRAFT), None)
    return {
        "outcome": typed.get("outcome", ""),
        "reason": typed.get("reason", ""),
        "readers": readers,
        "change": typed.get("change", str(later[0].id) if later else ""),
        "change_clause": typed.get("change_clause", ""),
        "exception": typed.get("exception", ""),
        "in_another_language": "in_another_language" in typed,
        "foreign": any(reader["code"] != spoken.root_of(place.standard.language) for reader in readers),
        "versions": [
            (
                str(version.id),
                _(
                    "Version %(label)s (%(status)s)",
                    label=version.label,
                    status=look.STATUSES[version.status.value],
                ),
            )
            for version in later
        ],
        "draft": draft,
        "new_draft_url": _new_draft_url(place, is_local) if draft is None else "",
        "open_until": None if rounds.has_closed(place.round, now) else place.round.closes_at,
        "same_number": clause.number if clause else "",
        "title": typed.get("title", ""),
    }


def _new_draft_url(place: RoundPlace, is_local: bool) -> str:
    """Where the next draft begins: a local text's with the text it came from."""
    slug, label = place.standard.slug, place.version.label
    if is_local:
        return look.at(f"/desk/local/{slug}/{label}")
    return look.at(f"/desk/standards/{slug}/{label}/new-draft")


# --- acts


def _perform(writing: Session, place: RoundPlace, clause: Clause | None, now: datetime) -> None:
    match request.form.get("act"):
        case "decide":
            _decide(writing, place, clause, now)
        case "make-theme":
            _make_theme(writing, place, clause, now)
        case "add-to-theme":
            _add_to_theme(writing, place, now)
        case "take-out":
            _take_out(writing, place, now)
        case "rename":
            _rename(writing, place, now)
        case "take-apart":
            _take_apart(writing, place, now)
        case "on-base":
            _say_part(writing, place, clause, parts.BASE, now)
        case "on-local":
            _say_part(writing, place, clause, parts.LOCAL, now)
        case _:
            raise BarazaError(_("Nothing was asked for. Press one of the buttons."))


def _decide(writing: Session, place: RoundPlace, clause: Clause | None, now: datetime) -> None:
    ids = _those_meant(writing, place)
    done = deciding.decide_all(writing, place, clause, ids, _written(), by=str(g.person.id), now=now)
    if done.recorded:
        words = ngettext(
            "The disposition of one comment is recorded; its author gets the answer.",
            "The disposition of %(num)s comments is recorded; each author gets the answer.",
            len(done.recorded),
        )
        flash(_with_link(place, done, words), "done")
    if done.same:
        flash(
            ngettext(
                "One comment was decided in these words already. Nobody is answered twice.",
                "%(num)s comments were decided in these words already. Nobody is answered twice.",
                done.same,
            ),
            "info",
        )


def _with_link(place: RoundPlace, done: deciding.Decided, words: str) -> str | Markup:
    """The notice, with the way to the clause that carries the change."""
    if done.version is None or done.clause_id is None:
        return words
    url = desk.text_url(place.standard.slug, done.version, done.clause_id)
    drafting = done.version.status is Status.DRAFT
    link = (
        _("Write the change in version %(label)s", label=done.version.label)
        if drafting
        else _("Read it in version %(label)s", label=done.version.label)
    )
    return Markup('{} <a href="{}">{}</a>').format(words, url, link)


def _those_meant(writing: Session, place: RoundPlace) -> list[UUID]:
    """The comments an act is on: the theme's where a theme is decided, else those picked."""
    if named := request.form.get("theme", ""):
        theme = themes.theme_called(writing, place.round, named)
        ids, waiting, unseen = deciding.in_theme(
            writing, theme.id, confidential=g.person.may(Act.READ_CONFIDENTIAL)
        )
        if waiting:
            flash(
                ngettext(
                    "One comment of this theme still waits for a clause; it is not decided.",
                    "%(num)s comments of this theme still wait for a clause; they are not decided.",
                    waiting,
                ),
                "care",
            )
        if unseen:
            flash(
                ngettext(
                    "One comment of this theme was given in confidence; someone who may read it decides it.",
                    "%(num)s comments of this theme were given in confidence; "
                    "someone who may read them decides them.",
                    unseen,
                ),
                "info",
            )
        if not ids:
            raise NotPlaced
        return ids
    return _picked_ids(writing, place)


def _picked_ids(writing: Session, place: RoundPlace) -> list[UUID]:
    ids = [id_ for written in request.form.getlist("picked") if (id_ := _id(written)) is not None]
    standings = [row for row in places.lock(writing, ids) if row.round_id == place.round.id]
    if not g.person.may(Act.READ_CONFIDENTIAL):
        standings = [row for row in standings if not writing.get_one(CommentRow, row.comment_id).confidential]
    if not standings:
        raise themes.NothingPicked
    return [row.comment_id for row in standings]


def _written() -> deciding.Written:
    form = {name: value.replace("\0", "") for name, value in request.form.items()}
    return deciding.Written(
        outcome=form.get("outcome", ""),
        reason=form.get("reason", ""),
        answers={
            name.removeprefix("answer-"): value for name, value in form.items() if name.startswith("answer-")
        },
        change=form.get("change", ""),
        change_clause=form.get("change_clause", ""),
        exception=form.get("exception", ""),
        in_another_language="in_another_language" in form,
    )


def _make_theme(writing: Session, place: RoundPlace, clause: Clause | None, now: datetime) -> None:
    ids = _picked_ids(writing, place)
    theme = themes.make(
        writing,
        place.round,
        request.form.get("title", ""),
        ids,
        clause_id=clause.id if clause else None,
        now=now,
    )
    _noted(writing, "make-theme", theme.id, now, comments=[str(id_) for id_ in ids])
    flash(_("Made the theme “%(title)s”.", title=theme.title), "done")


def _add_to_theme(writing: Session, place: RoundPlace, now: datetime) -> None:
    theme = themes.theme_called(writing, place.round, request.form.get("to_theme", ""))
    ids = _picked_ids(writing, place)
    fresh = themes.add(writing, theme, ids)
    _noted(writing, "add-to-theme", theme.id, now, comments=[str(id_) for id_ in ids])
    flash(ngettext("Added one comment to the theme.", "Added %(num)s comments to the theme.", fresh), "done")


def _take_out(writing: Session, place: RoundPlace, now: datetime) -> None:
    ids = _picked_ids(writing, place)
    gone = themes.take_out(writing, ids)
    _noted(writing, "take-out-of-theme", place.round.id, now, comments=[str(id_) for id_ in ids])
    flash(
        ngettext("One comment stands by itself again.", "%(num)s comments stand by themselves again.", gone),
        "done",
    )


def _rename(writing: Session, place: RoundPlace, now: datetime) -> None:
    theme = themes.theme_called(writing, place.round, request.form.get("which", ""))
    themes.rename(writing, theme, request.form.get("title", ""))
    _noted(writing, "rename-theme", theme.id, now)
    flash(_("The theme is now called “%(title)s”.", title=theme.title), "done")


def _take_apart(writing: Session, place: RoundPlace, now: datetime) -> None:
    theme = themes.theme_called(writing, place.round, request.form.get("which", ""))
    id_ = theme.id
    gone = themes.take_apart(writing, theme)
    _noted(writing, "take-theme-apart", id_, now, comments=[str(one) for one in gone])
    flash(_("The theme is taken apart. Its comments stay as they were."), "done")


def _say_part(
    writing: Session, place: RoundPlace, clause: Clause | None, part: parts.Part, now: datetime
) -> None:
    ids = _picked_ids(writing, place)
    if clause is None:
        raise parts.OfOnePart
    by = str(g.person.id)
    changed = [id_ for id_ in ids if links.say_part(writing, id_, clause.id, part, by=by, now=now)]
    for id_ in changed:
        after = {"clause": str(clause.id), "part": part}
        audit.record(writing, g.person.id, "say-part", "comment", id_, after=after, now=now)
    flash(
        ngettext("Said of one comment.", "Said of %(num)s comments.", len(changed))
        if changed
        else _("That was said of them already."),
        "done",
    )


def _noted(writing: Session, act: str, theme_id: UUID, now: datetime, **after: Any) -> None:
    audit.record(writing, g.person.id, act, "theme", theme_id, after=after or None, now=now)
