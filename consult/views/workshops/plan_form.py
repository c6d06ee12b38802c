"""The form of a plan: what was typed, what has to be looked at again, and the plan it tells of."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from consult.errors import Misfilled
from consult.workshops.planning import (
    MOST_CLAUSES,
    MOST_DOTS,
    MOST_MINUTES,
    MOST_OPTIONS,
    MOST_SEATS,
    Item,
    Plan,
    Seat,
    Vote,
)
from standards.document import Document

LONGEST_PROMPT = 1000
LONGEST_QUESTION = 300
LONGEST_OPTION = 200


@dataclass(frozen=True)
class Line:
    """One clause of the agenda as it was typed; `words` and `asks` are by language."""

    clause_id: UUID
    place: str = ""
    minutes: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    asks: Mapping[str, str] = field(default_factory=dict)
    options: str = ""
    dots: str = ""
    off: bool = False

    @property
    def has_vote(self) -> bool:
        """Whether anything was typed of a vote."""
        return any(self.asks.values()) or bool(self.options)


@dataclass(frozen=True)
class Typed:
    """Everything that was typed into the form of a plan."""

    lines: tuple[Line, ...] = ()
    seats: Mapping[str, str] = field(default_factory=dict)
    begins: str = ""
    minutes: str = ""
    chosen: tuple[str, ...] = ()
    numbers: str = ""


def written(plan: Plan, prompts: Mapping[UUID, Mapping[str, str]]) -> Typed:
    """The form of a plan as it was kept; where nobody wrote a prompt, the ready-made one stands."""
    lines = (
        Line(
            item.clause_id,
            str(place),
            str(item.minutes),
            {**prompts.get(item.clause_id, {}), **{code: said for code, said in item.words.items() if said}},
            dict(item.vote.question) if item.vote else {},
            "\n".join(item.vote.options) if item.vote else "",
            str(item.vote.dots) if item.vote else "",
        )
        for place, item in enumerate(plan.items, 1)
    )
    return Typed(
        lines=tuple(lines),
        seats={key: str(people) for key, people in plan.seats.items()},
        begins=plan.begins,
        minutes=str(plan.minutes or ""),
    )


def typed(form: MultiDict[str, str], languages: Sequence[str], groups: Iterable[str]) -> Typed:
    """What a form holds."""

    def said(name: str) -> str:
        return form.get(name, "").replace("\0", "").replace("\r\n", "\n").strip()

    def per_language(name: str, id_: UUID) -> dict[str, str]:
        return {code: said(f"{name}-{id_}-{code}") for code in languages}

    lines = (
        Line(
            id_,
            said(f"place-{id_}"),
            said(f"minutes-{id_}"),
            per_language("words", id_),
            per_language("ask", id_),
            said(f"options-{id_}"),
            said(f"dots-{id_}"),
            form.get(f"off-{id_}") == "yes",
        )
        for id_ in dict.fromkeys(filter(None, map(_id, form.getlist("clause"))))
    )
    return Typed(
        lines=tuple(lines),
        seats={key: said(f"seats-{key}") for key in groups},
        begins=said("begins"),
        minutes=said("minutes"),
        chosen=tuple(form.getlist("add")),
        numbers=said("numbers"),
    )


def filled(sent: Typed, seats: Iterable[Seat]) -> Typed:
    """The form with what is missing of each goal put in where no seats were given yet."""
    found = dict(sent.seats)
    for seat in seats:
        if seat.missing and found.get(seat.group.key, "") in ("", "0"):
            found[seat.group.key] = str(seat.missing)
    return replace(sent, seats=found)


def plan(sent: Typed, document: Document, before: Plan) -> Plan:
    """The plan that a form tells of. Raises Misfilled with every field that needs another look.

    `before` is the plan as it was kept: what its form does not show stays as it was.
    """
    problems: dict[str, str] = {}
    lines = [line for line in sent.lines if not line.off]
    kept = {item.clause_id: item for item in before.items}
    items = [_item(line, kept.get(line.clause_id), document, problems) for line in sorted(lines, key=_place)]
    for line in lines:
        if line.place and not line.place.isdecimal():
            problems[f"place-{line.clause_id}"] = _("Its place in the order is a number, such as 1 or 2.")
    items += [
        Item(id_) for id_ in _added(sent, document, problems) if id_ not in {i.clause_id for i in items}
    ]
    if len(items) > MOST_CLAUSES:
        problems["numbers"] = _(
            "%(count)s clauses are more than one meeting can talk about (at most %(most)s). "
            "Choose those where voices are missing, and plan another meeting for the rest.",
            count=len(items),
            most=MOST_CLAUSES,
        )
    seats = dict(before.seats) | _seats(sent, problems)
    minutes = _minutes(sent.minutes, problems)
    if sent.begins and not re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", sent.begins):
        problems["begins"] = _("Write the time as hours and minutes, such as 14:00.")
    if problems:
        raise Misfilled(problems)
    return Plan(tuple(items), seats, sent.begins.zfill(5) if sent.begins else "", minutes)


def _place(line: Line) -> int:
    # Lines stay in their order where two have one place, or none.
    return int(line.place[:9]) if line.place.isdecimal() else 10**9


def _item(line: Line, before: Item | None, document: Document, problems: dict[str, str]) -> Item:
    id_ = line.clause_id
    clause = document.by_id.get(id_)
    number = clause.number if clause else "–"
    minutes = _count(line.minutes)
    if minutes is None:
        problems[f"minutes-{id_}"] = _(
            "%(clause)s: how many minutes? Write a number, such as 20.", clause=number
        )
    elif minutes == 0:
        problems[f"minutes-{id_}"] = _(
            "%(clause)s: in 0 minutes nobody can speak. Give it one at least, or take it off the agenda.",
            clause=number,
        )
    elif minutes > MOST_MINUTES:
        problems[f"minutes-{id_}"] = _(
            "%(clause)s: %(minutes)s minutes are more than a day's meeting. Look at the number again.",
            clause=number,
            minutes=minutes,
        )
    for code, said in line.words.items():
        if len(said) > LONGEST_PROMPT:
            problems[f"words-{id_}-{code}"] = _(
                "%(clause)s: this is long to read aloud. Keep the question (at most %(most)s characters).",
                clause=number,
                most=LONGEST_PROMPT,
            )
    # What was written in a language that the meeting no longer has stays, should it come back.
    others = {code: said for code, said in (before.words if before else {}).items() if code not in line.words}
    words = others | {code: said for code, said in line.words.items() if said}
    return Item(id_, minutes or 1, words, _vote(line, number, problems) if line.has_vote else None)


def _vote(line: Line, number: str, problems: dict[str, str]) -> Vote:
    id_ = line.clause_id
    asks = {code: words for code, words in line.asks.items() if words}
    options = tuple(filter(None, (option.strip() for option in line.options.split("\n"))))
    first = next(iter(line.asks), "")
    if not asks:
        problems[f"ask-{id_}-{first}"] = _(
            "%(clause)s: what do people vote on? Write the question.", clause=number
        )
    for code, words in asks.items():
        if len(words) > LONGEST_QUESTION:
            problems[f"ask-{id_}-{code}"] = _(
                "%(clause)s: this question is long for a wall. Keep it under %(most)s characters.",
                clause=number,
                most=LONGEST_QUESTION,
            )
    if not 2 <= len(options) <= MOST_OPTIONS:
        problems[f"options-{id_}"] = _(
            "%(clause)s: a vote needs two options at least, and %(most)s at most. "
            "Write each on a line of its own.",
            clause=number,
            most=MOST_OPTIONS,
        )
    elif len({option.casefold() for option in options}) < len(options):
        problems[f"options-{id_}"] = _(
            "%(clause)s: two options say the same. Let each say something of its own.", clause=number
        )
    elif any(len(option) > LONGEST_OPTION for option in options):
        problems[f"options-{id_}"] = _(
            "%(clause)s: an option is long for a wall. Keep each under %(most)s characters.",
            clause=number,
            most=LONGEST_OPTION,
        )
    dots = _count(line.dots or "1")
    if dots is None or not 1 <= dots <= MOST_DOTS:
        problems[f"dots-{id_}"] = _(
            "%(clause)s: how many dots does each person place? Write a number from 1 to %(most)s.",
            clause=number,
            most=MOST_DOTS,
        )
    return Vote(asks, options, dots or 1)


def _added(sent: Typed, document: Document, problems: dict[str, str]) -> list[UUID]:
    found: dict[UUID, None] = {}
    unknown = []
    for chosen in sent.chosen:
        id_ = _id(chosen)
        if id_ is None or id_ not in document.by_id:
            problems["numbers"] = _(
                "One of the clauses you ticked is not in the text of this round. Tick it again from the list."
            )
        else:
            found[id_] = None
    for number in re.split(r"[\s,;]+", sent.numbers):
        clause = document.by_number.get(number.rstrip(".")) if number else None
        if clause is not None:
            found[clause.id] = None
        elif number:
            unknown.append(number)
    if unknown:
        problems["numbers"] = _(
            "The text has no clause %(numbers)s. Look the number up and write it as it stands there.",
            numbers=", ".join(unknown)[:100],
        )
    return list(found)


def _seats(sent: Typed, problems: dict[str, str]) -> dict[str, int]:
    found = {}
    for key, said in sent.seats.items():
        people = _count(said or "0")
        if people is None:
            problems[f"seats-{key}"] = _(
                "“%(said)s” is no number of seats. Write it in digits.", said=said[:20]
            )
        elif people > MOST_SEATS:
            problems[f"seats-{key}"] = _(
                "%(people)s seats are more than a meeting has (at most %(most)s). Look at the number again.",
                people=people,
                most=MOST_SEATS,
            )
        else:
            found[key] = people
    return found


def _minutes(said: str, problems: dict[str, str]) -> int:
    minutes = _count(said or "0")
    if minutes is None or minutes > MOST_MINUTES:
        problems["minutes"] = _(
            "How many minutes can people stay? Write a number up to %(most)s, such as 120.", most=MOST_MINUTES
        )
    return minutes or 0


def _count(said: str) -> int | None:
    return int(said[:9]) if said.isascii() and said.isdecimal() else None


def _id(said: str) -> UUID | None:
    try:
        return UUID(said)
    except ValueError:
        return None
