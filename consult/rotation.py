"""Key rotation: one new sealing key, everything sealed anew under it, then the old keys go.

It may be stopped at any moment and run again: until nothing is left under an
old key both are in the key file, so that every value opens. The look-up key
stays: changing it would need every address opened, and it opens nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import SQLModel

from consult import intake, keys, objects, refusals
from consult.field import uploads
from consult.tables.columns import Sealed

BATCH = 500
ROWS_OWN: Mapping[str, Callable[..., str]] = {
    "payload_key.sealed_key": intake._key_place,
    "stored_object.sealed_key": objects.key_place,
    "object_chunk.sealed": uploads.chunk_place,
}
"""Columns whose values are bound to their own row, not to the column alone: the place by the row's key."""


def places() -> Iterator[tuple[sa.Table, sa.Column[bytes], str]]:
    """Every column that holds sealed values, with the place its values are bound to."""
    for table in SQLModel.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, Sealed):
                yield table, column, column.type.place
            elif (name := f"{table.name}.{column.name}") in ROWS_OWN:
                yield table, column, name


def rotate(engine: sa.Engine, key_file: Path) -> int:
    """Seal everything under a new key and drop the old ones; give how many values were sealed anew.

    The key file as it was is kept beside, with `.before-rotation` to its name:
    older backups open only with it. Delete it when they are gone.
    """
    ring = keys.parse_keyring(key_file.read_text())
    before = key_file.with_name(key_file.name + ".before-rotation")
    if len(ring.sealing) == 1:
        keys.write(before, ring)
        ring = ring.with_new_key()
        keys.write(key_file, ring)
    keys.use(ring)
    count = sum(_reseal(engine, ring, *place) for place in places())
    keys.write(key_file, ring.with_only_current_key())
    keys.use(ring.with_only_current_key())
    return count


def _reseal(
    engine: sa.Engine, ring: keys.Keyring, table: sa.Table, column: sa.Column[bytes], place: str
) -> int:
    raw = sa.type_coerce(column, sa.LargeBinary())
    identity = list(table.primary_key.columns)
    older = sa.func.substr(raw, 1, 1, type_=sa.LargeBinary()) != bytes([ring.current])
    stale = sa.select(*identity, raw.label("sealed")).where(column.is_not(None), older).limit(BATCH)
    count = 0
    while True:
        with engine.execution_options(writing=True).begin() as connection:
            rows = connection.execute(stale).all()
            if not rows:
                return count
            with refusals.set_aside(connection, [table]):
                for row in rows:
                    own = ROWS_OWN.get(place)
                    bound = own(*row[: len(identity)]) if own else place
                    fresh = ring.seal(ring.open(bytes(row.sealed), bound), bound)
                    this = [key == value for key, value in zip(identity, row, strict=False)]
                    new = sa.literal(fresh, sa.LargeBinary())
                    connection.execute(sa.update(table).where(*this).values({column.name: new}))
            count += len(rows)
