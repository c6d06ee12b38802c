"""Adding those who may sign in, and seeing who they are."""

import sys
from datetime import UTC, datetime

import click

from consult import accounts, db
from consult.cli import say_json
from consult.cli.opening import opened
from consult.tables.people import Role


@click.group()
def user() -> None:
    """People who may sign in."""


@user.command()
@click.argument("email")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--name", default="", help="How the desk calls them.")
@click.option("--language", default="en", show_default=True, type=click.Choice(["en", "fr"]))
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def add(email: str, role: str, name: str, language: str, password_stdin: bool) -> None:
    """Add someone; without a password, a link for choosing one is mailed and shown."""
    config = opened()
    now = datetime.now(UTC)
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else ""
    with db.transaction() as session:
        person = accounts.add_person(
            session, email, role=Role(role), name=name, language=language, by="command line", now=now
        )
        if password_stdin:
            accounts.set_password(session, person, password, by="command line", now=now)
            link = ""
        else:
            link = accounts.send_link(session, person, base_url=config.base_url, now=now)
    click.echo(f"Added as {role}.")
    if link:
        click.echo(f"They choose a password here, within two days:\n{link}")


@user.command("list")
@click.option("--show", is_flag=True, help="Show names and e-mail addresses too.")
@click.option("--json", "as_json", is_flag=True)
def list_(show: bool, as_json: bool) -> None:
    """List who may sign in."""
    opened()
    with db.reading() as session:
        rows = [
            {
                "id": str(person.id),
                "role": person.role.value,
                "added": person.created_at.date().isoformat(),
                "has_password": person.password_hash is not None,
                "disabled": person.disabled_at is not None,
                **({"name": person.name, "email": person.email} if show else {}),
            }
            for person in accounts.everyone(session)
        ]
    if as_json:
        say_json(rows)
        return
    for row in rows:
        state = "disabled" if row["disabled"] else "" if row["has_password"] else "no password yet"
        who = f"{row['name']} <{row['email']}>" if show else row["id"]
        click.echo(f"{row['role']:<14} {row['added']}  {who}  {state}".rstrip())


@user.command()
@click.argument("email")
def link(email: str) -> None:
    """Mail and show a new link for choosing a password."""
    config = opened()
    with db.transaction() as session:
        person = accounts.find(session, email)
        if person is None:
            raise click.ClickException("Nobody here has this e-mail address.")
        shown = accounts.send_link(session, person, base_url=config.base_url, now=datetime.now(UTC))
    click.echo(shown)
