"""Commands that only read and answer: no database, no settings."""

import json
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from consult.errors import BarazaError


def lines_in(file: str) -> list[str]:
    """The lines of a text file, or of standard input for `-`. Raises BarazaError where it is not UTF-8."""
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise BarazaError(f"{file} is not UTF-8 text; save it as UTF-8 and try again.") from error
    except OSError as error:
        raise BarazaError(f"{file} cannot be read: {error.strerror}.") from error


def each_object(file: str = "-") -> Iterator[tuple[int, Any]]:
    """The JSON value on each line of a file, with its line number; empty lines are passed over."""
    for number, line in enumerate(lines_in(file), 1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line)
        except ValueError as error:
            raise BarazaError(f"line {number}: this is not JSON.") from error


def say(value: Any) -> None:
    """Write a value as one line of JSON."""
    click.echo(json.dumps(value, ensure_ascii=False))


def answer_lines(answer: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Answer each object on standard input with one object a line."""
    for number, given in each_object():
        if not isinstance(given, dict):
            raise BarazaError(f'line {number}: an object is wanted, such as {{"text": "…"}}.')
        say(answer(given))


existing = click.Path(exists=True, dir_okay=False)


@click.group()
def docx() -> None:
    """Look into Word documents."""


@docx.command()
@click.argument("file", type=existing)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def inspect(file: str, as_json: bool) -> None:
    """Show a document's paragraphs, tracked changes and comments."""
    from standards.exchange.docx.inspecting import inspect as look

    found = look(Path(file).read_bytes(), Path(file).name)
    if as_json:
        say(found)
        return
    for paragraph in found["paragraphs"]:
        number = f"{paragraph['number']} " if paragraph["number"] else ""
        click.echo(f"{number}{paragraph['accepted'] if paragraph['accepted'] is not None else '(deleted)'}")
    click.echo(f"{len(found['changes'])} tracked changes, {len(found['comments'])} comments")


@click.group()
def transcript() -> None:
    """Look into transcripts of meetings."""


@transcript.command("parse")
@click.argument("file", type=existing)
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@click.option("--join", "joined", is_flag=True, help="Join cues of the same speaker that follow closely.")
def parse_transcript(file: str, as_json: bool, joined: bool) -> None:
    """Show who said what, when. Problems go to standard error, by line."""
    from consult.channels.transcripts import TranscriptRefused, join, parse

    try:
        found = parse(Path(file).read_bytes(), Path(file).name)
    except TranscriptRefused as refused:
        for problem in refused.problems:
            click.echo(str(problem), err=True)
        raise BarazaError(str(refused)) from refused
    for problem in found.problems:
        click.echo(str(problem), err=True)
    utterances = join(found.utterances) if joined else found.utterances
    if as_json:
        say([{"speaker": u.speaker, "start": u.start, "end": u.end, "text": u.text} for u in utterances])
        return
    for u in utterances:
        when = f"{u.start:8.1f}  " if u.start is not None else ""
        click.echo(f"{when}{u.speaker or '–'}: {u.text}")


class Texts(click.Group):
    """The group of text messages, of which those that open the installation are loaded when used."""

    ELSEWHERE = {  # noqa: RUF012
        "reconcile": "consult.cli.sms:reconcile",
        "import": "consult.cli.sms:import_",
        "carry": "consult.cli.sms:carry",
        "simulate": "consult.cli.simulating:simulate",
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands, the telephone last."""
        return [*super().list_commands(ctx), *self.ELSEWHERE]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name."""
        module, _, attribute = self.ELSEWHERE.get(cmd_name, "").partition(":")
        if not module:
            return super().get_command(ctx, cmd_name)
        found: click.Command = getattr(import_module(module), attribute)
        return found


@click.group(cls=Texts)
def sms() -> None:
    """Text messages: what they cost, what they mean, and a telephone to try them on."""


@sms.command("segments")
@click.argument("text")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def count_segments(text: str, as_json: bool) -> None:
    """Count what TEXT costs to send; `-` reads one JSON string a line."""
    from consult.channels import segments

    def counted(words: str) -> dict[str, Any]:
        found = segments.count(words)
        return {"encoding": found.encoding, "characters": found.characters, "segments": found.segments}

    if text == "-":
        for number, given in each_object():
            if not isinstance(given, str):
                raise BarazaError(f"line {number}: a JSON string is wanted.")
            say(counted(given))
        return
    if as_json:
        say(counted(text))
        return
    found = segments.count(text)
    click.echo(f"{found.encoding}, {found.characters} characters, {found.segments} segments")
    for one in segments.costly(text):
        instead = (
            f"write {one.replacement!r} instead" if one.replacement is not None else "nothing says the same"
        )
        click.echo(f"{one.character!r} makes the whole text cost more: {instead}")


@sms.command("understand")
@click.argument("source", type=click.Choice(["-"]))
def understand_messages(source: str) -> None:
    """Say what each message on standard input does, one JSON object a line."""
    from consult.channels.understanding import Asked, Said, understand

    def understood(given: dict[str, Any]) -> dict[str, Any]:
        asked = given.get("asked")
        if asked is not None and asked not in {kind.value for kind in Asked}:
            raise BarazaError(f"“asked” is {asked!r}; it may be null, language, ability or satisfied.")
        found = understand(
            Said(
                text=str(given.get("text") or ""),
                language=str(given.get("language") or ""),
                joined=bool(given.get("joined")),
                join_words=tuple(str(word) for word in given.get("join_words") or ()),
                asked=Asked(asked) if asked else None,
                codes={str(code): str(number) for code, number in (given.get("codes") or {}).items()},
                numbers=tuple(str(number) for number in given.get("numbers") or ()),
                **({"languages": tuple(given["languages"])} if given.get("languages") else {}),
            )
        )
        return {"act": found.act.value, "value": found.value, "words": found.words}

    answer_lines(understood)


@click.command()
@click.argument("old", type=existing)
@click.argument("new", type=existing)
def match(old: str, new: str) -> None:
    """Say what became of each clause of OLD in NEW; both are clause JSONL."""
    from consult.linking.lines import UnreadableLine, read_clauses
    from standards.match import Given
    from standards.match import match as matched

    def given(file: str) -> list[Given]:
        try:
            clauses = read_clauses(lines_in(file))
        except UnreadableLine as error:
            raise BarazaError(f"{file}, {error}") from error
        return [Given(c.id, c.number, c.title, c.text, c.parents) for c in clauses]

    for entry in matched(given(old), given(new)):
        say(entry.as_json())
