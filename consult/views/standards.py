"""Reading a standard: its versions, a version by chapter and on paper, a clause, a comparison."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from sqlmodel import Session
from werkzeug.wrappers import Response

from consult import db, look, publications, redactions
from consult.errors import NotFound
from consult.kept_pages import Page, kept
from consult.local import published
from consult.local.published import LocalReading, Stands
from consult.publications import Edition, NothingToRead, Publication
from consult.reading import Book, Chapter
from consult.views import clause_pages, comparisons
from consult.views.shown import (
    attachment,
    book_of,
    compare_url,
    edition_called,
    reads_drafts,
    stamp_of,
    standard_shown,
    stands_shown,
    version_shown,
    version_url,
)
from standards import store
from standards.exchange import sending_out
from standards.exchange.marks import NO_MARKS
from standards.store import UnknownClause

bp = Blueprint("standards", __name__, url_prefix="/standards")


@bp.get("/<slug>")
@kept
def standard(session: Session, slug: str) -> Page:
    """One standard with its versions and where each stands."""
    found, now = publications.called(session, slug, drafts=reads_drafts()), datetime.now(UTC)
    shown = [_in_list(found, edition, now) for edition in found.editions]
    around = published.around(session, found)
    stands_on = around.itself[0] if around.itself else None
    return Page(
        (str((found.standard, shown)), around.stamp),
        lambda: render_template(
            "public/standard.html",
            standard=standard_shown(found),
            versions=shown,
            overlays=[stands_shown(one) for one in published.first_to_read(around.on_it)],
            local=stands_shown(stands_on) if stands_on else None,
        ),
    )


@bp.get("/<slug>/<label>")
@kept
def reading(session: Session, slug: str, label: str) -> Page:
    """A version as a book: the whole where it is short, else one chapter."""
    found, edition, now = *edition_called(session, slug, label), datetime.now(UTC)
    tallies = publications.tallies(session, edition.version)
    around = published.around(session, found)
    here = around.of_text(edition.version)

    def make() -> str:
        local = _local(session, here, now)
        book = book_of(session, found, edition, now, local)
        chapter = _chapter(book, request.args.get("chapter", ""))
        clauses = chapter.clauses if chapter else ()
        html = store.html_of(session, clauses, book.document.language)
        before = found.before(edition)
        return render_template(
            "public/reading.html",
            standard=standard_shown(found),
            version=version_shown(edition, now),
            chapter=chapter if book.is_long else None,
            clauses=[book.clause(clause, html, tallies) for clause in clauses],
            contents=book.contents(tallies, chapter),
            total_clauses=len(book.document),
            **_neighbours(book, chapter),
            print_url=f"{book.base}/print",
            compare_url=compare_url(found, before.version.label, label) if before else None,
            compared_with=before.version.label if before else "",
            overlays=_ways_to_read(found, edition, here, around.on_version(edition.version)),
            local=stands_shown(here) | {"on": now.date()} if here else None,
            downloads=_downloads(slug, label),
        )

    stamp = (stamp_of(found, edition, now), hash(frozenset(tallies.items())), around.stamp)
    return Page((*stamp, _day_of(here, now)), make)


def _local(session: Session, here: Stands | None, now: datetime) -> LocalReading | None:
    """The local text that a version holds, as it reads today; None for an ordinary version."""
    return published.reading(session, here, now.date(), look.spoken()) if here else None


def _day_of(here: Stands | None, now: datetime) -> object:
    """The day, where the text depends on it: what has run out is gone in the morning."""
    return now.date() if here else None


def _ways_to_read(
    found: Publication, edition: Edition, here: Stands | None, on_it: list[Stands]
) -> list[dict[str, Any]]:
    """The international text and the local texts on it, where there are any."""
    if here:
        shown = stands_shown(here)
        return [
            {"name": shown["base"], "url": shown["base_url"], "current": False},
            {"name": here.name, "url": shown["url"], "current": True},
        ]
    if not on_it:
        return []
    label = edition.version.label
    alone = {
        "name": _("the international text alone"),
        "url": version_url(found, label),
        "current": True,
    }
    return [alone, *({**stands_shown(one), "current": False} for one in on_it)]


def _downloads(slug: str, label: str) -> list[dict[str, str]]:
    here = look.at(f"/standards/{slug}/{label}/download")
    return [
        {"words": _("Word"), "url": f"{here}/docx"},
        {"words": _("PDF"), "url": f"{here}/pdf"},
        {
            "words": _("JSON, for programs"),
            "url": look.at(f"/api/v1/standards/{slug}/versions/{label}/clauses"),
        },
    ]


@bp.get("/<slug>/<label>/download/<kind>")
def download(slug: str, label: str, kind: str) -> Response:
    """The whole version as a file to take along."""
    if kind not in sending_out.KINDS:
        raise NotFound(_("This text can be taken along as %(kinds)s.", kinds=", ".join(sending_out.KINDS)))
    with db.reading() as session:
        found, edition = edition_called(session, slug, label)
        here = published.around(session, found).of_text(edition.version)
        local = _in_its_language(session, here) if here else None
        data = sending_out.write(
            local.document if local else publications.text(session, edition.version),
            kind,
            slug=slug,
            title=found.standard.title,
            label=label,
            status=edition.version.status.value,
            lead=found.standard.lead,
            frozen_on=edition.version.frozen_at,
            marking=local.marking if local else NO_MARKS,
        )
    return attachment(data, f"{slug}-{label}.{kind}", sending_out.KINDS[kind])


def _in_its_language(session: Session, here: Stands) -> LocalReading:
    """A local text as it reads today, its marks in the words of the text's own language."""
    return published.reading(session, here, datetime.now(UTC).date(), here.work.language)


