"""Rotating keys seals everything anew, and can be stopped and run again."""

from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import select

from consult import db, intake, keys, participants, rotation
from consult.outgoing import messages
from consult.tables.intake import Channel, PayloadKeyRow, RecordRow
from consult.tables.messages import MessageKind, MessageRow
from consult.tables.participants import ContactKind
from consult.tables.people import PersonRow
from tests import factories


@pytest.fixture
def key_file(tmp_path: Path, engine: sa.Engine) -> Path:
    path = tmp_path / "pii.keys"
    keys.write(path, keys.ring())
    return path


def test_everything_opens_under_the_new_key_alone(engine: sa.Engine, key_file: Path, now: datetime) -> None:
    with db.transaction() as session:
        factories.a_person(session, email="asha@example.org", name="Asha")
        record = RecordRow(
            channel=Channel.SMS,
            source="test",
            provider_id="1",
            content_type="text/plain",
            payload=b"sealed words",
            payload_hash=b"h" * 32,
            received_at=now,
        )
        session.add(record)
        session.flush()
        place = intake._key_place(record.id)
        session.add(PayloadKeyRow(record_id=record.id, sealed_key=keys.ring().seal(b"k" * 32, place)))

    count = rotation.rotate(engine, key_file)

    ring = keys.parse_keyring(key_file.read_text())
    assert list(ring.sealing) == [2]
    assert count >= 2
    with db.reading() as session:
        assert session.exec(select(PersonRow)).one().email == "asha@example.org"
        sealed = session.get_one(PayloadKeyRow, record.id).sealed_key
        assert keys.ring().open(sealed, place) == b"k" * 32
        assert sealed[0] == 2


def test_the_look_up_key_stays_so_that_people_are_still_found(engine: sa.Engine, key_file: Path) -> None:
    before = keys.ring().lookup("asha@example.org", "person.email")

    rotation.rotate(engine, key_file)

    assert keys.ring().lookup("asha@example.org", "person.email") == before


def test_every_column_that_is_sealed_is_sealed_anew_and_numbers_are_still_found(
    engine: sa.Engine, key_file: Path, now: datetime
) -> None:
    with db.transaction() as session:
        person = participants.enrol(session, now=now)
        contact = participants.reach(session, person.id, ContactKind.SMS, "+255712345678", now=now)
        messages.write(
            session,
            kind=MessageKind.REPLY,
            channel="sms",
            words="asante",
            subject="hello",
            dedupe="1",
            contact_point_id=contact.id,
            now=now,
        )

    rotation.rotate(engine, key_file)

    sealed = {f"{table.name}.{column.name}" for table, column, _ in rotation.places()}
    assert {"message.words", "message.subject", "contact_point.address", "payload_key.sealed_key"} <= sealed
    with engine.connect() as connection:
        for table, column, _ in rotation.places():
            raw = connection.execute(sa.select(sa.type_coerce(column, sa.LargeBinary()))).scalars()
            assert {bytes(one)[0] for one in raw if one is not None} <= {2}, f"{table.name}.{column.name}"
    with db.reading() as session:
        (found,) = participants.look_up(session, ContactKind.SMS, "+255712345678")
        assert found.address == "+255712345678"
        assert session.exec(select(MessageRow)).one().words == "asante"


def test_stopped_half_way_both_keys_are_there_and_a_second_run_ends_it(
    engine: sa.Engine, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.transaction() as session:
        factories.a_person(session, email="asha@example.org")
    reseal = rotation._reseal
    monkeypatch.setattr(rotation, "_reseal", _stopped)
    with pytest.raises(KeyboardInterrupt):
        rotation.rotate(engine, key_file)
    assert sorted(keys.parse_keyring(key_file.read_text()).sealing) == [1, 2]
    monkeypatch.setattr(rotation, "_reseal", reseal)

    rotation.rotate(engine, key_file)

    assert list(keys.parse_keyring(key_file.read_text()).sealing) == [2]
    with db.reading() as session:
        assert session.exec(select(PersonRow)).one().email == "asha@example.org"


def _stopped(*args: object) -> int:
    raise KeyboardInterrupt
