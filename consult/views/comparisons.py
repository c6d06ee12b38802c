"""What changed from one version to another: the page, and the Word file."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Response, render_template, request
from flask_babel import gettext as _
from sqlmodel import Session

from consult import comparing, db, publications
from consult.publications import Edition, Publication
from consult.reading import Book
from consult.views.shown import attachment, compare_url, reads_drafts, standard_shown, version_url
from standards import store
from standards.diff import Comparison, compare
from standards.exchange import sending_out
from standards.exchange.docx import redline


def page(
    session: Session,
    found: Publication,
    before: Edition,
    after: Edition,
    path: Sequence[UUID],
    asked: dict[UUID, int],
) -> str:
    comparison = _compared(session, before, after)
    old, new = _side(session, found, before), _side(session, found, after)
    ids = [change.clause.id for change in comparison.changes]
    shown = comparing.shown(
        comparison,
        old,
        new,
        page=request.args.get("page", 1, int),
        reasons={
            clause_id: [reason.words for reason in told]
            for clause_id, told in publications.reasons(session, path, ids).items()
        },
        asked=asked,
    )
    here = compare_url(found, old.label, new.label)
    return render_template(
        "public/compare.html",
        standard=standard_shown(found),
        before={"label": old.label, "url": version_url(found, old.label), "total": len(old.document)},
        after={"label": new.label, "url": version_url(found, new.label), "total": len(new.document)},
        comparison=shown,
        pager=_pager(shown, here) if shown.pages > 1 else None,
        choices=_other_pairs(found, before, after),
        downloads=[{"words": _("Word, with tracked changes"), "url": f"{here}.docx"}],
    )


def _compared(session: Session, before: Edition, after: Edition) -> Comparison:
    steps = store.steps_between(session, before.version, after.version)
    return compare(
        publications.text(session, before.version), publications.text(session, after.version), steps
    )


def _side(session: Session, found: Publication, edition: Edition) -> comparing.Side:
    label = edition.version.label
    book = Book(publications.text(session, edition.version), version_url(found, label))
    return comparing.Side(label, book.document, book.url)


def _other_pairs(found: Publication, before: Edition, after: Edition) -> list[dict[str, str]]:
    """Each version beside the one it came from, and the two of this page the other way about."""
    pairs = [(found.before(edition), edition) for edition in found.editions]
    shown = [
        (older.version.label, newer.version.label)
        for older, newer in pairs
        if older and (older, newer) != (before, after)
    ]
    return [
        {
            "label": _("%(older)s to %(newer)s", older=older, newer=newer),
            "url": compare_url(found, older, newer),
        }
        for older, newer in shown[:8]
    ]


def _pager(shown: comparing.Shown, here: str) -> dict[str, Any]:
    last = shown.first + len(shown.changes) - 1
    return {
        "first": shown.first,
        "last": last,
        "total": shown.changed,
        "size": shown.following,
        "previous_url": f"{here}?page={shown.page - 1}" if shown.page > 1 else "",
        "next_url": f"{here}?page={shown.page + 1}" if shown.page < shown.pages else "",
    }


def word_file(slug: str, older: str, newer: str) -> Response:
    """The comparison as a Word file with tracked changes; the same two versions always give the same file."""
    with db.reading() as session:
        found = publications.called(session, slug, drafts=reads_drafts())
        before, after = found.edition(older), found.edition(newer)
        data = redline.write(
            _compared(session, before, after),
            title=found.standard.title,
            old_label=older,
            new_label=newer,
            author=found.standard.owner or "Baraza",
            now=after.version.frozen_at or after.version.created_at,
        )
    return attachment(data, f"{slug}-{older}-to-{newer}.docx", sending_out.KINDS["docx"])
