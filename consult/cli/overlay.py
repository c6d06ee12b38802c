"""Local texts from the command line: bring in, send out, resolve, check, carry over."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from sqlmodel import Session

from consult import audit, db
from consult.cli import say_json
from consult.cli.opening import BY, day_named, opened
from consult.errors import BarazaError
from consult.local import moving
from standards.overlays import drafting, file, provenance, rebase, versions
from standards.overlays import store as overlay_store
from standards.overlays.chain import Checked, register
from standards.tables import OverlayRow, OverlayVersionRow

OVERLAY = "OVERLAY@LABEL"


@click.group()
def overlay() -> None:
    """Bring in, send out, resolve, check and carry over local texts.

    A local text is named by its short name and its label: tz-gold@1.0.
    """


@overlay.command("import")
@click.argument("file_", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def import_(file_: Path, as_json: bool) -> None:
    """Bring in FILE, JSON in the form of standards/schemas/overlay.json, as a draft: all of it or nothing."""
    wanted = file.read(file.parsed(file_.read_bytes(), file_.name), file_.name)
    opened()
    now = datetime.now(UTC)
    with db.transaction() as session:
        row = drafting.bring_in(session, wanted, by=BY, now=now)
        after = {"overlay": wanted.name, "label": wanted.label, "operations": len(wanted.operations)}
        audit.record(session, BY, "import", "overlay", row.id, after=after, now=now)
        found = overlay_store.check(session, row)
        kept = overlay_store.load(session, row)
    if as_json:
        say_json(
            {**after, "hash": kept.hash, "saved": True, "undecided": [c.number for c in found.undecided]}
        )
        return
    click.echo(f"{kept.called}: {len(kept.operations)} operations on {kept.base} are kept as a draft.")
    click.echo(f"{len(found.undecided)} of {len(found.resolved.document)} clauses are undecided.")


@overlay.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def list_(as_json: bool) -> None:
    """Every version of every local text, newest first."""
    from sqlmodel import col, select

    opened()
    with db.reading() as session:
        rows = session.exec(select(OverlayRow).order_by(col(OverlayRow.slug))).all()
        told = [_listed(session, row, one) for row in rows for one in overlay_store.versions_of(session, row)]
    if as_json:
        say_json(told)
        return
    for one in told:
        click.echo(f"{one['overlay']}@{one['label']}\t{one['status']}\t{one['base']}\t{one['title']}")


def _listed(session: Session, row: OverlayRow, version: OverlayVersionRow) -> dict[str, Any]:
    return {
        "overlay": row.slug,
        "label": version.label,
        "status": version.status.value,
        "title": row.title,
        "base": overlay_store.load(session, version).base,
        "hash": version.content_hash,
    }


@overlay.command()
@click.argument("name", metavar=OVERLAY)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
def export(name: str, output: Path | None) -> None:
    """Send out a local text as JSON, as `overlay import` reads it."""
    opened()
    with db.reading() as session:
        value = overlay_store.load(session, overlay_store.version_called(session, name)[1]).as_file()
    written = json.dumps(value, ensure_ascii=False, indent=1)
    if output is None:
        click.echo(written)
        return
    output.write_text(written + "\n", encoding="utf-8")
    click.echo(f"{output}: {len(value['operations'])} operations", err=True)


@overlay.command()
@click.argument("name", metavar=OVERLAY)
@click.option("--on", "day", metavar="DATE", help="The day, as 2026-11-30; today without it.")
@click.option("--json", "as_json", is_flag=True, help="The whole text with provenance as JSON.")
def resolve(name: str, day: str | None, as_json: bool) -> None:
    """What the local text reads like on a day: every span with where it comes from."""
    opened()
    on = day_named(day)
    with db.reading() as session:
        _row, version = overlay_store.version_called(session, name)
        found = overlay_store.resolved(session, version, on)
    if as_json:
        say_json({"overlay": name, **provenance.as_json(found)})
        return
    click.echo(f"{found.base} under {', '.join(found.layers)} on {on}: {found.hash}")
    for clause in found.document:
        for one in found.of(clause.id).placed:
            click.echo(f"{clause.number or '–'}\t{one.layer}\t{one.operation.op}\t{one.operation.field}")


@overlay.command()
@click.argument("name", metavar=OVERLAY)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--on", "day", metavar="DATE", help="The day the register is for; today without it.")
def check(name: str, as_json: bool, day: str | None) -> None:
    """What stands in the way of approving a local text; exit 1 where something does."""
    opened()
    on = day_named(day)
    with db.reading() as session:
        _row, version = overlay_store.version_called(session, name)
        found = overlay_store.check(session, version)
        stands = versions.in_the_way(session, version, found)
        derogations = register(overlay_store.resolved(session, version, on))
    if as_json:
        say_json(_checked(name, found, stands) | {"derogations": [_derogation(one) for one in derogations]})
    else:
        for sentence in stands:
            click.echo(sentence)
        for remark in found.remarks:
            click.echo(f"{remark.number or '–'}\t{remark.message}\t[{remark.rule}]")
        click.echo(f"Derogations: {len(derogations)}.")
    if stands:
        raise BarazaError(f"{name} cannot be approved yet; standing in the way: {len(stands)}.")


def _checked(name: str, found: Checked, stands: list[str]) -> dict[str, Any]:
    return {
        "overlay": name,
        "ok": not stands,
        "hash": found.resolved.hash,
        "in_the_way": stands,
        "refusals": [
            {
                "op": one.operation.op.value,
                "target": one.number,
                "field": one.operation.field,
                "kind": one.kind,
                "message": one.message,
            }
            for one in found.refusals
        ],
        "undecided": [clause.number or str(clause.id) for clause in found.undecided],
        "remarks": [
            {"rule": one.rule, "clause": one.number, "message": one.message} for one in found.remarks
        ],
    }


def _derogation(one: Any) -> dict[str, Any]:
    return {
        "clause": one.clause.number,
        "layer": one.layer,
        "field": one.operation.weakens,
        "value": one.operation.value,
        "until": one.operation.until.isoformat(),
        "approved_by": one.operation.approved_by,
        "in_force": one.in_force,
    }


@overlay.command("rebase")
@click.argument("name", metavar=OVERLAY)
@click.option(
    "--onto", required=True, metavar="NAME@LABEL", help="The newer base, or a newer text of its parent."
)
@click.option("--label", default="", help="Keep the move as a draft of this label; without it, only look.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def rebase_(name: str, onto: str, label: str, as_json: bool) -> None:
    """What the move to a newer base makes of every operation; nothing is lost, and nothing guessed."""
    opened()
    now = datetime.now(UTC)
    if label:
        with db.transaction() as session:
            row = overlay_store.version_called(session, name)[1]
            _draft, found = moving.carry(session, row, onto, label, by=BY, now=now)
    else:
        with db.reading() as session:
            found = moving.look(session, overlay_store.version_called(session, name)[1], onto).found
    if as_json:
        say_json({"overlay": name, "onto": onto, "saved": bool(label), **rebase.as_json(found)})
        return
    for one in found.operations:
        click.echo(f"{one.state}\t{one.operation.op} {one.was.number}\t{one.message}")
    for clause in found.undecided:
        click.echo(f"UNDECIDED\t{clause.number}\t{clause.text.heading}")
    counts = ", ".join(f"{count} {state}" for state, count in found.counts.items() if count)
    click.echo(f"{name} onto {onto}: {counts or 'no operations'}.")
