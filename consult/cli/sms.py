"""Text messages from the command line: catching up with providers, and what is carried by hand."""

from datetime import UTC, datetime
from pathlib import Path

import click

from consult.cli.opening import BY, opened
from consult.errors import BarazaError


@click.command()
@click.option("--since", metavar="ISO", help="Such as 2026-03-02T14:00; else where the last time ended.")
def reconcile(since: str | None) -> None:
    """Fetch from providers' lists what they received and we did not."""
    from consult import logs
    from consult.carriage import reconciling
    from consult.outgoing import sending

    logs.set_up(level=40)
    config = opened()
    sending.use(sending.gateways_of(config))
    found = reconciling.catch_up(now=datetime.now(UTC), since=_moment(since) if since else None)
    if not found:
        raise BarazaError("No provider that keeps a list is connected. Set TWILIO_ACCOUNT_SID and its kin.")
    for one in found:
        click.echo(f"{one.transport}: {one.listed} listed, {one.fresh} new")
    problems = [f"{one.transport}: {one.problem}" for one in found if one.problem]
    if problems:
        raise BarazaError(f"{' '.join(problems)} What was listed is kept; run it again.")


@click.command("import")
@click.argument("slug", metavar="ROUND")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_(slug: str, file: Path) -> None:
    """Bring in messages that were carried by hand: FILE is a CSV or XLSX table with from, text and when."""
    from consult import db, rounds
    from consult.carriage import carrying
    from consult.channels import carried

    opened()
    now = datetime.now(UTC)
    with db.transaction() as session:
        round_ = rounds.round_called(session, slug)
        slips, refused = carried.slips_in(file.read_bytes(), file.name, zone=round_.time_zone, now=now)
        found = carrying.bring(session, round_, slips, refused, by=BY, now=now)
    click.echo(f"{found.fresh} new, {found.known} here already")
    for one in found.refused:
        click.echo(f"row {one.place}: {one.why}", err=True)
    if found.refused:
        raise BarazaError(
            f"Rows not taken: {len(found.refused)}. Mend them and import the file again: "
            "what is here already stays as it is."
        )


@click.command()
@click.argument("slug", metavar="ROUND")
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--since", metavar="ISO", help="Also those that were taken since then, if the list was lost.")
def carry(slug: str, output: Path, since: str | None) -> None:
    """Write the answers to carry back as a CSV table: by alias, never a number, each once."""
    from consult import db, rounds
    from consult.carriage import carrying
    from consult.sheets.cells import write_csv

    opened()
    now = datetime.now(UTC)
    also_since = _moment(since) if since else None
    with db.transaction() as session:
        round_ = rounds.round_called(session, slug)
        told = carrying.take(session, round_, by=BY, now=now, also_since=also_since)
        # Written before it is true: a file that cannot be written leaves every answer waiting.
        with output.open("wb") as into:
            write_csv([carrying.HEADINGS, *told], into)
    click.echo(f"{len(told)} answer{'' if len(told) == 1 else 's'} to carry back in {output}")


def _moment(written: str) -> datetime:
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        raise BarazaError(f"“{written}” is no moment. Write it as 2026-03-02T14:00.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
