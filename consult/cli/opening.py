"""Opening this installation for a command: keys, database, and who is acting."""

from consult import config, db, jobs, keys

BY = "command line"


def opened() -> config.Config:
    """Make the installation of the environment ready for acts; an empty database gets its tables.

    Raises WrongSchema when the database belongs to another release.
    """
    settings = config.read()
    engine = db.make_engine(settings.database_url)
    keys.use(settings.keyring)
    db.use(engine)
    if db.schema_revision(engine) is None:
        db.migrate(engine)
        jobs.migrate(engine)
    db.check_current(engine)
    return settings
