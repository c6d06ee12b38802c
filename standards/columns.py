"""Column types and the metadata that both packages share, so that Alembic sees everything.

`Moment` keeps times aware and in UTC on every engine; `choice` stores an
enumeration by its readable value under a CHECK; `Plain` is JSON.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Mapper, relationship
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

metadata = SQLModel.metadata
metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Moment(TypeDecorator[datetime]):
    """An aware UTC time. Naive times are refused, because nobody knows where they were read off."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a time zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def choice(words: type[StrEnum], name: str) -> sa.Enum:
    """A column holding one of an enumeration's values, as text, checked by the database."""
    return sa.Enum(
        words,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=32,
        values_callable=lambda kinds: [kind.value for kind in kinds],
    )


Plain = sa.JSON(none_as_null=True)


def save_in_order() -> None:
    """Give each foreign key its one-way relationship, so that rows are saved parents first.

    The relationships are for the order of saving only: reading goes by query.
    Called once all tables of a package are known; the second time adds only what is new.
    """
    mappers: list[Mapper[Any]] = list(SQLModel._sa_registry.mappers)
    by_table = {mapper.local_table: mapper for mapper in mappers}
    for mapper in mappers:
        for column in mapper.local_table.columns:
            name = f"saved_after_{column.name}"
            for key in column.foreign_keys:
                target = by_table[key.column.table]
                if target is not mapper and name not in mapper._init_properties:
                    mapper.add_property(
                        name,
                        relationship(target.class_, foreign_keys=[column], lazy="raise", viewonly=False),
                    )
