"""The file an overlay comes in: JSON in the form of `schemas/overlay.json`, and what can be wrong with it.

Everything is read before anything is kept; each operation that cannot be read
is named with its place, its clause and what is possible instead.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from standards.document import Document
from standards.errors import StandardsError
from standards.operations import (
    KINDS,
    ORDER,
    SCHEMA,
    Add,
    Op,
    Operation,
    Overlay,
    UnknownTarget,
    added_id,
)


class UnreadableOverlay(StandardsError):
    """A file that is no overlay, or one whose operations cannot be read; nothing was kept."""


IMPOSSIBLE = {
    "DELETE": "A clause of the base is never taken out. SCOPE says for whom it does not apply; "
    "DEROGATE suspends a value until a date.",
    "REMOVE": "A clause of the base is never taken out. SCOPE says for whom it does not apply; "
    "DEROGATE suspends a value until a date.",
    "WITHDRAW": "Only the base withdraws its clauses. SCOPE says for whom one does not apply.",
    "RENUMBER": "Numbers are the base's, so that 4.2 means the same everywhere. "
    "ADD a clause with a name of its own.",
    "MOVE": "Places are the base's, so that 4.2 means the same everywhere. "
    "ADD a clause with a name of its own.",
    "RETITLE": "Headings are the base's, so that a clause is known everywhere by one name. "
    "GUIDE can explain it.",
    "REWORD": "Wording changes only to demand at least as much: use STRENGTHEN, with two who attest it.",
    "REPLACE": "Wording changes only to demand at least as much: use STRENGTHEN, with two who attest it.",
    "WEAKEN": "The only weakening is DEROGATE: one field, until a date, approved by the owner of the base.",
    "RELEVEL": "Level and modality are the base's. ADD a clause of your own beside it.",
    "REDEFINE": "A term of the base means the same everywhere. GUIDE can explain it.",
}
"""What people ask for that no overlay can do, each with what it can do instead."""


def parsed(data: bytes, name: str) -> object:
    """The JSON of a file's bytes. Raises UnreadableOverlay, also where a name stands twice in one object."""
    try:
        return json.loads(data.decode("utf-8-sig"), object_pairs_hook=_once)
    except UnicodeDecodeError:
        raise UnreadableOverlay(f"{name} is not text in UTF-8. Export it again as UTF-8.") from None
    except json.JSONDecodeError as problem:
        raise UnreadableOverlay(
            f"{name} is not whole JSON: see line {problem.lineno}, column {problem.colno}."
        ) from None
    except RecursionError:
        raise UnreadableOverlay(f"{name} is nested too deeply to be an overlay.") from None
    except _Twice as problem:
        raise UnreadableOverlay(f"{name} was not taken: {problem}") from None
    except ValueError:
        raise UnreadableOverlay(
            f"{name} was not taken: it holds a number of thousands of digits. Write it as it is meant."
        ) from None


class _Twice(ValueError):
    """A name that stands twice in one object."""


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key in found if sum(key == name for name, _ in pairs) > 1)
        raise _Twice(f"“{twice}” stands twice in one object, and only one can be meant.")
    return found


def read(value: object, name: str) -> Overlay:
    """The overlay of a file's JSON; targets stay as they are written, see `bound`.

    Raises UnreadableOverlay, naming each operation that cannot be read and why.
    """
    if not isinstance(value, dict) or "overlay" not in value:
        raise UnreadableOverlay(
            f"{name} is no overlay: it has no “overlay” with the local text's short name. "
            "The form of the file is published as overlay.json."
        )
    _refuse_newer(value, name)
    _refuse_unseen(value, name)
    problems: list[str] = []
    operations = _operations(value.get("operations"), name, problems)
    head = {key: value[key] for key in value if key not in ("operations", "schema", "$schema", "overlay")}
    if "name" in head:
        problems.append("“name”: we do not know this field here. The short name stands under “overlay”.")
    hash_ = head.get("base_hash") or ""
    try:
        overlay = Overlay.model_validate(
            {
                **head,
                "name": value["overlay"],
                "parent": "" if head.get("parent") is None else head["parent"],
                "base_hash": hash_.removeprefix("sha256:").lower() if isinstance(hash_, str) else hash_,
            }
        )
    except ValidationError as problem:
        problems[:0] = [_of_head(error) for error in problem.errors()]
        overlay = None
    if problems or overlay is None:
        raise UnreadableOverlay(f"{name} was not taken; nothing was changed.\n" + "\n".join(problems))
    return overlay.model_copy(update={"operations": operations})


def operation(value: object, where: str = "") -> Operation:
    """One operation of its JSON. Raises UnreadableOverlay with a sentence that names it."""
    if not isinstance(value, dict) or not isinstance(value.get("op"), str):
        raise UnreadableOverlay(f"{where}an operation names what it does in “op”, such as SET or GUIDE.")
    word = value["op"].strip().upper()
    target = value.get("target") or value.get("after") or ""
    called = f"{where}{word} {target}".strip()
    if word in IMPOSSIBLE:
        raise UnreadableOverlay(f"{called}: {IMPOSSIBLE[word]}")
    if word not in Op.__members__:
        raise UnreadableOverlay(f"{called}: there is no such operation. There are {', '.join(Op)}.")
    content = {key: content for key, content in value.items() if key != "op"}
    twice = {"ADD": ("after", "target"), "DEROGATE": ("field", "weakens")}.get(word, ())
    if twice and all(name in content for name in twice):
        raise UnreadableOverlay(f"{called}: “{twice[0]}” and “{twice[1]}” are one field; give “{twice[0]}”.")
    try:
        made = KINDS[Op(word)].model_validate(content)
    except ValidationError as problem:
        said = "; ".join(dict.fromkeys(_of_field(error) for error in problem.errors()))
        raise UnreadableOverlay(f"{called}: {said}") from None
    return made  # type: ignore[return-value]


