"""The demonstration: everything in one command, on this machine only."""

import ipaddress
import json
import logging
import os
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from consult.errors import BarazaError


class NotOnThisMachine(BarazaError):
    """The demonstration's sign-ins are printed on a screen; it is for this machine alone."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"The demonstration serves this machine only, not {host}. "
            "To serve others, set it up as the operator's guide says and use `baraza serve`."
        )


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option("--no-serve", is_flag=True, help="Only prepare the demonstration.")
def demo(host: str, port: int, no_serve: bool) -> None:
    """Prepare the demonstration, print its address and sign-ins, and serve it."""
    from consult import config, db, keys, logs, objects
    from consult.cli.serving import prepare, run_embedded

    if not _is_loopback(host):
        raise NotOnThisMachine(host)
    settings = config.read()
    if not os.environ.get("BARAZA_BASE_URL"):
        settings = replace(settings, base_url=f"http://{host}:{port}")
    settings = replace(settings, demonstration=True)
    # Quietly, so that the sign-ins stay on the screen.
    logs.set_up(level=logging.WARNING)
    engine = db.make_engine(settings.database_url)
    keys.use(settings.keyring)
    objects.use(settings.objects_url)
    db.use(engine)
    prepare(engine)
    signs_in = _load(settings.data_dir / "demonstration.json")
    _say(settings.base_url, signs_in)
    if not no_serve:
        run_embedded(settings, host=host, port=port)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _load(kept: Path) -> dict[str, str]:
    from consult import db, demonstration

    with db.transaction() as session:
        if demonstration.is_loaded(session):
            return dict(json.loads(kept.read_text())) if kept.exists() else {}
        click.echo("Loading the demonstration…", err=True)
        signs_in = demonstration.load(session, now=datetime.now(UTC))
        _keep(kept, signs_in)
    return signs_in


def _keep(path: Path, signs_in: dict[str, str]) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, stat.S_IRUSR | stat.S_IWUSR)
    with os.fdopen(handle, "w") as file:
        json.dump(signs_in, file)


def _say(address: str, signs_in: dict[str, str]) -> None:
    click.echo(f"\n  Baraza, a demonstration: {address}")
    if not signs_in:
        click.echo("  This database was not made by the demonstration; use your own sign-in.\n")
        return
    click.echo(f"  Sign in at {address}/sign-in with:\n")
    for email, password in signs_in.items():
        click.echo(f"    {email:34} {password}")
    click.echo()
