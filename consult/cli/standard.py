"""Standards from the command line: bring in, draft, freeze, publish, send out, compare."""

import json
import sys
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError
from sqlmodel import Session, col, select

from consult import audit, db
from consult.cli.opening import BY, day_named, opened
from consult.drafting import changes, publishing
from consult.errors import BarazaError
from standards import exchange, match, store, versions
from standards.document import Document, Finding, Imported
from standards.exchange.marks import NO_MARKS, Marking
from standards.tables import StandardRow, Status, VersionRow
from standards.versions import NewStandard

VERSION = "STANDARD@VERSION"


class NotYet(BarazaError):
    """Something was asked for that this release cannot write."""


@click.group()
def standard() -> None:
    """Bring in, draft, freeze, publish, send out and compare standards.

    A version is named by its standard's short name and its label: gold@1.1.
    """


@standard.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def list_(as_json: bool) -> None:
    """Every version of every standard, newest first."""
    opened()
    with db.reading() as session:
        rows = session.exec(
            select(StandardRow, VersionRow)
            .join(VersionRow, col(VersionRow.standard_id) == StandardRow.id)
            .order_by(col(StandardRow.slug), col(VersionRow.created_at).desc(), col(VersionRow.id).desc())
        ).all()
    if as_json:
        _say([_listed(work, version) for work, version in rows])
        return
    for work, version in rows:
        click.echo(f"{work.slug}@{version.label}\t{version.status.value}\t{work.title}")


def _listed(work: StandardRow, version: VersionRow) -> dict[str, Any]:
    return {
        "standard": work.slug,
        "label": version.label,
        "status": version.status.value,
        "title": work.title,
        "language": work.language,
        "hash": version.content_hash,
    }


# --- bringing in


