"""Profiles: what a text asks of one kind of producer, from the first day and later; and its checklists."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext as _
from markupsafe import Markup
from sqlmodel import Session
from werkzeug.wrappers import Response

from consult import db, look, profiles
from consult.errors import NotFound
from consult.particulars import producer_word, producer_words, verification_word, verifier_word
from consult.profiles import Ground, stage_from
from consult.publications import Edition, Publication
from consult.reading import Book, in_scrolling_regions
from consult.views.shown import attachment, edition_called, standard_shown, version_shown, version_url
from standards import markdown
from standards.checklists import NothingToAsk, Wording, wordings_of
from standards.profiles import ANOTHER, Asked, Asking, Coming, Profile, Step, UnknownValue, minerals_of
from standards.stages import ENTRY, stages_of

bp = Blueprint("profiles", __name__, url_prefix="/standards")

ASKED = ("stage", "producer", "mineral", "region")
A_PAGE = 60
"""Clauses drawn in full on one page."""
IN_WORDS = 150
"""Up to so many clauses the later lists give their wording too; beyond, each is one touch away."""


@bp.get("/<slug>/<label>/profile")
def page(slug: str, label: str) -> Response | tuple[str, int] | str:
    """What must be met now, what comes, and what does not apply, for whoever is described."""
    now = datetime.now(UTC)
    with db.reading() as session:
        found, edition = edition_called(session, slug, label)
        ground = _ground(session, found, edition, now)
        try:
            drawn = ground.profile(_asked(now))
        except UnknownValue as unknown:
            message = _("“%(told)s” is not among the choices. Choose one from the list.", told=unknown.told)
            error = {"field": unknown.what, "message": message}
            return _page(found, edition, ground, None, [error], now), 400
        drawing = _Drawing(drawn, version_url(found, label), _translated(session, drawn))
        return _page(found, edition, ground, drawing, [], now)


@bp.get("/<slug>/<label>/checklist.<ending>")
def checklist(slug: str, label: str, ending: str) -> Response:
    """The same profile as a checklist to print, to fill in, or for KoboToolbox and ODK.

    Where there is nothing to ask, the page of the profile says why.
    """
    kind = next((kind for kind, end in profiles.ENDINGS.items() if end == f".{ending}"), None)
    if kind is None:
        raise NotFound(_("Checklists come as docx, xlsx or xlsform.xlsx."))
    now = datetime.now(UTC)
    with db.reading() as session:
        found, edition = edition_called(session, slug, label)
        ground = _ground(session, found, edition, now)
        document = ground.resolved.document
        languages = [look.spoken(), document.language]
        if kind == "xlsform":
            languages += profiles.languages_of(session, document)
        try:
            made = profiles.checklist_of(session, ground, _asked(now), languages)
        except (UnknownValue, NothingToAsk):
            return redirect(f"{version_url(found, label)}/profile{_query()}")
        data = profiles.write(made, kind)
    return attachment(data, profiles.file_name(made, kind), profiles.TYPES[kind])


def _asked(now: datetime) -> Asked:
    told = {name: request.args.get(name, "").strip()[:100] for name in ASKED}
    return Asked(**(told | {"stage": told["stage"] or ENTRY}), on=now.date())


Translated = Mapping[UUID, Mapping[str, Wording]]


def _translated(session: Session, profile: Profile) -> Translated:
    """Current translations into the page's language."""
    return profiles.wordings(session, profile.document, [look.spoken()])


def _ground(session: Session, found: Publication, edition: Edition, now: datetime) -> Ground:
    return profiles.ground_of(session, found.standard, edition.version, on=now.date())


# --- the page


def _page(
    found: Publication,
    edition: Edition,
    ground: Ground,
    drawing: "_Drawing | None",
    errors: list[dict[str, str]],
    now: datetime,
) -> str:
    base = version_url(found, edition.version.label)
    return render_template(
        "public/profile.html",
        standard=standard_shown(found),
        version=version_shown(edition, now),
        reading_url=base,
        form=_form(ground),
        errors=errors,
        profile=drawing.drawn() if drawing else None,
        downloads=_downloads(base) if drawing and drawing.asks_anything else [],
    )


