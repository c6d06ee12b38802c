"""The clause form: a clause's content as fields one fills in, and back again.

A form with flaws gives back every field as it was sent. Fields that were left
alone give the very content they were filled from, so that pressing the button
without writing changes nothing.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from flask_babel import gettext as _
from pydantic import ValidationError

from consult import look, particulars
from standards.document import (
    Attributes,
    ClauseText,
    Grade,
    Level,
    Modality,
    Parameter,
    Policy,
    StageVariant,
    Verifier,
)
from standards.stages import Producer, rank

LONGEST_BODY = 200_000
LONGEST_HEADING = 500
EMPTY_ROWS = 2

WORDS = (
    *("topic", "threshold_group", "stage", "size", "custody", "responsible", "verification", "frequency"),
    *("sampling_unit", "risk", "severity", "cost", "benefit", "effective", "transition_until"),
)
LISTS = ("producers", "minerals")
DATES = ("effective", "transition_until")
NUMBERS = ("points", "group_threshold")
ROWS: Mapping[str, tuple[str, ...]] = {
    "parameters": ("name", "value", "unit", "label", "minimum", "maximum", "stricter"),
    "stages": ("stage", "wording", "evidence"),
    "verifiers": ("type", "text"),
    "laws": ("citation",),
}
OFFERED_STAGES = ("entry", "year 1", "year 2", "year 3")


class Flaw(NamedTuple):
    """A field that needs another look, with the sentence that says why."""

    field: str
    message: str


@dataclass(frozen=True)
class Filled:
    """A form as it was sent, with the content it stands for unless it has flaws."""

    values: dict[str, Any]
    text: ClauseText | None
    flaws: tuple[Flaw, ...] = ()


def fields_of(text: ClauseText) -> dict[str, Any]:
    """The fields a clause's content fills in; rows end in two empty ones to write in."""
    attributes = text.attributes
    values: dict[str, Any] = {
        "heading": text.heading,
        "body": text.body,
        "level": text.level.value,
        "modality": text.modality.value,
        "grade": text.grade.value,
        "declared_number": text.declared_number,
        "policy": attributes.policy.value,
        "extra": "\n".join(f"{name}: {value}" for name, value in attributes.extra.items()),
    }
    values |= {name: getattr(attributes, name) for name in WORDS}
    values |= {name: "\n".join(getattr(attributes, name)) for name in LISTS}
    values |= {name: _written(getattr(attributes, name)) for name in NUMBERS}
    values["parameters"] = _with_room((_parameter_row(p) for p in text.parameters), "parameters")
    values["stages"] = _with_room((stage.model_dump() for stage in attributes.stages), "stages")
    values["verifiers"] = _with_room(
        (verifier.model_dump() for verifier in attributes.verifiers), "verifiers"
    )
    values["laws"] = _with_room(({"citation": law} for law in attributes.laws), "laws")
    return values


def choices_of(values: Mapping[str, Any]) -> dict[str, list[tuple[str, Any]]]:
    """What the lists of the form offer: each stored value with its word.

    A value that the form holds, and no list knows, is offered as it stands.
    """
    return {
        "level": [(level.value, look.LEVELS[level]) for level in Level],
        "modality": [(m.value, look.MODALITIES.get(m, _("Not at all"))) for m in Modality],
        "grade": [(grade.value, look.GRADES[grade]) for grade in Grade],
        "policy": list(particulars.policy_words().items()),
        "stage": stage_choices(values.get("stage", "")),
        "custody": _with_own(list(particulars.custody_words().items()), values.get("custody", "")),
        "verifier": list(particulars.verifier_words().items()),
        "verification": list(particulars.verification_words().items()),
    }


def stage_choices(own: str = "") -> list[tuple[str, Any]]:
    """The stages to choose from, each under the spelling the clause has for it already."""
    known = [
        (own if own and rank(own) == rank(stage) else stage, particulars.stage_word(stage))
        for stage in OFFERED_STAGES
    ]
    return _with_own(known, own)


