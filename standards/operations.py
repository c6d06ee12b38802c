"""Operations: what a local interpretation may do to a clause of its base, and the file they come in.

The file is JSON in the form of `schemas/overlay.json`. Here is only what can be
seen from an operation by itself; whether its base allows it is for `guards`.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal, get_args
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import ConfigDict, Field, ValidationError, field_validator, model_validator

from standards.document import (
    Attributes,
    Document,
    Grade,
    Level,
    Modality,
    Parameter,
    Policy,
    Value,
    Verifier,
    canonical,
)
from standards.errors import StandardsError

SCHEMA = 1
"""The form of file this release reads and writes."""


class Op(StrEnum):
    """What an operation does, in the order in which they take effect; ADOPT changes nothing."""

    ADOPT = "ADOPT"
    TRANSLATE = "TRANSLATE"
    SET = "SET"
    STRENGTHEN = "STRENGTHEN"
    SCOPE = "SCOPE"
    RESTAGE = "RESTAGE"
    DEROGATE = "DEROGATE"
    ADD = "ADD"
    LAW = "LAW"
    GUIDE = "GUIDE"
    VERIFY = "VERIFY"


ORDER: Mapping[Op, int] = {op: place for place, op in enumerate(Op)}
LISTS = frozenset({Op.GUIDE, Op.VERIFY, Op.LAW})
"""Operations of which one clause takes many."""

Facts = Mapping[str, tuple[str, ...]]
"""A condition: each fact with the values under which it holds; all facts must hold."""
FACTS = ("producer", "mineral", "region", "law")


class Common(Value):
    """What every operation carries. `target` is a clause's id, or its number in the pinned base.

    `pins` holds the hashes of the fields it touches, as they were when it was
    made; `comments` are the receipts of the comments it answers.
    """

    target: str = Field(min_length=1, max_length=200)
    rationale: str = Field(min_length=1)
    evidence: str = ""
    comments: tuple[str, ...] = ()
    author: str = ""
    pins: Mapping[str, str] = Field(default_factory=dict)

    @property
    def field(self) -> str:
        """The one field it touches; "" for ADOPT."""
        return ""

    @property
    def clause_id(self) -> UUID:
        """The clause it is about; only once `bound` has replaced numbers by ids."""
        return UUID(self.target)

    def as_json(self) -> dict[str, Any]:
        """The operation as it stands in a file, only what was set."""
        return self.model_dump(mode="json", exclude_defaults=True, by_alias=True) | {"op": self.op.value}

    @property
    def op(self) -> Op:
        """Which operation this is."""
        return Op(type(self).__name__.upper())

    @property
    def key(self) -> str:
        """A short name for this very operation, the same wherever it stands in the file."""
        content = {name: value for name, value in self.as_json().items() if name != "pins"}
        return hashlib.sha256(canonical(content)).hexdigest()[:12]


class Adopt(Common):
    """The base stands as it is: a decision, not an omission."""


class Set(Common):
    """Another value for a parameter, within its bounds and not weaker."""

    parameter: str = Field(min_length=1, max_length=60)
    value: int | float | str | tuple[str, ...]

    @property
    def field(self) -> str:
        return f"parameter:{self.parameter}"


class Guide(Common):
    """A local explanation; it binds nobody."""

    lang: str = Field(default="", max_length=20)
    text: str = Field(min_length=1)

    @property
    def field(self) -> str:
        return "guidance"


class Verify(Common):
    """One more way of finding out whether the clause is met."""

    type: Literal["document", "observation", "interview", "measurement"]
    text: str = Field(min_length=1)

    @property
    def field(self) -> str:
        return "verifiers"

    @property
    def verifier(self) -> Verifier:
        """What it adds to the clause's verifiers."""
        return Verifier(type=self.type, text=self.text)


class Law(Common):
    """A local law beside the clause, and which of the two asks more.

    `forbids` says that the law forbids what the clause demands.
    """

    citation: str = Field(min_length=1)
    stricter: Literal["law", "standard", "same"]
    forbids: bool = False
    note: str = ""

    @property
    def field(self) -> str:
        return "laws"


class Translate(Common):
    """The clause in a local language, reviewed by a person."""

    lang: str = Field(min_length=2, max_length=20)
    wording: str = Field(min_length=1)
    heading: str = ""
    reviewed_by: str = ""

    @property
    def field(self) -> str:
        return f"wording:{self.lang}"


