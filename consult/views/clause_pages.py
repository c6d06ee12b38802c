"""A clause at its permanent address: its page, or what became of it where a version has it no more."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import render_template
from flask_babel import gettext as _
from sqlmodel import Session

from consult import look, publications, redactions
from consult.local import published
from consult.local.published import Around, LocalReading, Stands
from consult.publications import Edition, NothingToRead, Publication
from consult.reading import Tally, first_words, named
from consult.tables.comments import CommentRow
from consult.views.comment_form import waiting_words
from consult.views.shown import book_of, standard_shown, stands_shown, version_shown, version_url
from standards import store
from standards.document import Clause
from standards.lineage import Relation, Step
from standards.store import UnknownClause


def page(
    session: Session,
    found: Publication,
    edition: Edition,
    here: Clause,
    tallies: dict[UUID, Tally],
    voices: Sequence[CommentRow],
    now: datetime,
    around: Around,
) -> str:
    stands = around.of_text(edition.version)
    local = published.reading(session, stands, now.date(), look.spoken()) if stands else None
    book = book_of(session, found, edition, now, local)
    document = book.document
    # As it reads today: a derogation may stand over the words that last.
    here = document.by_id[here.id]
    shown = book.clause(here, store.html_of(session, [here], document.language), tallies, alone=True)
    below = [
        {"number": c.number, "heading": c.text.heading or first_words(c.text.body), "url": book.url(c)}
        for c in document.children.get(here.id, ())
    ]
    consulted = bool(edition.rounds)
    return render_template(
        "public/clause.html",
        standard=standard_shown(found),
        version=version_shown(edition, now) | {"url": book.base},
        clause=shown,
        inside=[
            {"number": c.number, "heading": c.text.heading or first_words(c.text.body), "url": book.url(c)}
            for c in document.ancestors(here)
        ],
        below=below,
        elsewhere=_elsewhere(session, found, edition, here),
        history=_history(session, found, edition, here),
        comments=_said(session, voices),
        comments_total=(shown.count or 0) if consulted else None,
        reading_url=book.place(here),
        local=_local(stands, local, here) if stands and local else None,
        sources=book.marking.of(here.id).sources,
        countries_url=f"{book.url(here)}/countries" if published.first_to_read(around.on_it) else "",
    )


def _local(stands: Stands, local: LocalReading, here: Clause) -> dict[str, Any]:
    """The local text a clause stands in, and the clause it stands on; "" for one of its own."""
    shown = stands_shown(stands)
    base = local.text.base
    there = base.by_id.get(here.id)
    address = f"{shown['base_url']}/clauses/{quote(named(base, there), safe='')}" if there else ""
    return shown | {"clause_url": address, "countries_url": f"{address}/countries" if address else ""}


def _elsewhere(session: Session, found: Publication, edition: Edition, here: Clause) -> list[dict[str, str]]:
    places = publications.places(session, found, here.id)
    shown = []
    for other in found.editions:
        if other is edition or other.version.id not in places:
            continue
        number, text_hash = places[other.version.id]
        label = other.version.label
        words = _("the same words") if text_hash == here.text.hash else _("other words")
        shown.append(
            {
                "label": label,
                "number": number,
                "words": f"({words})" if number else words,
                "url": f"{version_url(found, label)}/clauses/{here.id}",
            }
        )
    return shown


def _history(session: Session, found: Publication, edition: Edition, here: Clause) -> list[dict[str, Any]]:
    """Why the clause changed, version by version, newest first; drafts are left to the desk."""
    until = edition.version.frozen_at or datetime.now(UTC)
    frozen = {
        e.version.id: (e.version.frozen_at, e.version.label)
        for e in found.editions
        if e.version.frozen_at and e.version.frozen_at <= until
    }
    told = publications.reasons(session, frozen, [here.id]).get(here.id, [])
    events = [
        {"at": frozen[reason.version_id][0], "words": f"{frozen[reason.version_id][1]}: {reason.words}"}
        for reason in told
    ]
    return sorted(events, key=lambda event: event["at"], reverse=True)


def _said(session: Session, voices: Sequence[CommentRow]) -> list[dict[str, Any]]:
    """What everyone may read of comments: their words and channel, and the week they came in."""
    words = redactions.said(session, voices)
    return [
        {
            "channel": voice.channel.value,
            "said": words[voice.id] or waiting_words(),
            "language": voice.language,
            "when": _("week of %(day)s", day=look.written_day(_monday(voice.received_at), look.spoken())),
        }
        for voice in voices
    ]


def _monday(moment: datetime) -> date:
    day = moment.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


# --- a clause that is here no more


def known_elsewhere(
    session: Session, found: Publication, edition: Edition, named: str, unknown: UnknownClause
) -> UUID:
    """The id of a clause that this version lacks but another has. Raises NothingToRead."""
    try:
        id_ = UUID(named)
    except ValueError:
        for other in found.editions:
            document = publications.text(session, other.version)
            if other is not edition and named in document.by_number:
                return document.by_number[named].id
        raise NothingToRead(
            _(
                "Version %(label)s has no clause %(number)s. Look for it in the contents of the standard.",
                label=edition.version.label,
                number=unknown.named,
            )
        ) from None
    if not publications.is_clause_of(session, found, id_):
        raise NothingToRead(_("No clause of this standard ever had the address you followed."))
    return id_


def gone(session: Session, found: Publication, edition: Edition, id_: UUID, named: str) -> str:
    """What became of a clause that stands in another version only."""
    places = publications.places(session, found, id_)
    stands = [other for other in found.editions if other.version.id in places]
    if not stands:
        raise NothingToRead(
            _("This clause was only ever in a draft, and stands in no version that can be read.")
        )
    document = publications.text(session, edition.version)
    base = version_url(found, edition.version.label)
    acts: list[Step] = []
    successors: list[UUID] = []
    last = stands[0]
    for last in stands:
        steps = store.steps_between(session, last.version, edition.version)
        acts, successors = publications.became(steps, id_, document)
        if acts:
            break
    was = publications.text(session, last.version).by_id[id_]
    path = publications.drafted_between(found, last, edition)
    return render_template(
        "public/clause_gone.html",
        standard=standard_shown(found),
        version={"label": edition.version.label, "url": base, "status": edition.version.status.value},
        was={
            "label": last.version.label,
            "number": was.number,
            "heading": was.text.heading or first_words(was.text.body),
            "url": f"{version_url(found, last.version.label)}/clauses/{id_}",
        },
        named_by_number=named != str(id_),
        relation=_relation(acts),
        successors=[
            {
                "number": document.by_id[s].number,
                "heading": document.by_id[s].text.heading or first_words(document.by_id[s].text.body),
                "url": f"{base}/clauses/{s}",
            }
            for s in successors
        ],
        reasons=[reason.words for reason in publications.reasons(session, path, [id_]).get(id_, [])],
        elsewhere=[
            {
                "label": other.version.label,
                "number": places[other.version.id][0],
                "url": f"{version_url(found, other.version.label)}/clauses/{id_}",
            }
            for other in stands
        ],
    )


def _relation(acts: Sequence[Step]) -> str:
    """The act that ended the clause, by its stored value; "" where none was recorded."""
    ending = (Relation.SPLIT, Relation.MERGED, Relation.REPLACED, Relation.WITHDRAWN)
    return next((step.relation.value for step in reversed(acts) if step.relation in ending), "")