def _with_own(known: list[tuple[str, Any]], own: str) -> list[tuple[str, Any]]:
    values = {value for value, _word in known}
    return known if not own or own in values else [*known, (own, particulars.stage_word(own))]


def read(form: Mapping[str, str], base: ClauseText) -> Filled:
    """What was sent, checked. `base` is the content the form was filled from.

    A field that the form does not hold stays as it was in `base`.
    """
    values = _as_sent(form, base)
    flaws = [*_flaws_of_words(values), *_flaws_of_numbers(values), *_flaws_of_days(values, base)]
    parameters, wrong = _parameters(values["parameters"], base)
    flaws += wrong
    attributes, wrong = _attributes(values, base)
    flaws += wrong
    if flaws or attributes is None:
        return Filled(values, None, tuple(flaws))
    text = ClauseText(
        heading=_unless_same(values["heading"], base.heading),
        body=_unless_same(values["body"], base.body),
        level=Level(values["level"]),
        modality=Modality(values["modality"]),
        grade=Grade(values["grade"]),
        declared_number=values["declared_number"].strip(),
        attributes=attributes,
        parameters=tuple(parameters),
    )
    return Filled(values, text)


def sound_parameters(values: Mapping[str, Any]) -> tuple[Parameter, ...]:
    """The values of a form that have no flaws, for a preview."""
    return tuple(_parameters(values["parameters"], ClauseText("", ""))[0])


def clean(words: str) -> str:
    """Words as a browser sends them, in our line ends and without characters nobody can see."""
    words = words.replace("\r\n", "\n").replace("\r", "\n")
    return _UNSEEN.sub("", words)


# NUL and its kin: PostgreSQL takes no NUL, and none of them was ever meant.
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


# --- reading the form


def _as_sent(form: Mapping[str, str], base: ClauseText) -> dict[str, Any]:
    before = fields_of(base)
    values: dict[str, Any] = {
        name: clean(form[name]) if name in form else before[name] for name in before if name not in ROWS
    }
    if "producers-shown" in form:
        values["producers"] = _producers_sent(form, base.attributes.producers)
    for kind in ROWS:
        sent = [row for row in _rows_sent(form, kind) if any(value.strip() for value in row.values())]
        was_shown = any(name.startswith(f"{kind}-") for name in form)
        values[kind] = _with_room(sent, kind) if was_shown else before[kind]
    return values


def _producers_sent(form: Mapping[str, str], before: tuple[str, ...]) -> str:
    """The kinds ticked and the others written, one a line; those that stood before keep their order."""
    written = [line.strip() for line in clean(form.get("producers", "")).split("\n") if line.strip()]
    sent = [*(kind.value for kind in Producer if f"producers-{kind.value}" in form), *written]
    kept = [one for one in before if one in sent]
    return "\n".join(dict.fromkeys([*kept, *sent]))


def _rows_sent(form: Mapping[str, str], kind: str) -> Iterator[dict[str, str]]:
    """The rows of one kind in order: fields are named `parameters-0-name`."""
    pattern = re.compile(rf"{kind}-(\d{{1,3}})-[a-z]+")
    places = sorted({int(found[1]) for name in form if (found := pattern.fullmatch(name))})
    for place in places:
        row = {column: clean(form.get(f"{kind}-{place}-{column}", "")).strip() for column in ROWS[kind]}
        # What a list offers first is no answer by itself.
        choice = "stricter" if kind == "parameters" else "type"
        if not any(value for column, value in row.items() if column != choice):
            continue
        yield row


def _with_room(rows: Iterable[Mapping[str, Any]], kind: str) -> list[dict[str, Any]]:
    empty = dict.fromkeys(ROWS[kind], "")
    return [*map(dict, rows), *(dict(empty) for _ in range(EMPTY_ROWS))]


def _filled_rows(rows: Iterable[Mapping[str, str]]) -> Iterator[tuple[int, Mapping[str, str]]]:
    return ((at, row) for at, row in enumerate(rows) if any(row.values()))


def _unless_same(sent: str, before: str) -> str:
    return before if sent.strip() == clean(before).strip() else sent.strip("\n")


