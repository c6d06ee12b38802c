"""The values of a standard's text: clauses, their content, and the tree they stand in.

A clause is an identity that never changes; its content (`ClauseText`) is
immutable and named by its hash; its place is an entry in a `Document`, the
ordered tree of one version. Numbers are computed from places, see `numbering`.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Level(StrEnum):
    """Where a clause stands in the text."""

    SECTION = "section"
    PRINCIPLE = "principle"
    CRITERION = "criterion"
    INDICATOR = "indicator"
    GUIDANCE = "guidance"
    NOTE = "note"
    DEFINITION = "definition"
    ANNEX = "annex"


class Modality(StrEnum):
    """How a clause binds: *shall*, *should*, *may*, or not at all."""

    REQUIREMENT = "requirement"
    RECOMMENDATION = "recommendation"
    PERMISSION = "permission"
    NONE = "none"


class Grade(StrEnum):
    """How much a clause weighs."""

    CORE = "core"
    IMPROVEMENT = "improvement"
    OPTIONAL = "optional"


class Policy(StrEnum):
    """What a local text may do to a clause, from least to most."""

    LOCKED = "locked"
    PARAMETERS = "parameters"
    STRENGTHEN = "strengthen"
    OPEN = "open"


class Scheme(StrEnum):
    """How clauses get their numbers, see `numbering`."""

    DECIMAL = "decimal"
    PRINCIPLES = "principles"
    DECLARED = "declared"


class Value(BaseModel):
    """A frozen, validated value; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Parameter(Value):
    """A named value in a clause, written `{name}` in its body.

    `value` is a number, a text, or a list of texts for sets. `stricter` says
    which direction demands more: `higher` or `lower` for numbers, `subset` or
    `superset` for sets.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=60)
    value: int | float | str | tuple[str, ...]
    unit: str = ""
    label: str = ""
    minimum: int | float | None = None
    maximum: int | float | None = None
    stricter: Literal["higher", "lower", "subset", "superset", "none"] = "none"

    @property
    def shown(self) -> str:
        """The value with its unit, as it reads in a sentence: `90 %`."""
        value = ", ".join(self.value) if isinstance(self.value, tuple) else f"{self.value}"
        return f"{value}\N{NO-BREAK SPACE}{self.unit}" if self.unit else value


class StageVariant(Value):
    """What a clause asks at one stage, and the evidence of progress it wants."""

    stage: str = Field(min_length=1, max_length=40)
    wording: str
    evidence: str = ""


class Verifier(Value):
    """One way of finding out whether a clause is met."""

    type: Literal["document", "observation", "interview", "measurement"]
    text: str


class Attributes(Value):
    """What is recorded about a clause besides its words; every field is optional."""

    topic: str = ""
    points: int | None = None
    threshold_group: str = ""
    stage: str = ""
    stages: tuple[StageVariant, ...] = ()
    producers: tuple[str, ...] = ()
    minerals: tuple[str, ...] = ()
    size: str = ""
    custody: str = ""
    responsible: str = ""
    verification: str = ""
    frequency: str = ""
    sampling_unit: str = ""
    group_threshold: int | None = Field(default=None, ge=0, le=100)
    verifiers: tuple[Verifier, ...] = ()
    risk: str = ""
    severity: str = ""
    cost: str = ""
    benefit: str = ""
    laws: tuple[str, ...] = ()
    policy: Policy = Policy.OPEN
    effective: str = ""
    transition_until: str = ""
    extra: Mapping[str, str] = Field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Only what was set, ready for JSON; the empty dict when nothing was."""
        return self.model_dump(mode="json", exclude_defaults=True)


NO_ATTRIBUTES = Attributes()