class Add(Common):
    """A new clause of the local text, after a clause of the base or another added one."""

    target: str = Field(min_length=1, max_length=200, alias="after")
    id: str = Field(max_length=60)
    level: Level
    modality: Modality = Modality.NONE
    grade: Grade = Grade.CORE
    heading: str = ""
    body: str = ""
    attributes: Attributes = Attributes(policy=Policy.STRENGTHEN)
    parameters: tuple[Parameter, ...] = ()

    model_config = ConfigDict(populate_by_name=True)

    @property
    def field(self) -> str:
        return f"clause:{self.id}"

    @field_validator("id")
    @classmethod
    def _namespaced(cls, id_: str) -> str:
        if not re.fullmatch(r"[A-Z][A-Z0-9-]*:[\w.:-]+\+\d{1,4}", id_):
            raise ValueError(
                "An added clause is named after its overlay and its place, such as TZ:4.2+1, "
                "so that nobody takes it for a clause of the base."
            )
        return id_


class Strengthen(Common):
    """Another wording that demands at least as much; two named reviewers attest it."""

    wording: str = Field(min_length=1)
    attested_by: tuple[str, ...] = ()

    @property
    def field(self) -> str:
        return "wording"


class Restage(Common):
    """The clause is asked earlier than the base asks it."""

    stage: str = Field(min_length=1, max_length=40)

    @property
    def field(self) -> str:
        return "stage"


class Scope(Common):
    """The clause does not apply where `unless` holds, or applies only where `only` holds."""

    unless: Facts = Field(default_factory=dict)
    only: Facts = Field(default_factory=dict)

    @property
    def field(self) -> str:
        return "applies"

    @model_validator(mode="after")
    def _one_condition(self) -> "Scope":
        if bool(self.unless) == bool(self.only):
            raise ValueError(
                "Give one condition: “unless”, under which the clause does not apply, "
                "or “only”, under which it does."
            )
        _refuse_odd_facts(self.unless or self.only)
        return self


class Derogate(Common):
    """The only weakening: one field, until a date, approved by the owner of the base.

    `weakens` is the field by its name: `stage`, `wording`, or `parameter:recovery`.
    """

    weakens: str = Field(min_length=1, max_length=80, alias="field")
    value: int | float | str | tuple[str, ...]
    until: date
    approved_by: str = ""

    model_config = ConfigDict(populate_by_name=True)

    @property
    def field(self) -> str:
        return f"derogation:{self.weakens}"

    @field_validator("weakens")
    @classmethod
    def _weakens_a_field(cls, name: str) -> str:
        if name in ("level", "modality", "heading", "number", "id"):
            raise ValueError(
                f"The {name} of a clause is the base's alone; no derogation reaches it. "
                "A derogation is for its stage, its wording, or one of its values."
            )
        if name not in ("stage", "wording") and not re.fullmatch(r"parameter:[a-z][a-z0-9_-]*", name):
            raise ValueError(
                "A derogation is for “stage”, “wording”, or a value such as “parameter:recovery”."
            )
        return name

    def in_force(self, on: date) -> bool:
        """Whether it still holds: the last day is `until` itself."""
        return on <= self.until


Operation = Adopt | Set | Guide | Verify | Law | Translate | Add | Strengthen | Restage | Scope | Derogate
KINDS: Mapping[Op, type[Common]] = {Op(kind.__name__.upper()): kind for kind in get_args(Operation)}


class LocalScope(Value):
    """For whom an overlay speaks; an empty field means everywhere, or everyone."""

    country: str = Field(default="", max_length=60)
    region: str = Field(default="", max_length=100)
    mineral: str = Field(default="", max_length=60)
    producer: tuple[str, ...] = ()


class Overlay(Value):
    """One state of a local interpretation: its pinned base and its operations, targets by clause id.

    `base` and `parent` are written `slug@label`.
    """

    name: str
    label: str
    base: str
    base_hash: str
    parent: str = ""
    scope: LocalScope = LocalScope()
    operations: tuple[Annotated[Operation, Field(union_mode="smart")], ...] = ()
    transition_until: str = ""

    @property
    def called(self) -> str:
        """`tz-gold@1.0`."""
        return f"{self.name}@{self.label}"

    @property
    def hash(self) -> str:
        """SHA-256 over everything but the order of the operations."""
        return hashlib.sha256(canonical(as_file(self))).hexdigest()


# --- refusals


class UnreadableOverlay(StandardsError):
    """A file that is no overlay, or one whose operations cannot be read; nothing was kept."""