def _flaws_of_words(values: Mapping[str, Any]) -> Iterator[Flaw]:
    if not values["heading"].strip() and not values["body"].strip():
        yield Flaw("body", _("A clause needs a heading or some text. To take it out, withdraw it."))
    if len(values["heading"]) > LONGEST_HEADING or "\n" in values["heading"].strip():
        yield Flaw(
            "heading",
            _("A heading is one line of up to %(n)s characters. Put the rest into the text.", n=500),
        )
    if len(values["body"]) > LONGEST_BODY:
        yield Flaw(
            "body",
            _("This text has %(has)s characters; a clause holds up to %(most)s. Split it into several.")
            % {"has": len(values["body"]), "most": LONGEST_BODY},
        )
    for name, kinds in (("level", Level), ("modality", Modality), ("grade", Grade), ("policy", Policy)):
        if values[name] not in {kind.value for kind in kinds}:
            yield Flaw(name, _("Choose one from the list."))
    if len(values["declared_number"]) > 60:
        yield Flaw("declared_number", _("A number has up to 60 characters, such as 4.1 or V2.1.3."))


def _flaws_of_numbers(values: Mapping[str, Any]) -> Iterator[Flaw]:
    if values["points"].strip() and _whole(values["points"]) is None:
        yield Flaw("points", _("Points are a whole number, such as 5. Leave the field empty for none."))
    share = values["group_threshold"].strip()
    whole = _whole(share)
    if share and (whole is None or not 0 <= whole <= 100):
        yield Flaw("group_threshold", _("Give the share of the group in per cent, from 0 to 100."))


def _flaws_of_days(values: Mapping[str, Any], base: ClauseText) -> Iterator[Flaw]:
    for name in DATES:
        day = values[name].strip()
        if day and day != getattr(base.attributes, name) and not is_day(day):
            yield Flaw(name, _("Write a day as year-month-day, such as 2027-01-31."))


def is_day(words: str) -> bool:
    """Whether words are a day as `2027-01-31`."""
    try:
        return date.fromisoformat(words).isoformat() == words
    except ValueError:
        return False


def _parameters(rows: Iterable[Mapping[str, str]], base: ClauseText) -> tuple[list[Parameter], list[Flaw]]:
    before = {parameter.name: parameter for parameter in base.parameters}
    found: list[Parameter] = []
    flaws: list[Flaw] = []
    for at, row in _filled_rows(rows):
        was = before.get(row["name"])
        if was is not None and _parameter_row(was) == row:
            parameter: Parameter | Flaw = was
        else:
            parameter = _parameter(at, row)
        if isinstance(parameter, Flaw):
            flaws.append(parameter)
        elif parameter.name in {other.name for other in found}:
            flaws.append(
                Flaw(
                    f"parameters-{at}-name",
                    _("Two values are called %(name)s. Rename one.", name=row["name"]),
                )
            )
        else:
            found.append(parameter)
    return found, flaws


def _parameter(at: int, row: Mapping[str, str]) -> Parameter | Flaw:
    def flaw(column: str, message: str) -> Flaw:
        return Flaw(f"parameters-{at}-{column}", message)

    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,59}", row["name"]):
        return flaw(
            "name", _("A value's name begins with a small letter and has no spaces, such as retort-share.")
        )
    if not row["value"]:
        return flaw("value", _("Say what %(name)s is, such as 90.", name=row["name"]))
    for column in ("minimum", "maximum"):
        if row[column] and _number(row[column]) is None:
            return flaw(column, _("A bound is a number, such as 80. Leave it empty for no bound."))
    low, high = _number(row["minimum"]), _number(row["maximum"])
    if low is not None and high is not None and low > high:
        return flaw("minimum", _("The lowest value is above the highest. Exchange the two."))
    try:
        return Parameter.model_validate(
            {
                **row,
                "value": _value(row),
                "minimum": low,
                "maximum": high,
                "stricter": row["stricter"] or "none",
            }
        )
    except ValidationError as problem:
        return flaw(
            str(problem.errors()[0]["loc"][0]), _("This cannot be taken as it stands; write it anew.")
        )