@bp.get("/<slug>/<label>/print")
@kept
def on_paper(session: Session, slug: str, label: str) -> Page:
    """The whole version on one page, without what stands beside it."""
    found, edition, now = *edition_called(session, slug, label), datetime.now(UTC)
    here = published.around(session, found).of_text(edition.version)

    def make() -> str:
        book = book_of(session, found, edition, now, _local(session, here, now))
        html = store.html_of(session, book.document, book.document.language)
        return render_template(
            "public/print.html",
            standard=standard_shown(found),
            version=version_shown(edition, now),
            clauses=[book.clause(clause, html, {}) for clause in book.document],
            reading_url=book.base,
            local=stands_shown(here) | {"on": now.date()} if here else None,
        )

    return Page((stamp_of(found, edition, now), here.stamp if here else None, _day_of(here, now)), make)


@bp.get("/<slug>/<label>/clauses/<path:named>")
@kept
def clause(session: Session, slug: str, label: str, named: str) -> Page:
    """A clause at its permanent address, or what became of it where this version has it no more."""
    found, edition, now = *edition_called(session, slug, label), datetime.now(UTC)
    document = publications.text(session, edition.version)
    try:
        here = store.clause_in(document, named, _("version %(label)s", label=label))
    except UnknownClause as unknown:
        id_ = clause_pages.known_elsewhere(session, found, edition, named, unknown)
        # The id is an address that never expires; a number is only a place, and this one is empty.
        status = 200 if named == str(id_) else 404
        return Page(object(), lambda: clause_pages.gone(session, found, edition, id_, named), status)
    tallies = publications.tallies(session, edition.version, here.id)
    voices = publications.public_words(session, edition.version, here.id)
    around = published.around(session, found)
    stands = around.of_text(edition.version)
    said = (tallies.get(here.id), redactions.stamp_of(session, voices))
    return Page(
        (stamp_of(found, edition, now), *said, around.stamp, _day_of(stands, now)),
        lambda: clause_pages.page(session, found, edition, here, tallies, voices, now, around),
    )


@bp.get("/<slug>/compare/<older>/<newer>")
def compare(slug: str, older: str, newer: str) -> Response:
    """What changed from one version to another, as a page or as a Word file."""
    return (
        comparisons.word_file(slug, older, newer[:-5])
        if newer.endswith(".docx")
        else compared(slug, older, newer)
    )


@kept
def compared(session: Session, slug: str, older: str, newer: str) -> Page:
    """What changed from one version to another, word by word."""
    found = publications.called(session, slug, drafts=reads_drafts())
    before, after = found.edition(older), found.edition(newer)
    path = publications.drafted_between(found, before, after)
    asked = publications.asked_for(session, path)
    now = datetime.now(UTC)
    stamp = (stamp_of(found, before, now), stamp_of(found, after, now), frozenset(asked.items()))
    return Page(stamp, lambda: comparisons.page(session, found, before, after, path, asked))


# --- the reading view


def _chapter(book: Book, asked_for: str) -> Chapter | None:
    """The chapter asked for by any of its clauses, else the first. Raises NothingToRead."""
    if not asked_for:
        return book.chapters[0] if book.chapters else None
    try:
        return book.chapter_of[store.clause_in(book.document, asked_for).id]
    except UnknownClause:
        raise NothingToRead(
            _("This version has no chapter %(name)s. Its contents list those it has.", name=asked_for)
        ) from None


def _neighbours(book: Book, chapter: Chapter | None) -> dict[str, Any]:
    if chapter is None or not book.is_long:
        return {"previous": None, "next": None}
    place = book.chapters.index(chapter)
    around = [None, *book.chapters, None]
    found: list[dict[str, str] | None] = [
        {"number": other.number, "heading": other.heading, "url": book.chapter_url(other)} if other else None
        for other in (around[place], around[place + 2])
    ]
    return {"previous": found[0], "next": found[1]}


def _in_list(found: Publication, edition: Edition, now: datetime) -> dict[str, Any]:
    label, before = edition.version.label, found.before(edition)
    return version_shown(edition, now) | {
        "url": version_url(found, label),
        "compare_url": compare_url(found, before.version.label, label) if before else None,
    }
