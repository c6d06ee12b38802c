"""Local texts for everyone: the register of derogations, several countries on one clause or on all."""

import io
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

from flask import Blueprint, render_template
from flask_babel import gettext as _
from sqlmodel import Session
from werkzeug.wrappers import Response

from consult import comparing, db, look, publications
from consult.errors import NotFound
from consult.kept_pages import Page, kept
from consult.local import countries, published
from consult.local.countries import Country
from consult.local.document_words import document_words
from consult.local.published import Stands
from consult.permissions import Act
from consult.publications import Edition, Publication
from consult.reading import first_words, named
from consult.sheets.cells import write_csv
from consult.views.guard import requires
from consult.views.shown import (
    attachment,
    edition_called,
    stamp_of,
    standard_shown,
    stands_shown,
    version_url,
)
from standards import store
from standards.document import Clause
from standards.exchange import local_register, sending_out
from standards.exchange.local_register import Line
from standards.exchange.local_words import LocalWords
from standards.markdown import plain
from standards.store import UnknownClause

bp = Blueprint("local_public", __name__)
REGISTER_KINDS = {"docx": sending_out.KINDS["docx"], "csv": "text/csv; charset=utf-8"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


# --- the register of derogations


@bp.get("/standards/<slug>/<label>/derogations")
@kept
def derogations(session: Session, slug: str, label: str) -> Page:
    """Every weakening of a local text with its end; of a base, those of all local texts on it."""
    found, edition, now = *edition_called(session, slug, label), datetime.now(UTC)
    around = published.around(session, found)
    stands = _registered(around, edition)

    def make() -> str:
        words = document_words(look.spoken())
        here = version_url(found, label)
        return render_template(
            "public/derogations.html",
            standard=standard_shown(found),
            version={"label": label, "url": here, "status": edition.version.status.value},
            local=stands_shown(stands[0]) if around.of_text(edition.version) else None,
            on=now.date(),
            words=words,
            registers=[_register(session, one, stands, now.date(), words) for one in stands],
            downloads=[
                {"words": _("Word"), "url": f"{here}/derogations/docx"},
                {"words": _("Table (CSV)"), "url": f"{here}/derogations/csv"},
            ],
        )

    return Page((stamp_of(found, edition, now), around.stamp, now.date()), make)


@bp.get("/standards/<slug>/<label>/derogations/<kind>")
def register_file(slug: str, label: str, kind: str) -> Response:
    """The register as a file to take along, in the language of the text."""
    if kind not in REGISTER_KINDS:
        raise NotFound(_("This register can be taken along as %(kinds)s.", kinds=", ".join(REGISTER_KINDS)))
    today = datetime.now(UTC).date()
    with db.reading() as session:
        found, edition = edition_called(session, slug, label)
        stands = _registered(published.around(session, found), edition)
        words = document_words(found.standard.language)
        register = [line for one in stands for line in _lines(session, one, stands, today, words)]
        if kind == "csv":
            into = io.BytesIO()
            write_csv(local_register.table(register, words), into)
            data = into.getvalue()
        else:
            document = local_register.as_document(register, words, found.standard.title)
            data = sending_out.write(
                document,
                kind,
                slug=slug,
                title=found.standard.title,
                label=label,
                status=words.register,
                lead=words.on % {"day": words.day(today)},
                frozen_on=edition.version.frozen_at,
            )
    return attachment(data, f"{slug}-{label}-derogations.{kind}", REGISTER_KINDS[kind])


def _registered(around: published.Around, edition: Edition) -> list[Stands]:
    """The local text that a version holds, or those that stand on it."""
    here = around.of_text(edition.version)
    return [here] if here else around.on_version(edition.version)


def _lines(session: Session, one: Stands, among: Sequence[Stands], on: date, words: LocalWords) -> list[Line]:
    """The derogations of a local text; those of a parent that is listed itself stand there alone."""
    listed = {f"{other.overlay.slug}@{other.version.label}" for other in among if other is not one}
    register = local_register.lines(published.on_day(session, one.version, on), words)
    return [line for line in register if line.layer not in listed]


def _register(
    session: Session, one: Stands, among: Sequence[Stands], on: date, words: LocalWords
) -> dict[str, Any]:
    shown = stands_shown(one)
    document = published.on_day(session, one.version, on).resolved.document
    lines = _lines(session, one, among, on, words)
    return shown | {"lines": [_line(line, shown["url"], named(document, line.clause)) for line in lines]}


def _line(line: Line, address: str, name: str) -> dict[str, Any]:
    return {
        "number": line.clause.number,
        "heading": line.clause.text.heading or first_words(line.clause.text.body),
        "url": f"{address}/clauses/{quote(name, safe='')}",
        "layer": line.name,
        "what": line.what,
        "lasting": line.lasting,
        "weaker": line.weaker,
        "until": line.until,
        "approved_by": line.approved_by,
        "reason": line.reason,
        "evidence": line.evidence,
        "standing": line.standing,
    }


# --- several countries on one clause


@bp.get("/standards/<slug>/<label>/clauses/<name>/countries")
@kept
def clause_countries(session: Session, slug: str, label: str, name: str) -> Page:
    """What each local text does with one clause of its base, beside the base."""
    found, edition, now = *edition_called(session, slug, label), datetime.now(UTC)
    around = published.around(session, found)
    try:
        clause = store.clause_in(publications.text(session, edition.version), name)
    except UnknownClause as unknown:
        missing = _("Version %(label)s has no clause %(number)s.", label=label, number=unknown.named)
        raise publications.NothingToRead(missing) from None
    return Page(
        (stamp_of(found, edition, now), around.stamp, now.date()),
        lambda: _clause_page(session, found, edition, clause, around, now.date()),
    )


def _clause_page(
    session: Session,
    found: Publication,
    edition: Edition,
    clause: Clause,
    around: published.Around,
    on: date,
) -> str:
    words = document_words(look.spoken())
    among = _among(session, around, edition, on)
    here = version_url(found, edition.version.label)
    document = publications.text(session, edition.version)
    return render_template(
        "public/countries.html",
        standard=standard_shown(found),
        version={"label": edition.version.label, "url": here, "status": edition.version.status.value},
        clause={
            "number": clause.number,
            "heading": clause.text.heading or first_words(clause.text.body),
            "html": comparing.words_marked(plain(clause.text), plain(clause.text)),
            "url": f"{here}/clauses/{quote(named(document, clause), safe='')}",
        },
        on=on,
        words=words,
        countries=[_country(country, clause, words) for country in among],
        values=[
            {
                "label": parameter.label or parameter.name,
                "base": parameter.shown,
                "cells": countries.values(clause, parameter, among),
            }
            for parameter in clause.text.parameters
        ],
    )


def _country(country: Country, clause: Clause, words: LocalWords) -> dict[str, Any]:
    shown = stands_shown(country.stands)
    there, ground = country.clause(clause.id), country.ground(clause.id)
    name = named(country.text.resolved.document, there) if there else ""
    url = f"{shown['url']}/clauses/{quote(name, safe='')}" if there else shown["url"]
    html = ""
    if there and ground:
        html = comparing.words_marked(plain(ground.text), plain(there.text))
    lines = country.register(clause.id, words)
    return shown | {
        "clause_url": url,
        "elsewhere": country.elsewhere,
        "is_there": there is not None,
        "html": html,
        "notes": country.notes(clause.id, words),
        "lines": [_line(line, shown["url"], name) for line in lines],
    }


def _among(session: Session, around: published.Around, edition: Edition, on: date) -> list[Country]:
    stands = published.first_to_read(around.on_it)
    return countries.countries(session, stands, edition.version.id, on)


# --- for the desk: every clause


@bp.get("/desk/standards/<slug>/<label>/countries")
@requires(Act.READ_DESK)
def matrix(slug: str, label: str) -> str:
    """Every clause of a base with what each country does with it."""
    on = datetime.now(UTC).date()
    with db.reading() as session:
        found, edition, among, rows = _matrix(session, slug, label, on, document_words(look.spoken()))
    here = version_url(found, label)
    return render_template(
        "local/matrix.html",
        standard=standard_shown(found),
        version={"label": label, "url": here, "status": edition.version.status.value},
        on=on,
        countries=[stands_shown(country.stands) | {"elsewhere": country.elsewhere} for country in among],
        rows=[_row(row, here) for row in rows],
        file_url=look.at(f"/desk/standards/{slug}/{quote(label)}/countries.xlsx"),
    )


@bp.get("/desk/standards/<slug>/<label>/countries.xlsx")
@requires(Act.READ_DESK)
def matrix_file(slug: str, label: str) -> Response:
    """The same as a workbook, in the language of the standard."""
    on = datetime.now(UTC).date()
    with db.reading() as session:
        found = publications.called(session, slug, drafts=True)
        words = document_words(found.standard.language)
        found, _edition, among, rows = _matrix(session, slug, label, on, words)
    title = f"{found.standard.title} {label} · {words.day(on)}"
    data = countries.as_workbook(rows, among, (words.heads[0], words.fields["heading"]), title)
    return attachment(data, f"{slug}-{label}-countries.xlsx", XLSX)


def _matrix(
    session: Session, slug: str, label: str, on: date, words: LocalWords
) -> tuple[Publication, Edition, list[Country], list[countries.Row]]:
    found, edition = edition_called(session, slug, label)
    among = _among(session, published.around(session, found), edition, on)
    rows = countries.matrix(publications.text(session, edition.version), among, words)
    return found, edition, among, rows


def _row(row: countries.Row, here: str) -> dict[str, Any]:
    clause = row.clause
    return {
        "number": clause.number,
        "heading": clause.text.heading or first_words(clause.text.body),
        "url": "" if row.own else f"{here}/clauses/{clause.id}/countries",
        "own": row.own,
        "cells": row.cells,
    }
