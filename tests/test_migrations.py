"""Each migration on both engines, beginning with rows such as are there already."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlmodel import Session

from consult import db
from consult.tables.messages import Hold
from tests import factories
from tests.consult.leaving import a_text

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


ANSWERED = (
    "INSERT INTO disposition (id, comment_id, outcome, reason, answer, exception, decided_by, decided_at)"
    " VALUES (:one, :one, 'noted', 'why', 'thanks', '', 'x', :at)",
    "INSERT INTO message (id, kind, channel, subject, words, language, dedupe, state, provider_id, segments,"
    " attempts, error, created_at, changed_at)"
    " VALUES (:two, 'answer', 'sms', :bytes, :bytes, 'sw', 'answer:1', 'sent', 'SM2', 1, 1, '', :at, :at)",
    "INSERT INTO answer (id, disposition_id, comment_id, language, words, channel, message_id, given_at)"
    " VALUES (:one, :one, :one, 'sw', 'thanks', 'sms', :two, :at)",
)
"""An answer that names its message: what a table made anew must not lose."""


_TOLD = "SELECT count(*) FROM answer JOIN message ON answer.message_id = message.id"


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
        *ANSWERED,
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
    assert connection.execute(sa.text(_TOLD)).scalar() == 1
    with pytest.raises(sa.exc.IntegrityError, match="a link is ended"), connection.begin_nested():
        connection.execute(sa.text("DELETE FROM link"))


def rows_before_0003(connection: sa.Connection) -> None:
    """A comment by text message, our reply to it, and the reports of how far that came."""
    moment = datetime(2026, 3, 2, tzinfo=UTC).isoformat()
    given = {
        "one": "0" * 32,
        "two": "1" * 32,
        "at": moment,
        "later": datetime(2026, 4, 2, tzinfo=UTC).isoformat(),
        "bytes": b"x",
        "no": False,
    }
    for statement in (
        "INSERT INTO standard (id, slug, title, lead, language, scheme, owner, created_at)"
        " VALUES (:one, 's', 'S', '', 'en', 'decimal', '', :at)",
        "INSERT INTO version (id, standard_id, label, status, change_note, created_at)"
        " VALUES (:one, :one, '1.0', 'draft', '', :at)",
        "INSERT INTO round (id, slug, version_id, title, purpose, summary, languages, channels, join_words,"
        " time_zone, opens_at, closes_at, created_at)"
        " VALUES (:one, 'r', :one, 'R', '', '', '[]', '[]', '{}', 'UTC', :at, :later, :at)",
        "INSERT INTO participant (id, alias, region, gender, producer, language, created_at)"
        " VALUES (:one, 'P-7Q4K2', '', '', '', 'sw', :at)",
        "INSERT INTO contact_point (id, participant_id, kind, created_at, joined_at)"
        " VALUES (:one, :one, 'sms', :at, :at)",
        "INSERT INTO record (id, channel, source, provider_id, content_type, round_id, payload,"
        " payload_hash, received_at) VALUES (:one, 'sms', 'twilio', 'x', '', :one, :bytes, :bytes, :at)",
        "INSERT INTO comment (id, round_id, record_id, part, participant_id, channel, language, text, quote,"
        " proposal, ability, cost, obstacle, benefit, region, public, confidential, late, receipt,"
        " external_id, received_at) VALUES (:one, :one, :one, 0, :one, 'sms', 'sw', 'mbali', '', '',"
        " 'cannot', '', '', '', '', :no, :no, :no, 'R1', '', :at)",
        "INSERT INTO message (id, kind, channel, contact_point_id, subject, words, language, dedupe, state,"
        " provider_id, segments, attempts, error, created_at, changed_at)"
        " VALUES (:one, 'reply', 'sms', :one, :bytes, :bytes, 'sw', 'reply:1', 'sent', 'SM1', 1, 1, '',"
        " :at, :at)",
        "INSERT INTO delivery (id, provider_id, status, error, received_at)"
        " VALUES (:one, 'SM1', 'queued', '', :at)",
        "INSERT INTO delivery (id, provider_id, status, error, received_at)"
        " VALUES (:two, 'SM1', 'undelivered', '', :at)",
        *ANSWERED,
    ):
        used = {name: value for name, value in given.items() if f":{name}" in statement}
        connection.execute(sa.text(statement), used)


def rows_kept_by_0003(connection: sa.Connection) -> None:
    """The comment makes its author a member; reports know their state; words change by joining alone."""
    member = connection.execute(
        sa.text("SELECT joined_at, answered_at, worded_at, answers FROM membership")
    ).one()
    assert None not in member[:3]
    assert member[3] == 1
    assert connection.execute(sa.text("SELECT state FROM delivery ORDER BY state")).scalars().all() == [
        "failed",
        "sent",
    ]
    assert connection.execute(sa.text("SELECT urgency, held, charged FROM message")).all() == [(0, "", 0)] * 2
    assert connection.execute(sa.text(_TOLD)).scalar() == 1
    with pytest.raises(sa.exc.IntegrityError, match="recorded joining"), connection.begin_nested():
        connection.execute(sa.text("UPDATE comment SET text = 'karibu'"))
    connection.execute(
        sa.text(
            "INSERT INTO joining (id, comment_id, record_id, place, joined, words, text, by, at)"
            " VALUES (:one, :one, :one, 1, :yes, 'sana', 'mbali sana', '', :at)".replace(" by,", ' "by",')
        ),
        {"one": "0" * 32, "yes": True, "at": datetime(2026, 3, 2, tzinfo=UTC).isoformat()},
    )
    connection.execute(sa.text("UPDATE comment SET text = 'mbali sana'"))
    with pytest.raises(sa.exc.IntegrityError, match="recorded joining"), connection.begin_nested():
        connection.execute(sa.text("UPDATE comment SET text = 'mbali sana', quote = 'more'"))


def rows_before_0004(connection: sa.Connection) -> None:
    """A workshop with a transcript of one utterance."""
    given: dict[str, object] = {
        "one": "0" * 32,
        "at": datetime(2026, 3, 2, tzinfo=UTC).isoformat(),
        "later": datetime(2026, 4, 2, tzinfo=UTC).isoformat(),
        "day": date(2026, 3, 2).isoformat(),
        "bytes": b"x",
        "no": False,
    }
    for statement in (
        "INSERT INTO standard (id, slug, title, lead, language, scheme, owner, created_at)"
        " VALUES (:one, 's', 'S', '', 'en', 'decimal', '', :at)",
        "INSERT INTO version (id, standard_id, label, status, change_note, created_at)"
        " VALUES (:one, :one, '1.0', 'draft', '', :at)",
        "INSERT INTO round (id, slug, version_id, title, purpose, summary, languages, channels, join_words,"
        " time_zone, opens_at, closes_at, created_at)"
        " VALUES (:one, 'r', :one, 'R', '', '', '[]', '[]', '{}', 'UTC', :at, :later, :at)",
        "INSERT INTO record (id, channel, source, provider_id, content_type, round_id, payload,"
        " payload_hash, received_at)"
        " VALUES (:one, 'workshop', 'workshop', 'x', '', :one, :bytes, :bytes, :at)",
        "INSERT INTO workshop (id, round_id, place, region, held_on, languages, agenda, notes, consent,"
        " created_at) VALUES (:one, :one, 'Katoro', '', :day, '[\"sw\"]', '[]', '', 'spoken public', :at)",
        "INSERT INTO attendance (id, workshop_id, category, people) VALUES (:one, :one, 'miners', 12)",
        "INSERT INTO transcript (id, workshop_id, record_id, name, format, problems, created_at)"
        " VALUES (:one, :one, :one, 'transcript 1', 'vtt', '[]', :at)",
        'INSERT INTO utterance (id, transcript_id, position, speaker, category, start, "end", words, line,'
        " lone, state) VALUES (:one, :one, 1000, 'P1', '', 1.5, 2.5, 'mbali', 3, :no, 'open')",
    ):
        used = {name: value for name, value in given.items() if f":{name}" in statement}
        connection.execute(sa.text(statement), used)


def rows_kept_by_0004(connection: sa.Connection) -> None:
    """The workshop is a meeting on its round's version; what was said stands as it stood."""
    workshop = connection.execute(
        sa.text("SELECT kind, version_id = round_id, place, consent, audio_kept FROM workshop")
    ).one()
    assert (workshop[0], bool(workshop[1]), *workshop[2:]) == (
        "meeting",
        True,
        "Katoro",
        "spoken public",
        "verified",
    )
    assert connection.execute(sa.text("SELECT people FROM attendance")).scalar() == 12
    utterance = connection.execute(
        sa.text("SELECT words, start, state, feeling, entity, read_back FROM utterance")
    ).one()
    assert tuple(utterance[:5]) == ("mbali", 1.5, "open", "", "")
    assert not utterance[5]
    assert connection.execute(sa.text("SELECT name, recording, shift FROM transcript")).one() == (
        "transcript 1",
        "",
        0,
    )


