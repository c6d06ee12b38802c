"""Bases and layers of the overlay cases, read from their lines.

A clause is one line: number, level, how it binds with its policy, heading, words,
and what is recorded about it (`recovery = 90 % higher 50..100` is a parameter). A
layer begins with a line `overlay NAME`; each line after it is one operation as in
the file.
"""

import json
import re
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from standards.document import Attributes, Clause, ClauseText, Document, Level, Modality, Parameter
from standards.operations import Overlay
from standards.overlays import file
from standards.overlays.resolve import Resolved, of_base, under

BASE = "rag@2.0"
_BINDS = {
    "shall": Modality.REQUIREMENT,
    "should": Modality.RECOMMENDATION,
    "may": Modality.PERMISSION,
    "none": Modality.NONE,
}


def a_text(lines: str, language: str = "en") -> Document:
    """The document of these lines; a clause is known by its heading wherever it stands."""
    clauses: list[Clause] = []
    for line in filter(None, lines.splitlines()):
        number, level, binds, heading, body, told = (*(part.strip() for part in line.split("|")), "")[:6]
        modality, policy = binds.split()
        above = next((c.id for c in clauses if c.number == number.rpartition(".")[0]), None)
        attributes, parameters = _recorded(told)
        text = ClauseText(
            heading,
            body,
            Level(level),
            _BINDS[modality],
            attributes=Attributes.model_validate({**attributes, "policy": policy}),
            parameters=parameters,
        )
        clauses.append(Clause(an_id(heading), text, above, number))
    return Document("Small mines", language, clauses=tuple(clauses))


def an_id(heading: str) -> UUID:
    """The id of the clause with this heading."""
    return uuid5(NAMESPACE_OID, heading)


def layers(lines: str, base: Document) -> list[Overlay]:
    """The layers of these lines, each bound to what it stands on."""
    found: list[Overlay] = []
    ground = of_base(base, BASE)
    for told in a_file_each(lines, base):
        overlay = file.bound(file.read(told, "the case"), ground.document, BASE)
        found.append(overlay)
        ground = under(ground, overlay)
    return found


def a_file_each(lines: str, base: Document) -> list[dict[str, Any]]:
    """The layers of these lines as files; each has the one before as its parent."""
    files: list[dict[str, Any]] = []
    for line in filter(None, lines.splitlines()):
        if line.startswith("overlay "):
            name, _, scope = line.removeprefix("overlay ").partition(" ")
            files.append(_head(name, scope, files, base))
        else:
            if not files:
                files.append(_head("tz-gold", "", files, base))
            files[-1]["operations"].append(
                {"rationale": "The workshop in Mwanza said so.", **json.loads(line)}
            )
    return files or [_head("tz-gold", "", files, base)]


def ground_under(base: Document, above: list[Overlay]) -> Resolved:
    """The lasting text under these layers, whether or not they are allowed."""
    ground = of_base(base, BASE)
    for overlay in above:
        ground = under(ground, overlay)
    return ground


def _head(name: str, scope: str, files: list[dict[str, Any]], base: Document) -> dict[str, Any]:
    return {
        "overlay": name,
        "label": "1.0",
        "base": BASE,
        "base_hash": f"sha256:{base.hash}",
        "parent": f"{files[-1]['overlay']}@1.0" if files else None,
        "scope": json.loads(scope or "{}"),
        "operations": [],
    }


_VALUE = re.compile(
    r"(?P<name>[a-z_]+) = (?P<value>\[[^\]]*\]|\S+)(?P<unit> [^\s]+)? (?P<way>\w+)"
    r"(?: (?P<low>\d+)\.\.(?P<high>\d+))?"
)


def _recorded(told: str) -> tuple[dict[str, Any], tuple[Parameter, ...]]:
    attributes: dict[str, Any] = {}
    parameters: list[Parameter] = []
    for part in filter(None, (part.strip() for part in told.split(";"))):
        if found := _VALUE.fullmatch(part):
            parameters.append(_parameter(found))
            continue
        name, value = (one.strip() for one in part.split(":", 1))
        if name == "variant":
            stage, wording = value.split("=", 1)
            attributes.setdefault("stages", []).append({"stage": stage.strip(), "wording": wording.strip()})
        elif name in ("producers", "minerals", "laws"):
            attributes[name] = tuple(one.strip() for one in value.split(","))
        else:
            attributes[name] = value
    return attributes, tuple(parameters)


def _parameter(found: re.Match[str]) -> Parameter:
    written: Any = found["value"]
    if written.startswith("["):
        written = tuple(one.strip() for one in written.strip("[]").split(","))
    elif re.fullmatch(r"\d+", written):
        written = int(written)
    return Parameter(
        name=found["name"],
        value=written,
        unit=(found["unit"] or "").strip(),
        stricter=found["way"],  # type: ignore[arg-type]
        minimum=int(found["low"]) if found["low"] else None,
        maximum=int(found["high"]) if found["high"] else None,
    )
