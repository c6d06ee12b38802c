"""Comment tables from the command line: `comments import` and `comments export`."""

from datetime import UTC, datetime
from pathlib import Path

import click

from consult.cli.opening import BY, opened
from consult.cli.parsers import existing, say
from consult.tables.intake import Channel


@click.command("import")
@click.argument("round_slug", metavar="ROUND")
@click.argument("file", type=existing)
@click.option(
    "--channel",
    type=click.Choice([Channel.DOCUMENT.value, Channel.EMAIL.value, Channel.SMS.value]),
    default=Channel.DOCUMENT.value,
    show_default=True,
    help="How these comments reached us.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def bring_in(round_slug: str, file: str, channel: str, as_json: bool) -> None:
    """Bring the comments of FILE into ROUND: an ISO commenting table (Word, XLSX, CSV) or JSON lines."""
    from consult import audit, db, rounds
    from consult.sheets.bringing import bring

    opened()
    now = datetime.now(UTC)
    with db.transaction() as session:
        round_ = rounds.round_called(session, round_slug)
        found = bring(
            session, round_, Path(file).read_bytes(), Path(file).name, now=now, channel=Channel(channel)
        )
        after = {"rows": found.rows, "fresh": found.fresh}
        audit.record(session, BY, "import-comments", "round", round_.id, None, after, now=now)
    for remark in found.remarks:
        click.echo(remark, err=True)
    if as_json:
        say({"rows": found.rows, "fresh": found.fresh, "linked": found.linked, "remarks": found.remarks})
        return
    known = found.rows - found.fresh
    click.echo(
        f"{found.rows} rows: {found.fresh} new comments, {known} already here; "
        f"{found.linked} name their clause."
    )


@click.command("export")
@click.argument("round_slug", metavar="ROUND")
@click.option("--to", "kind", required=True, type=click.Choice(["csv", "xlsx", "docx", "jsonl"]))
@click.option(
    "-o", "target", required=True, type=click.Path(dir_okay=False, writable=True), help="The file to write."
)
def take_out(round_slug: str, kind: str, target: str) -> None:
    """Write ROUND's comments in the columns of the ISO commenting template."""
    from consult import db, rounds
    from consult.sheets.writing import write

    opened()
    with db.reading() as session, Path(target).open("wb") as into:
        count = write(session, rounds.round_called(session, round_slug), kind, into)
    click.echo(f"{count} comments written to {target}.")
