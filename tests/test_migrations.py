"""Each migration on both engines, beginning with rows such as are there already."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlmodel import Session

from consult import db
from tests import factories

REVISIONS = [
    script.revision
    for script in reversed(list(ScriptDirectory(str(db.migrations_folder())).walk_revisions()))
]


def rows_before_0001(connection: sa.Connection) -> None:
    """There is nothing before the first tables."""


def rows_kept_by_0001(connection: sa.Connection) -> None:
    """The first tables keep frozen text frozen from their first day."""
    moment = datetime(2026, 3, 2, tzinfo=UTC)
    connection.execute(
        sa.text(
            "INSERT INTO standard (id, slug, title, lead, language, scheme, owner, created_at)"
            " VALUES (:id, 's', 'S', '', 'en', 'decimal', '', :at)"
        ),
        {"id": "0" * 32, "at": moment.isoformat()},
    )
    connection.execute(
        sa.text(
            "INSERT INTO version (id, standard_id, label, status, content_hash, change_note, created_at)"
            " VALUES (:id, :standard, '1.0', 'published', 'h', '', :at)"
        ),
        {"id": "1" * 32, "standard": "0" * 32, "at": moment.isoformat()},
    )
    with (
        pytest.raises(sa.exc.IntegrityError, match="a frozen version does not change"),
        connection.begin_nested(),
    ):
        connection.execute(sa.text("UPDATE version SET content_hash = 'another'"))


def rows_before_0002(connection: sa.Connection) -> None:
    """A comment linked to a clause before links knew of local parts."""
    moment = datetime(2026, 3, 2, tzinfo=UTC).isoformat()
    one, two = "0" * 32, "1" * 32
    for statement in (
        "INSERT INTO standard (id, slug, title, lead, language, scheme, owner, created_at)"
        " VALUES (:one, 's', 'S', '', 'en', 'decimal', '', :at)",
        "INSERT INTO version (id, standard_id, label, status, change_note, created_at)"
        " VALUES (:one, :one, '1.0', 'draft', '', :at)",
        "INSERT INTO round (id, slug, version_id, title, purpose, summary, languages, channels, join_words,"
        " time_zone, opens_at, closes_at, created_at)"
        " VALUES (:one, 'r', :one, 'R', '', '', '[]', '[]', '{}', 'UTC', :at, :later, :at)",
        "INSERT INTO record (id, channel, source, provider_id, content_type, round_id, payload,"
        " payload_hash, received_at) VALUES (:one, 'web', 'form', 'x', '', :one, :bytes, :bytes, :at)",
        "INSERT INTO comment (id, round_id, record_id, part, channel, language, text, quote, proposal, cost,"
        " obstacle, benefit, region, public, confidential, late, receipt, external_id, received_at)"
        " VALUES (:one, :one, :one, 0, 'web', 'en', 'words', '', '', '', '', '', '', :no, :no, :no, 'R1', '',"
        " :at)",
        'INSERT INTO link (id, comment_id, version_id, kind, quote, why, "by", at, ended_by)'
        " VALUES (:two, :one, :one, 'explicit', 'words', '[]', '', :at, '')",
    ):
        given = {
            "one": one,
            "two": two,
            "at": moment,
            "later": datetime(2026, 4, 2, tzinfo=UTC).isoformat(),
            "bytes": b"x",
            "no": False,
        }
        used = {name: value for name, value in given.items() if f":{name}" in statement}
        connection.execute(sa.text(statement), used)


def rows_kept_by_0002(connection: sa.Connection) -> None:
    """The link is there with its quote, of no part; links and frozen local texts are still guarded."""
    assert connection.execute(sa.text("SELECT quote, part FROM link")).one() == ("words", "")
    with pytest.raises(sa.exc.IntegrityError, match="a link is ended"), connection.begin_nested():
        connection.execute(sa.text("DELETE FROM link"))


DATA: dict[str, tuple[Callable[[sa.Connection], None], Callable[[sa.Connection], None]]] = {
    "0001": (rows_before_0001, rows_kept_by_0001),
    "0002": (rows_before_0002, rows_kept_by_0002),
}


@pytest.fixture
def empty(request: pytest.FixtureRequest, engine: sa.Engine) -> sa.Engine:
    """A database before its first migration."""
    command.downgrade(_alembic(engine), "base")
    return engine


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_migration_keeps_the_rows_that_are_there(empty: sa.Engine, revision: str) -> None:
    before, kept = DATA[revision]
    below = ScriptDirectory(str(db.migrations_folder())).get_revision(revision).down_revision
    if below is not None:
        command.upgrade(_alembic(empty), str(below))
    with empty.execution_options(writing=True).begin() as connection:
        before(connection)

    command.upgrade(_alembic(empty), revision)

    with empty.execution_options(writing=True).begin() as connection:
        kept(connection)


def test_the_tables_are_what_the_code_says(engine: sa.Engine) -> None:
    command.check(_alembic(engine))


def test_migrating_again_changes_nothing(engine: sa.Engine) -> None:
    with db.transaction() as session:
        factories.a_version(session, label="1.0", status="published")

    db.migrate(engine)

    db.check_current(engine)
    with Session(engine) as session:
        assert session.execute(sa.text("SELECT label FROM version")).scalar_one() == "1.0"


def test_a_database_of_a_newer_release_is_left_alone(engine: sa.Engine) -> None:
    with engine.execution_options(writing=True).begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(db.WrongSchema, match="newer release"):
        db.migrate(engine)


def test_going_down_leaves_nothing_of_ours(engine: sa.Engine) -> None:
    command.downgrade(_alembic(engine), "base")

    left = set(sa.inspect(engine).get_table_names()) & {"record", "comment", "standard", "clause"}
    assert left == set()


def test_every_migration_says_what_happens_to_rows_already_there() -> None:
    for path in Path(db.migrations_folder(), "versions").glob("*.py"):
        assert "rows already there" in path.read_text(), f"{path.name} does not say"


def _alembic(engine: sa.Engine) -> Config:
    settings = Config()
    settings.set_main_option("script_location", str(db.migrations_folder()))
    settings.attributes["engine"] = engine
    return settings
