"""Recognition in public: how far a version meets other standards, by reviewed judgements alone."""

from datetime import UTC, datetime

from flask import Blueprint, render_template, request
from sqlmodel import Session

from consult.kept_pages import Page, kept
from consult.views.recognition_shown import edge_shown, end_shown, missed
from consult.views.shown import edition_called, standard_shown, version_url
from standards import recognition_store
from standards.recognition import Standing, coverage

bp = Blueprint("recognised", __name__, url_prefix="/standards")

A_PAGE = 40
"""Judgements on one page, for all the standards together."""


@bp.get("/<slug>/<label>/recognition")
@kept
def show(session: Session, slug: str, label: str) -> Page:
    """Which other standards this version meets, and who judged it."""
    found, edition = edition_called(session, slug, label)
    on = datetime.now(UTC).date()
    pairs = recognition_store.pairs_of(session, edition.version, on) if edition.version.content_hash else []
    reviewed = [(pair, one) for pair, edges in pairs for one in edges if one.standing is Standing.REVIEWED]
    stamp = (on, str(found.standard), [one.edge for _pair, one in reviewed])

    def make() -> str:
        last = max(1, -(-len(reviewed) // A_PAGE))
        page = min(max(request.args.get("page", 1, type=int), 1), last)
        first = (page - 1) * A_PAGE
        here = f"{version_url(found, label)}/recognition"
        return render_template(
            "public/recognition.html",
            standard=standard_shown(found),
            version={"label": label, "url": version_url(found, label)},
            others=[
                {
                    "end": end_shown(pair.theirs),
                    "directions": missed(
                        coverage(pair.ours.side, pair.theirs.side, [one.edge for one in edges], on), pair
                    ),
                }
                for pair, edges in pairs
                if any(one.standing is Standing.REVIEWED for one in edges)
            ],
            edges=[
                edge_shown(pair, one) | {"with": end_shown(pair.theirs)}
                for pair, one in reviewed[first : first + A_PAGE]
            ],
            pager={
                "first": first + 1,
                "last": min(first + A_PAGE, len(reviewed)),
                "total": len(reviewed),
                "size": A_PAGE,
                "previous_url": f"{here}?page={page - 1}" if page > 1 else "",
                "next_url": f"{here}?page={page + 1}" if page < last else "",
            }
            if last > 1
            else None,
        )

    return Page(str(stamp), make)
