"""Workshops without a browser: bring a transcript in with who came, and list what there is."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import click
from sqlmodel import Session

from consult.cli.opening import BY, opened
from consult.errors import Misfilled
from consult.tables.rounds import RoundRow
from consult.workshops.meetings import Attended, Meeting


@click.group()
def workshop() -> None:
    """Meetings face to face, and what was said there."""


@workshop.command("import")
@click.argument("round_slug", metavar="ROUND")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--place", required=True, help="The village or town.")
@click.option(
    "--date", "held_on", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The day, such as 2026-11-03."
)
@click.option("--region", default="", help="District or region, no closer.")
@click.option(
    "--attendance",
    multiple=True,
    metavar="CATEGORY=COUNT",
    help="How many people came, again for each category; women among them after a slash: pit-miners=12/3.",
)
@click.option(
    "--language", multiple=True, help="A language spoken, such as sw; the round's first by default."
)
@click.option("--one-voice", is_flag=True, help="Take a text without speakers, cut at its paragraphs.")
def bring_in(
    round_slug: str,
    file: Path,
    place: str,
    held_on: datetime,
    region: str,
    attendance: tuple[str, ...],
    language: tuple[str, ...],
    one_voice: bool,
) -> None:
    """Bring FILE, a transcript, in as a workshop of ROUND.

    A workshop at the same place on the same day is added to; the same file twice changes nothing.
    """
    from consult import db, rounds, workshops
    from consult.workshops import transcripts

    came = tuple(_attended(written) for written in attendance)
    for code in language:
        if not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", code):
            raise click.UsageError(f"--language is {code}; give a code of two or three letters, such as sw.")
    opened()
    now, content = datetime.now(UTC), file.read_bytes()
    # Understood before anything is kept: a file that cannot be read stays with whoever has it.
    try:
        heard = transcripts.understood(content, file.name, one_voice=one_voice)
    except workshops.CannotRead as refusal:
        raise click.ClickException(_with_a_way_out(file, refusal)) from refusal
    with db.transaction() as session:
        round_ = rounds.round_called(session, round_slug)
        row = workshops.workshop_at(session, round_, place, held_on.date())
        if row is None:
            row = workshops.hold(
                session, round_, _meeting(round_, place, held_on.date(), region, language, came), now=now
            ).workshop
            _note(session, "hold", "workshop", str(row.id), now)
        elif came:
            click.echo("This workshop is known; who came stays as it was kept.", err=True)
        recorded = workshops.receive(session, row, content, file.name, now=now)
        record = transcripts.record_of(session, row, recorded.id)
        name = f"transcript {len(workshops.transcripts_of(session, row)) + 1}"
        kept, fresh = workshops.keep(session, row, record, heard, name=name, now=now)
        if fresh:
            _note(session, "bring-in", "transcript", str(kept.id), now)
        late = workshops.came_late(round_, record.received_at)
        people = sum(one.people for one in workshops.attendance_of(session, row))
    if not fresh:
        click.echo(f"{row.id}: this file was brought in already; nothing was changed.")
        return
    for problem in heard.problems:
        click.echo(str(problem), err=True)
    strange = heard.unset_among(row.languages)
    if strange is not None:
        found = f"in {strange.code}, which is" if strange.code else "in a language we do not know,"
        click.echo(f"Much of this seems to be {found} not set for this workshop (--language).", err=True)
    voices = len(heard.voices)
    click.echo(
        f"{row.id}: {len(heard.cues)} utterances of {voices or 'unnamed'} speakers, {people} people came."
        + (" The round had closed; comments from it are marked late." if late else "")
    )


def _attended(written: str) -> Attended:
    from consult import workshops

    category, mark, count = written.rpartition("=")
    if not mark or not category.strip():
        raise click.UsageError(
            f"--attendance is {written}; write it as category=count, such as pit-miners=12."
        )
    people, _, women = count.partition("/")
    try:
        return workshops.counted(category, people, women)
    except Misfilled as refusal:
        raise click.ClickException(str(refusal)) from refusal


def _meeting(
    round_: RoundRow,
    place: str,
    held_on: date,
    region: str,
    languages: tuple[str, ...],
    came: tuple[Attended, ...],
) -> Meeting:
    spoken = languages or tuple(round_.languages[:1])
    return Meeting(place=place.strip(), held_on=held_on, region=region, languages=spoken, attendance=came)


def _with_a_way_out(file: Path, refusal: Exception) -> str:
    from consult.workshops import CannotRead

    alone = isinstance(refusal, CannotRead) and refusal.as_one_voice
    more = " Or add --one-voice to take it as one voice, cut at its paragraphs." if alone else ""
    return f"{file.name}: {refusal}{more} Nothing was changed."


def _note(session: Session, act: str, subject: str, subject_id: str, now: datetime) -> None:
    from consult import audit

    audit.record(session, BY, act, subject, subject_id, now=now)


@workshop.command("list")
@click.argument("round_slug", metavar="ROUND")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_workshops(round_slug: str, as_json: bool) -> None:
    """List the workshops of ROUND, the latest first, with who came and how far each is done."""
    from consult import db, rounds, workshops
    from consult.cli.parsers import say
    from consult.tables.people import Role

    opened()
    with db.reading() as session:
        round_ = rounds.round_called(session, round_slug)
        found = workshops.workshops_of(session, round_.id, Role.SECRETARY, round_)
        for row, _round in found:
            came = workshops.attendance_of(session, row)
            far = workshops.progress(session, row)
            people = sum(one.people for one in came)
            if not as_json:
                click.echo(
                    f"{row.held_on}  {row.place}: {people} people, {far.comments} comments, "
                    f"{far.done} of {far.total} utterances done"
                )
                continue
            say(
                {
                    "id": str(row.id),
                    "place": row.place,
                    "region": row.region,
                    "date": row.held_on.isoformat(),
                    "languages": row.languages,
                    "people": people,
                    "attendance": {one.category: {"people": one.people, "women": one.women} for one in came},
                    "utterances": far.total,
                    "done": far.done,
                    "comments": far.comments,
                }
            )
    if not found and not as_json:
        click.echo("There is no workshop in this round yet.")