def _value(row: Mapping[str, str]) -> int | float | str | list[str]:
    """A number where it reads as one, a set where it is split by semicolons, otherwise words."""
    written = row["value"]
    if ";" in written or row["stricter"] in ("subset", "superset"):
        return [part.strip() for part in written.split(";") if part.strip()]
    number = _number(written)
    return written if number is None else number


def _attributes(values: Mapping[str, Any], base: ClauseText) -> tuple[Attributes | None, list[Flaw]]:
    extra, flaws = _extra(values["extra"])
    wanted: dict[str, Any] = {name: values[name].strip() for name in WORDS}
    wanted |= {
        name: tuple(line.strip() for line in values[name].split("\n") if line.strip()) for name in LISTS
    }
    wanted |= {name: _whole(values[name]) for name in NUMBERS}
    wanted |= {"policy": values["policy"], "extra": extra}
    wanted["stages"], wrong = _each(StageVariant, values["stages"], "stages")
    flaws += wrong
    wanted["laws"] = tuple(row["citation"] for _at, row in _filled_rows(values["laws"]))
    wanted["verifiers"], wrong = _each(Verifier, values["verifiers"], "verifiers")
    flaws += wrong
    if flaws:
        return None, flaws
    try:
        attributes = Attributes.model_validate(wanted)
    except ValidationError as problem:
        # Fields with sentences of their own have been told already.
        told = {"points", "group_threshold", "policy"}
        fields = [str(error["loc"][0]) for error in problem.errors()]
        return None, [
            Flaw(name, _("This cannot be taken as it stands; write it anew."))
            for name in dict.fromkeys(fields)
            if name not in told
        ]
    return (base.attributes if attributes == base.attributes else attributes), []


def _each(
    kind: type[StageVariant] | type[Verifier], rows: Iterable[Mapping[str, str]], name: str
) -> tuple[list[StageVariant | Verifier], list[Flaw]]:
    found: list[StageVariant | Verifier] = []
    flaws: list[Flaw] = []
    for at, row in _filled_rows(rows):
        try:
            found.append(kind.model_validate(dict(row)))
        except ValidationError as problem:
            column = str(problem.errors()[0]["loc"][0])
            flaws.append(Flaw(f"{name}-{at}-{column}", _ROW_FLAWS[name, column]()))
    return found, flaws


_ROW_FLAWS = {
    ("stages", "stage"): lambda: _("Name the stage in up to 40 characters, such as entry or year 1."),
    ("stages", "wording"): lambda: _("Say what is asked at this stage."),
    ("verifiers", "type"): lambda: _("Choose how it is found out: document, observation, interview …"),
    ("verifiers", "text"): lambda: _("Say what is looked at or asked."),
}


def _extra(written: str) -> tuple[dict[str, str], list[Flaw]]:
    found: dict[str, str] = {}
    for line in filter(str.strip, written.split("\n")):
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            message = _("Write one fact a line as name: value. This line has no colon: %(line)s", line=line)
            return {}, [Flaw("extra", message)]
        found[name.strip()] = value.strip()
    return found, []


# --- writing values out


def _parameter_row(parameter: Parameter) -> dict[str, str]:
    value = parameter.value
    return {
        "name": parameter.name,
        "value": "; ".join(value) if isinstance(value, tuple) else _written(value),
        "unit": parameter.unit,
        "label": parameter.label,
        "minimum": _written(parameter.minimum),
        "maximum": _written(parameter.maximum),
        "stricter": parameter.stricter,
    }


def _written(value: object) -> str:
    return "" if value is None else str(value)


def _number(written: str) -> int | float | None:
    if re.fullmatch(r"[+-]?\d{1,15}", written.strip()):
        return int(written)
    if re.fullmatch(r"[+-]?\d{1,15}\.\d{1,15}", written.strip()):
        return float(written)
    return None


def _whole(written: str) -> int | None:
    number = _number(written)
    return number if isinstance(number, int) else None