def bound(overlay: Overlay, ground: Document, where: str) -> Overlay:
    """The same overlay with every target by clause id. Raises UnknownTarget; nothing is skipped.

    `ground` is what it stands on: the pinned base with its parents' additions.
    """
    added = {
        one.id: str(added_id(overlay.name, one.id)) for one in overlay.operations if isinstance(one, Add)
    }
    _refuse_rings(overlay)
    numbers = Counter(clause.number for clause in ground if clause.number)
    missing: list[tuple[Op, str]] = []
    unsure: list[str] = []

    def target(one: Operation) -> str:
        own = added.get(one.target) or (one.target if one.target in added.values() else "")
        if own and ORDER[one.op] < ORDER[Op.ADD]:
            raise UnreadableOverlay(
                f"{one.op} {one.target}: the overlay's own clause is written in its ADD as it is to read."
            )
        clause = ground.by_number.get(one.target) or ground.by_id.get(_uuid(one.target))
        if numbers[one.target] > 1:
            unsure.append(
                f"{one.op} {one.target}: {numbers[one.target]} clauses of {where} have this number. "
                "Name the one that is meant by its id."
            )
        if own or clause is None:
            if not own:
                missing.append((one.op, one.target))
            return own
        return str(clause.id)

    moved = tuple(one.model_copy(update={"target": target(one)}) for one in overlay.operations)
    if missing:
        raise UnknownTarget(missing, where)
    if unsure:
        raise UnreadableOverlay("\n".join(unsure))
    return overlay.model_copy(update={"operations": moved})


def _operations(values: object, name: str, problems: list[str]) -> tuple[Operation, ...]:
    if not isinstance(values, list):
        problems.append("“operations” is a list, empty where nothing has been decided yet.")
        return ()
    found: list[Operation] = []
    for place, value in enumerate(values, start=1):
        try:
            found.append(operation(value, f"operation {place}: "))
        except UnreadableOverlay as problem:
            problems.append(str(problem))
    return tuple(found)


def _refuse_rings(overlay: Overlay) -> None:
    """Raise UnreadableOverlay for added clauses that stand after themselves, or after one another."""
    after = {one.id: one.target for one in overlay.operations if isinstance(one, Add)}
    names = {str(added_id(overlay.name, name)): name for name in after}
    after = {name: names.get(target, target) for name, target in after.items()}
    for name in after:
        path, at = [name], after[name]
        while at in after and at not in path:
            path.append(at)
            at = after[at]
        if at == name:
            told = " → ".join([*path, name])
            raise UnreadableOverlay(
                f"ADD {name}: it stands after itself ({told}). Say after which clause of the base it comes."
            )


def _refuse_unseen(value: object, name: str) -> None:
    """Raise UnreadableOverlay for characters that no database keeps and nobody meant."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            waiting += [*part.keys(), *part.values()]
        elif isinstance(part, list):
            waiting += part
        elif isinstance(part, str) and (found := _UNSEEN.search(part)):
            around = _UNSEEN.sub(" ", part[max(0, found.start() - 20) : found.start() + 20]).strip()
            raise UnreadableOverlay(
                f"{name} has an invisible character near “{around}”. Take it out; nothing was changed."
            )


_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def _refuse_newer(value: Mapping[str, object], name: str) -> None:
    written = value.get("schema", SCHEMA)
    if not isinstance(written, int) or isinstance(written, bool) or written < 1:
        raise UnreadableOverlay(
            f"{name} does not say in which form it is written: “schema” is a whole number from 1 on. "
            "Leave it out."
        )
    if written > SCHEMA:
        raise UnreadableOverlay(
            f"{name} is written in form {written} of the overlay file; this release reads form {SCHEMA}. "
            "Bring it in with the newer Baraza it came from, or export it there for this one."
        )


_HEAD: Mapping[Any, str] = {
    "name": "the short name takes small letters, digits and hyphens, such as tz-gold.",
    "label": "the label takes letters, digits, full stops and hyphens, such as 1.0.",
    "base": "the base is a standard at a version, such as rag@2.0.",
}


def _of_head(error: Mapping[str, Any]) -> str:
    field = ".".join("overlay" if part == "name" else str(part) for part in error["loc"])
    return f"“{field}”: {_HEAD.get(error['loc'][0]) or _said(error)}"


def _of_field(error: Mapping[str, Any]) -> str:
    if error["loc"] and error["loc"][0] == "value" and not str(error["type"]).startswith("value_error"):
        missing = error["type"] == "missing"
        return "“value”: " + ("this is missing." if missing else "give a number, words, or a list of words.")
    field = ".".join(str(part) for part in error["loc"])
    return f"“{field}”: {_said(error)}" if field else _said(error)


def _said(error: Mapping[str, Any]) -> str:
    kind, message = str(error["type"]), str(error["msg"])
    if kind == "missing":
        return "this is missing."
    if kind == "extra_forbidden":
        return "we do not know this field here."
    if kind == "string_too_short":
        return "this is empty."
    plain = _PLAINLY.get(kind)
    if plain:
        return plain
    return message.removeprefix("Value error, ")


_PLAINLY = {
    "string_type": "words are wanted here.",
    "tuple_type": "a list is wanted here.",
    "dict_type": "an object of names and values is wanted here.",
    "mapping_type": "an object of names and values is wanted here.",
    "bool_type": "true or false is wanted here.",
    "bool_parsing": "true or false is wanted here.",
    "model_type": "an object of names and values is wanted here.",
    "model_attributes_type": "an object of names and values is wanted here.",
}


def _uuid(written: str) -> UUID:
    try:
        return UUID(written)
    except ValueError:
        return UUID(int=0)
