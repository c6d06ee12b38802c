"""A column whose value is encrypted at rest."""

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from consult import keys


class Sealed(TypeDecorator[str]):
    """Text sealed under the process's keyring and bound to the column named by `place`."""

    impl = sa.LargeBinary
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else keys.ring().seal(value.encode(), self.place)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else keys.ring().open(value, self.place).decode()
