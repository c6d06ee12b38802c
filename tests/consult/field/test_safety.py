"""What the field leaves here: in backups, under new keys, after erasures, and when many send at once."""

import hashlib
import io
import threading
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import Session, col, select

from consult import backups, comments, db, intake, keys, ledger, objects, rotation
from consult.field import keeping, uploads
from consult.tables.comments import CommentRow
from consult.tables.field import ChunkRow, OperationRow, StoredObjectRow
from consult.tables.intake import PayloadKeyRow, RecordRow
from consult.tables.rounds import RoundRow
from consult.tables.workshops import UtteranceRow, WorkshopRow
from consult.workshops import meetings
from consult.workshops.meetings import Meeting
from consult.workshops.note_records import records_with_words
from tests import factories
from tests.consult.field.device import Device
from tests.consult.field.test_keeping import a_clause, sent

NOW = factories.NOW
SOUND = b"sound " * 20_000
NAMED = hashlib.sha256(SOUND).hexdigest()


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(objects, "_objects", objects.Objects((tmp_path / "objects").as_uri()))
    return tmp_path / "objects"


@pytest.fixture
def workshop(engine, folder) -> WorkshopRow:
    with db.transaction() as session:
        round_ = factories.a_round(session, opens=NOW - timedelta(days=5), closes=NOW + timedelta(days=20))
        return meetings.hold(session, round_, Meeting("Katoro", NOW.date()), now=NOW).workshop


def the_object() -> StoredObjectRow:
    with db.reading() as session:
        return session.exec(select(StoredObjectRow)).one()


def the_sound() -> bytes:
    with db.reading() as session:
        return objects.read(session, the_object())


