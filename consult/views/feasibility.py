"""Who could do what a version asks: at the desk, and for everyone in figures that tell of nobody."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, g, render_template, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session

from consult import db, feasibility, look, publications, rounds
from consult.desk import places
from consult.errors import NotFound
from consult.feasibility import ABILITIES, Answer, Cell, ClauseFeasibility, Hidden, Side, Wanted
from consult.kept_pages import Page, kept
from consult.participation import SMALLEST
from consult.particulars import producer_word
from consult.permissions import Act
from consult.publications import Edition, Publication
from consult.reading import first_words
from consult.sheets import feasibility as sheet
from consult.views.drafting.door import place
from consult.views.guard import requires
from consult.views.queue import READ
from consult.views.shown import attachment, edition_called, stamp_of, standard_shown, version_url
from standards.document import Clause

bp = Blueprint("feasibility", __name__)

Words = Callable[[UUID | str | None], str]


@dataclass(frozen=True)
class Reader:
    """Whose eyes a page is for: which comments they may read one by one, and so what figures tell them.

    `in_confidence` are the clauses of which some answer was given in confidence; `narrowed`
    says that the page shows a part of the answers only.
    """

    comments: bool = False
    confidential: bool = False
    in_confidence: frozenset[UUID] = frozenset()
    narrowed: bool = False

    def hidden(self, row: ClauseFeasibility) -> Hidden:
        """The figures of a clause that are kept back from this reader."""
        if self.confidential or (self.comments and row.clause and row.clause.id not in self.in_confidence):
            return set()
        if self.narrowed:
            # A part beside the whole would give away what is kept back of the whole.
            return {(cell, kind) for cell in (row.together, *row.cells) for kind in ABILITIES}
        return row.kept_back

    def may_read(self, answer: Answer) -> bool:
        """Whether words of this answer may stand on their page."""
        return answer.pilot_id is not None or (self.comments and not answer.confidential)


# --- at the desk


@bp.get("/desk/standards/<slug>/<label>/feasibility")
@requires(Act.READ_DESK)
def desk(slug: str, label: str) -> str:
    """Whom each clause would shut out, by group or type of producer, with the comments behind."""
    wanted = _wanted()
    with db.reading() as session:
        here = place(session, slug, label)
        document = publications.text(session, here.version)
        found = _everything(session, here)
        groups = places.group_words(session, look.spoken())
    reader = _reader(found, wanted)
    rows = feasibility.picture(found, document, wanted, reader.hidden)
    words = _words(wanted.by, groups)
    return render_template(
        "feasibility/desk.html",
        place=here,
        version_words=f"{here.standard.title} {label}",
        language=document.language,
        rows=[_row(row, words, reader, wanted) for row in rows],
        wanted=wanted,
        counted=feasibility.counted(feasibility.passing(found, wanted)),
        choices=_choices(found, groups),
        public_url=look.at(f"/standards/{slug}/{label}/feasibility"),
        files=[
            (kind.upper(), url_for("feasibility.file", slug=slug, label=label, kind=kind, **_query(wanted)))
            for kind in sheet.KINDS
        ]
        if reader.comments
        else [],
    )


@bp.get("/desk/standards/<slug>/<label>/feasibility.<kind>")
@requires(Act.EXPORT)
def file(slug: str, label: str, kind: str) -> Response:
    """The same figures as a table to take along, without anybody's words."""
    if kind not in sheet.KINDS:
        raise NotFound(_("This table can be taken along as %(kinds)s.", kinds=", ".join(sheet.KINDS)))
    wanted, into = _wanted(), io.BytesIO()
    with db.reading() as session:
        here = place(session, slug, label)
        document, found = publications.text(session, here.version), _everything(session, here)
        reader = _reader(found, wanted)
        rows = feasibility.picture(found, document, wanted, reader.hidden)
        words = _words(wanted.by, places.group_words(session, look.spoken()))
    sheet.write(
        rows, words, reader.hidden, kind, f"{here.standard.title} {label}", here.version.created_at, into
    )
    return attachment(into.getvalue(), f"{slug}-{label}-feasibility.{kind}", sheet.KINDS[kind])


def _everything(session: Session, here: Any) -> list[Answer]:
    return feasibility.answers(session, here.version) + feasibility.tried(session, here.version)


def _reader(found: Sequence[Answer], wanted: Wanted) -> Reader:
    return Reader(
        g.person.may(READ),
        g.person.may(Act.READ_CONFIDENTIAL),
        frozenset(answer.clause_id for answer in found if answer.confidential and answer.clause_id),
        bool(wanted.group or wanted.producer or wanted.region),
    )


def _wanted() -> Wanted:
    asked = {
        name: request.args.get(name, "").replace("\0", "")[:100] for name in ("group", "producer", "region")
    }
    by: Side = "producer" if request.args.get("by") == "producer" else "group"
    return Wanted(by, **asked, sort="text" if request.args.get("sort") == "text" else "cannot")


def _query(wanted: Wanted) -> dict[str, Any]:
    return {name: value for name, value in vars(wanted).items() if value}


