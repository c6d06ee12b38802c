"""Commands about links: suggest, evaluate, find references, and confirm."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click

from consult.cli.parsers import answer_lines, existing, lines_in, say
from consult.errors import BarazaError


@click.group()
def link() -> None:
    """Tie comments to the clauses they are about."""


@contextmanager
def _naming(file: str) -> Iterator[None]:
    from consult.linking.lines import UnreadableLine

    try:
        yield
    except UnreadableLine as error:
        raise BarazaError(f"{file}, {error}") from error


@link.command()
@click.option("--clauses", required=True, type=existing, help="Clause JSONL.")
@click.option("--comments", required=True, type=existing, help="Comment JSONL.")
@click.option(
    "-k", "most", type=click.IntRange(1), default=5, show_default=True, help="How many clauses each."
)
def suggest(clauses: str, comments: str, most: int) -> None:
    """Suggest the clauses each comment is about, one JSON object a line."""
    from consult.linking.evaluating import suggest_lines
    from consult.linking.lines import read_clauses

    with _naming(clauses):
        read_clauses(lines_in(clauses))
    with _naming(comments):
        for line in suggest_lines(lines_in(clauses), lines_in(comments), most):
            say(line)


@link.command("eval")
@click.option("--clauses", required=True, type=existing, help="Clause JSONL.")
@click.option("--gold", required=True, type=existing, help="Comment JSONL with the right clauses.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def evaluate(clauses: str, gold: str, as_json: bool) -> None:
    """Measure the suggestions on comments whose clauses are known."""
    from consult.linking.evaluating import evaluate as measure
    from consult.linking.lines import read_clauses, read_gold

    with _naming(clauses):
        known = read_clauses(lines_in(clauses))
    with _naming(gold):
        answers = read_gold(lines_in(gold))
    found = measure(known, answers).as_json()
    if as_json:
        say(found)
        return
    for name, value in found.items():
        click.echo(f"{name:12} {value}")


@link.command("references")
@click.argument("source", type=click.Choice(["-"]))
def find_references(source: str) -> None:
    """Find the clauses that each text on standard input names, one JSON object a line."""
    from consult.linking.references import link_references_lines

    answer_lines(lambda given: next(link_references_lines([given])))


@link.command()
@click.argument("comment")
@click.argument("clause")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def confirm(comment: str, clause: str, as_json: bool) -> None:
    """Say that COMMENT (receipt or id) is about CLAUSE (number or id; `whole` for the whole document)."""
    from consult import audit, comments, db, links, rounds
    from consult.cli.opening import BY, opened
    from consult.tables.rounds import RoundRow
    from standards import store

    opened()
    now = datetime.now(UTC)
    with db.transaction() as session:
        found = comments.comment_called(session, comment)
        round_ = session.get_one(RoundRow, found.round_id)
        _, version = rounds.version_of(session, round_)
        document = store.load(session, version)
        clause_id = (
            None if clause == "whole" else store.clause_in(document, clause, f"version {version.label}").id
        )
        links.confirm(session, found.id, [clause_id], by=BY, now=now)
        after = {"clause": str(clause_id) if clause_id else "whole"}
        audit.record(session, BY, "confirm-link", "comment", str(found.id), None, after, now=now)
        receipt = found.receipt
    click.echo(
        json.dumps({"receipt": receipt, "clause": clause}) if as_json else f"{receipt} is now about {clause}."
    )