@dataclass(frozen=True)
class ClauseText:
    """The immutable content of a clause.

    `body` is Markdown (CommonMark with tables and footnotes; a footnote's text
    stands in the body that refers to it). `declared_number` is the number an
    imported text gave itself, used under `Scheme.DECLARED`.
    """

    heading: str
    body: str
    level: Level = Level.SECTION
    modality: Modality = Modality.NONE
    grade: Grade = Grade.CORE
    declared_number: str = ""
    attributes: Attributes = NO_ATTRIBUTES
    parameters: tuple[Parameter, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """All fields as plain JSON values."""
        return {
            "heading": self.heading,
            "body": self.body,
            "level": self.level.value,
            "modality": self.modality.value,
            "grade": self.grade.value,
            "declared_number": self.declared_number,
            "attributes": self.attributes.as_json(),
            "parameters": [p.model_dump(mode="json", exclude_defaults=True) for p in self.parameters],
        }

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the content's canonical JSON, 64 hexadecimal digits."""
        return hashlib.sha256(canonical(self.as_json())).hexdigest()


@dataclass(frozen=True)
class Clause:
    """A clause as it stands in one version: identity, content, parent, number.

    `number` is "" until `numbering.numbered` has computed it, and for clauses
    that carry none. `anchor` is the name the clause had in the text it was
    imported from, "" when it had none.
    """

    id: UUID
    text: ClauseText
    parent: UUID | None = None
    number: str = ""
    anchor: str = ""

    @property
    def title(self) -> str:
        """Number and heading in one line; the first words of the body without a heading."""
        words = self.text.heading or " ".join(self.text.body.split()[:8])
        return f"{self.number} {words}".strip()


@dataclass(frozen=True)
class Document:
    """The ordered tree of one version.

    `clauses` stand in reading order: every parent before its children, and a
    clause's descendants directly after it.
    """

    title: str
    language: str
    scheme: Scheme = Scheme.DECIMAL
    clauses: tuple[Clause, ...] = field(default=())

    def __iter__(self) -> Iterator[Clause]:
        return iter(self.clauses)

    def __len__(self) -> int:
        return len(self.clauses)

    @cached_property
    def by_id(self) -> dict[UUID, Clause]:
        """Each clause under its id."""
        return {clause.id: clause for clause in self.clauses}

    @cached_property
    def by_number(self) -> dict[str, Clause]:
        """Each numbered clause under its number; the first wins where numbers repeat."""
        found: dict[str, Clause] = {}
        for clause in self.clauses:
            if clause.number:
                found.setdefault(clause.number, clause)
        return found

    @cached_property
    def children(self) -> dict[UUID | None, tuple[Clause, ...]]:
        """The children of each clause in order; the roots under None."""
        found: dict[UUID | None, list[Clause]] = {}
        for clause in self.clauses:
            found.setdefault(clause.parent, []).append(clause)
        return {parent: tuple(children) for parent, children in found.items()}

    def depth(self, clause: Clause) -> int:
        """0 for a root, 1 for its children, and so on."""
        depth, parent = 0, clause.parent
        while parent is not None:
            depth, parent = depth + 1, self.by_id[parent].parent
        return depth

    def ancestors(self, clause: Clause) -> list[Clause]:
        """The clauses above this one, outermost first."""
        found: list[Clause] = []
        parent = clause.parent
        while parent is not None:
            above = self.by_id[parent]
            found.append(above)
            parent = above.parent
        return found[::-1]

    def subtree(self, clause: Clause) -> tuple[Clause, ...]:
        """The clause and all its descendants, in reading order."""
        inside = {clause.id}
        for other in self.clauses:
            if other.parent in inside:
                inside.add(other.id)
        return tuple(other for other in self.clauses if other.id in inside)

    def with_clauses(self, clauses: tuple[Clause, ...]) -> "Document":
        """The same document around other clauses."""
        return replace(self, clauses=clauses)

    @cached_property
    def hash(self) -> str:
        """SHA-256 over identities, places, numbers and contents: what a freeze records."""
        digest = hashlib.sha256()
        for clause in self.clauses:
            place = [str(clause.id), str(clause.parent or ""), clause.number, clause.text.hash]
            digest.update(canonical(place))
        return digest.hexdigest()


def in_reading_order(clauses: Mapping[UUID, Clause], order: Mapping[UUID, int]) -> tuple[Clause, ...]:
    """Sort a tree depth first, siblings by `order`.

    Raises ValueError when a parent is missing or clauses stand in a circle.
    """
    children: dict[UUID | None, list[UUID]] = {}
    for clause in clauses.values():
        children.setdefault(clause.parent, []).append(clause.id)
    for siblings in children.values():
        siblings.sort(key=lambda id_: (order[id_], id_))
    found: list[Clause] = []
    waiting = children.get(None, [])[::-1]
    while waiting:
        id_ = waiting.pop()
        found.append(clauses[id_])
        waiting.extend(reversed(children.get(id_, [])))
    if len(found) != len(clauses):
        raise ValueError("a clause stands under itself or under a clause that is not there")
    return tuple(found)


def canonical(value: object) -> bytes:
    """The one JSON encoding that hashes are taken over: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


@dataclass(frozen=True)
class ImportedClause:
    """A clause as an importer understood it, before it has an identity.

    `key` names it within the import; `parent` is the key of the clause above.
    `anchor` is its id or anchor in the source, "" when it had none.
    """

    key: str
    text: ClauseText
    parent: str | None = None
    anchor: str = ""


@dataclass(frozen=True)
class Finding:
    """Something the importer wants a person to look at.

    `kind` is `lost` (text or matter that could not be taken over), `guessed`
    (understood, with doubt), or `note`. `where` names the place in the source.
    """

    kind: Literal["lost", "guessed", "note"]
    message: str
    where: str = ""


@dataclass(frozen=True)
class Imported:
    """What an importer understood of a file: shown to a person before anything is saved.

    `clauses` stand in reading order. `source_text` is all the words of the
    source in order, so that `exchange.check_nothing_lost` can compare.
    """

    title: str
    language: str
    scheme: Scheme
    clauses: tuple[ImportedClause, ...]
    findings: tuple[Finding, ...] = ()
    source_text: str = ""
