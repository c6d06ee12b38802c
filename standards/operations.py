"""Operations: what a local interpretation may do to a clause of its base, and the file they come in.

The file is JSON in the form of `schemas/overlay.json`. Here is only what can be
seen from an operation by itself; whether its base allows it is for `guards`.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from functools import lru_cache
from itertools import groupby
from typing import Annotated, Any, Literal, get_args
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import (
    ConfigDict,
    Field,
    StrictFloat,
    StrictInt,
    StrictStr,
    field_validator,
    model_validator,
)

from standards.document import (
    Attributes,
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
Worth = StrictInt | Annotated[StrictFloat, Field(allow_inf_nan=False)] | StrictStr | tuple[str, ...]
"""A value as a file gives it: a number, words, or a set of words."""


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
        return _id_of(self.target)

    def as_json(self) -> dict[str, Any]:
        """The operation as it stands in a file, only what was set."""
        return self.model_dump(mode="json", exclude_defaults=True, by_alias=True) | {"op": self.op.value}

    @property
    def op(self) -> Op:
        """Which operation this is."""
        return _OPS[type(self)]

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
    value: Worth

    @field_validator("value")
    @classmethod
    def _not_empty(cls, value: Worth) -> Worth:
        return _said_something(value)

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
        return f"wording:{self.lang.casefold()}"


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

    @field_validator("attributes", mode="before")
    @classmethod
    def _not_open_unless_said(cls, told: object) -> object:
        # A further local text may strengthen what this one adds, and take it from nobody.
        return {"policy": Policy.STRENGTHEN.value, **told} if isinstance(told, dict) else told

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
    value: Worth
    until: date
    approved_by: str = ""

    @field_validator("value")
    @classmethod
    def _not_empty(cls, value: Worth) -> Worth:
        return _said_something(value)

    @field_validator("until", mode="before")
    @classmethod
    def _a_day(cls, until: object) -> object:
        return until if isinstance(until, date) else day(until)

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
        """Whether it is approved and still holds: on the day `until` the base is back."""
        return bool(self.approved_by.strip()) and on < self.until


Operation = Adopt | Set | Guide | Verify | Law | Translate | Add | Strengthen | Restage | Scope | Derogate
KINDS: Mapping[Op, type[Common]] = {Op(kind.__name__.upper()): kind for kind in get_args(Operation)}
_OPS: Mapping[type[Common], Op] = {kind: op for op, kind in KINDS.items()}


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

    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)
    label: str = Field(pattern=r"^[\w.+-]+$", max_length=40)
    base: str = Field(pattern=r"^[^@]+@[^@]+$")
    base_hash: str
    parent: str = ""
    scope: LocalScope = LocalScope()
    operations: tuple[Annotated[Operation, Field(union_mode="smart")], ...] = ()
    transition_until: str = ""

    @field_validator("transition_until")
    @classmethod
    def _a_day(cls, until: str) -> str:
        return day(until).isoformat() if until else ""

    @property
    def called(self) -> str:
        """`tz-gold@1.0`."""
        return f"{self.name}@{self.label}"

    @property
    def hash(self) -> str:
        """SHA-256 over everything but the order of the operations."""
        return hashlib.sha256(canonical(self.as_file())).hexdigest()

    def as_file(self) -> dict[str, Any]:
        """The overlay in the form of the file; its operations in their order of effect, however they came."""
        scope = self.scope.model_dump(mode="json", exclude_defaults=True)
        return {
            "schema": SCHEMA,
            "overlay": self.name,
            "label": self.label,
            "base": self.base,
            **({"base_hash": f"sha256:{self.base_hash}"} if self.base_hash else {}),
            "parent": self.parent or None,
            "scope": scope,
            **({"transition_until": self.transition_until} if self.transition_until else {}),
            "operations": [one.as_json() for one in in_order(self.operations)],
        }


# --- refusals


class UnknownTarget(StandardsError):
    """Operations name clauses that are not there; each pair is an operation and the target it names."""

    def __init__(self, missing: Sequence[tuple[Op, str]], where: str) -> None:
        lines = [f"{op} {target}: there is no clause {target} in {where}." for op, target in missing]
        super().__init__("\n".join([*lines, "Name a clause by its number there, or by its id."]))
        self.missing = tuple(missing)


def in_order(operations: tuple[Operation, ...]) -> list[Operation]:
    """Operations in the order in which they take effect, ties by clause, then by content."""
    placed = sorted(operations, key=lambda one: (ORDER[one.op], one.target, one.field))
    found: list[Operation] = []
    for _, alike in groupby(placed, key=lambda one: (one.op, one.target)):
        same = list(alike)
        # Content settles only what place and field do not: hashing every operation is dear.
        found += (
            sorted(same, key=lambda one: (natural(one.field), one.key, canonical(one.as_json())))
            if len(same) > 1
            else same
        )
    return found


def added_id(overlay: str, name: str) -> UUID:
    """The permanent identity of a clause an overlay adds."""
    return uuid5(NAMESPACE_URL, f"overlay:{overlay}:{name}")


def condition_words(scope: Scope) -> str:
    """A condition in one line: `unless producer is trader-network`."""
    word = "unless" if scope.unless else "only where"
    facts = (scope.unless or scope.only).items()
    return f"{word} " + " and ".join(f"{fact} is {' or '.join(values)}" for fact, values in sorted(facts))


def value_words(value: object) -> str:
    """A value as it is written in a sentence: sets by their members."""
    return ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def natural(words: str) -> tuple[tuple[int, str], ...]:
    """A sort key that reads digits as numbers: `TZ:4.2+2` before `TZ:4.2+10`."""
    parts = re.split(r"(\d+)", words)
    return tuple((int(part), "") if at % 2 else (-1, part) for at, part in enumerate(parts))


def day(written: object) -> date:
    """A day as files write it, 2028-12-31. Raises ValueError with a sentence for anything else."""
    if not isinstance(written, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", written.strip(), re.ASCII):
        raise ValueError(f"“{written}” is no day. Write it as 2028-12-31.")
    try:
        return date.fromisoformat(written.strip())
    except ValueError:
        raise ValueError(f"“{written}” is no day of the calendar. Write it as 2028-12-31.") from None


@lru_cache(maxsize=50_000)
def _id_of(target: str) -> UUID:
    return UUID(target)


def _said_something(value: Worth) -> Worth:
    words = value if isinstance(value, tuple) else (value,)
    if not words or not all(str(word).strip() for word in words):
        raise ValueError("a value is missing here. Give a number, words, or a list of words.")
    return value


def _refuse_odd_facts(facts: Facts) -> None:
    for fact, values in facts.items():
        if fact not in FACTS:
            raise ValueError(f"A condition speaks of {', '.join(FACTS)}; “{fact}” is none of them.")
        if not values or not all(value.strip() for value in values):
            raise ValueError(f"Say under which values of “{fact}” the condition holds.")
