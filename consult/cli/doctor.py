"""What is configured, what is missing, and how it fares."""

import shutil
import stat
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, select

from consult import config as configuration
from consult import db, keys, objects, worker
from consult.carriage import blanking, reconciling
from consult.channels.transports import KNOWN
from consult.cli import say_json
from consult.config import Config
from consult.errors import BarazaError
from consult.tables.messages import MessageRow, MessageState
from consult.tables.process import HeartbeatRow

GOOD, CARE, BAD = "good", "care", "bad"
Finding = dict[str, str]
LITTLE_SPACE = 1024**3


@click.command()
@click.option("--json", "as_json", is_flag=True)
def doctor(as_json: bool) -> None:
    """Say what is configured, what is missing and what to do; exit 1 when something is bad."""
    config = configuration.read()
    findings = examine(config, now=datetime.now(UTC))
    if as_json:
        say_json(findings)
    else:
        for finding in findings:
            click.echo(f"{finding['state']:<5} {finding['what']}: {finding['words']}")
    if any(finding["state"] == BAD for finding in findings):
        raise SystemExit(1)


def examine(config: Config, *, now: datetime) -> list[Finding]:
    """Each thing that matters, with its state and a sentence."""
    return [
        *_database(config, now),
        _keys(config),
        _secret(config),
        _address(config),
        _space(config.data_dir),
        _objects(config),
        _mail(config),
        *_texts(config),
    ]


def _found(what: str, state: str, words: str) -> Finding:
    return {"what": what, "state": state, "words": words}


def _database(config: Config, now: datetime) -> list[Finding]:
    kind = "embedded SQLite, one process" if config.on_sqlite else "PostgreSQL"
    keys.use(config.keyring)
    engine = db.make_engine(config.database_url)
    try:
        revision = db.schema_revision(engine)
        if revision is None:
            return [_found("database", BAD, f"{kind}; it has no tables yet. Run `baraza migrate`.")]
        db.check_current(engine)
        with Session(engine) as session:
            return [_found("database", GOOD, f"{kind}, schema {revision}"), *_running(session, now)]
    except SQLAlchemyError:
        return [_found("database", BAD, f"{kind}; it does not answer. Check BARAZA_DATABASE_URL.")]
    except BarazaError as error:
        return [_found("database", BAD, f"{kind}; {error}")]
    finally:
        engine.dispose()


def _running(session: Session, now: datetime) -> list[Finding]:
    last = max(
        (beat.at for beat in session.exec(select(HeartbeatRow).where(worker.IS_A_WORKER))), default=None
    )
    if last is None or now - last > worker.ALIVE_FOR:
        found = _found(
            "worker", CARE, "none is alive. `baraza serve` has one inside on SQLite; else `baraza worker`."
        )
    else:
        found = _found("worker", GOOD, f"alive {(now - last).seconds} seconds ago")
    states = (MessageState.WAITING, MessageState.UNKNOWN, MessageState.FAILED)
    counts = {
        state: session.exec(
            select(sa.func.count()).select_from(MessageRow).where(MessageRow.state == state)
        ).one()
        for state in states
    }
    old = session.exec(
        select(sa.func.count())
        .select_from(MessageRow)
        .where(
            MessageRow.state == MessageState.WAITING, col(MessageRow.created_at) < now - timedelta(hours=1)
        )
    ).one()
    words = ", ".join(f"{counts[state]} {state.value}" for state in states)
    return [
        found,
        *_at_providers(session, now),
        _found("outbox", CARE if old or counts[MessageState.UNKNOWN] else GOOD, words),
    ]


def _at_providers(session: Session, now: datetime) -> list[Finding]:
    """When providers' lists were gone through, and which words still lie there though they need not."""
    found: list[Finding] = []
    for transport in KNOWN:
        last = reconciling.reconciled_at(session, transport)
        if last is not None:
            late = now - last > timedelta(hours=1)
            words = f"{transport}: gone through up to {last:%Y-%m-%d %H:%M} UTC" + (
                ". Run `baraza sms reconcile` to see why no further." if late else ""
            )
            found.append(_found("provider's list", CARE if late else GOOD, words))
    waiting, refused = blanking.left(session)
    if waiting:
        words = f"{waiting} messages are still to be blanked at the provider, {refused} were refused before"
        found.append(_found("provider's copies", CARE if refused else GOOD, words))
    return found


def _keys(config: Config) -> Finding:
    path = config.key_file
    if path is None:
        return _found("keys", GOOD, "given by BARAZA_PII_KEYS")
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return _found("keys", BAD, f"{path} can be read by others. Run: chmod 600 '{path}'")
    if config.data_dir in path.resolve().parents and not config.demonstration:
        return _found(
            "keys",
            CARE,
            f"{path} lies in the data directory: whoever copies that has both. "
            "Move it to another disk and name it in BARAZA_PII_KEYS.",
        )
    return _found("keys", GOOD, f"{path}, readable by its owner alone")


def _secret(config: Config) -> Finding:
    if len(config.secret_key) < 32:
        return _found("secret", BAD, "BARAZA_SECRET_KEY is short. Give it 32 random characters or more.")
    return _found("secret", GOOD, "set")


def _address(config: Config) -> Finding:
    if config.base_url.startswith("https://"):
        return _found("address", GOOD, config.base_url)
    return _found(
        "address", CARE, f"{config.base_url} is not https: good for this machine only. Set BARAZA_BASE_URL."
    )


def _space(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    words = f"{free / 1024**3:.1f} GB free in {folder}"
    return _found("disk", GOOD if free > LITTLE_SPACE else BAD, words)


def _objects(config: Config) -> Finding:
    objects.use(config.objects_url)
    kept = objects.place_of_objects()
    where = f"the folder {kept.folder}" if kept.folder else f"a bucket ({kept.kind}), in no backup of ours"
    try:
        objects.examine()
    except BarazaError:
        return _found("photographs and sound", BAD, f"{where}; it takes nothing. Check BARAZA_OBJECTS_URL.")
    return _found("photographs and sound", GOOD, where)


def _mail(config: Config) -> Finding:
    if config.smtp_url:
        return _found("e-mail", GOOD, "BARAZA_SMTP_URL is set")
    return _found("e-mail", CARE, "BARAZA_SMTP_URL is not set: e-mails stay in the outbox.")


def _texts(config: Config) -> list[Finding]:
    """Each transport of text messages that is on, and what it still needs."""
    found: list[Finding] = []
    if config.twilio is not None:
        found.append(
            _found(
                "Twilio",
                GOOD if config.twilio.senders else CARE,
                f"{_count(config.twilio.tokens, 'secret')}, {_count(config.twilio.senders, 'sender')}"
                + ("" if config.twilio.senders else ": set TWILIO_NUMBER, or nothing can be sent."),
            )
        )
    if config.at is not None:
        named = "a sender" if config.at.sender else "the provider's own sender"
        found.append(_found("Africa's Talking", GOOD, f"{_count(config.at.secrets, 'secret')}, {named}"))
    if config.relay is not None:
        found.append(_found("relay telephone", GOOD, _count(config.relay.secrets, "secret")))
    if not found:
        return [
            _found(
                "text messages",
                CARE,
                "no transport is connected: text messages stay in the outbox. Set TWILIO_ACCOUNT_SID, "
                "BARAZA_AT_USERNAME or BARAZA_RELAY_SECRET and their kin.",
            )
        ]
    return found


def _count(things: Sequence[str], word: str) -> str:
    return f"{len(things)} {word}{'' if len(things) == 1 else 's'}"
