r"""Cells of the attribute sheet: each attribute of a clause as words one can type, and back.

| Attribute | In a cell |
|---|---|
| one word or date | as it is: `entry`, `2027-01-31` |
| producers, minerals | parted by `;` or line by line: `cooperative; contract` |
| laws | one a line |
| stages | one a line, `stage: wording | evidence` |
| verifiers | one a line, `document: the list of members` |
| extra | one a line, `name: value` |
| parameters | one a line, `share = 90 | unit: % | from: 80 | to: 100 | stricter: higher`; |
| | a set is `[retort; hood]`, and words that look like a number stand in quotes: `"90"` |

A sign that would part a cell stands in a text after a backslash: `\;`, `\|`, `\:`; a line
break within an entry is `\n`. What is written here is read back as it was.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import ValidationError

from standards.document import (
    Attributes,
    ClauseText,
    Document,
    Grade,
    Level,
    Modality,
    Parameter,
    Policy,
    StageVariant,
    Verifier,
)
from standards.errors import StandardsError
from standards.stages import Custody, Producer, rank

CHOICES: Mapping[str, tuple[str, ...]] = {
    "level": tuple(Level),
    "modality": tuple(Modality),
    "grade": tuple(Grade),
    "policy": tuple(Policy),
}
"""Columns in which only these values stand, and always one of them."""

OFFERED: Mapping[str, tuple[str, ...]] = {
    "stage": ("entry", "year 1", "year 2", "year 3"),
    "producers": tuple(Producer),
    "custody": tuple(Custody),
}
"""Columns that hold these values, and any other that the text uses already."""

WORDS = (
    *("topic", "threshold_group", "size", "responsible", "verification", "frequency", "sampling_unit"),
    *("risk", "severity", "cost", "benefit"),
)
LISTS = ("producers", "minerals", "laws")
DATES = ("effective", "transition_until")
NUMBERS = ("points", "group_threshold")
ROWS = ("stages", "verifiers", "extra", "parameters")
COLUMNS = (
    *("level", "modality", "grade", "policy", "topic", "stage", "stages", "producers", "minerals", "size"),
    *("custody", "responsible", "verification", "frequency", "sampling_unit", "group_threshold"),
    *("verifiers", "points", "threshold_group", "risk", "severity", "cost", "benefit", "laws"),
    *("effective", "transition_until", "parameters", "extra"),
)
"""Everything a cell can change, in the order of the sheet."""

Known = Mapping[str, frozenset[str]]


class CellRefused(StandardsError):
    """A cell whose words cannot be taken; the sentence says what is possible."""


def known_in(document: Document) -> Known:
    """The values that a text uses already in the columns that offer a list."""
    told = [clause.text.attributes for clause in document]
    return {
        "stage": frozenset(
            stage for one in told for stage in (one.stage, *(variant.stage for variant in one.stages))
        ),
        "producers": frozenset(producer for one in told for producer in one.producers),
        "custody": frozenset(one.custody for one in told),
    }


def written(text: ClauseText, column: str) -> str:
    """One attribute of a clause as the words of a cell; "" where nothing is recorded."""
    cell = _written(text, column)
    # Reading takes an apostrophe before a sign for the guard against formulas, and takes it off.
    return f"\\{cell}" if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@") else cell


def _written(text: ClauseText, column: str) -> str:
    if column in CHOICES and column != "policy":
        return str(getattr(text, column))
    if column == "parameters":
        return "\n".join(map(_parameter_written, text.parameters))
    value = getattr(text.attributes, column)
    match column:
        case "stages":
            return "\n".join(map(_stage_written, value))
        case "verifiers":
            return "\n".join(f"{one.type}: {_kept(one.text)}".rstrip() for one in value)
        case "extra":
            return "\n".join(f"{_kept(name, ':')}: {_kept(told)}".rstrip() for name, told in value.items())
        case "laws":
            return "\n".join(map(_kept, value))
        case "producers" | "minerals":
            return "; ".join(_kept(one, ";") for one in value)
    return "" if value is None else _kept(str(value), lines=True)


def given(text: ClauseText, column: str, cell: str, known: Known) -> ClauseText:
    """The clause with one attribute as a cell says; an empty cell clears it. Raises CellRefused."""
    cell = cell.replace("\r\n", "\n").replace("\r", "\n").strip()
    if cell == written(text, column):
        return text
    if column in CHOICES:
        value: Any = _chosen(cell, CHOICES[column])
        if column != "policy":
            kinds: Mapping[str, Callable[[str], Any]] = {"level": Level, "modality": Modality, "grade": Grade}
            return replace(text, **{column: kinds[column](value)})
    elif column == "parameters":
        return replace(text, parameters=_parameters(cell))
    else:
        value = _value(column, cell, known)
    told = {name: getattr(text.attributes, name) for name in Attributes.model_fields} | {column: value}
    try:
        return replace(text, attributes=Attributes.model_validate(told))
    except ValidationError as problem:
        raise CellRefused(f"This does not fit here: {problem.errors()[0]['msg']}.") from problem


# --- reading a cell


def _value(column: str, cell: str, known: Known) -> Any:
    match column:
        case "points":
            return _whole(cell, "Points are a whole number, such as 5; leave the cell empty for none.")
        case "group_threshold":
            told = "Give the share of the group in per cent, from 0 to 100."
            share = _whole(cell.rstrip("% \N{NO-BREAK SPACE}"), told)
            if share is not None and not 0 <= share <= 100:
                raise CellRefused(told)
            return share
        case "effective" | "transition_until":
            return _day(cell)
        case "stage":
            return _stage(cell, known) if cell else ""
        case "custody":
            return _offered(cell, "custody", known) if cell else ""
        case "producers":
            return tuple(_offered(one, "producers", known) for one in _entries(cell, ";\n"))
        case "minerals":
            return tuple(_entries(cell, ";\n"))
        case "laws":
            return tuple(_entries(cell, "\n"))
        case "stages":
            return tuple(_variant(line, known) for line in _split(cell, "\n") if line.strip())
        case "verifiers":
            return tuple(_verifier(line) for line in _split(cell, "\n") if line.strip())
        case "extra":
            return _facts(cell)
    return _read(cell)


def _chosen(cell: str, choices: tuple[str, ...]) -> str:
    found = cell.casefold()
    if found not in choices:
        raise CellRefused(_not_known(cell, choices))
    return found


def _offered(cell: str, column: str, known: Known) -> str:
    key = "-".join(cell.casefold().split())
    if key in OFFERED[column]:
        return key
    if cell not in known.get(column, ()):
        raise CellRefused(_not_known(cell, OFFERED[column]))
    return cell


def _stage(cell: str, known: Known) -> str:
    if rank(cell) is None and cell not in known.get("stage", ()):
        raise CellRefused(_not_known(cell, ("entry", "year 1", "year 2", "year 3", "another year N")))
    return _read(cell)


def _not_known(cell: str, choices: tuple[str, ...]) -> str:
    near = get_close_matches(cell.casefold(), choices, 1)
    meant = f" Did you mean {near[0]}?" if near else ""
    said = f"“{cell}” is not known here." if cell else "This needs a value."
    return f"{said}{meant} Possible: {', '.join(choices)}."


def _whole(cell: str, told: str) -> int | None:
    if not cell:
        return None
    if not re.fullmatch(r"[+-]?\d{1,9}", cell):
        raise CellRefused(told)
    return int(cell)


def _day(cell: str) -> str:
    if not cell:
        return ""
    try:
        return date.fromisoformat(cell).isoformat()
    except ValueError:
        raise CellRefused("Write a day as year-month-day, such as 2027-01-31.") from None


def _variant(line: str, known: Known) -> StageVariant:
    stage, colon, rest = _parted(line, ":")
    if not colon or not stage.strip():
        raise CellRefused("Write each stage on a line, as “year 1: what is asked | what shows it”.")
    wording, _bar, evidence = _parted(rest, "|")
    return StageVariant(
        stage=_stage(_read(stage.strip()), known), wording=_read(wording), evidence=_read(evidence)
    )


def _verifier(line: str) -> Verifier:
    type_, colon, text = _parted(line, ":")
    types = get_args(Verifier.model_fields["type"].annotation)
    if not colon:
        raise CellRefused("Write each way of finding out on a line, as “document: the list of members”.")
    return Verifier(type=_chosen(type_.strip(), types), text=_read(text))


def _facts(cell: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in _split(cell, "\n"):
        name, colon, value = _parted(line, ":")
        if not line.strip():
            continue
        if not colon or not name.strip():
            raise CellRefused("Write each fact on a line, as “name: value”.")
        found[_read(name)] = _read(value)
    return found


def _parameters(cell: str) -> tuple[Parameter, ...]:
    found = [_parameter(line) for line in _split(cell, "\n") if line.strip()]
    names = [parameter.name for parameter in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise CellRefused(f"Two values are called {twice}; rename one.")
    return tuple(found)


_PARTS = {"unit": "unit", "label": "label", "from": "minimum", "to": "maximum", "stricter": "stricter"}


def _parameter(line: str) -> Parameter:
    first, *parts = _split(line, "|")
    name, sign, value = first.partition("=")
    if not sign:
        raise CellRefused("Write each value on a line, as “share = 90 | unit: % | stricter: higher”.")
    told: dict[str, Any] = {"name": name.strip(), "value": _parameter_value(value.strip())}
    for part in parts:
        key, colon, words = _parted(part, ":")
        field = _PARTS.get(key.strip().casefold())
        if not colon or field is None:
            raise CellRefused(
                f"“{part.strip()}” is not known in a value. Possible after its name: "
                "unit, label, from, to, stricter."
            )
        told[field] = _bound(words.strip()) if field in ("minimum", "maximum") else _read(words)
    low, high = told.get("minimum"), told.get("maximum")
    if low is not None and high is not None and low > high:
        raise CellRefused(f"The value {name.strip()} has its bounds the wrong way round: exchange the two.")
    try:
        return Parameter.model_validate(told)
    except ValidationError as problem:
        field = str(problem.errors()[0]["loc"][0])
        raise CellRefused(
            _PARAMETER_FLAWS.get(field, f"The {field} of {name.strip()} does not fit.")
        ) from None


_PARAMETER_FLAWS = {
    "name": "A value's name begins with a small letter and has no spaces, such as retort-share.",
    "stricter": "What is stricter is one of higher, lower, subset, superset, none.",
}


def _parameter_value(words: str) -> int | float | str | tuple[str, ...]:
    if words.startswith("[") and words.endswith("]"):
        return tuple(_entries(words[1:-1], ";"))
    if len(words) > 1 and words.startswith('"') and words.endswith('"'):
        return _read(words[1:-1])
    number = _number(words)
    return _read(words) if number is None else number


def _bound(words: str) -> int | float:
    number = _number(words)
    if number is None:
        raise CellRefused(f"A bound is a number, such as 80; “{words}” is none.")
    return number


def _number(words: str) -> int | float | None:
    if re.fullmatch(r"[+-]?\d{1,15}", words):
        return int(words)
    if re.fullmatch(r"[+-]?\d{1,20}(?:\.\d{1,20})?(?:e[+-]?\d{1,3})?", words):
        return float(words)
    return None


# --- writing


def _stage_written(variant: StageVariant) -> str:
    asked = f"{_kept(variant.stage, ':|')}: {_kept(variant.wording, '|')}".rstrip()
    return f"{asked} | {_kept(variant.evidence, '|')}" if variant.evidence else asked


def _parameter_written(parameter: Parameter) -> str:
    value = parameter.value
    if isinstance(value, tuple):
        shown = f"[{'; '.join(_kept(one, ';|') for one in value)}]"
    elif isinstance(value, str):
        ambiguous = not value or value[0] in '["' or _number(value) is not None
        shown = f'"{_kept(value, "|")}"' if ambiguous else _kept(value, "|")
    else:
        shown = str(value)
    parts = [f"{parameter.name} = {shown}"]
    for word, field in _PARTS.items():
        told = getattr(parameter, field)
        if told not in ("", None, "none"):
            parts.append(f"{word}: {_kept(str(told), '|')}")
    return " | ".join(parts)


# --- words and the signs that part them

# What no workbook takes: control characters, and two code points that are no characters.
_UNWRITABLE = re.compile("[\x00-\x1f\x7f\ufffe\uffff]")
_ESCAPED = re.compile(r"\\(u[0-9a-fA-F]{4}|[n\\;|:'])")


def _kept(words: str, signs: str = "", lines: bool = False) -> str:
    """Words in which no sign parts anything; `lines` leaves line breaks as they are."""
    found = words.replace("\\", "\\\\")
    for sign in signs:
        found = found.replace(sign, f"\\{sign}")
    found = found if lines else found.replace("\n", "\\n")
    return writable(found)


def writable(words: str) -> str:
    """Words without the characters that no workbook takes: those stand as `\\u0007`."""
    return _UNWRITABLE.sub(lambda one: one[0] if one[0] == "\n" else f"\\u{ord(one[0]):04x}", words)


def _read(words: str) -> str:
    """Words as they were before `_kept`."""
    return _ESCAPED.sub(_unescaped, words.strip())


def _unescaped(found: re.Match[str]) -> str:
    sign = found[1]
    if sign == "n":
        return "\n"
    return chr(int(sign[1:], 16)) if sign[0] == "u" else sign


def _entries(cell: str, signs: str) -> Iterable[str]:
    return [_read(part) for part in _split(cell, signs) if part.strip()]


def _parted(words: str, sign: str) -> tuple[str, str, str]:
    """Like `str.partition`, but not at a sign after a backslash."""
    first, *rest = _split(words, sign, 1)
    return (first, sign, rest[0]) if rest else (words, "", "")


def _split(words: str, signs: str, most: int = -1) -> list[str]:
    """The parts between signs that stand for themselves."""
    parts: list[str] = []
    start = at = 0
    while at < len(words) and len(parts) != most:
        if words[at] == "\\":
            at += 2
            continue
        if words[at] in signs:
            parts.append(words[start:at])
            start = at + 1
        at += 1
    return [*parts, words[start:]]
