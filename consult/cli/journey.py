"""The journey without a browser: list comments, decide, see what waits to leave."""

from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import click
from sqlmodel import Session, select

from consult.cli.opening import BY, opened
from consult.cli.parsers import say
from consult.tables.comments import CommentRow, StandingRow
from consult.tables.decisions import DispositionOutcome


class Gathered(click.Group):
    """A group some of whose commands live with the tables they read and write."""

    ELSEWHERE = {"import": "bring_in", "export": "take_out"}  # noqa: RUF012

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *self.ELSEWHERE])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in self.ELSEWHERE:
            command: click.Command = getattr(import_module("consult.cli.sheets"), self.ELSEWHERE[cmd_name])
            return command
        return super().get_command(ctx, cmd_name)


@click.group(cls=Gathered)
def comments() -> None:
    """What people said in a round."""


@comments.command("list")
@click.argument("round_slug", metavar="ROUND")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_comments(round_slug: str, as_json: bool) -> None:
    """List a round's comments with where each stands; confidential ones are counted, not shown."""
    from consult import db, links, rounds
    from standards import store

    opened()
    with db.reading() as session:
        round_ = rounds.round_called(session, round_slug)
        _, version = rounds.version_of(session, round_)
        document = store.load(session, version)
        rows = session.exec(
            select(CommentRow, StandingRow)
            .join(StandingRow, StandingRow.comment_id == CommentRow.id)  # type: ignore[arg-type]
            .where(CommentRow.round_id == round_.id)
            .order_by(CommentRow.received_at, CommentRow.id)  # type: ignore[arg-type]
        ).all()
        tied = links.links_of(session, [comment.id for comment, _ in rows])
        for comment, standing in rows:
            about = [
                document.by_id[link.clause_id].number if link.clause_id else "whole"
                for link in tied[comment.id]
                if link.clause_id is None or link.clause_id in document.by_id
            ]
            _show(comment, standing, about, as_json)


def _show(comment: CommentRow, standing: StandingRow, about: list[str], as_json: bool) -> None:
    text = "" if comment.confidential else comment.text
    if as_json:
        say(
            {
                "receipt": comment.receipt,
                "id": str(comment.id),
                "external_id": comment.external_id,
                "channel": comment.channel.value,
                "language": comment.language,
                "placement": standing.placement.value,
                "clauses": about,
                "outcome": standing.outcome,
                "confidential": comment.confidential,
                "text": text,
            }
        )
        return
    words = "(confidential)" if comment.confidential else " ".join(text.split())[:90]
    click.echo(f"{comment.receipt}  {standing.placement.value:8} {', '.join(about) or '–':10} {words}")


@click.command()
@click.argument("comment")
@click.option(
    "--as",
    "outcome",
    required=True,
    type=click.Choice([outcome.value for outcome in DispositionOutcome]),
    help="What the committee decided.",
)
@click.option("--reason", required=True, help="Why, for the record.")
@click.option(
    "--answer", default="", help="The reason in plain words for the commenter; the reason by default."
)
@click.option("--change", default="", metavar="S@L#NUMBER", help="The clause that carries the change.")
@click.option("--exception", default="", help="Why no change is needed although the comment is accepted.")
def decide(comment: str, outcome: str, reason: str, answer: str, change: str, exception: str) -> None:
    """Record the committee's decision on COMMENT (receipt or id) and give its author the answer."""
    from consult import audit, db, dispositions
    from consult import comments as said

    opened()
    now = datetime.now(UTC)
    with db.transaction() as session:
        found = said.comment_called(session, comment)
        decision = dispositions.Decision(
            outcome=DispositionOutcome(outcome),
            reason=reason,
            answer=answer,
            exception=exception,
            **_change(session, change),
        )
        row = dispositions.decide(session, found, decision, by=BY, now=now)
        audit.record(session, BY, "decide", "comment", found.id, None, {"outcome": outcome}, now=now)
        receipt = found.receipt
    click.echo(f"{receipt}: {row.outcome.value}.")


def _change(session: Session, written: str) -> dict[str, Any]:
    from standards import store

    if not written:
        return {}
    name, mark, number = written.partition("#")
    if not mark:
        raise click.UsageError(f"--change is {written}; write it as standard@label#number.")
    _, version = store.version_called(session, name)
    clause = store.clause_in(store.load(session, version), number, f"version {version.label}")
    return {"change_version_id": version.id, "change_clause_id": clause.id}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def outbox(as_json: bool) -> None:
    """Show the messages that have not left, and those whose fate a person must look at."""
    from consult import db
    from consult.outgoing import messages

    opened()
    with db.reading() as session:
        rows = messages.outbox(session)
        for row in rows:
            shown = {
                "id": str(row.id),
                "kind": row.kind.value,
                "channel": row.channel,
                "state": row.state.value,
                "language": row.language,
                "segments": row.segments,
                "attempts": row.attempts,
                "created_at": row.created_at.isoformat(),
                "words": row.words if row.kind.value != "sign-in" else "",
            }
            if as_json:
                say(shown)
            else:
                words = " ".join(str(shown["words"]).split())[:80]
                click.echo(f"{row.state.value:9} {row.channel:6} {row.kind.value:8} {words}")
        if not rows and not as_json:
            click.echo("Nothing waits to leave.")
