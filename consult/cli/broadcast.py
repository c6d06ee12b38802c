"""Messages to everyone who joined a round, from the command line: list, show, start, stop."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from consult.cli import say_json
from consult.cli.opening import BY, opened

if TYPE_CHECKING:
    from sqlmodel import Session

    from consult.outgoing.broadcasts import Estimate, Progress
    from consult.tables.outgoing import BroadcastRow

AS_JSON = click.option("--json", "as_json", is_flag=True, help="JSON on standard output.")


@click.group("broadcast")
def broadcast() -> None:
    """One text message to everyone who joined a round."""


@broadcast.command("list")
@click.argument("round_", metavar="ROUND")
@AS_JSON
def list_(round_: str, as_json: bool) -> None:
    """Every broadcast of ROUND, newest first, with how far each has come."""
    from consult import db, rounds
    from consult.outgoing import broadcasts

    opened()
    with db.reading() as session:
        rows = broadcasts.of_round(session, rounds.round_called(session, round_).id)
        seen = broadcasts.progress(session, rows)
    if as_json:
        say_json([_shown(row, seen[row.id], None) for row in rows])
        return
    for row in rows:
        come = seen[row.id]
        people = max(row.people, come.people)
        click.echo(f"{row.id}  {row.state.value:8} {come.settled:6} of {people:6} settled  {row.title}")
    if not rows:
        click.echo("Nothing was written to those who joined this round.")


@broadcast.command("show")
@click.argument("broadcast_id", metavar="ID")
@AS_JSON
def show(broadcast_id: str, as_json: bool) -> None:
    """What broadcast ID says, whom it reaches, what it takes, and how far it has come."""
    from consult import db
    from consult.outgoing import broadcasts

    opened()
    with db.reading() as session:
        row = broadcasts.called(session, broadcast_id)
        come = broadcasts.progress(session, [row])[row.id]
        estimate = _estimate(session, row)
    if as_json:
        say_json(_shown(row, come, estimate))
        return
    click.echo(f"“{row.title}”: {row.state.value}")
    for language, words in row.words.items():
        click.echo(f"  {language}: {words}")
    if estimate is not None:
        click.echo(f"It would reach {estimate.people} telephones and take {estimate.segments} segments.")
        for share in estimate.without_words:
            click.echo(f"{share.people} who speak {share.language} would get it in {share.gets}.")
        return
    for state, people in sorted(come.states.items()):
        click.echo(f"{people:6} {state.value}")
    for why, people in sorted(come.held.items()):
        if why:
            click.echo(f"{people:6} of them held: {why.value}")


@broadcast.command("start")
@click.argument("broadcast_id", metavar="ID")
def start(broadcast_id: str) -> None:
    """Send broadcast ID on its way, or let it go on after a stop."""
    from consult import db
    from consult.outgoing import broadcasts

    opened()
    with db.transaction() as session:
        row = broadcasts.called(session, broadcast_id)
        if not broadcasts.start(session, row.id, by=BY, now=datetime.now(UTC)):
            raise click.ClickException(f"“{row.title}” is {row.state.value}. Nothing was changed.")
    click.echo(f"“{row.title}” is on its way to {row.people} telephones. The worker sends it.")


@broadcast.command("stop")
@click.argument("broadcast_id", metavar="ID")
def stop(broadcast_id: str) -> None:
    """Hold everything of broadcast ID that has not left; `start` lets it go on."""
    from consult import db
    from consult.outgoing import broadcasts

    opened()
    with db.transaction() as session:
        row = broadcasts.called(session, broadcast_id)
        if not broadcasts.stop(session, row.id, by=BY, now=datetime.now(UTC)):
            raise click.ClickException(f"“{row.title}” is {row.state.value}. There is nothing to stop.")
    click.echo(f"“{row.title}” is stopped.")


def _estimate(session: "Session", row: "BroadcastRow") -> "Estimate | None":
    from consult.outgoing import broadcasts
    from consult.tables.outgoing import BroadcastState

    if row.state is not BroadcastState.DRAFT:
        return None
    return broadcasts.estimate(session, row, now=datetime.now(UTC))


def _shown(row: "BroadcastRow", come: "Progress", estimate: "Estimate | None") -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": str(row.id),
        "title": row.title,
        "state": row.state.value,
        "words": row.words,
        "groups": row.groups,
        "languages": row.languages,
        "regions": row.regions,
        "people": row.people or come.people,
        "segments": row.segments,
        "settled": come.settled,
        "states": {state.value: people for state, people in come.states.items()},
        "held": {why.value: people for why, people in come.held.items() if why},
    }
    if estimate is not None:
        shown["people"], shown["segments"] = estimate.people, estimate.segments
        shown["without_words"] = {share.language: share.people for share in estimate.without_words}
    return shown
