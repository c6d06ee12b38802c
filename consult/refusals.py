"""The database's own refusals, set aside for the two acts that need it: restoring and key rotation.

Both rewrite what nothing else may. The triggers come back in the same
transaction: whatever happens, no one else ever sees the database without them.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa


@contextmanager
def set_aside(connection: sa.Connection, tables: Sequence[sa.Table]) -> Iterator[None]:
    """Let this transaction change these tables; foreign keys are checked when it commits."""
    names = [table.name for table in tables]
    if connection.dialect.name != "sqlite":
        for name in names:
            connection.exec_driver_sql(f'ALTER TABLE "{name}" DISABLE TRIGGER USER')
        yield
        for name in names:
            connection.exec_driver_sql(f'ALTER TABLE "{name}" ENABLE TRIGGER USER')
        return
    connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    found = connection.execute(
        sa.text(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN :names"
        ).bindparams(sa.bindparam("names", names, expanding=True))
    ).all()
    for name, _ in found:
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
    yield
    for _, sql in found:
        connection.exec_driver_sql(sql)
