"""A telephone in the terminal: texts go through the signed webhook, replies are shown with their cost."""

import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import click

from consult.errors import BarazaError

if TYPE_CHECKING:
    from consult.channels.telephone import Text

SECONDS = 10.0


@click.command()
@click.option("--from", "number", default="", help="The number that texts; a fictional one by default.")
@click.argument("texts", nargs=-1)
def simulate(number: str, texts: tuple[str, ...]) -> None:
    """Text this installation as a telephone would: each TEXT in turn, or a line at a time."""
    from consult import create_app, db, logs
    from consult.channels import sms, telephone
    from consult.cli.opening import opened

    logs.set_up(level=40)
    config = opened()
    if config.texts_people:
        raise telephone.NoTelephone
    config = replace(config, demonstration=True)
    number = number or telephone.NUMBERS[0]
    if sms.address_of(number) is None:
        raise BarazaError("Give the number with its country, such as --from +255700000001.")
    number = sms.address_of(number) or number
    app = create_app(config, engine=db.engine())
    for words in texts or _typed():
        sid = telephone.send(app.wsgi_app, config, number, words)
        click.echo(f"> {words}")
        for reply in _replies(number, _until_read(sid)):
            counted = f"{reply.segments} segment{'s' if reply.segments != 1 else ''}, {reply.encoding}"
            click.echo(f"< {reply.words}\n  ({counted})")


def _typed() -> Iterator[str]:
    """Lines as they are typed, until the end of the input."""
    talking = sys.stdin.isatty()
    if talking:
        click.echo("Type a text and press Enter; Ctrl-D ends.")
    for line in sys.stdin:
        if line.strip():
            yield line.rstrip("\n")


def _until_read(sid: str) -> datetime:
    """Read the text, or wait until a worker has. Returns when it was received."""
    from sqlmodel import select

    from consult import db, intake
    from consult.channels import sms
    from consult.tables.intake import RecordRow

    deadline = time.monotonic() + SECONDS
    while True:
        sms.read_waiting()
        with db.reading() as session:
            record = session.exec(
                select(RecordRow).where(RecordRow.source == "twilio", RecordRow.provider_id == sid)
            ).one()
            if intake.outcome_of(session, record.id) is not None:
                return record.received_at
        if time.monotonic() > deadline:
            raise BarazaError("The text is kept but could not be read yet; a worker tries again.")
        time.sleep(0.2)


def _replies(number: str, since: datetime) -> "list[Text]":
    from consult import db
    from consult.channels import telephone

    with db.reading() as session:
        return [text for text in telephone.texts(session, number) if text.ours and text.at >= since]
