"""The API: public data for other programs, read without a token.

Lists come in pages (`limit`, `after`), the next one named in `Link`. Everything
carries an ETag; what belongs to a frozen version never changes.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, request
from sqlmodel import Session

from consult import db, look, publications
from consult.errors import Misfilled
from consult.publications import Edition, NothingToRead, Publication
from consult.views.api_description import DESCRIPTION
from standards import store
from standards.diff import Change, compare
from standards.document import Clause, Document
from standards.store import UnknownClause

bp = Blueprint("api", __name__, url_prefix="/api/v1")

LIMIT, MOST = 100, 1000


@bp.get("/openapi.json")
def description() -> Response:
    """This API, described for programs."""
    return _answer(DESCRIPTION)


@bp.get("/standards")
def standards() -> Response:
    """Every standard with a version to read."""
    with db.reading() as session:
        found = [_standard(publication) for publication in publications.everything(session)]
    return _page(found, "standards", "slug")


@bp.get("/standards/<slug>")
def standard(slug: str) -> Response:
    """One standard and its versions, newest first."""
    with db.reading() as session:
        found = publications.called(session, slug)
        return _answer(_standard(found) | {"versions": [_version(found, e) for e in found.editions]})


@bp.get("/standards/<slug>/versions")
def versions(slug: str) -> Response:
    """A standard's versions, newest first."""
    with db.reading() as session:
        found = publications.called(session, slug)
        return _page([_version(found, edition) for edition in found.editions], "versions", "label")


@bp.get("/standards/<slug>/versions/<label>")
def version(slug: str, label: str) -> Response:
    """One version."""
    with db.reading() as session:
        found = publications.called(session, slug)
        return _answer(_version(found, found.edition(label)))


@bp.get("/standards/<slug>/versions/<label>/clauses")
def clauses(slug: str, label: str) -> Response:
    """A version's clauses in reading order."""
    with db.reading() as session:
        document = _document(session, slug, label)
    return _page(document.clauses, "clauses", "id", _clause)


@bp.get("/standards/<slug>/versions/<label>/clauses/<path:name>")
def clause(slug: str, label: str, name: str) -> Response:
    """One clause, by number or id."""
    with db.reading() as session:
        document = _document(session, slug, label)
    try:
        return _answer(_clause(store.clause_in(document, name, f"version {label}")))
    except UnknownClause as unknown:
        raise NothingToRead(str(unknown)) from None


@bp.get("/standards/<slug>/compare/<older>/<newer>")
def comparison(slug: str, older: str, newer: str) -> Response:
    """What changed from one version to another, clause by clause."""
    with db.reading() as session:
        found = publications.called(session, slug)
        before, after = found.edition(older), found.edition(newer)
        old, new = (publications.text(session, edition.version) for edition in (before, after))
        result = compare(old, new, store.steps_between(session, before.version, after.version))
    counts = {kind.value: count for kind, count in result.counts.items()}
    around = {"standard": slug, "before": older, "after": newer, "counts": counts}
    return _page((*result.changes, *result.renumbered_only), "changes", "clause", _change, around)


# --- how things are written


def _standard(found: Publication) -> dict[str, Any]:
    row = found.standard
    return {
        "slug": row.slug,
        "title": row.title,
        "lead": row.lead,
        "language": row.language,
        "scheme": row.scheme.value,
        "owner": row.owner,
        "newest": found.newest.version.label if found.newest else None,
        "url": _absolute(f"/standards/{row.slug}"),
    }


def _version(found: Publication, edition: Edition) -> dict[str, Any]:
    row = edition.version
    path = f"standards/{found.standard.slug}"
    return {
        "standard": found.standard.slug,
        "label": row.label,
        "status": row.status.value,
        "hash": row.content_hash,
        "change_note": row.change_note,
        "frozen_at": row.frozen_at.isoformat() if row.frozen_at else None,
        "published_at": row.published_at.isoformat() if row.published_at else None,
        "rounds": [round_.slug for round_ in edition.rounds],
        "url": _absolute(f"/{path}/{quote(row.label)}"),
        "clauses_url": _absolute(f"/api/v1/{path}/versions/{quote(row.label)}/clauses"),
    }


def _clause(found: Clause) -> dict[str, Any]:
    text = found.text.as_json()
    return {
        "id": str(found.id),
        "number": found.number,
        "parent": str(found.parent) if found.parent else None,
        **{name: text[name] for name in ("level", "modality", "grade", "heading", "body")},
        "attributes": text["attributes"],
        "parameters": text["parameters"],
        "hash": found.text.hash,
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "clause": str(change.clause.id),
        "kinds": sorted(kind.value for kind in change.kinds),
        "before": _place(change.old),
        "after": _place(change.new),
        "heading": [list(piece) for piece in change.heading],
        "body": [list(piece) for piece in change.body],
        "parameters": [
            {
                "name": value.name,
                "before": value.old.model_dump(mode="json")["value"] if value.old else None,
                "after": value.new.model_dump(mode="json")["value"] if value.new else None,
                "direction": value.direction,
            }
            for value in change.parameters
        ],
        "attributes": [{"name": a.name, "before": a.old, "after": a.new} for a in change.attributes],
        "from": [str(source.id) for source in change.sources],
        "into": [str(target.id) for target in change.targets],
    }


def _place(found: Clause | None) -> dict[str, str] | None:
    return {"number": found.number, "heading": found.text.heading} if found else None


def _document(session: Session, slug: str, label: str) -> Document:
    return publications.text(session, publications.called(session, slug).edition(label).version)


def _absolute(path: str) -> str:
    return request.host_url.rstrip("/") + look.at(path)


# --- answers


def _page(
    things: Sequence[Any],
    name: str,
    key: str,
    write: Any = lambda thing: thing,
    around: Mapping[str, Any] | None = None,
) -> Response:
    """One page of a list: `limit` of them after the one that `after` names, all written by `write`."""
    limit = _limit()
    after = request.args.get("after", "")
    start = 0
    if after:
        keys = [_key(thing, key) for thing in things]
        if after not in keys:
            raise NothingToRead(f"Nothing in this list is called “{after}”. Begin again without `after`.")
        start = keys.index(after) + 1
    part = things[start : start + limit]
    following = None
    if start + limit < len(things):
        asked = {**request.args.to_dict(), "limit": limit, "after": _key(part[-1], key)}
        following = f"{_absolute(quote(request.path))}?{urlencode(asked)}"
    answer = {
        **(around or {}),
        "total": len(things),
        name: [write(thing) for thing in part],
        "next": following,
    }
    response = _answer(answer)
    if following:
        response.headers["Link"] = f'<{following}>; rel="next"'
    return response


def _key(thing: Any, key: str) -> str:
    if isinstance(thing, Mapping):
        return str(thing[key])
    return str(thing.clause.id if isinstance(thing, Change) else thing.id)


def _limit() -> int:
    written = request.args.get("limit", str(LIMIT))
    if not re.fullmatch(r"[0-9]{1,6}", written) or not 1 <= int(written) <= MOST:
        raise Misfilled({"limit": f"Give `limit` as a whole number from 1 to {MOST}."})
    return int(written)


def _answer(value: Any) -> Response:
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    response = Response(body, mimetype="application/json")
    response.set_etag(hashlib.blake2b(body.encode(), digest_size=12).hexdigest(), weak=True)
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.make_conditional(request)
    return response
