"""Recognition from the command line: `baraza crosswalk`."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from consult import audit, db
from consult.cli import say_json
from consult.cli.opening import BY, opened
from standards import recognition_store
from standards.combining import Combined, combined, common_core
from standards.errors import StandardsError
from standards.recognition import Extent, Standing, Verdict, coverage
from standards.recognition_store import Judgement, Kept, Pair

VERSION = "STANDARD@VERSION"
VERDICTS = [verdict.value for verdict in Verdict if verdict is not Verdict.UNREVIEWED]


@click.group("crosswalk")
def crosswalk() -> None:
    """Join our clauses to those of another standard, judge them by two, and see what is met."""


def _of_a_pair(command: Callable[..., None]) -> Callable[..., None]:
    theirs = click.argument("theirs", metavar=f"THEIR_{VERSION}")
    return click.argument("ours", metavar=f"OUR_{VERSION}")(theirs(command))


_json = click.option("--json", "as_json", is_flag=True, help="One JSON object.")


@crosswalk.command()
@_of_a_pair
@click.option(
    "--most", type=click.IntRange(1, 5), default=recognition_store.PROPOSED, show_default=True,
    help="How many of their clauses for one of ours.",
)  # fmt: skip
@click.option(
    "--least", type=click.FloatRange(0, 1), default=recognition_store.LIKELY, show_default=True,
    help="The least score of a pair.",
)  # fmt: skip
@_json
def propose(ours: str, theirs: str, most: int, least: float, as_json: bool) -> None:
    """Join the clauses whose words are most alike, to be judged."""
    opened()
    now = datetime.now(UTC)
    with db.transaction() as session:
        pair = recognition_store.pair_called(session, ours, theirs)
        made = recognition_store.propose(session, pair, by=BY, now=now, most=most, least=least)
        subject = f"{ours} {theirs}"[:64]
        after = {"edges": len(made)}
        audit.record(session, BY, "propose-edges", "crosswalk", subject, None, after, now=now)
    if as_json:
        say_json({"ours": ours, "theirs": theirs, "proposed": len(made)})
    else:
        click.echo(f"{len(made)} pairs of clauses proposed.")


@crosswalk.command("list")
@_of_a_pair
@click.option("--show", type=click.Choice([standing.value for standing in Standing]), help="Only these.")
@_json
def list_(ours: str, theirs: str, show: str | None, as_json: bool) -> None:
    """Every pair of clauses, stale ones first."""
    opened()
    with db.reading() as session:
        pair = recognition_store.pair_called(session, ours, theirs)
        found = recognition_store.kept(session, pair, _today())
    lines = [_listed(pair, one) for one in found if show in (None, one.standing.value)]
    if as_json:
        say_json(lines)
        return
    for line in lines:
        both = f"{line['ours'] or '-'} -> {line['theirs'] or '-'}"
        click.echo(
            f"{line['standing']:10}\t{both}\t{line['requirement']}\t{line['assurance']}\t{line['gap']}"
        )


@crosswalk.command()
@_of_a_pair
@click.argument("our_clause")
@click.argument("their_clause")
@click.option("--requirement", required=True, type=click.Choice(VERDICTS), help="What ours asks of theirs.")
@click.option(
    "--assurance", required=True, type=click.Choice(VERDICTS), help="How ours is checked, likewise."
)
@click.option("--gap", default="", help="What their standard wants besides.")
@click.option("--evidence", default="", help="What the judgement rests on.")
@click.option("--reviewer", required=True, help="Who judges; published with the judgement.")
@click.option("--expires", default="", metavar="DAY", help="The last day it holds, such as 2028-12-31.")
@_json
def judge(
    ours: str,
    theirs: str,
    our_clause: str,
    their_clause: str,
    requirement: str,
    assurance: str,
    gap: str,
    evidence: str,
    reviewer: str,
    expires: str,
    as_json: bool,
) -> None:
    """Record what one reviewer found of OUR_CLAUSE against THEIR_CLAUSE (numbers or ids)."""
    judgement = Judgement(
        requirement=Verdict(requirement),
        assurance=Verdict(assurance),
        gap=gap,
        evidence=evidence,
        expires_on=_day(expires),
    )
    opened()
    now = datetime.now(UTC)
    with db.transaction() as session:
        pair = recognition_store.pair_called(session, ours, theirs)
        ends = pair.ours.clause(our_clause).id, pair.theirs.clause(their_clause).id
        # Nobody signs in here: the name given is all there is to tell two people apart.
        account = f"{BY}: {reviewer}"[:64]
        row = recognition_store.judge(session, pair, *ends, judgement, reviewer=reviewer, by=account, now=now)
        after = {"requirement": requirement, "assurance": assurance, "reviewers": len(row.reviewers)}
        audit.record(session, BY, "judge-edge", "crosswalk", row.id, None, after, now=now)
        reviewers = list(row.reviewers)
    if as_json:
        say_json({"ours": our_clause, "theirs": their_clause, "reviewers": reviewers})
    elif len(reviewers) > 1:
        click.echo(f"{' and '.join(reviewers)} agree; the edge holds.")
    else:
        click.echo("Kept. It waits for a second reviewer.")


@crosswalk.command("import")
@_of_a_pair
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_json
def bring_in(ours: str, theirs: str, file: Path, as_json: bool) -> None:
    """Take over the judgements of FILE (XLSX or CSV, in the columns `export` writes): all rows, or none."""
    from consult.sheets import crosswalk as table

    opened()
    now = datetime.now(UTC)
    with db.transaction() as session:
        pair = recognition_store.pair_called(session, ours, theirs)
        found = table.bring(session, pair, file.read_bytes(), file.name, by=BY, now=now)
        subject = f"{ours} {theirs}"[:64]
        after = {"rows": found.rows, "judged": found.judged}
        audit.record(session, BY, "import-crosswalk", "crosswalk", subject, None, after, now=now)
    counts = {"judged": found.judged, "joined": found.joined, "unchanged": found.unchanged}
    if as_json:
        say_json({"rows": found.rows, **counts})
    else:
        told = ", ".join(f"{count} {word}" for word, count in counts.items())
        click.echo(f"{found.rows} rows: {told}.")


@crosswalk.command("export")
@_of_a_pair
@click.option("--to", "kind", required=True, type=click.Choice(["xlsx", "csv"]))
@click.option("-o", "target", required=True, type=click.Path(dir_okay=False, writable=True), help="The file.")
def take_out(ours: str, theirs: str, kind: str, target: str) -> None:
    """Write every pair of clauses with both texts and what was found."""
    from consult.sheets import crosswalk as table

    opened()
    with db.reading() as session:
        pair = recognition_store.pair_called(session, ours, theirs)
        with Path(target).open("wb") as into:
            count = table.write(session, pair, kind, into, _today())
    click.echo(f"{count} pairs of clauses written to {target}.")


@crosswalk.command("coverage")
@_of_a_pair
@_json
def covered(ours: str, theirs: str, as_json: bool) -> None:
    """Which of theirs is met by meeting ours, and which of ours they miss."""
    opened()
    with db.reading() as session:
        pair = recognition_store.pair_called(session, ours, theirs)
        edges = recognition_store.edges_among(session, (pair.ours, pair.theirs), _today())
    found = coverage(pair.ours.side, pair.theirs.side, edges, _today())
    counts = {
        "of_theirs": {extent.value: found.of_theirs[extent] for extent in Extent},
        "of_ours": {extent.value: found.of_ours[extent] for extent in Extent},
    }
    if as_json:
        say_json(counts)
        return
    for name, tally in ((theirs, counts["of_theirs"]), (ours, counts["of_ours"])):
        click.echo(f"{name}: " + ", ".join(f"{count} {word}" for word, count in tally.items()))


@crosswalk.command("combined")
@click.argument("versions", metavar=f"{VERSION}...", nargs=-1, required=True)
@click.option(
    "-o", "target", type=click.Path(dir_okay=False, writable=True), help="A .docx or .xlsx to write."
)
@_json
def together(versions: tuple[str, ...], target: str | None, as_json: bool) -> None:
    """One list for several standards: what is asked once, and how many questions are saved."""
    if len(set(versions)) < 2:
        raise click.UsageError("Name at least two versions, each of another standard.")
    opened()
    on = _today()
    with db.reading() as session:
        ends = [recognition_store.end_called(session, name) for name in dict.fromkeys(versions)]
        edges = recognition_store.edges_among(session, ends, on)
    sides = [end.side for end in ends]
    found, core = combined(sides, edges, on), common_core(sides, edges, on)
    if target:
        from consult import combined_files

        kind = Path(target).suffix.lstrip(".").lower()
        if kind not in combined_files.KINDS:
            raise click.UsageError("The file is to end in .docx or .xlsx.")
        Path(target).write_bytes(combined_files.write(found, core, ends, kind))
    if as_json:
        say_json(_told(found) | {"common_core": [[clause.number for clause in row] for row in core]})
        return
    click.echo(f"{found.saved} questions saved: {found.asked} one by one, {len(found.items)} in one list.")
    click.echo(f"{len(core)} in common.")


def _told(found: Combined) -> dict[str, Any]:
    shared = [item for item in found.items if len(item.members) > 1]
    return {
        "asked": found.asked,
        "items": len(found.items),
        "saved": found.saved,
        "shared": [[f"{m.side} {m.clause.number}" for m in item.members] for item in shared],
    }


def _listed(pair: Pair, one: Kept) -> dict[str, Any]:
    edge = one.edge
    ours = pair.ours.side.document.by_id.get(edge.ours.clause)
    theirs = pair.theirs.side.document.by_id.get(edge.theirs.clause)
    return {
        "ours": ours.number if ours else None,
        "theirs": theirs.number if theirs else None,
        "standing": one.standing.value,
        "because": [reason.value for reason in one.because] if edge.reviewers else [],
        "requirement": edge.requirement.value,
        "assurance": edge.assurance.value,
        "gap": edge.gap,
        "reviewers": list(edge.reviewers),
        "score": one.row.score,
    }


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        raise _NoDay(f"“{written}” is no day. Write it as 2028-12-31.") from None


class _NoDay(StandardsError):
    """Something given as a day that is none."""


def _today() -> date:
    return datetime.now(UTC).date()
