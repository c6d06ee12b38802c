"""Opening this installation for a command: keys, database, and who is acting."""

from datetime import UTC, date, datetime

from consult import config, db, jobs, keys, objects
from consult.errors import BarazaError

BY = "command line"


def opened() -> config.Config:
    """Make the installation of the environment ready for acts; an empty database gets its tables.

    Raises WrongSchema when the database belongs to another release.
    """
    settings = config.read()
    engine = db.make_engine(settings.database_url)
    keys.use(settings.keyring)
    db.use(engine)
    objects.use(settings.objects_url)
    if db.schema_revision(engine) is None:
        db.migrate(engine)
        jobs.migrate(engine)
    db.check_current(engine)
    return settings


def day_named(written: str | None) -> date:
    """The day an option names, as 2026-11-30; today without one. Raises BarazaError."""
    if written is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise BarazaError(f"“{written}” is no day. Write it as 2026-11-30.") from None
