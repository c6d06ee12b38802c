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


def create(connection: sa.Connection, refusals: Sequence[tuple[str, str, str, str, str]]) -> None:
    """Write refusals as triggers of the engine at hand, for a migration.

    Each is (trigger, table, event, condition under which the database refuses, its sentence).
    """
    for name, table, event, condition, sentence in refusals:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(
                f"CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN {condition} "
                f"BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
            )
            continue
        result = "OLD" if event == "DELETE" else "NEW"
        connection.exec_driver_sql(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {condition} THEN RAISE EXCEPTION '{sentence}' "
            "USING ERRCODE = 'integrity_constraint_violation'; "
            f"END IF; RETURN {result}; END $$"
        )
        connection.exec_driver_sql(
            f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
        )


def drop(connection: sa.Connection, refusals: Sequence[tuple[str, str, str, str, str]]) -> None:
    """Take such triggers away again."""
    for name, table, *_ in refusals:
        on_sqlite = connection.dialect.name == "sqlite"
        connection.exec_driver_sql(f"DROP TRIGGER {name}" if on_sqlite else f"DROP TRIGGER {name} ON {table}")
        if not on_sqlite:
            connection.exec_driver_sql(f"DROP FUNCTION {name}()")
