"""What several devices wrote without a line: cases to read, and histories made up at random.

In a case ids are short names (`a1` is device `a`'s first); here they become UUIDs.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from consult.field.merging import Entity, fold
from consult.field.operations import read

CASES = Path(__file__).parent / "cases"
WORKSHOP = str(UUID(int=7))
_FIELDS: dict[str, list[tuple[str, list[Any]]]] = {
    "note": [
        ("words", ["maji", "Maji ni mbali sana", "l’eau est loin 😀", "ماء", ""]),
        ("lone", [True, False]),
        ("marks", [["cost"], ["cost", "obstacle"], []]),
        ("ms", [None, 0, 61_000]),
        ("removed", [True, False]),
    ],
    "vote": [
        ("dots", [3, 5]),
        ("cell:0:women", [1, 2, 3]),
        ("cell:1:men", [0, 4]),
        ("options", [["a", "b"]]),
    ],
    "recording": [("part:0000", [{"sha256": "a" * 64, "ms": 10}, {"ms": 11, "sha256": "b" * 64}])],
}


def named(name: str) -> str:
    """The UUID behind a short name; later names sort later."""
    return str(UUID(bytes=name.encode().ljust(16, b"\0")))


def cases() -> list[dict[str, Any]]:
    """Every case of the folder, its operations as devices would have written them."""
    found = [case for path in sorted(CASES.glob("*.json")) for case in json.loads(path.read_text("utf-8"))]
    return [{**case, "operations": [_written(one) for one in case["operations"]]} for case in found]


def _written(told: dict[str, Any]) -> str:
    over = [named(name) for name in told.get("over", [])]
    ids = {"id": named(told["id"]), "device": named(told["device"]), "workshop": WORKSHOP, "over": over}
    return json.dumps({"kind": "note", "entity": "note:1", **told, **ids}, ensure_ascii=False)


def history(random: Random, *, steps: int, devices: int = 3) -> list[str]:
    """What these devices wrote; each hears of others now and then, and some are not as ours are."""
    told: list[dict[str, Any]] = []
    heard: list[set[int]] = [set() for _ in range(devices)]
    for place in range(steps):
        which = random.randrange(devices)
        if random.random() < 0.4:
            heard[which] |= {one for one in range(place) if random.random() < 0.7}
        told.append(_step(random, place, which, [told[one] for one in sorted(heard[which])]))
        heard[which].add(place)
    written = [json.dumps(one, ensure_ascii=random.random() < 0.3) for one in told]
    return written + [again for one in told if (again := _otherwise(random, one))]


def _step(random: Random, place: int, which: int, known: list[dict[str, Any]]) -> dict[str, Any]:
    kind = random.choice(list(_FIELDS))
    field, values = random.choice(_FIELDS[kind])
    entity = f"{kind}:{random.randrange(2)}" if random.random() < 0.9 else "note:0"
    same = [one for one in known if (one["entity"], one["field"]) == (entity, field)]
    replaced = {id_ for one in same for id_ in one["over"]}
    over = [one["id"] for one in same if one["id"] not in replaced]
    if known and random.random() < 0.05:
        # No device of ours replaces what is not the same field, or what comes later; others might.
        over.append(random.choice([random.choice(known)["id"], named(f"s{place + 1}")]))
    id_ = named(f"s{place}")
    return {
        "id": id_.upper() if random.random() < 0.1 else id_,
        "device": named(f"d{which}"),
        "counter": 1 + max((one["counter"] for one in known), default=0) if random.random() < 0.9 else 1,
        "workshop": WORKSHOP,
        "kind": kind,
        "entity": entity,
        "field": field,
        "value": random.choice(values),
        "over": over,
        "at": random.choice(["1970-01-01T00:00:00Z", "2092-01-01T00:00:00+03:00", "yesterday"]),
    }


def _otherwise(random: Random, one: dict[str, Any]) -> str | None:
    """Now and then the same operation in two wordings, or twice."""
    chance = random.random()
    if chance > 0.1:
        return None
    return json.dumps({**one, "device": named("d9")} if chance < 0.05 else one, ensure_ascii=False)


def folded(written: Iterable[str]) -> dict[str, Any]:
    """What these come to, told plainly, so that it can be compared with what a browser says."""
    return {key: _told(entity) for key, entity in fold(read(one) for one in written).items()}


def _told(entity: Entity) -> dict[str, Any]:
    return {
        "kind": entity.kind.value,
        "fields": {field: list(register.values) for field, register in entity.fields.items()},
        "shown": {field: register.value for field, register in entity.fields.items()},
        "heads": {field: [head.hash for head in register.heads] for field, register in entity.fields.items()},
        "operations": [one.hash for one in entity.operations],
        "conflicts": list(entity.conflicts),
        "clash": entity.has_clash,
        "removed": entity.is_removed,
        "cells": entity.family("cell:"),
    }