class UnknownTarget(StandardsError):
    """An operation names a clause that is not there."""

    def __init__(self, op: Op, target: str, where: str) -> None:
        super().__init__(
            f"{op} {target}: there is no clause {target} in {where}. "
            "Name a clause by its number there, or by its id."
        )
        self.op, self.target = op, target


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


# --- the file


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
    problems: list[str] = []
    operations = _operations(value.get("operations"), name, problems)
    head = {key: value[key] for key in value if key not in ("operations", "schema", "$schema", "overlay")}
    try:
        overlay = Overlay.model_validate(
            {
                **head,
                "name": value["overlay"],
                "parent": head.get("parent") or "",
                "base_hash": str(head.get("base_hash") or "").removeprefix("sha256:"),
            }
        )
    except ValidationError as problem:
        problems[:0] = [f"“{'.'.join(map(str, e['loc']))}”: {_said(e)}" for e in problem.errors()]
        overlay = None
    if problems or overlay is None:
        raise UnreadableOverlay(f"{name} was not taken; nothing was changed.\n" + "\n".join(problems[:20]))
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
    try:
        made = KINDS[Op(word)].model_validate(content)
    except ValidationError as problem:
        said = "; ".join(_of_field(error) for error in problem.errors())
        raise UnreadableOverlay(f"{called}: {said}") from None
    return made  # type: ignore[return-value]


def as_file(overlay: Overlay) -> dict[str, Any]:
    """The overlay in the form of the file, operations in their order of effect: the same whatever came in."""
    scope = overlay.scope.model_dump(mode="json", exclude_defaults=True)
    return {
        "schema": SCHEMA,
        "overlay": overlay.name,
        "label": overlay.label,
        "base": overlay.base,
        "base_hash": f"sha256:{overlay.base_hash}",
        "parent": overlay.parent or None,
        "scope": scope,
        **({"transition_until": overlay.transition_until} if overlay.transition_until else {}),
        "operations": [one.as_json() for one in in_order(overlay.operations)],
    }


def in_order(operations: tuple[Operation, ...]) -> list[Operation]:
    """Operations in the order in which they take effect, ties by clause, then by content."""
    return sorted(operations, key=lambda one: (ORDER[one.op], one.target, _natural(one.field), one.key))


def bound(overlay: Overlay, ground: Document, where: str) -> Overlay:
    """The same overlay with every target by clause id. Raises UnknownTarget; nothing is skipped.

    `ground` is what it stands on: the pinned base with its parents' additions.
    """
    added = {
        one.id: str(added_id(overlay.name, one.id)) for one in overlay.operations if isinstance(one, Add)
    }
    anchors = {clause.anchor: clause for clause in ground if clause.anchor}

    def target(one: Operation) -> str:
        if one.target in added:
            return added[one.target]
        clause = ground.by_number.get(one.target) or ground.by_id.get(_uuid(one.target))
        clause = clause or anchors.get(one.target)
        if clause is not None:
            return str(clause.id)
        if one.target in added.values():
            return one.target
        raise UnknownTarget(one.op, one.target, where)

    moved = tuple(one.model_copy(update={"target": target(one)}) for one in overlay.operations)
    return overlay.model_copy(update={"operations": moved})


def added_id(overlay: str, name: str) -> UUID:
    """The permanent identity of a clause an overlay adds."""
    return uuid5(NAMESPACE_URL, f"overlay:{overlay}:{name}")


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


def _refuse_newer(value: Mapping[str, object], name: str) -> None:
    written = value.get("schema", SCHEMA)
    if not isinstance(written, int) or isinstance(written, bool) or written > SCHEMA:
        raise UnreadableOverlay(
            f"{name} is written in form {written} of the overlay file; this release reads form {SCHEMA}. "
            "Bring it in with the newer Baraza it came from, or export it there for this one."
        )


def _refuse_odd_facts(facts: Facts) -> None:
    for fact, values in facts.items():
        if fact not in FACTS:
            raise ValueError(f"A condition speaks of {', '.join(FACTS)}; “{fact}” is none of them.")
        if not values or not all(value.strip() for value in values):
            raise ValueError(f"Say under which values of “{fact}” the condition holds.")


def _of_field(error: Mapping[str, Any]) -> str:
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
    return message.removeprefix("Value error, ")


def _uuid(written: str) -> UUID:
    try:
        return UUID(written)
    except ValueError:
        return UUID(int=0)


def _natural(words: str) -> tuple[tuple[int, str], ...]:
    parts = re.split(r"(\d+)", words)
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in parts)
