"""Votes by dots at the desk: as they were counted in the field, and typed in or put right by hand.

What is typed here becomes operations like those of a telephone, so that there is one way.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from consult import audit, db, workshops
from consult.desk import places
from consult.errors import Misfilled, NotFound
from consult.field import counts, keeping
from consult.field.operations import Kind
from consult.permissions import Act
from consult.tables.field import DotVoteRow
from consult.tables.rounds import RoundRow
from consult.tables.workshops import WorkshopRow
from consult.views.guard import requires
from consult.views.workshops.door import around, bp, categories, category_words, in_hand
from consult.workshops.minutes.gathering import text_of
from standards.document import Document
from standards.identity import new_id

Page = str | Response | tuple[str, int]

MOST_OPTIONS = 20
EMPTY_OPTIONS = 3
"""Lines offered for options that are not there yet."""
MOST_DOTS = 100_000


@bp.get("/workshops/<uuid:workshop_id>/votes")
@requires(Act.RUN_WORKSHOP)
def votes(workshop_id: UUID) -> str:
    """Every vote of a workshop, with its totals and the split by category."""
    with db.reading() as session:
        workshop, round_ = in_hand(session, workshop_id)
        came = {row.category: row.people for row in workshops.attendance_of(session, workshop)}
        document = text_of(session, round_, workshop)[1]
        return render_template(
            "workshops/votes.html",
            **around(session, workshop, round_, datetime.now(UTC)),
            votes=[_drawn(vote, came, document) for vote in counts.votes_of(session, workshop.id)],
            words=category_words(session),
            id=new_id(),
        )


def _drawn(vote: DotVoteRow, came: Mapping[str, int], document: Document) -> dict[str, Any]:
    who = sorted({one for cell in vote.cells.values() for one in cell} | set(vote.people))
    rows = [
        (option, [vote.cells.get(str(at), {}).get(one, 0) for one in who])
        for at, option in enumerate(vote.options)
    ]
    clause = document.by_id.get(vote.clause_id) if vote.clause_id else None
    return {
        "row": vote,
        "url_id": _uuid_of(vote.entity),
        "on": clause.title if clause else "",
        "who": who,
        "rows": [(option, dots, sum(dots)) for option, dots in rows],
        "people": [vote.people.get(one) for one in who],
        "placed": counts.placed(vote),
        "excesses": list(counts.excesses(vote, dict(came))),
    }


def _uuid_of(entity: str) -> UUID | None:
    try:
        return UUID(entity.partition(":")[2])
    except ValueError:
        return None


@bp.get("/workshops/<uuid:workshop_id>/votes/<uuid:vote_id>")
@requires(Act.RUN_WORKSHOP)
def vote(workshop_id: UUID, vote_id: UUID) -> str:
    """The form of a vote, empty for one that is not there yet."""
    with db.reading() as session:
        workshop, round_ = in_hand(session, workshop_id)
        row = _vote_row(session, workshop, vote_id)
        return _form(session, workshop, round_, vote_id, row, _written(session, workshop, round_, row), {})


@bp.post("/workshops/<uuid:workshop_id>/votes/<uuid:vote_id>")
@requires(Act.RUN_WORKSHOP)
def keep_vote(workshop_id: UUID, vote_id: UUID) -> Page:
    """Keep a vote as it was typed; what does not add up is kept and said."""
    now = datetime.now(UTC)
    with db.transaction() as session:
        workshop, round_ = in_hand(session, workshop_id)
        row = _vote_row(session, workshop, vote_id)
        if request.form.get("act") == "remove":
            if row is None:
                raise NotFound(_("There is no such vote at this workshop."))
            fields: dict[str, Any] = {"removed": True}
        else:
            try:
                fields = _typed(request.form, row, text_of(session, round_, workshop)[1])
            except Misfilled as refusal:
                return _form(session, workshop, round_, vote_id, row, request.form, refusal.problems), 400
        keeping.put(session, round_, workshop, Kind.VOTE, f"vote:{vote_id}", fields, now=now)
        after = {"fields": sorted(fields)}
        audit.record(session, g.person.id, "change", "vote", vote_id, after=after, now=now)
    if fields.get("removed"):
        flash(_("The vote is taken away. What was counted stays in the ledger."), "done")
        return redirect(url_for("workshops.votes", workshop_id=workshop_id))
    if row is None:
        flash(_("The vote is kept. Now write the dots."), "done")
        return redirect(url_for("workshops.vote", workshop_id=workshop_id, vote_id=vote_id) + "#dots")
    flash(_("The vote is kept."), "done")
    return redirect(url_for("workshops.votes", workshop_id=workshop_id))


def _vote_row(session: Session, workshop: WorkshopRow, vote_id: UUID) -> DotVoteRow | None:
    row = session.get(DotVoteRow, (workshop.id, f"vote:{vote_id}"))
    return row if row is not None and not row.removed else None


def _who(session: Session, workshop: WorkshopRow, row: DotVoteRow | None) -> list[tuple[str, str]]:
    """The categories that may have voted: those who came or are in the vote; all groups where none came."""
    came = [one.category for one in workshops.attendance_of(session, workshop) if one.people]
    voted = [one for cell in (row.cells if row else {}).values() for one in cell]
    named = category_words(session)
    keys = dict.fromkeys([*came, *voted, *(row.people if row else {})]) or dict.fromkeys(named)
    return [(key, named.get(key, key)) for key in keys]


def _written(
    session: Session, workshop: WorkshopRow, round_: RoundRow, row: DotVoteRow | None
) -> MultiDict[str, str]:
    """The form as it was kept."""
    if row is None:
        return MultiDict({"dots": "1"})
    document = text_of(session, round_, workshop)[1]
    clause = document.by_id.get(row.clause_id) if row.clause_id else None
    found = {"question": row.question, "rule": row.rule, "dots": str(row.dots)}
    found["clause"] = clause.number if clause else ""
    found |= {f"option-{at}": option for at, option in enumerate(row.options)}
    for at, (key, _word) in enumerate(_who(session, workshop, row)):
        found[f"people-{at}"] = str(row.people.get(key, ""))
        for place in range(len(row.options)):
            found[f"cell-{place}-{at}"] = str(row.cells.get(str(place), {}).get(key, ""))
    return MultiDict(found)


def _form(
    session: Session,
    workshop: WorkshopRow,
    round_: RoundRow,
    vote_id: UUID,
    row: DotVoteRow | None,
    sent: Mapping[str, str],
    problems: Mapping[str, str],
) -> str:
    document = text_of(session, round_, workshop)[1]
    options = len(row.options) if row else 0
    return render_template(
        "workshops/vote.html",
        **around(session, workshop, round_, datetime.now(UTC)),
        vote=row,
        vote_id=vote_id,
        sent=sent,
        options=[(at, row.options[at] if row and at < options else "") for at in range(options)],
        lines=range(min(options + EMPTY_OPTIONS, MOST_OPTIONS)),
        who=_who(session, workshop, row),
        numbers=places.numbers(document),
        categories=categories(session),
        errors=[{"field": field, "message": message} for field, message in problems.items()],
    )


# --- what was typed


def _typed(sent: Mapping[str, str], row: DotVoteRow | None, document: Document) -> dict[str, Any]:
    """The fields of a vote. Raises Misfilled."""
    problems: dict[str, str] = {}
    question = sent.get("question", "").strip()
    if not question:
        problems["question"] = _("Write what was asked.")
    options = _options(sent, row, problems)
    number = sent.get("clause", "").strip()
    clause = document.by_number.get(number)
    if number and clause is None:
        problems["clause"] = _("There is no clause %(number)s in this text.", number=number[:20])
    fields: dict[str, Any] = {
        "question": question[:300],
        "clause": str(clause.id) if clause else "",
        "rule": sent.get("rule", "").strip()[:300],
        "options": options,
        "dots": count_typed(sent, "dots", 100, problems),
    }
    if row is not None:
        fields |= _counted(sent, row, problems)
    if problems:
        raise Misfilled(problems)
    return fields


def _options(sent: Mapping[str, str], row: DotVoteRow | None, problems: dict[str, str]) -> list[str]:
    """The options in order: a dot belongs to its option's place, so that none with dots may go."""
    typed = [sent.get(f"option-{at}", "").strip()[:200] for at in range(MOST_OPTIONS)]
    while typed and not typed[-1]:
        typed.pop()
    for at in range(MOST_OPTIONS):
        has_dots = row is not None and sum(row.cells.get(str(at), {}).values()) > 0
        if has_dots and (at >= len(typed) or not typed[at]):
            problems[f"option-{at}"] = _("Dots were counted for this option. Set them to 0 before it goes.")
    if not all(typed) and not problems:
        problems["option-0"] = _("Write the options one after the other, without an empty line between.")
    if len(typed) < 2 and not problems:
        problems["option-0"] = _("A vote needs at least two options.")
    return typed


