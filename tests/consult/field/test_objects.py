"""Objects: sealed in the store under keys of their own, read by ranges, destroyed for good."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from consult import db, intake, ledger, objects
from consult.objects import SEGMENT, ObjectGone, ObjectsAway
from consult.tables.field import StoredObjectRow
from consult.tables.intake import Channel, ErasureRow, Outcome
from consult.workshops import meetings
from consult.workshops.meetings import Meeting
from tests import factories

NOW = factories.NOW
on_one_engine = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """The folder where objects of this test lie."""
    monkeypatch.setattr(objects, "_objects", objects.Objects((tmp_path / "objects").as_uri()))
    return tmp_path / "objects"


@pytest.fixture
def kept(engine, folder):
    """`kept(b"…")`: the row of an object with these bytes."""
    with db.transaction() as session:
        round_ = factories.a_round(session, opens=NOW - timedelta(days=5), closes=NOW + timedelta(days=20))
        workshop = meetings.hold(session, round_, Meeting("Katoro", NOW.date()), now=NOW).workshop

    def keep(content: bytes) -> StoredObjectRow:
        placed = objects.place(workshop.id, content)
        with db.transaction() as session:
            arrival = intake.Arrival(Channel.WORKSHOP, "field-object", os.urandom(8).hex(), b"{}")
            record = intake.record(session, arrival, now=NOW)
            intake.mark(session, record.id, Outcome.SET_ASIDE, reason="kept apart", now=NOW)
            return objects.keep(
                session,
                placed,
                sha256=os.urandom(32).hex(),
                media_type="audio/webm",
                record_id=record.id,
                now=NOW,
            )

    return keep


def bytes_in(folder: Path) -> bytes:
    return b"".join(one.read_bytes() for one in folder.rglob("*") if one.is_file())


@on_one_engine
class TestReading:
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.data())
    def test_any_stretch_reads_as_it_was_written(self, kept, data):
        near = st.sampled_from([0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT, 3 * SEGMENT - 1])
        content = os.urandom(data.draw(near, "size"))
        start, end = (data.draw(near | st.integers(0, 200_000), name) for name in ("start", "end"))

        row = kept(content)

        with db.reading() as session:
            assert objects.read(session, row, start, end) == content[start:end]
            assert objects.read(session, row) == content

    def test_nothing_readable_lies_in_the_store(self, kept, folder):
        kept(b"what they said" * 10_000)

        assert b"what they said" not in bytes_in(folder)
        assert folder.stat().st_mode & 0o077 == 0

    @pytest.mark.parametrize("harm", ["cut", "changed", "swapped", "gone"])
    def test_a_file_that_was_harmed_is_never_read_as_something_else(self, kept, folder, harm):
        row = kept(os.urandom(2 * SEGMENT))
        file = folder / str(row.workshop_id) / str(row.id)
        sealed, step = file.read_bytes(), SEGMENT + 16
        harmed = {
            "cut": sealed[:step],
            "changed": sealed[:9] + bytes([sealed[9] ^ 1]) + sealed[10:],
            "swapped": sealed[step:] + sealed[:step],
        }
        file.unlink() if harm == "gone" else file.write_bytes(harmed[harm])

        with db.reading() as session, pytest.raises(ObjectGone):
            objects.read(session, row)


@on_one_engine
class TestDestroying:
    def test_what_somebody_copied_from_the_store_stays_closed(self, kept, folder):
        row = kept(b"sound")
        copy = bytes_in(folder)

        with db.transaction() as session:
            stored = session.get_one(StoredObjectRow, row.id)
            assert objects.destroy(session, stored, reason="withdrawn", by="test", now=NOW)
            assert not objects.destroy(session, stored, reason="withdrawn", by="test", now=NOW)

        assert bytes_in(folder) == copy
        with db.reading() as session:
            with pytest.raises(ObjectGone):
                objects.read(session, row)
            [erasure] = session.exec(select(ErasureRow)).all()
            assert (erasure.record_id, erasure.reason) == (row.record_id, "withdrawn")
            assert ledger.verify(session).faults == []

    def test_its_bytes_leave_the_store_soon(self, kept, folder):
        row = kept(b"sound")
        with db.transaction() as session:
            stored = session.get_one(StoredObjectRow, row.id)
            objects.destroy(session, stored, reason="withdrawn", by="test", now=NOW)

        objects.take_away_destroyed()

        assert bytes_in(folder) == b""
        with db.reading() as session:
            assert session.get_one(StoredObjectRow, row.id).gone_at is not None

    def test_a_store_that_is_away_is_asked_again(self, kept, folder, monkeypatch):
        row = kept(b"sound")
        with db.transaction() as session:
            stored = session.get_one(StoredObjectRow, row.id)
            objects.destroy(session, stored, reason="withdrawn", by="test", now=datetime.now(UTC))

        with monkeypatch.context() as away:
            away.setattr(objects, "_objects", objects.Objects("http://127.0.0.1:9/nowhere"))
            away.setattr(objects, "_asked", lambda act, **_: (_ for _ in ()).throw(ObjectsAway()))
            objects.take_away_destroyed()
        assert bytes_in(folder) != b""
        objects.take_away_destroyed()

        assert bytes_in(folder) == b""


class TestTheStore:
    def test_a_store_that_cannot_be_opened_is_told_in_words(self, tmp_path, monkeypatch):
        (tmp_path / "a file").write_text("")
        monkeypatch.setattr(objects, "_objects", objects.Objects((tmp_path / "a file" / "x").as_uri()))

        with pytest.raises(ObjectsAway, match="Nothing is lost"):
            objects.examine()

    def test_a_folder_with_a_space_in_its_name_is_a_folder(self, tmp_path):
        assert objects.Objects((tmp_path / "a b").as_uri()).folder == tmp_path / "a b"

    def test_a_bucket_is_no_folder(self):
        assert objects.Objects("s3://bucket/field").folder is None