def _choices(found: Sequence[Answer], groups: Mapping[UUID, str]) -> dict[str, list[tuple[str, str]]]:
    """What the answers can be narrowed to."""
    given = {answer.group_id for answer in found if answer.group_id}
    types = sorted({answer.producer for answer in found if answer.producer})
    return {
        "group": [(str(id_), word) for id_, word in groups.items() if id_ in given],
        "producer": [(value, producer_word(value)) for value in types],
        "region": [(name, name) for name, _many in feasibility.regions(found)],
    }


# --- for everyone


@bp.get("/standards/<slug>/<label>/feasibility")
@kept
def public(session: Session, slug: str, label: str) -> Page:
    """Who could do what each clause asks, by stakeholder group."""
    return _public(session, slug, label, "group")


@bp.get("/standards/<slug>/<label>/feasibility/producers")
@kept
def public_by_producer(session: Session, slug: str, label: str) -> Page:
    """Who could do what each clause asks, by type of producer."""
    return _public(session, slug, label, "producer")


def _public(session: Session, slug: str, label: str, by: Side) -> Page:
    found, edition = edition_called(session, slug, label)
    said = feasibility.answers(session, edition.version) + feasibility.tried(session, edition.version)
    groups = [(row.id, str(row.labels)) for row in rounds.groups(session)]
    stamp = (stamp_of(found, edition, datetime.now(UTC)), hash(tuple(said)), hash(tuple(groups)))
    return Page(stamp, lambda: _public_page(session, found, edition, said, by))


def _public_page(
    session: Session, found: Publication, edition: Edition, said: Sequence[Answer], by: Side
) -> str:
    document = publications.text(session, edition.version)
    wanted, everyone = Wanted(by), Reader()
    rows = feasibility.picture(said, document, wanted, everyone.hidden)
    words = _words(by, places.group_words(session, look.spoken()))
    drawn = [_row(row, words, everyone, wanted) for row in rows]
    shown = [row for row in drawn if any(one["any"] for one in (row["together"], *row["cells"]))]
    address = version_url(found, edition.version.label)
    for row in shown:
        row["url"] = f"{address}/clauses/{row['id']}"
    return render_template(
        "feasibility/public.html",
        standard=standard_shown(found),
        version={"label": edition.version.label, "url": address},
        language=document.language,
        rows=shown,
        by=by,
        kept_back=len(rows) - len(shown),
        urls={"group": f"{address}/feasibility", "producer": f"{address}/feasibility/producers"},
    )


# --- drawing


def _words(by: Side, groups: Mapping[UUID, str]) -> Words:
    def words(key: UUID | str | None) -> str:
        if isinstance(key, UUID):
            return groups.get(key, "")
        if key:
            return producer_word(key)
        return str(_("Group not said") if by == "group" else _("Type of producer not said"))

    return words


def _row(row: ClauseFeasibility, words: Words, reader: Reader, wanted: Wanted) -> dict[str, Any]:
    hidden, clause = reader.hidden(row), row.clause
    assert clause is not None, "a picture of a text has a clause in each row"
    read = [answer for answer in row.together.answers if reader.may_read(answer)]
    cells = [_cell(cell, words(cell.key), hidden, reader, clause, wanted) for cell in row.cells]
    if hidden:
        # By name: an order by figures would tell of those kept back.
        cells.sort(key=lambda cell: str(cell["words"]))
    hardest = row.hardest(hidden)
    return {
        "id": str(clause.id),
        "number": clause.number,
        "heading": clause.text.heading or first_words(clause.text.body),
        "url": f"#c-{clause.id}",
        "together": _cell(row.together, _("Everyone"), hidden, reader, clause, wanted),
        "cells": [cell for cell in cells if cell["whole"] or cell["tally"]],
        "hardest": (words(hardest.key), hardest.figures[2], hardest.whole) if hardest else None,
        "costs": feasibility.costs(row.together.answers, 2 if reader.comments else SMALLEST),
        "obstacles": feasibility.told(read, "obstacle"),
        "benefits": feasibility.told(read, "benefit"),
    }


def _cell(
    cell: Cell,
    words: str,
    hidden: Hidden,
    reader: Reader,
    clause: Clause,
    wanted: Wanted,
) -> dict[str, Any]:
    """A group's figures, None for each that is kept back; shares only where all of them stand."""
    figures = [
        None if (cell, kind) in hidden else figure
        for kind, figure in zip(ABILITIES, cell.figures, strict=True)
    ]
    is_whole = None not in figures and cell.whole > 0
    group = "" if wanted.by == "producer" else f"?group={cell.key or 'none'}"
    behind = [look.at(f"/desk/rounds/{slug}/clauses/{clause.id}{group}") for slug in cell.rounds]
    return {
        "words": words,
        "whole": cell.whole,
        "figures": figures,
        "any": any(figures),
        "is_whole": is_whole,
        "shares": cell.shares if is_whole else None,
        "tally": cell.pilots if cell.pilots.answers and None not in figures else None,
        "behind": behind if reader.comments else [],
    }