def _form(ground: Ground) -> dict[str, Any]:
    document, local = ground.resolved.document, ground.resolved.local
    stages = [(stage, stage_from(stage, _)) for stage in stages_of(clause.text for clause in document)]
    asked = request.args.get("stage", "") or ENTRY
    minerals = [(one, one) for one in minerals_of(document, local)]
    return {
        "url": request.path,
        "stages": stages,
        "producers": [(str(key), word) for key, word in producer_words().items()],
        "minerals": [*minerals, (ANOTHER, _("another mineral"))] if minerals else [],
        "told": {name: request.args.get(name, "") for name in ASKED} | {"stage": asked},
    }


def _downloads(base: str) -> list[dict[str, str]]:
    words = {
        "docx": _("Checklist to print (Word)"),
        "xlsx": _("Checklist to fill in (Excel)"),
        "xlsform": _("Checklist for KoboToolbox and ODK (XLSForm)"),
    }
    return [
        {"words": words[kind], "url": f"{base}/checklist{ending}{_query()}"}
        for kind, ending in profiles.ENDINGS.items()
    ]


def _query() -> str:
    told = {name: request.args[name] for name in ASKED if request.args.get(name)}
    return f"?{urlencode(told)}" if told else ""


class _Drawing:
    """A profile as its template asks for it."""

    def __init__(self, profile: Profile, base: str, translated: Translated) -> None:
        self._profile, self._base, self._translated = profile, base, translated
        self._document = profile.document
        self._book = Book(profile.document, base)
        self._in_words = len(profile.askings) <= IN_WORDS
        pages = max(1, -(-len(profile.now) // A_PAGE))
        self._pages = pages
        self._page = min(max(request.args.get("page", 1, type=int), 1), pages)

    @property
    def asks_anything(self) -> bool:
        """Whether there is something to make a checklist of."""
        return any(one.has_begun for one in (*self._profile.now, *self._profile.advice))

    def drawn(self) -> dict[str, Any]:
        profile, asked = self._profile, self._profile.asked
        first = (self._page - 1) * A_PAGE
        shown = profile.now[first : first + A_PAGE]
        whom = [producer_word(asked.producer) if asked.producer else _("Any producer"), asked.mineral]
        return {
            "stage": stage_from(asked.stage, _),
            "whom": " · ".join(filter(None, [*whom, asked.region])),
            "now": list(self._by_chapter(shown)),
            "count": len(profile.now),
            "pager": self._pager(first, len(shown)) if self._pages > 1 else None,
            "coming": [self._coming(coming) for coming in profile.coming],
            "advice": [self._asking(one) for one in profile.advice] if self._page == self._pages else [],
            "not_applying": [self._line(one) | {"why": _why(one)} for one in profile.not_applying],
            "points": [
                {"group": one.group or _("All clauses"), "available": one.available, "asks": one.asks}
                for one in profile.thresholds
            ],
            "remarks": profile.remarks,
            "nothing": _nothing(profile),
        }

    def _by_chapter(self, askings: Iterable[Asking]) -> Iterable[dict[str, Any]]:
        chapter: dict[str, Any] | None = None
        for asking in askings:
            above = self._document.ancestors(asking.clause)
            title = above[0].title if above else ""
            if chapter is None or chapter["title"] != title:
                if chapter:
                    yield chapter
                chapter = {"title": title, "clauses": []}
            chapter["clauses"].append(self._asking(asking))
        if chapter:
            yield chapter

    def _asking(self, asking: Asking) -> dict[str, Any]:
        evidence = [
            {"text": one.text, "kind": verifier_word(one.kind) if one.kind else ""} for one in asking.evidence
        ]
        language, own = look.spoken(), self._document.language
        put = wordings_of(asking, own, self._translated.get(asking.clause.id, {}))
        spoken = language if language in put else own
        return self._line(asking) | {
            "heading": put[spoken].heading,
            "language": spoken,
            "html": self._html(asking, put[spoken].words, spoken),
            "evidence": evidence,
            "facts": _facts(asking),
            "guidance": [one.text for one in asking.local.guidance if one.lang in ("", language)],
            "uncertifiable": asking.uncertifiable,
            "from": "" if asking.has_begun else stage_from(asking.steps[0].stage, _),
        }

    def _coming(self, coming: Coming) -> dict[str, Any]:
        return {
            "when": _("From %(day)s", day=look.written_day(coming.day, look.spoken()))
            if coming.day
            else stage_from(coming.stage, _),
            "new": [self._step(*pair) for pair in coming.new],
            "tighter": [self._step(*pair) for pair in coming.tighter],
        }

    def _step(self, asking: Asking, step: Step) -> dict[str, Any]:
        words = self._html(asking, step.wording, self._document.language) if self._in_words else ""
        return self._line(asking) | {"html": words, "evidence": step.evidence}

    def _line(self, asking: Asking) -> dict[str, Any]:
        clause = asking.clause
        return {
            "id": clause.id,
            "number": clause.number,
            "heading": clause.text.heading or ("" if clause.number else _("this passage")),
            "url": self._book.url(clause),
            "language": self._document.language,
        }

    def _html(self, asking: Asking, words: str, language: str) -> Markup:
        text = replace(asking.clause.text, body=words)
        prefix = asking.clause.id.hex[:8]
        return in_scrolling_regions(markdown.render(text, prefix=prefix, language=language))

    def _pager(self, first: int, shown: int) -> dict[str, Any]:
        def url(page: int) -> str:
            told: Mapping[str, str] = {name: request.args.get(name, "") for name in ASKED}
            return f"{self._base}/profile?{urlencode({**told, 'page': page})}"

        total = len(self._profile.now)
        return {
            "first": first + 1,
            "last": first + shown,
            "total": total,
            "size": min(A_PAGE, total - first - shown),
            "previous_url": url(self._page - 1) if self._page > 1 else "",
            "next_url": url(self._page + 1) if self._page < self._pages else "",
        }


# --- words


def _facts(asking: Asking) -> list[tuple[str, str]]:
    told = asking.clause.text.attributes
    share = ""
    if told.group_threshold is not None:
        unit = told.sampling_unit or _("the members")
        share = _("at least %(share)s %% of %(unit)s", share=told.group_threshold, unit=unit)
    until = look.written_day(asking.adapt_until, look.spoken()) if asking.adapt_until else ""
    pairs = (
        (_("Who it asks"), told.responsible),
        (_("In a group"), share),
        (_("How often"), told.frequency),
        (_("How it is checked"), verification_word(told.verification)),
        (_("Weight"), str(look.GRADES[asking.clause.text.grade.value])),
        (_("Points"), str(asking.points or "")),
        (_("Time to adapt until"), until),
    )
    return [(word, value) for word, value in pairs if value]


def _why(asking: Asking) -> str:
    """Why a clause does not apply, in the reader's language; a local text's own words stay as they are."""
    reason = asking.reason
    if reason is None:
        return ""
    if reason.fact == "local":
        words = reason.rationale or reason.values[0]
        return str(_("The local text takes it away: %(reason)s", reason=words))
    values = ", ".join(producer_word(one) if reason.fact == "producer" else one for one in reason.values)
    said = {
        "producer": _("It is only for: %(values)s.", values=values),
        "mineral": _("It is only for the mining of: %(values)s.", values=values),
        "size": _("It is only for operations of this size: %(values)s.", values=values),
        "custody": _("It is only for this chain of custody: %(values)s.", values=values),
    }
    return str(said[reason.fact])


def _nothing(profile: Profile) -> str:
    if not profile.nothing:
        return ""
    if profile.coming:
        return str(_("Nothing must be met yet. What begins later stands below."))
    if profile.not_applying:
        return str(
            _(
                "No clause of this text applies to you as you described yourself. Each stands below with its "
                "reason; change what you chose, or leave it open."
            )
        )
    return str(_("This text holds no requirement: nobody must meet anything by it."))
