"""Rounds from the command line: open, close, list; the report when it is installed."""

from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import click
from pydantic import ValidationError

from consult.cli import say_json
from consult.cli.opening import BY, opened


class Rounds(click.Group):
    """A group some of whose commands live with what they write."""

    ELSEWHERE = {  # noqa: RUF012
        "report": "consult.cli.reports:report",
        "scorecard": "consult.cli.reports:scorecard",
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        there = [name for name in self.ELSEWHERE if self.get_command(ctx, name) is not None]
        return sorted([*super().list_commands(ctx), *there])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module, _, attribute = self.ELSEWHERE.get(cmd_name, "").partition(":")
        if not module:
            return super().get_command(ctx, cmd_name)
        found: Any = getattr(import_module(module), attribute, None) if find_spec(module) else None
        return found  # type: ignore[no-any-return]


@click.group("round", cls=Rounds)
def round_() -> None:
    """Periods of consultation on one frozen version."""


@round_.command("open")
@click.argument("slug")
@click.option("--standard", required=True, metavar="S@L", help="The frozen version to consult on.")
@click.option("--closes", required=True, metavar="ISO", help="Such as 2026-12-10T24:00 or 2026-12-11.")
@click.option("--opens", metavar="ISO", help="Now when not given.")
@click.option("--zone", default="UTC", show_default=True, help="The time zone of moments without one.")
@click.option("--languages", default="en", show_default=True, help="Codes with commas between.")
@click.option("--channels", default="web,sms,workshop,document,email", show_default=True)
@click.option("--title", default="", help="As people will see it; else made from the standard.")
@click.option("--purpose", default="")
@click.option("--summary", default="")
@click.option("--goal", "goals", multiple=True, metavar="GROUP=PEOPLE", help="May be given several times.")
@click.option("--join", "joins", multiple=True, metavar="LANG=WORD", help="May be given several times.")
def open_(
    slug: str,
    standard: str,
    closes: str,
    opens: str | None,
    zone: str,
    languages: str,
    channels: str,
    title: str,
    purpose: str,
    summary: str,
    goals: tuple[str, ...],
    joins: tuple[str, ...],
) -> None:
    """Open a round called SLUG."""
    from consult import audit, db, rounds
    from consult.channels import checking
    from consult.rounds import NewRound
    from standards import store

    opened()
    now = datetime.now(UTC)
    with db.transaction() as session:
        standard_row, version = store.version_called(session, standard)
        try:
            wanted = NewRound.model_validate(
                {
                    "slug": slug,
                    "title": title or f"{standard_row.title} {version.label}",
                    "purpose": purpose,
                    "summary": summary,
                    "languages": tuple(languages.replace(" ", "").split(",")),
                    "channels": tuple(channels.replace(" ", "").split(",")),
                    "join_words": _join_words(joins),
                    "time_zone": zone,
                    "opens_at": _moment(opens) if opens else now,
                    "closes_at": _moment(closes),
                    "goals": dict(_pair(goal, "GROUP=PEOPLE") for goal in goals),
                }
            )
        except ValidationError as error:
            raise click.ClickException(_sentences(error)) from error
        row = rounds.open_round(session, version, wanted, now=now)
        if unfit := checking.join_word_problems(session, row):
            raise click.ClickException(" ".join(dict.fromkeys(unfit.values())))
        after = {"slug": slug, "version": str(version.id), "closes": str(row.closes_at)}
        audit.record(session, BY, "open-round", "round", row.id, after=after, now=now)
    first, last = (f"{moment:%Y-%m-%d %H:%M}" for moment in (row.opens_at, row.closes_at))
    click.echo(f"“{row.title}” takes comments from {first} to {last} UTC.")


@round_.command("close")
@click.argument("slug")
def close(slug: str) -> None:
    """Close a round before its time."""
    from consult import audit, db, rounds

    opened()
    now = datetime.now(UTC)
    with db.transaction() as session:
        row = rounds.round_called(session, slug)
        if rounds.has_closed(row, now):
            click.echo(f"“{row.title}” was closed already. Nothing was changed.")
            return
        if not rounds.is_open(row, now):
            raise click.ClickException(f"“{row.title}” has not opened yet, so there is nothing to close.")
        rounds.close(session, row, now=now)
        audit.record(
            session, BY, "close-round", "round", row.id, after={"closed_at": now.isoformat()}, now=now
        )
    click.echo(f"“{row.title}” is closed.")


@round_.command("list")
@click.option("--json", "as_json", is_flag=True)
def list_(as_json: bool) -> None:
    """List every round, the one that closes last first."""
    from sqlmodel import col, select

    from consult import db, rounds
    from consult.tables.rounds import RoundRow

    opened()
    now = datetime.now(UTC)
    with db.reading() as session:
        rows = [
            {
                "slug": row.slug,
                "title": row.title,
                "state": "open"
                if rounds.is_open(row, now)
                else "closed"
                if rounds.has_closed(row, now)
                else "announced",
                "opens_at": row.opens_at.isoformat(),
                "closes_at": (row.closed_at or row.closes_at).isoformat(),
                "comments": sum(rounds.placements(session, row).values()),
            }
            for row in session.exec(select(RoundRow).order_by(col(RoundRow.closes_at).desc())).all()
        ]
    if as_json:
        say_json(rows)
        return
    for row in rows:
        click.echo(f"{row['slug']:<24} {row['state']:<10} {row['comments']:>6}  {row['title']}")


def _moment(written: str) -> datetime:
    """A moment as people write it; 24:00 is the end of that day."""
    from datetime import timedelta

    day, _, clock = written.replace(" ", "T").partition("T")
    at_night = clock.startswith("24:00")
    try:
        found = datetime.fromisoformat(
            day + ("T00:00" + clock[5:] if at_night else f"T{clock}" if clock else "")
        )
    except ValueError as error:
        raise click.ClickException(
            f"“{written}” is no moment we can read. Give one such as 2026-12-10T18:00."
        ) from error
    return found + timedelta(days=1) if at_night else found


def _pair(written: str, shape: str) -> tuple[str, str]:
    name, mark, value = written.partition("=")
    if not mark or not name or not value:
        raise click.ClickException(f"“{written}” is not of the shape {shape}.")
    return name, value


def _join_words(joins: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for language, word in (_pair(join, "LANG=WORD") for join in joins):
        found[language] = (*found.get(language, ()), word.upper())
    return found


def _sentences(error: ValidationError) -> str:
    told = []
    for problem in error.errors():
        where = ".".join(str(part) for part in problem["loc"])
        words = str(problem["msg"]).removeprefix("Value error, ")
        told.append(words if problem["type"] == "value_error" else f"{where}: {words}.")
    return " ".join(told)
