"""Erasing everything of one participant."""

import sys
from datetime import UTC, datetime

import click

from consult import db, erasures
from consult.cli import say_json
from consult.cli.opening import BY, opened


@click.command()
@click.argument("alias", required=False)
@click.option("--json", "as_json", is_flag=True)
def erase(alias: str | None, as_json: bool) -> None:
    """Erase all comments and contact points of ALIAS, or of a number read from standard input.

    A number is never given as an argument: it would stay in the shell's history.
    """
    if alias is not None and (alias.startswith("+") or "@" in alias):
        raise click.UsageError("Give a number or address on standard input, not as an argument.")
    written = "" if alias else sys.stdin.readline().strip()
    if not alias and not written:
        raise click.UsageError("Give an alias such as P-7Q4KX, or a number on standard input.")
    opened()
    with db.transaction() as session:
        people = erasures.by_alias(session, alias) if alias else erasures.by_address(session, written)
        gone = erasures.erase(session, people, by=BY, now=datetime.now(UTC))
    if as_json:
        say_json(vars(gone))
        return
    click.echo(
        f"Erased {gone.comments} comments and {gone.contact_points} contact points "
        f"of {gone.participants} participants. It is recorded; later restores apply it again."
    )
