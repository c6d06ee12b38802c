"""Alembic's environment: one shared metadata, batch mode for SQLite, the job engine's tables left alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import context
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

import consult.tables  # noqa: F401
from consult import config, db
from consult.tables.columns import Sealed
from standards.columns import Moment


def ours(thing: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """Whether autogenerate should look: tables that we do not declare belong to the job engine."""
    return not (kind == "table" and reflected and compare_to is None)


def plain_type(kind: str, thing: Any, context: Any) -> str | bool:
    """Write our column types as plain SQL types, so that old migrations do not depend on today's code."""
    if kind == "type" and isinstance(thing, Moment):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(thing, Sealed):
        return "sa.LargeBinary()"
    if kind == "type" and isinstance(thing, AutoString):
        return f"sa.String(length={thing.length})" if thing.length else "sa.String()"
    return False


def run(connection: sa.Connection) -> None:
    """Run the migrations on a connection."""
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=True,
        include_object=ours,
        render_item=plain_type,
    )
    with context.begin_transaction():
        context.run_migrations()


@contextmanager
def unguarded(connection: sa.Connection) -> Iterator[None]:
    """On SQLite a table is changed by making it anew; references to it are checked at the end instead.

    What SQLite's own guide to ALTER TABLE prescribes (lang_altertable, section 7).
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    bare: Any = connection.connection.driver_connection
    bare.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if broken:
            raise RuntimeError(f"The migration broke {len(broken)} references; nothing was changed.")
        connection.commit()
    finally:
        connection.rollback()
        bare.execute("PRAGMA foreign_keys=ON")


engine = context.config.attributes.get("engine") or db.make_engine(config.read().database_url)
with engine.execution_options(writing=True).connect() as opened, unguarded(opened):
    run(opened)
    if opened.dialect.name != "sqlite":
        opened.commit()
