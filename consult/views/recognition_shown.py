"""Shown: edges, coverage and combined lists as the templates of recognition ask for them."""

from collections import Counter
from typing import Any

from markupsafe import Markup
from sqlmodel import Session

from consult import look
from consult.particulars import verification_word
from consult.recognition_words import EXTENTS, PATTERNS, REASONS, STANDINGS, VERDICTS
from standards import store
from standards.combining import Combined, Item
from standards.document import Clause
from standards.recognition import Coverage, Extent, Verdict
from standards.recognition_store import End, Kept, Pair


def end_shown(end: End) -> dict[str, Any]:
    """A version as the pages name it."""
    slug, label = end.standard.slug, end.version.label
    return {
        "name": end.side.name,
        "title": end.standard.title,
        "label": label,
        "language": end.standard.language,
        "url": look.at(f"/standards/{slug}/{label}"),
        "asked": len(end.side.asked),
    }


def pair_url(pair: Pair, *rest: str) -> str:
    """The working list of a pair, or a page below it."""
    return look.at("/".join(["/desk/recognition", pair.ours.side.name, pair.theirs.side.name, *rest]))


def mark(one: Kept) -> str:
    """How an address names an edge."""
    return f"{one.row.from_clause_id.hex}.{one.row.to_clause_id.hex}"


def clause_shown(clause: Clause | None, end: End) -> dict[str, Any]:
    """A clause in a list; one that is gone has no words."""
    if clause is None:
        return {"number": "–", "heading": "", "url": ""}
    words = clause.text.heading or " ".join(clause.text.body.split()[:12])
    url = look.at(f"/standards/{end.standard.slug}/{end.version.label}/clauses/{clause.id}")
    return {"id": str(clause.id), "number": clause.number or "§", "heading": words, "url": url}


def edge_shown(pair: Pair, one: Kept) -> dict[str, Any]:
    """An edge in a list: both clauses, its verdicts, where it stands."""
    edge = one.edge
    ours = pair.ours.side.document.by_id.get(edge.ours.clause)
    theirs = pair.theirs.side.document.by_id.get(edge.theirs.clause)
    return {
        "mark": mark(one),
        "ours": clause_shown(ours, pair.ours),
        "theirs": clause_shown(theirs, pair.theirs),
        "requirement": VERDICTS[edge.requirement],
        "assurance": VERDICTS[edge.assurance],
        "gap": edge.gap,
        "evidence": edge.evidence,
        "reviewers": edge.reviewers,
        "reviewed_on": edge.reviewed_on,
        "expires_on": edge.expires_on,
        "score": one.row.score,
        "standing": STANDINGS[one.standing],
        "reasons": [REASONS[reason] for reason in one.because] if edge.reviewers else [],
        "pinned": (edge.ours.version, edge.theirs.version),
        "is_judged": edge.requirement is not Verdict.UNREVIEWED,
    }


def words_of(session: Session, clause: Clause, end: End) -> dict[str, Any]:
    """A whole clause, for reading beside another."""
    html = store.html_of(session, [clause], end.standard.language)[clause.text.hash]
    told = clause.text.attributes
    return clause_shown(clause, end) | {
        "heading": clause.text.heading,
        "html": Markup(html),  # our own renderer's, which escapes
        "checked": verification_word(told.verification),
        "shown_by": [verifier.text for verifier in told.verifiers],
        "language": end.standard.language,
    }


def extents_shown(counts: Counter[Extent]) -> list[dict[str, Any]]:
    """One row for each extent, with its share of the whole."""
    total = counts.total()
    return [
        {
            "word": EXTENTS[extent],
            "pattern": PATTERNS[extent],
            "count": counts[extent],
            "share": round(100 * counts[extent] / total) if total else 0,
        }
        for extent in Extent
    ]


def missed(coverage: Coverage, pair: Pair) -> list[dict[str, Any]]:
    """Both directions, each with its counts and the clauses that are not wholly met."""
    found = []
    for end, extents, counts in (
        (pair.theirs, coverage.theirs, coverage.of_theirs),
        (pair.ours, coverage.ours, coverage.of_ours),
    ):
        clauses = [
            clause_shown(end.side.document.by_id[id_], end) | {"extent": EXTENTS[extent]}
            for id_, extent in extents.items()
            if extent in (Extent.PARTLY, Extent.NOT)
        ]
        found.append({"end": end_shown(end), "extents": extents_shown(counts), "clauses": clauses})
    return found


def combined_shown(combined: Combined, ends: dict[str, End]) -> list[dict[str, Any]]:
    """The items of a combined list, in order."""
    return [item_shown(item, ends) for item in combined.items]


def item_shown(item: Item, ends: dict[str, End]) -> dict[str, Any]:
    """One question: its leading clause, those it answers for, what it asks, what is left."""
    return {
        "members": [
            clause_shown(member.clause, ends[member.side])
            | {"side": member.side, "language": ends[member.side].standard.language}
            for member in item.members
        ],
        "values": [
            {
                "label": held.parameter.label or held.parameter.name,
                "shown": held.parameter.shown,
                "sides": held.sides,
            }
            for held in item.parameters
        ],
        "checked": [verification_word(way) for way in item.assurance],
        "left": [
            {"side": member.side, "number": member.clause.number, "gap": member.gap} for member in item.left
        ],
    }
