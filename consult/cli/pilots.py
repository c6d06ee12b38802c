"""Pilots from the command line: bring answered checklists in, and sum up what was found."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from sqlmodel import Session

from consult.cli.opening import BY, opened
from consult.cli.parsers import existing, say
from consult.tables.pilots import PilotRow
from standards.document import Document


@click.group()
def pilot() -> None:
    """Field trials of a version's clauses, and what was found."""


@pilot.command("import")
@click.argument("version", metavar="STANDARD@VERSION")
@click.argument("file", type=existing)
@click.option("--title", required=True, help="What the pilot is called; the same title adds to it.")
@click.option("--region", default="", help="District or region, no closer.")
@click.option("--producer", default="", help="Type of producer, where the answers do not say: cooperative …")
@click.option("--mineral", default="", help="The mineral, such as gold.")
@click.option(
    "--stage", default="", help="The stage that was tried, where the file does not say: entry, year 1 …"
)
@click.option(
    "--leave-out", is_flag=True, help="Leave out rows that cannot be kept as they are, and list them."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def bring_in(
    version: str,
    file: str,
    title: str,
    region: str,
    producer: str,
    mineral: str,
    stage: str,
    leave_out: bool,
    as_json: bool,
) -> None:
    """Bring in FILE, an answered checklist on a version.

    FILE is our own XLSX or CSV form, or what KoboToolbox or ODK give out of the XLSForm.
    The same file a second time changes nothing; a longer export adds what is new.
    """
    from consult import db, pilots
    from consult.pilots.choices import chosen_producer, chosen_stage

    told = pilots.Pilot(title, region, chosen_producer(producer), mineral, chosen_stage(stage))
    opened()
    data, name = Path(file).read_bytes(), Path(file).name
    with db.transaction() as session:
        read = pilots.read_for(session, data, name, version)
        brought = pilots.bring(
            session, read, told, data, name, by=BY, now=datetime.now(UTC), leave_out=leave_out
        )
        row = brought.pilot
    for remark in (*read.understood.remarks, *brought.left_out):
        click.echo(remark, err=True)
    if as_json:
        figures = {"fresh": brought.fresh, "known": brought.known, "differing": brought.differing}
        say({"pilot": str(row.id), **_told(row), **figures, "left_out": list(brought.left_out)})
        return
    if brought.changed_nothing:
        click.echo(f"Everything in this file is here already, as pilot {row.id}. Nothing changed.")
    else:
        click.echo(
            f"{brought.fresh} new answers, {brought.known} already here; "
            f"pilot {row.id} has {row.respondents} respondents."
        )
    if brought.differing:
        click.echo(f"{brought.differing} say otherwise than what is here; what is here stays.", err=True)


@pilot.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def list_(as_json: bool) -> None:
    """Every pilot, the newest first."""
    from consult import db, pilots

    opened()
    with db.reading() as session:
        rows = pilots.every(session)
    found = [
        {"pilot": str(row.id), "version": f"{standard.slug}@{version.label}", **_told(row)}
        for row, standard, version in rows
    ]
    if as_json:
        say(found)
        return
    for one in found:
        click.echo(f"{one['pilot']}\t{one['version']}\t{one['title']}")


@pilot.command("summary")
@click.argument("named", metavar="PILOT|STANDARD@VERSION")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def summary(named: str, as_json: bool) -> None:
    """Sum up a pilot, or every pilot of a version, clause by clause."""
    from consult import db
    from consult.pilots import summary as summing

    opened()
    with db.reading() as session:
        rows, document = _meant(session, named)
        found = summing.of(summing.findings(session, [row.id for row in rows]), document)
    if as_json:
        say({"pilots": [_told(row) for row in rows], "clauses": [one.as_json() for one in found]})
        return
    for one in found:
        tally = one.tally
        click.echo(
            f"{one.clause.number}\tmet {tally.met}, partly {tally.partly}, not met {tally.not_met}, "
            f"not applicable {tally.not_applicable}\t{one.clause.text.heading}"
        )


def _meant(session: Session, named: str) -> tuple[list[PilotRow], Document]:
    from consult import pilots, publications
    from standards import store

    if "@" in named:
        _standard, version = store.version_called(session, named)
        rows = [row for row, _s, tried in pilots.every(session) if tried.id == version.id]
    else:
        row, _standard, version = pilots.pilot_called(session, named)
        rows = [row]
    return rows, publications.text(session, version)


def _told(row: PilotRow) -> dict[str, Any]:
    return {
        "title": row.title,
        "region": row.region,
        "producer": row.producer,
        "mineral": row.mineral,
        "stage": row.stage,
        "held_on": row.held_on,
        "respondents": row.respondents,
    }