@standard.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--slug", required=True, help="The standard's short name, such as gold-2.")
@click.option("--label", required=True, help="The label of the new version, such as 2.0.")
@click.option("--title", default="", help="The title, where the file's own is not wanted.")
@click.option("--onto", metavar=VERSION, default="", help="The older version it follows.")
@click.option("--dry-run", is_flag=True, help="Show what was understood; save nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def import_(file: Path, slug: str, label: str, title: str, onto: str, dry_run: bool, as_json: bool) -> None:
    """Bring in FILE (Word, Markdown, clause JSONL or our JSON) as a draft."""
    wanted = _wanted(slug, label, title)
    imported = exchange.read_file(file.read_bytes(), file.name)
    findings = [*imported.findings, *exchange.check_nothing_lost(imported)]
    opened()
    now = datetime.now(UTC)
    if dry_run:
        with db.reading() as session:
            counts = _matched(session, onto, imported) if onto else {}
    else:
        with db.transaction() as session:
            counts = _matched(session, onto, imported) if onto else {}
            version = _save(session, imported, wanted, onto, now)
            after = {"clauses": len(imported.clauses), "onto": onto or None}
            audit.record(session, BY, "import", "version", version.id, after=after, now=now)
    summary = {
        "standard": slug,
        "label": label,
        "saved": not dry_run,
        "title": imported.title,
        "language": imported.language,
        "scheme": imported.scheme.value,
        "clauses": len(imported.clauses),
        "levels": dict(Counter(clause.text.level.value for clause in imported.clauses)),
        "modalities": dict(Counter(clause.text.modality.value for clause in imported.clauses)),
        **({"matched": counts} if onto else {}),
        "findings": [{"kind": f.kind, "message": f.message, "where": f.where} for f in findings],
    }
    if as_json:
        _say(summary)
    else:
        _tell(summary, findings)


def _wanted(slug: str, label: str, title: str) -> NewStandard:
    try:
        return NewStandard(slug=slug, label=label, title=title)
    except ValidationError as problem:
        field = str(problem.errors()[0]["loc"][0])
        hints = {
            "slug": "The short name takes small letters, digits and hyphens, such as gold-2.",
            "label": "The label takes letters, digits, full stops and hyphens, such as 2.0.",
            "title": "The title takes up to 300 characters.",
        }
        raise BarazaError(hints[field]) from None


def _matched(session: Session, onto: str, imported: Imported) -> dict[str, int]:
    _standard, older = store.version_called(session, onto)
    before = store.load(session, older)
    found = match.match_documents(before, imported)
    return {
        "kept": len(found.decided),
        "suggested": len(found.suggestions),
        "new": len(imported.clauses) - len(found.decided),
        "without_successor": len(before) - len(found.decided) - len(found.suggestions),
    }


def _save(session: Session, imported: Imported, wanted: NewStandard, onto: str, now: datetime) -> VersionRow:
    if not onto:
        return versions.import_version(session, imported, wanted, by=BY, now=now)
    work, older = store.version_called(session, onto)
    if work.slug != wanted.slug:
        raise BarazaError(
            f"{onto} is a version of “{work.slug}”, not of “{wanted.slug}”. Give --slug {work.slug}."
        )
    return versions.import_onto(session, imported, older, wanted.label, by=BY, now=now)


def _tell(summary: dict[str, Any], findings: list[Finding]) -> None:
    levels = ", ".join(f"{count} {level}" for level, count in summary["levels"].items())
    click.echo(f"{summary['title'] or '(no title)'} · {summary['language']} · numbers: {summary['scheme']}")
    click.echo(f"{summary['clauses']} clauses: {levels}")
    if "matched" in summary:
        counts = summary["matched"]
        click.echo(
            f"{counts['kept']} keep their identity, {counts['suggested']} are in doubt, "
            f"{counts['new']} are new, {counts['without_successor']} have no successor"
        )
    for finding in findings:
        where = f" ({finding.where})" if finding.where else ""
        click.echo(f"{finding.kind}: {finding.message}{where}")
    said = "Saved as the draft" if summary["saved"] else "Nothing was saved: a dry run of"
    click.echo(f"{said} {summary['standard']}@{summary['label']}.")


# --- a version's life


@standard.command("new-draft")
@click.argument("version", metavar=VERSION)
@click.option("--label", required=True, help="The label of the new draft.")
def new_draft(version: str, label: str) -> None:
    """Begin a draft with the text of a frozen VERSION."""
    wanted = _wanted("any", label, "")
    opened()
    now = datetime.now(UTC)
    with db.transaction() as session:
        work, older = store.version_called(session, version)
        draft = versions.new_draft(session, older, wanted.label, now=now)
        after = {"based_on": str(older.id), "label": draft.label}
        audit.record(session, BY, "new-draft", "version", draft.id, after=after, now=now)
    click.echo(f"{work.slug}@{label} is ready to be written on.")


@standard.command()
@click.argument("version", metavar=VERSION)
@click.option("--decided", is_flag=True, help="The committee has decided; without it, for consultation.")
def freeze(version: str, decided: bool) -> None:
    """Fix the text of a draft for good."""
    opened()
    now = datetime.now(UTC)
    with db.transaction() as session:
        _work, row = store.version_called(session, version)
        hash_ = publishing.freeze(session, row, decided=decided, by=BY, now=now)
    click.echo(f"{version} is frozen as {row.status.value}: {hash_}")


@standard.command()
@click.argument("version", metavar=VERSION)
@click.option("--note", default="", help="What changed, in a few sentences, for the change log.")
def publish(version: str, note: str) -> None:
    """Make a decided VERSION the text in force."""
    opened()
    with db.transaction() as session:
        _work, row = store.version_called(session, version)
        replaced = publishing.publish_settled(session, row, note, by=BY, now=datetime.now(UTC))
    click.echo(f"{version} is published.")
    for older in replaced:
        click.echo(f"{older.label} is superseded by it.")


# --- sending out


@standard.command()
@click.argument("version", metavar=VERSION)
@click.option(
    "--to", "kind", required=True, type=click.Choice(["docx", "md", "html", "pdf", "json", "sts", "oscal"])
)
@click.option("--redline", metavar=VERSION, default="", help="Mark what changed since this version (docx).")
@click.option(
    "--overlay",
    "overlays",
    metavar="OVERLAY@LABEL",
    multiple=True,
    help="The local text on it, its parts marked; one brings its parents, several are a whole chain.",
)
@click.option("--on", "day", metavar="DATE", help="With --overlay: the day, as 2026-11-30; today without it.")
@click.option(
    "--lang", default="", metavar="LANG", help="With --overlay: its wordings in this language, as sw."
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
def export(
    version: str,
    kind: str,
    redline: str,
    overlays: tuple[str, ...],
    day: str | None,
    lang: str,
    output: Path | None,
) -> None:
    """Send VERSION out as a file, or a local text on it."""
    if redline and overlays:
        raise click.UsageError("--redline compares two versions; it does not go with --overlay.")
    if (day is not None or lang) and not overlays:
        raise click.UsageError("--on and --lang go with --overlay.")
    on = day_named(day)
    opened()
    with db.reading() as session:
        if overlays:
            _write(_local(session, version, overlays, kind, on, lang), output)
            return
        work, row = store.version_called(session, version)
        if redline:
            if kind != "docx":
                raise click.UsageError("--redline goes with --to docx; for text, HTML or JSON use `diff`.")
            data = _redline(session, work, store.version_called(session, redline)[1], row)
        else:
            data = _exported(store.load(session, row), work, row, kind)
    _write(data, output)


def _exported(document: Document, work: StandardRow, row: VersionRow, kind: str) -> bytes:
    return _sent_out(document, kind, work, row.label, row.status, row.frozen_at)


def _sent_out(
    document: Document,
    kind: str,
    work: StandardRow,
    label: str,
    status: Status,
    frozen_on: datetime | None,
    marking: Marking = NO_MARKS,
) -> bytes:
    from standards.exchange import sending_out

    if kind not in sending_out.KINDS:
        raise NotYet(f"This release does not write {kind} yet. It writes {', '.join(sending_out.KINDS)}.")
    return sending_out.write(
        document,
        kind,
        slug=work.slug,
        title=work.title,
        label=label,
        status=status.value,
        lead=work.lead,
        frozen_on=frozen_on,
        marking=marking,
    )


def _local(
    session: Session, version: str, overlays: tuple[str, ...], kind: str, on: date, lang: str
) -> bytes:
    """The local text on a version, its parts marked; as JSON every span with where it comes from."""
    from consult.local import published
    from consult.local.document_words import document_words
    from standards.exchange import local_marks
    from standards.overlays import provenance
    from standards.overlays import store as overlay_store

    store.version_called(session, version)
    overlay, text = published.under(session, version, overlays, on)
    own = session.get_one(StandardRow, overlay.text_standard_id)
    _overlay, row = overlay_store.version_called(session, overlays[-1])
    document = local_marks.in_language(text, lang, own.title)
    if kind == "json":
        value = {"overlay": overlays[-1], **provenance.as_json(text.resolved)}
        return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()
    words = document_words(document.language)
    return _sent_out(
        document, kind, own, row.label, row.status, row.frozen_at, local_marks.marking(text, words, lang)
    )


def _redline(session: Session, work: StandardRow, older: VersionRow, newer: VersionRow) -> bytes:
    from standards.exchange.docx import redline

    return redline.write(
        versions.comparison(session, older, newer),
        title=work.title,
        old_label=older.label,
        new_label=newer.label,
        author=work.owner or "Baraza",
        # A moment of the version's own, so that the same comparison gives the same file.
        now=newer.frozen_at or newer.created_at,
    )


@standard.command()
@click.argument("older", metavar=VERSION)
@click.argument("newer", metavar=VERSION)
@click.option(
    "--to", "kind", default="text", show_default=True, type=click.Choice(["text", "html", "docx", "json"])
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
def diff(older: str, newer: str, kind: str, output: Path | None) -> None:
    """What changed from OLDER to NEWER, clause by clause and word by word."""
    opened()
    with db.reading() as session:
        work, before = store.version_called(session, older)
        _work, after = store.version_called(session, newer)
        if kind == "docx":
            data = _redline(session, work, before, after)
        else:
            compared = versions.comparison(session, before, after)
            if kind == "text":
                written = changes.as_text(compared, older, newer)
            elif kind == "html":
                written = changes.as_page(compared, work.title, before.label, after.label, work.language)
            else:
                value = changes.as_json(compared, older, newer)
                written = json.dumps(value, ensure_ascii=False, indent=1) + "\n"
            data = written.encode()
    _write(data, output)


@standard.command()
@click.argument("version", metavar=VERSION)
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def lint(version: str, as_json: bool) -> None:
    """What a careful reader would stumble over in VERSION; nothing is refused."""
    from standards.lint import lint as remarks_on

    opened()
    with db.reading() as session:
        _work, row = store.version_called(session, version)
        remarks = remarks_on(store.load(session, row))
    if as_json:
        _say(
            [
                {"rule": r.rule, "clause": str(r.clause_id), "number": r.number, "message": r.message}
                for r in remarks
            ]
        )
        return
    for remark in remarks:
        click.echo(f"{remark.number or '–'}\t{remark.message}\t[{remark.rule}]")
    click.echo(f"{len(remarks)} to look at." if remarks else "Nothing to look at.")


def _write(data: bytes, output: Path | None) -> None:
    if output is not None:
        output.write_bytes(data)
        click.echo(f"{output}: {len(data):,} bytes", err=True)
        return
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _say(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
