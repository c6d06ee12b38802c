"""Bringing in a standard: what the importer understood and what it did not, before anything is saved."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session, col, select
from werkzeug.wrappers import Response

from consult import audit, db
from consult.drafting import uploads
from consult.drafting.clause_form import Flaw, clean
from consult.errors import NotFound
from consult.permissions import Act
from consult.views.drafting.lifecycle import next_label, plain_label
from consult.views.drafting.shelf import SlugTaken, checked, refuse_taken
from consult.views.guard import requires
from standards import exchange, match, store, versions
from standards.document import Clause, Document, Finding, Imported
from standards.errors import StandardsError, UnreadableFile
from standards.numbering import numbered
from standards.tables import StandardRow, VersionRow

bp = Blueprint("importing", __name__, url_prefix="/desk/import")

OPENING = 160


@dataclass(frozen=True)
class Understood:
    """A file as it was read: the clauses with the numbers they will have, and every finding."""

    imported: Imported
    document: Document
    findings: tuple[Finding, ...]


@bp.get("/")
@requires(Act.IMPORT)
def choose() -> str:
    """Choose a file, or paste Markdown."""
    return _choose_page({}, [])


@bp.post("/")
@requires(Act.IMPORT)
def upload() -> Response | tuple[str, int]:
    """Read what was sent, and keep it for a look; nothing is saved yet."""
    file = request.files.get("file")
    pasted = clean(request.form.get("pasted", ""))
    if file is not None and file.filename:
        name, data = Path(file.filename.replace("\\", "/")).name[:200], file.read()
    elif pasted.strip():
        name, data = "pasted.md", pasted.encode()
    else:
        return _choose_page({}, [Flaw("file", _("Choose a file, or paste the text below."))]), 400
    try:
        understood(data, name)
    except UnreadableFile as refusal:
        field = "pasted" if name == "pasted.md" else "file"
        return _choose_page({"pasted": pasted}, [Flaw(field, str(refusal))]), 400
    word = uploads.keep(_folder(), g.person.id, name, data)
    return redirect(url_for("importing.look", word=word))


def _choose_page(values: dict[str, str], flaws: list[Flaw]) -> str:
    return render_template("importing/choose.html", values=values, errors=flaws, taken=exchange.TAKEN)


def _folder() -> Path:
    folder: Path = current_app.config["BARAZA"].data_dir / "imports"
    return folder


def understood(data: bytes, name: str) -> Understood:
    """Read a file, number its clauses, and count its words again. Raises UnreadableFile."""
    imported = exchange.read_file(data, name)
    findings = (*imported.findings, *exchange.check_nothing_lost(imported))
    return Understood(imported, _as_document(imported), findings)


def _as_document(imported: Imported) -> Document:
    """The import with passing ids, so that its numbers can be counted before it is saved."""
    from standards.identity import new_id

    ids = {clause.key: new_id() for clause in imported.clauses}
    clauses = tuple(
        Clause(ids[clause.key], clause.text, ids[clause.parent] if clause.parent is not None else None)
        for clause in imported.clauses
    )
    return numbered(Document(imported.title, imported.language, imported.scheme, clauses))


@bp.get("/<word>")
@requires(Act.IMPORT)
def look(word: str) -> str:
    """What the importer understood, what it did not, and where it shall go."""
    kept = uploads.find(_folder(), g.person.id, word)
    read = understood(kept.data, kept.name)
    values = {"onto": request.args.get("onto", ""), "slug": _slug(read.imported.title, kept.name)}
    values |= {"label": "0.1", "title": read.imported.title}
    with db.reading() as session:
        if values["onto"]:
            _standard, older = _older(session, values["onto"])
            values["label"] = next_label(older.label)
        return _look_page(session, word, kept, read, values, [])


def _slug(title: str, name: str) -> str:
    """A short name to begin with, from the title or the file's name."""
    from unicodedata import normalize

    plain = normalize("NFKD", title or Path(name).stem).encode("ascii", "ignore").decode().lower()
    words = "".join(c if c.isalnum() else " " for c in plain).split()
    return "-".join(words)[:40].strip("-") or "standard"


def _look_page(
    session: Session,
    word: str,
    kept: uploads.Upload,
    read: Understood,
    values: dict[str, str],
    flaws: list[Flaw],
) -> str:
    document = read.document
    return render_template(
        "importing/look.html",
        word=word,
        file=kept.name,
        imported=read.imported,
        rows=_rows(document),
        total=len(document),
        counts={
            "level": Counter(clause.text.level.value for clause in document).most_common(),
            "modality": Counter(
                clause.text.modality.value for clause in document if clause.text.modality.value != "none"
            ).most_common(),
        },
        words=len(read.imported.source_text.split()),
        findings={kind: [f for f in read.findings if f.kind == kind] for kind in ("lost", "guessed", "note")},
        frozen=_frozen(session),
        values=values,
        matched=_matched(session, values.get("onto", ""), read),
        errors=flaws,
    )


