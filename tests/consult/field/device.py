"""A device in the field, for tests: it writes operations as the page does, with its own Lamport clock."""

import json
from typing import Any
from uuid import UUID

from consult.field.operations import Operation, read
from standards.identity import new_id


class Device:
    """Writes operations on a workshop; `heard` is what it has seen of others."""

    def __init__(self, workshop_id: UUID, *, clock: str = "2026-03-02T09:00:00+00:00") -> None:
        self.id, self.workshop_id, self.clock = new_id(), workshop_id, clock
        self.counter = 0
        self.written: list[str] = []
        self._heads: dict[tuple[str, str], set[str]] = {}

    def sets(self, kind: str, entity: str, field: str, value: Any, **other: Any) -> str:
        """One operation, which replaces what this device knows of the field."""
        self.counter += 1
        told = {
            "id": str(new_id()),
            "device": str(self.id),
            "counter": self.counter,
            "workshop": str(self.workshop_id),
            "kind": kind,
            "entity": entity,
            "field": field,
            "value": value,
            "over": sorted(self._heads.get((entity, field), ())),
            "at": self.clock,
        } | other
        self._heads[entity, field] = {told["id"]}
        self.written.append(json.dumps(told, ensure_ascii=False))
        return self.written[-1]

    def hears(self, written: str) -> Operation:
        """Learn of an operation of another device."""
        one = read(written)
        self.counter = max(self.counter, one.counter)
        heads = self._heads.setdefault((one.entity, one.field), set())
        heads -= {str(id_) for id_ in one.over}
        heads.add(str(one.id))
        return one

    def notes(self, words: str, *, entity: str = "", **fields: Any) -> str:
        """A note with these fields; its entity."""
        entity = entity or f"note:{new_id()}"
        for field, value in {"words": words, **fields}.items():
            self.sets("note", entity, field, value)
        return entity
