"""A telephone, and a round to speak to."""

from datetime import datetime
from uuid import UUID

import pytest
import sqlalchemy as sa

from consult import db
from tests.consult.channels.talking import Telephone, open_round


@pytest.fixture
def telephone(engine: sa.Engine, now: datetime) -> Telephone:
    return Telephone(now)


@pytest.fixture
def an_open_round(engine: sa.Engine, now: datetime) -> dict[str, UUID]:
    """A round in two languages with a question on 2.2; gives the ids of its clauses by number."""
    with db.transaction() as session:
        return open_round(session, now)