def _rows(document: Document) -> list[dict[str, Any]]:
    depths: dict[Any, int] = {None: -1}
    rows = []
    for clause in document:
        depths[clause.id] = depth = depths[clause.parent] + 1
        body = " ".join(clause.text.body.split())
        rows.append(
            {
                "depth": depth,
                "number": clause.number,
                "heading": clause.text.heading,
                "opening": body[:OPENING] + ("…" if len(body) > OPENING else ""),
                "level": clause.text.level.value,
                "modality": clause.text.modality.value,
            }
        )
    return rows


def _frozen(session: Session) -> list[tuple[str, str]]:
    """The frozen versions an import may follow: `slug@label` with its words."""
    rows = session.exec(
        select(StandardRow, VersionRow)
        .join(VersionRow, col(VersionRow.standard_id) == StandardRow.id)
        .where(col(VersionRow.content_hash).is_not(None))
        .order_by(col(StandardRow.title), col(VersionRow.created_at).desc())
    ).all()
    return [(f"{s.slug}@{v.label}", f"{s.title}, {v.label}") for s, v in rows]


def _older(session: Session, named: str) -> tuple[StandardRow, VersionRow]:
    try:
        return store.version_called(session, named)
    except StandardsError as unknown:
        raise NotFound(str(unknown)) from unknown


def _matched(session: Session, onto: str, read: Understood) -> dict[str, Any] | None:
    """How the import's clauses meet those of an older version; None without one."""
    if not onto:
        return None
    standard, older = _older(session, onto)
    before = store.load(session, older)
    found = match.match_documents(before, read.imported)
    new = {
        clause.key: numbered_clause
        for clause, numbered_clause in zip(read.imported.clauses, read.document, strict=True)
    }
    decided = [(before.by_id[old], new[key]) for key, old in found.decided.items()]
    suggested = [
        (before.by_id[old], [(new[s.id], s.score) for s in suggestions])
        for old, suggestions in found.suggestions.items()
    ]
    met = {old.id for old, _new in decided} | {old.id for old, _new in suggested}
    return {
        "standard": standard,
        "older": older,
        "decided": decided,
        "suggested": suggested,
        "gone": [clause for clause in before if clause.id not in met],
        "fresh": len(read.document) - len(decided),
    }


@bp.post("/<word>")
@requires(Act.IMPORT)
def save(word: str) -> Response | tuple[str, int]:
    """Save what was looked at, all of it or nothing, as a first draft or onto an older version."""
    kept = uploads.find(_folder(), g.person.id, word)
    read = understood(kept.data, kept.name)
    values = {
        name: request.form.get(name, "").strip()
        for name in ("onto", "slug", "label", "title", "owner", "lead")
    }
    flaws: list[Flaw] = []
    try:
        with db.transaction() as session:
            flaws, version, slug = _save(session, read.imported, values)
    except versions.VersionExists as refusal:
        flaws = [Flaw("label", str(refusal))]
    except SlugTaken as refusal:
        flaws = [Flaw("slug", str(refusal))]
    if flaws:
        with db.reading() as session:
            return _look_page(session, word, kept, read, values, flaws), 400
    assert version is not None, "a form without flaws was saved"
    uploads.drop(_folder(), word)
    flash(_("Saved as a draft. Look it through, then write on."), "done")
    page = "drafting.lineage" if values["onto"] else "drafting.outline"
    return redirect(url_for(page, slug=slug, label=version.label))


def _save(
    session: Session, imported: Imported, values: dict[str, str]
) -> tuple[list[Flaw], VersionRow | None, str]:
    now, by = datetime.now(UTC), str(g.person.id)
    if values["onto"]:
        standard, older = _older(session, values["onto"])
        try:
            label = plain_label(values["label"])
        except StandardsError as refusal:
            return [Flaw("label", str(refusal))], None, ""
        version = versions.import_onto(session, imported, older, label, by=by, now=now)
        slug = standard.slug
    else:
        wanted, flaws = checked(values)
        if wanted is None:
            return flaws, None, ""
        refuse_taken(session, wanted.slug)
        version = versions.import_version(session, imported, wanted, by=by, now=now)
        slug = wanted.slug
    after = {"clauses": len(imported.clauses), "onto": values["onto"] or None}
    audit.record(session, by, "import", "version", version.id, after=after, now=now)
    return [], version, slug