class TestManyAtOnce:
    def test_the_same_operations_from_eight_sides_are_one_record_each(self, workshop):
        device = Device(workshop.id)
        for n in range(5):
            device.notes(f"Note {n}.")
        begin, failures = threading.Barrier(8), []

        def send() -> None:
            begin.wait()
            try:
                sent(workshop, *device.written)
            except Exception as failure:
                failures.append(failure)

        threads = [threading.Thread(target=send) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert failures == []
        with db.reading() as session:
            records = session.exec(select(RecordRow.id).where(RecordRow.source == keeping.SOURCE)).all()
            assert len(records) == len(session.exec(select(OperationRow)).all()) == len(device.written)
            said = session.exec(select(UtteranceRow.words)).all()
            assert sorted(said) == [f"Note {n}." for n in range(5)]
            assert session.get_one(WorkshopRow, workshop.id).stale_since is None
            assert ledger.verify(session).faults == []


class TestBackups:
    def test_photographs_and_sound_come_back(self, engine, workshop, folder, tmp_path):
        uploads.keep_whole(workshop.id, NAMED, SOUND, "audio/webm", now=NOW)
        backups.back_up(engine, tmp_path / "b.zip", now=NOW)
        for file in [one for one in folder.rglob("*") if one.is_file()]:
            file.unlink()

        backups.restore(engine, tmp_path / "b.zip", replace=True, now=NOW)

        assert backups.objects_in(tmp_path / "b.zip") == 1
        assert the_sound() == SOUND
        assert SOUND[:60] not in (tmp_path / "b.zip").read_bytes()

    def test_what_was_erased_since_does_not_come_back(self, engine, workshop, folder, tmp_path):
        uploads.keep_whole(workshop.id, NAMED, SOUND, "audio/webm", now=NOW)
        backups.back_up(engine, tmp_path / "b.zip", now=NOW)
        with db.transaction() as session:
            row = session.exec(select(StoredObjectRow)).one()
            objects.destroy(session, row, reason="withdrawn", by="test", now=NOW)
        objects.take_away_destroyed()

        backups.restore(engine, tmp_path / "b.zip", replace=True, now=NOW)

        assert [one for one in folder.rglob("*") if one.is_file()] == []
        with pytest.raises(objects.ObjectGone):
            the_sound()

    def test_what_lies_in_a_bucket_is_not_in_the_file(self, engine, workshop, tmp_path, monkeypatch):
        uploads.keep_whole(workshop.id, NAMED, SOUND, "audio/webm", now=NOW)
        monkeypatch.setattr(objects, "_objects", objects.Objects("s3://bucket/field"))

        backups.back_up(engine, tmp_path / "b.zip", now=NOW)

        assert backups.objects_in(tmp_path / "b.zip") is None


def test_new_keys_open_objects_and_pieces(engine, workshop, tmp_path):
    uploads.keep_whole(workshop.id, NAMED, SOUND, "audio/webm", now=NOW)
    with db.transaction() as session:
        waiting = b"half of something"
        piece = uploads.Piece(hashlib.sha256(b"x").hexdigest(), 0, 99, "audio/webm", waiting)
        uploads.take(session, workshop, piece, hashlib.sha256(waiting).hexdigest(), now=NOW)
    keys.write(tmp_path / "pii.keys", keys.ring())

    rotation.rotate(engine, tmp_path / "pii.keys")

    assert the_sound() == SOUND
    with db.reading() as session:
        row = session.exec(select(ChunkRow)).one()
        assert row.sealed[0] == 2
        place = uploads.chunk_place(row.workshop_id, row.sha256, row.start)
        assert keys.ring().open(row.sealed, place) == waiting


def test_an_erased_comment_of_a_note_takes_every_wording_with_it(workshop):
    device = Device(workshop.id)
    entity = device.notes("Ishirini.", clauses=[a_clause(workshop)])
    device.sets("note", entity, "words", "Thelathini.")
    other = device.notes("Nyingine.")
    device.sets("meeting", "meeting", "finished", True)
    sent(workshop, *device.written)

    with db.transaction() as session:
        comment = session.exec(select(CommentRow)).one()
        comments.erase(session, comment, reason="they asked", by="test", now=NOW)

    with db.reading() as session:
        words = records_with_words(session, workshop.id, entity)
        assert len(words) == 2
        assert [intake.open_payload(session, one) for one in words] == [None, None]
        [kept] = records_with_words(session, workshop.id, other)
        assert intake.open_payload(session, kept) is not None
        assert ledger.verify(session).faults == []


def test_names_and_words_lie_sealed(engine, workshop):
    device = Device(workshop.id)
    device.sets("attendee", "attendee:1", "name", "Neema Paulina")
    device.sets("attendee", "attendee:1", "contact", "+255754123456")
    device.notes("Neema Paulina said: call 0754 123 456")
    sent(workshop, *device.written)

    dump = io.StringIO()
    with engine.connect() as connection:
        for name in sa.inspect(engine).get_table_names():
            for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"'):
                print(
                    *[
                        one
                        if isinstance(one, str)
                        else bytes(one or b"")
                        if isinstance(one, bytes | memoryview)
                        else one
                        for one in row
                    ],
                    file=dump,
                )

    assert "Katoro" in dump.getvalue()
    for personal in ("Paulina", "754123456", "0754 123 456"):
        assert personal not in dump.getvalue()


def test_operations_stored_while_others_are_derived_are_derived_too(workshop):
    """A device that sends while another's operations are derived must not be taken for derived."""
    first, second = Device(workshop.id), Device(workshop.id)
    first.notes("Kwanza.")
    second.notes("Pili.")
    with db.transaction() as session:
        round_ = session.get_one(RoundRow, workshop.round_id)
        held = session.get_one(WorkshopRow, workshop.id)
        keeping.store(session, round_, held, first.written, now=NOW)

    _sent_with_an_old_row(workshop, second)

    with db.reading() as session:
        assert sorted(session.exec(select(UtteranceRow.words)).all()) == ["Kwanza.", "Pili."]
        assert session.exec(select(col(PayloadKeyRow.record_id))).first() is not None


def _sent_with_an_old_row(workshop: WorkshopRow, device: Device) -> None:
    later = NOW + timedelta(seconds=5)
    with Session(db.engine().execution_options(writing=False), expire_on_commit=False) as reading:
        stale = reading.get_one(WorkshopRow, workshop.id)
        assert stale.stale_since is not None
    with db.transaction() as session:
        keeping.derive(session, session.get_one(RoundRow, workshop.round_id), workshop.id, now=NOW)
    with db.transaction() as session:
        old = session.merge(stale, load=False)
        keeping.store(session, session.get_one(RoundRow, workshop.round_id), old, device.written, now=later)
    with db.transaction() as session:
        keeping.derive(session, session.get_one(RoundRow, workshop.round_id), workshop.id, now=later)
