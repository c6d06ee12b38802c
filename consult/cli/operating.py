"""Backup, restore, and keys."""

from datetime import UTC, datetime
from pathlib import Path

import click

from consult import backups, db, objects, rotation
from consult import config as configuration
from consult import keys as keyring
from consult.cli.opening import opened
from consult.errors import BarazaError


class KeysElsewhere(BarazaError):
    """The keys are given by the environment, where this program cannot write them."""

    def __init__(self) -> None:
        super().__init__(
            "BARAZA_PII_KEYS holds the keys themselves. Put them into a file, one a line, "
            "name the file in BARAZA_PII_KEYS, then rotate."
        )


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write everything to FILE, sealed values sealed, no keys. Keep the key file apart from it."""
    opened()
    counts = backups.back_up(db.engine(), file, now=datetime.now(UTC))
    click.echo(f"{sum(counts.values())} rows of {len(counts)} tables are in {file}.")
    apart = backups.objects_in(file)
    click.echo(
        "Photographs and recordings lie in their own store and are not in it: back that up by its own means."
        if apart is None
        else f"{apart} photographs and stretches of sound are in it."
    )
    click.echo(
        "It opens only with this installation's key file: keep a copy of that somewhere else.", err=True
    )


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Put it in the place of what the database holds.")
def restore(file: Path, replace: bool) -> None:
    """Put a backup back; what was erased since stays erased. Stop `baraza serve` first."""
    config = configuration.read()
    keyring.use(config.keyring)
    engine = db.make_engine(config.database_url)
    db.use(engine)
    objects.use(config.objects_url)
    counts = backups.restore(engine, file, replace=replace, now=datetime.now(UTC))
    click.echo(f"{sum(counts.values())} rows of {len(counts)} tables were restored.")


@click.group()
def keys() -> None:
    """Keys for personal data."""


@keys.command()
def rotate() -> None:
    """Seal everything under a new key. Stop `baraza serve` first; may be stopped and run again."""
    config = opened()
    if config.key_file is None:
        raise KeysElsewhere
    count = rotation.rotate(db.engine(), config.key_file)
    click.echo(f"{count} values are sealed under a new key.")
    click.echo(
        f"The keys from before are in {config.key_file}.before-rotation: older backups open only with them.",
        err=True,
    )