def _counted(sent: Mapping[str, str], row: DotVoteRow, problems: dict[str, str]) -> dict[str, int]:
    """Dots by option and category; what was left empty and never counted stays uncounted."""
    found: dict[str, int] = {}
    for at in range(len([name for name in sent if name.startswith("who-")])):
        key = sent.get(f"who-{at}", "")
        if not key or len(key) > 100:
            continue
        names = {f"people-{at}": f"people:{key}"}
        names |= {f"cell-{place}-{at}": f"cell:{place}:{key}" for place in range(len(row.options))}
        for name, field in names.items():
            if sent.get(name, "").strip() or _was_counted(row, field):
                found[field] = count_typed(sent, name, MOST_DOTS, problems)
    return found


def _was_counted(row: DotVoteRow, field: str) -> bool:
    family, _colon, rest = field.partition(":")
    if family == "people":
        return rest in row.people
    place, _colon, key = rest.partition(":")
    return key in row.cells.get(place, {})


def count_typed(sent: Mapping[str, str], name: str, most: int, problems: dict[str, str]) -> int:
    """A count as it was typed, 0 where nothing was; what is none is put among the problems."""
    digits = sent.get(name, "").strip()
    if not digits:
        return 0
    if not (digits.isascii() and digits.isdecimal()) or int(digits[:9]) > most:
        problems[name] = _(
            "“%(typed)s” is not a count. Write it in digits, at most %(most)s.", typed=digits[:20], most=most
        )
        return 0
    return int(digits)
