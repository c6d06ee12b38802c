"""The ledger's proofs, from the command line."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from consult.cli.opening import opened
from consult.cli.parsers import say
from consult.errors import BarazaError

if TYPE_CHECKING:
    from consult.ledger import Sums


@click.group()
def ledger() -> None:
    """Everything received, and the proof that none of it is lost."""


@ledger.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def verify(as_json: bool) -> None:
    """Prove both sums of every round and channel, and walk the chain. Exit 1 when anything does not hold."""
    from consult import db
    from consult import ledger as proofs

    opened()
    with db.transaction() as session:
        proofs.seal_new(session, now=datetime.now(UTC))
    with db.reading() as session:
        found = proofs.verify(session)
        names = proofs.round_names(session)
    if as_json:
        say(
            {
                "holds": not found.faults,
                "chained": found.chained,
                "unchained": found.unchained,
                "last_hash": found.last,
                "faults": found.faults,
                "sums": [
                    {
                        "round": names.get(one.round_id) if one.round_id else None,
                        "channel": one.channel,
                        "records": one.records,
                        "became": dict(one.by_outcome),
                        "comments": one.comments,
                        "stand": dict(one.by_placement),
                    }
                    for one in found.sums
                ],
            }
        )
    else:
        for one in found.sums:
            _show(one, names.get(one.round_id, "no round") if one.round_id else "no round")
        click.echo(f"{found.chained} records chained, {found.unchained} not yet.")
        click.echo(f"The chain ends in {found.last}")
    if found.faults:
        raise BarazaError(" ".join(found.faults))
    if not as_json:
        click.echo("Both sums hold, and the chain is whole.")


def _show(one: "Sums", name: str) -> None:
    became = " + ".join(f"{count} {word}" for word, count in sorted(one.by_outcome.items())) or "0"
    stand = " + ".join(f"{count} {word}" for word, count in sorted(one.by_placement.items())) or "0"
    click.echo(f"{name}, {one.channel}: {one.records} records = {became}")
    click.echo(f"{'':{len(name) + len(one.channel) + 3}} {one.comments} comments = {stand}")