DATA: dict[str, tuple[Callable[[sa.Connection], None], Callable[[sa.Connection], None]]] = {
    "0001": (rows_before_0001, rows_kept_by_0001),
    "0002": (rows_before_0002, rows_kept_by_0002),
    "0003": (rows_before_0003, rows_kept_by_0003),
    "0004": (rows_before_0004, rows_kept_by_0004),
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


@pytest.mark.parametrize(
    ("held", "state"),
    [(Hold.NONE, "waiting"), (Hold.STOPPED, "blocked")]
    + [(hold, "failed") for hold in Hold if hold not in (Hold.NONE, Hold.STOPPED)],
)
def test_going_back_to_0002_lets_nothing_go_that_is_held(engine: sa.Engine, held: Hold, state: str) -> None:
    a_text(held=held)

    command.downgrade(_alembic(engine), "0002")

    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT state FROM message")).scalar_one() == state


def test_every_migration_says_what_happens_to_rows_already_there() -> None:
    for path in Path(db.migrations_folder(), "versions").glob("*.py"):
        assert "rows already there" in path.read_text(), f"{path.name} does not say"


def _alembic(engine: sa.Engine) -> Config:
    settings = Config()
    settings.set_main_option("script_location", str(db.migrations_folder()))
    settings.attributes["engine"] = engine
    return settings
