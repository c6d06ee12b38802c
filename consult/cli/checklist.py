"""Checklists from the command line: `checklist`."""

from datetime import UTC, datetime
from pathlib import Path

import click

from consult.cli.opening import opened


@click.command("checklist")
@click.argument("version", metavar="STANDARD@LABEL")
@click.option("--stage", required=True, help="entry, “year 1”, “year 3” …")
@click.option("--producer", default="", help="How the producers are organised, such as cooperative.")
@click.option("--mineral", default="", help="The mineral, where the text tells minerals apart.")
@click.option("--region", default="", help="The district or region.")
@click.option(
    "--lang",
    "languages",
    multiple=True,
    help="A language, such as sw; repeat it for more.",
)
@click.option("--overlay", default="", metavar="LOCAL@LABEL", help="Under this local text.")
@click.option(
    "--to", "kind", required=True, type=click.Choice(["docx", "xlsx", "xlsform"]), help="The kind of file."
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write.",
)
def checklist(
    version: str,
    stage: str,
    producer: str,
    mineral: str,
    region: str,
    languages: tuple[str, ...],
    overlay: str,
    kind: str,
    output: Path,
) -> None:
    """Write what STANDARD@LABEL asks of a producer at a stage, as a checklist for the field."""
    from consult import db, profiles
    from standards import store
    from standards.profiles import Asked

    on = datetime.now(UTC).date()
    asked = Asked(producer=producer, mineral=mineral, region=region, stage=stage, on=on)
    opened()
    with db.reading() as session:
        standard, row = store.version_called(session, version)
        ground = profiles.ground_of(session, standard, row, on=on, overlay=overlay)
        made = profiles.checklist_of(session, ground, asked, languages)
        data = profiles.write(made, kind)
    output.write_bytes(data)
    click.echo(f"{len(made.items)} clauses in {', '.join(made.languages)}; written to {output}.")
