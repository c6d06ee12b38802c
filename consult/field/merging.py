"""Merging: what operations come to, in whatever order and however often they arrive.

Each field is a register that keeps every value nobody has replaced (a multi-value
register: Shapiro et al., "A comprehensive study of convergent and commutative
replicated data types", 2011, specification 10). An operation names those it
replaces; what two devices said without knowing of each other stands side by side
until a person decides. Shown meanwhile is the one whose device had seen most.
`static/field/merge.js` does the same on the device; both are held to one set of cases.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from consult.field.operations import Kind, Operation


@dataclass(frozen=True)
class Register:
    """The operations on one field that nothing has replaced, the one shown first."""

    heads: tuple[Operation, ...]

    @property
    def value(self) -> Any:
        """What is shown."""
        return self.heads[0].value

    @property
    def values(self) -> tuple[Any, ...]:
        """The different values that stand side by side, the shown one first."""
        return tuple({_written(head.value): head.value for head in self.heads}.values())

    @property
    def is_conflict(self) -> bool:
        """Whether devices say different things."""
        return len(self.values) > 1


@dataclass(frozen=True)
class Entity:
    """One thing, such as a note: its registers by field, and every operation on it."""

    key: str
    kind: Kind
    fields: Mapping[str, Register]
    operations: tuple[Operation, ...]

    def get(self, field: str, otherwise: Any = None) -> Any:
        """The value of a field, or `otherwise` where nobody said."""
        found = self.fields.get(field)
        return otherwise if found is None else found.value

    def family(self, name: str) -> dict[str, Any]:
        """The values of a family of fields by what follows its name: `cell:` gives `0:women` and so on."""
        return {
            field.removeprefix(name): register.value
            for field, register in self.fields.items()
            if field.startswith(name)
        }

    @property
    def is_removed(self) -> bool:
        """Whether it was taken away as a mistake."""
        return bool(self.get("removed", False))

    @property
    def conflicts(self) -> tuple[str, ...]:
        """The fields of which devices say different things, in order."""
        return tuple(sorted(field for field, register in self.fields.items() if register.is_conflict))

    @property
    def has_clash(self) -> bool:
        """Whether one operation came in two wordings."""
        return len({one.id for one in self.operations}) < len(self.operations)


def fold(operations: Iterable[Operation]) -> dict[str, Entity]:
    """What these operations come to, by entity: the same for any order and any repetition."""
    unique = {(one.id, one.hash): one for one in operations}
    by_entity: dict[str, list[Operation]] = {}
    for one in sorted(unique.values(), key=_seen_most):
        by_entity.setdefault(one.entity, []).append(one)
    return {key: _entity(key, found) for key, found in sorted(by_entity.items())}


def _entity(key: str, operations: list[Operation]) -> Entity:
    # Devices that disagree even on what a thing is: the first word holds, nothing is dropped.
    kind = operations[-1].kind
    by_field: dict[str, list[Operation]] = {}
    for one in operations:
        if one.kind is kind:
            by_field.setdefault(one.field, []).append(one)
    return Entity(
        key, kind, {field: _register(found) for field, found in by_field.items()}, tuple(operations)
    )


def _register(operations: list[Operation]) -> Register:
    replaced: set[UUID] = set()
    for one in operations:
        replaced |= one.over - {one.id}
    heads = tuple(one for one in operations if one.id not in replaced)
    # Operations that replace each other in a ring come from no device of ours; all of them stand.
    return Register(heads or tuple(operations))


def _seen_most(one: Operation) -> tuple[int, str, str, str]:
    """The order in which values are shown: whose device had seen most comes first."""
    return -one.counter, one.device, str(one.id), one.hash


def _written(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
