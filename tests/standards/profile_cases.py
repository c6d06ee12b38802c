"""The text and the local operations of the profiles' cases, read from their lines."""

from datetime import date
from typing import Any
from uuid import UUID

from standards.document import (
    Attributes,
    Clause,
    ClauseText,
    Document,
    Grade,
    Level,
    Modality,
    Parameter,
    Scheme,
    StageVariant,
)
from standards.operations import Derogate, Law, Operation, Overlay, Restage, Scope, Set, Strengthen
from standards.overlays.resolve import Resolved, of_base, under
from standards.profiles import Asked
from tests.standards.casefile import read_cases

_BINDS = {"shall": Modality.REQUIREMENT, "should": Modality.RECOMMENDATION, "none": Modality.NONE}
_PARAMETERS = (
    Parameter(name="recovery", value=90, unit="%", stricter="higher"),
    Parameter(name="age", value=18, stricter="higher"),
)


def the_text() -> Document:
    """The small standard that every case asks about."""
    lines = read_cases("profiles.md", 2)[0][1].splitlines()
    clauses: list[Clause] = []
    for at, line in enumerate(lines, start=1):
        number, binds, words, told = (part.strip() for part in line.split("|"))
        parent = next((c.id for c in clauses if "." in number and c.number == number.split(".")[0]), None)
        clauses.append(Clause(UUID(int=at), _content(binds, words, told), parent, number))
    return Document("Small mines", "en", Scheme.DECIMAL, tuple(clauses))


def questions() -> list[tuple[str, str, str]]:
    """Title, who asks, and what is expected, of each case."""
    return [(case[0], case[1], case[2]) for case in read_cases("profiles.md", 2)[1:]]


def asked_in(lines: str) -> Asked:
    """Who asks."""
    pairs = (pair.split(":", 1) for pair in lines.splitlines()[0].split(";"))
    return Asked.model_validate({name.strip(): value.strip() for name, value in pairs})


def under_local(document: Document, lines: str, on: date | None) -> Resolved:
    """The text under the local operations of a case."""
    ids = {clause.number: str(clause.id) for clause in document}
    operations = [_operation(line.split(), ids) for line in lines.splitlines() if line.startswith("local ")]
    overlay = Overlay(name="here", label="1", base="small@1", base_hash="0", operations=tuple(operations))
    return under(of_base(document, "small@1"), overlay, on)


def _content(binds: str, words: str, told: str) -> ClauseText:
    modality, _, grade = binds.partition(" ")
    told_: dict[str, Any] = {"extra": {}, "stages": []}
    for one in filter(None, (part.strip() for part in told.split(";"))):
        if "=" in one:
            stage, wording = one.split("=", 1)
            told_["stages"].append(StageVariant(stage=stage, wording=wording, evidence=f"seen: {stage}"))
            continue
        name, value = (part.strip() for part in one.split(":", 1))
        if name in ("producers", "minerals"):
            told_[name] = tuple(each.strip() for each in value.split(","))
        elif name.startswith("threshold"):
            told_["extra"][name] = value
        else:
            told_[{"group": "threshold_group"}.get(name, name)] = value.strip(", ")
    is_section = modality == "none"
    return ClauseText(
        heading=words if is_section else "",
        body="" if is_section else words,
        level=Level.PRINCIPLE if is_section else Level.CRITERION,
        modality=_BINDS[modality],
        grade=Grade(grade or "core"),
        attributes=Attributes.model_validate(told_),
        parameters=tuple(one for one in _PARAMETERS if f"{{{one.name}}}" in words),
    )


def _operation(words: list[str], ids: dict[str, str]) -> Operation:
    _, number, op, *rest = words
    common: dict[str, Any] = {"target": ids[number], "rationale": "Why."}
    match op:
        case "SCOPE":
            return Scope(**common, unless={rest[1]: (rest[2],)})
        case "STRENGTHEN":
            return Strengthen(**common, wording=" ".join(rest), attested_by=("A", "B"))
        case "SET":
            return Set(**common, parameter=rest[0], value=int(rest[1]))
        case "RESTAGE":
            return Restage(**common, stage=rest[0])
        case "LAW":
            return Law(**common, citation="Mining Act", stricter="law", forbids=True)
    until = date.fromisoformat(rest[-1])
    return Derogate(
        **common, weakens="stage", value=" ".join(rest[1:3]), until=until, approved_by="The owner of the base"
    )
