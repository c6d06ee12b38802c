"""A dump of the database together with all logs holds no telephone number, in whatever way it is written."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from flask import Flask
from sqlmodel import col, select

from consult import db, erasures, forgetting, keys, logs, participants, rotation
from consult.channels import transports
from consult.channels.ports import Outbound, Report, Sent, TryLater
from consult.outgoing import deliveries
from consult.tables.messages import MessageRow, MessageState
from consult.tables.participants import ContactKind, ContactPointRow
from tests import factories
from tests.consult import leaving
from tests.consult.channels.talking import Telephone, open_round

ASHA, BARAKA, CHIKU, DAUDI = "+255712345678", "+255787654321", "+255765432198", "+255754678912"
EVERYONE = (ASHA, BARAKA, CHIKU, DAUDI)


def ways_to_write(number: str) -> dict[str, str]:
    """A number in every way a log, a payload or a person may hold it."""
    digits = number.removeprefix("+")
    country, rest = digits[:3], digits[3:]
    threes = " ".join(rest[place : place + 3] for place in (0, 3, 6))
    return {
        "with its country": number,
        "without the plus": digits,
        "as dialled at home": f"0{rest}",
        "with spaces": f"+{country} {threes}",
        "at home with spaces": f"0{threes}",
        "with hyphens": f"+{country}-{threes.replace(' ', '-')}",
        "at home with hyphens": f"0{threes.replace(' ', '-')}",
        "in an address": f"%2B{digits}",
        "backwards": digits[::-1],
        "as hexadecimal": digits.encode().hex(),
    }


def found_in(dump: bytes) -> set[tuple[str, str]]:
    """Which numbers a dump holds, and how they are written there."""
    return {
        (number, way)
        for number in EVERYONE
        for way, written in ways_to_write(number).items()
        if written.encode() in dump or written.encode().upper() in dump.upper()
    }


def everything_in(engine: sa.Engine) -> bytes:
    """Every byte of the database: SQLite's files as they lie, PostgreSQL's tables row by row."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        path = Path(str(engine.url.database))
        return b"".join(one.read_bytes() for one in sorted(path.parent.glob(f"{path.name}*")))
    pieces = []
    with engine.connect() as connection:
        tables = connection.exec_driver_sql(
            "SELECT quote_ident(table_schema) || '.' || quote_ident(table_name)"
            " FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
        ).scalars()
        for table in list(tables):
            for row in connection.exec_driver_sql(f"SELECT t.*, t::text FROM {table} AS t"):
                pieces += [one if isinstance(one, bytes) else str(one).encode() for one in row]
    return b"\n".join(pieces)


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    logs.set_up(stream=stream)
    yield stream
    structlog.reset_defaults()


