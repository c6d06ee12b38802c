"""The report of a round from the command line: `round report`."""

from datetime import UTC, datetime
from pathlib import Path

import click

from consult.cli.opening import opened


@click.command("report")
@click.argument("round_slug", metavar="ROUND")
@click.option(
    "--to", "kind", required=True, type=click.Choice(["docx", "html", "pdf", "csv", "json"]), help="The form."
)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="The file to write; else shown."
)
def report(round_slug: str, kind: str, output: Path | None) -> None:
    """Write the synopsis of ROUND: who took part, what they said by clause, what became of it."""
    from consult import db, report_documents, reports, rounds

    if output is None and kind in ("docx", "pdf"):
        raise click.UsageError(f"Say with -o where the {kind} file goes.")
    opened()
    with db.reading() as session:
        round_ = rounds.round_called(session, round_slug)
        synopsis = reports.of(session, round_, now=datetime.now(UTC))
        data = report_documents.write(synopsis, kind)
    if output is None:
        click.echo(data, nl=False)
        return
    output.write_bytes(data)
    figures = synopsis.figures
    click.echo(f"{figures.comments} comments, {figures.decided} decided; written to {output}.")
