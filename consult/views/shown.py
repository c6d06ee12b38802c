"""Shown: standards, versions and rounds as the public templates ask for them."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from flask import Response, g, make_response, request
from sqlmodel import Session

from consult import look, publications, rounds
from consult.local.published import LocalReading, Stands
from consult.permissions import Act
from consult.publications import Edition, Publication
from consult.reading import Book
from consult.tables.rounds import RoundRow


def attachment(data: bytes, name: str, kind: str) -> Response:
    """A file to take along; asked for again unchanged, it is not sent again."""
    response = make_response(data)
    response.headers["Content-Type"] = kind
    names = {"filename": name}
    if not name.isascii():
        # A header holds no other letters; what they are stands beside it (RFC 8187).
        plain = name.encode("ascii", "replace").decode().replace("?", "_")
        names = {"filename": plain, "filename*": f"UTF-8''{quote(name, safe='')}"}
    response.headers.set("Content-Disposition", "attachment", **names)
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


def reads_drafts() -> bool:
    """Whether this reader may see texts that are still being written."""
    person = g.get("person")
    return person is not None and person.may(Act.READ_DESK)


def standard_shown(publication: Publication) -> dict[str, Any]:
    """A standard as the public templates ask for it."""
    standard = publication.standard
    return {
        "slug": standard.slug,
        "title": standard.title,
        "lead": standard.lead,
        "language": standard.language,
        "owner": standard.owner,
        "url": look.at(f"/standards/{standard.slug}"),
    }


def version_url(publication: Publication, label: str) -> str:
    """The reading view of a version."""
    return look.at(f"/standards/{publication.standard.slug}/{quote(label)}")


def compare_url(publication: Publication, older: str, newer: str) -> str:
    """What changed from one version to another."""
    return look.at(f"/standards/{publication.standard.slug}/compare/{quote(older)}/{quote(newer)}")


def round_shown(round_: RoundRow, now: datetime) -> dict[str, Any]:
    """A round as the public templates ask for it; its words are in its first language."""
    address = look.at(f"/consultations/{round_.slug}")
    return {
        "title": round_.title,
        "summary": round_.summary,
        "language": round_.languages[0] if round_.languages else "",
        "url": address,
        "comment_url": f"{address}/comment",
        "opens_at": round_.opens_at,
        "closes_at": round_.closed_at or round_.closes_at,
        "time_zone": round_.time_zone,
        "is_open": rounds.is_open(round_, now),
    }


def standard_in_list(publication: Publication) -> dict[str, Any]:
    """A standard in a list, with the version one would read first."""
    newest = publication.newest
    return standard_shown(publication) | {
        "version": newest.version.label if newest else "",
        "status": newest.version.status.value if newest else "",
    }


def edition_called(session: Session, slug: str, label: str) -> tuple[Publication, Edition]:
    """A standard and one of its versions, if this reader may see it. Raises NothingToRead."""
    found = publications.called(session, slug, drafts=reads_drafts())
    return found, found.edition(label)


def book_of(
    session: Session, found: Publication, edition: Edition, now: datetime, local: LocalReading | None = None
) -> Book:
    """A version laid out for reading, its clauses open to comments while a round is.

    A local text is laid out as it reads on the day, its local parts marked.
    """
    open_round = edition.open_round(now)
    comment = look.at(f"/consultations/{open_round.slug}/comment") if open_round else None
    base = version_url(found, edition.version.label)
    if local is not None:
        return Book(local.document, base, comment, local.marking)
    return Book(publications.text(session, edition.version), base, comment)


def version_shown(edition: Edition, now: datetime) -> dict[str, Any]:
    """A version as the public templates ask for it."""
    version, round_ = edition.version, edition.round_to_show(now)
    return {
        "label": version.label,
        "status": version.status.value,
        "frozen_on": version.frozen_at,
        "published_on": version.published_at,
        "is_open_for_comment": edition.open_round(now) is not None,
        "round": round_shown(round_, now) if round_ else None,
    }


def stands_shown(one: Stands) -> dict[str, Any]:
    """A version of a local text in a list, with the text it stands on."""
    address = look.at(f"/standards/{one.overlay.slug}/{quote(one.version.label)}")
    return {
        "name": one.name,
        "status": one.version.status.value,
        "url": address,
        "derogations_url": f"{address}/derogations",
        "base": f"{one.work.title} {one.base.label}",
        "base_language": one.work.language,
        "base_url": look.at(f"/standards/{one.work.slug}/{quote(one.base.label)}"),
    }


def stamp_of(found: Publication, edition: Edition, now: datetime) -> tuple[object, ...]:
    """What a page about a version is made from, besides counts; a draft's page is made every time."""
    version, standard_ = edition.version, found.standard
    return (
        version.content_hash or object(),
        tuple((e.version.label, e.version.status, e.version.published_at) for e in found.editions),
        (standard_.title, standard_.lead, standard_.owner, standard_.language),
        str(edition.round_to_show(now)),
        edition.open_round(now) is not None,
    )