@pytest.fixture
def a_busy_life(
    app: Flask, engine: sa.Engine, logged: io.StringIO, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> bytes:
    """Four telephones live through everything that can happen to a number here. Gives dump and logs."""
    now = datetime.now(UTC)
    telephone = Telephone(now)
    with db.transaction() as session:
        open_round(session, now, slug="gold")
    _they_text(telephone, monkeypatch)
    _they_write(app)
    with leaving.connected() as provider:
        _we_answer(provider, telephone.now)
    _reports_arrive(telephone.now)
    _libraries_complain()
    with db.transaction() as session:
        erasures.erase(session, erasures.by_address(session, BARAKA), by="test", now=telephone.now)
    _rotated(engine, tmp_path)
    _forgotten(telephone.now)
    return everything_in(engine) + logged.getvalue().encode()


def _they_text(telephone: Telephone, monkeypatch: pytest.MonkeyPatch) -> None:
    telephone.text("gold", ASHA)
    telephone.text("1", ASHA)
    for number in EVERYONE:
        telephone.text("gold", number)
        for written in list(ways_to_write(number).values())[:8]:
            telephone.text(f"12 ring my sister on {written} about the retort", number)
    telephone.text(f"they will kill me, call {CHIKU}", CHIKU)
    telephone.part("12 reach me on +25576", 1, 2, sender=CHIKU)
    telephone.part("5432198 at night", 2, 2, sender=CHIKU)
    telephone.text("NEW", ASHA)
    telephone.text("HELP", BARAKA)
    telephone.text("STOP", DAUDI)
    read = transports.READERS["twilio"]

    def quoting(payload: bytes, content_type: str) -> Any:
        raise ValueError(f"cannot read {read(payload, content_type).sender} in {payload!r}")

    with monkeypatch.context() as broken:
        broken.setitem(transports.READERS, "twilio", quoting)
        telephone.text("this one cannot be read at first", ASHA)
    telephone.now += timedelta(hours=2)
    telephone.read()


def _they_write(app: Flask) -> None:
    client = app.test_client()
    client.get("/consultations/gold/comment", query_string={"clause": ASHA, "from": CHIKU})
    fields = {
        "text": f"Call me on {CHIKU} or 0765 432 198.",
        "answer": "sms",
        "contact": CHIKU,
        "public": "yes",
        "proposal": f"Put {ways_to_write(CHIKU)['with hyphens']} on the sign.",
    }
    client.post("/consultations/gold/comment", data=fields)
    client.post("/consultations/gold/comment", data=fields | {"contact": "0765432198"})
    client.post("/webhooks/twilio", data={"From": ASHA, "Body": "forged", "MessageSid": "SM1"})
    client.post(f"/webhooks/twilio?From=%2B{ASHA[1:]}", data={"From": ASHA})
    client.get(f"/receipts/{ASHA}")
    with db.transaction() as session:
        person = factories.a_person(session)
    with client.session_transaction() as cookie:
        cookie["person"], cookie["stamp"] = str(person.id), person.session_stamp
    client.post("/desk/erasures/look", data={"number": ASHA})
    client.post("/desk/erasures/look", data={"number": "+255 700 000 999"})


def _we_answer(provider: leaving.Provider, now: datetime) -> None:
    """Something leaves, something fails with the number in its words, something is refused."""
    said = iter(range(100))

    def answer(message: Outbound) -> Sent:
        place = next(said)
        if place % 3 == 1:
            return Sent(MessageState.FAILED, f"SM{place}", f"The number {message.address} is not reachable")
        if place % 3 == 2:
            raise TryLater(f"429 for To={message.address}, and {message.address[1:]}")
        return Sent(MessageState.SENT, f"SM{place}-{message.key}")

    provider.answer = answer
    for minute in range(3):
        leaving.pumped(provider, now + timedelta(minutes=minute))
    assert len(provider.sent) > 10


def _reports_arrive(now: datetime) -> None:
    with db.transaction() as session:
        for row in session.exec(select(MessageRow).where(col(MessageRow.provider_id).is_not(None))).all():
            report = Report(row.provider_id or "", "undelivered", MessageState.FAILED, f"30003 for {ASHA}")
            deliveries.note_delivery(session, report, now=now)


def _libraries_complain() -> None:
    log = structlog.get_logger()
    for number in EVERYONE:
        for written in ways_to_write(number).values():
            log.warning(f"no way to {written} today", where=f"/send?to={written}", detail=f"tel:{written}")
            try:
                raise ValueError(written)
            except ValueError as error:
                log.error("failed", exc_info=error, words=written, payload=written)


def _rotated(engine: sa.Engine, tmp_path: Path) -> None:
    path = tmp_path / "pii.keys"
    keys.write(path, keys.ring())
    rotation.rotate(engine, path)
    with db.reading() as session:
        assert participants.look_up(session, ContactKind.SMS, ASHA)[0].address == ASHA


def _forgotten(now: datetime) -> None:
    with db.transaction() as session:
        for contact in session.exec(select(ContactPointRow)).all():
            if contact.address == DAUDI:
                participants.forget_address(session, contact, now=now)
    with db.transaction() as session:
        gone, _after = forgetting.destroy_originals(session, now=now + timedelta(days=31))
    assert gone > 0


def test_a_number_that_is_planted_is_found(engine: sa.Engine) -> None:
    """The search itself: it finds each way of writing, in the database's bytes as anywhere."""
    with db.transaction() as session:
        factories.a_round(session, title="x", purpose=" | ".join(ways_to_write(ASHA).values()))

    assert found_in(everything_in(engine)) == {(ASHA, way) for way in ways_to_write(ASHA)}


def test_after_a_busy_life_no_number_is_in_the_database_or_the_logs(a_busy_life: bytes) -> None:
    assert found_in(a_busy_life) == set()
    assert b"request" in a_busy_life
    assert b"text not read" in a_busy_life
    assert len(a_busy_life) > 100_000
