"""Reading a standard: its versions, a version by chapter and on paper, a clause, a comparison."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from sqlmodel import Session
from werkzeug.wrappers import Response

from consult import db, look, publications
from consult.errors import NotFound
from consult.kept_pages import Page, kept
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
    version_shown,
    version_url,
)
from standards import store
from standards.exchange import sending_out
from standards.store import UnknownClause

bp = Blueprint("standards", __name__, url_prefix="/standards")


@bp.get("/<slug>")
@kept
def standard(session: Session, slug: str) -> Page:
    """One standard with its versions and where each stands."""
    found, now = publications.called(session, slug, drafts=reads_drafts()), datetime.now(UTC)
    shown = [_in_list(found, edition, now) for edition in found.editions]
    return Page(
        str((found.standard, shown)),
        lambda: render_template(
            "public/standard.html", standard=standard_shown(found), versions=shown, overlays=[]
        ),
    )


@bp.get("/<slug>/<label>")
@kept
def reading(session: Session, slug: str, label: str) -> Page:
    """A version as a book: the whole where it is short, else one chapter."""
    found, edition, now = *edition_called(session, slug, label), datetime.now(UTC)
    tallies = publications.tallies(session, edition.version)

    def make() -> str:
        book = book_of(session, found, edition, now)
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
            overlays=[],
            downloads=_downloads(slug, label),
        )

    return Page((stamp_of(found, edition, now), hash(frozenset(tallies.items()))), make)


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
        data = sending_out.write(
            publications.text(session, edition.version),
            kind,
            slug=slug,
            title=found.standard.title,
            label=label,
            status=edition.version.status.value,
            lead=found.standard.lead,
            frozen_on=edition.version.frozen_at,
        )
    return attachment(data, f"{slug}-{label}.{kind}", sending_out.KINDS[kind])


@bp.get("/<slug>/<label>/print")
@kept
def on_paper(session: Session, slug: str, label: str) -> Page:
    """The whole version on one page, without what stands beside it."""
    found, edition, now = *edition_called(session, slug, label), datetime.now(UTC)

    def make() -> str:
        book = book_of(session, found, edition, now)
        html = store.html_of(session, book.document, book.document.language)
        return render_template(
            "public/print.html",
            standard=standard_shown(found),
            version=version_shown(edition, now),
            clauses=[book.clause(clause, html, {}) for clause in book.document],
            reading_url=book.base,
        )

    return Page(stamp_of(found, edition, now), make)


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
    stamp = (stamp_of(found, edition, now), tallies.get(here.id), tuple(v.id for v in voices))
    return Page(stamp, lambda: clause_pages.page(session, found, edition, here, tallies, voices, now))


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
